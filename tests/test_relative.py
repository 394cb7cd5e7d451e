"""RelativeSASRec: its states by hand, in loops, and what distances and gates change."""

import numpy as np
import pytest
from logs import cycles

from course_lib.models.histories import latest
from course_lib.models.relative import RelativeSASRec

SMALL = {"dimensions": 6, "heads": 2, "length": 5, "blocks": 1, "dropout": 0.3, "epochs": 1}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "gate"])
def model(request):
    fitted = RelativeSASRec(**SMALL, gate=request.param).fit(cycles())
    rng = np.random.default_rng(0)
    for variable in fitted.network_.trainable_variables:  # numbers of a size that can be told apart
        variable.assign(rng.normal(0, 0.5, variable.shape))
    return fitted


def norm(x, layer):
    spread = np.sqrt(x.var() + 1e-6)
    return (x - x.mean()) / spread * layer.gamma.numpy() + layer.beta.numpy()


def dense(x, layer):
    return x @ layer.kernel.numpy().astype(float) + layer.bias.numpy()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(model, items):
    """The state after the last of these items, event by event in float64."""
    encoder, d, heads = model.network_.encoder, model.dimensions, model.heads
    vectors = model.network_.vectors().numpy().astype(float)
    places = encoder.positions.embeddings.numpy()
    x = [vectors[item] * d**0.5 + places[i] for i, item in enumerate(items)]
    (block,) = encoder.blocks
    normed = [norm(one, block.attention_norm) for one in x]
    projected = [dense(one, block.attention.project) for one in normed]
    size = d // heads
    for i in range(len(x)):
        found = []
        for head in range(heads):
            query, key, value = (
                [p[part * d + head * size : part * d + (head + 1) * size] for p in projected]
                for part in range(3)
            )
            bias = block.attention.distances.numpy()[head]
            scores = [query[i] @ key[j] / size**0.5 + bias[i - j] for j in range(i + 1)]
            weights = np.exp(scores) / np.exp(scores).sum()
            found.append(sum(w * v for w, v in zip(weights, value, strict=False)))
        more = dense(np.concatenate(found), block.attention.mix)
        if block.gates:
            more = more * sigmoid(dense(normed[i], block.gates[0]))
        x[i] = x[i] + more
    last = x[-1]
    inner = norm(last, block.network_norm)
    switch = dense(inner, block.switch)
    more = dense(switch * sigmoid(switch) * dense(inner, block.content), block.output_)
    if block.gates:
        more = more * sigmoid(dense(inner, block.gates[1]))
    return norm(last + more, encoder.norm)


def test_a_state_is_what_the_formulas_say(model):
    rows = latest(cycles(), np.arange(3), model.length, model.seed)
    states = model._states(rows)
    for row, state in zip(rows, states, strict=True):
        np.testing.assert_allclose(state, by_hand(model, row[row >= 0]), rtol=1e-3, atol=1e-4)


def test_attention_rows_sum_to_one_and_never_look_ahead(model):
    weights = model.attention(0, cycles())
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    assert not np.triu(weights, 1).any()


def test_a_distance_that_is_worth_much_draws_all_attention():
    model = RelativeSASRec(**SMALL).fit(cycles())
    distances = model.network_.encoder.blocks[0].attention.distances
    distances.assign(np.where(np.arange(distances.shape[1]) == 1, 50.0, 0.0) * np.ones((2, 1)))
    weights = model.attention(0, cycles())[0]
    at = np.arange(1, weights.shape[1])
    np.testing.assert_allclose(weights[:, at, at - 1], 1, rtol=1e-4)
