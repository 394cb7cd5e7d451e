"""Who bought this also bought that: the nearest items by who bought them."""

from typing import ClassVar

import numpy as np
from scipy import sparse

from course_lib.memory import check_memory
from course_lib.models.base import Recommender, threads
from course_lib.parameters import Number, Whole
from course_lib.similarity import top_k

BLOCK = 512  # items whose shared users are counted together
PAIRS = 1 << 20  # pairs of items whose similarities are worked out together: 8 MB an array
SPARSE = 8  # one pair in so many has met, or fewer: then only those are looked at
SQUARE = 1 << 28  # cells of a dense matrix: 1 GB in float32, 2 GB in float64


class ItemNeighbours(Recommender):
    """An item is worth its similarities to the user's items, as far as it is near to them.

    sim(i, j) = x_i·x_j / (|x_i| |x_j| + shrinkage), where x_i is item i's column of the users ×
    items matrix of count^power (power 0: bought or not). Shrinkage pulls down similarities that
    rest on few users: with 0 this is the cosine. Each item keeps its `neighbours` most similar
    other items (ties in catalogue order), the rest counts 0.
    score_j = Σ over the user's items i of count_i^power · sim(i, j), j among i's neighbours.

    Sarwar et al. 2001, Item-Based Collaborative Filtering Recommendation Algorithms; Deshpande &
    Karypis 2004, Item-Based Top-N Recommendation Algorithms, sec. 4 (the model with a history
    row times the matrix of nearest similarities); the shrunk cosine: Ferrari Dacrema et al. 2019,
    Are We Really Making Much Progress?

    Learned: similarity_, (n_items, n_items) CSR with an empty diagonal, row i holding i's
    neighbours. Items without an event in train are nobody's neighbours; their scores are 0. The
    model knows items, not users: whoever has a history is served, an empty history gets the
    most popular items.
    """

    _rules: ClassVar[dict] = {
        "neighbours": Whole(1),
        "shrinkage": Number(least=0),
        "power": Number(least=0),
    }

    def __init__(self, *, neighbours=100, shrinkage=10.0, power=0.0):
        self.neighbours = neighbours
        self.shrinkage = shrinkage
        self.power = power

    def _fit(self, train, validation):
        rows = powered(train.matrix(), self.power)
        self.similarity_ = nearest_items(rows, self.neighbours, self.shrinkage)

    def _score(self, users, history):
        rows = powered(history.rows(users), self.power)
        return (rows @ self.similarity_).toarray()


def nearest_items(matrix, neighbours, shrinkage=0.0):
    """For each column the most similar other columns: (n_items, n_items) CSR, a row an item.

    matrix: (n_users, n_items) sparse, numbers of at least 0. Similarity as in `ItemNeighbours`.
    Works in blocks of columns. Where few columns share a user, only those pairs are worked out:
    time and memory go with the pairs that met, not with n_items². So memory is bounded whatever
    the number of items, but for the answer itself: at most neighbours × n_items entries, refused
    with a ValueError where there is no room for them.

    >>> matrix = sparse.csr_array([[1.0, 1, 0], [1, 1, 1], [0, 1, 0]])
    >>> nearest_items(matrix, 1).toarray().round(3)  # 2/√(2·3), twice; 1/√(1·2)
    array([[0.   , 0.816, 0.   ],
           [0.816, 0.   , 0.   ],
           [0.707, 0.   , 0.   ]])
    """
    matrix = sparse.csr_array(matrix, dtype=np.float64)
    n_items = matrix.shape[1]
    neighbours = min(int(neighbours), n_items)
    norms = np.sqrt(matrix.power(2).sum(axis=0))
    columns = matrix.T.tocsr()
    # No item shares users with more items than the entries of its users' rows, or than there are.
    pairs = np.minimum((columns != 0) @ np.diff(matrix.indptr), n_items)
    entries = np.minimum(pairs, neighbours).sum()
    check_memory(
        24 * entries,  # 12 bytes each, twice while the blocks are put together
        f"{neighbours:,} neighbours for each of {n_items:,} items (fewer take less)",
    )
    shared = None
    if n_items**2 <= SQUARE and pairs.sum() > n_items**2 / SPARSE:
        shared = gram(matrix)
        pairs = np.full(n_items, n_items)

    def nearest(start, stop):
        block = columns[start:stop] @ matrix if shared is None else shared[start:stop]
        if sparse.issparse(block) and block.nnz > (stop - start) * n_items / SPARSE:
            block = block.toarray()
        choose = _nearest_met if sparse.issparse(block) else _nearest_of_all
        return choose(block, start, norms, neighbours, shrinkage)

    bounds = _bounds(pairs)
    blocks = threads().map(nearest, bounds[:-1], bounds[1:])
    return sparse.csr_array(sparse.vstack(list(blocks), format="csr"))


def _bounds(pairs):
    """Where blocks of items begin and end: at most PAIRS each, or a single item."""
    bounds, total = [0], np.cumsum(pairs)
    while bounds[-1] < len(pairs):
        done = total[bounds[-1] - 1] if bounds[-1] else 0
        stop = np.searchsorted(total, done + PAIRS, side="right")
        bounds.append(int(max(stop, bounds[-1] + 1)))
    return bounds


def _nearest_of_all(shared, start, norms, neighbours, shrinkage):
    """The nearest of items start, start + 1, …, from (b, n_items) of what they share with all."""
    own = np.arange(start, start + len(shared))
    bottom = norms[own, None] * norms + shrinkage
    similar = np.divide(shared, bottom, out=np.zeros_like(bottom), where=bottom > 0)
    similar[np.arange(len(own)), own] = 0.0  # not its own neighbour
    best = top_k(similar, neighbours)
    values = np.take_along_axis(similar, best, axis=1)
    row, place = np.nonzero(values)  # what never met is no neighbour
    return sparse.coo_array((values[row, place], (row, best[row, place])), similar.shape).tocsr()


def _nearest_met(shared, start, norms, neighbours, shrinkage):
    """The same from (b, n_items) CSR of what they share with those that they met."""
    row = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    other = shared.indices
    similar = shared.data / (norms[row + start] * norms[other] + shrinkage)
    kept = (other != row + start) & (similar > 0)
    similar = sparse.csr_array((similar[kept], (row[kept], other[kept])), shared.shape)
    lengths = np.diff(similar.indptr)
    crowded = np.argsort(lengths, kind="stable")
    crowded = crowded[lengths[crowded] > neighbours]
    chosen = np.ones(similar.nnz, dtype=bool)
    while crowded.size:  # rows of like length side by side, the shorter ones filled up
        longest = np.arange(lengths[crowded[-1]])
        some, crowded = np.split(crowded, [max(0, crowded.size - PAIRS // longest.size - 1)])[::-1]
        real = longest < lengths[some, None]
        place = np.where(real, similar.indptr[some, None] + longest, 0)
        best = top_k(np.where(real, similar.data[place], -np.inf), neighbours)
        chosen[place[real]] = False
        chosen[np.take_along_axis(place, best, axis=1)] = True
    row = np.repeat(np.arange(len(lengths)), lengths)[chosen]
    entries = (similar.data[chosen], (row, similar.indices[chosen]))
    return sparse.csr_array(entries, shape=shared.shape)


def powered(counts, power):
    """Each entry of a sparse matrix as count^power; power 0 makes each 1.

    Raises ValueError where that is no finite number.

    >>> powered(sparse.csr_array([[0.0, 4, 9]]), 0.5).toarray()
    array([[0., 2., 3.]])
    """
    counts = counts.astype(np.float64)
    with np.errstate(over="ignore"):
        counts.data **= power
    if not np.isfinite(counts.data).all():
        raise ValueError(f"power {power} is too large: count^power is no finite number")
    return counts


def gram(matrix):
    """XᵀX of a sparse (n_users, n_items) matrix, as a dense array: what each two columns share.

    Only blocks on and above the diagonal are worked out, the rest is their mirror image. Where X
    has many entries it is made dense first: a dense product has users × items² steps, a sparse
    one Σ (items of a user)², but each of those takes about a hundred times as long. A matrix of 0
    and 1 is counted in float32, exactly; others in float64.

    >>> gram(sparse.csr_array([[1.0, 1], [1, 0]]))
    array([[2., 1.],
           [1., 1.]], dtype=float32)
    """
    matrix = sparse.csr_array(matrix)
    n_users, n_items = matrix.shape
    matrix = matrix.astype(np.float32 if (matrix.data == 1).all() else np.float64)
    steps = np.sum(np.diff(matrix.indptr).astype(np.float64) ** 2)
    if n_users * n_items <= SQUARE and n_users * n_items**2 <= 100 * steps:
        rows = matrix.toarray()
        columns = rows.T
    else:
        rows, columns = matrix.tocsc(), matrix.T.tocsr()
    shared = np.empty((n_items, n_items), dtype=matrix.dtype)

    def share(start):
        stop = start + BLOCK
        block = columns[start:stop] @ rows[:, start:]
        shared[start:stop, start:] = block.toarray() if sparse.issparse(block) else block
        shared[start:, start:stop] = shared[start:stop, start:].T

    walk = threads().map if sparse.issparse(rows) else map  # a dense product has its own threads
    list(walk(share, range(0, n_items, BLOCK)))
    return shared
