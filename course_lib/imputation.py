"""Hide, fill, compare: what a treatment of gaps costs, in its values and in a forecast from them.

A fill is a function of two tables, train and table, that returns column 0 of table without gaps.
It learns from train; where it leaves gaps (deletion), their rows have no value.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from course_lib.parameters import check_whole

MEASURES = {  # and how many digits are written
    "error": 1,
    "mean off": 1,
    "SD kept, %": 0,
    "link lost": 2,
    "forecast error, %": 1,
}


def gapless(table, fill):
    """Column 0 of the table, with `fill` (a number or a column) in its gaps.

    >>> gapless(np.array([[1.0, 5.0], [np.nan, 6.0]]), 3.0).tolist()
    [1.0, 3.0]
    """
    return np.where(np.isnan(table[:, 0]), fill, table[:, 0])


def by_mean(train, table):
    """The mean of what is known in `train`, in every gap.

    >>> by_mean(np.array([[2.0], [4.0], [np.nan]]), np.array([[np.nan], [9.0]])).tolist()
    [3.0, 9.0]
    """
    return gapless(table, np.nanmean(train[:, 0]))


def at_random(train, table, *, seed=6):
    """A random known value of `train` in every gap: the negative control of all fills.

    >>> at_random(np.array([[2.0], [np.nan]]), np.array([[np.nan], [9.0]])).tolist()
    [2.0, 9.0]
    """
    known = train[~np.isnan(train[:, 0]), 0]
    return gapless(table, np.random.default_rng(seed).choice(known, len(table)))


def by_model(imputer):
    """A scikit-learn imputer on columns scaled as in `train`: a fill."""

    def fill(train, table):
        scale = StandardScaler().fit(train)
        imputer.fit(scale.transform(train))
        filled = scale.inverse_transform(imputer.transform(scale.transform(table)))
        return gapless(table, filled[:, 0])

    return fill


def half_years(shop):
    """What each household spent a week in either half of 2017, and what is known of the first.

    shop: `load_complete_journey()`. → a row a household that bought in the first half, index = its
    number in the log; columns spend (dollars), days (with a purchase), categories, private (share
    of lines with the shop's own brand), and later (spend of the second half).
    """
    log = shop.interactions
    first = log.timestamps < np.datetime64("2017-07-02")
    kinds, _ = pd.factorize(shop.items["category"].fillna("unknown"))
    lines = pd.DataFrame(
        {
            "user": log.users,
            "days": log.timestamps.astype("datetime64[D]"),
            "categories": kinds[log.items],
            "private": (shop.items["brand"] == "Private").to_numpy()[log.items],
        }
    )[first]
    how = {"days": "nunique", "categories": "nunique", "private": "mean"}
    facts = lines.groupby("user").agg(how)
    spend, later = (
        np.bincount(log.users[half], log.values[half], minlength=log.n_users)[facts.index] / 26
        for half in (first, ~first)
    )
    facts.insert(0, "spend", spend)
    return facts.assign(later=later)


def gaps_and_test(chance, seed):
    """(2, n) booleans: which rows get a gap, each with its own chance, and which are held out.

    Half of the rows are held out, whatever their chance: the same half for any `chance`.

    >>> gaps_and_test(np.array([0.0, 1.0]), 0)[0].tolist()
    [False, True]
    """
    rng = np.random.default_rng(check_whole("seed", seed, 0))
    return rng.uniform(size=(2, len(chance))) < np.stack([chance, np.full(len(chance), 0.5)])


def forecast(inputs, later, test):
    """Later values by a straight line learned on the rows outside `test`: (n,).

    inputs: (n, d); a row with NaN has no forecast of its own and gets the mean of the other half.

    >>> forecast(np.array([[1.0], [2.0], [4.0], [np.nan]]), np.array([1.0, 3, 0, 0]), test=
    ...          np.array([False, False, True, True])).round(6).tolist()
    [1.0, 3.0, 7.0, 2.0]
    """
    usable = ~np.isnan(inputs).any(axis=1)
    line = LinearRegression().fit(inputs[usable & ~test], later[usable & ~test])
    guess = np.full(len(later), later[~test].mean())
    guess[usable] = line.predict(inputs[usable])
    return guess


def hide_and_fill(fill, table, later, chance, *, draws=10, mark=False):
    """Column 0 hidden by chance and filled, and the forecast made from it: (2, draws, n).

    table: (n, d) without gaps; later: (n,) what is forecast, from the filled column and the others
    (mark: and from one more that marks the gaps); chance: (n,) of a gap. NaN for rows that are not
    held out. The fill learns from the other half. Draw i has the gaps and the half of seed i,
    whatever the fill: results are pairs.
    """
    result = np.full((2, check_whole("draws", draws), len(table)), np.nan)
    for seed in range(draws):
        gap, test = gaps_and_test(chance, seed)
        holes = table.copy()
        holes[gap, 0] = np.nan
        column = fill(holes[~test], holes)
        inputs = np.column_stack([column, table[:, 1:], *([gap] if mark else [])])
        result[:, seed, test] = column[test], forecast(inputs, later, test)[test]
    return result


def measures(filled, complete, later):
    """Five numbers (MEASURES) of a result of `hide_and_fill`, against that with nothing hidden.

    The root mean squared error of the filled values (NaN without any); by how much the mean is off;
    the share of the standard deviation that is left; the correlation with `later` that is lost; by
    how much the root mean squared error of the forecast grows. Over all draws and their held-out
    rows; values that were not filled stay out of the first four.
    """
    (column, guess), (true, best) = filled, complete
    later = np.broadcast_to(later, true.shape)
    seen, test = ~np.isnan(column), ~np.isnan(true)
    wrong = (column - true)[seen & (column != true)]
    link = np.corrcoef(column[seen], later[seen])[0, 1]
    link_before = np.corrcoef(true[test], later[test])[0, 1]
    added = np.nanmean((guess - later) ** 2) / np.nanmean((best - later) ** 2)
    return np.array(
        [
            np.sqrt(np.mean(wrong**2)) if wrong.size else np.nan,
            column[seen].mean() - true[test].mean(),
            100 * column[seen].std() / true[test].std(),
            link_before - link,
            100 * (np.sqrt(added) - 1),
        ]
    )


def compare(fills, complete, later, *, seed, resamples=200):
    """The measures of several fills, each with its 95 % interval over the rows.

    fills: {name: result of `hide_and_fill`}; complete: the same with nothing hidden. Rows are drawn
    with replacement *after* filling: drawn before, a row could be its own nearest neighbour. The
    fills themselves stay as they are, so the interval does not hold what another training or other
    gaps would change.

    Returns a DataFrame: a row a fill, columns (measure, "value" | "low" | "high").
    """
    n, rng = len(later), np.random.default_rng(check_whole("seed", seed, 0))
    samples = [rng.integers(n, size=n) for _ in range(check_whole("resamples", resamples))]
    rows = {}
    for name, filled in fills.items():
        drawn = [measures(filled[..., i], complete[..., i], later[i]) for i in samples]
        ends = np.quantile(drawn, [0.025, 0.975], axis=0)
        rows[name] = np.vstack([measures(filled, complete, later), ends]).T.ravel()
    columns = pd.MultiIndex.from_product([MEASURES, ["value", "low", "high"]])
    return pd.DataFrame(rows, index=columns).T


def written(table):
    """A table of `compare` to read: each number with its interval, a dash where there is none.

    >>> table = pd.DataFrame([[0.234, 0.1, 0.35]], index=["mean"], columns=pd.MultiIndex.
    ...     from_product([["link lost"], ["value", "low", "high"]]))
    >>> written(table).loc["mean", "link lost"]
    '0.23 [0.10, 0.35]'
    """

    def one(numbers, digits):
        value, low, high = (f"{number:z.{digits}f}" for number in numbers)
        return "–" if value == "nan" else f"{value} [{low}, {high}]"

    measured = table.columns.get_level_values(0).unique()
    texts = {m: [one(row, MEASURES[m]) for row in table[m].to_numpy()] for m in measured}
    return pd.DataFrame(texts, index=table.index)
