"""One reader of tables for every file: packed or not, whatever its separator and its encoding."""

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

PARQUET, WORKBOOK = (".parquet", ".pq"), (".xlsx", ".xlsm", ".xls", ".ods")
_OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
# Tried in this order where nobody says which: the rarer a sign is inside a field, the earlier.
_SEPARATORS = ("\t", "::", ";", "|", ",", " ")
_ONE_SIGN = "\x1f"  # stands for "::", since readers of CSV know only separators of one sign
_BYTE_ORDER_MARKS = {  # UTF-32 before UTF-16, whose mark is the beginning of the other's
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_table(source, *, columns=None, sep=None, encoding=None, names=None, quote='"'):
    """A file as a DataFrame of text: "007" and "NA" stay what they are, an empty field is missing.

    source: a path, or (name, bytes). A name that ends in .gz, .bz2, .xz or .zip (with one file
    inside) is unpacked; .parquet or .pq inside is read with its own types, everything else is text
    in rows. Options for text:

    - columns: the columns that must be there; only these are returned. None: all.
    - sep: what stands between two fields. None: a tab, "::", ";", "|", "," or a space, the one
      that gives the columns wanted (with names= as many as there are names, else the most).
    - encoding: None is UTF-8, or what a byte-order mark at the beginning says.
    - names: the columns' names, for a file whose first line is data. None: they stand there.
    - quote: the sign around a field that holds a separator or a line break. None: it is a letter
      like others. With "::" there are no quotes.

    Rows keep the file's order; empty lines are skipped. Raises FileNotFoundError, and ValueError
    that names the file and what helps: a line with too few or too many fields or an open quote, an
    unknown column, text in another encoding, a damaged archive.

    >>> read_table(("log.csv", b"user;paid\\n007;4,5\\nNA;\\n")).to_dict("list")
    {'user': ['007', 'NA'], 'paid': ['4,5', nan]}
    """
    name, content = source if isinstance(source, tuple) else unpacked(source)
    if name.lower().endswith(WORKBOOK):
        raise ValueError(f"{name} must be text or Parquet, got a workbook: save its sheet as .csv")
    if name.lower().endswith(PARQUET):
        return _parquet(name, content, columns)
    content = decoded(name, content, encoding)
    end = content.find(b"\n")
    first = content[: end if end >= 0 else None].decode("utf-8").removesuffix("\r")
    if names is None and not first.strip():
        raise ValueError(f"{name} must start with a header line, got an empty one")
    sep = sep or _separator(first, columns, names, quote)
    header = _fields(first, sep, quote) if names is None else list(names)
    _check_columns(name, header, columns)
    start = 0 if names is not None else end + 1 if end >= 0 else len(content)
    if len(sep) > 1:
        if _ONE_SIGN.encode() in content:
            raise ValueError(f"{name} must not hold the sign {_ONE_SIGN!r} beside {sep!r}")
        content = content[start:].replace(sep.encode(), _ONE_SIGN.encode())
        start, sep, quote = 0, _ONE_SIGN, None
    if not re.compile(rb"\S").search(content, start):
        return pd.DataFrame(columns=columns or header, dtype=str)
    return _rows(name, content, start, header, columns or header, sep, quote, names is None)


def unpacked(path, wanted=None):
    """(name, content) of a file, without the packing that the end of its name tells of.

    wanted: endings such as ".csv" or "/u.data"; the first file in a .zip that has one is taken.
    None: a .zip must hold one file in all.
    Raises FileNotFoundError (also when a .zip holds none of the wanted), and ValueError for a
    folder, a damaged archive, or one that leaves the choice open.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path.name} must be a file, got a folder: give the files in it")
    kind, content = path.suffix.lower(), path.read_bytes()
    try:
        if kind == ".zip":
            return _from_zip(path.name, content, wanted)
        if kind in _OPEN:
            with _OPEN[kind](io.BytesIO(content)) as file:
                return path.stem, file.read()
    except FileNotFoundError:
        raise
    except _DAMAGED as error:
        raise ValueError(
            f"{path.name} must be a whole {kind} file, got another or a damaged one ({error}): "
            "fetch it again, or mend its name"
        ) from None
    return path.name, content


def decoded(name, content, encoding=None):
    """The content as UTF-8 bytes, without a byte-order mark; a lone "\\r" that ends lines is "\\n".

    Raises ValueError, naming the line, for what is not text in that encoding.
    """
    marked = (code for mark, code in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
    code = encoding or next(marked, "utf-8")
    try:
        text = content.decode(code)
    except LookupError:
        raise ValueError(f"there is no encoding {encoding!r}; try 'latin-1' or 'utf-16'") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"line {line} of {name} is no text in {code}: give its encoding=, such as 'latin-1' "
            "or 'utf-16' (a packed file's name must end in .gz, .bz2, .xz or .zip)"
        ) from None
    if "\0" in text:
        raise ValueError(
            f"{name} holds zero bytes, as UTF-16 does without a mark at its beginning: give its "
            "encoding=, such as 'utf-16-le'"
        )
    if code not in ("utf-8", "utf8") or text.startswith("\ufeff"):
        content = text.removeprefix("\ufeff").encode("utf-8")
    return content if b"\n" in content else content.replace(b"\r", b"\n")


def _from_zip(name, content, wanted):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [m for m in archive.namelist() if not re.match(r"__MACOSX/|.*/$", m)]
        if wanted is not None:
            members = [m for m in members if f"/{m}".lower().endswith(tuple(wanted))][:1]
            if not members:
                ends = " or ".join(end.removeprefix("/") for end in wanted)
                raise FileNotFoundError(f"{name} must hold {ends}, got none")
        if len(members) != 1:
            held = ", ".join(members[:5]) or "nothing"
            raise ValueError(f"{name} must hold one file, got {held}: unpack it and name the file")
        return PurePosixPath(members[0]).name, archive.read(members[0])


def _parquet(name, content, columns):
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _check_columns(name, file.schema_arrow.names, columns)
        return file.read(columns=columns).to_pandas(ignore_metadata=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{name} must be a whole Parquet file, got another ({error})") from None


def _separator(first, columns, names, quote):
    found = {sep: _fields(first, sep, quote) for sep in _SEPARATORS}
    for sep, fields in found.items():
        if len(fields) == len(names) if names is not None else columns and {*columns} <= {*fields}:
            return sep
    return max(found, key=lambda sep: len(found[sep])) if first else ","


def _fields(line, sep, quote):
    return line.split(sep) if len(sep) > 1 else next(_reader(line, sep, quote, strict=False), [])


def _reader(text, sep, quote, *, strict):
    quoting = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=sep, quotechar=quote, quoting=quoting, strict=strict)


def _check_columns(name, header, columns):
    for column in columns or header:
        if column not in header:
            text = ": another separator is given by sep=, a file without a header line needs names="
            raise ValueError(
                f"no column {column!r}; there are {', '.join(header)} in {name}"
                + ("" if name.lower().endswith(PARQUET) else text)
            )
        if header.count(column) > 1:
            raise ValueError(f"column {column!r} must stand once in {name}, got it twice")


def _rows(name, content, start, header, columns, sep, quote, has_header):
    quoted = quote is not None and quote.encode() in content
    table = fault = None
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(content).slice(start)),
            pyarrow.csv.ReadOptions(column_names=header),
            pyarrow.csv.ParseOptions(
                delimiter=sep, quote_char=quote or False, newlines_in_values=quoted
            ),
            pyarrow.csv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        fault = f"{name} cannot be read: {error}"
    # Arrow forgives a quote that is never closed, if another one happens to end the field. Then
    # several lines have become one row, and the slower, stricter reader is asked.
    lines = content.count(b"\n", start) + (not content.endswith(b"\n"))
    if fault or (quoted and table.num_rows != lines):
        text = content[start:].decode("utf-8")
        fault = _first_fault(name, text, len(header), sep, quote, has_header) or fault
    if fault:
        raise ValueError(fault)
    return table.to_pandas()


def _first_fault(name, text, expected, sep, quote, has_header):
    reader = _reader(text, sep, quote, strict=True)
    line = 1 + has_header
    try:
        for fields in reader:
            if fields and len(fields) != expected:
                shown = sep.join(fields).replace(_ONE_SIGN, "::")
                return (
                    f"line {line} of {name} must have {expected} fields, got {len(fields)}: "
                    f"{shown[:80]!r} (a field that holds the separator needs quotes; another "
                    "separator is given by sep=)"
                )
            line = reader.line_num + 1 + has_header
    except csv.Error:
        return (
            f"line {line} of {name} opens a quote that it does not close: mend it, or give "
            "quote=None where quotes are ordinary letters"
        )
    return None
