"""A shop's log as four arrays: who, what, when, how much."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Interactions:
    """One row an event, in the order given; users and items are dense indices into their ids.

    users, items: (n,) whole numbers from 0; timestamps: (n,) datetime64; values: (n,) float, in
    the log's own unit (dollars, stars, 1 for "it happened"); user_ids: (n_users,) and item_ids:
    (n_items,) say what each index stands for. A user or item without an event keeps its place,
    so that matrices of train and test line up. Raises ValueError when lengths differ, an index
    has no id, an id stands twice, a timestamp is missing, or a value is not finite.
    """

    users: np.ndarray
    items: np.ndarray
    timestamps: np.ndarray
    values: np.ndarray
    user_ids: np.ndarray
    item_ids: np.ndarray

    def __post_init__(self):
        for name in ("users", "items", "timestamps", "values", "user_ids", "item_ids"):
            array = np.array(getattr(self, name))  # a copy: nobody else may change it
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        columns = (self.users, self.items, self.timestamps, self.values)
        if {column.shape for column in columns} != {(len(self.users),)}:
            raise ValueError(
                "users, items, timestamps and values must be (n,) of one length, "
                f"got {', '.join(str(column.shape) for column in columns)}"
            )
        _check_index("users", self.users, self.user_ids)
        _check_index("items", self.items, self.item_ids)
        if not np.issubdtype(self.timestamps.dtype, np.datetime64):
            raise ValueError(f"timestamps must be datetime64, got {self.timestamps.dtype}")
        if np.isnat(self.timestamps).any():
            raise ValueError(f"row {np.flatnonzero(np.isnat(self.timestamps))[0]} has no timestamp")
        if not np.isfinite(self.values).all():
            row = np.flatnonzero(~np.isfinite(self.values))[0]
            raise ValueError(f"values must be finite, got {self.values[row]} in row {row}")

    @classmethod
    def from_frame(cls, frame, *, user="user", item="item", timestamp="timestamp", value=None):
        """Interactions from a DataFrame, one row an event; ids in order of first appearance.

        `value` names a numeric column; without one every event has the value 1. Timestamps are
        datetimes, ISO 8601 text, or text in one other format that pandas recognises; seconds
        since 1970 must be converted first (`pd.to_datetime(column, unit="s")`), a bare number
        could mean anything. Raises ValueError naming the column or the first bad row: unknown
        column, empty log, missing id, unreadable timestamp or value, ids of mixed type (text 1
        and number 1 would be two users).

        >>> frame = pd.DataFrame({"user": ["ann", "bo", "ann"], "item": ["tea", "tea", "mug"],
        ...                       "timestamp": ["2026-01-01", "2026-01-02", "2026-01-03"]})
        >>> log = Interactions.from_frame(frame)
        >>> log.users, log.item_ids.tolist()
        (array([0, 1, 0]), ['tea', 'mug'])
        """
        wanted = [name for name in (user, item, timestamp, value) if name is not None]
        for name in wanted:
            if name not in frame.columns:
                raise ValueError(f"no column {name!r}; there are {', '.join(map(str, frame))}")
        if frame.empty:
            raise ValueError("the log must have at least 1 row, got 0")
        users, user_ids = _dense(frame[user], user)
        items, item_ids = _dense(frame[item], item)
        times = _readable(frame[timestamp], _to_datetime, timestamp)
        if getattr(times.dtype, "tz", None) is not None:
            raise ValueError(f"{timestamp!r} must be local time without a zone, got {times.dtype}")
        if value is None:
            values = np.ones(len(frame))
        else:
            values = _readable(frame[value], pd.to_numeric, value).to_numpy(np.float64)
        return cls(users, items, times.to_numpy("datetime64[s]"), values, user_ids, item_ids)

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
            f"{self.n_items:,} items{span})"
        )

    def select(self, mask):
        """The events where `mask` (n,) is true; users, items and their ids keep their numbers."""
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != self.users.shape:
            raise ValueError(
                f"mask must be {len(self)} booleans, got {mask.dtype} of shape {mask.shape}"
            )
        return Interactions(
            self.users[mask],
            self.items[mask],
            self.timestamps[mask],
            self.values[mask],
            self.user_ids,
            self.item_ids,
        )

    def matrix(self, of="count"):
        """(n_users, n_items) scipy CSR array: how many events, or the sum of their values.

        of: "count" or "value". Events of one pair are added up.
        """
        if of not in ("count", "value"):
            raise ValueError(f"of must be 'count' or 'value', got {of!r}")
        if of == "count":
            return self._counts.copy()
        return self._sums(self.values.astype(np.float64))

    def rows(self, users):
        """(len(users), n_items) scipy CSR array: how often each of these users took each item.

        The rows of `matrix()` for users (n,) of dense indices, without building it anew.
        """
        return self._counts[self._checked(users)]

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
        if length < 1:
            raise ValueError(f"length must be at least 1, got {length}")
        users = self._checked(users)
        items, ends = self._by_time
        starts = np.concatenate([[0], ends[:-1]])[users]
        places = ends[users][:, None] - np.arange(length, 0, -1)
        found = items[np.maximum(places, 0)] if len(items) else np.zeros_like(places)
        return np.where(places >= starts[:, None], found, -1)

    def of(self, user):
        """The items of one user (dense index), in time order; equal times keep the log's order."""
        if not 0 <= user < self.n_users:
            raise ValueError(f"user must lie in 0..{self.n_users - 1}, got {user}")
        items, ends = self._by_time
        return items[ends[user - 1] if user else 0 : ends[user]]

    def _checked(self, users):
        users = np.asarray(users, dtype=np.int64)
        outside = users[(users < 0) | (users >= self.n_users)]
        if outside.size:
            raise ValueError(f"users must lie in 0..{self.n_users - 1}, got {outside[0]}")
        return users

    def _sums(self, data):
        shape = (self.n_users, self.n_items)
        return sparse.coo_array((data, (self.users, self.items)), shape=shape).tocsr()

    @cached_property
    def _counts(self):
        return self._sums(np.ones(len(self)))

    @cached_property
    def _by_time(self):
        """All items, by user and then time, and where each user's part ends."""
        order = np.lexsort((self.timestamps, self.users))  # stable: ties keep the log's order
        return self.items[order], np.cumsum(np.bincount(self.users, minlength=self.n_users))


def _check_index(name, index, ids):
    if index.size and not np.issubdtype(index.dtype, np.integer):
        raise ValueError(f"{name} must be whole numbers, got {index.dtype}")
    if index.size and not (index.min() >= 0 and index.max() < len(ids)):
        bad = index[(index < 0) | (index >= len(ids))][0]
        raise ValueError(f"{name} must lie in 0..{len(ids) - 1}, got {bad}")
    repeated = pd.Index(ids)[pd.Index(ids).duplicated()]
    if len(repeated):
        raise ValueError(f"each id of {name} must stand once, got {_plain(repeated[0])} twice")


def _dense(column, name):
    missing = np.flatnonzero(column.isna())
    if missing.size:
        raise ValueError(f"{name!r} must not be missing, row {missing[0]} is")
    if column.dtype == object and column.map(type).nunique() > 1:
        kinds = sorted({kind.__name__ for kind in column.map(type)})
        raise ValueError(f"ids in {name!r} must be of one type, got {' and '.join(kinds)}")
    index, ids = pd.factorize(column)
    return index, np.asarray(ids)


def _to_datetime(column, errors):
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(pd.NaT, index=column.index)
    iso = pd.to_datetime(column, errors=errors, format="ISO8601")
    if not iso.isna().any():
        return iso
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # so pandas announces that it would guess
        try:
            return pd.to_datetime(column, errors=errors)
        except UserWarning:
            return iso


def _readable(column, convert, name):
    read = convert(column, errors="coerce")
    bad = np.flatnonzero(read.isna())
    if bad.size:
        raise ValueError(f"cannot read {_plain(column.iloc[bad[0]])} in {name!r}, row {bad[0]}")
    return read


def _plain(value):
    return repr(value.item() if isinstance(value, np.generic) else value)  # 3, not np.int64(3)
