"""Semantic ids: an item's address in a few codes, of which the first say most."""

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from course_lib.parameters import check_numbers, check_whole


def residual_codebooks(vectors, *, levels=3, size=32, seed):
    """What each code of each level stands for: (levels, size, d) centres.

    vectors: (n, d). Level 0 divides them among `size` centres by k-means; level 1 does the same
    with what is left after the centre is taken off (the residual), and so on. Equal rows count as
    often as they stand. Where fewer rows differ than there are codes, the last centres repeat the
    first one, and nothing is ever nearest to them alone.

    Residual quantisation (Chen, Guan & Wang 2010); TIGER (Rajput and others 2023) learns its
    codebooks with a network (RQ-VAE) in place of k-means. Raises ValueError for fewer than one
    row, level or code, and for numbers that are not finite.
    """
    left = _rows(vectors).copy()
    levels, size = check_whole("levels", levels), check_whole("size", size)
    seed = check_whole("seed", seed, 0)
    books = np.empty((levels, size, left.shape[1]))
    for level in range(levels):
        distinct, counts = np.unique(left.round(9), axis=0, return_counts=True)
        n = min(size, len(distinct))
        means = KMeans(n, n_init=1, random_state=seed + level)
        with threadpool_limits(1):  # sums in one order: the same centres on any machine
            centres = means.fit(distinct, sample_weight=counts).cluster_centers_
        books[level] = centres[np.where(np.arange(size) < n, np.arange(size), 0)]
        left -= books[level][_nearest(left, books[level])]
    return books


def residual_codes(vectors, codebooks):
    """Each vector's codes: (n, levels) whole numbers, the first level first.

    At each level the nearest centre (of equally near ones the first) is taken and taken off; the
    rest goes to the next level. vectors: (n, d); codebooks: (levels, size, d).

    >>> books = np.array([[[0.0], [10.0]], [[-1.0], [1.0]]])  # 0 or 10, then −1 or +1
    >>> residual_codes([[0.5], [9.0], [11.0]], books)
    array([[0, 1],
           [1, 0],
           [1, 1]])
    """
    left = _rows(vectors).copy()
    codes = np.empty((len(left), len(codebooks)), dtype=np.int64)
    for level, centres in enumerate(codebooks):
        codes[:, level] = _nearest(left, centres)
        left -= centres[codes[:, level]]
    return codes


def with_collision_code(codes):
    """The codes and one more, which counts items of equal codes: (n, levels + 1), rows all differ.

    >>> with_collision_code([[3, 1], [0, 2], [3, 1]])
    array([[3, 1, 0],
           [0, 2, 0],
           [3, 1, 1]])
    """
    codes = np.asarray(codes)
    group = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(group, kind="stable")  # within a group the catalogue's order
    sizes = np.bincount(group)
    number = np.empty(len(codes), dtype=np.int64)
    number[order] = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.column_stack([codes, number])


class PrefixTrie:
    """Which codes may follow which beginnings, so that whatever is spelt is an item.

    codes: (n, levels) whole numbers from 0, one row an item, no two alike. Beginnings of length l
    are nodes of level l, numbered in the order of their codes; level 0 has the one empty beginning,
    and the nodes of the last level are the items.

    sizes: how many codes each level has; children[l]: (nodes of level l, sizes[l]) the node of
    level l + 1 that a code leads to, −1 where none; parents[l], codes[l]: for each node of level
    l + 1, where it comes from and by which code; node_of[l]: (n,) each item's node of level l;
    items: (n,) the item of each node of the last level. Raises ValueError for codes below 0 and
    for two items with the same codes.

    >>> trie = PrefixTrie([[0, 1], [1, 0], [0, 0]])
    >>> trie.allowed([]), trie.allowed([0]), trie.allowed([1]), trie.allowed([7])
    ([0, 1], [0, 1], [0], [])
    """

    def __init__(self, codes):
        codes = np.asarray(codes)
        if codes.ndim != 2 or not codes.size or not np.issubdtype(codes.dtype, np.integer):
            raise ValueError(
                f"codes must be (n, levels) whole numbers, got {codes.dtype} of shape {codes.shape}"
            )
        if codes.min() < 0:
            raise ValueError(f"codes must be at least 0, got {codes.min()}")
        self.sizes = (codes.max(axis=0) + 1).tolist()
        self.children, self.parents, self.codes = [], [], []
        self.node_of = [np.zeros(len(codes), dtype=np.int64)]
        for level, size in enumerate(self.sizes):
            steps = self.node_of[level] * size + codes[:, level]
            found, node = np.unique(steps, return_inverse=True)
            table = np.full((self.node_of[level].max() + 1, size), -1)
            table.flat[found] = np.arange(len(found))
            self.children.append(table)
            self.parents.append(found // size)
            self.codes.append(found % size)
            self.node_of.append(node.ravel())
        self.items = np.argsort(self.node_of[-1], kind="stable")
        if len(self.parents[-1]) < len(codes):
            twice = self.items[:-1][np.diff(np.sort(self.node_of[-1])) == 0][0]
            raise ValueError(f"items must have different codes, got {codes[twice].tolist()} twice")

    def allowed(self, beginning):
        """The codes that may come next, a list in order; [] after a whole item or no beginning."""
        node = 0
        for level, code in enumerate(beginning):
            known = level < len(self.sizes) and 0 <= code < self.sizes[level]
            node = self.children[level][node, code] if known else -1
            if node < 0:
                return []
        if len(beginning) == len(self.sizes):
            return []
        return np.flatnonzero(self.children[len(beginning)][node] >= 0).tolist()


def beam_search(log_probs, trie, n, width):
    """The likeliest items that a search finds which keeps `width` beginnings at each level.

    log_probs: `log_probs(level, nodes)` gives, for nodes (n, b) of that level in each of n
    searches, the log-probability of each code that may come next: (n, b, size of the level); what
    it says of codes that lead nowhere is not looked at. trie: a PrefixTrie.

    Returns items (n, width) and their log-probabilities (n, width), the likeliest first, equal
    ones in the order of their codes; −1 and −inf where fewer were found. Where `width` is at least
    the number of items the search is exhaustive; where it is less, an item may be lost because its
    beginning looked unlikely. Raises ValueError for a width below 1.
    """
    width = check_whole("width", width)
    nodes, totals = np.zeros((n, 1), dtype=np.int64), np.zeros((n, 1))
    for level, children in enumerate(trie.children):
        following = np.where(nodes[:, :, None] >= 0, children[nodes], -1)  # (n, b, size)
        reached = totals[:, :, None] + log_probs(level, np.maximum(nodes, 0))
        reached = np.where(following >= 0, reached, -np.inf).reshape(n, -1)
        following = following.reshape(n, -1)
        order = np.argsort(following, axis=1, kind="stable")  # nodes in the order of their codes
        reached, following = (np.take_along_axis(x, order, axis=1) for x in (reached, following))
        best = np.argsort(-reached, axis=1, kind="stable")[:, :width]
        nodes, totals = (np.take_along_axis(x, best, axis=1) for x in (following, reached))
        nodes = np.where(totals > -np.inf, nodes, -1)
    missing = [(0, 0), (0, max(0, width - nodes.shape[1]))]
    nodes = np.pad(nodes, missing, constant_values=-1)
    totals = np.pad(totals, missing, constant_values=-np.inf)
    return np.where(nodes >= 0, trie.items[nodes], -1), totals


def _rows(vectors):
    vectors = check_numbers("vectors", vectors)
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"vectors must be (n, d), got shape {vectors.shape}")
    return vectors


def _nearest(rows, centres):
    """The number of the nearest centre: (n,). The row's own length is the same for all centres."""
    return np.argmin((centres**2).sum(axis=1) - 2 * rows @ centres.T, axis=1)
