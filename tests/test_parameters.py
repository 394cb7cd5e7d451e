"""One table of rules: NumPy's values are as good as Python's, and a message shows them plainly."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from course_lib.parameters import Number, Truth, Whole, check_numbers, plain


@pytest.mark.parametrize("value", [True, np.True_, np.array([1.0])[0] == 1])
def test_numpys_truths_are_truths(value):
    assert Truth().check("exclude_seen", value) is True


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (Whole(1), np.int64(0), "k must be a whole number of at least 1, got 0$"),
        (Whole(1), np.True_, "k must be a whole number of at least 1, got True$"),
        (Number(above=0), np.float64(-0.5), "k must be above 0, got -0.5$"),
        (Number(above=0), 10**400, "k must be finite and above 0, got 10000.*0$"),
        (Number(above=0), np.inf, "k must be finite and above 0, got inf$"),
        (Number(least=0), "1", "k must be at least 0, got '1'$"),
        (Number(), np.nan, "k must be a finite number, got nan$"),
        (Truth(), np.int8(1), "k must be True or False, got 1$"),
        (Truth(), "yes", "k must be True or False, got 'yes'$"),
    ],
)
def test_a_message_shows_the_value_plainly(rule, value, message):
    with pytest.raises(ValueError, match=message):
        rule.check("k", value)


def test_dates_are_shown_as_they_are_written():
    assert plain(datetime.date(2026, 1, 5)) == "2026-01-05"
    assert plain(np.datetime64("2026-01-05T10:30", "ns")) == "2026-01-05T10:30:00.000000000"


@pytest.mark.parametrize(
    "values", [[1, None], [1, np.nan], [Decimal(1), pd.NA], pd.Series([1, None], dtype="Int8")]
)
def test_missing_numbers_are_nan_where_they_may_be(values):
    np.testing.assert_array_equal(check_numbers("x", values, missing=True), [1, np.nan])
    with pytest.raises(ValueError, match="x must be"):
        check_numbers("x", values)


def test_a_number_beyond_all_floats_is_refused():
    with pytest.raises(ValueError, match="x must be numbers that fit into float64"):
        check_numbers("x", [10**400])


def test_infinity_is_allowed_apart_from_nan():
    assert check_numbers("x", [1, np.inf], infinite=True).tolist() == [1, np.inf]
    with pytest.raises(ValueError, match="x must be finite, got nan"):
        check_numbers("x", [np.inf, np.nan], infinite=True)
    with pytest.raises(ValueError, match="x must be finite, got inf"):
        check_numbers("x", [np.inf, np.nan], missing=True)


def test_single_precision_stays_only_where_it_may():
    single = np.ones(2, np.float32)
    assert check_numbers("x", single, single=True).dtype == np.float32
    assert check_numbers("x", single).dtype == np.float64
    assert check_numbers("x", [1, 2], single=True).dtype == np.float64
