"""What a caller may choose: rules in one table a class, so that the same rule is said alike."""

import datetime
import math
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most` (None: no upper end).

    True and False are no numbers here, and 2.0 is no whole number: both are slips more often than
    meant. NumPy's whole numbers are as good as Python's.

    >>> Whole(1).check("epochs", 3)
    3
    >>> Whole(1).check("epochs", 0)
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 1, got 0
    """

    least: int = 1
    most: int | None = None

    def check(self, name, value):
        """The value as an int; ValueError, naming value and rule, if it breaks the rule."""
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        if not whole or value < self.least or (self.most is not None and value > self.most):
            rule = f"a whole number of at least {self.least}"
            if self.most is not None:
                rule += f" and at most {self.most}"
            raise ValueError(f"{name} must be {rule}, got {plain(value)}")
        return int(value)


@dataclass(frozen=True)
class Number:
    """A finite number within the ends that are given: `above` < value, `least` <= value, and so on.

    True and False are no numbers here; text, arrays, NaN and infinity are refused.

    >>> Number(least=0, below=1).check("dropout", 0.2)
    0.2
    >>> Number(least=0, below=1).check("dropout", 1)
    Traceback (most recent call last):
    ValueError: dropout must be at least 0 and below 1, got 1
    """

    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def check(self, name, value):
        """The value as it came; ValueError, naming value and rule, if it breaks the rule."""
        number = isinstance(value, Real) and not isinstance(value, bool) and _is_finite(value)
        if not (
            number
            and (self.above is None or value > self.above)
            and (self.least is None or value >= self.least)
            and (self.below is None or value < self.below)
            and (self.most is None or value <= self.most)
        ):
            ends = {"above": self.above, "at least": self.least}
            ends |= {"below": self.below, "at most": self.most}
            rules = [f"{word} {end}" for word, end in ends.items() if end is not None]
            if rules and isinstance(value, Real) and not _is_finite(value):
                rules.insert(0, "finite")
            rule = " and ".join(rules) or "a finite number"
            raise ValueError(f"{name} must be {rule}, got {plain(value)}")
        return value


@dataclass(frozen=True)
class Truth:
    """True or False, NumPy's too, and nothing that only counts as one."""

    def check(self, name, value):
        """The value as a bool; ValueError, naming value and rule, if it breaks the rule.

        >>> Truth().check("exclude_seen", 1)
        Traceback (most recent call last):
        ValueError: exclude_seen must be True or False, got 1
        """
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {plain(value)}")
        return bool(value)


@dataclass(frozen=True)
class Choice:
    """One of a few texts."""

    among: tuple[str, ...]

    def check(self, name, value):
        """The value as it came; ValueError, naming value and rule, if it breaks the rule.

        >>> Choice(("user", "item")).check("by", "day")
        Traceback (most recent call last):
        ValueError: by must be 'user' or 'item', got 'day'
        """
        if not (isinstance(value, str) and value in self.among):
            *others, last = map(repr, self.among)
            rule = f"{', '.join(others)} or {last}" if others else last
            raise ValueError(f"{name} must be {rule}, got {value!r}")
        return value


@dataclass(frozen=True)
class Maybe:
    """None, or a value that keeps to `rule`."""

    rule: object

    def check(self, name, value):
        """The value as it came; ValueError, naming value and rule, if it breaks the rule."""
        return None if value is None else self.rule.check(name, value)


@dataclass(frozen=True)
class Each:
    """A list or tuple whose every part keeps to `rule`.

    >>> Each(Whole(1)).check("hidden", (32, 0))
    Traceback (most recent call last):
    ValueError: each of hidden must be a whole number of at least 1, got 0
    """

    rule: object

    def check(self, name, value):
        """The value as it came; ValueError, naming value and rule, if it breaks the rule."""
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} must be a list or tuple, got {value!r}")
        for part in value:
            self.rule.check(f"each of {name}", part)
        return value


def check_parameters(owner, rules):
    """Hold the attributes of `owner` against a table of rules; ValueError names the first to fail.

    rules: dict from an attribute's name to a Whole, Number, Truth, Choice, Maybe or Each. An
    attribute that the owner lacks is passed over, so that one table can serve a family of classes.
    """
    for name, rule in rules.items():
        if hasattr(owner, name):
            rule.check(name, getattr(owner, name))


def check_whole(name, value, least=1):
    """A whole number that is at least `least`; ValueError, naming value and rule, otherwise.

    >>> check_whole("epochs", 2.0)
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 1, got 2.0
    """
    return Whole(least).check(name, value)


def check_above_0(name, value):
    """A finite number above 0; ValueError, naming value and rule, otherwise.

    >>> check_above_0("learning_rate", 0.01)
    0.01
    """
    return Number(above=0).check(name, value)


def check_numbers(name, values, *, single=False, missing=False, infinite=False):
    """The values as a float64 array of finite numbers; ValueError, naming what is none, otherwise.

    values: what NumPy can read, of any shape: lists, arrays, Series, DataFrames (labels are not
    looked at). Integers and booleans become float64, so nothing wraps or loses digits in sums.
    Text, times and complex numbers are refused, "1.5" too. single: float32 stays float32; missing:
    NaN is allowed, None and pandas' NA become it; infinite: so is infinity.

    >>> check_numbers("scores", [1, True])
    array([1., 1.])
    >>> check_numbers("scores", [1, None], missing=True)
    array([ 1., nan])
    >>> check_numbers("scores", ["1.5"])
    Traceback (most recent call last):
    ValueError: scores must be numbers, got '1.5'
    """
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):  # rows of different lengths
        raise ValueError(f"{name} must be numbers in rows of one length") from None
    if array.dtype.kind not in "biuf":
        if missing:
            array = np.where(pd.isna(array), np.nan, array.astype(object))
        for value in array.ravel().tolist():
            if not isinstance(value, Real | Decimal):
                raise ValueError(f"{name} must be numbers, got {value!r}")
    if not (single and array.dtype == np.float32):
        try:
            array = array.astype(np.float64, copy=False)
        except OverflowError:
            raise ValueError(f"{name} must be numbers that fit into float64") from None
    allowed = np.isfinite(array)
    if not allowed.all():
        allowed |= (missing & np.isnan(array)) | (infinite & np.isinf(array))
        if not allowed.all():
            raise ValueError(f"{name} must be finite, got {array[~allowed].flat[0]}")
    return array


def _is_finite(value):
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def plain(value):
    """How a message shows a value: 3, and not np.int64(3); a date as it is written.

    >>> plain(np.int64(3)), plain("3"), plain(pd.Timestamp("2026-01-05"))
    ('3', "'3'", '2026-01-05 00:00:00')
    """
    if isinstance(value, datetime.date | datetime.timedelta | np.datetime64 | np.timedelta64):
        return str(value)
    return repr(value.item() if isinstance(value, np.generic) else value)
