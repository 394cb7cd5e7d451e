import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from nbval.plugin import IPyNbFile
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
import kernel  # noqa: E402 (found through the line above)
import one_run  # noqa: E402

# Notebooks set this themselves; here it keeps TensorFlow's log lines out of the test report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# What other projects set on this machine reaches neither the tests nor the kernels they start.
os.environ.update(kernel.libraries(ROOT / ".pytest_cache" / "lessons"))
os.environ.pop("MPLBACKEND")  # a kernel draws inline by itself; outside of one there is no screen
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel before one in the home

# A shell script that runs the tests in the background lets them ignore Ctrl-C; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
SHARED_THREADS = one_run.share_the_cores(os.environ, WORKERS)

# How long an example takes depends on what else the machine does; that is no property of ours.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture
def without_graphs():
    import graphs

    with graphs.without():
        yield


def pytest_configure(config):
    config.shared_threads = SHARED_THREADS


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    collected = yield
    return [
        one_run.Notebook.from_parent(parent, path=file_path) if isinstance(c, IPyNbFile) else c
        for c in collected
    ]


def pytest_collection_modifyitems(items):
    items[:] = one_run.side_by_side(items)


class ByLesson(LoadFileScheduling):
    def _split_scope(self, nodeid):
        return one_run.group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByLesson(config, log)
