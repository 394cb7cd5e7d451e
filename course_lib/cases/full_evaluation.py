"""Cases about comparing, blending and mixing recommenders, worked out by hand."""

from fractions import Fraction

import numpy as np

from course_lib.cases.case import Case, drawn

ROOT_1_5 = np.sqrt(1.5)  # 2 / sqrt(8/3): what 0 and 4 become beside 2


def _models(rng, size):
    """Accuracies and costs of some models, with ties, zeros, and in no order."""
    return rng.integers(0, 4, size + 1) / 10, rng.integers(1, 5, size + 1).astype(float)


def _undominated(accuracy, cost):
    models = list(zip(accuracy, cost, strict=True))
    return np.array(
        [not any(a >= x and c <= y and (a, c) != (x, y) for a, c in models) for x, y in models]
    )


def _lists(rng, size):
    """Two to four lists of different lengths, with gaps; a constant; how many products."""
    lists = []
    for _ in range(rng.integers(2, 5)):
        products = rng.permutation(size + 2)[: rng.integers(1, size + 2)]
        gaps = rng.random(len(products)) < 0.2
        lists.append(np.where(gaps & (products != 1), -1, products))
    lists[-1] = np.append(lists[-1][lists[-1] != 0], 0)  # product 0 is on a list, at the end
    return lists, int(rng.choice([0, 1, 60])), int(rng.integers(1, size + 3))


def _fused(lists, constant, k):
    """With fractions, so that equal sums are equal."""
    sums = {}
    for products in lists:
        for place, item in enumerate(products.tolist(), start=1):
            if item >= 0:
                sums[item] = sums.get(item, 0) + Fraction(1, constant + place)
    best = sorted((-total, item) for item, total in sums.items())[:k]
    return np.array([item for _, item in best])


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
        Case(
            (np.array([0.1, 0.2, 0.4]), np.array([1.0, 9.0, 5.0])),
            np.array([True, False, True]),
            "the second beats the cheapest, but the third is better and cheaper",
        ),
        Case(
            (np.array([0.3, 0.1, 0.2]), np.array([5.0, 1.0, 0.0])),
            np.array([True, False, True]),
            "the second is cheaper than the best, but the third is better and cheaper",
        ),
        Case(
            (np.array([0.3, 0.3000001]), np.array([1.0, 1.0])),
            np.array([False, True]),
            "a little better is better",
        ),
        *drawn(
            _models,
            _undominated,
            "true unless some other is at least as good and as cheap, and better in one of the two",
        ),
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
        Case(
            ([np.array([4, 0]), np.array([0])], 60, 1),
            np.array([0]),
            "0 is a product: 1/62 + 1/61 = 0.0325; lists may differ in length",
        ),
        Case(
            ([np.array([-1, 5]), np.array([3])], 60, 2),
            np.array([3, 5]),
            "a gap keeps its place: 5 stands second (1/62), 3 first (1/61)",
        ),
        Case(
            ([np.array([6, 2]), np.array([2])], 60, 5),
            np.array([2, 6]),
            "a product on no list is never shown: two products are all there is",
        ),
        Case(
            ([np.array([9, 8]), np.array([7, 9]), np.array([8, 7])], 60, 3),
            np.array([7, 8, 9]),
            "1/61 + 1/62 each: equal, so by number",
        ),
        Case(
            ([np.array([1, 2, 3]), np.array([2, 3, 1]), np.array([3, 1, 2])], 60, 3),
            np.array([1, 2, 3]),
            "each has places 1, 2 and 3: equal, whatever order they are added in",
        ),
        Case(
            ([np.array([3, 8]), np.array([9, 2, 3])], 60, 2),
            np.array([3, 9]),
            "3 has 1/61 + 1/63 = 0.0323: its third place counts too, however short the new list",
        ),
        *drawn(
            _lists,
            _fused,
            "sums of 1 / (constant + place), largest first, ties by number, gaps counted as places",
        ),
    ],
}
