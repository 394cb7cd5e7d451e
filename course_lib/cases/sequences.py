"""Cases about histories in order: padding, attention, transitions; worked out by hand."""

import numpy as np

from course_lib.cases.case import Case

HALF = np.log(3.0)  # softmax of 0 and ln 3 is ¼ and ¾

CASES: dict[str, list[Case]] = {
    "models.histories.with_padding": [
        Case(
            (np.array([[-1, 4, 0], [2, 1, 3]]),),
            (np.array([[5, 1, 0], [3, 2, 4]]), np.array([2, 3])),
            "items become 1 more, and the padding moves behind them",
        ),
        Case(
            (np.array([[-1, -1]]),),
            (np.array([[0, 0]]), np.array([0])),
            "an empty history is padding only",
        ),
        Case(
            (np.array([[-1, -1, 0], [-1, 7, 7], [0, 0, 0]]),),
            (np.array([[1, 0, 0], [8, 8, 0], [1, 1, 1]]), np.array([1, 2, 3])),
            "item 0 is an event, not padding; repeats stay",
        ),
        Case((np.array([[6]]),), (np.array([[7]]), np.array([1])), "a single event"),
    ],
    "13.1": [
        Case(
            ([0, 1, 0, 1, 2], 3),
            np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
            "0 → 1 twice, 1 → 0 once, 1 → 2 once; nothing follows the last 2",
        ),
        Case(
            ([2, 2, 2], 3),
            np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 2.0]]),
            "an item may follow itself: 2 → 2, twice",
        ),
        Case(([1], 2), np.zeros((2, 2)), "one event has no next one"),
        Case(
            ([1, 0], 2),
            np.array([[0.0, 0.0], [1.0, 0.0]]),
            "rows are where you come from, columns where you go: 1 → 0",
        ),
        Case(([], 2), np.zeros((2, 2)), "an empty history has no transitions"),
    ],
    "13.2": [
        Case(
            (np.zeros((3, 2)), np.ones((3, 2))),
            np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]]),
            "equal scores: each place divides its attention among itself and the earlier ones",
        ),
        Case(
            (np.array([[1.0], [1.0]]), np.array([[0.0], [HALF]])),
            np.array([[1.0, 0.0], [0.25, 0.75]]),
            "d = 1: scores 0 and ln 3 for the second place, and softmax gives 1/4 and 3/4",
        ),
        Case(
            (np.ones((2, 4)), np.array([[0.0] * 4, [HALF / 2] * 4])),
            np.array([[1.0, 0.0], [0.25, 0.75]]),
            "d = 4: the dot product 4 · ln 3 / 2 is divided by √4, which leaves ln 3",
        ),
        Case(
            (np.array([[1.0], [0.0]]), np.array([[0.0], [HALF]])),
            np.array([[1.0, 0.0], [0.5, 0.5]]),
            "row = who looks (query): the second place has query 0 and no preference",
        ),
        Case(
            (np.array([[1000.0], [1000.0]]), np.array([[0.0], [1.0]])),
            np.array([[1.0, 0.0], [0.0, 1.0]]),
            "large scores must not overflow: take off the largest one first",
        ),
    ],
    "13.3": [
        Case(
            ([3, 5, 9, 1, 2], [0, 0, 0, 1, 1]),
            1.0,
            "3 5, 5 9 and 1 2 stand within a basket, and all rise; 9 1 does not",
        ),
        Case(
            ([4, 2, 7, 1], [0, 0, 0, 0]),
            1 / 3,
            "4 2 falls, 2 7 rises, 7 1 falls",
        ),
        Case(([1, 1, 2], [5, 5, 5]), 0.5, "1 1 does not rise"),
        Case(
            ([1, 2, 9, 3, 4, 1], [0, 0, 1, 1, 2, 2]),
            1 / 3,
            "1 2 rises, 9 3 and 4 1 fall; pairs across baskets do not count",
        ),
        Case(([8, 9], [3, 3]), 1.0, "one pair, and it rises"),
    ],
}
