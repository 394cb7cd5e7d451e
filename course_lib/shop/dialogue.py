"""What a shopper has said so far: wish, exclusions, tastes, budget, size; turn by turn, by rules.

Everything is read by patterns that anybody can read, in English and Chinese. What a pattern does
not know is not understood: the lesson counts how often that happens.
"""

import re
import unicodedata
from typing import NamedTuple

from course_lib.parameters import plain

LONGEST = 1_000  # characters that are read of a message
FOODS = {
    "alcohol": r"\balcohol|酒精",
    "beef": r"\bbeef|牛肉",
    "caffeine": r"\bcaffeine|咖啡因",
    "cheese": r"\bcheese|奶酪",
    "chocolate": r"\bchocolate|巧克力",
    "eggs": r"\beggs?\b|鸡蛋",
    "fish": r"\bfish\b|鱼",
    "gluten": r"\bgluten|\bwheat\b|麸质|小麦",
    "milk": r"\bmilk|\bdairy|牛奶|乳制品",
    "mushrooms": r"\bmushrooms?|蘑菇",
    "nuts": r"\bnuts?\b|坚果",
    "onions": r"\bonions?|洋葱",
    "peanuts": r"\bpeanuts?|花生",
    "pork": r"\bpork|猪肉",
    "shellfish": r"\bshellfish|\bshrimps?|\bprawns?|贝类|虾",
    "soy": r"\bsoya?\b|大豆",
}
TASTES = {
    "low fat": r"low[ -]fat|低脂",
    "organic": r"\borganic|有机",
    "salty": r"\bsalty|咸",
    "spicy": r"\bspicy|辣",
    "sugar free": r"sugar[ -]free|(?:no|without) sugar|无糖|不含糖",
    "sweet": r"\bsweet\b|甜",
    "vegan": r"\bvegan|plant[ -]based|吃素|素食",
    "whole grain": r"whole[ -]?(?:grain|wheat)|全麦",
}
SIZES = {
    "large": r"\blarge\b|\bbig\b|大(?:盒|包|份|瓶|的|号)",
    "small": r"\bsmall\b|\blittle\b|小(?:盒|包|份|瓶|的|号)",
}
REFUSED = re.compile(r"\bno\b|\bnot\b|n't\b|\bnever\b|\bwithout\b|\bnothing\b|不|别|没有")
WELCOME = re.compile(r"\bfine\b|\bok(?:ay)?\b|\bagain\b|after all|allowed|可以|没问题|没关系|也行")
OPTIONAL = re.compile(r"\bnot\b|n't\b|不用|不需要|不必|无所谓")
ANY_SIZE = re.compile(r"(?:never mind|any|whatever) (?:the )?size|大小(?:无所谓|随便|都行)")
ANY_PRICE = re.compile(r"no limit|any price|price does(?:n't| not) matter|(?:价格|价钱|预算)不限")
ANEW = re.compile(r"start(?:ing)? (?:over|again)|重新(?:开始|来)")
CLAUSE = re.compile(r"[,.;:?!，。；：？！、\n]|\bbut\b|但是?")
AMOUNT = r"(?<![0-9.])([0-9]{1,6}(?:\.[0-9]{1,2})?)(?![0-9])"
BUDGET = re.compile(
    rf"\$ ?{AMOUNT}|{AMOUNT} ?(?:dollars?\b|\$|元|块)"
    rf"|(?:under|below|at most|up to|less than|no more than|最多|不超过|低于) {AMOUNT}"
)
WISH = re.compile(
    r"(?:looking for|(?:i|we) (?:want|need)|i'd like|i would like|do you have|show me)\s+(.+)"
    r"|(?:想买|要买|我想要|我要|换成|看看|有没有)(?:一?[些点个])?(.+)"
    r"|^(?:请问)?有(.+)吗$"
)
BEFORE = re.compile(r"^(?:(?:a|an|the|some|any|large|small|big|little)\s+)+")
AFTER = re.compile(r"\s+(?:instead|please|for|with|without|under|below|up to|at most)\b.*|吧$|吗$")


class State(NamedTuple):
    """wants: the wish in the shopper's words, "" for none; excludes, tastes: sets of the words that
    stand as keys in FOODS and TASTES; budget: dollars for one product, None: no limit; size:
    "large", "small" or "".
    """

    wants: str = ""
    excludes: frozenset = frozenset()
    tastes: frozenset = frozenset()
    budget: float | None = None
    size: str = ""


def update(state, message):
    """The state after one more message; what the message does not speak of stays.

    A message may say several things at once, one a clause. Of two budgets the last one counts.
    Raises ValueError for a message that is no text.

    >>> state = update(State(), "I'm looking for cereal, no nuts, under 5 dollars.")
    >>> state.wants, sorted(state.excludes), state.budget
    ('cereal', ['nuts'], 5.0)
    >>> update(state, "Nuts are fine after all.").excludes
    frozenset()
    """
    if not isinstance(message, str):
        raise ValueError(f"a message must be a str, got {plain(message)}")
    said = unicodedata.normalize("NFKC", message[:LONGEST]).casefold().replace("’", "'")
    if ANEW.search(said):
        state = State()
    state = _money(state, said)
    for clause in re.split(CLAUSE, re.sub(r"(?<=[0-9])\.(?=[0-9])", "\0", said)):
        state = _clause(state, clause.replace("\0", ".").strip())
    return state


def _money(state, said):
    found = ["".join(groups) for groups in BUDGET.findall(said)]
    if found:
        return state._replace(budget=float(found[-1]))
    return state._replace(budget=None) if ANY_PRICE.search(said) else state


def _clause(state, clause):
    foods = {name for name, pattern in FOODS.items() if re.search(pattern, clause)}
    tastes = {name for name, pattern in TASTES.items() if re.search(pattern, clause)}
    if tastes and OPTIONAL.search(clause):
        state = state._replace(tastes=state.tastes - tastes)
    else:
        state = state._replace(tastes=state.tastes | tastes)
    if ANY_SIZE.search(clause):
        state = state._replace(size="")
    for size, pattern in SIZES.items():
        if re.search(pattern, clause):
            state = state._replace(size=size)
    if foods and WELCOME.search(clause):
        return state._replace(excludes=state.excludes - foods)
    if foods and REFUSED.search(clause):
        return state._replace(excludes=state.excludes | foods)
    wish = WISH.search(clause)
    if wish:
        phrase = next(group for group in wish.groups() if group)
        phrase = BEFORE.sub("", AFTER.sub("", phrase.strip())).strip()
        state = state._replace(wants=phrase or state.wants)
    return state
