"""Whose row is which: arrays by their order, tables by their labels."""

import numpy as np
import pandas as pd
import pytest

from course_lib.models.vectors import in_catalogue_order

IDS = np.array(["tea", "mug", "cake"])
ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def read(table):
    return in_catalogue_order("item_vectors", table, IDS)


def test_an_array_is_in_order_already_whatever_its_dtype():
    for table in (ROWS, ROWS.astype(np.float32), ROWS.astype(np.uint8), ROWS.tolist(), ROWS > 0):
        np.testing.assert_array_equal(read(table), np.asarray(table, float))
        assert read(table).dtype == np.float64


def test_a_table_is_read_by_its_labels():
    frame = pd.DataFrame(ROWS, index=IDS)
    np.testing.assert_array_equal(read(frame), ROWS)
    np.testing.assert_array_equal(read(frame.iloc[[2, 0, 1]]), ROWS)
    as_category = frame.set_axis(pd.CategoricalIndex(IDS)).iloc[::-1]
    np.testing.assert_array_equal(read(as_category), ROWS)


def test_whole_ids_are_labels_too():
    frame = pd.DataFrame(ROWS, index=[2, 0, 1])
    found = in_catalogue_order("item_vectors", frame, np.arange(3))
    np.testing.assert_array_equal(found, ROWS[[1, 2, 0]])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame(ROWS), "have the ids in its index, 'tea' is missing; rows in the catalogue"),
        (pd.DataFrame(ROWS[:2], index=["tea", "cake"]), "'mug' is missing"),
        (pd.DataFrame(ROWS[[0, 1, 2, 0]], index=[*IDS, "jam"]), "'jam' is none of them"),
        (pd.DataFrame(ROWS[[0, 1, 2, 0]], index=[*IDS, "tea"]), "each id once .* got 'tea' twice"),
        (pd.Series([1.0, 2.0, 3.0], index=IDS), r"must be \(3, d\), a row each, got \(3,\)"),
        (ROWS[:2], r"must be \(3, d\), a row each, got \(2, 2\)"),
        (ROWS[:, :0], r"must be \(3, d\), a row each, got \(3, 0\)"),
        (np.diag([1, np.nan, 1]), "must be finite, row 1 is not"),
        (np.diag([1, 1, np.inf]), "must be finite, row 2 is not"),
        ([["a"], ["b"], ["c"]], r"must be numbers of shape \(3, d\), got list"),
        ([["1"], ["2"], ["3"]], r"must be numbers of shape \(3, d\), got list"),
        (object(), r"must be numbers of shape \(3, d\), got object"),
        (ROWS * 1j, r"must be numbers of shape \(3, d\), got ndarray"),
    ],
)
def test_what_cannot_be_meant_is_refused(table, message):
    with pytest.raises(ValueError, match=f"item_vectors .*{message}"):
        read(table)
