"""Cases about assistants: BM25, places, what was said so far, and a gate; by hand, plain loops."""

import math
from itertools import pairwise

import numpy as np

from course_lib.cases.case import Case, drawn


def _texts(rng, size):
    counts = rng.integers(0, 4, (size, int(rng.integers(1, 4))))
    return counts.astype(float), counts.sum(axis=1) + rng.integers(1, 5, size).astype(float)


def _bm25(counts, lengths):
    n, mean = len(lengths), sum(lengths) / len(lengths)
    scores = []
    for row, length in zip(counts, lengths, strict=True):
        score = 0.0
        for word, tf in enumerate(row):
            df = sum(other[word] > 0 for other in counts)
            norm = 0.25 + 0.75 * length / mean
            score += math.log((n + 1) / (df + 0.5)) * tf / (tf + 1.2 * norm)
        scores.append(score)
    return np.array(scores)


def _asked(rng, size):
    chances = rng.integers(1, 9, size + 1)
    answers = rng.choice(["fresh", "frozen", "dried"], size + 1).tolist()
    return (chances / chances.sum()).tolist(), answers


def _places(chances):
    ordered = sorted(chances, reverse=True)
    return sum((place + 1) * chance for place, chance in enumerate(ordered)) / sum(chances)


def _saved(chances, answers):
    later = 0.0
    for answer in dict.fromkeys(answers):
        left = [c for c, a in zip(chances, answers, strict=True) if a == answer]
        later += sum(left) * _places(left)
    return _places(chances) - later


def _talk(rng, size):
    acts = []
    for _ in range(size):
        kind = str(rng.choice(["wish", "no", "no", "fine", "budget", "budget", "anew"]))
        what = {"budget": int(rng.integers(0, 9)), "anew": None}.get(
            kind, str(rng.choice(["tea", "nuts", "milk"]))
        )
        if kind == "budget" and what == 8:
            what = None
        acts.append((kind, what))
    return ("tea", ["nuts"], 5.0), acts


def _remembered(state, acts):
    wish, excluded, budget = state[0], set(state[1]), state[2]
    for kind, what in acts:
        if kind == "anew":
            wish, excluded, budget = "", set(), math.inf
        elif kind == "wish":
            wish = what
        elif kind == "no":
            excluded.add(what)
        elif kind == "fine":
            excluded.discard(what)
        else:
            budget = math.inf if what is None else what
    return wish, sorted(excluded), budget


def _events(rng, size):
    who = rng.choice(["assistant", "shopper", "shopper", "product"], size + 1)
    said = {"assistant": ["add tea", "add wine"], "shopper": ["yes", " Yes", "yes but"]}
    return ([(str(w), str(rng.choice(said.get(str(w), ["yes"])))) for w in who],)


def _gate(events):
    done = []
    for (first, what), (second, said) in pairwise(events):
        if first == "assistant" and second == "shopper" and said.strip().lower() == "yes":
            done.append(what)
    return done


CASES: dict[str, list[Case]] = {
    "shop.retrieval.bm25": [
        Case(
            (np.array([[1.0], [0.0]]), np.array([2.0, 2.0])),
            np.array([math.log(2) / 2.2, 0.0]),
            "ln(3 / 1.5) · 1 / (1 + 1.2), all lengths are equal",
        ),
        Case(
            (np.array([[2.0], [1.0], [0.0]]), np.array([2.0, 1.0, 1.0])),
            np.array(
                [math.log(1.6) * 2 / (2 + 1.2 * 1.375), math.log(1.6) / (1 + 1.2 * 0.8125), 0]
            ),
            "lengths 2, 1, 1 of a mean of 4/3: 0.25 + 0.75 · 1.5 and 0.25 + 0.75 · 0.75",
        ),
        Case((np.zeros((2, 1)), np.array([1.0, 3.0])), np.zeros(2), "no text has the word"),
        Case(
            (np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([2.0, 2.0])),
            np.array([2 * math.log(2) / 2.2, 0.0]),
            "a word that is asked twice counts twice",
        ),
        *drawn(_texts, _bm25, "Σ ln((n + 1) / (df + ½)) · tf / (tf + 1.2 · (¼ + ¾ · dl / avdl))"),
    ],
    "shop.questions.expected_rank": [
        Case(([0.25, 0.5, 0.25],), 1.75, "1 · ½ + 2 · ¼ + 3 · ¼: the likeliest stands first"),
        Case(([1.0],), 1.0, "one product stands first"),
        Case(([2.0, 6.0],), 1.25, "chances are made to sum to 1: ¾ and ¼"),
        Case(([0.0, 0.0, 1.0],), 1.0, "what is certain stands first"),
        *drawn(
            lambda rng, size: (rng.integers(1, 9, size).tolist(),),
            _places,
            "Σ place · chance, the largest chance first",
        ),
    ],
    "20.1": [
        Case(
            ([0.4, 0.3, 0.2, 0.1], ["fresh", "frozen", "fresh", "frozen"]),
            0.7,
            "2.0 places now; after fresh (0.6) 4/3, after frozen (0.4) 5/4: 1.3",
        ),
        Case(([0.5, 0.5], ["yes", "no"]), 0.5, "1.5 places now, 1 after either answer"),
        Case(([0.7, 0.2, 0.1], ["yes", "yes", "yes"]), 0.0, "one answer for all tells nothing"),
        Case(
            ([0.1, 0.2, 0.7], ["a", "b", "c"]),
            0.4,
            "0.7 + 2 · 0.2 + 3 · 0.1 = 1.4 now, 1 when each has an answer of its own",
        ),
        Case(
            ([0.6, 0.1, 0.1, 0.1, 0.1], ["a", "b", "b", "b", "b"]),
            0.4,
            "0.6 + 0.1 · (2 + 3 + 4 + 5) = 2.0 now; after a 1, after b 2.5: 0.6 · 1 + 0.4 · 2.5",
        ),
        Case(([1.0], ["yes"]), 0.0, "nothing is left to ask"),
        *drawn(_asked, _saved, "places now − Σ chance of an answer · places after it"),
    ],
    "20.2": [
        Case(
            (("", [], math.inf), [("wish", "tea"), ("budget", 5)]),
            ("tea", [], 5),
            "a wish and a budget, the rest stays",
        ),
        Case(
            (("tea", ["nuts"], 5), [("no", "milk")]),
            ("tea", ["milk", "nuts"], 5),
            "an exclusion more, sorted by name; wish and budget stay",
        ),
        Case(
            (("tea", ["milk", "nuts"], 5), [("fine", "milk")]),
            ("tea", ["nuts"], 5),
            "milk is fine after all",
        ),
        Case(
            (("tea", [], 5), [("budget", None)]),
            ("tea", [], math.inf),
            "None: the limit is lifted, which is not the same as nothing said",
        ),
        Case((("tea", [], 5), [("budget", 0)]), ("tea", [], 0), "a budget of 0 is a budget"),
        Case(
            (("tea", ["nuts"], 5), [("anew", None), ("wish", "pizza")]),
            ("pizza", [], math.inf),
            "starting over forgets all, and what follows counts",
        ),
        Case(
            (("tea", ["nuts"], 5), [("wish", "pizza"), ("anew", None)]),
            ("", [], math.inf),
            "in the order in which it was said: the wish came before the new start",
        ),
        Case(
            (("tea", ["nuts"], 5), [("no", "nuts"), ("fine", "eggs")]),
            ("tea", ["nuts"], 5),
            "excluded twice is excluded once; what was never excluded is fine already",
        ),
        Case(
            (("tea", [], 5), [("no", "nuts"), ("fine", "nuts"), ("no", "nuts")]),
            ("tea", ["nuts"], 5),
            "the last word counts",
        ),
        Case((("tea", ["nuts"], 5), []), ("tea", ["nuts"], 5), "nothing said, nothing changes"),
        *drawn(_talk, _remembered, "act by act, in the order in which it was said"),
    ],
    "20.3": [
        Case(
            ([("assistant", "add tea"), ("shopper", "yes")],),
            ["add tea"],
            "proposed, and confirmed in the next event",
        ),
        Case(([("assistant", "add tea")],), [], "nobody said yes"),
        Case(([("shopper", "yes"), ("assistant", "add tea")],), [], "the yes came first"),
        Case(
            ([("assistant", "add tea"), ("product", "yes")],),
            [],
            "a product's text said yes, not the shopper",
        ),
        Case(
            ([("assistant", "add tea"), ("shopper", "yes, but green tea")],),
            [],
            "a yes with a but is no yes",
        ),
        Case(
            ([("assistant", "add tea"), ("shopper", "what else?"), ("shopper", "yes")],),
            [],
            "another message came in between: the yes may be an answer to anything",
        ),
        Case(
            ([("assistant", "add tea"), ("shopper", "yes"), ("shopper", "yes")],),
            ["add tea"],
            "one proposal is carried out once",
        ),
        Case(
            ([("assistant", "add tea"), ("assistant", "add wine"), ("shopper", "yes")],),
            ["add wine"],
            "the yes is for the proposal directly before it",
        ),
        Case(
            ([("assistant", "add tea"), ("shopper", " YES ")],),
            ["add tea"],
            "capital letters and blanks around it do not matter",
        ),
        Case(
            ([("assistant", "yes"), ("product", "add wine"), ("shopper", "yes")],),
            [],
            "only the assistant proposes; a product's text proposes nothing",
        ),
        Case(
            (
                [
                    ("assistant", "add tea"),
                    ("shopper", "yes"),
                    ("assistant", "add tea"),
                    ("shopper", "yes"),
                ],
            ),
            ["add tea", "add tea"],
            "proposed and confirmed twice",
        ),
        Case(([],), [], "nothing happened"),
        *drawn(_events, _gate, "a proposal of the assistant, and next the shopper's plain yes"),
    ],
}
