"""Are groups of users served alike? How far their means lie apart, held against chance."""

import numpy as np
import pandas as pd

from course_lib.parameters import check_numbers, check_whole


def spread(values, groups):
    """How far the groups' means lie apart: Σ n_g · (mean of g − mean of all)², over the groups.

    values: (n,) one number a user; groups: (n,) labels. 0 where all groups have the same mean. It
    is the *between-group sum of squares* of an analysis of variance, in the square of the values'
    unit. A user alone in a group counts with his own value for its mean.

    Raises ValueError for shapes that differ, missing or infinite values, missing labels, and less
    than two groups.

    >>> spread([1, 3, 5, 7], ["a", "a", "b", "b"])  # means 2 and 6 around 4: 2 · 4 + 2 · 4
    16.0
    """
    values, member = _members(values, groups)
    return float(_spread(values, member, np.bincount(member)))


def permutation_test(values, groups, *, seed, draws=1999):
    """How often groups dealt out at random lie as far apart as these: a p-value.

    If it made no difference who belongs to which group, each way to deal the labels out anew would
    have been as likely as the one we see. p is the share of `draws` such deals (the observed one
    counted in) with at least the `spread` of the observed groups: small for groups that differ by
    more than chance. It is never below 1 / (draws + 1). A user alone in one of two groups gives
    about 1 / n at best, however badly he is served: small groups are seen badly. Fisher 1935, The
    Design of Experiments.

    Arguments and errors are those of `spread`; seed: whole, at least 0; draws: at least 1.

    >>> permutation_test([1, 1, 1, 1], ["a", "a", "b", "b"], seed=0)
    1.0
    """
    values, member = _members(values, groups)
    rng, draws = np.random.default_rng(check_whole("seed", seed, 0)), check_whole("draws", draws)
    size = np.bincount(member)
    dealt = [_spread(rng.permutation(values), member, size) for _ in range(draws)]
    # The tolerance lets a deal that equals the observed one up to rounding count as equal.
    floor = 1e-12 * np.sum((values - values.mean()) ** 2)
    at_least = np.sum(np.array(dealt) >= _spread(values, member, size) - floor)
    return float((at_least + 1) / (draws + 1))


def _spread(values, member, size):
    return np.sum(size * (np.bincount(member, values) / size - values.mean()) ** 2)


def _members(values, groups):
    """The values, and each one's group as a number from 0 on."""
    values = check_numbers("values", values)
    member, names = pd.factorize(np.asarray(groups).ravel())
    if values.ndim != 1 or np.shape(groups) != values.shape:
        raise ValueError(
            f"values and groups must be (n,), one a user, got {values.shape} and {np.shape(groups)}"
        )
    if (member < 0).any():
        raise ValueError("groups must have a label for each user, got a missing one")
    if len(names) < 2:
        raise ValueError(f"groups must be at least 2, got {len(names)}: nothing to compare")
    return values, member
