"""Which rows of a log are not what they seem, and an account of every one that goes."""

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer


def clean(frame, rules):
    """The rows that no rule drops, and an account of those that one does.

    frame: DataFrame, one row an event, with unique index labels; it is never changed. rules:
    functions frame → (len(frame),) booleans, True = drop; each sees only what the rules before it
    left. The factories of this module make them; your own function serves as well, its `__name__`
    is the rule's name.

    Returns (kept, report). kept: the remaining rows with their index labels, so that
    `frame.drop(kept.index)` are the dropped ones. report: DataFrame, one row a rule in order:
    rule, before, dropped, after (numbers of rows; before - dropped = after = the next rule's
    before) and example, the index label of its first dropped row (None where it dropped nothing).

    Raises ValueError when an index label stands twice (nobody could say which row went), for no
    rules, and for a rule that does not answer with one boolean a row.

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
    account, examples = [], []
    for rule in rules:
        name = getattr(rule, "__name__", str(rule))
        drop = np.asarray(rule(frame.copy(deep=False)))  # a rule may not add columns to our frame
        if drop.shape != (len(frame),) or drop.dtype != bool:
            raise ValueError(
                f"rule {name!r} must answer {len(frame)} booleans, "
                f"got {drop.dtype} of shape {drop.shape}"
            )
        dropped = int(np.count_nonzero(drop))
        example = _first_label(frame.index, drop) if dropped else None
        account.append((name, len(frame), dropped, len(frame) - dropped))
        examples.append(example)
        frame = frame[~drop] if dropped else frame.copy(deep=False)
    report = pd.DataFrame(account, columns=["rule", "before", "dropped", "after"])
    # Left to itself, pandas would turn a label 3 beside None into 3.0 and NaN.
    return frame, report.assign(example=pd.Series(examples, dtype=object))


def not_positive(column):
    """A rule: drop rows whose number is 0 or less. A missing number stays (see `missing`).

    >>> not_positive("quantity")(pd.DataFrame({"quantity": [2, 0, -1, np.nan]}))
    array([False,  True,  True, False])
    """

    def drop(frame):
        return _number(frame, column) <= 0

    return _named(drop, f"{column} is 0 or less")


def missing(*columns):
    """A rule: drop rows where at least one of the columns is missing (NaN, None, NaT).

    Empty text is not missing. Raises ValueError without columns.

    >>> missing("user", "item")(pd.DataFrame({"user": ["ann", None], "item": ["tea", "tea"]}))
    array([False,  True])
    """
    if not columns:
        raise ValueError("missing needs at least 1 column, got 0")

    def drop(frame):
        return _columns(frame, columns).isna().to_numpy().any(axis=1)

    return _named(drop, f"{' or '.join(columns)} missing")


def duplicated(*columns):
    """A rule: drop rows that repeat an earlier row in all of the columns; the first one stays.

    Without columns whole rows are compared. Two missing values count as equal.

    >>> duplicated("user", "item")(pd.DataFrame({"user": [1, 1, 1], "item": [7, 8, 7]}))
    array([False, False,  True])
    """

    def drop(frame):
        return _columns(frame, columns or frame.columns).duplicated().to_numpy()

    return _named(drop, f"same {', '.join(columns) or 'row'} as an earlier row")


def one_of(column, values):
    """A rule: drop rows whose value is one of `values`, such as departments that sell no product.

    >>> one_of("department", ["FUEL"])(pd.DataFrame({"department": ["FUEL", "MEAT", None]}))
    array([ True, False, False])
    """
    values = [values] if isinstance(values, str) else list(values)

    def drop(frame):
        return _columns(frame, [column])[column].isin(values).to_numpy(bool)

    shown = [str(value) for value in values[:4]] + ["…"] * (len(values) > 4)
    return _named(drop, f"{column} is {', '.join(shown)}")


def outside(column, low, high):
    """A rule: drop rows below `low` or above `high`; both ends and missing values stay.

    Two numbers for a column of numbers, two dates (or their texts) for a column of timestamps; a
    date is its first moment, midnight. Raises ValueError unless low <= high.

    >>> outside("price", 1, 5)(pd.DataFrame({"price": [0.5, 1, 5, 7, np.nan]}))
    array([ True, False, False,  True, False])
    """
    dates = not all(isinstance(end, int | float | np.number) for end in (low, high))
    ends = (pd.Timestamp(low), pd.Timestamp(high)) if dates else (low, high)
    if not ends[0] <= ends[1]:
        raise ValueError(f"low must be at most high, got {low} and {high}")

    def drop(frame):
        values = _columns(frame, [column])[column]
        if dates != pd.api.types.is_datetime64_any_dtype(values):
            wanted = "timestamps" if dates else "numbers"
            raise ValueError(f"{column!r} must be {wanted}, got {values.dtype}")
        values = values if dates else _number(frame, column)
        return np.asarray((values < ends[0]) | (values > ends[1]))

    return _named(drop, f"{column} outside {low} to {high}")


def more_than(column, most):
    """A rule: drop ALL rows of ids that have more than `most` rows, such as giant households.

    Counts the rows that earlier rules left. Rows without an id stay. Raises ValueError when most
    is below 1.

    >>> more_than("user", 2)(pd.DataFrame({"user": ["ann", "bo", "ann", "ann"]}))
    array([ True, False,  True,  True])
    """
    if most < 1:
        raise ValueError(f"most must be at least 1, got {most}")

    def drop(frame):
        codes, ids = pd.factorize(_columns(frame, [column])[column])
        counts = np.bincount(codes[codes >= 0], minlength=len(ids) + 1)
        return counts[codes] > most  # a missing id has code -1: the last count, always 0

    return _named(drop, f"{column} with more than {most:,} rows")


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
    if not 0 < least <= 1:
        raise ValueError(f"least must be above 0 and at most 1, got {least}")
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


def _named(rule, name):
    rule.__name__ = name
    return rule
