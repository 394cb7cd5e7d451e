"""nbgrader itself, offline: a blank submission scores 0, a right one all, a half-right one part."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from lessons import STEMS, is_check, is_exercise, points, read, tags
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config


@pytest.fixture(autouse=True)
def activated(monkeypatch):
    """nbgrader calls alembic by name, so the environment must be active, as for a teacher."""
    here = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{here}{os.pathsep}{os.environ['PATH']}")


def exercises_only(notebook):
    """Setup, exercises and their text: a hand-out that grades in seconds."""
    notebook = nbformat.from_dict(notebook)
    start = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("## Exercises"))
    setup = [cell for cell in notebook.cells[:start] if "setup" in tags(cell)]
    notebook.cells = setup + notebook.cells[start:]
    return notebook


class Course:
    """A teacher's nbgrader course in a folder of its own."""

    def __init__(self, folder, stem, source):
        config = Config()
        config.CourseDirectory.root = str(folder)
        config.CourseDirectory.course_id = "shop"
        config.ExecutePreprocessor.timeout = 300
        self.folder, self.stem = folder, stem
        self.database = f"sqlite:///{folder}/gradebook.db"
        config.CourseDirectory.db_url = self.database
        self.api = NbGraderAPI(config=config)
        self.write("source", source)
        self.done(self.api.generate_assignment(stem))
        self.release = nbformat.read(
            folder / "release" / stem / f"{stem}.ipynb", as_version=nbformat.NO_CONVERT
        )

    def write(self, part, notebook):
        target = self.folder / part / self.stem
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{self.stem}.ipynb")

    def done(self, result):
        assert result["success"], result.get("error") or result.get("log")

    def score(self, student, answers):
        """Points for the released notebook with `answers` {grade_id: source} filled in."""
        notebook = nbformat.from_dict(self.release)
        for cell in notebook.cells:
            if is_exercise(cell):
                cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
        self.write(f"submitted/{student}", notebook)
        self.done(self.api.autograde(self.stem, student))
        with Gradebook(self.database) as gradebook:
            submission = gradebook.find_submission(self.stem, student)
            return submission.score, submission.max_score


def right_answers(notebook):
    return {
        cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if is_exercise(cell)
    }


def with_one_wrong(answers, notebook):
    """The first checked exercise answers nonsense; returns (answers, points lost)."""
    check = next(cell for cell in notebook.cells if is_check(cell))
    grade_id = check.metadata.nbgrader.grade_id.replace("check", "exercise")
    signature = next(line for line in answers[grade_id].splitlines() if line.startswith("def "))
    return {
        **answers,
        grade_id: f"{signature}\n    return 'nonsense'",
    }, check.metadata.nbgrader.points


@pytest.mark.parametrize("stem", STEMS)
def test_blank_right_and_partly_wrong_submissions_get_their_points(stem, tmp_path):
    solved = read("solutions", stem)
    course = Course(tmp_path, stem, exercises_only(solved))
    full = points(solved)
    answers = right_answers(solved)
    assert course.score("blank", {}) == (0, full)
    assert course.score("right", answers) == (full, full)
    partly, lost = with_one_wrong(answers, solved)
    assert course.score("partly", partly) == (full - lost, full)
    assert 0 < full - lost < full


def test_what_nbgrader_releases_is_our_learners_notebook(tmp_path):
    stem = STEMS[0]
    release = Course(tmp_path, stem, read("solutions", stem)).release
    ours = read("notebooks", stem)
    assert [cell.source for cell in release.cells] == [cell.source for cell in ours.cells]


def test_a_whole_lesson_is_graded_as_it_stands(tmp_path):
    stem = STEMS[0]
    solved = read("solutions", stem)
    course = Course(tmp_path, stem, solved)
    assert course.score("right", right_answers(solved)) == (points(solved), points(solved))
