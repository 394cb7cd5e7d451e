"""Ideas for the exercises about embeddings."""

import math
from itertools import groupby

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.neighbors import NearestNeighbors

from wrong_answers import right, wrong


@wrong("12.1", "collision", "`+=` with equal ids keeps one of their slopes")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    gradient[ids] += slopes
    return gradient


@wrong("12.1", "mean of what", "the mean of equal ids' slopes")
def _(ids, slopes, n_rows):
    gradient, times = np.zeros((n_rows, slopes.shape[1])), np.zeros(n_rows)
    np.add.at(gradient, ids, slopes)
    np.add.at(times, ids, 1)
    return gradient / np.maximum(times, 1)[:, None]


@wrong("12.1", "mean of what", "divided by the size of the batch")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    np.add.at(gradient, ids, slopes)
    return gradient / max(len(ids), 1)


@wrong("12.1", "shapes", "as many rows as the largest id says")
def _(ids, slopes, n_rows):
    gradient = np.zeros((max(ids, default=-1) + 1, slopes.shape[1]))
    np.add.at(gradient, ids, slopes)
    return gradient


@wrong("12.1", "shapes", "as many columns as the batch has ids")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, len(ids)))
    np.add.at(gradient, ids, slopes)
    return gradient


@wrong("12.1", "shapes", "only the rows looked up")
def _(ids, slopes, n_rows):
    found = np.unique(ids)
    gradient = np.zeros((len(found), slopes.shape[1]))
    np.add.at(gradient, np.searchsorted(found, ids), slopes)
    return gradient


@wrong("12.1", "sign", "what a step would subtract")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    np.subtract.at(gradient, ids, slopes)
    return gradient


@wrong("12.1", "axis", "columns in place of rows")
def _(ids, slopes, n_rows):
    gradient = np.zeros((slopes.shape[1], n_rows))
    np.add.at(gradient.T, ids, slopes)
    return gradient


@wrong("12.1", "off by one", "ids counted from 1")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows + 1, slopes.shape[1]))
    np.add.at(gradient, ids, slopes)
    return gradient[1:]


@wrong("12.1", "zero or negative", "row 0 is padding")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    np.add.at(gradient, ids, slopes)
    gradient[0] = 0
    return gradient


@wrong("12.1", "zero or negative", "negative slopes cut off")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    np.add.at(gradient, ids, np.maximum(slopes, 0))
    return gradient


@wrong("12.1", "order of rows", "equal ids only where they stand side by side")
def _(ids, slopes, n_rows):
    gradient, place = np.zeros((n_rows, slopes.shape[1])), 0
    for row, group in groupby(ids):
        size = len(list(group))
        gradient[row] = slopes[place : place + size].sum(axis=0)
        place += size
    return gradient


@wrong("12.1", "order of rows", "the ids sorted, the slopes not")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    np.add.at(gradient, np.sort(ids), slopes)
    return gradient


@wrong("12.1", "tolerance", "each number clipped to −1 … 1")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    np.add.at(gradient, ids, np.clip(slopes, -1, 1))
    return gradient


@wrong("12.1", "library call", "a table of whole numbers")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]), dtype=int)
    np.add.at(gradient, ids, slopes.astype(int))
    return gradient


@wrong("12.1", "edge", "the first id is asked for before there is one")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, len(slopes[0])))
    np.add.at(gradient, ids, slopes)
    return gradient


@right("12.1", "a loop over the batch")
def _(ids, slopes, n_rows):
    gradient = np.zeros((n_rows, slopes.shape[1]))
    for row, slope in zip(ids, slopes, strict=True):
        gradient[row] += slope
    return gradient


@right("12.1", "a one-hot product after all")
def _(ids, slopes, n_rows):
    return np.eye(n_rows)[ids].T @ slopes


@right("12.1", "each column counted with its slopes as weights")
def _(ids, slopes, n_rows):
    columns = [np.bincount(ids, column, n_rows) for column in slopes.T]
    return np.stack(columns, axis=1)


def loss(logits):
    return float(-np.mean(np.diag(log_softmax(logits, axis=1))))


@wrong("12.2", "sign", "+ ln Q")
def _(users, items, log_q, temperature):
    return loss(users @ items.T / temperature + log_q)


@wrong("12.2", "order of steps", "ln Q taken off before the division by the temperature")
def _(users, items, log_q, temperature):
    return loss((users @ items.T - log_q) / temperature)


@wrong("12.2", "neighbouring concept", "Q itself taken off")
def _(users, items, log_q, temperature):
    return loss(users @ items.T / temperature - np.exp(log_q))


@wrong("12.2", "neighbouring concept", "the cosine: users and items scaled")
def _(users, items, log_q, temperature):
    users, items = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        for rows in (users, items)
    )
    return loss(users @ items.T / temperature - log_q)


@wrong("12.2", "neighbouring concept", "the answer keeps its plain score, as in a sampled softmax")
def _(users, items, log_q, temperature):
    logits = users @ items.T / temperature
    return loss(logits - log_q * (1 - np.eye(len(users))))


@wrong("12.2", "neighbouring concept", "a yes or no for each pair (sigmoid)")
def _(users, items, log_q, temperature):
    logits = users @ items.T / temperature - log_q
    signs = 2 * np.eye(len(users)) - 1
    return float(np.mean(np.logaddexp(0, -signs * logits)))


@wrong("12.2", "axis", "softmax over the users")
def _(users, items, log_q, temperature):
    return float(-np.mean(np.diag(log_softmax(users @ items.T / temperature - log_q, axis=0))))


@wrong("12.2", "axis", "ln Q taken off the rows: it cancels")
def _(users, items, log_q, temperature):
    return loss(users @ items.T / temperature - log_q[:, None])


@wrong("12.2", "axis", "the mean of both directions")
def _(users, items, log_q, temperature):
    logits = users @ items.T / temperature - log_q
    return (loss(logits) + loss(logits.T)) / 2


@wrong("12.2", "one of two", "no correction")
def _(users, items, log_q, temperature):
    return loss(users @ items.T / temperature)


@wrong("12.2", "one of two", "no temperature")
def _(users, items, log_q, temperature):
    return loss(users @ items.T - log_q)


@wrong("12.2", "order of steps", "times the temperature")
def _(users, items, log_q, temperature):
    return loss(users @ items.T * temperature - log_q)


@wrong("12.2", "order of steps", "the logarithm of the mean probability")
def _(users, items, log_q, temperature):
    shares = np.diag(softmax(users @ items.T / temperature - log_q, axis=1))
    return float(-np.log(np.mean(shares)))


@wrong("12.2", "mean of what", "the sum over the batch")
def _(users, items, log_q, temperature):
    return loss(users @ items.T / temperature - log_q) * len(users)


@wrong("12.2", "mean of what", "the mean over all pairs of the batch")
def _(users, items, log_q, temperature):
    return float(-np.mean(log_softmax(users @ items.T / temperature - log_q, axis=1)))


@wrong("12.2", "mean of what", "a mean in place of the sum in the dot product")
def _(users, items, log_q, temperature):
    return loss(np.mean(users[:, None] * items, axis=2) / temperature - log_q)


@wrong("12.2", "off by one", "the answer is left out of its own sum")
def _(users, items, log_q, temperature):
    logits = users @ items.T / temperature - log_q
    others = logits - 1e9 * np.eye(len(logits))
    return float(np.mean(logsumexp(others, axis=1) - np.diag(logits)))


@wrong("12.2", "tolerance", "a floor of 1e-7 below the probabilities")
def _(users, items, log_q, temperature):
    shares = softmax(users @ items.T / temperature - log_q, axis=1)
    return float(np.mean(-np.log(np.maximum(np.diag(shares), 1e-7))))


@wrong("12.2", "edge", "large scores overflow")
def _(users, items, log_q, temperature):
    z = np.exp(users @ items.T / temperature - log_q)
    return float(-np.mean(np.log(np.diag(z) / z.sum(axis=1))))


@wrong("12.2", "edge", "the largest score of the whole table taken off each row")
def _(users, items, log_q, temperature):
    logits = users @ items.T / temperature - log_q
    logits = logits - logits.max()
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)))


@wrong("12.2", "shapes", "users.T @ items: the batch summed away")
def _(users, items, log_q, temperature):
    return loss(users.T @ items / temperature - log_q)


@right("12.2", "a loop over the users")
def _(users, items, log_q, temperature):
    total = 0.0
    for i in range(len(users)):
        z = [users[i] @ items[j] / temperature - log_q[j] for j in range(len(items))]
        top = max(z)
        total += top + math.log(sum(math.exp(score - top) for score in z)) - z[i]
    return total / len(users)


@right("12.2", "scipy's logsumexp")
def _(users, items, log_q, temperature):
    z = np.einsum("id,jd->ij", users, items) / temperature - log_q[None]
    return np.mean(logsumexp(z - np.diag(z)[:, None], axis=1))


def scaled(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def best(scores, without):
    scores = np.array(scores, dtype=float)
    scores[list(without)] = -np.inf
    return int(np.argmax(scores))


@wrong("12.3", "order of steps", "no scaling at all")
def _(vectors, a, b, c):
    return best(vectors @ (vectors[b] - vectors[a] + vectors[c]), (a, b, c))


@wrong("12.3", "order of steps", "the target from unscaled rows")
def _(vectors, a, b, c):
    return best(scaled(vectors) @ (vectors[b] - vectors[a] + vectors[c]), (a, b, c))


@wrong("12.3", "order of steps", "the target scaled, the candidates not")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(vectors @ (rows[b] - rows[a] + rows[c]), (a, b, c))


@wrong("12.3", "sign", "a − b + c")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(rows @ (rows[a] - rows[b] + rows[c]), (a, b, c))


@wrong("12.3", "sign", "b + a − c")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(rows @ (rows[b] + rows[a] - rows[c]), (a, b, c))


@wrong("12.3", "sign", "nearest in direction or against it")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(np.abs(rows @ (rows[b] - rows[a] + rows[c])), (a, b, c))


@wrong("12.3", "axis", "columns scaled")
def _(vectors, a, b, c):
    rows = vectors / np.linalg.norm(vectors, axis=0)
    return best(rows @ (rows[b] - rows[a] + rows[c]), (a, b, c))


@wrong("12.3", "edge", "the three may be the answer")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(rows @ (rows[b] - rows[a] + rows[c]), ())


@wrong("12.3", "one of two", "only c is left out")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(rows @ (rows[b] - rows[a] + rows[c]), (c,))


@wrong("12.3", "off by one", "only the nearest one is skipped")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return int(np.argsort(-(rows @ (rows[b] - rows[a] + rows[c])), kind="stable")[1])


@wrong("12.3", "off by one", "the number among the rows that are left")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return int(np.argmax(np.delete(rows @ (rows[b] - rows[a] + rows[c]), [a, b, c])))


@wrong("12.3", "zero or negative", "the three are set to 0")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    scores = rows @ (rows[b] - rows[a] + rows[c])
    scores[[a, b, c]] = 0
    return int(np.argmax(scores))


@wrong("12.3", "zero or negative", "the three are set to −1, the smallest cosine")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    scores = rows @ (rows[b] - rows[a] + rows[c])
    scores[[a, b, c]] = -1
    return int(np.argmax(scores))


@wrong("12.3", "collision", "rows with the same numbers are left out, too")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    same = (vectors[:, None] == vectors[[a, b, c]]).all(axis=2).any(axis=1)
    return best(rows @ (rows[b] - rows[a] + rows[c]), np.flatnonzero(same))


@wrong("12.3", "neighbouring concept", "the nearest neighbour of c: the control")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    return best(rows @ rows[c], (a, b, c))


@wrong("12.3", "neighbouring concept", "cosines multiplied and divided")
def _(vectors, a, b, c):
    likeness = (1 + scaled(vectors) @ scaled(vectors).T) / 2
    return best(likeness[b] * likeness[c] / (likeness[a] + 1e-9), (a, b, c))


@wrong("12.3", "library call", "nearest by distance among unscaled rows")
def _(vectors, a, b, c):
    others = [i for i in range(len(vectors)) if i not in (a, b, c)]
    target = vectors[b] - vectors[a] + vectors[c]
    near = NearestNeighbors(n_neighbors=1).fit(vectors[others])
    return others[near.kneighbors(target[None], return_distance=False)[0, 0]]


@wrong("12.3", "library call", "the norm of order 1")
def _(vectors, a, b, c):
    rows = vectors / np.linalg.norm(vectors, 1, axis=1, keepdims=True)
    return best(rows @ (rows[b] - rows[a] + rows[c]), (a, b, c))


@right("12.3", "a loop over the rows that are left")
def _(vectors, a, b, c):
    unit = [row / math.sqrt(sum(row**2)) for row in vectors]
    target = unit[b] - unit[a] + unit[c]
    others = [i for i in range(len(unit)) if i not in {a, b, c}]
    return max(others, key=lambda i: sum(unit[i] * target))


@right("12.3", "the smallest distance between unit rows and the target")
def _(vectors, a, b, c):
    rows = scaled(vectors)
    distances = np.linalg.norm(rows - (rows[b] - rows[a] + rows[c]), axis=1)
    distances[[a, b, c]] = np.inf
    return np.argmin(distances)
