"""What a layer of a language model does, each step a function of arrays."""

from functools import cache

import numpy as np
from scipy.special import softmax
from threadpoolctl import ThreadpoolController

BLOCK = 32  # weights that share one scale when they are rounded


def rms_norm(x, weight, epsilon):
    """Rows scaled to a root mean square of 1, then weighted. Zhang & Sennrich 2019, eq. 4.

    >>> rms_norm(np.array([[3.0, 4.0]]), np.ones(2), 0.0).round(3)  # root mean square √12.5
    array([[0.849, 1.131]])
    """
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * weight


def rotation(places, size, base):
    """Cosine and sine of the angles by which pairs of numbers turn: two (n, 1, size / 2) arrays.

    Pair j of a token at place t turns by t · base^(−2j / size). Su et al. 2021, RoFormer, eq. 15.
    """
    angles = np.outer(places, float(base) ** (-np.arange(0, size, 2) / size))[:, None, :]
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def rotate(x, turn):
    """Numbers 0 and 1, 2 and 3, … of each head turned as points of a plane: same shape.

    x: (n, heads, size). The dot product of two turned vectors depends on how far apart their
    places are, not on where they stand.

    >>> quarter = (np.array([[[0.0]]]), np.array([[[1.0]]]))  # cosine and sine of 90°
    >>> rotate(np.array([[[1.0, 0.0]]]), quarter)
    array([[[0., 1.]]])
    """
    cos, sin = turn
    a, b = x[..., 0::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., 0::2], turned[..., 1::2] = a * cos - b * sin, a * sin + b * cos
    return turned


def attend(q, k, v, hidden):
    """Each query's mean of the values, weighted by softmax of its products with the keys.

    q: (n, heads, d); k, v: (m, key heads, d), each key head shared by heads / key heads queries
    that stand side by side (Ainslie et al. 2023, GQA); hidden: (n, m), 0, or −∞ where a query may
    not look. Returns (n, heads · d). Vaswani et al. 2017, Attention Is All You Need, eq. 1.
    """
    n, heads, size = q.shape
    groups = k.shape[1]
    q = q.reshape(n, groups, -1, size).transpose(1, 2, 0, 3)  # (groups, queries a key head, n, d)
    scores = q @ k.transpose(1, 2, 0)[:, None] / np.float32(np.sqrt(size)) + hidden
    mixed = softmax(scores, axis=-1) @ v.transpose(1, 0, 2)[:, None]
    return mixed.transpose(2, 0, 1, 3).reshape(n, heads * size)


def rounded(weights, bits, block=BLOCK):
    """A matrix rounded to `bits` bits: each `block` weights of a row are whole steps of one scale.

    weights: (n, m), m a multiple of block → same shape, float32. The step is the largest absolute
    weight of the block / (2^(bits−1) − 1), so that 0 stays 0. Beside the bits a block keeps its
    scale: 16 bits more, half a bit a weight at 32.

    >>> rounded(np.array([[7.0, 0.4, -3.4, 0.0]]), 4, block=4)  # steps of 7 / 7
    array([[ 7.,  0., -3.,  0.]], dtype=float32)
    """
    parts = np.asarray(weights, dtype=np.float32).reshape(len(weights), -1, block)
    step = np.abs(parts).max(axis=2, keepdims=True) / np.float32(2 ** (bits - 1) - 1)
    whole = np.round(np.divide(parts, step, out=np.zeros_like(parts), where=step > 0))
    return (whole * step).reshape(np.shape(weights))


def layer_weights(tensors, prefix, *, bits=None):
    """A layer's weights, taken out of a dict; those that read the same numbers stand in one matrix.

    prefix: what the names of the layer's tensors begin with; bits: round its matrices to so many.
    Raises KeyError for a name that is not there.
    """

    def matrix(*names):
        parts = [tensors.pop(f"{prefix}{name}.weight") for name in names]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return whole if bits is None else rounded(whole, bits)

    return {
        "attn_norm": tensors.pop(prefix + "attn_norm.weight"),
        "qkv": matrix("attn_q", "attn_k", "attn_v"),
        "attn_output": matrix("attn_output"),
        "ffn_norm": tensors.pop(prefix + "ffn_norm.weight"),
        "gate_up": matrix("ffn_gate", "ffn_up"),
        "ffn_down": matrix("ffn_down"),
    }


def one_thread():
    """NumPy's matrix products on one thread, as long as a `with` block lasts.

    Two threads beside other work wait for each other at every token: a quarter of the speed.
    """
    return _pools().limit(limits=1, user_api="blas")


@cache
def _pools():
    return ThreadpoolController()  # looking for them takes longer than a token
