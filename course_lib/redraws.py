"""How sure is an average precision? Whole groups of cases are drawn again and again.

Average precision is no mean over users, so `statistics.bootstrap_interval` does not apply to it.
"""

import numpy as np
from scipy.sparse import csr_matrix

from course_lib.parameters import check_whole
from course_lib.statistics import Difference, Interval


def group_draws(groups, *, seed, resamples=2000):
    """How often each group counts: once in row 0, and as often as it was drawn in the others.

    groups: (n,) whole numbers from 0 on, a group a case. Each row draws as many groups as there
    are, with replacement. → (1 + resamples, number of groups).

    >>> group_draws(np.array([0, 0, 1]), seed=0, resamples=2).sum(axis=1).tolist()
    [2.0, 2.0, 2.0]
    """
    rng, n = np.random.default_rng(check_whole("seed", seed, 0)), int(np.max(groups)) + 1
    times = rng.multinomial(n, np.full(n, 1 / n), size=check_whole("resamples", resamples))
    return np.vstack([np.ones(n), times]).astype("float32")


def redrawn_precision(y, score, groups, draws):
    """The average precision once a row of `draws`, cases counted as often as their group.

    y: (n,) 0 or 1; score: (n,); groups: (n,) from 0 on; draws: (m, number of groups) → (m,). It
    needs two counts for each positive, and both add up over groups: how many cases are scored at
    least as high, and how many of them are positives. Equal scores share the last of their places.

    >>> y, score, groups = np.array([1, 0, 0, 1]), np.array([9, 7, 6, 5]), np.array([0, 0, 0, 1])
    >>> redrawn_precision(y, score, groups, np.array([[1, 1], [1, 2]])).round(3).tolist()
    [0.75, 0.733]
    """
    positive, one = np.flatnonzero(y == 1), np.ones(len(y), "float32")
    member = csr_matrix((one, (groups, np.arange(len(y)))), shape=(draws.shape[1], len(y)))
    ahead = (score[:, None] >= score[positive]).astype("float32")  # (cases, positives)
    sent, found = draws @ (member @ ahead), draws @ (member[:, positive] @ ahead[positive])
    return np.average(found / np.maximum(sent, 1), axis=1, weights=draws[:, groups[positive]])


def interval_of(drawn):
    """The number for the groups as they are (the first), and the 95 % interval over the others.

    >>> interval_of(np.array([0.5, 0.0, 1.0]))
    Interval(mean=0.5, low=0.025, high=0.975)
    """
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    return Interval(float(drawn[0]), float(low), float(high))


def difference_of(a, b):
    """The difference a - b draw by draw, its interval, and p: twice the share of the other sign.

    A draw without a difference counts as one of either sign, and one is added, so that p is never
    below 2 / (number of draws + 1). Efron & Tibshirani 1993, An Introduction to the Bootstrap.

    >>> difference_of(np.array([0.5, 0.0, 1.0]), np.zeros(3)).p
    1.0
    """
    gap = a - b
    other = min(np.sum(gap[1:] <= 0), np.sum(gap[1:] >= 0))
    return Difference(*interval_of(gap), float(min(1, 2 * (other + 1) / len(gap))))
