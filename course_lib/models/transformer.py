"""SASRec: a causal Transformer reads the history; every event looks at the earlier ones."""

from typing import ClassVar

import keras
import numpy as np
from keras import ops

from course_lib.models.attention import CausalSelfAttention
from course_lib.models.histories import latest, with_padding
from course_lib.models.sequences import SequenceRecommender
from course_lib.parameters import Whole


class SASRec(SequenceRecommender):
    """Self-attention decides which earlier events matter for the next one.

    Kang & McAuley 2018, Self-Attentive Sequential Recommendation: item vectors · √d plus position
    vectors, then blocks of causal self-attention and a two-layer network (d → d → d, ReLU), each
    as x + Dropout(g(LayerNorm(x))), a last LayerNorm, and the item vectors once more as output.
    Three things differ: the loss is a softmax over all items (Klenitskiy & Vasilev 2023) or a
    sample, not one negative an event; positions count from the start of what is read; items have
    a bias. `blocks` and `heads` are the Transformer's; for the others see SequenceRecommender.
    """

    _rules: ClassVar[dict] = {**SequenceRecommender._rules, "blocks": Whole(1), "heads": Whole(1)}

    def __init__(
        self,
        *,
        item_vectors=None,
        item_embedding=True,
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
        self.item_vectors = item_vectors
        self.item_embedding = item_embedding
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

    def _encoder(self, seeds):
        if self.dimensions % self.heads:
            raise ValueError(f"heads must divide dimensions {self.dimensions}, got {self.heads}")
        return Transformer(
            self.dimensions, self.length, self.blocks, self.heads, self.dropout, seeds
        )

    def attention(self, user, history):
        """Who looks at whom in a user's latest n events: (blocks, heads, n, n) weights.

        Row i, column j: how much of what event i takes in comes from event j, at most i; rows sum
        to 1. Raises ValueError for a user with fewer than two events.
        """
        user = self._check_users([user], history)
        rows, lengths = with_padding(latest(history, user, self.length, self.seed))
        if lengths[0] < 2:
            raise ValueError(f"attention needs at least 2 events, user {user[0]} has {lengths[0]}")
        x = self.network_.inputs_(rows[:, : lengths[0]])  # (1, n, d)
        return np.array(self.network_.encoder.attention(x))


class Transformer(keras.layers.Layer):
    """(n, length, d) vectors → (n, length, d) states; no state knows a later event.

    seeds: a Seeds, from which initial weights and dropout are drawn.
    """

    def __init__(self, dimensions, length, blocks, heads, dropout, seeds):
        super().__init__()
        self.positions = seeds.embedding(max(2, length), dimensions)
        self.blocks = [Block(dimensions, heads, dropout, seeds) for _ in range(blocks)]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.drop = seeds.dropout(dropout)

    def attention(self, x):
        """The attention weights of each block for one history: list of (heads, length, length)."""
        x, weights = self._with_positions(x), []
        for block in self.blocks:
            weights.append(block.attention.weights_and_values(block.attention_norm(x))[0][0])
            x = block(x)
        return weights

    def _with_positions(self, x):
        # (n, T, d) + (T, d)
        return x * x.shape[-1] ** 0.5 + self.positions(ops.arange(ops.shape(x)[1]))

    def call(self, x, training=False):
        x = self.drop(self._with_positions(x), training=training)  # (n, T, d) from here to the end
        for block in self.blocks:
            x = block(x, training=training)
        return self.norm(x)


class Block(keras.layers.Layer):
    """Attention, then a small network for each place, both added to what came in (pre-norm)."""

    def __init__(self, dimensions, heads, dropout, seeds):
        super().__init__()
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.attention = CausalSelfAttention(dimensions, heads, dropout, seeds)
        self.network_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.hidden = seeds.dense(dimensions, activation="relu")
        self.output_ = seeds.dense(dimensions)
        self.drop = seeds.dropout(dropout)

    def call(self, x, training=False):
        attended = self.attention(self.attention_norm(x), training=training)  # (n, T, d)
        x = x + self.drop(attended, training=training)
        hidden = self.drop(self.hidden(self.network_norm(x)), training=training)  # (n, T, d)
        return x + self.drop(self.output_(hidden), training=training)
