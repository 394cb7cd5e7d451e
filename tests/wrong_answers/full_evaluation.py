"""Ideas for the exercises about choosing among models and fusing their lists."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pandas as pd

from wrong_answers import right, wrong


def dominated(accuracy, cost, no_worse, better):
    """By any rival: no worse in both, better in one, by the two rules given."""
    as_good, as_cheap = no_worse(accuracy, accuracy[:, None]), no_worse(-cost, -cost[:, None])
    more = better(accuracy, accuracy[:, None]) | better(-cost, -cost[:, None])
    return as_good & as_cheap & more


@wrong("14.1", "sign", "the dearer model is taken for the better one")
def _(accuracy, cost):
    return ~dominated(accuracy, -cost, np.greater_equal, np.greater).any(axis=1)


@wrong("14.1", "sign", "the less accurate model is taken for the better one")
def _(accuracy, cost):
    return ~dominated(-accuracy, cost, np.greater_equal, np.greater).any(axis=1)


@wrong("14.1", "axis", "true for whoever dominates nobody")
def _(accuracy, cost):
    return ~dominated(accuracy, cost, np.greater_equal, np.greater).any(axis=0)


@wrong("14.1", "axis", "true for whoever dominates somebody")
def _(accuracy, cost):
    return dominated(accuracy, cost, np.greater_equal, np.greater).any(axis=0)


@wrong("14.1", "ties", "a rival must be better in both")
def _(accuracy, cost):
    return ~((accuracy > accuracy[:, None]) & (cost < cost[:, None])).any(axis=1)


@wrong("14.1", "ties", "a rival that is equal in both dominates too")
def _(accuracy, cost):
    beaten = (accuracy >= accuracy[:, None]) & (cost <= cost[:, None])
    np.fill_diagonal(beaten, False)
    return ~beaten.any(axis=1)


@wrong("14.1", "ties", "better in accuracy is asked for, cheaper alone does not count")
def _(accuracy, cost):
    return ~((accuracy > accuracy[:, None]) & (cost <= cost[:, None])).any(axis=1)


@wrong("14.1", "ties", "cheaper is asked for, better alone does not count")
def _(accuracy, cost):
    return ~((accuracy >= accuracy[:, None]) & (cost < cost[:, None])).any(axis=1)


@wrong("14.1", "ties", "of equal models only the first is kept")
def _(accuracy, cost):
    keep, best = np.zeros(len(cost), dtype=bool), -np.inf
    for i in np.lexsort((-accuracy, cost)):
        keep[i], best = accuracy[i] > best, max(best, accuracy[i])
    return keep


@wrong("14.1", "order of rows", "the models are taken for sorted by cost")
def _(accuracy, cost):
    return accuracy >= np.maximum.accumulate(accuracy)


@wrong("14.1", "order of rows", "the answer stands in the order of the costs")
def _(accuracy, cost):
    order = np.lexsort((-accuracy, cost))
    beaten = dominated(accuracy, cost, np.greater_equal, np.greater).any(axis=1)
    return ~beaten[order]


@wrong("14.1", "one of two", "compared with the cheapest model only")
def _(accuracy, cost):
    cheapest = accuracy[cost == cost.min()].max()
    return (accuracy > cheapest) | ((cost == cost.min()) & (accuracy == cheapest))


@wrong("14.1", "one of two", "compared with the most accurate model only")
def _(accuracy, cost):
    best = cost[accuracy == accuracy.max()].min()
    return (cost < best) | ((accuracy == accuracy.max()) & (cost == best))


@wrong("14.1", "one of two", "the most accurate and the cheapest")
def _(accuracy, cost):
    return (accuracy == accuracy.max()) | (cost == cost.min())


@wrong("14.1", "off by one", "compared with the next cheaper model only")
def _(accuracy, cost):
    keep = np.ones(len(cost), dtype=bool)
    order = np.lexsort((-accuracy, cost))
    for before, i in pairwise(order):
        keep[i] = accuracy[i] > accuracy[before] or (
            accuracy[i] == accuracy[before] and cost[i] == cost[before]
        )
    return keep


@wrong("14.1", "zero or negative", "the best accuracy so far starts at 0")
def _(accuracy, cost):
    keep = np.zeros(len(cost), dtype=bool)
    for i in range(len(cost)):
        cheaper = accuracy[cost < cost[i]].max(initial=0)
        alike = accuracy[cost == cost[i]].max(initial=0)
        keep[i] = accuracy[i] > cheaper and accuracy[i] == alike
    return keep


@wrong("14.1", "neighbouring concept", "accuracy for the money, at least the mean of it")
def _(accuracy, cost):
    worth = accuracy / cost
    return worth >= worth.mean()


@wrong("14.1", "tolerance", "nearly equal taken for equal")
def _(accuracy, cost):
    near = np.isclose(accuracy[:, None], accuracy), np.isclose(cost[:, None], cost)
    as_good = near[0] | (accuracy >= accuracy[:, None])
    as_cheap = near[1] | (cost <= cost[:, None])
    better = (~near[0] & (accuracy > accuracy[:, None])) | (~near[1] & (cost < cost[:, None]))
    return ~(as_good & as_cheap & better).any(axis=1)


@wrong("14.1", "library call", "zeros and ones in place of truth values")
def _(accuracy, cost):
    beaten = dominated(accuracy, cost, np.greater_equal, np.greater).any(axis=1)
    return np.where(beaten, 0.0, 1.0)


@right("14.1", "two loops")
def _(accuracy, cost):
    keep = []
    for a, c in zip(accuracy, cost, strict=True):
        keep.append(
            not any(
                x >= a and y <= c and (x > a or y < c) for x, y in zip(accuracy, cost, strict=True)
            )
        )
    return np.array(keep)


@right("14.1", "sorted by cost, then the best accuracy so far, equal models together")
def _(accuracy, cost):
    table = pd.DataFrame({"accuracy": accuracy, "cost": cost})
    best = table.groupby("cost")["accuracy"].max()
    ahead = best.cummax().shift(fill_value=-np.inf)
    mine = table["accuracy"].to_numpy()
    top = mine == best.reindex(table["cost"]).to_numpy()
    return top & (mine > ahead.reindex(table["cost"]).to_numpy())


def sums_of(lists, worth):
    sums = defaultdict(float)
    for products in lists:
        for place, item in enumerate(products, start=1):
            if item >= 0:
                sums[int(item)] += worth(place, len(products))
    return {item: round(total, 12) for item, total in sums.items()}


def in_order(sums, k):
    return np.array(sorted(sums, key=lambda item: (-sums[item], item))[:k])


@wrong("14.2", "off by one", "places counted from 0")
def _(lists, constant, k):
    return in_order(sums_of(lists, lambda place, n: 1 / max(constant + place - 1, 1e-9)), k)


@wrong("14.2", "off by one", "one product more")
def _(lists, constant, k):
    return in_order(sums_of(lists, lambda place, n: 1 / (constant + place)), k + 1)


@wrong("14.2", "sign", "the worst products first")
def _(lists, constant, k):
    return in_order(sums_of(lists, lambda place, n: -1 / (constant + place)), k)


@wrong("14.2", "ties", "of equal sums the larger number first")
def _(lists, constant, k):
    sums = sums_of(lists, lambda place, n: 1 / (constant + place))
    return np.array(sorted(sums, key=lambda item: (sums[item], item), reverse=True)[:k])


@wrong("14.2", "ties", "of equal sums the product that was seen first")
def _(lists, constant, k):
    sums = sums_of(lists, lambda place, n: 1 / (constant + place))
    return np.array(sorted(sums, key=lambda item: -sums[item])[:k])


@wrong("14.2", "library call", "most_common, which keeps ties as they were seen")
def _(lists, constant, k):
    sums = Counter(sums_of(lists, lambda place, n: 1 / (constant + place)))
    return np.array([item for item, _ in sums.most_common(k)])


@wrong("14.2", "zero or negative", "product 0 taken for a gap")
def _(lists, constant, k):
    sums = sums_of(lists, lambda place, n: 1 / (constant + place))
    sums.pop(0, None)
    return in_order(sums, k)


@wrong("14.2", "zero or negative", "a gap taken for product -1")
def _(lists, constant, k):
    moved = [np.asarray(products) + 1 for products in lists]
    return in_order(sums_of(moved, lambda place, n: 1 / (constant + place)), k) - 1


@wrong("14.2", "edge", "gaps closed before the places are counted")
def _(lists, constant, k):
    closed = [products[products >= 0] for products in lists]
    return in_order(sums_of(closed, lambda place, n: 1 / (constant + place)), k)


@wrong("14.2", "edge", "a list ends at its first gap")
def _(lists, constant, k):
    cut = [products[: np.argmax(np.append(products, -1) < 0)] for products in lists]
    return in_order(sums_of(cut, lambda place, n: 1 / (constant + place)), k)


@wrong("14.2", "edge", "products on no list fill up")
def _(lists, constant, k):
    sums = np.zeros(max(max(products) for products in lists) + 1)
    for item, total in sums_of(lists, lambda place, n: 1 / (constant + place)).items():
        sums[item] = total
    return np.argsort(-sums, kind="stable")[:k]


@wrong("14.2", "edge", "-1 fills up to k")
def _(lists, constant, k):
    found = in_order(sums_of(lists, lambda place, n: 1 / (constant + place)), k)
    return np.append(found, np.full(k - len(found), -1)).astype(int)


@wrong("14.2", "shapes", "lists stacked, so of equal length only")
def _(lists, constant, k):
    stacked = np.stack(lists)
    return in_order(sums_of(stacked, lambda place, n: 1 / (constant + place)), k)


@wrong("14.2", "one of two", "two lists, and no more")
def _(lists, constant, k):
    return in_order(sums_of(lists[:2], lambda place, n: 1 / (constant + place)), k)


@wrong("14.2", "one of two", "the paper's 60, whatever the constant")
def _(lists, constant, k):
    return in_order(sums_of(lists, lambda place, n: 1 / (60 + place)), k)


@wrong("14.2", "mean of what", "the mean over the lists that have the product")
def _(lists, constant, k):
    sums = sums_of(lists, lambda place, n: 1 / (constant + place))
    on = Counter(int(item) for products in lists for item in products)
    return in_order({item: round(total / on[item], 12) for item, total in sums.items()}, k)


@wrong("14.2", "neighbouring concept", "Borda's count: the places that are left")
def _(lists, constant, k):
    return in_order(sums_of(lists, lambda place, n: n - place), k)


@wrong("14.2", "neighbouring concept", "the logarithm of NDCG")
def _(lists, constant, k):
    return in_order(sums_of(lists, lambda place, n: 1 / np.log2(constant + place + 1)), k)


@wrong("14.2", "order of steps", "lists cut to k first")
def _(lists, constant, k):
    cut = [products[:k] for products in lists]
    return in_order(sums_of(cut, lambda place, n: 1 / (constant + place)), k)


@wrong("14.2", "order of steps", "1 over the sum of all places")
def _(lists, constant, k):
    places = sums_of(lists, lambda place, n: place)
    return in_order({item: 1 / (constant + total) for item, total in places.items()}, k)


@wrong("14.2", "tolerance", "sums compared to three digits")
def _(lists, constant, k):
    sums = sums_of(lists, lambda place, n: 1 / (constant + place))
    return in_order({item: round(total, 3) for item, total in sums.items()}, k)


@right("14.2", "NumPy's add.at and lexsort")
def _(lists, constant, k):
    sums = np.zeros(1 + max(int(products.max()) for products in lists))
    for products in lists:
        there = products >= 0
        np.add.at(sums, products[there], 1 / (constant + 1 + np.flatnonzero(there)))
    found = np.flatnonzero(sums)
    return found[np.lexsort((found, -sums[found].round(12)))][:k]


@right("14.2", "a table in pandas")
def _(lists, constant, k):
    rows = pd.concat([pd.DataFrame({"item": p, "at": 1 + np.arange(len(p))}) for p in lists])
    rows = rows[rows["item"] >= 0]
    sums = (1 / (constant + rows["at"])).groupby(rows["item"]).sum().round(12)
    return sums.sort_index().sort_values(ascending=False, kind="stable").index[:k].to_numpy()
