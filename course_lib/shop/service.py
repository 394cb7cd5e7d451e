"""A desk that answers from the shop's own texts: it routes, cites, keeps silent, or hands over."""

import re
import unicodedata
from typing import NamedTuple

import numpy as np

from course_lib.parameters import Number, Whole, plain
from course_lib.shop.retrieval import best

LONGEST = 1_000  # characters that are read of a message
HANDED = {  # the reasons for which a person takes over, the gravest first
    "allergy": r"allerg(?!en)|anaphyl|epi-?pen|can(?:no|')t breathe|\brash\b|coeliac|celiac"
    r"|过敏(?!原|物)|喘不过气|起疹|乳糜泻",
    "anger": r"worst|furious|idiot|disgust|lawyer|manager|complain|nonsense|human being|real person"
    r"|最差|气死|白痴|经理|律师|恶心|投诉|废话|人工",
    "payment": r"charged twice|declined|wrong amount|refund never|(?:with|used) my card"
    r"|payment (?:has )?failed|扣了?我?两次|被拒|扣错|退款一直|盗刷|付款失败|money is gone",
}
NEGATED = re.compile(r"\bno\b|\bnot\b|\bcannot\b|n't\b|\bnever\b|\bnothing\b|不|没|无法|绝")
KINDS = ("goods", "rule", "silent", "hand over")


class Decision(NamedTuple):
    """What the desk does with a message.

    kind: "goods" (shows what it found), "rule" (quotes a passage), "silent" (says that it has no
    answer) or "hand over"; found: numbers of goods, best first, or of one rule; reason: of a
    handover; strength: the best score over its threshold, below 1 where the desk keeps silent.
    """

    kind: str
    found: tuple = ()
    reason: str = ""
    strength: float = 0.0


def handed_over(message, *, failures=0):
    """Why a person must take over: "allergy", "anger", "payment" or "failures"; "" if none must.

    failures: how many messages in a row went without an answer, up to this one; two are enough.

    >>> handed_over("Is it safe for my allergic son?"), handed_over("Where are the eggs?")
    ('allergy', '')
    """
    if not isinstance(message, str):
        raise ValueError(f"a message must be a str, got {plain(message)}")
    said = unicodedata.normalize("NFKC", message[:LONGEST]).casefold().replace("’", "'")
    for reason, pattern in HANDED.items():
        if re.search(pattern, said):
            return reason
    return "failures" if Whole(0).check("failures", failures) >= 2 else ""


def faithful(answer, passage):
    """Whether an answer says nothing that a passage does not: its numbers, and whether it denies.

    Each number of the answer must stand in the passage, the answer must have a number if the
    passage has one, and a "not" must stand in both or in neither. That is no proof of truth; what
    fails it is not shown.

    >>> faithful("You have 14 days.", "Return it within 14 days."), faithful("30 days", "14 days")
    (True, False)
    """
    said, true = (set(re.findall(r"[0-9]+", text)) for text in (answer, passage))
    denies = [bool(NEGATED.search(text.casefold())) for text in (answer, passage)]
    told = said <= true and bool(said) == bool(true) and denies[0] == denies[1]
    return bool(answer.strip()) and told


def decide(messages, goods, rules, *, thresholds, shown=5):
    """A Decision for each message, from what two searches say.

    goods, rules: (m, n) scores of the goods and of the rules; thresholds: two numbers above 0, what
    a score of each must reach. Where both reach it, the one that lies further above its own wins,
    as a multiple; the rule in a tie. Handovers come before all else.
    """
    limits = [Number(above=0).check("a threshold", limit) for limit in thresholds]
    pairs = zip((goods, rules), limits, strict=True)
    strengths = [table.max(axis=1, initial=0) / limit for table, limit in pairs]
    lists, decisions = best(goods, shown), []
    for i, message in enumerate(messages):
        reason, by_goods, by_rules = handed_over(message), strengths[0][i], strengths[1][i]
        strength = float(max(by_goods, by_rules))
        if reason:
            decisions.append(Decision("hand over", reason=reason))
        elif strength < 1:
            decisions.append(Decision("silent", strength=strength))
        elif by_rules >= by_goods:
            decisions.append(Decision("rule", (int(rules[i].argmax()),), strength=strength))
        else:
            found = tuple(int(place) for place in lists[i] if place >= 0)
            decisions.append(Decision("goods", found, strength=strength))
    return decisions


def choose_thresholds(goods, rules, succeeds, groups, *, steps=20):
    """The two thresholds with which most messages succeed, each group counting alike.

    goods, rules: (m,) the best score of each message; succeeds: (m, 3) whether goods, rule or
    silence would be right; groups: (m,) labels. Each of `steps` quantiles of the scores above 0 is
    tried for each; of equally good pairs the first, that is the lowest.

    >>> goods, rules = np.array([0.9, 0.2, 0.1]), np.array([0.1, 0.8, 0.1])
    >>> right = np.eye(3, dtype=bool)
    >>> choose_thresholds(goods, rules, right, ["a", "b", "c"], steps=3)
    (0.2, 0.8)
    """
    tried = [_quantiles(scores, steps) for scores in (goods, rules)]
    member = np.unique(np.asarray(groups), return_inverse=True)[1]
    size = np.bincount(member)
    found, most = (tried[0][0], tried[1][0]), -1.0
    for first in tried[0]:
        for second in tried[1]:
            by_goods, by_rules = goods / first, rules / second
            kind = np.where(by_rules >= by_goods, 1, 0)
            kind = np.where(np.maximum(by_goods, by_rules) < 1, 2, kind)
            right = succeeds[np.arange(len(kind)), kind]
            mean = np.mean(np.bincount(member, right) / size)
            if mean > most + 1e-12:
                found, most = (float(first), float(second)), mean
    return found


def _quantiles(scores, steps):
    above = scores[scores > 0]
    if not above.size:
        return np.ones(1)
    return np.unique(np.quantile(above, np.linspace(0, 1, steps), method="lower"))
