"""Cases about histories in order: padding, attention, transitions; by hand or by plain loops."""

import math

import numpy as np

from course_lib.cases.case import Case, drawn

HALF = np.log(3.0)  # softmax of 0 and ln 3 is ¼ and ¾


def _history(rng, size):
    n_items = int(rng.choice([5, 6, 13]))
    return rng.choice(rng.integers(0, n_items, 4), size - 1).tolist(), n_items


def _transitions(items, n_items):
    table = [[0.0] * n_items for _ in range(n_items)]
    for place in range(1, len(items)):
        table[items[place - 1]][items[place]] += 1
    return np.array(table)


def _query_and_key(rng, size):
    n, d = 1 + size // 2, 2 + size % 4
    return tuple(rng.integers(-4, 5, (2, n, d)) * float(rng.choice([0.25, 0.5, 20.0])))


def _shares(query, key):
    n, d = query.shape
    table = np.zeros((n, n))
    for i in range(n):
        scores = [sum(query[i] * key[j]) / math.sqrt(d) for j in range(i + 1)]
        parts = [math.exp(score - max(scores)) for score in scores]
        table[i, : i + 1] = [part / sum(parts) for part in parts]
    return table


def _lines(rng, size):
    sizes = rng.integers(1, 4, size)
    labels = rng.permutation(size + 1)[:size]
    baskets = [int(label) for label, lines in zip(labels, sizes, strict=True) for _ in range(lines)]
    return rng.integers(0, 5, len(baskets)).tolist(), baskets


def _rising(numbers, baskets):
    rises = [
        numbers[place] > numbers[place - 1]
        for place in range(1, len(numbers))
        if baskets[place] == baskets[place - 1]
    ]
    return sum(rises) / len(rises) if rises else math.nan


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
        *drawn(_history, _transitions, "row = an event, column = the one directly after it"),
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
        Case(
            (np.array([[1.0], [1.0]]), np.array([[0.0], [1000.0]])),
            np.array([[1.0, 0.0], [0.0, 1.0]]),
            "the large score of a later place does not count: mask first, then the largest",
        ),
        Case(
            (np.array([[-1e5], [1.0]]), np.array([[1.0], [0.0]])),
            np.array([[1.0, 0.0], [np.e / (np.e + 1), 1 / (np.e + 1)]]),
            "a score of −100,000 for oneself: later places still get 0, each row its own largest",
        ),
        *drawn(_query_and_key, _shares, "softmax of q·k / √d over the place and the earlier ones"),
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
        Case(
            ([1, 2, 3, 2, 1], [0, 0, 0, 1, 1]),
            2 / 3,
            "two of all three pairs: a longer basket weighs more",
        ),
        Case(([4, 5, 6], [0, 1, 2]), math.nan, "no basket has two lines: nan, a share of nothing"),
        Case(([], []), math.nan, "no line, no pair: nan"),
        Case(
            ([5, 9, 2, 3], [7, 4, 7, 7]),
            1.0,
            "only lines that stand side by side: 5 and 2 do not, 2 and 3 do, and rise",
        ),
        *drawn(_lines, _rising, "rising pairs / pairs of neighbouring lines of one basket"),
    ],
}
