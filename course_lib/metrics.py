"""How good a list of recommendations is, one value a user.

All functions take the same three arguments:

recommended: (n, k or more) whole numbers, row u = the items recommended to user u, best first;
    -1 fills a list that ran out and counts as a miss. No item twice in a row.
relevant: (n, n_items) scipy sparse matrix (or array); an entry that is not 0 marks an item that
    user u really took in the held-out time.
k: how many places of each list count, at least 1.

They return an (n,) float array, NaN for a user with nothing relevant: there is nothing to find,
so neither 0 nor 1 would be true. Take the mean with `np.nanmean`. Bad input raises ValueError.
"""

import numpy as np
from scipy import sparse

from course_lib.similarity import check_k


def hit_rate_at_k(recommended, relevant, k):
    """1 for a user who finds at least one relevant item among the first k, else 0.

    Also called hit ratio or success@k. Deshpande & Karypis 2004, Item-Based Top-N Recommendation
    Algorithms, sec. 6.2 (there with one held-out item a user).

    >>> hit_rate_at_k([[2, 0], [1, 2]], np.array([[0, 1, 1], [1, 0, 0]]), 2)
    array([1., 0.])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    return _where_relevant(hits.any(axis=1), n_relevant)


def recall_at_k(recommended, relevant, k):
    """Which share of a user's relevant items is among the first k.

    Hits over ALL relevant items (not over min(k, relevant)): a user with more than k relevant
    items cannot reach 1. Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval,
    ch. 8.

    >>> recall_at_k([[2, 0], [1, 2]], np.array([[0, 1, 1], [1, 0, 0]]), 2)
    array([0.5, 0. ])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    return _where_relevant(hits.sum(axis=1) / np.maximum(n_relevant, 1), n_relevant)


def ndcg_at_k(recommended, relevant, k):
    """Hits weighted by place, over the best list possible: 1 is perfect, later hits count less.

    A hit at place p (1 = first) gains 1 / log2(p + 1); the ideal list has min(k, relevant) hits
    at the top. Järvelin & Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques, with
    binary gains and the discount log2(p + 1).

    >>> ndcg_at_k([[2, 0], [0, 1]], np.array([[0, 0, 1], [0, 1, 0]]), 2).round(4)
    array([1.    , 0.6309])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(n_relevant, k)]
    return _where_relevant(hits @ discounts / np.where(ideal > 0, ideal, 1.0), n_relevant)


def _hits(recommended, relevant, k):
    """(n, k) hit or not, and (n,) the number of relevant items."""
    recommended = np.asarray(recommended)
    if recommended.ndim != 2 or not np.issubdtype(recommended.dtype, np.integer):
        raise ValueError(
            "recommended must be an (n, k) array of whole item numbers, "
            f"got {recommended.dtype} of shape {recommended.shape}"
        )
    k = check_k(k, recommended.shape[1])
    relevant = sparse.csr_array(relevant)
    if relevant.shape[0] != len(recommended):
        raise ValueError(
            "recommended and relevant must have a row for each user, "
            f"got {len(recommended)} and {relevant.shape[0]}"
        )
    n_items = relevant.shape[1]
    top = recommended[:, :k]
    if top.size and (top.min() < -1 or top.max() >= n_items):
        bad = top[(top < -1) | (top >= n_items)][0]
        raise ValueError(f"item numbers must lie in -1..{n_items - 1}, got {bad}")
    ordered = np.sort(top, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        user, place = np.argwhere(twice)[0]
        raise ValueError(f"row {user} recommends item {ordered[user, place]} twice")
    relevant = relevant.astype(bool)
    relevant.eliminate_zeros()
    n_relevant = np.diff(relevant.indptr)
    # One sorted key for each (user, item) pair: membership by binary search, no dense matrix.
    relevant.sort_indices()
    owner = np.repeat(np.arange(len(top), dtype=np.int64), n_relevant)
    keys = owner * n_items + relevant.indices
    wanted = np.arange(len(top), dtype=np.int64)[:, None] * n_items + top
    found = np.searchsorted(keys, wanted)
    hits = np.zeros(top.shape, dtype=bool)
    within = found < keys.size
    hits[within] = keys[found[within]] == wanted[within]
    return hits & (top >= 0), n_relevant


def _where_relevant(values, n_relevant):
    return np.where(n_relevant > 0, values, np.nan)
