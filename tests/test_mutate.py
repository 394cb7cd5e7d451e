"""The tool that breaks the library: what it changes, which tests it runs, that it can go on."""

import pytest
from lessons import ROOT

import mutate

MODULE = '''
def share(part, whole):
    """A doctest is no code: 1 + 1."""
    if part > whole:
        raise ValueError(f"at most {whole - 0}")
    return 100 * part / whole
'''
TEST = """from course_lib.parts import share

def test_share():
    assert share(3, 4) == 75
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A library of one module and its test, which notices all changes but one."""
    for name, text in (("course_lib/parts.py", MODULE), ("tests/test_parts.py", TEST)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(mutate, "ROOT", tmp_path)
    return tmp_path


def test_each_sign_comparison_and_number_is_broken_but_no_message(course):
    changes = [m[2:4] for m in mutate.mutants(course / "course_lib" / "parts.py")]
    assert sorted(changes) == [
        ("100", "101"),
        ("100 * part", "100 / part"),
        ("100 * part / whole", "100 * part * whole"),
        ("part > whole", "part >= whole"),
    ]


def test_what_is_not_noticed_is_listed_and_a_second_run_goes_on(course, monkeypatch):
    results = course / "build" / "mutations.csv"
    found = mutate.work_through(["parts"], results, 2)
    text = mutate.report(["parts"], found)
    assert "   3 of    4  parts  (test_parts)" in text
    assert "parts.py:4:7 share: part > whole  →  part >= whole" in text
    monkeypatch.setattr(mutate, "passes", lambda *_: pytest.fail("all is known"))
    assert mutate.work_through(["parts"], results, 2) == found
    with (course / "tests" / "test_parts.py").open("a") as file:
        file.write("# a better test\n")
    assert mutate.known(results, {"parts": mutate.state("parts")}) == {}


def test_tests_that_fail_anyway_notice_nothing(course):
    (course / "tests" / "test_parts.py").write_text("def test_share():\n    assert False\n")
    with pytest.raises(SystemExit, match="tests of unbroken modules fail: parts"):
        mutate.work_through(["parts"], course / "build" / "mutations.csv", 1)


def test_every_module_counts_networks_and_parameters_too():
    names = mutate.modules()
    assert {"parameters", "models/validation", "models/transformer", "checks"} <= set(names)
    files = {path for path in (ROOT / "course_lib").rglob("*.py") if path.read_bytes()}
    assert len(names) == len([path for path in files if path.parent.name != "cases"])
