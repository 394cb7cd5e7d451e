"""An entry at work: its file in a process of its own, behind walls where the system has them."""

import ast
import sys
from contextlib import contextmanager

from course_lib import calls
from course_lib.grading.excerpts import Submission
from course_lib.grading.sandbox import Sandbox

SECONDS = 120.0  # to learn and to answer
ANSWER = "_lists_of_this_entry"
HELPER = f"""
from course_lib.capstone.entry import lists_of as _lists_of
def {ANSWER}(log, now, users):
    return _lists_of(globals(), log, now, users)
"""
WALLS = (sys.executable, "-m", "course_lib.grading.walls")
LARGE = ("tensorflow", "keras")


@contextmanager
def entrant(source, *, seconds=SECONDS, memory=calls.MEMORY, command=WALLS):
    """`ask(log, now, users)` of an entry, an Outcome; afterwards nothing of it is left.

    source: the file's text; seconds: for running the file, and for each question; memory: bytes
    beyond what Python and this library take; command: what stands before the process' words, such
    as WALLS, a container's, or nothing.
    """
    # Before the bounds are set: TensorFlow reserves gigabytes that it never uses.
    imports = "import keras" if _imports(source) & set(LARGE) else ""
    sandbox = Sandbox(command=command, imports=imports, memory=memory, fresh=True)
    submission = Submission([source, HELPER], sandbox, seconds)

    def ask(log, now, users):
        outcome = submission.call(ANSWER, (log, now, users), seconds)
        ran = submission.outcomes[0]
        return outcome if ran is None or ran.kind == "returned" else ran

    try:
        yield ask
    finally:
        sandbox.close()


def _imports(source):
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        + [alias.name for alias in node.names]
    ]
    return {name.split(".")[0] for name in names}
