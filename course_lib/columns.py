"""The columns of anybody's table as arrays: ids numbered, numbers read, nothing guessed."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from course_lib.parameters import Choice, plain

ARROW_KINDS = (pd.CategoricalDtype, pd.ArrowDtype, pd.StringDtype)  # what Arrow takes from pandas
TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)


def table_columns(frame, names):
    """The columns called `names`: pandas Series of a DataFrame, Arrow columns of anything else.

    frame: a pandas DataFrame, or what speaks Arrow (`__arrow_c_stream__`: tables of Polars and
    pyarrow, relations of DuckDB), which is not copied. Returns a dict from each name to its
    column. Raises ValueError for another kind of object, and naming a column that is absent or
    stands twice.

    >>> table_columns(pd.DataFrame({"user": ["ann"], "item": ["tea"]}), ["item"])["item"].tolist()
    ['tea']
    """
    if isinstance(frame, pd.DataFrame):
        present = list(frame.columns)
    elif hasattr(frame, "__arrow_c_stream__"):
        frame = pa.RecordBatchReader.from_stream(frame)
        present = frame.schema.names
    else:
        raise ValueError(f"the log must be a DataFrame or speak Arrow, got {type(frame).__name__}")
    for name in names:
        if name not in present:
            raise ValueError(f"no column {name!r}; there are {', '.join(map(str, present))}")
        if present.count(name) > 1:
            raise ValueError(f"column {name!r} must stand once, it stands {present.count(name)}×")
    if isinstance(frame, pd.DataFrame):
        return {name: frame[name].reset_index(drop=True) for name in names}
    batches = [batch.select(names) for batch in frame]  # a stream: what is not asked for goes
    schema = pa.schema([frame.schema.field(name) for name in names])
    table = pa.Table.from_batches(batches, schema=schema)
    return {name: table.column(name) for name in names}


def dense_ids(column, *, name):
    """Ids as whole numbers from 0, in order of first appearance, and the list of the ids.

    column: (n,) ids of one type, a pandas Series or an Arrow column → (n,) int64, and (distinct
    ids,) in which number i stands for ids[i]. Raises ValueError, naming column and row, for
    missing ids, ids of mixed type (text 1 and number 1 would be two users), and what is no id,
    such as a list.

    >>> dense_ids(pd.Series(["bo", "ann", "bo"]), name="user")
    (array([0, 1, 0]), array(['bo', 'ann'], dtype=object))
    """
    arrow = _arrow_ids(column)
    if arrow is not None:
        _refuse_missing(name, arrow.is_null().to_numpy())
        encoded = arrow.dictionary_encode()  # one dictionary for all chunks
        parts = [chunk.indices.to_numpy() for chunk in encoded.chunks]
        index = np.concatenate(parts, dtype=np.int64) if parts else np.empty(0, dtype=np.int64)
        ids = encoded.chunks[-1].dictionary.to_numpy(zero_copy_only=False) if parts else index
        return index, ids.astype(np.int64) if np.can_cast(ids.dtype, np.int64) else ids
    if isinstance(column, pa.ChunkedArray):
        column = _decoded(column).to_pandas()
    _refuse_missing(name, column.isna().to_numpy(bool))
    column = column.astype(object)
    kinds = column.map(type)
    if kinds.nunique() > 1:
        words = " and ".join(sorted({kind.__name__ for kind in kinds}))
        raise ValueError(f"ids in {name!r} must be of one type, got {words}")
    try:
        index, ids = pd.factorize(column)
    except TypeError:
        raise ValueError(
            f"ids in {name!r} must be texts or numbers, row 0 is {column.iloc[0]!r}"
        ) from None
    return index.astype(np.int64), np.asarray(ids)


def read_numbers(column, *, name, decimal="."):
    """A column of numbers as float64; text is read if all of it spells numbers.

    column: (n,), a pandas Series, whose memory the result does not share, or an Arrow column.
    decimal: the sign before the decimals of text, "." or ","; there are no signs for thousands.
    Raises ValueError, naming column and row, for what is missing, infinite or no number. Times are
    none.

    >>> read_numbers(pd.Series(["4,5", "3"]), name="paid", decimal=",")
    array([4.5, 3. ])
    >>> read_numbers(pd.Series(["4.5", "free"]), name="price")
    Traceback (most recent call last):
    ValueError: cannot read 'free' in 'price', row 1: it is no number
    """
    Choice((".", ",")).check("decimal", decimal)
    arrow = isinstance(column, pa.ChunkedArray)
    unread = False
    if arrow and (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        numbers = column.to_numpy().astype(np.float64, copy=False)
    else:
        column = _decoded(column).to_pandas() if arrow else column
        if isinstance(column.dtype, pd.CategoricalDtype | pd.ArrowDtype):
            column = column.astype(object)
        if pd.api.types.infer_dtype(column) == "string":
            numbers, unread = _spelled(column, decimal)
        else:
            numbers = _numeric(column)
    bad = np.isnan(numbers) | unread
    if bad.any():
        row = int(np.argmax(bad))
        value = column.iloc[row] if isinstance(column, pd.Series) else column[row].as_py()
        if pd.api.types.is_scalar(value) and pd.isna(value):
            raise ValueError(f"{name!r} must not be missing, row {row} is")
        other = "," if decimal == "." else "."
        hint = isinstance(value, str) and other in value
        raise ValueError(
            f"cannot read {plain(value)} in {name!r}, row {row}: it is no number"
            + (f"; read_interactions(decimal={other!r}) may" if hint else "")
        )
    if np.isinf(numbers).any():
        row = int(np.argmax(np.isinf(numbers)))
        raise ValueError(f"{name!r} must be finite, got {numbers[row]} in row {row}")
    return numbers


def same_rows(columns):
    """The columns, a dict from names to (n,) arrays or Series, as arrays, row beside row.

    Arrays go by place. A Series has row labels: two of them must have equal ones, in one order, or
    pairs would be made of rows that do not belong together. Raises ValueError for that, for other
    lengths, and for another number of dimensions.

    >>> same_rows({"x": pd.Series([1, 2]), "y": pd.Series([3, 4], index=[1, 0])})
    Traceback (most recent call last):
    ValueError: x and y must have the same index in the same order: align them first
    """
    labelled = {name: column for name, column in columns.items() if isinstance(column, pd.Series)}
    first = next(iter(labelled), None)
    for name, column in labelled.items():
        if not column.index.equals(labelled[first].index):
            raise ValueError(
                f"{first} and {name} must have the same index in the same order: align them first"
            )
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    shapes = [array.shape for array in arrays.values()]
    if len(set(shapes)) > 1 or len(shapes[0]) != 1:
        *others, last = arrays
        names = f"{', '.join(others)} and {last}" if others else last
        raise ValueError(f"{names} must be (n,) of one length, got {', '.join(map(str, shapes))}")
    return arrays


def check_index(name, index, n=None):
    """Whole numbers from 0, below n if it is given, as int64: cast once, so that nothing overflows.

    Raises ValueError, naming the array and its first bad number, for other numbers and dtypes.

    >>> check_index("users", np.array([0, 2], dtype=np.uint8), 2)
    Traceback (most recent call last):
    ValueError: users must lie in 0..1, got 2
    """
    if index.size and index.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole numbers, got {index.dtype}")
    if index.size and (index.min() < 0 or (n is not None and index.max() >= n)):
        bad = index[(index < 0) | (n is not None and index >= n)][0]
        rule = "be at least 0" if n is None else f"lie in 0..{n - 1}"
        raise ValueError(f"{name} must {rule}, got {bad}")
    return index.astype(np.int64, copy=False)


def check_ids(name, ids):
    """A list of ids as an array; ValueError unless each stands once and none is missing.

    >>> check_ids("user_ids", ["ann", "bo", "ann"])
    Traceback (most recent call last):
    ValueError: each of user_ids must stand once, got 'ann' twice
    """
    ids = np.asarray(ids)
    if ids.ndim != 1:
        raise ValueError(f"{name} must be (n,), got shape {ids.shape}")
    index = pd.Index(ids)
    if index.hasnans:
        raise ValueError(f"{name} must not be missing, number {int(np.argmax(index.isna()))} is")
    if not index.is_unique:
        repeated = plain(index[index.duplicated()][0])
        raise ValueError(f"each of {name} must stand once, got {repeated} twice")
    return ids


def equal_ids(ids, others):
    """Whether two lists of ids hold the same ids in the same order, whatever their dtypes.

    >>> equal_ids(np.array([7, 8]), np.array([7, 8], dtype=np.uint8))
    True
    >>> equal_ids(np.array([7, 8]), np.array(["7", "8"]))
    False
    """
    return ids is others or (len(ids) == len(others) and pd.Index(ids).equals(pd.Index(others)))


def time_order(users, timestamps):
    """The row numbers by user, then by time; at equal times the earlier row stays the earlier one.

    users: (n,) int64 from 0; timestamps: (n,) anything that sorts. The answer is
    `np.lexsort((timestamps, users))`, for times and whole numbers in a third of its time: NumPy
    sorts keys of 16 bits by counting and not by comparing (Knuth 1998, The Art of Computer
    Programming 3, sec. 5.2.5, sorting by distribution).

    >>> time_order(np.array([1, 0, 0]), np.array([5, 9, 9]))
    array([1, 2, 0])
    """
    if timestamps.dtype.kind == "M" and not np.isnat(timestamps).any():
        timestamps = timestamps.astype(np.int64)
    if timestamps.dtype.kind not in "iu" or not len(users):
        return np.lexsort((timestamps, users))
    rows = np.arange(len(users))
    in_order = (timestamps[:-1] <= timestamps[1:]).all()
    for key in (users,) if in_order else (timestamps, users):
        low = np.uint64(int(key.min()) % 2**64)  # modulo, so that −1 and 1 stay 2 apart
        key = key.astype(np.uint64) - low
        for shift in range(0, int(key.max()).bit_length(), 16):
            digits = (key >> np.uint64(shift)).astype(np.uint16)
            rows = rows[np.argsort(digits[rows], kind="stable")]
    return rows


def _spelled(column, decimal):
    """Text as numbers, and where it cannot be read: "1.234" beside a decimal comma, say."""
    try:
        text = pa.array(column, type=pa.large_string(), from_pandas=True)
    except UnicodeError:  # half a character: no number, and no text for Arrow
        text = pa.array(column.str.encode("utf-8", "replace")).cast(pa.large_string())
    pointed = pc.replace_substring(text, ",", ".") if decimal == "," else text
    try:
        numbers = pc.cast(pc.utf8_trim_whitespace(pointed), pa.float64())
        numbers = numbers.to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # does not say where
        numbers = pd.to_numeric(pointed.to_pandas(), errors="coerce").to_numpy(np.float64)
    foreign = pc.match_substring(text, "," if decimal == "." else ".")  # a thousand, or one?
    return numbers, pc.fill_null(foreign, False).to_numpy(zero_copy_only=False)


def _numeric(column):
    """What pandas can read as numbers, NaN for the rest; no times, which it would count."""
    if column.dtype.kind in "mMc":
        column = column.astype(str)
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.dtype.kind == "c":  # complex ones would lose a part
        numbers = pd.to_numeric(column.astype(str), errors="coerce")
    return numbers.to_numpy(np.float64, copy=True, na_value=np.nan)


def _arrow_ids(column):
    """The column as an Arrow column of whole numbers or text; None if it holds anything else."""
    if isinstance(column, pd.Series):
        if column.dtype == object:
            fits = pd.api.types.infer_dtype(column, skipna=False) in ("string", "integer")
        else:
            fits = column.dtype.kind in "iu" or isinstance(column.dtype, ARROW_KINDS)
        try:
            column = pa.array(column) if fits else pa.nulls(0)
        except (pa.ArrowException, OverflowError, UnicodeError):
            return None  # whole numbers beyond 64 bits, categories of mixed type, half characters
        column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    column = _decoded(column)
    if pa.types.is_integer(column.type) or any(is_text(column.type) for is_text in TEXT):
        return column
    return None


def _decoded(column):
    """An Arrow column without a dictionary; a pandas Series as it is."""
    if isinstance(column, pd.Series) or not pa.types.is_dictionary(column.type):
        return column
    chunks = []
    for chunk in column.chunks:
        words = chunk.dictionary
        if pa.types.is_string_view(words.type):  # Arrow cannot take from views yet
            words = words.cast(pa.large_string())
        chunks.append(words.take(chunk.indices))
    return pa.chunked_array(chunks, None if chunks else column.type.value_type)


def _refuse_missing(name, missing):
    if missing.any():
        raise ValueError(f"{name!r} must not be missing, row {int(np.argmax(missing))} is")
