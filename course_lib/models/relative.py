"""RelativeSASRec: SASRec whose attention knows how far back an event lies, with a gated network."""

from typing import ClassVar

import keras
from keras import ops

from course_lib.models.attention import CausalSelfAttention
from course_lib.models.sequences import SequenceRecommender
from course_lib.models.transformer import SASRec, Transformer
from course_lib.parameters import Truth, Whole


class RelativeSASRec(SequenceRecommender):
    """SASRec with two changes that language models brought, and a third one to try.

    Distances: in each block a head adds to its scores a learned number for "so many events back"
    (Raffel and others 2020, T5, sec. 2.1, with a number for every distance). SwiGLU: the small
    network is W₃(silu(W₁x) · W₂x), 4 d wide, in place of ReLU and d (Shazeer 2020, GLU Variants
    Improve Transformer, eq. 6, with biases). With `gate` each of a block's two additions is
    weighed: x + f(x) · sigmoid(W norm(x)) (the gate of LiGR, Borisyuk and others 2024). All else,
    positions from the start too, is SASRec's; so are the parameters.

    On MovieLens-1M with 64 dimensions its NDCG@10 is 0.198 where SASRec's is 0.183, three seeds
    each, and an epoch takes 1.3 times as long (`benchmarks/movielens.py`). With 128 dimensions each
    of the first two changes is worth 0.005, the gate nothing that can be told from chance
    (`benchmarks/networks.py`).
    """

    _rules: ClassVar[dict] = {
        **SequenceRecommender._rules,
        "blocks": Whole(1),
        "heads": Whole(1),
        "gate": Truth(),
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
        gate=False,
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
        self.gate = gate
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
        sizes = self.dimensions, self.length, self.blocks, self.heads
        return RelativeTransformer(*sizes, self.dropout, self.gate, seeds)

    attention = SASRec.attention


class RelativeTransformer(Transformer):
    """A Transformer whose blocks know distances."""

    def __init__(self, dimensions, length, blocks, heads, dropout, gate, seeds):
        super().__init__(dimensions, length, 0, heads, dropout, seeds)
        sizes = dimensions, max(2, length), heads
        self.blocks = [RelativeBlock(*sizes, dropout, gate, seeds) for _ in range(blocks)]


class RelativeBlock(keras.layers.Layer):
    """Attention that knows distances, then SwiGLU, both added to what came in (pre-norm)."""

    def __init__(self, dimensions, length, heads, dropout, gate, seeds):
        super().__init__()
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.attention = RelativeAttention(dimensions, length, heads, dropout, seeds)
        self.network_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.switch = seeds.dense(4 * dimensions, activation="silu")
        self.content = seeds.dense(4 * dimensions)
        self.output_ = seeds.dense(dimensions)
        self.gates = [seeds.dense(dimensions, activation="sigmoid") for _ in range(2 * gate)]
        self.drop = seeds.dropout(dropout)

    def call(self, x, training=False):
        normed = self.attention_norm(x)
        attended = self.drop(self.attention(normed, training=training), training=training)
        x = x + self._weighed(attended, normed, 0)  # (n, T, d)
        normed = self.network_norm(x)
        hidden = self.switch(normed) * self.content(normed)  # (n, T, 4d)
        hidden = self.drop(self.output_(self.drop(hidden, training=training)), training=training)
        return x + self._weighed(hidden, normed, 1)

    def _weighed(self, more, normed, which):
        return more * self.gates[which](normed) if self.gates else more


class RelativeAttention(CausalSelfAttention):
    """weights = softmax(query · key / √(d / heads) + b[distance]), a learned b for each head.

    Worked out from the plain weights: softmax(s + b) is softmax(s) · e^b, over its sum.
    """

    def __init__(self, dimensions, length, heads, dropout, seeds):
        super().__init__(dimensions, heads, dropout, seeds)
        self.distances = self.add_weight(shape=(heads, length), initializer="zeros")

    def weights_and_values(self, x):
        weights, value = super().weights_and_values(x)  # (n, h, T, T), (n, h, T, d / h)
        places = ops.arange(ops.shape(x)[1])
        back = ops.maximum(places[:, None] - places[None, :], 0)  # (T, T)
        weights = weights * ops.exp(ops.take(self.distances, back, axis=1))
        return weights / ops.sum(weights, axis=-1, keepdims=True), value
