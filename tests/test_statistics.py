"""Expected values: the normal approximation, exact enumeration by hand, and coverage counted."""

import numpy as np
import pytest

from course_lib.statistics import bootstrap_interval, paired_difference


def test_interval_is_close_to_the_textbook_one():
    values = np.random.default_rng(0).normal(10, 2, size=400)
    mean, low, high = bootstrap_interval(values, seed=1)
    half = 1.96 * values.std() / np.sqrt(400)
    assert mean == pytest.approx(values.mean())
    assert low == pytest.approx(values.mean() - half, abs=0.03)
    assert high == pytest.approx(values.mean() + half, abs=0.03)


def test_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(2)
    inside = 0
    for seed in range(200):
        _, low, high = bootstrap_interval(rng.normal(size=60), seed=seed, resamples=300)
        inside += low <= 0 <= high
    assert 180 <= inside <= 198


def test_users_with_nothing_to_measure_are_left_out():
    assert bootstrap_interval([1, 3, np.nan], seed=0).mean == 2


def test_same_seed_same_interval():
    values = np.arange(30.0)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) != bootstrap_interval(values, seed=4)


def test_a_clear_difference_is_clear():
    rng = np.random.default_rng(0)
    b = rng.normal(size=200)
    difference = paired_difference(b + 0.5 + 0.1 * rng.normal(size=200), b, seed=0)
    assert difference.mean == pytest.approx(0.5, abs=0.03)
    assert difference.low > 0.4
    assert difference.p == pytest.approx(1 / 1001)


def test_p_is_the_share_of_sign_flips_at_least_as_extreme():
    # Three differences of 1: all-plus and all-minus of the 8 flips are as extreme, p = 1/4.
    assert paired_difference([2, 3, 4], [1, 2, 3], seed=0, resamples=20_000).p == pytest.approx(
        1 / 4, abs=0.01
    )


def test_no_difference_is_rarely_called_significant():
    rng = np.random.default_rng(5)
    p = [
        paired_difference(rng.normal(size=40), rng.normal(size=40), seed=s, resamples=200).p
        for s in range(100)
    ]
    assert 0 <= np.mean(np.array(p) < 0.05) <= 0.12


def test_pairs_with_a_gap_on_either_side_are_left_out():
    difference = paired_difference([1, 5, np.nan, 3], [0, np.nan, 7, 2], seed=0)
    assert difference[:3] == (1, 1, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "at least 2 values are needed, got 0"),
        ([1, np.nan], "at least 2 values are needed, got 1"),
        ([[1, 2]], r"must be \(n,\), got shape \(1, 2\)"),
    ],
)
def test_too_little_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(values, seed=0)


def test_unpaired_values_are_named():
    with pytest.raises(ValueError, match=r"got \(2,\) and \(3,\)"):
        paired_difference([1, 2], [1, 2, 3], seed=0)
