"""Expected values: hand computation, the formulas written out, scikit-learn, all pairs."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import average_precision_score, ndcg_score

from course_lib import metrics
from course_lib.metrics import (
    average_precision_at_k,
    coverage,
    gini,
    hit_rate_at_k,
    hits,
    intra_list_diversity,
    ndcg_at_k,
    novelty,
    precision_at_k,
    ranking_metrics,
    recall_at_k,
    reciprocal_rank_at_k,
)
from course_lib.similarity import cosine_similarity

METRICS = [
    hit_rate_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
    average_precision_at_k,
    ndcg_at_k,
]
# Three users, five items. User 0 took items 1 and 3, user 1 took item 0, user 2 took nothing.
RELEVANT = sparse.csr_array([[0, 1, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
LISTS = np.array([[3, 2, 1], [4, 3, 2], [0, 1, 2]])


@st.composite
def lists_and_relevant(draw, n_items=6):
    """A permutation of all items, and a set of relevant ones (at least one)."""
    order = draw(st.permutations(range(n_items)))
    chosen = draw(st.sets(st.integers(0, n_items - 1), min_size=1))
    return np.array([order]), sparse.csr_array([[int(i in chosen) for i in range(n_items)]])


def test_three_users_by_hand():
    np.testing.assert_array_equal(hit_rate_at_k(LISTS, RELEVANT, 3), [1, 0, np.nan])
    np.testing.assert_array_equal(recall_at_k(LISTS, RELEVANT, 3), [1, 0, np.nan])
    np.testing.assert_array_equal(recall_at_k(LISTS, RELEVANT, 1), [0.5, 0, np.nan])
    # Places 1 and 3: (1 + 1/log2 4) / (1 + 1/log2 3)
    expected = (1 + 1 / 2) / (1 + 1 / math.log2(3))
    np.testing.assert_allclose(ndcg_at_k(LISTS, RELEVANT, 3), [expected, 0, np.nan])
    np.testing.assert_allclose(precision_at_k(LISTS, RELEVANT, 3), [2 / 3, 0, np.nan])
    # Precision is 1 at the first hit and 2/3 at the second; two hits are possible.
    expected = (1 + 2 / 3) / 2
    np.testing.assert_allclose(average_precision_at_k(LISTS, RELEVANT, 3), [expected, 0, np.nan])
    np.testing.assert_allclose(reciprocal_rank_at_k(LISTS, RELEVANT, 3), [1, 0, np.nan])
    np.testing.assert_allclose(reciprocal_rank_at_k([[2, 4, 1]], RELEVANT[[0]], 3), [1 / 3])
    np.testing.assert_array_equal(reciprocal_rank_at_k([[2, 4, 1]], RELEVANT[[0]], 2), [0])


def test_only_the_first_k_places_count():
    np.testing.assert_array_equal(hit_rate_at_k([[2, 0, 1]], RELEVANT[[0]], 2), [0])
    np.testing.assert_array_equal(hit_rate_at_k([[2, 0, 1]], RELEVANT[[0]], 3), [1])


def test_ideal_list_is_cut_at_k():
    relevant = sparse.csr_array([[1, 1, 1, 1]])
    np.testing.assert_allclose(ndcg_at_k([[2, 0]], relevant, 2), [1])
    np.testing.assert_allclose(recall_at_k([[2, 0]], relevant, 2), [0.5])
    np.testing.assert_allclose(precision_at_k([[2, 0]], relevant, 2), [1])
    np.testing.assert_allclose(average_precision_at_k([[2, 0]], relevant, 2), [1])


def test_empty_places_are_misses():
    np.testing.assert_allclose(ndcg_at_k([[-1, 1]], RELEVANT[[0]], 2), [0.38685], atol=1e-5)
    np.testing.assert_array_equal(hit_rate_at_k([[-1, -1]], RELEVANT[[0]], 2), [0])
    np.testing.assert_allclose(precision_at_k([[1, -1]], RELEVANT[[0]], 2), [0.5])
    np.testing.assert_allclose(average_precision_at_k([[-1, 1]], RELEVANT[[0]], 2), [1 / 4])
    # -1 must not mean "the last item": item 4 is relevant here, for this user and the one before.
    relevant = sparse.csr_array([[0, 0, 0, 0, 1], [0, 0, 0, 0, 1]])
    np.testing.assert_array_equal(hit_rate_at_k([[-1, 0], [-1, 0]], relevant, 2), [0, 0])


@pytest.mark.parametrize("flags", [1, 11, 10**6])
def test_users_beyond_one_block_are_judged_alike(flags, monkeypatch):
    rng = np.random.default_rng(0)
    lists = np.array([rng.permutation(5)[:3] for _ in range(40)])
    relevant = rng.random((40, 5)) < 0.4
    monkeypatch.setattr(metrics, "FLAGS", flags)
    hit, n_relevant = hits(lists, sparse.csr_array(relevant), 3)
    np.testing.assert_array_equal(hit, np.take_along_axis(relevant, lists, axis=1))
    np.testing.assert_array_equal(n_relevant, relevant.sum(axis=1))


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.uint8, np.uint64])
def test_any_whole_numbers_will_do(dtype):
    lists = np.array([[3, 2, 1]], dtype=dtype)
    np.testing.assert_array_equal(hits(lists, RELEVANT[[0]], 3)[0], [[True, False, True]])


def test_an_entry_stored_twice_is_one_item():
    relevant = sparse.csr_array(([1.0, 1.0, 1.0], [1, 1, 3], [0, 3]), shape=(1, 5))
    np.testing.assert_array_equal(recall_at_k([[1, 0]], relevant, 2), [0.5])
    assert relevant.nnz == 3


def test_stored_zeros_and_counts_mean_no_and_yes():
    relevant = sparse.csr_array(([0.0, 7.0], ([0, 0], [1, 2])), shape=(1, 3))
    np.testing.assert_array_equal(recall_at_k([[1, 2]], relevant, 1), [0])
    np.testing.assert_array_equal(recall_at_k([[1, 2]], relevant, 2), [1])
    assert relevant.data.tolist() == [0, 7]  # the caller's matrix keeps its zero


def test_unsorted_matrix_gives_the_same_and_stays_as_it_was():
    relevant = sparse.csr_array(([1.0, 1.0], [3, 1], [0, 2]), shape=(1, 5))
    np.testing.assert_array_equal(recall_at_k([[1, 0]], relevant, 2), [0.5])
    np.testing.assert_array_equal(relevant.indices, [3, 1])
    assert relevant.dtype == float


@given(lists_and_relevant(), st.integers(1, 6))
def test_ndcg_agrees_with_scikit_learn(case, k):
    order, relevant = case
    scores = np.empty((1, 6))
    scores[0, order[0]] = np.arange(6, 0, -1)  # the list's order as descending scores
    expected = ndcg_score(relevant.toarray(), scores, k=k)
    np.testing.assert_allclose(ndcg_at_k(order, relevant, k), [expected])


@given(lists_and_relevant())
def test_average_precision_of_a_full_list_agrees_with_scikit_learn(case):
    order, relevant = case
    scores = np.empty(6)
    scores[order[0]] = np.arange(6, 0, -1)
    expected = average_precision_score(relevant.toarray()[0], scores)
    np.testing.assert_allclose(average_precision_at_k(order, relevant, 6), [expected])


@given(lists_and_relevant(), st.integers(1, 6))
def test_values_are_those_of_the_formulas_written_out(case, k):
    order, relevant = case
    wanted = set(relevant.indices)
    hit = [item in wanted for item in order[0, :k]]
    first = hit.index(True) + 1 if any(hit) else math.inf
    average = sum(sum(hit[: p + 1]) / (p + 1) for p in range(k) if hit[p]) / min(k, len(wanted))
    expected = [any(hit), sum(hit) / k, sum(hit) / len(wanted), 1 / first, average]
    values = [metric(order, relevant, k)[0] for metric in METRICS[:5]]
    np.testing.assert_allclose(values, expected)


@given(lists_and_relevant(), st.integers(1, 6))
def test_one_search_for_the_hits_serves_all_six(case, k):
    order, relevant = case
    values = ranking_metrics(order, relevant, k)
    names = ["hit_rate", "precision", "recall", "mrr", "map", "ndcg"]
    for name, metric in zip(names, METRICS, strict=True):
        np.testing.assert_array_equal(values[name], metric(order, relevant, k))
    assert len(values) == 6


@given(lists_and_relevant(), st.integers(1, 6))
def test_values_lie_in_0_1_and_a_perfect_list_scores_1(case, k):
    order, relevant = case
    for metric in METRICS:
        assert 0 <= metric(order, relevant, k)[0] <= 1
    perfect = np.argsort(-relevant.toarray(), axis=1, kind="stable")
    assert ndcg_at_k(perfect, relevant, k)[0] == pytest.approx(1)
    assert average_precision_at_k(perfect, relevant, k)[0] == pytest.approx(1)
    assert reciprocal_rank_at_k(perfect, relevant, k)[0] == 1
    assert hit_rate_at_k(perfect, relevant, k)[0] == 1
    assert precision_at_k(perfect, relevant, k)[0] == min(k, relevant.nnz) / k


@given(lists_and_relevant(), st.integers(1, 5))
def test_moving_a_hit_up_never_lowers_a_metric(case, place):
    order, relevant = case
    if relevant.toarray()[0, order[0, place]] == 0:
        return
    better = order.copy()
    better[0, [place - 1, place]] = better[0, [place, place - 1]]
    for metric in METRICS:
        assert metric(better, relevant, 6)[0] >= metric(order, relevant, 6)[0] - 1e-12
        assert metric(better, relevant, 3)[0] >= metric(order, relevant, 3)[0] - 1e-12


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("recommended", "relevant", "k", "message"),
    [
        ([[0, 1]], [[1, 0]], 0, "k must be a whole number of at least 1, got 0"),
        ([[0, 1]], [[1, 0]], 3, "k must be at most the number of columns 2, got 3"),
        ([[0, 2]], [[1, 0]], 2, r"item numbers must lie in -1..1, got 2"),
        ([[0, -2]], [[1, 0]], 2, r"item numbers must lie in -1..1, got -2"),
        ([[-1, 7]], [[1, 0]], 2, r"item numbers must lie in -1..1, got 7"),
        ([[0, 1, 1]], [[1, 0]], 3, "row 0 recommends item 1 twice"),
        ([[0, 1, 0]], [[1, 0]], 3, "row 0 recommends item 0 twice"),
        ([[0, 1]], [[1, 0], [0, 1]], 2, "row for each user, got 1 and 2"),
        ([[0.0, 1.0]], [[1, 0]], 2, "whole item numbers, got float64"),
        ([0, 1], [[1, 0]], 2, r"of shape \(2,\)"),
        ([[0, 1]], [[1, math.nan]], 2, "relevant must not be NaN"),
    ],
)
def test_bad_lists_are_named(metric, recommended, relevant, k, message):
    with pytest.raises(ValueError, match=message):
        metric(recommended, np.array(relevant), k)


@pytest.mark.parametrize("metric", METRICS)
def test_no_users_give_no_values(metric):
    for dtype in (np.int64, np.uint8):
        empty = np.empty((0, 3), dtype=dtype)
        assert metric(empty, sparse.csr_array((0, 5)), 3).shape == (0,)


@pytest.mark.parametrize("metric", METRICS)
def test_users_with_nothing_relevant_and_an_empty_catalogue_have_no_value(metric):
    assert np.isnan(metric([[0, 1]], sparse.csr_array((1, 5)), 2)).all()
    assert np.isnan(metric([[-1, -1]], sparse.csr_array((1, 0)), 2)).all()


def test_coverage_counts_each_item_once():
    assert coverage([[2, 0], [2, -1]], 4) == 0.5
    assert coverage([[-1]], 4) == 0
    assert coverage([[0, 1], [2, 3]], 4) == 1


def test_gini_by_hand():
    assert gini([1, 3]) == pytest.approx(1 / 4)  # (−1 · 1 + 1 · 3) / (2 · 4)
    # Mean absolute difference of 0, 2, 4 over all nine pairs is 16/9; over twice the mean: 4/9.
    assert gini([4, 0, 2]) == pytest.approx(4 / 9)
    assert gini([7]) == 0
    assert gini([0, 0]) == 0
    assert gini([1e308, 1e308]) == pytest.approx(0)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any))
def test_gini_is_half_the_relative_mean_difference(counts):
    x = np.array(counts, dtype=float)
    expected = np.abs(x[:, None] - x).mean() / (2 * x.mean())
    assert gini(counts) == pytest.approx(expected, abs=1e-12)
    assert gini(3 * x) == pytest.approx(expected, abs=1e-12)


def test_novelty_by_hand():
    # Eight users; item 0 had by all (0 bits), 1 by four (1 bit), 2 by one (3 bits), 3 by none.
    counts = [8, 4, 1, 0]
    lists = [[0, 1], [1, 2], [2, -1], [-1, -1], [3, 0]]
    np.testing.assert_allclose(novelty(lists, counts, 8), [0.5, 2, 3, np.nan, 1.5])


def test_diversity_by_hand():
    vectors = [[1, 0], [5, 0], [0, 2], [-1, 0], [0, 0], [0.03, 0.04]]
    lists = [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, -1], [-1, -1]]
    expected = [0, 1, 2, 1, 1 - 3 / 5, np.nan, np.nan]  # the last vector points like (3, 4)
    np.testing.assert_allclose(intra_list_diversity(lists, vectors), expected, atol=1e-12)


@pytest.mark.parametrize("kind", [np.array, sparse.csr_array, sparse.coo_array, sparse.csc_array])
def test_diversity_is_the_mean_over_all_pairs(kind):
    rng = np.random.default_rng(3)
    vectors = rng.integers(-2, 4, size=(9, 4)).astype(float)
    vectors[5] = 0
    lists = np.array([rng.permutation(9)[:5] for _ in range(20)])
    lists[3, 2:] = -1
    lists[4, 0] = -1
    similarity = cosine_similarity(vectors, vectors)
    expected = []
    for row in lists:
        items = row[row >= 0]
        pairs = [(a, b) for i, a in enumerate(items) for b in items[:i]]
        expected.append(np.mean([1 - similarity[pair] for pair in pairs]))
    np.testing.assert_allclose(intra_list_diversity(lists, kind(vectors)), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coverage([[0, 4]], 4), r"item numbers must lie in -1..3, got 4"),
        (lambda: coverage([[0.5]], 4), "whole item numbers, got float64"),
        (lambda: coverage([[0]], 0), "n_items must be a whole number of at least 1, got 0"),
        (lambda: coverage([[0]], 2.0), "n_items must be a whole number of at least 1, got 2.0"),
        (lambda: gini([]), r"at least one, got shape \(0,\)"),
        (lambda: gini([[1, 2]]), r"got shape \(1, 2\)"),
        (lambda: gini([1, -2]), "numbers from 0 on, got -2"),
        (lambda: gini([1, math.nan]), "counts must be finite, got nan"),
        (lambda: novelty([[0]], [3, 1], 2), r"counts must lie in 0..2, .* got 3"),
        (lambda: novelty([[0]], [math.nan], 2), "counts must be finite, got nan"),
        (lambda: novelty([[0]], [[1]], 2), r"counts must be \(n_items,\), got shape \(1, 1\)"),
        (lambda: novelty([[0]], [1], 0), "n_users must be a whole number of at least 1, got 0"),
        (lambda: novelty([[1]], [1], 1), r"item numbers must lie in -1..0, got 1"),
        (lambda: novelty([[0, 0]], [1], 1), "row 0 recommends item 0 twice"),
        (lambda: intra_list_diversity([[0]], [1.0]), r"\(n_items, d\), got shape \(1,\)"),
        (lambda: intra_list_diversity([[0]], [[math.inf]]), "vectors must be finite, got inf"),
        (
            lambda: intra_list_diversity([[0]], sparse.csr_array([[math.nan]])),
            "vectors must be finite, got nan",
        ),
        (lambda: intra_list_diversity([[0, 0]], [[1.0]]), "row 0 recommends item 0 twice"),
        (lambda: intra_list_diversity([[2]], [[1.0]]), r"item numbers must lie in -1..0, got 2"),
    ],
)
def test_bad_descriptions_of_lists_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


PAIR = np.array([[2, 0], [1, -1]])
MARKS = np.array([[0, 1, 1], [1, 0, 0]])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", ["int8", "int16", "int64", "uint8", "uint64", "bool", "float32"])
def test_any_dtype_wide_enough_gives_the_same_values(metric, dtype):
    expected = metric(PAIR, MARKS, 2)
    marks = MARKS.astype(dtype)
    for relevant in (marks, marks.tolist(), sparse.csr_array(marks), pd.DataFrame(marks)):
        np.testing.assert_array_equal(metric(PAIR, relevant, 2), expected)
    if np.dtype(dtype).kind in "i":
        np.testing.assert_array_equal(metric(PAIR.astype(dtype), MARKS, 2), expected)
    if np.dtype(dtype).kind in "iu":  # an unsigned list is fine as long as it is full
        full = metric(PAIR[:1], MARKS[:1], 2)
        np.testing.assert_array_equal(metric(PAIR[:1].astype(dtype), MARKS[:1], 2), full)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_minus_one_in_an_unsigned_list_is_no_item(dtype):
    """In a catalogue of 300 items uint8 would make it item 255."""
    lists = PAIR.astype(dtype)
    most = np.iinfo(dtype).max
    message = f"item numbers must be signed: -1 is {most} in {dtype}"
    with pytest.raises(ValueError, match=message):
        ndcg_at_k(lists, sparse.csr_array((2, 300)), 2)
    with pytest.raises(ValueError, match=message):
        coverage(lists, 300)
    with pytest.raises(ValueError, match=message):
        novelty(lists, np.ones(300), 2)
    with pytest.raises(ValueError, match=message):
        intra_list_diversity(lists, np.ones((300, 1)))


@pytest.mark.parametrize("metric", METRICS)
def test_tables_whose_labels_say_otherwise_are_refused(metric):
    lists, marks = pd.DataFrame(PAIR, index=["ann", "bo"]), pd.DataFrame(MARKS)
    same = metric(lists, marks.set_index(lists.index), 2)
    np.testing.assert_array_equal(same, metric(PAIR, MARKS, 2))
    named = lists.set_axis(["first", "second"], axis=1)  # names of places, no numbers of items
    np.testing.assert_array_equal(metric(named, MARKS, 2), metric(PAIR, MARKS, 2))
    with pytest.raises(ValueError, match="same row labels"):
        metric(lists, marks.set_index(lists.index[::-1]), 2)
    with pytest.raises(ValueError, match=r"columns of relevant must be 0\.\.2 in order, got 4 at"):
        metric(PAIR, marks.set_axis([0, 1, 4], axis=1), 2)  # as a pivot leaves out items
    with pytest.raises(
        ValueError, match=r"columns of recommended must be 0\.\.1 in order, got 1 at"
    ):
        metric(pd.DataFrame(PAIR)[[1, 0]], MARKS, 2)


def test_counts_in_another_order_are_refused():
    """value_counts sorts by count, and leaves out what was never taken."""
    taken = pd.Series([2, 2, 2, 0, 0, 1])
    counts = taken.value_counts()
    with pytest.raises(ValueError, match=r"index of counts must be 0\.\.2 in order, got 2 at"):
        novelty(PAIR, counts, 3)
    expected = novelty(PAIR, [2, 1, 3], 3)
    np.testing.assert_array_equal(novelty(PAIR, counts.sort_index(), 3), expected)
    assert gini(counts) == gini(counts.sort_index()) == gini([2, 1, 3])  # no item is meant
    vectors = pd.DataFrame([[1.0, 0], [1, 1], [0, 1]])
    with pytest.raises(ValueError, match="index of vectors must be"):
        intra_list_diversity(PAIR, vectors.iloc[::-1])
    np.testing.assert_array_equal(
        intra_list_diversity(PAIR, vectors), intra_list_diversity(PAIR, vectors.to_numpy())
    )


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float16", "uint64", "object"])
def test_counts_of_small_dtypes_lose_no_digits(dtype):
    counts = [100, 33, 7]
    expected = -np.log2([(33 / 100), 100 / 100, 7 / 100])
    values = novelty([[1], [0], [2]], np.array(counts, dtype=dtype), 100)
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    assert gini(np.array(counts, dtype=dtype)) == gini(counts)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ndcg_at_k(PAIR, [[0, "yes"], [0, 1]], 2), "array or sparse matrix of numbers"),
        (lambda: ndcg_at_k(PAIR, np.array([1, 2]), 2), r"got int64 of shape \(2,\)"),
        (lambda: ndcg_at_k([[0], [0, 1]], MARKS, 1), "lists must have one length: fill short ones"),
        (lambda: ndcg_at_k(PAIR, [[0], [0, 1]], 2), "rows of different lengths: lists of item"),
        (lambda: ndcg_at_k(PAIR, MARKS.astype(object), 2), "got object of shape"),
        (lambda: novelty(PAIR, ["a", "b", "c"], 3), "counts must be numbers, got 'a'"),
        (lambda: gini(["a", "b"]), "counts must be numbers, got 'a'"),
        (lambda: intra_list_diversity(PAIR, [["a"]] * 3), "vectors must be numbers, got 'a'"),
    ],
)
def test_what_is_no_number_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rounding_does_not_carry_over_the_edge():
    alike = [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]]  # at unit length their dot product is 1 + 4e-16
    assert intra_list_diversity([[0, 1]], alike) == [0]
    assert gini([1e308, 1e308, 1e308]) == 0  # their sum is beyond all numbers
