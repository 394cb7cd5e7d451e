"""Ideas for the exercises about ranking metrics."""

from fractions import Fraction
from math import comb

import numpy as np
import pandas as pd
from scipy import stats

from wrong_answers import right, wrong


def _or_nan(n_relevant):
    return np.where(n_relevant > 0, n_relevant, np.nan)


@wrong("10.1", "neighbouring concept", "recall over all relevant")
def _(hit, n_relevant):
    return hit.sum(axis=1) / _or_nan(n_relevant)


@wrong("10.1", "neighbouring concept", "precision over k")
def _(hit, n_relevant):
    return hit.sum(axis=1) / hit.shape[1] + 0 * _or_nan(n_relevant)


@wrong("10.1", "mean of what", "precision, 1 where all were found")
def _(hit, n_relevant):
    found = hit.sum(axis=1)
    return np.where(found == n_relevant, 1.0, found / hit.shape[1]) + 0 * _or_nan(n_relevant)


@wrong("10.1", "neighbouring concept", "recall, cut at 1 hit in k places")
def _(hit, n_relevant):
    found = hit.sum(axis=1)
    return np.maximum(found / _or_nan(n_relevant), found == hit.shape[1]) + 0 * _or_nan(n_relevant)


@wrong("10.1", "sign", "the larger of k and relevant")
def _(hit, n_relevant):
    return hit.sum(axis=1) / np.maximum(hit.shape[1], n_relevant) + 0 * _or_nan(n_relevant)


@wrong("10.1", "axis", "k is the number of users")
def _(hit, n_relevant):
    return hit.sum(axis=1) / np.minimum(hit.shape[0], _or_nan(n_relevant))


@wrong("10.1", "axis", "hits summed over the users")
def _(hit, n_relevant):
    possible = np.minimum(hit.shape[1], _or_nan(n_relevant))
    return np.resize(hit.sum(axis=0), len(hit)) / possible


@wrong("10.1", "zero or negative", "nothing relevant is 0")
def _(hit, n_relevant):
    return hit.sum(axis=1) / np.maximum(np.minimum(hit.shape[1], n_relevant), 1)


@wrong("10.1", "zero or negative", "nothing relevant is 1")
def _(hit, n_relevant):
    possible = np.minimum(hit.shape[1], _or_nan(n_relevant))
    return np.nan_to_num(hit.sum(axis=1) / possible, nan=1.0)


@wrong("10.1", "zero or negative", "nothing found has no value")
def _(hit, n_relevant):
    found = hit.sum(axis=1)
    return np.where(found > 0, found / np.minimum(hit.shape[1], _or_nan(n_relevant)), np.nan)


@wrong("10.1", "zero or negative", "users with nothing relevant are dropped")
def _(hit, n_relevant):
    hit, n_relevant = hit[n_relevant > 0], n_relevant[n_relevant > 0]
    return hit.sum(axis=1) / np.minimum(hit.shape[1], n_relevant)


@wrong("10.1", "mean of what", "the mean over the users")
def _(hit, n_relevant):
    return np.nanmean(hit.sum(axis=1) / np.minimum(hit.shape[1], _or_nan(n_relevant)))


@wrong("10.1", "mean of what", "adds up over all users before it divides")
def _(hit, n_relevant):
    share = hit.sum() / max(np.minimum(hit.shape[1], n_relevant).sum(), 1)
    return share + 0 * _or_nan(n_relevant)


@wrong("10.1", "one of two", "the smallest number of relevant items for everybody")
def _(hit, n_relevant):
    possible = min(hit.shape[1], *n_relevant[n_relevant > 0], 99)
    return hit.sum(axis=1) / possible + 0 * _or_nan(n_relevant)


@wrong("10.1", "edge", "k is always 10")
def _(hit, n_relevant):
    return hit.sum(axis=1) / np.minimum(10, _or_nan(n_relevant))


@wrong("10.1", "off by one", "one place too many")
def _(hit, n_relevant):
    return hit.sum(axis=1) / np.minimum(hit.shape[1] + 1, _or_nan(n_relevant))


@wrong("10.1", "shapes", "k is the place of the last hit")
def _(hit, n_relevant):
    k = np.where(hit.any(axis=1), hit.shape[1] - hit[:, ::-1].argmax(axis=1), hit.shape[1])
    return hit.sum(axis=1) / np.minimum(k, _or_nan(n_relevant))


@wrong("10.1", "library call", "floor division")
def _(hit, n_relevant):
    return hit.sum(axis=1) // np.minimum(hit.shape[1], _or_nan(n_relevant))


@wrong("10.1", "tolerance", "a little added to the divisor")
def _(hit, n_relevant):
    return hit.sum(axis=1) / (np.minimum(hit.shape[1], n_relevant) + 1e-9)


@right("10.1", "a loop over users")
def _(hit, n_relevant):
    values = []
    for row, n in zip(hit, n_relevant, strict=True):
        values.append(sum(row) / min(len(row), n) if n > 0 else float("nan"))
    return np.array(values)


@right("10.1", "a clipped Series of pandas")
def _(hit, n_relevant):
    possible = pd.Series(n_relevant).clip(upper=hit.shape[1]).replace(0, np.nan)
    return (pd.DataFrame(hit).sum(axis=1) / possible).to_numpy()


@right("10.1", "recall times what the cut takes away")
def _(hit, n_relevant):
    n = _or_nan(n_relevant)
    return hit.mean(axis=1) * np.maximum(hit.shape[1] / n, 1)


@wrong("10.2", "order of steps", "the chance at the mean rank")
def _(ranks, n_items, m):
    return float((1 - (ranks.mean() - 1) / (n_items - 1)) ** m)


@wrong("10.2", "order of steps", "the mean chance of one draw, to the power m")
def _(ranks, n_items, m):
    return float(np.mean(1 - (ranks - 1) / (n_items - 1)) ** m)


@wrong("10.2", "off by one", "the product itself among the negatives")
def _(ranks, n_items, m):
    return float(np.mean((1 - (ranks - 1) / n_items) ** m))


@wrong("10.2", "off by one", "ranks from 0")
def _(ranks, n_items, m):
    return float(np.mean(np.maximum(1 - ranks / (n_items - 1), 0) ** m))


@wrong("10.2", "off by one", "rank over n")
def _(ranks, n_items, m):
    return float(np.mean((1 - ranks / n_items) ** m))


@wrong("10.2", "off by one", "one negative too many")
def _(ranks, n_items, m):
    return float(np.mean((1 - (ranks - 1) / (n_items - 1)) ** (m + 1)))


@wrong("10.2", "neighbouring concept", "no negative comes twice")
def _(ranks, n_items, m):
    chances = [comb(n_items - int(rank), m) / max(comb(n_items - 1, m), 1) for rank in ranks]
    return float(np.mean(chances))


@wrong("10.2", "neighbouring concept", "chances added: 1 − m · better")
def _(ranks, n_items, m):
    return float(np.mean(np.maximum(1 - m * (ranks - 1) / (n_items - 1), 0)))


@wrong("10.2", "sign", "all negatives are better")
def _(ranks, n_items, m):
    return float(np.mean(((ranks - 1) / (n_items - 1)) ** m))


@wrong("10.2", "sign", "at least one negative is better")
def _(ranks, n_items, m):
    return float(np.mean(1 - (1 - (ranks - 1) / (n_items - 1)) ** m))


@wrong("10.2", "sign", "not all negatives are better")
def _(ranks, n_items, m):
    return float(np.mean(1 - ((ranks - 1) / (n_items - 1)) ** m))


@wrong("10.2", "mean of what", "the product over the users")
def _(ranks, n_items, m):
    return float(np.prod((1 - (ranks - 1) / (n_items - 1)) ** m))


@wrong("10.2", "mean of what", "the median user")
def _(ranks, n_items, m):
    return float(np.median((1 - (ranks - 1) / (n_items - 1)) ** m))


@wrong("10.2", "mean of what", "one value a user")
def _(ranks, n_items, m):
    return (1 - (ranks - 1) / (n_items - 1)) ** m


@wrong("10.2", "tolerance", "the exponential in place of the power")
def _(ranks, n_items, m):
    return float(np.mean(np.exp(-m * (ranks - 1) / (n_items - 1))))


@wrong("10.2", "tolerance", "rounded to two digits")
def _(ranks, n_items, m):
    return round(float(np.mean((1 - (ranks - 1) / (n_items - 1)) ** m)), 2)


@wrong("10.2", "tolerance", "a thousand samples are drawn")
def _(ranks, n_items, m):
    rng = np.random.default_rng(0)
    drawn = rng.random((1000, len(ranks), m)) >= ((ranks - 1) / (n_items - 1))[:, None]
    return float(drawn.all(axis=2).mean())


@wrong("10.2", "neighbouring concept", "first or second place")
def _(ranks, n_items, m):
    better = (ranks - 1) / (n_items - 1)
    return float(np.mean(stats.binom.cdf(1, m, better)))


@wrong("10.2", "library call", "floor division of ranks")
def _(ranks, n_items, m):
    return float(np.mean((1 - (ranks - 1) // (n_items - 1)) ** m))


@wrong("10.2", "one of two", "the catalogue without the sample: m only by its share")
def _(ranks, n_items, m):
    return float(np.mean((ranks - 1) * m / (n_items - 1) < 1))


@right("10.2", "a loop over users")
def _(ranks, n_items, m):
    total = 0
    for rank in ranks:
        total += ((n_items - rank) / (n_items - 1)) ** m
    return total / len(ranks)


@right("10.2", "the binomial distribution")
def _(ranks, n_items, m):
    return stats.binom.pmf(0, m, (ranks - 1) / (n_items - 1)).mean()


@right("10.2", "fractions")
def _(ranks, n_items, m):
    chances = [Fraction(n_items - int(rank), n_items - 1) ** m for rank in ranks]
    return float(sum(chances) / len(chances))


def _filled(products, spare):
    filled = products.copy()
    places = np.flatnonzero(products == -1)[: len(spare)]
    filled[places] = spare[: len(places)]
    return filled


@wrong("10.3", "ties", "a product that is popular twice comes twice")
def _(products, popular):
    return _filled(products, popular[~np.isin(popular, products)])


@wrong("10.3", "ties", "only neighbours in the popular list are compared")
def _(products, popular):
    spare = popular[~np.isin(popular, products)]
    return _filled(products, spare[np.append(True, spare[1:] != spare[:-1])[: len(spare)]])


@wrong("10.3", "one of two", "products on the list come again")
def _(products, popular):
    return _filled(products, np.array(list(dict.fromkeys(popular.tolist())), dtype=int))


@wrong("10.3", "zero or negative", "product 0 taken for an empty place")
def _(products, popular):
    filled = products.copy()
    for product in popular:
        empty = np.flatnonzero(filled <= 0)
        if len(empty) and product not in filled:
            filled[empty[0]] = product
    return filled


@wrong("10.3", "zero or negative", "product 0 is never filled in")
def _(products, popular):
    filled = products.tolist()
    for place, product in enumerate(filled):
        if product == -1:
            spare = next((new for new in popular.tolist() if new and new not in filled), None)
            filled[place] = -1 if spare is None else spare
    return np.array(filled)


@wrong("10.3", "library call", "setdiff1d, which sorts")
def _(products, popular):
    return _filled(products, np.setdiff1d(popular, products))


@wrong("10.3", "library call", "unique, which sorts")
def _(products, popular):
    return _filled(products, np.unique(popular[~np.isin(popular, products)]))


@wrong("10.3", "library call", "a set, which has no order")
def _(products, popular):
    spare = sorted(set(popular.tolist()) - set(products.tolist()), key=lambda p: -p)
    return _filled(products, np.array(spare, dtype=int))


@wrong("10.3", "order of rows", "the listed ones move to the front")
def _(products, popular):
    names = dict.fromkeys([*products[products >= 0].tolist(), *popular.tolist()])
    names = [*names, *[-1] * len(products)]
    return np.array(names[: len(products)])


@wrong("10.3", "order of rows", "filled from the last place on")
def _(products, popular):
    filled = products.copy()
    for product in popular:
        empty = np.flatnonzero(filled == -1)
        if len(empty) and product not in filled:
            filled[empty[-1]] = product
    return filled


@wrong("10.3", "sign", "the least popular first")
def _(products, popular):
    spare = dict.fromkeys(popular[::-1][~np.isin(popular[::-1], products)].tolist())
    return _filled(products, np.array(list(spare), dtype=int))


@wrong("10.3", "order of steps", "as many popular ones as places, then those on the list removed")
def _(products, popular):
    spare = list(dict.fromkeys(popular.tolist()))[: int(np.sum(products == -1))]
    return _filled(products, np.array([p for p in spare if p not in products], dtype=int))


@wrong("10.3", "off by one", "the popular product of the same place")
def _(products, popular):
    filled = products.copy()
    for place in np.flatnonzero(products == -1):
        if place < len(popular) and popular[place] not in filled:
            filled[place] = popular[place]
    return filled


@wrong("10.3", "edge", "only the first empty place")
def _(products, popular):
    spare = [p for p in popular.tolist() if p not in products]
    return _filled(products, np.array(spare[:1], dtype=int))


@wrong("10.3", "edge", "begins anew when the popular ones run out")
def _(products, popular):
    spare = np.array(list(dict.fromkeys(p for p in popular.tolist() if p not in products)))
    places = np.flatnonzero(products == -1)
    filled = products.copy()
    if len(spare):
        filled[places] = np.resize(spare, len(places))
    return filled


@wrong("10.3", "shapes", "places that stay empty are cut off")
def _(products, popular):
    names = dict.fromkeys(p for p in popular.tolist() if p not in products)
    filled = _filled(products, np.array(list(names), dtype=int))
    return filled[filled >= 0]


@wrong("10.3", "shapes", "one place after the other, until nothing is left: an error")
def _(products, popular):
    spare = iter(dict.fromkeys(p for p in popular.tolist() if p not in products))
    return np.array([next(spare) if p == -1 else p for p in products.tolist()])


@right("10.3", "one place after the other")
def _(products, popular):
    filled = list(products)
    for place, product in enumerate(products):
        left = [new for new in popular if new not in filled]
        if product == -1 and left:
            filled[place] = left[0]
    return np.array(filled)


@right("10.3", "a dictionary keeps the order and drops doubles")
def _(products, popular):
    spare = dict.fromkeys(popular.tolist())
    for product in products.tolist():
        spare.pop(product, None)
    return _filled(products, np.array(list(spare), dtype=int))


@right("10.3", "unique with first places")
def _(products, popular):
    _, first = np.unique(popular, return_index=True)
    names = popular[np.sort(first)]
    return _filled(products, names[~np.isin(names, products)])
