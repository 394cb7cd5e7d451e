"""Byte-pair encoding: text as whole numbers, frequent pairs of neighbours merged into one."""

import re
from collections import Counter
from itertools import groupby, pairwise
from unicodedata import category

from course_lib.parameters import check_whole, plain

SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: no UTF-8 has it
SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WITHOUT_NUMBERS = re.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+"  # endings, letters
    rf"| ?(?:[^\w{SPACE}]|_)+|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+"  # signs, spaces
)


def pieces(text):
    """The pieces of a text that no pair may cross: words with the space before them, digits, signs.

    Joined they give the text again. The rule of GPT-2 (Radford and others 2019), with each digit
    apart, as SmolLM2 has it: what is learned about "milk" is not spoiled by what stands beside it.

    >>> pieces("Oat milk, 25%")
    ['Oat', ' milk', ',', ' ', '2', '5', '%']
    """
    found = []
    for number, run in groupby(text, lambda sign: category(sign)[0] == "N"):
        part = "".join(run)
        found += part if number else WITHOUT_NUMBERS.findall(part)
    return found


def merge(ids, pair, new):
    """The ids with each `pair` of neighbours replaced by `new`, from left to right.

    ids: list of whole numbers; pair: two of them. A place is used once: of three equal ids the
    first two become one. Returns a new list.

    >>> merge([1, 2, 3, 1, 2], (1, 2), 9)
    [9, 3, 9]
    >>> merge([1, 1, 1], (1, 1), 9)
    [9, 1]
    """
    merged, i = [], 0
    while i < len(ids):
        here = tuple(ids[i : i + 2]) == tuple(pair)
        merged.append(new if here else ids[i])
        i += 2 if here else 1
    return merged


def learn_merges(texts, n_merges):
    """The pairs that are merged, in order: each time the pair that is most frequent now.

    texts: strings. Ids 0 to 255 are the bytes of UTF-8; merge number m makes id 256 + m. Of pairs
    that are equally frequent the one with the smaller ids goes first. Fewer than `n_merges` pairs
    come back where the texts have no more. Gage 1994, A New Algorithm for Data Compression;
    Sennrich, Haddow & Birch 2016, Neural Machine Translation of Rare Words with Subword Units,
    whose words are characters; Radford and others 2019 start from bytes, so no text is unknown.

    Raises ValueError for n_merges below 0 and for what is no text.

    >>> learn_merges(["aaabdaaabac"], 3)  # aa, then ab, then both together
    [(97, 97), (97, 98), (256, 257)]
    """
    n_merges = check_whole("n_merges", n_merges, 0)
    counts = Counter(piece for text in texts for piece in pieces(_checked(text)))
    words = [(list(piece.encode()), count) for piece, count in counts.items()]
    pairs, merges = Counter(), []
    for word, count in words:
        _count(pairs, word, count)
    while len(merges) < n_merges and pairs:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        for at, (word, count) in enumerate(words):
            if best in pairwise(word):
                _count(pairs, word, -count)
                words[at] = merge(word, best, 256 + len(merges)), count
                _count(pairs, words[at][0], count)
        merges.append(best)
    return merges


class BytePairs:
    """Text to ids and back, by merges that were learned before.

    merges: pairs of ids, the first learned first. vocabulary: the bytes of each id, in order; None:
    the 256 bytes, then one id for each merge (as `learn_merges` numbers them). control: {text: id}
    of tokens that steer a model, such as the end of a message; they are never made from a text
    unless `encode` is told so.

    `vocabulary` and `control` are there to be read; `len` is the number of ids. Raises ValueError
    for a merge of ids that have no token, or whose bytes together are none.

    >>> tokens = BytePairs(learn_merges(["low lower lowest"], 4))
    >>> tokens.encode("lower")
    [257, 101, 114]
    >>> [tokens.vocabulary[i] for i in tokens.encode("lower")]
    [b'low', b'e', b'r']
    """

    def __init__(self, merges, vocabulary=None, *, control=None):
        if vocabulary is None:
            vocabulary = [bytes([byte]) for byte in range(256)]
            for pair in merges:
                vocabulary.append(b"".join(_token(vocabulary, i) for i in pair))
        self.vocabulary = list(vocabulary)
        self.control = dict(control or {})
        steering = set(self.control.values())
        ids = {token: i for i, token in enumerate(self.vocabulary) if i not in steering}
        self._bytes = [ids.get(bytes([byte])) for byte in range(256)]
        self._merges = {}  # pair: (rank, new id)
        for rank, (a, b) in enumerate(merges):
            both = _token(self.vocabulary, a) + _token(self.vocabulary, b)
            if both not in ids:
                raise ValueError(f"the vocabulary must have {both!r}, made by merge {rank}")
            self._merges.setdefault((a, b), (rank, ids[both]))
        self._known = {}  # piece: its ids
        self._split = re.compile("|".join(map(re.escape, self.control)) or r"(?!)")

    @classmethod
    def from_gguf(cls, file):
        """The tokens of a language model in a GGUF file of the GPT-2 kind, such as SmolLM2's.

        file: a path, or a `gguf.GGUFReader` that is open already. Reading takes the package
        `gguf`. Raises ValueError for a file whose tokens are of another kind.
        """
        if not hasattr(file, "get_field"):
            from gguf import GGUFReader

            file = GGUFReader(file)
        kind = [_field(file, f"tokenizer.ggml.{name}") for name in ("model", "pre")]
        if kind != ["gpt2", "smollm"]:
            raise ValueError(f"the tokens must be of kind gpt2, smollm, got {kind[0]}, {kind[1]}")
        written, kinds = (_field(file, f"tokenizer.ggml.{x}") for x in ("tokens", "token_type"))
        ids = {token: i for i, token in enumerate(written)}
        control = {token: i for token, i in ids.items() if kinds[i] != 1}
        merges = [line.split(" ") for line in _field(file, "tokenizer.ggml.merges")]
        spelt = {sign: byte for byte, sign in byte_signs().items()}
        vocabulary = [
            token.encode() if token in control else bytes(spelt[sign] for sign in token)
            for token in written
        ]
        return cls([(ids[a], ids[b]) for a, b in merges], vocabulary, control=control)

    def __len__(self):
        return len(self.vocabulary)

    def encode(self, text, *, control=False):
        """The ids of a text: a list, empty for an empty text.

        control: whether tokens such as `<|im_end|>` that are spelt out in the text become the ids
        that steer the model. Never for what a stranger wrote: it could end its own message. Half a
        character (a lone surrogate) counts as U+FFFD; a byte that the vocabulary does not have is
        left out, as the model's own tokeniser does. Raises ValueError for what is no text.
        """
        text, ids, start = _checked(text), [], 0
        for found in self._split.finditer(text) if control else ():
            ids += self._plain(text[start : found.start()])
            ids.append(self.control[found.group()])
            start = found.end()
        return ids + self._plain(text[start:])

    def decode(self, ids):
        """The text of the ids. Bytes that are no UTF-8, such as half a character, become U+FFFD.

        Raises ValueError for a number that is no id.
        """
        return b"".join(_token(self.vocabulary, i) for i in ids).decode("utf-8", "replace")

    def _plain(self, text):
        ids = []
        for piece in pieces(text):
            if piece not in self._known:
                self._known[piece] = self._merged(piece)
            ids += self._known[piece]
        return ids

    def _merged(self, piece):
        """The pair learned first is merged first, until there is none."""
        ids = [self._bytes[byte] for byte in piece.encode() if self._bytes[byte] is not None]
        while known := [pair for pair in pairwise(ids) if pair in self._merges]:
            pair = min(known, key=self._merges.get)
            ids = merge(ids, pair, self._merges[pair][1])
        return ids


def byte_signs():
    """The sign by which GPT-2's files write each byte: {byte: sign}.

    Visible characters of Latin-1 stand for themselves, the other 68 bytes for U+0100 and so on, in
    order. So a space is Ġ.

    >>> byte_signs()[ord(" ")], byte_signs()[ord("a")]
    ('Ġ', 'a')
    """
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in visible]
    signs = dict(zip(visible, map(chr, visible), strict=True))
    return signs | {byte: chr(256 + n) for n, byte in enumerate(others)}


def _count(pairs, word, times):
    """Add a word's pairs of neighbours, `times` each; pairs that are no longer there go."""
    for pair in pairwise(word):
        pairs[pair] += times
        if not pairs[pair]:
            del pairs[pair]


def _checked(text):
    if not isinstance(text, str):
        raise ValueError(f"a text must be a str, got {plain(text)}")
    return SURROGATE.sub("\ufffd", text)


def _token(vocabulary, i):
    if not 0 <= i < len(vocabulary):
        raise ValueError(f"ids must lie in 0..{len(vocabulary) - 1}, got {plain(i)}")
    return vocabulary[i]


def _field(reader, name):
    field = reader.get_field(name)
    if field is None:
        raise ValueError(f"the file must have the field {name}")
    return field.contents()
