"""Ideas for the exercises about splits."""

import numpy as np
import pandas as pd

from wrong_answers import right, wrong


def _cold(train, test):
    return ~np.isin(test, train)


def _shares(user, item, either):
    return float(np.mean(user)), float(np.mean(item)), float(np.mean(either))


@wrong("9.1", "mean of what", "the share of distinct users and items")
def _(train_users, train_items, test_users, test_items):
    user = _cold(train_users, np.unique(test_users)).mean()
    item = _cold(train_items, np.unique(test_items)).mean()
    either = _cold(train_users, test_users) | _cold(train_items, test_items)
    return float(user), float(item), float(either.mean())


@wrong("9.1", "neighbouring concept", "either: user and item never met")
def _(train_users, train_items, test_users, test_items):
    pairs = set(zip(train_users.tolist(), train_items.tolist(), strict=True))
    new = [pair not in pairs for pair in zip(test_users.tolist(), test_items.tolist(), strict=True)]
    return _shares(_cold(train_users, test_users), _cold(train_items, test_items), new)


@wrong("9.1", "one of two", "an event with both counted twice")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(train_users, test_users), _cold(train_items, test_items)
    return float(user.mean()), float(item.mean()), float(user.mean() + item.mean())


@wrong("9.1", "one of two", "both in place of either")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(train_users, test_users), _cold(train_items, test_items)
    return _shares(user, item, user & item)


@wrong("9.1", "one of two", "items looked for among the users")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(train_users, test_users), _cold(train_users, test_items)
    return _shares(user, item, user | item)


@wrong("9.1", "one of two", "either: the larger of the two shares")
def _(train_users, train_items, test_users, test_items):
    user = float(_cold(train_users, test_users).mean())
    item = float(_cold(train_items, test_items).mean())
    return user, item, max(user, item)


@wrong("9.1", "neighbouring concept", "either as if user and item were independent")
def _(train_users, train_items, test_users, test_items):
    user = float(_cold(train_users, test_users).mean())
    item = float(_cold(train_items, test_items).mean())
    return user, item, user + item - user * item


@wrong("9.1", "sign", "known in place of cold")
def _(train_users, train_items, test_users, test_items):
    user, item = ~_cold(train_users, test_users), ~_cold(train_items, test_items)
    return _shares(user, item, user | item)


@wrong("9.1", "sign", "train events that are not in the test")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(test_users, train_users), _cold(test_items, train_items)
    return _shares(user, item, user | item)


@wrong("9.1", "mean of what", "divided by the number of train events")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(train_users, test_users), _cold(train_items, test_items)
    n = len(train_users)
    return user.sum() / n, item.sum() / n, (user | item).sum() / n


@wrong("9.1", "mean of what", "either over distinct pairs")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(train_users, test_users), _cold(train_items, test_items)
    pairs = np.unique(np.column_stack([test_users, test_items]), axis=0)
    either = _cold(train_users, pairs[:, 0]) | _cold(train_items, pairs[:, 1])
    return _shares(user, item, either)


@wrong("9.1", "order of steps", "known after its first test event")
def _(train_users, train_items, test_users, test_items):
    users, items, marks = set(train_users.tolist()), set(train_items.tolist()), []
    for user, item in zip(test_users.tolist(), test_items.tolist(), strict=True):
        marks.append((user not in users, item not in items))
        users.add(user)
        items.add(item)
    user, item = np.array(marks).T
    return _shares(user, item, user | item)


@wrong("9.1", "edge", "cold is a number above the largest of train")
def _(train_users, train_items, test_users, test_items):
    user, item = test_users > train_users.max(), test_items > train_items.max()
    return _shares(user, item, user | item)


@wrong("9.1", "zero or negative", "number 0 taken for nobody and nothing")
def _(train_users, train_items, test_users, test_items):
    user = _cold(train_users, test_users) & (test_users > 0)
    item = _cold(train_items, test_items) & (test_items > 0)
    return _shares(user, item, user | item)


@wrong("9.1", "order of rows", "searchsorted in a train part that is not sorted")
def _(train_users, train_items, test_users, test_items):
    def cold(train, test):
        place = np.minimum(np.searchsorted(train, test), len(train) - 1)
        return train[place] != test

    user, item = cold(train_users, test_users), cold(train_items, test_items)
    return _shares(user, item, user | item)


@wrong("9.1", "library call", "isin that takes all values for different ones")
def _(train_users, train_items, test_users, test_items):
    user = ~np.isin(test_users, train_users, assume_unique=True, kind="sort")
    item = ~np.isin(test_items, train_items, assume_unique=True, kind="sort")
    return _shares(user, item, user | item)


@wrong("9.1", "library call", "setdiff1d, which counts each value once")
def _(train_users, train_items, test_users, test_items):
    n = len(test_users)
    user, item = np.setdiff1d(test_users, train_users), np.setdiff1d(test_items, train_items)
    either = _cold(train_users, test_users) | _cold(train_items, test_items)
    return len(user) / n, len(item) / n, float(either.mean())


@wrong("9.1", "tolerance", "rounded to two digits")
def _(train_users, train_items, test_users, test_items):
    user, item = _cold(train_users, test_users), _cold(train_items, test_items)
    return tuple(round(share, 2) for share in _shares(user, item, user | item))


@wrong("9.1", "collision", "users and items in one set")
def _(train_users, train_items, test_users, test_items):
    known = set(train_users.tolist()) | set(train_items.tolist())
    user = np.array([user not in known for user in test_users.tolist()])
    item = np.array([item not in known for item in test_items.tolist()])
    return _shares(user, item, user | item)


@right("9.1", "sets and a loop")
def _(train_users, train_items, test_users, test_items):
    users, items = set(train_users), set(train_items)
    n = cold_user = cold_item = either = 0
    for user, item in zip(test_users, test_items, strict=True):
        n += 1
        cold_user += user not in users
        cold_item += item not in items
        either += user not in users or item not in items
    return cold_user / n, cold_item / n, either / n


@right("9.1", "a table of pandas")
def _(train_users, train_items, test_users, test_items):
    known = pd.DataFrame(
        {
            "user": pd.Series(test_users).isin(train_users),
            "item": pd.Series(test_items).isin(train_items),
        }
    )
    return 1 - known["user"].mean(), 1 - known["item"].mean(), 1 - known.all(axis=1).mean()


@wrong("9.2", "zero or negative", "the best score starts at 0")
def _(inner, outer):
    kept = []
    for fold in range(inner.shape[1]):
        best, best_score = 0, 0.0
        for setting in range(inner.shape[0]):
            if inner[setting, fold] > best_score:
                best, best_score = setting, inner[setting, fold]
        kept.append(outer[best, fold])
    return float(np.mean(kept))


@wrong("9.2", "zero or negative", "the best by its size without the sign")
def _(inner, outer):
    return float(outer[np.abs(inner).argmax(axis=0), np.arange(outer.shape[1])].mean())


@wrong("9.2", "sign", "the worst setting inside")
def _(inner, outer):
    return float(outer[inner.argmin(axis=0), np.arange(outer.shape[1])].mean())


@wrong("9.2", "ties", "the last one of equals")
def _(inner, outer):
    best = len(inner) - 1 - inner[::-1].argmax(axis=0)
    return float(outer[best, np.arange(outer.shape[1])].mean())


@wrong("9.2", "ties", "of equals the one that is better outside")
def _(inner, outer):
    best = np.where(inner == inner.max(axis=0), outer, -np.inf)
    return float(best.max(axis=0).mean())


@wrong("9.2", "ties", "the mean over equals")
def _(inner, outer):
    best = np.where(inner == inner.max(axis=0), outer, np.nan)
    return float(np.nanmean(best, axis=0).mean())


@wrong("9.2", "axis", "the best fold of each setting")
def _(inner, outer):
    return float(outer[np.arange(outer.shape[0]), inner.argmax(axis=1)].mean())


@wrong("9.2", "one of two", "the inner score of the chosen one is reported")
def _(inner, outer):
    return float(inner.max(axis=0).mean())


@wrong("9.2", "one of two", "chosen outside as well")
def _(inner, outer):
    return float(outer.max(axis=0).mean())


@wrong("9.2", "one of two", "chosen outside, reported inside")
def _(inner, outer):
    return float(inner[outer.argmax(axis=0), np.arange(outer.shape[1])].mean())


@wrong("9.2", "neighbouring concept", "one setting for all folds")
def _(inner, outer):
    return float(outer[inner.mean(axis=1).argmax()].mean())


def by_other_folds(scores, outer):
    """Each fold with the setting that has the best mean of `scores` in the other folds."""
    kept = []
    for fold in range(outer.shape[1]):
        others = np.delete(scores, fold, axis=1)
        best = others.mean(axis=1).argmax() if others.size else 0
        kept.append(outer[best, fold])
    return float(np.mean(kept))


@wrong("9.2", "neighbouring concept", "chosen by the mean outer score of the other folds")
def _(inner, outer):
    return by_other_folds(outer, outer)


@wrong("9.2", "neighbouring concept", "chosen by the mean inner score of the other folds")
def _(inner, outer):
    return by_other_folds(inner, outer)


@wrong("9.2", "off by one", "reported on the next fold")
def _(inner, outer):
    folds = (np.arange(outer.shape[1]) + 1) % outer.shape[1]
    return float(outer[inner.argmax(axis=0), folds].mean())


@wrong("9.2", "mean of what", "all folds of each chosen setting")
def _(inner, outer):
    return float(outer[inner.argmax(axis=0)].mean())


@wrong("9.2", "mean of what", "the median of the folds")
def _(inner, outer):
    return float(np.median(outer[inner.argmax(axis=0), np.arange(outer.shape[1])]))


@wrong("9.2", "mean of what", "the mean over settings that were ever chosen")
def _(inner, outer):
    best = inner.argmax(axis=0)
    return float(np.mean([outer[s, best == s].mean() for s in np.unique(best)]))


@wrong("9.2", "tolerance", "nearly equal is equal")
def _(inner, outer):
    best = np.isclose(inner, inner.max(axis=0)).argmax(axis=0)
    return float(outer[best, np.arange(outer.shape[1])].mean())


@wrong("9.2", "library call", "argmax without an axis")
def _(inner, outer):
    setting, _ = np.unravel_index(inner.argmax(), inner.shape)
    return float(outer[setting].mean())


@wrong("9.2", "library call", "the last of a sorted order")
def _(inner, outer):
    best = np.argsort(inner, axis=0, kind="stable")[-1]
    return float(outer[best, np.arange(outer.shape[1])].mean())


@right("9.2", "two loops")
def _(inner, outer):
    total = 0
    for scores, reported in zip(inner.T.tolist(), outer.T.tolist(), strict=True):
        total += reported[scores.index(max(scores))]
    return total / len(inner.T)


@right("9.2", "take_along_axis")
def _(inner, outer):
    return np.take_along_axis(outer, inner.argmax(axis=0)[None], axis=0).mean()


@right("9.2", "idxmax of a table")
def _(inner, outer):
    best = pd.DataFrame(inner).idxmax()
    return float(np.mean([outer[setting, fold] for fold, setting in best.items()]))


def _latest(users, times):
    return pd.Series(times).groupby(users).transform("max").to_numpy()


@wrong("9.3", "dates", "the whole last day")
def _(users, timestamps):
    if timestamps.dtype.kind == "M":
        timestamps = timestamps.astype("datetime64[D]")
    return timestamps == _latest(users, timestamps)


@wrong("9.3", "dates", "times read as whole numbers")
def _(users, timestamps):
    whole = timestamps.astype("int64")
    return whole == _latest(users, whole)


@wrong("9.3", "tolerance", "all within a minute of the last moment")
def _(users, timestamps):
    minute = np.timedelta64(60, "s") if timestamps.dtype.kind == "M" else 0
    return _latest(users, timestamps) - timestamps <= minute


@wrong("9.3", "tolerance", "all within one of the last moment")
def _(users, timestamps):
    one = np.timedelta64(1, "s") if timestamps.dtype.kind == "M" else 1
    return _latest(users, timestamps) - timestamps < one


@wrong("9.3", "one of two", "the latest time of all users")
def _(users, timestamps):
    return timestamps == timestamps.max()


@wrong("9.3", "collision", "a time that is anybody's latest")
def _(users, timestamps):
    return np.isin(timestamps, _latest(users, timestamps))


@wrong("9.3", "collision", "user and time added to one key")
def _(users, timestamps):
    numbers = timestamps.astype(float)
    return np.isin(users * 1000 + numbers, users * 1000 + _latest(users, numbers))


@wrong("9.3", "ties", "one event a user")
def _(users, timestamps):
    order = np.lexsort((timestamps, users))
    last = np.zeros(len(users), dtype=bool)
    last[order[np.cumsum(np.bincount(users))[np.unique(users)] - 1]] = True
    return last


@wrong("9.3", "ties", "drop_duplicates keeps one line of the basket")
def _(users, timestamps):
    table = pd.DataFrame({"user": users, "time": timestamps}).sort_values(["user", "time"])
    kept = table.drop_duplicates("user", keep="last").index
    return np.isin(np.arange(len(users)), kept)


@wrong("9.3", "order of rows", "the last row of each user")
def _(users, timestamps):
    last = pd.Series(timestamps).groupby(users).transform("last").to_numpy()
    return timestamps == last


@wrong("9.3", "order of rows", "the answer in sorted order")
def _(users, timestamps):
    order = np.lexsort((timestamps, users))
    return (timestamps == _latest(users, timestamps))[order]


@wrong("9.3", "order of rows", "the users taken for sorted")
def _(users, timestamps):
    starts = np.flatnonzero(np.append(True, users[1:] != users[:-1]))
    newest = np.maximum.reduceat(timestamps, starts)
    return timestamps == np.repeat(newest, np.diff(np.append(starts, len(users))))


@wrong("9.3", "zero or negative", "the newest time starts at 0")
def _(users, timestamps):
    numbers = timestamps.astype(float)
    newest = np.zeros(users.max() + 1)
    np.maximum.at(newest, users, numbers)
    return numbers == newest[users]


@wrong("9.3", "sign", "the first moment")
def _(users, timestamps):
    return timestamps == pd.Series(timestamps).groupby(users).transform("min").to_numpy()


@wrong("9.3", "sign", "everything but the last moment")
def _(users, timestamps):
    return timestamps != _latest(users, timestamps)


@wrong("9.3", "edge", "a user with one visit is left out")
def _(users, timestamps):
    visits = pd.Series(timestamps).groupby(users).transform("nunique").to_numpy()
    return (timestamps == _latest(users, timestamps)) & (visits > 1)


@wrong("9.3", "shapes", "users 0, 1, 2 … without a gap")
def _(users, timestamps):
    names = np.unique(users)
    newest = np.array([timestamps[users == name].max() for name in names])
    return timestamps == newest[np.minimum(users, len(names) - 1)]


@wrong("9.3", "library call", "the row numbers in place of marks")
def _(users, timestamps):
    return np.flatnonzero(timestamps == _latest(users, timestamps))


@wrong("9.3", "off by one", "the two latest times")
def _(users, timestamps):
    rank = pd.Series(timestamps).groupby(users).rank(method="dense", ascending=False)
    return rank.to_numpy() <= 2


@right("9.3", "each user's rows in a loop")
def _(users, timestamps):
    marks = np.zeros(len(users), dtype=bool)
    for user in set(users.tolist()):
        rows = users == user
        marks[rows] = timestamps[rows] == timestamps[rows].max()
    return marks


@right("9.3", "transform of pandas")
def _(users, timestamps):
    table = pd.DataFrame({"user": users, "time": timestamps})
    return (table["time"] == table.groupby("user")["time"].transform("max")).to_numpy()


@right("9.3", "a dictionary of newest times")
def _(users, timestamps):
    newest = {}
    for user, time in zip(users, timestamps, strict=True):
        newest[user] = max(newest.get(user, time), time)
    return np.array([newest[u] == time for u, time in zip(users, timestamps, strict=True)])
