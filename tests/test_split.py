import numpy as np
import pandas as pd
import pytest

from course_lib.interactions import Interactions
from course_lib.split import split_by_time

DAYS = ["2026-01-01", "2026-01-31 23:59:59", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-09"]
LOG = Interactions.from_frame(
    pd.DataFrame({"user": [1, 2, 1, 2, 1, 3], "item": list("abcabd"), "timestamp": DAYS})
)


def test_each_event_goes_to_the_part_its_time_says():
    split = split_by_time(LOG, "2026-02-01", "2026-03-01")
    assert [part.timestamps.tolist() for part in (split.train, split.validation, split.test)] == [
        LOG.timestamps[rows].tolist() for rows in ([0, 1], [2, 3], [4, 5])
    ]


def test_nothing_is_lost_and_the_numbering_stays():
    split = split_by_time(LOG, "2026-02-01", "2026-03-01")
    together = split.before_test.matrix() + split.test.matrix()
    np.testing.assert_array_equal(together.toarray(), LOG.matrix().toarray())
    assert split.test.item_ids.tolist() == LOG.item_ids.tolist()
    assert split.test.n_users == 3


def test_before_test_is_train_and_validation():
    split = split_by_time(LOG, "2026-02-01", "2026-03-01")
    np.testing.assert_array_equal(
        split.before_test.matrix().toarray(),
        (split.train.matrix() + split.validation.matrix()).toarray(),
    )
    assert split.before_test.timestamps.max() < np.datetime64("2026-03-01")


def test_order_of_the_log_does_not_matter():
    shuffled = LOG.select(np.ones(6, bool))
    order = np.random.default_rng(0).permutation(6)
    shuffled = Interactions(
        LOG.users[order],
        LOG.items[order],
        LOG.timestamps[order],
        LOG.values[order],
        LOG.user_ids,
        LOG.item_ids,
    )
    test = split_by_time(shuffled, "2026-02-01", "2026-03-01").test
    assert sorted(test.timestamps.tolist()) == LOG.timestamps[[4, 5]].tolist()


def test_validation_may_be_empty():
    split = split_by_time(LOG, "2026-02-10", "2026-02-11")
    assert [len(part) for part in (split.train, split.validation, split.test)] == [3, 0, 3]


@pytest.mark.parametrize(
    ("validation_start", "test_start", "message"),
    [
        ("2026-03-01", "2026-02-01", "validation_start must be before test_start, got 2026-03-01"),
        ("2026-02-01", "2026-02-01", "validation_start must be before test_start"),
        ("2025-01-01", "2026-02-01", "train must have at least 1 event, got none before 2025"),
        ("2026-02-01", "2027-01-01", "test must have at least 1 event, got none from 2027"),
        ("soon", "2026-02-01", "validation_start must be a date such as 2017-11-01, got 'soon'"),
        ("2026-02-01", "NaT", "test_start must be a date such as 2017-11-01, got 'NaT'"),
    ],
)
def test_bad_dates_are_named(validation_start, test_start, message):
    with pytest.raises(ValueError, match=message):
        split_by_time(LOG, validation_start, test_start)
