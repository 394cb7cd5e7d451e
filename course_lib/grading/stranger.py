"""The process in which strangers' code runs: `python -m course_lib.grading.stranger`.

It imports what lessons import once, then makes a forked copy of itself for each submission: cells
run in the copy, under bounds of time and memory, and when the next one starts nothing is left of
it, started processes and files in its working folder included. Without fork (Windows) the process
serves one submission, and the grader ends it.
"""

import contextlib
import ctypes
import io
import os
import pickle
import shutil
import signal
import sys
import tempfile
from multiprocessing import Pipe
from pathlib import Path

from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell

from course_lib import calls
from course_lib.grading.messages import LARGEST, decoded, encoded, read, write

_ADOPT = 36  # PR_SET_CHILD_SUBREAPER of Linux' prctl


class _Late(Exception):
    """The copy has not answered in time."""


class Copy:
    """A forked copy of this process, for one submission."""

    def __init__(self, memory):
        self.folder = tempfile.mkdtemp(prefix="submission-")
        self.ours, theirs = Pipe()
        self.process = calls.fork()
        if self.process == 0:
            try:
                self.ours.close()
                os.chdir(self.folder)
                calls.confine(memory)
                serve(theirs)
            finally:
                os._exit(0)
        theirs.close()

    def ask(self, frame, seconds, back):
        """Its reply as bytes, {"kind": "late" or "ended"} where there is none, and then it ends."""
        kind = "ended"
        signal.setitimer(signal.ITIMER_REAL, seconds)  # also for a message that stops halfway
        try:
            self.ours.send_bytes(frame)
            while (reply := self.ours.recv_bytes(LARGEST)).startswith(b"?"):
                self.ours.send_bytes(back(reply[1:]))
            return reply[1:]
        except _Late:
            kind = "late"
        except (EOFError, OSError):
            kind = "ended"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        self.end()
        return encoded({"kind": kind})

    def end(self):
        calls.end(self.process)
        if sys.platform == "linux":  # what left its session has become our child
            children = Path(f"/proc/self/task/{os.getpid()}/children")
            while found := children.read_text().split():
                for process in map(int, found):
                    calls.end(process)
        self.ours.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Direct:
    """Without fork: this process is the submission's own."""

    def __init__(self, memory):
        self.shell = _shell()

    def ask(self, frame, seconds, back):
        return answer(self.shell, pickle.loads(frame), back)

    def end(self):
        pass


def main():
    """Read the grader's requests until it closes the pipe; answer each with one frame."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # what a submission prints or asks is no message to the grader
        os.dup2(nothing, stream)
    forks = hasattr(os, "fork")
    if forks:
        signal.signal(signal.SIGALRM, _too_late)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT, 1)
    HistoryManager.enabled = False

    def back(frame):
        write(replies, frame)
        return read(requests)

    copy = None
    while (frame := read(requests)) is not None:
        request = pickle.loads(frame)  # the grader's own words
        reply = encoded({"kind": "returned"})
        if "imports" in request:
            _import(request["imports"])
        elif "begin" in request:
            if copy is not None:
                copy.end()
            copy = (Copy if forks else Direct)(request["begin"])
        else:
            reply = copy.ask(frame, request["seconds"], back)
        write(replies, reply)
    if copy is not None:
        copy.end()


def serve(grader):
    """In the copy: answer requests until the grader's side ends it."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    shell = _shell()

    def back(frame):
        grader.send_bytes(b"?" + frame)
        return grader.recv_bytes()

    while True:
        grader.send_bytes(b"!" + answer(shell, pickle.loads(grader.recv_bytes()), back))


def answer(shell, request, back):
    """Run a cell or call a function, as the request says: the Outcome as bytes."""
    outcome = _run(shell, request["run"]) if "run" in request else _call(shell, request, back)
    return encoded(vars(outcome))


def _run(shell, source):
    printed = calls.Capped()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        result = shell.run_cell(source, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    kind = "returned" if error is None else "raised"
    text = "" if error is None else calls.text_of(error)
    return calls.Outcome(kind, printed=printed.getvalue(), error=text)


def _call(shell, request, back):
    name = request["call"]
    function = shell.user_ns.get(name)
    if not callable(function):
        return calls.Outcome("raised", error=f"NameError: no cell defines a function {name}")

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, number):
            def elsewhere(*arguments):
                frame = back(encoded({"back": number, "arguments": arguments}))
                value, error = decoded(frame)
                if error:
                    raise ValueError(error)
                return value

            return elsewhere

    return calls.call(function, Unpickler(io.BytesIO(request["arguments"])).load())


def _shell():
    shell = InteractiveShell.instance()
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None  # told in one line
    shell.ask_exit = lambda: None
    shell.enable_gui = lambda gui=None: None  # for `%matplotlib inline`, as in a kernel
    return shell


def _import(statements):
    for statement in statements.splitlines():
        with contextlib.suppress(Exception):  # the cell itself will say what is missing
            exec(statement, {})


def _too_late(*_):
    raise _Late


if __name__ == "__main__":
    main()
