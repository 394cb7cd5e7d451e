"""What shoppers ask an assistant: a rule book, two sets of messages, and what is right for each."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from course_lib.parameters import Choice, Whole
from course_lib.shop.dialogue import State
from course_lib.shop.keywords import AllWords, Patterns
from course_lib.shop.retrieval import Either, Letters, Meaning, Mix, Words

FOLDER = Path(__file__).parents[2] / "datasets" / "assistant"
WISHES = ("own words", "slip", "other words")  # groups of messages that name a product
LETTERS = 0.5  # weight of letters beside meaning, chosen on the first set
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


def searches(texts, rules, encode):
    """{way: (search of goods, search of rules)}, from the plainest to the cleverest.

    texts: of the goods; rules: as in Sets; encode: as `retrieval.Meaning` wants it. The goods'
    texts are English; a rule is searched in both languages, and the better score counts.
    """

    def both(way):
        return way(texts), Either([way(rules[c].tolist()) for c in ("text", "text_zh")])

    def meaning(texts):
        return Meaning(texts, encode)

    return {
        "rules": (AllWords(texts), Patterns(rules["keywords"])),
        "BM25": both(Words),
        "characters": both(Letters),
        "encoder": both(meaning),
        "both": both(lambda texts: Mix([meaning(texts), Letters(texts)], [1.0, LETTERS])),
    }


def all_messages(sets, types, *, drawn=0, seed=0):
    """A set's messages in one table: group, language, message, right.

    right: numbers of `types` for a wish, of the rule for "service", () for "off-topic" and
    "handover". drawn: so many types more are asked for in the catalogue's own words (group "own
    words"), and once more with a slip each ("slip"); seed: which ones.
    """
    types, rows = list(types), []
    place = {kind: i for i, kind in enumerate(types)}
    names = [own_words(kind) for kind in types]
    rng = np.random.default_rng(Whole(0).check("seed", seed))
    for i in rng.choice(len(types), Whole(0, len(types)).check("drawn", drawn), replace=False):
        alike = tuple(j for j, name in enumerate(names) if name == names[i])
        rows.append(("own words", "en", names[i], alike))
        rows.append(("slip", "en", with_slip(names[i], rng=rng), alike))
    for _, row in sets.products.iterrows():
        right = tuple(place[kind] for kind in row["types"].split("|"))
        rows.append(("other words", row["language"], row["query"], right))
    for _, row in sets.service.iterrows():
        right = (sets.rules.index.get_loc(row["rule"]),)
        rows.append(("service", row["language"], row["message"], right))
    for group, table in (("off-topic", sets.off_topic), ("handover", sets.handover)):
        rows += [(group, row["language"], row["message"], ()) for _, row in table.iterrows()]
    return pd.DataFrame(rows, columns=["group", "language", "message", "right"])


def outcome(decision, group, right):
    """What came of a message: "right", "wrong", "silent" or "handed over".

    A wish is right if one of the goods shown is, a question if its rule is quoted; off-topic,
    silence is right; in group "handover" a handover is, whatever its reason.

    >>> from course_lib.shop.service import Decision
    >>> outcome(Decision("goods", (3, 7)), "slip", (7,)), outcome(Decision("silent"), "slip", (7,))
    ('right', 'silent')
    """
    kind = decision.kind
    if kind == "hand over":
        return "right" if group == "handover" else "handed over"
    if kind == "silent":
        return "right" if group == "off-topic" else "silent"
    fits = group in WISHES if kind == "goods" else group == "service"
    return "right" if fits and set(decision.found) & set(right) else "wrong"


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
