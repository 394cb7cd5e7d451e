"""Expected values: by hand."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from course_lib.columns import check_index, dense_ids, read_numbers, same_rows, time_order


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([4.5, 7]),
        pd.Series(["4.5", " 7"]),
        pd.Series(["4.5", "7"], dtype="category"),
        pd.Series([Decimal("4.5"), 7], dtype=object),
        pd.Series([4.5, 7], dtype=pd.ArrowDtype(pa.float32())),
        pa.chunked_array([[4.5], [7]]),
        pa.chunked_array([pa.array([Decimal("4.5"), Decimal(7)])]),
        pa.chunked_array([pa.array(["4.5", "7"]).dictionary_encode()]),
    ],
)
def test_numbers_in_any_clothes_are_the_same_numbers(column):
    read = read_numbers(column, name="price")
    assert read.dtype == np.float64
    assert read.tolist() == [4.5, 7]


@pytest.mark.parametrize("bad", ["4,5", "", [1], 1j, dt.datetime(2026, 1, 1), "free"])
def test_what_is_no_number_is_named(bad):
    cells = np.fromiter([1, bad], dtype=object)
    with pytest.raises(ValueError, match="in 'price', row 1: it is no number"):
        read_numbers(pd.Series(cells, dtype=object), name="price")


@pytest.mark.parametrize(
    "column",
    [
        pa.chunked_array([[1.0, float("nan")]]),
        pa.chunked_array([[1, None]]),
        pa.chunked_array([pa.array([1, None], pa.int8())]),
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, None], dtype=object),
        pd.Series([1, np.nan]),
        pd.Series(["1", None]),
    ],
)
def test_missing_numbers_are_named(column):
    with pytest.raises(ValueError, match="'price' must not be missing, row 1 is"):
        read_numbers(column, name="price")


def test_times_are_no_numbers():
    for column in (pd.Series([pd.Timestamp("2026-01-01")]), pd.Series([pd.Timedelta(days=1)])):
        with pytest.raises(ValueError, match="in 'price', row 0: it is no number"):
            read_numbers(column, name="price")


def test_a_dictionary_with_a_word_twice_has_one_id():
    twice = pa.DictionaryArray.from_arrays([0, 1, 2], ["tea", "tea", "mug"])
    index, ids = dense_ids(pa.chunked_array([twice]), name="item")
    assert (index.tolist(), ids.tolist()) == ([0, 0, 1], ["tea", "mug"])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([[1], [2]], r"ids in 'user' must be texts or numbers, row 0 is \[1\]"),
        ([1, True], "of one type, got bool and int"),
        ([1, 1.0], "of one type, got float and int"),
        (["1", 1], "of one type, got int and str"),
        (["a", float("nan")], "'user' must not be missing, row 1 is"),
    ],
)
def test_what_is_no_id_is_named(cells, message):
    column = pd.Series(np.fromiter(cells, dtype=object), dtype=object)
    with pytest.raises(ValueError, match=message):
        dense_ids(column, name="user")


def test_whole_numbers_of_any_size_are_ids():
    index, ids = dense_ids(pd.Series([2**70, 1, 2**70], dtype=object), name="user")
    assert (index.tolist(), ids.tolist()) == ([0, 1, 0], [2**70, 1])


def test_half_characters_are_ids_like_others():
    index, ids = dense_ids(pd.Series(["\ud800", "a"], dtype=object), name="user")
    assert (index.tolist(), ids.tolist()) == ([0, 1], ["\ud800", "a"])


def test_a_column_without_rows_has_no_ids():
    index, ids = dense_ids(pa.chunked_array([], type=pa.string()), name="user")
    assert (index.tolist(), ids.tolist()) == ([], [])


def test_a_column_alone_has_its_shape_checked_too():
    assert same_rows({"x": [3, 4]})["x"].tolist() == [3, 4]
    with pytest.raises(ValueError, match=r"x must be \(n,\) of one length, got \(2, 1\)"):
        same_rows({"x": [[3], [4]]})


@pytest.mark.parametrize("kind", [np.int64, "datetime64[s]"])
def test_times_before_1970_come_before_those_after_it(kind):
    times = np.array([1, -1, 0, -(2**40), 2**40]).astype(kind)
    assert time_order(np.zeros(5, np.int64), times).tolist() == [3, 1, 2, 0, 4]


def test_unsigned_numbers_become_signed_before_anything_is_added():
    index = check_index("items", np.array([0, 1], dtype=np.uint16), 2)
    assert (index - 1).tolist() == [-1, 0]
    with pytest.raises(ValueError, match="items must be at least 0, got -1"):
        check_index("items", np.array([0, -1]))


def test_numbers_are_read_with_either_decimal_sign():
    column = pd.Series(["4.5", " 3 ", "-1e3", "0"])
    np.testing.assert_array_equal(read_numbers(column, name="paid"), [4.5, 3, -1000, 0])
    column = pd.Series(["4,5", "3"])
    np.testing.assert_array_equal(read_numbers(column, name="paid", decimal=","), [4.5, 3])


@pytest.mark.parametrize(
    ("cell", "decimal", "message"),
    [
        ("4,5", ".", r"'4,5' in 'paid', row 1: .*; read_interactions\(decimal=','\) may"),
        ("1,234.5", ".", "cannot read '1,234.5' in 'paid', row 1"),
        ("1.234", ",", r"'1\.234' in 'paid', row 1: .*; read_interactions\(decimal='\.'\) may"),
        ("1.234,5", ",", r"cannot read '1\.234,5' in 'paid', row 1"),
        ("much", ".", "cannot read 'much' in 'paid', row 1: it is no number$"),
        ("nan", ".", "cannot read 'nan' in 'paid', row 1: it is no number$"),
        (None, ".", "'paid' must not be missing, row 1 is"),
        ("\ud800", ".", "in 'paid', row 1: it is no number$"),
        ("4", ";", r"decimal must be '\.' or ',', got ';'"),
    ],
)
def test_text_that_spells_no_number_is_named(cell, decimal, message):
    with pytest.raises(ValueError, match=message):
        read_numbers(pd.Series(["1", cell, "x"], dtype=object), name="paid", decimal=decimal)
