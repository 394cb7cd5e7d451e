"""Cases about item texts: byte pairs and residual codes, by hand or by plain loops."""

import numpy as np

from course_lib.cases.case import Case, drawn


def _some_ids(rng, size):
    merges, new = [], 256
    known = [97, 98, 99]
    for _ in range(1 + size // 2):
        pair = tuple(int(i) for i in rng.choice(known, 2))
        if pair not in merges:
            merges.append(pair)
            known.append(new)
            new += 1
    return [int(i) for i in rng.choice([97, 98, 99], 2 * size)], merges


def _encoded(ids, merges):
    """One merge after the other: what a later one makes, no earlier one can use."""
    ids = list(ids)
    for number, pair in enumerate(merges):
        place = 0
        while place < len(ids) - 1:
            if (ids[place], ids[place + 1]) == tuple(pair):
                ids[place : place + 2] = [256 + number]
            place += 1
    return ids


def _vector_and_books(rng, size):
    d, levels = 1 + size % 3, 1 + size % 4
    vector = rng.normal(0, 4, d).round(2)
    return vector, [rng.normal(0, 4 / 2**level, (2 + size, d)).round(2) for level in range(levels)]


def _codes(vector, codebooks):
    left, codes = [float(x) for x in vector], []
    for centres in codebooks:
        squares = [sum((x - y) ** 2 for x, y in zip(left, c, strict=True)) for c in centres]
        code = min(range(len(squares)), key=squares.__getitem__)
        left = [x - y for x, y in zip(left, centres[code], strict=True)]
        codes.append(code)
    return codes


LOW = [(108, 111), (256, 119)]  # lo, then low

CASES = {
    "large.tokens.learn_merges": [
        Case((["aaabdaaabac"], 3), [(97, 97), (97, 98), (256, 257)], "aa, then ab, then both"),
        Case((["low low lower lowest"], 2), LOW, "of equally frequent ones the smaller goes first"),
        Case((["ab ab"], 5), [(97, 98), (32, 256)], "then no two neighbours are left"),
    ],
    "16.1": [
        Case(
            ([108, 111, 119, 101, 114], LOW),
            [257, 101, 114],
            "l + o is 256, 256 + w is 257: low, e, r",
        ),
        Case(
            ([108, 111, 108, 111], LOW),
            [256, 256],
            "each place where the pair stands, not the first one only",
        ),
        Case(
            ([97, 97, 97], [(97, 97)]),
            [256, 97],
            "from left to right: the second a is used up",
        ),
        Case(
            ([97, 98, 99], [(98, 99), (97, 98)]),
            [97, 256],
            "b + c was learned first, so it goes before a + b, which stands further left",
        ),
        Case(
            ([97, 98, 99, 100], [(97, 98), (98, 99), (256, 99), (258, 100)]),
            [259],
            "ab, abc, abcd: a merge may use what an earlier one made",
        ),
        Case(
            ([97, 98, 99], [(97, 98), (98, 99), (97, 257)]),
            [256, 99],
            "a + b goes first; b + c can no longer be made, though abc would be one token",
        ),
        Case(
            ([97, 97, 97, 97], [(97, 97), (256, 256)]),
            [257],
            "aa, aa, and then both together",
        ),
        Case(
            ([98, 97, 98, 97], [(97, 98)]),
            [98, 256, 97],
            "a + b is another pair than b + a",
        ),
        Case(([97, 98], []), [97, 98], "without merges the bytes stay"),
        Case(([], LOW), [], "an empty text has no ids"),
        Case(([108], LOW), [108], "a single byte has no neighbour"),
        Case(
            ([120, 108, 111, 120], LOW),
            [120, 256, 120],
            "the second merge finds nothing; the first one stands inside",
        ),
        *drawn(_some_ids, _encoded, "the pair learned first goes first, everywhere"),
    ],
    "16.2": [
        Case(
            (np.array([9.0]), [np.array([[0.0], [10]]), np.array([[-1.0], [1]])]),
            [1, 0],
            "10 is nearest to 9, and −1 is left: code 0",
        ),
        Case(
            (np.array([0.5]), [np.array([[0.0], [10]]), np.array([[-1.0], [1]])]),
            [0, 1],
            "0 is nearest, and 0.5 is left, nearer to 1 than to −1",
        ),
        Case(
            (
                np.array([3.0, 4]),
                [np.array([[3.0, 0], [0, 4], [3, 3]]), np.array([[0.0, 2], [0, 1]])],
            ),
            [2, 1],
            "(3, 3) is nearest, (0, 1) is left: exactly the centre 1",
        ),
        Case(
            (np.array([1.0, 1]), [np.array([[9.0, 9], [1, 0]])]),
            [1],
            "nearest, not most alike in direction: (1, 0) is at distance 1",
        ),
        Case(
            (np.array([0.0, 0]), [np.array([[3.0, 3], [5, 0], [0, 4.5]])]),
            [0],
            "distances √18 = 4.24, 5 and 4.5: squares are added, not amounts",
        ),
        Case(
            (np.array([6.0]), [np.array([[4.0], [8]]), np.array([[2.0], [-2]])]),
            [0, 0],
            "4 and 8 are equally near: the first one, and 2 is left",
        ),
        Case(
            (
                np.array([7.0]),
                [np.array([[4.0], [0]]), np.array([[2.0], [7]]), np.array([[0.0], [1]])],
            ),
            [0, 0, 1],
            "7 − 4 = 3, then 3 − 2 = 1: each level takes off from what the one before left",
        ),
        Case(
            (np.array([-5.0]), [np.array([[-4.0], [5]]), np.array([[1.0], [-1]])]),
            [0, 1],
            "−5 − (−4) = −1: the rest has a sign",
        ),
        Case(
            (np.array([2.0, 0]), [np.array([[1.0, 0]]), np.array([[0.0, 0], [2, 0], [1, 0.1]])]),
            [0, 2],
            "levels may have different numbers of codes; (1, 0) is left",
        ),
        Case((np.array([1.5]), []), [], "no levels, no codes"),
        Case(
            (np.array([5, 5]), [np.array([[4.4, 5.0], [9, 9]]), np.array([[0.1, 0], [0.7, 0.0]])]),
            [0, 1],
            "whole numbers, too: 0.6 is left, which is nearer to 0.7",
        ),
        *drawn(_vector_and_books, _codes, "at each level the nearest centre to what is left"),
    ],
}
