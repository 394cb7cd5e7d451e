"""Cases about baselines, worked out by hand; drawn ones by plain loops."""

import math

import numpy as np

from course_lib.cases.case import Case, drawn

ROOT = np.sqrt(0.5)


def _two_columns(rng, size):
    a, b = rng.integers(0, 4, (2, size)) * rng.integers(0, 2, (2, size))
    return a.tolist(), b.tolist(), float(rng.choice([0.0, 0.5, 3.0, 20.0]))


def _shrunk(a, b, shrinkage):
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    bottom = math.hypot(*a) * math.hypot(*b) + shrinkage
    return dot / bottom if bottom else 0.0


def _purchases(rng, size):
    n_items = int(rng.integers(2, 9))
    return (
        rng.integers(0, n_items - 1, size),  # the last product is never bought
        rng.integers(0, 200, size) / 2,
        float(rng.choice([3.0, 28.0, 90.0])),
        n_items,
    )


def _faded(items, ages, half_life, n_items):
    counts = [0.0] * n_items
    for item, age in zip(items, ages, strict=True):
        counts[item] += 2.0 ** (-age / half_life)
    return np.array(counts)


def _lists(rng, size):
    lists = np.full((size, 4), -1)
    for row in lists:
        filled = rng.integers(0, 5)
        row[:filled] = rng.permutation(7)[:filled]
    return lists, int(rng.integers(0, 4))


def _exposure(lists, n):
    places = [item for row in lists.tolist() for item in row if item != -1]
    shown = sorted((places.count(item) for item in range(7)), reverse=True)
    return sum(shown[:n]) / len(places) if places else 0.0


CASES: dict[str, list[Case]] = {
    "models.ease.ease_weights": [
        Case(
            ([[1, 1], [1, 0]], 1.0),
            np.array([[0, 1 / 3], [1 / 2, 0]]),
            "shared 1; own 2 and 1: 1 / (2 + 1) and 1 / (1 + 1), nothing on the diagonal",
        ),
        Case(
            ([[1, 1, 0], [0, 1, 1], [1, 0, 0]], 1.0),
            np.array([[0, 1 / 3, -1 / 8], [2 / 5, 0, 3 / 8], [-1 / 5, 1 / 2, 0]]),
            "column 0 solves [[3, 1], [1, 2]] b = [1, 0]: 2/5 and -1/5",
        ),
        Case(
            ([[1, 1], [1, 1], [1, 0], [1, 0]], 4.0),
            np.array([[0, 2 / 8], [2 / 6, 0]]),
            "shared 2, own 4 and 2, λ = 4: not symmetric, the column's item is explained",
        ),
        Case(
            ([[1, 0], [0, 1]], 2.0),
            np.zeros((2, 2)),
            "never together: neither says anything about the other",
        ),
        Case(
            ([[2, 1], [0, 1]], 1.0),
            np.array([[0, 2 / 5], [2 / 3, 0]]),
            "counts count: shared 2 · 1, own 4 and 2",
        ),
    ],
    "models.als.solve_side": [
        Case(
            ([[3.0, 0.0]], [[1.0], [2.0]], 1.0),
            np.array([[4 / 9]]),
            "(1 + 4 + 3·1 + 1) x = (1 + 3)·1: the item not bought counts too, with confidence 1",
        ),
        Case(
            ([[1.0, 1.0, 1.0, 0.0], [2.0, 1.0, 0.0, 0.0]], [[1.0], [1.0], [0.5], [0.0]], 1.0),
            np.array([[5 / 5.5], [5 / 6.25]]),
            "the lesson's Bo and Ada: 2·2.5 / (2.25 + 2.25 + 1), (3 + 2) / (2.25 + 3 + 1)",
        ),
        Case(
            ([[0.0, 0.0], [0.0, 1.0]], [[1.0], [1.0]], 1.0),
            np.array([[0.0], [0.5]]),
            "nothing bought: zero; else (2 + 1 + 1) x = 2",
        ),
        Case(
            ([[1.0, 0.0], [0.0, 3.0]], [[1.0, 0.0], [0.0, 2.0]], 2.0),
            np.array([[2 / 4, 0.0], [0.0, 8 / 18]]),
            "dimensions apart: 2 / (1 + 1 + 2); 4·2 / (4 + 3·4 + 2)",
        ),
        Case(
            ([[1.0]], [[1.0, 1.0]], 1.0),
            np.array([[2 / 5, 2 / 5]]),
            "[[3, 2], [2, 3]] x = [2, 2]: YᵀY has entries off the diagonal",
        ),
    ],
    "11.1": [
        Case(
            ([1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], 1.0),
            2 / 3,
            "tea and mug: 2 shared, sizes √2 and √2: 2 / (2 + 1)",
        ),
        Case(
            ([1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], 0.0),
            ROOT,
            "without shrinkage it is the cosine: tea and honey, 1 / √2",
        ),
        Case(([1, 1, 0], [0, 0, 1], 5.0), 0.0, "nobody in common"),
        Case(([0, 0, 0], [1, 0, 1], 0.0), 0.0, "bought by nobody: 0, not a division by 0"),
        Case(
            ([2, 0, 1], [1, 3, 2], 10.0),
            4 / (np.sqrt(70) + 10),
            "counts: 2·1 + 1·2 = 4; sizes √5 and √14",
        ),
        Case(
            ([1, 1, 1, 1], [1, 1, 1, 1], 12.0),
            0.25,
            "4 / (4 + 12): shrinkage is added below, not taken away above",
        ),
        Case(([1, 2, 0], [0, 0, 0], 0.0), 0.0, "the second column is empty: 0, not 0 / 0"),
        *drawn(_two_columns, _shrunk, "a·b / (|a| · |b| + shrinkage), and 0 where the bottom is 0"),
    ],
    "11.2": [
        Case(
            (np.array([0, 1, 0]), np.array([0.0, 0.0, 5.0]), 5.0, 3),
            np.array([1.5, 1.0, 0.0]),
            "today 1, one half-life ago 1/2; product 2 was never bought",
        ),
        Case(
            (np.array([2, 2, 2]), np.array([10.0, 20.0, 30.0]), 10.0, 3),
            np.array([0.0, 0.0, 0.875]),
            "1/2 + 1/4 + 1/8",
        ),
        Case(
            (np.array([0, 1]), np.array([3.0, 3.0]), 6.0, 2),
            np.array([ROOT, ROOT]),
            "half of a half-life: √(1/2), not 3/4",
        ),
        Case(
            (np.array([1, 1, 1, 1]), np.zeros(4), 1.0, 2),
            np.array([0.0, 4.0]),
            "four purchases today are four, not one",
        ),
        Case(
            (np.array([0, 1, 1]), np.array([8.0, 0.0, 4.0]), 4.0, 4),
            np.array([0.25, 1.5, 0.0, 0.0]),
            "each purchase ages by itself",
        ),
        Case(
            (np.array([], dtype=int), np.array([]), 7.0, 3),
            np.zeros(3),
            "no purchase: 0 for each product",
        ),
        *drawn(_purchases, _faded, "the sum of 0.5^(age / half-life) over a product's purchases"),
    ],
    "11.3": [
        Case(
            (np.array([[0, 1], [0, 2]]), 1),
            0.5,
            "product 0 has two of the four places",
        ),
        Case(
            (np.array([[0, 1], [0, 2], [0, 1]]), 2),
            5 / 6,
            "product 0 three times, product 1 twice",
        ),
        Case(
            (np.array([[3, 4], [4, -1]]), 1),
            2 / 3,
            "an empty place (-1) is no place: two of three are product 4's",
        ),
        Case((np.array([[5, 6, 7]]), 10), 1.0, "fewer products than n: all of them"),
        Case(
            (np.array([[2, -1], [-1, -1], [3, -1]]), 1),
            0.5,
            "empty places must not become the most shown product",
        ),
        Case(
            (np.array([[0, 1], [1, 2]]), 0),
            0.0,
            "no product has no place (and [-0:] takes them all)",
        ),
        Case((np.array([[-1, -1]]), 2), 0.0, "no place is filled: 0, not 0 / 0"),
        Case(
            (np.array([[1, 0, 2, 3], [1, -1, -1, -1], [0, -1, -1, -1]]), 1),
            2 / 6,
            "two of all six filled places; longer lists weigh more, and of a tie one counts",
        ),
        *drawn(_lists, _exposure, "places of the n most shown products / all filled places"),
    ],
}
