"""An event log that keeps each event once, and counts that count each of its events once.

Two files, because they fail apart. `EventLog` is what happened: an event is acknowledged when it is
on the disk, and a producer that got no answer sends it again under the same number. `Counts` is
what follows from it: the offset of the last event counted is committed in the same transaction as
the counts, so there is no moment at which one is true and the other is not. Kleppmann 2017,
Designing Data-Intensive Applications, ch. 11; Kreps 2013, The Log.
"""

import sqlite3
from typing import NamedTuple

import numpy as np

from course_lib.parameters import Number, Whole
from course_lib.similarity import top_k

MOST = 2**63 - 1  # the largest whole number that SQLite keeps
LONGEST = 1000  # half-lives: beyond, a weight is no finite number any more
SCHEMA = """
CREATE TABLE IF NOT EXISTS events (place INTEGER PRIMARY KEY, producer TEXT, number INTEGER,
    user INTEGER, item INTEGER, time INTEGER, UNIQUE (producer, number));
"""
COUNTS = """
CREATE TABLE IF NOT EXISTS counts (user INTEGER, item INTEGER, times INTEGER, last INTEGER,
    PRIMARY KEY (user, item)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (item INTEGER PRIMARY KEY, times INTEGER, weight REAL);
CREATE INDEX IF NOT EXISTS by_weight ON items (weight DESC, item);
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), place INTEGER,
    start INTEGER, half_life REAL);
"""


class Event(NamedTuple):
    """A user took an item. producer and number name the event itself, however often it is sent."""

    producer: str
    number: int
    user: int
    item: int
    time: int  # seconds since 1970, in the shop's own clock


class Receipt(NamedTuple):
    """Where an event stands in the log, and whether it stood there before it was sent."""

    place: int
    again: bool


def check_event(event):
    """The event, of Python's own numbers; ValueError naming the field that is none.

    >>> check_event(Event("till 7", 1, 4, -2, 0))
    Traceback (most recent call last):
    ValueError: item must be a whole number of at least 0 and at most 9223372036854775807, got -2
    """
    producer, *numbers = event
    if not isinstance(producer, str) or not producer:
        raise ValueError(f"producer must be a text that is not empty, got {producer!r}")
    rule = Whole(0, MOST)
    return Event(
        producer, *(rule.check(*pair) for pair in zip(Event._fields[1:], numbers, strict=True))
    )


def fresh(batch, place):
    """What of a batch still has to be counted, when all up to `place` is counted already.

    batch: pairs (place, event), in the log's order. Raises ValueError where an event is missing
    between what is counted and what comes: to go on would lose it.

    >>> fresh([(1, "tea"), (2, "mug"), (3, "tea")], 2)
    [(3, 'tea')]
    >>> fresh([(4, "tea")], 2)
    Traceback (most recent call last):
    ValueError: place 3 is missing: counted up to 2, and the batch goes on at 4
    """
    left = [(at, event) for at, event in batch if at > place]
    for at, _ in left:
        if at != place + 1:
            raise ValueError(
                f"place {place + 1} is missing: counted up to {place}, and the batch goes on at "
                f"{at}"
            )
        place = at
    return left


class _File:
    """An SQLite file in write-ahead mode: readers do not wait for the writer."""

    def __init__(self, path, schema, synchronous):
        # One thread at a time uses it, not always the same one.
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        self._db.executescript(schema)

    def _one(self, query, *values):
        return self._db.execute(query, values).fetchone()

    def close(self):
        self._db.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class EventLog(_File):
    """Events in the order in which they came, each once, in one file; places count from 1.

    Several processes may write to it and read from it. What `append` has returned for survives a
    killed process and a power cut (synchronous=FULL).

    >>> with EventLog(":memory:") as log:
    ...     first = log.append(Event("till 7", 1, user=4, item=2, time=0))
    ...     again = log.append(Event("till 7", 1, user=4, item=2, time=0))  # no answer: sent again
    ...     first, again, log.end
    (Receipt(place=1, again=False), Receipt(place=1, again=True), 1)
    """

    def __init__(self, path):
        super().__init__(path, SCHEMA, "FULL")

    def append(self, event):
        """Keep the event, unless it is kept already: its `Receipt`.

        Raises ValueError for a field that is none, and where the producer has used this number for
        another event.
        """
        event = check_event(event)
        insert = "INSERT OR IGNORE INTO events VALUES (NULL, ?, ?, ?, ?, ?)"
        new = self._db.execute(insert, event).rowcount > 0
        query = "SELECT * FROM events WHERE producer = ? AND number = ?"
        place, *kept = self._one(query, event.producer, event.number)
        if tuple(kept) != event:
            raise ValueError(
                f"producer {event.producer!r} has used number {event.number} for "
                f"{Event(*kept)[2:]}, got {event[2:]}"
            )
        return Receipt(place, not new)

    def read(self, after=0, most=1000):
        """Up to `most` pairs (place, Event) that stand after a place, in order."""
        query = "SELECT * FROM events WHERE place > ? ORDER BY place LIMIT ?"
        rows = self._db.execute(
            query, (Whole(0).check("after", after), Whole(1).check("most", most))
        )
        return [(place, Event(*event)) for place, *event in rows]

    @property
    def end(self):
        """The place of the last event, 0 for none."""
        return self._one("SELECT coalesce(max(place), 0) FROM events")[0]


class Counts(_File):
    """How often each user took each item, and what is popular now, event by event.

    An item's weight is the sum over its events of 2 ** (age of the log when it happened /
    half_life): an event weighs twice as much as one a half-life before it, and the order of items
    by weight is right at any later moment, so that nothing has to be aged. Cormode, Shkapenyuk,
    Srivastava & Xu 2009, Forward Decay: A Practical Time Decay Model for Streaming Systems.

    half_life: days. The file remembers it, and refuses another one with a ValueError. After a power
    cut the file may be a little behind its log, counts and place together: it catches up.

    >>> with EventLog(":memory:") as log, Counts(":memory:", half_life=28) as counts:
    ...     for number, item in enumerate([2, 5, 2]):
    ...         _ = log.append(Event("till 7", number, user=4, item=item, time=0))
    ...     counts.catch_up(log), counts.catch_up(log), counts.of(4), counts.popular(1)
    (3, 0, {2: 2, 5: 1}, [2])
    """

    def __init__(self, path, *, half_life=28.0):
        Number(above=0).check("half_life", half_life)
        super().__init__(path, COUNTS, "NORMAL")
        start = "INSERT OR IGNORE INTO state VALUES (1, 0, NULL, ?)"
        self._db.execute(start, (half_life,))
        (kept,) = self._one("SELECT half_life FROM state")
        if kept != half_life:
            self.close()
            raise ValueError(f"half_life must be {kept}, as this file was begun, got {half_life}")
        self._half_life = half_life

    def apply(self, batch):
        """Count what of the batch is not counted yet, all of it or nothing: how many that were.

        batch: pairs (place, Event) in the log's order. Counts and place are one transaction, which
        begins before the place is read: two consumers of one file count nothing twice either.
        Raises ValueError as `fresh` does.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            place, start = self._one("SELECT place, start FROM state")
            left = fresh(batch, place)
            if left and start is None:
                start = left[0][1].time
            for _, event in left:
                self._count(event, start)
            if left:
                update = "UPDATE state SET place = ?, start = ?"
                self._db.execute(update, (left[-1][0], start))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        return len(left)

    def _count(self, event, start):
        lives = (event.time - start) / 86_400 / self._half_life
        if lives > LONGEST:
            raise ValueError(
                f"time must be within {LONGEST} half-lives of the first event, got {lives:.0f}"
            )
        self._db.execute(
            "INSERT INTO counts VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE "
            "SET times = times + 1, last = max(last, excluded.last)",
            (event.user, event.item, event.time),
        )
        self._db.execute(
            "INSERT INTO items VALUES (?, 1, ?) ON CONFLICT DO UPDATE "
            "SET times = times + 1, weight = weight + excluded.weight",
            (event.item, 2.0**lives),
        )

    def catch_up(self, log, *, most=500):
        """Count all that a log has and these counts have not: how many that were.

        log: whatever has `read(after, most)`, an `EventLog` or a `jetstream.Stream`.
        """
        done = 0
        while batch := log.read(self.place, most):
            done += self.apply(batch)
        return done

    @property
    def place(self):
        """All events up to here are counted, and none beyond."""
        return self._one("SELECT place FROM state")[0]

    @property
    def total(self):
        """How many events are counted: the sum over items, not the place."""
        return self._one("SELECT coalesce(sum(times), 0) FROM items")[0]

    def of(self, user):
        """{item: times} of one user; the most often taken first, of equals the latest."""
        query = "SELECT item, times FROM counts WHERE user = ? ORDER BY times DESC, last DESC, item"
        return dict(self._db.execute(query, (user,)).fetchall())

    def popular(self, k):
        """The k items of most weight, the heaviest first."""
        query = "SELECT item FROM items ORDER BY weight DESC, item LIMIT ?"
        return [item for (item,) in self._db.execute(query, (Whole(1).check("k", k),))]

    def recommend(self, user, k, vectors=None):
        """Up to k items: the user's own by how often, then others that are not yet listed.

        vectors: shape (items, d); then the others are those of the largest product with the user's
        vector, the mean of the vectors of what was taken, each time counted. Without, and for who
        took nothing yet, they are what is popular.
        """
        counted = self.of(user)
        own = list(counted)[: Whole(1).check("k", k)]
        if vectors is None or not counted:
            others = self.popular(k + len(own))
        else:
            user_vector = np.average(vectors[list(counted)], axis=0, weights=list(counted.values()))
            scores = vectors @ user_vector.astype(vectors.dtype)
            others = top_k(scores[None], min(k + len(own), len(scores)))[0].tolist()
        return (own + [item for item in others if item not in set(own)])[:k]
