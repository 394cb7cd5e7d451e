"""A checker is tested like any other code: against right answers and many kinds of wrong ones."""

import contextlib
import inspect
import pkgutil
import re
import time
from importlib import import_module

import numpy as np
import pytest

from course_lib import cases, checks
from course_lib.checks import CASES, Case, ExerciseError, check


@pytest.fixture(autouse=True)
def exercises(monkeypatch):
    monkeypatch.setitem(CASES, "0.1", [Case(([3, 4],), 5.0, "a 3-4-5 triangle")])
    monkeypatch.setitem(
        CASES,
        "0.2",
        [Case((np.array([[1.0, 2.0], [3.0, 4.0]]),), np.array([3.0, 7.0]), "sums of the rows")],
    )
    monkeypatch.setitem(CASES, "0.3", [Case((2,), (4.0, 8.0), "square and cube")])


def message(exercise, function, **options):
    """The one thing a learner reads; it must never be a stack trace."""
    with pytest.raises(ExerciseError) as caught:
        check(exercise, function, **options)
    lines = caught.value._render_traceback_()
    assert "Traceback" not in "\n".join(lines)
    assert len(lines) <= 5
    assert all(len(line) <= 250 for line in lines)
    return "\n".join(lines)


def norm(v):
    return float(np.sqrt(sum(x**2 for x in v)))


def test_right_answer_prints_one_line(capsys):
    check("0.1", norm)
    check("0.1", norm, also=[Case(([0, 2],), 2.0)])
    assert (
        capsys.readouterr().out == "Exercise 0.1: right (1 case)\nExercise 0.1: right (2 cases)\n"
    )


def test_blank_is_not_attempted_yet():
    def blank(v):
        raise NotImplementedError()

    assert message("0.1", blank) == "Exercise 0.1: not attempted yet"


def test_wrong_number_stands_beside_the_right_one():
    def wrong(v):
        return sum(v)

    assert message("0.1", wrong) == (
        "Exercise 0.1: wrong([3, 4]) returned 7, expected 5 (a 3-4-5 triangle)"
    )


def test_hidden_case_can_fail_too():
    assert "returned 5, expected 2" in message("0.1", lambda v: 5.0, also=[Case(([0, 2],), 2.0)])


def test_wrong_array_is_a_small_table():
    assert message("0.2", lambda m: m.sum(axis=0)).splitlines() == [
        "Exercise 0.2: <lambda>([[1, 2], [3, 4]])",
        "  yours     [4, 6]",
        "  expected  [3, 7]",
        "  first difference at [0]: 4 where 3 is right",
        "  because   sums of the rows",
    ]


def test_nothing_returned():
    assert "returned nothing (None): does it end with `return`?" in message("0.1", lambda v: None)


def test_printed_in_place_of_returned(capsys):
    text = message("0.1", lambda v: print(5.0))
    assert "printed '5.0' but returned nothing: use `return` in place of `print`" in text
    assert capsys.readouterr().out == ""


def test_wrong_shape():
    assert "returned [[3], [7]] of shape (2, 1), expected [3, 7] of shape (2,)" in message(
        "0.2", lambda m: m.sum(axis=1, keepdims=True)
    )
    assert "returned [5] of shape (1,), expected 5 (a 3-4-5 triangle)" in message(
        "0.1", lambda v: np.array([5.0])
    )


def test_list_in_place_of_an_array_and_of_a_number():
    assert "returned a list: [3, 7], expected a NumPy array: [3, 7]" in message(
        "0.2", lambda m: [3.0, 7.0]
    )
    assert "returned a list: [5], expected 5" in message("0.1", lambda v: [5.0])


def test_ragged_and_text_answers():
    assert "expected 5" in message("0.1", lambda v: "five")
    assert "returned an int: 4" in message("0.2", lambda m: 4)


def test_tuples_are_compared_one_by_one():
    check("0.3", lambda n: (n**2, n**3))
    assert "returned 6, expected 8 (square and cube)" in message("0.3", lambda n: (n**2, n * 3))
    assert "expected 2 values: (4, 8)" in message("0.3", lambda n: n**2)


def test_changed_argument():
    def sort_in_place(m):
        m.sort(axis=0)
        m[:] = m[::-1]
        return np.array([3.0, 7.0])

    assert "changed its argument to [[3, 4], [1, 2]]: work on a copy" in message(
        "0.2", sort_in_place
    )

    def pops(v):
        return float(np.hypot(v.pop(), v.pop()))

    assert "changed its argument to []" in message("0.1", pops)


def test_cases_survive_a_function_that_changes_them():
    def wipe(v):
        v.clear()
        return 5.0

    message("0.1", wipe)
    check("0.1", norm)


def test_raised_error_is_one_line():
    assert message("0.1", lambda v: 1 / 0) == (
        "Exercise 0.1: <lambda>([3, 4]) raised ZeroDivisionError: division by zero"
    )

    def recurse(v):
        return recurse(v)

    assert "raised RecursionError" in message("0.1", recurse)
    assert "raised SystemExit" in message("0.1", lambda v: exit())


def endless(v):
    while True:
        pass


def endless_and_stubborn(v):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


@pytest.mark.parametrize("function", [endless, endless_and_stubborn, lambda v: time.sleep(60)])
def test_endless_loop_is_stopped(function):
    started = time.perf_counter()
    text = message("0.1", function, time_limit=0.3)
    assert "had not finished after 0.3 seconds: does a loop never end?" in text
    assert time.perf_counter() - started < 3


def test_time_limit_is_short_enough_for_a_classroom():
    assert inspect.signature(check).parameters["time_limit"].default <= 10


def test_value_in_place_of_a_function():
    assert message("0.1", 5.0) == "Exercise 0.1: give the function itself, got 5 (float)"


def test_unknown_exercise_is_named():
    with pytest.raises(ValueError, match=r"there is no exercise '9\.9'"):
        check("9.9", norm)


def test_nan_equals_nan_only():
    assert checks.agrees(np.array([np.nan]), np.array([np.nan]), 1e-6)
    assert not checks.agrees(np.array([0.0]), np.array([np.nan]), 1e-6)
    assert not checks.agrees(np.nan, 1.0, 1e-6)
    assert checks.agrees(np.inf, np.inf, 1e-6)


def test_texts_and_truth_values_must_be_equal():
    assert checks.agrees("tea", "tea", 1e-6)
    assert not checks.agrees("tea", "mug", 1e-6)
    assert checks.agrees(np.array([True, False]), np.array([True, False]), 1e-6)
    assert not checks.agrees(np.array([True, True]), np.array([True, False]), 1e-6)
    assert not checks.agrees("1", 1, 1e-6)
    assert not checks.agrees(1, True, 1e-6)


def test_tolerance_is_relative_above_one():
    assert checks.agrees(1e6 + 0.5, 1e6, 1e-6)
    assert not checks.agrees(1e6 + 2, 1e6, 1e-6)
    assert not checks.agrees(1e-3, 0.0, 1e-6)


def test_long_values_are_cut_to_one_line():
    text = message("0.2", lambda m: np.arange(10_000.0).reshape(100, 100))
    assert re.search(r"returned \[\[.* of shape \(100, 100\), expected \[3", text), text


def test_no_two_files_hold_cases_of_one_name():
    names = [
        name
        for module in pkgutil.iter_modules(cases.__path__)
        for name in getattr(import_module(f"course_lib.cases.{module.name}"), "CASES", {})
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("exercise", [name for name in CASES if name[0].isdigit()])
def test_every_exercise_has_several_cases_that_explain_themselves(exercise):
    cases = CASES[exercise]
    assert len(cases) >= 3
    assert all(isinstance(case, Case) and case.why for case in cases)


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, cases in CASES.items() if not name[0].isdigit() for case in cases],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_library_agrees_with_the_cases_worked_out_by_hand(name, case):
    module, function = name.rsplit(".", 1)
    library = getattr(__import__(f"course_lib.{module}", fromlist=[function]), function)
    value = library(*case.arguments)
    assert checks.agrees(value, case.expected, case.tolerance), (value, case)
