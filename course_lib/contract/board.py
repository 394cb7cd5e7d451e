"""The board on which models are tried: squares where a child sees the right answer, and worse."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.base import clone

from course_lib.interactions import Interactions
from course_lib.models.base import Recommender

SIZE = 24  # users and items of the board
TITLES = [f"{'white' if item % 2 else 'black'} square" for item in range(SIZE)]
EVERYONE = np.arange(SIZE)


class Broken(Exception):
    """A promise is not kept; the text says what was found."""


@dataclass
class Trial:
    """A model on trial: as it came, fitted on the board, and fresh copies to fit elsewhere."""

    model: Recommender

    @property
    def name(self):
        return type(self.model).__name__

    @cached_property
    def fitted(self):
        return clone(self.model).fit(checkerboard())

    def quick(self):
        """A copy that trains two epochs, where it does not matter how much is learned."""
        copy = clone(self.model)
        return copy.set_params(epochs=2) if "epochs" in copy.get_params() else copy

    @cached_property
    def quickly_fitted(self):
        return self.quick().fit(checkerboard())


def board(items_of):
    """Interactions of users 0, 1, …: user u took `items_of[u]`, an hour apart; SIZE users."""
    users = np.repeat(np.arange(len(items_of)), [len(items) for items in items_of])
    items = np.concatenate([np.asarray(items, dtype=np.int64) for items in items_of])
    hours = np.concatenate([np.arange(len(items)) for items in items_of])
    times = np.datetime64("2026-01-01T00:00:00", "s") + hours.astype("timedelta64[h]")
    return Interactions(users, items, times, np.ones(len(users)), EVERYONE, EVERYONE)


def checkerboard():
    """User u walks over the squares of his colour, u + 2, u + 4, … round the edge to u - 2.

    What he has not taken of his colour is square u, and it is also the next one on his walk: so
    the right answer is the same for models that know taste and for those that know order.
    """
    return board([(user + np.arange(2, SIZE, 2)) % SIZE for user in range(SIZE)])


def _at_one_time(log):
    now = np.full(len(log), np.datetime64("2026-01-01", "s"))
    return Interactions(log.users, log.items, now, log.values, log.user_ids, log.item_ids)


HOSTILE = {
    "one user": lambda: board([[0, 1, 2]]),
    "one item": lambda: board([[3]] * SIZE),
    "one event": lambda: board([[3]]),
    "histories of one item": lambda: board([[user] for user in range(SIZE)]),
    "the same event again and again": lambda: board([[5] * 30]),
    "a user who bought everything": lambda: board([EVERYONE, [1, 2], [2, 3]]),
    "all at one time": lambda: _at_one_time(checkerboard()),
}


def other_log(**changes):
    """The checkerboard with some of its columns or ids exchanged."""
    log = checkerboard()
    columns = ("users", "items", "timestamps", "values", "user_ids", "item_ids")
    return Interactions(**{name: getattr(log, name) for name in columns} | changes)


def same_lists(found, expected, which):
    """Broken, naming the first row that differs; `which` says what `expected` are the lists of."""
    if found.tolist() != expected.tolist():
        if found.shape != expected.shape:
            raise Broken(f"lists of the shape {found.shape}, not {expected.shape}")
        user = int(np.argmax((found != expected).any(axis=1)))
        raise Broken(
            f"row {user} is {found[user].tolist()}, not {expected[user].tolist()} as {which}"
        )
