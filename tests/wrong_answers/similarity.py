"""Ideas for the exercises about similarity."""

import math

import numpy as np
import pandas as pd
import sklearn.metrics.pairwise
from scipy.spatial import distance

from course_lib import similarity
from wrong_answers import right, wrong


def arrays(*values):
    return [np.asarray(value, dtype=float) for value in values]


def cosine(a, b):
    a, b = arrays(a, b)
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return a @ b / lengths if lengths else 0.0


def degrees(value):
    return np.degrees(np.arccos(np.clip(value, -1, 1)))


def unguarded_angle(a, b):
    """In degrees; NaN for a zero vector."""
    a, b = arrays(a, b)
    return degrees(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


@wrong("1.1", "neighbouring concept", "the cosine in place of the angle")
def _(a, b):
    return cosine(a, b)


@wrong("1.1", "neighbouring concept", "a straight scale: 90 · (1 - cosine)")
def _(a, b):
    return 90 * (1 - cosine(a, b))


@wrong("1.1", "neighbouring concept", "the angle of the cosine distance")
def _(a, b):
    return degrees(1 - cosine(a, b))


@wrong("1.1", "library call", "arccos is in radians")
def _(a, b):
    return np.arccos(np.clip(cosine(a, b), -1, 1))


@wrong("1.1", "library call", "SciPy's cosine distance is NaN for a zero vector")
def _(a, b):
    return degrees(1 - distance.cosine(a, b))


@wrong("1.1", "tolerance", "no clip: arccos of 1.0000000000000002 is NaN")
def _(a, b):
    a, b = arrays(a, b)
    lengths = np.sqrt(np.sum(a**2)) * np.sqrt(np.sum(b**2))
    return np.degrees(np.arccos(np.sum(a * b) / lengths)) if lengths else 90.0


@wrong("1.1", "sign", "clipped to 0..1: obtuse angles become right ones")
def _(a, b):
    return np.degrees(np.arccos(np.clip(cosine(a, b), 0, 1)))


@wrong("1.1", "sign", "the absolute dot product: angles between lines")
def _(a, b):
    return degrees(abs(cosine(a, b)))


@wrong("1.1", "one of two", "the zero vector looked for in a only")
def _(a, b):
    return 90.0 if not np.any(a) else unguarded_angle(a, b)


@wrong("1.1", "one of two", "the zero vector looked for in b only")
def _(a, b):
    return 90.0 if not np.any(b) else unguarded_angle(a, b)


@wrong("1.1", "shapes", "arctan2 of the first two numbers")
def _(a, b):
    turn = abs(math.atan2(a[1], a[0]) - math.atan2(b[1], b[0]))
    return math.degrees(min(turn, 2 * math.pi - turn)) if any(a) and any(b) else 90.0


@wrong("1.1", "edge", "arctan2, more than 180 degrees left as they are")
def _(a, b):
    if len(a) != 2 or not any(a) or not any(b):
        return degrees(cosine(a, b))
    return abs(math.degrees(math.atan2(a[1], a[0]) - math.atan2(b[1], b[0])))


@wrong("1.1", "tolerance", "1e-8 in the denominator against zero vectors")
def _(a, b):
    a, b = arrays(a, b)
    return degrees(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-8))


@wrong("1.1", "tolerance", "vectors shorter than 0.001 taken for zero vectors")
def _(a, b):
    short = min(np.linalg.norm(a), np.linalg.norm(b)) < 1e-3
    return 90.0 if short else degrees(cosine(a, b))


@wrong("1.1", "tolerance", "whole degrees")
def _(a, b):
    return float(round(degrees(cosine(a, b))))


@wrong("1.1", "zero or negative", "0 degrees with a zero vector")
def _(a, b):
    return degrees(cosine(a, b)) if any(a) and any(b) else 0.0


@right("1.1", "the half-angle formula: both scaled to length 1, then arctan2")
def _(a, b):
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if 0 in lengths:
        return 90.0
    u, v = np.asarray(a) / lengths[0], np.asarray(b) / lengths[1]
    return np.degrees(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))


@right("1.1", "plain Python, a loop and math")
def _(a, b):
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    lengths = math.hypot(*a) * math.hypot(*b)
    return math.degrees(math.acos(max(-1, min(1, dot / lengths)))) if lengths else 90


@wrong("1.2", "axis", "all entries as one long vector")
def _(a, b):
    a, b = arrays(a, b)
    return a @ b.T / (np.linalg.norm(a) * np.linalg.norm(b))


@wrong("1.2", "axis", "the lengths of the columns")
def _(a, b):
    a, b = arrays(a, b)
    unit_a = a / np.maximum(np.linalg.norm(a, axis=0), 1e-300)
    unit_b = b / np.maximum(np.linalg.norm(b, axis=0), 1e-300)
    return unit_a @ unit_b.T


@wrong("1.2", "axis", "transposed: every row of b with every row of a")
def _(a, b):
    return np.array([[cosine(x, y) for x in a] for y in b])


@wrong("1.2", "shapes", "no keepdims")
def _(a, b):
    a, b = arrays(a, b)
    return (a / np.linalg.norm(a, axis=1)) @ (b / np.linalg.norm(b, axis=1)).T


@wrong("1.2", "shapes", "row i with row i only")
def _(a, b):
    return np.array([[cosine(x, y)] for x, y in zip(a, b, strict=False)])


@wrong("1.2", "one of two", "zero rows looked for in a only")
def _(a, b):
    a, b = arrays(a, b)
    length_a = np.linalg.norm(a, axis=1, keepdims=True)
    length_a[length_a == 0] = 1
    return (a / length_a) @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T


@wrong("1.2", "one of two", "zero rows looked for in b only")
def _(a, b):
    a, b = arrays(a, b)
    length_b = np.linalg.norm(b, axis=1, keepdims=True)
    length_b[length_b == 0] = 1
    return (a / np.linalg.norm(a, axis=1, keepdims=True)) @ (b / length_b).T


@wrong("1.2", "one of two", "divided by the lengths of a only")
def _(a, b):
    a, b = arrays(a, b)
    length_a = np.linalg.norm(a, axis=1, keepdims=True)
    return a @ b.T / np.where(length_a > 0, length_a, 1)


@wrong("1.2", "tolerance", "1e-8 in the denominator")
def _(a, b):
    a, b = arrays(a, b)
    lengths = np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return a @ b.T / (lengths + 1e-8)


@wrong("1.2", "tolerance", "no length below 1")
def _(a, b):
    a, b = arrays(a, b)
    unit_a = a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), 1)
    return unit_a @ (b / np.maximum(np.linalg.norm(b, axis=1, keepdims=True), 1)).T


@wrong("1.2", "tolerance", "half precision")
def _(a, b):
    return np.array([[cosine(x, y) for y in b] for x in a]).astype(np.float16)


@wrong("1.2", "sign", "nothing below 0")
def _(a, b):
    return np.maximum([[cosine(x, y) for y in b] for x in a], 0)


@wrong("1.2", "neighbouring concept", "centred cosine: each row minus its mean")
def _(a, b):
    a, b = arrays(a, b)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    return np.array([[cosine(x, y) for y in b] for x in a])


@wrong("1.2", "neighbouring concept", "divided by the squared lengths")
def _(a, b):
    a, b = arrays(a, b)
    lengths = np.outer((a**2).sum(axis=1), (b**2).sum(axis=1))
    return a @ b.T / np.where(lengths > 0, lengths, 1)


@wrong("1.2", "library call", "small integers are not converted")
def _(a, b):
    a, b = np.asarray(a), np.asarray(b)
    lengths = np.outer(np.sqrt((a**2).sum(axis=1)), np.sqrt((b**2).sum(axis=1)))
    return a @ b.T / np.where(lengths > 0, lengths, 1)


@wrong("1.2", "library call", "SciPy's cdist is NaN for a row of zeros")
def _(a, b):
    return 1 - distance.cdist(*arrays(a, b), "cosine")


@right("1.2", "two loops")
def _(a, b):
    return np.array([[cosine(x, y) for y in b] for x in a])


@right("1.2", "0/0 mended afterwards")
def _(a, b):
    a, b = arrays(a, b)
    with np.errstate(invalid="ignore"):
        table = a @ b.T / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return np.nan_to_num(table)


@right("1.2", "scikit-learn")
def _(a, b):
    return sklearn.metrics.pairwise.cosine_similarity(*arrays(a, b))


def listed(purchases, scores, k, known=-np.inf):
    """The k best unknown products by these scores, as in the solution."""
    return similarity.top_k(np.where(np.asarray(purchases) > 0, known, scores), k)


def products(purchases):
    columns = np.asarray(purchases, dtype=float).T
    return similarity.cosine_similarity(columns, columns)


@wrong("1.3", "axis", "similar shoppers vote, not similar products")
def _(purchases, k):
    counts = np.asarray(purchases, dtype=float)
    return listed(counts, similarity.cosine_similarity(counts, counts) @ counts, k)


@wrong("1.3", "zero or negative", "known products stay on the list")
def _(purchases, k):
    return similarity.top_k(np.asarray(purchases) @ products(purchases), k)


@wrong("1.3", "zero or negative", "known products get 0, not never")
def _(purchases, k):
    return listed(purchases, purchases @ products(purchases), k, known=0)


@wrong("1.3", "zero or negative", "a score of 0 taken for never")
def _(purchases, k):
    scores = purchases @ products(purchases)
    return listed(purchases, np.where(scores == 0, -np.inf, scores), k)


@wrong("1.3", "neighbouring concept", "yes or no in place of how often")
def _(purchases, k):
    return listed(purchases, (np.asarray(purchases) > 0) @ products(purchases), k)


@wrong("1.3", "neighbouring concept", "cosines of yes or no")
def _(purchases, k):
    return listed(purchases, purchases @ products(np.asarray(purchases) > 0), k)


@wrong("1.3", "neighbouring concept", "dot products in place of cosines")
def _(purchases, k):
    counts = np.asarray(purchases, dtype=float)
    return listed(counts, counts @ (counts.T @ counts), k)


@wrong("1.3", "neighbouring concept", "the most popular unknown products")
def _(purchases, k):
    counts = np.asarray(purchases, dtype=float)
    return listed(counts, np.tile(counts.sum(axis=0), (len(counts), 1)), k)


@wrong("1.3", "mean of what", "the weighted mean in place of the sum")
def _(purchases, k):
    alike = products(purchases)
    return listed(purchases, purchases @ alike / np.maximum(alike.sum(axis=0), 1e-12), k)


@wrong("1.3", "mean of what", "the best single product votes")
def _(purchases, k):
    counts = np.asarray(purchases, dtype=float)
    return listed(counts, np.max(counts[:, :, None] * products(counts), axis=1), k)


@wrong("1.3", "mean of what", "damped counts")
def _(purchases, k):
    return listed(purchases, np.log1p(purchases) @ products(purchases), k)


@wrong("1.3", "ties", "ties from the end of the catalogue")
def _(purchases, k):
    scores = listed_scores(purchases)
    order = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, :k]
    return np.where(np.take_along_axis(scores, order, axis=1) == -np.inf, -1, order)


@wrong("1.3", "sign", "the worst first")
def _(purchases, k):
    scores = listed_scores(purchases)
    return similarity.top_k(np.where(scores > -np.inf, -scores, scores), k)


@wrong("1.3", "edge", "no -1 where nothing is left")
def _(purchases, k):
    return np.argsort(-listed_scores(purchases), axis=1, kind="stable")[:, :k]


@wrong("1.3", "library call", "lists are not made arrays")
def _(purchases, k):
    scores = purchases @ products(purchases)
    return similarity.top_k(np.where(purchases > 0, -np.inf, scores), k)


def listed_scores(purchases):
    counts = np.asarray(purchases, dtype=float)
    return np.where(counts > 0, -np.inf, counts @ products(counts))


@right("1.3", "a loop over shoppers and sorted()")
def _(purchases, k):
    alike = products(purchases)
    lists = []
    for row in purchases:
        unknown = [j for j in range(len(row)) if not row[j]]
        score = {j: sum(n * alike[i, j] for i, n in enumerate(row)) for j in unknown}
        best = sorted(unknown, key=lambda j, score=score: (-score[j], j))[:k]
        lists.append(best + [-1] * (k - len(best)))
    return np.array(lists)


@right("1.3", "a stable argsort of its own")
def _(purchases, k):
    scores = listed_scores(purchases)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    order[np.take_along_axis(scores, order, axis=1) == -np.inf] = -1
    return order


def shrunk(a, b, strength, common):
    """The solution's formula with another count of common places."""
    return cosine(a, b) * common / (common + strength) if common else 0.0


@wrong("1.4", "one of two", "the places of b alone")
def _(a, b, strength):
    return shrunk(a, b, strength, np.count_nonzero(b))


@wrong("1.4", "one of two", "the places of a alone")
def _(a, b, strength):
    return shrunk(a, b, strength, np.count_nonzero(a))


@wrong("1.4", "neighbouring concept", "the places of either")
def _(a, b, strength):
    return shrunk(a, b, strength, np.count_nonzero(np.add(a, b)))


@wrong("1.4", "neighbouring concept", "the places with equal counts")
def _(a, b, strength):
    return shrunk(a, b, strength, sum(x == y != 0 for x, y in zip(a, b, strict=True)))


@wrong("1.4", "neighbouring concept", "purchases in common, not products")
def _(a, b, strength):
    return shrunk(a, b, strength, np.minimum(a, b).sum())


@wrong("1.4", "neighbouring concept", "Herlocker's own form: min(c, s) / s")
def _(a, b, strength):
    common = np.count_nonzero(np.multiply(a, b))
    return cosine(a, b) * min(common, strength) / strength if strength else cosine(a, b)


@wrong("1.4", "neighbouring concept", "Jaccard in place of the cosine")
def _(a, b, strength):
    common = np.count_nonzero(np.multiply(a, b))
    either = np.count_nonzero(np.add(a, b))
    return common / either * common / (common + strength) if common else 0.0


@wrong("1.4", "collision", "counts in common as sets of numbers")
def _(a, b, strength):
    return shrunk(a, b, strength, len(set(a) & set(b) - {0}))


@wrong("1.4", "mean of what", "the cosine of the common places alone")
def _(a, b, strength):
    both = (np.asarray(a) != 0) & (np.asarray(b) != 0)
    c = both.sum()
    return cosine(np.asarray(a)[both], np.asarray(b)[both]) * c / (c + strength) if c else 0.0


@wrong("1.4", "zero or negative", "0/0 where nothing is in common and strength is 0")
def _(a, b, strength):
    common = np.sum((np.asarray(a) != 0) & (np.asarray(b) != 0))
    return cosine(a, b) * common / (common + strength)


@wrong("1.4", "zero or negative", "0 whenever strength is 0")
def _(a, b, strength):
    common = np.count_nonzero(np.multiply(a, b))
    return cosine(a, b) * common / (common + strength) if common and strength else 0.0


@wrong("1.4", "off by one", "one product more in common")
def _(a, b, strength):
    return shrunk(a, b, strength, np.count_nonzero(np.multiply(a, b)) + 1)


@wrong("1.4", "off by one", "products bought once do not count")
def _(a, b, strength):
    return shrunk(a, b, strength, np.sum((np.asarray(a) > 1) & (np.asarray(b) > 1)))


@wrong("1.4", "sign", "s / (c + s): the other share")
def _(a, b, strength):
    common = np.count_nonzero(np.multiply(a, b))
    return cosine(a, b) * strength / (common + strength) if common else 0.0


@wrong("1.4", "library call", "lists joined by &")
def _(a, b, strength):
    return shrunk(a, b, strength, np.sum((a != 0) & (b != 0)))


@wrong("1.4", "tolerance", "two decimals")
def _(a, b, strength):
    return round(shrunk(a, b, strength, np.count_nonzero(np.multiply(a, b))), 2)


@right("1.4", "a loop")
def _(a, b, strength):
    return shrunk(a, b, strength, sum(1 for x, y in zip(a, b, strict=True) if x and y))


@right("1.4", "pandas")
def _(a, b, strength):
    table = pd.DataFrame({"a": a, "b": b})
    return shrunk(a, b, strength, table.all(axis=1).sum())
