"""Cases about demand and stock: smoothing, the newsvendor's order, a shelf, coverage; by hand."""

import math

import numpy as np

from course_lib.cases.case import Case, drawn

NAN = math.nan


def _week_and_costs(rng, size):
    demands = rng.integers(0, 12, size).tolist()
    return demands, int(rng.integers(1, 10)), int(rng.integers(1, 10))


def _cheapest(demands, short, over):
    def cost(order):
        return sum(short * max(d - order, 0) + over * max(order - d, 0) for d in demands)

    return float(min(sorted(demands), key=cost))


def _demand_and_level(rng, size):
    return rng.integers(0, 8, size).tolist(), int(rng.integers(1, 12))


def _shelf(demand, level):
    shelf, coming, sold, left = level, 0, [], []
    for wanted in demand:
        order = level - (shelf + coming)
        shelf += coming
        coming = order
        sold.append(min(shelf, wanted))
        shelf -= sold[-1]
        left.append(shelf)
    return np.array(sold, dtype=float), np.array(left, dtype=float)


def _bounds(rng, size):
    demand, bound = rng.integers(0, 6, (2, size)).tolist()
    return demand, bound, (rng.random(size) < 0.4).tolist()


def _covered(demand, bound, planned):
    shares = []
    for kind in (False, True):
        weeks = [d <= b for d, b, p in zip(demand, bound, planned, strict=True) if p == kind]
        shares.append(sum(weeks) / len(weeks) if weeks else NAN)
    return tuple(shares)


CASES: dict[str, list[Case]] = {
    "shop.forecasting.exponential_smoothing": [
        Case(([4.0, 6.0, 2.0], 0.5), np.array([NAN, 4, 5, 3.5]), "half way to each new week"),
        Case(([8.0, 0.0, 0.0], 0.25), np.array([NAN, 8, 6, 4.5]), "a quarter of the way to 0"),
        Case(([3.0, 5.0], 1.0), np.array([NAN, 3, 5]), "alpha 1 repeats the last week"),
        Case(([7.0], 0.3), np.array([NAN, 7]), "one week: it is the forecast of the next"),
        Case(
            (np.array([[4.0, 6.0], [0.0, 10.0]]), 0.1),
            np.array([[NAN, 4, 4.2], [NAN, 0, 1]]),
            "each product by itself",
        ),
        Case(([0.0, 0.0, 0.0], 0.5), np.array([NAN, 0, 0, 0]), "nothing sold: 0"),
    ],
    "21.1": [
        Case(([30, 42, 36, 50, 34], 3, 1), 42.0, "3/4 of 5 weeks are 3.75: the fourth smallest"),
        Case(([2, 5, 3, 9], 3, 1), 5.0, "exactly 3 of 4 weeks: 5 to 9 cost the same, take 5"),
        Case(([2, 5, 3, 9], 1, 3), 2.0, "too much is dear: 1/4 of 4 weeks, the smallest demand"),
        Case(([7, 1, 1, 1, 1], 1, 1), 1.0, "as dear either way: the median"),
        Case(([1, 1, 1, 6], 2, 1), 1.0, "repeats count: 1 suffices in three of four weeks"),
        Case(([5, 8, 0, 4], 2, 0), 8.0, "nothing left over costs anything: never run out"),
        Case(([5, 8, 3, 4], 0, 2), 3.0, "nothing missing costs anything: the smallest demand"),
        Case(([6], 9, 1), 6.0, "one week is all we know"),
        Case(([0, 0, 0], 4, 1), 0.0, "nobody asks for anything"),
        Case(([0.5, 2.5, 1.5], 1.5, 0.5), 2.5, "3/4 of 3 weeks are 2.25: the third smallest"),
        *drawn(_week_and_costs, _cheapest, "the demand whose average cost is least; if tied, less"),
    ],
    "21.2": [
        Case(
            ([3, 4, 1, 6, 0], 5),
            (np.array([3.0, 2, 1, 4, 0]), np.array([2.0, 0, 2, 0, 1])),
            "orders 0, 3, 2, 1, 4, each unpacked one week later",
        ),
        Case(
            ([5, 0, 0], 5),
            (np.array([5.0, 0, 0]), np.array([0.0, 0, 5])),
            "sold out in week 0, ordered in week 1, unpacked in week 2: not ordered twice",
        ),
        Case(
            ([9, 0, 0, 0], 4),
            (np.array([4.0, 0, 0, 0]), np.array([0.0, 0, 4, 4])),
            "the 5 that were missing are lost: nobody waits for them",
        ),
        Case(([2], 3), (np.array([2.0]), np.array([1.0])), "the shelf begins full, at the level"),
        Case(
            ([0.5, 1.0, 2.0], 1.5),
            (np.array([0.5, 1.0, 0.5]), np.array([1.0, 0.0, 0.0])),
            "kilograms: units need not be whole",
        ),
        Case(([4, 2], 0), (np.zeros(2), np.zeros(2)), "level 0: nothing ordered, nothing sold"),
        Case(([], 3), (np.zeros(0), np.zeros(0)), "no week at all: two empty answers"),
        *drawn(_demand_and_level, _shelf, "order, unpack last week's order, sell; lost is lost"),
    ],
    "21.3": [
        Case(
            ([3, 5, 9, 2, 8], [4, 5, 6, 6, 9], [False, False, True, False, True]),
            (1.0, 0.5),
            "3 ≤ 4, 5 ≤ 5, 2 ≤ 6 without a plan; 9 > 6 and 8 ≤ 9 with one",
        ),
        Case(
            ([6, 1, 1, 1], [5, 5, 5, 5], [False, False, False, False]),
            (0.75, NAN),
            "no week with a plan: nan, a share of nothing",
        ),
        Case(([7, 2], [5, 5], [True, True]), (NAN, 0.5), "no week without a plan: nan"),
        Case(([0, 0], [0, 0], [True, False]), (1.0, 1.0), "0 suffices where nothing is asked for"),
        Case(
            ([1, 1, 20], [2, 2, 3], [False, True, True]),
            (1.0, 0.5),
            "weeks are counted, not units: one of two weeks with a plan",
        ),
        Case(([], [], []), (NAN, NAN), "no week at all"),
        *drawn(_bounds, _covered, "weeks with demand ≤ bound / weeks, for each kind of week"),
    ],
}
