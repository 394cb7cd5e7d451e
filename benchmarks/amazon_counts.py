"""Counts on a file of histories, in plain NumPy and SciPy: what `amazon.py` chooses and checks by.

Written apart from `course_lib`, from the raw file on, so that its popularity, neighbours, Markov
chain and sum of two are a second opinion on the library's. Beyond them:

co-visits: every pair of a user's items counts, not only neighbours in time. With i before j by
`gap` items, C_ij grows by fade^(gap − 1) / (user's events)^share, and C_ji by `back` times as much.
P_ij = C_ij / ((C_i· + smoothing)^source · (C_·j + smoothing)^target), with row and column sums;
score_j = Σ_i decay^age · P_ij over the user's items i, age 0 for the last. Exponents 1 and 0,
fade → 0 and back 0 are the Markov chain without its popularity.

low rank: that table with both exponents 0.4 and smoothing 10, rebuilt from its `rank` largest
singular vectors: items that meet the same others become alike though they never met.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

BLOCK = 500  # users scored at once
LOUD = 1e-3  # weights below this share of the largest are left out
RANKS = 300  # singular vectors that are worked out


class Histories:
    """A file with one user a line, then that user's items in order, and what is held out of it."""

    def __init__(self, path):
        lines = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
        lengths = np.array([len(line) - 1 for line in lines])
        words = np.concatenate([line[1:] for line in lines])
        _, first, items = np.unique(words, return_index=True, return_inverse=True)
        self.items = np.searchsorted(np.sort(first), first)[items]  # numbered as they first appear
        self.shape = len(lines), len(first)
        self.owner = np.repeat(np.arange(len(lines)), lengths)
        self.lengths, self.ends = lengths, np.cumsum(lengths)
        self.after = self.ends[self.owner] - 1 - np.arange(len(self.items))
        self.pairs = lru_cache(2)(self._pairs)
        self.co_visits = lru_cache(8)(self._co_visits)
        self.singular = lru_cache(1)(self._singular)

    def targets(self, back):
        """Each user's item at this place from the end: 1 is the test, 2 the validation item."""
        return self.items[self.ends - back]

    def weights(self, back, decay=1.0, memory=None):
        """What the user had before that item: decay^age of each, (n_users, n_items)."""
        age = self.after - back
        kept = (age >= 0) & (age < (memory or age.max() + 1))
        kept &= decay ** np.maximum(age, 0) >= LOUD
        cells = self.owner[kept], self.items[kept]
        return sparse.csr_array((decay ** age[kept], cells), shape=self.shape)

    def _pairs(self, back):
        """All pairs of a user's items before that place: (first, then, gap, user)."""
        known = self.after >= back
        items, owner = self.items[known], self.owner[known]
        found = []
        for gap in range(1, np.bincount(owner).max()):
            same = np.flatnonzero(owner[gap:] == owner[:-gap])
            found.append((items[same], items[same + gap], np.full(same.size, gap), owner[same]))
        return [np.concatenate(part) for part in zip(*found, strict=True)]

    def table(self, back, weights):
        """(n_items, n_items) sums of weights, one for each of the pairs."""
        first, then, _, _ = self.pairs(back)
        kept = weights >= LOUD * weights.max()
        cells = first[kept], then[kept]
        return sparse.csr_array((weights[kept], cells), shape=(self.shape[1],) * 2)

    def _co_visits(self, learned, fade, back, share):
        _, _, gap, user = self.pairs(learned)
        size = np.bincount(self.owner[self.after >= learned], minlength=self.shape[0])[user]
        counts = self.table(learned, fade ** (gap - 1.0) / size**share)
        counts = sparse.csr_array(counts + back * counts.T)
        counts.setdiag(0)
        counts.eliminate_zeros()
        return counts

    def _singular(self, learned, fade, back, share):
        near = powered(self.co_visits(learned, fade, back, share), 10, 0.4, 0.4)
        return randomized_svd(
            near.astype(np.float32), RANKS, n_iter=2, n_oversamples=20, random_state=0
        )


def powered(counts, smoothing, source, target):
    """Each count over (its row's sum + smoothing)^source · (its column's + smoothing)^target."""
    rows = (counts.sum(axis=1) + smoothing) ** -source
    columns = (counts.sum(axis=0) + smoothing) ** -target
    return sparse.csr_array(sparse.diags_array(rows) @ counts @ sparse.diags_array(columns))


def largest(table, k):
    """The k largest entries of each row."""
    row = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((table.indices, -table.data, row))
    kept = order[np.arange(table.nnz) - table.indptr[row] < k]  # rows stay in place
    return sparse.csr_array((table.data[kept], (row[kept], table.indices[kept])), table.shape)


# Each model: (histories, where what is known ends while learning, and while asked, setting) → a
# function from user numbers to (n, n_items) scores, and how many numbers the model keeps.


def popularity(log, learned, asked):
    counts = np.bincount(log.items[log.after >= learned], minlength=log.shape[1]).astype(float)
    return lambda users: np.tile(counts, (len(users), 1)), counts.size


def markov(log, learned, asked, smoothing, memory, decay):
    _, _, gap, _ = log.pairs(learned)
    counts = log.table(learned, (gap == 1).astype(float))
    share = popularity(log, learned, asked)[0]([0])[0]
    share /= share.sum()
    known = 1 / (counts.sum(axis=1) + smoothing)
    history = log.weights(asked, decay, memory) @ sparse.diags_array(known)

    def score(users):
        some = history[users]
        return (some @ counts).toarray() + np.outer(some.sum(axis=1) * smoothing, share)

    return score, counts.nnz


def neighbours(log, learned, asked, shrinkage, decay=1.0):
    had = log.weights(learned)
    had.data[:] = 1
    shared = sparse.coo_array(had.T @ had)
    row, column = shared.coords
    norms = np.sqrt(had.sum(axis=0))
    near = shared.data / (norms[row] * norms[column] + shrinkage)
    other = row != column
    near = sparse.csr_array((near[other], (row[other], column[other])), shared.shape)
    near, history = largest(near, 100), log.weights(asked, decay)
    return lambda users: (history[users] @ near).toarray(), near.nnz


def co_visits(log, learned, asked, fade, back, share, smoothing, source, target, decay):
    counts = log.co_visits(learned, fade, back, share)
    near, history = powered(counts, smoothing, source, target), log.weights(asked, decay)
    return lambda users: (history[users] @ near).toarray(), near.nnz


def low_rank(log, learned, asked, fade, back, share, decay, rank):
    left, strength, right = log.singular(learned, fade, back, share)
    items = left[:, :rank] * strength[:rank]
    history = log.weights(asked, decay).astype(np.float32)
    return lambda users: (history[users] @ items) @ right[:rank], 2 * items.size


def second_order(log, learned, asked):
    """What came next after the user's last two items in this order, counted; mostly nothing."""
    before = np.flatnonzero(log.after >= learned + 2)
    keys = log.items * np.int64(log.shape[1])
    pairs = keys[before] + log.items[before + 1]
    last = log.ends - asked - 1
    mine = keys[last - 1] + log.items[last]
    known, place = np.unique(pairs, return_inverse=True)
    follows = (np.ones(len(before)), (place, log.items[before + 2]))
    follows = sparse.csr_array(follows, shape=(len(known), log.shape[1]))
    at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
    found = known[at] == mine
    table = sparse.csr_array(sparse.diags_array(found.astype(float)) @ follows[at])
    return lambda users: table[users].toarray(), follows.nnz


def user_neighbours(log, learned, asked, decay, rarity, closeness, k=500):
    """Whoever had the same items, rare and recent ones above all, and what else they had."""
    had = log.weights(learned)
    had.data[:] = 1
    rare = np.maximum(had.sum(axis=0), 1) ** -rarity
    history = log.weights(asked, decay) @ sparse.diags_array(rare)
    length = sparse.diags_array(had.sum(axis=1) ** -0.3)

    def score(users):
        alike = sparse.coo_array(history[users] @ had.T @ length)
        row, column = alike.coords
        other = users[row] != column
        alike = (alike.data[other] ** closeness, (row[other], column[other]))
        alike = sparse.csr_array(alike, shape=(len(users), log.shape[0]))
        return (largest(alike, k) @ had).toarray()

    return score, had.nnz


def two_steps(log, learned, asked, weight, fade, back, share, smoothing, source, target, decay):
    """Co-visits, and those of their co-visits: a second step along the table, 30 from each item."""
    counts = log.co_visits(learned, fade, back, share)
    near = powered(counts, smoothing, source, target)
    step = largest(powered(counts, 3, 1, 0), 30)
    near = sparse.csr_array(near + weight * (step @ largest(near, 30)))
    history = log.weights(asked, decay)
    return lambda users: (history[users] @ near).toarray(), near.nnz


def add(first, second, weight):
    """Two models' scores, each divided by the user's largest."""

    def score(users):
        return part(first[0](users)) + weight * part(second[0](users))

    def part(scores):
        top = scores.max(axis=1, keepdims=True)
        return scores / np.where(top > 0, top, 1)

    return score, first[1] + second[1]


def ranks(log, model, asked, users):
    """The place of each user's held-out item among all that the user has not had, 0 the best.

    Equal scores stand in the catalogue's order, as everywhere in the course.
    """
    places, targets, seen = [], log.targets(asked), log.weights(asked)
    for some in np.array_split(users, -(-len(users) // BLOCK)):
        scores = model[0](some)
        scores[seen[some].nonzero()] = -np.inf
        mine = targets[some][:, None]
        own = np.take_along_axis(scores, mine, axis=1)
        ahead = (scores > own) | ((scores == own) & (np.arange(log.shape[1]) < mine))
        places.append(ahead.sum(axis=1))
    return np.concatenate(places)


def ndcg(places, k=10):
    """With one item to find: 1 / log2(place + 2) on a list of k, else 0."""
    return np.where(places < k, 1 / np.log2(places + 2.0), 0.0)


def recall(places, k=10):
    return (places < k).astype(float)
