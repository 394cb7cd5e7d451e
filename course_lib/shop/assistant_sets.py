"""What shoppers ask an assistant: a rule book, two sets of messages, and what is right for each."""

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from course_lib.parameters import Choice
from course_lib.shop.dialogue import State

FOLDER = Path(__file__).parents[2] / "datasets" / "assistant"
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


class Sets(NamedTuple):
    """The tables of `datasets/assistant` (its card is in `datasets/README.md`).

    rules: the shop's rule book by id: topic, text, text_zh, keywords, source; products: wishes in
    other words than the catalogue's, with the types that are right, "|" between; off_topic,
    service, handover: messages; dialogues: ten turns each, with the state after each turn.
    """

    rules: pd.DataFrame
    products: pd.DataFrame
    off_topic: pd.DataFrame
    service: pd.DataFrame
    handover: pd.DataFrame
    dialogues: pd.DataFrame


def load_sets(which="first", folder=FOLDER):
    """The "first" set, on which everything was chosen, or the "second", written apart.

    >>> sets = load_sets()
    >>> len(sets.rules), sets.rules.loc["D2", "topic"]
    (27, 'delivery')
    """
    start = {"first": "", "second": "second_"}[Choice(("first", "second")).check("which", which)]
    names = ("products", "off_topic", "service", "handover", "dialogues")
    rules = _table(folder, "rules").set_index("id")
    return Sets(rules, *(_table(folder, start + name) for name in names))


def told_state(row):
    """The State that a row of `dialogues` states.

    >>> told_state({"wants": "tea", "excludes": "", "tastes": "", "budget": "5", "size": ""})
    State(wants='tea', excludes=frozenset(), tastes=frozenset(), budget=5.0, size='')
    """
    excludes, tastes = (
        frozenset(name for name in row[column].split(";") if name)
        for column in ("excludes", "tastes")
    )
    budget = float(row["budget"]) if row["budget"] else None
    return State(row["wants"], excludes, tastes, budget, row["size"])


def shelf_text(kind, category):
    """A product type as a text to search in: its name and its category, without signs.

    >>> shelf_text("PEANUT BUTTER", "PNT BTR/JELLY/JAMS")
    'peanut butter, pnt btr jelly jams'
    """
    return ", ".join(own_words(part) for part in (kind, category) if isinstance(part, str))


def own_words(kind):
    """A product type as a shopper might read it: small letters, no signs, no brackets.

    >>> own_words("DRY CAT FOOD (CAT CHOW/FRISKIE")
    'dry cat food'
    """
    text = re.sub(r"\(.*?(\)|$)", " ", kind.casefold())
    return " ".join(re.findall(r"[^\W_]+", text))


def with_slip(text, *, rng):
    """The text with one slip of the finger in one of its words of four letters or more.

    A letter is left out, doubled, replaced, or changes places with the next; the first letter
    stays. A text without such a word stays as it is.
    """
    long = [found.span() for found in re.finditer(r"[^\W\d_]{4,}", text)]
    if not long:
        return text
    start, stop = long[rng.integers(len(long))]
    i = int(rng.integers(start + 1, stop - 1))
    kind = rng.integers(4)
    if kind == 3 and text[i] == text[i + 1]:
        kind = 0  # two equal letters cannot change places
    other = ALPHABET.replace(text[i], "")[rng.integers(25)]
    middle = ("", text[i] * 2, other, text[i + 1] + text[i])[kind]
    return text[:i] + middle + text[i + (2 if kind == 3 else 1) :]


def _table(folder, name):
    return pd.read_csv(Path(folder) / f"{name}.csv", keep_default_na=False, dtype=str)
