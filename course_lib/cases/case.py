"""One question to a function, with the answer worked out beforehand."""

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """Call the function with `arguments`; it must answer `expected`, to within `tolerance`.

    why: how the answer follows, in a few words; shown when an answer is wrong.
    """

    arguments: tuple
    expected: Any
    why: str = ""
    tolerance: float = 1e-6


def drawn(inputs, answer, why, *, count=12, seed=0, tolerance=1e-6):
    """`count` cases with random arguments, always the same ones, the smallest first.

    inputs: `inputs(rng, size)` gives the arguments of one case, as a tuple; size runs from 1 to
    `count`, so that the first case that fails is a small one;
    answer: `answer(*arguments)` works out what is right, in the plainest way there is;
    why: the rule, shown with whichever case fails.

    For rules that hold for any input, such as "any order of the rows", where each case by hand
    would leave a gap.

    >>> cases = drawn(lambda rng, size: (rng.integers(0, 9, size),), max, "the largest", count=3)
    >>> [len(case.arguments[0]) for case in cases]
    [1, 2, 3]
    """
    rng = np.random.default_rng(seed)
    sizes = range(1, count + 1)
    questions = [inputs(rng, size) for size in sizes]
    return [Case(arguments, answer(*arguments), why, tolerance) for arguments in questions]
