"""BERT4Rec: some events are hidden, and a Transformer that looks both ways fills the gaps."""

from typing import ClassVar

import keras
import numpy as np
from keras import ops

from course_lib.models.attention import CausalSelfAttention
from course_lib.models.histories import PADDING, with_padding
from course_lib.models.sequences import NextItemNetwork, SequenceRecommender
from course_lib.models.transformer import Transformer
from course_lib.parameters import Number, Whole

CUT = 0.5  # of the windows so many end at a gap, as they do when the model is asked


class GapNetwork(NextItemNetwork):
    """A NextItemNetwork that reads both ways, with one more vector: the sign for a hidden event.

    plain: a NextItemNetwork whose encoder is TwoWay; its parts are taken over. seed: of the sign's
    first numbers. A call takes items (n, length) with 0 as padding and n_items + 1 where an event
    is hidden.
    """

    def __init__(self, plain, seed):
        super().__init__(plain.encoder, plain.biases.shape[0], plain.inputs_)
        shape = 1, plain.vectors().shape[1]
        start = keras.initializers.RandomNormal(stddev=0.02, seed=int(seed))  # as an item begins
        self.sign = self.add_weight(shape=shape, initializer=start, name="sign")

    def call(self, inputs, training=False):
        items, positions = inputs
        rows = ops.concatenate([self.inputs_.rows(), self.sign])  # (n_items + 2, d)
        filled = ops.not_equal(items, PADDING)
        states = self.encoder(ops.take(rows, items, axis=0), filled, training=training)  # (n, T, d)
        return ops.take(ops.reshape(states, (-1, states.shape[-1])), positions, axis=0)  # (m, d)


class TwoWay(Transformer):
    """A Transformer in which each state knows all events, earlier and later ones.

    filled: (n, length), true where there is an event; None: everywhere.
    """

    def __init__(self, dimensions, length, blocks, heads, dropout, seeds):
        super().__init__(dimensions, length, 0, heads, dropout, seeds)
        self.blocks = [TwoWayBlock(dimensions, heads, dropout, seeds) for _ in range(blocks)]

    def call(self, x, filled=None, training=False):
        x = self.drop(self._with_positions(x), training=training)  # (n, T, d) from here to the end
        for block in self.blocks:
            x = block(x, filled, training=training)
        return self.norm(x)


class TwoWayBlock(keras.layers.Layer):
    """The Block of SASRec, with attention that looks both ways."""

    def __init__(self, dimensions, heads, dropout, seeds):
        super().__init__()
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.attention = TwoWayAttention(dimensions, heads, dropout, seeds)
        self.network_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.hidden = seeds.dense(dimensions, activation="relu")
        self.output_ = seeds.dense(dimensions)
        self.drop = seeds.dropout(dropout)

    def call(self, x, filled=None, training=False):
        attended = self.attention(self.attention_norm(x), filled, training=training)  # (n, T, d)
        x = x + self.drop(attended, training=training)
        hidden = self.drop(self.hidden(self.network_norm(x)), training=training)  # (n, T, d)
        return x + self.drop(self.output_(hidden), training=training)


class TwoWayAttention(CausalSelfAttention):
    """Attention to every place that is filled, before and behind: softmax(q · k / √(d / h)) values.

    The same as `keras.layers.MultiHeadAttention` with `filled` as its mask.
    """

    def call(self, x, filled=None, training=False):
        length, size = ops.shape(x)[1], x.shape[-1] // self.heads  # T, d / h
        parts = ops.reshape(self.project(x), (-1, length, 3, self.heads, size))  # (n, T, 3d) before
        query, key, value = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3)  # (n, h, T, d/h)
        scores = ops.matmul(query * size**-0.5, ops.swapaxes(key, -1, -2))  # (n, h, T, T)
        if filled is not None:
            empty = ops.cast(ops.logical_not(filled), scores.dtype)  # (n, T)
            scores = scores - 1e9 * empty[:, None, None, :]
        found = ops.matmul(self.drop(ops.softmax(scores), training=training), value)
        return self.mix(ops.reshape(ops.transpose(found, (0, 2, 1, 3)), ops.shape(x)))  # (n, T, d)


class BERT4Rec(SequenceRecommender):
    """Learns to fill gaps from both sides; asked for the next item, it fills one at the end.

    Sun et al. 2019, BERT4Rec: Sequential Recommendation with Bidirectional Encoder
    Representations from Transformer: a share `masked` of the events of a window, at least one, is
    replaced by a sign for "hidden", the same for all, and the loss is the cross-entropy at these
    places alone. Half of the windows are cut at an event drawn at random, which is hidden and no
    other: the question that is asked later, after few events and after many. The blocks are those
    of SASRec here, not the paper's (norm before each part, ReLU, one width), so that the two
    models differ in what they are trained to say and in nothing else.

    length: the places that are read, the gap behind the latest event among them, so at least 2.
    blocks, heads: the Transformer's; the others see SequenceRecommender. There is no horizon: an
    event is guessed from all others, those of its own basket too.
    """

    horizon = 1
    _rules: ClassVar[dict] = {
        **SequenceRecommender._rules,
        "length": Whole(2),
        "blocks": Whole(1),
        "heads": Whole(1),
        "masked": Number(above=0, most=1),
    }

    def __init__(
        self,
        *,
        item_vectors=None,
        item_embedding=True,
        dimensions=64,
        length=50,
        blocks=2,
        heads=1,
        masked=0.2,
        dropout=0.2,
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
        self.masked = masked
        self.dropout = dropout
        self.negatives = negatives
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _encoder(self, seeds):
        if self.dimensions % self.heads:
            raise ValueError(f"heads must divide dimensions {self.dimensions}, got {self.heads}")
        return TwoWay(self.dimensions, self.length, self.blocks, self.heads, self.dropout, seeds)

    def _build(self):
        super()._build()
        self.network_ = GapNetwork(self.network_, self.seed)
        self.network_((np.ones((1, 2), np.int32), np.zeros(1, np.int32)))

    def _epoch(self, baskets, n_batches, rng):
        """Batches of one epoch: as of the other models, but places and targets are the gaps'."""
        batches = super()._epoch(EveryEvent(baskets), n_batches, rng)
        for (rows, _), (_, *sample) in batches:
            gaps, later = self._gaps(rows, rng)
            rows[later] = PADDING
            targets = rows[gaps] - 1
            rows[gaps] = self.n_items_ + 1
            yield (rows, np.flatnonzero(gaps).astype(np.int32)), (targets, *sample)

    def _gaps(self, rows, rng):
        """Two (n, length) truth values: the events that are hidden, and those behind a cut."""
        columns = np.arange(rows.shape[1])
        draws = np.where(rows == PADDING, 2.0, rng.random(rows.shape))
        gaps = draws < self.masked
        gaps |= columns == draws.argmin(axis=1)[:, None]  # one at least
        last = rng.integers(0, (rows != PADDING).sum(axis=1))[:, None]
        cut = rng.random(len(rows))[:, None] < CUT
        return np.where(cut, columns == last, gaps), cut & (columns > last)

    def _states(self, histories):
        """(n, d): what the network says of a gap behind the latest event of each row."""
        rows, lengths = with_padding(histories[:, 1:])  # the oldest makes room for the gap
        width = max(2, int(lengths.max(initial=0)) + 1)  # Keras warns of attention over one place
        rows = np.pad(rows, [(0, 0), (0, 1)])[:, :width].astype(np.int32)
        rows[np.arange(len(rows)), lengths] = self.n_items_ + 1
        positions = np.arange(len(rows)) * width + lengths
        return ops.convert_to_numpy(self.network_((rows, positions.astype(np.int32))))


class EveryEvent:
    """The events of Baskets, those of last baskets too, drawn as input and as target alike."""

    def __init__(self, baskets):
        self.baskets = baskets
        self.n_sources = np.bincount(baskets.owner[baskets.basket])

    def draw(self, rng):
        """Items twice over, users one after the other, each basket's lines in a new order."""
        order = np.lexsort((rng.random(len(self.baskets.items)), self.baskets.basket))
        items = self.baskets.items[order]
        return items, items
