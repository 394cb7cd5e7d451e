"""Cases for the exercises about rare positives, worked out by hand."""

import math
from math import inf

import numpy as np

from course_lib.cases.case import Case, drawn


def _a(*values):
    return np.array(values, dtype=np.float64)


def _rows(*values):
    return np.array(values, dtype=int)


MAP = _a(
    [6, 3], [8, 5], [7, 1], [0, 0], [1, 2], [2, 0], [3, 3], [1, 4], [4, 1], [7, 3], [3, 5], [2, 2]
)


def offers(rng, size):
    """Few offers with equal probabilities among them, 0 and 1 included; exact in binary."""
    y, p = rng.integers(0, 2, size), rng.integers(0, 5, size) / 4
    return y, p, float(rng.integers(2, 9)) / 2, float(rng.integers(0, 4)) / 2


def dearest_list(y, p, value, cost):
    """Every list in turn, the shortest first."""
    best = (inf, 0.0)
    for threshold in sorted(set(p.tolist()), reverse=True):
        sent = [redeemed for redeemed, chance in zip(y, p, strict=True) if chance >= threshold]
        dollars = float(value * sum(sent) - cost * len(sent))
        if dollars > best[1]:
            best = (threshold, dollars)
    return best


def two_tables(rng, size):
    """Rows of a few small numbers, so that some are equal within a table and across."""
    width = rng.integers(1, 4)
    return tuple(rng.integers(-1, 2, (rows, width)).astype(float) for rows in (size, size + 2))


def rows_known(train, test):
    """Every test row against every training row."""
    return sum(any(all(mine == other) for other in train) for mine in test)


def map_of_offers(rng, size):
    """Points with no two distances equal, but for a pair of equal rows now and then."""
    points = rng.integers(-999, 1000, (size + 2, rng.integers(1, 4))) / 10
    if size % 3 == 0:
        points[-1] = points[0]
    return points, rng.integers(0, 2, size + 2)


def negatives_in_links(points, labels):
    """Every row asked for its nearest, and that one asked back."""

    def nearest(i):
        others = [j for j in range(len(points)) if j != i]
        return min(others, key=lambda j: math.dist(points[i], points[j]))

    links = [(i, nearest(i)) for i in range(len(points)) if nearest(nearest(i)) == i]
    return _rows(*[i for i, j in links if labels[i] == 0 and labels[j] == 1])


CASES: dict[str, list[Case]] = {
    # Exercises of lesson 07
    "7.1": [
        Case(
            (_rows(1, 0, 0, 1), _a(0.9, 0.8, 0.3, 0.2), 2.0, 1.0),
            (0.9, 1.0),
            "sent 1, 2, 3, 4 they earn 1, 0, -1, 0",
        ),
        Case(
            (_rows(0, 1, 0, 1), _a(0.1, 0.2, 0.7, 0.6), 10.0, 1.0),
            (0.2, 17.0),
            "not in order: sent 1, 2, 3, 4 they earn -1, 8, 17, 16",
        ),
        Case(
            (_rows(0, 1, 1, 0), _a(0.5, 0.4, 0.4, 0.1), 3.0, 1.0),
            (0.4, 3.0),
            "the two at 0.4 are sent together: 2 · 3 - 3 · 1",
        ),
        Case(
            (_rows(1, 0, 0), _a(0.5, 0.5, 0.5), 4.0, 1.0),
            (0.5, 1.0),
            "all three have 0.5, so all three are sent: 4 - 3 · 1",
        ),
        Case(
            (_rows(0, 0, 1), _a(0.9, 0.8, 0.1), 2.0, 1.0),
            (inf, 0.0),
            "every list loses money: send nothing",
        ),
        Case(
            (_rows(1, 0, 1), _a(0.6, 0.5, 0.4), 2.0, 1.0),
            (0.6, 1.0),
            "one coupon earns 1, all three earn 1: the shorter list",
        ),
        Case(
            (_rows(1, 1), _a(0.3, 0.1), 5.0, 1.0),
            (0.1, 8.0),
            "send both, the lowest included: 2 · 5 - 2 · 1",
        ),
        Case(
            (_rows(1, 0, 0), _a(0.9, 0.8, 0.7), 2.0, 2.0),
            (inf, 0.0),
            "the best list earns 2 - 2 = 0, not more than zero: send nothing",
        ),
        Case(
            (_rows(0, 0, 1, 1, 0), _a(0.013, 0.012, 0.011, 0.012, 0.002), 2.0, 0.5),
            (0.011, 2.0),
            "lists of 1, 3 and 4 earn -0.5, 0.5 and 2: small probabilities are told apart",
        ),
        Case((_rows(), _a(), 2.0, 1.0), (inf, 0.0), "no offer: nothing to send"),
        *drawn(
            offers,
            dearest_list,
            "each sent offer costs, each redeemed one earns; all at or above the threshold are "
            "sent; most dollars win, of equal ones the highest threshold",
        ),
    ],
    "7.2": [
        Case((_a([1, 2], [3, 4]), _a([3, 4], [5, 6])), 1, "only [3, 4] stands on both sides"),
        Case((_a([1, 2], [1, 2]), _a([1, 2], [0, 0])), 1, "two copies in train, one test row"),
        Case((_a([1, 2]), _a([1, 2], [1, 2], [2, 1])), 2, "each test row counts; [2, 1] differs"),
        Case((_a([1, 2], [3, 4]), _a([1, 4], [3, 2])), 0, "same numbers, but no row is the same"),
        Case((_a([0, 0], [1, 1]), _a([1, 1], [0, 0])), 2, "the same rows in another order"),
        Case((_a([1, 2, 3], [1, 2, 4]), _a([1, 2, 3])), 1, "all columns must agree, and do once"),
        Case((_rows([1, 11], [10, 0]), _rows([11, 1], [0, 1])), 0, "1 and 11 are not 11 and 1"),
        Case((_a([1, 2]), _a([1, 2 + 1e-9], [1, 2])), 1, "nearly equal is no exact copy"),
        Case((np.zeros((0, 2)), _a([1, 2])), 0, "no training row: nothing to be a copy of"),
        *drawn(two_tables, rows_known, "each test row counts once if it stands in train"),
    ],
    "7.3": [
        Case((MAP, _rows(*[1] * 3, *[0] * 9)), _rows(9), "the lesson's map: (6, 3) and (7, 3)"),
        Case(
            (_a([0], [1], [3], [7]), _rows(1, 0, 0, 0)),
            _rows(1),
            "0 and 1 are each other's nearest",
        ),
        Case(
            (_a([0], [2], [3]), _rows(1, 0, 0)),
            _rows(),
            "0's nearest is 2, but 2's nearest is 3",
        ),
        Case(
            (_a([0], [1], [9]), _rows(1, 1, 0)),
            _rows(),
            "0 and 1 are both positive: no link",
        ),
        Case(
            (_a([0], [1], [10], [11]), _rows(0, 1, 1, 0)),
            _rows(0, 3),
            "two links; only the negative of each is named",
        ),
        Case(
            (_a([5, 4], [0, 2], [5, 5], [0, 0]), _rows(1, 0, 0, 1)),
            _rows(1, 2),
            "(5, 4) with (5, 5) and (0, 0) with (0, 2), row numbers in order",
        ),
        Case(
            (_a([4, 4], [9, 0], [4, 4]), _rows(0, 0, 1)),
            _rows(0),
            "two equal rows are each other's nearest, at distance 0",
        ),
        Case(
            (_a([0, 0], [3, 3], [0, 5]), _rows(1, 0, 0)),
            _rows(),
            "straight lines: from (0, 0) √18 = 4.24 to (3, 3), whose nearest is (0, 5)",
        ),
        Case(
            (_a([0], [1], [5], [10]), _rows(0, 1, 1, 1)),
            _rows(0),
            "the negative goes, though negatives are few here",
        ),
        Case(
            (_a([0, 0], [2, 0], [0, 10], [2, 100]), _rows(1, 0, 1, 1)),
            _rows(1),
            "distances as they are: (2, 0) is 2 from (0, 0), (0, 10) is 10; no column is rescaled",
        ),
        *drawn(
            map_of_offers,
            negatives_in_links,
            "each is the other's nearest of ALL rows, and only the second one is a positive",
        ),
    ],
}
