"""The learner's own copy: made once, added to, never changed by an update of the course."""

import os
import shutil
import subprocess
import sys

import pytest
from lessons import STEMS, make_notebooks

import my_notebooks

ANSWERED = '{"cells": ["my answer"]}'


@pytest.fixture
def course(tmp_path):
    """A course of two lessons in a folder without git, as from a ZIP."""
    (tmp_path / "notebooks").mkdir()
    for stem in ("01_cosine_similarity", "07_imbalance"):
        (tmp_path / "notebooks" / f"{stem}.ipynb").write_text(f"blank {stem}", encoding="utf-8")
    (tmp_path / "notebooks" / "notes.txt").write_text("no lesson", encoding="utf-8")
    return tmp_path


def texts(course):
    return {p.name: p.read_text(encoding="utf-8") for p in (course / "my_notebooks").iterdir()}


def test_first_use_copies_every_lesson_and_nothing_else(course):
    copies = my_notebooks.add_missing(course)
    assert [path.name for path in copies] == ["01_cosine_similarity.ipynb", "07_imbalance.ipynb"]
    assert texts(course) == {
        "01_cosine_similarity.ipynb": "blank 01_cosine_similarity",
        "07_imbalance.ipynb": "blank 07_imbalance",
    }


def test_an_update_adds_new_lessons_and_touches_no_answer(course):
    my_notebooks.add_missing(course)
    mine = course / "my_notebooks" / "07_imbalance.ipynb"
    mine.write_text(ANSWERED, encoding="utf-8")
    os.utime(mine, (0, 0))  # as old as can be
    for stem in ("07_imbalance", "08_features"):
        (course / "notebooks" / f"{stem}.ipynb").write_text(f"newer {stem}", encoding="utf-8")
    assert [path.name for path in my_notebooks.add_missing(course)] == ["08_features.ipynb"]
    assert mine.stat().st_mtime == 0
    assert texts(course) == {
        "01_cosine_similarity.ipynb": "blank 01_cosine_similarity",
        "07_imbalance.ipynb": ANSWERED,
        "08_features.ipynb": "newer 08_features",
    }


@pytest.mark.parametrize("number", ["07", "7", "07_imbalance", "07_imbalance.ipynb"])
def test_fresh_copies_stand_beside_and_are_counted(course, number):
    my_notebooks.add_missing(course)
    mine = course / "my_notebooks"
    (mine / "07_imbalance.ipynb").write_text(ANSWERED, encoding="utf-8")
    assert my_notebooks.add_fresh(course, number) == mine / "07_imbalance_fresh.ipynb"
    (mine / "07_imbalance_fresh.ipynb").write_text(ANSWERED, encoding="utf-8")
    assert my_notebooks.add_fresh(course, number) == mine / "07_imbalance_fresh_2.ipynb"
    assert my_notebooks.add_fresh(course, number) == mine / "07_imbalance_fresh_3.ipynb"
    assert texts(course) == {
        "01_cosine_similarity.ipynb": "blank 01_cosine_similarity",
        "07_imbalance.ipynb": ANSWERED,
        "07_imbalance_fresh.ipynb": ANSWERED,
        "07_imbalance_fresh_2.ipynb": "blank 07_imbalance",
        "07_imbalance_fresh_3.ipynb": "blank 07_imbalance",
    }


@pytest.mark.parametrize("number", ["", "99", "007", "imbalance", "notes.txt"])
def test_a_lesson_that_does_not_exist_is_told_with_those_that_do(course, number):
    with pytest.raises(ValueError, match=f"no lesson '{number}'; the lessons are 01, 07"):
        my_notebooks.add_fresh(course, number)


def test_a_copy_that_was_cut_short_is_made_again(course, monkeypatch):
    def full_disk(source, target):
        target.write_text("half")
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full_disk)
        with pytest.raises(OSError, match="No space left"):
            my_notebooks.add_missing(course)
    assert texts(course) == {}
    assert len(my_notebooks.add_missing(course)) == 2


def test_copies_can_be_written_when_the_course_cannot(course):
    for lesson in my_notebooks.lessons(course):
        lesson.chmod(0o444)
    assert all(path.stat().st_mode & 0o200 for path in my_notebooks.add_missing(course))


def test_the_command_needs_no_environment_and_no_git(course, root):
    """As `make lab` calls it, with Python's own library alone."""
    (course / "tools").mkdir()
    tool = shutil.copy(root / "tools" / "my_notebooks.py", course / "tools")
    command = [sys.executable, "-I", "-S", tool]

    def run(*arguments):
        return subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env={"PATH": ""}, cwd="/"
        )

    first, second = run(), run()
    assert first.stdout.startswith("2 lessons copied to my_notebooks/")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert run("--fresh", "7").stdout == "A new copy: my_notebooks/07_imbalance_fresh.ipynb\n"
    unknown = run("--fresh", "")
    assert unknown.returncode == 2
    assert "there is no lesson ''; the lessons are 01, 07" in unknown.stderr
    assert "Traceback" not in unknown.stderr


def test_every_lesson_is_handed_out(root):
    assert [path.stem for path in my_notebooks.lessons(root)] == STEMS


@pytest.mark.parametrize("name", [".gitignore", "pyproject.toml"])
def test_git_and_ruff_leave_the_learners_folder_alone(root, name):
    assert my_notebooks.MINE in (root / name).read_text(encoding="utf-8")


def test_no_pairing_reaches_the_learners_folder(root):
    """jupytext would write a .md beside each copy where a configuration above it says so."""
    from jupytext.config import find_jupytext_configuration_file

    here = find_jupytext_configuration_file(str(root / "my_notebooks"))
    assert here is None or not str(here).startswith(str(root))


def test_lessons_read_their_tables_from_any_folder(root):
    """From my_notebooks/ as from notebooks/: no path may start at the lesson."""
    for source in make_notebooks.lessons():
        text = source.read_text(encoding="utf-8")
        assert "../" not in text.replace("](../", ""), source.name  # links in prose are for reading
        assert "__file__).parents" in text or '"datasets" /' not in text, source.name
