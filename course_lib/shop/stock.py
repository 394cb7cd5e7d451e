"""How much to order, and what became of it: the newsvendor, ordering up to a level, their measures.

Demand, orders and stock are in units, at least 0; costs in money a unit. ValueError for what is
negative, missing, infinite or of another shape.
"""

import math
from typing import NamedTuple

import numpy as np

from course_lib.parameters import Maybe, Number, Whole, check_numbers, check_whole

COST = Number(least=0)


def critical_ratio(short, over):
    """The share of weeks in which the order should suffice: short / (short + over).

    short: what a missing unit costs (the margin lost with it); over: what a unit left over costs.
    Both at least 0, not both 0. Between 0 (order nothing) and 1 (never run out). Arrow, Harris &
    Marschak 1951, Optimal Inventory Policy.

    >>> critical_ratio(3, 1)  # a missing unit hurts three times as much
    0.75
    """
    COST.check("short", short)
    COST.check("over", over)
    if short == 0 and over == 0:
        raise ValueError("short or over must be above 0, got 0 and 0: any order would be as good")
    larger = max(short, over)  # taken out first: the sum of two huge costs would overflow
    return float(short / larger / (short / larger + over / larger))


def newsvendor(demands, short, over):
    """The one order that costs least on average, before the demand is known.

    The smallest of the demands that suffices in at least the share `critical_ratio(short, over)` of
    them: a quantile, not the mean. demands: (..., m) what the demand may be, m equally likely
    values (past weeks, or draws from a forecast), m at least 1 → (...). Of several best orders it
    is the smallest. Edgeworth 1888, The Mathematical Theory of Banking; Arrow, Harris & Marschak
    1951.

    >>> newsvendor([2, 5, 3, 9], 3, 1)  # 5 suffices in 3 of 4 weeks
    5.0
    """
    demands = _at_least_0("demands", demands)
    if demands.ndim == 0 or demands.shape[-1] == 0:
        raise ValueError(f"demands must hold at least 1 value, got shape {demands.shape}")
    # 0.07 · 100 is a little more than 7 in floats: that must not make it the eighth.
    enough = max(math.ceil(critical_ratio(short, over) * demands.shape[-1] - 1e-9), 1)
    order = np.partition(demands, enough - 1, axis=-1)[..., enough - 1]
    return float(order) if demands.ndim == 1 else order


def newsvendor_cost(order, demand, short, over):
    """What each order costs once the demand is known: short a unit missing, over a unit left.

    order, demand: shapes that broadcast, such as (n, 1) and (n, m) → their common shape. Divided by
    short + over it is the quantile loss at the critical ratio.

    >>> newsvendor_cost(5, [2, 5, 9], 3, 1)  # 3 left, none, 4 missing
    array([ 3.,  0., 12.])
    """
    critical_ratio(short, over)
    order, demand = _at_least_0("order", order), _at_least_0("demand", demand)
    try:
        gap = demand - order
    except ValueError:
        raise ValueError(
            f"order and demand must broadcast, got shapes {order.shape} and {demand.shape}"
        ) from None
    return short * np.maximum(gap, 0) + over * np.maximum(-gap, 0)


class Shelf(NamedTuple):
    """What became of each product in each week: (n, weeks) arrays, in units."""

    ordered: np.ndarray  # at the week's beginning, arriving `lead` weeks later
    sold: np.ndarray
    stock: np.ndarray  # at the week's end, good ones only
    wasted: np.ndarray  # too old at the week's end


def order_up_to(demand, level, *, lead=1, life=None):
    """Each week order what is missing up to a level, counting what lies on the shelf or is coming.

    The order of events in week t: look at the stock and at what is on its way, and order what is
    missing up to level[t]; unpack what was ordered `lead` weeks ago; sell; throw away what is too
    old. What is asked for when the shelf is empty is lost. The oldest are sold first. The level has
    to last for lead + 1 weeks, t to t + lead. At the beginning the stock is level[0], fresh.

    demand: (n, weeks); level: the same shape, or what broadcasts to it (one number a product:
    (n, 1)); lead: weeks from order to delivery, from 0 on; life: how many weeks a unit may be sold,
    the one of its delivery counted in, at least 1; None: it keeps. Returns a Shelf. Units need not
    be whole. Arrow, Harris & Marschak 1951.

    >>> shelf = order_up_to([[2, 3, 1]], 4, lead=1)  # week 1 asks for 3: 2 are left, 2 on their way
    >>> shelf.sold, shelf.stock, shelf.ordered
    (array([[2., 2., 1.]]), array([[2., 0., 1.]]), array([[0., 2., 2.]]))
    """
    demand = _at_least_0("demand", demand)
    if demand.ndim != 2 or demand.shape[1] == 0:
        raise ValueError(f"demand must be (n, weeks), at least 1 week, got shape {demand.shape}")
    level = _at_least_0("level", level)
    try:
        level = np.broadcast_to(level, demand.shape)
    except ValueError:
        raise ValueError(f"level must broadcast to {demand.shape}, got {level.shape}") from None
    lead, life = check_whole("lead", lead, 0), Maybe(Whole(1)).check("life", life)
    n, weeks = demand.shape
    ages = np.zeros((n, life or 1))  # units by age in weeks, the oldest first
    ages[:, -1] = level[:, 0]
    coming = np.zeros((n, weeks + lead))
    shelf = Shelf(*np.zeros((4, n, weeks)))
    for week in range(weeks):
        position = ages.sum(axis=1) + coming[:, week:].sum(axis=1)
        shelf.ordered[:, week] = np.maximum(level[:, week] - position, 0)
        coming[:, week + lead] = shelf.ordered[:, week]
        ages[:, -1] += coming[:, week]
        older = ages.cumsum(axis=1)  # these must be gone before younger ones are sold
        taken = np.minimum(older, demand[:, week : week + 1])
        ages = np.maximum(ages - np.diff(taken, axis=1, prepend=0), 0)
        shelf.sold[:, week] = taken[:, -1]
        if life:
            shelf.wasted[:, week] = ages[:, 0]
            ages = np.append(ages[:, 1:], np.zeros((n, 1)), axis=1)
        shelf.stock[:, week] = ages.sum(axis=1)
    return shelf


def fill_rate(sold, demand):
    """Which share of what was asked for could be sold: Σ sold / Σ demand.

    sold, demand: equal shapes, all cells in one sum. NaN where nothing was asked for. Raises
    ValueError where more was sold than asked for.

    >>> fill_rate([2, 2, 1], [2, 3, 1])
    0.8333333333333334
    """
    sold, demand = _pair("sold", sold, "demand", demand)
    if (sold > demand).any():
        worst = np.argmax(sold - demand)
        raise ValueError(
            f"sold must be at most the demand, got {sold.flat[worst]} of {demand.flat[worst]}"
        )
    return float(sold.sum() / demand.sum()) if demand.any() else np.nan


def turnover(sold, stock, *, cost=1.0, weeks_a_year=52):
    """How many times a year the stock is sold: the year's goods, at cost, / the mean stock at cost.

    sold, stock: (n, weeks) units; cost: money a unit, (n, 1), or one number for all, at least 0.
    A year's goods are the weekly mean times weeks_a_year. Its inverse, in weeks, is how long money
    lies on the shelf: 52 / turnover. NaN where nothing was sold or stocked, infinite where there
    were sales and never a stock.

    >>> turnover([[2, 4]], [[3, 1]], weeks_a_year=52)  # 3 a week: 156 a year, 2 on the shelf
    78.0
    """
    sold, stock = _pair("sold", sold, "stock", stock)
    cost = _at_least_0("cost", cost)
    Number(above=0).check("weeks_a_year", weeks_a_year)
    try:
        goods, tied = (np.sum(np.broadcast_to(cost, sold.shape) * units) for units in (sold, stock))
    except ValueError:
        raise ValueError(f"cost must broadcast to {sold.shape}, got {cost.shape}") from None
    if tied > 0:
        return float(goods * weeks_a_year / tied)
    return np.inf if goods > 0 else np.nan


def bullwhip(ordered, demand):
    """How much more the orders swing than the demand: variance of the one / of the other.

    ordered, demand: (..., weeks), equal shapes → (...). 1: orders are as calm as demand; above 1
    the swings grow on their way to the supplier. NaN where demand never changes. Lee, Padmanabhan &
    Whang 1997, Information Distortion in a Supply Chain: The Bullwhip Effect.

    >>> bullwhip([1, 5, 1, 5], [2, 4, 2, 4])  # swings of 2 each way, of 1 each way
    4.0
    """
    ordered, demand = _pair("ordered", ordered, "demand", demand)
    swings = np.where(np.ptp(demand, axis=-1) > 0, demand.var(axis=-1), np.nan)
    ratio = ordered.var(axis=-1) / swings
    return float(ratio) if demand.ndim == 1 else ratio


def _at_least_0(name, values):
    array = check_numbers(name, values)
    if (array < 0).any():
        raise ValueError(f"{name} must be at least 0, got {array[array < 0][0]}")
    return array


def _pair(first_name, first, second_name, second):
    first, second = _at_least_0(first_name, first), _at_least_0(second_name, second)
    if first.shape != second.shape or first.ndim == 0 or first.shape[-1] == 0:
        raise ValueError(
            f"{first_name} and {second_name} must have one shape and at least 1 week, "
            f"got {first.shape} and {second.shape}"
        )
    return first, second
