"""Cases about missing values: the lesson's exercises, worked out by hand."""

from math import sqrt

import numpy as np

from course_lib.cases.case import Case

NAN = np.nan


def _a(*values):
    return np.array(values, dtype=np.float64)


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
    ],
}
