"""A third entry: small networks weigh six clues about a household and a product."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from course_lib.models.base import Recommender
from course_lib.models.ease import EASE
from course_lib.models.repurchase import Repurchase

PAIRS = 100_000  # that each network learns from, drawn from all
HALF_LIVES = (7.0, 28.0, 112.0)  # days


class SmallNetwork(Recommender):
    """The chance that a household buys a product next week, learned from the last week of train.

    Clues: how often it bought the product (plainly, and with three half-lives), what EASE says, and
    how many events the product has. 16 hidden units; the mean of several networks, since one alone
    depends on its luck with the seed.
    """

    def __init__(self, *, regularisation=1000.0, networks=5, hidden=16, epochs=8, seed=0):
        self.regularisation = regularisation
        self.networks = networks
        self.hidden = hidden
        self.epochs = epochs
        self.seed = seed

    def _fit(self, train, validation):
        before = train.timestamps <= train.timestamps.max() - np.timedelta64(7, "D")
        past, week = train.select(before), train.select(~before)
        users, self.networks_ = np.unique(week.users), []
        self.mean_, self.spread_ = 0.0, 1.0
        if len(past):
            self._learn_clues(past)
            clues = self._clues(users, past)
            bought = (week.rows(users).toarray() > 0).ravel()
            self._train(clues.reshape(-1, clues.shape[-1]), bought)
        self._learn_clues(train)

    def _learn_clues(self, log):
        self.counts_ = [Repurchase(half_life=days).fit(log) for days in (None, *HALF_LIVES)]
        self.ease_ = EASE(regularisation=self.regularisation, power=0.5).fit(log)
        self.reach_ = np.log1p(np.bincount(log.items, minlength=log.n_items))

    def _clues(self, users, history):
        clues = [np.log1p(model.score(users, history)) for model in self.counts_]
        clues += [self.ease_.score(users, history), np.tile(self.reach_, (len(users), 1))]
        return np.stack(clues, axis=-1)

    def _train(self, clues, bought):
        self.mean_, self.spread_ = clues.mean(axis=0), clues.std(axis=0) + 1e-9
        for number in range(self.networks):
            seed = self.networks * self.seed + number
            some = np.random.default_rng(seed).permutation(len(clues))[:PAIRS]
            network = MLPClassifier(
                (self.hidden,), batch_size=min(1000, len(some)), learning_rate_init=0.01,
                max_iter=self.epochs, random_state=seed,
            )  # fmt: skip
            if 0 < bought[some].sum() < len(some):
                with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
                    network.fit((clues[some] - self.mean_) / self.spread_, bought[some])
                self.networks_.append(network)

    def _score(self, users, history):
        clues = self._clues(users, history)
        if not self.networks_:
            return clues[..., 0]
        flat = (clues.reshape(-1, clues.shape[-1]) - self.mean_) / self.spread_
        chances = [network.predict_proba(flat)[:, 1] for network in self.networks_]
        return np.mean(chances, axis=0).reshape(clues.shape[:2])


def build():
    return SmallNetwork()


CARD = {}
