"""Cases about ranking metrics, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case

NAN = float("nan")
# What a hit gains at places 1 to 5: 1 / log2(place + 1).
FIRST, SECOND, THIRD, FOURTH = 1.0, 0.6309297536, 0.5, 0.4306765581

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
    ],
}
