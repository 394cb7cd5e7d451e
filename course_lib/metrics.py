"""How good a list of recommendations is, one value a user; and what a shop's lists look like.

The functions named `..._at_k` take the same three arguments:

recommended: (n, k or more) whole numbers, row u = the items recommended to user u, best first;
    -1 fills a list that ran out and counts as a miss. No item twice in a row.
relevant: (n, n_items) scipy sparse matrix (or array); an entry that is not 0 marks an item that
    user u really took in the held-out time.
k: how many places of each list count, at least 1.

Tables of pandas are read by place, so their labels must say the same: rows of both arguments alike,
item numbers 0, 1, … where labels are whole numbers.

They return an (n,) float array, NaN for a user with nothing relevant: there is nothing to find,
so neither 0 nor 1 would be true. Take the mean with `np.nanmean`. Bad input raises ValueError.
`ranking_metrics` computes all six for the price of one.

`coverage`, `gini`, `novelty` and `intra_list_diversity` need no held-out purchases: they describe
the lists themselves.
"""

import numpy as np
from scipy import sparse

from course_lib.parameters import check_numbers, check_whole
from course_lib.similarity import check_k

FLAGS = 2**22  # flags at a time in `hits`: 4 MB, about what a processor keeps at hand


def hit_rate_at_k(recommended, relevant, k):
    """1 for a user who finds at least one relevant item among the first k, else 0.

    Also called hit ratio or success@k. Deshpande & Karypis 2004, Item-Based Top-N Recommendation
    Algorithms, sec. 6.2 (there with one held-out item a user).

    >>> hit_rate_at_k([[2, 0], [1, 2]], np.array([[0, 1, 1], [1, 0, 0]]), 2)
    array([1., 0.])
    """
    return _hit_rate(*hits(recommended, relevant, k))


def precision_at_k(recommended, relevant, k):
    """Which share of the first k places holds a relevant item.

    Hits over k, also where the list ran out earlier (-1 is a miss): a shop that shows nothing in a
    place has not filled it well. Manning, Raghavan & Schütze 2008, Introduction to Information
    Retrieval, ch. 8.

    >>> precision_at_k([[2, 0], [1, -1]], np.array([[0, 1, 1], [0, 1, 0]]), 2)
    array([0.5, 0.5])
    """
    return _precision(*hits(recommended, relevant, k))


def recall_at_k(recommended, relevant, k):
    """Which share of a user's relevant items is among the first k.

    Hits over ALL relevant items (not over min(k, relevant)): a user with more than k relevant
    items cannot reach 1. Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval,
    ch. 8.

    >>> recall_at_k([[2, 0], [1, 2]], np.array([[0, 1, 1], [1, 0, 0]]), 2)
    array([0.5, 0. ])
    """
    return _recall(*hits(recommended, relevant, k))


def reciprocal_rank_at_k(recommended, relevant, k):
    """One over the place of the first hit: 1 at the top, 1/2 at the second place; 0 without a hit.

    Its mean over users is MRR@k, the mean reciprocal rank. Voorhees 1999, The TREC-8 Question
    Answering Track Report. Hits after the first do not count.

    >>> reciprocal_rank_at_k([[2, 0], [0, 1]], np.array([[0, 0, 1], [0, 1, 0]]), 2)
    array([1. , 0.5])
    """
    return _reciprocal_rank(*hits(recommended, relevant, k))


def average_precision_at_k(recommended, relevant, k):
    """The precision at the place of each hit, summed, over the most hits possible in k places.

    AP@k = (1 / min(k, relevant)) · Σ over hits at place p of precision@p. Its mean over users is
    MAP@k. The divisor min(k, relevant) makes 1 reachable for every user; full-list AP (Manning,
    Raghavan & Schütze 2008, Introduction to Information Retrieval, ch. 8) divides by all relevant
    items, which is the same as long as k is no smaller. Other sources divide by the number of
    hits, or by k: lesson 10 computes them side by side.

    >>> average_precision_at_k([[2, 0, 1]], np.array([[0, 1, 1]]), 3).round(4)  # (1 + 2/3) / 2
    array([0.8333])
    """
    return _average_precision(*hits(recommended, relevant, k))


def ndcg_at_k(recommended, relevant, k):
    """Hits weighted by place, over the best list possible: 1 is perfect, later hits count less.

    A hit at place p (1 = first) gains 1 / log2(p + 1); the ideal list has min(k, relevant) hits
    at the top. Järvelin & Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques, with
    binary gains and the discount log2(p + 1).

    >>> ndcg_at_k([[2, 0], [0, 1]], np.array([[0, 0, 1], [0, 1, 0]]), 2).round(4)
    array([1.    , 0.6309])
    """
    return _ndcg(*hits(recommended, relevant, k))


def ranking_metrics(recommended, relevant, k):
    """All six metrics at once, from one search for the hits: name → (n,), one value a user.

    Same arguments and values as the functions `..._at_k`; the names are ndcg, recall, precision,
    hit_rate, mrr (the reciprocal rank) and map (the average precision).

    >>> values = ranking_metrics([[2, 0]], np.array([[0, 1, 1]]), 2)
    >>> {name: float(value[0].round(2)) for name, value in values.items()}
    {'ndcg': 0.61, 'recall': 0.5, 'precision': 0.5, 'hit_rate': 1.0, 'mrr': 1.0, 'map': 0.5}
    """
    found = hits(recommended, relevant, k)
    return {
        "ndcg": _ndcg(*found),
        "recall": _recall(*found),
        "precision": _precision(*found),
        "hit_rate": _hit_rate(*found),
        "mrr": _reciprocal_rank(*found),
        "map": _average_precision(*found),
    }


def hits(recommended, relevant, k):
    """Which of the first k places hold a relevant item, and how many relevant items there are.

    → (n, k) booleans and (n,) whole numbers: all that the metrics above are made of. Neither
    argument is changed.

    >>> hit, n_relevant = hits([[2, 0], [1, -1]], np.array([[0, 1, 1], [0, 0, 0]]), 2)
    >>> hit
    array([[ True, False],
           [False, False]])
    >>> n_relevant
    array([2, 0])
    """
    _check_rows(recommended, relevant)
    recommended = _lists(recommended)
    k = check_k(k, recommended.shape[1])
    relevant = _marks(relevant)
    if relevant.shape[0] != len(recommended):
        raise ValueError(
            "recommended and relevant must have a row for each user, "
            f"got {len(recommended)} and {relevant.shape[0]}"
        )
    n, n_items = relevant.shape
    top = _checked(recommended[:, :k], n_items).astype(np.int64, copy=False)
    start = relevant.indptr
    n_relevant = np.diff(start).astype(np.int64)
    hit = np.zeros((n, k), dtype=bool)
    # A flag for each (user, item) of some users at a time, set and taken back: one look-up a
    # place, and never a dense matrix of all users. -1 looks at the end of the row before, or of
    # the last row, so it is masked.
    block = max(1, FLAGS // max(n_items, 1))
    flags = np.zeros(min(block, n) * n_items, dtype=bool)
    for first in range(0, n if n_items else 0, block):
        last = min(first + block, n)
        row = np.arange(last - first, dtype=np.int64) * n_items
        marked = np.repeat(row, n_relevant[first:last])
        marked += relevant.indices[start[first] : start[last]]
        flags[marked] = True
        hit[first:last] = flags[row[:, None] + top[first:last]]
        flags[marked] = False
    hit &= top >= 0
    return hit, n_relevant


def coverage(recommended, n_items):
    """Which share of the catalogue stands on at least one list.

    recommended: (n, k) item numbers, -1 = empty place; n_items: size of the catalogue → float in
    [0, 1]. Also called catalogue coverage or aggregate diversity: Ge, Delgado-Battenfeld & Jannach
    2010, Beyond Accuracy: Evaluating Recommender Systems by Coverage and Serendipity.

    >>> coverage([[2, 0], [2, -1]], 4)
    0.5
    """
    n_items = check_whole("n_items", n_items)
    top = _lists(recommended)
    _check_range(top, n_items)
    shown = np.zeros(n_items, dtype=bool)
    shown[top[top >= 0]] = True
    return float(shown.mean())


def gini(counts):
    """How unequal the counts are: 0 = all the same, near 1 = one item has everything.

    counts: (n_items,) numbers from 0 on, such as how often each item was recommended; items that
    never were must be in it, with 0. With x sorted upwards, G = Σ (2i − n − 1) x_i / (n Σ x_i),
    i = 1..n: half the mean difference of two counts, over their mean (Gini 1912, Variabilità e
    mutabilità). One of n items with everything gives 1 − 1/n. All zero is all the same: 0.0.

    >>> gini([5, 5, 5, 5])
    0.0
    >>> gini([0, 0, 0, 20])
    0.75
    """
    counts = check_numbers("counts", counts)
    if counts.ndim != 1 or counts.size == 0:
        raise ValueError(f"counts must be (n_items,), at least one, got shape {counts.shape}")
    possible = counts >= 0
    if not possible.all():
        raise ValueError(f"counts must be numbers from 0 on, got {counts[~possible][0]}")
    largest = counts.max()
    if largest == 0:
        return 0.0
    shares = np.sort(counts / largest)  # no sum overflows
    n = counts.size
    return float((2 * np.arange(1, n + 1) - n - 1) @ shares / (n * shares.sum()))


def novelty(recommended, counts, n_users):
    """How little known a user's list is: the mean of −log2(share of users who had the item).

    0 = everybody had all of them; 1 more for each halving of the share: 1 bit is "half of the
    users". recommended: (n, k), -1 = empty place, left out; counts: (n_items,) users who had each
    item in the train part; n_users: how many users there were → (n,), NaN for an empty list. An
    item that nobody had counts as had by one user, so that the mean stays finite.

    Zhou et al. 2010, Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems
    ("surprisal", self-information).

    >>> novelty([[0, 1], [2, -1]], [8, 4, 1], 8)
    array([0.5, 3. ])
    """
    _check_order("counts", counts, "index")
    counts = check_numbers("counts", counts)
    if counts.ndim != 1:
        raise ValueError(f"counts must be (n_items,), got shape {counts.shape}")
    n_users = check_whole("n_users", n_users)
    possible = (counts >= 0) & (counts <= n_users)
    if not possible.all():
        bad = counts[~possible][0]
        raise ValueError(f"counts must lie in 0..{n_users}, the number of users, got {bad}")
    top = _checked(_lists(recommended), counts.size)
    bits = np.append(-np.log2(np.maximum(counts, 1) / n_users), 0.0)  # the last is for -1
    return _mean_of(bits[top].sum(axis=1), (top >= 0).sum(axis=1))


def intra_list_diversity(recommended, vectors):
    """How different the items of a user's list are: the mean of 1 − cosine over its pairs.

    recommended: (n, k), -1 = empty place, left out; vectors: (n_items, d) array or scipy sparse
    matrix, a row an item (its categories, its words) → (n,): 0 = all alike, 1 = nothing in common,
    up to 2 for opposite vectors; NaN for a list of fewer than two items, which has no pair. A zero
    vector has nothing in common with any (`similarity.cosine_similarity`).

    Smyth & McClave 2001, Similarity vs. Diversity; Ziegler et al. 2005, Improving Recommendation
    Lists through Topic Diversification (intra-list similarity).

    >>> intra_list_diversity([[0, 1, 2], [0, 1, -1]], [[1, 0], [2, 0], [0, 3]]).round(4)
    array([0.6667, 0.    ])
    """
    unit, norms = _unit_rows(vectors)
    top = _checked(_lists(recommended), unit.shape[0])
    user, place = np.nonzero(top >= 0)
    ones = np.ones(user.size)
    chosen = sparse.csr_array((ones, (user, top[user, place])), (len(top), unit.shape[0]))
    # |u1 + ... + uk|² = Σ|ui|² + 2 Σ over pairs ui·uj: no k × k matrix for each user.
    sums = chosen @ unit
    total = (sums * sums).sum(axis=1)
    alike = (total - chosen @ (norms > 0).astype(np.float64)) / 2
    size = (top >= 0).sum(axis=1)
    return np.maximum(1 - _mean_of(alike, size * (size - 1) // 2), 0.0)


def _hit_rate(hit, n_relevant):
    return _where_relevant(hit.any(axis=1), n_relevant)


def _precision(hit, n_relevant):
    return _where_relevant(hit.sum(axis=1) / hit.shape[1], n_relevant)


def _recall(hit, n_relevant):
    return _where_relevant(hit.sum(axis=1) / np.maximum(n_relevant, 1), n_relevant)


def _reciprocal_rank(hit, n_relevant):
    first = hit.argmax(axis=1)  # 0 also for a row without a hit
    return _where_relevant(hit.any(axis=1) / (first + 1), n_relevant)


def _average_precision(hit, n_relevant):
    k = hit.shape[1]
    precisions = hit.cumsum(axis=1) / np.arange(1, k + 1)
    possible = np.clip(n_relevant, 1, k)
    return _where_relevant(np.einsum("ij,ij->i", hit, precisions) / possible, n_relevant)


def _ndcg(hit, n_relevant):
    k = hit.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.clip(n_relevant, 1, k) - 1]
    return _where_relevant(hit @ discounts / ideal, n_relevant)


def _where_relevant(values, n_relevant):
    return np.where(n_relevant > 0, values, np.nan)


def _mean_of(totals, counts):
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def _lists(recommended):
    _check_order("recommended", recommended, "columns")
    try:
        recommended = np.asarray(recommended)
    except ValueError:
        raise ValueError("lists must have one length: fill short ones with -1") from None
    if recommended.ndim != 2 or not np.issubdtype(recommended.dtype, np.integer):
        raise ValueError(
            "recommended must be an (n, k) array of whole item numbers, "
            f"got {recommended.dtype} of shape {recommended.shape}"
        )
    if recommended.dtype.kind == "u" and recommended.size:
        most = np.iinfo(recommended.dtype).max
        if recommended.max() == most:
            raise ValueError(f"item numbers must be signed: -1 is {most} in {recommended.dtype}")
    return recommended


def _check_rows(recommended, relevant):
    labels = [table.index for table in (recommended, relevant) if hasattr(table, "iloc")]
    if len(labels) == 2 and not labels[0].equals(labels[1]):
        raise ValueError("recommended and relevant must have the same row labels in the same order")


def _check_order(name, table, axis):
    """ValueError where labels of a pandas object are whole numbers, but not 0, 1, … in order."""
    labels = getattr(table, axis, None) if hasattr(table, "iloc") else None
    if labels is None or not np.issubdtype(np.asarray(labels).dtype, np.integer):
        return
    wrong = np.flatnonzero(np.asarray(labels) != np.arange(len(labels)))
    if wrong.size:
        raise ValueError(
            f"the {axis} of {name} must be 0..{len(labels) - 1} in order, "
            f"got {labels[wrong[0]]} at place {wrong[0]}"
        )


def _checked(top, n_items):
    """The lists, if every number is an item or -1 and no item is twice in a row."""
    _check_range(top, n_items)
    ordered = np.sort(top, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        user, place = np.argwhere(twice)[0]
        raise ValueError(f"row {user} recommends item {ordered[user, place]} twice")
    return top


def _check_range(top, n_items):
    if top.size and (top.min() < -1 or top.max() >= n_items):
        bad = top[(top < -1) | (top >= n_items)][0]
        raise ValueError(f"item numbers must lie in -1..{n_items - 1}, got {bad}")


def _unit_rows(vectors):
    """The rows at length 1 (zero rows stay), dense or sparse as given, and their lengths."""
    if sparse.issparse(vectors):
        vectors = sparse.csr_array(vectors, dtype=np.float64)
        check_numbers("vectors", vectors.data)
    else:
        _check_order("vectors", vectors, "index")
        vectors = check_numbers("vectors", vectors)
    if vectors.ndim != 2:
        raise ValueError(f"vectors must be (n_items, d), got shape {vectors.shape}")
    norms = np.sqrt((vectors * vectors).sum(axis=1))
    return sparse.diags_array(1 / np.where(norms > 0, norms, 1.0)) @ vectors, norms


def _marks(relevant):
    """Each marked entry once, as CSR; what was given stays as it is."""
    if not sparse.issparse(relevant):
        _check_order("relevant", relevant, "columns")
        try:
            relevant = np.asarray(relevant)
        except ValueError:
            raise ValueError(
                "relevant must be an (n, n_items) array or sparse matrix of marks, got rows of "
                "different lengths: lists of item numbers?"
            ) from None
        if relevant.ndim != 2 or relevant.dtype.kind not in "biuf":
            raise ValueError(
                "relevant must be an (n, n_items) array or sparse matrix of numbers, "
                f"got {relevant.dtype} of shape {relevant.shape}"
            )
    relevant = sparse.csr_array(relevant)
    if np.issubdtype(relevant.dtype, np.floating) and np.isnan(relevant.data).any():
        raise ValueError("relevant must not be NaN: is the item relevant or not?")
    if not relevant.has_canonical_format:
        relevant = relevant.copy()
        relevant.sum_duplicates()
    if np.count_nonzero(relevant.data) < relevant.data.size:
        relevant = relevant.copy()
        relevant.eliminate_zeros()
    return relevant
