"""Cases about ads: an auction, a policy's value, a rate ratio; by hand or by plain loops."""

import math

import numpy as np

from course_lib.cases.case import Case, drawn


def _auction(rng, size):
    bids, others = rng.integers(0, 6, (2, size)) / 2
    return bids, others, rng.integers(0, 2, size), float(rng.choice([1.0, 2.5, 10.0]))


def _profit(bids, others, clicked, value):
    total = 0.0
    for bid, other, click in zip(bids, others, clicked, strict=True):
        if bid > other:
            total += value * click - other
    return total


def _log(rng, size):
    propensities = rng.choice([0.05, 0.2, 0.25, 0.5, 1.0], size)
    target = rng.choice([0.0, 0.1, 0.5, 1.0], size)
    return rng.integers(0, 4, size).astype(float), target, propensities


def _snips(rewards, target, propensities):
    rows = list(zip(rewards, target, propensities, strict=True))
    total = sum(t / p for _, t, p in rows)
    return sum(r * t / p for r, t, p in rows) / total if total else math.nan


def _cells(rng, size):
    n = 2 * size
    strata = rng.permutation(rng.integers(0, 1 + size // 2, n) * 7)
    return rng.integers(0, 9, n), rng.integers(1, 40, n), rng.integers(0, 2, n), strata


def _ratio(sales, visits, mailed, strata):
    above = below = 0.0
    for stratum in sorted(set(strata.tolist())):
        inside = [i for i in range(len(strata)) if strata[i] == stratum]
        sold, came = [0.0, 0.0], [0.0, 0.0]
        for i in inside:
            sold[int(mailed[i])] += sales[i]
            came[int(mailed[i])] += visits[i]
        above += sold[1] * came[0] / sum(came)
        below += sold[0] * came[1] / sum(came)
    return above / below if below else math.nan


CASES: dict[str, list[Case]] = {
    "shop.policies.inverse_propensity": [
        Case(
            (np.array([1.0, 0.0, 1.0]), np.array([2.0, 5.0, 0.5])),
            np.array([2.0, 0.0, 0.5]),
            "each reward times its weight, row by row",
        ),
        Case((np.array([-3.0]), np.array([0.0])), np.array([0.0]), "a weight of 0 counts nothing"),
        Case((np.array([0.25]), np.array([40.0])), np.array([10.0]), "weights are not cut off"),
    ],
    "19.1": [
        Case(
            (np.array([3.0, 1.0]), np.array([2.0, 2.0]), np.array([1, 1]), 5.0),
            3.0,
            "only the first bid wins; its click earns 5 and it pays the 2 of the other: 3",
        ),
        Case(
            (np.array([2.0]), np.array([2.0]), np.array([1]), 5.0),
            0.0,
            "a bid that only equals the other does not win",
        ),
        Case(
            (np.array([4.0]), np.array([1.5]), np.array([0]), 5.0),
            -1.5,
            "shown and not clicked: what was paid is lost",
        ),
        Case(
            (np.array([9.0]), np.array([6.0]), np.array([1]), 5.0),
            -1.0,
            "the price is the other's bid, 6, also where it exceeds the click's value",
        ),
        Case(
            (np.array([1.0]), np.array([0.0]), np.array([1]), 2.5),
            2.5,
            "nobody else bid: the place is free",
        ),
        Case((np.array([0.0]), np.array([0.0]), np.array([1]), 5.0), 0.0, "a bid of 0 never wins"),
        Case(
            (np.array([]), np.array([]), np.array([]), 5.0), 0.0, "no auction, no profit, no loss"
        ),
        *drawn(_auction, _profit, "each auction won earns value × click − the other's bid"),
    ],
    "19.2": [
        Case(
            (np.array([1.0, 0.0]), np.array([0.5, 0.5]), np.array([0.5, 0.5])),
            0.5,
            "the same policy as in the log: the plain mean",
        ),
        Case(
            (np.array([1.0, 0.0]), np.array([0.9, 0.1]), np.array([0.5, 0.5])),
            0.9,
            "weights 1.8 and 0.2: 1.8 of 2 goes to the row that earned 1",
        ),
        Case(
            (np.array([4.0, 4.0, 4.0]), np.array([0.1, 0.2, 0.1]), np.array([0.5, 0.1, 0.2])),
            4.0,
            "whatever the weights, where all rewards are 4 the answer is 4",
        ),
        Case(
            (np.array([1.0, 3.0]), np.array([0.5, 0.5]), np.array([0.25, 1.0])),
            1.4,
            "weights 2 and 1/2: (2 · 1 + ½ · 3) / 2½",
        ),
        Case(
            (np.array([1.0, 2.0]), np.array([0.0, 0.0]), np.array([0.5, 0.5])),
            math.nan,
            "the log never shows what the new policy shows: nothing can be said, nan",
        ),
        Case(
            (np.array([0.0, 1.0]), np.array([0.3, 0.6]), np.array([0.001, 0.6])),
            1 / 301,
            "a weight of 300 stays 300: nothing is cut off",
        ),
        *drawn(_log, _snips, "Σ w r / Σ w with w = target / propensity, nan if all w are 0"),
    ],
    "19.3": [
        Case(
            (np.array([6, 2]), np.array([30, 30]), np.array([1, 0]), np.array([0, 0])),
            3.0,
            "one stratum, equal visits: 6 sales against 2",
        ),
        Case(
            (np.array([4, 2]), np.array([10, 20]), np.array([1, 0]), np.array([5, 5])),
            4.0,
            "rates, not counts: 4 in 10 visits against 2 in 20",
        ),
        Case(
            (
                np.array([2, 20, 40, 2]),
                np.array([20, 200, 80, 4]),
                np.array([1, 0, 1, 0]),
                np.array([0, 0, 1, 1]),
            ),
            1.0,
            "in each stratum the rates are equal (1 in 10, 1 in 2), though the sums are not",
        ),
        Case(
            (
                np.array([6, 2, 9]),
                np.array([30, 30, 50]),
                np.array([1, 0, 1]),
                np.array([0, 0, 1]),
            ),
            3.0,
            "a stratum that was always mailed compares nothing, and adds nothing",
        ),
        Case(
            (np.array([3, 0]), np.array([9, 9]), np.array([1, 0]), np.array([0, 0])),
            math.nan,
            "no sale without a mailer: a ratio to 0 is nan",
        ),
        Case(
            (np.array([0, 4]), np.array([9, 9]), np.array([1, 0]), np.array([3, 3])),
            0.0,
            "no sale with a mailer: a ratio of 0",
        ),
        Case(
            (
                np.array([3, 1, 5, 5]),
                np.array([10, 10, 30, 10]),
                np.array([1, 0, 1, 0]),
                np.array([1, 1, 2, 2]),
            ),
            (3 * 10 / 20 + 5 * 10 / 40) / (1 * 10 / 20 + 5 * 30 / 40),
            "above: 3·10/20 + 5·10/40; below: 1·10/20 + 5·30/40",
        ),
        *drawn(
            _cells,
            _ratio,
            "Σ sold mailed · visits unmailed / visits, over Σ sold unmailed · visits mailed / "
            "visits, the sums over strata",
        ),
    ],
}
