"""Ideas for the exercises about explanations."""

from itertools import combinations, permutations
from math import factorial

import numpy as np

from wrong_answers import right, wrong


def best(parts, k, *, keep=None):
    """The k first of the kept places, the largest part first, equal ones in catalogue order."""
    keep = parts > 0 if keep is None else keep
    return [int(i) for i in np.argsort(-parts, kind="stable") if keep[i]][:k]


@wrong("24.1", "axis", "what the item speaks for, not what speaks for it")
def _(row, weights, item, k):
    return best(row * weights[item], k)


@wrong("24.1", "sign", "the smallest parts first")
def _(row, weights, item, k):
    parts = row * weights[:, item]
    return [int(i) for i in np.argsort(parts, kind="stable") if parts[i] > 0][:k]


@wrong("24.1", "one of two", "the weights alone, bought or not")
def _(row, weights, item, k):
    return best(weights[:, item], k)


@wrong("24.1", "one of two", "bought or not, not how much")
def _(row, weights, item, k):
    return best((row > 0) * weights[:, item], k)


@wrong("24.1", "one of two", "the most bought products")
def _(row, weights, item, k):
    return best(row, k)


@wrong("24.1", "zero or negative", "what speaks against counts by its size")
def _(row, weights, item, k):
    return best(np.abs(row * weights[:, item]), k)


@wrong("24.1", "zero or negative", "always k reasons, whatever their sign")
def _(row, weights, item, k):
    return best(row * weights[:, item], k, keep=np.ones(len(row), dtype=bool))


@wrong("24.1", "zero or negative", "a part of 0 is a reason")
def _(row, weights, item, k):
    parts = row * weights[:, item]
    return best(parts, k, keep=parts >= 0)


@wrong("24.1", "ties", "equal parts in reversed catalogue order")
def _(row, weights, item, k):
    parts = row * weights[:, item]
    order = np.argsort(parts, kind="stable")[::-1]
    return [int(i) for i in order if parts[i] > 0][:k]


@wrong("24.1", "order of rows", "in catalogue order, not by strength")
def _(row, weights, item, k):
    return sorted(best(row * weights[:, item], k))


@wrong("24.1", "off by one", "the strongest left out")
def _(row, weights, item, k):
    return best(row * weights[:, item], k + 1)[1:]


@wrong("24.1", "off by one", "one too many")
def _(row, weights, item, k):
    return best(row * weights[:, item], k + 1)


@wrong("24.1", "order of steps", "the largest k, and of those the products that were bought")
def _(row, weights, item, k):
    return [i for i in best(weights[:, item], k) if row[i]]


@wrong("24.1", "library call", "the places among the bought products, not in the catalogue")
def _(row, weights, item, k):
    bought = np.flatnonzero(row)
    return best(row[bought] * weights[bought, item], k)


@wrong("24.1", "neighbouring concept", "the parts themselves, not the products")
def _(row, weights, item, k):
    parts = row * weights[:, item]
    return [float(parts[i]) for i in best(parts, k)]


@right("24.1", "sorted pairs")
def _(row, weights, item, k):
    pairs = sorted((-row[i] * weights[i][item], i) for i in range(len(row)))
    return [i for part, i in pairs if part < 0][:k]


@right("24.1", "one maximum after the other")
def _(row, weights, item, k):
    parts, found = row * weights[:, item], []
    while len(found) < k and parts.max() > 0:
        found.append(int(np.argmax(parts)))
        parts[found[-1]] = 0.0
    return found


def by_size(values, players, weight):
    """Σ over coalitions without the player of weight(size) · what it adds."""
    worth = np.zeros(players)
    for player in range(players):
        for here in range(2**players):
            if not here >> player & 1:
                added = values[here | 1 << player] - values[here]
                worth[player] += weight(here.bit_count(), players) * added
    return worth


def fair(size, players):
    return factorial(size) * factorial(players - size - 1) / factorial(players)


@wrong("24.2", "neighbouring concept", "what each is worth alone")
def _(values, players):
    return np.array([values[1 << i] for i in range(players)])


@wrong("24.2", "neighbouring concept", "what each adds alone to nobody")
def _(values, players):
    return np.array([values[1 << i] - values[0] for i in range(players)])


@wrong("24.2", "neighbouring concept", "what is lost when one leaves all the others")
def _(values, players):
    return np.array([values[-1] - values[len(values) - 1 - (1 << i)] for i in range(players)])


@wrong("24.2", "neighbouring concept", "equal parts of the whole")
def _(values, players):
    return np.full(players, (values[-1] - values[0]) / players)


@wrong("24.2", "mean of what", "the mean over coalitions (Banzhaf), not over orders")
def _(values, players):
    return by_size(values, players, lambda size, n: 1 / 2 ** (n - 1))


@wrong("24.2", "mean of what", "the sum over coalitions")
def _(values, players):
    return by_size(values, players, lambda size, n: 1.0)


@wrong("24.2", "mean of what", "each size of coalition counted as one order")
def _(values, players):
    return by_size(values, players, lambda size, n: 1 / n)


@wrong("24.2", "off by one", "n − |S| in place of n − |S| − 1")
def _(values, players):
    return by_size(
        values, players, lambda size, n: factorial(size) * factorial(n - size) / factorial(n)
    )


@wrong("24.2", "off by one", "the empty coalition left out")
def _(values, players):
    return by_size(values, players, lambda size, n: fair(size, n) if size else 0.0)


@wrong("24.2", "sign", "what is there without the player minus what is there with him")
def _(values, players):
    return -by_size(values, players, fair)


@wrong("24.2", "order of rows", "the highest bit is player 0")
def _(values, players):
    return by_size(values, players, fair)[::-1]


@wrong("24.2", "one of two", "the value with the player, not what he adds")
def _(values, players):
    worth = np.zeros(players)
    for player in range(players):
        for here in range(2**players):
            if not here >> player & 1:
                worth[player] += fair(here.bit_count(), players) * values[here | 1 << player]
    return worth


@wrong("24.2", "order of steps", "one order of arrival is enough")
def _(values, players):
    return np.array([values[2 ** (i + 1) - 1] - values[2**i - 1] for i in range(players)])


@wrong("24.2", "zero or negative", "what is lost counts as nothing")
def _(values, players):
    return by_size(np.maximum(values, 0), players, fair)


@right("24.2", "the mean over all orders")
def _(values, players):
    worth, orders = np.zeros(players), list(permutations(range(players)))
    for order in orders:
        here = 0
        for player in order:
            worth[player] += values[here | 1 << player] - values[here]
            here |= 1 << player
    return worth / len(orders)


@right("24.2", "the formula with factorials")
def _(values, players):
    return by_size(values, players, fair)


@wrong("24.3", "tolerance", "the lead must fall below 0")
def _(parts):
    parts, gone = sorted(parts, reverse=True), 0
    while gone < len(parts) and sum(parts[gone:]) >= 0:
        gone += 1
    return gone


@wrong("24.3", "sign", "the smallest parts go first")
def _(parts):
    parts, gone = sorted(parts), 0
    while sum(parts[gone:]) > 0:
        gone += 1
    return gone


@wrong("24.3", "order of rows", "in the order given")
def _(parts):
    gone = 0
    while sum(parts[gone:]) > 0:
        gone += 1
    return gone


@wrong("24.3", "zero or negative", "the largest by size, whatever the sign")
def _(parts):
    parts, gone = sorted(parts, key=abs, reverse=True), 0
    while sum(parts[gone:]) > 0:
        gone += 1
    return gone


@wrong("24.3", "zero or negative", "every positive part must go")
def _(parts):
    return sum(part > 0 for part in parts)


@wrong("24.3", "off by one", "one more than needed")
def _(parts):
    parts, gone = sorted(parts, reverse=True), 0
    while gone < len(parts) and sum(parts[gone:]) > 0:
        gone += 1
    return gone + 1


@wrong("24.3", "off by one", "at least one must go")
def _(parts):
    parts, gone = sorted(parts, reverse=True), 1
    while sum(parts[gone:]) > 0:
        gone += 1
    return gone


@wrong("24.3", "neighbouring concept", "how many parts make half of the lead")
def _(parts):
    total, gone, parts = sum(parts), 0, sorted(parts, reverse=True)
    while total > 0 and sum(parts[:gone]) < total / 2:
        gone += 1
    return gone


@wrong("24.3", "neighbouring concept", "how much must go, not how many")
def _(parts):
    return max(sum(parts), 0)


@wrong("24.3", "neighbouring concept", "which must go, not how many")
def _(parts):
    order, gone = np.argsort(parts)[::-1], 0
    while sum(parts[i] for i in order[gone:]) > 0:
        gone += 1
    return order[:gone].tolist()


@wrong("24.3", "order of steps", "parts that speak against are dropped first")
def _(parts):
    parts, gone = sorted((part for part in parts if part > 0), reverse=True), 0
    while sum(parts[gone:]) > 0:
        gone += 1
    return gone


@wrong("24.3", "edge", "the largest part of an empty list")
def _(parts):
    parts, gone = list(parts), 0
    while max(parts) and sum(parts) > 0:
        parts.remove(max(parts))
        gone += 1
    return gone


@right("24.3", "all sets, the small ones first")
def _(parts):
    sizes = range(len(parts) + 1)
    total = sum(parts)
    return next(n for n in sizes if any(sum(c) >= total for c in combinations(parts, n)))


@right("24.3", "cumulated sums")
def _(parts):
    left = sum(parts) - np.cumsum([0, *sorted(parts, reverse=True)])
    return int(np.argmax(left <= 0))
