"""Ideas for the exercises about histories in order."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import softmax

from wrong_answers import right, wrong


def counted(pairs, n_items):
    counts = np.zeros((n_items, n_items))
    for now, following in pairs:
        counts[now, following] += 1
    return counts


@wrong("13.1", "axis", "rows are where you go")
def _(items, n_items):
    return counted(pairwise(items), n_items).T


@wrong("13.1", "collision", "`+=` with arrays counts a pair once")
def _(items, n_items):
    counts = np.zeros((n_items, n_items))
    counts[items[:-1], items[1:]] += 1
    return counts


@wrong("13.1", "collision", "a key of 10 · from + to")
def _(items, n_items):
    keys = Counter(10 * now + following for now, following in pairwise(items))
    counts = np.zeros((n_items, n_items))
    for key, times in keys.items():
        counts[key // 10, key % 10] += times
    return counts


@wrong("13.1", "neighbouring concept", "both directions")
def _(items, n_items):
    counts = counted(pairwise(items), n_items)
    return counts + counts.T


@wrong("13.1", "neighbouring concept", "every later event, not the next one")
def _(items, n_items):
    pairs = ((items[i], items[j]) for j in range(len(items)) for i in range(j))
    return counted(pairs, n_items)


@wrong("13.1", "neighbouring concept", "probabilities: rows that sum to 1")
def _(items, n_items):
    counts = counted(pairwise(items), n_items)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


@wrong("13.1", "neighbouring concept", "whether, not how often")
def _(items, n_items):
    return np.minimum(counted(pairwise(items), n_items), 1)


@wrong("13.1", "mean of what", "shares of all transitions")
def _(items, n_items):
    return counted(pairwise(items), n_items) / max(len(items) - 1, 1)


@wrong("13.1", "shapes", "as large as the largest number says")
def _(items, n_items):
    return counted(pairwise(items), max(items, default=-1) + 1)


@wrong("13.1", "off by one", "the last transition is missed")
def _(items, n_items):
    return counted(pairwise(items[:-1]), n_items)


@wrong("13.1", "off by one", "the second event after, not the next")
def _(items, n_items):
    return counted(zip(items[:-2], items[2:], strict=True), n_items)


@wrong("13.1", "off by one", "the last event leads back to the first")
def _(items, n_items):
    return counted(zip(items, np.roll(items, -1).astype(int), strict=True), n_items)


@wrong("13.1", "order of steps", "repeats taken out first")
def _(items, n_items):
    kept = [item for i, item in enumerate(items) if i == 0 or item != items[i - 1]]
    return counted(pairwise(kept), n_items)


@wrong("13.1", "order of rows", "the history sorted")
def _(items, n_items):
    return counted(pairwise(sorted(items)), n_items)


@wrong("13.1", "zero or negative", "item 0 taken for padding")
def _(items, n_items):
    return counted(pairwise(item for item in items if item), n_items)


@wrong("13.1", "edge", "there must be a first event")
def _(items, n_items):
    counts, now = np.zeros((n_items, n_items)), items[0]
    for following in items[1:]:
        counts[now, following] += 1
        now = following
    return counts


@wrong("13.1", "library call", "a histogram whose bins follow the data")
def _(items, n_items):
    return np.histogram2d(items[:-1], items[1:], bins=n_items)[0]


@right("13.1", "np.add.at")
def _(items, n_items):
    items = np.asarray(items, dtype=int)
    counts = np.zeros((n_items, n_items), dtype=int)
    np.add.at(counts, (items[:-1], items[1:]), 1)
    return counts


@right("13.1", "one key a pair, counted")
def _(items, n_items):
    keys = [now * n_items + following for now, following in pairwise(items)]
    return np.bincount(np.array(keys, dtype=int), minlength=n_items**2).reshape(n_items, n_items)


def scaled(query, key):
    return query @ key.T / np.sqrt(query.shape[1])


def later(scores, first=1):
    """Truth values: the places from `first` to the right of the diagonal on."""
    return np.triu(np.ones_like(scores), first) > 0


def masked(scores, hidden=None, value=-np.inf, axis=1):
    hidden = later(scores) if hidden is None else hidden
    return softmax(np.where(hidden, value, scores), axis=axis)


@wrong("13.2", "order of steps", "divided by the length, not its root")
def _(query, key):
    return masked(query @ key.T / query.shape[1])


@wrong("13.2", "one of two", "not divided at all")
def _(query, key):
    return masked(query @ key.T)


@wrong("13.2", "shapes", "the root of the number of places")
def _(query, key):
    return masked(query @ key.T / np.sqrt(len(query)))


@wrong("13.2", "axis", "keys look at queries")
def _(query, key):
    return masked(scaled(key, query))


@wrong("13.2", "axis", "columns sum to 1")
def _(query, key):
    return masked(scaled(query, key), value=-1e9, axis=0)


@wrong("13.2", "sign", "earlier places are hidden, later ones seen")
def _(query, key):
    scores = scaled(query, key)
    return masked(scores, later(scores).T, -1e9)


@wrong("13.2", "off by one", "a place does not see itself")
def _(query, key):
    scores = scaled(query, key)
    return masked(scores, later(scores, 0), -1e9)


@wrong("13.2", "off by one", "a place sees the next one")
def _(query, key):
    scores = scaled(query, key)
    return masked(scores, later(scores, 2), -1e9)


@wrong("13.2", "order of steps", "the mask after the softmax: rows sum to less than 1")
def _(query, key):
    return np.tril(softmax(scaled(query, key), axis=1))


@wrong("13.2", "order of steps", "the largest score taken off before the mask")
def _(query, key):
    scores = scaled(query, key)
    parts = np.tril(np.exp(scores - scores.max(axis=1, keepdims=True)))
    return parts / parts.sum(axis=1, keepdims=True)


@wrong("13.2", "zero or negative", "later places get a score of 0")
def _(query, key):
    return softmax(np.tril(scaled(query, key)), axis=1)


@wrong("13.2", "tolerance", "later places get a score of −100")
def _(query, key):
    return masked(scaled(query, key), value=-100)


@wrong("13.2", "tolerance", "later places get a score of −10,000")
def _(query, key):
    return masked(scaled(query, key), value=-10_000)


@wrong("13.2", "edge", "large scores overflow")
def _(query, key):
    parts = np.tril(np.exp(scaled(query, key)))
    return parts / parts.sum(axis=1, keepdims=True)


@wrong("13.2", "edge", "the largest score of the whole table taken off")
def _(query, key):
    scores = scaled(query, key)
    parts = np.tril(np.exp(scores - scores.max()))
    return parts / parts.sum(axis=1, keepdims=True)


@wrong("13.2", "neighbouring concept", "cosines in place of dot products")
def _(query, key):
    query, key = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        for rows in (query, key)
    )
    return masked(scaled(query, key))


@wrong("13.2", "neighbouring concept", "shares of the scores, without exponents")
def _(query, key):
    scores = np.tril(np.abs(query @ key.T)) + 1e-12 * np.eye(len(query))
    return scores / scores.sum(axis=1, keepdims=True)


@wrong("13.2", "neighbouring concept", "what the place takes in, not its shares")
def _(query, key):
    return masked(scaled(query, key)) @ key


@right("13.2", "a loop over the places")
def _(query, key):
    table = np.zeros((len(query), len(query)))
    for i in range(len(query)):
        scores = key[: i + 1] @ query[i] / math.sqrt(query.shape[1])
        parts = np.exp(scores - scores.max())
        table[i, : i + 1] = parts / parts.sum()
    return table


@right("13.2", "−inf for later places, scipy's softmax")
def _(query, key):
    return masked(np.einsum("id,jd->ij", query, key) * query.shape[1] ** -0.5)


def of(rises, same):
    return float(np.mean(rises[same])) if same.any() else float("nan")


@wrong("13.3", "mean of what", "the mean of the baskets' shares")
def _(numbers, baskets):
    log = pd.DataFrame({"number": numbers, "basket": baskets})
    shares = [
        np.mean(np.diff(part) > 0) for _, part in log.groupby("basket")["number"] if len(part) > 1
    ]
    return float(np.mean(shares)) if shares else float("nan")


@wrong("13.3", "mean of what", "of all neighbouring lines, other baskets' too")
def _(numbers, baskets):
    rises, same = np.diff(numbers) > 0, np.diff(baskets) == 0
    return float(np.mean(rises & same)) if same.any() else float("nan")


@wrong("13.3", "mean of what", "of all lines")
def _(numbers, baskets):
    rises, same = np.diff(numbers) > 0, np.diff(baskets) == 0
    return float(np.sum(rises & same) / len(numbers)) if same.any() else float("nan")


@wrong("13.3", "mean of what", "how many, not which share")
def _(numbers, baskets):
    rises, same = np.diff(numbers) > 0, np.diff(baskets) == 0
    return float(np.sum(rises & same)) if same.any() else float("nan")


@wrong("13.3", "ties", "equal numbers rise")
def _(numbers, baskets):
    return of(np.diff(numbers) >= 0, np.diff(baskets) == 0)


@wrong("13.3", "ties", "equal numbers do not count at all")
def _(numbers, baskets):
    steps = np.diff(numbers)
    return of(steps > 0, (np.diff(baskets) == 0) & (steps != 0))


@wrong("13.3", "sign", "lines that fall")
def _(numbers, baskets):
    return of(np.diff(numbers) < 0, np.diff(baskets) == 0)


@wrong("13.3", "one of two", "baskets are not looked at")
def _(numbers, baskets):
    return of(np.diff(numbers) > 0, np.ones(max(len(numbers) - 1, 0), dtype=bool))


@wrong("13.3", "order of rows", "a basket is taken for over when a smaller label comes")
def _(numbers, baskets):
    return of(np.diff(numbers) > 0, np.diff(baskets) <= 0)


@wrong("13.3", "order of rows", "the lines are sorted by basket first")
def _(numbers, baskets):
    order = np.argsort(baskets, kind="stable")
    numbers, baskets = np.array(numbers)[order], np.array(baskets)[order]
    return of(np.diff(numbers) > 0, np.diff(baskets) == 0)


@wrong("13.3", "off by one", "the baskets one line on")
def _(numbers, baskets):
    rises, same = np.diff(numbers) > 0, np.diff(baskets) == 0
    return of(rises[1:], same[:-1])


@wrong("13.3", "neighbouring concept", "all pairs of a basket, not only neighbours")
def _(numbers, baskets):
    rises = [
        numbers[i] < numbers[j]
        for j in range(len(numbers))
        for i in range(j)
        if baskets[i] == baskets[j]
    ]
    return float(np.mean(rises)) if rises else float("nan")


@wrong("13.3", "neighbouring concept", "the share of baskets that are sorted throughout")
def _(numbers, baskets):
    parts = pd.Series(numbers, dtype=float).groupby(pd.Series(baskets, dtype=float))
    shares = [part.is_monotonic_increasing for _, part in parts if len(part) > 1]
    return float(np.mean(shares)) if shares else float("nan")


@wrong("13.3", "neighbouring concept", "rising less falling")
def _(numbers, baskets):
    return of(np.sign(np.diff(numbers)), np.diff(baskets) == 0)


@wrong("13.3", "zero or negative", "no pair: 0")
def _(numbers, baskets):
    same = np.diff(baskets) == 0
    return float(np.mean(np.diff(numbers)[same] > 0)) if same.any() else 0.0


@wrong("13.3", "zero or negative", "product 0 taken for missing")
def _(numbers, baskets):
    steps = np.diff(numbers)
    known = np.array(numbers[:-1], dtype=int) > 0
    return of(steps > 0, (np.diff(baskets) == 0) & known)


@wrong("13.3", "edge", "a division by 0 where there is no pair")
def _(numbers, baskets):
    pairs = [(a, b) for i, (a, b) in enumerate(pairwise(numbers)) if baskets[i] == baskets[i + 1]]
    return sum(b > a for a, b in pairs) / len(pairs)


@wrong("13.3", "tolerance", "rounded to a tenth")
def _(numbers, baskets):
    return round(of(np.diff(numbers) > 0, np.diff(baskets) == 0), 1)


@right("13.3", "a loop over the lines")
def _(numbers, baskets):
    rising, pairs = 0, 0
    for i in range(1, len(numbers)):
        if baskets[i] == baskets[i - 1]:
            pairs += 1
            rising += numbers[i] > numbers[i - 1]
    return rising / pairs if pairs else math.nan


@right("13.3", "pandas, shifted by a line")
def _(numbers, baskets):
    log = pd.DataFrame({"number": numbers, "basket": baskets}, dtype=float)
    before = log.shift()
    same = log["basket"] == before["basket"]
    return float((log["number"] > before["number"])[same].mean())
