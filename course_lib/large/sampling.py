"""From logits to a token: the likeliest one, or one drawn from a tempered, shortened list."""

import numpy as np
from scipy.special import softmax

from course_lib.parameters import Maybe, Number, Whole, check_numbers

RULES = {
    "temperature": Number(least=0),
    "top_k": Maybe(Whole(1)),
    "top_p": Maybe(Number(above=0, most=1)),
}


def shares(logits, *, temperature=1.0, top_k=None, top_p=None):
    """The probability with which each token is drawn: (vocabulary,), sums to 1.

    logits: (vocabulary,) scores, −∞ for a token that may not come. First they are divided by the
    temperature; then only the top_k likeliest tokens stay (Fan, Lewis & Dauphin 2018); then only
    the nucleus, the fewest likeliest tokens that together have at least top_p (Holtzman et al.
    2020, The Curious Case of Neural Text Degeneration, eq. 2). What stays is scaled to sum to 1.
    temperature=0 gives everything to the likeliest token. Equal ones keep their order.

    Raises ValueError for numbers outside the ranges above, NaN or +∞ among the logits, and where no
    token may come.

    >>> logits = np.log([0.5, 0.25, 0.15, 0.1])
    >>> shares(logits, top_k=2).round(3)  # 0.5 and 0.25 of 0.75
    array([0.667, 0.333, 0.   , 0.   ])
    >>> shares(logits, top_p=0.8).round(3)  # 0.5 + 0.25 is too little, with 0.15 it is 0.9
    array([0.556, 0.278, 0.167, 0.   ])
    """
    given = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    for name, rule in RULES.items():
        rule.check(name, given[name])
    logits = check_numbers("logits", logits, infinite=True)
    if logits.ndim != 1 or not np.isfinite(logits).any():
        raise ValueError("at least 1 token must be allowed, got none")
    if logits.max() == np.inf:
        raise ValueError("logits must be below infinity, got inf")
    order = np.argsort(-logits, kind="stable")  # equal tokens keep their order
    if temperature == 0:
        top_k, temperature = 1, 1.0
    found = softmax((logits[order] - logits.max()) / temperature)
    if top_k is not None:
        found[top_k:] = 0
    if top_p is not None:
        found /= found.sum()
        before = np.cumsum(found) - found  # what the likelier tokens have together
        found[before >= top_p - 1e-12] = 0
    result = np.zeros_like(found)
    result[order] = found / found.sum()
    return result


def choose(logits, rng, *, temperature=0.0, top_k=None, top_p=None):
    """One token by its share: an int. With temperature 0 the likeliest, and rng is not used.

    rng: numpy.random.Generator. Other arguments and errors as of `shares`.

    >>> choose([0.0, 3.0, 1.0], np.random.default_rng(0))
    1
    """
    found = shares(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    if temperature == 0:
        return int(np.argmax(found))
    return int(rng.choice(found.size, p=found))
