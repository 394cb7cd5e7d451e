"""A submission is a stranger's program: it earns what it solved, and never stops the others.

All of them are graded in one run of nbgrader, as a teacher would.
"""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from classroom import ALL_RIGHT, Classroom, answered, answers_of
from lessons import SOURCES, is_check, is_exercise
from make_notebooks import solved

LESSON = SOURCES[0]
RIGHT = answers_of(solved(LESSON))
FULL = 11
REST = 9  # all but exercise 1.1

MARK = "SOMETHING_RAN"  # a file that a submission tries to leave in the course's folder


def with_first(source, others=RIGHT):
    """The source in place of the first answer; the others are right."""
    return {**others, "exercise-1-1": source}


def function(body):
    return with_first(f"def angle_in_degrees(a, b):\n    {body}")


def code_cell(source):
    return nbformat.v4.new_code_cell(source)


def at_start(*sources):
    """Cells of the learner's own before all others."""

    def change(notebook):
        notebook.cells[:0] = [code_cell(source) for source in sources]

    return change


def before_exercises(*sources):
    def change(notebook):
        place = next(i for i, c in enumerate(notebook.cells) if is_exercise(c))
        notebook.cells[place:place] = [code_cell(source) for source in sources]

    return change


def deleted(notebook):
    notebook.cells = [cell for cell in notebook.cells if not is_check(cell)]


def all_nbgrader_cells_deleted_but_the_answers(notebook):
    deleted(notebook)
    stripped(notebook)


def changed(notebook):
    for cell in filter(is_check, notebook.cells):
        cell.source = f"print('Exercise 1.1: {ALL_RIGHT}')"


def made_text(notebook):
    for place, cell in enumerate(notebook.cells):
        if is_check(cell):
            text = nbformat.v4.new_markdown_cell("right")
            text.metadata.update(cell.metadata)
            notebook.cells[place] = text


def split(notebook):
    """As "Split cell" of JupyterLab does: both halves keep the metadata."""
    for place in reversed(range(len(notebook.cells))):
        cell = notebook.cells[place]
        if is_check(cell) or is_exercise(cell):
            first, _, rest = cell.source.partition("\n")
            half = nbformat.from_dict(cell)
            half["id"] = f"half-{place}"
            if is_check(cell):
                cell.source, half.source = first, rest
            else:
                cell.source, half.source = "helper = 1", cell.source
            notebook.cells.insert(place + 1, half)


def copied(notebook):
    for place in reversed(range(len(notebook.cells))):
        cell = notebook.cells[place]
        if is_check(cell):
            twin = nbformat.from_dict(cell)
            twin["id"] = f"twin-{place}"
            twin.source = "pass"
            notebook.cells.insert(place, twin)
            notebook.cells.append(nbformat.from_dict({**twin, "id": f"trip-{place}"}))


def stripped(notebook):
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
    notebook.metadata = nbformat.NotebookNode()


def spoilt(notebook):
    kinds = ["text", {"grade_id": ["a", "list"]}, {"schema_version": 1}, {"schema_version": 99}]
    checks = list(filter(is_check, notebook.cells))
    for cell in filter(is_exercise, notebook.cells):
        cell.metadata.nbgrader.update(points=1000, grade=True, schema_version=2)
    for kind, cell in zip(kinds, checks, strict=True):
        cell.metadata["nbgrader"] = kind


def shuffled(notebook):
    checks = [cell for cell in notebook.cells if is_check(cell)]
    deleted(notebook)
    notebook.cells[:0] = checks


def empty(notebook):
    notebook.cells = []


FAKE = f"""
def check(*_, **__):
    print("Exercise 1.1: {ALL_RIGHT}")
"""
PATCHED = """
import builtins, sys, types
import course_lib.checks
import numpy as np
course_lib.checks.check = lambda *_, **__: print("right")
course_lib.checks._problem = lambda *_, **__: None
course_lib.checks._difference = lambda *_, **__: None
course_lib.calls.guarded = lambda *_, **__: iter([None] * 99)
np.all = lambda *_, **__: True
fake = types.ModuleType("course_lib.checks")
fake.check, fake.Case = (lambda *_, **__: None), tuple
sys.modules["course_lib.checks"] = fake
"""
EMPTIED = """
import gc
import course_lib.checks
from course_lib.cases import similarity as hers
hers.CASES.clear()
for thing in gc.get_objects():
    if type(thing) is dict and "1.2" in thing:
        for number in list(thing):
            thing[number] = ()
"""
READING = """
import gc, inspect
from course_lib.checks import CASES, Case

def _wanted(arguments):
    for number in ("1.1", "1.2", "1.3", "1.4"):
        for case in CASES[number]:
            if repr(case.arguments) == repr(arguments):
                return case.expected
    for frame in inspect.stack():
        for value in [*frame[0].f_locals.values(), *frame[0].f_globals.values()]:
            if isinstance(value, Case):
                return value.expected
    for case in gc.get_objects():
        if isinstance(case, Case) and repr(case.arguments) == repr(arguments):
            return case.expected

def angle_in_degrees(a, b):
    return _wanted((a, b))
def pairwise_cosine(a, b):
    return _wanted((a, b))
def discover_by_products(purchases, k):
    return _wanted((purchases, k))
def shrunk_cosine(a, b, strength):
    return _wanted((a, b, strength))
"""
EQUAL = """
class Anything(float):
    def __eq__(self, other): return True
    def __le__(self, other): return True
    def __sub__(self, other): return 0.0
    def __reduce__(self):
        return exec, ("open('{mark}', 'w').close()",)

def angle_in_degrees(a, b):
    return Anything(1)
"""
TALKS = """
import os
def angle_in_degrees(a, b):
    for file in range(64):
        try:
            os.write(file, b"\\xff" * 100)
        except OSError:
            pass
    return 60.0
"""
LEAVES = """
import os, subprocess, sys
def angle_in_degrees(a, b):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(987)"],
                     start_new_session=True)
    return 60.0
"""
NAMES = """
def check(v):
    return v
Case = course_lib = hidden = given = checks = None
"""
USES_ITS_OWN = """
def angle_in_degrees(a, b):
    return check(to_degrees(similarity.cosine_similarity(a, b)))
"""
HELPER = "def to_degrees(cosine):\n    return float(np.degrees(np.arccos(cosine)))"

# name: (answers, change of the notebook, points, what stands beside exercise 1.1)
SUBMISSIONS = {
    "right": (RIGHT, None, FULL, ALL_RIGHT),
    "blank": ({}, None, 0, "not attempted yet"),
    "wrong": (function("return 60.0"), None, REST, "returned 60, expected 0"),
    "endless": (function("while True: pass"), None, REST, "does a loop never end?"),
    "endless in C": (function("return sum(range(10**11))"), None, REST, "does a loop never end?"),
    "endless output": (
        function("while True: print('tea' * 999)"), None, REST, "does a loop never end?"),
    "endless cell": (with_first("while True: pass"), None, REST, "no cell defines a function"),
    "endless cell in C": (with_first("sum(range(10**11))"), None, REST, "no cell defines"),
    "output in a cell": (with_first("while True: print('tea')"), None, REST, "no cell defines"),
    "memory": (function("return [0] * 10**11"), None, REST, "GB of memory"),
    "memory in a cell": (with_first("x = [0] * 10**11"), None, REST, "no cell defines"),
    "exit": (function("import os; os._exit(0)"), None, REST, "ended Python itself"),
    "exit in a cell": (with_first("import os; os._exit(0)"), None, REST, "no cell defines"),
    "quit in a cell": (with_first("quit()"), None, REST, "no cell defines a function"),
    "sys.exit": (function("import sys; sys.exit(0)"), None, REST, "raised SystemExit"),
    "crash": (function("import os; os.abort()"), None, REST, "ended Python itself"),
    "kills its parent": (
        function("import os; os.kill(os.getppid(), 9); return 1.0"), None, REST, "ended Python"),
    "input": (function("return float(input())"), None, REST, "asked for input()"),
    "checks deleted": (RIGHT, deleted, FULL, ALL_RIGHT),
    "checks deleted, blank": ({}, deleted, 0, "not attempted yet"),
    "checks changed": ({}, changed, 0, "not attempted yet"),
    "checks made text": ({}, made_text, 0, "not attempted yet"),
    "cells split": (RIGHT, split, FULL, ALL_RIGHT),
    "cells split, blank": ({}, split, 0, "not attempted yet"),
    "checks copied": (RIGHT, copied, FULL, ALL_RIGHT),
    "checks copied, blank": ({}, copied, 0, "not attempted yet"),
    "metadata stripped": (RIGHT, stripped, FULL, ALL_RIGHT),
    "metadata stripped, blank": ({}, stripped, 0, "not attempted yet"),
    "metadata spoilt": (RIGHT, spoilt, FULL, ALL_RIGHT),
    "stripped and deleted": (
        RIGHT, all_nbgrader_cells_deleted_but_the_answers, FULL, ALL_RIGHT),
    "checks moved first": (RIGHT, shuffled, FULL, ALL_RIGHT),
    "no cells": (RIGHT, empty, 0, "no cell defines a function"),
    "check replaced": ({}, before_exercises(FAKE), 0, "not attempted yet"),
    "check patched": ({}, at_start(PATCHED), 0, "not attempted yet"),
    "check patched later": (with_first(PATCHED, {}), None, 0, "no cell defines a function"),
    "cases emptied": ({}, at_start(EMPTIED), 0, "not attempted yet"),
    "reads hidden tests": (with_first(READING, {}), None, 0, ALL_RIGHT),
    "equals anything": (with_first(EQUAL.format(mark=MARK)), None, REST, "expected 0"),
    "talks to the grader": (with_first(TALKS), None, REST, "angle_in_degrees"),
    "leaves a process": (with_first(LEAVES), None, REST, "returned 60, expected 0"),
    "own names": (
        with_first(USES_ITS_OWN + HELPER), before_exercises(NAMES), FULL, ALL_RIGHT),
    "own helper": (
        function("return to_degrees(similarity.cosine_similarity(a, b))"),
        before_exercises(HELPER), FULL, ALL_RIGHT),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Classroom(tmp_path_factory.mktemp("course"), [LESSON], seconds=1.0)
    for name, (answers, change, _, _) in SUBMISSIONS.items():
        notebook = answered(course.release(LESSON.stem), answers)
        if change is not None:
            change(notebook)
        course.submit(LESSON.stem, name, notebook)
    broken = course.folder / "submitted" / "broken" / LESSON.stem / f"{LESSON.stem}.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("<<<<<<< HEAD")
    course.log = course.grade_all(LESSON.stem)
    return course


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_earns_what_it_solved_and_is_told_why(name, course):
    _, _, points, reason = SUBMISSIONS[name]
    graded = course.graded(LESSON.stem, name)
    check = next(cell for cell in graded.cells if is_check(cell) and "1.1" in cell.source)
    shown = "".join(output.get("text", output.get("evalue", "")) for output in check.outputs)
    assert reason in shown
    assert course.score(LESSON.stem, name) == (points, FULL)
    assert all(len(cell.get("outputs", [])) <= 2 for cell in graded.cells)


def test_answers_are_marked_again_as_the_teacher_did(course):
    def marked(notebook):
        return {c.metadata.nbgrader.grade_id for c in notebook.cells if is_exercise(c)}

    wanted = marked(course.release(LESSON.stem))
    for name in ("right", "metadata spoilt"):
        assert marked(course.graded(LESSON.stem, name)) == wanted


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("endless cell", "TimeoutError: the cell had not finished after 1 seconds"),
        ("exit in a cell", "RuntimeError: the cell ended Python itself; it was left out"),
        ("memory in a cell", "MemoryError"),
    ],
)
def test_an_answers_own_cell_says_how_it_ended(name, reason, course):
    """Also where it defines nothing that a check asks for: answers run in any case."""
    first = next(cell for cell in course.graded(LESSON.stem, name).cells if is_exercise(cell))
    assert reason in "".join(output.get("evalue", "") for output in first.outputs)


def test_a_file_that_is_no_notebook_is_named_and_stops_nobody(course):
    assert course.score(LESSON.stem, "broken") == (0, FULL)
    assert "for student 'broken'" in course.log
    for name in SUBMISSIONS:
        assert f"for student '{name}'" not in course.log


def test_nothing_of_a_submission_is_left(course):
    assert not list(course.folder.rglob(MARK))
    if sys.platform == "linux":
        running = [
            path.read_bytes()
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if os.access(path, os.R_OK)
        ]
        assert not [line for line in running if b"sleep(987)" in line]


def test_feedback_shows_the_reason(course):
    course.done(course.api.generate_feedback(LESSON.stem, "endless in C"))
    page = course.folder / "feedback" / "endless in C" / LESSON.stem / f"{LESSON.stem}.html"
    assert "does a loop never end?" in page.read_text(encoding="utf-8")


def test_grades_come_as_a_table(course):
    done = subprocess.run(
        [Path(sys.executable).parent / "nbgrader", "export", "--to", "grades.csv"],
        cwd=course.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = (course.folder / "grades.csv").read_text().splitlines()
    column = lines[0].split(",").index("score")
    scores = {line.split(",")[3]: float(line.split(",")[column]) for line in lines[1:]}
    assert scores["right"] == FULL
    assert scores["blank"] == 0
