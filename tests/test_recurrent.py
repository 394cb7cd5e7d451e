"""GRU4Rec: its cell against NumPy, its causality."""

import numpy as np
import pytest
from logs import cycles

from course_lib.models.recurrent import GRU4Rec, Recurrent


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_by_loops(x, kernel, recurrent, bias):
    """The cell of Cho et al. 2014 with the reset gate after the product, step by step."""
    units = recurrent.shape[0]
    state, states = np.zeros((len(x), units)), []
    for step in range(x.shape[1]):
        update_x, reset_x, new_x = np.split(x[:, step] @ kernel + bias[0], 3, axis=1)
        update_h, reset_h, new_h = np.split(state @ recurrent + bias[1], 3, axis=1)
        update, reset = sigmoid(update_x + update_h), sigmoid(reset_x + reset_h)
        candidate = np.tanh(new_x + reset * new_h)
        state = update * state + (1 - update) * candidate
        states.append(state)
    return np.stack(states, axis=1)


@pytest.fixture
def encoder():
    layer, rng = Recurrent(6, 0.3), np.random.default_rng(1)
    layer(np.zeros((1, 2, 6), dtype=np.float32))
    layer.set_weights([rng.normal(0, 0.4, w.shape) for w in layer.get_weights()])
    return layer


def test_the_encoder_is_the_gru_then_a_dense_layer(encoder):
    x = np.random.default_rng(0).normal(size=(4, 9, 6))
    states = gru_by_loops(x * np.sqrt(6), *encoder.gru.get_weights())
    kernel, bias = encoder.output_.get_weights()
    np.testing.assert_allclose(
        encoder(x.astype(np.float32)), states @ kernel + bias, rtol=0, atol=1e-5
    )


def test_a_later_event_changes_no_earlier_state(encoder):
    x = np.random.default_rng(0).normal(size=(2, 7, 6)).astype(np.float32)
    before = np.array(encoder(x))
    x[:, 4] *= -2
    after = np.array(encoder(x))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (np.abs(before[:, 4:] - after[:, 4:]).max(axis=(0, 2)) > 1e-4).all()


def test_a_bad_parameter_is_refused():
    with pytest.raises(ValueError, match="dimensions must be a whole number of at least 1, got 0"):
        GRU4Rec(dimensions=0).fit(cycles())
