"""Expected amounts: the units of NIST Handbook 44, multiplied by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.sizes import parse_size


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        # one number and one unit
        ("22 LB", 22 * 453.59237, "g"),
        ("16.9 OZ", 16.9 * 28.349523125, "g"),
        ("12 FL OZ", 12 * 29.5735295625, "ml"),
        ("12 FLOZ", 12 * 29.5735295625, "ml"),
        ("2 LTR", 2000, "ml"),
        ("2 L*", 2000, "ml"),
        ("1. OZ", 28.349523125, "g"),
        ("45 G", 45, "g"),
        ("2 KG", 2000, "g"),
        ("1 QT", 946.352946, "ml"),
        ("3 PT", 3 * 473.176473, "ml"),
        ("20 CT", 20, "piece"),
        ("1.5 DZ", 18, "piece"),
        ("10 STEM", 10, "piece"),
        ("50-LB BAG", 50 * 453.59237, "g"),
        ("12 oz can", 12 * 28.349523125, "g"),
        # a unit alone is one
        ("GAL", 3785.411784, "ml"),
        ("HALF GAL", 1892.705892, "ml"),
        ("PT", 473.176473, "ml"),
        ("PK", 1, "piece"),
        ("DZ", 12, "piece"),
        # fractions
        ("10 3/4 OZ", 10.75 * 28.349523125, "g"),
        ("1 1/16 OZ", 17 / 16 * 28.349523125, "g"),
        ("7-3/4 OZ", 7.75 * 28.349523125, "g"),
        ("3/4 OZ", 0.75 * 28.349523125, "g"),
        ("7/8 OZ", 0.875 * 28.349523125, "g"),
        ("1/3 L", 1000 / 3, "ml"),
        ("7 1/2 LB", 7.5 * 453.59237, "g"),
        # packs multiply
        ("12 PK/12 OZ", 144 * 28.349523125, "g"),
        ("12 OZ/12 PK", 144 * 28.349523125, "g"),
        ("6 P/16.9 OZ", 6 * 16.9 * 28.349523125, "g"),
        ("6 PK/.5 L", 3000, "ml"),
        ("12/12 OZ", 144 * 28.349523125, "g"),
        ("6/3.5 OZ", 21 * 28.349523125, "g"),
        ("24-12 OZ", 288 * 28.349523125, "g"),
        ("2/8 OZ", 16 * 28.349523125, "g"),
        ("4/187 ML", 748, "ml"),
        ("5/9 OZ", 45 * 28.349523125, "g"),
        ("50 CT/10 PK", 500, "piece"),
        # the text does not say whether all or each: each, as the docstring says
        ("144 OZ/12 PK", 1728 * 28.349523125, "g"),
        ("16 OZ/4 PK", 64 * 28.349523125, "g"),
        ("12 OZ/8 PK", 96 * 28.349523125, "g"),
        ("12 X 330 ML", 3960, "ml"),
        ("330 ml x 12", 3960, "ml"),
        ("3 CT X 4", 12, "piece"),
        ("2 X 0,5 L X 12", 12_000, "ml"),
        ("12X330ML", 3960, "ml"),
        ("12 × 330 ml", 3960, "ml"),
        ("6*1.5 L", 9000, "ml"),
        ("6 X25 GM", 150, "g"),
        ("4 X 6 CT", 24, "piece"),
        ("5 X 2 LB", 10 * 453.59237, "g"),
        ("6 X 4 X 100 G", 2400, "g"),
        # decimal commas
        ("0,75 L", 750, "ml"),
        ("1,5 LTR", 1500, "ml"),
        ("10 X 12,5 G", 125, "g"),
        # counts beside weights and volumes
        ("16 CT/26 OZ", 26 * 28.349523125, "g"),
        ("1 CT/.28 OZ", 0.28 * 28.349523125, "g"),
        ("12 CT/1.5 Z", 1.5 * 28.349523125, "g"),
        ("20 CT/13 GAL", 20, "piece"),
        ("41-50/16 OZ", 16 * 28.349523125, "g"),
        # two measures
        ("1 LB 8 OZ", 453.59237 + 8 * 28.349523125, "g"),
        ("12 QT/11.4 L", 12 * 946.352946, "ml"),
        # codes
        ("117408 6 PK", 6, "piece"),
        ("9999 CT", 9999, "piece"),
        ("P    16 OZ", 16 * 28.349523125, "g"),
    ],
)
def test_sizes_as_the_shop_writes_them(text, amount, unit):
    assert parse_size(text) == (pytest.approx(amount), unit)


@pytest.mark.parametrize(
    "text",
    [
        "LARGE", "CTN", "219428 CTN", "18 IN", "9 SQ FT", "32 LOAD", "SIZE 4", "12", "", " ", None,
        math.nan, "48-54 CT", "56/64 CT", "5-7 LB", "15 00 OZ", "0 CT", "83718713 OZ", "999425  PK",
        "10000 CT", "1E3 G", "1,000 CT", "0,750 L", "1.000,5 G", "12,345,678 G", "3/4 X 6 G",
        "5-6 X 2 G", "8 X 10 IN", "8.5 X 11 OZ", "0/4 OZ", "1 OZZ", "12 PKG", "½ LB",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_so(text):
    amount, unit = parse_size(text)
    assert math.isnan(amount)
    assert unit == ""


@given(st.text(alphabet="0123456789 ./-OZLBCTPKGAFIN", max_size=12))
def test_any_text_gives_an_amount_above_zero_or_nothing(text):
    amount, unit = parse_size(text)
    assert (amount > 0 and unit in ("g", "ml", "piece")) or (math.isnan(amount) and unit == "")
