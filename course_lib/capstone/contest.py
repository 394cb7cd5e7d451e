"""A log cut at a moment: entries learn on what was before, and are judged on what came after.

What came after stays here. Three households in ten are the public part, whose figures a learner
gets after each try; the others are the private part, which decides, once, at the end.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from course_lib.capstone.entry import PLACES
from course_lib.interactions import Interactions, check_log
from course_lib.metrics import ndcg_at_k
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase
from course_lib.parameters import Number, check_whole
from course_lib.shop.simulation import START, WEEK, SimulatedShop
from course_lib.statistics import Difference, Interval, bootstrap_interval, paired_difference

BASELINES = {"popularity": Popularity, "own counts": Repurchase}
PUBLIC = 0.3


class Standing(NamedTuple):
    """How good lists are: NDCG@10 on both parts, and the paired leads over the baselines.

    leads: {baseline: Difference}, on the private part; public_leads the same on the public one.
    """

    public: Interval
    private: Interval
    leads: dict[str, Difference]
    public_leads: dict[str, Difference]


class Contest:
    """A log and a moment; entries get `train`, `now` and `users`, and answer with lists.

    log: Interactions; now: datetime64, with events before and after it; seed: which households are
    public; share: how many of them. Any product counts that a household buys from `now` on, known
    or new. Households that buy nothing then are not asked.

    users: (n,) dense indices; public: (n,) booleans; baselines: {name: (n,) NDCG@10 of
    `BASELINES`}. Raises ValueError for a log without a clock, a moment without events on both
    sides, and fewer than two households in a part.
    """

    def __init__(self, log, now, *, seed, share=PUBLIC):
        check_log("log", log).check_clock("a contest")
        before = log.timestamps < now
        for side, there in (("before", before), ("from", ~before)):
            if not there.any():
                raise ValueError(f"the log must have events {side} {now}, got none")
        self.log, self.now, self.train = log, now, log.select(before)
        relevant = log.select(~before).matrix() > 0
        self.users = np.flatnonzero(np.diff(relevant.indptr))
        self._relevant = relevant[self.users]
        self.public = public_part(len(self.users), share, seed)
        if min(self.public.sum(), (~self.public).sum()) < 2:
            raise ValueError(
                "each part must have at least 2 households, got "
                f"{self.public.sum()} public and {(~self.public).sum()} private"
            )
        self.baselines = {}
        for name, kind in BASELINES.items():
            model = kind().fit(self.train)
            lists = model.recommend(self.users, self.train, PLACES, exclude_seen=False)
            self.baselines[name] = self.values(lists)

    def values(self, lists):
        """NDCG@10 of each household's list: (n,), in the order of `users`."""
        return ndcg_at_k(lists, self._relevant, PLACES)

    def standing(self, values):
        """The `Standing` of (n,) values; intervals over households, 95 %."""
        parts = (self.public, ~self.public)
        means = [bootstrap_interval(values[part], seed=0) for part in parts]
        public, private = (
            {
                name: paired_difference(values[part], theirs[part], seed=0)
                for name, theirs in self.baselines.items()
            }
            for part in parts
        )
        return Standing(*means, leads=private, public_leads=public)


def public_part(n, share, seed):
    """Which of n households are public: (n,) booleans, round(share · n) of them true, drawn.

    >>> public_part(10, 0.3, seed=0).sum()
    np.int64(3)
    """
    n, seed = check_whole("n", n), check_whole("seed", seed, 0)
    Number(above=0, below=1).check("share", share)
    public = np.zeros(n, dtype=bool)
    public[np.random.default_rng(seed).permutation(n)[: round(share * n)]] = True
    return public


def simulated_contest(seed, *, n_users, n_items, weeks):
    """A contest in a simulated shop that the seed decides: so many weeks, and then one more.

    seed: a whole number; whoever knows it knows the shop, its log and which households are public.
    """
    shop = SimulatedShop(n_users=n_users, n_items=n_items, seed=seed)
    log = shop.purchases(weeks + 1, seed=seed + 1)
    return Contest(log, START + weeks * WEEK, seed=seed + 2)


@cache
def practice():
    """The small open contest on which every entry is first tried: 150 households, 60 products."""
    return simulated_contest(25, n_users=150, n_items=60, weeks=5)


def other_future(log, now, *, seed):
    """The same log with another future: what is bought from `now` on is drawn by lot.

    Who comes when stays; what was before `now` stays too, and so does the order of rows.
    """
    later = check_log("log", log).timestamps >= now
    items = log.items.copy()
    rng = np.random.default_rng(check_whole("seed", seed, 0))
    items[later] = rng.integers(log.n_items, size=later.sum())
    columns = (log.timestamps, log.values, log.user_ids, log.item_ids)
    return Interactions(log.users, items, *columns)
