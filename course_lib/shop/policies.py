"""What would another policy have earned? Answers from a log that was made by an old one.

A policy says for each visitor with which chance each item is shown. Every estimator here gives one
number a row of the log, and the mean over the rows is the estimate. So `bootstrap_interval` says
how sure it is, and `paired_difference` compares two policies on the same log. A row is one page;
where pages hang together by more than what the policies see, average by visitor first.
"""

import numpy as np

from course_lib.parameters import Maybe, Number, check_numbers


def importance_weights(target, propensities, *, most=None):
    """How often each row would happen under the target policy, for once in the log.

    target: (n,) chances with which the new policy would have shown what was shown; propensities:
    (n,) those of the policy that made the log, as it wrote them down; most: weights above it are
    cut off to it, which is no longer honest on average (Ionides 2008). Their mean is near 1 where
    the log could have shown all that the target shows.

    Raises ValueError for a propensity of 0: what is never shown leaves no row, and a row that says
    so was written down wrongly. A weight cannot mend that: the items that the log never shows
    have no weight at all, and nothing about them can be known.

    >>> importance_weights([0.5, 0.0, 1.0], [0.25, 0.5, 0.1], most=5)
    array([2., 0., 5.])
    """
    target, propensities = _columns(target=target, propensities=propensities)
    _refuse("target", target, (target < 0) | (target > 1), "in 0..1")
    _refuse(
        "propensities", propensities, (propensities <= 0) | (propensities > 1), "above 0, at most 1"
    )
    Maybe(Number(above=0)).check("most", most)
    with np.errstate(over="ignore"):
        weights = target / propensities
    _refuse("target / propensities", weights, ~np.isfinite(weights), "finite")
    return weights if most is None else np.minimum(weights, most)


def effective_sample_size(weights):
    """How many rows of equal weight would be worth as much: (Σ w)² / Σ w².

    weights: (n,), none below 0 → between 1 and n; 0 where all are 0. Kish 1965, Survey Sampling.

    >>> effective_sample_size([4, 2])  # 6² / (16 + 4)
    1.8
    """
    (weights,) = _weights(weights=weights)
    largest = weights.max()
    if largest == 0:
        return 0.0
    weights = weights / largest  # so that no square overflows or vanishes
    return float(weights.sum() ** 2 / np.sum(weights**2))


def inverse_propensity(rewards, weights):
    """IPS: each reward times its weight. Horvitz & Thompson 1952.

    rewards, weights: (n,) → (n,) terms, whose mean is right on average if the weights are, however
    wild they are. It can leave the range of the rewards.

    >>> float(inverse_propensity([1, 0, 1], [2, 0, 0.5]).mean().round(3))  # 2.5 / 3
    0.833
    """
    rewards, weights = _weights(rewards=rewards, weights=weights)
    return rewards * weights


def self_normalised(rewards, weights):
    """SNIPS: the weighted mean of the rewards; steadier than IPS, never outside their range.

    rewards, weights: (n,) → (n,) terms: the estimate v = Σ w r / Σ w, plus what the row pulls it
    by, w (r − v) / mean(w). Their mean is v, and their spread is v's (linearised). A little wrong
    for small logs. Swaminathan & Joachims 2015, eq. 6. ValueError where all weights are 0.

    >>> float(self_normalised([1, 0, 1], [2, 0, 0.5]).mean())  # 2.5 / 2.5
    1.0
    """
    rewards, weights = _weights(rewards=rewards, weights=weights)
    if weights.max() == 0:
        raise ValueError("weights must not all be 0: the log never shows what the target shows")
    weights = weights / weights.mean()
    value = np.mean(weights * rewards)
    return value + weights * (rewards - value)


def doubly_robust(rewards, weights, predicted, expected):
    """A model's answer, corrected by its weighted mistakes. Dudík, Langford & Li 2011, eq. 2.

    rewards, weights: (n,); predicted: (n,) the reward that the model expects of what was shown;
    expected: (n,) the reward that it expects of the target policy on that page, the mean over all
    items → (n,) terms expected + w (r − predicted). Right on average if the weights are right or
    the model is, and steadier than IPS where the model is of use. The model must not have been
    fitted to these rows: use others, or two halves crosswise.

    >>> doubly_robust([1, 0], [2, 0], [0.5, 0.5], [0.6, 0.4])
    array([1.6, 0.4])
    """
    rewards, weights, predicted, expected = _weights(
        rewards=rewards, weights=weights, predicted=predicted, expected=expected
    )
    return expected + weights * (rewards - predicted)


def _columns(**columns):
    columns = {name: check_numbers(name, values) for name, values in columns.items()}
    shapes = [values.shape for values in columns.values()]
    if len(shapes[0]) != 1 or len(set(shapes)) > 1 or not shapes[0][0]:
        raise ValueError(
            f"{' and '.join(columns)} must be (n,), with at least one row, got "
            f"{' and '.join(map(str, shapes))}"
        )
    return columns.values()


def _weights(**columns):
    columns = dict(zip(columns, _columns(**columns), strict=True))
    _refuse("weights", columns["weights"], columns["weights"] < 0, "at least 0")
    return columns.values()


def _refuse(name, values, wrong, rule):
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{name} must be {rule}, got {values[row]:g} in row {row}")
