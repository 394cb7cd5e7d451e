"""Small logs for the tests of models that see pairs of a user and an item, and no order."""

import numpy as np

from course_lib.interactions import Interactions


def log(users, items, values=None, n_users=None, n_items=None):
    """Row i: user users[i] took item items[i], all at one time, with a value of 1 or values[i]."""
    users, items = np.asarray(users, np.int64), np.asarray(items, np.int64)
    return Interactions(
        users,
        items,
        np.full(len(users), np.datetime64("2026-01-01", "s")),
        np.ones(len(users)) if values is None else np.asarray(values, float),
        np.arange(n_users or users.max() + 1),
        np.arange(n_items or items.max() + 1),
    )
