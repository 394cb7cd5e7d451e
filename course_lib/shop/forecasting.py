"""How much will be sold next week? Demand by weeks, forecasts that know the past only, their error.

Every forecast keeps one promise: what stands at week t was computed from the weeks before t. Its
first week is NaN, because nothing is known yet, and it is one week longer than the demand: the
last entry is for the week that has not come. Demand is (weeks,) for one product or (n, weeks), in
units, at least 0. ValueError for negative, missing or infinite demand, and for less than one week.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_lib.interactions import check_log
from course_lib.parameters import Choice, Number, check_numbers, check_whole
from course_lib.times import read_moment

WEEK = np.timedelta64(7, "D")
SHARE = Number(above=0, most=1)  # how much of the newest week goes into a smoothed number


def weekly_demand(log, first, weeks, *, of="values"):
    """What was sold of each item in each week, as a table: no row is a week without a sale.

    log: Interactions; first: the moment at which week 0 begins (a Monday's date, say); weeks: how
    many, at least 1. Events before the first week or after the last are not counted. of: "values"
    adds up the log's values (units or dollars, whatever they are; what came back counts against),
    "count" counts the events. Returns an (n_items, weeks) array of floats.

    This is what was *sold*. An empty shelf sells nothing, whatever was wanted.

    Raises ValueError for an unreadable `first`, less than 1 week, another `of`, and a log without a
    clock.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions  # tea was bought on 1, 2 and 6 March
    >>> weekly_demand(log, "2026-02-23", 2, of="count")[0]  # up to 1 March, from 2 March
    array([1., 2.])
    """
    check_log("log", log).check_clock("a week")
    first = read_moment(first, name="first")
    weeks = check_whole("weeks", weeks)
    Choice(("values", "count")).check("of", of)
    week = (log.timestamps - first) // WEEK  # rounds down: before the first week it is negative
    inside = (week >= 0) & (week < weeks)
    cell = log.items[inside] * weeks + week[inside]
    weights = log.values[inside] if of == "values" else None
    table = np.bincount(cell, weights=weights, minlength=log.n_items * weeks)
    return table.astype(np.float64).reshape(log.n_items, weeks)


def moving_mean(demand, window):
    """The mean of the latest `window` weeks, or of all that there are while they are fewer.

    demand: (..., weeks) → (..., weeks + 1), the first NaN. window: at least 1; 1 repeats the last
    week.

    >>> moving_mean([4, 6, 2], 2)  # nothing, then 4, then (4 + 6) / 2, then (6 + 2) / 2
    array([nan,  4.,  5.,  4.])
    """
    demand = _demand("demand", demand)
    window = check_whole("window", window)
    window = min(window, demand.shape[-1])
    past = np.concatenate([np.full_like(demand[..., : window - 1], np.nan), demand], axis=-1)
    return _with_unknown_first(np.nanmean(sliding_window_view(past, window, axis=-1), axis=-1))


def exponential_smoothing(demand, alpha):
    """A level that moves towards each new week by the share alpha of what it missed.

    level ← level + alpha · (demand − level), from the first week's demand on; the level is the
    forecast. Brown 1959, Statistical Forecasting for Inventory Control. demand: (..., weeks) →
    (..., weeks + 1), the first NaN. alpha: above 0 and at most 1, where it repeats the last week.

    >>> exponential_smoothing([4, 6, 2], 0.5)  # 4, then half way to 6, then half way to 2
    array([nan, 4. , 5. , 3.5])
    """
    demand = _demand("demand", demand)
    SHARE.check("alpha", alpha)
    levels = [demand[..., 0]]
    for week in range(1, demand.shape[-1]):
        levels.append(levels[-1] + alpha * (demand[..., week] - levels[-1]))
    return _with_unknown_first(np.stack(levels, axis=-1))


def croston(demand, alpha):
    """For demand with many empty weeks: how much is a sale, and how many weeks lie between two?

    Both are smoothed with alpha, in weeks with a sale only; the forecast is size / gap. The first
    sale sets both, its gap counted from before the first week; until then the forecast is 0. After
    the last sale the forecast stays where it is, for ever. Croston 1972, Forecasting and Stock
    Control for Intermittent Demands. On average it is too high, for long gaps by the share
    alpha / (2 − alpha) (Syntetos & Boylan 2001, On the Bias of Intermittent Demand Estimates).

    demand: (..., weeks) → (..., weeks + 1), the first NaN. alpha: above 0 and at most 1.

    >>> croston([0, 6, 0, 0, 2, 0], 0.5)  # 6 after 2 weeks: 3; then size 4, gap 2.5: 1.6
    array([nan, 0. , 3. , 3. , 3. , 1.6, 1.6])
    """
    demand = _demand("demand", demand)
    SHARE.check("alpha", alpha)
    size, gap, waited = np.zeros((3, *demand.shape[:-1]))
    forecasts = []
    for week in range(demand.shape[-1]):
        waited = waited + 1
        sold = demand[..., week] > 0
        step = np.where(gap == 0, 1.0, alpha)  # the first sale sets both
        size = np.where(sold, size + step * (demand[..., week] - size), size)
        gap = np.where(sold, gap + step * (waited - gap), gap)
        waited = np.where(sold, 0, waited)
        forecasts.append(np.divide(size, gap, out=np.zeros_like(size), where=gap > 0))
    return _with_unknown_first(np.stack(forecasts, axis=-1))


def tsb(demand, alpha, beta):
    """For demand that may also die out: how much is a sale, and how likely is one?

    The size is smoothed with alpha in weeks with a sale, the chance of a sale with beta in *every*
    week; the forecast is size · chance. So it sinks while nothing is sold, where Croston's stays.
    The first sale sets the size, the first week the chance, to 0 or 1. Teunter, Syntetos & Babai
    2011, Intermittent Demand: Linking Forecasting to Inventory Obsolescence.

    demand: (..., weeks) → (..., weeks + 1), the first NaN. alpha, beta: above 0 and at most 1.

    >>> tsb([6, 0, 2, 0], 0.5, 0.5)  # 6 · 1, 6 · 0.5, 4 · 0.75, 4 · 0.375
    array([nan, 6. , 3. , 3. , 1.5])
    """
    demand = _demand("demand", demand)
    SHARE.check("alpha", alpha)
    SHARE.check("beta", beta)
    size, met = np.zeros(demand.shape[:-1]), np.zeros(demand.shape[:-1], dtype=bool)
    chance = (demand[..., 0] > 0).astype(np.float64)
    forecasts = []
    for week in range(demand.shape[-1]):
        sold = demand[..., week] > 0
        size = np.where(sold, size + np.where(met, alpha, 1.0) * (demand[..., week] - size), size)
        chance = chance + beta * (sold - chance)
        met = met | sold
        forecasts.append(size * chance)
    return _with_unknown_first(np.stack(forecasts, axis=-1))


def wape(demand, forecast):
    """How many units were missed, for each unit sold: Σ |demand − forecast| / Σ demand.

    demand, forecast: equal shapes, of one product or of many, all cells in one sum, so that a
    product counts as much as it sells. A float, 0 for a perfect forecast, 1 for a forecast of 0; it
    has no upper end. NaN where all demand is 0: a share of nothing. A constant does best at the
    median, as with every absolute error. Kolassa & Schütz 2007, Advantages of the MAD/Mean Ratio
    over the MAPE.

    Raises ValueError for shapes that differ, for no cell at all, negative demand, NaN, infinity.

    >>> wape([4, 0, 6], [5, 1, 6])  # (1 + 1 + 0) / 10
    0.2
    """
    demand, forecast = _demand("demand", demand), check_numbers("forecast", forecast)
    if demand.shape != forecast.shape:
        raise ValueError(
            f"demand and forecast must have the same shape, got {demand.shape} and {forecast.shape}"
        )
    sold = demand.sum()
    return float(np.abs(demand - forecast).sum() / sold) if sold > 0 else np.nan


def _demand(name, values):
    array = check_numbers(name, values)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must hold at least 1 week, got shape {array.shape}")
    if (array < 0).any():
        raise ValueError(f"{name} must be at least 0, got {array[array < 0][0]}")
    return array


def _with_unknown_first(forecasts):
    return np.concatenate([np.full_like(forecasts[..., :1], np.nan), forecasts], axis=-1)
