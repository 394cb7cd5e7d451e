"""A first entry: what a household has bought, the older the less."""

import numpy as np

from course_lib.metrics import ndcg_at_k
from course_lib.models.base import Recommender
from course_lib.models.repurchase import Repurchase

HALF_LIVES = (None, 14.0, 28.0, 56.0, 112.0, 224.0)  # days; None: nothing grows old


class TunedCounts(Recommender):
    """Own counts; their half-life is the one that finds most of the last week of train."""

    def _fit(self, train, validation):
        before = train.timestamps <= train.timestamps.max() - np.timedelta64(7, "D")
        past, week = train.select(before), train.select(~before).matrix() > 0
        users = np.flatnonzero(np.diff(week.indptr))
        found = [0.0]
        if len(past):
            for half_life in HALF_LIVES:
                model = Repurchase(half_life=half_life).fit(past)
                lists = model.recommend(users, past, 10, exclude_seen=False)
                found.append(round(float(ndcg_at_k(lists, week[users], 10).mean()), 6))
        self.half_life_ = HALF_LIVES[max(0, int(np.argmax(found)) - 1)]
        self.counts_ = Repurchase(half_life=self.half_life_).fit(train)

    def _score(self, users, history):
        return self.counts_.score(users, history)


def build():
    return TunedCounts()


CARD = {}
