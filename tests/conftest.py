import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import kernel  # noqa: E402 (found through the line above)

# Notebooks set this themselves; here it keeps TensorFlow's log lines out of the test report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# What other projects set on this machine reaches neither the tests nor the kernels they start.
os.environ.update(kernel.libraries(ROOT / ".pytest_cache" / "lessons"))
os.environ.pop("MPLBACKEND")  # a kernel draws inline by itself; outside of one there is no screen
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel before one in the home

# A shell script that runs the tests in the background lets them ignore Ctrl-C; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

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
    return ROOT
