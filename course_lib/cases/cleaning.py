"""Cases about cleaning: sizes, near-duplicates and scaling, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn

NAN = float("nan")
NO_PAIRS = np.empty((0, 2), dtype=np.int64)


def _n(*values):
    return np.array(values, dtype=np.int64)


def _a(*values):
    return np.array(values, dtype=np.float64)


def _b(*values):
    return np.array(values, dtype=bool)


def _t(*rows):
    return np.array(rows, dtype=np.float64)


def _ledger(rng, size):
    causes, n_causes = rng.integers(0, size, 2 * size), size + 1
    written = rng.integers(-9, 99, 2 * size) / 4
    true = np.where(rng.random(2 * size) < 0.5, written, rng.integers(0, 9, 2 * size))
    return causes, written, true, rng.random(2 * size) < 0.6, n_causes


def _off_by_cause(causes, written, true, kept, n_causes):
    off = np.zeros(n_causes)
    for cause, wrote, worth, stays in zip(causes, written, true, kept, strict=True):
        off[cause] += (wrote if stays else 0) - worth
    return off


def _spent(rng, size):
    """Amounts, many of them 0; one more column than rows, or one fewer."""
    shape = (size, size + 1) if size % 2 else (size + 1, size)
    return rng.choice([0, 0, 0.25, 1, 2, 3, 40], shape)


def _over_median(matrix):
    scaled = matrix.copy()
    for j in range(matrix.shape[1]):
        above = sorted(amount for amount in matrix[:, j] if amount > 0)
        if above:
            n = len(above)
            scaled[:, j] /= (above[(n - 1) // 2] + above[n // 2]) / 2
    return scaled


def _account(rng, size):
    """A sound account with up to two numbers moved by one."""
    dropped = rng.integers(0, 4, size)
    after = 50 - np.cumsum(dropped)
    columns = np.array([after + dropped, dropped, after])
    for _ in range(rng.integers(0, 3)):
        columns[rng.integers(3), rng.integers(size)] += rng.choice([-1, 1])
    return tuple(columns)


def _first_wrong_line(before, dropped, after):
    for i in range(len(before)):
        if before[i] - dropped[i] != after[i] or (i and before[i] != after[i - 1]):
            return i
    return -1


CASES: dict[str, list[Case]] = {
    "sizes.parse_size": [
        Case(("2 LB",), (907.18474, "g"), "2 · 453.59237"),
        Case(("12 OZ",), (340.194277, "g"), "12 · 28.349523; OZ is weight"),
        Case(("10.4 OZ",), (294.835040, "g"), "10.4 · 28.349523: the decimals count"),
        Case((".5 L",), (500.0, "ml"), "half a litre; nothing stands before the point"),
        Case(("750 ML",), (750.0, "ml"), "ML is not L"),
        Case(("6 PK",), (6.0, "piece"), "a pack of six"),
        Case(("1/2 GAL",), (1892.705892, "ml"), "half of 3785.411784"),
        Case(("A 13 OZ",), (368.543801, "g"), "13 · 28.349523; the A in front is no size"),
        Case(("18 IN",), (NAN, ""), "a length is no amount"),
        Case(("LARGE",), (NAN, ""), "no number"),
        Case(("",), (NAN, ""), "nothing to read"),
    ],
    "cleaning.near_duplicates": [
        Case(
            (["green tea", "blue mug", "Green Tea"],),
            np.array([[0, 2]]),
            "the same letters; case is ignored",
        ),
        Case((["tea", "mug", "ball"],), NO_PAIRS, "no three letters in common: cosine 0"),
        Case(
            (["mug", "mug", "mug"],),
            np.array([[0, 1], [0, 2], [1, 2]]),
            "three equal titles make three pairs, smaller row first",
        ),
        Case(
            (["dinner rolls", "rolls dinner"],),
            np.array([[0, 1]]),
            "trigrams stay within words, so their order does not matter",
        ),
        Case(
            (["racket", "rackets"], 0.5),
            np.array([[0, 1]]),
            "' ra', rac, ack, cke, ket are common; 'et ' here, ets and 'ts ' there: at least "
            "5 / (5 + 2 · idf²) with idf = 1 + ln(3/2), so above 0.5",
        ),
        Case((["racket", "rackets"], 0.8), NO_PAIRS, "5 / √((5 + 1.98)(5 + 3.95)) is 0.63"),
    ],
    "5.1": [
        Case(
            (_n(0, 1, 0), _a(4, 600, 5), _a(4, 6, 5), _b(1, 1, 1), 2),
            _a(0, 594),
            "a slip that was kept: 600 written, 6 true",
        ),
        Case(
            (_n(0, 1, 0), _a(4, 600, 5), _a(4, 6, 5), _b(1, 0, 1), 2),
            _a(0, -6),
            "the slip was dropped: its true 6 dollars are missing, not its 600",
        ),
        Case(
            (_n(1, 0, 1, 1), _a(7, 3, 2, 1), _a(0, 3, 0, 0), _b(1, 1, 0, 1), 2),
            _a(0, 8),
            "copies are worth 0: two were kept, 7 + 1; the dropped one does no harm",
        ),
        Case(
            (_n(2, 0), _a(5, 5), _a(5, 5), _b(0, 1), 4),
            _a(0, 0, -5, 0),
            "a place for each cause, 0 for those without a line",
        ),
        Case(
            (_n(1, 1, 0), _a(-3, 8, 2), _a(3, 8, 2), _b(1, 0, 0), 2),
            _a(-2, -14),
            "a wrong sign: -3 - 3 = -6; dropped: -8, and -2 of a line without a fault",
        ),
        *drawn(
            _ledger,
            _off_by_cause,
            "for each cause: the sum of written - true where kept, of -true where dropped",
        ),
    ],
    "5.2": [
        Case((_t([2], [4], [6], [90]),), _t([0.4], [0.8], [1.2], [18]), "median (4 + 6) / 2"),
        Case(
            (_t([0], [0], [3], [0], [6], [12]),),
            _t([0], [0], [0.5], [0], [1], [2]),
            "above 0 are 3, 6 and 12: median 6; zeros stay 0",
        ),
        Case(
            (_t([2, 0, 30], [4, 0, 0], [8, 0, 10]),),
            _t([0.5, 0, 1.5], [1, 0, 0], [2, 0, 0.5]),
            "each column by its own median: 4, none, 20; the column of zeros stays as it is",
        ),
        Case((_t([5, 0.5]),), _t([1, 1]), "one row: each amount is its own median"),
        Case(
            (np.array([[1, 0], [2, 7], [4, 0]]),),
            _t([0.5, 0], [1, 1], [2, 0]),
            "whole dollars in, shares out: 1 / 2 is 0.5",
        ),
        *drawn(
            lambda rng, size: (_spent(rng, size),),
            _over_median,
            "each column over the median of its amounts above 0",
        ),
    ],
    "5.3": [
        Case(
            (np.array([10, 9, 8]), np.array([1, 1, 2]), np.array([9, 8, 6])),
            -1,
            "10 - 1 = 9, 9 - 1 = 8, 8 - 2 = 6, and each begins where the line above ends",
        ),
        Case(
            (np.array([10, 9, 8]), np.array([1, 2, 2]), np.array([9, 8, 6])),
            1,
            "9 - 2 is 7, not 8",
        ),
        Case(
            (np.array([10, 9, 7]), np.array([1, 1, 2]), np.array([9, 8, 5])),
            2,
            "line 2 begins with 7, but line 1 ended with 8",
        ),
        Case(
            (np.array([10, 8]), np.array([1, 2]), np.array([8, 6])),
            0,
            "10 - 1 is 9: the first line can be wrong as well",
        ),
        Case(
            (np.array([10, 8, 7]), np.array([2, 2, 1]), np.array([8, 7, 7])),
            1,
            "8 - 2 is 6 and 7 - 1 is 6: two wrong lines, 1 is the first",
        ),
        Case((np.array([5]), np.array([0]), np.array([5])), -1, "one line that balances"),
        Case(
            (np.array([10, 9, 9]), np.array([2, 1, 1]), np.array([8, 8, 8])),
            1,
            "line 0 balances; line 1 begins with 9 where line 0 ended with 8",
        ),
        Case(
            (_n(10, 8, 7), _n(1, 1, 2), _n(9, 7, 6)),
            1,
            "line 1 begins with 8 where line 0 ended with 9; line 2, too, is wrong (7 - 2 is 5)",
        ),
        Case(
            (_n(10, 8, 8), _n(1, 0, 1), _n(9, 8, 7)),
            1,
            "every line subtracts rightly, but line 1 begins with 8 where line 0 ended with 9",
        ),
        Case((_n(), _n(), _n()), -1, "an account without lines has no wrong one"),
        *drawn(
            _account,
            _first_wrong_line,
            "line by line from the top: before - dropped = after, and before = the line above's "
            "after",
        ),
    ],
}
