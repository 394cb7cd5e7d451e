"""ALS: short vectors for users and items; a zero is a weak no, a purchase a surer yes."""

from typing import ClassVar

import numpy as np
from scipy import sparse
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from threadpoolctl import threadpool_limits

from course_lib.models.base import Recommender, threads
from course_lib.models.neighbours import powered
from course_lib.parameters import Maybe, Number, Whole

CELLS = 1 << 18  # numbers in a block of gathered vectors: 1 MB, what a processor keeps at hand


class ALS(Recommender):
    """An item is worth the dot product of its vector and the user's, fitted to weighted yes and no.

    Each pair (u, i) has a preference p = 1 if u ever took i, else 0, and a confidence
    c = 1 + alpha · r with r = count^power (power 1: the paper's; 0: bought or not). The vectors
    minimise Σ c (p − x_u·y_i)² over ALL pairs + regularisation · (Σ|x_u|² + Σ|y_i|²). With the
    items fixed this is a least-squares problem for each user, and the other way round; the fit
    alternates `iterations` times, users then items. Hu, Koren & Volinsky 2008, Collaborative
    Filtering for Implicit Feedback Datasets, eqs. 3–5, with its trick that Σ over all pairs is
    YᵀY plus a sum over the pairs bought. float32.

    steps: None solves each least-squares problem exactly. A number takes at most so many steps of
    conjugate gradients towards the solution, from the vector of the round before; 3 are as good
    (Takács, Pilászy & Tikk 2011, Applications of the Conjugate Gradient Method for Implicit
    Feedback Collaborative Filtering) and faster where users or items have many events.

    Learned: item_factors_, (n_items, dimensions). A user's vector is always solved from the
    history given (eq. 4), never kept: so whoever has a history is served, whether or not in
    train, and an empty history gets the most popular items. Items without an event in train
    score 0.
    """

    _rules: ClassVar[dict] = {
        "dimensions": Whole(1),
        "regularisation": Number(above=0),
        "alpha": Number(above=0),
        "power": Number(least=0),
        "iterations": Whole(1),
        "steps": Maybe(Whole(1)),
        "seed": Whole(0),
    }

    def __init__(
        self,
        *,
        dimensions=64,
        regularisation=10.0,
        alpha=1.0,
        power=1.0,
        iterations=10,
        steps=None,
        seed=0,
    ):
        self.dimensions = dimensions
        self.regularisation = regularisation
        self.alpha = alpha
        self.power = power
        self.iterations = iterations
        self.steps = steps
        self.seed = seed

    def _fit(self, train, validation):
        by_user = self._strengths(train.matrix())
        by_item = by_user.T.tocsr()
        rng = np.random.default_rng(self.seed)
        items = rng.normal(0, 0.1, (train.n_items, self.dimensions)).astype(np.float32)
        users = np.zeros((train.n_users, self.dimensions), dtype=np.float32)
        for _ in range(self.iterations):
            users = solve_side(by_user, items, self.regularisation, steps=self.steps, start=users)
            items = solve_side(by_item, users, self.regularisation, steps=self.steps, start=items)
        self.item_factors_ = items

    def _score(self, users, history):
        return self.user_factors(users, history) @ self.item_factors_.T

    def user_factors(self, users, history):
        """(len(users), dimensions): the vectors that fit these users' histories best (eq. 4)."""
        strengths = self._strengths(history.rows(users))
        return solve_side(strengths, self.item_factors_, self.regularisation)

    def _strengths(self, counts):
        """alpha · r where something was bought: the confidence beyond 1."""
        strengths = powered(counts, self.power)
        with np.errstate(over="ignore"):
            strengths.data = (self.alpha * strengths.data).astype(np.float32)
        if not np.isfinite(strengths.data).all():
            raise ValueError(f"alpha {self.alpha} is too large: alpha · r is no finite float32")
        return strengths


def solve_side(strengths, factors, regularisation, *, steps=None, start=None):
    """The best vector of each row, with the other side's vectors fixed: (n, d).

    strengths: (n, m) CSR, alpha · r; factors: (m, d). Row u gets the solution of
    (C + Σ_i s_i y_i y_iᵀ) x = Σ_i (1 + s_i) y_i, with C = YᵀY + λI and i over its entries.

    C = RRᵀ is the same for all rows, so each works with z_i = R⁻¹y_i: (I + ZᵀSZ) w = Zᵀ(1 + s) and
    x = R⁻ᵀw. A row with fewer entries than d solves as many equations as it has entries:
    w = Zᵀa with (I + SZZᵀ) a = 1 + s, which is the same w (Woodbury's identity; Golub & Van Loan
    2013, Matrix Computations, sec. 2.1.4). Rows of like length are solved together: their vectors
    are gathered into one block, short rows padded by entries of weight 0.

    steps, start: conjugate gradients on (I + ZᵀSZ) w = Zᵀ(1 + s), from the (n, d) vectors of
    `start` (None: from 0); a row with at most 2 · steps entries is as fast solved exactly, and is.
    Raises ValueError for a regularisation so small that C has no inverse in float64.

    >>> solve_side([[3.0, 0]], [[1.0], [2.0]], 1.0).round(4)  # (5 + 3·1 + 1) x = 4·1
    array([[0.4444]], dtype=float32)
    """
    strengths = sparse.csr_array(strengths)
    wide = np.asarray(factors, dtype=np.float64)
    dimensions = wide.shape[1]
    try:
        root = cholesky(wide.T @ wide + regularisation * np.eye(dimensions), lower=True)
    except LinAlgError:
        raise ValueError(
            f"regularisation {regularisation} is too small: YᵀY + λI has no inverse"
        ) from None
    near = solve_triangular(root, wide.T, lower=True).T.astype(np.float32)
    lengths = np.diff(strengths.indptr)
    solved = np.zeros((len(lengths), dimensions), dtype=np.float32)
    begin = solved.copy() if start is None else (start @ root).astype(np.float32)  # w = Rᵀx

    def solve(rows):
        entries = np.arange(lengths[rows].max())
        real = entries < lengths[rows, None]
        entries = np.where(real, strengths.indptr[rows, None] + entries, 0)
        bought = near[strengths.indices[entries]]  # (rows, longest, d)
        weights = np.where(real, strengths.data[entries], 0)[:, :, None]
        right = real[:, :, None] + weights
        turned = bought.transpose(0, 2, 1)
        if steps is not None and len(real[0]) > 2 * steps:
            found = conjugate_gradients(
                lambda w: w + turned @ (weights * (bought @ w)),
                turned @ right,
                begin[rows, :, None],
                steps,
            )
        elif len(real[0]) < dimensions:
            left = weights * (bought @ turned) + np.eye(len(real[0]), dtype=np.float32)
            found = turned @ np.linalg.solve(left, right)
        else:
            left = turned @ (weights * bought) + np.eye(dimensions, dtype=np.float32)
            found = np.linalg.solve(left, turned @ right)
        solved[rows] = found[:, :, 0]

    # Many small products: one block for each core is faster than all cores on one block.
    with threadpool_limits(1, user_api="blas"):
        list(threads().map(solve, _blocks(lengths, dimensions)))
    return solve_triangular(root, solved.T, lower=True, trans="T").T.astype(np.float32)


def conjugate_gradients(multiply, right, start, steps):
    """Steps towards the x with A x = right: each goes to the lowest point of a new direction.

    multiply: what gives A x, for symmetric, positive A; right, start: (n, d, 1), one problem a
    row. After d steps the answer is exact but for rounding. Hestenes & Stiefel 1952, Methods of
    Conjugate Gradients for Solving Linear Systems, eq. 3:1.

    >>> a, right = np.array([[4.0, 1], [1, 3]]), np.array([[[1.0], [2]]])
    >>> conjugate_gradients(lambda x: a @ x, right, 0 * right, 2).ravel().round(4)  # 1/11, 7/11
    array([0.0909, 0.6364])
    """
    x = start
    missing = right - multiply(x)
    direction, size = missing, np.sum(missing**2, axis=1, keepdims=True)
    for _ in range(steps):
        turned = multiply(direction)
        length = _ratio(size, np.sum(direction * turned, axis=1, keepdims=True))
        x = x + length * direction
        missing = missing - length * turned
        before, size = size, np.sum(missing**2, axis=1, keepdims=True)
        direction = missing + _ratio(size, before) * direction
    return x


def _ratio(top, bottom):
    """top / bottom; 0 where bottom is 0: nothing is missing any more."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _blocks(lengths, dimensions):
    """Row numbers in blocks of like length, the longest first; rows without entries left out."""
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    while order.size:
        many = max(1, CELLS // (lengths[order[0]] * dimensions))
        yield order[:many]
        order = order[many:]
