"""A shop's log as four arrays: who, what, when, how much."""

from dataclasses import KW_ONLY, dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from course_lib.columns import (
    check_ids,
    check_index,
    dense_ids,
    equal_ids,
    read_numbers,
    same_rows,
    table_columns,
    time_order,
)
from course_lib.parameters import Choice, Truth, Whole, check_whole, plain
from course_lib.times import read_times

COLUMNS = ("users", "items", "timestamps", "values")


@dataclass(frozen=True, eq=False)
class Interactions:
    """One row an event, in the order given; users and items are dense indices into their ids.

    users, items: (n,) whole numbers from 0, of any integer type, kept as int64; timestamps: (n,)
    datetime64, kept in the coarsest of s, ms, us, ns that loses nothing; values: (n,) numbers, kept
    as float64, in the log's own unit (dollars, stars, 1 for "it happened"); user_ids: (n_users,)
    and item_ids: (n_items,) say what each index stands for. A user or item without an event keeps
    its place, so that matrices of train and test line up. order_only: the timestamps are no times,
    they only say in which order each user's events came; what needs a clock then refuses the log.

    Raises ValueError when lengths differ, an index is no whole number or has no id, an id is
    missing or stands twice, a timestamp is missing, or a value is not finite.
    """

    users: np.ndarray
    items: np.ndarray
    timestamps: np.ndarray
    values: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray
    _: KW_ONLY
    order_only: bool = False

    def __post_init__(self):
        Truth().check("order_only", self.order_only)
        columns = same_rows({name: getattr(self, name) for name in COLUMNS})
        for name in ("users", "items"):
            ids = check_ids(f"{name[:-1]}_ids", getattr(self, f"{name[:-1]}_ids"))
            self._keep(f"{name[:-1]}_ids", ids)
            self._keep(name, check_index(name, columns[name], len(ids)))
        if columns["timestamps"].dtype.kind != "M":
            raise ValueError(f"timestamps must be datetime64, got {columns['timestamps'].dtype}")
        self._keep("timestamps", read_times(columns["timestamps"], name="timestamps"))
        values = columns["values"]
        if values.size and values.dtype.kind not in "biuf":
            raise ValueError(f"values must be numbers, got {values.dtype}")
        self._keep("values", values.astype(np.float64, copy=False))
        if not np.isfinite(self.values).all():
            row = int(np.argmin(np.isfinite(self.values)))
            raise ValueError(f"values must be finite, got {self.values[row]} in row {row}")

    def _keep(self, name, array):
        if np.may_share_memory(array, np.asarray(getattr(self, name))):
            own = array.flags.owndata and not array.flags.writeable
            array = array if own else array.copy()  # nobody else may change it
        array.flags.writeable = False
        object.__setattr__(self, name, array)

    @classmethod
    def from_frame(
        cls,
        frame,
        *,
        user="user",
        item="item",
        timestamp="timestamp",
        value=None,
        unit=None,
        tz=None,
        format=None,
        order_only=False,
    ):
        """Interactions from a table, one row an event; ids in order of first appearance.

        frame: a DataFrame, or what speaks Arrow (Polars, DuckDB, pyarrow). `value` names a numeric
        column; without one every event has the value 1. Timestamps are local time: datetimes or
        ISO 8601 text; `unit`, `tz` and `format` read numbers, times with a zone and other text, see
        `read_times`. order_only=True: no timestamps are read, the rows of each user are in order.

        Raises ValueError naming the column or the first bad row: unknown column, empty log, missing
        id, unreadable timestamp or value, ids of mixed type (text 1 and number 1 would be two
        users).

        >>> frame = pd.DataFrame({"user": ["ann", "bo", "ann"], "item": ["tea", "tea", "mug"],
        ...                       "timestamp": ["2026-01-01", "2026-01-02", "2026-01-03"]})
        >>> log = Interactions.from_frame(frame)
        >>> log.users, log.item_ids.tolist()
        (array([0, 1, 0]), ['tea', 'mug'])
        """
        Truth().check("order_only", order_only)
        wanted = [user, item]
        wanted += [] if order_only else [timestamp]
        wanted += [] if value is None else [value]
        columns = table_columns(frame, list(dict.fromkeys(wanted)))
        if not len(columns[user]):
            raise ValueError("the log must have at least 1 row, got 0")
        users, user_ids = dense_ids(columns[user], name=user)
        items, item_ids = dense_ids(columns[item], name=item)
        if order_only:
            times = _positions(users).astype("datetime64[s]")
        else:
            when = columns[timestamp]
            times = read_times(when, name=timestamp, unit=unit, tz=tz, format=format)
            if isinstance(when, pd.Series) and when.dtype == times.dtype:
                times = times.copy()  # else the frame could change it
        values = np.ones(len(users)) if value is None else read_numbers(columns[value], name=value)
        return cls._made(users, items, times, values, user_ids, item_ids, order_only)

    @classmethod
    def _made(cls, users, items, timestamps, values, user_ids, item_ids, order_only):
        """A log of arrays that were made here for it: they are neither copied nor checked."""
        log = object.__new__(cls)
        arrays = (users, items, timestamps, values, user_ids, item_ids)
        for name, array in zip((*COLUMNS, "user_ids", "item_ids"), arrays, strict=True):
            array.flags.writeable = False
            object.__setattr__(log, name, array)
        object.__setattr__(log, "order_only", order_only)
        return log

    @property
    def n_users(self):
        return len(self.user_ids)

    @property
    def n_items(self):
        return len(self.item_ids)

    def __len__(self):
        return len(self.users)

    def __repr__(self):
        span = f", {self.timestamps.min()} to {self.timestamps.max()}" if len(self) else ""
        return (
            f"Interactions({len(self):,} events, {self.n_users:,} users, "
            f"{self.n_items:,} items{', order only' if self.order_only else span})"
        )

    def same_ids(self, other):
        """Whether both logs number the same users and the same items in the same order.

        other: Interactions, or whatever has `user_ids` and `item_ids`. Parts of one log share
        their lists of ids, so that to ask costs nothing.
        """
        return equal_ids(self.user_ids, other.user_ids) and equal_ids(self.item_ids, other.item_ids)

    def check_clock(self, purpose):
        """Raises ValueError, naming `purpose`, if the log knows only the order of events."""
        if self.order_only:
            raise ValueError(f"{purpose} needs times, and this log knows only the order of events")

    def check_users(self, users):
        """Dense user indices (n,) as int64; ValueError, naming the first that is none.

        The indices must be whole numbers from 0 to n_users - 1: no 0.7, no True, no −1. An empty
        list is fine.
        """
        users = np.asarray(users)
        if users.ndim != 1 or (users.size and users.dtype.kind not in "iu"):
            raise ValueError(
                f"users must be (n,) whole numbers, got {users.dtype} of shape {users.shape}"
            )
        return check_index("users", users, self.n_users)

    def select(self, mask):
        """The events where `mask` (n,) is true; users, items and their ids keep their numbers."""
        if isinstance(mask, pd.Series) and not mask.index.equals(pd.RangeIndex(len(self))):
            raise ValueError("mask must have the row numbers of the log as its index, or none")
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != self.users.shape:
            raise ValueError(
                f"mask must be {len(self)} booleans, got {mask.dtype} of shape {mask.shape}"
            )
        rows = np.flatnonzero(mask)
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
            rows = slice(rows[0], rows[-1] + 1)  # neighbours in this log: no copy, no memory
        columns = (getattr(self, name)[rows] for name in COLUMNS)
        return self._made(*columns, self.user_ids, self.item_ids, self.order_only)

    def concat(self, *others):
        """The events of this log, then those of the others, all numbered alike.

        Raises ValueError for a log with other ids, or one of the two kinds, with and without a
        clock, beside the other.
        """
        logs = (self, *others)
        for log in others:
            if not self.same_ids(log):
                raise ValueError("logs must number the same users and items alike: see reindex")
            if log.order_only != self.order_only:
                raise ValueError("a log with times and one that knows only the order do not mix")
        columns = (np.concatenate([getattr(log, name) for log in logs]) for name in COLUMNS)
        return self._made(*columns, self.user_ids, self.item_ids, self.order_only)

    def reindex(self, user_ids, item_ids, *, unknown="raise"):
        """The same events, numbered by other lists of ids: those of another log, or of a model.

        user_ids, item_ids: such as `train.user_ids`, `train.item_ids`. Events of a user or an item
        that stands in no list: an error with unknown="raise", left out with unknown="drop".

        >>> frame = pd.DataFrame({"user": ["bo", "ann"], "item": ["mug", "tea"],
        ...                       "timestamp": ["2026-01-02", "2026-01-01"]})
        >>> log = Interactions.from_frame(frame).reindex(["ann", "bo"], ["tea", "mug", "pot"])
        >>> log.users, log.items, log.n_items
        (array([1, 0]), array([1, 0]), 3)
        """
        Choice(("raise", "drop")).check("unknown", unknown)
        known, numbers, lists = np.ones(len(self), dtype=bool), [], []
        for name, index, mine, theirs in (
            ("user_ids", self.users, self.user_ids, user_ids),
            ("item_ids", self.items, self.item_ids, item_ids),
        ):
            lists.append(check_ids(name, theirs))
            number = pd.Index(lists[-1]).get_indexer(pd.Index(mine))[index]
            absent = number < 0
            if unknown == "raise" and absent.any():
                row = int(np.argmax(absent))
                raise ValueError(
                    f"{name} must hold every id of the log, not {plain(mine[index[row]])} of row "
                    f"{row}; unknown='drop' leaves such events out"
                )
            known &= ~absent
            numbers.append(number.astype(np.int64))
        users, items = (number[known] for number in numbers)
        times, values = self.timestamps[known], self.values[known]
        return self._made(users, items, times, values, *lists, self.order_only)

    def matrix(self, of="count"):
        """(n_users, n_items) scipy CSR array: how many events, or the sum of their values.

        of: "count" or "value". Events of one pair are added up.
        """
        Choice(("count", "value")).check("of", of)
        return self._counts.copy() if of == "count" else self._sums(self.values)

    def rows(self, users):
        """(len(users), n_items) scipy CSR array: how often each of these users took each item.

        The rows of `matrix()` for users (n,) of dense indices, without building it anew.
        """
        return self._counts[self.check_users(users)]

    def last(self, users, length):
        """(len(users), length) item indices: each user's latest events, the latest one last.

        users: (n,) dense indices. A user with fewer events has -1 in front. Equal times keep the
        log's order.

        >>> log = Interactions(np.array([0, 0, 0, 1]), np.array([2, 0, 1, 1]),
        ...     np.array([1, 2, 3, 1], dtype="datetime64[s]"), np.ones(4), list("ab"), list("xyz"))
        >>> log.last([0, 1], 2)
        array([[ 0,  1],
               [-1,  1]])
        """
        length = check_whole("length", length)
        users = self.check_users(users)
        items, ends = self._by_time
        starts = np.concatenate([[0], ends[:-1]])[users]
        at = ends[users][:, None] - np.arange(length, 0, -1)
        found = items[np.maximum(at, 0)] if len(items) else np.zeros_like(at)
        return np.where(at >= starts[:, None], found, -1)

    def of(self, user):
        """The items of one user (dense index), in time order; equal times keep the log's order."""
        user = Whole(0, self.n_users - 1).check("user", user)
        items, ends = self._by_time
        return items[ends[user - 1] if user else 0 : ends[user]]

    def _sums(self, data):
        shape = (self.n_users, self.n_items)
        return sparse.coo_array((data, (self.users, self.items)), shape=shape).tocsr()

    @cached_property
    def _counts(self):
        return self._sums(np.ones(len(self)))

    @cached_property
    def _by_time(self):
        """All items, by user and then time, and where each user's part ends."""
        order = time_order(self.users, self.timestamps)
        return self.items[order], np.cumsum(np.bincount(self.users, minlength=self.n_users))


def check_log(name, log):
    """The log itself; ValueError, naming what was given, if it is no Interactions.

    >>> check_log("train", pd.DataFrame())
    Traceback (most recent call last):
    ValueError: train must be Interactions, got DataFrame: see Interactions.from_frame
    """
    if not isinstance(log, Interactions):
        hint = ": see Interactions.from_frame" if isinstance(log, pd.DataFrame) else ""
        raise ValueError(f"{name} must be Interactions, got {type(log).__name__}{hint}")
    return log


def _positions(users):
    """(n,) whole numbers: how many events of the same user stand before each one."""
    order = np.argsort(users, kind="stable")
    starts = np.cumsum(np.bincount(users)) - np.bincount(users)
    positions = np.empty(len(users), dtype=np.int64)
    positions[order] = np.arange(len(users)) - starts[users[order]]
    return positions
