"""Hide, fill, compare: by hand where numbers are few, and nothing held out is learned from."""

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import KNNImputer

from course_lib.datasets import load_complete_journey
from course_lib.imputation import (
    MEASURES,
    at_random,
    by_model,
    compare,
    forecast,
    gaps_and_test,
    half_years,
    hide_and_fill,
    measures,
    written,
)

NAN = np.nan
RNG = np.random.default_rng(0)
RELATED = RNG.normal(size=300)
TABLE = np.column_stack([3 * RELATED + RNG.normal(size=300), RELATED])
LATER = 2 * TABLE[:, 0] + 1
HALF = np.full(300, 0.5)


def by_mean(train, table):
    return np.where(np.isnan(table[:, 0]), np.nanmean(train[:, 0]), table[:, 0])


def by_line(train, table):
    known = ~np.isnan(train[:, 0])
    slope, level = np.polyfit(train[known, 1], train[known, 0], 1)
    return np.where(np.isnan(table[:, 0]), level + slope * table[:, 1], table[:, 0])


def no_fill(train, table):
    return table[:, 0]


@pytest.fixture(scope="module")
def complete():
    return hide_and_fill(by_mean, TABLE, LATER, np.zeros(300))


def test_who_is_held_out_does_not_depend_on_the_gaps():
    assert np.array_equal(gaps_and_test(HALF, 3)[1], gaps_and_test(0 * HALF, 3)[1])
    assert not np.array_equal(gaps_and_test(HALF, 3)[1], gaps_and_test(HALF, 4)[1])


def test_a_forecast_uses_no_held_out_row():
    test = np.arange(300) % 2 == 0
    moved = np.where(test, LATER + 1000, LATER)
    assert np.allclose(forecast(TABLE, LATER, test), forecast(TABLE, moved, test))


def test_with_nothing_hidden_the_column_is_the_truth_of_the_held_out_rows(complete):
    for seed in range(10):
        test = gaps_and_test(0 * HALF, seed)[1]
        assert np.array_equal(complete[0, seed, test], TABLE[test, 0])
        assert np.isnan(complete[:, seed, ~test]).all()


def test_a_fill_sees_gaps_and_only_the_other_half_to_learn_from():
    asked = []

    def watched(train, table):
        asked.append((train.copy(), table.copy()))
        return by_mean(train, table)

    hide_and_fill(watched, TABLE, LATER, HALF, draws=1)
    gap, test = gaps_and_test(HALF, 0)
    ((train, table),) = asked
    assert np.array_equal(np.isnan(table[:, 0]), gap)
    assert np.array_equal(train, table[~test], equal_nan=True)


def test_a_mark_of_the_gaps_helps_where_the_gap_says_something():
    gone = (TABLE[:, 0] > np.median(TABLE[:, 0])).astype(float)
    alone = np.column_stack([TABLE[:, 0], np.zeros(300)])
    plain = hide_and_fill(by_mean, alone, LATER, gone)[1]
    marked = hide_and_fill(by_mean, alone, LATER, gone, mark=True)[1]
    assert np.nanmean((marked - LATER) ** 2) < np.nanmean((plain - LATER) ** 2)


def test_measures_by_hand():
    # truth 0, 2, 4 (the last row is not held out); the 4 was filled with 1
    complete = np.array([[[0.0, 2, 4, NAN]], [[1.0, 1, 1, NAN]]])
    filled = np.array([[[0.0, 2, 1, NAN]], [[3.0, 3, 3, NAN]]])
    later = np.array([0.0, 2, 4, 99])
    expected = [
        3,  # |1 - 4|
        -1,  # 3 / 3 in place of 6 / 3
        50,  # sqrt(2 / 3) in place of sqrt(8 / 3)
        1 - 0.5,  # (-2)(-1) + 0 + 2 · 0 = 2 over sqrt(8 · 2) = 4
        0,  # errors 3, 1, -1 in place of 1, -1, -3: 11 both times
    ]
    assert measures(filled, complete, later) == pytest.approx(expected)


def test_the_line_beats_the_mean_and_deletion_has_no_error(complete):
    fills = {"mean": by_mean, "line": by_line, "deletion": no_fill}
    tried = {name: hide_and_fill(fill, TABLE, LATER, HALF) for name, fill in fills.items()}
    table = compare(tried, complete, LATER, seed=0, resamples=50)
    assert list(table.index) == list(fills)
    assert list(table.columns.get_level_values(0).unique()) == list(MEASURES)
    assert table.loc["line", ("error", "high")] < table.loc["mean", ("error", "low")]
    assert np.isnan(table.loc["deletion", ("error", "value")])
    for measure in MEASURES:
        value, low, high = table.loc["line", measure]
        assert low <= value <= high
    assert written(table).loc["deletion", "error"] == "–"
    assert written(table).shape == (3, 5)


def test_numbers_are_written_without_a_minus_before_a_zero():
    columns = pd.MultiIndex.from_product([["mean off"], ["value", "low", "high"]])
    table = pd.DataFrame([[-0.04, -0.2, 0.1]], columns=columns)
    assert written(table).iloc[0, 0] == "0.0 [-0.2, 0.1]"


def test_a_random_value_is_one_of_those_known_in_train():
    train = np.column_stack([np.append(np.arange(50.0), NAN), np.zeros(51)])
    table = np.column_stack([np.append(np.full(200, NAN), 77.5), np.zeros(201)])
    filled = at_random(train, table)
    assert filled[-1] == 77.5
    assert set(filled[:-1]) <= set(np.arange(50.0))
    assert len(set(filled[:-1])) > 20
    assert (filled == at_random(train, table)).all()
    assert (filled != at_random(train, table, seed=7)).any()


def test_an_imputer_learns_from_train_and_from_scaled_columns():
    train = np.array([[10.0, 0.0, 0.0], [20.0, 1000.0, 1.0], [30.0, 400.0, 10.0]])
    table = np.array([[NAN, 400.0, 1.0], [5.0, 0.0, 0.0], [NAN, 900.0, 9.0]])
    fill = by_model(KNNImputer(n_neighbors=1))
    # unscaled, the dollars would decide: (400, 1) is 9 from (400, 10) and 400 from (0, 0)
    assert fill(train, table).round(9).tolist() == [10.0, 5.0, 30.0]


def test_half_years_are_the_sums_and_counts_of_the_log():
    shop = load_complete_journey()
    table, log = half_years(shop), shop.interactions
    assert list(table) == ["spend", "days", "categories", "private", "later"]
    assert len(table) == 2388
    user = table["spend"].idxmax()
    first = log.timestamps < np.datetime64("2017-07-02")
    mine = log.users == user
    items = shop.items.iloc[log.items[mine & first]]
    row = table.loc[user]
    assert row["spend"] * 26 == pytest.approx(log.values[mine & first].sum())
    assert row["later"] * 26 == pytest.approx(log.values[mine & ~first].sum())
    assert row["days"] == len(set(log.timestamps[mine & first].astype("datetime64[D]")))
    assert row["categories"] == items["category"].fillna("unknown").nunique()
    assert row["private"] == pytest.approx((items["brand"] == "Private").mean())
