"""One reader of times for the whole library: local time, no guesses, nothing cut off."""

import datetime
import re
from decimal import Decimal
from numbers import Real
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.tseries.api import guess_datetime_format

from course_lib.parameters import plain

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # coarsest first: how many in a second
YEARS = np.array(["0001-01-01", "9999-12-31T23:59:59"], dtype="datetime64[s]")

BARE_NUMBER = r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*"
ZONED = r"\d\s*(?:[Zz]|UTC|GMT)\s*$|[Tt ]\d[\d:.,]*\s*[+-]\d{2}(?::?\d{2})?\s*$"
YEAR_FIRST = r"\d{4}\D|\d{8}[Tt ]"
PICOSECONDS = r":\d\d[.,]\d{9}\d*[1-9]"
DAY_AND_MONTH = r"(?:^|\D)(\d{1,2})[./ -](\d{1,2})[./ -](\d{4}|\d{2})(?:\D|$)"

BARE = "a bare number could mean anything"
BEYOND = "it lies outside the years 1 to 9999"
NOT_ISO = "it is no time of ISO 8601, such as 2026-01-31 10:30"
GIVE_UNIT = "give unit= (s, ms, us or ns since 1970), or format= for digits that spell a date"
GIVE_FORMAT = "give format=, such as '%d/%m/%Y'"
GIVE_TZ = "give tz=, the zone whose local time it shall be"


class _Unreadable(Exception):
    """A row that breaks a rule: which one, what stands there, why, and the argument that helps."""

    def __init__(self, row, value, why, remedy=None):
        super().__init__(why)
        self.row, self.value, self.why, self.remedy = int(row), value, why, remedy


def read_times(column, *, name="timestamp", unit=None, tz=None, format=None):
    """A column of times as local time without a zone, exact to the last digit.

    column: (n,) datetimes of any unit, Python or pandas datetimes, dates, ISO 8601 text, or text
    that names its month; an array, a list, a pandas Series, or anything that speaks Arrow. What
    could mean more than one thing is refused, unless one of these says what it means:

    unit: "s", "ms", "us" or "ns": the column holds numbers since 1970-01-01 00:00 UTC. They are
        taken as they are, or brought into `tz`.
    tz: a zone such as "Asia/Shanghai": all times carry a zone or an offset (Z, +02:00) and become
        local time there. Without it they are refused: whose midnight would it be?
    format: how text is written, such as "%d/%m/%Y": 03/02/2026 has two readings.

    Returns (n,) datetime64 in the coarsest of s, ms, us, ns that loses nothing. Raises ValueError
    with value, row, column (`name`) and the argument that helps.

    >>> read_times(["2026-01-05", "2026-01-05 10:30:00.25"])
    array(['2026-01-05T00:00:00.000', '2026-01-05T10:30:00.250'],
          dtype='datetime64[ms]')
    >>> read_times(["2026-01-05T23:30Z"], tz="Asia/Shanghai")
    array(['2026-01-06T07:30:00'], dtype='datetime64[s]')
    >>> read_times([1767312000])
    Traceback (most recent call last):
    ValueError: cannot read 1767312000 in 'timestamp', row 0: a bare number could mean anything;
    give unit= (s, ms, us or ns since 1970), or format= for digits that spell a date
    """
    if unit is not None and unit not in UNITS:
        raise ValueError(f"unit must be one of {', '.join(UNITS)}, got {unit!r}")
    if unit is not None and format is not None:
        raise ValueError(f"unit and format exclude each other, got {unit!r} and {format!r}")
    _check_format(format)
    try:
        return _read(column, unit, _zone(tz), format)
    except _Unreadable as fault:
        remedy = f"; {fault.remedy}" if fault.remedy else ""
        raise ValueError(
            f"cannot read {plain(fault.value)} in {name!r}, row {fault.row}: {fault.why}{remedy}"
        ) from None


def read_moment(value, *, name):
    """One moment, by the same rules: a date to cut at, or the `now` of a forecast.

    value: a datetime, a date, a NumPy or pandas timestamp, or ISO 8601 text → np.datetime64 in the
    coarsest of s, ms, us, ns that loses nothing. Raises ValueError naming the value: a number,
    a time with a zone, a text with two readings, or no time at all.

    >>> read_moment("2026-01-05", name="now")
    np.datetime64('2026-01-05T00:00:00')
    >>> read_moment(20260105, name="now")
    Traceback (most recent call last):
    ValueError: now must be a date such as 2017-11-01, got 20260105: a bare number could mean
    anything
    """
    cell = np.array([value]) if isinstance(value, np.datetime64) else np.fromiter([value], object)
    try:
        return _read(cell, None, None, None)[0]
    except _Unreadable as fault:
        raise ValueError(
            f"{name} must be a date such as 2017-11-01, got {plain(value)}: {fault.why}"
        ) from None


def _read(column, unit, zone, format):
    """By what the column holds: datetimes, numbers, text, or Python objects."""
    column = _series(column)
    _refuse(column, column.isna(), "a time must not be missing")
    if column.dtype.kind == "M":
        zoned = getattr(column.dtype, "tz", None) is not None
        _check_clock(column, np.full(len(column), zoned), unit, zone)
        return _finish(column.dt.tz_convert(None) if zoned else column, zone)
    if column.dtype.kind in "iuf":
        return _read_numbers(column, unit, zone, format)
    if pd.api.types.infer_dtype(column) == "string":  # no loop of Python over millions of texts
        return _read_text(column, unit, zone, format)
    kinds = column.astype(object).map(_kind)
    _refuse(column, kinds == "other", "it is no time")
    _refuse(column, kinds != kinds.iloc[:1].squeeze(), "it is of another kind than the first")
    if (kinds == "number").any():
        return _read_numbers(pd.to_numeric(column, errors="coerce"), unit, zone, format)
    _check_clock(column, [getattr(cell, "tzinfo", None) is not None for cell in column], unit, zone)
    read = pd.to_datetime(column, errors="coerce", utc=True)
    _refuse(column, read.isna(), "it does not fit beside the other times")
    return _finish(read.dt.tz_localize(None), zone)


def _series(column):
    """A pandas Series, whatever came: times of any origin as datetime64, text as text."""
    if isinstance(column, pd.Index):
        column = column.to_series()
    foreign = not isinstance(column, pd.Series) or isinstance(column.dtype, pd.ArrowDtype)
    if foreign and hasattr(column, "__arrow_c_stream__"):
        column = _from_arrow(pa.chunked_array(column))
    elif foreign and hasattr(column, "__arrow_c_array__"):
        column = _from_arrow(pa.array(column))
    elif foreign:
        if not isinstance(column, np.ndarray | str) and np.iterable(column):
            column = np.fromiter(column, dtype=object)
        if np.ndim(column) != 1:
            raise ValueError(f"times must be (n,), got {column!r}")
        column = _in_known_unit(column) if column.dtype.kind == "M" else column
        column = pd.Series(column, dtype=object if column.dtype.kind in "OUST" else None)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    return column.reset_index(drop=True)


def _from_arrow(column):
    kind = column.type  # Arrow cannot decode text views yet; pandas can
    if pa.types.is_dictionary(kind) and not pa.types.is_string_view(kind.value_type):
        column = column.cast(kind.value_type)
    dates = pa.types.is_date(column.type)
    return (column.cast(pa.timestamp("ms")) if dates else column).to_pandas()


def _in_known_unit(times):
    """datetime64 of days, months, picoseconds … in the first of UNITS that holds them exactly."""
    unit, step = np.datetime_data(times.dtype)
    if unit in UNITS and step == 1:
        return times
    exact = times.astype("datetime64[s]" if unit in tuple("YMWDhms") else "datetime64[ns]")
    same = (exact.astype(times.dtype) == times) | np.isnat(times)
    _refuse(times, ~same, "it does not fit into 64 bits")
    return exact


def _read_text(texts, unit, zone, format):
    """ISO 8601 at Arrow's speed; else pandas reads, and what has two readings is refused."""
    if unit is not None:
        numbers = pd.to_numeric(texts, errors="coerce")
        _refuse(texts, numbers.isna(), f"unit={unit!r} is for numbers")
        return _read_numbers(numbers, unit, zone, None)
    if format is None:
        read, zoned = _iso_without_pandas(texts)
        if read is not None:
            _check_clock(texts, np.full(len(texts), zoned), None, zone)
            return _finish(read, zone)
        _refuse(texts, texts.str.fullmatch(BARE_NUMBER), BARE, GIVE_UNIT)
        zoned = texts.str.contains(ZONED)
        year_first = texts.str.match(YEAR_FIRST).to_numpy(bool)
        way = "ISO8601" if year_first.any() else _guessed(texts)
        _refuse(texts, texts.str.contains(PICOSECONDS), "it is finer than a nanosecond")
    else:
        zoned, way = np.full(len(texts), "%z" in format.lower()), format
    _check_clock(texts, zoned, None, zone)
    read = pd.to_datetime(texts, format=way, errors="coerce", utc=True)
    if way == "ISO8601":  # pandas reads "now", too
        _refuse(texts, read.isna() | ~year_first, NOT_ISO, GIVE_FORMAT)
    _refuse(texts, read.isna(), f"it does not fit {way}", None if format else GIVE_FORMAT)
    return _finish(read.dt.tz_localize(None), zone)


def _iso_without_pandas(texts):
    """The times and whether they carry zones; None for times if Arrow cannot read all of them."""
    try:
        column = pa.array(texts, pa.large_string())
    except UnicodeError:  # half a surrogate pair: no time, and no text for Arrow
        return None, False
    for unit, zone in (("us", None), ("us", "UTC"), ("ns", None), ("ns", "UTC")):
        try:
            read = column.cast(pa.timestamp(unit, zone)).cast(pa.timestamp(unit))
        except pa.ArrowInvalid:
            continue
        return read.to_numpy(zero_copy_only=False), zone is not None
    return None, False


def _guessed(texts):
    """The format of the first text, for all of them, if none could be read in another way."""
    parts = texts.str.extract(DAY_AND_MONTH)
    first, second = (pd.to_numeric(parts[i], errors="coerce") for i in (0, 1))
    swap = (first <= 12) & (second <= 12) & (first != second) | (parts[2].str.len() == 2)
    _refuse(texts, swap, "day and month could change places", GIVE_FORMAT)
    way = guess_datetime_format(texts.iloc[0], dayfirst=bool(first.iloc[0] > 12))
    _refuse(texts, np.full(len(texts), way is None), NOT_ISO, GIVE_FORMAT)
    return way


def _read_numbers(numbers, unit, zone, format):
    """Numbers since 1970 in `unit`, fractions kept; or whole numbers whose digits spell a date."""
    if format is not None and numbers.dtype.kind in "iu":
        return _read_text(numbers.astype(str), None, zone, format)
    _refuse(numbers, np.full(len(numbers), unit is None), BARE, GIVE_UNIT)
    unit = unit or "s"  # without one there is no number
    ticks = numbers.to_numpy(np.int64 if numbers.dtype.kind == "i" else np.float64)
    if (ticks != np.rint(ticks)).any():
        finer = "us" if unit in ("s", "ms") else "ns"  # as fine as a float can hold
        ticks, unit = np.rint(ticks * (UNITS[finer] // UNITS[unit])), finer
    low, high = (int(end) * UNITS[unit] for end in YEARS.astype(np.int64))
    outside = (ticks < max(low, -(2**63))) | (ticks > min(high, 2**63 - 1024))
    _refuse(numbers, outside | (ticks == -(2**63)), f"counted in {unit}, {BEYOND}")
    return _finish(ticks.astype(np.int64).view(f"datetime64[{unit}]"), zone)


def _kind(cell):
    if isinstance(cell, Real | Decimal) and not isinstance(cell, bool | np.bool_):
        return "number"
    time = isinstance(cell, datetime.date | np.datetime64)
    return "time" if time else "text" if isinstance(cell, str) else "other"


def _finish(times, zone):
    """Local time in the coarsest unit that loses nothing; times in UTC if there is a zone."""
    if zone is not None:
        times = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    times = np.asarray(times)
    unit = np.datetime_data(times.dtype)[0]
    if unit != "ns":  # in which 64 bits end in 2262
        _refuse(times, (times < YEARS[0]) | (times > YEARS[1]), BEYOND)
    for coarser in list(UNITS)[: list(UNITS).index(unit)]:
        try:
            return pa.array(times).cast(pa.timestamp(coarser)).to_numpy()
        except pa.ArrowInvalid:  # it would lose digits
            continue
    return times


def _refuse(values, bad, why, remedy=None):
    bad = np.asarray(bad, dtype=bool)
    if bad.any():
        row = int(np.argmax(bad))
        raise _Unreadable(row, getattr(values, "iloc", values)[row], why, remedy)


def _check_clock(column, zoned, unit, zone):
    zoned = np.asarray(zoned, dtype=bool)
    if unit is not None:
        _refuse(column, np.ones_like(zoned), f"unit={unit!r} is for numbers")
    if zone is None:
        _refuse(column, zoned, "it has a zone", GIVE_TZ)
    else:
        _refuse(column, ~zoned, "it has no zone to convert from, yet tz= is given")


def _zone(tz):
    try:
        return tz if tz is None or isinstance(tz, datetime.tzinfo) else ZoneInfo(tz)
    except (TypeError, ValueError, KeyError, OSError):
        raise ValueError(f"tz must name a time zone such as 'Europe/Berlin', got {tz!r}") from None


def _check_format(format):
    try:
        fits = format is None or "%" in format
        pd.to_datetime(["2026-01-01"], format=format, errors="coerce", utc=True)
    except (TypeError, ValueError, re.error):
        fits = False
    if not fits:
        raise ValueError(f"format must be like '%d/%m/%Y', got {format!r}")
