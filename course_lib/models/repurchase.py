"""What a shopper has bought, again: own counts, where recent purchases may count more."""

from typing import ClassVar

import numpy as np
from scipy import sparse

from course_lib.models.base import Recommender
from course_lib.parameters import Maybe, Number

LEAST = 1e-6  # weight of the oldest purchase: still more than never
TIE = 1e-9  # weight of popularity among items that are equal otherwise


class Repurchase(Recommender):
    """An item is worth as much as the user's own purchases of it, each worth less with its age.

    score = Σ over the user's events with the item of max(10⁻⁶, 0.5^(age / half_life)), with the
    age in days from the event to the last event of the whole history, anybody's. half_life=None:
    every event counts 1; any other raises ValueError for a log that knows only the order of events.
    An item that the user never took gets 10⁻⁹ times its popularity in train
    (1 for the most popular), so it stands below all own items, the popular ones first; the same
    breaks ties between own items.

    Nothing is learned but popularity. In *discover*, where own items are off the list, this is
    popularity by events. A user with an empty history gets the most popular items.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions  # ada: tea twice, the mug once
    >>> lists = Repurchase().fit(log).recommend([0], log, 2, exclude_seen=False)
    >>> log.item_ids[lists[0]].tolist()
    ['tea', 'mug']
    """

    _rules: ClassVar[dict] = {"half_life": Maybe(Number(above=0))}

    def __init__(self, *, half_life=None):
        self.half_life = half_life

    def _fit(self, train, validation):
        """Nothing to learn: all that counts is the history."""
        self._check_clock(train)

    def _check_clock(self, log):
        if self.half_life is not None:
            log.check_clock("half_life")

    def _score(self, users, history):
        self._check_clock(history)
        wanted = np.zeros(history.n_users, dtype=bool)
        wanted[users] = True
        own = wanted[history.users]
        weights = np.ones(own.sum())
        if self.half_life is not None and len(history):
            age = history.timestamps.max() - history.timestamps[own]
            half_lives = age / np.timedelta64(1, "s") / (self.half_life * 86_400)
            weights = np.maximum(0.5**half_lives, LEAST)
        pairs = (history.users[own], history.items[own])
        shape = (history.n_users, self.n_items_)
        counts = sparse.coo_array((weights, pairs), shape=shape).tocsr()[users].toarray()
        return counts + TIE * self.popularity_ / self.popularity_.max()
