"""Both notebooks of a lesson, compared strictly by nbval, from one run of the cells they share.

The learner's notebook differs from the solved one only in the cells of exercises and checks, and
no other cell uses an exercise's answer; tests/test_notebooks.py holds both. So the solved notebook
runs from first cell to last, and what its kernel sends is kept. Then the learner's cells are
compared: a shared cell with what that run sent, an exercise or a check with what it sends when it
now runs in the same kernel. nbval does all the comparing.

The lesson on sequences, whose networks feel the number of threads most, runs twice all the same,
once with one thread and once with the machine's threads, as learners run it. All others have the
machine's threads; `python tools/settings.py` tries them with one.
"""

import os
from contextlib import contextmanager

from nbval.plugin import IPyNbFile

TWICE = {"13_sequences"}
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
runs = {}  # solved lesson: its recorded run, until the learner's notebook has been compared


def share_the_cores(environ, workers):
    """Give each of several workers its share of the threads; return the variables that were set.

    If each took all cores, their threads would wait for one another: two tests side by side can
    take twice as long. What somebody has set already stays.
    """
    ours = {} if workers == 1 else dict.fromkeys(THREADS, str(max(1, os.cpu_count() // workers)))
    ours = {name: value for name, value in ours.items() if name not in environ}
    environ.update(ours)
    return ours


class Recorded:
    """A running kernel that keeps what it sends for each cell, and can send it again.

    `run` is what nbval calls a RunningKernel; this has those of its methods that nbval uses.
    """

    def __init__(self, run):
        self.run = run
        self.cells = []  # (source, message id)
        self.sent = {}  # message id: messages of the iopub channel
        self.again = None  # position among the cells when comparing for the second time
        self.waiting = []  # messages to be sent again

    def __getattr__(self, name):
        return getattr(self.run, name)

    def rewind(self):
        """From here on, a cell that was run before is answered as it was then."""
        self.again = 0

    def execute_cell_input(self, cell_input, allow_stdin=None):
        if self.again is not None:
            before, message_id = self.cells[self.again]
            self.again += 1
            if cell_input == before:
                self.waiting = list(self.sent[message_id])
                return message_id
        message_id = self.run.execute_cell_input(cell_input, allow_stdin=allow_stdin)
        if self.again is None:
            self.cells.append((cell_input, message_id))
        return message_id

    def await_reply(self, msg_id, timeout=None):
        if not self.waiting:
            self.run.await_reply(msg_id, timeout)

    def get_message(self, stream, timeout=None):
        if self.waiting:
            return self.waiting.pop(0)
        message = self.run.get_message(stream, timeout)
        if self.again is None:
            self.sent.setdefault(message["parent_header"].get("msg_id"), []).append(message)
        return message

    def await_idle(self, parent_id, timeout):
        while True:
            message = self.get_message("iopub", timeout)
            ours = message["parent_header"].get("msg_id") == parent_id
            if ours and message["content"].get("execution_state") == "idle":
                return


class Notebook(IPyNbFile):
    """nbval's notebook; a learner's is compared with the run of its solved twin, if any."""

    def setup(self):
        folder, stem = self.path.parent.name, self.path.stem
        if folder == "notebooks" and stem in runs:
            self.kernel = runs[stem]
            self.kernel.rewind()
            self.setup_sanitize_files()
            return
        one = folder == "solutions" and stem in TWICE
        with threads("1" if one else None, self.config.shared_threads):
            super().setup()
        if folder == "solutions" and self._twin_follows():
            self.kernel = runs[stem] = Recorded(self.kernel)

    def teardown(self):
        stem = self.path.stem
        solved = self.path.parent.name == "solutions" and stem in runs
        if solved and self.kernel.is_alive() and len(self.kernel.cells) == len(_code(self.nb)):
            return  # the learner's notebook is next
        runs.pop(stem, None)
        super().teardown()

    def _own_items(self):
        return [item for item in self.session.items if item.parent is self]

    def _twin_follows(self):
        """Is the learner's notebook compared too, all of both?"""
        if self.path.stem in TWICE:
            return False
        twin = self.path.parents[1] / "notebooks" / self.path.name
        others = [item for item in self.session.items if item.path == twin]
        return len(others) == len(self._own_items()) == len(_code(self.nb))


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@contextmanager
def threads(number, ours):
    """Kernels started here have this many threads (None: the machine's), unless somebody said.

    `ours` are the variables that were set for the workers' sake, see `share_the_cores`.
    """
    for name in ours:
        os.environ.pop(name)
        if number is not None:
            os.environ[name] = number
    try:
        yield
    finally:
        os.environ.update(ours)


def side_by_side(items):
    """The tests with each learner's notebook right behind its solved twin: one kernel at a time."""
    first = {}
    for position, item in enumerate(items):
        first.setdefault(_group(item.path), position)
    return sorted(items, key=lambda item: first[_group(item.path)])


def _group(path):
    return path.stem if path.suffix == ".ipynb" else path


def group_of(nodeid):
    """What one worker runs: a file of tests, or both notebooks of a lesson."""
    file = nodeid.split("::", 1)[0]
    return file.rsplit("/", 1)[-1] if file.endswith(".ipynb") else file
