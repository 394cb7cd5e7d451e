"""The child's side of `beside`: say that you are ready, and end with your parent.

    python -m course_lib.shop.guard PROGRAM …

runs a program that knows nothing of this, and ends it when our own standard input ends. Nothing is
imported but what Python brings: a guard takes ten megabytes.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time


def say_ready(**facts):
    """In a child: the line that `Beside` waits for."""
    print(json.dumps(facts), flush=True)


def when_parent_goes(stop, *, patience=15.0):
    """In a child: call `stop` when the standard input ends; after `patience` seconds, just end.

    The input is read without a buffer: a thread that holds one would block the end of Python.
    """

    def watch():
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        stop()
        time.sleep(patience)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def guard(command):
    """Run a program until it ends or our standard input does; its exit code.

    The program is told to end, and killed if it does not. On Linux it also dies with us, should we
    be killed.
    """
    with_us = {"preexec_fn": _die_with_parent} if sys.platform == "linux" else {}
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **with_us
    )
    when_parent_goes(lambda: _end(program, 4.0), patience=1.0)
    say_ready(pid=program.pid)
    return program.wait()


def _end(program, within):
    program.terminate()
    try:
        program.wait(within)
    except subprocess.TimeoutExpired:
        program.kill()


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
