"""Files in the form of the published sets, a few lines each, in every place where they may lie."""

import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

from course_lib import home_sets
from course_lib.home_sets import load_movielens, load_online_retail

RATINGS = "1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n"


@pytest.fixture(params=["file", "folder", "outer folder", "zip"])
def ml_1m(request, tmp_path):
    """The first lines of MovieLens-1M's form, in every place where they may lie."""
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    (folder / "ratings.dat").write_text(RATINGS)
    (folder / "movies.dat").write_bytes("1::Misérables, Les (1995)::Drama".encode("latin-1"))
    with zipfile.ZipFile(tmp_path / "ml-1m.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"ml-1m/{file.name}")
    places = {"file": folder / "ratings.dat", "folder": folder, "outer folder": tmp_path}
    return {**places, "zip": tmp_path / "ml-1m.zip"}[request.param]


def test_movielens_is_read_wherever_it_lies(ml_1m):
    log = load_movielens(ml_1m)
    assert log.user_ids.tolist() == [2, 1]  # in time order
    assert log.item_ids.tolist() == [1193, 661]
    assert log.values.tolist() == [4.0, 5.0, 3.0]
    assert log.timestamps[0] == np.datetime64("2000-12-31T21:33:33")


def test_movielens_100k_has_tabs_and_ties_keep_the_files_order(tmp_path):
    (tmp_path / "u.data").write_text("196\t242\t3\t881250949\n186\t302\t3\t881250949\n")
    log = load_movielens(tmp_path)
    assert log.user_ids.tolist() == [196, 186]
    assert log.timestamps[0] == np.datetime64("1997-12-04T15:55:49")


RATINGS_CSV = "userId,movieId,rating,timestamp\n1,296,4.5,1147880044\n1,306,3.5,1147868817\n"


@pytest.mark.parametrize("place", ["file", "folder", "zip"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_movielens_25m_and_32m_are_csv_with_half_stars(tmp_path, place, mark):
    folder = tmp_path / "ml-32m"
    folder.mkdir()
    (folder / "ratings.csv").write_bytes(mark + RATINGS_CSV.encode())
    (folder / "genome-scores.csv").write_text("movieId,tagId,relevance\n1,1,0.02\n")
    with zipfile.ZipFile(tmp_path / "ml-32m.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"ml-32m/{file.name}")
    places = {"file": folder / "ratings.csv", "folder": folder, "zip": tmp_path / "ml-32m.zip"}
    log = load_movielens(places[place])
    assert (log.user_ids.tolist(), log.item_ids.tolist()) == ([1], [306, 296])  # in time order
    assert log.values.tolist() == [3.5, 4.5]
    assert log.timestamps[1] == np.datetime64("2006-05-17T15:34:04")


def test_ties_keep_the_files_order_also_when_they_are_many(tmp_path):
    rows = [f"{user}::{user % 7}::3::{978300760 - user % 3}" for user in range(1, 301)]
    (tmp_path / "ratings.dat").write_text("\n".join(rows))
    in_order = [*range(2, 301, 3), *range(1, 301, 3), *range(3, 301, 3)]
    assert load_movielens(tmp_path).user_ids.tolist() == in_order


@pytest.mark.parametrize("load", [load_movielens, load_online_retail])
@pytest.mark.parametrize("content", [b"", b"<html>log in</html>", b"PK\x03\x04 cut off"])
def test_a_zip_that_is_none_is_named(tmp_path, load, content):
    file = tmp_path / "home.zip"
    file.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"home\.zip must be a whole \.zip file, got another or a d"
    ):
        load(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1::2::five::978300760\n", "cannot read 'five' in 'rating', row 0"),
        (
            "1::2::5::978300760\n1::2::5\n",
            r"line 2 of ratings\.dat must have 4 fields, got 3: '1::2",
        ),
        ("1::2::5::978300760::6\n", r"line 1 of ratings\.dat must have 4 fields, got 5"),
        ("1::::5::978300760\n", "'movieId' must not be missing, row 0 is"),
        (
            "1::2::5::978300760\n1::2.5::5::978300760\n",
            "'movieId' must be whole numbers, got '2.5' in row 1",
        ),
        ("", "the log must have at least 1 row, got 0"),
    ],
)
def test_bad_ratings_are_named(tmp_path, text, message):
    (tmp_path / "ratings.dat").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_movielens(tmp_path)


def test_movielens_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"must hold ratings\.csv or ratings\.dat or u\."):
        load_movielens(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_movielens(tmp_path / "nowhere.dat")


# Five rows in the form of the UCI set, with a cancellation and a missing customer.
INVOICES = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,71053,LANTERN,6,12/1/2010 8:26,3.39,17850,United Kingdom
C536379,D,Discount,-1,12/1/2010 9:41,27.5,14527,United Kingdom
536414,22139,,56,12/1/2010 11:52,0,,United Kingdom
536415,71053,£ LANTERN,2,12/1/2010 11:57,3.39,12838,Éire
"""
TOTALS = {
    "rows": 5,
    "invoices": 4,
    "stock codes": 4,
    "customers": 3,
    "sum of quantity": 69,  # 6 + 6 - 1 + 56 + 2
    "sum of quantity times price": 14.92,  # 15.30 + 20.34 - 27.50 + 0 + 6.78
}


def test_control_totals_are_the_published_ones():
    assert list(home_sets.ONLINE_RETAIL_TOTALS.values()) == [
        541_909, 25_900, 4_070, 4_372, 5_176_450, 9_747_747.93,
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("zipped", [True, False])
def test_online_retail_is_read_as_it_came(tmp_path, monkeypatch, encoding, zipped):
    monkeypatch.setattr(home_sets, "ONLINE_RETAIL_TOTALS", TOTALS)
    file = tmp_path / "data.csv"
    file.write_bytes(INVOICES.encode(encoding))
    if zipped:
        with zipfile.ZipFile(tmp_path / "retail.zip", "w") as archive:
            archive.write(file, "Online Retail/data.csv")
        file = tmp_path / "retail.zip"
    frame = load_online_retail(file)
    assert frame["InvoiceNo"].tolist() == ["536365", "536365", "C536379", "536414", "536415"]
    assert frame["Quantity"].tolist() == [6, 6, -1, 56, 2]
    assert frame["CustomerID"].isna().sum() == 1
    assert frame["CustomerID"].iloc[0] == 17850
    assert frame["Country"].iloc[-1] == "Éire"
    assert frame["InvoiceDate"].iloc[0] == pd.Timestamp("2010-12-01 08:26")


@pytest.mark.parametrize("total", TOTALS)
def test_a_total_that_is_off_is_named(tmp_path, monkeypatch, total):
    monkeypatch.setattr(home_sets, "ONLINE_RETAIL_TOTALS", {**TOTALS, total: TOTALS[total] + 0.01})
    (tmp_path / "data.csv").write_text(INVOICES, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^{total} must be .* the file is incomplete"):
        load_online_retail(tmp_path / "data.csv")


def test_the_real_totals_are_demanded(tmp_path):
    (tmp_path / "data.csv").write_text(INVOICES, encoding="utf-8")
    with pytest.raises(ValueError, match="rows must be 541,909 in Online Retail, got 5"):
        load_online_retail(tmp_path / "data.csv")


def test_another_table_is_told_from_online_retail(tmp_path):
    (tmp_path / "data.csv").write_text(INVOICES.replace("InvoiceNo", "Invoice"), encoding="utf-8")
    with pytest.raises(ValueError, match="no column 'InvoiceNo'; there are Invoice, StockCode"):
        load_online_retail(tmp_path / "data.csv")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(FileNotFoundError, match=r"other\.zip must hold \.xlsx or \.csv, got none"):
        load_online_retail(tmp_path / "other.zip")


def test_dates_of_the_csv_are_month_first_or_iso(tmp_path, monkeypatch):
    monkeypatch.setattr(home_sets, "ONLINE_RETAIL_TOTALS", TOTALS)
    file = tmp_path / "data.csv"
    file.write_text(INVOICES.replace("12/1/2010", "2010-12-01"), encoding="utf-8")
    assert load_online_retail(file)["InvoiceDate"].iloc[0] == pd.Timestamp("2010-12-01 08:26")
    file.write_text(INVOICES.replace("12/1/2010", "13/12/2010"), encoding="utf-8")
    with pytest.raises(ValueError, match="cannot read '13/12/2010 8:26' in 'InvoiceDate', row 0"):
        load_online_retail(file)


def test_a_damaged_table_is_named(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("")
    with pytest.raises(ValueError, match=r"data\.csv must start with a header line"):
        load_online_retail(file)
    file.write_text(INVOICES + "536416,1,too short\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 7 of data\.csv must have 8 fields, got 3"):
        load_online_retail(file)
    file.write_text(INVOICES.replace(",6,12", ",six,12"), encoding="utf-8")
    with pytest.raises(ValueError, match="cannot read 'six' in 'Quantity', row 0"):
        load_online_retail(file)


def test_xlsx_goes_through_openpyxl(tmp_path, monkeypatch):
    monkeypatch.setattr(home_sets, "ONLINE_RETAIL_TOTALS", TOTALS)
    (tmp_path / "data.csv").write_text(INVOICES, encoding="utf-8")
    frame = load_online_retail(tmp_path / "data.csv")
    book = tmp_path / "Online Retail.xlsx"
    book.write_bytes(b"a workbook")
    monkeypatch.setattr(pd, "read_excel", lambda content, **options: frame)
    pd.testing.assert_frame_equal(load_online_retail(book), frame)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "openpyxl", None)  # as if it were not installed
    with pytest.raises(
        ImportError, match=r"reading Online Retail\.xlsx needs the package openpyxl"
    ):
        load_online_retail(book)
