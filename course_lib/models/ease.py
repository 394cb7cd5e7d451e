"""EASE: the best straight-line guess of each item from all the others, in one formula."""

import warnings
from typing import ClassVar

import numpy as np
from scipy.linalg import LinAlgError, LinAlgWarning, inv

from course_lib.memory import check_memory
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
    n_items² (12 bytes a cell; refused where there is no room for them): made for catalogues of
    some ten thousand items at most. The model knows items, not
    users: whoever has a history is served, an empty history gets the most popular items.
    """

    _rules: ClassVar[dict] = {"regularisation": Number(above=0), "power": Number(least=0)}

    def __init__(self, *, regularisation=500.0, power=0.0):
        self.regularisation = regularisation
        self.power = power

    def _fit(self, train, validation):
        n = train.n_items
        check_memory(12 * n**2, f"EASE on {n:,} items (it keeps a weight for each pair of items)")
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
    with warnings.catch_warnings():
        warnings.simplefilter("error", LinAlgWarning)
        try:  # in place: transposed, as Fortran keeps matrices, and symmetric
            inverse = inv(shared.T, assume_a="pos", overwrite_a=True, check_finite=False)
        except (LinAlgError, LinAlgWarning):
            raise ValueError(
                f"regularisation {regularisation} is too small: XᵀX + λI has no inverse"
            ) from None
    inverse /= -inverse.diagonal()
    weights = inverse.astype(np.float32)
    weights[np.diag_indices_from(weights)] = 0.0
    return weights
