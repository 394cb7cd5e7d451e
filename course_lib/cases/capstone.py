"""Cases about handing in a model: leaks, verdicts, seals; by hand, by loops, by `sha256sum`."""

import hashlib

import numpy as np

from course_lib.cases.case import Case, drawn

NOW = 10
TIMES, ITEMS = np.array([3, 12, 7, 10, 1]), np.array([0, 1, 0, 2, 3])


def _counts(items, weight=1.0):
    return weight * np.bincount(items, minlength=4)


def knows_the_past(times, items):
    """Honest: counts what was before."""
    return _counts(items[times < NOW])


def counts_everything(times, items):
    """Leaks: counts all events alike."""
    return _counts(items)


def counts_now_too(times, items):
    """Leaks: what happens at `now` counts."""
    return _counts(items[times <= NOW])


def how_many_rows(times, items):
    """Leaks: the number of all events."""
    return np.full(4, float(len(items)))


def a_thousandth(times, items):
    """Leaks a little: later events count 0.001."""
    return _counts(items[times < NOW]) + _counts(items[times >= NOW], 0.001)


def shares_of_all(times, items):
    """Leaks: a share of all events, in equal order."""
    return _counts(items[times < NOW]) / max(len(items), 1)


def with_equal_sum(times, items):
    """Leaks: later events move the scores, not their sum."""
    later = _counts(items[times >= NOW])
    return _counts(items[times < NOW]) + later - later.mean()


def all_minus_later(times, items):
    """Honest up to rounding: all minus later."""
    return _counts(items, 0.1) - _counts(items[times >= NOW], 0.1)


def _events(rng, size):
    functions = (knows_the_past, counts_everything, counts_now_too, a_thousandth, all_minus_later)
    times, items = rng.integers(5, 15, size), rng.integers(0, 4, size)
    return functions[size % 5], times, items, NOW


def _looks(scores, times, items, now):
    later = [time for time in times.tolist() if time >= now]
    if scores is counts_now_too:
        return now in later
    return bool(later) and scores in (counts_everything, a_thousandth)


def _households(rng, size):
    n = 2 + 2 * size
    theirs = rng.integers(0, 9, n) / 8  # eighths: sums of them are exact
    mine = theirs + (rng.integers(-5, 6, n) + 3 * (size % 3 - 1)) / 8
    return mine, theirs, rng.integers(0, n, (100, n))


def _side(mine, theirs, draws):
    means = sorted(sum(mine[i] - theirs[i] for i in draw) / len(draw) for draw in draws.tolist())

    def quantile(share):  # between the two means at whose places it falls
        place = share * (len(means) - 1)
        below = int(place)
        above = min(below + 1, len(means) - 1)
        return means[below] + (place - below) * (means[above] - means[below])

    if quantile(0.025) > 1e-12:
        return 1
    return -1 if quantile(0.975) < -1e-12 else 0


def _purchases(rng, size):
    names, things = ["ann", "bo", "安"], ["tea", "jam", "绿茶"]
    events = [
        (names[rng.integers(3)], things[rng.integers(3)], int(rng.integers(1, 30)))
        for _ in range(size)
    ]
    return int(rng.integers(1000)), events


def _digest(seed, events):
    texts = [f"{user},{item},{day}" for user, item, day in events]
    return hashlib.sha256("\n".join([f"{seed}", *sorted(texts)]).encode()).hexdigest()


PRINTF = "as `printf '…' | sha256sum` says"
FOUR = np.array([[0, 1, 2, 3]] * 40)
CASES: dict[str, list[Case]] = {
    "25.1": [
        Case((knows_the_past, TIMES, ITEMS, NOW), False, "it counts what was before 10, no more"),
        Case((counts_everything, TIMES, ITEMS, NOW), True, "product 1 of moment 12 counts"),
        Case((counts_now_too, TIMES, ITEMS, NOW), True, "moment 10 is not before 10"),
        Case((how_many_rows, TIMES, ITEMS, NOW), True, "5 rows in all, 3 without what comes later"),
        Case((a_thousandth, TIMES, ITEMS, NOW), True, "0.001 for product 1 is little, and a leak"),
        Case((shares_of_all, TIMES, ITEMS, NOW), True, "2 / 5 in place of 2 / 3, in equal order"),
        Case((with_equal_sum, TIMES, ITEMS, NOW), True, "the sum stays, the numbers do not"),
        Case((all_minus_later, TIMES, ITEMS, NOW), False, "what differs is rounding"),
        Case(
            (all_minus_later, np.array([1, 2, 3, 11, 12]), np.array([0, 0, 0, 0, 0]), NOW),
            False,
            "0.5 − 0.2 and 0.3 differ by rounding",
        ),
        Case(
            (counts_everything, np.array([3, 7]), np.array([0, 1]), NOW),
            False,
            "nothing happened from 10 on",
        ),
        Case((knows_the_past, np.array([12]), np.array([1]), NOW), False, "no past: all are 0"),
        Case((counts_everything, np.array([12]), np.array([1]), NOW), True, "1 without any past"),
        *drawn(_events, _looks, "what is at 10 or later must change no score"),
    ],
    "25.2": [
        Case(
            (np.array([0.4, 0.5, 0.6, 0.7]), np.array([0.3, 0.4, 0.5, 0.6]), FOUR),
            1,
            "each household gains 0.1, whatever is drawn",
        ),
        Case(
            (np.array([0.3, 0.4, 0.5, 0.6]), np.array([0.4, 0.5, 0.6, 0.7]), FOUR),
            -1,
            "each household loses 0.1, whatever is drawn",
        ),
        Case(
            (np.array([0.5, 0.5]), np.array([0.5, 0.5]), np.array([[0, 1]] * 40)),
            0,
            "no difference, no verdict",
        ),
        Case(
            (np.array([1.0, 0.2]), np.array([0.2, 0.4]), np.array([[0, 0], [0, 1], [1, 1]] * 20)),
            0,
            "the mean is 0.3, but from −0.2 to 0.8",
        ),
        Case(
            (np.array([0.9, 0.5]), np.array([0.5, 0.5]), np.array([[0, 0], [0, 1], [1, 1]] * 20)),
            0,
            "the interval runs from 0 to 0.4, and 0 is not above 0",
        ),
        Case(
            (
                np.array([0.1, 0.9, 0.2, 0.8]),
                np.array([0.0, 0.8, 0.1, 0.7]),
                np.array([[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]] * 10),
            ),
            1,
            "households differ, but each one gains 0.1: pairs, not means",
        ),
        Case(
            (
                np.array([1.0, 0.0]),
                np.array([0.5, 0.5]),
                np.array([[0, 0]] * 98 + [[1, 1]] * 2),
            ),
            1,
            "2 of 100 draws lie below 0, and 2.5 % are left out on each side",
        ),
        Case(
            (
                np.array([1.0, 0.0]),
                np.array([0.5, 0.5]),
                np.array([[0, 0]] * 96 + [[1, 1]] * 4),
            ),
            0,
            "4 of 100 draws lie below 0: more than 2.5 %",
        ),
        *drawn(_households, _side, "the 2.5 % and 97.5 % quantiles of the mean differences"),
    ],
    "25.3": [
        Case(
            (7, [("ann", "tea", 3)]),
            "619b9f3216f4315bf867eed4851a1e0d33ec025d7361544dda622c9760a391af",
            rf"printf '7\nann,tea,3': {PRINTF}",
        ),
        Case(
            (7, [("ann", "tea", 3), ("ann", "mug", 4)]),
            "26195a9b753a40cc3a026d9160e54ed50e234db7a09c0c253334c721f72c76b1",
            rf"printf '7\nann,mug,4\nann,tea,3': {PRINTF}",
        ),
        Case(
            (12, [("ann", "tea", 3), ("ann", "tea", 3)]),
            "f55b504f679557381c767b5e307bd13d260e7aace0e7f24013fcfa568c45e351",
            f"bought twice, two lines: {PRINTF}",
        ),
        Case(
            (12, [("ann", "tea", 9), ("ann", "tea", 10)]),
            "8cb2e5120e44f79df69fdc9131ed369fa3e773e65a4926473ba2aca776a67957",
            f"as texts ann,tea,10 comes before ann,tea,9: {PRINTF}",
        ),
        Case(
            (5, [("安", "绿茶", 3), ("安", "马克杯", 3)]),
            "7f8debaa319dc0b93768fb35eabac5e554af94ea0faf57c83a55c303973bd903",
            f"in UTF-8: {PRINTF}",
        ),
        Case(
            (5, []),
            "ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d",
            f"printf '5', without a line's end: {PRINTF}",
        ),
        Case(
            (300, [("bo", "cup", 2), ("ann", "tea", 3), ("bo", "cup", 12)]),
            "6b2a40a3a2a62042e6718b6ac52be0aab06775788f2f85218f2de12a7e24850b",
            f"the lines sorted as texts, the seed before them: {PRINTF}",
        ),
        Case(
            (41, [("007", "tea", 1)]),
            "2d8450bed1c3a994e4c2aafe645066bfd373a39a0c5bcf78fadce00b1d1776ff",
            f"the seed stays first, and 007 is a text: {PRINTF}",
        ),
        *drawn(_purchases, _digest, "the seed, then the lines sorted as texts, in UTF-8"),
    ],
}
