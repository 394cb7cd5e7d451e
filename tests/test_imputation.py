"""Hide, fill, compare: by hand where numbers are few, and nothing held out is learned from."""

import numpy as np
import pandas as pd
import pytest

from course_lib.imputation import (
    MEASURES,
    compare,
    forecast,
    gaps_and_test,
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
