"""What a learner hands in: one Python file with `build()`, and a CARD that says what it is.

    def build():
        \"\"\"A Recommender, not fitted yet.\"\"\"

    def lists_at(log, now, users):          # only where fitting and recommending is not all
        \"\"\"(len(users), 10) item indices, best first, from what was known before `now`.\"\"\"

    CARD = {"name": "…", "for": "…", …}

The file is run in a process of its own; the card is read without running anything.
"""

import ast
import re

import numpy as np

from course_lib.models.base import Recommender

PLACES = 10  # of a list
CARD = {
    "name": "what it is called, and of which kind it is",
    "for": "what it is meant for: which list, for whom",
    "not for": "what it must not be used for",
    "data": "what it learned from: origin, months, sizes",
    "chosen": "how its settings were chosen, and among how many",
    "result": "a figure with its interval, and on whom",
    "baselines": "the lead over popularity and own counts, with intervals",
    "weak": "where it is weak: for whom, for which products",
    "cost": "time, memory, how that grows",
    "watch": "what is to be watched once it runs, and when it is fitted again",
}
FEWEST_WORDS = 3
WITH_FIGURES = {"result": 3, "baselines": 6}  # a mean and the two ends of its interval, each


def lists_of(space, log, now, users):
    """The lists of a file that has been run: what its `lists_at` says, or its `build`.

    space: the names that the file has defined; log: Interactions, those from `now` on may be in
    it; now: a moment (datetime64); users: (n,) dense indices → whatever comes: see `list_problem`.
    """
    if "lists_at" in space:
        return space["lists_at"](log, now, users)
    if "build" not in space:
        raise NameError("the file defines no function build()")
    model = space["build"]()
    if not isinstance(model, Recommender):
        raise TypeError(f"build() must return a Recommender, got {type(model).__name__}")
    past = log.select(log.timestamps < now)
    return model.fit(past).recommend(users, past, PLACES, exclude_seen=False)


def list_problem(lists, n_users, n_items):
    """What is wrong with lists, in a sentence, or None.

    They must be an (n_users, 10) array of whole numbers: item indices, each at most once, and −1
    only at the end, where no item is left.

    >>> list_problem(np.array([[3, 1, 3] + [-1] * 7]), 1, 5)
    'the list of place 0 has item 3 twice'
    """
    if not isinstance(lists, np.ndarray) or lists.dtype.kind not in "iu":
        kind = lists.dtype if isinstance(lists, np.ndarray) else type(lists).__name__
        return f"lists must be an array of whole numbers, got {kind}"
    if lists.shape != (n_users, PLACES):
        return f"lists must have the shape {(n_users, PLACES)}, got {lists.shape}"
    wrong = (lists < -1) | (lists >= n_items)
    if wrong.any():
        return f"items must lie in 0..{n_items - 1}, got {lists[wrong][0]}"
    for place, row in enumerate(lists.tolist()):
        items = [item for item in row if item >= 0]
        if row[: len(items)] != items:
            return f"the list of place {place} has -1 before an item"
        for item in items:
            if items.count(item) > 1:
                return f"the list of place {place} has item {item} twice"
    return None


def card_of(source):
    """The CARD of a file, read from its text: a dict of texts; ValueError, if it has none.

    >>> card_of("CARD = {'name': 'own ' + 'counts'}")
    Traceback (most recent call last):
    ValueError: CARD must be a dict of plain texts: nothing is computed in it
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(
            getattr(target, "id", None) == "CARD" for target in node.targets
        ):
            try:
                return ast.literal_eval(node.value)
            except ValueError:
                raise ValueError(
                    "CARD must be a dict of plain texts: nothing is computed in it"
                ) from None
    raise ValueError("the file has no CARD = {…}")


def card_problem(card):
    """The first thing that a card lacks, in a sentence, or None.

    card: {field: text} with the fields of CARD. Each text has at least three words; "result" has
    three decimal numbers (a mean and the ends of its interval), "baselines" twice as many.

    >>> card_problem({"name": "own counts"})
    'name: say more than "own counts"'
    """
    if not isinstance(card, dict):
        return f"a card is a dict {{field: text}}, got {type(card).__name__}"
    for field, meaning in CARD.items():
        text = card.get(field)
        if not isinstance(text, str) or not text.strip():
            return f"{field} is missing: {meaning}"
        words = text.split()
        if len(words) < FEWEST_WORDS or text.strip() == meaning or "…" in text:
            return f'{field}: say more than "{text.strip()}"'
        figures = len(re.findall(r"\d\.\d", text))
        if figures < WITH_FIGURES.get(field, 0):
            return f"{field} needs {WITH_FIGURES[field]} decimal numbers, has {figures}: {meaning}"
    unknown = set(card) - set(CARD)
    if unknown:
        return f"{min(map(str, unknown))} is no field of a card: {', '.join(CARD)}"
    return None
