"""SASRec: its attention against NumPy and Keras, its causality, its scores."""

import keras
import numpy as np
import pytest
from logs import cycles, log_of

from course_lib.models.transformer import Block, CausalSelfAttention, SASRec, Transformer


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def attention_by_loops(x, layer):
    """The formula, place by place and head by head."""
    projection, bias = (w.astype(np.float64) for w in layer.project.get_weights())
    mix, mix_bias = (w.astype(np.float64) for w in layer.mix.get_weights())
    n, length, d = x.shape
    query, key, value = np.split(x @ projection + bias, 3, axis=-1)
    out, size = np.zeros_like(x), d // layer.heads
    for row in range(n):
        for t in range(length):
            found = []
            for head in range(layer.heads):
                part = slice(head * size, (head + 1) * size)
                scores = key[row, : t + 1, part] @ query[row, t, part] / np.sqrt(size)
                found.append(softmax(scores) @ value[row, : t + 1, part])
            out[row, t] = np.concatenate(found) @ mix + mix_bias
    return out


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(3, 7, 8))


def randomised(layer, seed=1):
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(0, 0.5, w.shape) for w in layer.get_weights()])
    return layer


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention_is_the_formula(x, heads):
    layer = CausalSelfAttention(8, heads, 0.0)
    layer(x.astype(np.float32))
    randomised(layer)
    expected = attention_by_loops(x, layer)
    np.testing.assert_allclose(layer(x.astype(np.float32)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_keras_layer_with_the_weights_copied(x, heads):
    ours, size = CausalSelfAttention(8, heads, 0.0), 8 // heads
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


def layer_norm(x, weights):
    scale, shift = weights
    centred = x - x.mean(-1, keepdims=True)
    return scale * centred / np.sqrt(x.var(-1, keepdims=True) + 1e-6) + shift


def test_a_block_adds_each_part_to_what_came_in(x):
    block = Block(8, 2, 0.5)
    block(x.astype(np.float32))
    randomised(block)
    norm = layer_norm(x, block.attention_norm.get_weights())
    middle = x + attention_by_loops(norm, block.attention)
    hidden, hidden_bias = block.hidden.get_weights()
    output, output_bias = block.output_.get_weights()
    norm = layer_norm(middle, block.network_norm.get_weights())
    expected = middle + np.maximum(norm @ hidden + hidden_bias, 0) @ output + output_bias
    np.testing.assert_allclose(block(x.astype(np.float32)), expected, rtol=0, atol=1e-4)


def test_a_later_event_changes_no_earlier_state(x):
    encoder = Transformer(8, 7, 2, 2, 0.0)
    before = np.array(encoder(x.astype(np.float32)))
    changed = x.copy()
    changed[:, 4] *= -2  # not a shift: LayerNorm would take it out
    after = np.array(encoder(changed.astype(np.float32)))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (np.abs(before[:, 4:] - after[:, 4:]).max(axis=(0, 2)) > 1e-3).all()


def test_attention_of_a_user_looks_back_only():
    model = SASRec(dimensions=8, length=4, heads=2, epochs=1).fit(cycles())
    weights = model.attention(3, cycles())
    assert weights.shape == (2, 2, 4, 4)  # blocks, heads, and the latest four of six events
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)
    assert (np.triu(weights, 1) == 0).all() and (np.tril(weights)[..., 3, :] > 0).all()
    x = model.network_.inputs_(cycles().last([3], 4) + 1)
    first = model.network_.encoder.blocks[0]
    norm = first.attention_norm(model.network_.encoder._with_positions(x))
    np.testing.assert_array_equal(weights[0], first.attention.weights_and_values(norm)[0][0])
    with pytest.raises(ValueError, match="at least 2 events, user 0 has 1"):
        model.attention(0, log_of([[1], *[[0]] * 59], 8))


def test_positions_matter(x):
    encoder = Transformer(8, 7, 1, 1, 0.0)
    swapped = x[:, [1, 0, *range(2, 7)]]
    last = np.array(encoder(x.astype(np.float32)))[:, -1]
    assert np.abs(np.array(encoder(swapped.astype(np.float32)))[:, -1] - last).max() > 1e-4


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"heads": 3, "dimensions": 8}, "heads must divide dimensions 8, got 3"),
        ({"blocks": 0}, "blocks must be at least 1, got 0"),
        ({"dropout": 1.0}, "dropout must lie in"),
        ({"length": 0}, "length must be a whole number of at least 1, got 0"),
        ({"negatives": 0}, "negatives must be None or at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        SASRec(**parameters).fit(cycles())
