"""The network that lesson 03 builds, held against Keras, SciPy, papers and paper."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from lessons import ROOT, make_notebooks, namespace_after, tagged
from scipy.special import erf
from scipy.stats import norm

from course_lib.checks import CASES
from course_lib.losses import binary_cross_entropy

SIZES = [[2, 3, 1], [10, 32, 1], [4, 6, 5, 1], [3, 1, 1], [5, 8, 8, 8, 1]]


def lesson():
    """What the cells tagged setup and network define, with the rest of the lesson unseen."""
    notebook = make_notebooks.solved(ROOT / "solutions" / "03_neural_network.md")
    setup, network = tagged(notebook, "setup"), tagged(notebook, "network")
    assert len(setup) == 1
    assert len(network) >= 5
    return namespace_after(*setup, *network), network


BUILT, CELLS = lesson()
forward, backward, train = BUILT["forward"], BUILT["backward"], BUILT["train"]
initialise, ACTIVATIONS = BUILT["initialise"], BUILT["ACTIVATIONS"]


def twin(layers, activation, l2=0.0):
    """A Keras model with a copy of the weights, in 64 bits so that only formulas can differ."""
    with keras.device("cpu:0"):
        model = keras.Sequential([keras.Input((layers[0][0].shape[0],), dtype="float64")])
        for i, (weights, _) in enumerate(layers):
            kind = "sigmoid" if i == len(layers) - 1 else activation.lower()
            regulariser = keras.regularizers.L2(l2) if l2 else None
            model.add(
                keras.layers.Dense(
                    weights.shape[1], kind, kernel_regularizer=regulariser, dtype="float64"
                )
            )
        model.set_weights([part for layer in layers for part in layer])
        return model


def gradients_by_keras(model, X, y):
    with tf.GradientTape() as tape:
        loss = keras.losses.BinaryCrossentropy(dtype="float64")(y[:, None], model(X))
        loss = tf.add_n([loss, *model.losses])
    return [part.numpy() for part in tape.gradient(loss, model.trainable_variables)]


def problem(sizes, seed, rows=17):
    rng = np.random.default_rng(seed)
    layers = [(w, rng.normal(0, 0.3, b.shape)) for w, b in initialise(sizes, rng)]
    y = rng.integers(0, 2, rows).astype(float)
    return rng.normal(size=(rows, sizes[0])), y, layers


def flat(gradients):
    return [part for layer in gradients for part in layer]


def test_lesson_needs_about_sixty_lines():
    inside, lines = False, 0
    for line in "\n".join(CELLS).splitlines():
        quotes = line.count('"""')
        lines += bool(line.strip()) and not inside and not quotes
        inside ^= quotes == 1
    assert 50 <= lines <= 65
    assert all(len(cell.splitlines()) <= 15 for cell in CELLS)


# The network on paper


PAPER = [
    (np.array([[1.0, 2.0, -1.0], [0.5, -1.0, 1.0]]), np.array([-1.0, -1.0, 1.0])),
    (np.array([[1.0], [3.0], [-1.0]]), np.array([1.0])),
]


def test_paper_network_has_the_numbers_worked_out_by_hand():
    x, y = np.array([[1.0, 2.0]]), np.array([1.0])
    probability, trace = forward(x, PAPER)
    np.testing.assert_array_equal(trace[1][0], [[1.0, 0.0, 2.0]])  # activations
    np.testing.assert_array_equal(probability, [0.5])
    (W1, b1), (W2, b2) = backward(y, probability, trace, PAPER)
    np.testing.assert_array_equal(W2, [[-0.5], [0.0], [-1.0]])
    np.testing.assert_array_equal(b2, [-0.5])
    np.testing.assert_array_equal(W1, [[-0.5, 0.0, 0.5], [-1.0, 0.0, 1.0]])
    np.testing.assert_array_equal(b1, [-0.5, 0.0, 0.5])


def test_one_step_on_paper():
    x, y = np.array([[1.0, 2.0]]), np.array([1.0])
    (after,) = train(x, y, PAPER, BUILT["sgd"], rate=0.1, epochs=1)
    np.testing.assert_allclose(after[0][0], [[1.05, 2.0, -1.05], [0.6, -1.0, 0.9]])
    np.testing.assert_allclose(after[1][0], [[1.05], [3.0], [-0.9]])
    probability, trace = forward(x, after)
    np.testing.assert_allclose(trace[1][0], [[1.3, 0.0, 1.7]])
    np.testing.assert_allclose(probability, [1 / (1 + np.exp(-0.885))])
    assert binary_cross_entropy(y, probability) == pytest.approx(0.3455, abs=5e-5)


# Forward and backward


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_and_gradients_agree_with_keras(activation, sizes, seed):
    X, y, layers = problem(sizes, seed)
    model = twin(layers, activation)
    probability, trace = forward(X, layers, activation)
    np.testing.assert_allclose(probability, model(X).numpy()[:, 0], atol=1e-5, rtol=0)
    ours, theirs = flat(backward(y, probability, trace, layers)), gradients_by_keras(model, X, y)
    assert len(ours) == len(theirs)
    for mine, keras_own in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-5, rtol=0)


def test_the_comparison_notices_a_wrong_gradient():
    X, y, layers = problem([4, 6, 5, 1], 0)
    probability, trace = forward(X, layers)
    theirs = gradients_by_keras(twin(layers, "ReLU"), X, y)
    sum_not_mean = flat(backward(y, probability * 1.0, trace, layers))[0] * len(y)
    no_activation = [(signal, 1.0) for signal, _ in trace]
    for wrong in (sum_not_mean, flat(backward(y, probability, no_activation, layers))[0]):
        assert np.abs(wrong - theirs[0]).max() > 1e-3


def test_gelu_is_the_error_function_formula():
    z = np.linspace(-8, 8, 161)
    function, derivative = ACTIVATIONS["GELU"]
    np.testing.assert_allclose(function(z), z * 0.5 * (1 + erf(z / np.sqrt(2))), atol=1e-12)
    np.testing.assert_allclose(derivative(z), norm.cdf(z) + z * norm.pdf(z), atol=1e-12)
    np.testing.assert_allclose(function(z), keras.ops.gelu(z, approximate=False), atol=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivatives_of_activations_agree_with_nudges(activation):
    function, derivative = ACTIVATIONS[activation]
    z = np.array([-6.0, -2.0, -0.75, -0.1, 0.1, 0.5, 2.0, 6.0])
    slopes = (function(z + 1e-6) - function(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(z), slopes, atol=1e-8)


def test_derivatives_the_lesson_quotes():
    at = {name: derivative for name, (_, derivative) in ACTIVATIONS.items()}
    assert at["sigmoid"](np.array(0.0)) == 0.25
    assert at["tanh"](np.array(0.0)) == 1.0
    assert at["ReLU"](np.array([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 1.0]
    assert at["GELU"](np.array(0.0)) == 0.5


# Optimisers


@pytest.mark.parametrize(
    ("name", "rate", "reference"),
    [
        ("sgd", 0.07, lambda: keras.optimizers.SGD(0.07)),
        ("momentum", 0.02, lambda: keras.optimizers.SGD(0.02, momentum=0.9)),
        ("rmsprop", 0.1, lambda: keras.optimizers.RMSprop(0.1)),
        ("adam", 0.3, lambda: keras.optimizers.Adam(0.3)),
        ("adam", 0.005, lambda: keras.optimizers.Adam(0.005)),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_every_step_of_an_optimiser_agrees_with_keras(name, rate, reference, seed):
    rng = np.random.default_rng(seed)
    there, optimiser = keras.Variable(np.zeros((3, 2)), dtype="float64"), reference()
    memory = {}
    for scale in np.geomspace(1, 1e-3, 20):  # gradients shrink as they do in training
        gradient = scale * rng.normal(size=(3, 2))
        before = there.numpy()
        optimiser.apply([tf.constant(gradient)], [there])
        ours = BUILT[name](gradient, memory, rate)
        # Keras rounds 0.999 to 32 bits before it takes powers: steps differ by some 1e-6.
        np.testing.assert_allclose(ours, there.numpy() - before, atol=1e-5, rtol=0)


def test_adam_follows_its_paper():
    """Kingma & Ba 2015, algorithm 1, literally; the lesson and Keras place epsilon otherwise."""
    rng, memory = np.random.default_rng(0), {}
    m = v = 0.0
    for t in range(1, 30):
        g = rng.normal()
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        expected = -0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)
        assert BUILT["adam"](g, memory, 0.01) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "first_step"),
    [
        ("sgd", (0.4, -2.5)),  # rate · gradient
        ("momentum", (0.4, -2.5)),  # no speed yet
        ("rmsprop", (0.1 / 0.1**0.5, -0.1 / 0.1**0.5)),  # g / √(0.1 g²)
        ("adam", (0.1, -0.1)),  # both corrections cancel: the sign of g
    ],
)
def test_first_step_in_the_valley_is_the_one_on_paper(name, first_step):
    step = BUILT[name](np.array([-4.0, 25.0]), {}, 0.1)
    np.testing.assert_allclose(step, first_step, rtol=1e-5)


# Training


@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("activation", ["ReLU", "tanh"])
def test_thirty_steps_of_training_end_where_keras_ends(activation, l2):
    X, y, layers = problem([4, 6, 5, 1], 1, rows=40)
    *_, ours = train(X, y, layers, BUILT["adam"], 0.01, epochs=30, l2=l2, activation=activation)
    model, optimiser = twin(layers, activation, l2), keras.optimizers.Adam(0.01)
    for _ in range(30):
        slopes = gradients_by_keras(model, X, y)
        optimiser.apply([tf.constant(slope) for slope in slopes], model.trainable_variables)
    # Keras charges for the weights of the layers that have a regulariser, never for biases.
    for mine, theirs in zip(flat(ours), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5, rtol=0)


def test_an_epoch_uses_every_row_once_in_batches():
    X, y, layers = problem([2, 3, 1], 0, rows=10)
    seen = []

    def spy(gradient, memory, rate):
        seen.append(gradient)
        return 0 * gradient

    list(train(X, y, layers, spy, 1.0, epochs=1, batch_size=4, rng=np.random.default_rng(0)))
    biases = [g for g in seen if g.shape == (1,)]  # of the output layer: mean of p - y
    assert len(biases) == 3
    total = sum(size * g[0] for size, g in zip((4, 4, 2), biases, strict=True))
    probability, _ = forward(X, layers)
    assert total == pytest.approx(np.sum(probability - y))


def test_training_leaves_the_layers_of_earlier_epochs_alone():
    X, y, layers = problem([2, 3, 1], 0)
    before = [part.copy() for part in flat(layers)]
    epochs = list(train(X, y, layers, epochs=5))
    for part, copy in zip(flat(layers), before, strict=True):
        np.testing.assert_array_equal(part, copy)
    assert not np.allclose(epochs[0][0][0], epochs[4][0][0])


def test_same_seed_same_network_other_seed_another():
    X, y, layers = problem([2, 3, 1], 0)

    def weights(seed):
        rng = np.random.default_rng(seed)
        *_, net = train(X, y, layers, epochs=3, batch_size=5, dropout=0.5, rng=rng)
        return net[0][0]

    np.testing.assert_array_equal(weights(0), weights(0))
    assert not np.allclose(weights(0), weights(1))


def test_dropout_keeps_the_expected_signal_and_blocks_the_gradient_of_dropped_units():
    X, y, layers = problem([2, 4000, 1], 0, rows=2)
    _, plain = forward(X, layers)
    probability, dropped = forward(X, layers, dropout=0.3, rng=np.random.default_rng(0))
    awake = plain[1][0] > 0
    ratio = dropped[1][0][awake] / plain[1][0][awake]
    assert set(np.round(ratio, 9)) == {0.0, round(1 / 0.7, 9)}
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    off = np.all(dropped[1][0] == 0, axis=0)
    (W1, b1), _ = backward(y, probability, dropped, layers)
    assert np.all(W1[:, off] == 0)
    assert np.all(b1[off] == 0)
    assert np.any(W1 != 0)


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_initial_weights_have_variance_gain_over_inputs(gain):
    (W1, b1), (W2, b2) = initialise([400, 300, 200], np.random.default_rng(0), gain)
    assert W1.shape == (400, 300)
    assert W2.shape == (300, 200)
    assert W1.var() == pytest.approx(gain / 400, rel=0.03)
    assert W2.var() == pytest.approx(gain / 300, rel=0.03)
    assert abs(W1.mean()) < 3 * np.sqrt(gain / 400 / W1.size)
    assert not b1.any()
    assert not b2.any()


# Exercises


def test_early_stopping_of_exercise_3_2_is_that_of_keras():
    for case in CASES["3.2"]:
        losses, patience = case.arguments
        stopper = keras.callbacks.EarlyStopping("val_loss", patience=patience, mode="min")
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.stop_training = False
        stopper.set_model(model)
        stopper.on_train_begin()
        for epoch, loss in enumerate(losses):
            stopper.on_epoch_end(epoch, {"val_loss": loss})
            if model.stop_training:
                break
        assert stopper.best_epoch == case.expected, case


def test_wrong_answers_fail_at_least_one_case():
    wrong = {
        "3.1": [
            lambda s, w, d: (s.T @ d / len(s), d.mean(axis=0), d @ w.T),
            lambda s, w, d: (s.T @ d, d.sum(axis=1), d @ w.T),
            lambda s, w, d: (s.T @ d, d.sum(axis=0), d @ w),
            lambda s, w, d: (d.T @ s, d.sum(axis=0), d @ w.T),
        ],
        "3.2": [
            lambda losses, patience: int(np.argmin(losses)),
            lambda losses, patience: len(losses) - 1,
            lambda losses, patience: int(np.argmin(losses[: patience + 1])),
            lambda losses, patience: first_rise(losses),
        ],
        "3.3": [
            lambda a: float(np.mean(a == 0)),
            lambda a: float(np.mean(np.all(a == 0, axis=1))),
            lambda a: float(np.mean(np.all(a <= 0, axis=0))),
            lambda a: float(np.mean(np.sum(a, axis=0) == 0)),
            lambda a: float(np.sum(np.all(a == 0, axis=0))),
        ],
    }
    from course_lib.checks import agrees

    def right(function, case):
        try:
            return agrees(function(*case.arguments), case.expected, case.tolerance)
        except Exception:
            return False

    for exercise, functions in wrong.items():
        for function in functions:
            assert not all(right(function, case) for case in CASES[exercise]), exercise


def first_rise(losses):
    for epoch in range(1, len(losses)):
        if losses[epoch] >= losses[epoch - 1]:
            return epoch - 1
    return len(losses) - 1
