"""A first entry: what a household has bought, the older the less."""

import numpy as np

from course_lib.metrics import ndcg_at_k
from course_lib.models.base import Recommender
from course_lib.models.repurchase import Repurchase

HALF_LIVES = (7.0, 14.0, 28.0, 56.0, 112.0)  # days


class TunedCounts(Recommender):
    """Own counts whose half-life is the one that finds most of the last week of train."""

    def _fit(self, train, validation):
        cut = train.timestamps.max() - np.timedelta64(7, "D")
        before = train.timestamps <= cut
        past, week = train.select(before), train.select(~before).matrix() > 0
        found = [0.0] * len(HALF_LIVES)
        if len(past):
            users = np.flatnonzero(np.diff(week.indptr))
            for place, days in enumerate(HALF_LIVES):
                lists = Repurchase(half_life=days).fit(past).recommend(
                    users, past, 10, exclude_seen=False
                )
                found[place] = round(float(np.mean(ndcg_at_k(lists, week[users], 10))), 6)
        self.half_life_ = HALF_LIVES[int(np.argmax(found))]
        self.counts_ = Repurchase(half_life=self.half_life_).fit(train)

    def _score(self, users, history):
        return self.counts_.score(users, history)


def build():
    return TunedCounts()


CARD = {}
