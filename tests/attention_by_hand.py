"""The attention formula in NumPy, for tests of the layer and of the Transformer around it."""

import numpy as np


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


def randomised(layer, seed=1):
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(0, 0.5, w.shape) for w in layer.get_weights()])
    return layer
