"""Expected values: the normal approximation, exact enumeration by hand, and coverage counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.statistics import bootstrap_interval, holm, paired_difference, share_interval


def test_interval_is_close_to_the_textbook_one():
    values = np.random.default_rng(0).normal(10, 2, size=400)
    mean, low, high = bootstrap_interval(values, seed=1)
    half = 1.96 * values.std() / np.sqrt(400)
    assert mean == pytest.approx(values.mean())
    assert low == pytest.approx(values.mean() - half, abs=0.03)
    assert high == pytest.approx(values.mean() + half, abs=0.03)


def test_interval_of_hits_and_misses_is_close_to_the_textbook_one():
    mean, low, high = bootstrap_interval([0, 1, 1, 1] * 100, seed=1)
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert (mean, low, high) == pytest.approx((0.75, 0.75 - half, 0.75 + half), abs=0.005)


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


USERS = ["ann", "bo", "cy", "dee"]


def test_series_are_paired_by_label():
    a = pd.Series([1.0, 5.0, 3.0, 8.0], index=USERS)
    b = pd.Series([7.5, 2.0, 4.0, 0.5], index=["dee", "cy", "bo", "ann"])
    right = paired_difference(a.to_numpy(), [0.5, 4.0, 2.0, 7.5], seed=0)
    assert paired_difference(a, b, seed=0) == right
    assert right.mean == 0.75  # (0.5 + 1 + 1 + 0.5) / 4
    assert paired_difference(a, b.to_numpy()[::-1], seed=0) == right  # no labels: by place


def test_labels_that_agree_may_repeat():
    labels = ["ann", "ann", "bo"]
    a, b = pd.Series([1.0, 2.0, 3.0], index=labels), pd.Series([0.0, 0.0, 0.0], index=labels)
    assert paired_difference(a, b, seed=0).mean == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["ann", "bo", "cy", "eve"], "must have the same labels, only one of them has 'dee'"),
        (["ann", "bo", "cy"], "must have the same labels, only one of them has 'dee'"),
        ([0, 1, 2, 3], "must have the same labels, only one of them has"),
        (["ann", "ann", "bo", "cy"], "labels of b must be unique, got 'ann' twice"),
    ],
)
def test_other_labels_are_refused(labels, message):
    a = pd.Series(1.0, index=USERS)
    with pytest.raises(ValueError, match=message):
        paired_difference(a, pd.Series(0.0, index=labels), seed=0)


@pytest.mark.parametrize("kind", ["Float64", "double[pyarrow]"])
def test_missing_values_of_pandas_own_types_are_left_out(kind):
    values = pd.Series([1.0, None, 3.0], dtype=kind)
    assert bootstrap_interval(values, seed=0).mean == 2
    assert paired_difference(values, values - 1, seed=0)[:3] == (1, 1, 1)


@pytest.mark.parametrize("resamples", [0, -1, 2.5, "100", True])
def test_resamples_are_a_whole_number(resamples):
    with pytest.raises(ValueError, match="resamples must be a whole number of at least 1, got"):
        bootstrap_interval([1, 2], seed=0, resamples=resamples)
    with pytest.raises(ValueError, match="resamples must be a whole number of at least 1, got"):
        paired_difference([1, 2], [1, 2], seed=0, resamples=resamples)


def test_infinite_values_are_named():
    with pytest.raises(ValueError, match="values must be finite, got inf"):
        bootstrap_interval([1.0, np.inf, 2.0], seed=0)


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


def test_holm_by_hand():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 = 0.02, 0.03, 0.06, 0.04 raised to 0.06.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.2]), [0.2])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1, 1])
    np.testing.assert_allclose(holm([0.02, 0.02]), [0.04, 0.04])
    assert holm([]).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.5))
def test_holm_rejects_what_the_stepwise_procedure_of_the_paper_rejects(p_values, alpha):
    # Holm 1979: go up the sorted p-values, reject while p_(i) <= alpha / (m - i + 1), then stop.
    order = np.argsort(p_values, kind="stable")
    rejected = np.zeros(len(p_values), dtype=bool)
    for i, which in enumerate(order):
        limit = alpha / (len(p_values) - i)
        if abs(p_values[which] - limit) < 1e-12:  # on the line, rounding decides
            return
        if p_values[which] > limit:
            break
        rejected[which] = True
    np.testing.assert_array_equal(holm(p_values) <= alpha, rejected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_the_raw_values_and_bonferronis(p_values):
    adjusted = holm(p_values)
    assert (adjusted >= np.array(p_values) - 1e-15).all()
    assert (adjusted <= np.minimum(1, len(p_values) * np.array(p_values)) + 1e-15).all()


@pytest.mark.parametrize(
    ("p_values", "message"),
    [
        ([0.1, 1.2], "must lie in 0..1, got 1.2"),
        ([-0.1], "must lie in 0..1, got -0.1"),
        ([np.nan], "must lie in 0..1, got nan"),
        ([[0.1]], r"must be \(m,\), got shape \(1, 1\)"),
    ],
)
def test_what_is_no_p_value_is_named(p_values, message):
    with pytest.raises(ValueError, match=message):
        holm(p_values)


def test_infinite_values_of_a_pair_are_named():
    # inf - inf is NaN, and would be taken for a user without anything to measure.
    with pytest.raises(ValueError, match="b must be finite, got inf"):
        paired_difference([1.0, 2.0, 3.0], [1.0, 2.0, np.inf], seed=0)
    with pytest.raises(ValueError, match="a must be finite, got inf"):
        paired_difference([1.0, 2.0, np.inf], [1.0, 2.0, np.inf], seed=0)


@pytest.mark.parametrize("seed", [-1, None, 1.5, True])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0, got"):
        bootstrap_interval([1, 2], seed=seed)
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0, got"):
        paired_difference([1, 2], [1, 2], seed=seed)


def test_the_interval_of_a_share_by_hand():
    """8 of 10: centre (8 + 1.92) / 13.84, half a width √(3.84 (1.6 + 0.96)) / 13.84."""
    found = share_interval(8, 10)
    assert found.mean == 0.8
    np.testing.assert_allclose(found[1:], [0.4902, 0.9433], atol=5e-5)


def test_a_share_of_none_or_all_has_an_end_at_the_edge_and_the_other_within():
    z2 = 1.959963984540054**2
    assert share_interval(0, 104)[:2] == (0.0, 0.0)
    np.testing.assert_allclose(share_interval(0, 104).high, z2 / (104 + z2))
    np.testing.assert_allclose(share_interval(104, 104).low, 104 / (104 + z2))
    assert share_interval(104, 104).high == 1.0


@pytest.mark.parametrize(("hits", "n"), [(5, 4), (-1, 4), (0, 0), (1.0, 4), (True, 4)])
def test_a_share_needs_counts(hits, n):
    with pytest.raises(ValueError, match="must be a whole number"):
        share_interval(hits, n)
