"""Grammars against Python's own JSON and UTF-8, and the mask against trying every token."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.large import grammar
from course_lib.large.grammar import (
    EMPTY,
    NOTHING,
    Vocabulary,
    accepts,
    derivative,
    either,
    listed,
    names,
    obj,
    sequence,
    string,
    text,
    times,
    whole_number,
)

SMALL = obj({"likes": listed(names(["tea", "牛奶"]), 2), "budget": either(text("null"), text("5"))})
WORDS = [b"<end>", None, b"", b'{"', b"likes", b'": [', b'"tea"', b'"t', b"ea", b'"', b"]", b", "]
WORDS += [
    b"null",
    b"5",
    b"}",
    "牛奶".encode(),
    "牛奶".encode()[:4],
    "牛奶".encode()[4:],
    b'budget": ',
]
WORDS += [bytes([byte]) for byte in range(256)]  # without them a walk may come to a dead end


def after(start, word):
    for byte in word:
        start = derivative(start, byte)
    return start


@pytest.mark.parametrize(
    ("word", "fits"),
    [
        ('{"likes": [], "budget": null}', True),
        ('{"likes": ["tea", "牛奶"], "budget": 5}', True),
        ('{"likes": ["tea", "tea", "tea"], "budget": 5}', False),
        ('{"likes": ["mug"], "budget": 5}', False),
        ('{"budget": 5, "likes": []}', False),
        ('{"likes": [], "budget": 55}', False),
        ('{"likes":[],"budget":5}', False),
        ('{"likes": ["tea",], "budget": 5}', False),
        ("", False),
    ],
)
def test_an_object_by_hand(word, fits):
    assert accepts(SMALL, word) == fits


@given(st.text(max_size=4))
def test_a_string_is_what_json_writes_as_long_as_it_escapes_in_two_signs(value):
    written = json.dumps(value, ensure_ascii=False)
    if "\\u" not in written:
        try:
            written.encode()
        except UnicodeEncodeError:  # half a character
            return
        assert accepts(string(4), written)
        assert not accepts(string(max(len(value) - 1, 0)), written) or not value


@given(st.binary(max_size=5))
@settings(max_examples=300)
def test_bytes_in_a_string_are_valid_utf8_and_valid_json_or_refused(inside):
    whole = b'"' + inside + b'"'
    fits = grammar.may_end(after(string(5), whole))
    try:
        read = json.loads(whole.decode())
    except ValueError:
        read = None
    assert fits == (isinstance(read, str) and b"\\u" not in whole)


@pytest.mark.parametrize(
    ("inside", "fits"),
    [
        ("€".encode(), True),
        ("\U0010ffff".encode(), True),
        (b"\xc0\xaf", False),  # an overlong slash
        (b"\xe0\x80\xaf", False),
        (b"\xed\xa0\x80", False),  # half of a pair
        (b"\xf4\x90\x80\x80", False),  # beyond the last character
        (b"\xe2\x82", False),
        (b"\x1f", False),
        (b"\\x", False),
    ],
)
def test_rare_bytes_by_hand(inside, fits):
    assert grammar.may_end(after(string(2), b'"' + inside + b'"')) == fits


@given(st.integers(0, 12_000))
def test_a_whole_number_of_at_most_three_digits(value):
    assert accepts(whole_number(3), str(value)) == (value < 1000)


def test_never_any_number_of_times_and_exactly():
    ab = either(text("a"), text("b"))
    assert accepts(times(ab, 0), "abba" * 30)
    assert [accepts(times(ab, 2, 2), "a" * n) for n in range(4)] == [False, False, True, False]


def test_nothing_spoils_a_sequence_but_not_a_choice():
    assert sequence(text("a"), NOTHING) == NOTHING
    assert either(text("a"), NOTHING) == text("a")
    assert sequence(EMPTY, text("a"), EMPTY) == text("a")


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb"])
def test_a_name_that_json_would_escape_is_refused(name):
    with pytest.raises(ValueError, match="must need no escape in JSON"):
        names(["tea", name])


def walk(grammar, rng, vocabulary):
    """A random walk along allowed tokens; yields each place on the way."""
    while True:
        yield grammar
        token = int(rng.choice(np.flatnonzero(vocabulary.allowed(grammar))))
        grammar = vocabulary.after(grammar, token)
        if token == vocabulary.end:
            return


@pytest.mark.parametrize("seed", range(8))
def test_the_mask_is_what_trying_every_token_gives(seed):
    vocabulary = Vocabulary(WORDS, 0)
    for place in walk(SMALL, np.random.default_rng(seed), vocabulary):
        expected = [bool(word) and after(place, word) != NOTHING for word in WORDS]
        expected[0] = grammar.may_end(place)
        assert vocabulary.allowed(place).tolist() == expected


def test_any_walk_along_the_mask_ends_in_json_that_fits():
    vocabulary, rng = Vocabulary(WORDS, 0), np.random.default_rng(1)
    for _ in range(20):
        place, written = SMALL, b""
        while True:
            token = int(rng.choice(np.flatnonzero(vocabulary.allowed(place))))
            if token == 0:
                break
            written += WORDS[token]
            place = vocabulary.after(place, token)
        value = json.loads(written)
        assert list(value) == ["likes", "budget"]
        assert set(value["likes"]) <= {"tea", "牛奶"}
        assert value["budget"] in (None, 5)


def test_the_end_is_allowed_where_a_text_may_end_and_leads_nowhere():
    vocabulary = Vocabulary([b"<end>", b"a"], 0)
    some = times(text("a"), 1, 2)
    assert vocabulary.allowed(some).tolist() == [False, True]
    assert vocabulary.allowed(vocabulary.after(some, 1)).tolist() == [True, True]
    assert vocabulary.after(some, 0) == EMPTY


@pytest.mark.parametrize("start", [NOTHING, text("b")], ids=["nothing", "no token fits"])
def test_a_grammar_that_lets_no_token_pass_is_refused(start):
    with pytest.raises(ValueError, match="must allow at least 1 token, got none"):
        Vocabulary([b"<end>", b"a"], 0).allowed(start)


@pytest.mark.parametrize(
    ("long", "fits"),
    [
        (text("a" * 10_000), "a" * 10_000),
        (names(["tea", "茶" * 10_000]), '"' + "茶" * 10_000 + '"'),
        (string(10_000), '"' + "🍵" * 10_000 + '"'),
        (listed(text("1"), 10_000), "[" + "1, " * 9_999 + "1]"),
        (sequence(whole_number(10_000), text(".")), "7" * 10_000 + "."),
        (obj({"a" * 10_000: text("1")}), '{"' + "a" * 10_000 + '": 1}'),
    ],
    ids=["text", "name", "string", "list", "number", "field"],
)
def test_ten_thousand_characters_are_asked_one_by_one(long, fits):
    assert accepts(long, fits)
    assert not accepts(long, fits[:-1])
    assert not accepts(long, fits + "a")


def test_equal_grammars_are_the_same():
    assert either(text("tea"), text("mug")) is either(text("mug"), text("tea"))
    assert times(text("a"), 0, 2) is times(text("a"), 0, 2) is not times(text("a"), 0, 3)


@pytest.mark.parametrize(
    "word", ["", "🍵", "שלום", "\u202eaet", "\x00\x07", "\ud83d", '{"' * 5_000]
)
def test_whatever_people_type_fits_or_does_not(word):
    assert not accepts(SMALL, word)
    assert not accepts(string(3), f'"{word}' if word else word)


def test_signs_of_every_script_may_stand_in_a_string_and_control_characters_may_not():
    written = ["🍵", "שלום", "\u202e", "\u200b", "\x7f", "\x00", "\x1f", "\n", "\ud83d"]
    fits = [accepts(string(4), f'"{word}"') for word in written]
    assert fits == [True] * 5 + [False] * 4


def test_half_a_character_is_refused():
    for call in (lambda: text("\ud83d"), lambda: names(["tea", "\ud83d"])):
        with pytest.raises(ValueError, match=r"must be whole characters, got .*ud83d"):
            call()


def test_a_field_that_json_would_escape_is_refused():
    with pytest.raises(ValueError, match="must need no escape in JSON"):
        obj({'a"b': text("1")})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: times(text("a"), 3, 2), "most must be a whole number of at least 3"),
        (lambda: times(text("a"), -1), "least must be a whole number of at least 0"),
        (lambda: listed(text("a"), 0), "most must be a whole number of at least 1"),
        (lambda: whole_number(0), "digits must be a whole number of at least 1"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
