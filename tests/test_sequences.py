"""What all models of the next item share, on logs where the next item is known."""

import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from logs import checkerboard, cycles, log_of
from sklearn.base import clone

from course_lib.models.convolution import Caser
from course_lib.models.histories import Baskets
from course_lib.models.masked import BERT4Rec
from course_lib.models.recurrent import GRU4Rec
from course_lib.models.relative import RelativeSASRec
from course_lib.models.seeds import Seeds
from course_lib.models.sequences import ItemTable, NextItemNetwork, sampled_cross_entropy
from course_lib.models.transformer import SASRec
from course_lib.new_users import new_users

NETWORKS = [SASRec, GRU4Rec, Caser, BERT4Rec, RelativeSASRec]
QUICKEST = [GRU4Rec]  # where all three run the same code
SMALL = {"dimensions": 16, "length": 8, "dropout": 0.0, "learning_rate": 0.01, "batch_size": 8}


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda model: model.__name__)
def walker(request):
    """Each network, fitted on users who walk round a catalogue of eight."""
    epochs = 120 if request.param is BERT4Rec else 25  # one question a window, not one an event
    return request.param(**SMALL, epochs=epochs).fit(cycles())


def test_every_event_with_a_next_basket_is_learned_from_once_an_epoch():
    rng = np.random.default_rng(0)
    log = log_of([rng.integers(0, 9, n).tolist() for n in (1, 2, 5, 9, 30, 31)], 9)
    for size in (1, 2, 100):
        model = SASRec(length=4, batch_size=size)
        model.n_items_, model.popularity_ = 9, np.ones(9)
        pairs, baskets = [], Baskets(log)
        for (rows, places), (targets,) in model._batches(baskets):
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


def test_a_sample_comes_with_the_log_of_how_often_each_item_was_expected():
    """Counts 0, 15 and 80: one more each, to the power of 3/4, are 1, 8 and 27 of 36."""
    model = GRU4Rec(negatives=3600)
    model.popularity_ = np.array([0.0, 15.0, 80.0])
    sample, log_expected = model._sample(np.random.default_rng(0))
    expected = np.array([100, 800, 2700])
    np.testing.assert_allclose(log_expected, np.log(expected)[sample], rtol=1e-6)
    np.testing.assert_allclose(np.bincount(sample), expected, atol=120)


def test_only_the_places_asked_for_are_returned():
    class Identity(keras.layers.Layer):
        def call(self, x, training=False):
            return x

    seeds = Seeds(0)
    network = NextItemNetwork(Identity(), 4, ItemTable(4, 3, seeds))
    rows = np.array([[1, 2, 0], [3, 0, 0]], dtype=np.int32)
    states = network((rows, np.array([0, 1, 3], dtype=np.int32)))
    table = network.inputs_.get_weights()[0]
    np.testing.assert_array_equal(states, table[[1, 2, 3]])
    np.testing.assert_array_equal(network.vectors(), table[1:])
    untied = NextItemNetwork(Identity(), 4, ItemTable(4, 3, seeds), ItemTable(4, 3, seeds))
    untied((rows, np.array([0], dtype=np.int32)))
    assert not np.array_equal(untied.vectors(), untied.inputs_.get_weights()[0][1:])


def test_who_walks_in_circles_is_understood(walker):
    history = log_of([[0, 1, 2], [5, 6, 7], [3], [7, 0]], 8)
    model_history = log_of([*[[0, 1, 2], [5, 6, 7], [3], [7, 0]], *[[0]] * 56], 8)
    assert len(history) < len(model_history)
    lists = walker.recommend(np.arange(4), model_history, 1, exclude_seen=False)
    assert lists[:, 0].tolist() == [3, 0, 4, 1]


def test_a_score_is_state_times_vector_plus_bias(walker):
    if isinstance(walker, BERT4Rec):
        pytest.skip("its state is that of the gap after the latest event: test_masked")
    users, history = np.arange(3), cycles()
    rows = history.last(users, 6) + 1  # all of their events, no padding
    biases = np.random.default_rng(0).normal(size=8).astype(np.float32)
    own = walker.network_.biases.numpy()
    walker.network_.biases.assign(biases)
    found = walker.score(users, history)
    walker.network_.biases.assign(own)
    ends = (np.arange(1, 4) * rows.shape[1] - 1).astype(np.int32)
    states = np.asarray(walker.network_((rows.astype(np.int32), ends)), dtype=float)
    vectors = np.asarray(walker.network_.vectors(), dtype=float)
    expected = [[state @ vectors[j] + biases[j] for j in range(8)] for state in states]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_latest_event_counts_more_than_the_one_before(walker):
    history = log_of([[2, 5], [5, 2], *[[0]] * 58], 8)
    scores = walker.score(np.array([0, 1]), history)
    assert scores[0, 6] > scores[0, 3] and scores[1, 3] > scores[1, 6]


def test_company_changes_no_score(walker):
    """A short history scored beside a long one has padding, alone it has none."""
    history = log_of([[1, 2], [0, 1, 2, 3, 4, 5, 6], *[[0]] * 58], 8)
    together = walker.score(np.array([0, 1]), history)
    np.testing.assert_allclose(together[:1], walker.score(np.array([0]), history), atol=1e-4)


def test_what_stands_in_the_padding_changes_no_state_of_a_causal_network(walker):
    if isinstance(walker, BERT4Rec):
        pytest.skip("looks both ways, and knows padding by its number")
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


@pytest.mark.parametrize("model", QUICKEST)
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
        shortest = {"length": 2 if model is BERT4Rec else 1}
        model(**SMALL | shortest, epochs=1).fit(cycles())


def test_a_log_without_a_next_basket_gives_popularity():
    log = log_of([[0], [1], [1]], 3)
    model = SASRec(**SMALL, epochs=1).fit(log)
    assert model.epochs_ == 0
    assert model.recommend(np.array([0]), log, 1).tolist() == [[1]]
    np.testing.assert_array_equal(model.score([0], log)[0], model.popularity_)


@pytest.mark.usefixtures("without_graphs")
def test_one_epoch_over_one_pair_is_learned_from():
    log = log_of([[0, 1], [2]], 3)
    model = GRU4Rec(**SMALL, epochs=1).fit(log)
    assert (model.epochs_, len(model.losses_)) == (1, 1)
    assert not np.array_equal(model.score([0], log)[0], model.popularity_)


@pytest.mark.usefixtures("without_graphs")
def test_vectors_of_its_own_for_the_output():
    tied, untied = (GRU4Rec(**SMALL, tied=tied, epochs=1).fit(cycles()) for tied in (True, False))
    more = untied.network_.count_params() - tied.network_.count_params()
    assert more == (8 + 1) * 16


# --- vectors of the items that are given

GIVEN = np.random.default_rng(3).normal(size=(8, 5)).astype(np.float32)


@pytest.mark.parametrize("by_id", [True, False])
def test_an_item_is_its_id_plus_its_projected_vector(by_id):
    """With the weights copied: E + X W for the items, and padding's own vector alone."""
    item_table = ItemTable(8, 4, Seeds(0), given=GIVEN, by_id=by_id)
    rng = np.random.default_rng(4)
    item_table.set_weights([rng.normal(size=w.shape) for w in item_table.get_weights()])
    *of_id, projection = item_table.get_weights()
    assert projection.shape == (5, 4)
    expected = np.vstack([np.zeros(4), GIVEN @ projection]) + (of_id[0] if by_id else 0)
    np.testing.assert_allclose(item_table.rows(), expected, rtol=1e-5, atol=1e-5)
    looked_up = item_table(np.array([[3, 0], [8, 3]]))
    np.testing.assert_allclose(looked_up, expected[[[3, 0], [8, 3]]], rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("without_graphs")
@pytest.mark.parametrize("model", QUICKEST)
def test_item_vectors_that_say_nothing_change_no_score(model):
    """A projection of zeros, everything else copied, is the model without item vectors."""
    plain = model(**SMALL, epochs=1).fit(cycles())
    given = model(**SMALL, epochs=1, item_vectors=GIVEN).fit(cycles())
    projection = given.network_.inputs_.from_given.kernel
    own = [w for w in given.network_.weights if w is not projection]
    for theirs, mine in zip(plain.network_.weights, own, strict=True):
        mine.assign(theirs)
    users = np.arange(5)
    assert np.abs(given.score(users, cycles()) - plain.score(users, cycles())).max() > 1e-3
    projection.assign(np.zeros(projection.shape))
    np.testing.assert_allclose(
        given.score(users, cycles()), plain.score(users, cycles()), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("model", QUICKEST)
def test_vectors_place_an_item_that_nobody_bought(model):
    """Two rounds walked by different users; item 12 is like item 0, item 13 like item 6."""
    histories = [[(u + t) % 6 + 6 * (u % 2) for t in range(6)] for u in range(60)]
    log = log_of(histories, 14)
    vectors = np.eye(12)[[*range(12), 0, 6]]
    fitted = model(
        **SMALL, epochs=25, item_vectors=vectors, item_embedding=False, horizon=None
    ).fit(log)
    assert fitted.network_.inputs_.of_id is None
    states = fitted.network_.inputs_.rows().numpy()
    np.testing.assert_allclose(states[1 + 12], states[1 + 0], rtol=1e-6)
    history = log_of([[12, 1, 2], [13, 7, 8], *[[0]] * 58], 14)
    alike = log_of([[0, 1, 2], [6, 7, 8], *[[0]] * 58], 14)
    users = np.array([0, 1])
    np.testing.assert_allclose(
        fitted.score(users, history), fitted.score(users, alike), rtol=1e-4, atol=1e-4
    )


@pytest.mark.usefixtures("without_graphs")
def test_item_vectors_are_saved_and_read_by_label(tmp_path):
    log = cycles()
    frame = pd.DataFrame(GIVEN, index=log.item_ids)
    model = GRU4Rec(**SMALL, epochs=1, tied=False, item_vectors=frame.iloc[::-1]).fit(log)
    same = GRU4Rec(**SMALL, epochs=1, tied=False, item_vectors=GIVEN).fit(log)
    users = np.arange(60)
    scores = model.score(users, log)
    np.testing.assert_array_equal(scores, same.score(users, log))
    loaded = GRU4Rec.load(model.save(tmp_path / "model.npz"))
    np.testing.assert_array_equal(loaded.score(users, log), scores)
    again = clone(loaded).fit(log)  # what was loaded still knows whose row is whose
    np.testing.assert_array_equal(again.score(users, log), scores)


def test_item_vectors_of_another_catalogue_are_refused():
    with pytest.raises(ValueError, match=r"item_vectors must be \(8, d\), .* got \(7, 5\)"):
        SASRec(**SMALL, item_vectors=GIVEN[:7]).fit(cycles())
    frame = pd.DataFrame(GIVEN, index=[f"item {i}" for i in range(8)])
    with pytest.raises(ValueError, match="item_vectors must have the ids in its index, 0 is miss"):
        SASRec(**SMALL, item_vectors=frame).fit(cycles())


def test_who_is_new_is_served_by_history_alone(walker):
    history = new_users([[0, 1, 2], [5, 6, 7]], like=cycles())
    lists = walker.recommend([0, 1], history, 1, exclude_seen=False)
    assert lists[:, 0].tolist() == [3, 0]
