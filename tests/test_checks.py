"""A checker is tested like any other code: against right answers and many kinds of wrong ones."""

import contextlib
import inspect
import os
import pkgutil
import re
import signal
import subprocess
import sys
import textwrap
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from course_lib import calls, cases, checks
from course_lib.checks import CASES, Case, ExerciseError, check
from course_lib.models.neighbours import nearest_items


@pytest.fixture(autouse=True)
def exercises(monkeypatch):
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    small = {
        "0.1": [Case(([3, 4],), 5.0, "a 3-4-5 triangle")],
        "0.2": [Case((table,), np.array([3.0, 7.0]), "sums of the rows")],
        "0.3": [Case((2,), (4.0, 8.0), "square and cube")],
        "0.4": [Case((table,), np.array([True, False]), "which rows are small")],
        "0.5": [Case((table,), np.array([0]), "the small row")],
    }
    monkeypatch.setattr(checks, "CASES", small)


def message(exercise, function, **options):
    """The one thing a learner reads; it must never be a stack trace."""
    with pytest.raises(ExerciseError) as caught:
        check(exercise, function, **options)
    lines = caught.value._render_traceback_()
    assert "Traceback" not in "\n".join(lines)
    assert len(lines) <= 6
    assert all(len(line) <= 250 for line in lines)
    return "\n".join(lines)


def norm(v):
    return float(np.sqrt(sum(x**2 for x in v)))


def test_right_answer_prints_one_line(capsys):
    check("0.1", norm)
    assert capsys.readouterr().out == "Exercise 0.1: right (1 case)\n"


def test_hidden_checks_run_their_own_cases_only(capsys, monkeypatch):
    called = []

    def remember(v):
        called.append(v)
        return norm(v)

    monkeypatch.setattr(sys, "platform", "darwin")  # a thread: what it notes stays in this process
    check("0.1", remember, also=[Case(([0, 2],), 2.0), Case(([6, 8],), 10.0)])
    assert called == [[0, 2], [6, 8]]
    assert capsys.readouterr().out == "Exercise 0.1: right (2 more cases)\n"


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
    assert "<lambda>(2), second value: returned 6, expected 8 (square and cube)" in message(
        "0.3", lambda n: (n**2, n * 3)
    )
    assert "<lambda>(2), first value: returned 2, expected 4" in message("0.3", lambda n: (n, 8.0))
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


def test_an_argument_may_be_a_list_of_arrays_of_different_lengths(capsys):
    case = Case(([np.arange(n) for n in range(9)],), 8, "nine arrays")
    check("0.1", lambda arrays: max(map(len, arrays)), also=[case])
    assert "right" in capsys.readouterr().out

    def writes_into_the_last(arrays):
        arrays[-1][0] = 7
        return 8

    few = Case(([np.arange(n) for n in range(3)],), 8, "three arrays")
    assert "changed its argument" in message("0.1", writes_into_the_last, also=[few])
    ragged = Case((3,), [np.arange(1), np.arange(2)], "one a row")
    assert "expected 2 values" in message("0.1", lambda n: [np.arange(1)], also=[ragged])
    wrong = message("0.1", lambda n: [np.arange(1), np.arange(2) + 1], also=[ragged])
    assert "second value:" in wrong


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


def endless_in_c(v):
    return sum(range(10**11))


def endless_output(v):
    while True:
        print("tea " * 1000)


def deaf(v):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(60)


linux = pytest.mark.skipif(sys.platform != "linux", reason="here calls run in a thread")


@pytest.mark.parametrize(
    "function",
    [
        endless,
        endless_and_stubborn,
        endless_output,
        lambda v: time.sleep(60),
        pytest.param(deaf, marks=linux),
        pytest.param(endless_in_c, marks=linux),
    ],
)
def test_what_never_ends_is_stopped(function):
    started = time.perf_counter()
    text = message("0.1", function, time_limit=0.3)
    assert "had not finished after 0.3 seconds: does a loop never end?" in text
    assert time.perf_counter() - started < 3


@pytest.fixture
def in_thread(monkeypatch):
    """As on macOS and Windows, where calls run in a thread of this process."""
    monkeypatch.setattr(sys, "platform", "darwin")


@pytest.mark.parametrize("function", [endless, endless_and_stubborn, endless_output])
def test_a_thread_is_stopped_between_two_instructions(function, in_thread):
    before = sys.stdout
    assert "had not finished after 0.3" in message("0.1", function, time_limit=0.3)
    assert sys.stdout is before


def test_a_thread_tells_the_same_as_a_child(in_thread, capsys):
    check("0.1", norm)
    assert capsys.readouterr().out == "Exercise 0.1: right (1 case)\n"
    assert "returned 7, expected 5" in message("0.1", lambda v: sum(v))
    assert "asked for input()" in message("0.1", lambda v: float(input("length? ")))


INTERRUPTED = """
    import signal, subprocess, sys, threading, time, os
    from course_lib.checks import check
    if sys.argv[1] == "thread":
        sys.platform = "darwin"
    signal.signal(signal.SIGINT, signal.default_int_handler)
    count = [0]
    def endless(*_):
        while True:
            count[0] += 1
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.perf_counter()
    try:
        check("1.1", endless, time_limit=60)
    except KeyboardInterrupt:
        assert time.perf_counter() - started < 20
        time.sleep(0.3)
        now = count[0]
        time.sleep(0.3)
        assert count[0] == now, "still counting"
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("no child is left")
"""


@linux
@pytest.mark.parametrize("way", ["child", "thread"])
def test_interrupt_stops_the_call(way):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED), way],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "no child is left\n", done.stderr


@linux
@pytest.mark.parametrize("function", [norm, lambda v: 7.0, lambda v: os._exit(0)])
def test_no_process_is_left(function):
    before = len(list(Path("/proc/self/fd").iterdir()))
    with contextlib.suppress(ExerciseError):
        check("0.1", function)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@linux
@pytest.mark.parametrize(
    "function",
    [
        lambda v: os._exit(0),
        lambda v: os.abort(),
        lambda v: os.kill(os.getpid(), signal.SIGKILL),
    ],
)
def test_the_end_of_the_process_is_told(function):
    assert "ended Python itself" in message("0.1", function)


@linux
def test_an_answer_may_use_models_whose_threads_the_notebook_has_started(capsys):
    matrix = sparse.csr_array([[1.0, 1, 0], [1, 1, 1], [0, 1, 0]])
    nearest = nearest_items(matrix, 1).toarray()  # from here on this process has them
    check("0.2", lambda _: nearest_items(matrix, 1).toarray(), also=[Case((0,), nearest)])
    assert "right" in capsys.readouterr().out


@linux
def test_memory_is_bounded():
    assert "needed more than 2 GB of memory" in message("0.1", lambda v: [0] * 10**10)
    # Reserved and never touched: without a bound the system gives it.
    assert "needed more than 2 GB of memory" in message("0.1", lambda v: np.empty(3 * 2**27))


@linux
def test_a_call_may_take_two_gigabytes_beyond_what_is_taken_and_leaves_no_dump():
    def told():
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        beyond = resource.getrlimit(resource.RLIMIT_AS)[0] - pages * resource.getpagesize()
        return f"{beyond} {max(resource.getrlimit(resource.RLIMIT_CORE))}"

    (found,) = calls.guarded([told], told, 5)
    beyond, dump = map(int, found.split())
    assert 0.9 * calls.MEMORY < beyond <= calls.MEMORY
    assert dump == 0


@linux
def test_what_the_function_changes_stays_in_the_child():
    seen = []

    def remembers(v):
        seen.append(v)
        return norm(v)

    check("0.1", remembers)
    assert seen == []


def test_asking_is_told():
    assert "asked for input(): a function gets its values as arguments" in message(
        "0.1", lambda v: float(input("length? "))
    )


def test_only_its_own_not_implemented_error_means_blank():
    def library(v):
        raise NotImplementedError("no such solver")

    def mine(v):
        return library(v)

    assert message("0.1", library) == "Exercise 0.1: not attempted yet"
    assert "mine([3, 4]) raised NotImplementedError: no such solver" in message("0.1", mine)


def test_long_errors_are_cut():
    def wordy(v):
        raise ValueError("tea " * 10_000)

    assert message("0.1", wordy).endswith("tea t...")

    class Odd(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    def odd(v):
        raise Odd

    assert "raised Odd" in message("0.1", odd)


def test_prints_are_shown_beside_a_wrong_answer_and_cut():
    def talks(v):
        print("squares:", [x**2 for x in v])
        return sum(v)

    assert message("0.1", talks).endswith("\n  it printed 'squares: [9, 16]'")

    def chatters(v):
        for _ in range(10_000):
            print("tea")
        return 1.0

    assert message("0.1", chatters).endswith("...")
    assert len(calls.call(chatters, ([3, 4],)).printed) <= calls.PRINTED


def test_lists_in_place_of_arrays_are_explained():
    assert "(it was given lists: np.asarray makes arrays of them)" in message(
        "0.1", lambda v: v & v
    )
    assert "given lists" not in message("0.2", lambda m: m + "x")


def test_truth_values_and_numbers_are_told_apart():
    assert "expected [True, False]: truth values, not numbers" in message(
        "0.4", lambda m: np.array([1.0, 0.0])
    )
    assert "expected [0]: line numbers, not truth values" in message(
        "0.5", lambda m: np.array([True, False])
    )


class Unshowable:
    def __repr__(self):
        raise RuntimeError("no")


class Shapeless:
    """As a symbolic tensor: NumPy must not look inside."""

    def __array__(self, *_, **__):
        raise TypeError("symbolic")


endless_list = [1]
endless_list.append(endless_list)


@pytest.mark.parametrize(
    "value",
    [
        Unshowable(),
        Shapeless(),
        [Unshowable()],
        endless_list,
        10**5000,
        "tea" * 10**6,
        list(range(10**6)),
        pd.DataFrame({"a": range(1000)}),
        pd.Series([Unshowable()]),
        sparse.eye(1000).tocsr(),
        np.array([Unshowable(), 1], dtype=object),
        type,
        float("nan"),
        {1: endless_list},
        np.ma.masked,
    ],
    ids=lambda value: type(value).__name__,
)
def test_odd_values_are_shown_or_named_never_an_error(value):
    assert len(checks._short(value)) <= 80
    assert "\n" not in checks._short(value)
    for exercise in ("0.1", "0.2", "0.3"):
        assert "expected" in message(exercise, lambda _: value)


def test_functions_are_shown_by_name(monkeypatch):
    def looks(function):
        return False

    monkeypatch.setitem(checks.CASES, "0.6", [Case((norm,), True, "it does")])
    assert (
        message("0.6", looks) == "Exercise 0.6: looks(norm) returned False, expected True (it does)"
    )


def test_what_reaches_tensorflow_runs_in_a_thread(monkeypatch):
    tensorflow = ModuleType("tensorflow")
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)

    def direct(v):
        return tensorflow

    def through_another(v):
        return direct(v)

    space = {"tf": tensorflow}
    exec("def by_global(v):\n    return [tf for _ in v]", space)

    class Model:
        """As one of the library's that holds others."""

        def __init__(self, **models):
            self.models_ = models

    Model.__module__ = "course_lib.calls"
    blend, tables = Model(net=[tensorflow]), Model(tables=[norm])
    packages = {"tensorflow"}
    assert calls._reaches(lambda _: blend, packages)
    assert not calls._reaches(lambda _: tables, packages)
    assert calls._reaches(direct, packages)
    assert calls._reaches(through_another, packages)
    assert calls._reaches(space["by_global"], packages)
    assert not calls._reaches(norm, packages)


def test_cases_cannot_be_emptied_or_changed():
    with pytest.raises((TypeError, AttributeError)):
        CASES.clear()
    with pytest.raises(TypeError):
        CASES["1.2"][:] = []
    with pytest.raises(ValueError, match="read-only"):
        CASES["1.2"][0].expected[:] = 0


def test_a_right_answer_is_known_in_less_than_a_second():
    started = time.perf_counter()
    check("0.1", norm)
    assert time.perf_counter() - started < 1


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


@pytest.mark.parametrize("tolerance", [0, 1e-6])
def test_infinite_numbers_are_compared_without_a_warning(tolerance):
    with np.errstate(all="raise"):
        assert checks.agrees(np.array([-np.inf, 0.5]), np.array([-np.inf, 0.5]), tolerance)


@pytest.mark.parametrize("value", [5.0, -np.inf, np.nan, 1e308, 0])
def test_only_infinity_agrees_with_infinity(value):
    assert not checks.agrees(value, np.inf, 1e-6)
    assert not checks.agrees(np.inf, value, 1e-6)
    assert not checks.agrees((value, 0.0), (np.inf, 0.0), 1e-6)


def test_rounding_does_not_decide_at_the_edge_of_a_tolerance():
    assert checks.agrees(0.12, 0.125, 0.005)  # 0.125 - 0.12 is 0.0050000000000000044
    assert not checks.agrees(0.1199, 0.125, 0.005)
    assert not checks.agrees(1 + 1e-15, 1.0, 0.0)


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
