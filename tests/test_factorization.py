"""Expected values: paper and pencil, finite differences, Keras's Adam and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from logs import log

from course_lib.models import factorization, validation
from course_lib.models.factorization import BPR, MatrixFactorization, factor_gradients
from course_lib.models.pairs import Pairs

RATINGS = log([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 2, 3], [5, 3, 4, 1, 2, 5])
VECTORS = ("user_vectors_", "item_vectors_", "user_biases_", "item_biases_")


def start(model, data):
    """The vectors before any learning: the same seed, and steps of no length."""
    return model.__class__(**model.get_params() | {"learning_rate": 1e-30}).fit(data)


# --- the update rule


def test_one_step_on_paper():
    """p = (1, 0), q = (1/2, 2), r = 1: e = 1/2; rate 0.2, λ 0: p becomes p + 0.1 q."""
    p, q = np.array([[1.0, 0.0]]), np.array([[0.5, 2.0]])
    to_p, to_q = factor_gradients(p, q, 1 - np.sum(p * q, axis=1), 0.0)
    np.testing.assert_allclose(p - 0.2 * to_p, [[1.05, 0.2]])
    np.testing.assert_allclose(q - 0.2 * to_q, [[0.6, 2.0]])


def test_gradients_are_the_slopes_of_the_cost():
    rng = np.random.default_rng(0)
    p, q = rng.normal(size=(2, 3, 4))
    ratings, lam, step = rng.normal(size=3), 0.3, 1e-6

    def cost(p, q):
        errors = ratings - np.sum(p * q, axis=1)
        return np.sum(errors**2) / 2 + lam / 2 * (np.sum(p**2) + np.sum(q**2))

    to_p, to_q = factor_gradients(p, q, ratings - np.sum(p * q, axis=1), lam)
    for place in np.ndindex(3, 4):
        nudge = np.zeros((3, 4))
        nudge[place] = step
        assert to_p[place] == pytest.approx((cost(p + nudge, q) - cost(p - nudge, q)) / 2e-6)
        assert to_q[place] == pytest.approx((cost(p, q + nudge) - cost(p, q - nudge)) / 2e-6)


def test_adam_takes_the_steps_of_keras():
    values, gradients = np.array([1.0, -2.0, 3.0]), np.array([[0.5, 1, -4], [2, 0, 1], [0, -1, 9]])
    variable = keras.Variable(values, dtype="float64")
    theirs = keras.optimizers.Adam(0.1, epsilon=1e-8)
    ours = factorization._Adam({"x": values}, 0.1)
    for gradient in gradients:
        ours.step(x=gradient)
        theirs.apply([tf.constant(gradient)], [variable])
    np.testing.assert_allclose(values, variable.numpy(), rtol=1e-5)


def test_rows_of_one_index_are_added_up():
    total = factorization._sum_rows(np.array([2, 0, 2]), np.array([[1.0, 2], [3, 4], [5, 6]]), 4)
    assert total.tolist() == [[3, 4], [0, 0], [6, 8], [0, 0]]


# --- matrix factorisation


@pytest.mark.parametrize("epochs", [1, 3])
def test_ratings_are_learned_as_keras_would(epochs):
    """μ + b_u + b_i + p·q, squared error + λ (…) for each rating, Adam: the gradient by Keras."""
    lam = 0.1
    model = MatrixFactorization(
        dimensions=3, negatives=0, regularisation=lam, epochs=epochs, learning_rate=0.05
    ).fit(RATINGS)
    first = start(model, RATINGS)
    p, q, b_u, b_i = (tf.Variable(getattr(first, name)) for name in VECTORS)
    adam = keras.optimizers.Adam(0.05, epsilon=1e-8)
    users, items = RATINGS.users, RATINGS.items
    for _ in range(epochs):
        with tf.GradientTape() as tape:
            p_u, q_i, to_u, to_i = (
                tf.gather(table, index)
                for table, index in ((p, users), (q, items), (b_u, users), (b_i, items))
            )
            predicted = 20 / 6 + to_u + to_i + tf.reduce_sum(p_u * q_i, axis=1)
            lengths = tf.reduce_sum(p_u**2 + q_i**2, axis=1) + to_u**2 + to_i**2
            cost = tf.reduce_sum((RATINGS.values - predicted) ** 2 + lam * lengths) / 2
        gradients = tape.gradient(cost, [p, q, b_u, b_i])
        adam.apply([tf.convert_to_tensor(g) for g in gradients], [p, q, b_u, b_i])
    for name, table in zip(VECTORS, (p, q, b_u, b_i), strict=True):
        np.testing.assert_allclose(getattr(model, name), table.numpy(), rtol=1e-4, atol=1e-5)
    assert model.mean_ == pytest.approx(20 / 6)


def test_the_loss_is_the_mean_squared_error_before_the_step():
    model = MatrixFactorization(negatives=0, epochs=1, learning_rate=1e-30).fit(RATINGS)
    errors = RATINGS.values - model.score([0, 1, 2], RATINGS)[RATINGS.users, RATINGS.items]
    assert model.losses_ == pytest.approx([np.mean(errors**2)], rel=1e-5)


def test_planted_ratings_are_found_and_taste_beats_biases():
    """Ratings made of biases and two hidden tastes; a quarter of them withheld."""
    rng = np.random.default_rng(1)
    users, items = np.divmod(np.arange(60 * 40), 40)
    tastes, kinds = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    truth = 3 + rng.normal(size=60)[:, None] + rng.normal(size=40) + tastes @ kinds.T
    hidden = rng.random(len(users)) < 0.25
    data = log(users, items, truth.ravel())
    model = MatrixFactorization(
        dimensions=2, negatives=0, regularisation=0.01, epochs=150, learning_rate=0.03,
        batch_size=300,
    ).fit(data.select(~hidden))  # fmt: skip
    found = model.score(np.arange(60), data).ravel()[hidden]
    wrong = np.sqrt(np.mean((found - truth.ravel()[hidden]) ** 2))
    assert wrong < 0.2
    row, column = truth.mean(axis=1, keepdims=True), truth.mean(axis=0)
    biases_alone = np.std(truth - row - column)
    assert biases_alone > 1


def test_scores_of_ratings_are_predictions_in_their_own_unit():
    model = MatrixFactorization(
        dimensions=4, negatives=0, regularisation=0, epochs=800, learning_rate=0.02
    ).fit(RATINGS)
    found = model.score([0, 1, 2], RATINGS)[RATINGS.users, RATINGS.items]
    np.testing.assert_allclose(found, RATINGS.values, atol=0.02)


def test_bought_scores_one_and_absent_zero():
    bought = np.kron(np.eye(2), np.ones((6, 6)))
    data = log(*np.nonzero(bought))
    model = MatrixFactorization(epochs=60, learning_rate=0.05, regularisation=0.001).fit(data)
    np.testing.assert_allclose(model.score(np.arange(12), data), bought, atol=0.2)
    assert model.mean_ == 1 / 5  # one that was bought beside four that were not


@pytest.mark.parametrize("dimensions", [4, 64])
def test_vectors_start_a_tenth_long_whatever_their_dimension(dimensions):
    data = log([0], [0], [1], n_items=200)
    model = MatrixFactorization(dimensions=dimensions, negatives=0, epochs=1).fit(data)
    lengths = np.linalg.norm(model.item_vectors_[1:], axis=1)  # of items without an event
    assert np.sqrt((lengths**2).mean()) == pytest.approx(0.1, rel=0.1)


def test_repeats_count_each_among_ratings():
    twice = log([0, 0, 1], [0, 0, 0], [1, 3, 2])
    model = MatrixFactorization(negatives=0, regularisation=0, epochs=300, learning_rate=0.05)
    assert model.fit(twice).score([0], twice)[0, 0] == pytest.approx(2, abs=0.01)


# --- BPR


def test_bpr_learns_as_keras_would(monkeypatch):
    """−ln σ(x_ui − x_uj) + λ/2 (…), the drawn items fixed, two steps, the gradient by Keras."""
    data, lam = log([0, 0, 1, 2], [0, 1, 1, 2], n_items=5), 0.2
    drawn = np.array([3, 2, 4, 0])
    monkeypatch.setattr(Pairs, "draw_absent", lambda self, users, rng: drawn.copy())
    model = BPR(dimensions=3, regularisation=lam, epochs=2, learning_rate=0.05).fit(data)
    first = start(model, data)
    p, q, b = (tf.Variable(getattr(first, VECTORS[i])) for i in (0, 1, 3))
    adam = keras.optimizers.Adam(0.05, epsilon=1e-8)
    for _ in range(2):
        with tf.GradientTape() as tape:
            p_u, q_i, q_j = tf.gather(p, data.users), tf.gather(q, data.items), tf.gather(q, drawn)
            b_i, b_j = tf.gather(b, data.items), tf.gather(b, drawn)
            lead = b_i - b_j + tf.reduce_sum(p_u * (q_i - q_j), axis=1)
            lengths = tf.reduce_sum(p_u**2 + q_i**2 + q_j**2, axis=1) + b_i**2 + b_j**2
            cost = tf.reduce_sum(tf.math.softplus(-lead) + lam / 2 * lengths)
        gradients = tape.gradient(cost, [p, q, b])
        adam.apply([tf.convert_to_tensor(g) for g in gradients], [p, q, b])
    for i, table in zip((0, 1, 3), (p, q, b), strict=True):
        np.testing.assert_allclose(getattr(model, VECTORS[i]), table.numpy(), rtol=1e-4, atol=1e-5)
    assert not model.user_biases_.any()
    assert model.losses_[0] == pytest.approx(np.log(2), abs=0.05)  # at the start all are equal


def test_two_tastes_are_told_apart():
    users, items = np.nonzero(np.kron(np.eye(2), np.ones((6, 6))) - np.eye(12))
    data = log(users, items)
    first = BPR(epochs=60, learning_rate=0.05).fit(data).recommend(np.arange(12), data, 1)
    assert first[:, 0].tolist() == list(range(12))


def test_bpr_without_anything_absent_keeps_its_start():
    everything = log([0, 0, 1, 1], [0, 1, 0, 1])
    model = BPR().fit(everything)
    assert (model.user_vectors_ == start(model, everything).user_vectors_).all()
    assert model.losses_.tolist() == [0.0] * model.epochs


# --- epochs

SOON = log(np.repeat(np.arange(12), 5), np.tile(np.arange(5), 12), n_items=12)
LATER = log(np.arange(12), np.arange(12) % 7 + 5, n_users=12, n_items=12)


@pytest.mark.parametrize("model", [MatrixFactorization, BPR])
def test_the_best_epoch_is_kept_and_patience_ends_training(model, monkeypatch):
    found = iter([0.2, 0.5, 0.4, 0.3, 0.9])
    monkeypatch.setattr(validation, "ndcg_at_k", lambda lists, relevant, k: [next(found)])
    fitted = model(epochs=9, patience=2).fit(SOON, LATER)
    assert fitted.epochs_ == 2
    assert fitted.curve_.tolist() == [0.2, 0.5, 0.4, 0.3]
    again = model(epochs=2).fit(SOON)
    assert (again.item_vectors_ == fitted.item_vectors_).all()
    assert again.epochs_ == 2


def test_the_curve_is_ndcg_of_first_purchases():
    from course_lib.evaluation import evaluate

    model = MatrixFactorization(epochs=3, patience=3).fit(SOON, LATER)
    table = evaluate(model, LATER, history=SOON)
    assert model.curve_.max() == pytest.approx(table["ndcg"].mean())


def test_an_interruption_keeps_the_best_so_far(monkeypatch):
    found = iter([0.5, 0.2])

    def ndcg(lists, relevant, k):
        try:
            return [next(found)]
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(validation, "ndcg_at_k", ndcg)
    with pytest.warns(UserWarning, match="interrupted: kept what 1 epochs had learned"):
        model = BPR(epochs=9, patience=5).fit(SOON, LATER)
    assert (model.item_vectors_ == BPR(epochs=1).fit(SOON).item_vectors_).all()


def test_a_loss_that_runs_away_is_an_error():
    huge = log([0, 1], [0, 1], [1e30, -1e30])
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match="the loss became inf in epoch 1: lower the learning rate"),
    ):
        MatrixFactorization(negatives=0).fit(huge)


def test_validation_without_anything_new_is_an_error():
    with pytest.raises(ValueError, match="validation has nothing to find"):
        BPR().fit(SOON, SOON)


def test_a_user_is_known_by_id_not_by_history():
    data = log([0, 0, 1], [0, 1, 1], n_users=3, n_items=4)
    model = MatrixFactorization(epochs=1).fit(data)
    history = log([2], [3], n_users=3, n_items=4)
    assert model.score([2], history)[0].tolist() == [1, 2, 0, 0]  # lines of each item
    assert (model.score([0], history) == model.score([0], data)).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dimensions": 0}, "dimensions must be a whole number of at least 1, got 0"),
        ({"epochs": 1.5}, "epochs must be a whole number of at least 1, got 1.5"),
        ({"patience": 0}, "patience must be a whole number of at least 1, got 0"),
        ({"batch_size": True}, "batch_size must be a whole number of at least 1, got True"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
        ({"learning_rate": np.nan}, "learning_rate must be finite and above 0, got nan"),
        ({"regularisation": -1}, "regularisation must be at least 0, got -1"),
    ],
)
@pytest.mark.parametrize("model", [MatrixFactorization, BPR])
def test_bad_parameters_are_named(model, wrong, message):
    with pytest.raises(ValueError, match=message):
        model(**wrong).fit(RATINGS)


def test_bad_parameters_of_one_model_are_named():
    with pytest.raises(ValueError, match="negatives must be a whole number of at least 0, got -1"):
        MatrixFactorization(negatives=-1).fit(RATINGS)
    with pytest.raises(ValueError, match="popularity must be at least 0, got -1"):
        BPR(popularity=-1).fit(RATINGS)
