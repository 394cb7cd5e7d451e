"""A small network in place of the dot product between a user's and an item's vector."""

from typing import ClassVar

import keras
import numpy as np
from keras import ops

from course_lib.models.base import Recommender
from course_lib.models.pairs import Pairs
from course_lib.models.seeds import Seeds
from course_lib.models.training import Shuffled, train_network
from course_lib.parameters import Each, Number, Whole

SCORED_AT_ONCE = 1 << 20  # numbers of the widest layer in one block: 4 MB, near the processor


class NeuralCF(Recommender):
    """How likely a user is to want an item, said by a network that reads both their vectors.

    Two halves, each with vectors of its own: GMF multiplies them entry by entry, p ⊙ q; an MLP
    reads them side by side, a_1 = relu(W_1 [p; q] + b_1), a_2 = relu(W_2 a_1 + b_2), …; then
    ŷ = σ(h · [p ⊙ q; a_L] + b) (He et al. 2017, Neural Collaborative Filtering, WWW, eq. 8–12;
    their output has no b). Learned by binary cross-entropy: each pair of the log against
    `negatives` items that the user does not have, drawn uniformly and anew in each epoch.

    Beware: a well-tuned dot product learns as well or better, and its items can be searched fast
    (Rendle, Krichene, Zhang & Anderson 2020, Neural Collaborative Filtering vs. Matrix
    Factorization Revisited, RecSys). Here the network must be run for every pair of user and item;
    scoring the whole catalogue goes in blocks, with the first layer split in a user's and an
    item's part, W_1 [p; q] = W_p p + W_q q, each computed once.

    dimensions: length of each vector; hidden: sizes of the MLP's layers, at least one (the paper
    takes three; each one more makes scoring several times slower). With a validation log, training
    stops after `patience` epochs without a better NDCG@10, and the best epoch is kept; without
    one, `epochs` are run. Learned: network_, known_ (users with an event in train), epochs_ (how
    many were kept), losses_, curve_ (validation NDCG@10).

    Scores are the logits before σ. A user is known by id: history changes nothing but what is
    excluded, and a user without an event in train gets the most popular items.
    """

    _by_id = True
    _rules: ClassVar[dict] = {
        "dimensions": Whole(1),
        "hidden": Each(Whole(1)),
        "negatives": Whole(1),
        "learning_rate": Number(above=0),
        "batch_size": Whole(1),
        "epochs": Whole(1),
        "patience": Whole(1),
        "seed": Whole(0),
    }

    def __init__(
        self,
        *,
        dimensions=16,
        hidden=(32,),
        negatives=4,
        learning_rate=0.01,
        batch_size=16384,
        epochs=10,
        patience=2,
        seed=0,
    ):
        self.dimensions = dimensions
        self.hidden = hidden
        self.negatives = negatives
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _fit(self, train, validation):
        if not len(self.hidden):
            raise ValueError(f"hidden must be at least one layer's size, got {self.hidden!r}")
        self.known_ = np.bincount(train.users, minlength=self.n_users_) > 0
        seeds = self._build()
        self.network_.compile(
            optimizer=keras.optimizers.Adam(float(self.learning_rate)),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            jit_compile=False,
        )
        self.epochs_ = train_network(
            self,
            Shuffled(_Batches(train, self.negatives, self.batch_size, self.seed), seeds),
            train=train,
            validation=validation,
            epochs=self.epochs,
            patience=self.patience,
        )

    def _build(self):
        seeds = Seeds(self.seed)
        user, item = (keras.Input((), dtype="int32", name=name) for name in ("user", "item"))
        names = ("gmf_user", "gmf_item", "mlp_user", "mlp_item")
        p, q, p_mlp, q_mlp = (
            seeds.embedding(n, self.dimensions, name=name)(ids)
            for name, ids, n in zip(
                names, (user, item) * 2, (self.n_users_, self.n_items_) * 2, strict=True
            )
        )
        layer = keras.layers.Concatenate()([p_mlp, q_mlp])
        for i, size in enumerate(self.hidden):
            layer = seeds.dense(size, activation="relu", name=f"mlp_{i + 1}")(layer)
        both = keras.layers.Concatenate()([keras.layers.Multiply()([p, q]), layer])
        logit = ops.squeeze(seeds.dense(1, name="output")(both), axis=-1)
        self.network_ = keras.Model([user, item], logit)
        return seeds

    def _score(self, users, history):
        weights = {
            layer.name: [np.asarray(w) for w in layer.get_weights()]
            for layer in self.network_.layers
            if layer.get_weights()
        }
        d = self.dimensions
        first, bias = weights["mlp_1"]
        user_part = weights["mlp_user"][0][users] @ first[:d] + bias
        item_part = weights["mlp_item"][0] @ first[d:]
        output, output_bias = weights["output"]
        h = output[:, 0]
        scores = (weights["gmf_user"][0][users] * h[:d]) @ weights["gmf_item"][0].T
        scores = scores.astype(np.float64) + output_bias
        block = max(1, SCORED_AT_ONCE // (self.n_items_ * max(self.hidden)))
        for start in range(0, len(users), block):
            batch = slice(start, start + block)
            layer = user_part[batch, None, :] + item_part  # (batch, n_items, hidden)
            np.maximum(layer, 0, out=layer)
            for i in range(1, len(self.hidden)):
                kernel, bias = weights[f"mlp_{i + 1}"]
                layer = layer @ kernel
                layer += bias
                np.maximum(layer, 0, out=layer)
            scores[batch] += layer @ h[d:]
        return scores

    def _knows(self, users, history):
        return self.known_[users]


class _Batches(keras.utils.PyDataset):
    """The pairs of a log with target 1, and drawn absent ones with target 0, all shuffled."""

    def __init__(self, log, negatives, batch_size, seed):
        super().__init__()
        self.pairs, self.negatives = Pairs(log), negatives
        self.batch_size, self.rng = batch_size, np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.users) // self.batch_size)

    def __getitem__(self, index):
        batch = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return (self.users[batch], self.items[batch]), self.targets[batch]

    def on_epoch_end(self):
        strangers = np.repeat(self.pairs.users, self.negatives)
        absent = self.pairs.draw_absent(strangers, self.rng)
        there = absent >= 0
        n = len(self.pairs.users) + there.sum()
        order = self.rng.permutation(n)
        self.users = np.concatenate([self.pairs.users, strangers[there]])[order].astype(np.int32)
        self.items = np.concatenate([self.pairs.items, absent[there]])[order].astype(np.int32)
        self.targets = (order < len(self.pairs.users)).astype(np.float32)
