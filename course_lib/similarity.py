"""How alike two vectors point, and which columns score best."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from course_lib.parameters import check_numbers, check_whole

SCORES_AT_A_TIME = 2**19  # of `top_k`: what a processor keeps at hand, and no copy of all scores
ROWS, TILE = 512, 1024  # vectors and columns that `top_k_products` multiplies at a time: 2 MB


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
    a = check_numbers("a", a)
    b = a if same else check_numbers("b", b)
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
    if getattr(scores, "dtype", None) not in (np.float32, np.float64):
        scores = _scores(scores)
    scores = np.asarray(scores)  # these two are never copied as a whole
    if scores.ndim not in (1, 2):
        raise ValueError(f"scores must be (n, m) or (m,), got shape {scores.shape}")
    k = check_k(k, scores.shape[-1])
    rows = np.atleast_2d(scores)
    chosen = np.empty((len(rows), k), dtype=np.int64)
    block = max(1, SCORES_AT_A_TIME // rows.shape[1])
    for first in range(0, len(rows), block):
        batch = rows[first : first + block]
        floor, groups = _floor(batch, k)
        if np.isnan(floor).any():
            raise ValueError(f"scores must not be NaN, got {np.isnan(scores).sum()} NaN")
        chosen[first : first + block] = _best_above(batch, floor, groups, k)
    return chosen if scores.ndim == 2 else chosen[0]


def top_k_products(vectors, items, k):
    """The k items whose dot product with each vector is largest, best first: (n, k) indices.

    vectors: (n, d), items: (m, d), finite numbers → what `top_k(vectors @ items.T, k)` gives,
    without ever holding all n × m products: they are worked out tile by tile, and only those above
    the k-th best so far are looked at again. Exact (nothing is approximated), ties keep the order
    of the items; float32 in both stays float32, all else is computed as float64. Takes as many
    threads as NumPy's own products do.

    Raises ValueError when k is below 1 or above m, for NaN or infinity, other shapes, and vectors
    so long that their products overflow.

    >>> top_k_products([[1, 0], [1, 1]], [[1, 0], [0, 3], [2, 0]], 2)
    array([[2, 0],
           [1, 2]])
    """
    vectors = check_numbers("vectors", vectors, single=True)
    items = check_numbers("items", items, single=True)
    if vectors.ndim != 2 or items.ndim != 2 or vectors.shape[1] != items.shape[1]:
        raise ValueError(
            f"vectors and items must be (n, d) and (m, d), got {vectors.shape} and {items.shape}"
        )
    k = check_k(k, len(items))
    dtype = np.result_type(vectors, items)
    vectors, items = vectors.astype(dtype, copy=False), items.astype(dtype, copy=False)
    with np.errstate(over="ignore"):
        longest = np.abs(vectors).max(initial=0) * np.abs(items).max(initial=0)
        if not np.isfinite(longest * items.shape[1]):
            raise ValueError(f"the products of these vectors overflow {dtype}")
    chosen = np.empty((len(vectors), k), dtype=np.int64)

    def choose(start):
        chosen[start : start + ROWS] = _best_products(vectors[start : start + ROWS], items, k)

    blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(max(blas, default=1)) as pool:
        list(pool.map(choose, range(0, len(vectors), ROWS)))
    return chosen


def _best_products(vectors, items, k):
    """The same for so few vectors that a tile of their products is at hand at once."""
    n, m = len(vectors), len(items)
    seen = min(m, max(TILE, 2 * k))
    scores = vectors @ items[:seen].T
    columns = top_k(scores, k)
    values = np.take_along_axis(scores, columns, axis=1)
    found, waiting = [], 0
    for start in range(seen, m, TILE):
        scores = vectors @ items[start : start + TILE].T
        # Above, not at the k-th best so far: who comes later loses a tie.
        flat = _few_true(scores > values[:, k - 1 :])
        row, column = np.divmod(flat, scores.shape[1])
        found.append((row, start + column, scores.ravel()[flat]))
        waiting += flat.size
        end = min(m, start + TILE)
        # The k-th best rises slowly: seldom is enough, unless much waits.
        if end == m or end >= 2 * seen or waiting > 3 * k * n:
            joined = map(np.concatenate, zip(*found, strict=True))
            columns, values = _with_found(columns, values, *joined)
            found, waiting, seen = [], 0, end
    return columns


def _few_true(table):
    """What np.flatnonzero gives; quicker where little is True: eight are looked at at a time."""
    if table.size % 8:
        return np.flatnonzero(table)
    eights = np.flatnonzero(table.ravel().view(np.uint64) != 0)
    which, place = np.nonzero(table.reshape(-1, 8)[eights])
    return 8 * eights[which] + place


def _with_found(columns, values, row, column, value):
    """The k best of each row's best so far and of what was found for it since, best first."""
    n, k = columns.shape
    order = np.argsort(row, kind="stable")  # a row's own in the order in which they were found
    row, column, value = row[order], column[order], value[order]
    new = np.bincount(row, minlength=n)
    place = k + np.arange(row.size) - (np.cumsum(new) - new)[row]
    wide = np.zeros((n, k + new.max()), dtype=np.int64)
    worth = np.full(wide.shape, -np.inf, dtype=values.dtype)
    wide[:, :k], worth[:, :k] = columns, values
    wide[row, place], worth[row, place] = column, value
    best = np.argsort(-worth, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(wide, best, axis=1), np.take_along_axis(worth, best, axis=1)


def _floor(rows, k):
    """(n,) scores that at least k columns of each row reach, as high as is cheap; NaN for a NaN.

    Long rows: the k-th best of the maxima of some groups of columns. Each of the k best groups has
    a column that reaches it, and few other columns do. Short rows: the k-th best score itself.
    Second, the maxima, (n, groups), column j being in group j modulo groups; None for short rows.
    """
    n, m = rows.shape
    groups = max(512, 16 * k)
    if m < 4 * groups:
        best = np.partition(rows, m - k, axis=1)  # a partition is linear in m, a sort is not
        # NumPy sorts NaN last, above all numbers.
        return np.where(np.isnan(best[:, m - k :]).any(axis=1), np.nan, best[:, m - k]), None
    whole = m - m % groups
    best = rows[:, :whole].reshape(n, -1, groups).max(axis=1)
    if whole < m:
        rest = rows[:, whole:]
        np.maximum(best[:, : m - whole], rest, out=best[:, : m - whole])
    floor = np.partition(best, groups - k, axis=1)[:, groups - k]
    return np.where(np.isnan(best).any(axis=1), np.nan, floor), best


def _best_above(rows, floor, groups, k):
    """The k best columns of each row, among those that reach the row's floor."""
    n, m = rows.shape
    if groups is None or (groups >= floor[:, None]).sum() > 4 * k * n:  # short, or many ties
        candidates = rows >= floor[:, None]
        crowded = np.flatnonzero(np.count_nonzero(candidates, axis=1) > 4 * k)
        if crowded.size:
            candidates[crowded] = _exactly_k(rows[crowded], floor[crowded, None], k)
        row, column = np.divmod(np.flatnonzero(candidates), m)
    else:
        row, column = _in_groups(rows, floor, groups)
    count = np.bincount(row, minlength=n)
    place = np.arange(row.size) - (np.cumsum(count) - count)[row]
    # Candidates side by side, in catalogue order; a stable sort of a few is all that is left.
    values = np.full((n, count.max()), -np.inf, dtype=rows.dtype)
    columns = np.full(values.shape, -1, dtype=np.int64)
    values[row, place] = rows[row, column]
    columns[row, place] = column
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    chosen = np.take_along_axis(columns, order, axis=1)
    chosen[np.take_along_axis(values, order, axis=1) == -np.inf] = -1
    return chosen


def _in_groups(rows, floor, groups):
    """Row and column of all that reaches the floor, in order; other groups are not read."""
    m = rows.shape[1]
    row, group = np.nonzero(groups >= floor[:, None])
    columns = group[:, None] + np.arange(0, m, groups.shape[1])
    values = rows[row[:, None], np.minimum(columns, m - 1)]
    which, place = np.nonzero((values >= floor[row, None]) & (columns < m))
    row, column = row[which], columns[which, place]
    order = np.lexsort((column, row))
    return row[order], column[order]


def _exactly_k(rows, floor, k):
    """(n, m) booleans, k a row: what is above the k-th best score, then the first that equal it."""
    chosen = rows > floor
    # Fewer than k above the floor: then it is the k-th best score. Else that must be found.
    above = np.count_nonzero(chosen, axis=1)
    low = np.flatnonzero(above > k)
    if low.size:
        floor = floor.copy()
        floor[low] = np.partition(rows[low], -k, axis=1)[:, [-k]]
        chosen[low] = rows[low] > floor[low]
        above[low] = np.count_nonzero(chosen[low], axis=1)
    tied = rows == floor
    needed = k - above
    width = 4 * k  # the first ties mostly stand near the beginning
    while (np.count_nonzero(tied[:, :width], axis=1) < needed).any():
        width *= 4
    head = tied[:, :width]
    chosen[:, :width] |= head & (np.cumsum(head, axis=1, dtype=np.int32) <= needed[:, None])
    return chosen


def _scores(scores):
    """Scores of other types as float64; infinity and NaN are `top_k`'s own matter."""
    try:
        scores = np.asarray(scores)
        if scores.dtype.kind in "biufO":
            return scores.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise ValueError("scores must be numbers in rows of one length")


def check_k(k, most):
    """The length of a list, if it is a whole number from 1 to `most`; ValueError otherwise.

    >>> check_k(3, 5)
    3
    """
    k = check_whole("k", k)
    if k > most:
        raise ValueError(f"k must be at most the number of columns {most}, got {k}")
    return k


def _unit_rows(rows):
    # Dividing by the largest entry first keeps the squares of 1e200 or 1e-200 representable.
    largest = np.maximum(rows.max(axis=1, keepdims=True), -rows.min(axis=1, keepdims=True))
    unit = rows / np.where(largest > 0, largest, 1.0)
    norms = np.sqrt(np.einsum("ij,ij->i", unit, unit))[:, None]
    unit /= np.where(norms > 0, norms, 1.0)  # in place: one copy of the rows is enough
    return unit
