"""Cases about features, worked out by hand or from published test vectors."""

import math

import numpy as np
import pandas as pd

from course_lib.cases.case import Case, drawn

CIRCLE = ["hour_sin", "hour_cos", "weekday_sin", "weekday_cos"]
ROOT = math.sqrt


def clock(*rows):
    """A table in the form of time_features."""
    return pd.DataFrame(rows, columns=CIRCLE)


def total(times, values, now):
    """The sum of everything: looks ahead."""
    return float(np.sum(values))


def total_before(times, values, now):
    """The sum of what came before now."""
    return float(np.sum(values[times < now]))


def total_until(times, values, now):
    """One sign too many: what happens at now itself counts."""
    return float(np.sum(values[times <= now]))


def days_since_last(times, values, now):
    """Days since the last event before now; NaN where there is none."""
    return float(now - np.max(times[times < now])) if np.any(times < now) else float("nan")


def share_of_total(times, values, now):
    """Looks ahead only through its denominator; NaN where there is nothing."""
    return float(np.sum(values[times < now]) / np.sum(values)) if len(values) else float("nan")


def visits(times, values, now):
    """The number of events: looks ahead without reading a value."""
    return float(len(times))


def visits_before(times, values, now):
    """The number of events before now."""
    return float(np.sum(times < now))


def comes_back(times, values, now):
    """1 if there is an event from now on: of many, one is enough."""
    return float(np.any(times >= now))


def mean_of_all(times, values, now):
    """The mean of everything; NaN of nothing."""
    return float(np.mean(values)) if len(values) else float("nan")


FEATURES = (
    total,
    total_before,
    visits,
    days_since_last,
    total_until,
    visits_before,
    comes_back,
    mean_of_all,
)


def log_in_any_order(rng, size):
    """A feature, and a log in which days repeat and stand in no order."""
    feature = FEATURES[size % len(FEATURES)]
    return feature, rng.integers(0, 9, size), rng.integers(1, 20, size) / 2, int(rng.integers(9))


def sees_the_future(feature, times, values, now):
    """The feature of the whole log against that of a list of the past."""
    past = [i for i, time in enumerate(times) if time < now]
    one, other = feature(times, values, now), feature(times[past], values[past], now)
    return not (one == other or (math.isnan(one) and math.isnan(other)))


def table(rng, size):
    """Counts in any shape, with zeros, and sometimes an empty row or column."""
    return rng.integers(0, 4, (size, rng.integers(1, 6))) * rng.integers(0, 2, size)[:, None]


def tf_idf_by_loops(counts):
    """Word by word, text by text."""
    texts, words = counts.shape
    weights = np.zeros((texts, words))
    for word in range(words):
        df = sum(count > 0 for count in counts[:, word])
        for text in range(texts):
            if counts[text, word]:
                weights[text, word] = counts[text, word] * math.log(texts / df)
    return weights


def table_and_power(rng, size):
    """Counts in any shape, sometimes with an empty column, and a power above 0."""
    counts = rng.integers(0, 5, (rng.integers(1, 5), size))
    return counts * rng.integers(0, 3, size), [0.25, 0.5, 0.75, 1.0][size % 4]


def smoothed_by_loops(counts, power):
    """Cell by cell, with the logarithm of one number."""
    values = np.zeros(counts.shape)
    weight = [float(column.sum()) ** power for column in counts.T]
    for (row, column), count in np.ndenumerate(counts):
        if count:
            share = count / counts[row].sum()
            values[row, column] = max(0.0, math.log(share / (weight[column] / sum(weight))))
    return values


DAYS, DOLLARS = np.array([1, 4, 6, 9]), np.array([4.0, 6.0, 4.0, 8.0])
MIXED_DAYS = np.array([6, 1, 9, 4])
HOURS = np.array(["2026-03-09T23:00", "2026-03-10T18:00", "2026-03-10T09:00"], "datetime64[m]")
NOON = np.datetime64("2026-03-10T12:00")

CASES: dict[str, list[Case]] = {
    "features.ppmi": [
        Case(
            ([[0, 2], [2, 0]],),
            np.array([[0, math.log(2)], [math.log(2), 0]]),
            "seen 2, expected 2 · 2 / 4 = 1: ln 2",
        ),
        Case(
            ([[0, 2, 1], [2, 0, 1], [1, 1, 0]],),
            np.array(
                [
                    [0, math.log(16 / 9), math.log(8 / 6)],
                    [math.log(16 / 9), 0, math.log(8 / 6)],
                    [math.log(8 / 6), math.log(8 / 6), 0],
                ]
            ),
            "N = 8, sums 3, 3 and 2: ln(2 · 8 / 9) and ln(1 · 8 / 6)",
        ),
        Case(
            ([[4, 1], [1, 4]],),
            np.array([[math.log(1.6), 0], [0, math.log(1.6)]]),
            "4 · 10 / 25 = 1.6; 1 · 10 / 25 = 0.4 is less than chance: 0",
        ),
        Case(
            ([[1, 0, 0], [0, 1, 1]],),
            np.array([[math.log(3), 0, 0], [0, math.log(1.5), math.log(1.5)]]),
            "rows sum to 1 and 2, columns to 1: 1 · 3 / 1 and 1 · 3 / 2",
        ),
        Case(
            ([[0, 3, 0], [0, 3, 6]],),
            np.array([[0, math.log(2), 0], [0, 0, math.log(4 / 3)]]),
            "N = 12: 3 · 12 / (3 · 6) = 2, 3 · 12 / (9 · 6) < 1, 6 · 12 / (9 · 6) = 4/3",
        ),
        Case(
            ([[2, 0], [0, 0]],),
            np.zeros((2, 2)),
            "2 · 2 / (2 · 2) = 1: ln 1 = 0; an empty row stays 0, not NaN",
        ),
    ],
    "features.embed": [
        Case(([[4, 2], [2, 1]], 1, 0), np.array([[2.0], [1.0]]), "[2, 1] times itself"),
        Case(
            ([[9, 0], [0, 4]], 2, 0),
            np.array([[3.0, 0], [0, 2.0]]),
            "singular values 9 and 4; square roots 3 and 2",
        ),
        Case(
            ([[0, 4], [9, 0]], 2, 0),
            np.array([[0, 2.0], [3.0, 0]]),
            "the largest singular value, 9, comes first and belongs to the second row",
        ),
        Case(([[9, 0], [0, 4]], 1, 0), np.array([[3.0], [0]]), "one dimension keeps the larger"),
        Case(
            ([[3, 0], [4, 0], [0, 0]], 1, 0),
            np.array([[3 / ROOT(5)], [4 / ROOT(5)], [0]]),
            "left vector (0.6, 0.8, 0), singular value 5: times √5",
        ),
        Case(
            ([[-9, 0], [0, 1]], 1, 0),
            np.array([[3.0], [0]]),
            "the entry of largest size is made positive",
        ),
    ],
    "features.hashed": [
        Case((["abc"], 16), np.array([13]), "FIPS 180-4: SHA-256 of abc ends in d"),
        Case(([""], 16), np.array([5]), "SHA-256 of the empty text ends in 5"),
        Case(
            (["abc", "", "abc"], 256),
            np.array([173, 85, 173]),
            "the last two digits: ad = 173 and 55 = 85; equal values, equal buckets",
        ),
        Case(
            (["abc"], 15),
            np.array([10]),
            "16 leaves remainder 1 by 15, so add the 64 digits: 430 = 28 · 15 + 10",
        ),
        Case(
            (["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"], 65536),
            np.array([0x06C1]),
            "FIPS 180-4, second example: ends in 06c1",
        ),
        Case((["tea", "mug", "lamp"], 1), np.array([0, 0, 0]), "one bucket holds everything"),
    ],
    "features.time_features": [
        Case((["2026-03-02 00:00"],), clock([0, 1, 0, 1]), "Monday, midnight: both at angle 0"),
        Case((["2026-03-02 06:00"],), clock([1, 0, 0, 1]), "a quarter turn of the day"),
        Case((["2026-03-02 18:00"],), clock([-1, 0, 0, 1]), "three quarters of a turn"),
        Case((["2026-03-02 02:00"],), clock([0.5, ROOT(3) / 2, 0, 1]), "2 of 24 hours: 30°"),
        Case(
            (["2026-03-02 22:30"],),
            clock([-ROOT(2 - ROOT(2)) / 2, ROOT(2 + ROOT(2)) / 2, 0, 1]),
            "22.5° before midnight: half an hour counts",
        ),
        Case(
            (["2026-03-02 12:00", "2026-03-04 00:00"],),
            clock([0, -1, 0, 1], [0, 1, math.sin(4 * math.pi / 7), math.cos(4 * math.pi / 7)]),
            "noon is half a turn; Wednesday is 2 of 7 days after Monday",
        ),
    ],
    "8.1": [
        Case(
            ([[1, 1], [1, 0]],),
            np.array([[0, math.log(2)], [0, 0]]),
            "a word in every text weighs ln(2/2) = 0; in one of two ln 2",
        ),
        Case(
            ([[2, 0], [0, 1]],),
            np.array([[2 * math.log(2), 0], [0, math.log(2)]]),
            "twice in a text counts twice; once in ONE text, df = 1",
        ),
        Case(
            ([[1, 0, 0], [1, 1, 0], [0, 1, 3], [0, 0, 0]],),
            np.array(
                [
                    [math.log(2), 0, 0],
                    [math.log(2), math.log(2), 0],
                    [0, math.log(2), 3 * math.log(4)],
                    [0, 0, 0],
                ]
            ),
            "4 texts; df = 2, 2 and 1: ln 2, ln 2 and ln 4",
        ),
        Case(
            ([[1, 0], [2, 0]],),
            np.zeros((2, 2)),
            "df = 2 of 2: ln 1 = 0; a word that never occurs weighs 0, not NaN",
        ),
        Case(
            ([[0, 5], [0, 0], [0, 0]],),
            np.array([[0, 5 * math.log(3)], [0, 0], [0, 0]]),
            "five times in one of three texts: 5 ln 3",
        ),
        Case(
            ([[1, 0, 2, 1, 0], [0, 0, 3, 1, 1]],),
            np.array([[math.log(2), 0, 0, 0, 0], [0, 0, 0, 0, math.log(2)]]),
            "n counts the texts, 2, not the 5 words",
        ),
        Case(
            ([[1], [4], [0]],),
            np.array([[math.log(1.5)], [4 * math.log(1.5)], [0]]),
            "in two of three texts: ln(3/2), not ln 1",
        ),
        *drawn(
            lambda rng, size: (table(rng, size),),
            tf_idf_by_loops,
            "count · ln(texts / texts with the word), the natural logarithm; 0 where the count is",
        ),
    ],
    "8.2": [
        Case((total, DAYS, DOLLARS, 5), True, "22 dollars with the future, 10 without"),
        Case((total_before, DAYS, DOLLARS, 5), False, "10 dollars, whatever happens later"),
        Case((total_until, DAYS, DOLLARS, 6), True, "day 6 is now, so it is the future: 14 or 10"),
        Case((days_since_last, DAYS, DOLLARS, 5), False, "1 day since day 4, with or without"),
        Case(
            (days_since_last, DAYS, DOLLARS, 1),
            False,
            "NaN with and without the future: the same answer",
        ),
        Case((share_of_total, DAYS, DOLLARS, 5), True, "10/22 with the future, 10/10 without"),
        Case(
            (total, DAYS, DOLLARS, 10),
            False,
            "this log holds no future after day 10, so nothing can be seen",
        ),
        Case((visits, DAYS, DOLLARS, 5), True, "4 visits with the future, 2 without"),
        Case((comes_back, DAYS, DOLLARS, 5), True, "1 with the future, 0 without ALL of it"),
        Case(
            (total_before, MIXED_DAYS, DOLLARS, 5),
            False,
            "the log is in no order: days 1 and 4 are the past, 6 + 8 dollars",
        ),
        Case((mean_of_all, DAYS, DOLLARS, 1), True, "5.5 with the future, NaN without: a change"),
        Case(
            (total, DAYS, np.array([9000.0, 999.5, 0.25, 0.25]), 5),
            True,
            "10000 dollars with the future, 9999.5 without: little, but a change",
        ),
        Case(
            (total_before, HOURS, DOLLARS[:3], NOON),
            False,
            "times of day count: 23:00 the day before and 09:00 the same day are past at noon",
        ),
        Case((total, HOURS, DOLLARS[:3], NOON), True, "the 6 dollars of 18:00 are the future"),
        *drawn(
            log_in_any_order,
            sees_the_future,
            "the feature of everything against the feature of all events BEFORE now",
            count=24,
        ),
    ],
    "8.3": [
        Case(
            ([[4, 1], [1, 4]], 1.0),
            np.array([[math.log(1.6), 0], [0, math.log(1.6)]]),
            "power 1 changes nothing: ln(4 · 10 / 25)",
        ),
        Case(
            ([[1, 0], [0, 4]], 0.5),
            np.array([[math.log(3), 0], [0, math.log(1.5)]]),
            "columns 1 and 4 become 1 and 2: shares 1/3 and 2/3; ln(1 / (1/3)), ln(1 / (2/3))",
        ),
        Case(
            ([[1, 0], [0, 4]], 0.0),
            np.array([[math.log(2), 0], [0, math.log(2)]]),
            "power 0 makes all columns alike: shares 1/2",
        ),
        Case(
            ([[1, 3], [0, 6]], 0.5),
            np.array([[0, 0], [0, math.log(4 / 3)]]),
            "columns 1 and 9 become shares 1/4 and 3/4; row 2 is all in the second: 1 / (3/4)",
        ),
        Case(
            ([[2, 0], [0, 0]], 0.75),
            np.zeros((2, 2)),
            "all of it in one cell: 1 / 1; an empty row or column stays 0, not NaN",
        ),
        Case(
            ([[1, 3], [6, 0]], 1.0),
            np.array([[0, math.log(2.5)], [math.log(10 / 7), 0]]),
            "each ROW's share: 3/4 against 3/10, and 6/6 against 7/10",
        ),
        Case(([[0, 0, 0], [0, 0, 0]], 0.5), np.zeros((2, 3)), "nothing was seen: 0"),
        *drawn(
            table_and_power,
            smoothed_by_loops,
            "share of the row's count / (column sum to the power, as a share of all such); "
            "ln of it, 0 where that is negative or nothing was seen",
        ),
    ],
}
