"""Ideas for the exercises about demand and stock."""

import math
from bisect import bisect_left

import numpy as np
import pandas as pd
from scipy.stats import norm

from wrong_answers import right, wrong


def place(demands, short, over):
    """The place of the best order among the sorted demands, counted from 1."""
    return math.ceil(short / (short + over) * len(demands))


def at(demands, number):
    return float(np.sort(demands)[number - 1])


def costs(orders, demands, short, over):
    gaps = np.asarray(demands, dtype=float)[None] - np.asarray(orders, dtype=float)[:, None]
    return short * np.maximum(gaps, 0) + over * np.maximum(-gaps, 0)


@wrong("21.1", "mean of what", "the mean demand")
def _(demands, short, over):
    return float(np.mean(demands))


@wrong("21.1", "one of two", "the median, whatever the costs")
def _(demands, short, over):
    return at(demands, max(math.ceil(len(demands) / 2), 1))


@wrong("21.1", "one of two", "never run out")
def _(demands, short, over):
    return float(max(demands))


@wrong("21.1", "sign", "the two costs swapped")
def _(demands, short, over):
    return at(demands, max(place(demands, over, short), 1))


@wrong("21.1", "neighbouring concept", "short / over in place of short / (short + over)")
def _(demands, short, over):
    share = min(short / over, 1) if over else 1
    return at(demands, max(math.ceil(share * len(demands)), 1))


@wrong("21.1", "library call", "a quantile between two demands")
def _(demands, short, over):
    return float(np.quantile(demands, short / (short + over)))


@wrong("21.1", "library call", "the nearest place, rounded")
def _(demands, short, over):
    return at(demands, max(round(short / (short + over) * len(demands)), 1))


@wrong("21.1", "off by one", "the place rounded down")
def _(demands, short, over):
    return at(demands, max(math.floor(short / (short + over) * len(demands)), 1))


@wrong("21.1", "off by one", "one place too far")
def _(demands, short, over):
    return at(demands, min(place(demands, short, over) + 1, len(demands)))


@wrong("21.1", "edge", "place 0 is the last one")
def _(demands, short, over):
    return at(demands, place(demands, short, over))


@wrong("21.1", "ties", "of equally good orders the largest")
def _(demands, short, over):
    orders = np.sort(demands)[::-1]
    return float(orders[np.argmin(costs(orders, demands, short, over).mean(axis=1))])


@wrong("21.1", "order of rows", "the demands as they come, not sorted")
def _(demands, short, over):
    return float(demands[max(place(demands, short, over), 1) - 1])


@wrong("21.1", "collision", "equal demands count once")
def _(demands, short, over):
    once = np.unique(demands)
    return at(once, max(place(once, short, over), 1))


@wrong("21.1", "zero or negative", "weeks without demand left out")
def _(demands, short, over):
    some = [d for d in demands if d > 0] or [0]
    return at(some, max(place(some, short, over), 1))


@wrong("21.1", "neighbouring concept", "the smallest worst cost, not the smallest mean")
def _(demands, short, over):
    orders = np.sort(demands)
    return float(orders[np.argmin(costs(orders, demands, short, over).max(axis=1))])


@wrong("21.1", "neighbouring concept", "the quantile of a normal distribution")
def _(demands, short, over):
    ratio = np.clip(short / (short + over), 0.001, 0.999)
    return float(np.mean(demands) + norm.ppf(ratio) * np.std(demands))


@wrong("21.1", "tolerance", "whole units only")
def _(demands, short, over):
    return float(round(at(demands, max(place(demands, short, over), 1))))


@right("21.1", "the cheapest of all demands, tried one by one")
def _(demands, short, over):
    orders = np.sort(demands)
    return float(orders[np.argmin(costs(orders, demands, short, over).mean(axis=1).round(9))])


@right("21.1", "a search in the shares")
def _(demands, short, over):
    shares = [(i + 1) / len(demands) for i in range(len(demands))]
    return sorted(demands)[bisect_left(shares, short / (short + over) - 1e-12)]


def walk(demand, level, *, order=None, start=None, lead=1, lost=True, first="order"):
    """The shelf with one thing changed."""
    shelf = level if start is None else start
    coming, sold, left = [0.0] * lead, [], []
    order = order or (lambda shelf, coming: level - shelf - coming)
    for wanted in demand:
        if first == "order":
            coming.append(order(shelf, sum(coming)))
        shelf += coming.pop(0) if coming else 0
        sold.append(min(shelf, wanted) if lost else wanted)
        shelf -= sold[-1]
        left.append(shelf)
        if first == "sell":
            coming.append(order(shelf, sum(coming)))
    return np.array(sold, dtype=float), np.array(left, dtype=float)


@wrong("21.2", "one of two", "what is on its way is not counted")
def _(demand, level):
    return walk(demand, level, order=lambda shelf, coming: level - shelf)


@wrong("21.2", "one of two", "what is on the shelf is not counted")
def _(demand, level):
    return walk(demand, level, order=lambda shelf, coming: level - coming)


@wrong("21.2", "order of steps", "delivered at once")
def _(demand, level):
    return walk(demand, level, lead=0)


@wrong("21.2", "order of steps", "ordered on Sunday, after the week's sales")
def _(demand, level):
    return walk(demand, level, first="sell", lead=0)


@wrong("21.2", "off by one", "two weeks on the way")
def _(demand, level):
    return walk(demand, level, lead=2)


@wrong("21.2", "zero or negative", "whoever finds nothing waits: the stock falls below 0")
def _(demand, level):
    return walk(demand, level, lost=False)


@wrong("21.2", "edge", "the shelf begins empty")
def _(demand, level):
    return walk(demand, level, start=0)


@wrong("21.2", "neighbouring concept", "an order only when the shelf is empty")
def _(demand, level):
    return walk(
        demand, level, order=lambda shelf, coming: level - coming if shelf == 0 else 0 * level
    )


@wrong("21.2", "neighbouring concept", "never a delivery")
def _(demand, level):
    return walk(demand, level, order=lambda shelf, coming: 0)


@wrong("21.2", "neighbouring concept", "a newsvendor: each week begins with a full shelf")
def _(demand, level):
    demand = np.asarray(demand, dtype=float)
    return np.minimum(demand, level), np.maximum(level - demand, 0)


@wrong("21.2", "neighbouring concept", "orders what was asked for last week, lost or not")
def _(demand, level):
    asked = iter([0, *demand])
    return walk(demand, level, order=lambda shelf, coming: next(asked))


@wrong("21.2", "axis", "what is left comes first")
def _(demand, level):
    return walk(demand, level)[::-1]


@wrong("21.2", "mean of what", "the stock before the sales, not after")
def _(demand, level):
    sold, left = walk(demand, level)
    return sold, sold + left


@wrong("21.2", "mean of what", "sums over the weeks")
def _(demand, level):
    sold, left = walk(demand, level)
    return sold.cumsum(), left


@wrong("21.2", "tolerance", "whole units only")
def _(demand, level):
    sold, left = walk(demand, level)
    return sold.round(), left.round()


@wrong("21.2", "edge", "there must be a first week")
def _(demand, level):
    first = demand[0]
    sold, left = walk(demand, level)
    sold[0] = min(first, level)
    return sold, left


@right("21.2", "two arrays, filled week by week")
def _(demand, level):
    weeks = len(demand)
    orders, sold, left = np.zeros((3, weeks))
    for t in range(weeks):
        before = left[t - 1] if t else level
        orders[t] = level - before - (orders[t - 1] if t else 0)
        there = before + (orders[t - 1] if t else 0)
        sold[t] = min(there, demand[t])
        left[t] = there - sold[t]
    return sold, left


@right("21.2", "orders are last week's sales")
def _(demand, level):
    shelf, coming, before, sold, left = level, 0, 0, [], []
    for wanted in demand:
        shelf, coming = shelf + coming, before
        before = min(shelf, wanted)
        shelf -= before
        sold.append(before)
        left.append(shelf)
    return np.array(sold, dtype=float), np.array(left, dtype=float)


def shares(covered, planned):
    covered, planned = np.asarray(covered, dtype=float), np.asarray(planned, dtype=bool)
    return tuple(
        float(covered[planned == kind].mean()) if (planned == kind).any() else math.nan
        for kind in (False, True)
    )


def arrays(demand, bound):
    return np.asarray(demand, dtype=float), np.asarray(bound, dtype=float)


@wrong("21.3", "ties", "a bound that is just enough is none")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    return shares(demand < bound, planned)


@wrong("21.3", "sign", "the weeks in which it was not enough")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    return shares(demand > bound, planned)


@wrong("21.3", "axis", "weeks with a plan first")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    return shares(demand <= bound, planned)[::-1]


@wrong("21.3", "one of two", "one share for both kinds of weeks")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    both = float(np.mean(demand <= bound)) if len(demand) else math.nan
    return both, both


@wrong("21.3", "mean of what", "of all weeks, not of its kind")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    planned = np.asarray(planned, dtype=bool)
    if not len(demand):
        return math.nan, math.nan
    return tuple(float(np.mean((demand <= bound) & (planned == k))) for k in (False, True))


@wrong("21.3", "mean of what", "how many weeks, not which share")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    planned = np.asarray(planned, dtype=bool)
    return tuple(float(np.sum((demand <= bound) & (planned == k))) for k in (False, True))


@wrong("21.3", "neighbouring concept", "the share of units that could be sold")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    planned = np.asarray(planned, dtype=bool)
    sold = np.minimum(demand, bound)
    return tuple(
        float(sold[planned == k].sum() / demand[planned == k].sum())
        if demand[planned == k].sum()
        else math.nan
        for k in (False, True)
    )


@wrong("21.3", "zero or negative", "0 where there is no such week")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    return tuple(np.nan_to_num(shares(demand <= bound, planned)))


@wrong("21.3", "zero or negative", "weeks without demand left out")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    asked = demand > 0
    return shares((demand <= bound)[asked], np.asarray(planned, dtype=bool)[asked])


@wrong("21.3", "order of steps", "the means compared, not the weeks")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    planned = np.asarray(planned, dtype=bool)
    return tuple(
        float(demand[planned == k].mean() <= bound[planned == k].mean())
        if (planned == k).any()
        else math.nan
        for k in (False, True)
    )


@wrong("21.3", "order of rows", "the weeks with a plan taken for the last ones")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    return shares(demand <= bound, sorted(planned))


@wrong("21.3", "tolerance", "rounded to a tenth")
def _(demand, bound, planned):
    demand, bound = arrays(demand, bound)
    return tuple(round(share, 1) for share in shares(demand <= bound, planned))


@wrong("21.3", "edge", "a division by 0 where there is no such week")
def _(demand, bound, planned):
    weeks = list(zip(demand, bound, planned, strict=True))
    return tuple(
        sum(d <= b for d, b, p in weeks if p == kind) / sum(p == kind for *_, p in weeks)
        for kind in (False, True)
    )


@right("21.3", "lists and a loop")
def _(demand, bound, planned):
    found = {False: [], True: []}
    for wanted, enough, plan in zip(demand, bound, planned, strict=True):
        found[bool(plan)].append(wanted <= enough)
    return tuple(sum(weeks) / len(weeks) if weeks else float("nan") for weeks in found.values())


@right("21.3", "pandas, grouped")
def _(demand, bound, planned):
    table = pd.DataFrame({"d": demand, "b": bound, "p": planned}, dtype=float)
    covered = (table["d"] <= table["b"]).groupby(table["p"]).mean()
    return covered.get(0.0, math.nan), covered.get(1.0, math.nan)
