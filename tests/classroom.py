"""A teacher's nbgrader course in a folder of its own, made as `make class` makes it."""

import nbformat
from lessons import is_exercise
from make_class import make
from nbgrader.api import Gradebook

ALL_RIGHT = "right (22 cases)"  # what the check of exercise 1.1 prints


class Classroom:
    """release, submit, grade, score: what a teacher does, on the command line or here."""

    def __init__(self, folder, sources, **options):
        self.folder = folder
        self.api = make(folder, sources)
        for name, value in options.items():
            self.api.config.RunExcerpts[name] = value

    def release(self, stem):
        path = self.folder / "release" / stem / f"{stem}.ipynb"
        return nbformat.read(path, as_version=nbformat.NO_CONVERT)

    def submit(self, stem, student, notebook):
        target = self.folder / "submitted" / student / stem
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{stem}.ipynb")

    def grade_all(self, stem):
        """Grade every submission in one run; returns what nbgrader logged."""
        result = self.api.autograde(stem, "*")
        return result["log"]

    def graded(self, stem, student):
        path = self.folder / "autograded" / student / stem / f"{stem}.ipynb"
        return nbformat.read(path, as_version=nbformat.NO_CONVERT)

    def score(self, stem, student):
        with Gradebook(self.api.coursedir.db_url) as gradebook:
            submission = gradebook.find_submission(stem, student)
            return submission.score, submission.max_score

    def done(self, result):
        assert result["success"], result.get("error") or result.get("log")


def answers_of(notebook):
    """{grade_id: source} of the exercises' cells."""
    return {
        cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if is_exercise(cell)
    }


def answered(release, answers):
    """The released notebook with `answers` {grade_id: source} filled in."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        if is_exercise(cell):
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
    return notebook
