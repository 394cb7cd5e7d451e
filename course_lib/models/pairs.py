"""The pairs of a user and an item that a log holds, and draws of pairs that it does not hold."""

import numpy as np

TRIES = 20  # draws of an absent item before a user counts as one who has everything


class Pairs:
    """The distinct (user, item) pairs of a log, and draws of items that a user does not have."""

    def __init__(self, log, popularity=0.0):
        rows = log.matrix()
        self.n_items = log.n_items
        self.users = np.repeat(np.arange(log.n_users), np.diff(rows.indptr))
        self.items = rows.indices.astype(np.int64)
        self.keys = np.sort(self.users * self.n_items + self.items)
        # An item that nobody has can be drawn when all are alike: 0 to the power 0 is 1.
        weights = np.bincount(self.items, minlength=self.n_items).astype(np.float64) ** popularity
        self.ends = np.cumsum(weights) / weights.sum()

    def draw_absent(self, users, rng):
        """(len(users),) items that these users do not have; -1 for who has everything drawn."""
        drawn = np.full(len(users), -1)
        left = np.arange(len(users))
        for _ in range(TRIES):
            items = np.searchsorted(self.ends, rng.random(len(left)) * self.ends[-1], side="right")
            keys = users[left] * self.n_items + items
            nearest = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            absent = self.keys[nearest] != keys
            drawn[left[absent]] = items[absent]
            left = left[~absent]
            if not len(left):
                break
        return drawn
