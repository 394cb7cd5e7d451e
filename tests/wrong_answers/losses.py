"""Ideas for the exercises about losses."""

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import mean_pinball_loss

from wrong_answers import right, wrong


def prices(y_true, y_pred, q):
    short = np.asarray(y_true) - y_pred
    return np.where(short > 0, q * short, (q - 1) * short)


@wrong("2.1", "sign", "the prices of the two sides exchanged")
def _(y_true, y_pred, q):
    return np.mean(prices(y_true, y_pred, 1 - q))


@wrong("2.1", "sign", "the error turned round")
def _(y_true, y_pred, q):
    over = y_pred - y_true
    return np.mean(np.maximum(q * over, (q - 1) * over))


@wrong("2.1", "sign", "spare units earn money back")
def _(y_true, y_pred, q):
    short = y_true - y_pred
    return np.mean(np.where(short > 0, q * short, (1 - q) * short))


@wrong("2.1", "sign", "the smaller of the two")
def _(y_true, y_pred, q):
    short = y_true - y_pred
    return np.mean(np.minimum(q * short, (q - 1) * short))


@wrong("2.1", "one of two", "spare units cost nothing")
def _(y_true, y_pred, q):
    return np.mean(q * np.maximum(y_true - y_pred, 0))


@wrong("2.1", "one of two", "spare units cost 1 each")
def _(y_true, y_pred, q):
    short = y_true - y_pred
    return np.mean(np.where(short > 0, q * short, -short))


@wrong("2.1", "mean of what", "the mean over the cases with an error only")
def _(y_true, y_pred, q):
    cost = prices(y_true, y_pred, q)
    return np.mean(cost[cost > 0]) if cost.any() else 0.0


@wrong("2.1", "mean of what", "the sum")
def _(y_true, y_pred, q):
    return np.sum(prices(y_true, y_pred, q))


@wrong("2.1", "mean of what", "each side's own mean, then added")
def _(y_true, y_pred, q):
    cost, short = prices(y_true, y_pred, q), y_true > y_pred
    return sum(cost[side].mean() for side in (short, ~short) if side.any())


@wrong("2.1", "mean of what", "the price of the mean error")
def _(y_true, y_pred, q):
    return float(prices(np.mean(y_true - y_pred), 0, q))


@wrong("2.1", "mean of what", "the median")
def _(y_true, y_pred, q):
    return np.median(prices(y_true, y_pred, q))


@wrong("2.1", "off by one", "divided by n - 1")
def _(y_true, y_pred, q):
    return np.sum(prices(y_true, y_pred, q)) / max(len(y_true) - 1, 1)


@wrong("2.1", "neighbouring concept", "q times the absolute error")
def _(y_true, y_pred, q):
    return q * np.mean(np.abs(y_true - y_pred))


@wrong("2.1", "neighbouring concept", "squared errors with the two prices")
def _(y_true, y_pred, q):
    error = y_true - y_pred
    return np.mean(np.where(error > 0, q, 1 - q) * error**2)


@wrong("2.1", "neighbouring concept", "twice the loss, so that q = 0.5 is the MAE")
def _(y_true, y_pred, q):
    return 2 * np.mean(prices(y_true, y_pred, q))


@wrong("2.1", "library call", "the quantile of the absolute errors")
def _(y_true, y_pred, q):
    return np.quantile(np.abs(y_true - y_pred), q)


@wrong("2.1", "tolerance", "two decimals")
def _(y_true, y_pred, q):
    return round(float(np.mean(prices(y_true, y_pred, q))), 2)


@right("2.1", "a loop")
def _(y_true, y_pred, q):
    total = 0
    for y, p in zip(y_true, y_pred, strict=True):
        total += q * (y - p) if y > p else (1 - q) * (p - y)
    return total / len(y_true)


@right("2.1", "scikit-learn")
def _(y_true, y_pred, q):
    return mean_pinball_loss(y_true, y_pred, alpha=q)


ROOM = 0.005 + 1e-9


def line_errors(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2, axis=1)


@wrong("2.2", "axis", "one mean for the whole page")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(np.mean((y_pred - y_true) ** 2) - printed) > ROOM)


@wrong("2.2", "axis", "the mean of each column")
def _(y_true, y_pred, printed):
    right = np.mean((y_pred - y_true) ** 2, axis=0)
    return np.flatnonzero(np.abs(np.resize(right, len(printed)) - printed) > ROOM)


@wrong("2.2", "tolerance", "no tolerance at all")
def _(y_true, y_pred, printed):
    return np.flatnonzero(line_errors(y_true, y_pred) != printed)


@wrong("2.2", "tolerance", "exactly 0.005 off is flagged")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(line_errors(y_true, y_pred) - printed) >= 0.005 - 1e-9)


@wrong("2.2", "tolerance", "no room for the computer's own rounding")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(line_errors(y_true, y_pred) - printed) > 0.005)


@wrong("2.2", "tolerance", "rounded to two decimals and compared")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.round(line_errors(y_true, y_pred), 2) != printed)


@wrong("2.2", "tolerance", "0.5 % of the value")
def _(y_true, y_pred, printed):
    right = line_errors(y_true, y_pred)
    return np.flatnonzero(np.abs(right - printed) > 0.005 * np.maximum(right, 1))


@wrong("2.2", "tolerance", "0.01 off is accepted")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(line_errors(y_true, y_pred) - printed) > 0.01 + 1e-9)


@wrong("2.2", "sign", "only values that are printed too large")
def _(y_true, y_pred, printed):
    return np.flatnonzero(printed - line_errors(y_true, y_pred) > ROOM)


@wrong("2.2", "sign", "only values that are printed too small")
def _(y_true, y_pred, printed):
    return np.flatnonzero(line_errors(y_true, y_pred) - printed > ROOM)


@wrong("2.2", "mean of what", "the sum of the squared errors")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(np.sum((y_pred - y_true) ** 2, axis=1) - printed) > ROOM)


@wrong("2.2", "mean of what", "the square of the mean error")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(np.mean(y_pred - y_true, axis=1) ** 2 - printed) > ROOM)


@wrong("2.2", "neighbouring concept", "the mean absolute error")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(np.mean(np.abs(y_pred - y_true), axis=1) - printed) > ROOM)


@wrong("2.2", "neighbouring concept", "the root of the MSE")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(np.sqrt(line_errors(y_true, y_pred)) - printed) > ROOM)


@wrong("2.2", "off by one", "lines counted from 1")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(line_errors(y_true, y_pred) - printed) > ROOM) + 1


@wrong("2.2", "edge", "the first wrong line only")
def _(y_true, y_pred, printed):
    return np.flatnonzero(np.abs(line_errors(y_true, y_pred) - printed) > ROOM)[:1]


@wrong("2.2", "library call", "isclose has a relative tolerance too")
def _(y_true, y_pred, printed):
    close = np.isclose(line_errors(y_true, y_pred), printed, atol=ROOM)
    return np.flatnonzero(~close)


@wrong("2.2", "library call", "true and false in place of numbers")
def _(y_true, y_pred, printed):
    return np.abs(line_errors(y_true, y_pred) - printed) > ROOM


@wrong("2.2", "shapes", "argwhere: one row for each")
def _(y_true, y_pred, printed):
    return np.argwhere(np.abs(line_errors(y_true, y_pred) - printed) > ROOM)


@right("2.2", "a loop over the lines")
def _(y_true, y_pred, printed):
    wrong_lines = []
    for i in range(len(printed)):
        mean = sum((p - y) ** 2 for y, p in zip(y_true[i], y_pred[i], strict=True))
        if abs(mean / len(y_true[i]) - printed[i]) > ROOM:
            wrong_lines.append(i)
    return np.array(wrong_lines)


@right("2.2", "isclose with the absolute tolerance alone")
def _(y_true, y_pred, printed):
    close = np.isclose(line_errors(y_true, y_pred), printed, rtol=0, atol=0.005 + 1e-12)
    return np.where(~close)[0]


@wrong("2.3", "sign", "the weight put on once more")
def _(p, weight):
    return weight * p / (weight * p + 1 - p)


@wrong("2.3", "sign", "the weight taken from the other side")
def _(p, weight):
    return p / (p + (1 - p) / weight)


@wrong("2.3", "neighbouring concept", "the probability divided, not the odds")
def _(p, weight):
    return p / weight


@wrong("2.3", "neighbouring concept", "the odds, never turned back")
def _(p, weight):
    return p / (weight * np.maximum(1 - p, 1e-12))


@wrong("2.3", "neighbouring concept", "the weight itself taken from the log-odds")
def _(p, weight):
    return expit(logit(p) - weight)


@wrong("2.3", "neighbouring concept", "a power in place of a quotient")
def _(p, weight):
    return p**weight


@wrong("2.3", "neighbouring concept", "scaled to sum to 1")
def _(p, weight):
    honest = p / (p + weight * (1 - p))
    return honest / max(honest.sum(), 1e-12)


@wrong("2.3", "order of steps", "1 added before the division")
def _(p, weight):
    return p / (1 + weight * (1 - p))


@wrong("2.3", "zero or negative", "odds of a sure thing: infinity over infinity")
def _(p, weight):
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = p / (1 - p) / weight
        return odds / (1 + odds)


@wrong("2.3", "zero or negative", "0 and 1 come out as one half")
def _(p, weight):
    sure = (p == 0) | (p == 1)
    return np.where(sure, 0.5, p / (p + weight * (1 - p)))


@wrong("2.3", "edge", "weights below 1 left alone")
def _(p, weight):
    return p / (p + max(weight, 1) * (1 - p))


@wrong("2.3", "edge", "only predictions of one half and more")
def _(p, weight):
    return np.where(p >= 0.5, p / (p + weight * (1 - p)), p)


@wrong("2.3", "mean of what", "one factor for all, from the mean prediction")
def _(p, weight):
    mean = p.mean()
    honest = mean / (mean + weight * (1 - mean))
    return p * honest / max(mean, 1e-12)


@wrong("2.3", "tolerance", "clipped to 0.01..0.99 first")
def _(p, weight):
    p = np.clip(p, 0.01, 0.99)
    return p / (p + weight * (1 - p))


@wrong("2.3", "tolerance", "two decimals")
def _(p, weight):
    return np.round(p / (p + weight * (1 - p)), 2)


@wrong("2.3", "library call", "0 wherever the odds are not a number")
def _(p, weight):
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = p / (1 - p) / weight
        return np.nan_to_num(odds / (1 + odds))


@right("2.3", "log-odds minus the log of the weight")
def _(p, weight):
    with np.errstate(divide="ignore"):
        return expit(logit(p) - np.log(weight))


@right("2.3", "a loop through the odds, the sure ones apart")
def _(p, weight):
    honest = []
    for x in p:
        odds = x / (1 - x) / weight if x < 1 else None
        honest.append(1.0 if odds is None else odds / (1 + odds))
    return np.array(honest)
