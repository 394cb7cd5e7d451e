"""What a click and a purchase tell, where the place and the delay have their say too.

Both methods split what nobody saw. Did nobody look, or nobody like it? Did nobody buy, or not yet?
They start somewhere, work out how likely each story is, count anew with these shares, and repeat
(expectation maximisation, EM: Dempster, Laird & Rubin 1977).
"""

from typing import NamedTuple

import numpy as np

from course_lib.parameters import check_numbers, check_whole


class Places(NamedTuple):
    """How often each place is looked at, the first one always, and each item clicked if so."""

    looked: np.ndarray  # (n_places,)
    liked: np.ndarray  # (n_items,)


class Conversions(NamedTuple):
    """The share that will have bought when all is over, and the mean days that it takes."""

    rate: float
    days: float


def position_bias(clicks, shown, *, rounds=500):
    """Tells "not looked at" from "not liked": a click needs both, and both are worth a factor.

    clicks, shown: (n_items, n_places) how often each item was clicked and shown in each place, top
    first → `Places`. P(click) = looked[place] · liked[item], and looked[0] = 1: the first place is
    the measure of all others. Items must have changed places, and by nothing that has to do with
    the visitor's taste; where all items kept their places nothing can be told, and the answer is
    where the rounds began. NaN for an item that was never shown or a place where nothing was.
    Craswell and others 2008, the examination hypothesis; Wang and others 2018 for EM.

    >>> found = position_bias([[40, 10], [20, 5]], [[100, 50], [100, 50]])
    >>> found.looked.round(3), found.liked.round(3)  # 40 / 100 and 10 / 50: half as many looked
    (array([1. , 0.5]), array([0.4, 0.2]))
    """
    clicks, shown = check_numbers("clicks", clicks), check_numbers("shown", shown)
    if clicks.shape != shown.shape or clicks.ndim != 2 or not clicks.size:
        raise ValueError(
            f"clicks and shown must be (n_items, n_places), got {clicks.shape} and {shown.shape}"
        )
    if (clicks < 0).any() or (clicks > shown).any():
        raise ValueError("clicks must be at least 0 and at most shown, in each item and place")
    rounds = check_whole("rounds", rounds)
    if not shown[:, 0].any():
        raise ValueError("the first column of shown must not be all 0: it is the measure of all")
    missed = shown - clicks
    looked, liked = np.full(clicks.shape[1], 0.5), np.full(len(clicks), 0.5)
    with np.errstate(invalid="ignore"):
        for _ in range(rounds):
            none = 1 - np.outer(liked, looked)
            # Of those who did not click: looked without liking, and would have liked, unseen.
            unliked = missed * (1 - liked)[:, None] * looked / none
            unseen = missed * liked[:, None] * (1 - looked) / none
            looked = (clicks + np.nan_to_num(unliked)).sum(axis=0) / shown.sum(axis=0)
            liked = (clicks + np.nan_to_num(unseen)).sum(axis=1) / shown.sum(axis=1)
        return Places(looked / looked[0], liked * looked[0])


def delayed_conversions(bought, days, *, rounds=500):
    """Tells "will not buy" from "has not bought yet", from how long each click has been watched.

    bought: (n,) True where the purchase has been seen; days: (n,) from click to purchase where it
    has, else from click to today → `Conversions`. Delays are taken to be exponential, with one mean
    for all clicks; where they are not, the answer bends. Where nothing was bought the rate is 0 and
    days NaN. Chapelle 2014, Modeling Delayed Feedback in Display Advertising, without features.

    >>> found = delayed_conversions([True] * 50 + [False] * 50, [1.0] * 50 + [1000.0] * 50)
    >>> round(found.rate, 6), round(found.days, 6)  # watched long enough: what was seen is all
    (0.5, 1.0)
    """
    seen, days = check_numbers("bought", bought), check_numbers("days", days)
    if seen.shape != days.shape or days.ndim != 1 or not days.size:
        raise ValueError(
            f"bought and days must be (n,), with at least one click, got {seen.shape} and "
            f"{days.shape}"
        )
    if not np.isin(seen, (0, 1)).all():
        raise ValueError("bought must be True or False in each row")
    if (days < 0).any() or not days.any():
        raise ValueError("days must be at least 0, and not all 0")
    rounds = check_whole("rounds", rounds)
    if not seen.any():
        return Conversions(0.0, float("nan"))
    rate, mean = seen.mean(), days.mean()
    for _ in range(rounds):
        waiting = rate * np.exp(-days / mean)
        will = np.where(seen, 1.0, waiting / (1 - rate + waiting))
        rate, mean = will.mean(), np.sum(will * days) / seen.sum()
    return Conversions(float(rate), float(mean))
