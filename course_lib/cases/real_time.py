"""Cases about streams, alarms, rates and queues; by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn


def _counted(place, counts, batch):
    counts = list(counts)
    for at, item in batch:
        if at == place + 1:
            counts[item] += 1
            place = at
        elif at > place:
            break
    return place, counts


def _state_and_batch(rng, size):
    place = int(rng.integers(0, size + 1))
    first = int(rng.integers(1, place + 2))
    places = list(range(first, first + size))
    if size > 3 and rng.random() < 0.3:
        del places[int(rng.integers(1, size - 1))]
    items = rng.integers(0, 3, len(places)).tolist()
    return place, [place, 0, 0], list(zip(places, items, strict=True))


def _let_through(times, rate, burst):
    left, last, answers = float(burst), None, []
    for time in times:
        if last is not None:
            left = min(float(burst), left + (time - last) * rate)
        last = time
        answers.append(left >= 1)
        if left >= 1:
            left -= 1
    return answers


def _times_and_rate(rng, size):
    # In quarters: sums of them are exact.
    times = np.cumsum(rng.integers(0, 5, size) / 4).tolist()
    return times, float(rng.choice([0.25, 0.5, 1.0, 2.0])), int(rng.integers(1, 4))


def _queue(due, work, places):
    ends, answers = [], []
    for time in due:
        inside = [end for end in ends if end > time]
        if len(inside) >= places:
            answers.append(None)
            continue
        ends.append(max(time, inside[-1] if inside else time) + work)
        answers.append(ends[-1] - time)
    return answers


def _due_and_work(rng, size):
    due = np.cumsum(rng.integers(0, 5, size)).tolist()
    return due, int(rng.integers(1, 7)), int(rng.integers(1, 4))


CASES: dict[str, list[Case]] = {
    "shop.streaming.fresh": [
        Case(([(1, 50), (2, 60)], 0), [(1, 50), (2, 60)], "nothing counted: all of it"),
        Case(([(1, 50), (2, 60), (3, 50)], 2), [(3, 50)], "1 and 2 are counted"),
        Case(([(1, 50), (2, 60)], 2), [], "all of it is counted"),
        Case(([(1, 50), (2, 60)], 7), [], "more than all of it is counted"),
        Case(([], 3), [], "nothing came"),
    ],
    "shop.drift.cusum": [
        Case(
            ([10, 9, 7, 7, 10], 10, 1, 3),
            (np.array([0.0, 0, 2, 4, 0]), np.array([3])),
            "short by 2 and 2 more; 4 is above 3; then it begins again",
        ),
        Case(
            ([5, 5, 3, 2, 9, 1, 1], 5, 1, 3),
            (np.array([0.0, 0, 1, 3, 0, 3, 6]), np.array([6])),
            "3 is not above 3; the 9 takes all away",
        ),
        Case(
            ([0, 0, 0, 0], 2, 0, 3),
            (np.array([2.0, 4, 2, 4]), np.array([1, 3])),
            "after an alarm from 0",
        ),
        Case(([4, 4], 4, 0, 1), (np.zeros(2), np.zeros(0)), "all is well: no alarm"),
        Case(([], 4, 0, 1), (np.zeros(0), np.zeros(0)), "nothing seen"),
    ],
    "22.1": [
        Case((0, [0, 0], [(1, 0), (2, 1), (3, 0)]), (3, [2, 1]), "three new events"),
        Case(
            (2, [1, 1], [(1, 0), (2, 1), (3, 0)]),
            (3, [2, 1]),
            "places 1 and 2 are counted already: only 3 is new",
        ),
        Case(
            (3, [2, 1], [(1, 0), (2, 1), (3, 0)]),
            (3, [2, 1]),
            "the whole batch again: nothing changes",
        ),
        Case((5, [5, 0], [(1, 1), (2, 1)]), (5, [5, 0]), "an old batch: the place never goes back"),
        Case(
            (1, [1, 0, 0], [(3, 1), (4, 2)]),
            (1, [1, 0, 0]),
            "place 2 has not come: count nothing beyond it, or it is lost",
        ),
        Case(
            (0, [0, 0], [(1, 0), (2, 0), (4, 1), (5, 0)]),
            (2, [2, 0]),
            "1 and 2 are counted; 3 has not come, so 4 and 5 must wait",
        ),
        Case((4, [0, 4], []), (4, [0, 4]), "an empty batch"),
        Case((0, [0], []), (0, [0]), "nothing yet"),
        Case((1, [1], [(2, 0), (3, 0)]), (3, [3]), "one item again and again: each place counts"),
        *drawn(_state_and_batch, _counted, "each place once, in order, up to the first that lacks"),
    ],
    "22.2": [
        Case(
            ([0, 0, 0], 1.0, 2),
            [True, True, False],
            "two tokens at the start, none is left for the third",
        ),
        Case(
            ([0, 0, 1, 1], 1.0, 2),
            [True, True, True, False],
            "one second brings one token",
        ),
        Case(
            ([0, 100, 100, 100], 1.0, 2),
            [True, True, True, False],
            "however long the wait, never more than 2 tokens",
        ),
        Case(
            ([0, 0.5, 1.0], 1.0, 1),
            [True, False, True],
            "half a token at 0.5; who is refused costs nothing, so at 1.0 there is a whole one",
        ),
        Case(
            ([0, 1, 2, 3, 4], 0.5, 1),
            [True, False, True, False, True],
            "half a token a second: every other request",
        ),
        Case(([5, 5], 1.0, 1), [True, False], "the bucket is full when the first request comes"),
        Case(([0, 0.25, 0.5, 0.75, 1.0], 4.0, 1), [True] * 5, "exactly as many as the rate"),
        Case(([], 1.0, 3), [], "nobody came"),
        *drawn(
            _times_and_rate,
            _let_through,
            "fill at the rate, never above burst; whole token or refused",
        ),
    ],
    "22.3": [
        Case(([0, 10, 20], 5, 1), [5, 5, 5], "each is done before the next one comes"),
        Case(([0, 1, 2], 5, 3), [5, 9, 13], "done at 5, 10 and 15: late by the others' work"),
        Case(([0, 1, 2], 5, 2), [5, 9, None], "two are inside at 2: the third is refused"),
        Case(
            ([0, 1, 2, 5], 5, 2),
            [5, 9, None, 10],
            "at 5 the first leaves, so there is room; what was refused took no time",
        ),
        Case(([0, 5], 5, 1), [5, 5], "done at 5, and 5 comes: the place is free"),
        Case(([0, 0, 0], 2, 2), [2, 4, None], "all at once"),
        Case(([0, 1, 2, 3], 4, 1), [4, None, None, None], "one place: whoever comes meanwhile"),
        Case(([], 5, 2), [], "nobody came"),
        *drawn(_due_and_work, _queue, "wait for those inside, then work; too many inside: None"),
    ],
}
