"""Ideas for the exercises about missing values."""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from wrong_answers import right, wrong

# 6.1: fill short gaps only


def _gaps(series):
    """(left, right) known neighbours of each inner gap."""
    known = np.flatnonzero(~np.isnan(series))
    return [(a, b) for a, b in pairwise(known) if b - a > 1]


def _filled(series, longest, between, allowed=None):
    """The inner gaps that are allowed, filled by between(left, right, places)."""
    filled = series.copy()
    for left, right_ in _gaps(series):
        if allowed(right_ - left) if allowed else right_ - left - 1 <= longest:
            places = np.arange(left + 1, right_)
            filled[places] = between(left, right_, places)
    return filled


def _line(series):
    return lambda a, b, places: np.interp(places, [a, b], series[[a, b]])


@wrong("6.1", "off by one", "gaps shorter than `longest`")
def _(series, longest):
    return _filled(series, longest, _line(series), lambda steps: steps - 1 < longest)


@wrong("6.1", "off by one", "steps between the neighbours taken for the length")
def _(series, longest):
    return _filled(series, longest, _line(series), lambda steps: steps <= longest)


@wrong("6.1", "off by one", "one more than `longest`")
def _(series, longest):
    return _filled(series, longest, _line(series), lambda steps: steps - 1 <= longest + 1)


@wrong("6.1", "library call", "pandas: the first values of a long gap, too")
def _(series, longest):
    if not longest:
        return series.copy()
    return pd.Series(series).interpolate(limit=longest, limit_area="inside").to_numpy()


@wrong("6.1", "edge", "the ends repeat the last known value")
def _(series, longest):
    filled = _filled(series, longest, _line(series))
    known = np.flatnonzero(~np.isnan(series))
    if len(known):
        filled[: known[0]], filled[known[-1] :] = series[known[0]], series[known[-1]]
    return filled


@wrong("6.1", "zero or negative", "known is what is 0 or more")
def _(series, longest):
    seen = np.where(series >= 0, series, np.nan)
    return np.where(series < 0, series, _filled(seen, longest, _line(seen)))


@wrong("6.1", "zero or negative", "0 is a gap")
def _(series, longest):
    seen = np.where(series == 0, np.nan, series)
    return _filled(seen, longest, _line(seen))


@wrong("6.1", "zero or negative", "no filled value below 0")
def _(series, longest):
    line = _line(series)
    return _filled(series, longest, lambda a, b, places: np.maximum(line(a, b, places), 0))


@wrong("6.1", "mean of what", "the mean of both neighbours")
def _(series, longest):
    return _filled(series, longest, lambda a, b, places: (series[a] + series[b]) / 2)


@wrong("6.1", "sign", "always upwards from the left neighbour")
def _(series, longest):
    return _filled(
        series,
        longest,
        lambda a, b, places: series[a] + (places - a) * abs(series[b] - series[a]) / (b - a),
    )


@wrong("6.1", "axis", "from the right neighbour to the left")
def _(series, longest):
    return _filled(series, longest, lambda a, b, places: np.interp(places, [a, b], series[[b, a]]))


@wrong("6.1", "neighbouring concept", "the last known value")
def _(series, longest):
    return _filled(series, longest, lambda a, b, places: series[a])


@wrong("6.1", "neighbouring concept", "a cubic spline")
def _(series, longest):
    known = np.flatnonzero(~np.isnan(series))
    if len(known) < 2:
        return series.copy()
    curve = CubicSpline(known, series[known])
    return _filled(series, longest, lambda a, b, places: curve(places))


@wrong("6.1", "neighbouring concept", "fills if there are at most `longest` gaps in sum")
def _(series, longest):
    fits = sum(b - a - 1 for a, b in _gaps(series)) <= longest
    return _filled(series, longest, _line(series), lambda steps: fits)


@wrong("6.1", "order of steps", "only the first gap")
def _(series, longest):
    filled = series.copy()
    for left, right_ in _gaps(series)[:1]:
        if right_ - left - 1 <= longest:
            filled[left : right_ + 1] = np.linspace(series[left], series[right_], right_ - left + 1)
    return filled


@wrong("6.1", "tolerance", "filled with whole numbers")
def _(series, longest):
    line = _line(series)
    return _filled(series, longest, lambda a, b, places: np.round(line(a, b, places)))


@right("6.1", "everything filled, then NaN put back")
def _(series, longest):
    t, known = np.arange(len(series)), ~np.isnan(series)
    if not known.any():
        return series.copy()
    filled = np.interp(t, t[known], series[known])
    left = np.maximum.accumulate(np.where(known, t, -1))
    right_ = np.minimum.accumulate(np.where(known, t, len(t))[::-1])[::-1]
    inner = (left >= 0) & (right_ < len(t)) & (right_ - left - 1 <= longest)
    return np.where(known | inner, filled, np.nan)


@right("6.1", "pandas, with the length of each run of gaps")
def _(series, longest):
    table = pd.Series(series)
    run = table.notna().cumsum()
    length = table.isna().groupby(run).transform("sum")
    filled = table.interpolate(limit_area="inside")
    return filled.where(table.notna() | (length <= longest)).to_numpy()


# 6.2: what somebody filled with the mean


@wrong("6.2", "tolerance", "equal to the last digit")
def _(values):
    return np.flatnonzero(values == np.mean(values))


@wrong("6.2", "tolerance", "to within 1e-6")
def _(values):
    return np.flatnonzero(np.abs(values - np.mean(values)) <= 1e-6)


@wrong("6.2", "library call", "np.isclose, whose tolerance grows with the mean")
def _(values):
    return np.flatnonzero(np.isclose(values, np.mean(values)))


@wrong("6.2", "library call", "np.isclose with atol=1e-9 and the usual rtol")
def _(values):
    return np.flatnonzero(np.isclose(values, np.mean(values), atol=1e-9))


@wrong("6.2", "tolerance", "both rounded to three digits")
def _(values):
    return np.flatnonzero(np.round(values, 3) == np.round(np.mean(values), 3))


@wrong("6.2", "tolerance", "to within 1e-8, as np.isclose has it")
def _(values):
    return np.flatnonzero(np.isclose(values, np.mean(values), rtol=0))


@wrong("6.2", "tolerance", "to within 1e-12")
def _(values):
    return np.flatnonzero(np.abs(values - np.mean(values)) <= 1e-12)


@wrong("6.2", "neighbouring concept", "the median")
def _(values):
    return np.flatnonzero(np.abs(values - np.median(values)) <= 1e-9)


@wrong("6.2", "neighbouring concept", "the most frequent value")
def _(values):
    different, counts = np.unique(values, return_counts=True)
    return np.flatnonzero(values == different[counts.argmax()])


@wrong("6.2", "neighbouring concept", "the value nearest to the mean")
def _(values):
    distance = np.abs(values - np.mean(values))
    return np.flatnonzero(distance <= distance.min() + 1e-9)


@wrong("6.2", "mean of what", "the mean of the different values")
def _(values):
    return np.flatnonzero(np.abs(values - np.mean(np.unique(values))) <= 1e-9)


@wrong("6.2", "mean of what", "the mean of what is above 0")
def _(values):
    return np.flatnonzero(np.abs(values - np.mean(values[values > 0])) <= 1e-9)


@wrong("6.2", "mean of what", "half way between smallest and largest")
def _(values):
    return np.flatnonzero(np.abs(values - (values.min() + values.max()) / 2) <= 1e-9)


@wrong("6.2", "ties", "only where at least two have it")
def _(values):
    places = np.flatnonzero(np.abs(values - np.mean(values)) <= 1e-9)
    return places if len(places) > 1 else places[:0]


@wrong("6.2", "ties", "only the first")
def _(values):
    return np.flatnonzero(np.abs(values - np.mean(values)) <= 1e-9)[:1]


@wrong("6.2", "sign", "no distance, a difference")
def _(values):
    return np.flatnonzero(values - np.mean(values) <= 1e-9)


@wrong("6.2", "off by one", "counted from 1")
def _(values):
    return np.flatnonzero(np.abs(values - np.mean(values)) <= 1e-9) + 1


@wrong("6.2", "order of rows", "positions among the sorted values")
def _(values):
    return np.flatnonzero(np.abs(np.sort(values) - np.mean(values)) <= 1e-9)


@wrong("6.2", "edge", "where all are alike nothing was filled")
def _(values):
    places = np.flatnonzero(np.abs(values - np.mean(values)) <= 1e-9)
    return places if len(places) < len(values) else places[:0]


@wrong("6.2", "zero or negative", "the mean 0 is no value to fill with")
def _(values):
    mean = np.mean(values)
    return np.flatnonzero((np.abs(values - mean) <= 1e-9) & (np.abs(mean) > 1e-9))


@right("6.2", "np.isclose with both tolerances given")
def _(values):
    return np.flatnonzero(np.isclose(values, np.mean(values), rtol=0, atol=1e-9))


@right("6.2", "a list of positions, made an array of whole numbers")
def _(values):
    mean = sum(values) / len(values)
    return np.array([i for i, value in enumerate(values) if abs(value - mean) <= 1e-9], dtype=int)


# 6.3: Rubin's rules


def _rubin(answers, inner, outer, ddof=1):
    between = np.var(answers, ddof=ddof)
    return float(np.mean(answers)), float(np.sqrt(inner + outer * between))


@wrong("6.3", "off by one", "B divided by m")
def _(answers, variances):
    return _rubin(answers, np.mean(variances), 1 + 1 / len(answers), ddof=0)


@wrong("6.3", "off by one", "1 + 1 / (m - 1)")
def _(answers, variances):
    return _rubin(answers, np.mean(variances), 1 + 1 / (len(answers) - 1))


@wrong("6.3", "sign", "1 - 1 / m")
def _(answers, variances):
    return _rubin(answers, np.mean(variances), 1 - 1 / len(answers))


@wrong("6.3", "neighbouring concept", "B without its factor")
def _(answers, variances):
    return _rubin(answers, np.mean(variances), 1)


@wrong("6.3", "neighbouring concept", "B divided by m, as for a mean of m measurements")
def _(answers, variances):
    return _rubin(answers, np.mean(variances), 1 / len(answers))


@wrong("6.3", "neighbouring concept", "the mean variance divided by m")
def _(answers, variances):
    return _rubin(answers, np.mean(variances) / len(answers), 1 + 1 / len(answers))


@wrong("6.3", "one of two", "the variances alone")
def _(answers, variances):
    return float(np.mean(answers)), float(np.sqrt(np.mean(variances)))


@wrong("6.3", "one of two", "the answers alone")
def _(answers, variances):
    return _rubin(answers, 0, 1 + 1 / len(answers))


@wrong("6.3", "order of steps", "no root: T in place of its root")
def _(answers, variances):
    mean, error = _rubin(answers, np.mean(variances), 1 + 1 / len(answers))
    return mean, error**2


@wrong("6.3", "order of steps", "the mean of the standard errors, squared")
def _(answers, variances):
    return _rubin(answers, np.mean(np.sqrt(variances)) ** 2, 1 + 1 / len(answers))


@wrong("6.3", "order of steps", "the root of each part, then the sum")
def _(answers, variances):
    outer = (1 + 1 / len(answers)) * np.var(answers, ddof=1)
    return float(np.mean(answers)), float(np.sqrt(np.mean(variances)) + np.sqrt(outer))


@wrong("6.3", "order of steps", "standard error first, mean second")
def _(answers, variances):
    return _rubin(answers, np.mean(variances), 1 + 1 / len(answers))[::-1]


@wrong("6.3", "mean of what", "the median answer")
def _(answers, variances):
    error = _rubin(answers, np.mean(variances), 1 + 1 / len(answers))[1]
    return float(np.median(answers)), error


@wrong("6.3", "mean of what", "answers weighted by 1 / variance")
def _(answers, variances):
    error = _rubin(answers, np.mean(variances), 1 + 1 / len(answers))[1]
    return float(np.average(answers, weights=1 / (variances + 1e-9))), error


@wrong("6.3", "library call", "np.std in place of np.var")
def _(answers, variances):
    total = np.mean(variances) + (1 + 1 / len(answers)) * np.std(answers, ddof=1)
    return float(np.mean(answers)), float(np.sqrt(total))


@wrong("6.3", "zero or negative", "the variances are squared once more")
def _(answers, variances):
    return _rubin(answers, np.mean(variances**2), 1 + 1 / len(answers))


@right("6.3", "the formulas in plain loops")
def _(answers, variances):
    m = len(answers)
    mean = sum(answers) / m
    between = sum((answer - mean) ** 2 for answer in answers) / (m - 1)
    return mean, (sum(variances) / m + (1 + 1 / m) * between) ** 0.5


@right("6.3", "NumPy numbers, not plain ones")
def _(answers, variances):
    m = len(answers)
    return answers.mean(), np.sqrt(variances.mean() + (m + 1) / m * answers.var(ddof=1))
