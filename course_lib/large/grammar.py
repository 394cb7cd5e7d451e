"""What a text may look like, as a mask on the logits: a grammar lets only tokens pass that fit.

A grammar is built from parts (a text, one byte of a set, one after the other, one of several, any
number of them) and is asked byte by byte: its *derivative* by a byte is the grammar of what may
follow (Brzozowski 1964, Derivatives of Regular Expressions). A token passes when all of its bytes
can be taken one after the other.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from course_lib.parameters import check_whole, plain


@dataclass(frozen=True, eq=False)
class Bytes:
    """One byte of a set."""

    among: frozenset


@dataclass(frozen=True, eq=False)
class Sequence:
    """First one part, then the other."""

    first: object
    then: object


@dataclass(frozen=True, eq=False)
class Either:
    """One of several parts; of none: no text at all."""

    parts: frozenset


@dataclass(frozen=True, eq=False)
class Many:
    """A part any number of times, also never."""

    part: object


@dataclass(frozen=True, eq=False)
class Empty:
    """The empty text."""


_made = {}  # all grammars there are


def _one(grammar):
    """The grammar, or the equal one that was made before.

    So equal ones are the same, and neither comparing nor hashing walks down what may be 10,000
    parts deep.
    """
    return _made.setdefault((type(grammar), *vars(grammar).values()), grammar)


EMPTY, NOTHING = _one(Empty()), _one(Either(frozenset()))


def either(*parts):
    """A grammar of texts that follow one of the parts.

    >>> accepts(either(text("tea"), text("mug")), "mug"), accepts(either(), "mug")
    (True, False)
    """
    flat = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Either) else {part}
    return flat.pop() if len(flat) == 1 else _one(Either(frozenset(flat)))


def sequence(*parts):
    """A grammar of texts that follow the parts, one after the other.

    >>> accepts(sequence(text("tea"), text("pot")), "teapot")
    True
    """
    whole = EMPTY
    for part in reversed(parts):
        if part == NOTHING or whole == NOTHING:
            whole = NOTHING
        elif part != EMPTY:
            whole = part if whole == EMPTY else _one(Sequence(part, whole))
    return whole


def text(literal):
    """A grammar of one text, byte by byte.

    Raises ValueError for half a character, which UTF-8 does not have.
    """
    try:
        written = literal.encode()
    except UnicodeEncodeError:
        raise ValueError(f"a text must be whole characters, got {plain(literal)}") from None
    return sequence(*(_between(byte, byte) for byte in written))


def times(part, least, most=None):
    """A part `least` to `most` times, None: without end.

    >>> [accepts(times(text("a"), 1, 2), word) for word in ("", "a", "aa", "aaa")]
    [False, True, True, False]
    """
    least, end = check_whole("least", least, 0), _one(Many(part))
    if most is not None:
        most = check_whole("most", most, least)
        end = EMPTY
        for _ in range(most - least):
            end = either(EMPTY, sequence(part, end))
    return sequence(*[part] * least, end)


def listed(part, most):
    """A JSON list of at most so many parts: [], [a], [a, b], …

    >>> [accepts(listed(text("1"), 2), word) for word in ("[]", "[1]", "[1, 1]", "[1, 1, 1]")]
    [True, True, True, False]
    """
    check_whole("most", most)
    more = times(sequence(text(", "), part), 0, most - 1)
    return either(text("[]"), sequence(text("["), part, more, text("]")))


def obj(fields):
    """A JSON object with exactly these fields in this order: names to grammars.

    >>> accepts(obj({"price": text("5"), "gift": text("true")}), '{"price": 5, "gift": true}')
    True
    """
    inside = [sequence(names([name]), text(": "), part) for name, part in fields.items()]
    between = [part for each in inside for part in (text(", "), each)][1:]
    return sequence(text("{"), *between, text("}"))


def names(choices):
    """A JSON string that is one of the choices; no choices: nothing is allowed.

    Raises ValueError for a choice that JSON would have to escape (a quote, a backslash, a control
    character).
    """
    for choice in choices:
        if any(ord(letter) < 32 or letter in '"\\' for letter in choice):
            raise ValueError(f"a name must need no escape in JSON, got {choice!r}")
    return either(*(text(f'"{choice}"') for choice in choices))


def string(most):
    """Any JSON string of at most `most` characters, in valid UTF-8. RFC 8259, section 7."""
    tail = _between(0x80, 0xBF)
    plain = either(_between(0x20, 0x21), _between(0x23, 0x5B), _between(0x5D, 0x7F))
    long = [  # RFC 3629, § 4: no overlong forms, no surrogates
        sequence(_between(0xC2, 0xDF), tail),
        sequence(_between(0xE0, 0xE0), _between(0xA0, 0xBF), tail),
        sequence(either(_between(0xE1, 0xEC), _between(0xEE, 0xEF)), tail, tail),
        sequence(_between(0xED, 0xED), _between(0x80, 0x9F), tail),
        sequence(_between(0xF0, 0xF0), _between(0x90, 0xBF), tail, tail),
        sequence(_between(0xF1, 0xF3), tail, tail, tail),
        sequence(_between(0xF4, 0xF4), _between(0x80, 0x8F), tail, tail),
    ]
    escape = sequence(text("\\"), Bytes(frozenset(b'"\\/bfnrt')))
    return sequence(text('"'), times(either(plain, escape, *long), 0, most), text('"'))


def whole_number(digits):
    """A JSON whole number from 0 on with at most so many digits.

    >>> [accepts(whole_number(2), word) for word in ("0", "42", "042", "100", "-1")]
    [True, True, False, False, False]
    """
    digit, first = _between(0x30, 0x39), _between(0x31, 0x39)
    more = times(digit, 0, check_whole("digits", digits) - 1)
    return either(text("0"), sequence(first, more))


def _between(low, high):
    return _one(Bytes(frozenset(range(low, high + 1))))


@cache
def derivative(grammar, byte):
    """The grammar of what may follow after this byte; NOTHING where the byte may not come."""
    match grammar:
        case Bytes(among):
            return EMPTY if byte in among else NOTHING
        case Sequence(first, then):
            rest = sequence(derivative(first, byte), then)
            return either(rest, derivative(then, byte)) if may_end(first) else rest
        case Either(parts):
            return either(*(derivative(part, byte) for part in parts))
        case Many(part):
            return sequence(derivative(part, byte), grammar)
    return NOTHING


@cache
def may_end(grammar):
    """Whether a text may end here: the grammar takes the empty text."""
    match grammar:
        case Sequence(first, then):
            return may_end(first) and may_end(then)
        case Either(parts):
            return any(may_end(part) for part in parts)
    return isinstance(grammar, Empty | Many)


def accepts(grammar, word):
    """Whether a whole text follows the grammar; none that has half a character does."""
    for byte in word.encode(errors="surrogatepass"):
        grammar = derivative(grammar, byte)
    return may_end(grammar)


class Vocabulary:
    """The tokens of a model, asked which of them a grammar lets pass.

    words: the bytes of each token, a list; None for one that is never allowed, such as a mark of
    the chat template. end: the token that ends a text, allowed where the grammar may end. What was
    worked out for a grammar is kept, since the same places come again and again.
    """

    def __init__(self, words, end):
        self.words, self.end, self._known, self._trie = words, end, {}, {}
        for token, word in enumerate(words):
            if word and token != end:
                node = self._trie
                for byte in word:
                    node = node.setdefault(byte, {})
                node.setdefault(None, []).append(token)

    def allowed(self, grammar):
        """(vocabulary,) booleans: the tokens all of whose bytes fit.

        Raises ValueError where not one does, such as for a grammar that allows nothing.
        """
        if grammar not in self._known:
            found = np.zeros(len(self.words), dtype=bool)
            found[self.end] = may_end(grammar)
            found[self._reachable(grammar)] = True
            if not found.any():
                raise ValueError("the grammar must allow at least 1 token, got none")
            self._known[grammar] = found
        return self._known[grammar]

    def after(self, grammar, token):
        """The grammar of what may follow a token; EMPTY after the end."""
        if token == self.end:
            return EMPTY
        for byte in self.words[token] or b"":
            grammar = derivative(grammar, byte)
        return grammar

    def _reachable(self, grammar):
        """The tokens that the grammar takes whole: a walk down the trie as far as bytes fit."""
        found, left = [], [(self._trie, grammar)]
        while left:
            node, here = left.pop()
            for byte, below in node.items():
                rest = derivative(here, byte) if byte is not None else NOTHING
                if rest != NOTHING:
                    found += below.get(None, [])
                    left.append((below, rest))
        return found
