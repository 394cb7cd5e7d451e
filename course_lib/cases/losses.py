"""Cases about losses: the lesson's exercises and the library's functions, worked out by hand."""

from math import e, exp, log

import numpy as np

from course_lib.cases.case import Case, drawn

LN2 = log(2)


def _a(*values):
    return np.array(values, dtype=np.float64)


def _pinball(y_true, y_pred, q):
    prices = [
        q * (y - p) if y > p else (1 - q) * (p - y) for y, p in zip(y_true, y_pred, strict=True)
    ]
    return sum(prices) / len(prices)


def _wrong_lines(y_true, y_pred, printed):
    """Whole numbers of eighths and hundredths, so that a distance of 0.005 is exact."""
    wrong = []
    for i, (truth, guess, number) in enumerate(zip(y_true, y_pred, printed, strict=True)):
        squares = [round(2 * (p - y)) ** 2 for y, p in zip(truth, guess, strict=True)]
        thousandths = 250 * sum(squares) / len(squares)
        if abs(thousandths - 1000 * number) > 5.001:
            wrong.append(i)
    return np.array(wrong, dtype=int)


def _honest(p, weight):
    odds = [x / (1 - x) / weight if x < 1 else float("inf") for x in p]
    return np.array([o / (1 + o) if o < float("inf") else 1.0 for o in odds])


def _amounts(rng, size):
    y_true, y_pred = rng.integers(-4, 9, (2, size)).astype(float)
    y_pred[rng.random(size) < 0.3] = y_true[0]  # ties, and all sorts of errors
    return y_true, y_pred, float(rng.choice([0.1, 0.25, 0.6, 0.9]))


def _page(rng, size):
    """Errors are halves and lines have 2 or 4 numbers: every MSE ends at a multiple of 1/16."""
    y_true = rng.integers(-9, 10, (size, rng.choice([2, 4]))).astype(float)
    y_pred = y_true + rng.integers(-3, 4, y_true.shape) * rng.choice([0.5, 10], (size, 1))
    right = np.mean((y_pred - y_true) ** 2, axis=1)
    slip = rng.choice([0, 0, 0.01, -0.01, 0.02, -0.02, 0.5, -0.5], size)
    return y_true, y_pred, np.round(right + rng.choice([-0.004, 0.004], size), 2) + slip


def _weighted(rng, size):
    p = rng.integers(0, 11, size) / 10
    return p, float(rng.choice([0.2, 0.5, 1.5, 3, 20]))


CASES: dict[str, list[Case]] = {
    # Exercises of lesson 02
    "2.1": [
        Case((_a(10), _a(6), 0.9), 3.6, "4 dollars short, each costs 0.9"),
        Case((_a(6), _a(10), 0.9), 0.4, "4 dollars too many, each costs 1 - 0.9 = 0.1"),
        Case((_a(10, 6), _a(6, 10), 0.9), 2.0, "the mean of 3.6 and 0.4"),
        Case((_a(1, 0), _a(0.8, 0.2), 0.5), 0.1, "at q = 0.5 it is half the MAE: 0.2 / 2"),
        Case((_a(5, 5, 5), _a(5, 5, 5), 0.3), 0.0, "no error costs nothing"),
        Case((_a(0, 0, 9), _a(3, 1, 0), 0.25), 1.75, "(3 · 0.75 + 1 · 0.75 + 9 · 0.25) / 3"),
        Case((_a(0, 1), _a(0, 0), 0.5), 0.25, "(0 + 0.5) / 2: a case without error counts too"),
        *drawn(
            _amounts, _pinball, "q for each unit short, 1 - q for each unit over; mean of all cases"
        ),
    ],
    "2.2": [
        Case(
            (_a([1, 0]), _a([0.8, 0.2]), _a(0.1)),
            np.array([0]),
            "(0.2² + 0.2²) / 2 = 0.04, so the printed 0.1 is wrong",
        ),
        Case(
            (_a([1, 0]), _a([0.8, 0.2]), _a(0.04)),
            np.array([], dtype=int),
            "0.04 is right: no line is wrong",
        ),
        Case(
            (
                _a([1, 0], [1, 0], [2, 4], [10, 20]),
                _a([0.8, 0.2], [0.6, 0.4], [1, 4], [12, 20]),
                _a(0.1, 0.16, 0.5, 1.0),
            ),
            np.array([0, 3]),
            "the right lines are 0.04, 0.16, 0.5 and 2.0",
        ),
        Case(
            (_a([1, 0], [0, 0]), _a([0.8, 0.2], [0, 2]), _a(0.04, 2.0)),
            np.array([], dtype=int),
            "0.04 and 2.0: one error a line, so the mean runs along each line",
        ),
        Case(
            (_a([1, 1, 1]), _a([0, 1, 1]), _a(0.33)),
            np.array([], dtype=int),
            "1/3 is printed as 0.33, which is right to two decimals",
        ),
        Case(
            (_a([3, 0], [5, 5]), _a([0, 0], [5, 7]), _a(1.5, 2.0)),
            np.array([0]),
            "3² / 2 = 4.5; a printed value that is too small is wrong too",
        ),
        Case(
            (_a([1, 0], [1, 0], [1, 0]), _a([1, 0.5], [1.5, 0], [1, 0.5]), _a(0.12, 0.13, 0.11)),
            np.array([2]),
            "0.5² / 2 = 0.125: 0.12 and 0.13 are exactly 0.005 off, which is allowed; 0.11 is not",
        ),
        Case(
            (_a([100, 0], [0, 0]), _a([0, 0], [0, 100]), _a(5000, 5000.03)),
            np.array([1]),
            "100² / 2 = 5000: 0.03 is more than 0.005, however large the value",
        ),
        *drawn(
            _page,
            _wrong_lines,
            "the MSE of each line by itself; wrong where it is more than 0.005 off, up or down",
        ),
    ],
    "2.3": [
        Case((_a(0.5), 1.0), _a(0.5), "weight 1 changes nothing"),
        Case((_a(0.5), 9.0), _a(0.1), "odds 1 to 1 become 1 to 9, which is 1 in 10"),
        Case((_a(0.9, 0.5), 9.0), _a(0.5, 0.1), "odds 9 and 1, over 9: 1 and 1/9"),
        Case((_a(0.75), 3.0), _a(0.5), "odds 3 to 1 become 1 to 1"),
        Case((_a(0.2), 0.25), _a(0.5), "a weight below 1 works the other way: odds 1/4 become 1"),
        Case((_a(0, 1), 5.0), _a(0, 1), "never and always stay what they are"),
        Case((_a(0.001, 0.999), 9.0), _a(1 / 8992, 111 / 112), "odds 1 : 8991 and 999 : 9"),
        *drawn(_weighted, _honest, "the odds p / (1 - p), over the weight, back to a probability"),
    ],
    # Errors in dollars, clicks, stars
    "losses.mean_squared_error": [
        Case((_a(1, 0), _a(0.8, 0.2)), 0.04, "(0.2² + 0.2²) / 2"),
        Case((_a(1, 0), _a(0.6, 0.4)), 0.16, "errors twice as large cost four times 0.04"),
        Case((_a(0, 0, 0), _a(3, -3, 0)), 6.0, "(9 + 9 + 0) / 3: signs do not cancel"),
        Case((_a(10), _a(7)), 9.0, "one case: its squared error"),
        Case((_a([1, 2], [3, 4]), _a([1, 2], [3, 0])), 4.0, "4² / 4: a table is averaged whole"),
        Case((_a(2, 5), _a(2, 5)), 0.0, "no error"),
    ],
    "losses.mean_absolute_error": [
        Case((_a(1, 0), _a(0.8, 0.2)), 0.2, "(0.2 + 0.2) / 2"),
        Case((_a(0, 0, 0), _a(3, -3, 0)), 2.0, "(3 + 3 + 0) / 3: signs do not cancel"),
        Case((_a(10), _a(7)), 3.0, "one case: its absolute error"),
        Case((_a([1, 2], [3, 4]), _a([1, 2], [3, 0])), 1.0, "4 / 4: a table is averaged whole"),
        Case((_a(2, 5), _a(2, 5)), 0.0, "no error"),
    ],
    "losses.huber": [
        Case((_a(0), _a(0.5)), 0.125, "inside delta = 1: 0.5² / 2"),
        Case((_a(0), _a(1)), 0.5, "at delta both pieces meet: 1² / 2 = 1 · (1 - 0.5)"),
        Case((_a(0), _a(3)), 2.5, "beyond delta: 1 · (3 - 0.5)"),
        Case((_a(0), _a(-3)), 2.5, "the same for an error below"),
        Case((_a(0, 0, 0, 0), _a(0.5, -3, 3, 0)), 1.28125, "(0.125 + 2.5 + 2.5 + 0) / 4"),
        Case((_a(1, 0), _a(0.8, 0.2)), 0.02, "half of the squared error 0.04"),
    ],
    "losses.mean_squared_error_gradient": [
        Case((_a(1, 0), _a(0.8, 0.2)), _a(-0.2, 0.2), "2 · (-0.2) / 2 and 2 · 0.2 / 2"),
        Case((_a(0, 0, 0, 0), _a(1, 2, -4, 0)), _a(0.5, 1, -2, 0), "2 · error / 4"),
        Case((_a(10), _a(7)), _a(-6), "2 · (7 - 10) / 1: raise the guess to lower the loss"),
        Case((_a([0, 0]), _a([1, -1])), _a([1, -1]), "2 values, so n = 2; the shape stays (1, 2)"),
    ],
    "losses.mean_absolute_error_gradient": [
        Case((_a(1, 0), _a(0.8, 0.2)), _a(-0.5, 0.5), "sign / 2"),
        Case((_a(0, 0, 0, 0), _a(1, 2, -4, 0)), _a(0.25, 0.25, -0.25, 0), "sign / 4, 0 at 0"),
        Case((_a(10), _a(7)), _a(-1), "the size of the error does not matter"),
        Case((_a([0, 0]), _a([3, -1])), _a([0.5, -0.5]), "the shape stays (1, 2)"),
    ],
    "losses.huber_gradient": [
        Case((_a(0, 0), _a(0.5, -0.5)), _a(0.25, -0.25), "inside delta: error / 2"),
        Case((_a(0, 0), _a(3, -3)), _a(0.5, -0.5), "beyond delta: ±1 / 2"),
        Case((_a(0, 0, 0, 0), _a(1, 2, -4, 0)), _a(0.25, 0.25, -0.25, 0), "cut off at ±1, over 4"),
        Case((_a(1, 0), _a(0.8, 0.2)), _a(-0.1, 0.1), "half of the MSE's slope"),
    ],
    # Probabilities
    "losses.binary_cross_entropy": [
        Case((_a(1, 0), _a(0.8, 0.2)), -log(0.8), "both outcomes were given 0.8: -ln 0.8 = 0.2231"),
        Case((_a(1), _a(0.5)), LN2, "-ln 0.5 = 0.6931"),
        Case((_a(0), _a(0.9)), log(10), "what happened was given 0.1: -ln 0.1 = 2.3026"),
        Case((_a(1, 1, 0, 0), _a(0.5, 0.25, 0.5, 0.75)), 1.5 * LN2, "(ln 2 + ln 4) · 2 / 4"),
        Case((_a(1), _a(0)), 7 * log(10), "0 is clipped to 1e-7: -ln 1e-7 = 16.1181"),
        Case((_a(0, 1), _a(0, 1)), 0.0, "certain and right costs nothing (to 1e-7)"),
        Case((_a(0.5), _a(0.25)), -(log(0.25) + log(0.75)) / 2, "a soft target counts both sides"),
    ],
    "losses.binary_cross_entropy_gradient": [
        Case((_a(1, 0), _a(0.5, 0.5)), _a(-1, 1), "-1 / 0.5 / 2 and 1 / 0.5 / 2"),
        Case((_a(1), _a(0.25)), _a(-4), "-1 / p"),
        Case((_a(0), _a(0.75)), _a(4), "1 / (1 - p)"),
        Case((_a(1, 0), _a(0.8, 0.2)), _a(-0.625, 0.625), "-1 / 0.8 / 2 and 1 / 0.8 / 2"),
    ],
    "losses.cross_entropy": [
        Case((_a([0, 1, 0]), _a([0.25, 0.5, 0.25])), LN2, "-ln 0.5"),
        Case(
            (_a([1, 0, 0], [0, 0, 1]), _a([0.5, 0.25, 0.25], [0.5, 0.25, 0.25])),
            1.5 * LN2,
            "(ln 2 + ln 4) / 2: a mean over rows, not over all six cells",
        ),
        Case((_a([1, 0]), _a([0.8, 0.2])), -log(0.8), "two classes: the binary cross-entropy"),
        Case((_a([0.5, 0.5]), _a([0.25, 0.75])), -(log(0.25) + log(0.75)) / 2, "soft targets"),
        Case((_a([1, 0]), _a([0, 1])), 7 * log(10), "0 is clipped to 1e-7: 16.1181, not infinity"),
        Case((_a([0, 1], [1, 0]), _a([0, 1], [1, 0])), 0.0, "certain and right (to 1e-7)"),
    ],
    "losses.cross_entropy_gradient": [
        Case((_a([0, 1]), _a([0.5, 0.5])), _a([0, -2]), "-y / p over one row"),
        Case(
            (_a([1, 0, 0], [0, 0, 1]), _a([0.5, 0.25, 0.25], [0.5, 0.25, 0.25])),
            _a([-1, 0, 0], [0, 0, -2]),
            "-1 / 0.5 / 2 and -1 / 0.25 / 2: two rows, so n = 2",
        ),
        Case((_a([1, 0]), _a([0.8, 0.2])), _a([-1.25, 0]), "-1 / 0.8"),
    ],
    "losses.log_sum_exp": [
        Case((_a(0, 0),), LN2, "ln(1 + 1)"),
        Case((_a(log(1), log(2), log(5)),), log(8), "ln(1 + 2 + 5)"),
        Case((_a(1000, 1000),), 1000 + LN2, "the maximum comes out: 1000 + ln(1 + 1)", 1e-12),
        Case((_a(-1000, -1000),), -1000 + LN2, "-1000 + ln(1 + 1), no ln 0", 1e-12),
        Case((_a([0, 0], [3, 3]),), _a(LN2, 3 + LN2), "one value a row"),
    ],
    "losses.softmax": [
        Case((_a(0, 0),), _a(0.5, 0.5), "equal scores, equal shares"),
        Case((_a(log(1), log(2), log(5)),), _a(0.125, 0.25, 0.625), "1, 2, 5 over their sum 8"),
        Case((_a(1000, 1000),), _a(0.5, 0.5), "only differences matter; exp(1000) would overflow"),
        Case((_a(2, 1, 0),), _a(e**2, e, 1) / (e**2 + e + 1), "e², e, 1 over their sum 11.107"),
        Case((_a([0, 0], [log(3), 0]),), _a([0.5, 0.5], [0.75, 0.25]), "each row sums to 1"),
    ],
    "losses.softmax_cross_entropy": [
        Case((_a([0, 0]), np.array([0])), LN2, "two equal scores: -ln 0.5"),
        Case((_a([2, 1, 0]), np.array([0])), log(e**2 + e + 1) - 2, "ln 11.107 - 2 = 0.4076"),
        Case((_a([2, 1, 0]), np.array([2])), log(e**2 + e + 1), "ln 11.107 - 0 = 2.4076"),
        Case(
            (_a([0, 0, 0], [log(2), 0, 0]), np.array([1, 0])),
            (log(3) + LN2) / 2,
            "(ln 3 + (ln 4 - ln 2)) / 2",
        ),
        Case((_a([1000, 0]), np.array([1])), 1000.0, "exp(1000) alone would overflow"),
        Case((_a([1000, 0]), np.array([0])), 0.0, "certain and right"),
        Case((_a([-1000, -1000]), np.array([0])), LN2, "exp(-1000) alone would give ln 0"),
    ],
    "losses.softmax_cross_entropy_gradient": [
        Case((_a([0, 0]), np.array([1])), _a([0.5, -0.5]), "0.5 - 0 and 0.5 - 1"),
        Case(
            (_a([log(1), log(2), log(5)], [0, 0, 0]), np.array([2, 0])),
            _a([1 / 16, 1 / 8, -3 / 16], [-1 / 3, 1 / 6, 1 / 6]),
            "(share - one-hot) / 2 rows",
        ),
        Case((_a([1000, 0]), np.array([1])), _a([1, -1]), "shares 1 and 0, the right class second"),
    ],
    "losses.sigmoid": [
        Case((_a(0, log(3), -log(3)),), _a(0.5, 0.75, 0.25), "odds 1, 3 and 1/3"),
        Case((_a(2),), _a(1 / (1 + exp(-2))), "1 / (1 + 0.1353) = 0.8808"),
        Case((_a(-1000, 1000),), _a(0, 1), "no overflow far out"),
    ],
    # Pairs: a bought item against another one
    "losses.bpr": [
        Case((_a(0), _a(0)), LN2, "a tie: -ln 0.5"),
        Case((_a(3), _a(1)), log(1 + exp(-2)), "lead of 2: ln(1 + e⁻²) = 0.1269"),
        Case((_a(1), _a(2)), log(1 + e), "behind by 1: ln(1 + e) = 1.3133"),
        Case((_a(log(3), 5), _a(0, 5)), (log(4 / 3) + LN2) / 2, "(-ln 0.75 - ln 0.5) / 2"),
        Case((_a(0), _a(1000)), 1000.0, "far behind: the loss is the gap, no overflow"),
        Case((_a(1000), _a(0)), 0.0, "far ahead costs nothing"),
    ],
    "losses.bpr_gradient": [
        Case((_a(0), _a(0)), (_a(-0.5), _a(0.5)), "-σ(0) and σ(0)"),
        Case((_a(log(3)), _a(0)), (_a(-0.25), _a(0.25)), "σ(-ln 3) = 1/4"),
        Case(
            (_a(log(3), 0), _a(0, log(3))),
            (_a(-0.125, -0.375), _a(0.125, 0.375)),
            "1/4 and 3/4, over 2 pairs: the wrong pair pulls harder",
        ),
        Case((_a(0), _a(1000)), (_a(-1), _a(1)), "far behind: the full slope"),
    ],
    "losses.hinge": [
        Case((_a(2, 0.5), _a(0, 0)), 0.25, "(0 + 0.5) / 2"),
        Case((_a(0), _a(0)), 1.0, "a tie misses the whole margin"),
        Case((_a(1), _a(3)), 3.0, "behind by 2: 1 + 2"),
        Case((_a(1), _a(0)), 0.0, "a lead of exactly 1 is enough"),
        Case((_a(9, 1), _a(0, 3)), 1.5, "(0 + 3) / 2: a large lead earns nothing back"),
    ],
    "losses.hinge_gradient": [
        Case((_a(2, 0.5), _a(0, 0)), (_a(0, -0.5), _a(0, 0.5)), "only the pair inside pulls: 1/2"),
        Case((_a(0), _a(5)), (_a(-1), _a(1)), "the slope does not grow with the gap"),
        Case((_a(1), _a(0)), (_a(0), _a(0)), "from the margin on the slope is 0"),
    ],
}
