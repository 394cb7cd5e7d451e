"""What happens on the simulated shop's pages: what was shown, where, and what came of it."""

import numpy as np
import pandas as pd

from course_lib.parameters import Number, Whole
from course_lib.shop.simulation import SERIOUS, START, WEEK, moments

EXAMINATION = (1.0, 0.62, 0.44, 0.33, 0.27)  # the chance that a place is looked at, top first
DELAY = 8.0  # days from click to purchase, the mean of an exponential distribution
BOT_CLICKS = 0.3  # share of what it is shown that a bot clicks on
BOT_VIEWS = 50  # a session of a bot: so many pages, one a second
KINDS = {"view": 0.890, "cart": 0.055, "favourite": 0.031, "buy": 0.022}  # shares of events
DWELL, DWELL_SPREAD = 65.0, 1.19  # seconds on a page: median, and the spread of the logarithm
SESSION, SESSION_SPREAD = 3.0, 1.16  # events a session: the same
BATCH = 2**22  # numbers of a temporary array


def pages(shop, policy, n, *, seed, slots=1, days=30, bots=0.0):
    """A log of n pages as a DataFrame: a row a place of a page, top first.

    policy: (n_users, n_items) chances, rows sum to 1. The item of the first place is drawn
    from them, the next from what is left, its chances in proportion (Plackett 1975); slots: at
    most 5 places, and no more than a row has items. Pages are requested in proportion to
    `visits`, over `days`; bots: the share of them that accounts with `is_bot` ask for.

    Columns: page; day (days from the start); user; item; position from 1; propensity, the
    chance that this item stood here, given those above it; clicked; bought; delay, days from
    click to purchase, NaN without one; and what no shopkeeper sees: examined (looked at), bot.
    A bot clicks on three items in ten, wherever they stand, and never buys.
    """
    policy, n = shop.check_policy(policy), Whole(1).check("n", n)
    slots = Whole(1, len(EXAMINATION)).check("slots", slots)
    if ((policy > 0).sum(axis=1) < slots).any():
        raise ValueError(f"each row of policy must have at least {slots} items above 0")
    Number(above=0).check("days", days)
    Number(least=0, below=1).check("bots", bots)
    rng = np.random.default_rng(Whole(0).check("seed", seed))
    user, bot = shop.draw_users(rng, n, bots=bots)
    item = np.concatenate(
        [
            _ranked(rng, policy[part], slots)
            for part in np.array_split(user, 1 + n * shop.n_items // BATCH)
        ]
    )
    chance = policy[user[:, None], item]
    left = 1 - np.cumsum(chance, axis=1) + chance
    serious = rng.random((n, 1)) < SERIOUS
    click, buy = shop.chances(user[:, None], item, serious)
    bot = bot[:, None]
    examined = bot | (rng.random(item.shape) < EXAMINATION[:slots])
    clicked = examined & (rng.random(item.shape) < click)
    bought = clicked & (rng.random(item.shape) < buy) & ~bot
    clicked = np.where(bot, rng.random(item.shape) < BOT_CLICKS, clicked)
    delay = np.where(bought, rng.exponential(DELAY, item.shape), np.nan)
    columns = {
        "page": np.repeat(np.arange(n), slots),
        "day": np.repeat(np.sort(rng.random(n)) * days, slots),
        "user": np.repeat(user, slots),
        "item": item.ravel(),
        "position": np.tile(np.arange(1, slots + 1), n),
        "propensity": np.minimum(chance / left, 1.0).ravel(),
        "clicked": clicked.ravel(),
        "bought": bought.ravel(),
        "delay": delay.ravel(),
        "examined": examined.ravel(),
        "bot": np.repeat(bot, slots),
    }
    return pd.DataFrame(columns)


def clickstream(shop, n, *, seed, weeks=1, bots=0.0):
    """Sessions of a web shop, n of them, as a DataFrame: a row an event, in time order.

    Columns: timestamp; session; user; item; event: "view", "cart", "favourite" or "buy", the
    last three of the item viewed before; and what no shopkeeper sees: bot. bots: the share of
    sessions by accounts with `is_bot`: fifty views, about a second each. Items are drawn by
    `want`; a session is never still for half an hour.
    """
    n, weeks = Whole(1).check("n", n), Whole(1).check("weeks", weeks)
    Number(least=0, below=1).check("bots", bots)
    rng = np.random.default_rng(Whole(0).check("seed", seed))
    user, bot = shop.draw_users(rng, n, bots=bots)
    size = np.ceil(rng.lognormal(np.log(SESSION - 0.5), SESSION_SPREAD, n)).astype(int)
    size[bot] = BOT_VIEWS
    session = np.repeat(np.arange(n), size)
    first = np.r_[True, session[1:] != session[:-1]]
    acts = rng.random(len(session)) < (1 - KINDS["view"]) * len(session) / max((~first).sum(), 1)
    acts &= ~first & ~bot[session]
    others = list(KINDS)[1:]
    chances = np.array([KINDS[kind] for kind in others])
    event = np.full(len(session), "view", dtype=object)
    event[acts] = rng.choice(others, acts.sum(), p=chances / chances.sum())
    item = shop.draw_items(rng, user[session])
    item = item[np.maximum.accumulate(np.where(acts, 0, np.arange(len(item))))]
    pause = rng.lognormal(np.log(DWELL), DWELL_SPREAD, len(session)).clip(max=1799)
    pause = np.where(bot[session], rng.exponential(1.0, len(session)), pause)
    passed = pause.cumsum()
    passed -= passed[first][session]
    start = moments(rng, n) + rng.integers(weeks, size=n) * WEEK
    frame = pd.DataFrame(
        {
            "timestamp": START + start[session] + passed.astype("timedelta64[s]"),
            "session": session,
            "user": user[session],
            "item": item,
            "event": event,
            "bot": bot[session],
        }
    )
    return frame.sort_values("timestamp", kind="stable", ignore_index=True)


def _ranked(rng, chances, slots):
    """(n, slots) items drawn one after the other without replacement, by the Gumbel trick."""
    with np.errstate(divide="ignore"):
        keys = np.log(chances) + rng.gumbel(size=chances.shape)
    return np.argsort(-keys, axis=1, kind="stable")[:, :slots]
