"""What all models of the next item share: histories cut into windows, targets, one softmax."""

import weakref
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from course_lib.models.base import Recommender
from course_lib.models.histories import PADDING, ROWS, Baskets, latest, windows, with_padding
from course_lib.models.seeds import Seeds
from course_lib.models.training import train_network
from course_lib.models.vectors import in_catalogue_order
from course_lib.parameters import Maybe, Number, Truth, Whole


def sampled_cross_entropy(states, targets, vectors, biases, sample=None, log_expected=None):
    """Mean cross-entropy of the targets under a softmax over all items, or over a sample.

    −log softmax, with score(item) = state · vector + bias. With a sample, the sum over all items
    is estimated: an item j drawn an expected number of times e_j counts exp(score − log e_j)
    (importance sampling, Bengio & Senécal 2008; the "logQ correction"), the target itself once,
    uncorrected, and a target's copy in the sample not at all. With every item drawn once this is
    the full softmax.

    states: (m, d); targets: (m,) rows of `vectors` (n, d) and `biases` (n,); sample: (s,) rows,
    the same for all states; log_expected: (s,) log e_j.
    """
    target_scores = ops.sum(states * ops.take(vectors, targets, axis=0), axis=1)
    target_scores = target_scores + ops.take(biases, targets)
    if sample is None:
        scores = ops.matmul(states, ops.transpose(vectors)) + biases
        return ops.mean(ops.logsumexp(scores, axis=1) - target_scores)
    drawn = ops.matmul(states, ops.transpose(ops.take(vectors, sample, axis=0)))
    drawn = drawn + ops.take(biases, sample) - log_expected
    same = ops.cast(ops.equal(targets[:, None], sample[None, :]), drawn.dtype)
    total = ops.logaddexp(target_scores, ops.logsumexp(drawn - 1e9 * same, axis=1))
    return ops.mean(total - target_scores)


class ItemTable(keras.layers.Layer):
    """A vector for each item as a network reads it, row 0 for padding: (n_items + 1, d).

    A learned vector for each id (`by_id`), or W · vectors of the items that are given (n_items,
    f), with a learned W (d, f), or the sum of both.
    """

    def __init__(self, n_items, dimensions, seeds, *, given=None, by_id=True):
        super().__init__()
        self.of_id = seeds.embedding(n_items + 1, dimensions, stddev=0.02) if by_id else None
        self.given, self.from_given = None, None
        if by_id:
            self.of_id.build(None)
        if given is not None:
            self.given = ops.convert_to_tensor(given, "float32")
            self.from_given = seeds.dense(dimensions, use_bias=False)
            self.from_given.build(self.given.shape)
        self.built = True

    def rows(self):
        """All vectors, that of padding first: (n_items + 1, d)."""
        if self.given is None:
            return self.of_id.embeddings
        projected = ops.pad(self.from_given(self.given), [[1, 0], [0, 0]])  # (n_items + 1, d)
        return projected if self.of_id is None else projected + self.of_id.embeddings

    def call(self, items):
        return ops.take(self.rows(), items, axis=0)


class NextItemNetwork(keras.Model):
    """Item vectors → encoder → a state for each place; the next item is the nearest item vector.

    encoder: a causal layer, called with (n, length, d) vectors → (n, length, d) states, where the
    state of a place depends on this place and earlier ones only. inputs, outputs: an ItemTable
    each; without `outputs` the output uses the vectors of the input. A call takes items
    (n, length) with 0 as padding, and the positions (m,) wanted, counted row by row → states
    (m, d). So neither softmax nor loss is computed for padding.
    """

    def __init__(self, encoder, n_items, inputs, outputs=None):
        super().__init__()
        self.encoder, self.inputs_, self.outputs_ = encoder, inputs, outputs
        self.biases = self.add_weight(shape=(n_items,), initializer="zeros", name="biases")

    def vectors(self):
        """The output's vectors of all items, without padding: (n_items, d)."""
        return (self.outputs_ or self.inputs_).rows()[1:]

    def call(self, inputs, training=False):
        items, positions = inputs
        states = self.encoder(self.inputs_(items), training=training)  # (n, T, d)
        return ops.take(ops.reshape(states, (-1, states.shape[-1])), positions, axis=0)  # (m, d)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return sampled_cross_entropy(y_pred, y[0], self.vectors(), self.biases, *y[1:])


class SequenceRecommender(Recommender):
    """Reads a history event by event and says what comes next; subclasses bring the encoder.

    Parameters of all of them: dimensions of the item vectors; length, the latest events that are
    read (longer histories are cut into windows for training, so none is lost); horizon, how many
    baskets ahead the target may be, None for all (see Baskets); negatives, None for the softmax
    over all items, a number to sample so many for each batch; batch_size, in histories of full
    length (shorter ones are batched by length, so that little padding is computed); dropout,
    learning_rate, epochs, patience, seed. Early stopping looks at first-time purchases.

    item_vectors: what is known of the items from elsewhere, such as their texts: (n_items, f)
    finite numbers in catalogue order, or a DataFrame with the item ids as its index. A learned
    matrix turns them into `dimensions` numbers, to which a learned vector of the item's id is
    added; with `item_embedding=False` it is not, so that an item which nobody bought in train is
    placed by its vector as well as any other.

    Items start with their popularity as bias, so that the first epoch begins where the
    popularity baseline ends. A user with an empty history gets the most popular items; so does
    everyone when the log has no user with two baskets, since it says nothing about order.
    """

    item_vectors = None
    item_embedding = True
    tied = True
    _rules: ClassVar[dict] = {
        "item_embedding": Truth(),
        "dimensions": Whole(1),
        "length": Whole(1),
        "horizon": Maybe(Whole(1)),
        "negatives": Maybe(Whole(1)),
        "batch_size": Whole(1),
        "dropout": Number(least=0, below=1),
        "learning_rate": Number(above=0),
        "epochs": Whole(1),
        "patience": Whole(1),
        "seed": Whole(0),
    }

    def _encoder(self, seeds):
        """A new causal Keras layer (n, length, d) → (n, length, d), which draws from `seeds`."""
        raise NotImplementedError

    def _build(self):
        given = self.item_vectors
        if given is not None:
            given = in_catalogue_order("item_vectors", given, self.item_ids_)
        elif not self.item_embedding:
            raise ValueError("item_embedding must be True where there are no item_vectors")
        seeds = Seeds(self.seed)
        encoder = self._encoder(seeds)
        tables = [
            ItemTable(self.n_items_, self.dimensions, seeds, given=given, by_id=self.item_embedding)
            for _ in range(1 if self.tied else 2)
        ]
        self.network_ = NextItemNetwork(encoder, self.n_items_, *tables)
        self.network_((np.ones((1, 2), np.int32), np.zeros(1, np.int32)))

    def _fit(self, train, validation):
        self._build()
        baskets = Baskets(train, horizon=self.horizon)
        counts = np.bincount(baskets.items, minlength=self.n_items_) + 1.0
        self.network_.biases.assign(np.log(counts / counts.sum()))
        self.network_.compile(keras.optimizers.Adam(float(self.learning_rate)), jit_compile=False)
        if not len(baskets.sources):
            self.epochs_ = 0
            return
        self.epochs_ = self.epochs
        self.epochs_ = train_network(
            self,
            self._batches(baskets),
            train=train,
            validation=validation,
            epochs=self.epochs,
            patience=self.patience,
        )

    def _batches(self, baskets):
        whole = tf.TensorSpec((None,), tf.int32)
        targets = (whole,) if self.negatives is None else (whole, whole, tf.TensorSpec((None,)))
        signature = ((tf.TensorSpec((None, None), tf.int32), whole), targets)
        rng = np.random.default_rng(self.seed)
        # Never more batches than full ones: then each has at least one window.
        n_batches = max(1, len(baskets.sources) // (self.batch_size * self.length))
        # TensorFlow never lets go of a generator, and so would not of a network that it holds.
        mine, theirs = weakref.ref(self), weakref.ref(baskets)
        batches = tf.data.Dataset.from_generator(
            lambda: mine()._epoch(theirs(), n_batches, rng), output_signature=signature
        )
        return batches.apply(tf.data.experimental.assert_cardinality(n_batches)).prefetch(2)

    def _epoch(self, baskets, n_batches, rng):
        """Batches of one epoch: ((items, positions), (targets, and with `negatives` a sample))."""
        items, targets = baskets.draw(rng)
        starts, sizes = windows(baskets.n_sources, self.length, rng)
        order = np.lexsort((rng.random(len(sizes)), sizes))  # alike in length: little padding
        batch = (np.cumsum(sizes[order]) - 1) * n_batches // sizes.sum()
        groups = np.split(order, np.flatnonzero(np.diff(batch)) + 1)
        for i in rng.permutation(len(groups)):
            start, size = starts[groups[i]], sizes[groups[i]]
            columns = np.arange(max(2, size.max()))  # Keras warns of attention over one place
            filled = columns < size[:, None]
            source = (start[:, None] + columns)[filled]
            rows = np.full(filled.shape, PADDING, dtype=np.int32)
            rows[filled] = items[source] + 1
            y = (targets[source].astype(np.int32), *self._sample(rng))
            yield (rows, np.flatnonzero(filled).astype(np.int32)), y

    def _sample(self, rng):
        """The negatives of a batch and the log of how often each was expected, if any."""
        if self.negatives is None:
            return ()
        draws = (self.popularity_ + 1) ** 0.75
        draws /= draws.sum()
        sample = rng.choice(len(draws), self.negatives, p=draws)
        return sample.astype(np.int32), np.log(self.negatives * draws[sample]).astype(np.float32)

    def _knows(self, users, history):
        return super()._knows(users, history) & (self.epochs_ > 0)

    def _score(self, users, history):
        rows = latest(history, users, self.length, self.seed)
        states = [self._states(rows[i : i + ROWS]) for i in range(0, len(users), ROWS)]
        states = np.concatenate(states) if states else np.zeros((0, self.dimensions), np.float32)
        vectors = ops.convert_to_numpy(self.network_.vectors())
        biases = self.network_.biases.numpy()
        return (states @ vectors.T + biases).astype(np.float64)

    def _states(self, histories):
        """(n, d): what the network has understood after the latest event of each row."""
        rows, lengths = with_padding(histories)
        width = max(2, int(lengths.max(initial=0)))
        rows = np.pad(rows, [(0, 0), (0, 1)])[:, :width]
        positions = np.arange(len(rows)) * width + np.maximum(lengths - 1, 0)
        return ops.convert_to_numpy(
            self.network_((rows.astype(np.int32), positions.astype(np.int32)))
        )
