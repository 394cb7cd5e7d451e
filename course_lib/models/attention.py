"""Causal self-attention: each event takes in what earlier events have to say to it."""

import keras
from keras import ops


class CausalSelfAttention(keras.layers.Layer):
    """Each place takes a weighted mean of the values of this and earlier places.

    weights = softmax(query · key / √(d / heads)) over places up to its own; what the heads found
    is put side by side and mixed by one more matrix. Vaswani et al. 2017, sec. 3.2. The same as
    `keras.layers.MultiHeadAttention` with `use_causal_mask=True`, with one matrix for query, key
    and value, which takes less time on a CPU.
    """

    def __init__(self, dimensions, heads, dropout, seeds):
        super().__init__()
        self.heads = heads
        self.project = seeds.dense(3 * dimensions)
        self.mix = seeds.dense(dimensions)
        self.drop = seeds.dropout(dropout)

    def weights_and_values(self, x):
        """Attention weights (n, heads, length, length), row = who looks, and values by head."""
        length, size = ops.shape(x)[1], x.shape[-1] // self.heads  # T, d / h
        parts = ops.reshape(self.project(x), (-1, length, 3, self.heads, size))  # (n, T, 3d) before
        # (3, n, h, T, d / h): three of (n, h, T, d / h)
        query, key, value = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3)
        scores = ops.matmul(query * size**-0.5, ops.swapaxes(key, -1, -2))  # (n, h, T, T)
        positions = ops.arange(length)
        later = ops.cast(positions[:, None] < positions[None, :], scores.dtype)  # (T, T)
        return ops.softmax(scores - 1e9 * later), value

    def call(self, x, training=False):
        weights, value = self.weights_and_values(x)  # (n, h, T, T), (n, h, T, d / h)
        found = ops.matmul(self.drop(weights, training=training), value)  # (n, h, T, d / h)
        found = ops.transpose(found, (0, 2, 1, 3))  # (n, T, h, d / h)
        return self.mix(ops.reshape(found, ops.shape(x)))  # (n, T, d): the heads side by side
