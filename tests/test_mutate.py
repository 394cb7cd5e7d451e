"""The tool that breaks the library: what it changes, which tests it runs, that it can go on."""

import csv
import os
import shutil
import subprocess
import sys

import pytest
from lessons import ROOT

import forked
import mutate

MODULE = '''
def share(part, whole):
    """A doctest is no code: 1 + 1."""
    if part > whole:
        raise ValueError(f"at most {whole - 0}")
    return 100 * part / whole


def limit():
    return 5


def two():
    return 2
'''
TEST = """import os
from course_lib import parts

LIMIT = parts.limit()

def test_share():
    assert parts.share(3, 4) == 75

def test_the_limit_at_import():
    assert LIMIT == 5

def test_a_copy_of_this_process():
    if os.fork() == 0:
        os._exit(parts.two() != 2)
    assert os.wait()[1] == 0
"""
BETTER = """
def test_all_is_a_share():
    assert parts.share(4, 4) == 100
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="copies of a process")


@pytest.fixture
def course(tmp_path):
    """A library of one module and its test, which notices all changes but one."""
    for name, text in (("course_lib/parts.py", MODULE), ("tests/test_parts.py", TEST)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    (tmp_path / "course_lib" / "__init__.py").touch()
    (tmp_path / "tools").mkdir()
    for name in ("mutate", "forked", "dependencies"):
        shutil.copy(ROOT / "tools" / f"{name}.py", tmp_path / "tools")
    return tmp_path


def run(course):
    words = [sys.executable, str(course / "tools" / "mutate.py"), "parts"]
    return subprocess.run(words, cwd=course, capture_output=True, text=True)


def results(course):
    with (course / "build" / "mutations.csv").open(newline="") as file:
        return [(row["old"], row["by"]) for row in csv.DictReader(file)]


def test_each_sign_comparison_and_number_is_broken_but_no_message(course, monkeypatch):
    monkeypatch.setattr(mutate, "LIBRARY", course / "course_lib")
    changes = [(row["old"], row["new"], place) for row, place, _ in mutate.mutants("parts")]
    assert sorted(changes) == [
        ("100", "101", "parts.py:2"),
        ("100 * part", "100 / part", "parts.py:2"),
        ("100 * part / whole", "100 * part * whole", "parts.py:2"),
        ("2", "3", "parts.py:13"),
        ("5", "6", "parts.py:9"),
        ("part > whole", "part >= whole", "parts.py:2"),
    ]


@linux
def test_what_is_not_noticed_is_listed_and_tried_again_with_better_tests(course):
    text = run(course).stdout
    assert "parts.py:4:7 share: part > whole  →  part >= whole" in text
    assert "   5 of    6    3 of   3  parts" in text
    first = results(course)
    noticed = "tests/test_parts.py::test_share"
    assert sorted(first) == [
        ("100", noticed),
        ("100 * part", noticed),
        ("100 * part / whole", noticed),
        ("2", "tests/test_parts.py::test_a_copy_of_this_process"),
        ("5", "another process"),  # LIMIT was computed before the change
        ("part > whole", ""),
    ]
    with (course / "tests" / "test_parts.py").open("a") as file:
        file.write(BETTER)
    assert "   6 of    6    3 of   3  parts" in run(course).stdout
    again = sorted(results(course)[6:])  # what noticed the others is as it was
    assert again[-1] == ("part > whole", "tests/test_parts.py::test_all_is_a_share")
    assert {old for old, _ in again} == {"5", "part > whole"}


@linux
def test_tests_that_fail_anyway_notice_nothing(course):
    (course / "tests" / "test_parts.py").write_text(TEST.replace("75", "76"))
    failed = run(course)
    assert failed.returncode != 0
    assert "fail without a change: tests/test_parts.py::test_share" in failed.stderr
    assert not (course / "build" / "mutations.csv").exists()


@linux
def test_a_copy_may_end_as_it_likes(tmp_path):
    def endless():
        while True:
            pass

    jobs = [("value", lambda: [1, "a"], 9), ("end", lambda: os._exit(0), 9), ("late", endless, 0)]
    assert dict(forked.in_copies(jobs, 3)) == {"value": [1, "a"], "end": None, "late": None}


def test_every_module_counts_networks_and_parameters_too():
    names = mutate.modules()
    assert {"parameters", "models/validation", "models/transformer", "checks"} <= set(names)
    files = {path for path in (ROOT / "course_lib").rglob("*.py") if path.read_bytes()}
    assert len(names) == len([path for path in files if path.parent.name != "cases"])
