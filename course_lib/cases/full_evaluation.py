"""Cases about comparing, blending and mixing recommenders, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case

ROOT_1_5 = np.sqrt(1.5)  # 2 / sqrt(8/3): what 0 and 4 become beside 2

CASES: dict[str, list[Case]] = {
    "models.hybrid.standardise": [
        Case(([[1.0, 3.0]],), np.array([[-1.0, 1.0]]), "mean 2, both 1 away from it"),
        Case(
            ([[0.0, 2.0, 4.0]],),
            np.array([[-ROOT_1_5, 0.0, ROOT_1_5]]),
            "standard deviation sqrt(8/3): divided by 3 numbers, not by 2",
        ),
        Case(
            ([[1.0, 3.0], [100.0, 300.0]],),
            np.array([[-1.0, 1.0], [-1.0, 1.0]]),
            "each row for itself: the unit does not matter",
        ),
        Case(([[7.0, 7.0, 7.0]],), np.zeros((1, 3)), "equal scores are no opinion: 0, not NaN"),
        Case(([[3.0, 1.0], [5.0, 5.0]],), np.array([[1.0, -1.0], [0.0, 0.0]]), "both at once"),
    ],
    "models.mix.mixed_scores": [
        Case(
            ([[2.0, 1.0, 9.0, 9.0]], [[9.0, 9.0, 2.0, 1.0]], [[1, 1, 0, 0]], 0.5),
            -np.array([[2.0, 4.0, 2.0, 4.0]]),
            "one in two: each kind has the places 2 and 4",
        ),
        Case(
            ([[1.0, 2.0, 9.0, 9.0]], [[9.0, 9.0, 2.0, 1.0]], [[1, 1, 0, 0]], 0.25),
            -np.array([[8.0, 4.0, 4 / 3, 8 / 3]]),
            "known at 4 and 8, the second column first; new at 4/3 and 8/3",
        ),
        Case(
            ([[5.0, 5.0, 0.0]], [[0.0, 0.0, 5.0]], [[1, 1, 0]], 0.8),
            -np.array([[1.25, 2.5, 5.0]]),
            "equal scores keep the catalogue's order; the new one waits for place 1/0.2",
        ),
        Case(
            ([[1.0, 9.0], [9.0, 1.0]], [[1.0, 9.0], [9.0, 1.0]], [[1, 0], [1, 0]], 0.5),
            -np.array([[2.0, 2.0], [2.0, 2.0]]),
            "one known and one new product a row: the other kind's scores do not count",
        ),
        Case(
            ([[3.0, 2.0, 1.0]], [[1.0, 2.0, 3.0]], [[0, 0, 0]], 0.5),
            -np.array([[6.0, 4.0, 2.0]]),
            "nothing is known: the order of `discover`",
        ),
    ],
    "models.hybrid.blend_weights": [
        Case(
            ([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]], [[1.0, 0.0], [0.0, 1.0]], 1, 5),
            np.array([1.0, 0.0]),
            "the first model finds both, and nothing makes it better",
        ),
        Case(
            ([[[4.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 2.0]]], [[1.0, 0.0], [0.0, 1.0]], 1, 4),
            np.array([0.5, 0.5]),
            "each is sure where it is right: 4 - 1 > 0 and 2 - 1 > 0, together they find both",
        ),
        Case(
            ([[[0.0, 1.0], [0.0, 2.0]], [[4.0, 0.0], [3.0, 0.0]]], [[1.0, 0.0], [0.0, 1.0]], 1, 4),
            np.array([2 / 3, 1 / 3]),
            "one pick each is not enough for user 1 (2 < 3), two of the first are (4 > 3), and "
            "user 0 stays right (4 > 2)",
        ),
        Case(
            ([[[1.0, 0.0]], [[1.0, 0.0]]], [[1.0, 0.0]], 1, 3),
            np.array([1.0, 0.0]),
            "equal models: the first one, after the first pick",
        ),
        Case(
            (
                [[[2.0, 3.0, 1.0], [2.0, 3.0, 1.0]], [[3.0, 2.0, 1.0], [1.0, 3.0, 2.0]]],
                [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
                2,
                1,
            ),
            np.array([1.0, 0.0]),
            "twice place 2 brings 1.26, place 1 and place 3 only 1, when two places count",
        ),
    ],
    "14.1": [
        Case(
            (np.array([0.2, 0.3, 0.1]), np.array([1.0, 5.0, 0.5])),
            np.array([True, True, True]),
            "each better one costs more",
        ),
        Case(
            (np.array([0.2, 0.3, 0.1]), np.array([1.0, 0.5, 2.0])),
            np.array([False, True, False]),
            "the second is the best and the cheapest",
        ),
        Case(
            (np.array([0.2, 0.2]), np.array([1.0, 2.0])),
            np.array([True, False]),
            "equally good, but cheaper",
        ),
        Case(
            (np.array([0.3, 0.2]), np.array([1.0, 1.0])),
            np.array([True, False]),
            "equally cheap, but better",
        ),
        Case(
            (np.array([0.2, 0.2]), np.array([1.0, 1.0])),
            np.array([True, True]),
            "equal in both: neither beats the other",
        ),
        Case((np.array([0.4]), np.array([9.0])), np.array([True]), "alone, nothing beats it"),
    ],
    "14.2": [
        Case(
            ([np.array([5, 7]), np.array([7, 5])], 60, 2),
            np.array([5, 7]),
            "1/61 + 1/62 each: a tie goes to the smaller number",
        ),
        Case(
            ([np.array([3, 1, 2]), np.array([1, 3, 4]), np.array([1, 2, 4])], 60, 2),
            np.array([1, 3]),
            "1 has 1/62 + 1/61 + 1/61 = 0.0489, 3 has 1/61 + 1/62 = 0.0325",
        ),
        Case(
            ([np.array([9, 4, 2]), np.array([2, 5, 6])], 0, 3),
            np.array([2, 9, 4]),
            "with constant 0: 2 has 1/3 + 1, 9 has 1, 4 and 5 have 1/2 each, 4 is smaller",
        ),
        Case(
            ([np.array([8, -1, -1]), np.array([6, 8, -1])], 60, 2),
            np.array([8, 6]),
            "-1 fills a list that ran out and is no product",
        ),
        Case(
            ([np.array([1, 2, 3]), np.array([4, 2, 5]), np.array([6, 2, 7])], 1, 1),
            np.array([2]),
            "three second places (3 · 1/3 = 1) beat one first (1/2)",
        ),
    ],
}
