import logs
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.interactions import Interactions

few = settings(max_examples=50, derandomize=True)

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


def test_neighbours_are_selected_without_a_copy(log):
    part = log.select(np.array([False, True, True, False]))
    assert part.users.tolist() == [1, 0]
    assert np.shares_memory(part.users, log.users)


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
        (changed("price", 3, np.inf), "'price' must be finite, got inf in row 3"),
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


# --- whose numbers they are


def read(users, items):
    days = pd.date_range("2026-01-01", periods=len(users))
    return Interactions.from_frame(pd.DataFrame({"user": users, "item": items, "timestamp": days}))


def test_two_files_read_apart_do_not_number_alike():
    january, february = read(["ann", "bo"], ["tea", "mug"]), read(["bo", "ann"], ["tea", "mug"])
    assert (january.n_users, january.n_items) == (february.n_users, february.n_items)
    assert not january.same_ids(february)
    assert january.same_ids(january.select(january.users == 0))
    assert january.same_ids(read(["ann", "bo"], ["tea", "mug"]))
    assert not january.same_ids(read(["ann", "bo"], ["tea", "pot"]))
    assert not read([1, 2], ["a", "b"]).same_ids(read(["1", "2"], ["a", "b"]))


def test_a_second_log_is_read_into_the_ids_of_the_first():
    train, later = read(["ann", "bo"], ["tea", "mug"]), read(["bo", "ann"], ["tea", "mug"])
    log = later.reindex(train.user_ids, train.item_ids)
    assert log.same_ids(train)
    assert log.users.tolist() == [1, 0]
    assert log.items.tolist() == [0, 1]
    assert log.timestamps.tolist() == later.timestamps.tolist()


def test_ids_that_the_first_log_lacks_are_named_or_left_out_by_choice():
    train, later = (
        read(["ann", "bo"], ["tea", "mug"]),
        read(["bo", "cy", "ann"], ["tea", "mug", "pot"]),
    )
    with pytest.raises(
        ValueError, match="user_ids must hold every id of the log, not 'cy' of row 1"
    ):
        later.reindex(train.user_ids, train.item_ids)
    with pytest.raises(
        ValueError, match="item_ids must hold every id of the log, not 'pot' of row 2"
    ):
        later.reindex(later.user_ids, train.item_ids)
    log = later.reindex(train.user_ids, train.item_ids, unknown="drop")
    assert (log.users.tolist(), log.items.tolist()) == ([1], [0])
    with pytest.raises(ValueError, match="unknown must be 'raise' or 'drop', got 'skip'"):
        later.reindex(train.user_ids, train.item_ids, unknown="skip")
    with pytest.raises(ValueError, match="each of user_ids must stand once, got 'ann' twice"):
        later.reindex(["ann", "ann"], train.item_ids)


def test_logs_follow_one_another_if_they_number_alike():
    log = read(["ann", "bo", "ann"], ["tea", "mug", "mug"])
    parts = [log.select(log.users == user) for user in (1, 0)]
    together = parts[0].concat(parts[1])
    assert together.users.tolist() == [1, 0, 0]
    assert together.items.tolist() == [1, 0, 1]
    assert together.same_ids(log)
    with pytest.raises(ValueError, match="logs must number the same users and items alike"):
        log.concat(read(["bo", "ann"], ["tea", "mug"]))


# --- order only


def test_a_log_without_a_clock_says_so_and_its_parts_do_too():
    frame = pd.DataFrame({"user": list("abab"), "item": list("xxyz")})
    log = Interactions.from_frame(frame, order_only=True)
    assert repr(log) == "Interactions(4 events, 2 users, 3 items, order only)"
    assert log.timestamps.astype(int).tolist() == [0, 0, 1, 1]
    assert [log.of(user).tolist() for user in (0, 1)] == [[0, 1], [0, 2]]
    parts = (log.select(log.users == 0), log.reindex(log.user_ids, log.item_ids), log.concat(log))
    assert all(part.order_only for part in parts)
    with pytest.raises(ValueError, match="a chart of weeks needs times, and this log knows only"):
        log.check_clock("a chart of weeks")


def test_logs_with_and_without_a_clock_do_not_mix():
    frame = pd.DataFrame({"user": [1, 2], "item": [3, 4], "timestamp": ["2026-01-01"] * 2})
    log = Interactions.from_frame(frame)
    log.check_clock("a split")
    with pytest.raises(ValueError, match="do not mix"):
        log.concat(Interactions.from_frame(frame, order_only=True))


# --- strangers' tables


def same(log, other):
    for name in ("users", "items", "timestamps", "values"):
        mine, theirs = getattr(log, name), getattr(other, name)
        assert mine.dtype == theirs.dtype, name
        np.testing.assert_array_equal(mine, theirs)


@few
@given(events=logs.events(), clothes=logs.clothes())
def test_clothes_change_nothing(events, clothes):
    """Ids of any type, times of any kind, any dtype wide enough: the same log."""
    frame = logs.dressed(events, **clothes, index=range(len(events), 0, -1))
    log = Interactions.from_frame(frame, value="value")
    same(log, Interactions.from_frame(logs.dressed(events), value="value"))
    users = [event[0] for event in events]
    assert len(set(users)) == log.n_users
    assert log.user_ids[log.users].tolist() == frame["user"].tolist()
    assert log.item_ids[log.items].tolist() == frame["item"].tolist()


PEERS = ("polars", "duckdb")
ARROW_KINDS = ("int64", "uint8", "text", "category", "Int64", "big")


@few
@given(
    events=logs.events(),
    kind=st.sampled_from(ARROW_KINDS),
    time=st.sampled_from(["ms", "us", "ns", "ISO", "Arrow"]),
    value=st.sampled_from(["float64", "float32", "uint8", "text"]),
)
def test_what_speaks_arrow_is_read_as_pandas_is(events, kind, time, value):
    pl, duckdb = (pytest.importorskip(peer, reason="peers come with make bench") for peer in PEERS)
    frame = logs.dressed(events, user=kind, item=kind, time=time, value=value)
    log = Interactions.from_frame(frame, value="value")
    table = pa.Table.from_pandas(frame.assign(more="x"))
    chunks = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    for other in (table, chunks, pl.from_arrow(table), duckdb.from_arrow(table)):
        read = Interactions.from_frame(other, value="value")
        same(read, log)
        assert read.same_ids(log)


@few
@given(events=logs.events(distinct_times=True), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_only_the_numbering(events, seed):
    frame = logs.dressed(events, user="text", item="text")
    log = Interactions.from_frame(frame, value="value")
    order = np.random.default_rng(seed).permutation(len(frame))
    other = Interactions.from_frame(frame.iloc[order], value="value")
    other = other.reindex(log.user_ids, log.item_ids)
    for of in ("count", "value"):
        np.testing.assert_array_equal(other.matrix(of).toarray(), log.matrix(of).toarray())
    everybody = range(log.n_users)
    assert other.last(everybody, 3).tolist() == log.last(everybody, 3).tolist()


@settings(max_examples=100, derandomize=True)
@given(frame=logs.wild_frames())
def test_any_table_is_a_log_or_an_error_that_names_the_column(frame):
    try:
        log = Interactions.from_frame(frame, value="value")
    except ValueError as error:
        assert any(name in str(error) for name in ("'user'", "'item'", "'timestamp'", "'value'"))
    else:
        assert len(log) == len(frame)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"user": [1]}, "the log must be a DataFrame or speak Arrow, got dict"),
        (pa.table({"user": [1], "item": [2]}), "no column 'timestamp'; there are user, item"),
        (
            pd.DataFrame([[1, 1, 2, "2026"]], columns=["user", "user", "item", "timestamp"]),
            "column 'user' must stand once, it stands 2×",
        ),
        (
            pa.table({"user": [1, None], "item": [1, 2], "timestamp": ["2026-01-01"] * 2}),
            "'user' must not be missing, row 1 is",
        ),
        (pa.table({"user": [], "item": [], "timestamp": []}), "at least 1 row, got 0"),
    ],
)
def test_tables_that_are_none_are_named(frame, message):
    with pytest.raises(ValueError, match=message):
        Interactions.from_frame(frame)


def test_a_table_that_changes_later_does_not_change_the_log():
    values, times = np.array([1.0, 2.0]), np.array(["2026-01-01", "2026-01-02"], "M8[s]")
    frame = pd.DataFrame(
        {"user": [1, 2], "item": [1, 2], "timestamp": times, "value": values}, copy=False
    )
    log = Interactions.from_frame(frame, value="value")
    values[:], times[:] = 9, np.datetime64("2020-01-01")
    assert log.values.tolist() == [1, 2]
    assert log.timestamps[0] == np.datetime64("2026-01-01")


def test_small_and_unsigned_numbers_are_cast_once():
    small = np.array([0, 1], dtype=np.uint8)
    log = Interactions(small, small, np.array(["2026"] * 2, "M8[D]"), small, small, small)
    assert (log.users.dtype, log.items.dtype, log.values.dtype) == (np.int64, np.int64, np.float64)
    assert (log.items - 1).tolist() == [-1, 0]
    assert log.timestamps.dtype == "datetime64[s]"
    assert log.last([0], 2).tolist() == [[-1, 0]]


def test_a_mask_with_labels_must_have_the_rows_of_the_log():
    log = read([1, 2], [3, 4])
    assert log.select(pd.Series([True, False])).users.tolist() == [0]
    with pytest.raises(ValueError, match="mask must have the row numbers of the log"):
        log.select(pd.Series([True, False], index=[1, 0]))


def test_a_part_of_neighbouring_rows_takes_no_memory_of_its_own():
    log = read([1, 2, 1, 2], [3, 4, 4, 3])
    part = log.select(log.timestamps < np.datetime64("2026-01-03"))
    assert np.shares_memory(part.users, log.users)
    assert part.items.tolist() == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        part.users[0] = 1
    assert log.select(log.users == 0).items.tolist() == [0, 1]
