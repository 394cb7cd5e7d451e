"""Checks an exercise and says, in one readable line or table, what is right or wrong.

CASES is the one table of questions and answers: an exercise's check, the agreement of a lesson's
own function with the library's, and the library's tests all read it. It is read-only.
"""

import copy
import pkgutil
from functools import partial
from importlib import import_module
from types import MappingProxyType

import numpy as np

from course_lib import calls, cases
from course_lib.cases.case import Case

__all__ = ["CASES", "Case", "ExerciseError", "check"]

LONGEST = 80  # characters of a value that is shown
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
ENDINGS = {
    "blank": "not attempted yet",
    "ended": "{call} ended Python itself: no `os._exit`, please, and no crash in C code",
    "asked": "{call} asked for input(): a function gets its values as arguments",
    "memory": f"{{call}} needed more than {calls.MEMORY / 2**30:g} GB of memory",
    "late": "{call} had not finished after {limit:g} seconds: does a loop never end?",
}


def _frozen(value):
    """The value, its arrays read-only: nobody changes an answer by chance."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, list | tuple):
        for part in value:
            _frozen(part)
    return value


CASES = MappingProxyType(
    {
        name: _frozen(tuple(questions))
        for module in pkgutil.iter_modules(cases.__path__)
        for name, questions in getattr(
            import_module(f"course_lib.cases.{module.name}"), "CASES", {}
        ).items()
    }
)


class ExerciseError(Exception):
    """An exercise that is not right yet; notebooks show its message without a stack trace."""

    def _render_traceback_(self):
        return str(self).splitlines()


def check(exercise, yours, *, also=None, time_limit=calls.SECONDS):
    """Try `yours` on every case of the exercise; print one line when all are right.

    exercise: the exercise's number, a key of CASES such as "1.2"; yours: the learner's function;
    also: other cases in their place, as hidden tests bring; time_limit: seconds for each call.

    Raises ExerciseError with the first failing case: the learner's value beside the expected one.
    It tells apart: not attempted yet (the function itself raised NotImplementedError), returned
    nothing, printed instead of returning, wrong type or shape, wrong values, changed its
    arguments, raised, asked for input, took too long or too much memory, ended Python. What may
    be stopped, and where, says `calls`.
    """
    if exercise not in CASES:
        raise ValueError(f"there is no exercise {exercise!r}; there are {', '.join(CASES)}")
    questions = CASES[exercise] if also is None else also
    if not callable(yours):
        raise ExerciseError(
            f"Exercise {exercise}: give the function itself, got {_short(yours)} "
            f"({type(yours).__name__})"
        )
    problems = _problems(questions, yours, time_limit)
    for case in questions:
        problem = next(problems)
        if isinstance(problem, calls.Outcome):  # the call was stopped, and with it the others
            problem = _problem(case, yours, problem, time_limit)
        if problem is not None:
            problems.close()
            raise ExerciseError(f"Exercise {exercise}: {problem}")
    problems.close()
    more = "" if also is None else "more "
    count = f"{len(questions)} {more}case{'' if len(questions) == 1 else 's'}"
    print(f"Exercise {exercise}: right ({count})")


def agrees(value, expected, tolerance):
    """Is `value` what was expected? Same kind, same shape, numbers within the tolerance.

    Numbers agree when |value - expected| <= tolerance · max(1, |expected|), to within rounding;
    an infinity agrees with itself only, NaN with NaN. Where an array is expected an array is
    wanted, not a list. Texts and truth values must be equal.

    >>> agrees(0.3333333, 1 / 3, 1e-6), agrees([1, 2], np.array([1, 2]), 1e-6)
    (True, False)
    >>> agrees(0.12, 0.125, 0.005), agrees(5.0, np.inf, 1e-6)
    (True, False)
    """
    return _difference(value, expected, tolerance) is None


def _problems(questions, yours, time_limit):
    """What is wrong with each case, or None; an Outcome where a call had to be stopped."""
    if isinstance(yours, calls.Elsewhere):
        return (
            _problem(case, yours, yours.outcome(case.arguments, time_limit), time_limit)
            for case in questions
        )
    works = [partial(_attempt, case, yours, time_limit) for case in questions]
    return calls.guarded(works, yours, time_limit)


def _attempt(case, yours, time_limit):
    outcome = calls.call(yours, copy.deepcopy(case.arguments))
    return _problem(case, yours, outcome, time_limit)


def _problem(case, yours, outcome, time_limit):
    """What is wrong with one call, or None."""
    call = f"{_name(yours)}({', '.join(map(_short, case.arguments))})"
    if outcome.kind in ENDINGS:
        return ENDINGS[outcome.kind].format(call=call, limit=time_limit)
    problem = _mistake(case, call, outcome)
    wanted = problem is None or (outcome.value is None and case.expected is not None)
    if outcome.printed and not wanted:
        problem += f"\n  it printed {_short(outcome.printed)}"
    return problem


def _mistake(case, call, outcome):
    if outcome.kind == "raised":
        lists = any(isinstance(argument, list) for argument in case.arguments)
        hint = lists and outcome.error.startswith(("TypeError", "AttributeError"))
        return f"{call} raised {outcome.error}" + (
            " (it was given lists: np.asarray makes arrays of them)" if hint else ""
        )
    if outcome.value is None and case.expected is not None:
        if outcome.printed:
            return (
                f"{call} printed {_short(outcome.printed)} but returned nothing: "
                "use `return` in place of `print`"
            )
        return f"{call} returned nothing (None): does it end with `return`?"
    for before, after in zip(case.arguments, outcome.arguments, strict=True):
        if not callable(before) and not agrees(after, before, 0.0):
            return (
                f"{call} changed its argument to {_short(after)}: "
                "work on a copy, the caller still needs it"
            )
    difference = _difference(outcome.value, case.expected, case.tolerance)
    if difference is None:
        return None
    place, difference = difference
    if "\n" in difference:
        return f"{call}{place}\n{difference}" + (f"\n  because   {case.why}" if case.why else "")
    return f"{call}{place} {difference}" + (f" ({case.why})" if case.why else "")


def _difference(value, expected, tolerance):
    """(in which of several values, how) `value` differs from `expected`, or None."""
    arrays = isinstance(expected, list) and any(isinstance(one, np.ndarray) for one in expected)
    if isinstance(expected, tuple) or arrays:  # arrays in a list may differ in length
        if not isinstance(value, type(expected)) or len(value) != len(expected):
            return "", f"returned {_short(value)}, expected {len(expected)} values: " + _short(
                expected
            )
        for place, (one, wanted) in enumerate(zip(value, expected, strict=True), start=1):
            difference = _difference(one, wanted, tolerance)
            if difference is not None:
                ordinal = ORDINALS[place - 1] if place <= len(ORDINALS) else f"{place}th"
                return f", {ordinal} value:", difference[1]
        return None
    text = _kind_difference(value, expected) or _array_difference(value, expected, tolerance)
    return text and ("", text)


def _kind_difference(value, expected):
    if isinstance(expected, np.ndarray | list):
        kind = type(expected)
        if not isinstance(value, kind):
            wanted = "a NumPy array" if kind is np.ndarray else "a list"
            return f"returned {_a(value)}, expected {wanted}: {_short(expected)}"
    elif isinstance(value, list | tuple | dict | set):
        return f"returned {_a(value)}, expected {_short(expected)}"
    return None


def _array_difference(value, expected, tolerance):
    wanted = np.asarray(expected)
    try:
        mine = np.asarray(value)
    except ValueError:
        return f"returned rows of different lengths, expected {_short(expected)}"
    except Exception:  # a tensor without values, or another odd thing
        return f"returned {_a(value)}, expected {_short(expected)}"
    numeric = [array.dtype.kind in "iuf" for array in (mine, wanted)]
    truth = [array.dtype.kind == "b" for array in (mine, wanted)]
    if (numeric[0] and truth[1]) or (truth[0] and numeric[1]):
        wish = "truth values, not numbers" if truth[1] else "numbers, not truth values"
        if wanted.dtype.kind in "iu" and wanted.shape:
            wish = f"line {wish}"
        return f"returned {_short(value)}, expected {_short(expected)}: {wish}"
    if mine.shape != wanted.shape:
        wish = f"{_short(expected)} of shape {wanted.shape}" if wanted.shape else _short(expected)
        return f"returned {_short(value)} of shape {mine.shape}, expected {wish}"
    if not all(numeric) and mine.dtype.kind != wanted.dtype.kind:
        return f"returned {_short(value)} ({type(value).__name__}), expected {_short(expected)}"
    same = _close(mine, wanted, tolerance) if all(numeric) else np.equal(mine, wanted)
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


def _close(mine, wanted, tolerance):
    # 1e-9: 0.125 - 0.12 is a hair more than 0.005 in binary; a tolerance of 0 stays 0.
    with np.errstate(invalid="ignore"):  # of infinite numbers, which `==` compares
        bound = tolerance * (1 + 1e-9) * np.maximum(1.0, np.abs(wanted))
        close = (np.abs(mine - wanted) <= bound) & np.isfinite(wanted)
    return close | (mine == wanted) | (np.isnan(mine) & np.isnan(wanted))


def _a(value):
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}: {_short(value)}"


def _name(function):
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) else "yours"


def _short(value):
    """The value as a person would write it, cut to one line; never an error.

    >>> _short([1.50, np.array([True]), len])
    '[1.5, [True], len]'
    """
    try:
        text = " ".join(_written(value).split())
    except Exception:  # its own repr fails, or it holds itself
        text = f"<{type(value).__name__} that cannot be shown>"
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _written(value):
    if isinstance(value, np.ndarray):
        numbers = {"float_kind": "{:.6g}".format, "bool": str}
        return np.array2string(value, separator=", ", threshold=20, formatter=numbers)
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, np.integer | np.bool_):
        return str(value)
    if isinstance(value, list | tuple):
        parts = ", ".join(map(_short, value[:LONGEST]))  # more would be cut
        return f"[{parts}]" if isinstance(value, list) else f"({parts})"
    if isinstance(value, str | bytes):
        return repr(value[:LONGEST])
    if callable(value) and isinstance(getattr(value, "__name__", None), str):
        return value.__name__
    return repr(value)
