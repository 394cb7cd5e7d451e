"""Readers of the data sets to download at home: what each file holds, and that none of it is lost.

`download` fetches them; `datasets/README.md` has their cards.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib.columns import read_numbers
from course_lib.interactions import Interactions
from course_lib.tables import decoded, read_table, unpacked
from course_lib.times import read_times

MOVIELENS_FILES = ("ratings.csv", "ratings.dat", "u.data")
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


def load_movielens(path):
    """Star ratings of films (MovieLens, from 100K to 32M): explicit feedback, in time order.

    path: the folder, the zip as downloaded (`download("movielens_1m")`), or the file inside:
    `ratings.csv` (20M, 25M, 32M: userId,movieId,rating,timestamp under a header), `ratings.dat`
    (1M, 10M: user::item::stars::seconds) or `u.data` (100K: the same with tabs). Ids are whole
    numbers, values are stars, at most 5, timestamps are UTC. Ties keep the file's order. The
    licence of GroupLens forbids handing the files on.

    Raises FileNotFoundError when there is no such file, ValueError naming the first bad line or
    row.
    """
    name, content = _movielens_file(Path(path))
    has_header = content.removeprefix(b"\xef\xbb\xbf").startswith(b"userId")
    columns = ["userId", "movieId", "rating", "timestamp"]
    text = read_table((name, content), columns=columns, names=None if has_header else columns)
    log = {column: read_numbers(text[column], name=column) for column in columns}
    for column in ("userId", "movieId"):
        fractions = np.flatnonzero(log[column] % 1)
        if fractions.size:
            raise ValueError(
                f"{column!r} must be whole numbers, got {text[column].iloc[fractions[0]]!r} "
                f"in row {fractions[0]}"
            )
        log[column] = log[column].astype(np.int64)
    frame = pd.DataFrame(log).sort_values("timestamp", kind="stable", ignore_index=True)
    frame["timestamp"] = read_times(frame["timestamp"], unit="s")
    return Interactions.from_frame(frame, user="userId", item="movieId", value="rating")


def load_online_retail(path):
    """A real online shop's invoices, as dirty as they came: 541,909 rows (UCI, CC BY 4.0).

    path: the zip as downloaded (`download("online_retail")`), the .xlsx in it, or the same table
    as .csv, in UTF-8 or latin-1. Returns the raw DataFrame with the columns InvoiceNo, StockCode,
    Description (text), Quantity, InvoiceDate, UnitPrice (pounds), CustomerID (Int64, <NA> where
    unknown), Country. Nothing is cleaned: cancellations (InvoiceNo with a C, negative quantities),
    prices of 0, missing customers and repeated rows are all there. Dates of a .csv are ISO 8601 or
    month/day/year, as in the copies that circulate. D. Chen (2015), UCI Machine Learning
    Repository.

    Reading .xlsx takes about a minute and needs the package openpyxl: ImportError says so.
    Raises FileNotFoundError, and ValueError for a damaged file, a missing column or a control
    total (ONLINE_RETAIL_TOTALS) that is off: a file that lost rows on the way is not loaded.
    """
    name, content = unpacked(path, wanted=(".xlsx", ".csv"))
    frame = _workbook(name, content) if name.lower().endswith(".xlsx") else _text(name, content)
    absent = [column for column in ONLINE_RETAIL_COLUMNS if column not in frame]
    if absent:
        raise ValueError(f"no column {absent[0]!r}; there are {', '.join(map(str, frame))}")
    frame = frame[list(ONLINE_RETAIL_COLUMNS)].assign(
        Quantity=pd.to_numeric(frame["Quantity"]),
        InvoiceDate=_dates(frame["InvoiceDate"]),
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


def _movielens_file(path):
    if not path.is_dir():
        return unpacked(path, wanted=[f"/{name}" for name in MOVIELENS_FILES])
    for name in MOVIELENS_FILES:
        for file in (path / name, *sorted(path.glob(f"*/{name}"))):
            if file.exists():
                return unpacked(file)
    raise FileNotFoundError(f"{path.name} must hold {' or '.join(MOVIELENS_FILES)}, got none")


def _text(name, content):
    try:
        content = decoded(name, content)
    except ValueError:  # the pound sign of the copies that circulate as .csv
        content = decoded(name, content, "latin-1")
    frame = read_table((name, content))
    for column in frame.columns.intersection(["Quantity", "UnitPrice"]):
        frame[column] = read_numbers(frame[column], name=column)
    return frame


def _workbook(name, content):
    text = {"InvoiceNo": str, "StockCode": str, "Description": str}
    try:
        return pd.read_excel(
            io.BytesIO(content),
            dtype=text,
            engine="openpyxl",
            keep_default_na=False,  # a description "NA" is one
            na_values=[""],
        )
    except ImportError:
        raise ImportError(
            f"reading {name} needs the package openpyxl: install it "
            "(pip install openpyxl), or save the sheet as .csv and load that"
        ) from None
    except (zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise ValueError(
            f"{name} must be a whole workbook, got another or a damaged file ({error})"
        ) from None


def _dates(column):
    if pd.api.types.is_datetime64_any_dtype(column):
        return column
    american = column.astype(str).str.contains("/", regex=False).any()
    format = "%m/%d/%Y %H:%M" if american else None
    return read_times(column, name="InvoiceDate", format=format)
