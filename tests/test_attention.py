"""Causal self-attention against the formula in NumPy and against Keras's own layer."""

import keras
import numpy as np
import pytest
from attention_by_hand import attention_by_loops, randomised

from course_lib.models.attention import CausalSelfAttention
from course_lib.models.seeds import Seeds


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(3, 7, 8))


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention_is_the_formula(x, heads):
    layer = CausalSelfAttention(8, heads, 0.0, Seeds(0))
    layer(x.astype(np.float32))
    randomised(layer)
    expected = attention_by_loops(x, layer)
    np.testing.assert_allclose(layer(x.astype(np.float32)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_keras_layer_with_the_weights_copied(x, heads):
    ours, size = CausalSelfAttention(8, heads, 0.0, Seeds(0)), 8 // heads
    ours(x.astype(np.float32))
    randomised(ours)
    theirs = keras.layers.MultiHeadAttention(heads, size)
    theirs.build(x.shape, x.shape)
    kernel, bias = ours.project.get_weights()
    weights = []
    for part in range(3):  # Keras's order: query, key, value
        columns = slice(part * 8, (part + 1) * 8)
        weights += [kernel[:, columns].reshape(8, heads, size)]
        weights += [bias[columns].reshape(heads, size)]
    mix, mix_bias = ours.mix.get_weights()
    names = [w.path for w in theirs.weights]
    assert [n for n in names if "query" in n] == names[:2]
    assert [n for n in names if "key" in n] == names[2:4]
    theirs.set_weights([*weights, mix.reshape(heads, size, 8), mix_bias])
    expected = theirs(x, x, use_causal_mask=True)
    np.testing.assert_allclose(ours(x.astype(np.float32)), expected, rtol=0, atol=1e-5)
