"""Average precision of redrawn groups: numbers from paper, and scikit-learn's weights."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from course_lib.redraws import difference_of, group_draws, interval_of, redrawn_precision


def cases(seed=0, n=60):
    rng = np.random.default_rng(seed)
    y = np.append([1, 0], rng.integers(0, 2, n))
    return y, rng.integers(0, 8, n + 2) / 8, np.append([0, 6], rng.integers(0, 7, n))


def test_the_first_row_counts_every_group_once_and_each_other_row_draws_as_many():
    draws = group_draws(np.array([0, 2, 1, 1]), seed=3, resamples=50)
    assert draws.shape == (51, 3)
    assert (draws[0] == 1).all()
    assert (draws.sum(axis=1) == 3).all()
    assert len(np.unique(draws, axis=0)) > 5


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    groups = np.arange(20)
    first, again, other = (group_draws(groups, seed=s, resamples=5) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_each_row_is_the_average_precision_with_the_groups_as_weights():
    y, score, groups = cases()
    draws = group_draws(groups, seed=0, resamples=8)
    drawn = redrawn_precision(y, score, groups, draws)
    expected = [average_precision_score(y, score, sample_weight=row[groups]) for row in draws]
    np.testing.assert_allclose(drawn, expected, rtol=1e-6)


def test_equal_scores_have_the_base_rate():
    y, _, groups = cases()
    drawn = redrawn_precision(y, np.zeros(len(y)), groups, np.ones((1, 7)))
    np.testing.assert_allclose(drawn, y.mean())


def test_the_interval_leaves_the_first_number_out():
    drawn = np.concatenate([[100.0], np.arange(1001)])
    assert interval_of(drawn) == pytest.approx((100.0, 25.0, 975.0))


def test_a_difference_counts_the_draws_of_the_other_sign():
    a = np.array([2.0, *[1.0] * 97, -1.0, 0.0])
    assert difference_of(a, np.zeros(100)).p == pytest.approx(2 * 3 / 100)
    assert difference_of(-a, np.zeros(100)).p == pytest.approx(2 * 3 / 100)
    assert difference_of(a, a).p == 1
    assert difference_of(a, a - 0.5)[:3] == pytest.approx((0.5, 0.5, 0.5))
    assert difference_of(np.ones(100), np.zeros(100)).p == pytest.approx(2 / 100)


@pytest.mark.parametrize("arguments", [{"seed": -1}, {"seed": 0, "resamples": 0}])
def test_impossible_draws_are_refused(arguments):
    with pytest.raises(ValueError, match="of at least"):
        group_draws(np.array([0, 1]), **arguments)
