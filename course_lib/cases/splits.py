"""Cases about splits, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn


def dates(*days):
    """Days of March 2026 as timestamps."""
    return np.array([f"2026-03-{day:02d}" for day in days], dtype="datetime64[s]")


def some_events(rng, size):
    """Train and test events, in any order, of users and items of whom many come again."""
    train, test = size**2, 1 + size**2 // 2
    return tuple(rng.integers(0, 1 + test, n) for n in (train, train, test, test))


def counted(train_users, train_items, test_users, test_items):
    """Cold shares, event by event."""
    users, items = set(train_users.tolist()), set(train_items.tolist())
    events = list(zip(test_users.tolist(), test_items.tolist(), strict=True))
    cold_user = sum(user not in users for user, _ in events)
    cold_item = sum(item not in items for _, item in events)
    either = sum(user not in users or item not in items for user, item in events)
    return cold_user / len(events), cold_item / len(events), either / len(events)


def some_scores(rng, size):
    """Inner and outer scores, below 0 as well; few values, so that some are equal."""
    shape = (1 + size // 3, size)
    return tuple(rng.integers(-3, 4, shape) / 10 for _ in range(2))


def fold_by_fold(inner, outer):
    """The nested estimate with two loops."""
    total = 0.0
    for fold in range(inner.shape[1]):
        best = 0
        for setting in range(1, inner.shape[0]):
            if inner[setting, fold] > inner[best, fold]:
                best = setting
        total += outer[best, fold]
    return total / inner.shape[1]


def some_times(rng, size):
    """Few users and few times, in any order, below 0 too; near together or far apart."""
    unit = (0.25, 10, 100, 1000)[size % 4]
    return rng.integers(0, 1 + size // 2, size), rng.integers(-3, 3, size) * unit


def by_comparing(users, timestamps):
    """Is no event of the same user later? Each with each."""
    pairs = list(zip(users.tolist(), timestamps.tolist(), strict=True))
    return np.array([not any(u == user and t > time for u, t in pairs) for user, time in pairs])


CASES: dict[str, list[Case]] = {
    "split.events_after": [
        Case(([0, 1, 0, 0], [5, 1, 9, 9]), np.array([2, 0, 1, 0]), "user 0 has three events"),
        Case(([0, 0, 0], [1, 2, 3]), np.array([2, 1, 0]), "in time order: two, one, none after"),
        Case(([0, 0, 0], [3, 1, 2]), np.array([0, 2, 1]), "the order of times counts, not of rows"),
        Case(
            (np.array([2, 0, 2, 0]), dates(1, 2, 3, 4)),
            np.array([1, 1, 0, 0]),
            "only events of the same user count; there is no user 1",
        ),
        Case(([1, 1, 1], [7, 7, 7]), np.array([2, 1, 0]), "equal times: the later row is later"),
        Case(([3], dates(1)), np.array([0]), "a single event is the last"),
    ],
    "9.1": [
        Case(
            (
                np.array([0, 0, 1]),
                np.array([0, 1, 0]),
                np.array([0, 2, 1, 2]),
                np.array([0, 0, 3, 1]),
            ),
            (0.5, 0.25, 0.75),
            "two of four events are user 2's, one has item 3, together three events",
        ),
        Case(
            (np.array([0, 1]), np.array([0, 1]), np.array([1, 0]), np.array([0, 1])),
            (0.0, 0.0, 0.0),
            "user 1 with item 0 is a new pair, but both are known",
        ),
        Case(
            (np.array([0]), np.array([0]), np.array([1, 2]), np.array([1, 1])),
            (1.0, 1.0, 1.0),
            "both events have a cold user and a cold item: either is 1, not 2",
        ),
        Case(
            (np.array([0, 0]), np.array([5, 6]), np.array([7, 7, 7, 0]), np.array([5, 5, 6, 9])),
            (0.75, 0.25, 1.0),
            "shares of EVENTS: three of four are user 7's, though that is one of two users",
        ),
        Case(
            (np.array([3, 4]), np.array([1, 2]), np.array([1, 3]), np.array([2, 3])),
            (0.5, 0.5, 1.0),
            "user 1 is cold although there is an item 1; item 3 although there is a user 3",
        ),
        Case(
            (np.array([1, 2]), np.array([1, 2]), np.array([0, 1, 2]), np.array([1, 2, 0])),
            (1 / 3, 1 / 3, 2 / 3),
            "0 is a user and an item like any other, and here both are cold",
        ),
        Case(
            (np.array([], int), np.array([], int), np.array([1, 1]), np.array([0, 2])),
            (1.0, 1.0, 1.0),
            "to an empty train part everybody and everything is new",
        ),
        *drawn(
            some_events,
            counted,
            "count the test events, one by one: user not in train, item not in train, either",
        ),
    ],
    "9.2": [
        Case(
            (
                np.array([[0.3, 0.3], [0.3, 0.4], [0.4, 0.3]]),
                np.array([[0.3, 0.3], [0.4, 0.3], [0.3, 0.4]]),
            ),
            0.3,
            "the paper example: C is chosen for fold 1 and finds 0.3 there, B finds 0.3 on fold 2",
        ),
        Case(
            (np.eye(3), np.array([[0.2, 0.9, 0.9], [0.9, 0.3, 0.9], [0.9, 0.9, 0.7]])),
            0.4,
            "each fold chooses another setting: (0.2 + 0.3 + 0.7) / 3",
        ),
        Case(
            (np.array([[0.5, 0.2], [0.5, 0.6]]), np.array([[0.1, 0.9], [0.8, 0.3]])),
            0.2,
            "equal inside: the first one, 0.1; then setting 1, 0.3",
        ),
        Case(
            (np.array([[0.9, 0.8, 0.7]]), np.array([[0.2, 0.4, 0.6]])),
            0.4,
            "with one setting there is no choice: the mean of the OUTER scores",
        ),
        Case(
            (np.array([[0.0, 0.6], [0.5, 0.5]]), np.array([[1.0, 0.2], [0.6, 0.8]])),
            0.4,
            "fold 0 chooses setting 1, fold 1 setting 0: (0.6 + 0.2) / 2, not one for all",
        ),
        Case(
            (np.array([[-2.0, -2.0], [-1.0, -1.0]]), np.array([[-3.0, -3.0], [-1.0, -1.0]])),
            -1.0,
            "scores may be below 0: -1 is the best of -2 and -1",
        ),
        Case(
            (np.array([[1.0], [1.00001]]), np.array([[0.2], [0.9]])),
            0.9,
            "1.00001 is better than 1, by however little: only equal scores are equal",
        ),
        *drawn(
            some_scores,
            fold_by_fold,
            "fold by fold: the first setting with the largest inner score there, its outer score "
            "in the same fold; then the mean over the folds",
        ),
    ],
    "9.3": [
        Case(
            (np.array([0, 0, 0, 1]), np.array([1, 2, 2, 5])),
            np.array([False, True, True, True]),
            "user 0 has two lines at time 2, user 1 a single visit",
        ),
        Case(
            (np.array([0, 1, 0, 1]), np.array([9, 1, 3, 8])),
            np.array([True, False, False, True]),
            "each user's own latest time, whatever the order of the rows",
        ),
        Case(
            (np.array([2, 2, 0]), dates(4, 6, 2)),
            np.array([False, True, True]),
            "dates; there is no user 1",
        ),
        Case(
            (np.array([1, 1, 1]), np.array([7, 7, 7])),
            np.array([True, True, True]),
            "one basket: all of it",
        ),
        Case(
            (np.array([0, 1, 1]), np.array([-5, -3, -9])),
            np.array([True, True, False]),
            "times may be negative (before 1970)",
        ),
        Case(
            (
                np.array([0, 0, 0]),
                np.array(["2026-03-05T18:00", "2026-03-05T09:00", "2026-03-05T18:00"], "M8[s]"),
            ),
            np.array([True, False, True]),
            "the last MOMENT, 18:00, not the last day: 09:00 was another visit",
        ),
        Case(
            (np.array([1, 1]), np.array(["2026-03-05T18:00:59", "2026-03-05T18:00:58"], "M8[s]")),
            np.array([True, False]),
            "a second earlier is earlier",
        ),
        *drawn(
            some_times,
            by_comparing,
            "True where no event of the same user is later, in the order of the rows given",
        ),
    ],
}
