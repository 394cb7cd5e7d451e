"""Logs for the tests: small ones written by hand, and Hypothesis strategies for strangers' ones.

An event is (user, item, second, value): whole numbers that a person can follow. `dressed` puts the
same events into the clothes of a stranger's table: ids of any type, times of any kind, columns of
any dtype wide enough. So a test can hold that clothes change nothing:

    @given(events=logs.events(), clothes=logs.clothes())
    def test_clothes_change_nothing(events, clothes):
        plain = Interactions.from_frame(logs.dressed(events), value="value")
        other = Interactions.from_frame(logs.dressed(events, **clothes), value="value")
"""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from course_lib.interactions import Interactions

START = dt.datetime(2026, 1, 1)


def log(users, items, values=None, n_users=None, n_items=None, times=None):
    """Row i: user users[i] took item items[i], with a value of 1 or values[i].

    times: seconds since 1970, one a row; all events are at one time without them.
    """
    users, items = np.asarray(users, np.int64), np.asarray(items, np.int64)
    if times is None:
        times = np.full(len(users), np.datetime64("2026-01-01", "s"))
    return Interactions(
        users,
        items,
        np.asarray(times).astype("datetime64[s]"),
        np.ones(len(users)) if values is None else np.asarray(values, float),
        np.arange(n_users or users.max() + 1),
        np.arange(n_items or items.max() + 1),
    )


def log_of(histories, n_items, times=None):
    """A log from one list of items a user; times: one list of seconds a user, else 0, 1, 2, …"""
    users = np.repeat(np.arange(len(histories)), [len(items) for items in histories])
    if times is None:
        times = [range(len(items)) for items in histories]
    items = [item for items in histories for item in items]
    seconds = np.array([second for mine in times for second in mine], dtype=np.int64)
    return log(users, items, n_users=len(histories), n_items=n_items, times=seconds)


def cycles(n_users=60, n_items=8, length=6):
    """Each user walks round the catalogue, item after item, from a start of their own."""
    histories = [[(u + t) % n_items for t in range(length)] for u in range(n_users)]
    return log_of(histories, n_items)


def checkerboard(size=24):
    """User u takes every item of the same colour, but the one two places on, in shuffled order."""
    rng = np.random.default_rng(0)
    histories = []
    for user in range(size):
        items = [i for i in range(size) if (i - user) % 2 == 0 and i != (user + 2) % size]
        histories.append(rng.permutation(items).tolist())
    return log_of(histories, size)


def shuffled(events, seed=0):
    """The same Interactions with their rows in another order; ids keep their numbers."""
    order = np.random.default_rng(seed).permutation(len(events))
    return Interactions(
        events.users[order],
        events.items[order],
        events.timestamps[order],
        events.values[order],
        events.user_ids,
        events.item_ids,
    )


# What pandas, CSV files and other people's programs stumble over stands first.
NAMES = ["NA", "007", "7", "Zoë", "zoe", "ZOE", "日本茶", "nan", "None", " a", "a", "", "1e3", "ß"]


def _numbers(dtype):
    return lambda numbers: np.array(numbers, dtype=dtype)


def _names(numbers):
    return [NAMES[number % len(NAMES)] + "'" * (number // len(NAMES)) for number in numbers]


# Each makes a column from whole numbers of at most 127: equal numbers, equal ids.
IDS = {
    **{width: _numbers(width) for width in ("int64", "int8", "int16", "int32")},
    **{width: _numbers(width) for width in ("uint8", "uint16", "uint32", "uint64")},
    "Int64": lambda numbers: pd.array(numbers, dtype="Int64"),
    "whole objects": lambda numbers: pd.Series(list(map(int, numbers)), dtype=object),
    "text": lambda numbers: pd.Series(_names(numbers)),
    "text objects": lambda numbers: pd.Series(_names(numbers), dtype=object),
    "category": lambda numbers: pd.Series(_names(numbers), dtype="category"),
    "number category": lambda numbers: pd.Series(np.array(numbers), dtype="category"),
    "Arrow text": lambda numbers: pd.Series(_names(numbers), dtype=pd.ArrowDtype(pa.string())),
    "Arrow int": lambda numbers: pd.Series(numbers, dtype=pd.ArrowDtype(pa.int16())),
    "Arrow dictionary": lambda numbers: pd.Series(
        pd.arrays.ArrowExtensionArray(pa.array(_names(numbers)).dictionary_encode())
    ),
    "big": lambda numbers: np.array(numbers, dtype=np.uint64) + np.uint64(2**63),
}


def _moments(seconds):
    return [START + dt.timedelta(seconds=int(second)) for second in seconds]


# Each makes a column from whole seconds after START.
TIMES = {
    **{
        unit: lambda seconds, unit=unit: np.array(_moments(seconds), dtype=f"M8[{unit}]")
        for unit in ("s", "ms", "us", "ns")
    },
    "python": lambda seconds: pd.Series(_moments(seconds), dtype=object),
    "pandas": lambda seconds: pd.Series(
        [pd.Timestamp(moment) for moment in _moments(seconds)], dtype=object
    ),
    "ISO": lambda seconds: pd.Series([str(moment) for moment in _moments(seconds)]),
    "ISO with T": lambda seconds: pd.Series(
        [moment.isoformat() for moment in _moments(seconds)], dtype=object
    ),
    "category": lambda seconds: pd.Series(_moments(seconds), dtype="category"),
    "Arrow": lambda seconds: pd.Series(_moments(seconds), dtype=pd.ArrowDtype(pa.timestamp("ms"))),
}

# Each makes a column from whole numbers of at most 99.
VALUES = {
    **{dtype: _numbers(dtype) for dtype in ("float64", "float32", "float16")},
    **{dtype: _numbers(dtype) for dtype in ("int8", "uint8", "int64", "uint64")},
    "Float64": lambda numbers: pd.array(numbers, dtype="Float64"),
    "text": lambda numbers: pd.Series([str(number) for number in numbers]),
    "Arrow": lambda numbers: pd.Series(numbers, dtype=pd.ArrowDtype(pa.float32())),
}


def dressed(events, *, user="int64", item="int64", time="s", value="float64", index=None):
    """A DataFrame with the columns user, item, timestamp, value: `events` in the clothes named.

    user, item: a key of IDS; time: of TIMES; value: of VALUES; index: row labels, 0, 1, … if None.
    """
    users, items, seconds, values = (list(column) for column in zip(*events, strict=True))
    columns = {
        "user": IDS[user](users),
        "item": IDS[item](items),
        "timestamp": TIMES[time](seconds),
        "value": VALUES[value](values),
    }
    frame = pd.DataFrame(columns)
    return frame if index is None else frame.set_axis(index)


def events(*, min_size=1, max_size=30, users=6, items=8, distinct_times=False):
    """Lists of (user, item, second, value), with repeats and gaps.

    distinct_times: no two events at one second, so that the order of rows carries no meaning.
    """
    event = st.tuples(
        st.integers(0, users - 1),
        st.integers(0, items - 1),
        st.integers(0, 10**6) if distinct_times else st.sampled_from([0, 1, 60, 86_400, 10**6]),
        st.integers(0, 99),
    )
    unique_by = (lambda event: event[2]) if distinct_times else None
    return st.lists(event, min_size=min_size, max_size=max_size, unique_by=unique_by)


def clothes():
    """Keyword arguments for `dressed`."""
    return st.fixed_dictionaries(
        {
            "user": st.sampled_from(list(IDS)),
            "item": st.sampled_from(list(IDS)),
            "time": st.sampled_from(list(TIMES)),
            "value": st.sampled_from(list(VALUES)),
        }
    )


def frames(**sizes):
    """DataFrames as strangers bring them, free of faults: `events(**sizes)` in any clothes."""
    return st.builds(lambda events, clothes: dressed(events, **clothes), events(**sizes), clothes())


# Cells that no log should hold, or that mean two things.
WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(dt.UTC)),
    st.just(pd.NA),
    st.just(pd.NaT),
    st.just(b"tea"),
    st.just(("tea", 1)),
    st.just(["tea"]),
)


@st.composite
def wild_frames(draw):
    """Frames of which one column holds anything at all: a reader may refuse them, never break."""
    frame = draw(frames(max_size=6))
    column = draw(st.sampled_from(list(frame.columns)))
    cells = draw(st.lists(WILD, min_size=len(frame), max_size=len(frame)))
    wild = pd.Series(np.fromiter(cells, dtype=object, count=len(cells)), dtype=object)
    if draw(st.booleans()):  # one bad cell among good ones
        wild = frame[column].astype(object).where(wild.index != 0, wild)
    return frame.assign(**{column: wild})
