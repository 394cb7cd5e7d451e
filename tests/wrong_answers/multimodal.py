"""Ideas for the exercises about pictures, words and sound."""

import math

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from wrong_answers import right, wrong


def scaled(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def cosines(pictures, words):
    return scaled(pictures) @ scaled(words).T


def both_ways(scores):
    shares = np.diag(log_softmax(scores, axis=1)) + np.diag(log_softmax(scores, axis=0))
    return float(-np.mean(shares) / 2)


@wrong("17.1", "one of two", "only along rows")
def _(pictures, words, temperature):
    return float(-np.mean(np.diag(log_softmax(cosines(pictures, words) / temperature, axis=1))))


@wrong("17.1", "one of two", "only along columns")
def _(pictures, words, temperature):
    return float(-np.mean(np.diag(log_softmax(cosines(pictures, words) / temperature, axis=0))))


@wrong("17.1", "one of two", "only the pictures brought to length 1")
def _(pictures, words, temperature):
    return both_ways(scaled(pictures) @ words.T / temperature)


@wrong("17.1", "neighbouring concept", "dot products of the rows as they are")
def _(pictures, words, temperature):
    return both_ways(pictures @ words.T / temperature)


@wrong("17.1", "neighbouring concept", "distances in place of cosines")
def _(pictures, words, temperature):
    gaps = scaled(pictures)[:, None] - scaled(words)[None]
    return both_ways(-np.linalg.norm(gaps, axis=2) / temperature)


@wrong("17.1", "neighbouring concept", "a yes or no for each pair (sigmoid)")
def _(pictures, words, temperature):
    scores = cosines(pictures, words) / temperature
    signs = 2 * np.eye(len(scores)) - 1
    return float(np.mean(np.logaddexp(0, -signs * scores)))


@wrong("17.1", "mean of what", "the sum of both ways")
def _(pictures, words, temperature):
    return 2 * both_ways(cosines(pictures, words) / temperature)


@wrong("17.1", "mean of what", "the sum over the pairs")
def _(pictures, words, temperature):
    return len(words) * both_ways(cosines(pictures, words) / temperature)


@wrong("17.1", "order of steps", "the logarithm of the mean share")
def _(pictures, words, temperature):
    scores = cosines(pictures, words) / temperature
    shares = np.diag(softmax(scores, axis=1)) + np.diag(softmax(scores, axis=0))
    return float(-np.log(np.mean(shares) / 2))


@wrong("17.1", "order of steps", "times the temperature")
def _(pictures, words, temperature):
    return both_ways(cosines(pictures, words) * temperature)


@wrong("17.1", "sign", "the minus forgotten")
def _(pictures, words, temperature):
    return -both_ways(cosines(pictures, words) / temperature)


@wrong("17.1", "axis", "columns brought to length 1")
def _(pictures, words, temperature):
    a, b = (side / np.maximum(np.linalg.norm(side, axis=0), 1e-12) for side in (pictures, words))
    return both_ways(a @ b.T / temperature)


@wrong("17.1", "axis", "softmax over the whole table")
def _(pictures, words, temperature):
    scores = cosines(pictures, words) / temperature
    return float(logsumexp(scores) - np.mean(np.diag(scores)))


@wrong("17.1", "off by one", "the partner left out of its own sum")
def _(pictures, words, temperature):
    scores = cosines(pictures, words) / temperature
    others = scores - 1e9 * np.eye(len(scores))
    sums = logsumexp(others, axis=1) + logsumexp(others, axis=0)
    return float(np.mean(sums / 2 - np.diag(scores)))


@wrong("17.1", "edge", "large scores overflow")
def _(pictures, words, temperature):
    z = np.exp(cosines(pictures, words) / temperature)
    shares = np.diag(z) / z.sum(axis=1), np.diag(z) / z.sum(axis=0)
    return float(-np.mean(np.log(shares)))


@wrong("17.1", "tolerance", "a floor of 1e-7 below the shares")
def _(pictures, words, temperature):
    scores = cosines(pictures, words) / temperature
    shares = np.diag(softmax(scores, axis=1)), np.diag(softmax(scores, axis=0))
    return float(-np.mean(np.log(np.maximum(shares, 1e-7))))


@wrong("17.1", "shapes", "numbers in place of pairs compared")
def _(pictures, words, temperature):
    return both_ways(scaled(pictures).T @ scaled(words) / temperature)


@right("17.1", "a loop over the pairs")
def _(pictures, words, temperature):
    table = [[float(a @ b) / temperature for b in scaled(words)] for a in scaled(pictures)]
    total = 0.0
    for way in (table, list(zip(*table, strict=True))):
        for i, row in enumerate(way):
            top = max(row)
            total += top + math.log(sum(math.exp(score - top) for score in row)) - row[i]
    return total / len(table) / 2


@right("17.1", "scipy's logsumexp")
def _(pictures, words, temperature):
    z = np.einsum("id,jd->ij", scaled(pictures), scaled(words)) / temperature
    z = z - np.diag(z)[:, None] * 0
    sums = np.concatenate([logsumexp(z, axis=1), logsumexp(z, axis=0)])
    return np.mean(sums) - np.mean(np.diag(z))


def share(better, k):
    return float(np.mean(better < k))


@wrong("17.2", "ties", "who is just as near does not count")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return share((near > np.diag(near)[:, None]).sum(axis=1), k)


@wrong("17.2", "ties", "the order of the table decides")
def _(pictures, words, k):
    order = np.argsort(-cosines(pictures, words).round(9), axis=1, kind="stable")
    return share(np.argmax(order == np.arange(len(order))[:, None], axis=1), k)


@wrong("17.2", "ties", "half of those that are just as near")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    own = np.diag(near)[:, None]
    return share((near > own).sum(axis=1) + ((near == own).sum(axis=1) - 1) / 2, k)


@wrong("17.2", "off by one", "itself counted among the others")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return share((near >= np.diag(near)[:, None]).sum(axis=1), k)


@wrong("17.2", "off by one", "at most k others")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return share((near >= np.diag(near)[:, None]).sum(axis=1) - 1, k + 1)


@wrong("17.2", "axis", "which picture does the name find?")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return share((near >= np.diag(near)[None]).sum(axis=0) - 1, k)


@wrong("17.2", "neighbouring concept", "dot products")
def _(pictures, words, k):
    near = (pictures @ words.T).round(9)
    return share((near >= np.diag(near)[:, None]).sum(axis=1) - 1, k)


@wrong("17.2", "neighbouring concept", "distances of the rows as they are")
def _(pictures, words, k):
    far = np.linalg.norm(pictures[:, None] - words[None], axis=2).round(9)
    return share((far <= np.diag(far)[:, None]).sum(axis=1) - 1, k)


@wrong("17.2", "sign", "the farthest in place of the nearest")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return share((near <= np.diag(near)[:, None]).sum(axis=1) - 1, k)


@wrong("17.2", "sign", "a right angle or its opposite: no sign")
def _(pictures, words, k):
    near = np.abs(cosines(pictures, words)).round(9)
    return share((near >= np.diag(near)[:, None]).sum(axis=1) - 1, k)


@wrong("17.2", "mean of what", "how many, not which share")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return float(np.sum((near >= np.diag(near)[:, None]).sum(axis=1) - 1 < k))


@wrong("17.2", "mean of what", "divided by k")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    return share((near >= np.diag(near)[:, None]).sum(axis=1) - 1, k) / k


@wrong("17.2", "mean of what", "one over the place")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    better = (near >= np.diag(near)[:, None]).sum(axis=1) - 1
    return float(np.mean(np.where(better < k, 1 / (1 + better), 0)))


@wrong("17.2", "one of two", "only the names brought to length 1, the first place only")
def _(pictures, words, k):
    near = (pictures @ scaled(words).T).round(9)
    return share((near >= np.diag(near)[:, None]).sum(axis=1) - 1, 1)


@wrong("17.2", "tolerance", "two digits")
def _(pictures, words, k):
    near = cosines(pictures, words).round(0)
    return share((near >= np.diag(near)[:, None]).sum(axis=1) - 1, k)


@wrong("17.2", "library call", "argpartition, whatever stands there")
def _(pictures, words, k):
    near = -cosines(pictures, words).round(9)
    k = min(k, len(words))
    first = np.argpartition(near, k - 1, axis=1)[:, :k]
    return float(np.mean((first == np.arange(len(words))[:, None]).any(axis=1)))


@right("17.2", "a loop over the pictures")
def _(pictures, words, k):
    found = 0
    for i, row in enumerate(cosines(pictures, words)):
        found += sum(score > row[i] - 1e-9 for score in row) - 1 < k
    return found / len(pictures)


@right("17.2", "the k-th best of the others")
def _(pictures, words, k):
    near = cosines(pictures, words).round(9)
    if k >= len(near):
        return 1.0
    others = near[~np.eye(len(near), dtype=bool)].reshape(len(near), -1)
    return np.mean(np.diag(near) > np.sort(others, axis=1)[:, -k])


@wrong("17.3", "order of steps", "not divided by the sum")
def _(log_sound, log_prior, of_sound, of_prior):
    return np.exp(of_sound * log_sound + of_prior * log_prior)


@wrong("17.3", "order of steps", "logarithms of the answer")
def _(log_sound, log_prior, of_sound, of_prior):
    return log_softmax(of_sound * log_sound + of_prior * log_prior, axis=1)


@wrong("17.3", "order of steps", "weights after the exponential")
def _(log_sound, log_prior, of_sound, of_prior):
    product = of_sound * np.exp(log_sound) * np.exp(log_prior) * max(of_prior, 1e-9)
    return product / product.sum(axis=1, keepdims=True)


@wrong("17.3", "neighbouring concept", "a weighted mean of both probabilities")
def _(log_sound, log_prior, of_sound, of_prior):
    sound, prior = softmax(log_sound, axis=1), softmax(log_prior, axis=1)
    return (of_sound * sound + of_prior * prior) / (of_sound + of_prior)


@wrong("17.3", "neighbouring concept", "the likeliest word, certain")
def _(log_sound, log_prior, of_sound, of_prior):
    total = of_sound * log_sound + of_prior * log_prior
    return np.eye(total.shape[1])[total.argmax(axis=1)]


@wrong("17.3", "one of two", "taste left out")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * log_sound, axis=1)


@wrong("17.3", "one of two", "one weight for both")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * (log_sound + log_prior), axis=1)


@wrong("17.3", "one of two", "the weights exchanged")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_prior * log_sound + of_sound * log_prior, axis=1)


@wrong("17.3", "sign", "taste divided out")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * log_sound - of_prior * log_prior, axis=1)


@wrong("17.3", "axis", "divided by the sums of columns")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * log_sound + of_prior * log_prior, axis=0)


@wrong("17.3", "axis", "divided by the sum of all rows")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * log_sound + of_prior * log_prior)


@wrong("17.3", "edge", "very small probabilities become 0 / 0")
def _(log_sound, log_prior, of_sound, of_prior):
    product = np.exp(of_sound * log_sound + of_prior * log_prior)
    return product / product.sum(axis=1, keepdims=True)


@wrong("17.3", "tolerance", "a floor that keeps every word possible")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * log_sound + of_prior * np.maximum(log_prior, -3), axis=1)


@wrong("17.3", "mean of what", "the weights made to add to 1")
def _(log_sound, log_prior, of_sound, of_prior):
    total = of_sound + of_prior
    return softmax((of_sound * log_sound + of_prior * log_prior) / total, axis=1)


@wrong("17.3", "shapes", "only the first row")
def _(log_sound, log_prior, of_sound, of_prior):
    return softmax(of_sound * log_sound[:1] + of_prior * log_prior[:1], axis=1)


@right("17.3", "a loop over rows and words")
def _(log_sound, log_prior, of_sound, of_prior):
    rows = []
    for sounds, tastes in zip(log_sound, log_prior, strict=True):
        total = [of_sound * s + of_prior * t for s, t in zip(sounds, tastes, strict=True)]
        top = max(total)
        parts = [math.exp(x - top) for x in total]
        rows.append([part / sum(parts) for part in parts])
    return np.array(rows)


@right("17.3", "logsumexp taken off, then the exponential")
def _(log_sound, log_prior, of_sound, of_prior):
    total = of_sound * log_sound + of_prior * log_prior
    return np.exp(total - logsumexp(total, axis=1, keepdims=True))
