"""How sure a mean over users is, and whether a difference is more than chance."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from course_lib.parameters import Whole, check_numbers, check_whole


class Interval(NamedTuple):
    """A mean with its 95 % interval, in the unit of the values."""

    mean: float
    low: float
    high: float


class Difference(NamedTuple):
    """A mean difference a - b with its 95 % interval and two-sided p-value."""

    mean: float
    low: float
    high: float
    p: float


def bootstrap_interval(values, *, seed, resamples=1000):
    """The mean of the values and where it would fall, 95 times in 100, for other users like these.

    values: (n,) one number a user; NaN (nothing to measure) is left out. Percentile bootstrap:
    draw n users with replacement, take the mean, `resamples` times; the interval runs from the
    2.5 % to the 97.5 % quantile. Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13.

    Raises ValueError when fewer than two values are left, and for infinite ones.

    >>> bootstrap_interval([1.0, 1.0, 1.0], seed=0)
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    seed, resamples = check_whole("seed", seed, 0), check_whole("resamples", resamples)
    values = _measured(check_numbers("values", values, missing=True))
    low, high = _percentile_bootstrap(values, seed, resamples)
    return Interval(float(values.mean()), low, high)


def share_interval(hits, n):
    """A share of n yes-or-no answers with its 95 % interval, honest for few answers and for 0 or n.

    Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference: all shares p
    with |hits / n − p| ≤ 1.96 √(p (1 − p) / n). Of 0 in n it reaches up to 3.84 / (n + 3.84).

    hits: how many were yes, 0 to n; n: at least 1.

    >>> [round(end, 2) for end in share_interval(0, 4)]
    [0.0, 0.0, 0.49]
    """
    n = check_whole("n", n)
    hits = Whole(0, n).check("hits", hits)
    z2 = 1.959963984540054**2
    centre = (hits + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (hits * (n - hits) / n + z2 / 4)) / (n + z2)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(hits / n, 0.0 if hits == 0 else float(low), 1.0 if hits == n else float(high))


def paired_difference(a, b, *, seed, resamples=1000):
    """How much better `a` does than `b` on the same users, with interval and p-value.

    a, b: (n,) one number a user, in the same order; of two pandas Series, values with the same
    label are a pair, whatever their order. Users with NaN in either are left out. The interval is
    `bootstrap_interval` of a - b. p is from a sign-flip permutation test: if a and b were alike,
    each user's difference could as well have had the other sign; p is the share of `resamples`
    random flips (the observed one counted in) whose mean is at least as far from 0. Smucker, Allan
    & Carterette 2007, A Comparison of Statistical Significance Tests for IR.

    Raises ValueError for different numbers of users, two Series with different labels, infinite
    values, and fewer than two users left.

    >>> paired_difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], seed=0)
    Difference(mean=0.0, low=0.0, high=0.0, p=1.0)
    """
    seed, resamples = check_whole("seed", seed, 0), check_whole("resamples", resamples)
    if isinstance(a, pd.Series) and isinstance(b, pd.Series) and not a.index.equals(b.index):
        b = _in_order_of(a, b)
    a, b = check_numbers("a", a, missing=True), check_numbers("b", b, missing=True)
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one value for each user, got {a.shape} and {b.shape}")
    difference = _measured(a - b)
    low, high = _percentile_bootstrap(difference, seed, resamples)
    rng = np.random.default_rng(seed)
    flipped = [
        abs(np.mean(difference * rng.choice([-1.0, 1.0], size=difference.size)))
        for _ in range(resamples)
    ]
    observed = abs(difference.mean())
    # The tolerance lets a flip that equals the observed mean up to rounding count as equal.
    at_least = np.sum(np.asarray(flipped) >= observed * (1 - 1e-12))
    return Difference(float(difference.mean()), low, high, float((at_least + 1) / (resamples + 1)))


def holm(p_values):
    """Adjusts p-values for the number of comparisons made: the smallest is raised most.

    p_values: (m,) p-values of one family of comparisons → (m,) adjusted ones, same order. Compare
    them with 0.05: then the chance of even one false alarm in the family is at most 5 %, whatever
    the comparisons have to do with one another. Sorted upwards, the i-th of m is multiplied by
    m − i + 1; none may fall below the one before it, none exceeds 1. Holm 1979, A Simple
    Sequentially Rejective Multiple Test Procedure.

    Raises ValueError for p-values outside 0..1 or NaN.

    >>> holm([0.01, 0.04, 0.03]).round(2)  # 3 · 0.01, then 2 · 0.03, then 0.04 raised to 0.06
    array([0.03, 0.06, 0.06])
    """
    p_values = check_numbers("p_values", p_values, missing=True, infinite=True)
    if p_values.ndim != 1:
        raise ValueError(f"p_values must be (m,), got shape {p_values.shape}")
    possible = (p_values >= 0) & (p_values <= 1)
    if not possible.all():
        raise ValueError(f"p-values must lie in 0..1, got {p_values[~possible][0]}")
    m = p_values.size
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(m)
    adjusted[order] = np.maximum.accumulate(p_values[order] * np.arange(m, 0, -1))
    return np.minimum(adjusted, 1.0)


def _in_order_of(a, b):
    """The Series b with its values in the order of a's labels."""
    for name, index in (("a", a.index), ("b", b.index)):
        if not index.is_unique:
            twice = index[index.duplicated()].tolist()[0]
            raise ValueError(f"labels of {name} must be unique, got {twice!r} twice")
    single = a.index.symmetric_difference(b.index, sort=False).tolist()
    if single:
        raise ValueError(f"a and b must have the same labels, only one of them has {single[0]!r}")
    return b.reindex(a.index)


def _measured(values):
    if values.ndim != 1:
        raise ValueError(f"values must be (n,), got shape {values.shape}")
    values = values[~np.isnan(values)]
    if values.size < 2:
        raise ValueError(f"at least 2 values are needed, got {values.size}")
    return values


def _percentile_bootstrap(values, seed, resamples):
    if np.ptp(values) == 0:  # every resample is the same
        return float(values[0]), float(values[0])
    interval = bootstrap(
        (values,),
        np.mean,
        n_resamples=resamples,
        batch=100,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)
