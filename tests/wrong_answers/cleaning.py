"""Ideas for the exercises about cleaning."""

import statistics

import numpy as np
import pandas as pd
from sklearn import preprocessing

from wrong_answers import right, wrong

# 5.1: an account of the dollars


def _by_cause(causes, off, n_causes):
    return np.bincount(causes, off, minlength=n_causes)


@wrong("5.1", "sign", "true - written")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes, true - np.where(kept, written, 0), n_causes)


@wrong("5.1", "sign", "the size of each slip")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes, np.abs(np.where(kept, written, 0) - true), n_causes)


@wrong("5.1", "one of two", "the kept lines alone")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes[kept], (written - true)[kept], n_causes)


@wrong("5.1", "one of two", "the dropped lines alone")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes[~kept], -true[~kept], n_causes)


@wrong("5.1", "neighbouring concept", "a dropped line is missing with what was written")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes, np.where(kept, written - true, -written), n_causes)


@wrong("5.1", "neighbouring concept", "what the faults did before cleaning")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes, written - true, n_causes)


@wrong("5.1", "neighbouring concept", "counted in lines")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes, (np.where(kept, written, 0) != true).astype(float), n_causes)


@wrong("5.1", "mean of what", "the mean of each cause's lines")
def _(causes, written, true, kept, n_causes):
    off = np.where(kept, written, 0) - true
    return _by_cause(causes, off, n_causes) / np.maximum(np.bincount(causes, minlength=n_causes), 1)


@wrong("5.1", "mean of what", "as shares of the true turnover")
def _(causes, written, true, kept, n_causes):
    total = true.sum() or 1
    return _by_cause(causes, np.where(kept, written, 0) - true, n_causes) / total


@wrong("5.1", "collision", "answer[causes] += …, which adds once for each cause")
def _(causes, written, true, kept, n_causes):
    answer = np.zeros(n_causes)
    answer[causes] += np.where(kept, written, 0) - true
    return answer


@wrong("5.1", "edge", "as many places as the largest cause needs")
def _(causes, written, true, kept, n_causes):
    return np.bincount(causes, np.where(kept, written, 0) - true)


@wrong("5.1", "library call", "groupby: causes without a line are left out")
def _(causes, written, true, kept, n_causes):
    off = pd.Series(np.where(kept, written, 0) - true)
    return off.groupby(causes).sum().to_numpy()


@wrong("5.1", "order of rows", "causes in the order in which they are met")
def _(causes, written, true, kept, n_causes):
    numbers = pd.factorize(causes)[0]
    return _by_cause(numbers, np.where(kept, written, 0) - true, n_causes)


@wrong("5.1", "zero or negative", "a line that is written with a minus counts as 0")
def _(causes, written, true, kept, n_causes):
    return _by_cause(causes, np.where(kept, np.maximum(written, 0), 0) - true, n_causes)


@wrong("5.1", "zero or negative", "a true worth of 0 means that nothing is known")
def _(causes, written, true, kept, n_causes):
    off = np.where(true == 0, 0, np.where(kept, written, 0) - true)
    return _by_cause(causes, off, n_causes)


@wrong("5.1", "tolerance", "rounded to whole dollars")
def _(causes, written, true, kept, n_causes):
    return np.round(_by_cause(causes, np.where(kept, written, 0) - true, n_causes))


@right("5.1", "a loop")
def _(causes, written, true, kept, n_causes):
    answer = np.zeros(n_causes)
    for i, cause in enumerate(causes):
        answer[cause] += written[i] - true[i] if kept[i] else -true[i]
    return answer


@right("5.1", "what is left of each cause, minus what it should be")
def _(causes, written, true, kept, n_causes):
    left = np.bincount(causes[kept], written[kept], minlength=n_causes)
    return left - np.bincount(causes, true, minlength=n_causes)


@right("5.1", "a groupby that asks for all causes")
def _(causes, written, true, kept, n_causes):
    off = pd.Series(written * kept - true)
    return off.groupby(causes).sum().reindex(range(n_causes), fill_value=0).to_numpy()


# 5.2: each column over the median of what was bought


@wrong("5.2", "neighbouring concept", "the median with the zeros")
def _(matrix):
    level = np.median(matrix, axis=0)
    return matrix / np.where(level > 0, level, 1)


@wrong("5.2", "neighbouring concept", "the mean of what was bought")
def _(matrix):
    bought = (matrix > 0).sum(axis=0)
    return matrix / np.where(bought, matrix.sum(axis=0) / np.maximum(bought, 1), 1)


@wrong("5.2", "neighbouring concept", "the largest amount")
def _(matrix):
    return matrix / np.where(matrix.max(axis=0) > 0, matrix.max(axis=0), 1)


@wrong("5.2", "library call", "scikit-learn's robust_scale")
def _(matrix):
    return preprocessing.robust_scale(matrix)


@wrong("5.2", "library call", "scikit-learn's maxabs_scale")
def _(matrix):
    return preprocessing.maxabs_scale(matrix)


@wrong("5.2", "library call", "statistics.median_low: no mean of two middle amounts")
def _(matrix):
    level = [statistics.median_low(c[c > 0]) if (c > 0).any() else 1 for c in matrix.T]
    return matrix / np.array(level)


@wrong("5.2", "axis", "by row")
def _(matrix):
    rows = [np.median(row[row > 0]) if (row > 0).any() else 1 for row in matrix]
    return matrix / np.array(rows)[:, None]


@wrong("5.2", "axis", "one median for the whole matrix")
def _(matrix):
    above = matrix[matrix > 0]
    return matrix / (np.median(above) if above.size else 1)


@wrong("5.2", "order of steps", "the median taken away first")
def _(matrix):
    level = np.array([np.median(c[c > 0]) if (c > 0).any() else 1 for c in matrix.T])
    return (matrix - level) / level


@wrong("5.2", "order of steps", "the median taken away from what was bought")
def _(matrix):
    level = np.array([np.median(c[c > 0]) if (c > 0).any() else 1 for c in matrix.T])
    return np.where(matrix > 0, (matrix - level) / level, 0)


@wrong("5.2", "edge", "a column of zeros becomes NaN")
def _(matrix):
    level = np.array([np.median(c[c > 0]) if (c > 0).any() else 0 for c in matrix.T])
    with np.errstate(invalid="ignore"):
        return matrix / level


@wrong("5.2", "edge", "a column of zeros is left out")
def _(matrix):
    matrix = matrix[:, matrix.any(axis=0)]
    return matrix / np.array([np.median(c[c > 0]) for c in matrix.T])


@wrong("5.2", "tolerance", "a level of at least 1 dollar")
def _(matrix):
    level = np.array([np.median(c[c > 0]) if (c > 0).any() else 1 for c in matrix.T])
    return matrix / np.maximum(level, 1)


@wrong("5.2", "tolerance", "the level plus a little, against a division by 0")
def _(matrix):
    level = np.array([np.median(c[c > 0]) if (c > 0).any() else 0 for c in matrix.T])
    return matrix / (level + 1e-3)


@wrong("5.2", "zero or negative", "amounts below 1 are no purchases")
def _(matrix):
    level = np.array([np.median(c[c >= 1]) if (c >= 1).any() else 1 for c in matrix.T])
    return matrix / level


@wrong("5.2", "ties", "equal amounts count once")
def _(matrix):
    level = [np.median(np.unique(c[c > 0])) if (c > 0).any() else 1 for c in matrix.T]
    return matrix / np.array(level)


@wrong("5.2", "shapes", "as many medians as rows")
def _(matrix):
    level = np.array([np.median(c[c > 0]) if (c > 0).any() else 1 for c in matrix.T])
    return (matrix.T / np.resize(level, len(matrix))).T


@right("5.2", "a loop over columns")
def _(matrix):
    columns = []
    for column in matrix.T:
        above = column[column > 0]
        columns.append(column / np.median(above) if len(above) else column * 1.0)
    return np.column_stack(columns)


@right("5.2", "pandas, whose median leaves NaN out")
def _(matrix):
    table = pd.DataFrame(matrix)
    return (table / table.where(table > 0).median().fillna(1)).to_numpy()


# 5.3: the first line of an account that cannot be true


def _sums(before, dropped, after):
    return before - dropped != after


def _links(before, after):
    return np.append(False, before[1:] != after[:-1])[: len(before)]


def _first(wrong_lines):
    return int(np.argmax(wrong_lines)) if np.any(wrong_lines) else -1


@wrong("5.3", "one of two", "the sums alone")
def _(before, dropped, after):
    return _first(_sums(before, dropped, after))


@wrong("5.3", "one of two", "the links alone")
def _(before, dropped, after):
    return _first(_links(before, after))


@wrong("5.3", "order of steps", "all sums, then the links")
def _(before, dropped, after):
    line = _first(_sums(before, dropped, after))
    return line if line >= 0 else _first(_links(before, after))


@wrong("5.3", "order of steps", "all links, then the sums")
def _(before, dropped, after):
    line = _first(_links(before, after))
    return line if line >= 0 else _first(_sums(before, dropped, after))


@wrong("5.3", "one of two", "wrong only where sum and link are both wrong")
def _(before, dropped, after):
    return _first(_sums(before, dropped, after) & _links(before, after))


@wrong("5.3", "off by one", "a broken link is the fault of the line above")
def _(before, dropped, after):
    above = np.append(before[1:] != after[:-1], False)[: len(before)]
    return _first(_sums(before, dropped, after) | above)


@wrong("5.3", "off by one", "counted from 1")
def _(before, dropped, after):
    line = _first(_sums(before, dropped, after) | _links(before, after))
    return line + 1 if line >= 0 else -1


@wrong("5.3", "off by one", "the first link is position 0 of the links")
def _(before, dropped, after):
    lines = np.append(
        np.flatnonzero(_sums(before, dropped, after)), np.flatnonzero(before[1:] != after[:-1])
    )
    return int(lines.min()) if len(lines) else -1


@wrong("5.3", "edge", "argmax: a sound account answers 0")
def _(before, dropped, after):
    wrong_lines = _sums(before, dropped, after) | _links(before, after)
    return int(np.argmax(wrong_lines)) if len(before) else -1


@wrong("5.3", "edge", "the first line is linked with the last one")
def _(before, dropped, after):
    return _first(_sums(before, dropped, after) | (before != np.roll(after, 1)))


@wrong("5.3", "edge", "the last line is not looked at")
def _(before, dropped, after):
    return _first((_sums(before, dropped, after) | _links(before, after))[:-1])


@wrong("5.3", "order of rows", "the last wrong line")
def _(before, dropped, after):
    lines = np.flatnonzero(_sums(before, dropped, after) | _links(before, after))
    return int(lines[-1]) if len(lines) else -1


@wrong("5.3", "neighbouring concept", "how many lines are wrong")
def _(before, dropped, after):
    return int((_sums(before, dropped, after) | _links(before, after)).sum()) or -1


@wrong("5.3", "neighbouring concept", "what is left by the running sum of the dropped")
def _(before, dropped, after):
    return _first(after != before[:1] - np.cumsum(dropped))


@wrong("5.3", "tolerance", "one row more or less does not matter")
def _(before, dropped, after):
    return _first((np.abs(before - dropped - after) > 1) | _links(before, after))


@wrong("5.3", "sign", "only where rows vanish, not where some appear")
def _(before, dropped, after):
    links = np.append(False, before[1:] < after[:-1])[: len(before)]
    return _first((before - dropped > after) | links)


@right("5.3", "a loop")
def _(before, dropped, after):
    for i in range(len(before)):
        if before[i] - dropped[i] != after[i]:
            return i
        if i > 0 and before[i] != after[i - 1]:
            return i
    return -1


@right("5.3", "the list of all wrong lines, and the smallest of them")
def _(before, dropped, after):
    sums = np.flatnonzero(before - dropped - after).tolist()
    links = (np.flatnonzero(before[1:] - after[:-1]) + 1).tolist()
    return min(sums + links, default=-1)
