"""How alike two vectors point, and which columns score best."""

import numpy as np


def cosine_similarity(a, b):
    """How far two vectors point the same way: 1 same, 0 at right angles, -1 opposite.

    cos(a, b) = a·b / (|a| |b|)   (Salton & McGill 1983, Introduction to Modern Information
    Retrieval, ch. 6)

    a, b: shapes (d,) and (d,) give a float; shapes (n, d) and (m, d) give an (n, m) array whose
    entry [i, j] compares row i of `a` with row j of `b`. Any real numbers, no unit; integers are
    computed as float64, so int8 vectors do not wrap.

    A zero vector has no direction; its similarity to everything is defined as 0.0.

    Raises ValueError for NaN or infinity, for empty vectors, for lengths that differ, and for
    shapes other than the two pairs above.

    >>> cosine_similarity([3, 4], [4, 3])  # (12 + 12) / (5 · 5)
    0.96
    >>> cosine_similarity([[1, 0], [0, 0]], [[3, 4], [5, 0]])
    array([[0.6, 1. ],
           [0. , 0. ]])
    """
    same = a is b
    a = _finite("a", a)
    b = a if same else _finite("b", b)
    if a.ndim != b.ndim or a.ndim not in (1, 2):
        raise ValueError(
            f"a and b must both be (d,) or be (n, d) and (m, d), got {a.shape} and {b.shape}"
        )
    if a.shape[-1] != b.shape[-1] or a.shape[-1] == 0:
        raise ValueError(
            f"vectors must have the same length of at least 1, got {a.shape[-1]} and {b.shape[-1]}"
        )
    unit = _unit_rows(np.atleast_2d(a))
    similarity = unit @ (unit if b is a else _unit_rows(np.atleast_2d(b))).T
    np.clip(similarity, -1.0, 1.0, out=similarity)  # rounding may step over the edge by 1e-16
    return float(similarity[0, 0]) if a.ndim == 1 else similarity


def top_k(scores, k):
    """The k best-scored columns of each row, best first.

    scores: (n, m) array, higher is better → (n, k) integer array of column numbers; (m,) → (k,).
    Ties keep the order of the columns (catalogue order). A score of -inf means "never": where
    fewer than k other columns are left, the rest is -1.

    Raises ValueError when k is below 1 or above m, for NaN scores, and for other shapes.

    >>> top_k([[0.1, 0.9, 0.5], [0.7, 0.7, 0.0]], 2)
    array([[1, 2],
           [0, 1]])
    >>> top_k([2.0, -np.inf, 3.0], 3)
    array([ 2,  0, -1])
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim not in (1, 2):
        raise ValueError(f"scores must be (n, m) or (m,), got shape {scores.shape}")
    k = check_k(k, scores.shape[-1])
    if np.isnan(scores).any():
        raise ValueError(f"scores must not be NaN, got {np.isnan(scores).sum()} NaN")
    rows = np.atleast_2d(scores)
    chosen = np.empty((len(rows), k), dtype=np.int64)
    for i, row in enumerate(rows):
        # Only columns that reach the k-th best score are sorted: a partition is linear in m.
        threshold = np.partition(row, row.size - k)[row.size - k]
        above = np.flatnonzero(row > threshold)
        tied = np.flatnonzero(row == threshold)[: k - above.size]
        order = np.argsort(-row[above], kind="stable")  # stable: ties keep catalogue order
        chosen[i] = np.concatenate([above[order], tied])
    chosen[np.take_along_axis(rows, chosen, axis=1) == -np.inf] = -1
    return chosen if scores.ndim == 2 else chosen[0]


def check_k(k, most):
    """The length of a list, if it is a whole number from 1 to `most`; ValueError otherwise.

    >>> check_k(3, 5)
    3
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise ValueError(f"k must be a whole number, got {k!r}")
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if k > most:
        raise ValueError(f"k must be at most the number of columns {most}, got {k}")
    return int(k)


def _finite(name, values):
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}")
    return array


def _unit_rows(rows):
    # Dividing by the largest entry first keeps the squares of 1e200 or 1e-200 representable.
    largest = np.maximum(rows.max(axis=1, keepdims=True), -rows.min(axis=1, keepdims=True))
    unit = rows / np.where(largest > 0, largest, 1.0)
    norms = np.sqrt(np.einsum("ij,ij->i", unit, unit))[:, None]
    unit /= np.where(norms > 0, norms, 1.0)  # in place: one copy of the rows is enough
    return unit
