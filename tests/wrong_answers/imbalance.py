"""Ideas for the exercises about rare positives."""

import numpy as np
import pandas as pd
from imblearn.under_sampling import TomekLinks
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from sklearn.metrics import f1_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from wrong_answers import right, wrong

NOTHING = (np.inf, 0.0)


def lists(y, p, value, cost, thresholds):
    """(threshold, dollars) of each list, the shortest first."""
    for threshold in thresholds:
        sent = p >= threshold
        yield float(threshold), float(value * y[sent].sum() - cost * sent.sum())


def best_of(lists):
    return max(lists, key=lambda one: one[1], default=NOTHING)


def downwards(p):
    return np.unique(p)[::-1]


@wrong("7.1", "sign", "the small probabilities are sent")
def _(y, p, value, cost):
    options = [(float(t), float(np.sum(value * y[p <= t] - cost))) for t in np.unique(p)]
    return best_of([NOTHING, *options])


@wrong("7.1", "off by one", "the offer at the threshold is not sent")
def _(y, p, value, cost):
    options = [(float(t), float(np.sum(value * y[p > t] - cost))) for t in downwards(p)]
    return best_of([NOTHING, *options])


@wrong("7.1", "ties", "of equal lists the longer one")
def _(y, p, value, cost):
    best = NOTHING
    for option in lists(y, p, value, cost, downwards(p)):
        if option[1] > 0 and option[1] >= best[1]:
            best = option
    return best


@wrong("7.1", "ties", "offers with equal probabilities are sent one by one")
def _(y, p, value, cost):
    order = np.argsort(-p, kind="stable")
    dollars = np.cumsum(value * y[order] - cost)
    if len(p) == 0 or dollars.max() <= 0:
        return NOTHING
    at = np.argmax(dollars)
    return float(p[order][at]), float(dollars[at])


@wrong("7.1", "order of rows", "the offers taken for sorted")
def _(y, p, value, cost):
    dollars = np.cumsum(value * y - cost)
    if len(p) == 0 or dollars.max() <= 0:
        return NOTHING
    return float(p[np.argmax(dollars)]), float(dollars.max())


@wrong("7.1", "zero or negative", "the least bad list is sent")
def _(y, p, value, cost):
    return best_of(lists(y, p, value, cost, downwards(p)))


@wrong("7.1", "zero or negative", "a list that earns exactly nothing is sent")
def _(y, p, value, cost):
    best = best_of(lists(y, p, value, cost, downwards(p)))
    return best if best[1] >= 0 else NOTHING


@wrong("7.1", "mean of what", "the best dollars for one coupon")
def _(y, p, value, cost):
    options = lists(y, p, value, cost, downwards(p))
    best = max(options, key=lambda one: one[1] / np.sum(p >= one[0]), default=NOTHING)
    return best if best[1] > 0 else NOTHING


@wrong("7.1", "neighbouring concept", "the threshold of the formula, cost / value")
def _(y, p, value, cost):
    return cost / value, float(np.sum(value * y[p >= cost / value] - cost))


@wrong("7.1", "neighbouring concept", "the threshold with the best F1")
def _(y, p, value, cost):
    options = list(lists(y, p, value, cost, downwards(p)))
    best = max(options, key=lambda o: f1_score(y, p >= o[0], zero_division=0), default=NOTHING)
    return best if best[1] > 0 else NOTHING


@wrong("7.1", "one of two", "a redeemed coupon costs nothing")
def _(y, p, value, cost):
    options = [(float(t), float(np.sum(np.where(y, value, -cost)[p >= t]))) for t in downwards(p)]
    return best_of([NOTHING, *options])


@wrong("7.1", "one of two", "a coupon costs one dollar, whatever the cost")
def _(y, p, value, cost):
    return best_of([NOTHING, *lists(y, p, value, 1.0, downwards(p))])


@wrong("7.1", "library call", "a hundred thresholds from 0 to 1")
def _(y, p, value, cost):
    best = best_of([NOTHING, *lists(y, p, value, cost, np.linspace(1, 0, 101))])
    return best if best[1] > 0 else NOTHING


@wrong("7.1", "tolerance", "probabilities rounded to two digits")
def _(y, p, value, cost):
    p = np.round(p, 2)
    return best_of([NOTHING, *lists(y, p, value, cost, downwards(p))])


@wrong("7.1", "order of steps", "stops at the first list that earns less than the one before")
def _(y, p, value, cost):
    best = NOTHING
    for option in lists(y, p, value, cost, downwards(p)):
        if option[1] < best[1]:
            break
        best = max(best, option, key=lambda one: one[1])
    return best


@wrong("7.1", "edge", "the middle between two probabilities")
def _(y, p, value, cost):
    cuts = downwards(p)
    middles = [*(cuts[:-1] + cuts[1:]) / 2, *cuts[-1:]]
    return best_of([NOTHING, *lists(y, p, value, cost, middles)])


@wrong("7.1", "edge", "fails where there is no offer")
def _(y, p, value, cost):
    low = p.min()
    return best_of([NOTHING, *lists(y, p, value, cost, [t for t in downwards(p) if t >= low])])


@right("7.1", "dollars summed up once, read at the last of each group of equal ones")
def _(y, p, value, cost):
    order = np.argsort(-p, kind="stable")
    dollars, p = np.cumsum(value * y[order] - cost), p[order]
    ends = np.flatnonzero(np.append(p[1:] != p[:-1], True)) if len(p) else []
    return best_of([NOTHING, *[(float(p[i]), float(dollars[i])) for i in ends]])


@right("7.1", "only the probabilities of redeemed offers are tried, with pandas")
def _(y, p, value, cost):
    frame = pd.DataFrame({"y": y, "p": p})
    best = NOTHING
    for t in sorted(set(frame.loc[frame["y"] == 1, "p"]), reverse=True):
        sent = frame[frame["p"] >= t]
        dollars = value * sent["y"].sum() - cost * len(sent)
        best = (t, dollars) if dollars > best[1] else best
    return best


@wrong("7.2", "collision", "each number for itself looked for in the whole table")
def _(train, test):
    return int(np.isin(test, train).all(axis=1).sum())


@wrong("7.2", "ties", "pairs counted, so that copies in train count again")
def _(train, test):
    return int((test[:, None] == train[None]).all(axis=2).sum())


@wrong("7.2", "ties", "different rows in common, each once")
def _(train, test):
    return len(set(map(tuple, train)) & set(map(tuple, test)))


@wrong("7.2", "axis", "training rows that have a copy in test")
def _(train, test):
    known = set(map(tuple, test))
    return sum(tuple(row) in known for row in train)


@wrong("7.2", "collision", "rows with equal sums")
def _(train, test):
    return int(np.isin(test.sum(axis=1), train.sum(axis=1)).sum())


@wrong("7.2", "order of rows", "only the row at the same place")
def _(train, test):
    return sum(bool((a == b).all()) for a, b in zip(train, test, strict=False))


@wrong("7.2", "collision", "numbers written one after the other")
def _(train, test):
    known = {"".join(f"{x:g}" for x in row) for row in train}
    return sum("".join(f"{x:g}" for x in row) in known for row in test)


@wrong("7.2", "collision", "a row read as digits")
def _(train, test):
    key = 10.0 ** np.arange(test.shape[1])
    return int(np.isin(test @ key, train @ key).sum())


@wrong("7.2", "order of steps", "each row sorted first")
def _(train, test):
    known = {tuple(sorted(row)) for row in train}
    return sum(tuple(sorted(row)) in known for row in test)


@wrong("7.2", "tolerance", "nearly equal is equal")
def _(train, test):
    return sum(any(np.allclose(row, other) for other in train) for row in test)


@wrong("7.2", "one of two", "only the first column is compared")
def _(train, test):
    return int(np.isin(test[:, 0], train[:, 0]).sum())


@wrong("7.2", "mean of what", "the share, not the number")
def _(train, test):
    known = set(map(tuple, train))
    return np.mean([tuple(row) in known for row in test])


@wrong("7.2", "library call", "what an inner merge leaves")
def _(train, test):
    return len(pd.DataFrame(test).merge(pd.DataFrame(train)))


@wrong("7.2", "library call", "rows that vanish from the stacked table")
def _(train, test):
    both = np.vstack([train, test])
    return len(both) - len(np.unique(both, axis=0))


@wrong("7.2", "edge", "fails without a training row")
def _(train, test):
    return int((cdist(test, train).min(axis=1) == 0).sum())


@right("7.2", "a loop over pairs")
def _(train, test):
    count = 0
    for row in test:
        for other in train:
            if np.array_equal(row, other):
                count += 1
                break
    return count


@right("7.2", "a merge with train's rows once, by pandas")
def _(train, test):
    once = pd.DataFrame(train).drop_duplicates()
    return len(pd.DataFrame(test).merge(once)) if len(once) else 0


@right("7.2", "pairs compared in one table")
def _(train, test):
    return np.sum((test[:, None] == train[None]).all(axis=2).any(axis=1))


def distances(points, metric="euclidean"):
    gaps = cdist(points, points, metric)
    np.fill_diagonal(gaps, np.inf)
    return gaps


def linked(nearest, labels):
    mutual = nearest[nearest] == np.arange(len(nearest))
    return np.flatnonzero(mutual & (labels == 0) & (labels[nearest] == 1))


@wrong("7.3", "one of two", "the nearest negative of a positive, without asking back")
def _(points, labels):
    nearest = distances(points).argmin(axis=1)
    found = nearest[labels == 1]
    return np.unique(found[labels[found] == 0])


@wrong("7.3", "one of two", "negatives whose nearest is a positive, without asking back")
def _(points, labels):
    nearest = distances(points).argmin(axis=1)
    return np.flatnonzero((labels == 0) & (labels[nearest] == 1))


@wrong("7.3", "neighbouring concept", "mutual neighbours, whatever their labels")
def _(points, labels):
    nearest = distances(points).argmin(axis=1)
    return np.flatnonzero((nearest[nearest] == np.arange(len(points))) & (labels == 0))


@wrong("7.3", "sign", "the positives of the links")
def _(points, labels):
    return linked(distances(points).argmin(axis=1), 1 - labels)


@wrong("7.3", "axis", "both ends of each link")
def _(points, labels):
    nearest = distances(points).argmin(axis=1)
    mutual = nearest[nearest] == np.arange(len(points))
    return np.flatnonzero(mutual & (labels != labels[nearest]))


@wrong("7.3", "ties", "the second in the sorted distances, where equal rows stand first")
def _(points, labels):
    gaps = cdist(points, points)
    return linked(np.argsort(gaps, axis=1, kind="stable")[:, 1], labels)


@wrong("7.3", "zero or negative", "a distance of 0 is taken for the row itself")
def _(points, labels):
    gaps = cdist(points, points)
    gaps[gaps == 0] = np.inf
    return linked(gaps.argmin(axis=1), labels)


@wrong("7.3", "neighbouring concept", "distance along the streets")
def _(points, labels):
    return linked(distances(points, "cityblock").argmin(axis=1), labels)


@wrong("7.3", "zero or negative", "the diagonal left at 0: each is its own neighbour")
def _(points, labels):
    return linked(cdist(points, points).argmin(axis=1), labels)


@wrong("7.3", "neighbouring concept", "nearest of the other class only")
def _(points, labels):
    gaps = distances(points)
    gaps[labels[:, None] == labels[None]] = np.inf
    return linked(gaps.argmin(axis=1), labels)


@wrong("7.3", "order of rows", "the positives taken for the first rows")
def _(points, labels):
    return linked(distances(points).argmin(axis=1), np.sort(labels)[::-1])


@wrong("7.3", "off by one", "numbers among the negatives, not row numbers")
def _(points, labels):
    rows = linked(distances(points).argmin(axis=1), labels)
    return np.searchsorted(np.flatnonzero(labels == 0), rows)


@wrong("7.3", "shapes", "only the first column")
def _(points, labels):
    return linked(distances(points[:, :1]).argmin(axis=1), labels)


@wrong("7.3", "order of steps", "all columns brought to one scale first")
def _(points, labels):
    return linked(distances(StandardScaler().fit_transform(points)).argmin(axis=1), labels)


@wrong("7.3", "library call", "what imbalanced-learn drops: the larger class")
def _(points, labels):
    if len(np.unique(labels)) < 2:
        return np.array([], int)
    sampler = TomekLinks().fit(points, labels)
    sampler.fit_resample(points, labels)
    return np.setdiff1d(np.arange(len(points)), sampler.sample_indices_)


@wrong("7.3", "order of rows", "in the order of their positives")
def _(points, labels):
    nearest = distances(points).argmin(axis=1)
    hits = [i for i in np.flatnonzero(labels == 1) if nearest[nearest[i]] == i]
    return np.array([nearest[i] for i in hits if labels[nearest[i]] == 0], int)


@right("7.3", "imbalanced-learn's own test for a link")
def _(points, labels):
    nearest = distances(points).argmin(axis=1)
    return np.flatnonzero(TomekLinks.is_tomek(labels, nearest, [0]))


@right("7.3", "two loops over the rows")
def _(points, labels):
    rows = []
    for i in range(len(points)):
        for j in range(len(points)):
            if labels[i] == 0 and labels[j] == 1:
                gap = np.linalg.norm(points[i] - points[j])
                others = [k for k in range(len(points)) if k not in (i, j)]
                if all(
                    min(np.linalg.norm(points[k] - points[[i, j]], axis=1)) > gap for k in others
                ):
                    rows.append(i)
    return np.array(rows, dtype=int)


@right("7.3", "neighbours from scikit-learn, each without itself")
def _(points, labels):
    return linked(NearestNeighbors(n_neighbors=1).fit(points).kneighbors()[1][:, 0], labels)


@right("7.3", "a tree of points; of two equal rows whichever is not the row itself")
def _(points, labels):
    near = KDTree(points).query(points, k=2)[1]
    itself = near == np.arange(len(points))[:, None]
    return linked(np.where(itself[:, 0], near[:, 1], near[:, 0]), labels)
