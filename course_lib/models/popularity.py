"""What most shoppers buy: one list for everybody, and the floor for every other model."""

from typing import ClassVar

import numpy as np

from course_lib.models.base import Recommender
from course_lib.parameters import Maybe, Number


class Popularity(Recommender):
    """An item is worth as much as the number of different users who took it, for everybody alike.

    days=None counts over all of train. A number counts only the last `days` × 24 hours before
    train's last event; items that tie there (as all do that nobody took lately) go by their users
    over all of train. Raises ValueError then for a log that knows only the order of events.

    Users are counted, not events: one household that buys milk every other day says nothing about
    others. On the course's shop this lists first-time purchases better than a count of events, at
    equal windows (validation NDCG@10 .046 to .041 over all of train, .048 to .042 over 28 days),
    and repeats about as well.

    The list does not depend on a history, so nobody is unknown to this model.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions  # tea, mug: ada, bo; racket: chen, fay; ball: chen, dia
    >>> log.item_ids[Popularity().fit(log).recommend([0], log, 4, exclude_seen=False)[0]].tolist()
    ['tea', 'mug', 'ball', 'racket']
    """

    _rules: ClassVar[dict] = {"days": Maybe(Number(above=0))}

    def __init__(self, *, days=None):
        self.days = days

    def _fit(self, train, validation):
        reach = _users_of_each_item(train)
        self.scores_ = reach
        if self.days is not None:
            train.check_clock("days")
            age = (train.timestamps.max() - train.timestamps) / np.timedelta64(1, "D")
            recent = _users_of_each_item(train.select(age < self.days))
            self.scores_ = recent + reach / (train.n_users + 1)  # below 1: it only breaks ties

    def _score(self, users, history):
        return np.tile(self.scores_, (len(users), 1))

    def _ranking(self):
        return self.scores_

    def _knows(self, users, history):
        return np.ones(len(users), dtype=bool)


def _users_of_each_item(log):
    return np.bincount(log.matrix().indices, minlength=log.n_items).astype(np.float64)
