"""Cases about missing values: the lesson's exercises, worked out by hand."""

from math import fsum, sqrt

import numpy as np

from course_lib.cases.case import Case, drawn

NAN = np.nan


def _a(*values):
    return np.array(values, dtype=np.float64)


def _series(rng, size):
    values = rng.integers(-9, 10, size + 2) / 2
    return np.where(rng.random(size + 2) < 0.5, NAN, values), int(rng.integers(0, 4))


def _short_gaps_filled(series, longest):
    filled = series.copy()
    for place in np.flatnonzero(np.isnan(series)):
        left, right = place, place
        while left >= 0 and np.isnan(series[left]):
            left -= 1
        while right < len(series) and np.isnan(series[right]):
            right += 1
        if left >= 0 and right < len(series) and right - left - 1 <= longest:
            step = (series[right] - series[left]) / (right - left)
            filled[place] = series[left] + (place - left) * step
    return filled


def _with_mean(rng, size):
    """A column whose last values were filled, shuffled; some others are near to the mean."""
    known = rng.integers(-99, 100, size + 1) / 10
    mean = fsum(known) / len(known)
    near = mean + np.array([-1, 1]) * rng.choice([5e-10, 5e-9, 1e-7]) if size % 2 else []
    return (rng.permutation([*known, *near, *[mean] * rng.integers(0, 3)]),)


def _at_the_mean(values):
    mean = fsum(values) / len(values)
    return np.array([i for i, v in enumerate(values) if abs(v - mean) <= 1e-9], dtype=np.int64)


def _fillings(rng, size):
    return rng.integers(-9, 10, size + 1) / 2, rng.integers(0, 10, size + 1) / 4


def _pooled(answers, variances):
    m = len(answers)
    mean = fsum(answers) / m
    between = fsum((answer - mean) ** 2 for answer in answers) / (m - 1)
    return mean, sqrt(fsum(variances) / m + (1 + 1 / m) * between)


CASES: dict[str, list[Case]] = {
    # Exercises of lesson 06
    "6.1": [
        Case((_a(10, NAN, 14), 1), _a(10, 12, 14), "half way between 10 and 14"),
        Case((_a(10, NAN, NAN, 16), 2), _a(10, 12, 14, 16), "three equal steps of 2"),
        Case((_a(10, NAN, NAN, 16), 1), _a(10, NAN, NAN, 16), "two missing, at most one allowed"),
        Case((_a(NAN, 4, NAN, 8, NAN), 3), _a(NAN, 4, 6, 8, NAN), "the ends have one neighbour"),
        Case(
            (_a(1, NAN, 3, NAN, NAN, NAN, NAN, 8), 3),
            _a(1, 2, 3, NAN, NAN, NAN, NAN, 8),
            "a long gap stays open as a whole; its first 3 values too",
        ),
        Case((_a(5, 7), 2), _a(5, 7), "no gap, nothing to do"),
        Case((_a(NAN, NAN), 2), _a(NAN, NAN), "nothing known, nothing to go by"),
        Case((_a(6, NAN, NAN, 0, NAN, 4), 2), _a(6, 4, 2, 0, 2, 4), "two gaps; 0 is a known value"),
        Case((_a(-2, NAN, NAN, 1), 2), _a(-2, -1, 0, 1), "a value below 0 is known; steps of 1"),
        Case((_a(5, NAN, 2), 1), _a(5, 3.5, 2), "half way down, 3.5: no rounding"),
        Case((_a(5, NAN, 7), 0), _a(5, NAN, 7), "gaps of at most 0 values: there are none"),
        *drawn(
            _series,
            _short_gaps_filled,
            "a gap counts its missing values; up to `longest`, on the line between its neighbours",
        ),
    ],
    "6.2": [
        Case((_a(2, 4, 3, 3),), np.array([2, 3]), "the mean is 12 / 4 = 3"),
        Case((_a(1, 2, 6, 3),), np.array([3]), "one filled value: the mean is 3"),
        Case((_a(1, 2, 4),), np.array([], dtype=int), "no value equals 7 / 3"),
        Case((_a(0, 0, 9, 3),), np.array([3]), "the mean is 3; 0 is only the most frequent value"),
        Case((_a(0, 1, 2, 9),), np.array([], dtype=int), "the mean is 3, the median would be 1.5"),
        Case(
            (_a(0.1, 0.3, 0.2, 0.2),),
            np.array([2, 3]),
            "the mean is 0.2, up to the rounding of the computer",
        ),
        Case((_a(10, 20, 60, 30, 30.001),), np.array([], dtype=int), "the mean is 30.0002"),
        Case((_a(5, 5),), np.array([0, 1]), "all alike: every value is the mean"),
        Case((_a(4, -4, 0),), np.array([2]), "the mean is 0, a mean like any other"),
        Case((_a(2, 6, 4 - 3e-7),), np.array([], dtype=int), "the mean is 4 - 1e-7: 2e-7 away"),
        *drawn(
            _with_mean,
            _at_the_mean,
            "to within 1e-9 of the mean: 5e-10 away is within, 5e-9 away is not",
        ),
    ],
    "6.3": [
        Case(
            (_a(10, 12, 14), _a(1, 1, 1)),
            (12.0, sqrt(1 + 4 / 3 * 4)),
            "B = (4 + 0 + 4) / 2 = 4, T = 1 + (1 + 1/3) · 4",
        ),
        Case((_a(5, 5), _a(4, 4)), (5.0, 2.0), "no difference between fillings: T = 4"),
        Case((_a(0, 2), _a(0, 0)), (1.0, sqrt(3)), "B = 2 (divide by m - 1), T = 1.5 · 2"),
        Case((_a(1, 3), _a(1, 3)), (2.0, sqrt(5)), "mean variance 2, B = 2, T = 2 + 1.5 · 2"),
        Case(
            (_a(0, 0, 0, 0, 5), _a(9, 9, 9, 9, 9)),
            (1.0, sqrt(15)),
            "B = (4 · 1 + 16) / 4 = 5, T = 9 + 1.2 · 5",
        ),
        *drawn(_fillings, _pooled, "q̄, and √T with T = ū + (1 + 1/m) B, B over m - 1"),
    ],
}
