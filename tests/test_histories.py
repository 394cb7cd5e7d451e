"""Histories cut, padded and drawn from; worked out by hand. Nothing here needs Keras."""

import numpy as np
import pytest
from logs import log_of

from course_lib.models.histories import Baskets, fading, latest, windows, with_padding


def test_padding_goes_behind_the_events():
    rows, lengths = with_padding([[-1, -1, -1], [-1, 4, 0], [2, 1, 3]])
    assert rows.tolist() == [[0, 0, 0], [5, 1, 0], [3, 2, 4]]
    assert lengths.tolist() == [0, 2, 3]
    with pytest.raises(ValueError, match="-1 in front"):
        with_padding([[4, -1, 0]])
    with pytest.raises(ValueError, match="whole numbers"):
        with_padding([[0.5]])


def test_the_target_is_the_next_event_where_times_differ():
    log = log_of([[3, 1, 4, 1], [5], [2, 6]], 7)
    items, targets = Baskets(log).draw(np.random.default_rng(0))
    assert items.tolist() == [3, 1, 4, 2]
    assert targets.tolist() == [1, 4, 1, 6]


def test_the_target_is_an_item_of_the_next_basket():
    log = log_of([[0, 1, 2, 3, 4, 5]], 6, times=[[0, 0, 0, 1, 1, 2]])
    baskets, rng = Baskets(log), np.random.default_rng(0)
    firsts, targets = [], []
    for _ in range(200):
        items, following = baskets.draw(rng)
        assert sorted(items[:3]) == [0, 1, 2] and sorted(items[3:]) == [3, 4]
        assert set(following[:3]) <= {3, 4} and set(following[3:]) == {5}
        firsts.append(items[0])
        targets += following[:3].tolist()
    assert set(firsts) == {0, 1, 2}  # the order within a basket is shuffled
    assert 240 < targets.count(3) < 360  # 300 of 600 expected


def test_the_horizon_says_how_far_ahead_the_target_may_be():
    log = log_of([[0, 1, 2, 3, 4, 5], [6]], 7, times=[[0, 1, 1, 2, 3, 4], [0]])
    rng = np.random.default_rng(0)
    for horizon, expected in ((1, {1, 2}), (2, {1, 2, 3}), (9, {1, 2, 3, 4, 5})):
        drawn = {Baskets(log, horizon=horizon).draw(rng)[1][0] for _ in range(100)}
        assert drawn == expected
    later = [Baskets(log, horizon=None).draw(rng)[1] for _ in range(400)]
    assert {targets[4] for targets in later} == {5}
    assert np.bincount([targets[0] for targets in later], minlength=7)[1:6].min() > 50


BASKETS = log_of([[5, 0, 1, 2, 3], [4, 6], []], 7, times=[[0, 1, 1, 1, 1], [0, 1]])


def test_the_lines_of_a_basket_are_read_in_an_order_drawn_by_seed():
    rows = np.array([latest(BASKETS, [1, 0, 2], 6, seed) for seed in range(300)])
    assert (rows[:, 0] == [-1, -1, -1, -1, 4, 6]).all()
    assert (rows[:, 1, :2] == [-1, 5]).all()
    assert (np.sort(rows[:, 1, 2:]) == [0, 1, 2, 3]).all()
    assert (rows[:, 2] == -1).all()
    last = np.bincount(rows[:, 1, -1])
    assert last.min() > 50  # 75 expected of each
    assert latest(BASKETS, [0], 2, 5).tolist() == rows[5, 1:2, 4:].tolist()


def test_any_order_of_rows_gives_the_same_histories():
    order = np.random.default_rng(0).permutation(7)
    columns = (getattr(BASKETS, name)[order] for name in ("users", "items", "timestamps", "values"))
    turned = type(BASKETS)(*columns, BASKETS.user_ids, BASKETS.item_ids)
    for seed in range(9):
        found = latest(turned, [0, 1, 2], 4, seed)
        assert found.tolist() == latest(BASKETS, [0, 1, 2], 4, seed).tolist()
    draws = [Baskets(log).draw(np.random.default_rng(0))[0].tolist() for log in (BASKETS, turned)]
    assert draws[0] == draws[1]


def test_the_same_basket_at_another_time_has_another_order():
    """Else one product would be the last of all baskets that hold it."""
    weekly = log_of([[0, 1] * 50], 2, times=[np.repeat(np.arange(50), 2)])
    last = latest(weekly, [0], 100, 0)[0, 1::2]
    assert 10 < last.sum() < 40


def test_the_order_hangs_on_the_users_own_events_only():
    alone = BASKETS.select(BASKETS.users == 0)
    assert latest(alone, [0], 5, 3).tolist() == latest(BASKETS, [0], 5, 3).tolist()


def test_where_all_times_differ_it_is_the_log_itself():
    log = log_of([[3, 1, 4, 1], [5], []], 7)
    for length in (1, 3, 6):
        assert latest(log, [2, 0, 1], length, 7).tolist() == log.last([2, 0, 1], length).tolist()


def test_baskets_fade():
    # user 0: {5}, then {0, 1, 2, 3}; user 1: {4}, then {6}
    found = fading(BASKETS, [1, 2, 0, 1], 2, 0.5).toarray()
    assert found[0].tolist() == found[3].tolist() == [0, 0, 0, 0, 0.5, 0, 1]
    assert found[1].tolist() == [0] * 7
    assert found[2].tolist() == [0.25, 0.25, 0.25, 0.25, 0, 0.5, 0]
    assert fading(BASKETS, [0], 1, 0.5).toarray()[0, 5] == 0
    twice = log_of([[2, 2, 1]], 3, times=[[0, 0, 0]])
    np.testing.assert_allclose(fading(twice, [0], 1, 1.0).toarray(), [[0, 1 / 3, 2 / 3]])


@pytest.mark.parametrize("length", [1, 3, 50])
def test_windows_cover_every_event_once(length):
    counts, rng = np.array([0, 7, 3, 1, 0, 50]), np.random.default_rng(0)
    owner = np.repeat(np.arange(6), counts)
    for source in (None, rng, rng, rng):
        starts, sizes = windows(counts, length, source)
        covered = np.concatenate([np.arange(a, a + n) for a, n in zip(starts, sizes, strict=True)])
        assert covered.tolist() == list(range(61))
        assert sizes.max() <= length and sizes.min() >= 1
        for start, size in zip(starts, sizes, strict=True):
            assert len(set(owner[start : start + size])) == 1
