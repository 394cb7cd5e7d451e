"""Expected values: hand computation, the worked example of lesson 01, and scikit-learn."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics.pairwise import cosine_similarity as reference

from course_lib import similarity
from course_lib.similarity import cosine_similarity, top_k, top_k_products

USERS = [[1, 2, 3], [4, 5, 6]]
ITEMS = [[1, 0, 0], [0, 1, 0]]
finite = st.floats(-1e3, 1e3).filter(lambda x: x == 0 or abs(x) > 1e-3)


def test_worked_example_of_two_users_and_two_items():
    expected = [
        [1 / math.sqrt(14), 2 / math.sqrt(14)],
        [4 / math.sqrt(77), 5 / math.sqrt(77)],
    ]
    np.testing.assert_allclose(cosine_similarity(USERS, ITEMS), expected, rtol=1e-12)
    assert cosine_similarity(USERS[0], ITEMS[1]) == pytest.approx(2 / math.sqrt(14))


def test_two_vectors_give_a_python_float():
    assert type(cosine_similarity([1, 2], [2, 1])) is float


@given(arrays(float, (4, 3), elements=finite), arrays(float, (5, 3), elements=finite))
def test_pairs_agree_with_scikit_learn(a, b):
    np.testing.assert_allclose(cosine_similarity(a, b), reference(a, b), atol=1e-9)


@given(arrays(float, 3, elements=finite), arrays(float, 3, elements=finite), st.floats(0.01, 100))
def test_cosine_is_bounded_symmetric_and_blind_to_scale(a, b, scale):
    value = cosine_similarity(a, b)
    assert -1 <= value <= 1
    assert cosine_similarity(b, a) == pytest.approx(value, abs=1e-12)
    assert cosine_similarity(scale * a, b) == pytest.approx(value, abs=1e-9)


def test_zero_vector_resembles_nothing():
    assert cosine_similarity([0, 0], [1, 2]) == 0.0
    assert cosine_similarity([0, 0], [0, 0]) == 0.0


def test_small_integers_do_not_wrap():
    wide = np.array([100, 100], dtype=np.int8)  # 100 · 100 does not fit into int8
    assert cosine_similarity(wide, wide) == pytest.approx(1)
    assert cosine_similarity(wide, np.array([-128, 0], dtype=np.int8)) == pytest.approx(
        -1 / math.sqrt(2)
    )


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_huge_and_tiny_vectors_keep_their_direction(size):
    assert cosine_similarity([3 * size, 4 * size], [4, 3]) == pytest.approx(0.96)
    assert cosine_similarity([-3 * size, -4 * size], [4, 3]) == pytest.approx(-0.96)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1, float("nan")], [1, 2], "a must be finite, got nan"),
        (["1", "2"], [1, 2], "a must be numbers, got '1'"),
        ([1, 2j], [1, 2], "a must be numbers, got "),
        ([[1, 2], [1]], [[1, 2]], "a must be numbers in rows of one length"),
        ([1, None], [1, 2], "a must be numbers, got None"),
        ([1, 2], [float("inf"), 2], "b must be finite, got inf"),
        ([1, 2], [1, 2, 3], "same length of at least 1, got 2 and 3"),
        ([], [], "same length of at least 1, got 0 and 0"),
        ([[1, 2]], [1, 2], r"got \(1, 2\) and \(2,\)"),
        (1, 2, r"got \(\) and \(\)"),
        ([[[1]]], [[[1]]], r"got \(1, 1, 1\)"),
    ],
)
def test_bad_vectors_are_named(a, b, message):
    with pytest.raises(ValueError, match=message):
        cosine_similarity(a, b)


def test_no_rows_give_no_similarities():
    assert cosine_similarity(np.empty((0, 3)), ITEMS).shape == (0, 2)


def test_best_columns_come_first():
    scores = [[0.1, 0.9, 0.5, 0.2], [4, 3, 2, 1], [1, 2, 3, 4]]
    np.testing.assert_array_equal(top_k(scores, 2), [[1, 2], [0, 1], [3, 2]])


def test_ties_keep_catalogue_order_also_across_the_cut():
    np.testing.assert_array_equal(top_k([[1, 2, 1, 2, 1]], 4), [[1, 3, 0, 2]])
    np.testing.assert_array_equal(top_k(np.zeros((1, 50)), 3), [[0, 1, 2]])


def test_columns_at_minus_infinity_are_never_chosen():
    np.testing.assert_array_equal(top_k([[-np.inf, 5, -np.inf]], 3), [[1, -1, -1]])
    np.testing.assert_array_equal(top_k([[-np.inf, -np.inf]], 1), [[-1]])


def test_one_row_of_scores_gives_one_list():
    np.testing.assert_array_equal(top_k([3, 1, 2], 2), [0, 2])


@given(arrays(np.int8, (3, 7)), st.integers(1, 7))
def test_top_k_equals_a_stable_full_sort(scores, k):
    expected = np.argsort(-scores.astype(float), axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(top_k(scores, k), expected)


def many_rows(kind, dtype, n=60, m=2500):
    """Long rows: distinct scores, few or many ties, sorted columns, most of a row at -inf."""
    rng = np.random.default_rng(7)
    rows = {
        "distinct": lambda: rng.standard_normal((n, m)),
        "some ties": lambda: rng.integers(0, 900, (n, m)),
        "two values": lambda: rng.integers(0, 2, (n, m)),
        "few above many": lambda: np.where(
            rng.random((n, m)) < 0.002, 5, rng.integers(0, 2, (n, m))
        ),
        "all the same": lambda: np.zeros((n, m)),
        "rising": lambda: np.sort(rng.integers(0, 300, (n, m)), axis=1),
        "falling": lambda: -np.sort(rng.integers(0, 300, (n, m)), axis=1),
        "mostly never": lambda: np.where(rng.random((n, m)) < 0.998, -np.inf, rng.random((n, m))),
        "endless": lambda: np.where(rng.random((n, m)) < 0.01, np.inf, -1),
        # The best columns share nine groups of `_floor`, so that the tenth best group is poor.
        "same groups": lambda: np.select(
            [np.arange(m) % 512 < 9, np.arange(m) % 512 == 9], [rng.integers(2, 4, (n, m)), 1], 0
        ),
    }
    return rows[kind]().astype(dtype)


@pytest.mark.parametrize("at_a_time", [7000, 10**6])
@pytest.mark.parametrize("k", [1, 10, 40, 2500])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "kind",
    [
        "distinct",
        "some ties",
        "two values",
        "few above many",
        "all the same",
        "rising",
        "falling",
        "mostly never",
        "endless",
        "same groups",
    ],
)
def test_long_rows_in_blocks_equal_a_stable_full_sort(kind, dtype, k, at_a_time, monkeypatch):
    monkeypatch.setattr(similarity, "SCORES_AT_A_TIME", at_a_time)
    scores = many_rows(kind, dtype)
    before = scores.copy()
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    expected[np.take_along_axis(scores, expected, axis=1) == -np.inf] = -1
    np.testing.assert_array_equal(top_k(scores, k), expected)
    np.testing.assert_array_equal(scores, before)


def test_the_last_column_is_the_last():
    """Long rows are read in columns 0, 512, 1024 … of a group: none lies behind the last one."""
    scores = np.zeros(2100)
    scores[2099], scores[2100 % 512] = 3, 2  # the group that a column 2100 would belong to
    np.testing.assert_array_equal(top_k(scores, 2), [2099, 52])


@pytest.mark.parametrize("column", [0, 2047, 2499])
def test_nan_is_found_wherever_it_hides(column):
    scores = np.zeros((600, 2500), dtype=np.float32)
    scores[[5, 599], column] = np.nan
    with pytest.raises(ValueError, match="scores must not be NaN, got 2 NaN"):
        top_k(scores, 3)


def test_scores_are_never_copied_as_a_whole():
    scores = np.random.default_rng(0).random((4000, 5000), dtype=np.float32)  # 80 MB
    tracemalloc.start()
    lists = top_k(scores, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lists.shape == (4000, 10)
    assert peak < 20e6


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64, np.float16, bool, object])
def test_scores_of_any_dtype_rank_as_the_numbers_they_hold(dtype):
    """Unsigned numbers have no minus: -1 would be the largest."""
    scores = np.array([[1, 0, 1, 0], [0, 0, 0, 1]]).astype(dtype)
    assert top_k(scores, 4).tolist() == [[0, 2, 1, 3], [3, 0, 1, 2]]


@pytest.mark.parametrize("scores", [[["a", "b"]], [[1, 2], [1]], [[1j, 2]], [["2026-01-01"]]])
def test_what_is_no_number_is_no_score(scores):
    with pytest.raises(ValueError, match="scores must be numbers in rows of one length"):
        top_k(scores, 1)


WHOLE = st.integers(-3, 3).map(float)  # products and sums of these are exact, ties are many


@given(
    arrays(float, st.tuples(st.integers(0, 9), st.just(3)), elements=WHOLE),
    arrays(float, (40, 3), elements=WHOLE),
    st.integers(1, 40),
    st.sampled_from([np.float32, np.float64]),
    st.integers(1, 12),
    st.integers(1, 4),
)
def test_best_products_are_a_stable_full_sort_of_all_products(vectors, items, k, dtype, tile, rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity, "TILE", tile)
        patch.setattr(similarity, "ROWS", rows)
        found = top_k_products(vectors.astype(dtype), items.astype(dtype), k)
    expected = np.argsort(-(vectors @ items.T), axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("order", ["rising", "falling", "shuffled"])
def test_best_products_of_a_large_catalogue_in_any_order(order):
    """Rising: every item is better than all before it, so nothing can be passed over."""
    worth = np.arange(20_000.0)
    worth = {"rising": worth, "falling": worth[::-1]}.get(
        order, np.random.default_rng(0).permutation(worth)
    )
    found = top_k_products([[1.0], [-1.0], [0.0]], worth[:, None], 7)
    best = np.argsort(worth)
    assert found.tolist() == [best[::-1][:7].tolist(), best[:7].tolist(), list(range(7))]


def test_products_are_never_held_as_a_whole():
    rng = np.random.default_rng(0)
    vectors = rng.random((3000, 4), dtype=np.float32)
    items = rng.random((30_000, 4), dtype=np.float32)  # all products: 360 MB
    tracemalloc.start()
    top_k_products(vectors, items, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6


def test_best_products_agree_with_faiss():
    faiss = pytest.importorskip("faiss", reason="faiss not installed")
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((300, 16), dtype=np.float32)
    items = rng.standard_normal((9000, 16), dtype=np.float32)
    index = faiss.IndexFlatIP(16)
    index.add(items)
    np.testing.assert_array_equal(top_k_products(vectors, items, 10), index.search(vectors, 10)[1])


@pytest.mark.parametrize(
    ("vectors", "items", "k", "message"),
    [
        ([[1.0]], [[1.0, 2.0]], 1, r"must be \(n, d\) and \(m, d\), got \(1, 1\) and \(1, 2\)"),
        ([1.0], [[1.0]], 1, "must be"),
        ([[math.nan]], [[1.0]], 1, "vectors must be finite, got nan"),
        ([[1.0]], [[math.inf]], 1, "items must be finite, got inf"),
        ([[1.0]], [[1.0]], 2, "k must be at most the number of columns 1, got 2"),
        ([[1e200]], [[1e200]], 1, "the products of these vectors overflow float64"),
        ([[1e154] * 2], [[1e154] * 2], 1, "the products of these vectors overflow float64"),
        ([["a"]], [[1.0]], 1, "vectors must be numbers, got 'a'"),
    ],
)
def test_bad_vectors_for_products_are_named(vectors, items, k, message):
    with pytest.raises(ValueError, match=message):
        top_k_products(vectors, items, k)


def test_huge_vectors_whose_products_do_not_overflow_are_ranked():
    huge, tiny = [[1e308, 0.0], [5e307, 0.0]], [[0.1, 0.0], [0.2, 0.0]]
    assert top_k_products(huge, tiny, 2).tolist() == [[1, 0], [1, 0]]
    assert top_k_products(tiny, huge, 2).tolist() == [[0, 1], [0, 1]]


def test_no_rows_give_no_lists():
    assert top_k(np.empty((0, 5)), 3).shape == (0, 3)


@pytest.mark.parametrize(
    ("scores", "k", "message"),
    [
        ([[1, 2]], 0, "k must be a whole number of at least 1, got 0"),
        ([[1, 2]], -3, "k must be a whole number of at least 1, got -3"),
        ([[1, 2]], 3, "k must be at most the number of columns 2, got 3"),
        ([[1, 2]], 1.5, "k must be a whole number of at least 1, got 1.5"),
        ([[1, 2]], True, "k must be a whole number of at least 1, got True"),
        ([[1, float("nan")]], 1, "must not be NaN, got 1 NaN"),
        ([[1, float("nan"), 2, 3, 0]], 3, "must not be NaN, got 1 NaN"),
        ([[[1]]], 1, r"got shape \(1, 1, 1\)"),
        ([], 1, "k must be at most the number of columns 0, got 1"),
    ],
)
def test_bad_scores_and_k_are_named(scores, k, message):
    with pytest.raises(ValueError, match=message):
        top_k(scores, k)
