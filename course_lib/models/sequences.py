"""What all models of the next item share: histories cut into windows, targets, one softmax."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from course_lib.models.base import Recommender
from course_lib.models.training import train_network
from course_lib.parameters import check_whole

ROWS = 256  # histories that are read in one go: more would only take memory
PADDING = 0  # inside sequence models item i is i + 1, and 0 fills the places behind a history


def with_padding(histories):
    """Histories as the networks read them: items from 1 on, first event first, 0 behind the last.

    histories: (n, length) item indices with -1 in front, as `Interactions.last` gives them →
    (n, length) whole numbers, and (n,) how many events each row has. A later event never changes
    what a causal network says about earlier ones, so what stands behind the last needs no mask.

    >>> with_padding([[-1, 4, 0], [2, 1, 3]])
    (array([[5, 1, 0],
           [3, 2, 4]]), array([2, 3]))
    """
    histories = np.asarray(histories)
    if histories.ndim != 2 or not np.issubdtype(histories.dtype, np.integer):
        raise ValueError(
            "histories must be (n, length) whole numbers, "
            f"got {histories.dtype} of shape {histories.shape}"
        )
    lengths = (histories >= 0).sum(axis=1)
    width = histories.shape[1]
    if (histories[np.arange(width) < width - lengths[:, None]] >= 0).any():
        raise ValueError("histories must have -1 in front of the events only")
    columns = np.arange(width) + (width - lengths)[:, None]
    items = np.take_along_axis(histories, np.minimum(columns, width - 1), axis=1) + 1
    return np.where(columns < width, items, PADDING), lengths


class Baskets:
    """A log as each user's baskets in time order, from which input and target are drawn.

    Events of one user at one time are a basket. Lines within a basket have no order (a shop's log
    often sorts them by product number, which a network would learn), so every epoch shuffles
    them, and the target of an event is one item of the user's next `horizon` baskets, drawn anew:
    with 1 "what next" means "what is in the basket after this one", with None "what does this
    user take at any later time". Where all times differ, baskets have one item, and with 1 this
    is the ordinary next item. The last basket of a user has no target.
    """

    def __init__(self, log, *, horizon=1):
        order = np.lexsort((log.timestamps, log.users))  # stable: ties keep the log's order
        users, times = log.users[order], log.timestamps[order]
        self.items = log.items[order]
        starts = np.ones(len(users), dtype=bool)
        starts[1:] = (users[1:] != users[:-1]) | (times[1:] != times[:-1])
        self.basket = np.cumsum(starts) - 1
        self.starts = np.flatnonzero(starts)
        self.sizes = np.diff(np.append(self.starts, len(users)))
        owner = users[self.starts]
        last = np.searchsorted(owner, owner, side="right") - 1  # each basket's user's last one
        ahead = last if horizon is None else np.minimum(np.arange(len(owner)) + horizon, last)
        self.sources = np.flatnonzero((last > np.arange(len(owner)))[self.basket])
        basket = self.basket[self.sources]
        self.low = self.starts[basket] + self.sizes[basket]  # targets stand in low..high - 1
        self.high = (self.starts + self.sizes)[ahead[basket]]
        self.n_sources = np.bincount(users[self.sources], minlength=log.n_users)

    def draw(self, rng):
        """Inputs and targets of one epoch: (n,) item indices each, users one after the other."""
        shuffled = np.lexsort((rng.random(len(self.items)), self.basket))
        chosen = self.low + (rng.random(len(self.low)) * (self.high - self.low)).astype(np.int64)
        return self.items[shuffled][self.sources], self.items[chosen]


def windows(counts, length, rng=None):
    """Cut histories into pieces of at most `length` events, so that every event is learned from.

    counts: (n_users,) how many events each user has, the users standing one after the other →
    (start, size) of each piece, two arrays. Pieces are counted back from a user's last event,
    since the latest events matter most; only the first piece is shorter. With an `rng` the last
    piece gets a random size too, so that cuts fall elsewhere each time.

    >>> windows(np.array([5, 2]), 3)
    (array([0, 2, 5]), array([2, 3, 2]))
    """
    counts = np.asarray(counts)
    ends = np.cumsum(counts)
    last = np.full(len(counts), length)
    if rng is not None:
        long = counts > length
        last[long] = rng.integers(1, length + 1, long.sum())
    more = np.maximum(-(-(counts - last) // length), 0)
    pieces = np.where(counts > 0, 1 + more, 0)
    owner = np.repeat(np.arange(len(counts)), pieces)
    back = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    upper = ends[owner] - np.where(back > 0, last[owner] + (back - 1) * length, 0)
    size = np.where(back > 0, length, last[owner])
    lower = np.maximum(upper - size, (ends - counts)[owner])
    order = np.argsort(lower, kind="stable")
    return lower[order], (upper - lower)[order]


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


class NextItemNetwork(keras.Model):
    """Item vectors → encoder → a state for each place; the next item is the nearest item vector.

    encoder: a causal layer, called with (n, length, d) vectors → (n, length, d) states, where the
    state of a place depends on this place and earlier ones only. tied: the output uses the
    vectors of the input, else vectors of its own. Inputs: items (n, length) with 0 as padding,
    and the places (m,) wanted, counted row by row → states (m, d). So neither softmax nor loss
    is computed for padding.
    """

    def __init__(self, encoder, n_items, dimensions, *, tied=True):
        super().__init__()
        tables = [  # one initializer each: the same one would draw the same numbers again
            keras.layers.Embedding(
                n_items + 1, dimensions, keras.initializers.RandomNormal(stddev=0.02)
            )
            for _ in range(1 if tied else 2)
        ]
        self.encoder = encoder
        self.inputs_ = tables[0]
        self.outputs_ = None
        if not tied:
            self.outputs_ = tables[1]
            self.outputs_.build(None)  # nothing is looked up in it, so nothing else would
        self.biases = self.add_weight(shape=(n_items,), initializer="zeros", name="biases")

    def vectors(self):
        """The output's vectors of all items, without padding: (n_items, d)."""
        return (self.outputs_ or self.inputs_).embeddings[1:]

    def call(self, inputs, training=False):
        items, places = inputs
        states = self.encoder(self.inputs_(items), training=training)
        return ops.take(ops.reshape(states, (-1, states.shape[-1])), places, axis=0)

    def fit(self, batches, **options):
        """As `keras.Model.fit`, for batches that come shuffled."""
        return super().fit(batches, shuffle=False, **options)

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

    Items start with their popularity as bias, so that the first epoch begins where the
    popularity baseline ends. A user with an empty history gets the most popular items; so does
    everyone when the log has no user with two baskets, since it says nothing about order.
    """

    def _encoder(self):
        """A new causal Keras layer (n, length, d) → (n, length, d)."""
        raise NotImplementedError

    def _check(self):
        whole = {"dimensions": 1, "length": 1, "epochs": 1, "patience": 0, "batch_size": 1}
        for name, least in whole.items():
            check_whole(name, getattr(self, name), least)
        if self.negatives is not None and not self.negatives >= 1:
            raise ValueError(f"negatives must be None or at least 1, got {self.negatives}")
        if self.horizon is not None and not self.horizon >= 1:
            raise ValueError(f"horizon must be None or at least 1, got {self.horizon}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in 0..1 and below 1, got {self.dropout}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")

    def _build(self):
        self.network_ = NextItemNetwork(
            self._encoder(), self.n_items_, self.dimensions, tied=getattr(self, "tied", True)
        )
        self.network_((np.ones((1, 2), np.int32), np.zeros(1, np.int32)))

    def _fit(self, train, validation):
        self._check()
        keras.utils.set_random_seed(self.seed)
        self._build()
        baskets = Baskets(train, horizon=self.horizon)
        counts = np.bincount(baskets.items, minlength=self.n_items_) + 1.0
        self.network_.biases.assign(np.log(counts / counts.sum()))
        self.network_.compile(keras.optimizers.Adam(self.learning_rate), jit_compile=False)
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
        batches = tf.data.Dataset.from_generator(
            lambda: self._epoch(baskets, n_batches, rng), output_signature=signature
        )
        return batches.apply(tf.data.experimental.assert_cardinality(n_batches)).prefetch(2)

    def _epoch(self, baskets, n_batches, rng):
        """Batches of one epoch: ((items, places), (targets, and with `negatives` a sample))."""
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
        latest = history.last(users, self.length)
        states = [self._states(latest[i : i + ROWS]) for i in range(0, len(users), ROWS)]
        states = np.concatenate(states) if states else np.zeros((0, self.dimensions), np.float32)
        vectors = ops.convert_to_numpy(self.network_.vectors())
        biases = self.network_.biases.numpy()
        return (states @ vectors.T + biases).astype(np.float64)

    def _states(self, latest):
        """(n, d): what the network has understood after the latest event of each row."""
        rows, lengths = with_padding(latest)
        width = max(2, int(lengths.max(initial=0)))
        rows = np.pad(rows, [(0, 0), (0, 1)])[:, :width]
        places = np.arange(len(rows)) * width + np.maximum(lengths - 1, 0)
        return ops.convert_to_numpy(self.network_((rows.astype(np.int32), places.astype(np.int32))))
