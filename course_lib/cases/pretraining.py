"""Cases about pretraining: a softmax in shards, a law by two sizes; by hand or by plain loops."""

import math

from course_lib.cases.case import Case, drawn

LN2, LN3 = math.log(2.0), math.log(3.0)


def _shards(rng, size):
    offset = float(rng.choice([0.0, 0.0, 800.0, -800.0]))
    parts = [rng.normal(0, 3, rng.integers(1, 5)) + offset for _ in range(size)]
    largest = [float(part.max()) for part in parts]
    sums = [
        sum(math.exp(score - top) for score in part)
        for part, top in zip(parts, largest, strict=True)
    ]
    return largest, sums


def _total(largest, sums):
    top = max(largest)
    return top + math.log(sum(s * math.exp(m - top) for m, s in zip(largest, sums, strict=True)))


def _two_sizes(rng, size):
    floor, distance, power = rng.uniform(0, 6), rng.uniform(0.2, 3), rng.uniform(0.05, 0.8)
    first, second = (float(n) for n in rng.choice([1e2, 1e3, 3e3, 1e4, 1e5], 2, replace=False))
    losses = [floor + distance, floor + distance * (second / first) ** -power]
    return float(10 ** rng.uniform(2, 6)), [first, second], losses, floor


def _by_steps(size, sizes, losses, floor):
    """Each doubling of the size multiplies the distance from the floor by the same factor."""
    doublings = math.log2(sizes[1]) - math.log2(sizes[0])
    factor = ((losses[1] - floor) / (losses[0] - floor)) ** (1 / doublings)
    return floor + (losses[0] - floor) * factor ** (math.log2(size) - math.log2(sizes[0]))


CASES: dict[str, list[Case]] = {
    "15.1": [
        Case(([0.0, 0.0], [1.0, 1.0]), LN2, "two items with score 0: e⁰ + e⁰ = 2"),
        Case(([LN2], [1.5]), LN3, "one machine: e^(ln 2) · 1.5 = 3"),
        Case(
            ([LN3, 0.0], [1.0, 2.0]),
            math.log(5.0),
            "3 · 1 on the first machine and 1 · 2 on the second are 5",
        ),
        Case(
            ([0.0, LN3], [2.0, 1.0]),
            math.log(5.0),
            "the same two in the other order: the largest score stands second",
        ),
        Case(
            ([1000.0, 1000.0], [1.0, 3.0]),
            1000.0 + math.log(4.0),
            "e^1000 is more than a computer's number can hold: take the largest off first",
        ),
        Case(
            ([-1000.0, -1000.0], [1.0, 1.0]),
            -1000.0 + LN2,
            "e^-1000 is rounded to 0, and has no logarithm: take the largest off, negative or not",
        ),
        Case(
            ([-700.0, 700.0], [5.0, 2.0]),
            700.0 + LN2,
            "what lies 1,400 below the largest adds nothing, and the largest stands second",
        ),
        Case(
            ([2.0, -math.inf], [3.0, 0.0]),
            2.0 + LN3,
            "a machine without items: largest score -inf, sum 0",
        ),
        Case(
            ([0.0, 0.0, 0.0], [1.0, 2.0, 5.0]),
            3 * LN2,
            "1 + 2 + 5 = 8: three machines, sums of different size",
        ),
        *drawn(_shards, _total, "log of the sum over machines of sum · e^largest"),
    ],
    "15.2": [
        Case(
            (400, [100, 200], [3.0, 2.0], 1.0),
            1.5,
            "2 above the floor, then 1: halved by a doubling. Doubled again, 0.5 above 1",
        ),
        Case((800, [100, 200], [3.0, 2.0], 1.0), 1.25, "two more doublings: 0.25 above the floor"),
        Case((50, [100, 200], [3.0, 2.0], 1.0), 5.0, "a smaller one: 4 above the floor"),
        Case((100, [100, 200], [3.0, 2.0], 1.0), 3.0, "the first size itself"),
        Case(
            (1600, [100, 400], [4.0, 2.0], 0.0),
            1.0,
            "floor 0: four times the size, half the loss; 1,600 is four times 400",
        ),
        Case(
            (400, [200, 100], [2.0, 3.0], 1.0),
            1.5,
            "the two sizes may come in any order",
        ),
        Case(
            (10_000, [100, 1000], [5.0, 5.0], 4.0),
            5.0,
            "no gain from 100 to 1,000, none from 1,000 to 10,000",
        ),
        Case(
            (27, [1, 3], [1.9, 1.3], 1.0),
            1.0 + 0.9 / 27.0,
            "times 3 in size, a third of the distance: 0.9, 0.3, 0.1, 0.9 / 27",
        ),
        Case(
            (1e12, [1e6, 1e9], [3.0, 2.0], 1.5),
            1.5 + 0.5 / 3.0,
            "a thousand times the size, a third of the distance; once more from 10⁹ to 10¹²",
        ),
        *drawn(_two_sizes, _by_steps, "the same factor of size, the same factor above the floor"),
    ],
}
