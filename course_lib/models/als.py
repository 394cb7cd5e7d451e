"""ALS: short vectors for users and items; a zero is a weak no, a purchase a surer yes."""

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from course_lib.models.base import Recommender, threads
from course_lib.parameters import check_whole

CELLS = 1 << 18  # numbers in a block of gathered vectors: 1 MB, what a processor keeps at hand


class ALS(Recommender):
    """An item is worth the dot product of its vector and the user's, fitted to weighted yes and no.

    Each pair (u, i) has a preference p = 1 if u ever took i, else 0, and a confidence
    c = 1 + alpha · r with r = count^power (power 1: the paper's; 0: bought or not). The vectors
    minimise Σ c (p − x_u·y_i)² over ALL pairs + regularisation · (Σ|x_u|² + Σ|y_i|²). With the
    items fixed this is a least-squares problem for each user, and the other way round; the fit
    alternates `iterations` times, users then items. Hu, Koren & Volinsky 2008, Collaborative
    Filtering for Implicit Feedback Datasets, eqs. 3–5, with its trick that Σ over all pairs is
    YᵀY plus a sum over the pairs bought. Solved exactly; float32.

    Learned: item_factors_, (n_items, dimensions). A user's vector is always solved from the
    history given (eq. 4), never kept: so whoever has a history is served, whether or not in
    train, and an empty history gets the most popular items. Items without an event in train
    score 0.
    """

    def __init__(
        self, *, dimensions=64, regularisation=10.0, alpha=1.0, power=1.0, iterations=10, seed=0
    ):
        self.dimensions = dimensions
        self.regularisation = regularisation
        self.alpha = alpha
        self.power = power
        self.iterations = iterations
        self.seed = seed

    def _fit(self, train, validation):
        for name in ("dimensions", "iterations"):
            check_whole(name, getattr(self, name))
        for name in ("regularisation", "alpha"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if not self.power >= 0:
            raise ValueError(f"power must be at least 0, got {self.power}")
        by_user = self._strengths(train.matrix())
        by_item = by_user.T.tocsr()
        rng = np.random.default_rng(self.seed)
        items = rng.normal(0, 0.1, (train.n_items, self.dimensions)).astype(np.float32)
        for _ in range(self.iterations):
            users = solve_side(by_user, items, self.regularisation)
            items = solve_side(by_item, users, self.regularisation)
        self.item_factors_ = items

    def _score(self, users, history):
        return self.user_factors(users, history) @ self.item_factors_.T

    def user_factors(self, users, history):
        """(len(users), dimensions): the vectors that fit these users' histories best (eq. 4)."""
        strengths = self._strengths(history.rows(users))
        return solve_side(strengths, self.item_factors_, self.regularisation)

    def _strengths(self, counts):
        """alpha · r where something was bought: the confidence beyond 1."""
        counts.data = (self.alpha * counts.data**self.power).astype(np.float32)
        return counts


def solve_side(strengths, factors, regularisation):
    """The best vector of each row, with the other side's vectors fixed: (n, d).

    strengths: (n, m) CSR, alpha · r; factors: (m, d). Row u gets the solution of
    (YᵀY + Σ_i s_i y_i y_iᵀ + λI) x = Σ_i (1 + s_i) y_i, with i over its entries. Rows of like
    length are solved together: their vectors are gathered into one block, short rows padded by
    entries of weight 0.

    >>> solve_side([[3.0, 0]], [[1.0], [2.0]], 1.0)  # (5 + 3·1 + 1) x = 4·1
    array([[0.44444445]], dtype=float32)
    """
    strengths = sparse.csr_array(strengths)
    factors = np.asarray(factors, dtype=np.float32)
    lengths = np.diff(strengths.indptr)
    dimensions = factors.shape[1]
    common = factors.T @ factors + regularisation * np.eye(dimensions, dtype=np.float32)
    solved = np.zeros((len(lengths), dimensions), dtype=np.float32)

    def solve(rows):
        places = np.arange(lengths[rows].max())
        real = places < lengths[rows, None]
        places = np.where(real, strengths.indptr[rows, None] + places, 0)
        bought = factors[strengths.indices[places]]
        weights = np.where(real, strengths.data[places], 0)
        left = bought.transpose(0, 2, 1) @ (bought * weights[:, :, None]) + common
        right = ((real + weights)[:, None, :] @ bought).transpose(0, 2, 1)
        solved[rows] = np.linalg.solve(left, right)[:, :, 0]

    # Many small products: one block for each core is faster than all cores on one block.
    with threadpool_limits(1, user_api="blas"):
        list(threads().map(solve, _blocks(lengths, dimensions)))
    return solved


def _blocks(lengths, dimensions):
    """Row numbers in blocks of like length, the longest first; rows without entries left out."""
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    while order.size:
        many = max(1, CELLS // (lengths[order[0]] * dimensions))
        yield order[:many]
        order = order[many:]
