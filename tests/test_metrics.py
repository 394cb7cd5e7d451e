"""Expected values: hand computation and scikit-learn's ndcg_score."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import ndcg_score

from course_lib.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k

METRICS = [hit_rate_at_k, recall_at_k, ndcg_at_k]
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


def test_only_the_first_k_places_count():
    np.testing.assert_array_equal(hit_rate_at_k([[2, 0, 1]], RELEVANT[[0]], 2), [0])
    np.testing.assert_array_equal(hit_rate_at_k([[2, 0, 1]], RELEVANT[[0]], 3), [1])


def test_ideal_list_is_cut_at_k():
    relevant = sparse.csr_array([[1, 1, 1, 1]])
    np.testing.assert_allclose(ndcg_at_k([[2, 0]], relevant, 2), [1])
    np.testing.assert_allclose(recall_at_k([[2, 0]], relevant, 2), [0.5])


def test_empty_places_are_misses():
    np.testing.assert_allclose(ndcg_at_k([[-1, 1]], RELEVANT[[0]], 2), [0.38685], atol=1e-5)
    np.testing.assert_array_equal(hit_rate_at_k([[-1, -1]], RELEVANT[[0]], 2), [0])


def test_stored_zeros_and_counts_mean_no_and_yes():
    relevant = sparse.csr_array(([0.0, 7.0], ([0, 0], [1, 2])), shape=(1, 3))
    np.testing.assert_array_equal(recall_at_k([[1, 2]], relevant, 1), [0])
    np.testing.assert_array_equal(recall_at_k([[1, 2]], relevant, 2), [1])


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


@given(lists_and_relevant(), st.integers(1, 6))
def test_values_lie_in_0_1_and_a_perfect_list_scores_1(case, k):
    order, relevant = case
    for metric in METRICS:
        assert 0 <= metric(order, relevant, k)[0] <= 1
    perfect = np.argsort(-relevant.toarray(), axis=1, kind="stable")
    assert ndcg_at_k(perfect, relevant, k)[0] == pytest.approx(1)
    assert hit_rate_at_k(perfect, relevant, k)[0] == 1


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
        ([[0, 1]], [[1, 0]], 0, "k must be at least 1, got 0"),
        ([[0, 1]], [[1, 0]], 3, "k must be at most the number of columns 2, got 3"),
        ([[0, 2]], [[1, 0]], 2, r"item numbers must lie in -1..1, got 2"),
        ([[0, -2]], [[1, 0]], 2, r"item numbers must lie in -1..1, got -2"),
        ([[-1, 7]], [[1, 0]], 2, r"item numbers must lie in -1..1, got 7"),
        ([[1, 1]], [[1, 0]], 2, "row 0 recommends item 1 twice"),
        ([[0, 1, 0]], [[1, 0]], 3, "row 0 recommends item 0 twice"),
        ([[0, 1]], [[1, 0], [0, 1]], 2, "row for each user, got 1 and 2"),
        ([[0.0, 1.0]], [[1, 0]], 2, "whole item numbers, got float64"),
        ([0, 1], [[1, 0]], 2, r"of shape \(2,\)"),
    ],
)
def test_bad_lists_are_named(metric, recommended, relevant, k, message):
    with pytest.raises(ValueError, match=message):
        metric(recommended, np.array(relevant), k)


def test_no_users_give_no_values():
    empty = np.empty((0, 3), dtype=int)
    assert ndcg_at_k(empty, sparse.csr_array((0, 5)), 3).shape == (0,)
