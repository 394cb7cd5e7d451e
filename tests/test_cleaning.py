import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import frames
from sklearn.feature_extraction.text import TfidfVectorizer

from course_lib.cleaning import (
    clean,
    duplicated,
    missing,
    more_than,
    near_duplicates,
    not_positive,
    one_of,
    outside,
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
        ([lambda frame: frame["quantity"][:2] > 1], r"8 booleans, got bool of shape \(2,\)"),
        ([lambda frame: frame["quantity"]], r"8 booleans, got int64 of shape \(8,\)"),
        ([lambda frame: None], r"8 booleans, got object of shape \(\)"),
    ],
)
def test_bad_rules_are_named(rules, message):
    with pytest.raises(ValueError, match=message):
        clean(LOG, rules)


@pytest.mark.parametrize("rule", [not_positive("quantity"), duplicated("user", "item")])
@given(order=st.permutations(range(8)))
def test_a_rule_that_answers_in_another_order_drops_the_same_rows(rule, order):
    def shuffled(frame):
        return pd.Series(rule(frame), index=frame.index).iloc[[i for i in order if i < len(frame)]]

    for rules in ([shuffled], [one_of("item", ["fuel"]), shuffled]):
        kept, report = clean(LOG, rules)
        right, account = clean(LOG, [*rules[:-1], rule])
        pd.testing.assert_frame_equal(kept, right)
        assert report["example"].tolist() == account["example"].tolist()


@pytest.mark.parametrize(
    ("labels", "strange"),
    [(range(8), "0"), ([*"abcdefgi"], "'i'"), ([*"aabcdefg"], "'a'")],
)
def test_labels_of_a_rules_own_are_refused(labels, strange):
    def own(frame):
        return pd.Series(True, index=list(labels))

    with pytest.raises(
        ValueError, match=f"'own' must answer with the labels.* the label {strange}"
    ):
        clean(LOG, [own])


@pytest.mark.parametrize("kind", ["boolean", "bool[pyarrow]"])
def test_truth_values_of_pandas_own_types_are_read(kind):
    kept, _ = clean(LOG, [lambda frame: (frame["quantity"] > 5).astype(kind)])
    assert kept.index.tolist() == ["a", "b", "d", "e", "f", "g"]
    with pytest.raises(ValueError, match="must answer True or False, row 'c' has neither"):
        clean(LOG, [lambda frame: (frame["quantity"] > 5).astype(kind).where(frame.index != "c")])


def test_a_rule_of_ones_own_sees_all_columns():
    def wide(frame):
        return (frame["quantity"] > 5) & (frame["item"] == "mug") & (frame["time"].dt.year > 2026)

    assert clean(LOG, [not_positive("quantity"), wide])[0].index.tolist() == [*"abcdfg"]


COLUMNS = {
    "whole numbers": st.integers(-2, 2),
    "large numbers": st.sampled_from([2**63 - 1, -(2**63), 0, 1]),
    "fractions": st.sampled_from([0.0, -0.0, 0.5, np.nan]),
    "texts": st.sampled_from(["", "a", "b", None]),
    "mixed": st.sampled_from([1, 1.0, True, "1", None, np.nan]),
    "times": st.sampled_from([pd.NaT, pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-02")]),
    "truths": st.booleans(),
}


@given(st.data(), st.lists(st.sampled_from([*COLUMNS]), min_size=1, max_size=3, unique=True))
def test_repeats_are_those_that_pandas_finds(data, kinds):
    n = data.draw(st.integers(0, 12))
    frame = pd.DataFrame(
        {kind: data.draw(st.lists(COLUMNS[kind], min_size=n, max_size=n)) for kind in kinds}
    )
    if "mixed" in kinds:
        frame["mixed"] = frame["mixed"].astype(object)
    np.testing.assert_array_equal(duplicated(*kinds)(frame), frame.duplicated(kinds))
    np.testing.assert_array_equal(duplicated()(frame), frame.duplicated())


@pytest.mark.parametrize(
    "kind", ["int8", "uint64", "float32", "Int64", "category", "string", "int32[pyarrow]", "object"]
)
def test_repeats_and_limits_hold_for_every_type(kind):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 100, 2_000)
    frame = pd.DataFrame({"id": pd.Series(values).astype("str" if kind == "string" else kind)})
    np.testing.assert_array_equal(duplicated("id")(frame), pd.Series(values).duplicated())
    counts = np.bincount(values)
    np.testing.assert_array_equal(more_than("id", 20)(frame), counts[values] > 20)


@given(frames(min_size=1, max_size=20, users=3, items=2))
def test_rules_hold_for_strangers_logs(frame):
    alike = frame[["user", "item"]].astype(str)
    repeated = alike.duplicated().to_numpy()
    np.testing.assert_array_equal(duplicated("user", "item")(frame), repeated)
    many = alike["user"].map(alike["user"].value_counts()).to_numpy() > 2
    np.testing.assert_array_equal(more_than("user", 2)(frame), many)
    kept, report = clean(frame, [missing(*frame.columns), duplicated("user", "item")])
    assert report["dropped"].tolist() == [0, repeated.sum()]
    pd.testing.assert_frame_equal(kept, frame[~repeated])


def test_all_missing_numbers_are_one_value():
    nan = np.array([0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001], dtype=np.uint64)
    frame = pd.DataFrame({"n": nan.view(np.float64)})  # three bit patterns of NaN
    assert duplicated("n")(frame).tolist() == [False, True, True]


def test_ids_far_apart_and_below_zero_are_counted():
    frame = pd.DataFrame({"id": [-5, 10**18, -5, -5, 10**18, -(2**63)]})
    assert more_than("id", 2)(frame).tolist() == [True, False, True, True, False, False]
    assert more_than("id", 2)(frame // 10**17).tolist() == [True, False, True, True, False, False]
    assert more_than("id", 1)(frame.iloc[:0]).tolist() == []


def test_dates_follow_the_one_reader_of_times():
    with pytest.raises(ValueError, match=r"low must be a date .* got '03/02/2026'"):
        outside("time", "03/02/2026", "2026-12-31")
    with pytest.raises(ValueError, match=r"high must be a date .* got 20261231"):
        outside("time", "2026-01-01", 20261231)
    zoned = pd.Timestamp("2026-01-01", tz="UTC")
    with pytest.raises(ValueError, match="low and high must both have a zone or neither"):
        outside("time", zoned, "2026-12-31")
    with pytest.raises(ValueError, match="'time' and its ends must both have a zone or neither"):
        clean(LOG, [outside("time", zoned, zoned)])
    typed = LOG.assign(time=LOG["time"].astype("timestamp[ns][pyarrow]"))
    dropped = outside("time", "2026-01-01", "2026-01-02")(typed)
    assert dropped.tolist() == [0, 0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("most", [0, -1, 2.5, True, "3"])
def test_a_limit_is_a_whole_number(most):
    with pytest.raises(ValueError, match="most must be a whole number of at least 1, got"):
        more_than("user", most)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="missing needs at least 1 column, got 0"):
        missing()
    with pytest.raises(ValueError, match="low must be at most high, got 3 and 1"):
        outside("quantity", 3, 1)
    with pytest.raises(ValueError, match="low must be at most high"):
        outside("quantity", 3, math.nan)
    with pytest.raises(ValueError, match="most must be a whole number of at least 1, got 0"):
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
    with pytest.raises(ValueError, match=r"least must be (finite and )?above 0 and at most 1"):
        near_duplicates(["tea"], least)


def test_missing_title_is_named():
    with pytest.raises(ValueError, match="titles must not be missing, row 1 is"):
        near_duplicates(["tea", None])


def test_one_value_that_is_no_text_is_one_value():
    assert one_of("store", 3)(pd.DataFrame({"store": [3, 4]})).tolist() == [True, False]
