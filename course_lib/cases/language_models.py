"""Cases about a language model: a nucleus, letters without places, numbers without a fact."""

import numpy as np

from course_lib.cases.case import Case, drawn


def _shares_and_p(rng, size):
    parts = rng.integers(0, 9, size + 1) + (np.arange(size + 1) == size // 2)
    return parts / parts.sum(), float(rng.choice([0.3, 0.61, 0.9, 1.0]))


def _nucleus(probabilities, p):
    left = sorted(range(len(probabilities)), key=lambda token: (-probabilities[token], token))
    kept, total = [], 0.0
    while total < p - 1e-12:
        kept.append(left.pop(0))
        total += probabilities[kept[-1]]
    found = np.zeros(len(probabilities))
    for token in kept:
        found[token] = probabilities[token] / total
    return found


def _showings(rng, size):
    m = 2 + size % 4
    order = np.array([rng.permutation(m) for _ in range(1 + size // 2)])
    return rng.integers(-8, 9, order.shape) / 4, order


def _means(logits, order):
    total = [0.0] * len(order[0])
    for row, shown in zip(logits.tolist(), order.tolist(), strict=True):
        middle = sum(row) / len(row)
        for value, candidate in zip(row, shown, strict=True):
            total[candidate] += value - middle
    return np.array(total) / len(order)


CASES: dict[str, list[Case]] = {
    "large.layers.rms_norm": [
        Case(
            (np.array([[3.0, 4.0]]), np.array([1.0, 2.0]), 0.0),
            np.array([[3 / 12.5**0.5, 8 / 12.5**0.5]]),
            "the mean square of 3 and 4 is 12.5; the second weight doubles",
        ),
        Case(
            (np.array([[1.0, -1.0], [2.0, 0.0]]), np.ones(2), 0.0),
            np.array([[1.0, -1.0], [2 / 2**0.5, 0.0]]),
            "each row by its own: 1 and 2; no mean is taken off",
        ),
        Case(
            (np.zeros((1, 3)), np.ones(3), 1e-5),
            np.zeros((1, 3)),
            "epsilon stands under the root, so zeros stay zeros",
        ),
        Case(
            (np.array([[1.0, 1.0]]), np.ones(2), 3.0),
            np.array([[0.5, 0.5]]),
            "1 and epsilon 3: the root of 4",
        ),
    ],
    "large.layers.rounded": [
        Case(
            (np.array([[3.0, -0.4, 0.6, -3.0]]), 3, 4),
            np.array([[3.0, 0.0, 1.0, -3.0]], dtype=np.float32),
            "3 bits: whole steps −3 to 3 of a third of the largest",
        ),
        Case(
            (np.array([[1.0, 0.2, 100.0, 30.0]]), 2, 2),
            np.array([[1.0, 0.0, 100.0, 0.0]], dtype=np.float32),
            "each block has its own step: 1 and 100",
        ),
        Case(
            (np.zeros((2, 4)), 4, 4),
            np.zeros((2, 4), dtype=np.float32),
            "a block of zeros has no step and stays",
        ),
    ],
    "18.1": [
        Case(
            (np.array([0.5, 0.25, 0.125, 0.125]), 0.75),
            np.array([2 / 3, 1 / 3, 0.0, 0.0]),
            "0.5 and 0.25 are exactly 0.75: enough; scaled by 0.75",
        ),
        Case(
            (np.array([0.5, 0.25, 0.125, 0.125]), 0.8),
            np.array([4 / 7, 2 / 7, 1 / 7, 0.0]),
            "0.75 is too little, with 0.125 it is 0.875: the token that reaches p stays",
        ),
        Case(
            (np.array([0.125, 0.5, 0.125, 0.25]), 0.7),
            np.array([0.0, 2 / 3, 0.0, 1 / 3]),
            "the likeliest first, whatever their place; each keeps its place",
        ),
        Case(
            (np.array([0.5, 0.5]), 0.25),
            np.array([1.0, 0.0]),
            "of equal ones the first; at least one token stays",
        ),
        Case(
            (np.array([0.25, 0.25, 0.25, 0.25]), 1.0),
            np.array([0.25, 0.25, 0.25, 0.25]),
            "p = 1 keeps all that can come",
        ),
        Case((np.array([1.0]), 0.5), np.array([1.0]), "one token"),
        Case(
            (np.array([0.75, 0.25, 0.0]), 1.0),
            np.array([0.75, 0.25, 0.0]),
            "a token of probability 0 never comes back",
        ),
        *drawn(_shares_and_p, _nucleus, "the fewest likeliest tokens that reach p, scaled to 1"),
    ],
    "18.2": [
        Case(
            (np.array([[3.0, 1.0], [3.0, 1.0]]), np.array([[0, 1], [1, 0]])),
            np.array([0.0, 0.0]),
            "the first place gets 3 whoever stands there: no candidate is better",
        ),
        Case(
            (np.array([[5.0, 1.0], [4.0, 2.0]]), np.array([[0, 1], [1, 0]])),
            np.array([0.5, -0.5]),
            "less the means 3 and 3: candidate 0 has 2 and −1, candidate 1 has −2 and 1",
        ),
        Case(
            (np.array([[1.0, 2.0, 6.0]]), np.array([[2, 0, 1]])),
            np.array([-1.0, 3.0, -2.0]),
            "one showing, mean 3: place 0 shows candidate 2, place 1 candidate 0",
        ),
        Case(
            (np.array([[10.0, 12.0], [0.0, 2.0]]), np.array([[0, 1], [0, 1]])),
            np.array([-1.0, 1.0]),
            "a showing with high logits counts no more: its own mean is taken off first",
        ),
        Case((np.array([[7.0]]), np.array([[0]])), np.array([0.0]), "one candidate"),
        *drawn(_showings, _means, "mean over showings of the logit less the showing's mean"),
    ],
    "18.3": [
        Case(
            ("You can return it within 30 days.", [14]),
            [30],
            "30 is in the answer, and no fact says so",
        ),
        Case(("You can return it within 14 days.", [14]), [], "14 is a fact"),
        Case(("It costs 6, not 60 and not 16.", [6]), [16, 60], "60 and 16 are other numbers"),
        Case(("Yes, of course.", [14]), [], "no number, none false"),
        Case(("9 of 10, or 9 of 10, but 4", []), [4, 9, 10], "each once, the smallest first"),
        Case(("买茶的顾客有58%，14天", [14]), [58], "numbers stand without spaces, too"),
        Case(("a 2-year guarantee, code A7", [7]), [2], "a hyphen is no minus; 7 after a letter"),
        Case(("007 points, 0 dollars", [7]), [0], "007 is the number 7; 0 is a number"),
        Case(("", [3]), [], "an empty answer"),
        Case(("1 or 4 days", [14]), [1, 4], "1 and 4 stand inside 14, and are other numbers"),
        Case(("100, then 20, then 3", [20]), [3, 100], "in order of size, not of letters"),
    ],
}
