"""SASRec: its blocks against NumPy, its causality, its scores."""

import numpy as np
import pytest
from attention_by_hand import attention_by_loops, randomised
from logs import cycles, log_of

from course_lib.models.seeds import Seeds
from course_lib.models.transformer import Block, SASRec, Transformer


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(3, 7, 8))


def layer_norm(x, weights):
    scale, shift = weights
    centred = x - x.mean(-1, keepdims=True)
    return scale * centred / np.sqrt(x.var(-1, keepdims=True) + 1e-6) + shift


def test_a_block_adds_each_part_to_what_came_in(x):
    block = Block(8, 2, 0.5, Seeds(0))
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
    encoder = Transformer(8, 7, 2, 2, 0.0, Seeds(0))
    before = np.array(encoder(x.astype(np.float32)))
    changed = x.copy()
    changed[:, 4] *= -2  # not a shift: LayerNorm would take it out
    after = np.array(encoder(changed.astype(np.float32)))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (np.abs(before[:, 4:] - after[:, 4:]).max(axis=(0, 2)) > 1e-3).all()


@pytest.mark.usefixtures("without_graphs")
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
    assert model.attention(0, log_of([[1, 2], *[[0]] * 59], 8)).shape == (2, 2, 2, 2)
    with pytest.raises(ValueError, match="at least 2 events, user 0 has 1"):
        model.attention(0, log_of([[1], *[[0]] * 59], 8))


def test_the_input_is_scaled_and_told_its_places(x):
    """Kang & McAuley 2018, sec. 3.1, scaled as in Vaswani et al. 2017, sec. 3.4: x √d + P."""
    encoder = Transformer(8, 9, 1, 2, 0.0, Seeds(0))
    encoder(x.astype(np.float32))
    places = encoder.positions.get_weights()[0]
    expected = x * np.sqrt(8) + places[:7]
    found = encoder._with_positions(x.astype(np.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_positions_matter(x):
    encoder = Transformer(8, 7, 1, 1, 0.0, Seeds(0))
    swapped = x[:, [1, 0, *range(2, 7)]]
    last = np.array(encoder(x.astype(np.float32)))[:, -1]
    assert np.abs(np.array(encoder(swapped.astype(np.float32)))[:, -1] - last).max() > 1e-4


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"heads": 3, "dimensions": 8}, "heads must divide dimensions 8, got 3"),
        ({"blocks": 0}, "blocks must be a whole number of at least 1, got 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1.0"),
        ({"length": 0}, "length must be a whole number of at least 1, got 0"),
        ({"negatives": 0}, "negatives must be a whole number of at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        SASRec(**parameters).fit(cycles())
