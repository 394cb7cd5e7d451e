"""nbgrader itself, offline: a blank submission scores 0, a right one all, a half-right one part."""

import io
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from classroom import Classroom, answered, answers_of
from lessons import SOURCES, is_check, points, read, tags
from make_class import make
from make_notebooks import solved
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from course_lib import calls
from course_lib.grading import messages
from course_lib.grading.excerpts import as_outputs, judge, needed, unknown_names
from course_lib.grading.messages import LARGEST, decoded, encoded
from course_lib.grading.preprocessors import _setup_names
from course_lib.grading.sandbox import Sandbox, environment


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """All lessons, as `make class` prepares them."""
    return Classroom(tmp_path_factory.mktemp("course"), SOURCES)


def with_one_wrong(answers, notebook):
    """The first checked exercise answers nonsense; returns (answers, points lost)."""
    check = next(cell for cell in notebook.cells if is_check(cell))
    grade_id = check.metadata.nbgrader.grade_id.replace("check", "exercise")
    signature = next(line for line in answers[grade_id].splitlines() if line.startswith("def "))
    return {
        **answers,
        grade_id: f"{signature}\n    return 'nonsense'",
    }, check.metadata.nbgrader.points


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_blank_right_and_partly_wrong_submissions_get_their_points(source, classroom):
    stem, notebook = source.stem, solved(source)
    answers, full = answers_of(notebook), points(notebook)
    partly, lost = with_one_wrong(answers, notebook)
    release = classroom.release(stem)
    for student, given in {"blank": {}, "right": answers, "partly": partly}.items():
        classroom.submit(stem, student, answered(release, given))
    log = classroom.grade_all(stem)
    assert classroom.score(stem, "blank") == (0, full), log
    assert classroom.score(stem, "right") == (full, full), log
    assert classroom.score(stem, "partly") == (full - lost, full), log
    assert 0 < full - lost < full


def test_what_nbgrader_releases_is_our_learners_notebook(classroom):
    stem = SOURCES[0].stem
    release, ours = classroom.release(stem), read("notebooks", stem)
    assert [cell.source for cell in release.cells] == [cell.source for cell in ours.cells]


def test_making_a_course_again_keeps_settings_submissions_and_grades(tmp_path):
    course = Classroom(tmp_path, SOURCES[:1])
    stem = SOURCES[0].stem
    course.submit(stem, "ann", answered(course.release(stem), answers_of(solved(SOURCES[0]))))
    course.grade_all(stem)
    settings = tmp_path / "nbgrader_config.py"
    settings.write_text(settings.read_text() + "# mine\n")
    make(tmp_path, SOURCES[:1])
    assert settings.read_text().endswith("# mine\n")
    assert course.score(stem, "ann") == (11, 11)
    assert (tmp_path / "submitted" / "ann" / stem / f"{stem}.ipynb").exists()


def test_nbgrader_without_our_settings_grades_the_same(tmp_path, monkeypatch):
    """Whoever hands out an excerpt in a course of their own: in a kernel, with nbgrader's own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)  # nbgrader calls alembic by name
    stem, notebook = SOURCES[0].stem, solved(SOURCES[0])
    answers = answers_of(notebook)
    start = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("## Exercises"))
    setup = [cell for cell in notebook.cells[:start] if "setup" in tags(cell)]
    notebook.cells = setup + notebook.cells[start:]
    config = Config()
    config.CourseDirectory.root, config.CourseDirectory.course_id = str(tmp_path), "shop"
    config.CourseDirectory.db_url = f"sqlite:///{tmp_path}/gradebook.db"
    api = NbGraderAPI(config=config)

    def write(part, notebook):
        (tmp_path / part / stem).mkdir(parents=True)
        nbformat.write(notebook, tmp_path / part / stem / f"{stem}.ipynb")

    write("source", notebook)
    assert api.generate_assignment(stem)["success"]
    release = nbformat.read(tmp_path / "release" / stem / f"{stem}.ipynb", nbformat.NO_CONVERT)
    partly, lost = with_one_wrong(answers, notebook)
    write("submitted/partly", answered(release, partly))
    assert api.autograde(stem, "partly")["success"]
    with Gradebook(config.CourseDirectory.db_url) as gradebook:
        assert gradebook.find_submission(stem, "partly").score == 11 - lost


def test_an_answer_gets_the_cells_that_it_needs_and_no_others():
    cells = [
        "import numpy as np",
        "def helper(x):\n    return scale * x",
        "scale = np.pi",
        "slow = [0] * 10",
        "%matplotlib inline",
        "def (",
        "def answer(slow):\n    return helper(slow)",
    ]
    assert needed(cells, {"answer"}) == [0, 1, 2, 6]
    assert needed(cells, {"answer"}, always=[4]) == [0, 1, 2, 4, 6]
    assert needed(cells, {"nobody's"}) == []
    assert needed([], {"answer"}) == []


def test_the_learners_names_are_told_from_the_checks_own():
    check = 'import course_lib.checks\ncourse_lib.checks.check("1.1", f)\nx = np.ones(3)\nprint(x)'
    assert unknown_names(check, {"np": None}) == {"f"}
    assert unknown_names(check, {"np": None, "f": "another f of the setup"}) == {"f"}
    assert unknown_names("assert g(3) == 9", {}) == {"g"}
    assert unknown_names('course_lib.checks.check("1.1")', {"course_lib": None}) == set()


class Answers:
    """Stands for a Submission whose functions return fixed values."""

    def __init__(self, **values):
        self.values = values

    def call(self, name, arguments, seconds):
        return calls.Outcome("returned", self.values[name], arguments)


def test_a_teachers_own_assert_is_a_check_too():
    assert judge("assert g(3) == 9", Answers(g=9), {}) == ("", None)
    printed, error = judge("print('now')\nassert g(3) == 9, 'nine'", Answers(g=8), {})
    assert (printed, str(error), type(error)) == ("now\n", "nine", AssertionError)
    (stream, shown) = as_outputs(printed, error)
    assert stream["text"] == "now\n"
    assert shown["evalue"] == "AssertionError: nine"
    (shown,) = as_outputs("", "ValueError: too short: 3\nof 5")
    assert (shown["ename"], shown["evalue"]) == ("ValueError", "ValueError: too short: 3\nof 5")
    assert shown["traceback"] == ["ValueError: too short: 3", "of 5"]
    assert as_outputs("", "")[0]["traceback"] == [""]


def test_messages_say_the_same_on_the_other_side():
    value = (1, 2.5, "tea", None, True, [np.float32(1.5)], {3: ("a",)}, float("inf"), 10**100)
    assert decoded(encoded(value)) == value
    assert type(decoded(encoded(np.float32(1.5)))) is np.float32
    for dtype in ("int8", "float64", "bool", "U3", "datetime64[s]"):
        array = np.zeros((2, 3), dtype=dtype)
        back = decoded(encoded(array))
        assert back.dtype == array.dtype
        assert (back == array).all()


def test_messages_run_nothing():
    class Bomb:
        def __reduce__(self):
            return (os._exit, (1,))

    assert type(decoded(encoded(Bomb()))).__name__ == "Bomb"
    endless = []
    endless.append(endless)
    assert decoded(encoded((endless, 10**5000))).__class__.__name__ == "tuple"


@pytest.fixture(scope="module")
def shared_sandbox():
    sandbox = Sandbox(imports="import matplotlib.pyplot")
    yield sandbox
    sandbox.close()


@pytest.fixture
def sandbox(shared_sandbox):
    """Ready for one submission."""
    shared_sandbox.begin()
    return shared_sandbox


def test_a_strangers_program_gets_no_secrets(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    assert "secret" not in environment().values()
    sandbox = Sandbox()
    sandbox.begin()
    seen = sandbox.run("import os; print(dict(os.environ))", 20.0).printed
    sandbox.close()
    assert "JUPYTERHUB" not in seen
    assert "PATH" in seen


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another user"
)
def test_answers_run_as_another_user():
    command = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    if subprocess.run([*command, sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("other accounts cannot run this environment's Python")
    sandbox = Sandbox(command=command)
    try:
        sandbox.begin()
        assert sandbox.run("import os; print(os.getuid())", 20.0).printed == "65534\n"
        assert sandbox.run("open('/root/mine', 'w')", 20.0).error.startswith("PermissionError")
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "%config InlineBackend.figure_formats = ['svg']",
        "from IPython.display import Markdown; display(Markdown('a'))",
        "import asyncio; await asyncio.sleep(0)",
        "%%time",
    ],
)
def test_what_learners_write_for_notebooks_runs_without_one(line, sandbox):
    done = sandbox.run(f"{line}\ndef f(x):\n    return x + 1", 20.0)
    assert done.kind == "returned", done.error
    assert sandbox.call("f", (4,), 20.0).value == 5


def test_a_fresh_process_serves_each_submission_where_it_is_wanted():
    sandbox = Sandbox(fresh=True)
    sandbox.begin()
    first = sandbox.process.pid
    sandbox.begin()
    assert sandbox.process.pid != first
    sandbox.close()


NO_FORK = "import os; del os.fork; import runpy; runpy.run_module('{}', run_name='__main__')"


def test_without_fork_the_grader_ends_what_never_ends(monkeypatch):
    """As on Windows; there memory is not bounded."""
    monkeypatch.delattr(os, "fork")
    monkeypatch.setattr("course_lib.grading.sandbox.GRACE", 0.0)
    sandbox = Sandbox()
    sandbox.words[1:] = ["-c", NO_FORK.format("course_lib.grading.stranger")]
    try:
        sandbox.begin()
        assert sandbox.run("def f(x):\n    return sum(range(x))", 20.0).kind == "returned"
        assert sandbox.call("f", (4,), 20.0).value == 6
        assert sandbox.call("f", (10**11,), 1.0).kind == "late"
        sandbox.begin()
        assert sandbox.run("import os; os._exit(0)", 20.0).kind == "ended"
        sandbox.begin()
        assert sandbox.run("x = 1", 20.0).kind == "returned"
    finally:
        sandbox.close()


def test_a_lessons_setup_leaves_the_graders_printing_alone():
    before = np.get_printoptions()
    assert "np" in _setup_names("import numpy as np\nnp.set_printoptions(precision=1)")
    assert np.get_printoptions() == before


def test_a_frame_that_says_it_is_huge_is_not_believed():
    """To make room for it would take the grader's memory."""
    stream = io.BytesIO()
    messages.write(stream, b"right")
    stream.seek(0)
    assert messages.read(stream) == b"right"
    assert messages.read(stream) is None
    with pytest.raises(ValueError, match="at most 134,217,728 bytes, got 1,099,511,627,776"):
        messages.read(io.BytesIO((2**40).to_bytes(8) + b"little"))
    assert messages.read(io.BytesIO((2 * LARGEST).to_bytes(8) + b"little")) == b"little"
