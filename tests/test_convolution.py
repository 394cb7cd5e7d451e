"""Caser: its filters against NumPy, window by window, and what it cannot see."""

import numpy as np
import pytest
from logs import cycles

from course_lib.models.convolution import Caser, Convolutions


@pytest.fixture
def encoder():
    layer, rng = Convolutions(6, 3, 2, 0.3), np.random.default_rng(1)
    layer(np.zeros((1, 4, 6), dtype=np.float32))
    layer.set_weights([rng.normal(0, 0.4, w.shape) for w in layer.get_weights()])
    return layer


def caser_by_loops(x, layer):
    """Each place's window as the picture of the paper: filters over rows, filters over columns."""
    x = x * np.sqrt(x.shape[-1])
    kernel, bias = layer.output_.get_weights()
    vertical = layer.vertical.get_weights()[0]
    out = np.zeros_like(x)
    for row in range(len(x)):
        for place in range(x.shape[1]):
            picture = np.zeros((layer.window, x.shape[2]))
            seen = x[row, max(0, place - layer.window + 1) : place + 1]
            picture[layer.window - len(seen) :] = seen
            found = []
            for height, filters in enumerate(layer.horizontal, start=1):
                weights, shift = filters.get_weights()  # (height, d, filters)
                runs = [
                    np.maximum(np.einsum("hd,hdf->f", picture[i : i + height], weights) + shift, 0)
                    for i in range(layer.window - height + 1)
                ]
                found.append(np.max(runs, axis=0))
            found.append((picture.T @ vertical).ravel())
            out[row, place] = x[row, place] + np.concatenate(found) @ kernel + bias
    return out


def test_the_encoder_is_the_filters_window_by_window(encoder):
    x = np.random.default_rng(0).normal(size=(2, 7, 6))
    expected = caser_by_loops(x, encoder)
    np.testing.assert_allclose(encoder(x.astype(np.float32)), expected, rtol=0, atol=1e-4)


def test_an_event_changes_the_states_of_its_window_only(encoder):
    x = np.random.default_rng(0).normal(size=(2, 9, 6)).astype(np.float32)
    before = np.array(encoder(x))
    x[:, 4] += 3
    changed = np.abs(before - np.array(encoder(x))).max(axis=(0, 2)) > 1e-4
    assert changed.tolist() == [False] * 4 + [True] * 3 + [False] * 2


@pytest.mark.parametrize("name", ["window", "filters"])
def test_a_bad_parameter_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Caser(**{name: 0}).fit(cycles())
