"""Which events a model may learn from, and which ones it is judged on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from course_lib.interactions import Interactions


@dataclass(frozen=True)
class Split:
    """Three logs with the same users and items: learn on train, choose on the next, judge on test.

    before_test (train, then validation) is what is known when the test begins: the history to
    recommend from, and after the last choice the log to fit on once more.
    """

    train: Interactions
    validation: Interactions
    test: Interactions

    @cached_property
    def before_test(self):
        parts = (self.train, self.validation)
        columns = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("users", "items", "timestamps", "values")
        )
        return Interactions(*columns, self.train.user_ids, self.train.item_ids)


def split_by_time(log, validation_start, test_start):
    """Everything before one date is train, until the next validation, from then on test.

    validation_start, test_start: dates or timestamps (anything NumPy reads as datetime64); an
    event at the very start belongs to the later part. No event is lost. Raises ValueError for an
    unreadable date, unless validation_start is before test_start, and when train or test is empty.
    Validation may be empty (no event between the two dates).

    >>> import pandas as pd
    >>> log = Interactions.from_frame(pd.DataFrame({"user": [1, 1, 1], "item": [7, 8, 9],
    ...     "timestamp": ["2026-01-01", "2026-02-01", "2026-03-01"]}))
    >>> split = split_by_time(log, "2026-02-01", "2026-03-01")
    >>> [len(part) for part in (split.train, split.validation, split.test, split.before_test)]
    [1, 1, 1, 2]
    """
    validation_start = _date("validation_start", validation_start)
    test_start = _date("test_start", test_start)
    if validation_start >= test_start:
        raise ValueError(
            f"validation_start must be before test_start, got {validation_start} and {test_start}"
        )
    times = log.timestamps
    split = Split(
        train=log.select(times < validation_start),
        validation=log.select((times >= validation_start) & (times < test_start)),
        test=log.select(times >= test_start),
    )
    for name, part, start in (
        ("train", split.train, f"before {validation_start}"),
        ("test", split.test, f"from {test_start} on"),
    ):
        if not len(part):
            raise ValueError(f"{name} must have at least 1 event, got none {start}")
    return split


def _date(name, value):
    try:
        date = np.datetime64(value, "s")
    except ValueError:
        raise ValueError(f"{name} must be a date such as 2017-11-01, got {value!r}") from None
    if np.isnat(date):
        raise ValueError(f"{name} must be a date such as 2017-11-01, got {value!r}")
    return date
