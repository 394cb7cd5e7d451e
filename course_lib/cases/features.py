"""Cases about features, worked out by hand or from published test vectors."""

import math

import numpy as np
import pandas as pd

from course_lib.cases.case import Case

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
    """Looks ahead only through its denominator."""
    return float(np.sum(values[times < now]) / np.sum(values))


DAYS, DOLLARS = np.array([1, 4, 6, 9]), np.array([4.0, 6.0, 4.0, 8.0])

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
    ],
}
