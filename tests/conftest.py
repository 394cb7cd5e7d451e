import os
from pathlib import Path

import pytest

# Notebooks set this themselves; here it keeps TensorFlow's log lines out of the test report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def root():
    return Path(__file__).parents[1]
