"""Cases about neural networks, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case


def _a(*rows):
    return np.array(rows, dtype=np.float64)


CASES: dict[str, list[Case]] = {
    "3.1": [
        Case(
            (_a([1, 0, 2]), _a([1], [3], [-1]), _a([-0.5])),
            (_a([-0.5], [0], [-1]), _a(-0.5), _a([-0.5, -1.5, 0.5])),
            "the output layer of the 2-3-1 network on paper",
        ),
        Case(
            (_a([1, 2]), _a([1, 2, -1], [0.5, -1, 1]), _a([-0.5, 0, 0.5])),
            (_a([-0.5, 0, 0.5], [-1, 0, 1]), _a(-0.5, 0, 0.5), _a([-1, 0.25])),
            "its hidden layer: x times delta; -0.5 · 1 + 0.5 · (-1) = -1 goes back to x1",
        ),
        Case(
            (_a([1, 0], [2, 3]), _a([1, 2], [0, -1]), _a([1, 0], [0.5, -1])),
            (_a([2, -2], [1.5, -3]), _a(1.5, -1), _a([1, 0], [-1.5, 1])),
            "two rows are added, not averaged: 1 · 1 + 2 · 0.5 = 2 for the first weight",
        ),
        Case(
            (_a([1], [2], [3]), _a([1, -1]), _a([1, 0], [0, 1], [1, 1])),
            (_a([4, 5]), _a(2, 2), _a([1], [-1], [0])),
            "three rows, one input, two units: 1 + 0 + 3 and 0 + 2 + 3",
        ),
        Case(
            (_a([5, 7]), _a([2], [3]), _a([0])),
            (_a([0], [0]), _a(0), _a([0, 0])),
            "no delta, no gradient",
        ),
    ],
    "3.2": [
        Case(([0.6, 0.5, 0.4, 0.45, 0.5, 0.55], 2), 2, "0.4 is the best, two worse epochs follow"),
        Case(([0.6, 0.5, 0.55, 0.56, 0.3], 2), 1, "stops after epoch 3: 0.3 is never seen"),
        Case(([0.6, 0.5, 0.55, 0.56, 0.3], 3), 4, "with more patience 0.3 is seen"),
        Case(([0.5, 0.5, 0.5, 0.4], 2), 0, "an equal loss is no improvement: stops after epoch 2"),
        Case(([0.9, 0.8, 0.7], 1), 2, "better each time: runs to the end"),
        Case(([0.5, 0.6, 0.4, 0.5, 0.3], 2), 4, "a new best starts the count again"),
        Case(([0.7], 5), 0, "one epoch is the best of one"),
    ],
    "3.3": [
        Case((_a([0, 1], [0, 0]),), 0.5, "unit 1 is 0 in both rows, unit 2 wakes once"),
        Case(
            (_a([0, 0, 3], [0, 2, 0]),), 1 / 3, "one of three units; zeros elsewhere do not count"
        ),
        Case((_a([1, 2], [3, 4]),), 0.0, "all awake"),
        Case((_a([0, 0], [0, 0]),), 1.0, "all dead"),
        Case(
            (_a([0, 5, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]),),
            0.5,
            "units 1 and 3 of four; the last ROW is all zero, but rows are households",
        ),
        Case((_a([-0.1, 0], [0, 0]),), 0.5, "a negative activation, as GELU has, is not zero"),
        Case((_a([-0.1], [-0.2]),), 0.0, "negative in every row is still not zero"),
        Case((_a([1, 0], [-1, 0]),), 0.5, "1 and -1 add up to 0, but the unit is awake"),
    ],
}
