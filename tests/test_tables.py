"""Small files written here; what they hold is known, since Python's own csv module wrote it."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.tables import read_table, unpacked

ROWS = [["who", "what", "paid"], ["007", "tea", "4.5"], ["NA", "绿茶", ""], ["ann", "null", "1"]]


def text(sep=","):
    return "\n".join(sep.join(row) for row in ROWS) + "\n"


def is_read(frame):
    assert frame.columns.tolist() == ROWS[0]
    assert frame["who"].tolist() == ["007", "NA", "ann"]
    assert frame["what"].tolist() == ["tea", "绿茶", "null"]
    assert frame["paid"].isna().tolist() == [False, True, False]
    assert frame["paid"].dropna().tolist() == ["4.5", "1"]


@pytest.mark.parametrize("sep", [",", ";", "\t", "|", "::", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(sep, end):
    content = text(sep).replace("\n", end).encode()
    is_read(read_table(("log.csv", content)))
    is_read(read_table(("log.csv", content), columns=ROWS[0]))
    is_read(read_table(("log.csv", content.rstrip()), sep=sep))
    body = content.split(end.encode(), 1)[1]
    is_read(read_table(("log.csv", body), names=ROWS[0]))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "gb18030"]
)
def test_encodings_are_read(encoding):
    content = text().encode(encoding)
    is_read(read_table(("log.csv", content), encoding=encoding))
    if encoding not in ("utf-16-le", "gb18030"):  # nothing in the file tells of these
        is_read(read_table(("log.csv", content)))


def test_a_byte_order_mark_is_no_part_of_the_first_name():
    content = b"\xef\xbb\xbfann,tea\nann,mug\n"
    assert read_table(("log.csv", content), names=["u", "i"])["u"].tolist() == ["ann", "ann"]


def test_the_separator_is_the_one_that_gives_the_columns():
    content = b"who;paid, in euro\nann;4,5\n"
    assert read_table(("log.csv", content), columns=["who"])["who"].tolist() == ["ann"]
    columns = ["who", "why, when, how"]  # more commas than semicolons
    assert read_table(("log.csv", b"who;why, when, how\n1;2\n"), columns=columns).shape == (1, 2)
    content = b"ann;tea;4,5\n"  # one semicolon more than commas
    assert read_table(("log.csv", content), names=["u", "i", "v"])["v"].tolist() == ["4,5"]


PACKED = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("ending", PACKED)
def test_packed_files_are_unpacked_by_their_name(tmp_path, ending):
    file = tmp_path / f"log.csv{ending}"
    file.write_bytes(PACKED[ending](text().encode()))
    assert unpacked(file) == ("log.csv", text().encode())
    is_read(read_table(file))
    whole = file.read_bytes()
    for damaged in (b"who,what\n1,2\n", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=rf"log\.csv\{ending} must be a whole \{ending} file"):
            read_table(file)
    file.write_bytes(b"")
    with pytest.raises(ValueError, match=r"log\.csv.* must "):
        read_table(file)


def test_a_zip_holds_one_file_or_is_asked_for_one(tmp_path):
    file = tmp_path / "log.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data/", "")
        archive.writestr("data/log.csv", text())
        archive.writestr("__MACOSX/data/._log.csv", "junk")
    is_read(read_table(file))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("data/readme.txt", "read me")
    with pytest.raises(
        ValueError, match=r"log\.zip must hold one file, got data/log\.csv, data/read"
    ):
        read_table(file)
    assert unpacked(file, wanted=["/readme.txt"]) == ("readme.txt", b"read me")
    assert unpacked(file, wanted=[".txt", ".csv"])[0] == "log.csv"  # the first of the two
    with pytest.raises(FileNotFoundError, match=r"log\.zip must hold u\.data or \.tsv, got none"):
        unpacked(file, wanted=["/u.data", ".tsv"])


def test_parquet_keeps_its_own_types(tmp_path):
    frame = pd.DataFrame({"who": [7, 9, 8], "what": ["tea", "mug", "tea"], "more": 1.5})
    frame.set_index("who").to_parquet(tmp_path / "log.parquet")
    read = read_table(tmp_path / "log.parquet", columns=["what", "who"])
    assert read.columns.tolist() == ["what", "who"]
    assert read["who"].tolist() == [7, 9, 8]
    assert read["who"].dtype == np.int64
    with pytest.raises(ValueError, match="no column 'when'; there are what, more, who in log"):
        read_table(tmp_path / "log.parquet", columns=["when"])
    (tmp_path / "log.parquet").write_bytes(b"who,what\n")
    with pytest.raises(ValueError, match=r"log\.parquet must be a whole Parquet file"):
        read_table(tmp_path / "log.parquet")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n1,2,3\n", r"line 3 of log\.csv must have 2 fields, got 3: '1,2,3' \("),
        (b"a,b\n1,2,3\n4,5,6\n", r"line 2 of log\.csv must have 2 fields, got 3"),
        (b"a,b\n\n1,2\n1\n", r"line 4 of log\.csv must have 2 fields, got 1: '1'"),
        (b"a,b\n1,2\n  \n", r"line 3 of log\.csv must have 2 fields, got 1"),
        (b'a,b\n"1\n1",2\n3\n', r"line 4 of log\.csv must have 2 fields, got 1: '3'"),
        (b'a,b\n1,2\n"1,2\n3,4\n', r"line 3 of log\.csv opens a quote.*quote=None"),
        # Arrow would read one row, its first field from line 2 to line 4.
        (b'a,b\n"ann,x\nbo,y\n"cy,z\n', r"line 2 of log\.csv opens a quote"),
        (b"a,b\n1,\xe4\n", r"line 2 of log\.csv is no text in utf-8: give its encoding="),
        (b"\na,b\n1,\xe4\n", r"line 3 of log\.csv is no text in utf-8"),
        ("a,b\n".encode("utf-16-le"), r"log\.csv holds zero bytes.*encoding=.*'utf-16-le'"),
        (
            gzip.compress(b"a,b\n", mtime=0),
            r"no text in utf-8.*name must end in \.gz, \.bz2, \.xz or \.zip",
        ),
        (b"a,a\n1,2\n", r"column 'a' must stand once in log\.csv, got it twice"),
        (b"", r"log\.csv must start with a header line, got an empty one"),
        (b"\na,b\n1,2\n", r"log\.csv must start with a header line, got an empty one"),
    ],
)
def test_a_bad_file_is_named_with_its_line_and_what_helps(content, message):
    with pytest.raises(ValueError, match=message):
        read_table(("log.csv", content))


def test_unknown_columns_and_options_are_named():
    content = b"who,what\n1,2\n"
    with pytest.raises(
        ValueError, match=r"no column 'user'; there are who, what in log\.csv.*names="
    ):
        read_table(("log.csv", content), columns=["user"])
    with pytest.raises(ValueError, match="there is no encoding 'klingon'"):
        read_table(("log.csv", content), encoding="klingon")
    with pytest.raises(ValueError, match=r"line 1 of log\.csv is no text in ascii"):
        read_table(("log.csv", "ä,b\n".encode()), encoding="ascii")
    with pytest.raises(ValueError, match=r"line 1 of log\.csv must have 3 fields, got 2"):
        read_table(("log.csv", content), names=["a", "b", "c"])
    with pytest.raises(ValueError, match="must not hold the sign"):
        read_table(("log.csv", b"a::b\n1::\x1f\n"))


def test_folders_and_missing_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="must be a file, got a folder"):
        read_table(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


def test_quotes_can_be_ordinary_letters():
    content = b'what,size\n12" pan,big\n"odd,small\n'
    frame = read_table(("log.csv", content), quote=None)
    assert frame["what"].tolist() == ['12" pan', '"odd']


def test_a_file_without_rows_is_an_empty_table():
    for content in (b"a,b", b"a,b\n", b"a,b\n\n"):
        frame = read_table(("log.csv", content))
        assert (frame.columns.tolist(), len(frame)) == (["a", "b"], 0)
    assert len(read_table(("log.csv", b""), names=["a", "b"])) == 0


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\x1f", exclude_categories=["Cs"]),
    max_size=5,
)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=6))
def test_what_the_csv_module_writes_is_read_back(rows):
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    frame = read_table(("log.csv", file.getvalue().encode()))
    assert frame.columns.tolist() == ["a", "b"]
    assert frame.fillna("").to_numpy().tolist() == rows


@pytest.mark.parametrize("name", ["log.xlsx", "Log.XLS"])
def test_a_workbook_is_to_be_saved_as_text(name):
    with pytest.raises(ValueError, match=f"{name} must be text or Parquet, got a workbook: save"):
        read_table((name, b"PK\3\4"))


def test_advice_about_text_is_given_for_text_only():
    file = io.BytesIO()
    pd.DataFrame({"who": [1]}).to_parquet(file)
    with pytest.raises(ValueError, match=r"no column 'user'; there are who in log\.parquet$"):
        read_table(("log.parquet", file.getvalue()), columns=["user"])


@given(st.binary(max_size=40))
def test_any_bytes_give_a_table_or_our_message(content):
    try:
        read_table(("log.csv", content))
    except ValueError as error:
        assert "log.csv" in str(error)
