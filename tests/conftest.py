import os
from pathlib import Path

import pytest
from hypothesis import settings

# Notebooks set this themselves; here it keeps TensorFlow's log lines out of the test report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Several workers share the cores, and the notebooks' kernels inherit this. If each took all cores,
# their threads would wait for one another: two notebooks side by side can take twice as long.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
if WORKERS > 1:
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, str(max(1, os.cpu_count() // WORKERS)))

# How long an example takes depends on what else the machine does; that is no property of ours.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def root():
    return Path(__file__).parents[1]
