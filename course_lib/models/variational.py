"""Mult-VAE: a network squeezes a history into a few numbers and guesses the basket from them."""

from typing import ClassVar

import keras
import numpy as np
from keras import ops

from course_lib.models.base import Recommender
from course_lib.models.neighbours import powered
from course_lib.models.seeds import Seeds
from course_lib.models.training import train_network
from course_lib.parameters import Each, Number, Whole


class MultVAE(Recommender):
    """What a household buys is drawn from a few hidden numbers, and these are read off its history.

    Liang, Krishnan, Hoffman & Jebara 2018, Variational Autoencoders for Collaborative Filtering,
    WWW. A household's hidden numbers z are drawn from N(0, I), its purchases x from a multinomial
    distribution over the catalogue, π = softmax(f(z)) (eq. 1), so items compete for one household's
    purchases. The encoder, an MLP with tanh, reads x / |x|, of which a share `dropout` is left out,
    and says where z lies: N(μ(x), diag σ²(x)). The decoder f is the same MLP the other way round.
    Learned by minimising −Σ_i x_i ln π_i(z) + β · KL (eqs. 2 and 6), with one draw of z a household
    and epoch, KL = ½ Σ (μ² + σ² − 1 − ln σ²), and β growing from 0 to `beta` in the first `anneal`
    epochs (sec. 2.2). Scores are f(μ(history)), without dropout or draw.

    x is count^power (0: bought or not, as in the paper). dimensions: length of z; hidden: sizes of
    the encoder's layers, at least one. With a validation log, training stops after `patience`
    epochs without a better NDCG@10, and the best epoch is kept; without one, `epochs` are run.

    Learned: network_, epochs_ (how many were kept), losses_, curve_ (validation NDCG@10). Nothing
    is kept of a user: whoever has a history is served, whether or not in train. A user with an
    empty history gets the most popular items.
    """

    _rules: ClassVar[dict] = {
        "dimensions": Whole(1),
        "hidden": Each(Whole(1)),
        "dropout": Number(least=0, below=1),
        "beta": Number(least=0),
        "anneal": Whole(0),
        "power": Number(least=0),
        "learning_rate": Number(above=0),
        "batch_size": Whole(1),
        "epochs": Whole(1),
        "patience": Whole(1),
        "seed": Whole(0),
    }

    def __init__(
        self,
        *,
        dimensions=64,
        hidden=(128,),
        dropout=0.5,
        beta=0.2,
        anneal=20,
        power=0.0,
        learning_rate=0.002,
        batch_size=128,
        epochs=50,
        patience=5,
        seed=0,
    ):
        self.dimensions = dimensions
        self.hidden = hidden
        self.dropout = dropout
        self.beta = beta
        self.anneal = anneal
        self.power = power
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _fit(self, train, validation):
        self._build()
        self.network_.compile(keras.optimizers.Adam(float(self.learning_rate)), jit_compile=False)
        self.epochs_ = train_network(
            self,
            _Batches(train, self),
            train=train,
            validation=validation,
            epochs=self.epochs,
            patience=self.patience,
        )

    def _build(self):
        self.network_ = _Autoencoder(self, Seeds(self.seed))

    def _score(self, users, history):
        bought = powered(history.rows(users), self.power).astype(np.float32).toarray()
        logits, _, _ = self.network_(bought)
        return ops.convert_to_numpy(logits).astype(np.float64)


class _Autoencoder(keras.Model):
    """Purchases (b, n_items) → logits (b, n_items), means and log variances of z (b, d) each."""

    def __init__(self, model, seeds):
        super().__init__(name="autoencoder")
        d, sizes = model.dimensions, list(model.hidden)
        self.drop = seeds.dropout(model.dropout)
        self.encoder = [seeds.dense(size, activation="tanh") for size in sizes]
        self.code = seeds.dense(2 * d)  # μ and ln σ²
        self.decoder = [seeds.dense(size, activation="tanh") for size in sizes[::-1]]
        self.output_ = seeds.dense(model.n_items_)
        self.noise = keras.random.SeedGenerator(seeds())
        self(np.zeros((1, model.n_items_), np.float32))

    def call(self, bought, training=False):
        x = self.drop(ops.normalize(bought, axis=-1), training=training)  # (b, n_items)
        for layer in self.encoder:
            x = layer(x)
        mean, log_variance = ops.split(self.code(x), 2, axis=-1)  # (b, d) each
        z = mean
        if training:
            noise = keras.random.normal(ops.shape(mean), seed=self.noise)
            z = mean + ops.exp(log_variance / 2) * noise
        for layer in self.decoder:
            z = layer(z)
        return self.output_(z), mean, log_variance

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        beta, (logits, mean, log_variance) = y, y_pred
        likelihood = ops.sum(x * ops.log_softmax(logits, axis=-1), axis=-1)  # (b,)
        spread = mean**2 + ops.exp(log_variance) - 1 - log_variance
        return ops.mean(0.5 * beta * ops.sum(spread, axis=-1) - likelihood)


class _Batches(keras.utils.PyDataset):
    """Users with something bought, in a new order each epoch; with each its row and today's β."""

    def __init__(self, log, model):
        super().__init__()
        self.rows = powered(log.matrix(), model.power).astype(np.float32)
        self.users = np.flatnonzero(np.diff(self.rows.indptr))
        self.batch_size, self.beta, self.anneal = model.batch_size, model.beta, model.anneal
        self.rng, self.epoch = np.random.default_rng(model.seed), -1
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.users) // self.batch_size)

    def __getitem__(self, index):
        users = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        done = self.epoch + index / len(self)
        beta = self.beta * min(1, done / self.anneal if self.anneal else 1)
        return self.rows[users].toarray(), np.full(len(users), beta, dtype=np.float32)

    def on_epoch_end(self):
        self.order, self.epoch = self.rng.permutation(self.users), self.epoch + 1
