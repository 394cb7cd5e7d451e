"""Ideas for the exercises about baselines."""

import math
from collections import Counter

import numpy as np
import pandas as pd
from scipy.spatial import distance

from wrong_answers import right, wrong


def parts(a, b):
    """Dot product and lengths of two lists of counts."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return a @ b, np.linalg.norm(a), np.linalg.norm(b)


def ratio(top, bottom):
    return float(top / bottom) if bottom else 0.0


@wrong("11.1", "sign", "shrinkage taken away below")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot, one * two - shrinkage)


@wrong("11.1", "neighbouring concept", "shrinkage taken away above")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot - shrinkage, one * two)


@wrong("11.1", "neighbouring concept", "the cosine, times the share of common shoppers")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    common = np.sum((np.asarray(a) > 0) & (np.asarray(b) > 0))
    return ratio(dot, one * two) * ratio(common, common + shrinkage)


@wrong("11.1", "neighbouring concept", "Jaccard: bought or not")
def _(a, b, shrinkage):
    a, b = np.asarray(a) > 0, np.asarray(b) > 0
    return ratio(np.sum(a & b), np.sum(a | b) + shrinkage)


@wrong("11.1", "neighbouring concept", "counts taken as bought or not")
def _(a, b, shrinkage):
    dot, one, two = parts(np.asarray(a) > 0, np.asarray(b) > 0)
    return ratio(dot, one * two + shrinkage)


@wrong("11.1", "order of steps", "shrinkage under the root")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot, np.sqrt(one**2 * two**2 + shrinkage))


@wrong("11.1", "order of steps", "shrinkage added to each length")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot, (one + shrinkage) * (two + shrinkage))


@wrong("11.1", "order of steps", "the cosine first, then divided by 1 + shrinkage")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot, one * two) / (1 + shrinkage)


@wrong("11.1", "shapes", "lengths without the root")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot, one**2 * two**2 + shrinkage)


@wrong("11.1", "library call", "sums in place of lengths (the norm of order 1)")
def _(a, b, shrinkage):
    return ratio(np.dot(a, b), np.linalg.norm(a, 1) * np.linalg.norm(b, 1) + shrinkage)


@wrong("11.1", "library call", "scipy's cosine is a distance")
def _(a, b, shrinkage):
    if not any(a) or not any(b):
        return 0.0
    return distance.cosine(a, b)


@wrong("11.1", "mean of what", "the dot product as a mean over the shoppers")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot / len(a), one * two + shrinkage)


@wrong("11.1", "one of two", "an empty column is looked for in a only")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return 0.0 if one == 0 else float(np.divide(dot, one * two + shrinkage))


@wrong("11.1", "one of two", "the length of a, twice")
def _(a, b, shrinkage):
    dot, one, _ = parts(a, b)
    return ratio(dot, one * one + shrinkage)


@wrong("11.1", "zero or negative", "without shrinkage there is no similarity")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return ratio(dot, one * two + shrinkage) if shrinkage else 0.0


@wrong("11.1", "zero or negative", "two empty columns are alike")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return float(dot / (one * two + shrinkage)) if one * two + shrinkage else 1.0


@wrong("11.1", "tolerance", "rounded to two digits")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return round(ratio(dot, one * two + shrinkage), 2)


@right("11.1", "a loop over both lists")
def _(a, b, shrinkage):
    dot, one, two = 0, 0, 0
    for x, y in zip(a, b, strict=True):
        dot, one, two = dot + x * y, one + x * x, two + y * y
    bottom = math.sqrt(one * two) + shrinkage
    return dot / bottom if bottom > 0 else 0


@right("11.1", "no product of two bought by both: 0 before anything else")
def _(a, b, shrinkage):
    dot, one, two = parts(a, b)
    return 0.0 if dot == 0 else dot / (one * two + shrinkage)


@wrong("11.2", "collision", "`counts[items] += weights` keeps one purchase of a product")
def _(items, ages, half_life, n_items):
    counts = np.zeros(n_items)
    counts[items] += 0.5 ** (ages / half_life)
    return counts


@wrong("11.2", "shapes", "as long as the largest number says")
def _(items, ages, half_life, n_items):
    return np.bincount(items, weights=0.5 ** (ages / half_life))


@wrong("11.2", "shapes", "only the products that were bought")
def _(items, ages, half_life, n_items):
    return pd.Series(0.5 ** (ages / half_life)).groupby(items).sum().to_numpy()


@wrong("11.2", "neighbouring concept", "e in place of 2")
def _(items, ages, half_life, n_items):
    return np.bincount(items, np.exp(-ages / half_life), n_items)


@wrong("11.2", "neighbouring concept", "a straight line to half")
def _(items, ages, half_life, n_items):
    return np.bincount(items, np.maximum(0, 1 - ages / (2 * half_life)), n_items)


@wrong("11.2", "neighbouring concept", "shares: the counts made to sum to 1")
def _(items, ages, half_life, n_items):
    counts = np.bincount(items, 0.5 ** (ages / half_life), n_items)
    return counts / max(counts.sum(), 1e-12)


@wrong("11.2", "sign", "the older, the more")
def _(items, ages, half_life, n_items):
    return np.bincount(items, 2.0 ** (ages / half_life), n_items)


@wrong("11.2", "order of steps", "ages added up, then faded")
def _(items, ages, half_life, n_items):
    total = np.bincount(items, ages, n_items)
    return np.where(np.bincount(items, minlength=n_items) > 0, 0.5 ** (total / half_life), 0.0)


@wrong("11.2", "mean of what", "the mean weight of a product's purchases")
def _(items, ages, half_life, n_items):
    counts = np.bincount(items, 0.5 ** (ages / half_life), n_items)
    return counts / np.maximum(np.bincount(items, minlength=n_items), 1)


@wrong("11.2", "mean of what", "the count, faded by the mean age")
def _(items, ages, half_life, n_items):
    times = np.bincount(items, minlength=n_items)
    mean = np.bincount(items, ages, n_items) / np.maximum(times, 1)
    return times * 0.5 ** (mean / half_life)


@wrong("11.2", "one of two", "the half-life is forgotten")
def _(items, ages, half_life, n_items):
    return np.bincount(items, 0.5**ages, n_items)


@wrong("11.2", "tolerance", "whole half-lives only")
def _(items, ages, half_life, n_items):
    return np.bincount(items, 0.5 ** (ages // half_life), n_items)


@wrong("11.2", "tolerance", "what has faded below one hundredth is left out")
def _(items, ages, half_life, n_items):
    weights = 0.5 ** (ages / half_life)
    return np.bincount(items, np.where(weights < 0.01, 0, weights), n_items)


@wrong("11.2", "zero or negative", "today's purchase has no age, so no weight")
def _(items, ages, half_life, n_items):
    return np.bincount(items, np.where(ages > 0, 0.5 ** (ages / half_life), 0), n_items)


@wrong("11.2", "order of rows", "the products sorted, the ages not")
def _(items, ages, half_life, n_items):
    return np.bincount(np.sort(items), 0.5 ** (ages / half_life), n_items)


@wrong("11.2", "off by one", "products counted from 1")
def _(items, ages, half_life, n_items):
    return np.bincount(items, 0.5 ** (ages / half_life), n_items + 1)[1:]


@wrong("11.2", "edge", "only a product's latest purchase")
def _(items, ages, half_life, n_items):
    counts = np.zeros(n_items)
    np.maximum.at(counts, items, 0.5 ** (ages / half_life))
    return counts


@right("11.2", "a loop over the purchases")
def _(items, ages, half_life, n_items):
    counts = np.zeros(n_items)
    for item, age in zip(items, ages, strict=True):
        counts[item] += 2 ** (-age / half_life)
    return counts


@right("11.2", "one-hot rows, summed with the weights; e to the power of −ln 2 · age / half-life")
def _(items, ages, half_life, n_items):
    return np.exp(-np.log(2) * ages / half_life) @ np.eye(n_items)[items]


def shown_most(lists):
    """How often each product is shown, the most shown first."""
    return np.sort(np.unique(lists[lists >= 0], return_counts=True)[1])[::-1]


@wrong("11.3", "edge", "`[-n:]` takes all where n is 0")
def _(lists, n):
    shown = shown_most(lists)[::-1]
    return float(shown[-n:].sum() / shown.sum()) if len(shown) else 0.0


@wrong("11.3", "edge", "n products must be there")
def _(lists, n):
    shown = shown_most(lists)
    return sum(shown[place] for place in range(n)) / max(shown.sum(), 1)


@wrong("11.3", "zero or negative", "empty places count as a product")
def _(lists, n):
    shown = np.sort(np.unique(lists, return_counts=True)[1])[::-1]
    return float(shown[:n].sum() / shown.sum())


@wrong("11.3", "zero or negative", "product 0 taken for empty")
def _(lists, n):
    shown = np.sort(np.unique(lists[lists > 0], return_counts=True)[1])[::-1]
    return float(shown[:n].sum() / max(shown.sum(), 1))


@wrong("11.3", "zero or negative", "0 divided by 0 where no place is filled")
def _(lists, n):
    shown = shown_most(lists)
    return float(np.divide(shown[:n].sum(), shown.sum()))


@wrong("11.3", "mean of what", "of all places, the empty ones too")
def _(lists, n):
    return float(shown_most(lists)[:n].sum() / lists.size)


@wrong("11.3", "mean of what", "of the households, not of the places")
def _(lists, n):
    return float(shown_most(lists)[:n].sum() / len(lists))


@wrong("11.3", "mean of what", "the mean over the lists of each list's share")
def _(lists, n):
    products, times = np.unique(lists[lists >= 0], return_counts=True)
    top = products[np.argsort(-times, kind="stable")[:n]]
    shares = [np.isin(row[row >= 0], top).mean() for row in lists if (row >= 0).any()]
    return float(np.mean(shares)) if shares else 0.0


@wrong("11.3", "sign", "the n products shown least")
def _(lists, n):
    shown = shown_most(lists)[::-1]
    return float(shown[:n].sum() / max(shown.sum(), 1))


@wrong("11.3", "sign", "the n products with the smallest numbers")
def _(lists, n):
    shown = np.unique(lists[lists >= 0], return_counts=True)[1]
    return float(shown[:n].sum() / max(shown.sum(), 1))


@wrong("11.3", "off by one", "the n-th alone")
def _(lists, n):
    shown = shown_most(lists)
    return float(shown[n - 1 : n].sum() / max(shown.sum(), 1))


@wrong("11.3", "off by one", "one product more")
def _(lists, n):
    shown = shown_most(lists)
    return float(shown[: n + 1].sum() / max(shown.sum(), 1))


@wrong("11.3", "neighbouring concept", "n of the different products that are shown")
def _(lists, n):
    different = len(shown_most(lists))
    return min(n / different, 1.0) if different else 0.0


@wrong("11.3", "axis", "the first n places of each list")
def _(lists, n):
    filled = lists >= 0
    return float(filled[:, :n].sum() / max(filled.sum(), 1))


@wrong("11.3", "library call", "`np.bincount` of all places does not take −1")
def _(lists, n):
    shown = np.sort(np.bincount(lists.ravel()))[::-1]
    return float(shown[:n].sum() / shown.sum())


@wrong("11.3", "collision", "the minus sign dropped: an empty place becomes product 1")
def _(lists, n):
    shown = shown_most(np.abs(lists))
    return float(shown[:n].sum() / shown.sum())


@wrong("11.3", "ties", "all products that tie with the n-th")
def _(lists, n):
    shown = shown_most(lists)
    if n == 0 or not len(shown):
        return 0.0
    return float(shown[shown >= shown[min(n, len(shown)) - 1]].sum() / shown.sum())


@wrong("11.3", "shapes", "lists with an empty place are left out")
def _(lists, n):
    shown = shown_most(lists[(lists >= 0).all(axis=1)])
    return float(shown[:n].sum() / max(shown.sum(), 1))


@right("11.3", "a Counter over all places")
def _(lists, n):
    places = [item for row in lists.tolist() for item in row if item >= 0]
    top = sum(times for _, times in Counter(places).most_common(n))
    return top / len(places) if places else 0


@right("11.3", "pandas counts the values")
def _(lists, n):
    filled = pd.Series(lists[lists >= 0])
    return float(filled.value_counts(normalize=True).head(n).sum())
