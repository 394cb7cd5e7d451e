"""Two networks, one for the user and one for the item, whose outputs meet in a dot product."""

from typing import ClassVar

import keras
import numpy as np
from keras import ops

from course_lib.models.base import Recommender
from course_lib.models.seeds import Seeds
from course_lib.models.training import Shuffled, train_network
from course_lib.models.vectors import in_catalogue_order
from course_lib.new_users import NewUsers
from course_lib.parameters import Number, Truth, Whole

HIDDEN = -1e9  # a logit that softmax turns into 0


def log_q(log):
    """How likely each item is to be drawn as a target: the logarithm that logQ subtracts.

    Targets are drawn as `TwoTower` draws them: a user at random, then one of the user's distinct
    items at random, so q_j is the mean over users of 1 / (number of items of the user) where the
    user has j, and 0 elsewhere. In a batch an item is a negative for all other users, in
    proportion to q. Returns (n_items,) ln q_j; -inf for an item that nobody has.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions  # tea: 1/2 of Ada's items, 1/3 of Bo's; 6 shoppers
    >>> np.exp(log_q(log))[0].round(4) == round((1 / 2 + 1 / 3) / 6, 4)
    np.True_
    """
    rows = log.matrix()
    sizes = np.diff(rows.indptr)
    chances = np.repeat(1 / np.maximum(sizes, 1), sizes)
    q = np.bincount(rows.indices, chances, log.n_items) / max((sizes > 0).sum(), 1)
    with np.errstate(divide="ignore"):
        return np.log(q)


def in_batch_logits(users, items, *, temperature, log_q=None, hidden=None):
    """The scores that the softmax of a batch sees: each user against the items of all others.

    s(i, j) = u_i · v_j / temperature − ln q_j, target on the diagonal (Yi et al. 2019,
    Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations, RecSys, eq. 3
    and sec. 3). Popular items stand in many batches and are pushed down as often; subtracting
    ln q_j undoes it.

    users, items: (b, d) tensors or arrays, row i of both from pair i; log_q: (b,) of the items, or
    None for no correction; hidden: (b, b), 1 where item j must not count against user i because
    the user has it too. The diagonal is never hidden. Returns a (b, b) tensor.
    """
    logits = ops.matmul(users, ops.transpose(items)) / temperature
    if log_q is not None:
        logits = logits - log_q[None, :]
    if hidden is not None:
        logits = logits + HIDDEN * hidden * (1 - ops.eye(ops.shape(logits)[0]))
    return logits


class TwoTower(Recommender):
    """A user and an item lie close together when the user is likely to want the item.

    Item tower: v_j = embedding of the item's id + W · item_features_j. User tower: u = mean of
    the v_j of the history + a vector for everyone, and where given + W' · user_features + an
    embedding of the user's id. Then both are scaled to length 1 (`normalise`) and compared by dot
    product over a `temperature`. Since the item tower needs no user, item vectors can be computed
    once and searched fast (Covington et al. 2016, Deep Neural Networks
    for YouTube Recommendations; Yi et al. 2019, Sampling-Bias-Corrected Neural Modeling for Large
    Corpus Item Recommendations).

    Learning: a batch holds `batch_size` users and `draws` of each user's items as targets. For
    each target the network sees the rest of the user's history, without a share `dropout` of it,
    and must find the target among all targets of the batch: softmax cross-entropy with the logQ
    correction (see `in_batch_logits`; `correction=False` shows what happens without). Items that
    the user has as well are no negatives. An epoch draws once for each user.

    item_features: (n_items, f), user_features: (n_users, f), finite numbers in step with the log's
    indices, such as one-hot categories, or a DataFrame with the log's ids as its index; None for
    none. user_embedding: whether users have a vector
    of their own id. With a validation log, training stops after `patience` epochs without a better
    NDCG@10, and the best epoch is kept; without one, `epochs` are run.

    Learned: network_, epochs_ (how many were kept), losses_, curve_ (validation NDCG@10). A user
    with an empty history gets the most popular items; any other history gives a vector, also of
    users who are not in train (their id then counts as zero, and of people whom no log knows,
    `new_users`, the features do too). An item that nobody bought is placed by its features.
    """

    _rules: ClassVar[dict] = {
        "user_embedding": Truth(),
        "dimensions": Whole(1),
        "temperature": Number(above=0),
        "normalise": Truth(),
        "correction": Truth(),
        "dropout": Number(least=0, below=1),
        "draws": Whole(1),
        "learning_rate": Number(above=0),
        "batch_size": Whole(1),
        "epochs": Whole(1),
        "patience": Whole(1),
        "seed": Whole(0),
    }

    def __init__(
        self,
        *,
        item_features=None,
        user_features=None,
        user_embedding=False,
        dimensions=32,
        temperature=0.1,
        normalise=True,
        correction=True,
        dropout=0.3,
        draws=8,
        learning_rate=0.01,
        batch_size=256,
        epochs=10,
        patience=2,
        seed=0,
    ):
        self.item_features = item_features
        self.user_features = user_features
        self.user_embedding = user_embedding
        self.dimensions = dimensions
        self.temperature = temperature
        self.normalise = normalise
        self.correction = correction
        self.dropout = dropout
        self.draws = draws
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _fit(self, train, validation):
        self.log_q_ = np.maximum(log_q(train), -30.0).astype(np.float32)
        seeds = self._build()
        self.network_.compile(
            optimizer=keras.optimizers.Adam(float(self.learning_rate)),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        batches = Shuffled(_Batches(train, self.batch_size, self.draws, self.seed), seeds)
        self.epochs_ = train_network(
            self,
            batches,
            train=train,
            validation=validation,
            epochs=self.epochs,
            patience=self.patience,
        )
        if self.user_embedding:  # an id that was never trained says nothing
            known = np.bincount(train.users, minlength=self.n_users_) > 0
            table = self.network_.of_user.embeddings
            table.assign(ops.convert_to_numpy(table) * known[:, None])

    def _build(self):
        seeds = Seeds(self.seed)
        self.network_ = _Towers(self, seeds)
        return seeds

    def user_vectors(self, users, history):
        """(len(users), d): where the user tower places these users, given their histories."""
        users = self._check_users(users, history)
        seen = (history.rows(users) > 0).astype(np.float32).toarray()
        numbers = None if isinstance(history, NewUsers) else users.astype(np.int32)
        return ops.convert_to_numpy(self.network_.users(seen, numbers))

    def item_vectors(self):
        """(n_items, d): where the item tower places the catalogue."""
        self._check_fitted()
        return ops.convert_to_numpy(self.network_.items())

    def _score(self, users, history):
        return (self.user_vectors(users, history) @ self.item_vectors().T).astype(np.float64)


class _Towers(keras.Model):
    """Both towers; a call gives a batch's logits, with the target of row i in column i."""

    def __init__(self, model, seeds):
        super().__init__(name="towers")
        self.temperature, self.normalise = model.temperature, model.normalise
        self.log_q = ops.convert_to_tensor(model.log_q_) if model.correction else None
        d = model.dimensions
        self.of_item = _table(model.n_items_, d, seeds)
        self.of_everyone = _table(1, d, seeds)
        self.of_user = _table(model.n_users_, d, seeds) if model.user_embedding else None
        self.item_features, self.from_item = _features(model, "item", d, seeds)
        self.user_features, self.from_user = _features(model, "user", d, seeds)
        self.drop = keras.layers.Dropout(model.dropout, seed=int(model.seed))
        self.built = True

    def catalogue(self):
        """(n_items, d): every item before scaling; what a history is the mean of."""
        vectors = ops.convert_to_tensor(self.of_item.embeddings)
        return vectors if self.from_item is None else vectors + self.from_item(self.item_features)

    def items(self):
        return self._scaled(self.catalogue())

    def users(self, seen, users):
        """From histories (b, n_items), weights at least 0, and user numbers (b,) or None."""
        total = ops.matmul(seen, self.catalogue())
        return self._user(total, ops.sum(seen, axis=1, keepdims=True), users)

    def call(self, inputs, training=False):
        seen, users, targets = inputs  # (u, n_items), (u,), (u, draws); b = u · draws pairs
        draws = targets.shape[1]
        users, pairs = ops.repeat(users, draws), ops.reshape(targets, (-1,))  # (b,), (b,)
        catalogue = self.catalogue()  # (n_items, d)
        items = ops.take(catalogue, pairs, axis=0)  # (b, d)
        # Dropout scales what it keeps; in a mean the scale cancels.
        left = self.drop(seen, training=training)  # (u, n_items)
        total = ops.repeat(ops.matmul(left, catalogue), draws, axis=0)  # (u, d) → (b, d)
        count = ops.repeat(ops.sum(left, axis=1, keepdims=True), draws, axis=0)  # (b, 1)
        # The target itself must not be in the history that predicts it.
        own = ops.reshape(ops.take_along_axis(left, targets, axis=1), (-1, 1))  # (b, 1)
        vectors = self._user(total - own * items, count - own, users)  # (b, d)
        hidden = ops.repeat(ops.take(seen, pairs, axis=1), draws, axis=0)  # (u, b) → (b, b)
        q = None if self.log_q is None else ops.take(self.log_q, pairs)  # (b,)
        return in_batch_logits(
            vectors, self._scaled(items), temperature=self.temperature, log_q=q, hidden=hidden
        )

    def _user(self, total, count, users):
        # A count below 1 is none: dropout leaves 0 or at least 1, subtraction a rounding error.
        vectors = ops.where(count > 0.5, total / ops.maximum(count, 0.5), 0.0)
        vectors = vectors + self.of_everyone.embeddings
        if users is not None and self.from_user is not None:
            vectors = vectors + self.from_user(ops.take(self.user_features, users, axis=0))
        if users is not None and self.of_user is not None:
            vectors = vectors + self.of_user(users)
        return self._scaled(vectors)

    def _scaled(self, vectors):
        return ops.normalize(vectors, axis=-1) if self.normalise else vectors


class _Batches(keras.utils.PyDataset):
    """Users in a new order each epoch; with each, its whole history and some of its items."""

    def __init__(self, log, batch_size, draws, seed):
        super().__init__()
        self.rows = log.matrix()
        self.sizes = np.diff(self.rows.indptr)
        self.users = np.flatnonzero(self.sizes)
        self.batch_size, self.draws = min(batch_size, len(self.users)), draws
        self.rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return len(self.users) // self.batch_size  # the rest has its turn in another epoch

    def __getitem__(self, index):
        users = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        seen = (self.rows[users] > 0).astype(np.float32).toarray()
        labels = np.arange(len(users) * self.draws, dtype=np.int32)
        return (seen, users.astype(np.int32), self.targets[users]), labels

    def on_epoch_end(self):
        self.order = self.rng.permutation(self.users)
        drawn = (self.rng.random((len(self.sizes), self.draws)) * self.sizes[:, None]).astype(int)
        drawn += self.rows.indptr[:-1, None]  # from counting in a user's row to counting in all
        found = self.rows.indices[np.minimum(drawn, len(self.rows.indices) - 1)]
        self.targets = found.astype(np.int32)


def _table(n, dimensions, seeds):
    layer = seeds.embedding(n, dimensions)
    layer.build(())
    return layer


def _features(model, of, dimensions, seeds):
    """The features of items or users as a tensor and a layer that projects them, or two None."""
    name = f"{of}_features"
    table = getattr(model, name)
    if table is None:
        return None, None
    # A model saved before ids were kept has its features in an array: only their number counts.
    ids = getattr(model, f"{of}_ids_", range(getattr(model, f"n_{of}s_")))
    table = in_catalogue_order(name, table, ids)
    layer = seeds.dense(dimensions, use_bias=False)
    layer.build((None, table.shape[1]))
    return ops.convert_to_tensor(table, "float32"), layer
