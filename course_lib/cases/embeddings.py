"""Cases about embeddings: lookups, the loss of a batch, analogies; by hand or by plain loops."""

import math

import numpy as np

from course_lib.cases.case import Case, drawn


def _lookups(rng, size):
    n_rows, d = size // 2 + 2, 1 + size % 3
    return rng.integers(0, n_rows, size - 1), rng.integers(-9, 10, (size - 1, d)) / 2, n_rows


def _table_gradient(ids, slopes, n_rows):
    gradient = [[0.0] * slopes.shape[1] for _ in range(n_rows)]
    for row, slope in zip(ids, slopes, strict=True):
        for column, number in enumerate(slope):
            gradient[row][column] += number
    return np.array(gradient)


def _batch(rng, size):
    users, items = rng.integers(-4, 5, (2, size, 2 + size % 2)) / 2
    shares = rng.integers(1, 9, size)
    return users, items, np.log(shares / (2 * shares.sum())), float(rng.choice([0.25, 0.5, 2.0]))


def _loss_of_batch(users, items, log_q, temperature):
    losses = []
    for i, user in enumerate(users):
        scores = [
            sum(a * b for a, b in zip(user, item, strict=True)) / temperature - ln_q
            for item, ln_q in zip(items, log_q, strict=True)
        ]
        losses.append(math.log(sum(math.exp(s - scores[i]) for s in scores)))
    return sum(losses) / len(losses)


def _rows_and_question(rng, size):
    n, d = size + 4, 2 + size % 3
    rows = rng.normal(size=(n, d)).round(1) * rng.integers(1, 9, (n, 1)) + 0.01
    return rows, *(int(i) for i in rng.permutation(n)[:3])


def _completes(rows, a, b, c):
    unit = [[x / math.hypot(*row) for x in row] for row in rows.tolist()]
    target = [q - p + r for p, q, r in zip(unit[a], unit[b], unit[c], strict=True)]
    others = [i for i in range(len(unit)) if i not in (a, b, c)]
    return max(others, key=lambda i: sum(x * t for x, t in zip(unit[i], target, strict=True)))


CASES = {
    "12.1": [
        Case(
            (np.array([2, 0]), np.array([[-0.5, 0.2], [0.1, 0.0]]), 4),
            np.array([[0.1, 0], [0, 0], [-0.5, 0.2], [0, 0]]),
            "each slope goes to the row looked up, all other rows stay 0",
        ),
        Case(
            (np.array([1, 1]), np.array([[-0.5, 0.2], [-0.5, 0.2]]), 2),
            np.array([[0, 0], [-1.0, 0.4]]),
            "a row looked up twice gets the sum of both slopes",
        ),
        Case(
            (np.array([0, 2, 0]), np.array([[1.0], [5], [2]]), 3),
            np.array([[3.0], [0], [5]]),
            "1 + 2 for row 0: equal ids need not stand side by side",
        ),
        Case(
            (np.array([3]), np.array([[7.0, 8, 9]]), 5),
            np.vstack([np.zeros((3, 3)), [[7.0, 8, 9]], np.zeros((1, 3))]),
            "the table has 5 rows although the largest id is 3",
        ),
        Case(
            (np.array([], dtype=int), np.zeros((0, 2)), 3),
            np.zeros((3, 2)),
            "an empty batch: nobody corrects any row",
        ),
        *drawn(_lookups, _table_gradient, "row i is the sum of the slopes whose id is i"),
    ],
    "12.2": [
        Case(
            (np.zeros((3, 2)), np.zeros((3, 2)), np.zeros(3), 1.0),
            np.log(3),
            "three equal scores: each right answer gets 1/3, and -ln(1/3) = ln 3",
        ),
        Case(
            (np.zeros((2, 1)), np.zeros((2, 1)), np.log([0.75, 0.25]), 1.0),
            -(np.log(0.25) + np.log(0.75)) / 2,
            "scores 0 - ln Q: e^z is 4/3 and 4, so the shares are 1/4 and 3/4",
        ),
        Case(
            (np.array([[1.0], [0]]), np.array([[1.0], [0]]), np.zeros(2), 1.0),
            (np.log1p(np.exp(-1)) + np.log(2)) / 2,
            "row 0 has scores 1 and 0, row 1 has 0 and 0: the mean of ln(1 + 1/e) and ln 2",
        ),
        Case(
            (np.array([[1.0], [0]]), np.array([[1.0], [0]]), np.zeros(2), 0.5),
            (np.log1p(np.exp(-2)) + np.log(2)) / 2,
            "at temperature 0.5 the score 1 becomes 2",
        ),
        Case(
            (np.eye(2) * 1000.0, np.eye(2), np.zeros(2), 1.0),
            0.0,
            "scores of 1000 must not overflow; both answers are sure and right",
        ),
        Case(
            (np.array([[0.0], [1]]), np.array([[2.0], [0]]), np.zeros(2), 1.0),
            (np.log(2) + np.log1p(np.exp(2))) / 2,
            "rows are users: row 1 has scores 2 and 0, and its answer is in column 1",
        ),
        Case(
            (np.zeros((3, 2)), np.zeros((3, 2)), np.log([0.5, 0.25, 0.25]), 0.5),
            (np.log(5) + 2 * np.log(2.5)) / 3,
            "ln Q is taken off after the division by τ: e^z is 2, 4 and 4, the shares .2, .4, .4",
        ),
        Case(
            (np.array([[1.0], [2]]), np.array([[1.0], [0]]), np.zeros(2), 1.0),
            (np.log1p(np.exp(-1)) + np.log1p(np.exp(2))) / 2,
            "softmax along a row, over the items: rows (1, 0) and (2, 0), answers 1 and 0",
        ),
        Case(
            (np.array([[2000.0, 0], [0, 1]]), np.array([[1.0, 0], [0, 1]]), np.zeros(2), 1.0),
            np.log1p(np.exp(-1)) / 2,
            "take off each row's own largest score: 2000 here, 1 there",
        ),
        Case(
            (np.array([[0.0, 50], [0, 1]]), np.array([[1.0, 0], [0, 1]]), np.zeros(2), 1.0),
            (50 + np.log1p(np.exp(-1))) / 2,
            "a very wrong answer costs 50: no floor below the probability",
        ),
        *drawn(_batch, _loss_of_batch, "scores u_i·v_j / τ − ln Q_j; mean of −ln softmax"),
    ],
    "12.3": [
        Case(
            (np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, 1]]), 0, 1, 2),
            3,
            "the target is (-0.29, 1, 0.71); row 3, (0, 1, 1) scaled, is nearest",
        ),
        Case(
            (np.array([[1.0, 0], [1, 0.1], [0, 1], [0.2, 1], [-1, 0]]), 0, 1, 2),
            3,
            "the target lies nearest to c itself, which is left out",
        ),
        Case(
            (np.array([[9.0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, 1]]), 0, 1, 2),
            3,
            "a long first row counts like a short one: all are scaled to length 1",
        ),
        Case(
            (np.array([[1.0, 0], [0, 1], [1, 1], [0.1, 1], [-5, 50]]), 0, 1, 2),
            4,
            "the target is (-0.29, 1.71), at 100 degrees; row 4 (96) is nearer than row 3 (84)",
        ),
        Case(
            (np.array([[9.0, 0], [0, 1], [1, 1], [1, 2], [-3, 1]]), 0, 1, 2),
            3,
            "scaled, the target is (-0.29, 1.71); unscaled it would be (-8, 2), near row 4",
        ),
        Case(
            (np.array([[-1.0, 0], [2, 0], [3, 0.1], [-1, 0.5], [-1, 2]]), 0, 1, 2),
            4,
            "the target is (3, 0.03) and both others point away: the least bad one, below −1 too",
        ),
        Case(
            (np.array([[2.0, 0], [0, 1], [1, 3], [5, 1], [1, 3]]), 0, 1, 2),
            4,
            "row 4 has the numbers of row 2, and may be the answer: rows are left out",
        ),
        *drawn(_rows_and_question, _completes, "nearest to b̂ − â + ĉ among all rows but the three"),
    ],
    "models.factorization.factor_gradients": [
        Case(
            (np.array([[1.0, 2]]), np.array([[1.0, 1]]), np.array([1.0]), 0.0),
            (np.array([[-1.0, -1]]), np.array([[-1.0, -2]])),
            "the slope of p is -e q, that of q is -e p",
        ),
        Case(
            (np.array([[1.0, 2]]), np.array([[3.0, 4]]), np.array([0.0]), 0.5),
            (np.array([[0.5, 1]]), np.array([[1.5, 2]])),
            "without an error only λ times the own vector is left",
        ),
        Case(
            (np.array([[1.0, 0], [0, 2]]), np.array([[0.5, 2], [1, 1]]), np.array([0.5, -1]), 0.1),
            (np.array([[-0.15, -1], [1, 1.2]]), np.array([[-0.45, 0.2], [0.1, 2.1]])),
            "row by row: the second error is negative, so both vectors are pushed apart",
        ),
    ],
}
