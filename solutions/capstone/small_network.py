"""A third entry: a network reads what a household has bought and says what comes next week."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from course_lib.models.base import Recommender

WEEK = np.timedelta64(7, "D")


class SmallNetwork(Recommender):
    """Log counts in, 64 hidden units, the chance of each product out; learned week by week."""

    def __init__(self, *, weeks=4, hidden=64, epochs=30, seed=0):
        self.weeks = weeks
        self.hidden = hidden
        self.epochs = epochs
        self.seed = seed

    def _fit(self, train, validation):
        known, bought = [], []
        for ago in range(self.weeks):
            end = train.timestamps.max() - ago * WEEK
            past = train.select(train.timestamps <= end - WEEK)
            week = train.select((train.timestamps > end - WEEK) & (train.timestamps <= end))
            users = np.intersect1d(past.users, week.users)
            known.append(past.rows(users).toarray())
            bought.append(week.rows(users).toarray() > 0)
        known, bought = np.concatenate(known), np.concatenate(bought)
        self.network_ = None
        if len(known) > 1:
            network = MLPClassifier(
                (self.hidden,), alpha=1e-3, max_iter=self.epochs, random_state=self.seed
            )
            with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
                self.network_ = network.fit(np.log1p(known), bought)

    def _score(self, users, history):
        counts = history.rows(users).toarray()
        if self.network_ is None:
            return counts
        return self.network_.predict_proba(np.log1p(counts))


def build():
    return SmallNetwork()


CARD = {}
