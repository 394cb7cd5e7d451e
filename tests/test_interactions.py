import numpy as np
import pandas as pd
import pytest

from course_lib.interactions import Interactions

FRAME = pd.DataFrame(
    {
        "user": ["bo", "ann", "bo", "bo"],
        "item": ["tea", "mug", "mug", "tea"],
        "timestamp": ["2026-01-03", "2026-01-01", "2026-01-02", "2026-01-04 10:30"],
        "price": [4.0, 6.5, 6.5, 3.5],
    }
)


@pytest.fixture
def log():
    return Interactions.from_frame(FRAME, value="price")


def changed(column, row, value):
    frame = FRAME.astype({column: object})
    frame.loc[row, column] = value
    return frame


def test_ids_are_numbered_by_first_appearance(log):
    assert log.user_ids.tolist() == ["bo", "ann"]
    assert log.users.tolist() == [0, 1, 0, 0]
    assert log.items.tolist() == [0, 1, 1, 0]
    assert log.values.tolist() == [4.0, 6.5, 6.5, 3.5]
    assert log.timestamps[3] == np.datetime64("2026-01-04T10:30")
    assert (log.n_users, log.n_items, len(log)) == (2, 2, 4)


def test_without_a_value_column_every_event_counts_one():
    assert Interactions.from_frame(FRAME).values.tolist() == [1, 1, 1, 1]


def test_other_column_names():
    renamed = FRAME.rename(columns={"user": "who", "item": "what", "timestamp": "when"})
    log = Interactions.from_frame(renamed, user="who", item="what", timestamp="when")
    assert len(log) == 4


def test_timestamps_in_another_format_are_read_as_that_format_says():
    frame = FRAME.assign(timestamp=["3/1/2026 10:00", "3/2/2026 9:30", "3/2/2026 9:31", "4/2/2026"])
    with pytest.raises(ValueError, match=r"'3/1/2026 10:00' in 'timestamp', row 0: day and month"):
        Interactions.from_frame(frame)
    with pytest.raises(ValueError, match="'4/2/2026' in 'timestamp', row 3: it does not fit"):
        Interactions.from_frame(frame, format="%d/%m/%Y %H:%M")
    log = Interactions.from_frame(frame.iloc[:3], format="%d/%m/%Y %H:%M")
    assert log.timestamps[1] == np.datetime64("2026-02-03T09:30")


def test_numbers_and_zones_are_read_when_the_caller_says_what_they_are():
    seconds = FRAME.assign(timestamp=1767312000)
    assert Interactions.from_frame(seconds, unit="s").timestamps[0] == np.datetime64("2026-01-02")
    log = Interactions.from_frame(seconds, unit="s", tz="Asia/Shanghai")
    assert log.timestamps[0] == np.datetime64("2026-01-02T08")


def test_parts_of_a_second_keep_their_order():
    clicks = ["2026-01-01 10:00:00.900", "2026-01-01 10:00:00.100"]
    log = Interactions.from_frame(pd.DataFrame({"user": 1, "item": [7, 8], "timestamp": clicks}))
    assert log.timestamps.dtype == "datetime64[ms]"
    assert log.of(0).tolist() == [1, 0]
    assert repr(log).endswith("2026-01-01T10:00:00.100 to 2026-01-01T10:00:00.900)")


def test_matrix_counts_or_adds_values(log):
    np.testing.assert_array_equal(log.matrix().toarray(), [[2, 1], [0, 1]])
    np.testing.assert_array_equal(log.matrix("value").toarray(), [[7.5, 6.5], [0, 6.5]])
    with pytest.raises(ValueError, match="of must be 'count' or 'value', got 'sum'"):
        log.matrix("sum")


def test_items_of_a_user_come_in_time_order(log):
    assert log.of(0).tolist() == [1, 0, 0]
    assert log.of(1).tolist() == [1]
    for user in (-1, 2, 0.7, True):
        with pytest.raises(ValueError, match=f"at least 0 and at most 1, got {user}"):
            log.of(user)


def test_equal_times_keep_the_order_of_the_log():
    frame = pd.DataFrame({"user": 1, "item": list("dcab"), "timestamp": "2026-01-01"})
    assert Interactions.from_frame(frame).of(0).tolist() == [0, 1, 2, 3]


def test_select_keeps_the_numbering(log):
    part = log.select(log.users == 1)
    assert (len(part), part.n_users, part.n_items) == (1, 2, 2)
    assert part.matrix().shape == (2, 2)
    assert len(log.select(np.zeros(4, bool))) == 0
    for mask in ([0], [0, 1, 0, 1]):
        with pytest.raises(ValueError, match=r"mask must be 4 booleans, got int64 of shape"):
            log.select(np.array(mask))
    with pytest.raises(ValueError, match=r"mask must be 4 booleans, got bool of shape \(1,\)"):
        log.select(np.array([True]))


def test_nobody_can_change_the_log(log):
    with pytest.raises(ValueError, match="read-only"):
        log.users[0] = 1
    with pytest.raises(AttributeError):
        log.users = np.array([1])


def test_arrays_given_are_copied():
    users = np.array([0])
    one = np.array([0])
    log = Interactions(users, one, np.array(["2026-01-01"], "M8[s]"), one, ["a"], ["x"])
    users[0] = 7
    assert log.users[0] == 0


def test_it_says_what_it_holds(log):
    assert repr(log) == (
        "Interactions(4 events, 2 users, 2 items, 2026-01-01T00:00:00 to 2026-01-04T10:30:00)"
    )
    assert repr(log.select(np.zeros(4, bool))) == "Interactions(0 events, 2 users, 2 items)"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.drop(columns="item"), "no column 'item'; there are user, timestamp, price"),
        (FRAME.iloc[:0], "the log must have at least 1 row, got 0"),
        (changed("timestamp", 2, "yesterday"), "cannot read 'yesterday' in 'timestamp', row 2"),
        (changed("timestamp", 1, None), "'timestamp', row 1"),
        (FRAME.assign(timestamp="32 May"), "cannot read '32 May' in 'timestamp', row 0"),
        (FRAME.assign(timestamp=978300760), "cannot read 978300760 in 'timestamp', row 0"),
        (changed("price", 3, "free"), "cannot read 'free' in 'price', row 3"),
        (changed("price", 3, np.inf), "values must be finite, got inf in row 3"),
        (changed("user", 1, None), "'user' must not be missing, row 1 is"),
        (changed("user", 1, 7), "ids in 'user' must be of one type, got int and str"),
        (
            FRAME.assign(timestamp=pd.to_datetime("2026-01-01", utc=True)),
            "row 0: it has a zone; give tz=",
        ),
    ],
)
def test_bad_frames_are_named_and_stay_as_they_were(frame, message):
    before = frame.copy()
    with pytest.raises(ValueError, match=message):
        Interactions.from_frame(frame, value="price")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"users": [0, 5]}, r"users must lie in 0..1, got 5"),
        ({"users": [0, 2]}, r"users must lie in 0..1, got 2"),
        ({"items": [-1, 0]}, r"items must lie in 0..1, got -1"),
        ({"users": [0.0, 1.0]}, "users must be whole numbers, got float64"),
        ({"users": [0]}, r"of one length, got \(1,\), \(2,\), \(2,\), \(2,\)"),
        ({"user_ids": ["a", "a"]}, "each of user_ids must stand once, got 'a' twice"),
        ({"item_ids": [3, 3]}, "each of item_ids must stand once, got 3 twice"),
        ({"timestamps": [1, 2]}, "timestamps must be datetime64, got int64"),
        ({"timestamps": np.array(["NaT", "2026"], "M8[s]")}, "NaT in 'timestamps', row 0"),
        ({"users": [True, False]}, "users must be whole numbers, got bool"),
        ({"values": ["1", "2"]}, "values must be numbers, got <U1"),
        ({"user_ids": [["a", "b"]]}, r"user_ids must be \(n,\), got shape \(1, 2\)"),
        ({"item_ids": np.array(["x", None])}, "item_ids must not be missing, number 1 is"),
        ({"order_only": 1}, "order_only must be True or False, got 1"),
        (
            {"users": pd.Series([0, 1]), "items": pd.Series([1, 0], index=[1, 0])},
            "users and items must have the same index in the same order",
        ),
        ({"values": [1.0, np.nan]}, "values must be finite, got nan in row 1"),
    ],
)
def test_bad_arrays_are_named(change, message):
    good = {
        "users": [0, 1],
        "items": [1, 0],
        "timestamps": np.array(["2026-01-01", "2026-01-02"], "M8[s]"),
        "values": [1.0, 2.0],
        "user_ids": ["a", "b"],
        "item_ids": ["x", "y"],
    }
    Interactions(**good)
    with pytest.raises(ValueError, match=message):
        Interactions(**{**good, **change})


def test_rows_are_those_of_the_matrix_for_any_users(log):
    assert log.rows([1, 0, 1]).toarray().tolist() == [[0, 1], [2, 1], [0, 1]]
    assert log.rows([]).shape == (0, 2)


def test_changing_a_matrix_changes_no_later_one(log):
    log.matrix().data[:] = 9
    assert log.matrix().toarray().tolist() == [[2, 1], [0, 1]]
    log.rows([0]).data[:] = 9
    assert log.rows([0]).toarray().tolist() == [[2, 1]]


def test_the_last_items_stand_latest_last_and_minus_one_in_front(log):
    assert log.last([0, 1], 2).tolist() == [[0, 0], [-1, 1]]  # bo: mug, tea, tea; ann: mug
    assert log.last([0], 4).tolist() == [[-1, 1, 0, 0]]
    assert log.last([], 3).shape == (0, 3)


def test_a_log_without_events_has_no_last_items(log):
    nothing = log.select(np.zeros(4, dtype=bool))
    assert nothing.last([0, 1], 2).tolist() == [[-1, -1], [-1, -1]]
    assert nothing.of(1).tolist() == []


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([2], r"users must lie in 0\.\.1, got 2"),
        ([0, -1], r"users must lie in 0\.\.1, got -1"),
        ([0.7], r"users must be \(n,\) whole numbers, got float64 of shape \(1,\)"),
        ([True], r"users must be \(n,\) whole numbers, got bool"),
        (0, r"users must be \(n,\) whole numbers, got int64 of shape \(\)"),
        ([[0]], r"users must be \(n,\) whole numbers, got int64 of shape \(1, 1\)"),
        (["0"], r"users must be \(n,\) whole numbers, got <U1"),
    ],
)
def test_users_that_are_none_are_named(log, users, message):
    for ask in (log.check_users, log.rows, lambda users: log.last(users, 1)):
        with pytest.raises(ValueError, match=message):
            ask(users)


def test_a_length_below_one_is_named(log):
    with pytest.raises(ValueError, match="length must be a whole number of at least 1, got 0"):
        log.last([0], 0)
