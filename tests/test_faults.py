"""Planted faults: what each one does to a row, and that nothing else is touched."""

import numpy as np
import pandas as pd
import pytest

from course_lib.faults import COLUMNS, plant_faults

N = 20_000
HONEST = pd.DataFrame(
    {
        "household": np.arange(N) % 50 + 1,
        "basket": np.arange(N) // 4 * 10,
        "product": np.arange(N) % 17,
        "quantity": 1,
        "dollars": np.arange(N) % 5 * 1.5,  # every fifth line is free
        "time": pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(N), unit="min"),
    }
)
DIRTY = plant_faults(HONEST, seed=5)
FAULT = DIRTY["fault"]


def same(rows, columns):
    """Do these rows of the first part stand as they stood in the honest log?"""
    pd.testing.assert_frame_equal(rows[columns], HONEST.loc[rows.index, columns])


def test_shares_are_those_of_the_table():
    counts = FAULT.value_counts()
    assert counts["house card"] == 4 * (5000 // 50)
    for fault, share in {
        "clock": 0.002,
        "slip": 0.003 * 0.8,
        "copy": 0.005,
        "retry": 0.005,
    }.items():
        assert counts[fault] == pytest.approx(share * N, rel=0.35), fault
    assert len(DIRTY) == N + counts["copy"] + counts["retry"]


def test_a_row_without_a_fault_is_untouched():
    first = DIRTY.iloc[:N]
    assert not first["fault"].isin(["copy", "retry"]).any()
    same(first[first["fault"] == "none"], list(COLUMNS))


def test_what_each_fault_changes():
    first = DIRTY.iloc[:N]
    clock, slip, card = (first[first["fault"] == f] for f in ("clock", "slip", "house card"))
    assert (clock["time"] == pd.Timestamp("1970-01-01")).all()
    same(clock, ["household", "basket", "product", "quantity", "dollars"])
    np.testing.assert_allclose(slip["dollars"], 100 * HONEST.loc[slip.index, "dollars"])
    assert (slip["dollars"] > 0).all()
    same(slip, ["household", "basket", "product", "quantity", "time"])
    assert (card["household"] == 0).all()
    same(card, ["basket", "product", "quantity", "dollars", "time"])
    assert (card.groupby("basket").size() == 4).all()  # whole receipts


def test_copies_and_retries_stand_at_the_end_beside_an_honest_original():
    end = DIRTY.iloc[N:]
    key = ["household", "product", "quantity", "dollars"]
    copies, retries = (end[end["fault"] == fault] for fault in ("copy", "retry"))
    assert len(copies) + len(retries) == len(end)
    found = copies.merge(HONEST, on=list(COLUMNS))
    assert len(found) == len(copies)
    found = retries.assign(basket=retries["basket"] - 1).merge(HONEST, on=[*key, "basket"])
    late = (found["time_x"] - found["time_y"]).dt.total_seconds()
    assert len(found) == len(retries)
    assert late.between(2, 20).all()
    assert late.nunique() > 10


def test_the_log_is_not_changed_and_the_seed_decides():
    again = plant_faults(HONEST.set_index(HONEST.index + 7), seed=5)
    pd.testing.assert_frame_equal(again, DIRTY)
    assert "fault" not in HONEST
    assert not plant_faults(HONEST, seed=6)["fault"].equals(FAULT)


@pytest.mark.parametrize(
    ("log", "seed", "message"),
    [
        (HONEST.drop(columns="dollars"), 0, "log must have the column 'dollars'"),
        (HONEST, -1, "seed must be a whole number of at least 0, got -1"),
        (HONEST, 0.5, "seed must be a whole number of at least 0, got 0.5"),
    ],
)
def test_bad_logs_and_seeds_are_named(log, seed, message):
    with pytest.raises(ValueError, match=message):
        plant_faults(log, seed)
