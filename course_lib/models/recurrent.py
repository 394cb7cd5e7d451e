"""GRU4Rec: one hidden state, updated event by event, is all that is kept of a history."""

from typing import ClassVar

import keras

from course_lib.models.sequences import SequenceRecommender
from course_lib.parameters import Truth


class GRU4Rec(SequenceRecommender):
    """A gated recurrent unit reads the history and remembers what helps to say what is next.

    Hidasi et al. 2016, Session-Based Recommendations with Recurrent Neural Networks, with the
    cell of Cho et al. 2014 as Keras has it (`reset_after=True`). Differs in the loss (softmax
    over all items or over a shared sample, not a pairwise one within the batch) and in reading
    a user's whole history where the paper has sessions. tied: the output uses the item vectors of
    the input (True) or vectors of its own. For the other parameters see SequenceRecommender.
    """

    _rules: ClassVar[dict] = {**SequenceRecommender._rules, "tied": Truth()}

    def __init__(
        self,
        *,
        item_vectors=None,
        item_embedding=True,
        dimensions=64,
        length=50,
        tied=True,
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
        self.tied = tied
        self.dropout = dropout
        self.horizon = horizon
        self.negatives = negatives
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _encoder(self, seeds):
        return Recurrent(self.dimensions, self.dropout, seeds)


class Recurrent(keras.layers.Layer):
    """(n, length, d) vectors → (n, length, d) states of a GRU, one after each event.

    seeds: a Seeds, from which initial weights and dropout are drawn.
    """

    def __init__(self, dimensions, dropout, seeds):
        super().__init__()
        self.drop = seeds.dropout(dropout)
        self.gru = seeds.gru(dimensions)
        self.output_ = seeds.dense(dimensions)

    def call(self, x, training=False):
        # √d brings the item vectors to about unit size, so that the gates have something to see
        x = self.drop(x * x.shape[-1] ** 0.5, training=training)
        return self.output_(self.drop(self.gru(x), training=training))
