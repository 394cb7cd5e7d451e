import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from course_lib.checks import CASES, agrees
from course_lib.datasets import load_tiny_shop
from course_lib.interactions import Interactions
from course_lib.split import (
    Split,
    cold_start,
    events_after,
    k_folds,
    leave_last_out,
    relevant_items,
    rolling_origin,
    split_at_random,
    split_by_time,
)

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


def rows(*parts):
    """The row numbers of each part, for a log whose values are its row numbers."""
    return [part.values.astype(int).tolist() for part in parts]


def numbered(users, times, items=None, n_users=None):
    """A log whose values are its row numbers; times in days since 1970."""
    n = len(users)
    return Interactions(
        np.asarray(users, dtype=int),
        np.zeros(n, int) if items is None else np.asarray(items, dtype=int),
        np.asarray(times, dtype="datetime64[D]").astype("datetime64[s]"),
        np.arange(n, dtype=float),
        np.arange(n_users or max(users) + 1),
        np.arange(1 if items is None else max(items) + 1),
    )


logs = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 30), st.integers(0, 4)), min_size=2, max_size=40
).map(lambda events: numbered(*np.array(events).T.tolist()[:2], items=[e[2] for e in events]))


def whole(log, split):
    """Every event of the log stands in exactly one part."""
    parts = rows(split.train, split.validation, split.test)
    return sorted(row for part in parts for row in part) == list(range(len(log)))


# leave-last-out


@pytest.mark.parametrize("case", CASES["split.events_after"])
def test_events_after_by_hand(case):
    assert agrees(events_after(*case.arguments), case.expected, case.tolerance), case


@pytest.mark.parametrize(("users", "times"), [([0, 1], [1]), ([[0]], [[1]])])
def test_events_after_wants_one_time_for_each_event(users, times):
    with pytest.raises(ValueError, match=r"users and timestamps must be \(n,\) of one length"):
        events_after(users, times)


def test_the_tiny_shops_last_events_by_hand():
    shop = load_tiny_shop()
    split = leave_last_out(shop.interactions)
    names = shop.items["item_id"]
    # ada: tea, mug, tea; bo: tea, honey, mug; chen and dia have two events, eli and fay one
    assert names[split.test.items].tolist() == ["mug", "tea"]  # bo on 5 March, ada on 6 March
    assert names[split.validation.items].tolist() == ["mug", "honey"]
    assert len(split.train) == 8


def test_users_with_two_events_stay_in_train():
    log = numbered([0, 0, 1, 1, 1], [1, 2, 1, 2, 3])
    split = leave_last_out(log)
    assert rows(split.train, split.validation, split.test) == [[0, 1, 2], [3], [4]]


def test_equal_times_keep_the_logs_order():
    log = numbered([0, 0, 0, 0], [5, 5, 5, 5])
    split = leave_last_out(log)
    assert rows(split.train, split.validation, split.test) == [[0, 1], [2], [3]]


def test_rows_out_of_time_order_are_put_in_order_first():
    log = numbered([1, 0, 1, 0, 0, 1], [9, 3, 7, 1, 2, 8])
    split = leave_last_out(log)
    assert rows(split.train, split.validation, split.test) == [[2, 3], [4, 5], [0, 1]]


def test_a_log_of_short_histories_has_nothing_to_leave_out():
    with pytest.raises(ValueError, match="no user with 3 events or more"):
        leave_last_out(numbered([0, 0, 1], [1, 2, 3]))


@given(log=logs)
def test_leave_last_out_agrees_with_a_loop_over_users(log):
    """Against the plain definition, written the slow way with Interactions.of's order."""
    test, validation = [], []
    for user in range(log.n_users):
        mine = np.flatnonzero(log.users == user)
        mine = mine[np.argsort(log.timestamps[mine], kind="stable")]
        if len(mine) >= 3:
            validation.append(int(mine[-2]))
            test.append(int(mine[-1]))
    if not test:
        with pytest.raises(ValueError, match="no user with 3 events"):
            leave_last_out(log)
        return
    split = leave_last_out(log)
    assert rows(split.validation, split.test) == [sorted(validation), sorted(test)]
    assert whole(log, split)


# at random


def test_a_random_split_has_the_share_asked_for_and_loses_nothing():
    log = numbered([0] * 200, range(200))
    split = split_at_random(log, 0.23, seed=1)
    assert (len(split.train), len(split.validation), len(split.test)) == (154, 0, 46)
    assert whole(log, split)
    assert rows(split.test) == [sorted(rows(split.test)[0])]  # the log's order stays


def test_the_same_seed_draws_the_same_events_and_another_seed_others():
    log = numbered([0] * 200, range(200))
    drawn = [rows(split_at_random(log, 0.2, seed=seed).test) for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_event_is_drawn_equally_often():
    log = numbered([0, 0, 0, 1, 1], range(5))
    drawn = [rows(split_at_random(log, 0.4, seed=seed).test)[0] for seed in range(500)]
    counts = np.bincount(np.concatenate(drawn), minlength=5)
    assert counts.sum() == 1000
    # 500 draws at 2/5 each: mean 200, standard deviation 11
    assert counts.min() > 155
    assert counts.max() < 245


@pytest.mark.parametrize("share", [0, 1, -0.2, 1.5, float("nan")])
def test_a_share_must_lie_between_0_and_1(share):
    with pytest.raises(ValueError, match="share must be above 0 and below 1, got"):
        split_at_random(LOG, share, seed=0)


@pytest.mark.parametrize(("share", "n_test"), [(0.05, 0), (0.95, 6)])
def test_a_share_may_not_empty_a_part(share, n_test):
    with pytest.raises(ValueError, match=f"at least 1 event, got {n_test} of 6 in test"):
        split_at_random(LOG, share, seed=0)


# users as groups


@given(log=logs, k=st.integers(2, 6), seed=st.integers(0, 9))
def test_each_user_is_in_the_test_of_exactly_one_fold_with_all_events(log, k, seed):
    n_active = len(np.unique(log.users))
    if k > n_active:
        with pytest.raises(ValueError, match=f"with events {n_active}, got {k}"):
            k_folds(log, k, seed)
        return
    folds = k_folds(log, k, seed)
    tested = [np.unique(fold.test.users) for fold in folds]
    assert sorted(np.concatenate(tested)) == np.unique(log.users).tolist()
    assert max(map(len, tested)) - min(map(len, tested)) <= 1
    for fold in folds:
        assert whole(log, fold)
        assert len(fold.validation) == 0
        assert not set(fold.train.users) & set(fold.test.users)


def test_users_without_events_take_no_ones_place_in_a_fold():
    log = numbered([0, 3, 5, 9], range(4), n_users=100)
    assert [len(fold.test) for fold in k_folds(log, 4, seed=0)] == [1, 1, 1, 1]


def test_who_shares_a_fold_depends_on_the_seed_and_on_nothing_else():
    log = numbered(list(range(40)), range(40))
    shuffled = log.select(np.ones(40, bool))
    tests = [[f.test.users.tolist() for f in k_folds(log, 4, seed)] for seed in (0, 0, 1)]
    assert tests[0] == tests[1] != tests[2]
    assert [f.test.users.tolist() for f in k_folds(shuffled, 4, 0)] == tests[0]
    neighbours = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], list(range(0, 40, 4))]
    assert tests[0][0] not in neighbours  # dealt at random, not in the order of the ids


def test_folds_are_like_scikit_learns_group_k_fold():
    log = numbered([0, 0, 1, 1, 2, 2, 3, 3], range(8))
    ours = {frozenset(fold.test.users.tolist()) for fold in k_folds(log, 4, seed=0)}
    theirs = GroupKFold(4).split(log.users, groups=log.users)
    assert ours == {frozenset(log.users[test].tolist()) for _, test in theirs}


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (1, "k must be a whole number of at least 2, got 1"),
        (4, "k must be at most the number of users with events 3, got 4"),
        (2.0, "k must be a whole number of at least 2, got 2.0"),
        (True, "k must be a whole number of at least 2, got True"),
    ],
)
def test_a_bad_number_of_folds_is_named(k, message):
    with pytest.raises(ValueError, match=message):
        k_folds(LOG, k, seed=0)


# rolling origin


def test_the_origin_moves_by_the_length_of_a_period():
    log = numbered([0] * 10, range(10))
    parts = [
        rows(split.train, split.validation, split.test)
        for split in rolling_origin(log, "1970-01-05", periods=3, days=2)
    ]
    assert parts == [
        [[0, 1], [2, 3], [4, 5]],
        [[0, 1, 2, 3], [4, 5], [6, 7]],
        [[0, 1, 2, 3, 4, 5], [6, 7], [8, 9]],
    ]


def test_no_split_knows_anything_from_its_test_on():
    for split in rolling_origin(LOG, "2026-02-01", periods=2, days=28):
        assert split.before_test.timestamps.max() < split.test.timestamps.min()
    assert split.test.timestamps.tolist() == LOG.timestamps[[4, 5]].tolist()


def test_an_event_at_the_very_start_belongs_to_the_later_period():
    log = numbered([0] * 4, [0, 1, 2, 3])
    (split,) = rolling_origin(log, "1970-01-03", periods=1, days=1)
    assert rows(split.train, split.validation, split.test) == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("2026-02-01", 0, 28), "periods must be a whole number of at least 1, got 0"),
        (
            ("2026-02-01", 2, 0),
            "days must be a whole number of at least 1 and at most 36525, got 0",
        ),
        (("2026-02-01", 1, 1.5), "days must be a whole number of at least 1 and .* got 1.5"),
        (("soon", 1, 1), "first_test must be a date such as 2017-11-01, got 'soon'"),
        (("2026-01-05", 1, 7), "train must have at least 1 event, got none before 2025-12-29"),
        (
            ("2026-02-01", 3, 28),
            "test must have at least 1 event, got none from 2026-03-29T00:00:00 until before "
            "2026-04-26",
        ),
    ],
)
def test_bad_periods_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        rolling_origin(LOG, *arguments)


# cold start


def test_cold_users_and_items_of_the_tiny_shop_by_hand():
    split = split_by_time(load_tiny_shop().interactions, "2026-03-05", "2026-03-07")
    # From 7 March on: dia a towel (new), eli (new) a kettle (new), fay (new) a racket (known)
    table = cold_start(split)
    assert table[["test", "cold"]].to_numpy().tolist() == [[3, 2], [3, 2], [3, 3]]
    np.testing.assert_allclose(table["share"], [2 / 3, 2 / 3, 1])


def test_what_validation_knows_is_not_cold():
    log = numbered([0, 1, 1], [0, 1, 2], items=[0, 1, 1])
    split = split_by_time(log, "1970-01-02", "1970-01-03")
    assert cold_start(split)["cold"].tolist() == [0, 0, 0]


def test_an_event_is_cold_when_either_its_user_or_its_item_is_new():
    log = numbered([0, 1, 0, 0], [0, 1, 1, 1], items=[0, 0, 1, 0])
    split = Split(*(log.select(log.timestamps < np.datetime64("1970-01-02")),) * 2, log)
    assert cold_start(split).loc["events"].tolist() == [4, 2, 0.5]


def test_every_user_of_a_fold_is_cold():
    log = numbered([0, 1, 2, 3], range(4), items=[0, 0, 0, 0])
    for fold in k_folds(log, 2, seed=0):
        assert cold_start(fold)["share"].tolist() == [1.0, 0.0, 1.0]


def test_an_empty_test_has_no_share():
    log = numbered([0, 1], [0, 1])
    nothing = log.select(np.zeros(2, bool))
    assert np.isnan(cold_start(Split(log, nothing, nothing))["share"]).all()


def test_repeats_and_first_times_share_the_held_out_items_between_them():
    tiny = load_tiny_shop().interactions
    split = split_by_time(tiny, "2026-03-05", "2026-03-07")
    history = split.before_test
    first = relevant_items(split.test, history).toarray()
    again = relevant_items(split.test, history, exclude_seen=False).toarray()
    for user in range(tiny.n_users):
        held_out, seen = set(split.test.of(user)), set(history.of(user))
        assert set(np.flatnonzero(first[user])) == held_out - seen
        assert set(np.flatnonzero(again[user])) == held_out & seen


def test_nothing_that_is_not_relevant_is_stored():
    tiny = load_tiny_shop().interactions
    assert relevant_items(tiny, tiny).nnz == 0
    assert relevant_items(tiny, tiny, exclude_seen=False).nnz == (tiny.matrix() > 0).sum()


def test_logs_of_different_shops_are_not_compared():
    tiny = load_tiny_shop().interactions
    with pytest.raises(ValueError, match="must number the same users and items alike"):
        relevant_items(tiny, LOG)
