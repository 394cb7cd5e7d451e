"""One space for two kinds of things, such as pictures and words: a pair lies close together."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from course_lib.parameters import check_above_0, check_numbers, check_whole
from course_lib.similarity import cosine_similarity


def info_nce(first, second, temperature):
    """How hard it is to find each row's partner among all others: a loss, and its two slopes.

    first, second: (n, d), row i of the one belongs to row i of the other, no row of zeros;
    temperature: above 0. Rows are brought to length 1; S = first · secondᵀ / temperature. The loss
    is the mean over i of −ln softmax(S)ᵢᵢ, once along rows (which second?) and once along columns
    (which first?), halved. It is ln n if all rows are equal, and near 0 if partners are found.
    van den Oord, Li & Vinyals 2018, eq. 4; both ways: Radford and others 2021, CLIP.

    Returns (loss, slope of first (n, d), slope of second (n, d)), in closed form: `score_slopes`,
    then back through product and length. Raises ValueError for other shapes, a row of zeros and
    infinite numbers.

    >>> pair = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(info_nce(pair, pair, 1.0)[0], 3)  # ln(e + 1) − 1
    0.313
    """
    first, second = check_numbers("first", first), check_numbers("second", second)
    temperature = check_above_0("temperature", temperature)
    if first.ndim != 2 or first.shape != second.shape or not first.size:
        raise ValueError(
            f"first and second must be (n, d) in pairs, got {first.shape} and {second.shape}"
        )
    n = len(first)
    (a, long_a), (b, long_b) = _unit("first", first), _unit("second", second)
    scores = a @ b.T / temperature
    both = np.trace(log_softmax(scores, axis=1)) + np.trace(log_softmax(scores, axis=0))
    slopes = score_slopes(scores) / temperature
    to_a, to_b = _through(a, long_a, slopes @ b), _through(b, long_b, slopes.T @ a)
    return float(-both / (2 * n)), to_a, to_b


def score_slopes(scores):
    """How the loss of `info_nce` changes with each score: (n, n).

    scores: (n, n), row i's own partner in column i. (P + Q − 2 I) / (2 n), P and Q the softmax
    along rows and along columns: below 0 for a pair, above 0 for all others; all slopes add to 0.

    >>> score_slopes(np.zeros((2, 2)))
    array([[-0.25,  0.25],
           [ 0.25, -0.25]])
    """
    scores = np.asarray(scores, dtype=float)
    n = len(scores)
    return (softmax(scores, axis=1) + softmax(scores, axis=0) - 2 * np.eye(n)) / (2 * n)


def partner_ranks(first, second):
    """How many others lie at least as near as each row's own partner: (n,), 0 is the best.

    first, second: (n, d), row i of the one belongs to row i of the other; nearness is the cosine
    (to nine digits, so that what is equal on paper is equal here). Others that are just as near
    count against: a model that says the same of everything finds nobody's partner.

    >>> partner_ranks([[1, 0], [0, 1]], [[1, 0], [1, 0]])  # the second is as near to both
    array([1, 1])
    """
    likeness = cosine_similarity(first, second).round(9)
    if likeness.shape[0] != likeness.shape[1]:
        raise ValueError(f"first and second must be in pairs, got {likeness.shape}")
    return (likeness >= np.diag(likeness)[:, None]).sum(axis=1) - 1


def contrastive_projections(vectors, partners, *, temperature=0.1, steps=10, seed):
    """Matrices that turn vectors towards their partners, one after each step: (steps, d, q).

    vectors: (n, d), of pictures say; partners: (n, q), of their words, which stay as they are. A
    row's place in the partners' space is vectors @ matrix; `info_nce` of these and the partners is
    made small from a random start by L-BFGS (Liu & Nocedal 1989), with all pairs in each step. If
    it finds no better matrix before, there are fewer than `steps`.

    One matrix for all vectors, as in ridge regression; only the loss differs: a ridge wants each
    row *at* its partner, this wants it nearer to its own than to the others'.
    """
    vectors = check_numbers("vectors", vectors)
    steps, seed = check_whole("steps", steps), check_whole("seed", seed, 0)
    shape = (vectors.shape[-1], np.shape(partners)[-1])
    start = np.random.default_rng(seed).normal(0, shape[0] ** -0.5, shape)
    found = []

    def cost(flat):
        loss, slope, _ = info_nce(vectors @ flat.reshape(shape), partners, temperature)
        return loss, (vectors.T @ slope).ravel()

    def keep(flat):
        found.append(flat.reshape(shape).copy())

    minimize(
        cost, start.ravel(), jac=True, method="L-BFGS-B", callback=keep, options={"maxiter": steps}
    )
    return np.array(found)


def _unit(name, rows):
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    if not length.all():
        raise ValueError(f"{name} must have no row of zeros, row {np.argmin(length)} is one")
    return rows / length, length


def _through(unit, length, slope):
    """The slope with respect to rows, from that with respect to the rows at length 1."""
    along = (slope * unit).sum(axis=1, keepdims=True)
    return (slope - along * unit) / length
