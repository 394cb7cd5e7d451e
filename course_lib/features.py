"""What a model may know of shoppers and products, as numbers, and nothing from after the cut.

Functions of a log take `now`, the moment of the forecast, and read only events strictly before it.
"""

import hashlib
from numbers import Integral

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import svds

from course_lib.interactions import check_log
from course_lib.parameters import Choice, Whole, check_whole
from course_lib.times import read_moment, read_times

PERIODS = ("s", "m", "h", "D", "W", "M", "Y")  # NumPy's units for what counts as one basket


def recency_frequency_spend(log, now):
    """How long ago, how often and for how much each user bought, as known just before `now`.

    log: Interactions; now: a date or timestamp. An event at `now` itself belongs to the future.
    Returns a DataFrame with one row a user (index: dense user number, all n_users of them):

    recency_days: days from the last event to `now`, fractions included; NaN for nobody's event
    frequency:    distinct calendar days with an event; 0 where there is none
    spend:        sum of the log's values, in their own unit; 0 where there is none

    Raises ValueError for a `now` that is unreadable or has a zone, and for a log without a clock.
    Bult & Wansbeek 1995, Optimal Selection for Direct Mail, use this trio as recency, frequency and
    monetary value (RFM).

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions
    >>> recency_frequency_spend(log, "2026-03-06 08:10").iloc[:2]  # ada, bo
       recency_days  frequency  spend
    0      4.954167          1   10.0
    1      1.000000          2   18.0
    """
    check_log("log", log).check_clock("recency")
    now = read_moment(now, name="now")
    known = log.timestamps < now
    users, times = log.users[known], log.timestamps[known]
    last = np.full(log.n_users, np.datetime64("NaT"), dtype=times.dtype)
    # As whole numbers NaT is the smallest of all: every event is later.
    np.maximum.at(last.view(np.int64), users, times.astype(np.int64))
    days = times.astype("datetime64[D]").astype(np.int64)
    # One number for each (user, day); pandas finds the distinct ones without sorting.
    first = days.min(initial=0)
    width = days.max(initial=0) - first + 1
    visits = pd.unique(users * width + (days - first)) // width
    return pd.DataFrame(
        {
            "recency_days": (now - last) / np.timedelta64(1, "D"),
            "frequency": np.bincount(visits, minlength=log.n_users),
            "spend": np.bincount(users, weights=log.values[known], minlength=log.n_users),
        }
    )


def by_month(log, first, months, *, of="days"):
    """What each user did in each calendar month, as a table: a month without an event is a 0.

    log: Interactions; first: a date in the month of column 0; months: how many, at least 1. Events
    of other months are not counted. of: "days" counts the distinct calendar days with an event,
    "values" adds up the log's values. Returns an (n_users, months) array of floats.

    Raises ValueError for an unreadable `first`, less than 1 month, another `of`, and a log without
    a clock.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions  # all in March; ada came on two days, for 14 dollars
    >>> by_month(log, "2026-02-01", 2)[0], by_month(log, "2026-02-01", 2, of="values")[0]
    (array([0., 2.]), array([ 0., 14.]))
    """
    check_log("log", log).check_clock("a month")
    first = read_moment(first, name="first").astype("datetime64[M]")
    months = check_whole("months", months)
    Choice(("days", "values")).check("of", of)
    month = (log.timestamps.astype("datetime64[M]") - first).astype(np.int64)
    inside = (month >= 0) & (month < months)
    cell, weights = log.users[inside] * months + month[inside], log.values[inside]
    if of == "days":
        day = log.timestamps[inside].astype("datetime64[D]")
        cell = cell[~pd.DataFrame({"cell": cell, "day": day}).duplicated()]
        weights = None
    table = np.bincount(cell, weights=weights, minlength=log.n_users * months)
    return table.astype(np.float64).reshape(log.n_users, months)


def before_months(tables, months):
    """What is known on the first of each of some months, and whether the month then brought it.

    tables: (n, m) arrays of amounts by user and month, as of `by_month`; the first one holds what
    is asked for. months: the columns to forecast, each at least 3. For each month and user the
    inputs are the three months before, of every table in turn, and the first table's mean over all
    months before. The target is 1.0 where the first table is above 0 in the month itself, else 0.0.

    Returns X (n · months, 3 · tables + 1) and y (n · months,): all users of the first month on top.
    Raises ValueError for tables of different shapes, no table, and a month without three before it
    or that no table has.

    >>> X, y = before_months([[[0, 2, 1, 5], [1, 0, 0, 0]]], [3])  # two users, four months
    >>> X.tolist(), y.tolist()
    ([[0.0, 2.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.3333333333333333]], [1.0, 0.0])
    """
    tables = [np.asarray(table, dtype=np.float64) for table in tables]
    shapes = {table.shape for table in tables}
    if len(shapes) != 1 or tables[0].ndim != 2:
        raise ValueError(f"tables must be (n, m) of one shape, got {sorted(shapes)}")
    asked = tables[0]
    months = [Whole(3, asked.shape[1] - 1).check("month", month) for month in months]

    def known_before(month):
        recent = [table[:, month - 3 : month] for table in tables]
        return np.hstack([*recent, asked[:, :month].mean(axis=1, keepdims=True)])

    target = np.hstack([asked[:, month] > 0 for month in months])
    return np.vstack([known_before(month) for month in months]), target.astype(np.float64)


def time_features(timestamps):
    """Hour and weekday as points on a circle, so that 23:59 lies beside 00:00, Sunday by Monday.

    timestamps: (n,) times in the shopper's local time, of any kind that `read_times` takes. Returns
    a DataFrame (n rows, labelled as a Series is) with hour_sin, hour_cos (a turn a day, down to
    fractions of a second, 0:00 at angle 0), weekday_sin, weekday_cos (a turn a week in seven steps,
    Monday at angle 0).

    Raises ValueError for what is missing, unreadable, a bare number or a time with a zone, and for
    more than one dimension.

    >>> time_features(["2026-03-02 06:00"]).round(2)  # a Monday; a quarter turn of the day
       hour_sin  hour_cos  weekday_sin  weekday_cos
    0       1.0       0.0          0.0          1.0
    """
    times = read_times(timestamps, name="timestamps")
    index = timestamps.index if isinstance(timestamps, pd.Series) else None
    days = times.astype("datetime64[D]")
    hours = (times - days) / np.timedelta64(1, "h")
    weekday = (days.astype(np.int64) + 3) % 7  # 1 January 1970 was a Thursday
    angles = {"hour": hours / 24, "weekday": weekday / 7}
    return pd.DataFrame(
        {
            f"{name}_{wave.__name__}": wave(2 * np.pi * turns)
            for name, turns in angles.items()
            for wave in (np.sin, np.cos)
        },
        index=index,
    )


def hashed(values, buckets):
    """A bucket number for each value: the same today, tomorrow and on every machine.

    values: (n,) texts, or whole numbers that count as their decimal text; buckets: how many, at
    least 1. Returns (n,) whole numbers from 0 to buckets - 1: the SHA-256 of the text in UTF-8,
    read as one big number, modulo `buckets`. Different values may share a bucket; no table of
    known values is needed. (Python's own `hash` of a text changes with each start of Python.)
    Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning; the hash: NIST,
    FIPS 180-4.

    Raises ValueError when buckets is below 1, for missing values, for what is no text and no whole
    number (1.0 would be another text than 1), and for more than one dimension.

    >>> hashed(["abc", "", "abc"], 16)  # SHA-256 ends in …d (13) for "abc", in …5 for ""
    array([13,  5, 13])
    """
    if np.ndim(values) != 1:
        raise ValueError(f"values must be (n,), got shape {np.shape(values)}")
    buckets = check_whole("buckets", buckets)
    index, distinct = pd.factorize(pd.Series(values))
    if (index < 0).any():
        raise ValueError(f"values must not be missing, row {np.argmax(index < 0)} is")
    for value in distinct:
        if isinstance(value, bool) or not isinstance(value, str | Integral):
            raise ValueError(f"values must be texts or whole numbers, got {value!r}")
    digests = (hashlib.sha256(str(value).encode()).digest() for value in distinct)
    numbers = [int.from_bytes(digest) % buckets for digest in digests]
    return np.array(numbers, dtype=np.int64)[index]


def co_purchase(log, now=None, *, within="s"):
    """In how many baskets two items meet: the weights of the co-purchase graph.

    log: Interactions; now: only events strictly before this moment count (all, if None); within:
    a NumPy time unit. Events of one user in the same second ("s", how a cash desk stamps a
    basket), hour "h", day "D", month "M" or year "Y" form a basket. Two lines of one item in a
    basket count once.

    Returns an (n_items, n_items) symmetric scipy CSR array of floats with an empty diagonal.
    Raises ValueError for a `now` that is unreadable or has a zone, for another unit, and for a log
    without a clock.

    >>> from course_lib.datasets import load_tiny_shop
    >>> log = load_tiny_shop().interactions  # items: tea, mug, kettle, honey, …
    >>> co_purchase(log, within="M").toarray()[:4, :4]
    array([[0., 2., 0., 1.],
           [2., 0., 0., 1.],
           [0., 0., 0., 0.],
           [1., 1., 0., 0.]])
    """
    check_log("log", log).check_clock("a graph of baskets")
    Choice(PERIODS).check("within", within)
    moment = None if now is None else read_moment(now, name="now")
    known = np.ones(len(log), bool) if now is None else log.timestamps < moment
    users, items = log.users[known], log.items[known]
    period = log.timestamps[known].astype(f"datetime64[{within}]")
    baskets = pd.DataFrame({"user": users, "period": period.astype(np.int64)})
    basket = baskets.groupby(["user", "period"], sort=False).ngroup().to_numpy()
    shape = (basket.max(initial=-1) + 1, log.n_items)
    holds = sparse.csr_array((np.ones(len(items)), (basket, items)), shape=shape)
    holds.sum_duplicates()
    holds.data[:] = 1
    together = sparse.csr_array(holds.T @ holds)
    row = np.repeat(np.arange(log.n_items, dtype=np.int32), np.diff(together.indptr))
    together.data[together.indices == row] = 0  # in place: the full graph has millions of edges
    together.eliminate_zeros()
    together.sort_indices()
    return together


def ppmi(counts):
    """How much more often two things meet than by chance: ln(seen / expected), never below 0.

    Positive pointwise mutual information: max(0, ln(c_ij · N / (r_i · k_j))) with r_i the sum of
    row i, k_j of column j, N of everything; in nats. A pair that never meets gets 0. Church &
    Hanks 1990, Word Association Norms, Mutual Information, and Lexicography (there with the
    logarithm to base 2); Levy & Goldberg 2014, Neural Word Embedding as Implicit Matrix
    Factorization, sec. 3.3.

    counts: (n, m), at least 0. A scipy sparse array gives a CSR array, without ever being made
    dense; anything else gives a NumPy array. Raises ValueError for negative or not finite counts
    and for other shapes.

    >>> ppmi([[0, 2], [2, 0]]).round(4)  # seen 2, expected 2 · 2 / 4 = 1: ln 2
    array([[0.    , 0.6931],
           [0.6931, 0.    ]])
    """
    if sparse.issparse(counts):
        matrix = sparse.coo_array(counts, dtype=np.float64)
        matrix.sum_duplicates()
    else:
        counts = np.asarray(counts, dtype=np.float64)
        if counts.ndim != 2:
            raise ValueError(f"counts must be (n, m), got shape {counts.shape}")
        matrix = sparse.coo_array(counts)
    bad = matrix.data[~(np.isfinite(matrix.data) & (matrix.data >= 0))]
    if bad.size:
        raise ValueError(f"counts must be finite and at least 0, got {bad[0]}")
    positive = matrix.data > 0
    row, column, seen = matrix.row[positive], matrix.col[positive], matrix.data[positive]
    # Logarithms are added up: a product of two sums could overflow, a quotient of them vanish.
    rows, columns = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[1])
    np.add.at(rows, row, seen)
    np.add.at(columns, column, seen)
    log_expected = np.log(rows[row]) + np.log(columns[column]) - np.log(seen.sum() or 1.0)
    more = np.log(seen) - log_expected
    kept = more > 0
    entries = (more[kept], (row[kept], column[kept]))
    result = sparse.csr_array(entries, shape=matrix.shape)
    return result if sparse.issparse(counts) else result.toarray()


def embed(matrix, dimensions, seed):
    """A short vector for each row, such that rows alike in `matrix` stay alike.

    The `dimensions` largest singular values and their left vectors, U · √Σ: for a symmetric
    positive matrix the vectors' dot products are its best approximation of that rank (Eckart &
    Young 1936, The Approximation of One Matrix by Another of Lower Rank); the square root:
    Levy, Goldberg & Dagan 2015, Improving Distributional Similarity with Lessons Learned from
    Word Embeddings, sec. 3.3.

    matrix: (n, m), dense or scipy sparse; dimensions: 1 to min(n, m); seed: where the iteration
    starts (the answer depends on it by rounding only, unless singular values are equal). Returns
    an (n, dimensions) array, largest singular value first; of each column the entry of largest
    size is positive, the first of them if several tie. Raises ValueError otherwise.

    >>> embed([[4, 2], [2, 1]], 1, seed=0).round(4)  # [2, 1] times itself is the matrix
    array([[2.],
           [1.]])
    """
    if not sparse.issparse(matrix):
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim != 2:
            raise ValueError(f"matrix must be (n, m), got shape {matrix.shape}")
    matrix = sparse.csr_array(matrix, dtype=np.float64)
    dimensions = Whole(1, min(matrix.shape)).check("dimensions", dimensions)
    seed = check_whole("seed", seed, 0)
    if not np.isfinite(matrix.data).all():
        raise ValueError(f"matrix must be finite, got {matrix.data[~np.isfinite(matrix.data)][0]}")
    if matrix.count_nonzero() == 0:
        return np.zeros((matrix.shape[0], dimensions))  # nothing to start the iteration from
    if min(matrix.shape) <= max(dimensions + 1, 100):  # small: find every singular value
        left, sizes, _ = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        start = np.random.default_rng(seed).standard_normal(min(matrix.shape))
        left, sizes, _ = svds(matrix, k=dimensions, v0=start)
        left, sizes = left[:, ::-1], sizes[::-1]
    vectors = left[:, :dimensions] * np.sqrt(sizes[:dimensions])
    size = np.abs(vectors)
    largest = np.argmax(size >= size.max(axis=0) * (1 - 1e-6), axis=0)  # rounding breaks no tie
    return vectors * np.where(vectors[largest, np.arange(dimensions)] < 0, -1.0, 1.0)
