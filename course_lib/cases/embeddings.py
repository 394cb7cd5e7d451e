"""Cases for the lesson about embeddings: lookups, the loss of a batch, analogies; by hand."""

import numpy as np

from course_lib.cases.case import Case

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
