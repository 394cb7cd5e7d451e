"""Hand-out and hand-in between two accounts, through nbgrader's exchange (docs/teaching.md)."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import nbformat
import pytest
from classroom import ALL_RIGHT, answers_of
from lessons import ROOT, SOURCES, is_exercise
from make_class import make
from make_notebooks import solved

LESSON = SOURCES[0].stem
# Two processes: setpriv itself may still be let into folders that its user may not enter.
SEES = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import nbgrader'], check=True)"
)
SHARED = """
c = get_config()
c.CourseDirectory.course_id = "shop"
c.Exchange.root = "{exchange}"
"""


def missing():
    """Why this cannot run here, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root on Linux can make accounts and act as them"
    tools = [name for name in ("useradd", "userdel", "setpriv") if shutil.which(name) is None]
    return f"without {', '.join(tools)}" if tools else None


pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


class Account:
    """A user of this machine for the length of a test."""

    def __init__(self, name, home):
        self.name, self.home = f"{name}{os.getpid()}", home / name
        self.python = Path(sys.executable)
        command = ["useradd", "--create-home", "--home-dir", str(self.home), self.name]
        subprocess.run(command, check=True, capture_output=True)
        self.home.chmod(0o700)

    def run(self, *words, folder=None):
        """Python with these arguments, as this user and with little of our environment."""
        who = ["setpriv", "--reuid", self.name, "--regid", self.name, "--init-groups"]
        folders = {
            "HOME": self.home,
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}",
            "LD_LIBRARY_PATH": self.python.parents[1] / "lib",
            "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
            "JUPYTER_CONFIG_PATH": self.home.parent / "etc",
        }
        return subprocess.run(
            [*who, self.python, *words],
            cwd=folder or self.home,
            env={name: str(folder) for name, folder in folders.items()},
            capture_output=True,
            text=True,
        )

    def can(self, *words):
        return self.run(*words).returncode == 0

    def does(self, step, *words, folder=None):
        """One of nbgrader's commands, which must succeed."""
        done = self.run("-m", "nbgrader", step, *words, folder=folder)
        assert done.returncode == 0, done.stderr

    def owns(self, folder):
        for path in [folder, *folder.rglob("*")]:
            shutil.chown(path, self.name, self.name)


def python_for_all(folder):
    """A copy of this Python without its packages: the original may live in root's own home."""
    base, version = Path(sys.base_prefix), "python{}.{}".format(*sys.version_info)
    leave = shutil.ignore_patterns("site-packages", "test", "idlelib", "config-*")
    shutil.copytree(base / "lib" / version, folder / "lib" / version, ignore=leave)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy(library, folder / "lib")
    (folder / "bin").mkdir()
    return Path(shutil.copy(base / "bin" / version, folder / "bin"))


@pytest.fixture
def accounts():
    folder = Path(tempfile.mkdtemp(prefix="exchange-"))  # pytest's own are for their owner alone
    folder.chmod(0o755)
    exchange, settings = folder / "exchange", folder / "etc"
    exchange.mkdir()
    exchange.chmod(0o777)
    settings.mkdir()
    (settings / "nbgrader_config.py").write_text(SHARED.format(exchange=exchange))
    teacher, ann = (Account(name, folder) for name in ("teacher", "ann"))
    try:
        if not teacher.can("-c", SEES):
            teacher.python = ann.python = python_for_all(folder / "python")
        tried = teacher.run("-c", SEES)
        if tried.returncode:
            pytest.skip(f"other accounts cannot run this environment: {tried.stderr[-200:]}")
        yield teacher, ann
    finally:
        for account in (teacher, ann):
            subprocess.run(["userdel", "--remove", account.name], check=False, capture_output=True)
        shutil.rmtree(folder)


def test_a_lesson_goes_out_comes_back_and_is_graded(accounts):
    teacher, ann = accounts
    course = teacher.home / "course"
    make(course, SOURCES[:1])
    teacher.owns(course)
    teacher.does("release_assignment", LESSON, folder=course)

    ann.does("fetch_assignment", LESSON)
    mine = ann.home / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(mine, as_version=nbformat.NO_CONVERT)
    assert "HIDDEN" not in mine.read_text()
    answers = answers_of(solved(SOURCES[0]))
    for cell in filter(is_exercise, notebook.cells):
        cell.source = answers[cell.metadata.nbgrader.grade_id]
    nbformat.write(notebook, mine)
    ann.does("submit", LESSON)
    reads = f"open('{course}/source/{LESSON}/{LESSON}.ipynb')"
    assert teacher.can("-c", reads)
    assert not ann.can("-c", reads)

    for step in ("collect", "autograde", "generate_feedback", "release_feedback"):
        teacher.does(step, LESSON, folder=course)
    teacher.does("export", folder=course)
    assert f",{ann.name}," in (course / "grades.csv").read_text()
    assert "11.0,11.0" in (course / "grades.csv").read_text()

    ann.does("fetch_feedback", LESSON)
    (page,) = (ann.home / LESSON / "feedback").rglob("*.html")
    assert ALL_RIGHT in page.read_text()
