"""Which rows of a log are not what they seem, and an account of every one that goes."""

import datetime
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from course_lib.parameters import Number, Whole
from course_lib.times import read_moment


def clean(frame, rules):
    """The rows that no rule drops, and an account of those that one does.

    frame: DataFrame, one row an event, with unique index labels; it is never changed. rules:
    functions frame → (len(frame),) booleans, True = drop; each sees only what the rules before it
    left. The factories of this module make them; your own function serves as well, its `__name__`
    is the rule's name. If it answers with a pandas Series, labels count and not places: the Series
    may stand in another order, but must have the labels of its frame.

    Returns (kept, report). kept: the remaining rows with their index labels, so that
    `frame.drop(kept.index)` are the dropped ones. report: DataFrame, one row a rule in order:
    rule, before, dropped, after (numbers of rows; before - dropped = after = the next rule's
    before) and example, the index label of its first dropped row (None where it dropped nothing).

    Raises ValueError when an index label stands twice (nobody could say which row went), for no
    rules, and for a rule that does not answer with one boolean a row, or with labels of its own.

    >>> log = pd.DataFrame({"item": ["tea", "tea", "fuel", "mug"], "quantity": [1, 0, 9, 2]})
    >>> kept, report = clean(log, [not_positive("quantity"), one_of("item", ["fuel"])])
    >>> kept.index.tolist()
    [0, 3]
    >>> report
                       rule  before  dropped  after example
    0  quantity is 0 or less       4        1      3       1
    1           item is fuel       3        1      2       2
    """
    rules = list(rules)
    if not rules:
        raise ValueError("rules must have at least 1 rule, got 0")
    if not frame.index.is_unique:
        twice = _first_label(frame.index, frame.index.duplicated())
        raise ValueError(f"index labels must be unique, got {twice!r} twice: use reset_index()")
    rows, account, examples = np.arange(len(frame)), [], []
    for rule in rules:
        # Rules of this module say which columns they read: nothing else need be copied for them.
        columns = getattr(rule, "columns", None)
        view = frame if columns is None else _columns(frame, columns)
        # A shallow copy at least: a rule may not add columns to our frame.
        view = view.copy(deep=False) if len(rows) == len(frame) else view.take(rows)
        labels = view.index
        name = getattr(rule, "__name__", str(rule))
        drop = _answer(name, rule(view), labels)
        dropped = int(np.count_nonzero(drop))
        account.append((name, len(rows), dropped, len(rows) - dropped))
        examples.append(_first_label(labels, drop) if dropped else None)
        rows = rows[~drop] if dropped else rows
    report = pd.DataFrame(account, columns=["rule", "before", "dropped", "after"])
    kept = frame.copy(deep=False) if len(rows) == len(frame) else frame.take(rows)
    # Left to itself, pandas would turn a label 3 beside None into 3.0 and NaN.
    return kept, report.assign(example=pd.Series(examples, dtype=object))


def not_positive(column):
    """A rule: drop rows whose number is 0 or less. A missing number stays (see `missing`).

    >>> not_positive("quantity")(pd.DataFrame({"quantity": [2, 0, -1, np.nan]}))
    array([False,  True,  True, False])
    """

    def drop(frame):
        return _number(frame, column) <= 0

    return _rule(drop, f"{column} is 0 or less", [column])


def missing(*columns):
    """A rule: drop rows where at least one of the columns is missing (NaN, None, NaT).

    Empty text is not missing. Raises ValueError without columns.

    >>> missing("user", "item")(pd.DataFrame({"user": ["ann", None], "item": ["tea", "tea"]}))
    array([False,  True])
    """
    if not columns:
        raise ValueError("missing needs at least 1 column, got 0")

    def drop(frame):
        found = _columns(frame, columns)
        return np.logical_or.reduce([found[column].isna().to_numpy() for column in found])

    return _rule(drop, f"{' or '.join(columns)} missing", columns)


def duplicated(*columns):
    """A rule: drop rows that repeat an earlier row in all of the columns; the first one stays.

    Without columns whole rows are compared. Two missing values count as equal.

    >>> duplicated("user", "item")(pd.DataFrame({"user": [1, 1, 1], "item": [7, 8, 7]}))
    array([False, False,  True])
    """

    def drop(frame):
        found = _columns(frame, columns or frame.columns)
        # Equal rows have equal hashes, so the slow and exact comparison needs only the few rows
        # whose hash stands twice.
        doubtful = _hashed_alike([found.iloc[:, i] for i in range(found.shape[1])])
        repeated = np.zeros(len(found), dtype=bool)
        repeated[doubtful] = found.take(doubtful).duplicated().to_numpy()
        return repeated

    return _rule(drop, f"same {', '.join(columns) or 'row'} as an earlier row", columns)


def one_of(column, values):
    """A rule: drop rows whose value is one of `values`, such as departments that sell no product.

    values: several, or one.

    >>> one_of("department", ["FUEL"])(pd.DataFrame({"department": ["FUEL", "MEAT", None]}))
    array([ True, False, False])
    """
    values = list(values) if np.iterable(values) and not isinstance(values, str) else [values]

    def drop(frame):
        return _columns(frame, [column])[column].isin(values).to_numpy(bool)

    shown = [str(value) for value in values[:4]] + ["…"] * (len(values) > 4)
    return _rule(drop, f"{column} is {', '.join(shown)}", [column])


def outside(column, low, high):
    """A rule: drop rows below `low` or above `high`; both ends and missing values stay.

    Two numbers for a column of numbers, two dates (or their texts) for a column of timestamps; a
    date is its first moment, midnight. Two datetimes with a zone for timestamps with one. Raises
    ValueError unless low <= high, and for a text that could be two dates.

    >>> outside("price", 1, 5)(pd.DataFrame({"price": [0.5, 1, 5, 7, np.nan]}))
    array([ True, False, False,  True, False])
    """
    dates = not (isinstance(low, Real) and isinstance(high, Real))
    ends = (_moment(low, "low"), _moment(high, "high")) if dates else (low, high)
    zoned = dates and ends[0].tzinfo is not None
    if zoned != (dates and ends[1].tzinfo is not None):
        raise ValueError(f"low and high must both have a zone or neither, got {low} and {high}")
    if not ends[0] <= ends[1]:
        raise ValueError(f"low must be at most high, got {low} and {high}")

    def drop(frame):
        values = _columns(frame, [column])[column]
        if dates != pd.api.types.is_datetime64_any_dtype(values):
            wanted = "timestamps" if dates else "numbers"
            raise ValueError(f"{column!r} must be {wanted}, got {values.dtype}")
        if not dates:
            values = _number(frame, column)
        elif zoned != (values.dt.tz is not None):
            raise ValueError(
                f"{column!r} and its ends must both have a zone or neither, got {values.dtype} "
                f"and {low}"
            )
        beyond = (values < ends[0]) | (values > ends[1])
        return pd.Series(beyond).to_numpy(bool, na_value=False)

    return _rule(drop, f"{column} outside {low} to {high}", [column])


def more_than(column, most):
    """A rule: drop ALL rows of ids that have more than `most` rows, such as giant households.

    Counts the rows that earlier rules left. Rows without an id stay. Raises ValueError unless most
    is a whole number of at least 1.

    >>> more_than("user", 2)(pd.DataFrame({"user": ["ann", "bo", "ann", "ann"]}))
    array([ True, False,  True,  True])
    """
    Whole(1).check("most", most)

    def drop(frame):
        ids = _columns(frame, [column])[column]
        codes = _codes(ids)
        counts = np.bincount(codes)
        counts[:1] = 0  # of the missing ids
        return (counts > most)[codes]

    return _rule(drop, f"{column} with more than {most:,} rows", [column])


def near_duplicates(titles, least=0.9):
    """Pairs of titles that are spelled almost alike: (n, 2) row numbers, i < j, in order.

    titles: n texts. Each becomes the TF-IDF weights of its character trigrams (within words, case
    ignored; scikit-learn's TfidfVectorizer), and a pair is returned when the cosine of the two is
    at least `least`. Equal titles have cosine 1; an empty title is like no other. Spelling is all
    that is seen: "2% milk" and "1% milk" are near, "soda" and "pop" are not.

    Works through blocks of rows: memory is (block x n), never (n x n). Raises ValueError unless
    0 < least <= 1, and for a missing title.

    >>> near_duplicates(["Green tea", "GREEN TEA", "Blue mug"])
    array([[0, 1]])
    """
    Number(above=0, most=1).check("least", least)
    titles = pd.Series(np.atleast_1d(np.asarray(titles, dtype=object)))
    if titles.isna().any():
        raise ValueError(f"titles must not be missing, row {np.argmax(titles.isna())} is")
    # Equal titles are compared once: in a real catalogue thousands of products share theirs.
    codes, unique = pd.factorize(titles.astype(str))
    rows_of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    found = [np.empty((0, 2), dtype=np.int64)]
    try:
        weights = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(unique)
    except ValueError:  # not one trigram in all the titles
        return found[0]
    block = max(1, 5_000_000 // len(unique))
    for start in range(0, len(unique), block):
        cosine = (weights[start : start + block] @ weights.T).tocoo()
        first, second = cosine.row + start, cosine.col
        near = (cosine.data >= least - 1e-9) & (first <= second)  # rounding may eat the last digit
        for a, b in zip(first[near], second[near], strict=True):
            found.append(_pairs(rows_of[a], rows_of[b]))
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _pairs(a, b):
    """Every (row of a, row of b), smaller number first; for a group with itself each pair once."""
    pairs = np.column_stack([np.repeat(a, len(b)), np.tile(b, len(a))])
    if a is b:
        return pairs[pairs[:, 0] < pairs[:, 1]]
    return np.sort(pairs, axis=1)


def _answer(name, answer, labels):
    """What a rule says of each row, as (len(labels),) booleans in the order of the labels."""
    if isinstance(answer, pd.Series):
        if len(answer) == len(labels) and not answer.index.equals(labels):
            strange = ~answer.index.isin(labels) | answer.index.duplicated()
            if strange.any():
                raise ValueError(
                    f"rule {name!r} must answer with the labels of its frame (or with an array), "
                    f"got the label {_first_label(answer.index, strange)!r}"
                )
            answer = answer.reindex(labels)
        if answer.dtype != object and answer.isna().any():
            unsaid = _first_label(labels, answer.isna().to_numpy())
            raise ValueError(f"rule {name!r} must answer True or False, row {unsaid!r} has neither")
        if pd.api.types.is_bool_dtype(answer.dtype):
            answer = answer.to_numpy(bool)
    drop = np.asarray(answer)
    if drop.shape != (len(labels),) or drop.dtype != bool:
        raise ValueError(
            f"rule {name!r} must answer {len(labels)} booleans, "
            f"got {drop.dtype} of shape {drop.shape}"
        )
    return drop


def _hashed_alike(columns):
    """Positions, in order, of all rows whose hash another row has too, and of a few others."""
    hashes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        hashes ^= _bits(column)
        hashes *= np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: Knuth 1973, ch. 6.4
        hashes ^= hashes >> np.uint64(32)
    ordered = np.sort(hashes)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    # A table of their first bits, 64 times as large as their number, finds them without a search.
    shift = np.uint64(64 - min(repeated.size.bit_length() + 6, 26))
    marked = np.zeros(1 << (64 - int(shift)), dtype=bool)
    marked[repeated >> shift] = True
    return np.flatnonzero(marked[hashes >> shift])


def _bits(column):
    """Each value as 64 bits, the same for equal values; all missing ones are equal."""
    if isinstance(column.dtype, np.dtype):
        values = column.to_numpy()
        if values.dtype.kind in "mM":
            return values.view(np.uint64)
        if values.dtype.kind in "biu":
            return values.astype(np.int64).view(np.uint64)
        if values.dtype.kind == "f":
            values = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0, its equal
            values[np.isnan(values)] = np.nan  # NaN has many bit patterns
            return values.view(np.uint64)
    return _codes(column).view(np.uint64)


def _codes(ids):
    """(n,) whole numbers from 1 that tell ids apart, 0 for a missing one."""
    if isinstance(ids.dtype, np.dtype) and ids.dtype.kind == "i" and len(ids):
        low, high = int(ids.min()), int(ids.max())
        if high - low < 4 * len(ids):  # whole numbers close together are codes already
            return ids.to_numpy(np.int64) - (low - 1)
    return pd.factorize(ids)[0].astype(np.int64) + 1


def _moment(end, name):
    if isinstance(end, datetime.datetime) and end.tzinfo is not None:
        return pd.Timestamp(end)
    return pd.Timestamp(read_moment(end, name=name))


def _first_label(index, mask):
    return index[[np.argmax(mask)]].tolist()[0]  # 3, not np.int64(3)


def _columns(frame, names):
    for name in names:
        if name not in frame.columns:
            raise ValueError(f"no column {name!r}; there are {', '.join(map(str, frame))}")
    return frame[list(names)]


def _number(frame, name):
    column = _columns(frame, [name])[name]
    if not pd.api.types.is_numeric_dtype(column):
        raise ValueError(f"{name!r} must be numbers, got {column.dtype}")
    return column.to_numpy(np.float64, na_value=np.nan)


def _rule(drop, name, columns):
    drop.__name__ = name
    drop.columns = list(columns) or None  # what `clean` has to show it; None: everything
    return drop
