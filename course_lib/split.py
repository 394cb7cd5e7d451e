"""Which events a model may learn from, and which ones it is judged on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from course_lib.columns import check_index, same_rows, time_order
from course_lib.interactions import Interactions, check_log
from course_lib.parameters import Number, Truth, Whole, check_whole
from course_lib.times import read_moment

LONGEST = 36_525  # days in a century


@dataclass(frozen=True)
class Split:
    """Three logs with the same users and items: learn on train, choose on the next, judge on test.

    before_test (train, then validation) is what is known when the test begins: the history to
    recommend from, and after the last choice the log to fit on once more. Raises ValueError for
    parts that number other users or items: indices of two shops must not meet.
    """

    train: Interactions
    validation: Interactions
    test: Interactions

    def __post_init__(self):
        for name in ("validation", "test"):
            _check_same_ids("train", self.train, name, getattr(self, name))

    @cached_property
    def before_test(self):
        return self.train.concat(self.validation)


def split_by_time(log, validation_start, test_start):
    """Everything before one date is train, until the next validation, from then on test.

    validation_start, test_start: dates or timestamps in the log's local time; an event at the very
    start belongs to the later part. No event is lost. Raises ValueError for a date that is
    unreadable or has a zone, unless validation_start is before test_start, when train or test is
    empty, and for a log without a clock. Validation may be empty (no event between the two dates).

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 1], "item": [7, 8, 9],
    ...     "timestamp": ["2026-01-01", "2026-02-01", "2026-03-01"]}))
    >>> split = split_by_time(log, "2026-02-01", "2026-03-01")
    >>> [len(part) for part in (split.train, split.validation, split.test, split.before_test)]
    [1, 1, 1, 2]
    """
    validation_start = read_moment(validation_start, name="validation_start")
    test_start = read_moment(test_start, name="test_start")
    if validation_start >= test_start:
        raise ValueError(
            f"validation_start must be before test_start, got {validation_start} and {test_start}"
        )
    return _by_time(log, validation_start, test_start, None)


def rolling_origin(log, first_test, periods, days):
    """Split by time again and again: the test is one period, then the next one, and so on.

    Split i has as test the `days` days from first_test + i · days on, as validation the `days`
    days before them, as train everything earlier; what comes after its test is in none of its
    parts. So each test is the future of its own split, and every split but the first one knows
    the test of the split before it (as validation). A day is 24 hours. The last period may reach
    beyond the end of the log; choose dates so that it does not, or it is judged on part of a
    period. Tashman 2000, Out-of-sample tests of forecasting accuracy, Int. J. of Forecasting 16.

    first_test: a date or timestamp; periods, days (of at most a century): whole numbers of at least
    1 → list of `periods` Splits, oldest first. Raises ValueError when a train or a test is empty,
    and for a log without a clock.

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1] * 4, "item": [7, 8, 9, 7],
    ...     "timestamp": ["2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22"]}))
    >>> [(len(s.train), len(s.validation), len(s.test))
    ...     for s in rolling_origin(log, "2026-01-15", periods=2, days=7)]
    [(1, 1, 1), (2, 1, 1)]
    """
    first_test = read_moment(first_test, name="first_test")
    periods = check_whole("periods", periods)
    length = np.timedelta64(Whole(1, LONGEST).check("days", days), "D")
    starts = (first_test + i * length for i in range(periods))
    return [_by_time(log, start - length, start, start + length) for start in starts]


def leave_last_out(log):
    """Each user's last event is test, the one before it validation, the rest train.

    Users with fewer than three events stay in train as a whole. Events at the same time keep the
    log's order: the later row is the later event. No event is lost. It is each user's own future
    that is held out, not the shop's: train has events of other users that happened after a test
    event. Raises ValueError when no user has three events.

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 1, 2], "item": [7, 8, 9, 7],
    ...     "timestamp": ["2026-01-03", "2026-01-01", "2026-01-02", "2026-01-09"]}))
    >>> split = leave_last_out(log)
    >>> [part.items.tolist() for part in (split.train, split.validation, split.test)]
    [[1, 0], [2], [0]]
    """
    check_log("log", log)
    after = events_after(log.users, log.timestamps)
    enough = np.bincount(log.users, minlength=log.n_users)[log.users] >= 3
    if not enough.any():
        raise ValueError("test must have at least 1 event, got no user with 3 events or more")
    return Split(
        train=log.select(~enough | (after > 1)),
        validation=log.select(enough & (after == 1)),
        test=log.select(enough & (after == 0)),
    )


def events_after(users, timestamps):
    """How many of the same user's events come after each one: 0 for the last, 1 for the one before.

    users: (n,) whole numbers from 0; timestamps: (n,) anything that sorts → (n,) whole numbers.
    At equal times the later row counts as the later event. Two Series must have one index.

    >>> events_after([0, 1, 0, 0], [5, 1, 9, 9])
    array([2, 0, 1, 0])
    """
    columns = same_rows({"users": users, "timestamps": timestamps})
    users, timestamps = check_index("users", columns["users"]), columns["timestamps"]
    order = time_order(users, timestamps)
    ends = np.cumsum(np.bincount(users))  # one past each user's last place in that order
    after = np.empty(len(users), dtype=np.int64)
    after[order] = ends[users[order]] - 1 - np.arange(len(users))
    return after


def split_at_random(log, share, seed):
    """A random share of the events is test, the rest train, validation is empty.

    The test has round(share · events) of them, drawn without regard to user or time. Almost every
    test event then has a future in train: such a test flatters whatever can use it. It is here to
    be compared with. For a validation part, split train once more.

    share: above 0 and below 1. Raises ValueError for another share, or one so small or large that
    test or train is empty.

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 2, 3, 4], "item": [7, 7, 8, 8],
    ...     "timestamp": ["2026-01-01"] * 4}))
    >>> split = split_at_random(log, 0.25, seed=0)
    >>> len(split.train), len(split.validation), len(split.test)
    (3, 0, 1)
    """
    Number(above=0, below=1).check("share", share)
    seed = check_whole("seed", seed, 0)
    check_log("log", log)
    n_test = round(share * len(log))
    if not 0 < n_test < len(log):
        raise ValueError(
            f"train and test must have at least 1 event, got {n_test} of {len(log)} in test"
        )
    in_test = np.zeros(len(log), dtype=bool)
    in_test[np.random.default_rng(seed).permutation(len(log))[:n_test]] = True
    return _without_validation(log, in_test)


def k_folds(log, k, seed):
    """Users as groups: each user is in the test of exactly one of k splits, with all their events.

    Users are dealt to the folds at random, so that folds differ by at most one user (users without
    an event are not dealt). Train has all events of the other users, at all times; validation is
    empty. The question answered is "what about users the model has never met?", not "what about
    next month?". All k splits together hold k copies of the log.

    k: from 2 to the number of users with an event → list of k Splits. Raises ValueError otherwise.

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 2, 3], "item": [7, 8, 7, 8],
    ...     "timestamp": ["2026-01-01"] * 4}))
    >>> folds = k_folds(log, 3, seed=0)
    >>> sorted(fold.test.users.tolist() for fold in folds)
    [[0, 0], [1], [2]]
    """
    check_log("log", log)
    active = np.flatnonzero(np.bincount(log.users, minlength=log.n_users))
    k, seed = check_whole("k", k, 2), check_whole("seed", seed, 0)
    if k > len(active):
        raise ValueError(
            f"k must be at most the number of users with events {len(active)}, got {k}"
        )
    fold_of = np.full(log.n_users, -1)
    fold_of[active] = np.random.default_rng(seed).permutation(np.arange(len(active)) % k)
    fold = fold_of[log.users]
    return [_without_validation(log, fold == i) for i in range(k)]


def cold_start(split):
    """How much of the test is about users and items that have no event before it.

    Returns a DataFrame with a row each for users, items and events, and the columns test (how many
    are in the test), cold (how many of them are new; an event is cold when its user or its item
    is) and share (cold / test; NaN for an empty test). No model can know a cold user's taste or a
    cold item's buyers: report them beside the score, and never drop them without a word.

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 2, 1, 2], "item": [7, 7, 7, 8],
    ...     "timestamp": ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]}))
    >>> cold_start(split_by_time(log, "2026-01-02", "2026-01-03"))
            test  cold  share
    users      2     0    0.0
    items      2     1    0.5
    events     2     1    0.5
    """
    test, parts = split.test, (split.train, split.validation)
    cold_user = np.ones(test.n_users, dtype=bool)
    cold_item = np.ones(test.n_items, dtype=bool)
    for part in parts:
        cold_user[part.users] = False
        cold_item[part.items] = False
    users, items = (np.flatnonzero(np.bincount(index)) for index in (test.users, test.items))
    cold_event = cold_user[test.users] | cold_item[test.items]
    table = pd.DataFrame(
        {
            "test": [len(users), len(items), len(test)],
            "cold": [cold_user[users].sum(), cold_item[items].sum(), cold_event.sum()],
        },
        index=["users", "items", "events"],
    )
    return table.assign(share=table["cold"] / table["test"])


def relevant_items(held_out, history, *, exclude_seen=True):
    """What a recommendation must find: first-time purchases, or repeats, of the held-out time.

    held_out, history: Interactions of the same users and items → (n_users, n_items) boolean CSR
    array. exclude_seen=True, the task *discover*: held-out items that are not in the user's
    history. exclude_seen=False, *replenish*: those that are. Together they are all held-out items.
    Raises ValueError when the two logs number other users or items.

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 1], "item": [7, 7, 8],
    ...     "timestamp": ["2026-01-01", "2026-02-01", "2026-02-01"]}))
    >>> split = split_by_time(log, "2026-01-15", "2026-02-01")
    >>> relevant_items(split.test, split.train).toarray()
    array([[False,  True]])
    >>> relevant_items(split.test, split.train, exclude_seen=False).toarray()
    array([[ True, False]])
    """
    Truth().check("exclude_seen", exclude_seen)
    _check_same_ids("held_out", held_out, "history", history)
    held_out, seen = held_out.matrix() > 0, history.matrix() > 0
    again = held_out.multiply(seen)
    relevant = sparse.csr_array(held_out > again if exclude_seen else again)
    relevant.eliminate_zeros()
    return relevant


def _by_time(log, validation_start, test_start, test_end):
    check_log("log", log).check_clock("a split by time")
    times = log.timestamps
    before, until = times < validation_start, times < test_start
    in_test = ~until if test_end is None else ~until & (times < test_end)
    split = Split(log.select(before), log.select(until & ~before), log.select(in_test))
    end = "on" if test_end is None else f"until before {test_end}"
    for name, part, when in (
        ("train", split.train, f"before {validation_start}"),
        ("test", split.test, f"from {test_start} {end}"),
    ):
        if not len(part):
            raise ValueError(f"{name} must have at least 1 event, got none {when}")
    return split


def _without_validation(log, in_test):
    nothing = np.zeros(len(log), dtype=bool)
    return Split(log.select(~in_test), log.select(nothing), log.select(in_test))


def _check_same_ids(name, log, other_name, other):
    if not check_log(name, log).same_ids(check_log(other_name, other)):
        raise ValueError(
            f"{name} and {other_name} must number the same users and items alike, and do not: "
            f"see Interactions.reindex"
        )
