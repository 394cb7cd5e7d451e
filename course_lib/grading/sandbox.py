"""Another process for other people's code: runs their cells, calls their functions, bounds both.

This is the grader's side; `stranger` is the process itself. Expected answers, hidden cases and the
grader's own functions never enter it: arguments go there, values come back (as `messages`), and
the comparison is made here.
"""

import io
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FunctionType

from course_lib import calls
from course_lib.grading.messages import decoded, encoded, read, write

GRACE = 10.0  # seconds that the process has to say that the time was up
KEPT = ("HOME", "LANG", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE")
KEPT_BEGINNINGS = ("LC_", "LD_", "OMP_", "OPENBLAS_", "PYTHON", "TF_", "XDG_")


class Sandbox:
    """One submission after the other: begin, run its cells, call its functions.

    command: words put before the command line, such as ("sudo", "-u", "grader") or a container's;
    python: the interpreter there; imports: statements run once, before all submissions; memory:
    bytes for one submission; fresh: a new process for each, slower and further apart.
    """

    def __init__(
        self, *, command=(), python=sys.executable, imports="", memory=calls.MEMORY, fresh=False
    ):
        self.words = [*command, python, "-m", "course_lib.grading.stranger"]
        self.imports, self.memory = imports, memory
        self.fresh = fresh or not hasattr(os, "fork")
        self.process = None

    def begin(self):
        """Ready for the next submission; what the one before left behind is gone."""
        if self.fresh:
            self.close()
        if self.process is None or self.process.poll() is not None:
            self._start()
        self._ask({"begin": self.memory}, seconds=60.0)

    def run(self, source, seconds):
        """Run one cell: an Outcome without a value."""
        return calls.Outcome(**self._ask({"run": source}, seconds=seconds))

    def call(self, name, arguments, seconds):
        """Call the function of this name: an Outcome."""
        functions = []
        request = {"call": name, "arguments": _packed(arguments, functions)}
        return calls.Outcome(**self._ask(request, functions, seconds=seconds))

    def close(self):
        """End the process; its copies end with it."""
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None

    def _start(self):
        self.close()
        self.process = subprocess.Popen(
            self.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=tempfile.gettempdir(),
        )
        self.frames = queue.Queue()
        both = (self.process.stdout, self.frames)
        threading.Thread(target=_read_all, args=both, daemon=True).start()
        if self._ask({"imports": self.imports}, seconds=300.0)["kind"] != "returned":
            raise RuntimeError(f"the sandbox does not start: {' '.join(self.words)}")

    def _ask(self, request, functions=(), *, seconds):
        """The reply; on the way the functions among the arguments may be called back."""
        kind = "ended"
        if self.process is None:
            return {"kind": kind}
        try:
            write(self.process.stdin, pickle.dumps({**request, "seconds": seconds}))
            while (frame := self.frames.get(timeout=seconds + GRACE)) is not None:
                reply = decoded(frame)
                if "back" not in reply:
                    return reply
                answer = calls.call(functions[reply["back"]], reply["arguments"])
                write(self.process.stdin, encoded([answer.value, answer.error]))
        except queue.Empty:
            kind = "late"
        except Exception:  # it is gone, or what it says is no message: end it
            kind = "ended"
        self.process.kill()
        self.close()
        return {"kind": kind}


def environment():
    """The variables that a stranger's program gets: no tokens or passwords of the teacher's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_BEGINNINGS)
    }
    quiet = {"MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1"}
    paths = [str(Path(__file__).parents[2]), kept.get("PYTHONPATH")]  # this very library first
    return {**kept, **quiet, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _packed(arguments, functions):
    """The arguments as a pickle; functions stay here and are called back by their number."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if not isinstance(thing, FunctionType):
                return None
            functions.append(thing)
            return len(functions) - 1

    file = io.BytesIO()
    Pickler(file).dump(arguments)
    return file.getvalue()


def _read_all(stream, frames):
    try:
        while (frame := read(stream)) is not None:
            frames.put(frame)
    except (OSError, ValueError):  # closed on our side
        pass
    frames.put(None)
