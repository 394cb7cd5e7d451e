import logs as small
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from course_lib.checks import CASES, agrees
from course_lib.columns import time_order
from course_lib.datasets import load_tiny_shop
from course_lib.features import co_purchase, recency_frequency_spend
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
    test = split_by_time(small.shuffled(LOG), "2026-02-01", "2026-03-01").test
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
        (20260201, "2026-03-01", "validation_start must be .* got 20260201: a bare number"),
        ("2026-02-01", "03/02/2026", "test_start must be .* day and month could change places"),
        ("2026-02-01", pd.Timestamp("2026-03-01", tz="Asia/Tokyo"), "test_start .* it has a zone"),
        ("2026-02-01", "2026-03-01T00:00Z", "test_start must be a date .* it has a zone"),
        ("2026-02-01", None, "test_start must be a date such as 2017-11-01, got None"),
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
    items = np.zeros(len(users)) if items is None else items
    seconds = 86_400 * np.asarray(times)
    return small.log(users, items, np.arange(len(users)), n_users=n_users, times=seconds)


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
    with pytest.raises(ValueError, match=r"share must be (finite and )?above 0 and below 1, got"):
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


def test_equal_sizes_are_not_enough_to_compare_two_logs():
    """ann's tea and bo's mug, then bo's tea and ann's mug: read apart, both are (0, 0), (1, 1)."""
    times = ["2026-01-01", "2026-01-02"]
    frame = pd.DataFrame({"user": ["ann", "bo"], "item": ["tea", "mug"], "timestamp": times})
    first = Interactions.from_frame(frame)
    second = Interactions.from_frame(frame.assign(user=["bo", "ann"]))
    with pytest.raises(ValueError, match="held_out and history must number the same users and"):
        relevant_items(second, first)
    for parts in ((first, second, first), (first, first, second)):
        with pytest.raises(ValueError, match=r"train and (validation|test) must number the same"):
            Split(*parts)
    again = relevant_items(
        second.reindex(first.user_ids, first.item_ids), first, exclude_seen=False
    )
    assert again.nnz == 0  # nobody repeated anything


# no clock


def test_a_log_without_a_clock_is_not_split_by_time():
    frame = pd.DataFrame({"user": [1, 1, 1, 2], "item": [5, 6, 7, 5]})
    log = Interactions.from_frame(frame, order_only=True)
    for cut in (
        lambda: split_by_time(log, "1970-01-01", "1970-01-02"),
        lambda: rolling_origin(log, "1970-01-02", periods=1, days=1),
    ):
        with pytest.raises(
            ValueError, match="a split by time needs times, and this log knows only"
        ):
            cut()
    split = leave_last_out(log)
    assert [part.items.tolist() for part in (split.validation, split.test)] == [[1], [2]]
    assert split.before_test.order_only
    assert all(fold.test.order_only for fold in k_folds(log, 2, seed=0))


# strangers' tables


def parts_of(split):
    """What each part holds, whatever the numbering and the order of rows."""
    return [
        sorted(zip(part.user_ids[part.users], part.item_ids[part.items], part.values, strict=True))
        for part in (split.train, split.validation, split.test)
    ]


def outcome(split, *arguments):
    """The parts, or the error's text: a log may be too short for a split."""
    try:
        return parts_of(split(*arguments))
    except ValueError as error:
        return str(error)


SPLITS = (
    (leave_last_out,),
    (split_by_time, "2026-01-01 00:00:30", "2026-01-05"),
    (split_by_time, pd.Timestamp("2026-01-02"), np.datetime64("2026-01-05")),
)


@settings(max_examples=50, derandomize=True)
@given(events=small.events(distinct_times=True), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_no_split(events, seed):
    frame = small.dressed(events, user="text")
    other = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    log, shuffled = (Interactions.from_frame(f, value="value") for f in (frame, other))
    for split, *arguments in SPLITS:
        assert outcome(split, log, *arguments) == outcome(split, shuffled, *arguments)


@settings(max_examples=50, derandomize=True)
@given(events=small.events(), clothes=small.clothes())
def test_clothes_change_no_split(events, clothes):
    log = Interactions.from_frame(small.dressed(events), value="value")
    other = Interactions.from_frame(small.dressed(events, **clothes), value="value")
    other = Interactions(
        other.users, other.items, other.timestamps, other.values, *((log.user_ids, log.item_ids))
    )  # their clothes are compared in test_interactions
    for split, *arguments in (*SPLITS, (split_at_random, 0.3, 0)):
        assert outcome(split, log, *arguments) == outcome(split, other, *arguments)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "a", True])
def test_a_bad_seed_is_named(seed):
    for draw in (lambda: split_at_random(LOG, 0.5, seed), lambda: k_folds(LOG, 2, seed)):
        with pytest.raises(ValueError, match="seed must be a whole number of at least 0, got"):
            draw()


def test_two_series_are_not_paired_by_place():
    users, times = pd.Series([0, 0, 0]), pd.Series([5, 9, 7], index=[2, 1, 0])
    with pytest.raises(ValueError, match="users and timestamps must have the same index"):
        events_after(users, times)
    assert events_after(users, times.to_numpy()).tolist() == [2, 0, 1]


def test_small_unsigned_users_count_as_whole_numbers():
    users = np.array([0, 255, 0], dtype=np.uint8)
    assert events_after(users, [1, 2, 3]).tolist() == [1, 0, 0]
    for bad in ([0.5, 1], [True, False], [-1, 0]):
        with pytest.raises(ValueError, match="users must"):
            events_after(bad, [1, 2])


@settings(max_examples=50, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 70_000), st.integers(-(2**40), 2**40)), max_size=30),
    st.sampled_from(["M8[s]", "M8[us]", "int64", "float64", "int8", "object"]),
)
def test_rows_come_by_user_and_time_as_numpy_orders_them(events, dtype):
    users = np.array([user for user, _ in events], dtype=np.int64)
    times = np.array([time for _, time in events], dtype=np.int64)
    times = times.astype("int8" if dtype == "int8" else dtype)
    for order in (slice(None), np.argsort(times, kind="stable")):
        expected = np.lexsort((times[order], users[order]))
        assert time_order(users[order], times[order]).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "split",
    [
        lambda log: split_by_time(log, "2026-02-01", "2026-03-01"),
        lambda log: rolling_origin(log, "2026-03-01", 1, 7),
        leave_last_out,
        lambda log: split_at_random(log, 0.5, seed=0),
        lambda log: k_folds(log, 2, seed=0),
        lambda log: recency_frequency_spend(log, "2026-03-01"),
        co_purchase,
    ],
)
def test_a_table_is_no_log_yet(split):
    frame = pd.DataFrame({"user": [1], "item": [2], "timestamp": ["2026-01-01"]})
    message = "log must be Interactions, got DataFrame: see Interactions.from_frame"
    with pytest.raises(ValueError, match=message):
        split(frame)


@pytest.mark.parametrize(("held_out", "history"), [(None, LOG), (LOG, None)])
def test_what_is_to_be_found_needs_two_logs(held_out, history):
    name = "held_out" if held_out is None else "history"
    with pytest.raises(ValueError, match=f"{name} must be Interactions, got NoneType"):
        relevant_items(held_out, history)
