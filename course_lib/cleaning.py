"""Which rows of a log are not what they seem, and an account of every one that goes."""

import math
import re

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

# Grams, millilitres or pieces in one unit, as US law defines them (NIST Handbook 44, appendix C).
_UNITS = {
    **dict.fromkeys(["OZ", "OZS", "Z"], (28.349523125, "g")),  # Z: cut off in a 10-letter field
    **dict.fromkeys(["LB", "LBS"], (453.59237, "g")),
    **dict.fromkeys(["G", "GM", "GR"], (1.0, "g")),
    "KG": (1000.0, "g"),
    "FLOZ": (29.5735295625, "ml"),
    **dict.fromkeys(["PT", "PINT"], (473.176473, "ml")),
    "QT": (946.352946, "ml"),
    **dict.fromkeys(["GA", "GAL"], (3785.411784, "ml")),
    "ML": (1.0, "ml"),
    **dict.fromkeys(["L", "LT", "LTR", "LITER", "LRT"], (1000.0, "ml")),
    **dict.fromkeys(["PK", "PKS", "PCK", "P"], (1.0, "pack")),
    **dict.fromkeys(["CT", "C", "PC", "PCS", "EA", "STEM", "STEMS", "ROLL", "KIT"], (1.0, "piece")),
    **dict.fromkeys(["DZ", "DZN", "DOZ"], (12.0, "piece")),
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True)).replace("FLOZ", r"FL\s*OZ")
_NUMBER = r"\d+\.\d*|\.?\d+"
_PART = re.compile(
    r"(?<![\d.])(?<!\d-)"
    r"(?:(?P<whole>\d{1,2})[\s-]+(?=1?\d/(?:2|3|4|8|16)\b))?"  # the 10 of 10 3/4 OZ
    rf"(?P<first>{_NUMBER})(?:\s*(?P<sign>[/-])\s*(?P<second>{_NUMBER}))?"
    rf"\s*-?\s*(?P<unit>{_UNIT})(?![A-Z])"
)


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


def parse_size(text):
    """A package size as (amount, unit): grams ("g"), millilitres ("ml") or pieces ("piece").

    What cannot be read is (nan, ""): no number with a known unit ("18 IN", "LARGE", "CTN", missing
    text), and numbers from 10,000 on, article codes glued to the size ("83718713 OZ"). US units; a
    decimal point may lead (".5 L"); fractions ("1/2 GAL", "10 3/4 OZ") and codes before the size
    ("A 13 OZ", "117408 6 PK") are understood; a unit alone is one ("GAL").

    Four decisions that the text leaves open:

    - OZ is weight, only FL OZ is volume. A 12 OZ cola is read as 340 g; for drinks, close to water,
      the slip is 4 %.
    - A pack multiplies: "12 PK/12 OZ", "12/12 OZ" and "12-12 OZ" are 144 ounces. n/m with n < m and
      m = 2, 3, 4 or 8 is a fraction instead ("3/4 OZ") unless it can be shortened ("2/8 OZ").
    - A count beside a weight is the content of that weight ("16 CT/26 OZ" buns: 26 ounces); a count
      beside a volume is the number of pieces ("20 CT/13 GAL" bags).
    - Two counts or two pounds ("48-54 CT", "5-7 LB") are a range, not an amount: not read.

    >>> parse_size("2 LB"), parse_size("6 PK"), parse_size("18 IN")
    ((907.18474, 'g'), (6.0, 'piece'), (nan, ''))
    """
    text = str(text).upper().strip().replace("HALF GAL", "1/2 GAL")
    if text in _UNITS:
        text = f"1 {text}"
    packs, pieces, measures = 1.0, None, []
    for part in _PART.finditer(text):
        name = re.sub(r"\s", "", part["unit"])
        size, unit = _UNITS[name]
        amount = _amount(part, may_be_packs=unit in ("g", "ml") and name not in ("LB", "LBS"))
        if not 0 < amount < 10_000:
            return math.nan, ""
        if unit == "pack":
            packs *= amount
        elif unit == "piece":
            pieces = (pieces or 1.0) * amount * size
        else:
            measures.append((amount * size, unit, name))
    if measures and not (pieces and measures[0][1] == "ml"):
        amount, unit, _ = measures[0]
        if [name for *_, name in measures] == ["LB", "OZ"]:  # 1 LB 8 OZ
            amount += measures[1][0]
        return packs * amount, unit
    if pieces or packs != 1.0 or text == "1 PK":
        return packs * (pieces or 1.0), "piece"
    return math.nan, ""


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


def _amount(part, *, may_be_packs):
    """The number that one part of a size stands for; NaN for a range such as 5-7 LB."""
    first, second = float(part["first"]), part["second"]
    if second is None:
        return first
    n, m = first, float(second)
    fraction = part["whole"] or (
        m in (2, 3, 4, 8) and n.is_integer() and math.gcd(int(n), int(m)) == 1
    )
    if part["sign"] == "/" and 0 < n < m and fraction:
        return int(part["whole"] or 0) + n / m
    return n * m if may_be_packs else math.nan


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
