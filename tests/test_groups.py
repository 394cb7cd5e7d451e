"""Groups: spreads by hand, p-values by all deals, by SciPy and by counting."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from course_lib.groups import permutation_test, spread

NAN = np.nan
VALUES = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
GROUPS = ["a", "b", "a", "b", "c", "c"]


def test_spread_by_hand():
    # means 3.5, 1 and 7 around 23/6
    expected = 2 * ((3.5 - 23 / 6) ** 2 + (1 - 23 / 6) ** 2 + (7 - 23 / 6) ** 2)
    assert spread(VALUES, GROUPS) == pytest.approx(expected)
    assert spread(VALUES, pd.Series(GROUPS, index=range(6, 0, -1))) == pytest.approx(expected)


def test_spread_is_the_numerator_of_an_analysis_of_variance():
    rng = np.random.default_rng(0)
    values, groups = rng.normal(size=50), rng.integers(0, 4, 50)
    parts = [values[groups == g] for g in range(4)]
    within = sum(((part - part.mean()) ** 2).sum() for part in parts)
    f = stats.f_oneway(*parts).statistic
    assert spread(values, groups) == pytest.approx(f * within / 46 * 3)


@given(st.lists(st.floats(-5, 5), min_size=4, max_size=9), st.floats(-9, 9))
def test_neither_the_names_nor_a_common_shift_matter(values, shift):
    groups = np.arange(len(values)) % 2
    here = spread(values, groups)
    assert here >= 0
    assert spread(np.array(values) + shift, np.where(groups, "x", "y")) == pytest.approx(
        here, abs=1e-6
    )


def test_p_is_the_share_of_all_deals_that_lie_as_far_apart():
    observed = spread(VALUES, GROUPS)
    deals = [spread(deal, GROUPS) for deal in permutations(VALUES)]
    exact = np.mean(np.array(deals) >= observed - 1e-9)
    found = permutation_test(VALUES, GROUPS, seed=0, draws=9999)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999))


def test_p_agrees_with_scipy():
    rng = np.random.default_rng(5)
    parts = [rng.normal(mean, 1, n) for mean, n in ((0, 12), (0.5, 9), (0.9, 7))]
    theirs = stats.permutation_test(
        parts,
        lambda *parts: stats.f_oneway(*parts).statistic,
        permutation_type="independent",
        alternative="greater",
        n_resamples=1999,
        rng=np.random.default_rng(1),
    ).pvalue
    ours = permutation_test(np.concatenate(parts), np.repeat([0, 1, 2], [12, 9, 7]), seed=2)
    assert ours == pytest.approx(theirs, abs=0.03)


def test_without_a_difference_one_test_in_twenty_says_that_there_is_one():
    rng = np.random.default_rng(6)
    groups = np.repeat([0, 1, 2], [30, 20, 10])
    p = [permutation_test(rng.exponential(size=60), groups, seed=i, draws=99) for i in range(400)]
    assert 0.03 < np.mean(np.array(p) <= 0.05) < 0.075
    assert np.mean(p) == pytest.approx(0.5, abs=0.06)


def test_a_large_difference_is_found_and_the_same_seed_says_the_same():
    values, groups = np.repeat([0.0, 1.0], 20), np.repeat([0, 1], 20)
    assert permutation_test(values, groups, seed=0, draws=499) == 1 / 500
    again = [permutation_test(VALUES, GROUPS, seed=3) for _ in range(2)]
    assert again[0] == again[1]


def test_a_household_alone_in_its_group_is_at_best_one_of_n():
    values, groups = [0.0] * 19 + [100.0], ["others"] * 19 + ["alone"]
    assert spread(values, groups) == pytest.approx(19 * 5**2 + 95**2)
    p = permutation_test(values, groups, seed=0, draws=9999)
    assert p == pytest.approx(1 / 20, abs=0.01)
    # amid the others nothing stands out, and where everybody is alone each deal is as good
    assert permutation_test(values, groups[::-1], seed=0) > 0.9
    assert permutation_test(VALUES, range(6), seed=0) == 1


def test_users_who_are_all_served_alike_do_not_differ():
    assert spread([0.1] * 6, GROUPS) == pytest.approx(0, abs=1e-12)
    assert permutation_test([0.1] * 6, GROUPS, seed=0) == 1
    assert permutation_test([0] * 6, GROUPS, seed=0) == 1


@pytest.mark.parametrize(
    ("values", "groups", "message"),
    [
        ([1, 2], ["a", "a"], "groups must be at least 2, got 1: nothing to compare"),
        ([], [], "groups must be at least 2, got 0"),
        ([1, 2], ["a", "b", "b"], r"one a user, got \(2,\) and \(3,\)"),
        ([[1, 2]], [["a", "b"]], r"must be \(n,\), one a user, got \(1, 2\)"),
        (1.0, "a", r"must be \(n,\), one a user, got \(\) and \(\)"),
        ([1, NAN], ["a", "b"], "values must be finite, got nan"),
        ([1, np.inf], ["a", "b"], "values must be finite, got inf"),
        (["1", "2"], ["a", "b"], "values must be numbers, got '1'"),
        ([1, 2], [1.0, NAN], "groups must have a label for each user"),
        ([1, 2], ["a", None], "groups must have a label for each user"),
        ([1, 2], pd.Series(["a", pd.NA]), "groups must have a label for each user"),
    ],
)
def test_bad_values_and_groups_are_named(values, groups, message):
    for call in (spread, lambda v, g: permutation_test(v, g, seed=0)):
        with pytest.raises(ValueError, match=message):
            call(values, groups)


@pytest.mark.parametrize("draws", [0, -1, 2.0, True, None])
def test_draws_and_seed_are_whole_numbers(draws):
    with pytest.raises(ValueError, match="draws must be a whole number of at least 1"):
        permutation_test([1, 2], [0, 1], seed=0, draws=draws)
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0"):
        permutation_test([1, 2], [0, 1], seed=-1)
