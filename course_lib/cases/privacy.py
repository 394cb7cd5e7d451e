"""Cases about privacy: by hand, by the densities themselves, by a fit without the row."""

import hashlib
import math
from collections import Counter

import numpy as np
from scipy.integrate import quad

from course_lib.cases.case import Case, drawn

# With noise 1: (1/√(2π)) ∫ over −1/2..1/2 of e^(−x²/2): 0.19146 on each side of 0.
ONE_SIGMA = 0.38292492


def _ask_for_delta(rng, size):
    return float(rng.choice([0.5, 1.0, 2.0, 4.0])), float(rng.choice([0.0, 0.5, 1.0, 3.0]))


def _excess(noise, epsilon):
    """∫ max(0, p(x) − e^ε q(x)) dx for normal p around 1 and q around 0, both as wide as noise."""

    def density(x):
        return math.exp(-0.5 * (x / noise) ** 2) / (noise * math.sqrt(2 * math.pi))

    start = epsilon * noise**2 + 0.5  # from here on p exceeds e^ε q
    return quad(lambda x: density(x - 1) - math.exp(epsilon) * density(x), start, start + 60)[0]


def _shop(rng, size):
    rows = (rng.random((size + 1, 2 + size % 5)) < 0.5).astype(float)
    rows[0] = 0.0
    rows[0, rng.integers(rows.shape[1])] = 1.0
    gram = rows.T @ rows + float(rng.choice([0.5, 2.0])) * np.eye(rows.shape[1])
    return np.linalg.inv(gram), rows[int(rng.integers(size + 1))]


def _refitted(inverse, row):
    return np.linalg.inv(np.linalg.inv(inverse) - np.outer(row, row))


def _people(rng, size):
    ages, towns = ["19-24", "25-34", "65+"], ["North", "South"]
    people = [(ages[rng.integers(3)], towns[rng.integers(2)]) for _ in range(2 * size)]
    return people, int(rng.integers(1, 5))


def _large_enough(rows, k):
    sizes = Counter(tuple(row) for row in rows)
    return [sizes[tuple(row)] >= k for row in rows]


def _long_and_short(rng, size):
    return rng.integers(-6, 7, (size, 1 + size % 4)) / 2.0, float(rng.choice([0.5, 1.0, 5.0]))


def _clipped(rows, most):
    table = [list(map(float, row)) for row in rows]
    for row in table:
        length = math.sqrt(sum(value**2 for value in row))
        if length > most:
            row[:] = [value * most / length for value in row]
    return np.array(table).reshape(np.shape(rows))


def _sha(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _masked(rng, size):
    ids = [str(number) for number in rng.permutation(3 * size)]
    asked = [ids[rng.integers(len(ids))] for _ in range(size)]
    return [_sha(text) for text in [*asked, "nobody"]], ids


def _told(hashes, ids):
    return [next((one for one in ids if _sha(one) == code), "") for code in hashes]


CASES: dict[str, list[Case]] = {
    "shop.privacy.privacy_delta": [
        Case((1.0, 0.0), ONE_SIGMA, "ε = 0: Φ(½) − Φ(−½)", 1e-7),
        Case((1.0, 50.0), 0.0, "an ε of 50 is hardly ever exceeded", 1e-12),
        Case((1000.0, 0.0), 0.000398942, "much noise: nearly 1 / (1000 √(2π))", 1e-8),
        *drawn(_ask_for_delta, _excess, "∫ max(0, p − e^ε q)", tolerance=1e-7),
    ],
    "shop.privacy.forget": [
        Case(
            (np.array([[0.4, -0.2], [-0.2, 0.6]]), np.array([1.0, 1.0])),
            np.array([[0.5, 0.0], [0.0, 1.0]]),
            "XᵀX + 1 was [[3, 1], [1, 2]]; without a row [1, 1] it is [[2, 0], [0, 1]]",
        ),
        Case(
            (np.array([[0.5]]), np.array([0.0])),
            np.array([[0.5]]),
            "an empty row leaves nothing to forget",
        ),
        *drawn(_shop, _refitted, "the inverse of XᵀX + λI without the row"),
    ],
    "23.1": [
        Case(
            ([("25-34", "North"), ("65+", "North"), ("25-34", "North")], 2),
            [True, False, True],
            "two households are 25-34 and North, one is alone",
        ),
        Case(
            ([("25-34", "North"), ("25-34", "South")], 2),
            [False, False],
            "same age, another town: two groups of one",
        ),
        Case(([("65+", "South")], 1), [True], "k = 1 asks for nothing"),
        Case(([], 5), [], "no household, nothing to publish"),
        Case(
            ([("65+",)] * 3 + [("19-24",)] * 4, 4),
            [False, False, False, True, True, True, True],
            "a group of exactly 4 is large enough for k = 4, one of 3 is not",
        ),
        Case(
            ([("ab", "c"), ("a", "bc")], 2),
            [False, False],
            "(ab, c) and (a, bc) are not the same, though their letters are",
        ),
        Case(
            ([("North", "South"), ("South", "North")], 2),
            [False, False],
            "the place in the row matters: it says which column",
        ),
        Case(
            ([("25-34", ""), ("25-34", ""), ("25-34", "North")], 2),
            [True, True, False],
            "'' (not told) is an answer like any other, and no joker",
        ),
        *drawn(_people, _large_enough, "how many rows equal this one, at least k?"),
    ],
    "23.2": [
        Case(
            (np.array([[3.0, 4.0], [0.3, 0.4]]), 1.0),
            np.array([[0.6, 0.8], [0.3, 0.4]]),
            "the first has length 5 and is divided by 5; the second has 0.5 and stays",
        ),
        Case(
            (np.array([[0.0, 0.0], [0.0, -2.0]]), 1.0),
            np.array([[0.0, 0.0], [0.0, -1.0]]),
            "zeros stay zeros; the sign stays",
        ),
        Case(
            (np.array([[1.0, 1.0, 1.0, 1.0]]), 1.0),
            np.array([[0.5, 0.5, 0.5, 0.5]]),
            "the length is √(1 + 1 + 1 + 1) = 2",
        ),
        Case(
            (np.array([[3.0, 4.0]]), 5.0),
            np.array([[3.0, 4.0]]),
            "exactly the most is not too much",
        ),
        Case(
            (np.array([[6.0], [1.0], [-8.0]]), 2.0),
            np.array([[2.0], [1.0], [-2.0]]),
            "each row by its own length",
        ),
        Case((np.zeros((0, 3)), 1.0), np.zeros((0, 3)), "no rows, none to shorten"),
        *drawn(_long_and_short, _clipped, "row · most / length where the length exceeds most"),
    ],
    "23.3": [
        Case(
            ([_sha("7"), _sha("2")], ["1", "2", "7"]),
            ["7", "2"],
            "in the order of the hashes",
        ),
        Case(([_sha("9")], ["1", "2"]), [""], "no id has this hash: ''"),
        Case(([_sha("3"), _sha("3")], ["3", "4"]), ["3", "3"], "one shopper, two lines"),
        Case(
            ([_sha("007"), _sha("7")], ["7", "007"]),
            ["007", "7"],
            "007 and 7 are two texts with two hashes",
        ),
        Case(([], ["1"]), [], "nothing to unmask"),
        Case(([_sha("1")], []), [""], "nobody to try"),
        Case(
            ([_sha("小明")], ["小红", "小明"]),
            ["小明"],
            "texts are hashed as UTF-8",
        ),
        Case(
            ([_sha("5").upper()], ["5"]),
            ["5"],
            "capital letters write the same number",
        ),
        *drawn(_masked, _told, "the id whose SHA-256 is this hash, '' if there is none"),
    ],
}
