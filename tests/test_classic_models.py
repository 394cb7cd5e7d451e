"""The models that count and solve: against numbers worked out by hand, and formulas in plain loops.

Agreement with `implicit` is tested where it is installed; the plain loops are tested always.
"""

import math
import os
import threading
import tracemalloc

import logs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import cg

from course_lib import memory
from course_lib.interactions import Interactions
from course_lib.models import als, base, neighbours
from course_lib.models.als import ALS, conjugate_gradients, solve_side
from course_lib.models.content import Content
from course_lib.models.ease import EASE, ease_weights
from course_lib.models.neighbours import ItemNeighbours, gram, nearest_items
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase

MODELS = (Popularity, Repurchase, ItemNeighbours, EASE, ALS)


def log(rows, n_users, n_items):
    """Interactions from (user, item, day of 2026)."""
    users, items, days = np.array(rows).reshape(-1, 3).T
    start = np.datetime64("2026-01-01", "s").astype(np.int64)
    return logs.log(users, items, n_users=n_users, n_items=n_items, times=start + days * 86_400)


def random_log(seed, n_users=12, n_items=9, events=60):
    rng = np.random.default_rng(seed)
    users, items = rng.integers(n_users, size=events), rng.integers(n_items, size=events)
    return logs.log(users, items, n_users=n_users, n_items=n_items)


def strengths_of(train, power):
    return np.where(train.matrix().toarray() > 0, train.matrix().toarray() ** power, 0.0)


# --- popularity

ONE_BUYS_MUCH = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 3), (1, 1, 10), (2, 2, 20)]


def test_popularity_counts_users_not_events():
    scores = Popularity().fit(log(ONE_BUYS_MUCH, 3, 4)).score([2], log(ONE_BUYS_MUCH, 3, 4))
    assert scores.tolist() == [[1, 2, 1, 0]]


def test_a_recent_window_counts_its_days_only_and_older_users_break_ties():
    train = log(ONE_BUYS_MUCH, 3, 4)
    model = Popularity(days=15).fit(train)  # 5 to 20: item 1 by one, item 2 by one
    np.testing.assert_allclose(model.scores_, [1 / 4, 1 + 2 / 4, 1 + 1 / 4, 0])
    assert model.recommend([0], train, 4, exclude_seen=False).tolist() == [[1, 2, 0, 3]]


def test_an_event_exactly_as_old_as_the_window_is_outside():
    train = log(ONE_BUYS_MUCH, 3, 4)
    assert Popularity(days=10).fit(train).scores_[1] < 1
    assert Popularity(days=10.001).fit(train).scores_[1] > 1


def test_a_window_may_be_shorter_than_a_day():
    train = log([(0, 0, 0), (1, 0, 0.4), (2, 1, 0.8)], 3, 2)
    np.testing.assert_allclose(Popularity(days=0.5).fit(train).scores_, [1 + 2 / 4, 1 + 1 / 4])


def test_ties_never_outweigh_a_recent_user():
    everybody = [(user, 0, 0) for user in range(30)] + [(0, 1, 100)]
    scores = Popularity(days=7).fit(log(everybody, 30, 2)).scores_
    assert scores[1] > scores[0]


def test_popularity_knows_everybody_even_without_a_history():
    train = log([(0, 1, 0), (1, 1, 0), (0, 0, 90), (0, 0, 91)], 3, 2)
    model = Popularity(days=7).fit(train)
    assert model.recommend([2], train, 1).tolist() == [[0]]  # all of train would say 1


@pytest.mark.parametrize("days", [0, -3, float("nan"), math.inf, True, "7"])
def test_a_window_must_have_a_length(days):
    with pytest.raises(ValueError, match=r"days must be (finite and )?above 0, got"):
        Popularity(days=days).fit(random_log(0))


def test_days_and_half_lives_need_a_clock():
    """A file of sequences has none: its timestamps only count."""
    clock = random_log(0)
    columns = (clock.users, clock.items, clock.timestamps, clock.values)
    order = Interactions(*columns, clock.user_ids, clock.item_ids, order_only=True)
    for model, name in ((Popularity(days=3), "days"), (Repurchase(half_life=3), "half_life")):
        with pytest.raises(ValueError, match=f"{name} needs times, and this log knows only"):
            model.fit(order)
    with pytest.raises(ValueError, match="half_life needs times"):
        Repurchase(half_life=3).fit(clock).recommend([0], order, 1)
    for model in (Popularity(), Repurchase()):
        lists = model.fit(order).recommend([0], order, 3)
        assert lists.tolist() == model.fit(clock).recommend([0], clock, 3).tolist()


# --- own counts


def test_own_counts_are_counts_then_popularity():
    train = log(ONE_BUYS_MUCH, 3, 4)
    scores = Repurchase().fit(train).score([0, 1], train)
    np.testing.assert_allclose(scores.round(3), [[3, 1, 0, 0], [0, 1, 0, 0]])
    lists = Repurchase().fit(train).recommend([1, 2], train, 4, exclude_seen=False)
    assert lists.tolist() == [[1, 0, 2, 3], [2, 0, 1, 3]]


def test_a_purchase_halves_with_each_half_life_before_the_end_of_the_history():
    train = log([(0, 0, 0), (0, 1, 10), (0, 1, 20), (1, 2, 30)], 2, 3)
    scores = Repurchase(half_life=10).fit(train).score([0], train)
    np.testing.assert_allclose(scores, [[1 / 8, 1 / 4 + 1 / 2, 0]], atol=1e-8)


def test_age_is_measured_from_the_end_of_the_history_that_is_given():
    train = log([(0, 0, 0), (1, 1, 10)], 2, 2)
    later = log([(0, 0, 0), (0, 1, 10), (1, 1, 20)], 2, 2)
    model = Repurchase(half_life=10).fit(train)
    np.testing.assert_allclose(model.score([0], train), [[0.5, 0]], atol=1e-8)
    np.testing.assert_allclose(model.score([0], later), [[0.25, 0.5]], atol=1e-8)


def test_ages_count_parts_of_a_day():
    train = log([(0, 0, 0.0), (1, 1, 0.5)], 2, 2)
    scores = Repurchase(half_life=1).fit(train).score([0], train)
    np.testing.assert_allclose(scores[0, 0], math.sqrt(0.5), atol=1e-8)


def test_once_long_ago_is_more_than_never():
    rows = [(0, 0, 0), (1, 1, 364), (1, 1, 364.5), (2, 1, 365)]
    lists = (
        Repurchase(half_life=1)
        .fit(log(rows, 3, 2))
        .recommend([0], log(rows, 3, 2), 2, exclude_seen=False)
    )
    assert lists.tolist() == [[0, 1]]


def test_users_may_be_asked_in_any_order_and_twice():
    train = log(ONE_BUYS_MUCH, 3, 4)
    scores = Repurchase(half_life=20).fit(train).score([2, 0, 2], train)
    np.testing.assert_array_equal(scores[0], scores[2])
    np.testing.assert_array_equal(
        scores[[1]], Repurchase(half_life=20).fit(train).score([0], train)
    )


def test_what_was_never_bought_scores_a_billionth_of_its_popularity():
    train = log([(0, 0, 0)] * 8 + [(1, 1, 0)] * 4 + [(2, 2, 0)], 3, 3)
    scores = Repurchase(half_life=0.5).fit(train).score([2], train)
    np.testing.assert_allclose(scores[0, :2], [1e-9, 0.5e-9], rtol=1e-9)


def test_where_own_items_are_left_out_own_counts_are_popularity_by_events():
    train = log(ONE_BUYS_MUCH, 3, 4)
    assert Repurchase().fit(train).recommend([2], train, 2).tolist() == [[0, 1]]


@pytest.mark.parametrize("half_life", [0, -1, float("nan"), math.inf, True, "7"])
def test_a_half_life_must_have_a_length(half_life):
    with pytest.raises(ValueError, match=r"half_life must be (finite and )?above 0, got"):
        Repurchase(half_life=half_life).fit(random_log(0))


# --- content

TITLES = ["green tea", "black tea", "blue mug", "tea mug"]


def tfidf_by_hand(titles):
    """Term count × (1 + ln((1 + n) / (1 + df))), rows to length 1, in plain Python."""
    words = sorted({word for title in titles for word in title.split()})
    rows = []
    for title in titles:
        row = []
        for word in words:
            df = sum(word in other.split() for other in titles)
            row.append(title.split().count(word) * (1 + math.log((1 + len(titles)) / (1 + df))))
        size = math.sqrt(sum(x * x for x in row))
        rows.append([x / size for x in row])
    return np.array(rows)


def test_content_is_the_cosine_of_profile_and_title():
    train = log([(0, 0, 0), (0, 0, 1), (0, 2, 0), (1, 1, 0)], 2, 4)
    vectors = tfidf_by_hand(TITLES)
    for power, times in ((0, 1), (1, 2), (0.5, math.sqrt(2))):
        profile = times * vectors[0] + vectors[2]
        expected = vectors @ profile / np.linalg.norm(profile)
        scores = Content(titles=TITLES, power=power).fit(train).score([0], train)[0]
        np.testing.assert_allclose(scores, expected, atol=2e-6)


def test_popularity_decides_among_equal_titles():
    same = ["milk", "milk", "milk", "soap"]
    train = log([(0, 0, 0), (1, 2, 0), (2, 2, 0), (1, 3, 0)], 3, 4)
    lists = Content(titles=same).fit(train).recommend([0], train, 3)
    assert lists.tolist() == [[2, 1, 3]]


def test_an_item_nobody_has_bought_can_be_listed():
    """Nobody has "black tea" or "tea mug". The word they share weighs more in the second title."""
    train = log([(0, 0, 0), (1, 2, 0)], 2, 4)
    assert Content(titles=TITLES).fit(train).recommend([0], train, 2).tolist() == [[3, 1]]


def test_pairs_of_words_are_words_when_asked():
    titles = ["whole milk", "milk whole", "whole milk chocolate"]
    train = log([(0, 0, 0), (1, 1, 0), (1, 1, 1)], 2, 3)
    single = Content(titles=titles).fit(train).score([0], train)[0]
    assert single[1] > 0.999
    pairs = Content(titles=titles, words=2).fit(train).score([0], train)[0]
    assert pairs[2] > pairs[1]


def test_titles_straight_from_a_table_can_be_saved(tmp_path):
    train = log([(0, 0, 1), (1, 3, 2)], 2, 4)
    model = Content(titles=pd.Series(TITLES)).fit(train)
    again = Content.load(model.save(tmp_path / "content.npz"))
    assert list(again.titles) == TITLES
    assert np.array_equal(again.score([0, 1], train), model.score([0, 1], train))


@pytest.mark.parametrize("titles", [["", "", "milk"], ["", "?", "!"]])
def test_whoever_bought_only_items_without_words_gets_the_popular(titles):
    train = log([(0, 0, 0), (1, 1, 0), (2, 1, 0), (2, 2, 0), (1, 2, 0), (0, 1, 0)], 3, 3)
    model = Content(titles=titles).fit(train)
    lists = model.recommend([0], train, 3, exclude_seen=False)
    assert lists.tolist() == [[1, 2, 0]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"titles": TITLES[:3]}, "titles must have a text for each of 4 items, got 3"),
        ({"titles": TITLES, "words": 3}, "words must be a whole number of .* at most 2, got 3"),
        ({"titles": TITLES, "words": 1.5}, "words must be a whole number"),
        ({"titles": TITLES, "power": -1}, "power must be at least 0, got -1"),
        ({"titles": "teas"}, "titles must be a list of texts, got str"),
        ({"titles": iter(TITLES)}, "titles must be a list of texts, got list_iterator"),
        ({}, "one of titles and vectors must be given, got none"),
        ({"titles": TITLES, "vectors": np.eye(4)}, "must be given, got both"),
        ({"vectors": np.eye(3)}, r"vectors must be \(4, d\), a row each, got \(3, 3\)"),
        ({"vectors": np.ones(4)}, r"vectors must be \(4, d\), a row each, got \(4,\)"),
        ({"vectors": [[1.0], [2.0], [np.nan], [3.0]]}, "vectors must be finite, row 2 is not"),
        ({"vectors": [["a"], ["b"], ["c"], ["d"]]}, "vectors must be numbers"),
        ({"vectors": pd.DataFrame(np.eye(4), index=list("abcd"))}, "vectors must have the ids"),
        (
            {"titles": pd.Series(TITLES, index=list("abcd"))},
            "titles must have the ids in its index",
        ),
    ],
)
def test_bad_parameters_of_content_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        Content(**parameters).fit(log([(0, 0, 0)], 1, 4))


def test_vectors_from_elsewhere_take_the_place_of_titles():
    """The profile of items 0 and 2 is (1, 0) + (0.6, 0.8); its length is √(1.6² + 0.8²) = 1.789."""
    train = log([(0, 0, 0), (0, 2, 0), (1, 1, 0)], 2, 4)
    vectors = [[2, 0], [0, -5], [3, 4], [-1, 0]]
    scores = Content(vectors=vectors).fit(train).score([0], train)[0]
    expected = np.array([1.6, -0.8, 1.6 * 0.6 + 0.8 * 0.8, -1.6]) / math.sqrt(3.2)
    np.testing.assert_allclose(scores, expected, atol=2e-6)


def test_the_vectors_of_titles_given_as_vectors_are_the_same_model():
    train = log([(0, 0, 0), (0, 2, 0), (1, 1, 0)], 3, 4)
    ours = Content(titles=TITLES).fit(train).score([0, 1, 2], train)
    given = Content(vectors=tfidf_by_hand(TITLES)).fit(train).score([0, 1, 2], train)
    np.testing.assert_allclose(given, ours, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.uint8, bool])
def test_vectors_of_any_dtype_are_the_numbers_they_hold(dtype):
    """100² does not fit into 8 bits."""
    train = log([(0, 0, 0), (1, 1, 0)], 2, 3)
    vectors = np.array([[100, 100], [0, 100], [100, 0]]).astype(dtype)
    scores = Content(vectors=vectors).fit(train).score([0], train)[0]
    np.testing.assert_allclose(scores, [1, math.sqrt(0.5), math.sqrt(0.5)], atol=2e-6)


def test_labelled_titles_and_vectors_go_to_the_item_with_their_label():
    train = log([(0, 0, 0), (1, 2, 0)], 2, 4)
    order = [2, 0, 3, 1]
    vectors = pd.DataFrame(tfidf_by_hand(TITLES)[order], index=order)
    titles = pd.Series(TITLES)[order]
    expected = Content(titles=TITLES).fit(train).score([0], train)
    for model in (Content(titles=titles), Content(vectors=vectors)):
        np.testing.assert_allclose(model.fit(train).score([0], train), expected, atol=1e-8)


def test_a_model_with_vectors_is_saved_and_recommends_the_same(tmp_path):
    train = log([(0, 0, 1), (1, 3, 2)], 2, 4)
    model = Content(vectors=np.random.default_rng(0).normal(size=(4, 3))).fit(train)
    again = Content.load(model.save(tmp_path / "content.npz"))
    assert np.array_equal(again.score([0, 1], train), model.score([0, 1], train))
    assert np.array_equal(again.vectors, model.vectors)


@pytest.mark.parametrize("vectors", [[[0, 0], [0, 1], [1, 1]], [[1, 0], [-1, 0], [0, 1]]])
def test_whoever_has_no_direction_gets_the_popular(vectors):
    """A vector of zeros; two vectors that cancel out."""
    rows = [(0, 0, 0), (1, 2, 0), (2, 2, 0), (2, 1, 0), (1, 1, 0), (3, 2, 0), (3, 2, 1)]
    rows += [(0, 1, 0)] * (vectors[0][0] == 1)
    train = log(rows, 4, 3)
    lists = Content(vectors=vectors).fit(train).recommend([0], train, 3, exclude_seen=False)
    assert lists.tolist() == [[2, 1, 0]]


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA, ""])
def test_a_missing_title_has_no_words(missing):
    """Else all that lack a title would be alike: each would hold the word "nan"."""
    train = log([(0, 0, 0), (1, 1, 0), (1, 1, 1), (2, 2, 0)], 3, 4)
    titles = ["tea", missing, "tea mug", missing]
    scores = Content(titles=titles).fit(train).score([1, 2], train)
    np.testing.assert_array_equal(scores[0], [1, 2, 1, 0])  # popularity
    assert scores[1, 1] < 1e-5 < scores[1, 0]


# --- neighbours


def nearest_by_hand(matrix, k, shrinkage):
    """The docstring's formula in plain loops; ties in catalogue order."""
    n = matrix.shape[1]
    result = np.zeros((n, n))
    for i in range(n):
        similar = []
        for j in range(n):
            dot = sum(a * b for a, b in zip(matrix[:, i], matrix[:, j], strict=True))
            sizes = [math.sqrt(sum(a * a for a in matrix[:, column])) for column in (i, j)]
            bottom = sizes[0] * sizes[1] + shrinkage
            similar.append(0.0 if i == j or bottom == 0 else dot / bottom)
        for j in sorted(range(n), key=lambda j: (-similar[j], j))[:k]:
            result[i, j] = similar[j]
    return result


def test_shrunk_cosine_on_paper():
    """Items taken by users {0,1}, {0,1,2}, {2}: 2/(√6 + 1), 1/(√3 + 1), nothing in common."""
    matrix = sparse.csr_array([[1.0, 1, 0], [1, 1, 0], [0, 1, 1]])
    a, b = 2 / (math.sqrt(6) + 1), 1 / (math.sqrt(3) + 1)
    found = nearest_items(matrix, 2, shrinkage=1.0).toarray()
    np.testing.assert_allclose(found, [[0, a, 0], [a, 0, b], [0, b, 0]])


def test_one_common_buyer_is_a_cosine_and_an_item_without_buyers_has_no_neighbours():
    """Items 0 and 1 were bought by the one user, item 2 by nobody: 1/(1·1), and no 0/0."""
    found = nearest_items(sparse.csr_array([[1.0, 1, 0]]), 2).toarray()
    np.testing.assert_array_equal(found, [[0, 1, 0], [1, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("power", [0, 0.5, 1])
@pytest.mark.parametrize(("k", "shrinkage"), [(1, 0.0), (3, 2.5), (50, 10.0)])
def test_neighbours_are_those_of_plain_loops(k, shrinkage, power):
    train = random_log(3)
    model = ItemNeighbours(neighbours=k, shrinkage=shrinkage, power=power).fit(train)
    expected = nearest_by_hand(strengths_of(train, power), k, shrinkage)
    np.testing.assert_allclose(model.similarity_.toarray(), expected, atol=1e-12)
    scores = model.score(np.arange(12), train)
    np.testing.assert_allclose(scores, strengths_of(train, power) @ expected, atol=1e-12)


@pytest.mark.parametrize("square", [0, 15, 1 << 28])  # blocks only, sparse products, dense ones
@pytest.mark.parametrize("block", [1, 4, 512])
def test_blocks_and_dense_products_change_nothing(monkeypatch, square, block):
    matrix = (random_log(1).matrix() > 0).astype(float)
    monkeypatch.setattr(neighbours, "SQUARE", square)
    monkeypatch.setattr(neighbours, "BLOCK", block)
    expected = nearest_by_hand(matrix.toarray(), 3, 1.0)
    np.testing.assert_allclose(nearest_items(matrix, 3, 1.0).toarray(), expected, atol=1e-12)


@pytest.mark.parametrize("pairs", [1, 20, 1 << 20])  # an item at a time, a few, all
@pytest.mark.parametrize("sparse_from", [0.1, 2, 1000])  # all blocks sparse, some, none
@pytest.mark.parametrize("k", [1, 3, 30])
def test_neighbours_found_among_those_that_met_are_those_of_plain_loops(
    monkeypatch, pairs, sparse_from, k
):
    """Some items nobody bought, some met only a few others, two met nearly all."""
    rng = np.random.default_rng(0)
    dense = (rng.random((60, 30)) < 0.04).astype(float)
    dense[:, 3:5] = rng.random((60, 2)) < 0.6
    dense[:, 10:14] = 0
    monkeypatch.setattr(neighbours, "SQUARE", 0)
    monkeypatch.setattr(neighbours, "PAIRS", pairs)
    monkeypatch.setattr(neighbours, "SPARSE", sparse_from)
    found = nearest_items(sparse.csr_array(dense), k, 0.5)
    expected = nearest_by_hand(dense, k, 0.5)
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-12)
    assert found.nnz == np.count_nonzero(expected)


def test_a_catalogue_too_large_for_its_square_takes_memory_for_the_pairs_that_met():
    """40,000² cells would take 12 GB; here each user has five items, so 20 pairs each."""
    rng = np.random.default_rng(0)
    entries = (
        np.ones(50_000),
        (np.repeat(np.arange(10_000), 5), rng.integers(40_000, size=50_000)),
    )
    matrix = sparse.csr_array(entries, shape=(10_000, 40_000))
    tracemalloc.start()
    nearest_items(matrix, 100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6


@pytest.mark.parametrize("density", [0.01, 0.3])  # sparse products, dense ones
@pytest.mark.parametrize("values", [1.0, 0.3])
def test_gram_is_what_columns_share(monkeypatch, density, values):
    rng = np.random.default_rng(0)
    matrix = sparse.csr_array(values * (rng.random((200, 30)) < density))
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    dense = matrix.toarray()
    np.testing.assert_allclose(gram(matrix), dense.T @ dense, atol=1e-12)


def test_a_new_user_with_a_history_is_served():
    train = log([(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (2, 2, 0)], 4, 3)
    history = log([(3, 0, 0)], 4, 3)
    for model in (ItemNeighbours(), EASE(regularisation=1.0), ALS(dimensions=2)):
        assert model.fit(train).recommend([3], history, 1).tolist() == [[1]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"neighbours": 0}, "neighbours must be a whole number of at least 1, got 0"),
        ({"neighbours": 2.5}, "neighbours must be a whole number of at least 1, got 2.5"),
        ({"neighbours": True}, "neighbours must be a whole number of at least 1, got True"),
        ({"shrinkage": -1}, "shrinkage must be at least 0, got -1"),
        ({"shrinkage": math.inf}, "shrinkage must be finite and at least 0, got inf"),
        ({"power": -1}, "power must be at least 0, got -1"),
        ({"power": 1e6}, "power 1000000.0 is too large"),
    ],
)
def test_bad_parameters_of_neighbours_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        ItemNeighbours(**parameters).fit(random_log(0))


def test_neighbours_agree_with_implicit():
    """implicit's CosineRecommender counts the item itself as its own first neighbour."""
    nearest = pytest.importorskip("implicit.nearest_neighbours", reason="implicit not installed")
    rng = np.random.default_rng(0)
    matrix = sparse.csr_array((rng.random((300, 80)) < 0.1) * rng.random((300, 80)))
    peer = nearest.CosineRecommender(K=11)
    peer.fit(sparse.csr_matrix(matrix), show_progress=False)
    expected = peer.similarity.toarray()
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(nearest_items(matrix, 10).toarray(), expected, atol=1e-6)


# --- EASE


def test_ease_on_paper_with_two_items():
    """Each item from the other alone is ridge regression: shared / (own + λ)."""
    matrix = sparse.csr_array([[1.0, 1], [1, 0], [1, 0]])
    np.testing.assert_allclose(ease_weights(matrix, 2.0), [[0, 1 / 5], [1 / 3, 0]], rtol=1e-6)


def test_ease_on_paper_with_three_items():
    """G = [[2, 1, 0], [1, 2, 1], [0, 1, 1]], λ = 1: column 0 solves [[3, 1], [1, 2]] b = [1, 0]."""
    matrix = sparse.csr_array([[1.0, 1, 0], [0, 1, 1], [1, 0, 0]])
    weights = ease_weights(matrix, 1.0)
    expected = [[0, 1 / 3, -1 / 8], [2 / 5, 0, 3 / 8], [-1 / 5, 1 / 2, 0]]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


@pytest.mark.parametrize("power", [0, 0.5, 1])
def test_each_column_of_ease_is_the_ridge_regression_on_the_others(power):
    train = random_log(5)
    x, n = strengths_of(train, power), train.n_items
    weights = EASE(regularisation=3.0, power=power).fit(train).weights_
    for j in range(n):
        others = np.delete(np.arange(n), j)
        left = x[:, others].T @ x[:, others] + 3.0 * np.eye(n - 1)
        expected = np.linalg.solve(left, x[:, others].T @ x[:, j])
        np.testing.assert_allclose(weights[others, j], expected, atol=1e-6)
        assert weights[j, j] == 0
    scores = EASE(regularisation=3.0, power=power).fit(train).score(np.arange(12), train)
    np.testing.assert_allclose(scores, x @ weights, atol=1e-5)


@given(st.integers(0, 1000), st.floats(0.1, 1000))
def test_no_other_weights_with_an_empty_diagonal_are_better(seed, regularisation):
    x = (random_log(seed).matrix().toarray() > 0).astype(float)

    def cost(weights):
        return np.sum((x - x @ weights) ** 2) + regularisation * np.sum(weights**2)

    best = ease_weights(sparse.csr_array(x), regularisation).astype(float)
    nudge = np.random.default_rng(seed).normal(0, 0.01, best.shape)
    np.fill_diagonal(nudge, 0)
    assert cost(best) <= cost(best + nudge)


def test_a_penalty_below_one_is_a_penalty():
    assert ease_weights(sparse.csr_array([[1.0, 1]]), 0.5)[0, 1] == pytest.approx(1 / 1.5)
    assert EASE(regularisation=0.5).fit(random_log(0)).weights_.any()
    assert ALS(dimensions=1, regularisation=0.5).fit(random_log(0)).item_factors_.any()


@pytest.mark.parametrize("regularisation", [0, -5, float("nan")])
def test_ease_needs_regularisation(regularisation):
    with pytest.raises(ValueError, match=r"regularisation must be (finite and )?above 0, got"):
        EASE(regularisation=regularisation).fit(random_log(0))


def test_power_of_ease_is_checked():
    with pytest.raises(ValueError, match="power must be at least 0, got -2"):
        EASE(power=-2).fit(random_log(0))


def test_a_hopeless_inverse_is_an_error():
    with pytest.raises(ValueError, match="too small"):
        ease_weights(sparse.csr_array([[1e9, 1e9], [1e9, 1e9]]), 1e-9)


def test_ease_says_what_it_would_take_before_it_takes_it():
    """12 · 10¹² bytes are 11,175.9 GB."""
    train = log([(0, 0, 0), (0, 1, 0)], 1, 1_000_000)
    message = r"EASE on 1,000,000 items .* needs 11,175.9 GB of memory, .* are available"
    with pytest.raises(ValueError, match=message):
        EASE().fit(train)


def test_neighbours_say_what_they_would_take_before_they_take_it(monkeypatch):
    """One user with all 3 items: at most 3 · 2 entries of 24 bytes."""
    matrix = sparse.csr_array([[1.0, 1, 1]])
    monkeypatch.setattr(memory, "available_memory", lambda: 3 * 2 * 24 - 1)
    with pytest.raises(ValueError, match=r"2 neighbours for each of 3 items .* needs .* GB"):
        nearest_items(matrix, 2)
    assert nearest_items(matrix, 1).nnz == 3


# --- ALS


def best_vectors(strengths, factors, regularisation):
    """Hu, Koren & Volinsky, eq. 4 to the letter: (YᵀCY + λI)⁻¹ YᵀCp with all m × m of C."""
    solved = []
    for row in strengths:
        confidence = np.diag(1 + row)
        left = factors.T @ confidence @ factors + regularisation * np.eye(factors.shape[1])
        solved.append(np.linalg.solve(left, factors.T @ confidence @ (row > 0)))
    return np.array(solved)


def als_loss(strengths, users, items, regularisation):
    """Eq. 3 in two loops over all pairs."""
    total = regularisation * (np.sum(users**2) + np.sum(items**2))
    for u, x in enumerate(users):
        for i, y in enumerate(items):
            total += (1 + strengths[u, i]) * (float(strengths[u, i] > 0) - x @ y) ** 2
    return total


def test_one_half_step_on_paper():
    """Vectors 1 and 2; a user took the second 3 times, alpha 2: (5 + 6·4 + 1) x = 7·2."""
    train = log([(0, 1, 0), (0, 1, 1), (0, 1, 2)], 1, 2)
    model = ALS(alpha=2.0, regularisation=1.0, dimensions=1)
    strengths = model._strengths(train.matrix())
    solved = solve_side(strengths, np.array([[1.0], [2.0]], dtype=np.float32), 1.0)
    np.testing.assert_allclose(solved, [[14 / 30]], rtol=1e-6)


@pytest.mark.parametrize("cells", [1, 40, 1 << 18])
@pytest.mark.parametrize(("alpha", "power"), [(0.5, 1), (3.0, 0), (40.0, 0.5)])
def test_a_fit_is_the_papers_equations_in_plain_loops(monkeypatch, cells, alpha, power):
    monkeypatch.setattr(als, "CELLS", cells)
    train = random_log(2)
    model = ALS(
        dimensions=3, regularisation=2.0, alpha=alpha, power=power, iterations=4, seed=7
    ).fit(train)
    strengths = alpha * strengths_of(train, power)
    items = np.random.default_rng(7).normal(0, 0.1, (9, 3))
    for _ in range(4):
        users = best_vectors(strengths, items, 2.0)
        items = best_vectors(strengths.T, users, 2.0)
    np.testing.assert_allclose(model.item_factors_, items, rtol=1e-3, atol=1e-4)
    users = best_vectors(strengths, items, 2.0)
    np.testing.assert_allclose(model.score(np.arange(12), train), users @ items.T, atol=1e-3)


def test_the_loss_falls_with_every_iteration():
    train = random_log(4)
    strengths = 2.0 * strengths_of(train, 1)
    losses = []
    for iterations in range(1, 9):
        model = ALS(dimensions=3, regularisation=1.0, alpha=2.0, iterations=iterations).fit(train)
        users = model.user_factors(np.arange(12), train)
        losses.append(als_loss(strengths, users, model.item_factors_, 1.0))
    assert (np.diff(losses) <= 1e-4).all()
    assert losses[-1] < 0.9 * losses[0]


def test_users_and_items_without_events_get_the_zero_vector():
    train = log([(0, 0, 0), (0, 1, 0), (2, 0, 0)], 3, 3)
    model = ALS(dimensions=2).fit(train)
    assert not model.item_factors_[2].any()
    assert not model.user_factors([1], train).any()


def test_another_seed_is_another_start():
    first, second = (
        ALS(dimensions=2, iterations=1, seed=seed).fit(random_log(0)) for seed in (0, 1)
    )
    assert not np.allclose(first.item_factors_, second.item_factors_)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dimensions": 0}, "dimensions must be a whole number of at least 1, got 0"),
        ({"dimensions": True}, "dimensions must be a whole number of at least 1, got True"),
        ({"iterations": 0}, "iterations must be a whole number of at least 1, got 0"),
        ({"iterations": 1.5}, "iterations must be a whole number of at least 1, got 1.5"),
        ({"regularisation": 0}, "regularisation must be above 0, got 0"),
        ({"regularisation": 1e-300, "dimensions": 20}, "regularisation 1e-300 is too small"),
        ({"alpha": -1}, "alpha must be above 0, got -1"),
        ({"alpha": math.inf}, "alpha must be finite and above 0, got inf"),
        ({"alpha": 1e39}, r"alpha 1e\+39 is too large"),
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"seed": None}, "seed must be a whole number of at least 0, got None"),
        ({"power": -1}, "power must be at least 0, got -1"),
    ],
)
def test_bad_parameters_of_als_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        ALS(**parameters).fit(random_log(0))


def test_als_agrees_with_implicit():
    """From the same start, 5 iterations; implicit's confidence is alpha · r, ours 1 + alpha · r."""
    peers = pytest.importorskip("implicit.cpu.als", reason="implicit not installed")
    rng = np.random.default_rng(0)
    bought = sparse.csr_array((rng.random((120, 60)) < 0.15).astype(np.float32))
    start = rng.normal(0, 0.1, (60, 8)).astype(np.float32)
    peer = peers.AlternatingLeastSquares(
        factors=8, regularization=0.5, alpha=3.0, iterations=5, use_cg=False, num_threads=1
    )
    peer.item_factors = start.copy()
    peer.user_factors = np.zeros((120, 8), dtype=np.float32)
    peer.fit(sparse.csr_matrix(bought), show_progress=False)
    users, items = None, start
    for _ in range(5):
        users = solve_side(2.0 * bought, items, 0.5)
        items = solve_side((2.0 * bought).T.tocsr(), users, 0.5)
    np.testing.assert_allclose(items, peer.item_factors, atol=1e-3)
    np.testing.assert_allclose(users @ items.T, peer.user_factors @ peer.item_factors.T, atol=1e-3)


A, RIGHT = np.array([[4.0, 1], [1, 3]]), np.array([1.0, 2])


def test_conjugate_gradients_on_paper():
    """From 0: r = p = (1, 2), Ap = (6, 7), so the first step is 5/20 of p: (1/4, 1/2)."""
    first = conjugate_gradients(lambda x: A @ x, RIGHT[None, :, None], np.zeros((1, 2, 1)), 1)
    np.testing.assert_allclose(first.ravel(), [1 / 4, 1 / 2])
    second = conjugate_gradients(lambda x: A @ x, RIGHT[None, :, None], np.zeros((1, 2, 1)), 2)
    np.testing.assert_allclose(second.ravel(), [1 / 11, 7 / 11])


def test_conjugate_gradients_stay_where_nothing_is_missing():
    exact = np.array([1 / 4, 1 / 2])
    found = conjugate_gradients(lambda x: 4 * x, 4 * exact[None, :, None], exact[None, :, None], 3)
    np.testing.assert_array_equal(found.ravel(), exact)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_conjugate_gradients_are_those_of_scipy(steps):
    rng = np.random.default_rng(0)
    half, right, start = rng.normal(size=(3, 8, 8)), rng.normal(size=(3, 8)), rng.normal(size=8)
    systems = half @ half.transpose(0, 2, 1) + np.eye(8)
    found = conjugate_gradients(
        lambda x: systems @ x, right[:, :, None], np.tile(start, (3, 1))[:, :, None], steps
    )
    for system, vector, mine in zip(systems, right, found[:, :, 0], strict=True):
        expected, _ = cg(system, vector, x0=start, maxiter=steps, rtol=0)
        np.testing.assert_allclose(mine, expected, rtol=1e-8)


@pytest.mark.parametrize(
    "many", [1, 5, 12, 13, 40]
)  # entries in a row: fewer, as many, more than d
def test_a_row_is_the_papers_equation_whatever_its_length(many):
    rng = np.random.default_rng(many)
    factors = rng.normal(size=(60, 12))
    strengths = np.zeros((4, 60))
    for row in strengths[:3]:
        row[rng.choice(60, many, replace=False)] = rng.uniform(0.1, 50, many)
    expected = best_vectors(strengths, factors, 0.7)
    found = solve_side(sparse.csr_array(strengths), factors, 0.7)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    steps = solve_side(sparse.csr_array(strengths), factors, 0.7, steps=12)
    np.testing.assert_allclose(steps, expected, atol=1e-3)


def test_steps_begin_at_the_vectors_given():
    """At the solution nothing is missing; one step from 0 is not there yet."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(60, 12))
    strengths = sparse.csr_array(rng.uniform(0.1, 50, (4, 60)))
    exact = solve_side(strengths, factors, 0.7)
    near = solve_side(strengths, factors, 0.7, steps=1, start=exact)
    np.testing.assert_allclose(near, exact, atol=1e-4)
    assert np.abs(solve_side(strengths, factors, 0.7, steps=1) - exact).max() > 1e-3


def test_three_steps_a_round_come_as_low_as_exact_rounds():
    train = random_log(4, n_users=40, n_items=30, events=600)
    strengths = 2.0 * strengths_of(train, 1)
    found = []
    for steps in (None, 3):
        model = ALS(dimensions=6, regularisation=1.0, alpha=2.0, steps=steps).fit(train)
        users = model.user_factors(np.arange(40), train)
        found.append(als_loss(strengths, users, model.item_factors_, 1.0))
    assert found[1] == pytest.approx(found[0], rel=0.01)


# --- what they have in common


@pytest.mark.parametrize("model_class", MODELS, ids=lambda found: found.__name__)
def test_a_history_of_nobody_gives_everybody_a_full_list(model_class):
    train = random_log(6)
    empty = train.select(np.zeros(len(train), dtype=bool))
    lists = model_class().fit(train).recommend(np.arange(12), empty, 9)
    assert (np.sort(lists, axis=1) == np.arange(9)).all()


@pytest.mark.parametrize("model_class", MODELS, ids=lambda found: found.__name__)
def test_the_order_of_the_log_does_not_matter(model_class):
    train = random_log(8)
    again = logs.shuffled(train)
    first = model_class().fit(train).score(np.arange(12), train)
    np.testing.assert_allclose(model_class().fit(again).score(np.arange(12), again), first)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no such call on this system")
def test_blocks_take_no_more_threads_than_the_process_may_use_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 8})
    pool = base.threads.__wrapped__()
    three, four = threading.Barrier(3, timeout=30), threading.Barrier(4, timeout=0.2)
    list(pool.map(lambda _: three.wait(), range(3)))  # three wait side by side, but four never
    with pytest.raises(threading.BrokenBarrierError):
        list(pool.map(lambda _: four.wait(), range(4)))
    pool.shutdown()
