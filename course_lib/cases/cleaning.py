"""Cases about cleaning: sizes, near-duplicates and scaling, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case

NAN = float("nan")
NO_PAIRS = np.empty((0, 2), dtype=np.int64)

CASES: dict[str, list[Case]] = {
    "sizes.parse_size": [
        Case(("2 LB",), (907.18474, "g"), "2 · 453.59237"),
        Case(("12 OZ",), (340.194277, "g"), "12 · 28.349523; OZ is weight"),
        Case(("10.4 OZ",), (294.835040, "g"), "10.4 · 28.349523: the decimals count"),
        Case((".5 L",), (500.0, "ml"), "half a litre; nothing stands before the point"),
        Case(("750 ML",), (750.0, "ml"), "ML is not L"),
        Case(("6 PK",), (6.0, "piece"), "a pack of six"),
        Case(("1/2 GAL",), (1892.705892, "ml"), "half of 3785.411784"),
        Case(("A 13 OZ",), (368.543801, "g"), "13 · 28.349523; the A in front is no size"),
        Case(("18 IN",), (NAN, ""), "a length is no amount"),
        Case(("LARGE",), (NAN, ""), "no number"),
        Case(("",), (NAN, ""), "nothing to read"),
    ],
    "cleaning.near_duplicates": [
        Case(
            (["green tea", "blue mug", "Green Tea"],),
            np.array([[0, 2]]),
            "the same letters; case is ignored",
        ),
        Case((["tea", "mug", "ball"],), NO_PAIRS, "no three letters in common: cosine 0"),
        Case(
            (["mug", "mug", "mug"],),
            np.array([[0, 1], [0, 2], [1, 2]]),
            "three equal titles make three pairs, smaller row first",
        ),
        Case(
            (["dinner rolls", "rolls dinner"],),
            np.array([[0, 1]]),
            "trigrams stay within words, so their order does not matter",
        ),
        Case(
            (["racket", "rackets"], 0.5),
            np.array([[0, 1]]),
            "' ra', rac, ack, cke, ket are common; 'et ' here, ets and 'ts ' there: at least "
            "5 / (5 + 2 · idf²) with idf = 1 + ln(3/2), so above 0.5",
        ),
        Case((["racket", "rackets"], 0.8), NO_PAIRS, "5 / √((5 + 1.98)(5 + 3.95)) is 0.63"),
    ],
    "5.1": [
        Case(
            (np.array([5, 7, 5]), np.array([1, 1, 1]), np.array([0, 0, 0]), 60),
            np.array([False, False, True]),
            "the third line repeats the first: same shopper, same item, same second",
        ),
        Case(
            (np.array([5, 5, 5]), np.array([1, 1, 1]), np.array([0, 60, 121]), 60),
            np.array([False, True, False]),
            "60 seconds later is within 60; 61 seconds after the line before is not",
        ),
        Case(
            (np.array([5, 5, 5]), np.array([1, 1, 1]), np.array([0, 50, 100]), 60),
            np.array([False, True, True]),
            "compare with the line before, dropped or not: 50 seconds each",
        ),
        Case(
            (np.array([5, 6, 5]), np.array([1, 1, 2]), np.array([0, 1, 2]), 60),
            np.array([False, False, False]),
            "another shopper, another item: no repeats",
        ),
        Case(
            (np.array([5, 5, 6, 5]), np.array([1, 1, 1, 1]), np.array([300, 10, 20, 0]), 60),
            np.array([False, True, False, False]),
            "the log is not in time order: the line at 0 is the first, the one at 10 repeats it",
        ),
        Case(
            (np.array([5, 5]), np.array([1, 1]), np.array([0, 0]), 0),
            np.array([False, True]),
            "equal times: the later row is the repeat, also within 0 seconds",
        ),
    ],
    "5.2": [
        Case(
            (np.array([[1.0], [2.0], [3.0], [4.0], [90.0]]),),
            np.array([[-1.0], [-0.5], [0.0], [0.5], [43.5]]),
            "median 3, quartiles 2 and 4: (90 - 3) / 2",
        ),
        Case(
            (np.array([[0.0], [2.0], [4.0], [10.0]]),),
            np.array([[-0.75], [-0.25], [0.25], [1.75]]),
            "median 3, quartiles 1.5 and 5.5, interpolated",
        ),
        Case(
            (np.array([[0.0], [0.0], [0.0], [0.0], [5.0]]),),
            np.array([[0.0], [0.0], [0.0], [0.0], [5.0]]),
            "median 0, quartiles both 0: divide by 1, not by 0",
        ),
        Case(
            (np.array([[1.0, 10.0], [2.0, 10.0], [3.0, 40.0], [4.0, 10.0], [5.0, 10.0]]),),
            np.array([[-1.0, 0.0], [-0.5, 0.0], [0.0, 30.0], [0.5, 0.0], [1.0, 0.0]]),
            "each column by itself: median 3 over 2; median 10 over 1",
        ),
        Case((np.array([[8.0, 3.0]]),), np.array([[0.0, 0.0]]), "one row is its own median"),
    ],
    "5.3": [
        Case(
            (np.array([10, 9, 8]), np.array([1, 1, 2]), np.array([9, 8, 6])),
            -1,
            "10 - 1 = 9, 9 - 1 = 8, 8 - 2 = 6, and each begins where the line above ends",
        ),
        Case(
            (np.array([10, 9, 8]), np.array([1, 2, 2]), np.array([9, 8, 6])),
            1,
            "9 - 2 is 7, not 8",
        ),
        Case(
            (np.array([10, 9, 7]), np.array([1, 1, 2]), np.array([9, 8, 5])),
            2,
            "line 2 begins with 7, but line 1 ended with 8",
        ),
        Case(
            (np.array([10, 8]), np.array([1, 2]), np.array([8, 6])),
            0,
            "10 - 1 is 9: the first line can be wrong as well",
        ),
        Case(
            (np.array([10, 8, 7]), np.array([2, 2, 1]), np.array([8, 7, 7])),
            1,
            "8 - 2 is 6 and 7 - 1 is 6: two wrong lines, 1 is the first",
        ),
        Case((np.array([5]), np.array([0]), np.array([5])), -1, "one line that balances"),
        Case(
            (np.array([10, 9, 9]), np.array([2, 1, 1]), np.array([8, 8, 8])),
            1,
            "line 0 balances; line 1 begins with 9 where line 0 ended with 8",
        ),
    ],
}
