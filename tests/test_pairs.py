"""Pairs of a log and draws of what is absent."""

import numpy as np
import pytest
from logs import log

from course_lib.models.pairs import Pairs


def test_repeats_of_a_pair_count_once():
    pairs = Pairs(log([1, 0, 1, 1], [2, 0, 2, 1]))
    assert sorted(zip(pairs.users, pairs.items, strict=True)) == [(0, 0), (1, 1), (1, 2)]


def test_drawn_items_are_absent_and_all_absent_ones_are_drawn():
    pairs = Pairs(log([0, 0, 1], [0, 2, 1], n_items=4))
    drawn = pairs.draw_absent(np.repeat([0, 1], 3000), np.random.default_rng(0)).reshape(2, -1)
    assert np.unique(drawn[0]).tolist() == [1, 3]
    assert np.unique(drawn[1]).tolist() == [0, 2, 3]
    assert np.bincount(drawn[1]) / 3000 == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=0.04)


def test_popular_items_are_drawn_in_proportion():
    """Items 0 to 2 have 4, 1 and 0 users; user 5 has item 3 alone."""
    pairs = Pairs(log([0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 1, 3]), popularity=1.0)
    drawn = pairs.draw_absent(np.full(5000, 5), np.random.default_rng(0))
    assert np.bincount(drawn, minlength=4) / 5000 == pytest.approx([0.8, 0.2, 0, 0], abs=0.03)
    half = Pairs(log([0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 1, 3]), popularity=0.5)
    drawn = half.draw_absent(np.full(5000, 5), np.random.default_rng(0))
    assert np.bincount(drawn, minlength=4) / 5000 == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=0.03)


def test_who_has_everything_draws_nothing():
    pairs = Pairs(log([0, 0, 1], [0, 1, 1]))
    drawn = pairs.draw_absent(np.array([0, 1, 0]), np.random.default_rng(0))
    assert drawn.tolist() == [-1, 0, -1]
