import os
from pathlib import Path

import pytest
from hypothesis import settings

# Notebooks set this themselves; here it keeps TensorFlow's log lines out of the test report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# How long an example takes depends on what else the machine does; that is no property of ours.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def root():
    return Path(__file__).parents[1]
