"""Grades one submitted notebook: its answers run there, the checks of them here.

A lesson's own cells take up to a minute; answers need few of them. The cells that define an
answer run, with the setup and, transitively, whatever cells bind a name that they use.
"""

import ast
import builtins
import contextlib
import io
import symtable
from functools import lru_cache, partial

from IPython.core.inputtransformer2 import TransformerManager

from course_lib import calls
from course_lib.checks import ExerciseError

STRIKES = 8  # cells and calls that may take the process down before nothing is run any more


class Submission:
    """The running cells of one submission; what takes the process down is left out from then on.

    cells: their sources, in order; sandbox: a Sandbox; seconds: for each cell.
    outcomes: what came of each cell, once they have run.
    """

    def __init__(self, cells, sandbox, seconds):
        self.cells, self.sandbox, self.seconds = cells, sandbox, seconds
        self.outcomes = [None] * len(cells)
        self.deadly, self.strikes, self.alive = set(), 0, False

    def run(self):
        """Run the cells until all that can have run; afterwards functions can be called."""
        while not self.alive and self.strikes < STRIKES:
            self.sandbox.begin()
            self.alive = True
            for place, source in enumerate(self.cells):
                if place in self.deadly:
                    continue
                self.outcomes[place] = self.sandbox.run(source, self.seconds)
                if self.outcomes[place].kind in ("late", "ended"):
                    self.deadly.add(place)
                    self._strike()
                    break

    def call(self, name, arguments, seconds):
        """Call the function of this name there: an Outcome."""
        self.run()
        if not self.alive:
            return calls.Outcome("ended")
        outcome = self.sandbox.call(name, arguments, min(seconds, self.seconds))
        if outcome.kind in ("late", "ended"):
            self._strike()
        return outcome

    def _strike(self):
        self.alive = False
        self.strikes += 1


def judge(check, submission, setup):
    """Run a trusted check cell here on functions that live there: (printed, error or None).

    check: the cell's source; submission: a Submission; setup: the names that the lesson's own
    setup cells define.
    """
    space = dict(setup)
    for name in unknown_names(check, space):
        space[name] = calls.Elsewhere(name, partial(submission.call, name))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(check, "<check>", "exec"), space)
    except (Exception, SystemExit) as error:
        return printed.getvalue(), error
    return printed.getvalue(), None


def as_outputs(printed, error):
    """What a notebook's code cell shows: its prints, and the error in one line.

    error: an exception, a text such as "ValueError: too short", or None.
    """
    outputs = []
    if printed:
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed})
    if error is not None:
        text = str(error) if isinstance(error, str | ExerciseError) else calls.text_of(error)
        kind = error.split(":")[0] if isinstance(error, str) else type(error).__name__
        shown = {"ename": kind, "evalue": text, "traceback": text.splitlines() or [kind]}
        outputs.append({"output_type": "error", **shown})
    return outputs


def needed(cells, wanted, always=()):
    """The places of the cells that define the wanted names, and what those need, transitively.

    cells: sources, in order; wanted: names; always: places of cells needed in any case.

    >>> needed(["a = 1", "b = 2", "def f(x):\\n    return x + a"], {"f"})
    [0, 2]
    """
    binds, uses = zip(*map(_names, cells), strict=True) if cells else ((), ())
    chosen, wanted = set(), set(wanted)
    new = set(always)
    while True:
        new |= {place for place, bound in enumerate(binds) if bound & wanted}
        new -= chosen
        if not new:
            return sorted(chosen)
        chosen |= new
        wanted = set().union(*(uses[place] - binds[place] for place in new))
        new = set()


def unknown_names(source, known):
    """Names that a check cell uses and only the learner can have defined.

    What is handed to `check` is the learner's, whatever else has its name.
    """
    handed = {
        node.args[1].id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", None)) == "check"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Name)
    }
    binds, uses = _names(source)
    return handed | {name for name in uses - binds if name not in known}


@lru_cache(4096)  # submissions of one lesson share nearly all of their cells
def _names(source):
    """(names that a cell binds, names that it uses), both global; ∅ where it is no Python."""
    try:
        table = symtable.symtable(TransformerManager().transform_cell(source), "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(), set()
    binds, uses, tables = set(), set(), [table]
    while tables:
        inner = tables.pop()
        tables += inner.get_children()
        for symbol in inner.get_symbols():
            if inner is table or symbol.is_global():
                if symbol.is_assigned() or symbol.is_imported():
                    binds.add(symbol.get_name())
                if symbol.is_referenced():
                    uses.add(symbol.get_name())
    return binds, uses - set(dir(builtins))
