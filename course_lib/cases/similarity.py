"""Cases about similarity, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case

NEVER = float("-inf")

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
    ],
}
