"""Cases for the exercises about rare positives, worked out by hand."""

from math import inf

import numpy as np

from course_lib.cases.case import Case


def _a(*values):
    return np.array(values, dtype=np.float64)


def _rows(*values):
    return np.array(values, dtype=int)


MAP = _a(
    [6, 3], [8, 5], [7, 1], [0, 0], [1, 2], [2, 0], [3, 3], [1, 4], [4, 1], [7, 3], [3, 5], [2, 2]
)

CASES: dict[str, list[Case]] = {
    # Exercises of lesson 07
    "7.1": [
        Case(
            (_rows(1, 0, 0, 1), _a(0.9, 0.8, 0.3, 0.2), 2.0, 1.0),
            (0.9, 1.0),
            "sent 1, 2, 3, 4 they earn 1, 0, -1, 0",
        ),
        Case(
            (_rows(0, 1, 0, 1), _a(0.1, 0.2, 0.7, 0.6), 10.0, 1.0),
            (0.2, 17.0),
            "not in order: sent 1, 2, 3, 4 they earn -1, 8, 17, 16",
        ),
        Case(
            (_rows(0, 1, 1, 0), _a(0.5, 0.4, 0.4, 0.1), 3.0, 1.0),
            (0.4, 3.0),
            "the two at 0.4 are sent together: 2 · 3 - 3 · 1",
        ),
        Case(
            (_rows(0, 0, 1), _a(0.9, 0.8, 0.1), 2.0, 1.0),
            (inf, 0.0),
            "every list loses money: send nothing",
        ),
        Case(
            (_rows(1, 0, 1), _a(0.6, 0.5, 0.4), 2.0, 1.0),
            (0.6, 1.0),
            "one coupon earns 1, all three earn 1: the shorter list",
        ),
        Case(
            (_rows(1, 1), _a(0.3, 0.1), 5.0, 1.0),
            (0.1, 8.0),
            "send both, the lowest included: 2 · 5 - 2 · 1",
        ),
    ],
    "7.2": [
        Case((_a([1, 2], [3, 4]), _a([3, 4], [5, 6])), 1, "only [3, 4] stands on both sides"),
        Case((_a([1, 2], [1, 2]), _a([1, 2], [0, 0])), 1, "two copies in train, one test row"),
        Case((_a([1, 2]), _a([1, 2], [1, 2], [2, 1])), 2, "each test row counts; [2, 1] differs"),
        Case((_a([1, 2], [3, 4]), _a([1, 4], [3, 2])), 0, "same numbers, but no row is the same"),
        Case((_a([0, 0], [1, 1]), _a([1, 1], [0, 0])), 2, "the same rows in another order"),
        Case((_a([1, 2, 3], [1, 2, 4]), _a([1, 2, 3])), 1, "all columns must agree, and do once"),
    ],
    "7.3": [
        Case((MAP, _rows(*[1] * 3, *[0] * 9)), _rows(9), "the lesson's map: (6, 3) and (7, 3)"),
        Case(
            (_a([0], [1], [3], [7]), _rows(1, 0, 0, 0)),
            _rows(1),
            "0 and 1 are each other's nearest",
        ),
        Case(
            (_a([0], [2], [3]), _rows(1, 0, 0)),
            _rows(),
            "0's nearest is 2, but 2's nearest is 3",
        ),
        Case(
            (_a([0], [1], [9]), _rows(1, 1, 0)),
            _rows(),
            "0 and 1 are both positive: no link",
        ),
        Case(
            (_a([0], [1], [10], [11]), _rows(0, 1, 1, 0)),
            _rows(0, 3),
            "two links; only the negative of each is named",
        ),
        Case(
            (_a([5, 4], [0, 2], [5, 5], [0, 0]), _rows(1, 0, 0, 1)),
            _rows(1, 2),
            "(5, 4) with (5, 5) and (0, 0) with (0, 2), row numbers in order",
        ),
    ],
}
