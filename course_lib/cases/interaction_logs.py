"""Cases about interaction logs: the lesson's exercises, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case

NEVER = np.nan


def _a(*values):
    return np.array(values, dtype=np.float64)


def _mask(*values):
    return np.array(values, dtype=bool)


CASES = {
    "4.1": [
        Case((_a(5, 1), _a(0.5, 0.25)), 7 / 3, "(5 · 2 + 1 · 4) / (2 + 4)"),
        Case((_a(4, 2, 3), _a(0.2, 0.2, 0.2)), 3.0, "equal chances: the plain mean"),
        Case((_a(5), _a(0.01)), 5.0, "one rating counts for a hundred, and all hundred say 5"),
        Case((_a(5, 5, 3), _a(0.9, 0.9, 0.1)), 37 / 11, "times 0.9 above and below: 37 / 11"),
        Case((_a(1, 1, 1, 5), _a(0.5, 0.5, 0.5, 1.0)), 11 / 7, "(2 + 2 + 2 + 5) / (2 + 2 + 2 + 1)"),
        Case((_a(3, 0), _a(0.5, 0.1)), 0.5, "6 / 12: a value of 0 still has its weight"),
    ],
    "4.2": [
        Case(
            (_a(1, 1), _a(7, 7), _a(0, 3), 5),
            _mask(True, False),
            "the same shopper, the same product, 3 seconds later",
        ),
        Case(
            (_a(1, 1, 1), _a(7, 7, 7), _a(0, 5, 11), 5),
            _mask(True, False, True),
            "5 seconds are within 5, 6 seconds are not",
        ),
        Case(
            (_a(1, 1, 1), _a(7, 7, 7), _a(0, 4, 8), 5),
            _mask(True, False, False),
            "the third comes 4 seconds after the second, dropped or not",
        ),
        Case(
            (_a(1, 2, 1, 2), _a(7, 7, 7, 7), _a(0, 1, 2, 60), 5),
            _mask(True, True, False, True),
            "another shopper's event in between changes nothing",
        ),
        Case(
            (_a(1, 1, 1), _a(7, 8, 7), _a(0, 1, 2), 5),
            _mask(True, True, False),
            "another product in between changes nothing",
        ),
        Case(
            (_a(2, 1, 2, 1), _a(1, 2, 1, 2), _a(0, 0, 0, 9), 5),
            _mask(True, True, False, True),
            "the first of two equal events stays; the answer keeps the log's order",
        ),
        Case((_a(), _a(), _a(), 5), _mask(), "an empty log: nothing to keep"),
    ],
    "4.3": [
        Case(
            (np.array([0, 0]), _a(3, 8), _a(5), _a(NEVER)),
            _mask(False, True),
            "given on day 5: what came before was not covered",
        ),
        Case(
            (np.array([0, 0]), _a(5, 6), _a(5), _a(NEVER)),
            _mask(True, True),
            "the day of consent itself is covered",
        ),
        Case(
            (np.array([0, 0]), _a(6, 9), _a(5), _a(8)),
            _mask(False, False),
            "withdrawn: the earlier event goes too",
        ),
        Case(
            (np.array([0, 0, 0]), _a(2, 9, 12), _a(10), _a(8)),
            _mask(False, False, True),
            "given again on day 10, after the withdrawal on day 8",
        ),
        Case(
            (np.array([1, 0, 2, 1]), _a(4, 4, 4, 1), _a(0, 2, NEVER), _a(NEVER, NEVER, NEVER)),
            _mask(True, True, False, False),
            "shopper 2 never consented; shopper 1 did on day 2",
        ),
        Case(
            (np.array([0]), _a(9), _a(NEVER), _a(3)),
            _mask(False),
            "a withdrawal of what was never given gives no right",
        ),
    ],
}
