"""Histories as models of the next item read them: padded, in baskets, cut into windows."""

import numpy as np
import pandas as pd
from scipy import sparse

ROWS = 256  # histories that are read in one go: more would only take memory
PADDING = 0  # inside sequence models item i is i + 1, and 0 fills the places behind a history


def with_padding(histories):
    """Histories as the networks read them: items from 1 on, first event first, 0 behind the last.

    histories: (n, length) item indices with -1 in front, as `Interactions.last` gives them →
    (n, length) whole numbers, and (n,) how many events each row has. A later event never changes
    what a causal network says about earlier ones, so what stands behind the last needs no mask.

    >>> with_padding([[-1, 4, 0], [2, 1, 3]])
    (array([[5, 1, 0],
           [3, 2, 4]]), array([2, 3]))
    """
    histories = np.asarray(histories)
    if histories.ndim != 2 or not np.issubdtype(histories.dtype, np.integer):
        raise ValueError(
            "histories must be (n, length) whole numbers, "
            f"got {histories.dtype} of shape {histories.shape}"
        )
    lengths = (histories >= 0).sum(axis=1)
    width = histories.shape[1]
    if (histories[np.arange(width) < width - lengths[:, None]] >= 0).any():
        raise ValueError("histories must have -1 in front of the events only")
    columns = np.arange(width) + (width - lengths)[:, None]
    items = np.take_along_axis(histories, np.minimum(columns, width - 1), axis=1) + 1
    return np.where(columns < width, items, PADDING), lengths


class Baskets:
    """A log as each user's baskets in time order, from which input and target are drawn.

    Events of one user at one time are a basket. Lines within a basket have no order (a shop's log
    often sorts them by product number, which a network would learn), so every epoch shuffles
    them, and the target of an event is one item of the user's next `horizon` baskets, drawn anew:
    with 1 "what next" means "what is in the basket after this one", with None "what does this
    user take at any later time". Where all times differ, baskets have one item, and with 1 this
    is the ordinary next item. The last basket of a user has no target.
    """

    def __init__(self, log, *, horizon=1):
        order = np.lexsort((log.items, log.timestamps, log.users))  # the same for any order of rows
        users, times = log.users[order], log.timestamps[order]
        self.items = log.items[order]
        starts = np.ones(len(users), dtype=bool)
        starts[1:] = (users[1:] != users[:-1]) | (times[1:] != times[:-1])
        self.basket = np.cumsum(starts) - 1
        self.starts = np.flatnonzero(starts)
        self.sizes = np.diff(np.append(self.starts, len(users)))
        self.owner = owner = users[self.starts]
        self.last = last = np.searchsorted(owner, owner, side="right") - 1  # of the same user
        ahead = last if horizon is None else np.minimum(np.arange(len(owner)) + horizon, last)
        self.sources = np.flatnonzero((last > np.arange(len(owner)))[self.basket])
        basket = self.basket[self.sources]
        self.low = self.starts[basket] + self.sizes[basket]  # targets stand in low..high - 1
        self.high = (self.starts + self.sizes)[ahead[basket]]
        self.n_sources = np.bincount(users[self.sources], minlength=log.n_users)

    def draw(self, rng):
        """Inputs and targets of one epoch: (n,) item indices each, users one after the other."""
        shuffled = np.lexsort((rng.random(len(self.items)), self.basket))
        chosen = self.low + (rng.random(len(self.low)) * (self.high - self.low)).astype(np.int64)
        return self.items[shuffled][self.sources], self.items[chosen]


def latest(history, users, length, seed):
    """(len(users), length) item indices: each user's latest events, the latest one last.

    `Interactions.last` with the lines of a basket (events of one time) in an order drawn from the
    seed, not in the log's: a till sorts its lines, and that is no time. The order hangs on nothing
    but the seed, the basket's items and its number among the user's baskets. users: (n,) dense
    indices; a user with fewer events has -1 in front.

    >>> from course_lib.interactions import Interactions
    >>> log = Interactions(np.zeros(4, int), np.array([3, 0, 2, 1]),
    ...     np.array([1, 2, 2, 2], dtype="datetime64[s]"), np.ones(4), ["ann"], list("wxyz"))
    >>> [latest(log, [0], 4, seed).tolist() for seed in (0, 1)]
    [[[3, 1, 2, 0]], [[3, 1, 0, 2]]]
    """
    baskets = Baskets(_of(history, users))
    first = np.searchsorted(baskets.owner, baskets.owner)  # each basket's user's first one
    number = (np.arange(len(first)) - first)[baskets.basket]
    draws = np.zeros(len(number), dtype=np.uint64)
    for part in (np.full(len(number), seed), number, baskets.items):
        draws = pd.util.hash_array(draws ^ pd.util.hash_array(part.astype(np.uint64)))
    items = baskets.items[np.lexsort((draws, baskets.basket))]
    lengths = np.bincount(baskets.owner[baskets.basket], minlength=history.n_users)
    ends = np.cumsum(lengths)[users]
    at = ends[:, None] - np.arange(length, 0, -1)
    found = items[np.maximum(at, 0)] if len(items) else np.zeros_like(at)
    return np.where(at >= (ends - lengths[users])[:, None], found, -1)


def fading(history, users, memory, decay):
    """How loud each item of the latest baskets still is: (len(users), n_items) CSR array.

    Of each user's latest `memory` baskets (events of one time) the last one weighs 1 in all, the
    one before it `decay`, then decay² and so on, in equal parts for the events of the basket.
    Where all times differ, a basket is an event. users: (n,) dense indices.

    >>> from course_lib.interactions import Interactions
    >>> log = Interactions(np.zeros(3, int), np.array([0, 2, 1]),
    ...     np.array([1, 2, 2], dtype="datetime64[s]"), np.ones(3), ["ann"], list("xyz"))
    >>> fading(log, [0], 2, 0.8).toarray()
    array([[0.8, 0.5, 0.5]])
    """
    baskets = Baskets(_of(history, users))
    age = baskets.last - np.arange(len(baskets.last))
    weights = np.where(age < memory, float(decay) ** age, 0) / baskets.sizes
    cells = baskets.owner[baskets.basket], baskets.items
    shape = (history.n_users, history.n_items)
    table = sparse.csr_array((weights[baskets.basket], cells), shape=shape)
    table.eliminate_zeros()
    return table[users]


def _of(history, users):
    """The events of these users."""
    asked = np.zeros(history.n_users, dtype=bool)
    asked[users] = True
    return history.select(asked[history.users])


def windows(counts, length, rng=None):
    """Cut histories into pieces of at most `length` events, so that every event is learned from.

    counts: (n_users,) how many events each user has, the users standing one after the other →
    (start, size) of each piece, two arrays. Pieces are counted back from a user's last event,
    since the latest events matter most; only the first piece is shorter. With an `rng` the last
    piece gets a random size too, so that cuts fall elsewhere each time.

    >>> windows(np.array([5, 2]), 3)
    (array([0, 2, 5]), array([2, 3, 2]))
    """
    counts = np.asarray(counts)
    ends = np.cumsum(counts)
    last = np.full(len(counts), length)
    if rng is not None:
        long = counts > length
        last[long] = rng.integers(1, length + 1, long.sum())
    more = np.maximum(-(-(counts - last) // length), 0)
    pieces = np.where(counts > 0, 1 + more, 0)
    owner = np.repeat(np.arange(len(counts)), pieces)
    back = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    upper = ends[owner] - np.where(back > 0, last[owner] + (back - 1) * length, 0)
    size = np.where(back > 0, length, last[owner])
    lower = np.maximum(upper - size, (ends - counts)[owner])
    order = np.argsort(lower, kind="stable")
    return lower[order], (upper - lower)[order]
