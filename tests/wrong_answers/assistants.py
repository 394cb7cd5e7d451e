"""Ideas for the exercises about assistants."""

import math
from itertools import pairwise

import numpy as np

from wrong_answers import right, wrong


def places(chances):
    p = np.sort(np.asarray(chances, dtype=float))[::-1]
    return float(p @ np.arange(1, len(p) + 1) / p.sum())


def parts(chances, answers):
    """(chance of the answer, chances of the products that have it), answer by answer."""
    for answer in sorted(set(answers)):
        left = [c for c, a in zip(chances, answers, strict=True) if a == answer]
        yield sum(left), left


def saved(now, weight, later):
    """Places now, less the weighted places after each answer; three rules."""

    def places_saved(chances, answers):
        found = list(parts(chances, answers))
        return float(now(chances) - sum(weight(s, found) * later(left) for s, left in found))

    return places_saved


def by_chance(share, found):
    return share


def bits(chances):
    p = np.asarray(chances, dtype=float) / sum(chances)
    return float(-(p * np.log2(p)).sum())


def unsorted(chances):
    return float(np.dot(chances, np.arange(1, len(chances) + 1)) / sum(chances))


def rising(chances):
    p = np.sort(np.asarray(chances, dtype=float))
    return float(p @ np.arange(1, len(p) + 1) / p.sum())


def not_scaled(chances):
    p = np.sort(np.asarray(chances, dtype=float))[::-1]
    return float(p @ np.arange(1, len(p) + 1))


def from_zero(chances):
    return places(chances) - 1 if len(chances) > 1 else 0.0


for kind, what, rules in (
    ("neighbouring concept", "bits in place of places", (bits, by_chance, bits)),
    (
        "order of rows",
        "products as they come, not the likeliest first",
        (unsorted, by_chance, unsorted),
    ),
    ("sign", "the least likely first", (rising, by_chance, rising)),
    ("mean of what", "each answer counts alike", (places, lambda s, f: 1 / len(f), places)),
    ("mean of what", "chances after the answer do not sum to 1", (places, by_chance, not_scaled)),
    (
        "one of two",
        "the places after the likeliest answer alone",
        (places, lambda s, f: float(s == max(x for x, _ in f)), places),
    ),
    ("off by one", "places after the answer from 0 on", (places, by_chance, from_zero)),
    (
        "one of two",
        "what is left, not what is saved",
        (lambda c: 0.0, by_chance, lambda c: -places(c)),
    ),
    (
        "neighbouring concept",
        "half of what is there goes",
        (places, by_chance, lambda c: (1 + len(c)) / 2),
    ),
    ("one of two", "places now alone", (places, by_chance, lambda c: 1.0)),
    ("shapes", "the number of products, before and after", (len, by_chance, len)),
):
    wrong("20.1", kind, what)(saved(*rules))


@wrong("20.1", "sign", "later minus now")
def _(chances, answers):
    return float(sum(s * places(left) for s, left in parts(chances, answers)) - places(chances))


@wrong("20.1", "ties", "equal chances share a place")
def _(chances, answers):
    def rank(c):
        return sum(p * (1 + sum(q > p for q in c)) for p in c) / sum(c)

    return float(rank(chances) - sum(s * rank(left) for s, left in parts(chances, answers)))


@right("20.1", "a loop over products")
def _(chances, answers):
    total = 0.0
    for i, chance in enumerate(chances):
        better = [j for j, other in enumerate(chances) if (other, -j) > (chance, -i)]
        total += chance * sum(answers[j] != answers[i] for j in better)
    return total


@right("20.1", "sorted once")
def _(chances, answers):
    order = np.argsort(-np.asarray(chances), kind="stable")
    seen, later = {}, 0.0
    for i in order:
        seen[answers[i]] = seen.get(answers[i], 0) + 1
        later += chances[i] * seen[answers[i]]
    return sum(chances[i] * place for place, i in enumerate(order, start=1)) - later


def talk(*, wish=None, no=None, fine=None, budget=None, anew=None, order=list, last=None):
    """`remember` of rules for each kind of act; those that are not given are right."""

    def remember(state, acts):
        words, excluded, money = state[0], list(state[1]), state[2]
        for kind, what in order(acts):
            if kind == "wish":
                words, excluded, money = (wish or (lambda s, w: (w, *s[1:])))(
                    (words, excluded, money), what
                )
            elif kind == "no":
                excluded = (no or (lambda e, w: sorted({*e, w})))(excluded, what)
            elif kind == "fine":
                excluded = (fine or (lambda e, w: [x for x in e if x != w]))(excluded, what)
            elif kind == "budget":
                money = (budget or (lambda m, w: math.inf if w is None else w))(money, what)
            else:
                words, excluded, money = (anew or (lambda s: ("", [], math.inf)))(
                    (words, excluded, money)
                )
        return (last or (lambda s: s))((words, excluded, money))

    return remember


for kind, what, rules in (
    ("zero or negative", "a budget of 0 is none", {"budget": lambda m, w: w or math.inf}),
    (
        "one of two",
        "None leaves the budget as it is",
        {"budget": lambda m, w: m if w is None else w},
    ),
    (
        "one of two",
        "a budget only ever falls",
        {"budget": lambda m, w: min(m, math.inf if w is None else w)},
    ),
    ("edge", "no limit is written as 0", {"budget": lambda m, w: 0 if w is None else w}),
    ("collision", "excluded twice stands twice", {"no": lambda e, w: sorted([*e, w])}),
    ("order of rows", "exclusions as they came", {"no": lambda e, w: e if w in e else [*e, w]}),
    ("one of two", "what is fine stays excluded", {"fine": lambda e, w: e}),
    ("one of two", "only the latest exclusion is kept", {"no": lambda e, w: [w]}),
    ("neighbouring concept", "fine clears all exclusions", {"fine": lambda e, w: []}),
    (
        "library call",
        "list.remove of what is not there",
        {"fine": lambda e, w: (e.remove(w), e)[1]},
    ),
    ("one of two", "exclusions outlive a new start", {"anew": lambda s: ("", s[1], math.inf)}),
    ("one of two", "the budget outlives a new start", {"anew": lambda s: ("", [], s[2])}),
    ("one of two", "the wish outlives a new start", {"anew": lambda s: (s[0], [], math.inf)}),
    ("neighbouring concept", "a new wish is a new start", {"wish": lambda s, w: (w, [], math.inf)}),
    (
        "order of steps",
        "new starts first",
        {"order": lambda a: sorted(a, key=lambda x: x[0] != "anew")},
    ),
    (
        "order of steps",
        "exclusions last",
        {"order": lambda a: sorted(a, key=lambda x: x[0] == "no")},
    ),
    ("order of steps", "from the last act to the first", {"order": lambda a: a[::-1]}),
):
    wrong("20.2", kind, what)(talk(**rules))


@wrong("20.2", "edge", "the state itself is changed")
def _(state, acts):
    for kind, what in acts:
        if kind == "no" and what not in state[1]:
            state[1].append(what)
            state[1].sort()
    return talk()(state, acts)


right("20.2", "a function for each act")(talk())


@right("20.2", "what follows the last new start")
def _(state, acts):
    kinds = [kind for kind, _ in acts]
    wish, excluded, budget = state
    if "anew" in kinds:
        acts = acts[len(kinds) - kinds[::-1].index("anew") :]
        wish, excluded, budget = "", [], math.inf
    last = {what: kind for kind, what in acts if kind in ("no", "fine")}
    wishes = [what for kind, what in acts if kind == "wish"]
    budgets = [what for kind, what in acts if kind == "budget"]
    kept = {x for x in excluded if x not in last} | {x for x, kind in last.items() if kind == "no"}
    money = budget if not budgets else math.inf if budgets[-1] is None else budgets[-1]
    return (wishes[-1] if wishes else wish), sorted(kept), money


def gate(
    *,
    is_yes=lambda s: s.strip().lower() == "yes",
    who=("shopper",),
    proposes=("assistant",),
    keeps=False,
    clears=True,
    all_waiting=False,
):
    """A gate of rules: what is a yes, whose, who proposes, and what becomes of what waits."""

    def carried_out(events):
        waiting, done = [], []
        for speaker, said in events:
            if speaker in proposes:
                waiting = [*waiting, said] if all_waiting else [said]
            elif waiting and speaker in who and is_yes(said):
                done += waiting
                waiting = [] if clears else waiting
            elif not keeps:
                waiting = []
        return done

    return carried_out


for kind, what, rules in (
    (
        "neighbouring concept",
        "a yes anywhere in the message",
        {"is_yes": lambda s: "yes" in s.lower()},
    ),
    (
        "neighbouring concept",
        "a message that begins with yes",
        {"is_yes": lambda s: s.strip().lower().startswith("yes")},
    ),
    ("one of two", "anybody's yes", {"who": ("shopper", "product")}),
    ("one of two", "a product's yes alone", {"who": ("product",)}),
    ("library call", "small letters only", {"is_yes": lambda s: s.strip() == "yes"}),
    ("library call", "blanks matter", {"is_yes": lambda s: s.lower() == "yes"}),
    ("order of steps", "what waits, waits on", {"keeps": True}),
    ("collision", "each yes carries it out again", {"clears": False}),
    ("collision", "a yes is for all that waits", {"all_waiting": True}),
    ("one of two", "products may propose", {"proposes": ("assistant", "product")}),
    ("sign", "carried out unless it is a yes", {"is_yes": lambda s: s.strip().lower() != "yes"}),
    ("zero or negative", "any word of the shopper confirms", {"is_yes": bool}),
):
    wrong("20.3", kind, what)(gate(**rules))


@wrong("20.3", "edge", "all that the assistant proposed")
def _(events):
    return [said for who, said in events if who == "assistant"]


@wrong("20.3", "order of steps", "proposals, if there was a yes")
def _(events):
    said = any(who == "shopper" and what.strip().lower() == "yes" for who, what in events)
    return [what for who, what in events if who == "assistant"] if said else []


@wrong("20.3", "off by one", "the last event is not looked at")
def _(events):
    return gate()(events[:-1])


@wrong("20.3", "collision", "each call once")
def _(events):
    return list(dict.fromkeys(gate()(events)))


right("20.3", "what waits is kept in a list")(gate())


@right("20.3", "neighbours in pairs")
def _(events):
    return [
        first[1]
        for first, second in pairwise(events)
        if first[0] == "assistant"
        and (second[0], second[1].strip().casefold()) == ("shopper", "yes")
    ]
