"""A Caser-like network: small filters slide over the latest few events."""

from typing import ClassVar

import keras
from keras import ops

from course_lib.models.sequences import SequenceRecommender
from course_lib.parameters import Whole


class Caser(SequenceRecommender):
    """Two kinds of filters look at the latest `window` events, a (window, d) picture.

    Tang & Wang 2018, Personalized Top-N Sequential Recommendation via Convolutional Sequence
    Embedding. Horizontal filters, `filters` of each height 1, 2, …, window, answer "did something
    like this run of events occur, wherever in the window?": ReLU, then the largest value over
    time. Vertical filters, `filters` of them, are weighted means of the window's item vectors,
    as a Markov chain of higher order has. One dense layer makes a state of both. Differs from
    the paper: no vector for each user (so users it never met are served), softmax instead of
    sampled binary loss. For the other parameters see SequenceRecommender; `length` only says
    where histories are cut for training, the state sees `window` events.
    """

    _rules: ClassVar[dict] = {**SequenceRecommender._rules, "window": Whole(1), "filters": Whole(1)}

    def __init__(
        self,
        *,
        item_vectors=None,
        item_embedding=True,
        dimensions=64,
        length=50,
        window=5,
        filters=16,
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
        self.window = window
        self.filters = filters
        self.dropout = dropout
        self.horizon = horizon
        self.negatives = negatives
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _encoder(self, seeds):
        return Convolutions(self.dimensions, self.window, self.filters, self.dropout, seeds)


class Convolutions(keras.layers.Layer):
    """(n, length, d) vectors → (n, length, d) states, each from the `window` events up to it.

    seeds: a Seeds, from which initial weights and dropout are drawn.
    """

    def __init__(self, dimensions, window, filters, dropout, seeds):
        super().__init__()
        self.window = window
        self.horizontal = [
            keras.layers.Conv1D(
                filters, height, activation="relu", kernel_initializer=seeds.glorot()
            )
            for height in range(1, window + 1)
        ]
        self.vertical = seeds.dense(filters, use_bias=False)
        self.output_ = seeds.dense(dimensions)
        self.drop = seeds.dropout(dropout)

    def call(self, x, training=False):
        length, dimensions = ops.shape(x)[1], x.shape[-1]  # T, d
        x = x * dimensions**0.5
        # (n, window - 1 + T, d): nothing before the first
        padded = ops.pad(x, [[0, 0], [self.window - 1, 0], [0, 0]])
        seen = [padded[:, i : i + length] for i in range(self.window)]  # i = 0: the oldest
        found = []
        for height, filters in enumerate(self.horizontal, start=1):
            runs = filters(padded)  # a run ends at each place from height - 1 on
            parts = [runs[:, i : i + length] for i in range(self.window - height + 1)]
            largest = parts[0]  # (n, T, filters)
            for part in parts[1:]:
                largest = ops.maximum(largest, part)
            found.append(largest)
        means = self.vertical(ops.stack(seen, axis=-1))  # (n, T, d, window) → (n, T, d, filters)
        found.append(ops.reshape(means, (-1, length, dimensions * means.shape[-1])))
        state = self.drop(ops.concatenate(found, axis=-1), training=training)
        # the latest event by a path of its own, as the paper's user vector stands beside the rest
        return x + self.output_(state)
