"""Histories cut, padded and drawn from; worked out by hand. Nothing here needs Keras."""

import numpy as np
import pytest
from logs import log_of

from course_lib.models.histories import Baskets, windows, with_padding


def test_padding_goes_behind_the_events():
    rows, lengths = with_padding([[-1, -1, -1], [-1, 4, 0], [2, 1, 3]])
    assert rows.tolist() == [[0, 0, 0], [5, 1, 0], [3, 2, 4]]
    assert lengths.tolist() == [0, 2, 3]
    with pytest.raises(ValueError, match="-1 in front"):
        with_padding([[0, -1, 4]])  # item 0 is one, too
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


def test_every_user_has_baskets():
    log = log_of([[0], [1, 2, 3]], 4, times=[[0], [0, 0, 1]])
    items, targets = Baskets(log).draw(np.random.default_rng(0))
    assert (sorted(items), targets.tolist()) == ([1, 2], [3, 3])


def test_the_horizon_says_how_far_ahead_the_target_may_be():
    log = log_of([[0, 1, 2, 3, 4, 5], [6]], 7, times=[[0, 1, 1, 2, 3, 4], [0]])
    rng = np.random.default_rng(0)
    for horizon, expected in ((1, {1, 2}), (2, {1, 2, 3}), (9, {1, 2, 3, 4, 5})):
        drawn = {Baskets(log, horizon=horizon).draw(rng)[1][0] for _ in range(100)}
        assert drawn == expected
    later = [Baskets(log, horizon=None).draw(rng)[1] for _ in range(400)]
    assert {targets[4] for targets in later} == {5}
    assert np.bincount([targets[0] for targets in later], minlength=7)[1:6].min() > 50


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


def test_a_history_that_fits_is_not_cut():
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert windows(np.array([3, 2]), 3, rng)[1].tolist() == [3, 2]
