"""Cases about explanations: reasons, coalitions, counterfactuals; by hand or by plain loops."""

from itertools import combinations, permutations

import numpy as np

from course_lib.cases.case import Case, drawn

SWAPPED = np.array([[0.0, 5.0], [1.0, 0.0]])  # from 0 to 1 five, back one


def _row_and_weights(rng, size):
    n = 2 + size % 6
    row = rng.integers(0, 3, n).astype(float)
    weights = rng.permutation(n * n).reshape(n, n) / 4 - n * n / 12  # no two alike
    np.fill_diagonal(weights, 0.0)
    return row, weights, int(rng.integers(n)), int(rng.integers(1, 4))


def _reasons(row, weights, item, k):
    parts = [(-row[i] * weights[i, item], i) for i in range(len(row)) if row[i]]
    return [i for part, i in sorted(parts) if part < 0][:k]


def _game(rng, size):
    players = 1 + size % 4
    return rng.integers(-6, 7, 2**players).astype(float), players


def _mean_over_orders(values, players):
    worth, orders = [0.0] * players, list(permutations(range(players)))
    for order in orders:
        here = 0
        for player in order:
            worth[player] += values[here + 2**player] - values[here]
            here += 2**player
    return np.array(worth) / len(orders)


def _parts(rng, size):
    return (rng.integers(-5, 7, size).tolist(),)


def _smallest_set(parts):
    for size in range(len(parts) + 1):
        for gone in combinations(range(len(parts)), size):
            if sum(part for i, part in enumerate(parts) if i not in gone) <= 0:
                return size
    return len(parts)


CASES: dict[str, list[Case]] = {
    "groups.spread": [
        Case(([1.0, 3.0, 5.0, 7.0], [0, 0, 1, 1]), 16.0, "means 2 and 6 around 4: 2 · 4 + 2 · 4"),
        Case(([6.0, 0.0, 0.0], ["a", "b", "b"]), 24.0, "6 alone, 0 and 0, around 2: 16 + 2 · 4"),
        Case(([1.0, 3.0, 3.0, 1.0], [0, 0, 1, 1]), 0.0, "both groups have the mean 2"),
        Case(([0.0, 3.0, 6.0], [2, 7, 4]), 18.0, "each alone: 9 + 0 + 9, whatever the labels"),
    ],
    "24.1": [
        Case(
            (
                np.array([1.0, 1.0, 1.0, 0.0]),
                np.array([[0, 0, 0, 0.2], [0, 0, 0, 0.5], [0, 0, 0, 0.1], [0, 0, 0, 0.0]]),
                3,
                2,
            ),
            [1, 0],
            "parts 0.2, 0.5 and 0.1: the two largest are 1 and then 0",
        ),
        Case(
            (np.array([1.0, 0.0]), SWAPPED, 1, 3),
            [0],
            "row = bought, column = recommended: 0 speaks for 1 with 5",
        ),
        Case(
            (np.array([1.0, 1.0]), SWAPPED, 0, 3),
            [1],
            "an item is no reason for itself: its part is 0; 1 speaks for 0",
        ),
        Case(
            (
                np.array([0.0, 1.0, 1.0]),
                np.array([[0, 0, 9.0], [0, 0, -1.0], [0, 0, -2.0]]),
                2,
                2,
            ),
            [],
            "product 0 was not bought, 1 speaks against: no reason is left",
        ),
        Case(
            (
                np.array([3.0, 1.0, 0.0]),
                np.array([[0, 0, 0.2], [0, 0, 0.5], [0, 0, 0]]),
                2,
                1,
            ),
            [0],
            "the row says how much: 3 · 0.2 = 0.6 is more than 0.5",
        ),
        Case(
            (
                np.array([1.0, 1.0, 1.0, 0.0]),
                np.array([[0, 0, 0, 0.3], [0, 0, 0, 0.5], [0, 0, 0, 0.3], [0, 0, 0, 0]]),
                3,
                2,
            ),
            [1, 0],
            "0 and 2 are equal with 0.3: catalogue order decides",
        ),
        *drawn(
            _row_and_weights,
            _reasons,
            "the k largest positive row[i] · weights[i, item], largest first",
        ),
    ],
    "24.2": [
        Case(
            (np.array([0.0, 1.0, 2.0, 3.0]), 2),
            np.array([1.0, 2.0]),
            "each adds the same in any company: 1 and 2",
        ),
        Case(
            (np.array([0.0, 0.0, 0.0, 6.0]), 2),
            np.array([3.0, 3.0]),
            "6 only together: half each",
        ),
        Case(
            (np.array([0.0, 0, 0, 1, 0, 1, 0, 1]), 3),
            np.array([2 / 3, 1 / 6, 1 / 6]),
            "player 0 with 1 or with 2 is worth 1: two thirds, a sixth, a sixth",
        ),
        Case(
            (np.array([4.0, 6.0]), 1),
            np.array([2.0]),
            "nobody is worth 4, all are worth 6: shared is the difference",
        ),
        Case(
            (np.array([0.0, 1.0, 1.0, 1.0]), 2),
            np.array([0.5, 0.5]),
            "one is enough: the first to come brings 1, the second 0",
        ),
        *drawn(_game, _mean_over_orders, "what a player adds when he comes, mean over all orders"),
    ],
    "24.3": [
        Case(([5, 1, 1],), 3, "7, then 2 without the 5, 1 and 0: all three must go"),
        Case(([5, 1, -4],), 1, "the lead is 2; without the 5 it is -3"),
        Case(([3, 3, -3],), 1, "the lead is 3; without one 3 it is 0, and that is enough"),
        Case(([1, 2, 3, -3],), 1, "the lead is 3: the largest part first, and one is enough"),
        Case(([-1, -2],), 0, "there is no lead: nothing must go"),
        Case(([2, -2],), 0, "a lead of 0 is none"),
        Case(([],), 0, "no product, no lead"),
        *drawn(_parts, _smallest_set, "the fewest parts without which the rest sums to 0 or less"),
    ],
}
