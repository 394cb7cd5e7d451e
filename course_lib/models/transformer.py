"""SASRec: a causal Transformer reads the history; every event looks at the earlier ones."""

import keras
import numpy as np
from keras import ops

from course_lib.models.sequences import SequenceRecommender, with_padding


class SASRec(SequenceRecommender):
    """Self-attention decides which earlier events matter for the next one.

    Kang & McAuley 2018, Self-Attentive Sequential Recommendation: item vectors · √d plus position
    vectors, then blocks of causal self-attention and a two-layer network (d → d → d, ReLU), each
    as x + Dropout(g(LayerNorm(x))), a last LayerNorm, and the item vectors once more as output.
    Three things differ: the loss is a softmax over all items (Klenitskiy & Vasilev 2023) or a
    sample, not one negative an event; positions count from the start of what is read; items have
    a bias. `blocks` and `heads` are the Transformer's; for the others see SequenceRecommender.
    """

    def __init__(
        self,
        *,
        dimensions=64,
        length=50,
        blocks=2,
        heads=1,
        dropout=0.2,
        horizon=1,
        negatives=None,
        batch_size=128,
        learning_rate=0.001,
        epochs=20,
        patience=3,
        seed=0,
    ):
        self.dimensions = dimensions
        self.length = length
        self.blocks = blocks
        self.heads = heads
        self.dropout = dropout
        self.horizon = horizon
        self.negatives = negatives
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _check(self):
        super()._check()
        if self.blocks < 1:
            raise ValueError(f"blocks must be at least 1, got {self.blocks}")
        if self.heads < 1 or self.dimensions % self.heads:
            raise ValueError(f"heads must divide dimensions {self.dimensions}, got {self.heads}")

    def _encoder(self):
        return Transformer(self.dimensions, self.length, self.blocks, self.heads, self.dropout)

    def attention(self, user, history):
        """Who looks at whom in a user's latest n events: (blocks, heads, n, n) weights.

        Row i, column j: how much of what event i takes in comes from event j, at most i; rows sum
        to 1. Raises ValueError for a user with fewer than two events.
        """
        rows, lengths = with_padding(history.last(self._check_users([user], history), self.length))
        if lengths[0] < 2:
            raise ValueError(f"attention needs at least 2 events, user {user} has {lengths[0]}")
        x = self.network_.inputs_(rows[:, : lengths[0]])
        return np.array(self.network_.encoder.attention(x))


class Transformer(keras.layers.Layer):
    """(n, length, d) vectors → (n, length, d) states; no state knows a later event."""

    def __init__(self, dimensions, length, blocks, heads, dropout):
        super().__init__()
        self.positions = keras.layers.Embedding(max(2, length), dimensions)
        self.blocks = [Block(dimensions, heads, dropout) for _ in range(blocks)]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.drop = keras.layers.Dropout(dropout)

    def attention(self, x):
        """The attention weights of each block for one history: list of (heads, length, length)."""
        x, weights = self._with_positions(x), []
        for block in self.blocks:
            weights.append(block.attention.weights_and_values(block.attention_norm(x))[0][0])
            x = block(x)
        return weights

    def _with_positions(self, x):
        return x * x.shape[-1] ** 0.5 + self.positions(ops.arange(ops.shape(x)[1]))

    def call(self, x, training=False):
        x = self.drop(self._with_positions(x), training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return self.norm(x)


class Block(keras.layers.Layer):
    """Attention, then a small network for each place, both added to what came in (pre-norm)."""

    def __init__(self, dimensions, heads, dropout):
        super().__init__()
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.attention = CausalSelfAttention(dimensions, heads, dropout)
        self.network_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.hidden = keras.layers.Dense(dimensions, activation="relu")
        self.output_ = keras.layers.Dense(dimensions)
        self.drop = keras.layers.Dropout(dropout)

    def call(self, x, training=False):
        attended = self.attention(self.attention_norm(x), training=training)
        x = x + self.drop(attended, training=training)
        hidden = self.drop(self.hidden(self.network_norm(x)), training=training)
        return x + self.drop(self.output_(hidden), training=training)


class CausalSelfAttention(keras.layers.Layer):
    """Each place takes a weighted mean of the values of this and earlier places.

    weights = softmax(query · key / √(d / heads)) over places up to its own; what the heads found
    is put side by side and mixed by one more matrix. Vaswani et al. 2017, sec. 3.2. The same as
    `keras.layers.MultiHeadAttention` with `use_causal_mask=True`, with one matrix for query, key
    and value, which takes less time on a CPU.
    """

    def __init__(self, dimensions, heads, dropout):
        super().__init__()
        self.heads = heads
        self.project = keras.layers.Dense(3 * dimensions)
        self.mix = keras.layers.Dense(dimensions)
        self.drop = keras.layers.Dropout(dropout)

    def weights_and_values(self, x):
        """Attention weights (n, heads, length, length), row = who looks, and values by head."""
        length, size = ops.shape(x)[1], x.shape[-1] // self.heads
        parts = ops.reshape(self.project(x), (-1, length, 3, self.heads, size))
        query, key, value = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3)
        scores = ops.matmul(query * size**-0.5, ops.swapaxes(key, -1, -2))
        places = ops.arange(length)
        later = ops.cast(places[:, None] < places[None, :], scores.dtype)
        return ops.softmax(scores - 1e9 * later), value

    def call(self, x, training=False):
        weights, value = self.weights_and_values(x)
        found = ops.matmul(self.drop(weights, training=training), value)
        found = ops.transpose(found, (0, 2, 1, 3))
        return self.mix(ops.reshape(found, ops.shape(x)))
