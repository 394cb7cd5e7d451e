"""Cases about ranking metrics, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn

NAN = float("nan")
# What a hit gains at places 1 to 5: 1 / log2(place + 1).
FIRST, SECOND, THIRD, FOURTH = 1.0, 0.6309297536, 0.5, 0.4306765581


def some_hits(rng, size):
    """Lists of 1 to 6 places for `size` users, who have nothing, little or much to find."""
    hit = rng.random((size, 1 + size * 5 % 6)) < 0.4
    missed = rng.integers(0, 2 + hit.shape[1], size)
    return hit, hit.sum(axis=1) + missed


def user_by_user(hit, n_relevant):
    """Hits over the most hits possible, one user after the other."""
    pairs = zip(hit.tolist(), n_relevant.tolist(), strict=True)
    return np.array([sum(row) / min(len(row), n) if n else NAN for row, n in pairs])


def some_ranks(rng, size):
    """Ranks of `size` users, as whole numbers; catalogue and sample differ in size."""
    n_items = int(rng.integers(2, 12))
    return rng.integers(1, n_items + 1, size), n_items, int(rng.integers(1, 5))


def draw_by_draw(ranks, n_items, m):
    """No negative is better: one factor a draw, then the mean over the users."""
    chances = []
    for rank in ranks.tolist():
        chance = 1.0
        for _ in range(m):
            chance *= (n_items - rank) / (n_items - 1)
        chances.append(chance)
    return sum(chances) / len(chances)


def some_list(rng, size):
    """A list with empty places anywhere, and popular products of which some come again."""
    products = rng.permutation(size + 2)[:size]
    products[rng.random(size) < 0.5] = -1
    return products, rng.integers(0, size + 2, rng.integers(0, size + 3))


def place_by_place(products, popular):
    """The list, filled one place after the other."""
    filled = products.tolist()
    for place, product in enumerate(products.tolist()):
        spare = [new for new in popular.tolist() if new not in filled]
        if product == -1 and spare:
            filled[place] = spare[0]
    return np.array(filled)


CASES: dict[str, list[Case]] = {
    "metrics.ndcg_at_k": [
        Case(
            (np.array([[2, 0]]), np.array([[0, 0, 1]]), 2),
            np.array([1.0]),
            "the only relevant item stands first",
        ),
        Case(
            (np.array([[0, 1], [0, 2]]), np.array([[0, 1, 0], [0, 1, 0]]), 2),
            np.array([SECOND, 0.0]),
            "a hit at place 2 gains 1 / log2(3); no hit gains 0",
        ),
        Case(
            (np.array([[3, 2, 1]]), np.array([[0, 1, 0, 1, 0]]), 3),
            np.array([(FIRST + THIRD) / (FIRST + SECOND)]),
            "hits at 1 and 3; the best list has them at 1 and 2",
        ),
        Case(
            (np.array([[2, 0]]), np.array([[1, 1, 1, 1]]), 2),
            np.array([1.0]),
            "four are relevant, but two places cannot hold more than two",
        ),
        Case(
            (np.array([[2, 0, 1]]), np.array([[0, 1, 0]]), 2),
            np.array([0.0]),
            "the hit at place 3 is beyond k = 2",
        ),
        Case(
            (np.array([[-1, 1]]), np.array([[0, 1, 1]]), 2),
            np.array([SECOND / (FIRST + SECOND)]),
            "-1 is an empty place, not the last item",
        ),
        Case(
            (np.array([[0, 1]]), np.array([[0, 0, 0]]), 2),
            np.array([NAN]),
            "nothing is relevant: no value",
        ),
    ],
    "metrics.average_precision_at_k": [
        Case(
            (np.array([[2, 0, 1]]), np.array([[0, 1, 1]]), 3),
            np.array([(1 + 2 / 3) / 2]),
            "precision is 1 at the first hit and 2/3 at the second; two are possible",
        ),
        Case(
            (np.array([[0, 1]]), np.array([[0, 1, 0]]), 2),
            np.array([0.5]),
            "one hit at place 2: precision there is 1/2",
        ),
        Case(
            (np.array([[2, 0]]), np.array([[1, 1, 1, 1]]), 2),
            np.array([1.0]),
            "divide by min(k, relevant) = 2, not by 4",
        ),
        Case(
            (np.array([[0, 3, 4]]), np.array([[1, 1, 0, 0, 0]]), 3),
            np.array([0.5]),
            "one of two found at once: 1 / 2, not divided by k = 3 and not by the one hit",
        ),
        Case(
            (np.array([[-1, 1]]), np.array([[0, 1]]), 2),
            np.array([0.5]),
            "the empty place counts as a place",
        ),
        Case(
            (np.array([[0, 1], [1, 2]]), np.array([[0, 0, 0], [1, 0, 0]]), 2),
            np.array([NAN, 0.0]),
            "nothing relevant has no value; nothing found has 0",
        ),
    ],
    "metrics.gini": [
        Case((np.array([5, 5, 5, 5]),), 0.0, "all the same"),
        Case((np.array([0, 0, 0]),), 0.0, "nothing anywhere is all the same, too"),
        Case((np.array([0, 0, 0, 20]),), 0.75, "one of four has everything: 1 − 1/4"),
        Case((np.array([1, 3]),), 0.25, "(−1·1 + 1·3) / (2·4)"),
        Case(
            (np.array([4, 0, 2]),), 4 / 9, "the order does not matter: (−2·0 + 0·2 + 2·4) / (3·6)"
        ),
    ],
    "metrics.novelty": [
        Case(
            (np.array([[0, 1]]), np.array([8, 4, 1]), 8),
            np.array([0.5]),
            "everybody had item 0 (0 bits), half had item 1 (1 bit)",
        ),
        Case(
            (np.array([[2], [1]]), np.array([8, 4, 1]), 8),
            np.array([3.0, 1.0]),
            "one of eight is three halvings",
        ),
        Case(
            (np.array([[3, 0]]), np.array([8, 4, 1, 0]), 8),
            np.array([1.5]),
            "an item that nobody had counts as had by one: 3 bits",
        ),
        Case(
            (np.array([[0, -1], [-1, 1]]), np.array([8, 4, 1]), 8),
            np.array([0.0, 1.0]),
            "-1 is an empty place, not the last item: the mean is over the items shown",
        ),
        Case(
            (np.array([[-1, -1]]), np.array([8, 4, 1]), 8),
            np.array([NAN]),
            "an empty list has no value",
        ),
    ],
    "statistics.holm": [
        Case(
            (np.array([0.01, 0.04, 0.03, 0.005]),),
            np.array([0.03, 0.06, 0.06, 0.02]),
            "sorted 0.005·4, 0.01·3, 0.03·2, then 0.04·1 raised to 0.06",
        ),
        Case((np.array([0.2]),), np.array([0.2]), "one comparison needs no correction"),
        Case((np.array([0.6, 0.7]),), np.array([1.0, 1.0]), "2 · 0.6 is cut at 1"),
        Case((np.array([0.02, 0.02]),), np.array([0.04, 0.04]), "equal values stay equal"),
    ],
    "10.1": [
        Case(
            (np.array([[True, False, True]]), np.array([8])),
            np.array([2 / 3]),
            "two found, three places: 2 / min(3, 8)",
        ),
        Case(
            (np.array([[True, False, True]]), np.array([2])),
            np.array([1.0]),
            "two found of two relevant: 2 / min(3, 2)",
        ),
        Case(
            (np.array([[False, False], [True, False]]), np.array([4, 1])),
            np.array([0.0, 1.0]),
            "one value a user: 0 / 2 and 1 / 1",
        ),
        Case(
            (np.array([[False, False], [False, True]]), np.array([0, 2])),
            np.array([NAN, 0.5]),
            "nothing relevant has no value",
        ),
        Case(
            (np.array([[1, 1, 1, 0]]), np.array([100])),
            np.array([0.75]),
            "three of four places: 100 relevant items do not matter",
        ),
        Case(
            (np.array([[True, False, False]]), np.array([2])),
            np.array([0.5]),
            "one of two: 1 / min(3, 2), and not 1 / 3",
        ),
        *drawn(
            some_hits,
            user_by_user,
            "user by user: the hits over min(k, relevant), k being the number of places; "
            "NaN where nothing is relevant",
        ),
    ],
    "10.2": [
        Case((np.array([1.0]), 10, 5), 1.0, "nothing can be ranked before rank 1"),
        Case((np.array([6.0]), 11, 1), 0.5, "5 of 10 other items are better: 1 − 5/10"),
        Case((np.array([6.0]), 11, 3), 0.125, "none of three may be better: 0.5³"),
        Case((np.array([11.0]), 11, 2), 0.0, "the last of eleven: every negative is better"),
        Case(
            (np.array([1.0, 6.0]), 11, 2),
            0.625,
            "mean over the users of 1 and 0.5²; not the chance at the mean rank",
        ),
        Case((np.array([101.0]), 10_001, 100), 0.99**100, "1 − 100/10,000, a hundred times"),
        Case((np.array([3.0]), 5, 0), 1.0, "without negatives it stands alone, and first"),
        *drawn(
            some_ranks,
            draw_by_draw,
            "user by user: each of m draws is not better with chance "
            "1 − (rank − 1)/(n − 1), also twice the same product; then the mean",
        ),
    ],
    "10.3": [
        Case(
            (np.array([4, -1, -1]), np.array([7, 4, 2, 9])),
            np.array([4, 7, 2]),
            "7 first; 4 is on the list already; then 2",
        ),
        Case(
            (np.array([3, 5]), np.array([7, 8])),
            np.array([3, 5]),
            "nothing to fill",
        ),
        Case(
            (np.array([-1, -1]), np.array([6, 0, 1])),
            np.array([6, 0]),
            "item 0 is an item like any other",
        ),
        Case(
            (np.array([1, -1, 2, -1]), np.array([2, 1, 0])),
            np.array([1, 0, 2, -1]),
            "only 0 is left; the last place stays empty",
        ),
        Case(
            (np.array([5, -1]), np.array([5])),
            np.array([5, -1]),
            "no popular product is left",
        ),
        Case(
            (np.array([-1, 3, -1, -1]), np.array([8, 8, 3, 8, 5])),
            np.array([8, 3, 5, -1]),
            "8 comes three times among the popular ones, and only once on the list",
        ),
        *drawn(
            some_list,
            place_by_place,
            "each empty place in turn takes the first popular product that is not on the list "
            "by then; nothing else moves",
        ),
    ],
}
