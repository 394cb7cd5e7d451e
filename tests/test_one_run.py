"""Two notebooks from one run: nothing runs twice that is shared, and nothing goes uncompared."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from lessons import ROOT

import one_run

COUNTED = "print(open('runs', 'a').write('x'))"


def notebook(*cells):
    """(source, printed text or None) for each cell."""
    made = nbformat.v4.new_notebook()
    for count, (source, text) in enumerate(cells, 1):
        outputs = [] if text is None else [nbformat.v4.new_output("stream", text=text)]
        cell = nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs)
        made.cells += [nbformat.v4.new_markdown_cell("words"), cell]
    return made


SOLVED = [(COUNTED, "1\n"), ("def f():\n    return 7", None), ("print(f())", "7\n")]
BLANK = [(COUNTED, "1\n"), ("def f():\n    return 0", None), ("print(f() + 1)", "1\n")]


@pytest.fixture
def compare(tmp_path):
    """Compare the pair with nbval; returns how often shared cells ran and what pytest said."""

    def run(solved, blank, stem="01_pair", *options):
        for folder, made in (("solutions", solved), ("notebooks", blank)):
            (tmp_path / folder).mkdir(exist_ok=True)
            nbformat.write(notebook(*made), tmp_path / folder / f"{stem}.ipynb")
            (tmp_path / folder / "runs").write_text("")
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        command = [sys.executable, "-m", "pytest", "--nbval", "-v", "-p", "no:cacheprovider"]
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [*command, "-p", "conftest", *(options or ["solutions", "notebooks"])],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        ran = {
            folder: (tmp_path / folder / "runs").read_text()
            for folder in ("solutions", "notebooks")
        }
        failed = re.findall(r"^(\w+)/.*::(Cell \d+) FAILED", done.stdout, re.MULTILINE)
        return ran, failed, done.stdout

    return run


def test_shared_cells_run_once_and_both_notebooks_are_compared(compare):
    ran, failed, said = compare(SOLVED, BLANK)
    assert failed == []
    assert "6 passed" in said
    assert ran == {"solutions": "x", "notebooks": ""}


def test_a_wrong_output_of_either_notebook_is_noticed(compare):
    solved, blank = ([(source, text and "?\n") for source, text in p] for p in (SOLVED, BLANK))
    ran, failed, _ = compare(solved, blank)
    both = ("solutions", "notebooks")
    assert failed == [(folder, cell) for folder in both for cell in ("Cell 0", "Cell 2")]
    assert ran == {"solutions": "x", "notebooks": ""}


def test_a_cell_that_differs_runs_by_itself(compare):
    """Even where it should not differ: what is compared is always what the cell gives."""
    _, failed, _ = compare(SOLVED, [("print(3)", "1\n"), *BLANK[1:]])
    assert failed == [("notebooks", "Cell 0")]


def test_without_a_whole_solved_run_the_learners_notebook_runs_itself(compare):
    options = ["notebooks", "solutions/01_pair.ipynb::Cell 0"]
    ran, failed, _ = compare(SOLVED, BLANK, "01_pair", *options)
    assert failed == []
    assert ran == {"solutions": "x", "notebooks": "x"}


def test_a_lesson_whose_networks_feel_the_threads_runs_twice(compare):
    ran, failed, _ = compare(SOLVED, BLANK, min(one_run.TWICE))
    assert failed == []
    assert ran == {"solutions": "x", "notebooks": "x"}


def test_workers_share_the_threads_and_leave_alone_what_somebody_set(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    environ = {"OMP_NUM_THREADS": "5"}
    ours = one_run.share_the_cores(environ, 3)
    assert ours == {"TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2"}
    assert environ == {"OMP_NUM_THREADS": "5", **ours}
    assert one_run.share_the_cores({}, 1) == {}


def test_every_lesson_that_runs_twice_exists_and_trains_networks():
    for stem in one_run.TWICE:
        text = (ROOT / "solutions" / f"{stem}.md").read_text(encoding="utf-8")
        assert "from course_lib.models." in text
        assert ".fit(" in text


@pytest.mark.parametrize(("number", "seen"), [("1", "1"), (None, None)])
def test_kernels_get_one_thread_or_the_machines_and_then_all_is_as_before(
    monkeypatch, number, seen
):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "5")  # said by somebody
    with one_run.threads(number, {"OMP_NUM_THREADS": "2"}):
        assert os.environ.get("OMP_NUM_THREADS") == seen
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == "5"
    assert os.environ["OMP_NUM_THREADS"] == "2"
