"""Cases about similarity, worked out by hand."""

from math import acos, degrees, sqrt

import numpy as np

from course_lib.cases.case import Case, drawn

NEVER = float("-inf")


def _cosine(x, y):
    lengths = sqrt(sum(v * v for v in x)) * sqrt(sum(v * v for v in y))
    return sum(v * w for v, w in zip(x, y, strict=True)) / lengths if lengths else 0.0


def _angle(a, b):
    return degrees(acos(min(1.0, max(-1.0, _cosine(a, b)))))


def _pairs(a, b):
    return np.array([[_cosine(x, y) for y in b] for x in a])


def _votes(purchases):
    products = list(zip(*purchases, strict=True))
    alike = [[_cosine(x, y) for y in products] for x in products]
    return [
        [sum(n * alike[i][j] for i, n in enumerate(row)) for j in range(len(row))]
        for row in purchases
    ]


def _discovered(purchases, k):
    lists = []
    for row, scores in zip(purchases, _votes(purchases), strict=True):
        unknown = [j for j, n in enumerate(row) if n == 0]
        best = sorted(unknown, key=lambda j: -scores[j])  # stable: ties keep their order
        lists.append((best + [-1] * k)[:k])
    return np.array(lists)


def _shrunk(a, b, strength):
    common = sum(x != 0 and y != 0 for x, y in zip(a, b, strict=True))
    return _cosine(a, b) * common / (common + strength) if common else 0.0


def _two_vectors(rng, size):
    return tuple(rng.integers(-4, 6, (2, size)).tolist())


def _two_tables(rng, size):
    n, m, d = rng.permutation([size % 4 + 1, size % 3 + 2, size % 2 + 2])
    a, b = rng.integers(-3, 5, (n, d)), rng.integers(-3, 5, (m, d)) / 4
    a[rng.integers(n)] *= rng.integers(2)  # a row of zeros now and then
    return a.tolist(), b.tolist()


def _purchases(rng, size):
    """Counts in which no two scores above 0 are so close that rounding decides."""
    n, m = size % 4 + 2, size % 3 + 3
    while True:
        counts = rng.integers(1, 5, (n, m)) * (rng.random((n, m)) < 0.5)
        for scores in _votes(counts.tolist()):
            scores = np.sort([score for score in scores if score > 0])
            if np.any(np.diff(scores) < 1e-6):
                break
        else:
            return counts.tolist(), int(rng.integers(1, m + 1))


def _two_baskets(rng, size):
    a, b = rng.integers(0, 4, (2, size))
    return a.tolist(), b.tolist(), int(rng.integers(0, 5))


CASES: dict[str, list[Case]] = {
    "similarity.cosine_similarity": [
        Case(([1, 2, 3], [1, 0, 0]), 1 / 14**0.5, "1 / (√14 · 1)"),
        Case(
            ([[1, 2, 3], [4, 5, 6]], [[1, 0, 0], [0, 1, 0]]),
            np.array([[1 / 14**0.5, 2 / 14**0.5], [4 / 77**0.5, 5 / 77**0.5]]),
            "one row a user: 1/√14, 2/√14 and 4/√77, 5/√77",
        ),
        Case(([3, 4], [6, 8]), 1.0, "the same direction; length does not count"),
        Case(([3, 4], [4, -3]), 0.0, "12 - 12 = 0: a right angle"),
        Case(([1, 0], [-2, 0]), -1.0, "opposite directions"),
        Case(([0, 0], [1, 2]), 0.0, "a zero vector has no direction: 0 by definition"),
        Case(
            ([[3, 4]], [[0, 0], [4, 3], [0, 2]]),
            np.array([[0.0, 0.96, 0.8]]),
            "one row, three columns: 0, 24 / 25 and 8 / 10",
        ),
        Case(
            (np.array([100, 100], dtype=np.int8), np.array([100, 100], dtype=np.int8)),
            1.0,
            "20,000 / (√20,000 · √20,000); int8 holds no number above 127",
        ),
    ],
    "similarity.top_k": [
        Case(
            ([[0.1, 0.9, 0.5], [0.7, 0.7, 0.0]], 2),
            np.array([[1, 2], [0, 1]]),
            "best first, each row for itself",
        ),
        Case(([5.0, 1.0, 4.0], 1), np.array([0]), "the highest score is in column 0"),
        Case(([1.0, 1.0, 1.0, 1.0], 2), np.array([0, 1]), "ties keep catalogue order"),
        Case(([-3.0, -1.0, -2.0], 2), np.array([1, 2]), "-1 is the highest, then -2"),
        Case(([2.0, NEVER, 3.0], 3), np.array([2, 0, -1]), "-inf means never: -1 fills the place"),
        Case(([[NEVER, NEVER]], 1), np.array([[-1]]), "nothing is left to recommend"),
        Case(([[1, 2], [4, 3]], 2), np.array([[1, 0], [0, 1]]), "k may be the number of columns"),
    ],
    "1.1": [
        Case(([3, 4], [6, 8]), 0.0, "the same direction", 1e-4),
        Case(([1, 0], [0, 2]), 90.0, "a right angle", 1e-4),
        Case(([1, 0], [1, 1]), 45.0, "half a right angle: cosine 1/√2", 1e-4),
        Case(([2, 0], [1, 3**0.5]), 60.0, "cosine 2 / (2 · 2) = 1/2", 1e-4),
        Case(([1, 2], [-1, -2]), 180.0, "opposite directions", 1e-4),
        Case(
            ([1, 1, 1], [2, 2, 2]),
            0.0,
            "the same direction; clip a cosine that rounding carried above 1",
            1e-4,
        ),
        Case(([0, 0], [1, 2]), 90.0, "similarity 0 by definition, and cos 90° = 0", 1e-4),
        Case(([-1, 1], [-1, -1]), 90.0, "a right angle: never more than 180", 1e-4),
        Case(([1, 2], [0, 0]), 90.0, "either vector may be the zero vector: 90", 1e-4),
        Case(([1e-5, 0], [1e-5, 1e-5]), 45.0, "length does not count, however small", 1e-4),
        *drawn(
            _two_vectors,
            _angle,
            "the arc cosine of a·b / (|a| |b|), in degrees from 0 to 180",
            tolerance=1e-4,
        ),
    ],
    "1.2": [
        Case(([[3, 4]], [[4, 3]]), np.array([[0.96]]), "(12 + 12) / (5 · 5)"),
        Case(
            ([[1, 0], [3, 4]], [[0, 2], [5, 0], [1, 1]]),
            np.array([[0, 1, 0.5**0.5], [0.8, 0.6, 0.7 * 2**0.5]]),
            "two rows in a, three in b: divide by each ROW's own length",
        ),
        Case(
            ([[0, 0], [1, 0]], [[1, 0]]),
            np.array([[0.0], [1.0]]),
            "a household with no purchase has similarity 0, not nan",
        ),
        Case(
            (np.array([[100, 100]], dtype=np.int8), np.array([[50, 50]], dtype=np.int8)),
            np.array([[1.0]]),
            "the same direction; int8 holds no number above 127, so convert first",
        ),
        Case(
            ([[2, 0]], [[-1, 0], [0, 0]]),
            np.array([[-1.0, 0.0]]),
            "opposite is -1; a zero row in b gives 0",
        ),
        Case(([[1e-4, 0]], [[1e-4, 0]]), np.array([[1.0]]), "the same direction, however short"),
        *drawn(
            _two_tables,
            _pairs,
            "row i, column j: a[i]·b[j] / (|a[i]| |b[j]|), and 0 for a row of zeros",
        ),
    ],
    "1.3": [
        Case(
            ([[1, 1, 0], [1, 0, 1]], 1),
            np.array([[2], [1]]),
            "each shopper knows all but one product",
        ),
        Case(
            ([[1, 1, 0], [1, 0, 1]], 2),
            np.array([[2, -1], [1, -1]]),
            "known products never come back: -1 fills the second place",
        ),
        Case(
            ([[1, 0, 0], [1, 0, 1], [1, 1, 0], [0, 1, 0]], 1),
            np.array([[2], [1], [2], [0]]),
            "shopper 0: product 2 has cosine 1/√3 with product 0, product 1 only 1/√6",
        ),
        Case(
            ([[5, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]], 1),
            np.array([[2], [1], [0]]),
            "shopper 0: product 2 scores 5 · 1/√26 = 0.98, product 3 scores 1 · 1/√2 = 0.71",
        ),
        Case(
            ([[1, 0, 0], [3, 0, 1], [1, 1, 0]], 1),
            np.array([[2], [1], [2]]),
            "shopper 0: product 2 has cosine 3/√11 with product 0, product 1 only 1/√11",
        ),
        Case(
            ([[2, 0, 0], [0, 3, 0]], 2),
            np.array([[1, 2], [0, 2]]),
            "no product was bought with another: all scores are 0, catalogue order",
        ),
        *drawn(
            _purchases,
            _discovered,
            "score of j: sum over i of count(i) · cos(column i, column j); best unknown ones first",
        ),
    ],
    "1.4": [
        Case(([1, 0], [2, 0], 1), 0.5, "cosine 1, one product in common: 1 · 1 / (1 + 1)"),
        Case(([3, 4], [4, 3], 2), 0.48, "cosine 24/25, two in common: 0.96 · 2 / (2 + 2)"),
        Case(([3, 4], [4, 3], 0), 0.96, "strength 0 leaves the cosine as it is"),
        Case(
            ([1, 1, 1, 1], [1, 1, 0, 0], 3),
            2 / 5 * 0.5**0.5,
            "cosine 2 / (2 · √2), two in common: · 2 / (2 + 3)",
        ),
        Case(([1, 0], [0, 1], 5), 0.0, "nothing in common"),
        Case(([1, 0], [0, 1], 0), 0.0, "nothing in common and strength 0: 0, not 0 / 0"),
        Case(([0, 0], [1, 2], 1), 0.0, "no purchase, nothing in common"),
        *drawn(
            _two_baskets,
            _shrunk,
            "cosine · c / (c + strength), c = places where BOTH are not zero; 0 where c is 0",
        ),
    ],
}
