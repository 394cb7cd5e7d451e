"""A made-up shop whose every truth is known: what a method should find can be looked up.

A real log never tells what a shopper would have done on another page. Here it can be said: who
likes what, who looked, how likely a click was, who is a bot. Shapes (how unequal the products are,
how often people come back, how many click) are those of real logs: `tests/test_simulation.py`
holds them against published figures. All else is invented, and kept simple on purpose:

- A user's want of an item is exp(appeal + taste + habit), as a share over all items. Appeal is the
  item's own; taste is a dot product of a user's and an item's vector, items of one department
  being alike; habit is this user's own quirk for this item.
- Demand is want × season × (price / list price) ** elasticity × what a recommendation adds.
- Whoever looks at an item may click, whoever clicked may buy. Some visits are serious: they click
  more, and buy more. No log tells which. (`traffic` shows pages, and says what came of them.)
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from course_lib.interactions import Interactions
from course_lib.parameters import Number, Whole, check_numbers, check_parameters

SERIOUS = 0.2  # share of page views by somebody who came to buy
MORE_CLICKS, MORE_PURCHASES = 1.0, 1.5  # what a serious visit adds to the two log odds
BASKET, BASKET_SPREAD = 9.6, 1.2  # units a visit: mean, and the spread of the logarithm
# Shares of a day's purchases by hour, from midnight, in The Complete Journey (New York time).
HOURS = np.array(
    [6, 3, 2, 1, 1, 1, 3, 6, 13, 26, 45, 65, 75, 77, 80, 84, 94, 106, 99, 80, 60, 39, 22, 11]
)
WEEKDAYS = np.array([1, 1, 1, 1, 1, 1.18, 1.18])  # Monday first
START = np.datetime64("2027-01-04")  # a Monday
WEEK = np.timedelta64(7, "D")

RULES = {
    "n_users": Whole(2),
    "n_items": Whole(2),
    "n_departments": Whole(1),
    "click_rate": Number(above=0, below=1),
    "buy_rate": Number(above=0, below=1),
    "exposure_effect": Number(above=0),
    "seed": Whole(0),
}


class Rates(NamedTuple):
    """What would happen, on average over visits, were these users shown these items."""

    click: np.ndarray  # a click, if they look
    buy: np.ndarray  # a purchase, if they are sent to the product, whether they would click or not
    both: np.ndarray  # a click and then a purchase, if they look


class SimulatedShop:
    """A seeded shop; its attributes are the truth that a log of it does not tell.

    n_users, n_items, n_departments: its size; click_rate: mean chance of a click over all users
    and items, on the first place of a page; buy_rate: share of such clicks that end in a purchase;
    exposure_effect: the factor by which a recommended item is bought more; seed: which shop.

    Attributes, all of them true and hidden from a shopkeeper: want (n_users, n_items), rows sum to
    1; visits (n_users,) a week; department (n_items,) numbers; price (n_items,) dollars at list;
    elasticity (n_items,); is_bot (n_users,), one account in a hundred, at least one. Ids are the
    numbers themselves.

    Raises ValueError naming the parameter and its rule.

    >>> shop = SimulatedShop(n_users=4, n_items=3)
    >>> shop.want.shape, shop.want.sum(axis=1).round(6)
    ((4, 3), array([1., 1., 1., 1.]))
    """

    def __init__(
        self,
        *,
        n_users=1000,
        n_items=1000,
        n_departments=12,
        click_rate=0.0075,
        buy_rate=0.075,
        exposure_effect=1.31,
        seed=0,
    ):
        self.n_users, self.n_items, self.n_departments = n_users, n_items, n_departments
        self.click_rate, self.buy_rate = click_rate, buy_rate
        self.exposure_effect, self.seed = exposure_effect, seed
        check_parameters(self, RULES)
        rng = np.random.default_rng(seed)
        self.department = rng.integers(n_departments, size=n_items)
        kind = rng.normal(size=(n_departments, 8))
        vectors = kind[self.department] + rng.normal(0, 0.5, (n_items, 8))
        taste = rng.normal(0, 0.4, (n_users, 8)) @ vectors.T
        appeal = rng.normal(0, 1.1, n_items)
        utility = appeal + taste + rng.normal(0, 0.8, (n_users, n_items))
        self.want = np.exp(utility)
        self.want /= self.want.sum(axis=1, keepdims=True)
        self.visits = rng.lognormal(0.0, 0.8, n_users)
        self.price = rng.lognormal(np.log(3), 0.6, n_items).round(2) + 0.01
        self.elasticity = np.minimum(rng.normal(-1.9, 1.36, n_items), -0.1)
        self._swing = np.abs(rng.normal(0, 0.35, (2, n_items)))
        self._phase = rng.random((2, n_items))
        self.is_bot = np.zeros(n_users, dtype=bool)
        self.is_bot[rng.choice(n_users, max(1, n_users // 100), replace=False)] = True
        self._liking = (utility - utility.mean()) / utility.std()

    def season(self, week):
        """(n_items,) factors of demand in a week, counted from 0: each item has its own season.

        A swing of a year, and one of a fifth of a year, of any size and phase.

        >>> shop = SimulatedShop(n_users=2, n_items=2)
        >>> bool((shop.season(3) == shop.season(3 + 52)).all())
        True
        """
        turns = np.array([[1], [5]]) * (Whole(0).check("week", week) % 52) / 52
        return np.exp(self._swing * np.sin(2 * np.pi * (turns + self._phase))).prod(axis=0)

    def demand(self, week=0, *, shown=None, prices=None):
        """(n_users, n_items) units that each user is expected to buy in a week.

        shown: (n_users, k) items recommended to each user that week, −1 for none, as
        `Recommender.recommend` answers; prices: (n_items,) dollars, at list where None. The true
        demand of the shop is the sum over users; `purchases` draws from it.
        """
        factor = self.season(week)
        if prices is not None:
            factor = factor * (self._prices(prices) / self.price) ** self.elasticity
        rates = self.want * factor * (self.visits * BASKET)[:, None]
        if shown is not None:
            shown = np.asarray(shown)
            if shown.ndim != 2 or len(shown) != self.n_users or shown.dtype.kind not in "iu":
                raise ValueError(
                    f"shown must be ({self.n_users}, k) whole numbers, got {shown.dtype} "
                    f"{shown.shape}"
                )
            if shown.size and not -1 <= shown.min() <= shown.max() < self.n_items:
                raise ValueError(
                    f"shown must lie in -1..{self.n_items - 1}, got {shown.min()}..{shown.max()}"
                )
            boost = np.zeros((self.n_users, self.n_items + 1), dtype=bool)
            boost[np.arange(self.n_users)[:, None], shown] = True  # -1 marks the last column
            rates[boost[:, :-1]] *= self.exposure_effect
        return rates

    def purchases(self, weeks=52, *, seed, first_week=0, shown=None, prices=None):
        """A log of purchases: a row a product in a basket, in time order; values are dollars.

        weeks, first_week: which ones, counted from 0, the Monday 2027-01-04; shown, prices: as in
        `demand`, the same in each of these weeks. Lines of a basket share one time. A product
        bought twice in a basket is one line of twice the value. Every user and every item has an
        index, bought or not.
        """
        rng = np.random.default_rng(Whole(0).check("seed", seed))
        weeks, first = Whole(1).check("weeks", weeks), Whole(0).check("first_week", first_week)
        parts = [self._week(rng, first + week, shown, prices) for week in range(weeks)]
        users, items, times, units = map(np.concatenate, zip(*parts, strict=True))
        paid = units * (self.price if prices is None else self._prices(prices))[items]
        return Interactions(
            users, items, times, paid, np.arange(self.n_users), np.arange(self.n_items)
        )

    def _week(self, rng, week, shown, prices):
        rates = self.demand(week, shown=shown, prices=prices)
        n = rng.poisson(self.visits)
        user = np.repeat(np.arange(self.n_users), n)
        times = START + week * WEEK + moments(rng, len(user))
        # A basket's mean size follows the user's demand; lognormal sizes have mean 1 here.
        size = rng.lognormal(-(BASKET_SPREAD**2) / 2, BASKET_SPREAD, len(user))
        units = rng.poisson(size * (rates.sum(axis=1) / self.visits)[user])
        basket = np.repeat(np.arange(len(user)), units)
        item = self.draw_items(rng, user[basket], rates)
        lines, count = np.unique(basket * self.n_items + item, return_counts=True)
        basket, item = np.divmod(lines, self.n_items)
        order = np.argsort(times[basket], kind="stable")
        return user[basket[order]], item[order], times[basket[order]], count[order]

    def _prices(self, prices):
        prices = check_numbers("prices", prices)
        if prices.shape != (self.n_items,) or not (prices > 0).all():
            raise ValueError(f"prices must be ({self.n_items},) numbers above 0")
        return prices

    @cached_property
    def _bias(self):
        """What to add to the log odds of click and purchase, so that both rates come out."""
        click = brentq(
            lambda bias: _mixed(self._liking, bias, 0.0).click.mean() - self.click_rate, -40, 40
        )

        def too_many(bias):
            rates = _mixed(self._liking, click, bias)
            return rates.both.mean() / rates.click.mean() - self.buy_rate

        return click, brentq(too_many, -40, 40)

    def chances(self, users, items, serious):
        """Chances of a click (if they look) and of a purchase (if they are there) in one mood.

        users, items, serious: arrays that broadcast; serious: True for somebody who came to buy.
        """
        return _chances(self._liking[users, items], *self._bias, serious)

    def rates(self, users, items):
        """The true `Rates` of users with items, over visits of both moods: arrays that broadcast.

        >>> shop = SimulatedShop(n_users=50, n_items=40, click_rate=0.1)
        >>> everybody = shop.rates(np.arange(50)[:, None], np.arange(40))
        >>> float(everybody.click.mean().round(6))
        0.1
        """
        return _mixed(self._liking[users, items], *self._bias)

    def value(self, policy):
        """The true clicks a page of a policy that shows one item on each.

        policy: (n_users, n_items) chances, rows sum to 1. Pages are requested in proportion to
        `visits`.
        """
        policy = self.check_policy(policy)
        clicks = (policy * _mixed(self._liking, *self._bias).click).sum(axis=1)
        return float(np.average(clicks, weights=self.visits))

    def draw_users(self, rng, n, *, bots=0.0):
        """Who comes n times, in proportion to `visits`, and whether it is a bot: two (n,) arrays.

        bots: the share of visits by the accounts with `is_bot`.
        """
        bot = rng.random(n) < bots
        user = rng.choice(self.n_users, n, p=self.visits / self.visits.sum())
        user[bot] = rng.choice(np.flatnonzero(self.is_bot), bot.sum())
        return user, bot

    def draw_items(self, rng, users, weights=None):
        """An item for each of these users, drawn by rows of weights: by `want` where None."""
        total = (self.want if weights is None else weights).cumsum(axis=1)
        share = total / total[:, -1:] + np.arange(self.n_users)[:, None]
        place = np.searchsorted(share.ravel(), users + rng.random(len(users)), "right")
        return np.minimum(place - users * self.n_items, self.n_items - 1)

    def check_policy(self, policy):
        """The policy as float64; ValueError unless it has a row of chances for each user."""
        policy = check_numbers("policy", policy)
        if policy.shape != (self.n_users, self.n_items):
            raise ValueError(f"policy must be ({self.n_users}, {self.n_items}), got {policy.shape}")
        if (policy < 0).any() or not np.allclose(policy.sum(axis=1), 1):
            raise ValueError("each row of policy must be chances that sum to 1")
        return policy


def moments(rng, n):
    """Times of n visits within a week: seconds from its Monday, busier at weekends and at five."""
    day = rng.choice(7, n, p=WEEKDAYS / WEEKDAYS.sum())
    hour = rng.choice(24, n, p=HOURS / HOURS.sum())
    return (day * 86400 + hour * 3600 + rng.integers(3600, size=n)).astype("timedelta64[s]")


def _chances(liking, click, buy, serious):
    return expit(click + liking + MORE_CLICKS * serious), expit(
        buy + liking + MORE_PURCHASES * serious
    )


def _mixed(liking, click, buy):
    calm, keen = (_chances(liking, click, buy, serious) for serious in (False, True))
    mixed = [(1 - SERIOUS) * a + SERIOUS * b for a, b in zip(calm, keen, strict=True)]
    return Rates(*mixed, (1 - SERIOUS) * calm[0] * calm[1] + SERIOUS * keen[0] * keen[1])
