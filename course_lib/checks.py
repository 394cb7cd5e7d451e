"""Checks an exercise and says, in one readable line or table, what is right or wrong.

CASES is the one table of questions and answers: an exercise's check, the agreement of a lesson's
own function with the library's, and the library's tests all read it.
"""

import contextlib
import copy
import ctypes
import io
import pkgutil
import threading
from importlib import import_module

import numpy as np

from course_lib import cases
from course_lib.cases.case import Case

__all__ = ["CASES", "Case", "ExerciseError", "check"]

CASES = {
    name: questions
    for module in pkgutil.iter_modules(cases.__path__)
    for name, questions in getattr(
        import_module(f"course_lib.cases.{module.name}"), "CASES", {}
    ).items()
}

TIME_LIMIT = 5.0  # seconds for one call: far more than any exercise needs


class ExerciseError(Exception):
    """An exercise that is not right yet; notebooks show its message without a stack trace."""

    def _render_traceback_(self):
        return str(self).splitlines()


class _TimeIsUp(BaseException):
    """Raised inside the learner's function; not an Exception, so `except Exception` lets it by."""


def check(exercise, yours, *, also=(), time_limit=TIME_LIMIT):
    """Try `yours` on every case of the exercise; print one line when all are right.

    exercise: the exercise's number, a key of CASES such as "1.2"; yours: the learner's function;
    also: more cases, as hidden tests bring; time_limit: seconds for each call.

    Raises ExerciseError with the first failing case: the learner's value beside the expected one.
    It tells apart: not attempted yet (NotImplementedError), returned nothing, printed instead of
    returning, wrong type or shape, wrong values, changed its arguments, raised, ran too long.
    """
    if exercise not in CASES:
        raise ValueError(f"there is no exercise {exercise!r}; there are {', '.join(CASES)}")
    cases = [*CASES[exercise], *also]
    if not callable(yours):
        raise ExerciseError(
            f"Exercise {exercise}: give the function itself, got {_short(yours)} "
            f"({type(yours).__name__})"
        )
    for case in cases:
        problem = _problem(case, yours, time_limit)
        if problem is not None:
            raise ExerciseError(f"Exercise {exercise}: {problem}")
    print(f"Exercise {exercise}: right ({len(cases)} case{'s' if len(cases) > 1 else ''})")


def agrees(value, expected, tolerance):
    """Is `value` what was expected? Same kind, same shape, numbers within the tolerance.

    Numbers agree when |value - expected| <= tolerance · max(1, |expected|). Where an array is
    expected an array is wanted, not a list. Texts and truth values must be equal.

    >>> agrees(0.3333333, 1 / 3, 1e-6), agrees([1, 2], np.array([1, 2]), 1e-6)
    (True, False)
    """
    return _difference(value, expected, tolerance) is None


def _problem(case, function, time_limit):
    """What is wrong with one call, or None."""
    arguments = copy.deepcopy(case.arguments)
    call = f"{getattr(function, '__name__', 'yours')}({', '.join(map(_short, case.arguments))})"
    value, printed, error = _call(function, arguments, time_limit)
    if isinstance(error, NotImplementedError):
        return "not attempted yet"
    if isinstance(error, _TimeIsUp):
        return f"{call} had not finished after {time_limit:g} seconds: does a loop never end?"
    if error is not None:
        return f"{call} raised {type(error).__name__}: {error}"
    if value is None and case.expected is not None:
        if printed.strip():
            return (
                f"{call} printed {_short(printed.strip())} but returned nothing: "
                "use `return` in place of `print`"
            )
        return f"{call} returned nothing (None): does it end with `return`?"
    for before, after in zip(case.arguments, arguments, strict=True):
        if not agrees(after, before, 0.0):
            return (
                f"{call} changed its argument to {_short(after)}: "
                "work on a copy, the caller still needs it"
            )
    difference = _difference(value, case.expected, case.tolerance)
    if difference is None:
        return None
    if "\n" in difference:
        return f"{call}\n{difference}" + (f"\n  because   {case.why}" if case.why else "")
    return f"{call} {difference}" + (f" ({case.why})" if case.why else "")


def _difference(value, expected, tolerance):
    """How `value` differs from `expected`, or None."""
    if isinstance(expected, tuple):
        if not isinstance(value, tuple) or len(value) != len(expected):
            return f"returned {_short(value)}, expected {len(expected)} values: {_short(expected)}"
        for one, wanted in zip(value, expected, strict=True):
            difference = _difference(one, wanted, tolerance)
            if difference is not None:
                return difference
        return None
    if isinstance(expected, np.ndarray | list):
        kind = type(expected)
        if not isinstance(value, kind):
            wanted = "a NumPy array" if kind is np.ndarray else "a list"
            return f"returned {_a(value)}, expected {wanted}: {_short(expected)}"
    elif isinstance(value, list | tuple | dict | set):
        return f"returned {_a(value)}, expected {_short(expected)}"
    return _array_difference(value, expected, tolerance)


def _array_difference(value, expected, tolerance):
    try:
        mine, wanted = np.asarray(value), np.asarray(expected)
    except ValueError:
        return f"returned rows of different lengths, expected {_short(expected)}"
    if mine.shape != wanted.shape:
        wish = f"{_short(expected)} of shape {wanted.shape}" if wanted.shape else _short(expected)
        return f"returned {_short(value)} of shape {mine.shape}, expected {wish}"
    numeric = wanted.dtype.kind in "iuf" and mine.dtype.kind in "iuf"
    if numeric:
        with np.errstate(invalid="ignore"):
            close = np.abs(mine - wanted) <= tolerance * np.maximum(1.0, np.abs(wanted))
        same = close | (mine == wanted) | (np.isnan(mine) & np.isnan(wanted))
    elif mine.dtype.kind != wanted.dtype.kind:
        return f"returned {_short(value)} ({type(value).__name__}), expected {_short(expected)}"
    else:
        same = mine == wanted
    if np.all(same):
        return None
    if wanted.size == 1:
        return f"returned {_short(value)}, expected {_short(expected)}"
    place = tuple(int(i) for i in np.argwhere(~same)[0])
    at = f"[{', '.join(map(str, place))}]"
    return (
        f"  yours     {_short(mine)}\n"
        f"  expected  {_short(wanted)}\n"
        f"  first difference at {at}: {_short(mine[place])} where {_short(wanted[place])} is right"
    )


def _call(function, arguments, time_limit):
    """(value, printed text, error or None) of one call, stopped when the time is up.

    The call runs in a thread of its own: a time limit that works in a notebook, in a script and
    on every system, where an alarm signal does not.
    """
    outcome = {}
    printed = io.StringIO()

    def run():
        try:
            outcome["value"] = function(*arguments)
        except BaseException as error:  # whatever the learner's function does is the answer
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    with contextlib.redirect_stdout(printed):
        thread.start()
        thread.join(time_limit)
    if thread.is_alive():
        # Asleep in C code it cannot be woken; as a daemon it ends with the kernel.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp)
        )
        return None, printed.getvalue(), _TimeIsUp()
    return outcome.get("value"), printed.getvalue(), outcome.get("error")


def _a(value):
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}: {_short(value)}"


def _short(value):
    """The value as a person would write it, cut to one line of at most 80 characters."""
    if isinstance(value, np.ndarray):
        numbers = {"float_kind": "{:.6g}".format}
        text = np.array2string(value, separator=", ", threshold=20, formatter=numbers)
    elif isinstance(value, float | np.floating):
        text = f"{value:.6g}"
    elif isinstance(value, np.integer | np.bool_):
        text = str(value)
    elif isinstance(value, list):
        text = f"[{', '.join(map(_short, value))}]"
    elif isinstance(value, tuple):
        text = f"({', '.join(map(_short, value))})"
    else:
        text = repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "..."
