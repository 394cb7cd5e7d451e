"""Expected values: by hand, or from Python's own datetime."""

import datetime as dt
import subprocess
import sys
import warnings
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.times import read_moment, read_times

BERLIN = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2026, 1, 2, 12)
AS_OF = np.datetime64("2026-01-02T12:00:00", "s")


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    "column",
    [
        np.array([AS_OF]),
        np.array([AS_OF], dtype="M8[h]"),
        np.array([AS_OF], dtype="M8[ms]"),
        np.array([AS_OF], dtype="M8[ns]"),
        np.array(["2026-01-02 12:00"]),
        pd.Series([NOON], index=[7]),
        pd.Series([NOON], dtype=object),
        pd.Series([NOON]).astype("category"),
        pd.DatetimeIndex([NOON]),
        [NOON],
        (pd.Timestamp(NOON),),
        [AS_OF],
        ["2026-01-02 12:00"],
        ["2026-01-02T12"],
        ["20260102T1200"],
        ["2 Jan 2026 12:00"],
        pd.Series(["2026-01-02T12:00:00.000000000"], dtype="category"),
        pd.Series(["2026-01-02 12:00"], dtype=object),
        pa.array([NOON]),
        pa.chunked_array([pa.array([NOON]), pa.array([], pa.timestamp("us"))]),
        pa.array(["2026-01-02 12:00"]),
        pa.array(["2026-01-02 12:00"]).dictionary_encode(),
        pa.array(["2026-01-02 12:00"], pa.string_view()),
        pa.DictionaryArray.from_arrays([1], ["2026-01-02 12:00"] * 2),
        pa.array([1767355200000], pa.date64()),
        pd.Series([NOON], dtype=pd.ArrowDtype(pa.timestamp("ms"))),
        pd.Series(["2026-01-02 12:00"], dtype=pd.ArrowDtype(pa.string())),
    ],
)
def test_one_moment_in_any_clothes_is_the_same_moment(column):
    read = read_times(column)
    assert read.dtype == "datetime64[s]"
    assert read.tolist() == [NOON]


@pytest.mark.parametrize("column", [[dt.date(2026, 1, 2)], pa.array([dt.date(2026, 1, 2)])])
def test_a_date_is_its_midnight(column):
    assert read_times(column)[0] == np.datetime64("2026-01-02T00:00:00", "s")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("10:30:05", "s"),
        ("10:30:05.250", "ms"),
        ("10:30:05.000001", "us"),
        ("10:30:05.1234567", "ns"),
    ],
)
def test_the_unit_is_the_coarsest_that_loses_nothing(text, unit):
    right = np.datetime64(f"2026-01-02T{text}")
    for column in (
        [f"2026-01-02 {text}", "2026-01-02"],
        np.array([right, AS_OF], dtype="M8[ns]"),
        pa.array(np.array([right, AS_OF], dtype="M8[ns]")),
    ):
        read = read_times(column)
        assert read.dtype == f"datetime64[{unit}]"
        assert read[0] == right


def test_an_empty_column_has_no_times():
    for column in ([], np.array([], dtype="M8[us]"), pa.array([], pa.string())):
        assert read_times(column).shape == (0,)


@pytest.mark.parametrize(
    "column",
    [
        [1767312000],
        [1767312000.0],
        np.array([1767312000], dtype=np.uint32),
        pd.Series([1767312000], dtype=object),
        pd.Series([1767312000], dtype="Int64"),
        pd.Series([1767312000]).astype("category"),
        [Decimal(1767312000)],
        [np.int64(1767312000)],
        ["1767312000"],
        ["20260105"],
        ["1.7e9"],
        pa.array([1767312000]),
        pa.array(["1767312000"]),
    ],
)
def test_bare_numbers_are_refused_whatever_their_dtype(column):
    with pytest.raises(ValueError, match=r"in 'when', row 0: a bare number could mean .*unit="):
        read_times(column, name="when")


@pytest.mark.parametrize(
    ("unit", "number"), [("s", 1767355200), ("ms", 1767355200000), ("ns", 1767355200 * 10**9)]
)
@pytest.mark.parametrize("kind", [np.int64, float, object, str])
def test_with_a_unit_numbers_are_read(unit, number, kind):
    column = pd.Series([number]).astype(kind)
    assert read_times(column, unit=unit).tolist() == [NOON]
    assert read_times(column, unit=unit, tz="Asia/Tokyo").tolist() == [NOON + dt.timedelta(hours=9)]


def test_fractions_of_a_second_stay():
    read = read_times([1767355200.25, 1767355200.0], unit="s")
    assert read.dtype == "datetime64[ms]"
    assert read[0] - read[1] == np.timedelta64(250, "ms")


FIRST, LAST = -62135596800, 253402300799  # seconds since 1970


def test_the_last_moments_that_fit_are_read():
    ends = read_times([FIRST, LAST], unit="s")
    assert ends.astype(str).tolist() == ["0001-01-01T00:00:00", "9999-12-31T23:59:59"]
    assert read_times([2.0**63 - 1024], unit="ns")[0] == np.datetime64(2**63 - 1024, "ns")


@pytest.mark.parametrize(
    ("number", "unit"),
    [(1767355200000, "s"), (float("inf"), "s"), (2**64 - 1, "ns"), (-(10**30), "us"),
     (FIRST - 1, "s"), (LAST + 1, "s"), (2.0**63, "ns"), (-(2.0**63), "ns")],
)  # fmt: skip
def test_numbers_in_the_wrong_unit_end_beyond_the_calendar(number, unit):
    with pytest.raises(ValueError, match=f"counted in {unit}, it lies outside the years 1 to 9999"):
        read_times([number], unit=unit)


ZONED = [
    pd.Series([NOON]).dt.tz_localize("Asia/Shanghai"),
    pd.Series([NOON.replace(tzinfo=ZoneInfo("Asia/Shanghai"))], dtype=object),
    pa.array([NOON.replace(tzinfo=dt.UTC) - dt.timedelta(hours=8)], pa.timestamp("s", "UTC")),
    pd.Series([NOON])
    .dt.tz_localize("Asia/Shanghai")
    .astype(pd.ArrowDtype(pa.timestamp("us", "Asia/Shanghai"))),
    ["2026-01-02T12:00:00+08:00"],
    ["2026-01-02 04:00Z"],
    ["2026-01-02 12:00+08"],
    ["2026-01-02T04:00:00.000000000Z"],
]


@pytest.mark.parametrize("column", ZONED)
def test_a_zone_is_refused_unless_it_is_said_whose_local_time_counts(column):
    with pytest.raises(ValueError, match=r"in 'timestamp', row 0: it has a zone; give tz="):
        read_times(column)
    assert read_times(column, tz="Asia/Shanghai").tolist() == [NOON]
    assert read_times(column, tz=BERLIN).tolist() == [NOON - dt.timedelta(hours=7)]


def test_offsets_may_differ_when_a_zone_is_given():
    column = ["2026-07-02 12:00+02:00", "2026-01-02 12:00+01:00"]
    assert read_times(column, tz="Europe/Berlin").tolist() == [NOON.replace(month=7), NOON]
    with pytest.raises(ValueError, match=r"'2026-07-02 12:00\+02:00' in 'timestamp', row 0"):
        read_times(column)


@pytest.mark.parametrize(
    ("tz", "message"),
    [(None, r"row 1: it has a zone"), ("UTC", "row 0: it has no zone to convert from")],
)
@pytest.mark.parametrize(
    "column", [["2026-01-02 12:00", "2026-01-02 12:00Z"], [NOON, NOON.replace(tzinfo=dt.UTC)]]
)
def test_a_column_with_and_without_zones_is_refused(column, tz, message):
    with pytest.raises(ValueError, match=message):
        read_times(column, tz=tz)


@pytest.mark.parametrize(
    "column",
    [["03/02/2026"], ["13/02/2026", "03/02/2026"], ["3.2.2026 10:00"], ["13/02/26"], ["3-2-2026"],
     ["12/02/2026"], ["02/12/2026"]],
)  # fmt: skip
def test_day_and_month_that_could_change_places_are_refused(column):
    with pytest.raises(ValueError, match=f"'{column[-1]}' in .*change places; give format="):
        read_times(column)


def test_a_format_says_which_is_the_month():
    assert read_times(["03/02/2026"], format="%d/%m/%Y")[0] == np.datetime64("2026-02-03")
    assert read_times(["03/02/2026"], format="%m/%d/%Y")[0] == np.datetime64("2026-03-02")
    assert read_times([20260203], format="%Y%m%d")[0] == np.datetime64("2026-02-03")
    assert read_times(["20260203"], format="%Y%m%d")[0] == np.datetime64("2026-02-03")
    for text in ("13/02/2026", "02/13/2026"):  # there is no 13th month
        assert read_times([text])[0] == np.datetime64("2026-02-13")
    zoned = read_times(["3/2/2026 12 +0300"], format="%d/%m/%Y %H %z", tz="UTC")
    assert zoned[0] == np.datetime64("2026-02-03T09")
    with pytest.raises(ValueError, match="'2026-02-03' in 'timestamp', row 1: it does not fit"):
        read_times(["03/02/2026", "2026-02-03"], format="%d/%m/%Y")


@pytest.mark.parametrize(
    "text",
    ["now", "today", "soon", "", "NaT", "nan", "2026-02-30", "2026-13-01", "32 May", "10:30",
     "2026-01-02T24:30", "2026-01-02 12:00:60", "\ud800", "\x00", "٢٠٢٦-٠١-٠٢"],
)  # fmt: skip
def test_text_that_is_no_time_is_named(text):
    for column in ([text], ["2026-01-02", text]):
        with pytest.raises(ValueError, match=f"in 'timestamp', row {len(column) - 1}: "):
            read_times(column)


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), pd.NaT, pd.NA, True, (2026, 1, 2), b"2026-01-02", 1j, dt.time(12),
     pd.Timedelta(days=1), pd.Period("2026-01"), np.datetime64("NaT")],
)  # fmt: skip
def test_what_is_no_time_is_named(value):
    for column in ([value], [NOON, value], ["2026-01-02", value]):
        with pytest.raises(ValueError, match=f"in 'timestamp', row {len(column) - 1}: "):
            read_times(column)
    with pytest.raises(ValueError, match="now must be a date such as 2017-11-01, got "):
        read_moment(value, name="now")


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True]),
        pd.Series([pd.Timedelta(days=1)]),
        pd.Series(pd.period_range("2026", periods=1, freq="M")),
        pa.array([None]),
        pa.array([[NOON]]),
        pa.array([dt.time(12)]),
        pa.array([NOON, None])[1:],
        np.array(["NaT"], dtype="M8[ms]"),
        np.array(["300000-01-01"], dtype="M8[D]"),
        np.array([2**62], dtype="M8[Y]"),
        np.array([1], dtype="M8[as]"),
    ],
)
def test_columns_that_hold_no_times_are_named(column):
    with pytest.raises(ValueError, match="in 'timestamp', row 0: "):
        read_times(column)


def test_times_of_two_kinds_do_not_share_a_column():
    with pytest.raises(ValueError, match=r"cannot read 2026-01-02 12:00:00 in 'timestamp', row 1"):
        read_times(["2026-01-02", NOON])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": "D"}, "unit must be one of s, ms, us, ns, got 'D'"),
        ({"tz": "Mars"}, "tz must name a time zone such as 'Europe/Berlin', got 'Mars'"),
        ({"tz": ""}, "tz must name a time zone"),
        ({"tz": 3}, "tz must name a time zone"),
        ({"format": "mixed"}, "format must be like '%d/%m/%Y', got 'mixed'"),
        ({"format": "%Q"}, "format must be like '%d/%m/%Y', got '%Q'"),
        ({"format": "%d%d"}, "format must be like"),
        ({"format": 7}, "format must be like"),
        ({"unit": "s", "format": "%Y"}, "unit and format exclude each other"),
        ({"unit": "s"}, "row 0: unit='s' is for numbers"),
    ],
)
def test_arguments_that_make_no_sense_are_named(arguments, message):
    for column in ([NOON], ["2026-01-02"]):
        with pytest.raises(ValueError, match=message):
            read_times(column, **arguments)


@pytest.mark.parametrize("column", ["2026-01-02", 7, np.zeros((2, 2)), np.array("2026", "M8[s]")])
def test_a_column_has_one_dimension(column):
    with pytest.raises(ValueError, match=r"times must be \(n,\)"):
        read_times(column)


@pytest.mark.parametrize(
    "value", ["2026-01-02 12:00", AS_OF, NOON, pd.Timestamp(NOON), AS_OF.astype("M8[ns]")]
)
def test_a_moment_may_be_of_any_kind(value):
    moment = read_moment(value, name="now")
    assert isinstance(moment, np.datetime64)
    assert str(moment) == "2026-01-02T12:00:00"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (20260105, "20260105: a bare number"),
        ("20260105", "'20260105': a bare number"),
        (pd.Timestamp(NOON, tz="Asia/Tokyo"), r"12:00:00\+09:00: it has a zone"),
        ("2026-01-02T12:00Z", "it has a zone"),
        ("03/02/2026", "change places"),
        (["2026-01-02"], "it is no time"),
    ],
)
def test_a_moment_keeps_the_rules_of_a_column(value, why):
    with pytest.raises(ValueError, match=f"cut must be a date such as 2017-11-01, got .*{why}"):
        read_moment(value, name="cut")


def test_nothing_is_written_beside_the_error():
    """A filter that raised inside Cython printed "Exception ignored" past every try."""
    program = (
        "from course_lib.times import read_times\n"
        "for column in (['13/02/2026', 'x'], ['13/02/2026', '03/02/2026'], ['x']):\n"
        "    try:\n        read_times(column)\n    except ValueError:\n        pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))
cells = st.one_of(
    moments,
    st.datetimes(timezones=st.just(dt.UTC)),
    st.dates(),
    st.text(max_size=12),
    moments.map(str),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.builds(np.datetime64, moments),
)


@settings(max_examples=50, derandomize=True)
@given(st.lists(moments, min_size=1, max_size=5))
def test_text_and_datetimes_read_as_python_does(times):
    for column in (times, list(map(str, times)), np.array(times, dtype="M8[us]")):
        read = read_times(column)
        assert read.astype("M8[us]").tolist() == times


@settings(max_examples=50, derandomize=True)
@given(
    st.lists(cells, max_size=3),
    st.sampled_from(
        [{}, {"unit": "s"}, {"unit": "ns"}, {"tz": "Asia/Tokyo"}, {"format": "%Y%m%d"}]
    ),
)
def test_any_column_gives_times_or_an_error_of_ours(column, arguments):
    try:
        read = read_times(column, **arguments)
    except ValueError as error:
        assert "in 'timestamp', row " in str(error)
    else:
        assert read.shape == (len(column),)
        assert not np.isnat(read).any()


def test_digits_that_cannot_be_kept_are_refused():
    kept = np.datetime64("2026-01-05T10:30:00.123456789")
    assert read_times(["2026-01-05T10:30:00.123456789000"])[0] == kept
    with pytest.raises(ValueError, match="row 0: it is finer than a nanosecond"):
        read_times(["2026-01-05T10:30:00.1234567891"])
    with pytest.raises(ValueError, match="row 1: it is finer than a nanosecond"):
        read_times(["2026-01-05T10:30:00+01:00", "2026-01-05T10:30:00.1234567890010Z"], tz="UTC")
