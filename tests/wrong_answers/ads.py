"""Ideas for the exercises about ads."""

import math

import numpy as np
import pandas as pd

from wrong_answers import right, wrong


def auction(wins, pays, earns):
    """A profit from three rules: who wins, what is paid, what is earned."""

    def profit(bids, others, clicked, value):
        won = wins(bids, others)
        return float(np.sum(won * (earns(clicked, value) - pays(bids, others))))

    return profit


def more(bids, others):
    return bids > others


def second(bids, others):
    return others


def by_click(clicked, value):
    return clicked * value


for kind, what, rules in (
    ("ties", "an equal bid wins", (lambda b, o: b >= o, second, by_click)),
    ("neighbouring concept", "a first-price auction", (more, lambda b, o: b, by_click)),
    ("sign", "the lower bid wins", (lambda b, o: b < o, second, by_click)),
    ("neighbouring concept", "every place shown is worth a click", (more, second, lambda c, v: v)),
    (
        "one of two",
        "nothing is paid",
        (lambda b, o: b > o, lambda b, o: 0 * o, by_click),
    ),
    ("off by one", "a click is worth 1", (more, second, lambda c, v: c)),
    ("mean of what", "half way between the two bids", (more, lambda b, o: (b + o) / 2, by_click)),
    ("one of two", "everybody is shown", (lambda b, o: b >= 0, second, by_click)),
    (
        "zero or negative",
        "places that nobody else wants are left",
        (lambda b, o: (b > o) & (o > 0), second, by_click),
    ),
    ("edge", "the price is a cent above the other's bid", (more, lambda b, o: o + 0.01, by_click)),
    ("one of two", "a bid wins by its size alone", (lambda b, o: b > 1, second, by_click)),
):
    wrong("19.1", kind, what)(auction(*rules))


@wrong("19.1", "neighbouring concept", "pays only when clicked")
def _(bids, others, clicked, value):
    return float(np.sum((bids > others) * clicked * (value - others)))


@wrong("19.1", "zero or negative", "losses are left out")
def _(bids, others, clicked, value):
    gains = (bids > others) * (clicked * value - others)
    return float(np.maximum(gains, 0).sum())


@wrong("19.1", "mean of what", "the mean over the auctions won")
def _(bids, others, clicked, value):
    won = bids > others
    return float(np.mean((clicked * value - others)[won])) if won.any() else 0.0


@wrong("19.1", "neighbouring concept", "no place dearer than the click")
def _(bids, others, clicked, value):
    won = (bids > others) & (others <= value)
    return float(np.sum(won * (clicked * value - others)))


@right("19.1", "a loop")
def _(bids, others, clicked, value):
    total = 0.0
    for i in range(len(bids)):
        if bids[i] > others[i]:
            total = total - others[i] + (value if clicked[i] else 0)
    return total


@right("19.1", "earnings less costs of the rows won")
def _(bids, others, clicked, value):
    won = np.flatnonzero(bids > others)
    return value * clicked[won].sum() - others[won].sum()


@wrong("19.2", "neighbouring concept", "IPS: divided by the rows")
def _(rewards, target, propensities):
    weights = target / propensities
    return float(np.mean(weights * rewards)) if weights.any() else math.nan


@wrong("19.2", "sign", "the ratio turned round")
def _(rewards, target, propensities):
    weights = np.where(target > 0, propensities / np.maximum(target, 1e-9), 0)
    return float(np.sum(weights * rewards) / weights.sum()) if weights.any() else math.nan


@wrong("19.2", "one of two", "weighted by the new policy alone")
def _(rewards, target, propensities):
    return float(np.average(rewards, weights=target)) if target.any() else math.nan


@wrong("19.2", "one of two", "weighted by the log's chances alone")
def _(rewards, target, propensities):
    if not target.any():
        return math.nan
    return float(np.average(rewards, weights=1 / propensities))


@wrong("19.2", "neighbouring concept", "replay: rows that both would show")
def _(rewards, target, propensities):
    agree = target >= propensities
    return float(rewards[agree].mean()) if agree.any() and target.any() else math.nan


@wrong("19.2", "tolerance", "weights cut off at 10")
def _(rewards, target, propensities):
    weights = np.minimum(target / propensities, 10)
    return float(np.average(rewards, weights=weights)) if weights.any() else math.nan


@wrong("19.2", "zero or negative", "0 where nothing can be said")
def _(rewards, target, propensities):
    weights = target / propensities
    return float(np.average(rewards, weights=weights)) if weights.any() else 0.0


@wrong("19.2", "zero or negative", "rows without reward are left out")
def _(rewards, target, propensities):
    weights = (target / propensities)[rewards > 0]
    return float(np.average(rewards[rewards > 0], weights=weights)) if weights.any() else math.nan


@wrong("19.2", "mean of what", "the sum of the weighted rewards")
def _(rewards, target, propensities):
    weights = target / propensities
    return float(np.sum(weights * rewards)) if weights.any() else math.nan


@wrong("19.2", "order of steps", "the ratio of the mean chances")
def _(rewards, target, propensities):
    if not target.any():
        return math.nan
    return float(rewards.mean() * target.mean() / propensities.mean())


@wrong("19.2", "tolerance", "a little added to each chance")
def _(rewards, target, propensities):
    weights = target / (propensities + 0.01)
    return float(np.average(rewards, weights=weights)) if weights.any() else math.nan


@wrong("19.2", "neighbouring concept", "the mean reward, no weights")
def _(rewards, target, propensities):
    return float(rewards.mean()) if target.any() else math.nan


@right("19.2", "np.average")
def _(rewards, target, propensities):
    weights = target / propensities
    return np.average(rewards, weights=weights) if weights.sum() > 0 else np.nan


@right("19.2", "log weights, the largest taken out")
def _(rewards, target, propensities):
    shown = target > 0
    if not shown.any():
        return float("nan")
    logs = np.log(target[shown]) - np.log(propensities[shown])
    weights = np.exp(logs - logs.max())
    return float(weights @ rewards[shown] / weights.sum())


def parts(sales, visits, mailed, strata):
    """Of each stratum: sold and visits with the mailer, sold and visits without."""
    with_it = mailed == 1
    return np.array(
        [
            [
                values[(strata == stratum) & who].sum()
                for who in (with_it, ~with_it)
                for values in (sales, visits)
            ]
            for stratum in np.unique(strata)
        ],
        dtype=float,
    ).T


def divided(above, below):
    return float(above / below) if below else math.nan


@wrong("19.3", "neighbouring concept", "nothing held equal")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, np.zeros(len(strata)))
    return divided((a * n0).sum(), (b * n1).sum())


@wrong("19.3", "mean of what", "the mean of the strata's ratios")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    usable = (n1 > 0) & (b > 0)
    return float(np.mean((a * n0)[usable] / (b * n1)[usable])) if usable.any() else math.nan


@wrong("19.3", "one of two", "sales, whatever the visits")
def _(sales, visits, mailed, strata):
    a, _, b, _ = parts(sales, visits, mailed, strata)
    return divided(a.sum(), b.sum())


@wrong("19.3", "sign", "without over with")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    n = n1 + n0
    return divided((b * n1 / n).sum(), (a * n0 / n).sum())


@wrong("19.3", "one of two", "visits of its own side")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    n = n1 + n0
    return divided((a * n1 / n).sum(), (b * n0 / n).sum())


@wrong("19.3", "order of steps", "not divided by the stratum's visits")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    return divided((a * n0).sum(), (b * n1).sum())


@wrong("19.3", "neighbouring concept", "odds: those who did not buy in place of visits")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    n = n1 + n0
    return divided((a * (n0 - b) / n).sum(), (b * (n1 - a) / n).sum())


@wrong("19.3", "neighbouring concept", "the difference of the rates")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    return divided(a.sum(), n1.sum()) - divided(b.sum(), n0.sum())


@wrong("19.3", "zero or negative", "infinite, not nan")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    n, below = n1 + n0, (b * n1).sum()
    return float((a * n0 / n).sum() / (b * n1 / n).sum()) if below else math.inf


@wrong("19.3", "edge", "one more visit everywhere, against empty strata")
def _(sales, visits, mailed, strata):
    a, n1, b, n0 = parts(sales, visits, mailed, strata)
    n = n1 + n0 + 1
    return divided((a * n0 / n).sum(), (b * n1 / n).sum())


@wrong("19.3", "order of rows", "strata taken for runs of neighbours")
def _(sales, visits, mailed, strata):
    runs = np.append(0, np.cumsum(np.diff(strata) != 0))[: len(strata)]
    a, n1, b, n0 = parts(sales, visits, mailed, runs)
    n = n1 + n0
    return divided((a * n0 / n).sum(), (b * n1 / n).sum())


@wrong("19.3", "collision", "strata numbered from 0 without gaps are expected")
def _(sales, visits, mailed, strata):
    inside = strata < len(np.unique(strata))
    a, n1, b, n0 = parts(sales[inside], visits[inside], mailed[inside], strata[inside])
    n = np.maximum(n1 + n0, 1)
    return divided((a * n0 / n).sum(), (b * n1 / n).sum())


@right("19.3", "pandas")
def _(sales, visits, mailed, strata):
    frame = pd.DataFrame({"sales": sales, "visits": visits, "mailed": mailed, "s": strata})
    table = frame.pivot_table(
        index="s", columns="mailed", values=["sales", "visits"], aggfunc="sum", fill_value=0
    )
    both = [(column, side) for column in ("sales", "visits") for side in (0, 1)]
    table = table.reindex(columns=both, fill_value=0)
    n = table["visits"].sum(axis=1)
    above = (table["sales", 1] * table["visits", 0] / n).sum()
    below = (table["sales", 0] * table["visits", 1] / n).sum()
    return above / below if below > 0 else np.nan


@right("19.3", "bincount over numbered strata")
def _(sales, visits, mailed, strata):
    _, number = np.unique(strata, return_inverse=True)
    a, b, n1, n0 = (
        np.bincount(number, values * who)
        for values in (sales, visits)
        for who in (mailed, 1 - mailed)
    )
    n = n1 + n0
    below = np.sum(b * n1 / n)
    return float(np.sum(a * n0 / n) / below) if below else float("nan")
