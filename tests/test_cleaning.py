import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from course_lib import cleaning
from course_lib.checks import CASES, agrees
from course_lib.cleaning import (
    clean,
    duplicated,
    missing,
    more_than,
    near_duplicates,
    not_positive,
    one_of,
    outside,
    parse_size,
)

LOG = pd.DataFrame(
    {
        "user": ["ann", "ann", "bo", None, "cy", "cy", "cy", "bo"],
        "item": ["tea", "tea", "fuel", "tea", "mug", "tea", "mug", "mug"],
        "quantity": [1, 1, 9000, 2, 0, 1, 3, 40],
        "time": pd.to_datetime(["2026-01-01"] * 4 + ["2026-01-02"] * 3 + ["2062-01-02"]),
    },
    index=list("abcdefgh"),
)
RULES = [
    one_of("item", ["fuel"]),
    missing("user"),
    not_positive("quantity"),
    duplicated("user", "item", "time"),
    outside("quantity", 1, 10),
]


@pytest.mark.parametrize(
    ("name", "case"),
    [
        (name, case)
        for name in ("parse_size", "near_duplicates")
        for case in CASES[f"cleaning.{name}"]
    ],
)
def test_worked_cases(name, case):
    assert agrees(getattr(cleaning, name)(*case.arguments), case.expected, case.tolerance), case


def test_every_dropped_row_is_accounted_for():
    kept, report = clean(LOG, RULES)
    assert kept.index.tolist() == ["a", "f", "g"]
    assert report.columns.tolist() == ["rule", "before", "dropped", "after", "example"]
    assert report["before"].tolist() == [8, 7, 6, 5, 4]
    assert report["dropped"].tolist() == [1, 1, 1, 1, 1]
    assert report["after"].tolist() == [7, 6, 5, 4, 3]
    assert report["example"].tolist() == ["c", "d", "e", "b", "h"]
    assert LOG.drop(kept.index).index.tolist() == ["b", "c", "d", "e", "h"]


def test_rules_are_named_for_what_they_drop():
    assert clean(LOG, RULES)[1]["rule"].tolist() == [
        "item is fuel",
        "user missing",
        "quantity is 0 or less",
        "same user, item, time as an earlier row",
        "quantity outside 1 to 10",
    ]
    assert more_than("user", 5000).__name__ == "user with more than 5,000 rows"
    assert missing("user", "item").__name__ == "user or item missing"
    assert duplicated().__name__ == "same row as an earlier row"
    assert one_of("item", "abcdef").__name__ == "item is abcdef"
    assert one_of("item", list("abcd")).__name__ == "item is a, b, c, d"
    assert one_of("item", list("abcde")).__name__ == "item is a, b, c, d, …"


def test_a_row_is_counted_once_by_the_first_rule_that_drops_it():
    rules = [not_positive("quantity"), one_of("item", ["mug"])]
    for order, dropped, examples in (
        (rules, [1, 2], ["e", "g"]),
        (rules[::-1], [3, 0], ["e", None]),
    ):
        kept, report = clean(LOG, order)
        assert report["dropped"].tolist() == dropped
        assert report["example"].tolist() == examples
        assert len(kept) == 5


def test_a_rule_sees_only_what_earlier_rules_left():
    frame = pd.DataFrame({"user": [1, 1, 1, 2], "quantity": [0, 1, 1, 1]})
    assert len(clean(frame, [more_than("user", 2), not_positive("quantity")])[0]) == 1
    assert len(clean(frame, [not_positive("quantity"), more_than("user", 2)])[0]) == 3


def test_the_input_stays_as_it_was_even_when_a_rule_writes():
    def careless(frame):
        frame["mark"] = 1
        frame.loc[frame.index[0], "quantity"] = 0
        return frame["quantity"] <= 0

    before = LOG.copy(deep=True)
    kept, report = clean(LOG, [*RULES, careless])
    pd.testing.assert_frame_equal(LOG, before)
    assert kept.columns.tolist() == LOG.columns.tolist()
    assert report["rule"].iloc[-1] == "careless"
    kept.loc["f", "quantity"] = 77
    unchanged = clean(LOG, [not_positive("quantity")])[0]
    unchanged.loc["a", "quantity"] = 77
    pd.testing.assert_frame_equal(LOG, before)


def test_a_rule_that_drops_nothing_still_returns_another_frame():
    kept, report = clean(LOG, [one_of("item", ["lamp"])])
    kept.loc["a", "quantity"] = 77
    assert LOG.loc["a", "quantity"] == 1
    assert report["example"].tolist() == [None]


def test_all_rows_may_go():
    kept, report = clean(LOG, [lambda frame: np.ones(len(frame), bool), not_positive("quantity")])
    assert len(kept) == 0
    assert report["after"].tolist() == [0, 0]
    assert report["rule"].iloc[0] == "<lambda>"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-1, 3)), max_size=30))
def test_the_account_always_balances(rows):
    frame = pd.DataFrame(
        np.array(rows, dtype=int).reshape(-1, 3), columns=["user", "item", "quantity"]
    )
    rules = [not_positive("quantity"), duplicated("user", "item"), more_than("user", 2)]
    kept, report = clean(frame, rules)
    assert (report["before"] - report["dropped"] == report["after"]).all()
    assert report["before"].iloc[0] == len(frame)
    assert report["after"].iloc[-1] == len(kept)
    assert report["before"].iloc[1:].tolist() == report["after"].iloc[:-1].tolist()
    assert sorted([*kept.index, *frame.drop(kept.index).index]) == frame.index.tolist()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([], "rules must have at least 1 rule, got 0"),
        ([not_positive("price")], "no column 'price'; there are user, item, quantity, time"),
        ([missing("user", "shop")], "no column 'shop'"),
        ([duplicated("shop")], "no column 'shop'"),
        ([one_of("shop", [1])], "no column 'shop'"),
        ([outside("shop", 1, 2)], "no column 'shop'"),
        ([more_than("shop", 2)], "no column 'shop'"),
        ([not_positive("item")], "'item' must be numbers, got"),
        ([outside("item", 1, 2)], "'item' must be numbers, got"),
        ([outside("time", 1, 2)], r"'time' must be numbers, got datetime64"),
        ([outside("quantity", "2026-01-01", "2026-01-02")], "'quantity' must be timestamps, got"),
        ([lambda frame: [True]], r"'<lambda>' must answer 8 booleans, got bool of shape \(1,\)"),
        ([lambda frame: frame["quantity"]], r"8 booleans, got int64 of shape \(8,\)"),
        ([lambda frame: None], r"8 booleans, got object of shape \(\)"),
    ],
)
def test_bad_rules_are_named(rules, message):
    with pytest.raises(ValueError, match=message):
        clean(LOG, rules)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="missing needs at least 1 column, got 0"):
        missing()
    with pytest.raises(ValueError, match="low must be at most high, got 3 and 1"):
        outside("quantity", 3, 1)
    with pytest.raises(ValueError, match="low must be at most high"):
        outside("quantity", 3, math.nan)
    with pytest.raises(ValueError, match="most must be at least 1, got 0"):
        more_than("user", 0)
    with pytest.raises(ValueError, match="index labels must be unique, got 0 twice"):
        clean(pd.concat([LOG, LOG], ignore_index=False).set_axis([0] * 16), RULES)


def test_missing_numbers_and_ids_are_left_to_the_rule_for_missing():
    frame = pd.DataFrame({"n": [1.0, np.nan, -1.0], "id": [None, None, "a"]})
    for column in ("float64", "Float64"):
        typed = frame.astype({"n": column})
        assert not_positive("n")(typed).tolist() == [False, False, True]
        assert outside("n", 0, 5)(typed).tolist() == [False, False, True]
    assert more_than("id", 1)(frame).tolist() == [False, False, False]
    assert one_of("id", ["a"])(frame).tolist() == [False, False, True]
    assert missing("n", "id")(frame).tolist() == [True, True, False]


def test_both_ends_of_a_range_stay_also_for_dates():
    assert outside("quantity", 1, 40)(LOG).tolist() == [0, 0, 1, 0, 1, 0, 0, 0]
    dropped = outside("time", "2026-01-01", "2026-01-02")(LOG)
    assert dropped.tolist() == [0, 0, 0, 0, 0, 0, 0, 1]
    mixed = outside("time", pd.Timestamp("2026-01-01"), "2026-01-01 12:00")
    assert mixed(LOG).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert outside("quantity", 1, 1)(LOG).tolist() == [0, 0, 1, 1, 1, 0, 1, 1]
    zoned = LOG.assign(time=LOG["time"].dt.tz_localize("UTC"))
    ends = pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True)
    assert outside("time", *ends)(zoned).tolist() == dropped.tolist()


def test_exactly_the_limit_of_rows_stays():
    assert more_than("user", 3)(LOG).sum() == 0
    assert more_than("user", 2)(LOG).tolist() == [0, 0, 0, 0, 1, 1, 1, 0]


def test_whole_rows_are_compared_without_columns():
    frame = pd.DataFrame({"a": [1, 1, 1], "b": [np.nan, np.nan, 2.0]})
    assert duplicated()(frame).tolist() == [False, True, False]


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
        "10000 CT",        "0/4 OZ", "1 OZZ", "12 PKG", "½ LB",
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


def test_near_duplicates_are_those_of_the_full_matrix():
    words = ["tea", "teas", "green tea", "green teas", "grean tea", "mug", "blue mug", "", "tea"]
    weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit(sorted(set(words)))
    rows = weights.transform(words).toarray()
    for least in (0.2, 0.5, 0.7, 0.9, 1.0):
        expected = np.argwhere(np.triu(rows @ rows.T >= least - 1e-9, 1))
        np.testing.assert_array_equal(near_duplicates(words, least), expected)


def test_blocks_do_not_change_the_answer():
    rng = np.random.default_rng(0)
    titles = ["".join(rng.choice(list("abc "), 8)) for _ in range(3000)]
    pairs = near_duplicates(titles, 0.95)
    assert len(pairs) > 0
    unique = pd.unique(pd.Series(titles))
    assert len(unique) > 5_000_000 // len(unique)  # more than one block
    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit(unique).transform(titles)
    assert len(pairs) == np.triu((rows @ rows.T).toarray() >= 0.95 - 1e-9, 1).sum()


def test_titles_without_a_trigram_are_like_nothing():
    assert near_duplicates(["", "", " "]).shape == (0, 2)
    assert near_duplicates([]).shape == (0, 2)
    assert near_duplicates(["", "", "tea"]).shape == (0, 2)


@pytest.mark.parametrize("least", [0, -1, 1.1, math.nan])
def test_bad_least_is_named(least):
    with pytest.raises(ValueError, match="least must be above 0 and at most 1"):
        near_duplicates(["tea"], least)


def test_missing_title_is_named():
    with pytest.raises(ValueError, match="titles must not be missing, row 1 is"):
        near_duplicates(["tea", None])


def test_a_million_rows_take_seconds():
    rng = np.random.default_rng(0)
    n = 1_000_000
    frame = pd.DataFrame(
        {
            "user": rng.integers(0, 30_000, n),
            "item": rng.integers(0, 20_000, n),
            "quantity": rng.integers(0, 20, n),
        }
    )
    started = time.perf_counter()
    clean(frame, [not_positive("quantity"), duplicated("user", "item"), more_than("user", 40)])
    assert time.perf_counter() - started < 10
