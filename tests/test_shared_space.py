"""Partners found among others: the loss and its slopes, by hand and by other means."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.large.shared_space import (
    contrastive_projections,
    info_nce,
    partner_ranks,
    score_slopes,
)


def drawn(n=5, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(2, n, d))


def test_two_pairs_by_hand():
    """Cosines 1 and 0: each row's share is e / (e + 1); both ways are alike."""
    pair = np.array([[1.0, 0.0], [0.0, 2.0]])
    loss, slope, _ = info_nce(pair, pair, 1.0)
    assert loss == pytest.approx(-np.log(np.e / (np.e + 1)))
    # Row 0 wants away from (0, 1), by 2 · 1 / (e + 1) / (2 · 2); along itself it cannot go.
    np.testing.assert_allclose(slope[0], [0, 0.5 / (np.e + 1)])
    np.testing.assert_allclose(slope[1], [0.25 / (np.e + 1), 0])  # twice as long: half the slope


def test_equal_rows_cost_ln_n_and_cannot_be_told_apart():
    loss, first, second = info_nce(np.ones((6, 2)), np.ones((6, 2)), 0.1)
    assert loss == pytest.approx(np.log(6))
    np.testing.assert_allclose(first, 0, atol=1e-12)
    np.testing.assert_allclose(second, 0, atol=1e-12)


def test_the_two_ways_of_asking_differ_and_are_averaged():
    first, second = np.array([[1.0, 0], [1, 0]]), np.array([[1.0, 0], [0, 1]])
    along_rows = (-np.log(np.e / (np.e + 1)) - np.log(1 / (np.e + 1))) / 2
    along_columns = np.log(2)  # both rows of first are alike
    assert info_nce(first, second, 1.0)[0] == pytest.approx((along_rows + along_columns) / 2)


@pytest.mark.parametrize("temperature", [0.05, 0.3, 2.0])
def test_slopes_are_those_of_automatic_differentiation(temperature):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    first, second = map(tf.Variable, drawn())
    with tf.GradientTape() as tape:
        a, b = (tf.math.l2_normalize(side, axis=1) for side in (first, second))
        scores, right = tf.matmul(a, b, transpose_b=True) / temperature, tf.range(5)
        both = [
            tf.nn.sparse_softmax_cross_entropy_with_logits(right, side)
            for side in (scores, tf.transpose(scores))
        ]
        loss = tf.reduce_mean(both)
    expected = [loss, *tape.gradient(loss, [first, second])]
    for mine, theirs in zip(info_nce(*drawn(), temperature), expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-10)


@given(st.integers(1, 8), st.integers(1, 4), st.integers(0, 99), st.sampled_from([0.05, 0.5, 3.0]))
def test_loss_is_never_negative_and_no_length_matters(n, d, seed, temperature):
    first, second = drawn(n, d, seed)
    loss, slope, _ = info_nce(first, second, temperature)
    assert loss >= -1e-12
    assert info_nce(7 * first, 0.1 * second, temperature)[0] == pytest.approx(loss)
    np.testing.assert_allclose((slope * first).sum(axis=1), 0, atol=1e-9)  # length does not help


@pytest.mark.parametrize(
    ("first", "second", "temperature", "message"),
    [
        (np.ones((2, 2)), np.ones((3, 2)), 1.0, r"in pairs, got \(2, 2\) and \(3, 2\)"),
        (np.ones(2), np.ones(2), 1.0, "in pairs"),
        (np.zeros((0, 2)), np.zeros((0, 2)), 1.0, "in pairs"),
        (np.array([[1.0], [0.0]]), np.ones((2, 1)), 1.0, "first must have no row of zeros, row 1"),
        (np.ones((1, 1)), np.zeros((1, 1)), 1.0, "second must have no row of zeros, row 0"),
        (np.ones((1, 1)), np.ones((1, 1)), 0.0, "temperature must be above 0, got 0"),
        (np.array([[np.nan]]), np.ones((1, 1)), 1.0, "first must be finite, got nan"),
    ],
)
def test_what_is_no_pair_is_refused(first, second, temperature, message):
    with pytest.raises(ValueError, match=message):
        info_nce(first, second, temperature)


def test_a_turn_in_the_plane_is_found():
    """Partners are the vectors turned by 90 degrees; the matrix must turn new ones, too."""
    vectors, turn = drawn(40, 2)[0], np.array([[0.0, 1.0], [-1.0, 0.0]])
    found = contrastive_projections(vectors, vectors @ turn, steps=40, seed=0)
    assert found.shape[1:] == (2, 2)
    new = drawn(20, 2, seed=1)[0]
    mine, right = new @ found[-1], new @ turn
    cosines = (
        (mine * right).sum(axis=1) / np.linalg.norm(mine, axis=1) / np.linalg.norm(right, axis=1)
    )
    assert cosines.min() > 0.95


def test_each_step_costs_less_than_the_one_before_and_a_seed_decides():
    first, second = drawn(30, 4)
    found = contrastive_projections(first, second[:, :3], steps=8, seed=3)
    losses = [info_nce(first @ matrix, second[:, :3], 0.1)[0] for matrix in found]
    assert (np.diff(losses) < 0).all()
    again = contrastive_projections(first, second[:, :3], steps=8, seed=3)
    np.testing.assert_array_equal(found, again)
    assert len(contrastive_projections(first, second, steps=1, seed=0)) == 1


def test_slopes_of_scores_push_pairs_up_and_the_rest_down():
    scores = drawn(4, 4)[0]
    slopes = score_slopes(scores)
    assert (np.sign(slopes) == 1 - 2 * np.eye(4)).all()
    np.testing.assert_allclose(slopes.sum(), 0, atol=1e-12)


def test_ranks_count_who_is_at_least_as_near():
    words = np.array([[1.0, 0], [0, 1], [1, 1]])
    pictures = np.array([[2.0, 0.1], [1, 0], [1, 1]])  # the second lies with the first word
    assert partner_ranks(pictures, words).tolist() == [0, 2, 0]


def test_a_model_that_says_the_same_of_everything_finds_nothing():
    assert partner_ranks(np.ones((5, 3)), drawn(5, 3)[1]).tolist() != [0] * 5
    assert partner_ranks(drawn(5, 3)[0], np.ones((5, 3))).tolist() == [4] * 5


def test_ranks_need_pairs():
    with pytest.raises(ValueError, match=r"in pairs, got \(2, 3\)"):
        partner_ranks(np.ones((2, 2)), np.ones((3, 2)))
