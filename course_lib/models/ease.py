"""EASE: the best straight-line guess of each item from all the others, in one formula."""

from typing import ClassVar

import numpy as np
from scipy.linalg import lapack

from course_lib.models.base import Recommender
from course_lib.models.neighbours import gram, powered
from course_lib.parameters import Number


class EASE(Recommender):
    """An item is worth the weighted sum of the user's other items, with the best weights there are.

    B minimises ‖X − XB‖² + λ‖B‖² under diag(B) = 0, so that no item explains itself. The answer
    is closed: with P = (XᵀX + λI)⁻¹, B_ij = −P_ij / P_jj off the diagonal. scores = history row
    · B. Steck 2019, Embarrassingly Shallow Autoencoders for Sparse Data, eq. 8.

    X: users × items, count^power (power 0: bought or not, as in the paper). regularisation: λ,
    above 0, in the unit of XᵀX, which for power 0 is users.

    Learned: weights_, (n_items, n_items) float32. Time grows with n_items³ and memory with
    n_items²: made for catalogues of some ten thousand items at most. The model knows items, not
    users: whoever has a history is served, an empty history gets the most popular items.
    """

    _rules: ClassVar[dict] = {"regularisation": Number(above=0), "power": Number(least=0)}

    def __init__(self, *, regularisation=500.0, power=0.0):
        self.regularisation = regularisation
        self.power = power

    def _fit(self, train, validation):
        rows = powered(train.matrix(), self.power)
        self.weights_ = ease_weights(rows, self.regularisation)

    def _score(self, users, history):
        rows = powered(history.rows(users), self.power)
        return rows.toarray().astype(np.float32) @ self.weights_


def ease_weights(matrix, regularisation):
    """B of EASE for a (n_users, n_items) sparse matrix: (n_items, n_items) float32.

    >>> from scipy import sparse
    >>> matrix = sparse.csr_array([[1.0, 1], [1, 0]])  # XᵀX + 1 = [[3, 1], [1, 2]]
    >>> ease_weights(matrix, 1.0).round(4)  # of the first for the second 1/3, back 1/2
    array([[0.    , 0.3333],
           [0.5   , 0.    ]], dtype=float32)
    """
    shared = gram(matrix).astype(np.float64, copy=False)
    shared[np.diag_indices_from(shared)] += regularisation
    # The inverse by Cholesky, in place: XᵀX + λI is symmetric and positive.
    factor, failed = lapack.dpotrf(shared.T, overwrite_a=True)
    inverse, failed = lapack.dpotri(factor, overwrite_c=True) if not failed else (factor, failed)
    if failed:
        raise ValueError(f"regularisation {regularisation} is too small: XᵀX + λI has no inverse")
    diagonal = inverse.diagonal().copy()
    weights = np.triu(inverse.astype(np.float32), 1)  # LAPACK fills one triangle
    del shared, factor, inverse
    weights += weights.T
    weights /= -diagonal.astype(np.float32)
    weights[np.diag_indices_from(weights)] = 0.0  # not -0
    return weights
