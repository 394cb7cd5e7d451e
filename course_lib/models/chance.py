"""The negative control: scores that know nothing."""

from typing import ClassVar

import numpy as np

from course_lib.models.base import Recommender
from course_lib.parameters import Whole


class Chance(Recommender):
    """An item is worth a number drawn by lot, for each user anew: what a list without sense scores.

    Uniform in 0..1, seeded by `seed` and the user's number: a user has the same scores in whatever
    batch they are asked for, and no table of all users is ever made. Whatever is claimed of a
    model's quality must fail for this one in its place. A user with an empty history gets what is
    popular, as from other models.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions
    >>> model = Chance(seed=3).fit(log)
    >>> bool((model.score([4, 1], log)[1] == model.score([1], log)[0]).all())
    True
    """

    _rules: ClassVar = {"seed": Whole(0)}

    def __init__(self, *, seed=0):
        self.seed = seed

    def _fit(self, train, validation):
        """Chance learns nothing."""

    def _score(self, users, history):
        scores = np.empty((len(users), self.n_items_))
        for row, user in zip(scores, users, strict=True):
            np.random.default_rng([self.seed, user]).random(out=row)
        return scores
