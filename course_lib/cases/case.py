"""One question to a function, with the answer worked out beforehand."""

from typing import Any, NamedTuple


class Case(NamedTuple):
    """Call the function with `arguments`; it must answer `expected`, to within `tolerance`.

    why: how the answer follows, in a few words; shown when an answer is wrong.
    """

    arguments: tuple
    expected: Any
    why: str = ""
    tolerance: float = 1e-6
