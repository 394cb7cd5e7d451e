"""Has something changed? A sum that chance keeps low and a change drives up, and its alarm."""

import numpy as np

from course_lib.parameters import Number, Whole, check_numbers


def cusum(values, mean, slack, threshold):
    """The cumulative sum of what falls short of the mean, and the moments at which it is too much.

    S = max(0, S + (mean − slack − value)): each value that is lower than mean − slack adds what it
    is lower by, each higher one takes away, and below 0 there is nothing to take. When S exceeds
    the threshold there is an alarm, and S begins again at 0. Page 1954, Continuous Inspection
    Schemes, Biometrika 41.

    values: (n,) numbers in the order of time; mean: what they are when all is well; slack: what is
    let pass, half of the fall one wants to notice; threshold: above 0, how much is an alarm.
    Returns (S, alarms): (n,) floats, before any restart, and the places of the alarms.

    >>> sums, alarms = cusum([10, 9, 7, 7, 10], mean=10, slack=1, threshold=3)
    >>> sums, alarms
    (array([0., 0., 2., 4., 0.]), array([3]))
    """
    values = check_numbers("values", values)
    if values.ndim != 1:
        raise ValueError(f"values must be (n,), got shape {values.shape}")
    Number().check("mean", mean)
    Number(least=0).check("slack", slack)
    Number(above=0).check("threshold", threshold)
    sums, alarms, total = np.zeros(len(values)), [], 0.0
    for i, value in enumerate(values):
        total = max(0.0, total + mean - slack - value)
        sums[i] = total
        if total > threshold:
            alarms.append(i)
            total = 0.0
    return sums, np.array(alarms, dtype=np.int64)


def threshold_for(calm, mean, slack, *, every, resamples=200, seed=0):
    """The threshold at which calm values give one false alarm in `every` values, on average.

    calm: (n,) values of a time in which nothing changed; drawn anew, with replacement, in
    `resamples` series of `every` values. The least threshold, by bisection to a thousandth of the
    spread, at which the series give one alarm each or less, on average. What is calm must be long:
    a drop that never happened there is not expected later either.
    """
    calm = check_numbers("calm", calm)
    every, resamples = Whole(1).check("every", every), Whole(1).check("resamples", resamples)
    rng = np.random.default_rng(Whole(0).check("seed", seed))
    series = rng.choice(calm, (resamples, every))
    low, high = 0.0, 1.0
    while _alarms(series, mean, slack, high) > resamples:
        low, high = high, 2 * high
    while high - low > 1e-3 * max(np.ptp(calm), 1e-12):
        middle = (low + high) / 2
        if _alarms(series, mean, slack, middle) > resamples:
            low = middle
        else:
            high = middle
    return high


def _alarms(series, mean, slack, threshold):
    """How many alarms (m, n) series give in all; one step for all series at once."""
    total, alarms = np.zeros(len(series)), 0
    for column in series.T:
        total = np.maximum(0.0, total + mean - slack - column)
        rings = total > threshold
        alarms += int(rings.sum())
        total[rings] = 0.0
    return alarms
