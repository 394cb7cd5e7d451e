"""What nbgrader's autograder does differently here; `tools/make_class.py` writes it into a course.

RestoreCells comes before all else: cells that a learner deleted, changed, split, copied, or
stripped of their metadata are as the teacher wrote them. RunExcerpts takes the place of
nbgrader's Execute: no kernel, but a process in which the answers run, and the checks out of their
reach.
"""

import ast
import atexit
import contextlib
import io
import os
import re
from copy import deepcopy
from functools import cache, lru_cache
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Bool, Float, Int, List, Unicode

from course_lib import calls
from course_lib.grading.excerpts import Submission, as_outputs, judge, needed, unknown_names
from course_lib.grading.sandbox import Sandbox

BACK = "*This cell was missing from the submission, or no longer a check; it was put back.*"
ENDINGS = {
    "late": "TimeoutError: the cell had not finished after {seconds:g} seconds",
    "ended": "RuntimeError: the cell ended Python itself; it was left out",
}
NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")


class _Graded(NbGraderPreprocessor):
    course = Unicode(help="The course's folder, which holds source/.").tag(config=True)

    def trusted(self, resources):
        """The teacher's own notebook, exercises solved and hidden tests in their places."""
        names = resources["nbgrader"]
        path = Path(self.course) / "source" / names["assignment"] / f"{names['notebook']}.ipynb"
        return _read(path, path.stat().st_mtime_ns)


class RestoreCells(_Graded):
    """The teacher's check cells, once each; nbgrader's metadata only where the teacher has it."""

    def preprocess(self, nb, resources):
        trusted = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in self.trusted(resources).cells
            if "nbgrader" in cell.metadata
        }
        cells, seen = [], set()
        for cell in nb.cells:
            claimed = cell.metadata.pop("nbgrader", None)
            name = claimed.get("grade_id") if isinstance(claimed, dict) else None
            original = trusted.get(name) if isinstance(name, str) and name not in seen else None
            if original is not None:
                seen.add(name)
                if is_locked(original):
                    cell = deepcopy(original)
                elif cell.cell_type == original.cell_type:
                    cell.metadata["nbgrader"] = deepcopy(original.metadata.nbgrader)
            cells.append(cell)
        for name, original in trusted.items():
            if is_locked(original) and name not in seen:
                cells += [nbformat.v4.new_markdown_cell(BACK), deepcopy(original)]
        nb.cells = cells
        return nb, resources


class RunExcerpts(_Graded):
    """Run what the answers need in a Sandbox, and the teacher's check cells here."""

    seconds = Float(30.0, help="For each cell.").tag(config=True)
    memory = Int(calls.MEMORY, help="Bytes for each submission (Linux).").tag(config=True)
    fresh = Bool(False, help="A new process for each submission.").tag(config=True)
    command = List(Unicode(), help="Put before the process: another user, a container.").tag(
        config=True
    )
    python = Unicode(help="The process' interpreter; empty: this one.").tag(config=True)

    def preprocess(self, nb, resources):
        trusted = self.trusted(resources)
        setup = [c.source for c in trusted.cells if "setup" in c.metadata.get("tags", [])]
        checks = {c.metadata.nbgrader.grade_id: c.source for c in trusted.cells if is_grade(c)}
        names = _setup_names("\n".join(setup))
        wanted = set().union(*(unknown_names(source, names) for source in checks.values()))
        cells = [cell for cell in nb.cells if cell.cell_type == "code" and not is_grade(cell)]
        sources = [cell.source for cell in cells]
        always = [
            place
            for place, cell in enumerate(cells)
            if is_solution(cell) or "setup" in cell.metadata.get("tags", []) or cell.source in setup
        ]
        options = (tuple(self.command), self.python, "\n".join(_imports(setup)))
        sandbox = _sandbox(*options, self.memory, self.fresh)
        chosen = needed(sources, wanted, always)
        submission, results = self.grade(sources, chosen, checks, sandbox, names)
        if _misses(submission, results) & _bound(sources, chosen):
            chosen = list(range(len(sources)))
            submission, results = self.grade(sources, chosen, checks, sandbox, names)
        for place, outcome in zip(chosen, submission.outcomes, strict=True):
            if outcome is not None:
                ending = ENDINGS.get(outcome.kind, "").format(seconds=self.seconds) or outcome.error
                cells[place].outputs = _nodes(outcome.printed, ending or None)
        for cell in nb.cells:
            if is_grade(cell) and cell.metadata.nbgrader.grade_id in results:
                cell.outputs = _nodes(*results[cell.metadata.nbgrader.grade_id])
        return nb, resources

    def grade(self, sources, chosen, checks, sandbox, names):
        """Run the chosen cells and all checks: (the Submission, {grade_id: (printed, error)})."""
        submission = Submission([sources[place] for place in chosen], sandbox, self.seconds)
        submission.run()
        return submission, {name: judge(c, submission, names) for name, c in checks.items()}


@lru_cache(2)
def _read(path, changed):
    """The notebook, read again only when its file has changed."""
    return nbformat.read(path, as_version=4)


def _nodes(printed, error):
    return [nbformat.from_dict(output) for output in as_outputs(printed, error)]


def _misses(submission, results):
    """Names that were not defined when a cell or a function wanted them."""
    errors = [outcome.error for outcome in submission.outcomes if outcome is not None]
    errors += [str(error) for _, error in results.values()]
    return {name for error in errors for name in NOT_DEFINED.findall(error)}


def _bound(sources, chosen):
    """Names that the cells which were not chosen may bind."""
    left = [source for place, source in enumerate(sources) if place not in set(chosen)]
    return set(re.findall(r"\w+", "\n".join(left)))


def _imports(cells):
    """The import statements of the setup. Importing TensorFlow starts none of its own threads."""
    for source in cells:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield ast.unparse(node)


@cache
def _setup_names(source):
    """What the lesson's setup cells define, for the checks."""
    space = {"__name__": "__main__"}
    os.environ.setdefault("MPLBACKEND", "Agg")
    with contextlib.redirect_stdout(io.StringIO()), np.printoptions():
        exec(compile(source, "<setup>", "exec"), space)
    return space


@lru_cache(1)
def _sandbox(command, python, imports, memory, fresh):
    """One process for all submissions of a lesson; the one of the lesson before is ended."""
    options = {"python": python} if python else {}
    sandbox = Sandbox(command=command, imports=imports, memory=memory, fresh=fresh, **options)
    _end_last()
    _LAST.append(sandbox)
    return sandbox


def _end_last():
    while _LAST:
        _LAST.pop().close()


_LAST = []
atexit.register(_end_last)
