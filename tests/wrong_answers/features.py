"""Ideas for the exercises about features."""

import math

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from wrong_answers import right, wrong


def idf(df, n):
    return np.log(n / np.maximum(df, 1))


@wrong("8.1", "mean of what", "df counts words, not texts")
def _(counts):
    counts = np.asarray(counts)
    return counts * idf(counts.sum(axis=0), len(counts))


@wrong("8.1", "axis", "df counts the words of each text")
def _(counts):
    counts = np.asarray(counts)
    return counts * idf((counts > 0).sum(axis=1), counts.shape[1])[:, None]


@wrong("8.1", "shapes", "n is the number of words")
def _(counts):
    counts = np.asarray(counts)
    return counts * idf((counts > 0).sum(axis=0), counts.shape[1])


@wrong("8.1", "shapes", "n is the longer side")
def _(counts):
    counts = np.asarray(counts)
    return counts * idf((counts > 0).sum(axis=0), max(counts.shape))


@wrong("8.1", "neighbouring concept", "the logarithm to base 10")
def _(counts):
    counts = np.asarray(counts)
    return counts * np.log10(len(counts) / np.maximum((counts > 0).sum(axis=0), 1))


@wrong("8.1", "neighbouring concept", "the smoothed form, ln((1 + n) / (1 + df)) + 1")
def _(counts):
    counts = np.asarray(counts)
    return counts * (np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0))) + 1)


@wrong("8.1", "off by one", "one added to df against division by zero")
def _(counts):
    counts = np.asarray(counts)
    return counts * np.log(len(counts) / (1 + (counts > 0).sum(axis=0)))


@wrong("8.1", "off by one", "only texts with the word just once")
def _(counts):
    counts = np.asarray(counts)
    return counts * idf((counts == 1).sum(axis=0), len(counts))


@wrong("8.1", "mean of what", "tf as a share of the text")
def _(counts):
    counts = np.asarray(counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return share * idf((counts > 0).sum(axis=0), len(counts))


@wrong("8.1", "neighbouring concept", "tf as yes or no")
def _(counts):
    seen = np.asarray(counts) > 0
    return seen * idf(seen.sum(axis=0), len(seen))


@wrong("8.1", "order of steps", "the logarithm of tf as well")
def _(counts):
    counts = np.asarray(counts)
    return np.log1p(counts) * idf((counts > 0).sum(axis=0), len(counts))


@wrong("8.1", "tolerance", "whole-number division")
def _(counts):
    counts = np.asarray(counts)
    return counts * np.log(np.maximum(len(counts) // np.maximum((counts > 0).sum(axis=0), 1), 1))


@wrong("8.1", "zero or negative", "a word that never occurs is NaN")
def _(counts):
    counts = np.asarray(counts)
    with np.errstate(all="ignore"):
        return counts * np.log(len(counts) / (counts > 0).sum(axis=0))


@wrong("8.1", "zero or negative", "texts without a word do not count")
def _(counts):
    counts = np.asarray(counts)
    return counts * idf((counts > 0).sum(axis=0), max(np.sum(counts.sum(axis=1) > 0), 1))


@wrong("8.1", "library call", "scikit-learn's transformer without its smoothing")
def _(counts):
    weights = TfidfTransformer(smooth_idf=False, norm=None).fit_transform(np.asarray(counts))
    return weights.toarray()


@wrong("8.1", "order of steps", "each row brought to length 1 at the end")
def _(counts):
    counts = np.asarray(counts)
    weights = counts * idf((counts > 0).sum(axis=0), len(counts))
    return weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-12)


@right("8.1", "two loops")
def _(counts):
    n, weights = len(counts), np.zeros(np.shape(counts))
    for column in range(np.shape(counts)[1]):
        df = sum(1 for row in counts if row[column] > 0)
        for text in range(n):
            if df:
                weights[text, column] = counts[text][column] * (math.log(n) - math.log(df))
    return weights


@right("8.1", "scikit-learn's transformer, its added 1 taken away again")
def _(counts):
    counts = sparse.csr_array(np.asarray(counts))
    if counts.nnz == 0:
        return counts.toarray()
    model = TfidfTransformer(smooth_idf=False, norm=None).fit(counts)
    return (model.transform(counts) - counts).toarray()


@right("8.1", "pandas")
def _(counts):
    table = pd.DataFrame(counts)
    return (table * np.log(len(table) / (table > 0).sum().clip(lower=1))).to_numpy()


def same(a, b):
    return bool(np.isclose(a, b, equal_nan=True))


@wrong("8.2", "sign", "the answer turned round")
def _(feature, times, values, now):
    known = times < now
    return same(feature(times, values, now), feature(times[known], values[known], now))


@wrong("8.2", "off by one", "what happens at now is known")
def _(feature, times, values, now):
    known = times <= now
    return not same(feature(times, values, now), feature(times[known], values[known], now))


@wrong("8.2", "axis", "the past is taken out in place of the future")
def _(feature, times, values, now):
    late = times >= now
    return not same(feature(times, values, now), feature(times[late], values[late], now))


@wrong("8.2", "one of two", "only the future's values are changed, to 0")
def _(feature, times, values, now):
    zeros = np.where(times < now, values, 0.0)
    return not same(feature(times, values, now), feature(times, zeros, now))


@wrong("8.2", "one of two", "only the future's values are changed, to a million")
def _(feature, times, values, now):
    nonsense = np.where(times < now, values, 1e6)
    return not same(feature(times, values, now), feature(times, nonsense, now))


@wrong("8.2", "order of rows", "the past ends at the first event from now on")
def _(feature, times, values, now):
    end = next((i for i, time in enumerate(times) if time >= now), len(times))
    return not same(feature(times, values, now), feature(times[:end], values[:end], now))


@wrong("8.2", "library call", "the past found by searchsorted")
def _(feature, times, values, now):
    end = np.searchsorted(times, now)
    return not same(feature(times, values, now), feature(times[:end], values[:end], now))


@wrong("8.2", "zero or negative", "NaN and NaN are a change")
def _(feature, times, values, now):
    known = times < now
    return bool(feature(times, values, now) != feature(times[known], values[known], now))


@wrong("8.2", "zero or negative", "no change where either is NaN")
def _(feature, times, values, now):
    known = times < now
    a, b = feature(times, values, now), feature(times[known], values[known], now)
    return bool(a != b) and not (np.isnan(a) or np.isnan(b))


@wrong("8.2", "tolerance", "a change of less than one in a hundred is none")
def _(feature, times, values, now):
    known = times < now
    a, b = feature(times, values, now), feature(times[known], values[known], now)
    return not np.isclose(a, b, rtol=0.01, equal_nan=True)


@wrong("8.2", "neighbouring concept", "does the number differ on another day?")
def _(feature, times, values, now):
    later = np.max(times) if len(times) else now
    return not same(feature(times, values, now), feature(times, values, later))


@wrong("8.2", "neighbouring concept", "is there any event from now on?")
def _(feature, times, values, now):
    return bool(np.any(times >= now))


@wrong("8.2", "sign", "only a number that the future makes larger")
def _(feature, times, values, now):
    known = times < now
    return bool(feature(times, values, now) > feature(times[known], values[known], now))


@wrong("8.2", "edge", "only the last event is taken out")
def _(feature, times, values, now):
    late = np.flatnonzero(times >= now)
    if len(late) == 0:
        return False
    last = late[np.argmax(times[late])]
    rest = np.arange(len(times)) != last
    return not same(feature(times, values, now), feature(times[rest], values[rest], now))


@wrong("8.2", "dates", "the past ends one whole unit before now")
def _(feature, times, values, now):
    known = times <= now - 1
    if times.dtype.kind == "M":
        known = times.astype("datetime64[D]") < now.astype("datetime64[D]")
    return not same(feature(times, values, now), feature(times[known], values[known], now))


@right("8.2", "the future deleted by its row numbers, compared exactly")
def _(feature, times, values, now):
    late = [i for i in range(len(times)) if not times[i] < now]
    a = feature(times, values, now)
    b = feature(np.delete(times, late), np.delete(values, late), now)
    return a != b and not (a != a and b != b)


@right("8.2", "a frame filtered by pandas")
def _(feature, times, values, now):
    log = pd.DataFrame({"time": times, "value": values})
    past = log[log["time"] < now]
    without = feature(past["time"].to_numpy(), past["value"].to_numpy(), now)
    return not np.array_equal([feature(times, values, now)], [without], equal_nan=True)


def ppmi_of(share, weight):
    """max(0, ln(share / weight)), 0 where the share is 0."""
    weight = np.broadcast_to(weight, share.shape)
    seen = (share > 0) & (weight > 0)
    return np.maximum(0, np.log(np.divide(share, weight, out=np.ones(share.shape), where=seen)))


def shares(counts, axis):
    return counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1e-12)


def smooth(counts, power, axis=0):
    weight = counts.sum(axis=axis) ** power
    return weight / np.maximum(weight.sum(), 1e-12)


@wrong("8.3", "shapes", "row sums without keepdims")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(counts / np.maximum(counts.sum(axis=1), 1e-12), smooth(counts, power))


@wrong("8.3", "axis", "the row sums are raised to the power")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 0), smooth(counts, power, 1)[:, None])


@wrong("8.3", "axis", "shares of the columns in place of the rows")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 0), smooth(counts, power))


@wrong("8.3", "order of steps", "the shares raised to the power, not shared out anew")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 1), smooth(counts, 1) ** power)


@wrong("8.3", "order of steps", "the counts raised to the power before they are summed")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 1), smooth(counts**power, 1))


@wrong("8.3", "one of two", "both sums raised to the power")
def _(counts, power):
    counts = np.asarray(counts, float)
    total = max(counts.sum(), 1)
    rows = smooth(counts, power, 1)[:, None]
    return ppmi_of(counts / total, rows * smooth(counts, power))


@wrong("8.3", "one of two", "the power forgotten")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 1), smooth(counts, 1))


@wrong("8.3", "one of two", "0.75, whatever the power")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 1), smooth(counts, 0.75))


@wrong("8.3", "zero or negative", "values below 0 stay")
def _(counts, power):
    counts = np.asarray(counts, float)
    share, weight = shares(counts, 1), np.broadcast_to(smooth(counts, power), counts.shape)
    return np.log(np.divide(share, weight, out=np.ones(share.shape), where=share > 0))


@wrong("8.3", "zero or negative", "what was never seen is NaN")
def _(counts, power):
    counts = np.asarray(counts, float)
    with np.errstate(all="ignore"):
        share = counts / counts.sum(axis=1, keepdims=True)
        return np.maximum(0, np.log(share / smooth(counts, power)))


@wrong("8.3", "sign", "the inverse ratio")
def _(counts, power):
    counts = np.asarray(counts, float)
    share, weight = shares(counts, 1), np.broadcast_to(smooth(counts, power), counts.shape)
    ratio = np.divide(weight, share, out=np.ones(share.shape), where=share > 0)
    return np.maximum(0, np.log(ratio))


@wrong("8.3", "neighbouring concept", "the value itself multiplied by the power")
def _(counts, power):
    counts = np.asarray(counts, float)
    return power * ppmi_of(shares(counts, 1), smooth(counts, 1))


@wrong("8.3", "neighbouring concept", "one added to each count")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts + 1, 1) * (counts > 0), smooth(counts + 1, power))


@wrong("8.3", "neighbouring concept", "the logarithm to base 2")
def _(counts, power):
    counts = np.asarray(counts, float)
    return ppmi_of(shares(counts, 1), smooth(counts, power)) / np.log(2)


@wrong("8.3", "tolerance", "a thousandth in each denominator")
def _(counts, power):
    counts = np.asarray(counts, float)
    share = counts / (counts.sum(axis=1, keepdims=True) + 1e-3)
    return ppmi_of(share, smooth(counts, power))


@right("8.3", "joint shares over the product of the two sides")
def _(counts, power):
    counts = np.asarray(counts, float)
    joint = counts / max(counts.sum(), 1)
    return ppmi_of(joint, joint.sum(axis=1)[:, None] * smooth(counts, power))


@right("8.3", "logarithms added up, cell by cell")
def _(counts, power):
    table = np.zeros(np.shape(counts))
    columns = [sum(column) ** power for column in zip(*counts, strict=True)]
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count > 0:
                pmi = math.log(count) - math.log(sum(row))
                table[i, j] = max(pmi - math.log(columns[j]) + math.log(sum(columns)), 0)
    return table
