"""A first-order Markov chain: what came next after this item, counted."""

from typing import ClassVar

import numpy as np
from scipy import sparse

from course_lib.models.base import Recommender
from course_lib.models.histories import ROWS, Baskets, fading
from course_lib.parameters import Number, Whole


class Markov(Recommender):
    """After item i, item j follows with the probability that it had in the log.

    P(j | i) = (count(i → j) + smoothing · share(j)) / (count(i → ·) + smoothing), with j's share
    of all events: the more often i was seen, the less popularity matters. i → j is counted from
    each event to the user's next basket (all items of the next time stamp, 1 / its size each, so
    that an event counts 1 in all); where times differ this is the next event. The item-to-item
    chain of Shani, Heckerman & Brafman 2005, An MDP-Based Recommender System, with smoothing in
    place of their clustering and skipping.

    Lines within a basket have no order, so the chain walks on from the whole basket: the mean of
    P(j | i) over its events. memory: how many of the latest baskets speak, each with `decay` times
    the weight of the one after it; 1 is the chain itself. A user with an empty history gets the
    most popular items.
    """

    _rules: ClassVar[dict] = {
        "smoothing": Number(least=0),
        "memory": Whole(1),
        "decay": Number(above=0, most=1),
    }

    def __init__(self, *, smoothing=10.0, memory=1, decay=0.8):
        self.smoothing = smoothing
        self.memory = memory
        self.decay = decay

    def _fit(self, train, validation):
        self.transitions_ = transitions(train)

    def _score(self, users, history):
        seen = self.transitions_.sum(axis=1)
        # where nothing ever followed and smoothing is 0, popularity is all that is known
        imagined = np.where(seen + self.smoothing > 0, self.smoothing, 1.0)
        weights = fading(history, users, self.memory, self.decay) * (1 / (seen + imagined))
        looks, share = sparse.csr_array(weights), self.popularity_ / self.popularity_.sum()
        scores = np.outer(looks @ imagined, share)
        for rows in (slice(start, start + ROWS) for start in range(0, len(users), ROWS)):
            scores[rows] += (looks[rows] @ self.transitions_).toarray()
        return scores


def transitions(log):
    """How often item j came in the basket after item i: (n_items, n_items) CSR array.

    Each event with a next basket of the same user counts 1 in its row, in equal parts for the
    items of that basket; so rows sum to the number of events of i that had something after them.
    Where all of a user's times differ, entry [i, j] counts j directly after i.

    >>> from course_lib.interactions import Interactions
    >>> log = Interactions(np.zeros(4, int), np.array([0, 1, 0, 1]),
    ...     np.arange(4).astype("datetime64[s]"), np.ones(4), ["ann"], ["tea", "mug"])
    >>> transitions(log).toarray()
    array([[0., 2.],
           [1., 0.]])
    """
    baskets = Baskets(log)
    shape = (len(baskets.starts), log.n_items)
    contents = sparse.csr_array(
        (np.ones(len(baskets.items)), (baskets.basket, baskets.items)), shape=shape
    )
    before = np.unique(baskets.basket[baskets.sources])
    following = contents[before + 1] / baskets.sizes[before + 1][:, None]
    counts = sparse.csr_array(contents[before].T @ sparse.csr_array(following))
    counts.sort_indices()
    return counts
