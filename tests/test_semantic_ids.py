"""Codes by residual k-means, the trie of what can be spelt, and a search that keeps a few."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.large.semantic_ids import (
    PrefixTrie,
    beam_search,
    residual_codebooks,
    residual_codes,
    with_collision_code,
)


def test_the_first_code_is_the_group_and_the_second_the_place_in_it():
    """Two groups around (0, 0) and (10, 10), in each one row to the left and one to the right."""
    rows = np.array([[-1.0, 0], [1, 0], [9, 10], [11, 10]])
    books = residual_codebooks(rows, levels=2, size=2, seed=0)
    np.testing.assert_allclose(np.sort(books[0], axis=0), [[0, 0], [10, 10]])
    np.testing.assert_allclose(np.sort(books[1], axis=0), [[-1, 0], [1, 0]])
    first, second = residual_codes(rows, books).T
    assert first[0] == first[1] != first[2] == first[3]
    assert second[0] == second[2] != second[1] == second[3]


def test_a_code_more_leaves_less_over():
    rows = np.random.default_rng(0).normal(size=(200, 8))
    books = residual_codebooks(rows, levels=4, size=8, seed=0)
    codes, left, before = residual_codes(rows, books), rows, np.inf
    for level in range(4):
        left = left - books[level][codes[:, level]]
        assert (left**2).sum() < before
        before = (left**2).sum()


def test_each_code_is_the_nearest_centre():
    rows = np.random.default_rng(1).normal(size=(50, 3))
    books = residual_codebooks(rows, levels=1, size=5, seed=0)
    distances = np.linalg.norm(rows[:, None] - books[0], axis=2)
    np.testing.assert_array_equal(residual_codes(rows, books)[:, 0], distances.argmin(axis=1))


def test_equal_rows_weigh_as_often_as_they_stand():
    rows = np.array([[0.0]] * 9 + [[10.0]])
    np.testing.assert_allclose(residual_codebooks(rows, levels=1, size=1, seed=0), [[[1.0]]])


def test_fewer_rows_than_codes():
    books = residual_codebooks([[1.0, 2.0], [1.0, 2.0]], levels=3, size=4, seed=0)
    assert np.isfinite(books).all()
    np.testing.assert_array_equal(residual_codes([[1.0, 2.0], [1.0, 2.0]], books), 0)


@given(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=20))
def test_with_a_collision_code_no_two_are_alike(codes):
    longer = with_collision_code(codes)
    assert len(np.unique(longer, axis=0)) == len(codes)
    np.testing.assert_array_equal(longer[:, :2], codes)
    for group in np.unique(codes, axis=0):  # 0, 1, 2, … in the catalogue's order
        mine = longer[(longer[:, :2] == group).all(axis=1), 2]
        np.testing.assert_array_equal(mine, np.arange(len(mine)))


CODES = np.array([[1, 0, 2], [0, 1, 0], [1, 0, 0], [1, 2, 0], [0, 1, 1]])


def test_the_trie_spells_the_items_and_nothing_else():
    trie = PrefixTrie(CODES)
    spelt = [
        word
        for word in product(range(2), range(3), range(3))
        if all(code in trie.allowed(word[:i]) for i, code in enumerate(word))
    ]
    assert spelt == sorted(map(tuple, CODES.tolist()))
    assert [len(parents) for parents in trie.parents] == [2, 3, 5]
    np.testing.assert_array_equal(trie.items, [1, 4, 2, 0, 3])
    np.testing.assert_array_equal(trie.node_of[3][trie.items], np.arange(5))


def random_search(seed, codes, n=3):
    """log-probabilities of the children of each node, other in each of n searches."""
    rng, trie = np.random.default_rng(seed), PrefixTrie(codes)
    tables = []
    for children in trie.children:
        odds = np.where(children >= 0, rng.random((n, *children.shape)), 0)
        tables.append(odds / odds.sum(axis=2, keepdims=True))

    def log_probs(level, nodes):
        with np.errstate(divide="ignore"):
            return np.log(tables[level][np.arange(n)[:, None], nodes])

    return trie, tables, log_probs


def by_hand(trie, tables, codes, search):
    """Every item's probability, multiplied along its codes."""
    shares = np.ones(len(codes))
    for item, word in enumerate(codes):
        node = 0
        for level, code in enumerate(word):
            shares[item] *= tables[level][search, node, code]
            node = trie.children[level][node, code]
    return shares


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_is_an_exhaustive_search(seed):
    codes = with_collision_code(np.random.default_rng(seed).integers(0, 3, (17, 2)))
    trie, tables, log_probs = random_search(seed, codes)
    items, found = beam_search(log_probs, trie, 3, 17)
    for search in range(3):
        shares = by_hand(trie, tables, codes, search)
        np.testing.assert_allclose(shares.sum(), 1)
        order = np.argsort(-shares)
        np.testing.assert_array_equal(items[search], order)
        np.testing.assert_allclose(np.exp(found[search]), shares[order])


def test_a_narrow_beam_loses_what_begins_unlikely():
    """Beginnings .6 and .4; the first splits into .5 and .5, the second goes on with 1."""
    trie = PrefixTrie([[0, 0], [0, 1], [1, 0]])
    tables = [np.log([[0.6, 0.4]]), np.log([[0.5, 0.5], [1.0, 1e-9]])]

    def log_probs(level, nodes):
        return tables[level][nodes]

    items, found = beam_search(log_probs, trie, 1, 1)
    assert items.tolist() == [[0]] and np.allclose(np.exp(found), 0.3)  # .6 · .5
    items, found = beam_search(log_probs, trie, 1, 2)
    assert items.tolist() == [[2, 0]] and np.allclose(np.exp(found), [[0.4, 0.3]])


def test_what_is_not_found_is_minus_1():
    trie = PrefixTrie([[0], [1]])
    items, found = beam_search(lambda level, nodes: np.zeros((2, 1, 2)), trie, 2, 4)
    assert items.tolist() == [[0, 1, -1, -1]] * 2
    assert (found[:, 2:] == -np.inf).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PrefixTrie([[0, 1], [0, 1]]), r"different codes, got \[0, 1\] twice"),
        (lambda: PrefixTrie([[0, -1]]), "codes must be at least 0, got -1"),
        (lambda: PrefixTrie([0, 1]), r"codes must be \(n, levels\) whole numbers"),
        (lambda: PrefixTrie(np.zeros((0, 2), int)), r"codes must be \(n, levels\) whole numbers"),
        (lambda: residual_codebooks([[np.nan]], seed=0), "vectors must be finite"),
        (lambda: residual_codebooks([1.0], seed=0), r"vectors must be \(n, d\), got shape \(1,\)"),
        (
            lambda: residual_codebooks([[1.0]], levels=0, seed=0),
            "levels must be .* at least 1, got 0",
        ),
        (lambda: beam_search(None, PrefixTrie([[0]]), 1, 0), "width must be .* at least 1, got 0"),
    ],
)
def test_misuse_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
