"""Small logs for the tests of sequence models."""

import numpy as np

from course_lib.interactions import Interactions


def log_of(histories, n_items, times=None):
    """A log from one list of items a user; times: one list of seconds a user, else 0, 1, 2, …"""
    users = np.repeat(np.arange(len(histories)), [len(items) for items in histories])
    if times is None:
        times = [range(len(items)) for items in histories]
    items = np.array([i for items in histories for i in items], dtype=np.int64)
    seconds = np.array([t for some in times for t in some]).astype("datetime64[s]")
    ids = np.arange(len(histories)), np.arange(n_items)
    return Interactions(users, items, seconds, np.ones(len(items)), *ids)


def cycles(n_users=60, n_items=8, length=6):
    """Each user walks round the catalogue, item after item, from a start of their own."""
    histories = [[(u + t) % n_items for t in range(length)] for u in range(n_users)]
    return log_of(histories, n_items)


def checkerboard(size=24):
    """User u takes every item of the same colour, but the one two places on, in shuffled order."""
    rng = np.random.default_rng(0)
    histories = []
    for user in range(size):
        items = [i for i in range(size) if (i - user) % 2 == 0 and i != (user + 2) % size]
        histories.append(rng.permutation(items).tolist())
    return log_of(histories, size)
