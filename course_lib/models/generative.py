"""Generative retrieval: a decoder spells the next item's semantic id, code by code."""

from typing import ClassVar

import keras
import numpy as np
from keras import ops

from course_lib.large.semantic_ids import (
    PrefixTrie,
    beam_search,
    residual_codebooks,
    residual_codes,
    with_collision_code,
)
from course_lib.models.histories import ROWS, latest
from course_lib.models.seeds import Seeds
from course_lib.models.sequences import NextItemNetwork, SequenceRecommender
from course_lib.models.transformer import SASRec
from course_lib.models.vectors import in_catalogue_order
from course_lib.parameters import Maybe, Whole


class GenerativeRetrieval(SequenceRecommender):
    """What comes next is spelt: first the kind of item, then ever finer, in a trie of codes.

    The idea of TIGER (Rajput and others 2023, Recommender Systems with Generative Retrieval): an
    item's vector of text becomes a semantic id, `levels` codes by residual k-means and one that
    tells apart items with equal codes. P(item | history) = Π P(code | earlier codes, history).
    Only codes that lead to an item share the probability, so it sums to 1 over the catalogue (a
    hierarchical softmax, Morin & Bengio 2005, over a tree that is made of meaning).

    Differences: TIGER reads and writes codes one by one with an encoder and a decoder; here the
    causal Transformer of SASRec reads items, each the sum of its codes' vectors, and the decoder is
    a small network from its state and the codes so far to the next code. Codes come from k-means,
    not from RQ-VAE. Items have a bias that begins with their popularity, and a beginning that of
    all its items together (log Σ exp).

    item_vectors: what the codes are made from, (n_items, f) finite numbers in catalogue order, or
    a DataFrame with the item ids as its index; codes: how many a level has. beam: how many
    beginnings a search keeps at each level; the items that it doesn't reach come after all others,
    popular ones first. None scores every item. For the others see SASRec.

    An item that nobody bought in train has an address like any other, and shares what was learned
    of its beginning. Learned: codes_, (n_items, levels + 1).
    """

    _rules: ClassVar[dict] = {
        **{n: rule for n, rule in SequenceRecommender._rules.items() if n != "negatives"},
        "blocks": Whole(1),
        "heads": Whole(1),
        "levels": Whole(1),
        "codes": Whole(1),
        "beam": Maybe(Whole(1)),
    }
    negatives = None

    def __init__(
        self,
        *,
        item_vectors,
        levels=3,
        codes=32,
        beam=None,
        dimensions=64,
        length=50,
        blocks=2,
        heads=1,
        dropout=0.2,
        horizon=1,
        batch_size=128,
        learning_rate=0.001,
        epochs=20,
        patience=3,
        seed=0,
    ):
        self.item_vectors = item_vectors
        self.levels = levels
        self.codes = codes
        self.beam = beam
        self.dimensions = dimensions
        self.length = length
        self.blocks = blocks
        self.heads = heads
        self.dropout = dropout
        self.horizon = horizon
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _fit(self, train, validation):
        vectors = in_catalogue_order("item_vectors", self.item_vectors, train.item_ids)
        sizes = {"levels": int(self.levels), "size": int(self.codes)}
        books = residual_codebooks(vectors, **sizes, seed=int(self.seed))
        self.codes_ = with_collision_code(residual_codes(vectors, books))
        super()._fit(train, validation)

    _encoder = SASRec._encoder

    def _build(self):
        seeds = Seeds(self.seed)
        encoder = self._encoder(seeds)
        self.network_ = SpellingNetwork(encoder, self.codes_, self.dimensions, seeds)
        self.network_((np.ones((1, 2), np.int32), np.zeros(1, np.int32)))

    def _score(self, users, history):
        rows = latest(history, users, self.length, self.seed)
        spell = _Speller(self.network_)
        scores = np.empty((len(users), self.n_items_))
        for i in range(0, len(users), ROWS):
            scores[i : i + ROWS] = self._spelt(spell, self._states(rows[i : i + ROWS]))
        return scores

    def _spelt(self, spell, states):
        if self.beam is None:
            return spell.all_items(states)
        items, found = beam_search(spell.following(states), spell.trie, len(states), self.beam)
        popular = self.popularity_ / self.popularity_.max()
        scores = np.where(items >= 0, found, np.inf).min(axis=1, keepdims=True) - 2 + popular
        row = np.repeat(np.arange(len(states)), (items >= 0).sum(axis=1))
        scores[row, items[items >= 0]] = found[items >= 0]
        return scores


class Codes(keras.layers.Layer):
    """Items as the sum of their codes' vectors: numbers from 1 on, 0 for padding → (…, d)."""

    def __init__(self, codes, dimensions, seeds):
        super().__init__()
        starts = np.cumsum([0, *(codes.max(axis=0) + 1)])  # one table for the codes of all levels
        rows = np.pad(codes + starts[:-1] + 1, [(1, 0), (0, 0)])
        self.rows_of = ops.convert_to_tensor(rows, "int32")  # (n_items + 1, levels)
        self.vectors = seeds.embedding(starts[-1] + 1, dimensions, stddev=0.02)

    def call(self, items):
        return ops.sum(self.vectors(ops.take(self.rows_of, items, axis=0)), axis=-2)


class SpellingNetwork(NextItemNetwork):
    """Item codes → encoder → a state; from the state and the codes so far to the next code."""

    def __init__(self, encoder, codes, dimensions, seeds):
        super().__init__(encoder, len(codes), Codes(codes, dimensions, seeds))
        self.trie = PrefixTrie(codes)
        self.codes_of = ops.convert_to_tensor(codes, "int32")
        self.hidden = [seeds.dense(dimensions, activation="relu") for _ in self.trie.sizes]
        self.write = [seeds.dense(size) for size in self.trie.sizes]
        self.read = [seeds.embedding(size, dimensions) for size in self.trie.sizes[:-1]]
        for layer in (*self.hidden, *self.write):
            layer.build((None, dimensions))
        for layer in self.read:
            layer.build(None)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """−log P of the items that came: one softmax a level, over the codes that may follow."""
        targets, so_far, loss = y[0], y_pred, 0.0
        biases = self.node_biases()
        for level, children in enumerate(self.trie.children):
            node = ops.take(ops.convert_to_tensor(self.trie.node_of[level]), targets)  # (m,)
            code = ops.take(self.codes_of[:, level], targets)
            following = ops.take(ops.convert_to_tensor(children), node, axis=0)  # (m, size)
            logits = self.write[level](so_far + self.hidden[level](so_far))
            logits = logits + ops.take(biases[level], ops.maximum(following, 0))
            logits = ops.where(following >= 0, logits, -1e9)
            right = ops.take_along_axis(logits, code[:, None], axis=1)[:, 0]
            loss = loss + ops.mean(ops.logsumexp(logits, axis=1) - right)
            if level < len(self.read):
                so_far = so_far + self.read[level](code)
        return loss

    def node_biases(self):
        """For each level below the root its nodes' biases: log Σ exp of the items' under it."""
        most = ops.stop_gradient(ops.max(self.biases))
        shares = ops.exp(self.biases - most)
        return [
            ops.log(ops.segment_sum(shares, node, int(node.max()) + 1)) + most
            for node in self.trie.node_of[1:]
        ]


class _Speller:
    """The decoder in NumPy, for whole tries at a time."""

    def __init__(self, network):
        self.trie = network.trie
        self.biases = [ops.convert_to_numpy(bias) for bias in network.node_biases()]
        self.hidden, self.write = (
            [(layer.kernel.numpy(), layer.bias.numpy()) for layer in layers]
            for layers in (network.hidden, network.write)
        )
        # What was spelt on the way to each node, added up: (nodes, d) for each level.
        self.so_far = [np.zeros((1, self.hidden[0][0].shape[0]), dtype=np.float32)]
        for level, layer in enumerate(network.read):
            step = layer.embeddings.numpy()[self.trie.codes[level]]
            self.so_far.append(self.so_far[-1][self.trie.parents[level]] + step)

    def _outputs(self, level, states, nodes):
        """(n, b, d): what the decoder says at these nodes, before a code is chosen."""
        x = states[:, None] + self.so_far[level][nodes]
        kernel, bias = self.hidden[level]
        return x + np.maximum(x @ kernel + bias, 0)

    def all_items(self, states):
        """log P of every item: (n, n_items)."""
        totals = np.zeros((len(states), 1))
        for level, (parents, codes) in enumerate(
            zip(self.trie.parents, self.trie.codes, strict=True)
        ):
            kernel, bias = self.write[level]
            starts = np.searchsorted(parents, np.arange(parents[-1] + 1))  # children lie together
            outputs = self._outputs(level, states, np.arange(len(starts))[None])
            parts = [
                outputs[:, node] @ kernel[:, some]
                for node, some in enumerate(np.split(codes, starts[1:]))
            ]
            logits = np.hstack(parts) + bias[codes] + self.biases[level]
            shared = np.logaddexp.reduceat(logits.astype(np.float64), starts, axis=1)
            totals = (totals - shared)[:, parents] + logits
        return totals[:, self.trie.node_of[-1]]

    def following(self, states):
        """`log_probs` of `beam_search` for these states."""

        def log_probs(level, nodes):
            kernel, bias = self.write[level]
            children = self.trie.children[level][nodes]  # (n, b, size)
            logits = self._outputs(level, states, nodes) @ kernel + bias
            logits = np.where(children >= 0, logits + self.biases[level][children], -np.inf)
            return logits - np.logaddexp.reduce(logits.astype(np.float64), axis=2, keepdims=True)

        return log_probs
