"""Cases about interaction logs: the lesson's exercises, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn

NEVER = np.nan


def _a(*values):
    return np.array(values, dtype=np.float64)


def _mask(*values):
    return np.array(values, dtype=bool)


def _ratings(rng, size):
    chances = rng.choice([1e-6, 0.002, 0.03, 0.3, 0.7, 1.0], size)
    return rng.integers(-3, 6, size).astype(float), chances


def _speaking_for_others(values, chances):
    weights = [1 / chance for chance in chances]
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def _events(rng, size):
    """Few pairs, such as 1, 11 and 11, 1; several events in one second; a time that may be 0."""
    n = 2 * size
    users, items = rng.choice([0, 1, 11], n), rng.choice([0, 1, 11, 1000], n)
    seconds = np.cumsum(rng.choice([0, 0.4, 1, 2.5], n))
    return users, items, seconds, (0, 0.5, 3)[size % 3]


def _kept(users, items, seconds, within):
    latest, keep = {}, []
    for user, item, second in zip(users, items, seconds, strict=True):
        keep.append((user, item) not in latest or second - latest[user, item] > within)
        latest[user, item] = second
    return np.array(keep)


def _consents(rng, size):
    users = rng.integers(0, size + 1, 2 * size)
    given, withdrawn = rng.choice([NEVER, -2, -1, 0, 1, 2], (2, size + 1))
    return users, rng.integers(-3, 4, 2 * size), given, withdrawn


def _covered(users, days, given, withdrawn):
    return np.array(
        [
            not np.isnan(given[user]) and given[user] <= day and not withdrawn[user] >= given[user]
            for user, day in zip(users, days, strict=True)
        ]
    )


TENS = 10 ** np.arange(7)

CASES = {
    "4.1": [
        Case((_a(5, 1), _a(0.5, 0.25)), 7 / 3, "(5 · 2 + 1 · 4) / (2 + 4)"),
        Case((_a(4, 2, 3), _a(0.2, 0.2, 0.2)), 3.0, "equal chances: the plain mean"),
        Case((_a(5), _a(0.01)), 5.0, "one rating counts for a hundred, and all hundred say 5"),
        Case((_a(5, 5, 3), _a(0.9, 0.9, 0.1)), 37 / 11, "times 0.9 above and below: 37 / 11"),
        Case((_a(1, 1, 1, 5), _a(0.5, 0.5, 0.5, 1.0)), 11 / 7, "(2 + 2 + 2 + 5) / (2 + 2 + 2 + 1)"),
        Case((_a(3, 0), _a(0.5, 0.1)), 0.5, "6 / 12: a value of 0 still has its weight"),
        Case((_a(-2, 4), _a(0.5, 0.25)), 2.0, "(-4 + 16) / (2 + 4): a value below 0 pulls down"),
        Case(
            (_a(5, 1), _a(1e-6, 2e-6)),
            11 / 3,
            "a million like the first, half a million like the second: (5 + 0.5) / 1.5",
        ),
        *drawn(_ratings, _speaking_for_others, "each value counts 1 / its own chance times"),
    ],
    "4.2": [
        Case(
            (_a(1, 1), _a(7, 7), _a(0, 3), 5),
            _mask(True, False),
            "the same shopper, the same product, 3 seconds later",
        ),
        Case(
            (_a(1, 1, 1), _a(7, 7, 7), _a(0, 5, 11), 5),
            _mask(True, False, True),
            "5 seconds are within 5, 6 seconds are not",
        ),
        Case(
            (_a(1, 1, 1), _a(7, 7, 7), _a(0, 4, 8), 5),
            _mask(True, False, False),
            "the third comes 4 seconds after the second, dropped or not",
        ),
        Case(
            (_a(1, 2, 1, 2), _a(7, 7, 7, 7), _a(0, 1, 2, 60), 5),
            _mask(True, True, False, True),
            "another shopper's event in between changes nothing",
        ),
        Case(
            (_a(1, 1, 1), _a(7, 8, 7), _a(0, 1, 2), 5),
            _mask(True, True, False),
            "another product in between changes nothing",
        ),
        Case(
            (_a(2, 1, 2, 1), _a(1, 2, 1, 2), _a(0, 0, 0, 9), 5),
            _mask(True, True, False, True),
            "the first of two equal events stays; the answer keeps the log's order",
        ),
        Case((_a(), _a(), _a(), 5), _mask(), "an empty log: nothing to keep"),
        Case(
            (_a(1, 1, 1), _a(7, 7, 7), _a(0.9, 6.1, 7.1), 5),
            _mask(True, True, False),
            "5.2 seconds later is not within 5; the next comes 1.0 later",
        ),
        Case(
            (np.tile([0, 1], 7), np.outer(TENS, [1, 0]).ravel(), np.repeat(9 * np.arange(7), 2), 5),
            np.ones(14, dtype=bool),
            "users 0 and 1 never share a product: a pair is a user *and* an item",
        ),
        Case(
            (np.array([0, 1]), np.array([2, 0]), _a(0, 1), 5),
            _mask(True, True),
            "another user and another item, whatever one number is made of both",
        ),
        *drawn(
            _events,
            _kept,
            "for each pair of user and item: drop what comes at most `within` after the one before",
        ),
    ],
    "4.3": [
        Case(
            (np.array([0, 0]), _a(3, 8), _a(5), _a(NEVER)),
            _mask(False, True),
            "given on day 5: what came before was not covered",
        ),
        Case(
            (np.array([0, 0]), _a(5, 6), _a(5), _a(NEVER)),
            _mask(True, True),
            "the day of consent itself is covered",
        ),
        Case(
            (np.array([0, 0]), _a(6, 9), _a(5), _a(8)),
            _mask(False, False),
            "withdrawn: the earlier event goes too",
        ),
        Case(
            (np.array([0, 0, 0]), _a(2, 9, 12), _a(10), _a(8)),
            _mask(False, False, True),
            "given again on day 10, after the withdrawal on day 8",
        ),
        Case(
            (np.array([1, 0, 2, 1]), _a(4, 4, 4, 1), _a(0, 2, NEVER), _a(NEVER, NEVER, NEVER)),
            _mask(True, True, False, False),
            "shopper 2 never consented; shopper 1 did on day 2",
        ),
        Case(
            (np.array([0]), _a(9), _a(NEVER), _a(3)),
            _mask(False),
            "a withdrawal of what was never given gives no right",
        ),
        Case(
            (np.array([0, 1]), _a(9, 9), _a(5, 5), _a(5, 6)),
            _mask(False, False),
            "only a withdrawal *before* the consent is healed by it, none of the same or next day",
        ),
        Case(
            (np.array([1, 0, 1]), _a(0, -1, -9), _a(-3, 0), _a(NEVER, NEVER)),
            _mask(True, True, False),
            "days count from the shop's opening: 0 and less are days like others",
        ),
        *drawn(
            _consents,
            _covered,
            "agreed at or before the event, and never withdrawn on or after the day of consent",
        ),
    ],
}
