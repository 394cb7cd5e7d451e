"""The value of a policy from another one's log: by hand, by formula, and what fails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.shop.policies import (
    doubly_robust,
    effective_sample_size,
    importance_weights,
    inverse_propensity,
    self_normalised,
)

# Two items, shown with chances .8 and .2, that earn 1 and 3 each time: five pages of that log. A
# policy that shows the second always earns 3; one that turns the chances round earns 2.6.
SHOWN = np.array([0, 0, 0, 0, 1])
REWARDS = np.array([1.0, 1, 1, 1, 3])
PROPENSITIES = np.array([0.8, 0.2])[SHOWN]


def weights(target):
    return importance_weights(np.array(target)[SHOWN], PROPENSITIES)


def test_all_estimators_are_right_where_the_log_holds_each_item_as_often_as_its_chance():
    for target, value in (([0, 1], 3.0), ([0.2, 0.8], 2.6), ([0.8, 0.2], 1.4)):
        w = weights(target)
        assert w.mean() == pytest.approx(1)
        assert inverse_propensity(REWARDS, w).mean() == pytest.approx(value)
        assert self_normalised(REWARDS, w).mean() == pytest.approx(value)
        for model in ([1, 3], [0, 0], [5, -2]):  # right, empty, wrong
            predicted, expected = np.array(model)[SHOWN], np.full(5, np.dot(target, model))
            terms = doubly_robust(REWARDS, w, predicted, expected)
            assert terms.mean() == pytest.approx(value)


def test_a_right_model_needs_no_right_weights():
    """Doubly robust: with the true rewards as the model, any weights will do."""
    wrong = np.array([0.0, 7.0, 1.0, 0.2, 3.0])
    terms = doubly_robust(REWARDS, wrong, REWARDS, np.full(5, 2.6))
    np.testing.assert_allclose(terms, 2.6)
    assert inverse_propensity(REWARDS, wrong).mean() != pytest.approx(2.6)


def test_effective_sample_size_by_hand():
    assert effective_sample_size([1, 1, 1, 1]) == 4
    assert effective_sample_size([0, 0, 5]) == 1
    assert effective_sample_size([1, 2, 3]) == pytest.approx(36 / 14)
    assert effective_sample_size([0.0, 0.0]) == 0
    assert effective_sample_size([1e200, 1e200]) == 2  # its square is no number
    assert effective_sample_size([1e-200, 1e-200]) == 2


def test_clipping_cuts_what_is_above_and_leaves_the_rest():
    cut = importance_weights([1, 0.5], [0.01, 0.5], most=10)
    np.testing.assert_array_equal(cut, [10, 1])
    assert importance_weights([0.0], [1e-300]) == 0


def test_snips_terms_have_the_spread_of_the_ratio():
    """The delta method's variance of Σ wr / Σ w, written out."""
    rng = np.random.default_rng(0)
    w, r = rng.exponential(1, 400), rng.random(400)
    ratio = np.sum(w * r) / np.sum(w)
    variance = np.sum(w**2 * (r - ratio) ** 2) / np.sum(w) ** 2
    assert self_normalised(r, w).var() / 400 == pytest.approx(variance)


NUMBERS = st.floats(0, 100)


@given(st.lists(st.tuples(st.floats(-5, 5), NUMBERS), min_size=1, max_size=30))
def test_snips_never_leaves_the_range_of_the_rewards_and_ignores_the_weights_scale(rows):
    rewards, w = np.array(rows).T
    if w.max() > 1e-6:
        value = self_normalised(rewards, w).mean()
        assert rewards.min() - 1e-6 <= value <= rewards.max() + 1e-6
        assert self_normalised(rewards, 3 * w).mean() == pytest.approx(value, abs=1e-6)


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_effective_sample_size_lies_between_one_and_all(w):
    size = effective_sample_size(w)
    assert size == 0 if max(w) == 0 else 1 - 1e-9 <= size <= len(w) + 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: importance_weights([0.5], [0.0]), "above 0, at most 1, got 0 in row 0"),
        (lambda: importance_weights([0.0], [0.0]), "propensities must be above 0"),
        (lambda: importance_weights([0.5, 0.5], [0.5, -0.1]), "got -0.1 in row 1"),
        (lambda: importance_weights([0.5], [1.5]), "propensities must be .*, got 1.5 in row 0"),
        (lambda: importance_weights([1.5], [0.5]), r"target must be in 0\.\.1, got 1.5 in row 0"),
        (lambda: importance_weights([np.nan], [0.5]), "target must be finite, got nan"),
        (lambda: importance_weights([0.5], [np.nan]), "propensities must be finite, got nan"),
        (lambda: importance_weights([1.0], [5e-324]), "target / propensities must be finite"),
        (lambda: importance_weights([0.5], [0.5], most=0), "most must be above 0, got 0"),
        (lambda: importance_weights([0.5], [0.5, 0.5]), r"must be \(n,\), .* got \(1,\) and"),
        (lambda: importance_weights([], []), "with at least one row"),
        (lambda: importance_weights("a", "b"), "target must be numbers"),
        (lambda: effective_sample_size([]), "weights must be .* at least one row"),
        (lambda: effective_sample_size([-1.0]), "weights must be at least 0, got -1 in row 0"),
        (lambda: effective_sample_size([[1.0]]), r"weights must be \(n,\)"),
        (lambda: inverse_propensity([1, 0], [1]), r"rewards and weights must be \(n,\)"),
        (lambda: inverse_propensity([np.inf], [1]), "rewards must be finite"),
        (lambda: self_normalised([1.0], [0.0]), "weights must not all be 0"),
        (lambda: self_normalised([1.0], [-2.0]), "weights must be at least 0"),
        (lambda: doubly_robust([1], [1], [1], [1, 2]), r"must be \(n,\), .* and \(2,\)"),
        (lambda: doubly_robust([1], [1], [np.nan], [1]), "predicted must be finite"),
    ],
)
def test_what_cannot_be_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
