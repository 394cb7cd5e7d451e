"""Ideas for the exercises about interaction logs."""

import numpy as np
import pandas as pd

from wrong_answers import right, wrong

# 4.1: the mean, each value weighted by 1 / its chance


@wrong("4.1", "neighbouring concept", "divided by the number of ratings, as by all shoppers")
def _(values, propensities):
    return np.sum(values / propensities) / len(values)


@wrong("4.1", "sign", "weighted by the chance in place of 1 / chance")
def _(values, propensities):
    return np.average(values, weights=propensities)


@wrong("4.1", "neighbouring concept", "weighted by the chance to be silent")
def _(values, propensities):
    weights = 1 - propensities + 1e-12
    return np.sum(values * weights) / np.sum(weights)


@wrong("4.1", "mean of what", "the plain mean")
def _(values, propensities):
    return np.mean(values)


@wrong("4.1", "mean of what", "divided by the sum of the chances")
def _(values, propensities):
    return np.sum(values / propensities) / np.sum(propensities)


@wrong("4.1", "tolerance", "1e-8 in the denominator")
def _(values, propensities):
    return np.average(values, weights=1 / (propensities + 1e-8))


@wrong("4.1", "tolerance", "weights of at most 100")
def _(values, propensities):
    return np.average(values, weights=np.minimum(1 / propensities, 100))


@wrong("4.1", "tolerance", "each rating written down 1 / chance times, rounded")
def _(values, propensities):
    return np.mean(np.repeat(values, np.round(1 / propensities).astype(int)))


@wrong("4.1", "zero or negative", "a value of 0 is no rating")
def _(values, propensities):
    given = values != 0
    if not given.any():
        return 0.0
    return np.average(values[given], weights=1 / propensities[given])


@wrong("4.1", "zero or negative", "kept between 1 and 5 stars")
def _(values, propensities):
    return np.clip(np.average(values, weights=1 / propensities), 1, 5)


@wrong("4.1", "zero or negative", "the size of each value")
def _(values, propensities):
    return np.average(np.abs(values), weights=1 / propensities)


@wrong("4.1", "collision", "one weight for each different value")
def _(values, propensities):
    weight = dict(zip(values.tolist(), (1 / propensities).tolist(), strict=True))
    return sum(v * w for v, w in weight.items()) / sum(weight.values())


@wrong("4.1", "order of rows", "values and chances sorted apart")
def _(values, propensities):
    return np.average(np.sort(values), weights=1 / np.sort(propensities))


@wrong("4.1", "neighbouring concept", "the weighted median")
def _(values, propensities):
    order = np.argsort(values, kind="stable")
    weights = np.cumsum(1 / propensities[order])
    return values[order][np.searchsorted(weights, weights[-1] / 2)]


@wrong("4.1", "library call", "np.average of the values over their chances")
def _(values, propensities):
    return np.average(values / propensities)


@wrong("4.1", "tolerance", "1 // chance: whole shoppers only")
def _(values, propensities):
    return np.average(values, weights=1 // propensities)


@right("4.1", "np.average")
def _(values, propensities):
    return np.average(values, weights=1 / propensities)


@right("4.1", "a loop")
def _(values, propensities):
    top = bottom = 0.0
    for value, chance in zip(values, propensities, strict=True):
        top, bottom = top + value / chance, bottom + 1 / chance
    return top / bottom


# 4.2: events that were sent twice


def _sorted_keep(users, items, seconds, within):
    order = np.lexsort((seconds, items, users))
    same = (np.diff(users[order]) == 0) & (np.diff(items[order]) == 0)
    return order, np.append(True, ~(same & (np.diff(seconds[order]) <= within)))[: len(users)]


def _by_key(key, seconds, within):
    """The rule for one key a pair: right where no two pairs share a key."""
    keep, latest = np.ones(len(key), dtype=bool), {}
    for i, (k, at) in enumerate(zip(key, seconds, strict=True)):
        keep[i] = k not in latest or at - latest[k] > within
        latest[k] = at
    return keep


@wrong("4.2", "order of steps", "compared with the last event that was kept")
def _(users, items, seconds, within):
    keep, latest = np.ones(len(users), dtype=bool), {}
    for i, key in enumerate(zip(users, items, strict=True)):
        keep[i] = key not in latest or seconds[i] - latest[key] > within
        if keep[i]:
            latest[key] = seconds[i]
    return keep


@wrong("4.2", "off by one", "fewer than `within` seconds")
def _(users, items, seconds, within):
    order = np.lexsort((seconds, items, users))
    same = (np.diff(users[order]) == 0) & (np.diff(items[order]) == 0)
    keep = np.ones(len(users), dtype=bool)
    keep[order[1:]] = ~(same & (np.diff(seconds[order]) < within))
    return keep


@wrong("4.2", "library call", "pandas' duplicated, whenever it was")
def _(users, items, seconds, within):
    return ~pd.DataFrame({"u": users, "i": items}).duplicated().to_numpy()


@wrong("4.2", "order of rows", "only the line just above in the log")
def _(users, items, seconds, within):
    same = (np.diff(users) == 0) & (np.diff(items) == 0) & (np.diff(seconds) <= within)
    return np.append(True, ~same)[: len(users)]


@wrong("4.2", "order of rows", "the answer in sorted order")
def _(users, items, seconds, within):
    return _sorted_keep(users, items, seconds, within)[1]


@wrong("4.2", "one of two", "the user alone")
def _(users, items, seconds, within):
    return _by_key(users.tolist(), seconds, within)


@wrong("4.2", "one of two", "the item alone")
def _(users, items, seconds, within):
    return _by_key(items.tolist(), seconds, within)


@wrong("4.2", "collision", "users · 1000 + items")
def _(users, items, seconds, within):
    return _by_key((users * 1000 + items).tolist(), seconds, within)


@wrong("4.2", "collision", "users · 1,000,000 + items")
def _(users, items, seconds, within):
    return _by_key((users * 1_000_000 + items).tolist(), seconds, within)


@wrong("4.2", "collision", "users · number of events + items")
def _(users, items, seconds, within):
    return _by_key((users * len(users) + items).tolist(), seconds, within)


@wrong("4.2", "collision", "two numbers written one after the other")
def _(users, items, seconds, within):
    key = [f"{int(u)}{int(i)}" for u, i in zip(users, items, strict=True)]
    return _by_key(key, seconds, within)


@wrong("4.2", "sign", "True for the events to drop")
def _(users, items, seconds, within):
    order, sorted_keep = _sorted_keep(users, items, seconds, within)
    drop = np.zeros(len(users), dtype=bool)
    drop[order] = ~sorted_keep
    return drop


@wrong("4.2", "sign", "the last of the group is kept")
def _(users, items, seconds, within):
    return _by_key(list(zip(users[::-1], items[::-1], strict=True)), -seconds[::-1], within)[::-1]


@wrong("4.2", "neighbouring concept", "time cut into slices of `within` seconds")
def _(users, items, seconds, within):
    table = pd.DataFrame({"u": users, "i": items, "slice": seconds // max(within, 1)})
    return ~table.duplicated().to_numpy()


@wrong("4.2", "ties", "events of the same second are two")
def _(users, items, seconds, within):
    keep, latest = np.ones(len(users), dtype=bool), {}
    for i, key in enumerate(zip(users, items, strict=True)):
        keep[i] = key not in latest or not 0 < seconds[i] - latest[key] <= within
        latest[key] = seconds[i]
    return keep


@wrong("4.2", "zero or negative", "within 0 means: no rule")
def _(users, items, seconds, within):
    if not within:
        return np.ones(len(users), dtype=bool)
    return _by_key(list(zip(users, items, strict=True)), seconds, within)


@wrong("4.2", "tolerance", "whole seconds")
def _(users, items, seconds, within):
    return _by_key(list(zip(users, items, strict=True)), seconds.astype(int), within)


@wrong("4.2", "edge", "an empty log still has a first event")
def _(users, items, seconds, within):
    order, sorted_keep = _sorted_keep(users, items, seconds, within)
    if not len(users):
        return np.array([True])
    keep = np.empty(len(users), dtype=bool)
    keep[order] = sorted_keep
    return keep


@right("4.2", "a loop that remembers when it saw each pair last")
def _(users, items, seconds, within):
    return _by_key(list(zip(users.tolist(), items.tolist(), strict=True)), seconds, within)


@right("4.2", "pandas' groupby and diff")
def _(users, items, seconds, within):
    table = pd.DataFrame({"u": users, "i": items, "s": seconds})
    return ~(table.groupby(["u", "i"])["s"].diff() <= within).to_numpy()


@right("4.2", "every earlier event looked at")
def _(users, items, seconds, within):
    return np.array(
        [
            not any(
                users[j] == users[i] and items[j] == items[i] and seconds[i] - seconds[j] <= within
                for j in range(i)
            )
            for i in range(len(users))
        ],
        dtype=bool,
    )


# 4.3: what may be used


@wrong("4.3", "off by one", "the day of consent is not covered")
def _(users, days, given, withdrawn):
    holds = np.isnan(withdrawn) | (withdrawn < given)
    return (given[users] < days) & holds[users]


@wrong("4.3", "ties", "withdrawn on the day of consent still holds")
def _(users, days, given, withdrawn):
    holds = np.isnan(withdrawn) | (withdrawn <= given)
    return (given[users] <= days) & holds[users]


@wrong("4.3", "edge", "never withdrawn compared as a number")
def _(users, days, given, withdrawn):
    return (given[users] <= days) & (withdrawn < given)[users]


@wrong("4.3", "zero or negative", "never withdrawn is day 0")
def _(users, days, given, withdrawn):
    return (given[users] <= days) & (np.nan_to_num(withdrawn) < given)[users]


@wrong("4.3", "zero or negative", "never withdrawn is day -1")
def _(users, days, given, withdrawn):
    return (given[users] <= days) & (np.nan_to_num(withdrawn, nan=-1) < given)[users]


@wrong("4.3", "zero or negative", "never consented is day 0")
def _(users, days, given, withdrawn):
    start = np.nan_to_num(given)
    return (start[users] <= days) & (np.isnan(withdrawn) | (withdrawn < start))[users]


@wrong("4.3", "neighbouring concept", "what came before the withdrawal stays")
def _(users, days, given, withdrawn):
    end = np.where(np.isnan(withdrawn) | (withdrawn < given), np.inf, withdrawn)
    return (given[users] <= days) & (days < end[users])


@wrong("4.3", "neighbouring concept", "who withdrew once is out for good")
def _(users, days, given, withdrawn):
    return (given[users] <= days) & np.isnan(withdrawn)[users]


@wrong("4.3", "order of steps", "later than consent and than withdrawal")
def _(users, days, given, withdrawn):
    return (days >= given[users]) & ~(days <= withdrawn[users])


@wrong("4.3", "one of two", "consent alone")
def _(users, days, given, withdrawn):
    return given[users] <= days


@wrong("4.3", "one of two", "withdrawal alone, for who has consented")
def _(users, days, given, withdrawn):
    return (~np.isnan(given) & ~(withdrawn >= given))[users]


@wrong("4.3", "sign", "True for what may not be used")
def _(users, days, given, withdrawn):
    return ~((given[users] <= days) & ~(withdrawn >= given)[users])


@wrong("4.3", "shapes", "the first consents go with the first events")
def _(users, days, given, withdrawn):
    n = len(days)
    start, end = np.resize(given, n), np.resize(withdrawn, n)
    return (start <= days) & ~(end >= start)


@wrong("4.3", "order of rows", "users numbered by their first event")
def _(users, days, given, withdrawn):
    numbers = pd.factorize(users)[0]
    return (given[numbers] <= days) & ~(withdrawn >= given)[numbers]


@wrong("4.3", "dates", "withdrawn with effect from the next day only")
def _(users, days, given, withdrawn):
    return (given[users] <= days) & ~(withdrawn - 1 >= given)[users]


@right("4.3", "comparisons with NaN are false")
def _(users, days, given, withdrawn):
    return (days >= given[users]) & ~(withdrawn >= given)[users]


@right("4.3", "a loop")
def _(users, days, given, withdrawn):
    answer = []
    for user, day in zip(users, days, strict=True):
        holds = np.isnan(withdrawn[user]) or withdrawn[user] < given[user]
        answer.append(bool(holds and given[user] <= day))
    return np.array(answer, dtype=bool)
