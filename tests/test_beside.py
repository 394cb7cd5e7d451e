"""Programs beside a notebook end with it: closed, interrupted or killed."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from course_lib.shop.beside import Beside, environment, guarded, module

SAYS = "import sys; print('{\"n\": 3}', flush=True); sys.stdin.read()"
DEAF = "import time; print('{}', flush=True); time.sleep(600)"
LATE = "import time; time.sleep(600)"
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def gone(pid, within=15.0):
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def python(code):
    return [sys.executable, "-c", code]


def test_it_is_ready_when_it_says_so_and_ends_with_the_block():
    with Beside(python(SAYS)) as program:
        assert program.ready == {"n": 3}
        assert program.alive
    assert gone(program.pid)
    assert program.stop() == 0  # twice is as good


def test_it_ends_when_the_block_is_interrupted():
    with pytest.raises(KeyboardInterrupt), Beside(python(SAYS)) as program:
        raise KeyboardInterrupt
    assert gone(program.pid)


def test_one_that_does_not_listen_is_killed():
    program = Beside(python(DEAF), stop_within=0.3)
    started = time.monotonic()
    program.stop()
    assert time.monotonic() - started < 5
    assert gone(program.pid)


def test_one_that_is_not_ready_in_time_is_stopped():
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"not ready after 0\.3 s: it said nothing"):
        Beside(python(LATE), deadline=0.3, stop_within=0.3)
    assert time.monotonic() - started < 10


def test_one_that_ends_at_once_says_why():
    with pytest.raises(RuntimeError, match=r"(?s)ended before it was ready: .*no such luck"):
        Beside(python("raise SystemExit('no such luck')"))


def test_a_program_that_knows_nothing_of_this_ends_behind_a_guard():
    with Beside(guarded(*python(LATE))) as guard:
        inner = guard.ready["pid"]
        assert psutil.pid_exists(inner)
    assert gone(inner)
    assert gone(guard.pid)


PARENT = """
import signal, sys, time
from course_lib.shop.beside import Beside, guarded
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever this run of tests was told to ignore
signal.signal(signal.SIGINT, signal.default_int_handler)
program = Beside(guarded(sys.executable, "-c", "import time; time.sleep(600)"))
print(program.pid, program.ready["pid"], flush=True)
time.sleep(600)
"""


@posix
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_whichever_way_the_parent_dies(how):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        stderr=subprocess.DEVNULL,
    )
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    parent.send_signal(how)
    parent.wait(20)
    parent.stdout.close()
    assert all(gone(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises this")
def test_a_guard_that_is_killed_takes_its_program_along():
    program = Beside(guarded(*python(LATE)))
    program.kill()
    assert gone(program.ready["pid"])
    program.stop()


@posix
def test_ctrl_c_in_the_notebook_does_not_reach_the_program():
    with Beside(python(SAYS)) as program:
        assert os.getpgid(program.pid) != os.getpgid(0)


def test_a_forked_copy_that_ends_stops_nothing():
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    with Beside(python(SAYS)) as program:
        from course_lib.shop import beside

        beside._stop(program._process, 1.0, os.getpid() + 1)
        assert program.alive


def test_modules_of_the_course_run_with_this_python():
    assert module("shop.load", 80)[0] == sys.executable
