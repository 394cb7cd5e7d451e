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
IMPORTS = "import course_lib.capstone.entry"
LARGE = ("tensorflow", "keras")


@contextmanager
def entrant(source, *, seconds=SECONDS, memory=calls.MEMORY, command=WALLS, sandbox=None):
    """`ask(log, now, users)` of an entry, an Outcome; afterwards nothing of it is left.

    source: the file's text; seconds: for running the file, and for each question; memory: bytes
    beyond what Python and this library take; command: what stands before the process' words, such
    as WALLS, a container's, or nothing. sandbox: a Sandbox that serves several entries, one after
    the other, in place of a new one with these bounds: quicker, and less apart.
    """
    own = sandbox is None
    if own:
        sandbox = Sandbox(command=command, imports=_imports(source), memory=memory, fresh=True)
    submission = Submission([source, HELPER], sandbox, seconds)

    def ask(log, now, users):
        outcome = submission.call(ANSWER, (log, now, users), seconds)
        ran = submission.outcomes[0]
        return outcome if ran is None or ran.kind == "returned" else ran

    try:
        yield ask
    finally:
        if own:
            sandbox.close()


def _imports(source):
    """What is imported before the bounds are set: TensorFlow reserves more than it ever uses."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return IMPORTS
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    large = {name.split(".")[0] for name in names} & set(LARGE)
    return f"{IMPORTS}\nimport keras" if large else IMPORTS
