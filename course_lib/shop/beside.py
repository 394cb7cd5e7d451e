"""Programs beside a notebook: started with a deadline, stopped with it, never left behind.

A child is told to go by the end of its standard input: the parent closes the pipe, or dies, by
whatever means, and the system closes it. That holds on Linux, macOS and Windows, where signals
between processes do not. So a child of ours must watch its input (`guard.when_parent_goes`); a
program that does not is put behind `guard`, a small one that does.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path

from course_lib.parameters import Number

ROOT = Path(__file__).parents[2]
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # what Windows calls SIGTERM is its kill


class Beside:
    """A running program that has said that it is ready.

    command: what to run; it prints one line of JSON when it is ready, kept in `ready`, and ends
    when its standard input does. deadline: seconds until it must be ready; stop_within: seconds
    until it must have ended after being told. `with Beside(…) as program:` stops it with the
    block, also when the cell is interrupted; whoever forgets, or is killed, leaves nothing behind.

    Raises RuntimeError, with the last of what it said, if it ends before it is ready, and
    TimeoutError if it is not ready in time.
    """

    def __init__(self, command, *, deadline=120.0, stop_within=20.0):
        Number(above=0).check("deadline", deadline)
        self._within = Number(above=0).check("stop_within", stop_within)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed when it has stopped)
        # A session of its own: Ctrl-C in the notebook interrupts the cell, and the cell stops it.
        apart = (
            {"start_new_session": True}
            if os.name == "posix"
            else {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        )
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment(),
            **apart,
        )
        self._stop = weakref.finalize(self, _stop, self._process, self._within, os.getpid())
        try:
            self.ready = self._first_line(deadline)
        except BaseException:  # an interrupted cell too
            self.stop()
            raise

    def _first_line(self, deadline):
        lines = queue.Queue()
        reader = threading.Thread(
            target=lambda: lines.put(self._process.stdout.readline()), daemon=True
        )
        reader.start()
        try:
            line = lines.get(timeout=deadline)
        except queue.Empty:
            raise TimeoutError(f"not ready after {deadline} s: {self._last()}") from None
        if not line:
            raise RuntimeError(f"ended before it was ready: {self._last()}")
        return json.loads(line)

    def _last(self):
        self._said.seek(0)
        text = self._said.read().decode(errors="replace").strip()
        return text[-500:] or "it said nothing"

    @property
    def pid(self):
        """The number of the process."""
        return self._process.pid

    @property
    def alive(self):
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self, pid=None):
        """End it at once, as a crash would; pid: another process, one that it has started."""
        if pid is None:
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, KILL)
        self._process.wait(self._within)

    def stop(self):
        """Tell it to end, wait, and kill it if it does not; its exit code. Twice is as good."""
        self._stop()
        self._said.close()
        return self._process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()


def _stop(process, within, owner):
    if os.getpid() != owner:  # a forked copy of the parent that ends has nothing to stop
        return
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def module(name, *arguments):
    """The command that runs a module of the course with this Python.

    >>> module("shop.service", "--port", 0)[1:]
    ['-m', 'course_lib.shop.service', '--port', '0']
    """
    return [sys.executable, "-m", f"course_lib.{name}", *map(str, arguments)]


def guarded(*command):
    """The command that runs another program behind `guard`; `ready` then has its pid."""
    return module("shop.guard", *command)


def environment():
    """What a child is given: our own, and where the course lies."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
