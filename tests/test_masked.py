"""BERT4Rec: what is hidden while it learns, and that it looks both ways."""

import keras
import numpy as np
import pytest
from attention_by_hand import randomised
from logs import cycles, log_of

from course_lib.models.histories import Baskets
from course_lib.models.masked import BERT4Rec, TwoWayAttention
from course_lib.models.seeds import Seeds
from course_lib.models.transformer import SASRec

GAP = 9  # of a catalogue of eight: items are 1 to 8 inside the network


def batches_of(log, **parameters):
    """Rows, places and targets of one epoch, a triple a batch."""
    model = BERT4Rec(length=6, batch_size=4, **parameters)
    model.n_items_, model.popularity_ = log.n_items, np.ones(log.n_items)
    baskets = Baskets(log)  # kept: the batches hold no more than a weak reference
    for (rows, places), (targets,) in model._batches(baskets):
        yield rows.numpy(), places.numpy(), targets.numpy()


def test_what_is_hidden_is_what_is_to_be_said():
    log, seen = cycles(), []
    for rows, places, targets in batches_of(log, masked=0.4):
        assert (rows.ravel()[places] == GAP).all() and (rows == GAP).sum() == len(places)
        rows.ravel()[places] = targets + 1
        seen += rows[rows > 0].tolist()
        for row in rows:  # everyone walks on by one: the gaps were filled as the walk went
            walk = row[row > 0]
            assert (np.diff(walk) % 8 == 1).all() and (row[: len(walk)] > 0).all()
    assert (np.bincount(seen) <= [0, *np.bincount(log.items)]).all()


@pytest.mark.parametrize(("masked", "hidden"), [(0.3, 0.3), (1.0, 1.0), (1e-9, 1 / 6)])
def test_half_of_the_windows_end_at_their_only_gap_the_others_hide_a_share(masked, hidden):
    counts, ends = [], []
    for seed in range(10):
        for rows, _, _ in batches_of(cycles(n_users=200), masked=masked, seed=seed):
            gaps, lengths = rows == GAP, (rows > 0).sum(axis=1)
            counts += gaps.sum(axis=1).tolist()
            at_end = gaps[np.arange(len(rows)), lengths - 1] & (gaps.sum(axis=1) == 1)
            ends += lengths[at_end & (lengths < 6)].tolist()
    assert len(counts) == 2000 and min(counts) == 1
    none = (1 - masked) ** 6 if masked > 0.1 else 0  # then one is hidden all the same
    expected = 0.5 * 1 + 0.5 * (6 * hidden + none)
    assert np.mean(counts) == pytest.approx(expected, rel=0.05)
    # of 2,000 windows 1,000 are cut, a sixth of them behind each event
    np.testing.assert_allclose(np.bincount(ends)[1:], [1000 / 6] * 5, rtol=0.25)


def test_an_event_changes_what_is_said_of_earlier_gaps():
    """Filled from both sides: of 1 _ 3 the middle is 2, of 1 _ _ nobody knows by the first."""
    model = BERT4Rec(
        dimensions=16, length=6, dropout=0.0, learning_rate=0.01, batch_size=8, masked=0.5, epochs=2
    ).fit(cycles())
    place = np.array([1], dtype=np.int32)
    states = [
        np.array(model.network_((np.array([row], dtype=np.int32), place)))
        for row in ([3, GAP, 5], [3, GAP, 6], [3, GAP, 5, 0, 0])
    ]
    assert np.abs(states[0] - states[1]).max() > 1e-3
    np.testing.assert_allclose(states[0], states[2], atol=1e-5)


def test_a_gap_is_filled_by_what_follows_it():
    """0 1 2 or 0 3 4: what came first says nothing about the middle, what follows says all."""
    log, sign = log_of([[0, 1, 2], [0, 3, 4]] * 40, 5), 6
    model = BERT4Rec(
        dimensions=16,
        length=3,
        dropout=0.0,
        learning_rate=0.01,
        batch_size=4,
        masked=0.5,
        epochs=45,
    ).fit(log)
    rows = np.array([[1, sign, 3], [1, sign, 5], [1, sign, sign]], dtype=np.int32)
    states = np.array(model.network_((rows, np.array([1, 4, 7], dtype=np.int32))))
    scores = states @ np.array(model.network_.vectors()).T + model.network_.biases.numpy()
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert chances[0, 1] > 0.7 and chances[1, 3] > 0.7
    assert 0.2 < chances[2, 1] < 0.8 and 0.2 < chances[2, 3] < 0.8


def test_the_sign_for_a_gap_is_no_item():
    for options in ({}, {"item_vectors": np.eye(8), "item_embedding": False}):
        model = BERT4Rec(dimensions=4, length=6, epochs=1, **options).fit(cycles())
        assert model.network_.vectors().shape == (8, 4)
        assert model.network_.sign.shape == (1, 4) and np.abs(model.network_.sign).max() > 0
        assert model.score([0], cycles()).shape == (1, 8)


@pytest.mark.parametrize("heads", [1, 2])
def test_attention_both_ways_is_keras_layer_with_the_weights_copied(heads):
    x = np.random.default_rng(0).normal(size=(3, 7, 8)).astype(np.float32)
    ours, size = TwoWayAttention(8, heads, 0.0, Seeds(0)), 8 // heads
    ours(x)
    randomised(ours)
    theirs = keras.layers.MultiHeadAttention(heads, size)
    theirs(x, x)
    (matrix, bias), (mix, mix_bias) = ours.project.get_weights(), ours.mix.get_weights()
    parts = [
        part
        for w, b in zip(np.split(matrix, 3, axis=1), np.split(bias, 3), strict=True)
        for part in (w.reshape(8, heads, size), b.reshape(heads, size))
    ]
    theirs.set_weights([*parts, mix.reshape(heads, size, 8), mix_bias])
    filled = np.arange(7) < np.array([[7], [4], [1]])
    expected = theirs(x, x, attention_mask=filled[:, None, :])
    np.testing.assert_allclose(ours(x, filled), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours(x), theirs(x, x), rtol=0, atol=1e-5)


def test_it_has_sasrecs_numbers_and_the_sign_for_a_gap():
    theirs, mine = (
        model(dimensions=4, length=6, epochs=1).fit(cycles()) for model in (SASRec, BERT4Rec)
    )
    assert mine.network_.count_params() - theirs.network_.count_params() == 4


def test_the_latest_events_but_one_place_are_read():
    model = BERT4Rec(dimensions=4, length=4, epochs=1, dropout=0.0).fit(cycles())
    history = log_of([[7, 7, 1, 2, 3], [1, 2, 3], [5, 2, 3], *[[0]] * 57], 8)
    scores = model.score(np.arange(3), history)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)
    assert np.abs(scores[1] - scores[2]).max() > 1e-5
