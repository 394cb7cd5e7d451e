"""What all models of the next item share, on logs where the next item is known."""

import warnings

import keras
import numpy as np
import pytest
from logs import checkerboard, cycles, log_of

from course_lib.models.convolution import Caser
from course_lib.models.recurrent import GRU4Rec
from course_lib.models.sequences import (
    Baskets,
    NextItemNetwork,
    sampled_cross_entropy,
    windows,
    with_padding,
)
from course_lib.models.transformer import SASRec

NETWORKS = [SASRec, GRU4Rec, Caser]
SMALL = {"dimensions": 16, "length": 8, "dropout": 0.0, "learning_rate": 0.01, "batch_size": 8}


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda model: model.__name__)
def walker(request):
    """Each network, fitted on users who walk round a catalogue of eight."""
    return request.param(**SMALL, epochs=25).fit(cycles())


def test_padding_goes_behind_the_events():
    rows, lengths = with_padding([[-1, -1, -1], [-1, 4, 0], [2, 1, 3]])
    assert rows.tolist() == [[0, 0, 0], [5, 1, 0], [3, 2, 4]]
    assert lengths.tolist() == [0, 2, 3]
    with pytest.raises(ValueError, match="-1 in front"):
        with_padding([[4, -1, 0]])
    with pytest.raises(ValueError, match="whole numbers"):
        with_padding([[0.5]])


def test_the_target_is_the_next_event_where_times_differ():
    log = log_of([[3, 1, 4, 1], [5], [2, 6]], 7)
    items, targets = Baskets(log).draw(np.random.default_rng(0))
    assert items.tolist() == [3, 1, 4, 2]
    assert targets.tolist() == [1, 4, 1, 6]


def test_the_target_is_an_item_of_the_next_basket():
    log = log_of([[0, 1, 2, 3, 4, 5]], 6, times=[[0, 0, 0, 1, 1, 2]])
    baskets, rng = Baskets(log), np.random.default_rng(0)
    firsts, targets = [], []
    for _ in range(200):
        items, following = baskets.draw(rng)
        assert sorted(items[:3]) == [0, 1, 2] and sorted(items[3:]) == [3, 4]
        assert set(following[:3]) <= {3, 4} and set(following[3:]) == {5}
        firsts.append(items[0])
        targets += following[:3].tolist()
    assert set(firsts) == {0, 1, 2}  # the order within a basket is shuffled
    assert 240 < targets.count(3) < 360  # 300 of 600 expected


def test_the_horizon_says_how_far_ahead_the_target_may_be():
    log = log_of([[0, 1, 2, 3, 4, 5], [6]], 7, times=[[0, 1, 1, 2, 3, 4], [0]])
    rng = np.random.default_rng(0)
    for horizon, expected in ((1, {1, 2}), (2, {1, 2, 3}), (9, {1, 2, 3, 4, 5})):
        drawn = {Baskets(log, horizon=horizon).draw(rng)[1][0] for _ in range(100)}
        assert drawn == expected
    later = [Baskets(log, horizon=None).draw(rng)[1] for _ in range(400)]
    assert {targets[4] for targets in later} == {5}
    assert np.bincount([targets[0] for targets in later], minlength=7)[1:6].min() > 50


@pytest.mark.parametrize("length", [1, 3, 50])
def test_windows_cover_every_event_once(length):
    counts, rng = np.array([0, 7, 3, 1, 0, 50]), np.random.default_rng(0)
    owner = np.repeat(np.arange(6), counts)
    for source in (None, rng, rng, rng):
        starts, sizes = windows(counts, length, source)
        covered = np.concatenate([np.arange(a, a + n) for a, n in zip(starts, sizes, strict=True)])
        assert covered.tolist() == list(range(61))
        assert sizes.max() <= length and sizes.min() >= 1
        for start, size in zip(starts, sizes, strict=True):
            assert len(set(owner[start : start + size])) == 1


def test_every_event_with_a_next_basket_is_learned_from_once_an_epoch():
    rng = np.random.default_rng(0)
    log = log_of([rng.integers(0, 9, n).tolist() for n in (1, 2, 5, 9, 30, 31)], 9)
    for size in (1, 2, 100):
        model = SASRec(length=4, batch_size=size)
        model.n_items_, model.popularity_ = 9, np.ones(9)
        pairs = []
        for (rows, places), (targets,) in model._batches(Baskets(log)):
            flat = rows.numpy().ravel()
            assert (flat[places] > 0).all() and (np.delete(flat, places) == 0).all()
            pairs += list(zip(flat[places] - 1, targets.numpy(), strict=True))
        expected = []
        for user in range(log.n_users):
            expected += list(zip(log.of(user)[:-1], log.of(user)[1:], strict=True))
        assert sorted(pairs) == sorted(expected)


def full_softmax(states, targets, vectors, biases):
    scores = states @ vectors.T + biases
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return -np.log(probabilities[np.arange(len(targets)), targets]).mean()


@pytest.fixture
def some_states():
    rng = np.random.default_rng(0)
    states, vectors = rng.normal(size=(5, 4)), rng.normal(size=(9, 4))
    targets, biases = np.array([0, 8, 3, 3, 5]), rng.normal(size=9)
    return [a.astype(np.float32) for a in (states, vectors, biases)], targets


def test_the_loss_is_the_softmax_cross_entropy(some_states):
    (states, vectors, biases), targets = some_states
    expected = full_softmax(states, targets, vectors, biases)
    found = sampled_cross_entropy(states, targets, vectors, biases)
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_a_sample_of_all_items_is_the_full_softmax(some_states):
    (states, vectors, biases), targets = some_states
    everything, once = np.random.default_rng(1).permutation(9), np.zeros(9, dtype=np.float32)
    found = sampled_cross_entropy(states, targets, vectors, biases, everything, once)
    expected = full_softmax(states, targets, vectors, biases)
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_a_large_sample_with_log_q_approaches_the_full_softmax(some_states):
    (states, vectors, biases), targets = some_states
    q = np.arange(1, 10) / 45
    sample = np.random.default_rng(2).choice(9, 20_000, p=q)
    log_expected = np.log(20_000 * q[sample]).astype(np.float32)
    found = sampled_cross_entropy(states, targets, vectors, biases, sample, log_expected)
    expected = full_softmax(states, targets, vectors, biases)
    assert float(found) == pytest.approx(expected, abs=0.03)
    uncorrected = np.full(20_000, np.log(20_000 / 9), dtype=np.float32)
    biased = sampled_cross_entropy(states, targets, vectors, biases, sample, uncorrected)
    assert abs(float(biased) - expected) > 0.1


def test_only_the_places_asked_for_are_returned():
    class Identity(keras.layers.Layer):
        def call(self, x, training=False):
            return x

    network = NextItemNetwork(Identity(), 4, 3)
    rows = np.array([[1, 2, 0], [3, 0, 0]], dtype=np.int32)
    states = network((rows, np.array([0, 1, 3], dtype=np.int32)))
    table = network.inputs_.get_weights()[0]
    np.testing.assert_array_equal(states, table[[1, 2, 3]])
    np.testing.assert_array_equal(network.vectors(), table[1:])
    untied = NextItemNetwork(Identity(), 4, 3, tied=False)
    untied((rows, np.array([0], dtype=np.int32)))
    assert not np.array_equal(untied.vectors(), untied.inputs_.get_weights()[0][1:])


def test_who_walks_in_circles_is_understood(walker):
    history = log_of([[0, 1, 2], [5, 6, 7], [3], [7, 0]], 8)
    model_history = log_of([*[[0, 1, 2], [5, 6, 7], [3], [7, 0]], *[[0]] * 56], 8)
    assert len(history) < len(model_history)
    lists = walker.recommend(np.arange(4), model_history, 1, exclude_seen=False)
    assert lists[:, 0].tolist() == [3, 0, 4, 1]


def test_the_latest_event_counts_more_than_the_one_before(walker):
    history = log_of([[2, 5], [5, 2], *[[0]] * 58], 8)
    scores = walker.score(np.array([0, 1]), history)
    assert scores[0, 6] > scores[0, 3] and scores[1, 3] > scores[1, 6]


def test_company_changes_no_score(walker):
    """A short history scored beside a long one has padding, alone it has none."""
    history = log_of([[1, 2], [0, 1, 2, 3, 4, 5, 6], *[[0]] * 58], 8)
    together = walker.score(np.array([0, 1]), history)
    np.testing.assert_allclose(together[:1], walker.score(np.array([0]), history), atol=1e-4)


def test_what_stands_in_the_padding_changes_no_state(walker):
    rows = np.array([[3, 4, 0, 0, 0]], dtype=np.int32)
    other = np.array([[3, 4, 7, 1, 2]], dtype=np.int32)
    place = np.array([1], dtype=np.int32)
    np.testing.assert_allclose(
        walker.network_((rows, place)), walker.network_((other, place)), atol=1e-6
    )
    shorter = walker.network_((rows[:, :2], place))
    np.testing.assert_allclose(walker.network_((rows, place)), shorter, atol=1e-5)


def test_only_the_latest_events_are_read(walker):
    tail = [1, 2, 3, 4, 5, 6, 7, 0]
    history = log_of([[4, 4, 4, *tail], tail, *[[0]] * 58], 8)
    scores = walker.score(np.array([0, 1]), history)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)


def test_an_empty_history_gets_the_popular(walker):
    history = log_of([[], *[[0]] * 59], 8)
    np.testing.assert_array_equal(walker.score(np.array([0]), history)[0], walker.popularity_)


@pytest.mark.parametrize("model", NETWORKS)
def test_the_withheld_square_ranks_first(model):
    log = checkerboard()
    fitted = model(**SMALL | {"length": 12}, epochs=10).fit(log)
    lists = fitted.recommend(np.arange(24), log, 1)
    right = lists[:, 0] == (np.arange(24) + 2) % 24
    assert right.all()


@pytest.mark.parametrize("model", NETWORKS)
def test_sampled_negatives_learn_the_walk_too(model):
    fitted = model(**SMALL, negatives=6, epochs=25).fit(cycles())
    history = log_of([[0, 1, 2], [5, 6, 7], *[[0]] * 58], 8)
    lists = fitted.recommend(np.arange(2), history, 1, exclude_seen=False)
    assert lists[:, 0].tolist() == [3, 0]


@pytest.mark.parametrize("model", NETWORKS)
def test_training_warns_of_nothing(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(**SMALL, epochs=2).fit(cycles(), log_of([[(u + 6) % 8] for u in range(60)], 8))
        model(**SMALL | {"length": 1}, epochs=1).fit(cycles())


def test_a_log_without_a_next_basket_gives_popularity():
    log = log_of([[0], [1], [1]], 3)
    model = SASRec(**SMALL, epochs=1).fit(log)
    assert model.epochs_ == 0
    assert model.recommend(np.array([0]), log, 1).tolist() == [[1]]


def test_vectors_of_its_own_for_the_output():
    tied, untied = (GRU4Rec(**SMALL, tied=tied, epochs=1).fit(cycles()) for tied in (True, False))
    more = untied.network_.count_params() - tied.network_.count_params()
    assert more == (8 + 1) * 16
