"""Expected values: hand computation on the tiny shop, published formulas and test vectors."""

import hashlib
import math
import os
import subprocess
import sys

import logs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from course_lib.checks import CASES, agrees
from course_lib.datasets import load_tiny_shop
from course_lib.features import (
    before_months,
    by_month,
    co_purchase,
    embed,
    hashed,
    ppmi,
    recency_frequency_spend,
    time_features,
)
from course_lib.interactions import Interactions

TINY = load_tiny_shop().interactions  # ada 0, bo 1, …; tea 0, mug 1, kettle 2, honey 3, ball 4
LIBRARY = {"ppmi": ppmi, "embed": embed, "hashed": hashed, "time_features": time_features}
counts = arrays(float, (4, 4), elements=st.integers(0, 9).map(float))


def log(rows, n_users=3, n_items=3):
    users, items, times, values = zip(*rows, strict=True)
    return Interactions(
        np.array(users),
        np.array(items),
        np.array(times, dtype="datetime64[s]"),
        np.array(values, dtype=float),
        np.arange(n_users),
        np.arange(n_items),
    )


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name in LIBRARY for case in CASES[f"features.{name}"]],
)
def test_cases_of_the_lesson(name, case):
    assert agrees(LIBRARY[name](*case.arguments), case.expected, case.tolerance), case


# --- recency, frequency, spend


def test_bo_by_hand():
    """Tea and honey on 2 March, a mug on 5 March at 08:10: 4 + 8 + 6 dollars on two days."""
    bo = recency_frequency_spend(TINY, "2026-03-10").loc[1]
    assert bo.tolist() == pytest.approx([4 + (15 * 60 + 50) / 1440, 2, 18])


def test_an_event_at_now_belongs_to_the_future():
    one = log([(0, 0, "2026-01-01 12:00", 5)])
    assert recency_frequency_spend(one, "2026-01-01 12:00").loc[0, "frequency"] == 0
    later = recency_frequency_spend(one, "2026-01-01 12:00:01").loc[0]
    assert later.tolist() == pytest.approx([1 / 86400, 1, 5])


def test_users_without_events_have_no_recency_and_zeros():
    table = recency_frequency_spend(log([(1, 0, "2026-01-01", 5)]), "2026-01-03")
    assert table.index.tolist() == [0, 1, 2]
    assert table["recency_days"].isna().tolist() == [True, False, True]
    assert table["frequency"].tolist() == [0, 1, 0]
    assert table["spend"].tolist() == [0, 5, 0]


def test_before_the_first_event_nobody_is_known():
    table = recency_frequency_spend(TINY, "2020-01-01")
    assert table["recency_days"].isna().all()
    assert (table[["frequency", "spend"]] == 0).all(axis=None)
    assert len(table) == TINY.n_users


def test_frequency_counts_calendar_days_not_lines_or_day_lengths():
    rows = [
        (0, 0, "2026-01-01 00:00", 1),
        (0, 1, "2026-01-01 23:59", 1),
        (0, 1, "2026-01-02 00:01", 1),
        (1, 1, "2026-01-01 10:00", 1),
    ]
    assert recency_frequency_spend(log(rows), "2026-02-01")["frequency"].tolist() == [2, 1, 0]


def test_days_before_1970_are_days_too():
    rows = [(0, 0, "1969-12-30", 1), (0, 0, "1970-01-02", 1), (1, 0, "1969-12-30", 1)]
    assert recency_frequency_spend(log(rows), "1971-01-01")["frequency"].tolist() == [2, 1, 0]


def test_order_of_the_log_does_not_matter_and_pandas_agrees():
    now = np.datetime64("2026-03-07")
    table = recency_frequency_spend(logs.shuffled(TINY), now)
    pd.testing.assert_frame_equal(table, recency_frequency_spend(TINY, now))
    frame = pd.DataFrame({"user": TINY.users, "time": TINY.timestamps, "value": TINY.values})
    frame = frame[frame["time"] < now]
    by_user = frame.groupby("user")
    expected = pd.DataFrame(
        {
            "recency_days": (now - by_user["time"].max()) / pd.Timedelta(days=1),
            "frequency": frame["time"].dt.date.groupby(frame["user"]).nunique(),
            "spend": by_user["value"].sum(),
        }
    )
    np.testing.assert_allclose(table.loc[expected.index], expected)


@given(st.integers(0, 12), st.integers(0, 100))
def test_the_future_changes_nothing(day, seed):
    """Whatever is after `now` may be scrambled or removed: every feature stays the same."""
    now = np.datetime64("2026-03-01") + day
    rng = np.random.default_rng(seed)
    future = TINY.timestamps >= now
    items = np.where(future, rng.permutation(TINY.items), TINY.items)
    values = np.where(future, rng.uniform(0, 1e6, len(TINY)), TINY.values)
    other = Interactions(TINY.users, items, TINY.timestamps, values, TINY.user_ids, TINY.item_ids)
    for changed in (other, TINY.select(~future)):
        pd.testing.assert_frame_equal(
            recency_frequency_spend(changed, now), recency_frequency_spend(TINY, now)
        )
        for within in ("s", "D", "M"):
            np.testing.assert_array_equal(
                co_purchase(changed, now, within=within).toarray(),
                co_purchase(TINY, now, within=within).toarray(),
            )


@pytest.mark.parametrize("now", ["yesterday", None, "NaT", "2026-13-01"])
def test_unreadable_moments_are_named(now):
    with pytest.raises(ValueError, match="now must be a date such as"):
        recency_frequency_spend(TINY, now)


def test_moments_may_be_of_any_kind():
    wanted = recency_frequency_spend(TINY, "2026-03-07")
    for now in (np.datetime64("2026-03-07"), pd.Timestamp("2026-03-07")):
        pd.testing.assert_frame_equal(recency_frequency_spend(TINY, now), wanted)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (20260307, "a bare number"),
        (pd.Timestamp("2026-03-07", tz="Asia/Shanghai"), "it has a zone"),
        ("2026-03-07T00:00:00+08:00", "it has a zone"),
        ("07/03/2026", "day and month could change places"),
    ],
)
def test_moments_that_mean_two_things_are_refused(now, why):
    for look in (recency_frequency_spend, co_purchase):
        with pytest.raises(ValueError, match=f"now must be a date such as .*{why}"):
            look(TINY, now)


def test_parts_of_a_second_count():
    one = Interactions([0], [0], np.array(["2026-01-01 12:00:00.250"], "M8[ms]"), [5], [7], [8])
    table = recency_frequency_spend(one, "2026-01-01 12:00:01")
    assert table.loc[0, "recency_days"] == pytest.approx(0.75 / 86_400)
    assert table.loc[0, "frequency"] == 1
    assert recency_frequency_spend(one, "2026-01-01 12:00:00")["frequency"].tolist() == [0]


def test_a_log_without_a_clock_has_no_recency_and_no_baskets():
    frame = pd.DataFrame({"user": [1, 1], "item": [5, 6]})
    log = Interactions.from_frame(frame, order_only=True)
    with pytest.raises(ValueError, match="recency needs times, and this log knows only the order"):
        recency_frequency_spend(log, "2026-01-01")
    with pytest.raises(ValueError, match="a graph of baskets needs times"):
        co_purchase(log)


# --- time


def test_the_circle_closes():
    late, early, noon = time_features(
        ["2026-03-02 23:59:59", "2026-03-03 00:00:00", "2026-03-02 12:00"]
    )[["hour_sin", "hour_cos"]].to_numpy()
    assert np.linalg.norm(late - early) < 1e-4
    assert np.linalg.norm(noon - early) == pytest.approx(2)
    days = time_features(["2026-03-01", "2026-03-02", "2026-03-05"])  # Sunday, Monday, Thursday
    sunday, monday, thursday = days[["weekday_sin", "weekday_cos"]].to_numpy()
    assert np.linalg.norm(sunday - monday) < np.linalg.norm(thursday - monday)


def test_the_labels_of_a_series_stay():
    times = pd.Series(["2026-03-02 06:00", "2026-03-02 12:00"], index=["b", "a"])
    table = time_features(times)
    assert table.index.tolist() == ["b", "a"]
    np.testing.assert_array_equal(table, time_features(times.tolist()))


@given(st.lists(st.datetimes(pd.Timestamp("1970-01-02"), pd.Timestamp("2100-01-01")), min_size=1))
def test_every_time_lies_on_both_circles(times):
    table = time_features(times)
    assert len(table) == len(times)
    for name in ("hour", "weekday"):
        radius = np.hypot(table[f"{name}_sin"], table[f"{name}_cos"])
        np.testing.assert_allclose(radius, 1)


def test_times_of_a_log_and_no_times_at_all():
    assert time_features(TINY.timestamps).shape == (12, 4)
    assert time_features(TINY.timestamps[:0]).shape == (0, 4)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2026-01-01", None], "row 1: a time must not be missing"),
        (["soon"], "soon"),
        ([["2026-01-01"]], "it is no time"),
        ("2026-01-01", r"times must be \(n,\)"),
        (np.zeros((1, 1), "M8[s]"), r"times must be \(n,\)"),
        ([1767312000], "a bare number could mean anything"),
        (pd.Series(["2026-01-01T10:00Z"]), "it has a zone"),
    ],
)
def test_bad_times_are_named(times, message):
    with pytest.raises(ValueError, match=message):
        time_features(times)


# --- months


def test_days_and_dollars_of_each_month_by_hand():
    """Bo: two lines on 31 January at both ends of the day, one on 1 February, one in March."""
    bo = log([(1, 0, "2026-01-31T00:00:00", 4), (1, 1, "2026-01-31T23:59:59", 6),
              (1, 0, "2026-02-01T00:00:00", 1), (1, 0, "2026-03-01T00:00:00", 9)])  # fmt: skip
    np.testing.assert_array_equal(by_month(bo, "2026-01-15", 2), [[0, 0], [1, 1], [0, 0]])
    dollars = by_month(bo, "2026-01-01", 2, of="values")
    np.testing.assert_array_equal(dollars, [[0, 0], [10, 1], [0, 0]])
    np.testing.assert_array_equal(by_month(bo, "2026-02-28", 3)[1], [1, 1, 0])
    assert by_month(bo, "2026-01-01", 1).dtype == np.float64


def test_months_add_up_to_the_whole_log():
    shuffled = logs.shuffled(TINY)
    spend = by_month(shuffled, "2026-01-01", 12, of="values")
    np.testing.assert_allclose(spend.sum(axis=1), recency_frequency_spend(TINY, "2027-01-01").spend)
    days = by_month(shuffled, "2026-01-01", 12)
    wanted = recency_frequency_spend(TINY, "2027-01-01").frequency
    np.testing.assert_array_equal(days.sum(axis=1), wanted)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("soon", 1), {}, "soon"),
        (("2026-01-01", 0), {}, "months must be a whole number of at least 1, got 0"),
        (("2026-01-01", 1), {"of": "lines"}, "of must be .* got 'lines'"),
    ],
)
def test_bad_questions_about_months_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        by_month(TINY, *arguments, **options)


def test_what_is_known_before_two_months_by_hand():
    """Three months of each table, then the mean of all months so far; users of month 3 on top."""
    coffee = np.array([[1, 0, 2, 0, 1], [0, 0, 0, 3, 0]])
    trips = np.array([[5, 6, 7, 8, 9], [1, 2, 3, 4, 5]])
    X, y = before_months([coffee, trips], [3, 4])
    np.testing.assert_array_equal(
        X,
        [
            [1, 0, 2, 5, 6, 7, 1],
            [0, 0, 0, 1, 2, 3, 0],
            [0, 2, 0, 6, 7, 8, 0.75],
            [0, 0, 3, 2, 3, 4, 0.75],
        ],
    )
    np.testing.assert_array_equal(y, [0, 1, 1, 0])


def test_nothing_from_a_month_on_is_in_its_inputs():
    tables = np.random.default_rng(0).integers(0, 5, (3, 20, 12)).astype(float)
    known, _ = before_months(tables, [7])
    tables[:, :, 7:] = 99
    np.testing.assert_array_equal(before_months(tables, [7])[0], known)


@pytest.mark.parametrize(
    ("tables", "months", "message"),
    [
        ([np.ones((2, 4))], [2], "month must be .* got 2"),
        ([np.ones((2, 4))], [4], "month must be .* got 4"),
        ([np.ones((2, 4)), np.ones((2, 5))], [3], r"tables must be \(n, m\) of one shape"),
        ([np.ones(4)], [3], r"tables must be \(n, m\) of one shape"),
        ([], [3], r"tables must be \(n, m\) of one shape, got \[\]"),
    ],
)
def test_bad_tables_of_months_are_named(tables, months, message):
    with pytest.raises(ValueError, match=message):
        before_months(tables, months)


# --- hashing


@given(st.lists(st.text(), min_size=1), st.integers(1, 10_000))
def test_equal_values_share_a_bucket_within_range(values, buckets):
    places = hashed(values, buckets)
    assert places.dtype == np.int64
    assert ((places >= 0) & (places < buckets)).all()
    for value, place in zip(values, places, strict=True):
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        assert int(digest, 16) % buckets == place


def test_a_new_process_finds_the_same_buckets():
    script = "from course_lib.features import hashed; print(hashed(['绿茶', 'tea'], 1000).tolist())"
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": salt},
        ).stdout
        for salt in ("1", "2")
    }
    assert texts == {f"{hashed(['绿茶', 'tea'], 1000).tolist()}\n"}


def test_buckets_fill_evenly():
    places = hashed([f"word {i}" for i in range(20_000)], 20)
    filled = np.bincount(places, minlength=20)
    # Each bucket is binomial: 1,000 expected, standard deviation 31; five of them are a lot.
    assert np.abs(filled - 1000).max() < 155


def test_numbers_count_as_their_text_and_series_are_welcome():
    assert hashed([7, 42], 99).tolist() == hashed(["7", "42"], 99).tolist()
    series = pd.Series(["a", "b"], index=[5, 9])
    assert hashed(series, 99).tolist() == hashed(["a", "b"], 99).tolist()
    assert hashed([], 5).tolist() == []


@pytest.mark.parametrize(
    ("values", "buckets", "message"),
    [
        (["a"], 0, "at least 1, got 0"),
        (["a"], 2.5, "whole number of at least 1, got 2.5"),
        (["a"], True, "whole number of at least 1, got True"),
        (["a", None], 4, "must not be missing, row 1 is"),
        ([1.0], 4, "must be texts or whole numbers, got 1.0"),
        ([True], 4, "must be texts or whole numbers, got True"),
        ([["a"]], 4, r"must be \(n,\), got shape \(1, 1\)"),
        ("abc", 4, r"must be \(n,\), got shape \(\)"),
    ],
)
def test_bad_values_and_buckets_are_named(values, buckets, message):
    with pytest.raises(ValueError, match=message):
        hashed(values, buckets)


# --- the co-purchase graph


def test_a_basket_is_one_user_in_one_second():
    rows = [
        (0, 0, "2026-01-01 10:00:00", 1),
        (0, 1, "2026-01-01 10:00:00", 1),
        (0, 1, "2026-01-01 10:00:00", 1),  # a second line of one product counts once
        (0, 2, "2026-01-01 10:00:01", 1),
        (1, 2, "2026-01-01 10:00:00", 1),  # another user at the cash desk in that second
        (2, 0, "2026-01-09 10:00:00", 1),
        (2, 1, "2026-01-09 10:00:00", 1),
    ]
    expected = np.array([[0, 2, 0], [2, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(co_purchase(log(rows)).toarray(), expected)
    np.testing.assert_array_equal(
        co_purchase(log(rows), within="D").toarray(), [[0, 2, 1], [2, 0, 1], [1, 1, 0]]
    )
    before = co_purchase(log(rows), "2026-01-09T10:00:00")  # the last basket is at `now`
    np.testing.assert_array_equal(before.toarray(), expected // 2)


def test_the_tiny_shop_by_hand():
    """By shopper: tea-mug ada and bo; tea-honey, mug-honey bo; ball-racket chen; ball-towel dia."""
    graph = co_purchase(TINY, within="M").toarray()
    expected = np.zeros((8, 8))
    for i, j, baskets in ((0, 1, 2), (0, 3, 1), (1, 3, 1), (4, 5, 1), (4, 6, 1)):
        expected[i, j] = expected[j, i] = baskets
    np.testing.assert_array_equal(graph, expected)
    assert co_purchase(TINY).nnz == 0  # no two of its lines share a second
    assert co_purchase(TINY, "2026-03-05", within="M")[[0], [1]].tolist() == [
        1
    ]  # bo's mug: 5 March


@given(st.integers(0, 1000))
def test_the_graph_is_symmetric_counts_baskets_and_ignores_order(seed):
    rng = np.random.default_rng(seed)
    seconds = rng.integers(0, 4, 30)
    events = Interactions(
        rng.integers(0, 3, 30),
        rng.integers(0, 5, 30),
        np.datetime64("2026-01-01", "s") + seconds.astype("timedelta64[s]"),
        np.ones(30),
        np.arange(3),
        np.arange(5),
    )
    expected = np.zeros((5, 5))
    for user in range(3):
        for second in range(4):
            basket = set(events.items[(events.users == user) & (seconds == second)].tolist())
            for i in basket:
                for j in basket - {i}:
                    expected[i, j] += 1
    for graph in (co_purchase(events), co_purchase(logs.shuffled(events, seed))):
        assert isinstance(graph, sparse.csr_array)
        np.testing.assert_array_equal(graph.toarray(), expected)
        assert graph.nnz == np.count_nonzero(expected)


def test_before_the_first_event_the_graph_is_empty():
    graph = co_purchase(TINY, "2020-01-01")
    assert graph.shape == (8, 8)
    assert graph.nnz == 0


def test_bad_units_and_moments_are_named():
    with pytest.raises(
        ValueError, match="within must be 's', 'm', 'h', 'D', 'W', 'M' or 'Y', got 'day'"
    ):
        co_purchase(TINY, within="day")
    with pytest.raises(ValueError, match="now must be a date"):
        co_purchase(TINY, "soon")


# --- PPMI


@given(counts)
def test_ppmi_is_the_papers_formula(matrix):
    """Church & Hanks: P(x, y) / (P(x) P(y)), each probability a share of all pairs."""
    total = matrix.sum()
    expected = np.zeros(matrix.shape)
    for i, j in np.ndindex(matrix.shape):
        if matrix[i, j]:
            joint = matrix[i, j] / total
            chance = (matrix[i].sum() / total) * (matrix[:, j].sum() / total)
            expected[i, j] = max(0.0, math.log(joint / chance))
    np.testing.assert_allclose(ppmi(matrix), expected, atol=1e-12)


@given(counts, st.floats(0.01, 100))
def test_ppmi_is_blind_to_scale_never_negative_and_turns_with_its_input(matrix, scale):
    value = ppmi(matrix)
    assert (value >= 0).all()
    np.testing.assert_allclose(ppmi(scale * matrix), value, atol=1e-9)
    np.testing.assert_allclose(ppmi(matrix.T), value.T, atol=1e-12)


def test_sparse_in_sparse_out_and_the_same_numbers():
    graph = co_purchase(TINY, within="M")
    before = graph.toarray()
    value = ppmi(graph)
    assert isinstance(value, sparse.csr_array)
    np.testing.assert_allclose(value.toarray(), ppmi(before))
    np.testing.assert_array_equal(graph.toarray(), before)
    assert value.nnz == np.count_nonzero(value.toarray())
    assert value[[0], [1]][0] == pytest.approx(math.log(2 * 12 / 9))  # tea and mug
    assert value[[4], [5]][0] == pytest.approx(math.log(1 * 12 / 2))  # ball and racket


def test_entries_of_a_sparse_matrix_that_stand_twice_are_added():
    twice = sparse.coo_array(([1.0, 1.0, 2.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    np.testing.assert_allclose(ppmi(twice).toarray(), [[0, math.log(2)], [math.log(2), 0]])


def test_counts_near_the_ends_of_floating_point():
    np.testing.assert_allclose(ppmi(1e200 * np.eye(2)), math.log(2) * np.eye(2))
    np.testing.assert_allclose(ppmi(1e-200 * np.eye(2)), math.log(2) * np.eye(2))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[1, -2]], "finite and at least 0, got -2.0"),
        ([[1, float("nan")]], "finite and at least 0, got nan"),
        ([1, 2], r"must be \(n, m\), got shape \(2,\)"),
    ],
)
def test_bad_counts_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        ppmi(bad)


def test_nothing_counted_is_nothing_found():
    assert ppmi(np.zeros((2, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert ppmi(sparse.csr_array((2, 3))).nnz == 0


def test_what_is_never_more_than_chance_takes_no_place():
    assert ppmi(sparse.csr_array(np.ones((4, 2)))).nnz == 0
    zeros = sparse.csr_array(([0.0, 1.0], ([0, 1], [0, 1])), shape=(2, 2))  # a zero is stored
    with np.errstate(all="raise"):
        assert ppmi(zeros).nnz == 0


# --- embedding


@pytest.fixture(scope="module")
def tall():
    """130 rows of rank 3, above the size where the iteration takes over; and its factors."""
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(130, 3)) * [3, 2, 1]
    return factor @ factor.T


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_dot_products_rebuild_a_matrix_of_that_rank(tall, kind):
    vectors = embed(kind(tall), 3, seed=0)
    np.testing.assert_allclose(vectors @ vectors.T, tall, atol=1e-6)


def test_the_iteration_finds_what_all_singular_values_would(tall):
    left, sizes, _ = np.linalg.svd(tall)
    vectors = embed(tall, 2, seed=0)
    np.testing.assert_allclose(np.abs(vectors), np.abs(left[:, :2] * np.sqrt(sizes[:2])), atol=1e-6)
    assert np.linalg.norm(vectors[:, 0]) > np.linalg.norm(vectors[:, 1])


def test_another_seed_another_start_the_same_vectors(tall):
    np.testing.assert_allclose(embed(tall, 2, seed=0), embed(tall, 2, seed=7), atol=1e-6)
    assert (embed(tall, 2, seed=0) == embed(tall, 2, seed=0)).all()


def test_the_largest_entry_of_each_column_is_positive(tall):
    for matrix in (tall, -tall, np.array([[0, -5.0], [3, 0]]), np.array([[0, -0.05], [0.03, 0]])):
        vectors = embed(matrix, 2, seed=0)
        largest = np.argmax(np.abs(vectors), axis=0)
        assert (vectors[largest, [0, 1]] > 0).all()


def test_a_tie_for_the_largest_entry_is_decided_by_the_first():
    vectors = embed([[0.0, -1.0], [-1.0, 0.0]] @ np.array([[2.0, 1.0], [1.0, 2.0]]), 2, seed=0)
    assert vectors[0, 1] > 0
    assert vectors[1, 1] < 0


def test_a_matrix_need_not_be_square():
    wide = np.arange(6.0).reshape(2, 3)
    assert embed(wide, 2, seed=0).shape == (2, 2)
    assert embed(wide.T, 1, seed=0).shape == (3, 1)


def test_a_large_matrix_may_keep_all_its_dimensions():
    worth = np.arange(101.0, 0, -1)  # more than 100: else all singular values are found anyway
    np.testing.assert_allclose(embed(np.diag(worth), 101, seed=0), np.diag(np.sqrt(worth)))


def test_an_empty_graph_has_vectors_of_zeros():
    assert embed(np.zeros((3, 4)), 2, seed=0).tolist() == [[0, 0]] * 3
    assert embed(sparse.csr_array((200, 200)), 2, seed=0).shape == (200, 2)
    assert not embed(sparse.csr_array((200, 200)), 2, seed=0).any()


@pytest.mark.parametrize(
    ("matrix", "dimensions", "message"),
    [
        ([1, 2], 1, r"must be \(n, m\), got shape \(2,\)"),
        ([[1, 2]], 0, "dimensions must be a whole number of at least 1 and at most 1, got 0"),
        ([[1, 2]], 2, "at least 1 and at most 1, got 2"),
        ([[1, float("inf")]], 1, "must be finite, got inf"),
    ],
)
def test_bad_matrices_and_dimensions_are_named(matrix, dimensions, message):
    with pytest.raises(ValueError, match=message):
        embed(matrix, dimensions, seed=0)
