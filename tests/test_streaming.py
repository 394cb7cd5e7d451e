"""Each event is kept once and counted once, whoever crashes, and whoever sends it twice."""

import sqlite3
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.shop.streaming import MOST, Counts, Event, EventLog, Receipt, fresh

DAY = 86_400


def event(number, item=0, *, user=4, time=0, producer="till"):
    return Event(producer, number, user, item, time)


@pytest.fixture
def log(tmp_path):
    with EventLog(tmp_path / "log.db") as log:
        yield log


@pytest.fixture
def counts(tmp_path):
    with Counts(tmp_path / "counts.db") as counts:
        yield counts


def test_places_count_from_one_and_a_resend_keeps_its_place(log):
    assert log.append(event(7, 1)) == Receipt(1, False)
    assert log.append(event(8, 2)) == Receipt(2, False)
    assert log.append(event(7, 1)) == Receipt(1, True)
    assert log.append(event(9, 3)) == Receipt(3, False)  # a resend leaves no gap
    assert log.end == 3
    assert log.read(1) == [(2, event(8, 2)), (3, event(9, 3))]
    assert log.read(0, 1) == [(1, event(7, 1))]
    assert log.read(3) == []


def test_numbers_belong_to_a_producer(log):
    log.append(event(1, 5, producer="a"))
    assert log.append(event(1, 6, producer="b")) == Receipt(2, False)


def test_a_number_that_was_used_for_another_event_is_refused(log):
    log.append(event(1, 5))
    with pytest.raises(ValueError, match=r"'till' has used number 1 for \(4, 5, 0\), got \(4, 6"):
        log.append(event(1, 6))
    assert log.end == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("producer", ""),
        ("producer", None),
        ("number", -1),
        ("number", 1.0),
        ("user", True),
        ("user", MOST + 1),
        ("item", "5"),
        ("time", float("nan")),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_kept(log, field, value):
    with pytest.raises(ValueError, match=f"{field} must be"):
        log.append(event(1)._replace(**{field: value}))
    assert log.end == 0


def test_numpy_numbers_and_the_largest_are_kept(log):
    log.append(event(np.int64(3), np.int32(2), user=MOST, time=MOST))
    assert log.read() == [(1, event(3, 2, user=MOST, time=MOST))]


def test_a_text_with_quotes_is_only_a_text(log):
    nasty = event(1, producer="'); DROP TABLE events; --")
    log.append(nasty)
    assert log.read() == [(1, nasty)]


def test_two_writers_of_one_file_share_its_places(tmp_path):
    with EventLog(tmp_path / "log.db") as one, EventLog(tmp_path / "log.db") as two:
        places = [w.append(event(i)).place for i, w in enumerate([one, two, two, one])]
        assert places == [1, 2, 3, 4]
        assert two.append(event(0)) == Receipt(1, True)
        assert one.read() == two.read()


def test_what_is_fresh_by_hand():
    batch = [(3, "a"), (4, "b"), (5, "c")]
    assert fresh(batch, 2) == batch
    assert fresh(batch, 4) == [(5, "c")]
    assert fresh(batch, 9) == fresh([], 2) == []
    with pytest.raises(ValueError, match=r"place 2 is missing: counted up to 1, .* goes on at 3"):
        fresh(batch, 1)
    with pytest.raises(ValueError, match="place 4 is missing"):
        fresh([(3, "a"), (5, "c")], 2)


def test_counts_by_hand(log, counts):
    for number, (user, item) in enumerate([(1, 8), (1, 9), (2, 9), (1, 9)]):
        log.append(event(number, item, user=user, time=number))
    assert counts.catch_up(log) == 4
    assert counts.of(1) == {9: 2, 8: 1}
    assert counts.of(2) == {9: 1}
    assert counts.of(3) == {}
    assert (counts.total, counts.place) == (4, 4)
    assert counts.popular(5) == [9, 8]
    assert counts.recommend(2, 2) == [9, 8]  # own first, then popular
    assert counts.recommend(1, 1) == [9]
    assert counts.recommend(77, 3) == [9, 8]  # nobody: what is popular


def test_a_users_vector_by_hand(log, counts):
    """Two of (1, 0) and one of (0, 1): the mean is (2/3, 1/3)."""
    vectors = np.array([[1.0, 0], [0, 1], [0, 3], [2.2, 0], [0.3, 0.3]], np.float32)
    for number, item in enumerate([0, 1, 0]):
        log.append(event(number, item, time=number))
    counts.catch_up(log)
    scores = [2 / 3, 1 / 3, 3 / 3, 4.4 / 3, 0.9 / 3]
    np.testing.assert_allclose(vectors @ [2 / 3, 1 / 3], scores, rtol=1e-6)
    assert counts.recommend(4, 4, vectors) == [0, 1, 3, 2]  # own first, then 1.47 and 1.0
    assert counts.recommend(4, 9, vectors) == [0, 1, 3, 2, 4]
    assert counts.recommend(5, 2, vectors) == counts.popular(2) == [0, 1]


def test_own_items_that_tie_go_by_the_latest(log, counts):
    for number, item in enumerate([5, 3, 4]):
        log.append(event(number, item, time=number))
    counts.catch_up(log)
    assert counts.recommend(4, 3) == [4, 3, 5]


def test_a_batch_that_comes_twice_counts_once(log, counts):
    for number in range(5):
        log.append(event(number))
    batch = log.read()
    assert [counts.apply(batch), counts.apply(batch), counts.apply(batch[2:])] == [5, 0, 0]
    assert counts.total == 5


def test_a_gap_is_refused_and_nothing_of_the_batch_is_counted(counts):
    with pytest.raises(ValueError, match="place 2 is missing"):
        counts.apply([(1, event(1)), (3, event(3))])
    assert (counts.total, counts.place) == (0, 0)


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_anywhere_in_a_batch_counts_all_of_it_or_nothing(log, tmp_path, monkeypatch):
    for number in range(4):
        log.append(event(number, number))
    count = Counts._count
    for crash_at in range(4):
        path = tmp_path / f"counts{crash_at}.db"

        def crashing(self, event, start, crash_at=crash_at):
            if event.number == crash_at:
                raise Crash
            count(self, event, start)

        monkeypatch.setattr(Counts, "_count", crashing)
        counts = Counts(path)
        with pytest.raises(Crash):
            counts.catch_up(log, most=2)
        counts.close()
        monkeypatch.setattr(Counts, "_count", count)
        with Counts(path) as counts:
            assert counts.place == counts.total == crash_at // 2 * 2
            counts.catch_up(log)
            assert counts.place == counts.total == 4


def test_a_connection_lost_before_the_commit_has_counted_nothing(log, tmp_path):
    log.append(event(0))
    with Counts(tmp_path / "counts.db"):
        pass
    db = sqlite3.connect(tmp_path / "counts.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO items VALUES (0, 1, 1.0)")
    db.close()  # as a killed process does
    with Counts(tmp_path / "counts.db") as counts:
        assert (counts.total, counts.place) == (0, 0)
        assert counts.catch_up(log) == 1


def test_two_consumers_of_one_file_count_each_event_once(log, tmp_path):
    for number in range(30):
        log.append(event(number, number % 3))
    with Counts(tmp_path / "counts.db") as one, Counts(tmp_path / "counts.db") as two:
        batch = log.read()
        assert one.apply(batch[:20]) + two.apply(batch) + one.apply(batch) == 30
        assert one.total == two.total == 30


def test_weights_double_with_each_half_life_whatever_the_order(tmp_path):
    times = [10 * DAY, 0, 3 * DAY, 20 * DAY]
    weights = []
    for name, order in {"a": times, "b": times[::-1]}.items():
        with (
            EventLog(tmp_path / f"{name}.db") as log,
            Counts(tmp_path / f"{name}c.db", half_life=10) as counts,
        ):
            for number, time in enumerate(order):
                log.append(event(number, time // DAY, time=time))
            counts.catch_up(log)
            ranking = counts.popular(4)
            assert ranking == [20, 10, 3, 0]
            rows = counts._db.execute("SELECT weight FROM items ORDER BY item").fetchall()
            weights.append(np.ravel(rows))
    np.testing.assert_allclose(weights[0] / weights[0][0], 2.0 ** np.array([0, 0.3, 1, 2]))
    np.testing.assert_allclose(weights[0] / weights[0][0], weights[1] / weights[1][0])


def test_one_event_now_outweighs_two_of_two_half_lives_ago(log, tmp_path):
    for number, (item, time) in enumerate([(1, 0), (1, 0), (2, 20 * DAY)]):
        log.append(event(number, item, time=time))
    with Counts(tmp_path / "short.db", half_life=10) as counts:
        counts.catch_up(log)
        assert counts.popular(2) == [2, 1]
    with Counts(tmp_path / "long.db", half_life=100) as counts:
        counts.catch_up(log)
        assert counts.popular(2) == [1, 2]


def test_a_time_beyond_all_numbers_is_refused_whole(log, tmp_path):
    log.append(event(0))
    log.append(event(1, time=MOST))
    with Counts(tmp_path / "counts.db") as counts:
        with pytest.raises(ValueError, match="within 1000 half-lives of the first event"):
            counts.catch_up(log)
        assert counts.total == 0


def test_a_file_keeps_its_half_life(tmp_path):
    Counts(tmp_path / "counts.db", half_life=7).close()
    with pytest.raises(ValueError, match=r"half_life must be 7\.0, as this file was begun, got 28"):
        Counts(tmp_path / "counts.db", half_life=28)
    Counts(tmp_path / "counts.db", half_life=7).close()
    with pytest.raises(ValueError, match="half_life must be above 0"):
        Counts(tmp_path / "other.db", half_life=0)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=30),
    st.lists(st.integers(1, 7), max_size=30),
    st.randoms(use_true_random=False),
)
def test_any_resends_in_any_batches_count_each_event_once(taken, sizes, random):
    """Events by (user, item), each sent one to three times, read in batches that overlap."""
    with EventLog(":memory:") as log, Counts(":memory:") as counts:
        for number, (user, item) in enumerate(taken):
            for _ in range(random.randint(1, 3)):
                log.append(event(number, item, user=user))
        assert log.end == len(taken)
        for size in sizes:
            counts.apply(log.read(random.randint(0, counts.place), size))
        counts.catch_up(log, most=3)
        found = {(user, item): n for user in range(4) for item, n in counts.of(user).items()}
    assert found == Counter(taken)
