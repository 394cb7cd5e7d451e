"""The oldest assistant: what is found is what somebody wrote a pattern for."""

import unicodedata

import numpy as np

from course_lib.shop.retrieval import LONGEST, words

# Words of a question that say nothing about what is asked for.
FILLERS = frozenset(
    words(
        "a an any are buy can could do for get have i d if in is it looking like me my need of "
        "please sell some stock the to want we where would you your"
    )
)


class AllWords:
    """A text fits when it has every word of the query but the fillers; the shortest text is best.

    Score: 1 / (the text's number of words), 0 where it does not fit.
    """

    def __init__(self, texts):
        self._texts = [words(text or "") for text in texts]

    def scores(self, queries):
        asked = [set(words(query or "")) - FILLERS for query in queries]
        rows = [[_fits(query, text) for text in self._texts] for query in asked]
        return np.array(rows, dtype=float).reshape(len(asked), len(self._texts))


class Patterns:
    """A text fits when the message has all parts of one of its patterns: as many parts, as good.

    patterns: one text a rule, alternatives with "|" between them, each of parts with "+" between
    them, such as "deliver+free|送货+钱". A part is looked for anywhere in the message, also within
    a word. Raises ValueError for an empty part, which every message would have.

    >>> Patterns(["deliver+free|送货+钱", "gift card"]).scores(["Is delivery free?", "送货多少钱"])
    array([[2., 0.],
           [2., 0.]])
    """

    def __init__(self, patterns):
        self._patterns = [
            [alternative.casefold().split("+") for alternative in pattern.split("|")]
            for pattern in patterns
        ]
        for pattern, alternatives in zip(patterns, self._patterns, strict=True):
            if not all(part.strip() for parts in alternatives for part in parts):
                raise ValueError(f"each part of a pattern must have a letter, got {pattern!r}")

    def scores(self, queries):
        rows = []
        for query in queries:
            said = unicodedata.normalize("NFKC", (query or "")[:LONGEST]).casefold()
            rows.append(
                [
                    max(len(parts) * all(part in said for part in parts) for parts in alternatives)
                    for alternatives in self._patterns
                ]
            )
        return np.array(rows, dtype=float).reshape(len(rows), len(self._patterns))


def _fits(query, text):
    return 1 / len(text) if query and query <= set(text) else 0.0
