"""Vectors that come from elsewhere, of items or users: whose row is which?"""

import numpy as np
import pandas as pd


def in_catalogue_order(name, table, ids):
    """The numbers of a table as a float array (len(ids), d), row i being that of ids[i].

    An array, of NumPy or whatever NumPy can read, is taken to be in this order already, as item
    vectors must be in the catalogue's. A DataFrame says in its index whose row is whose: that
    must hold each of the ids once, in any order, and nothing else; a table whose index only
    counts its rows is refused, unless the ids do so too. `name` is what errors call the table.
    Raises ValueError for other shapes, other labels, and numbers that are not finite.

    >>> table = pd.DataFrame({"sweet": [0.0, 1.0]}, index=["tea", "cake"])
    >>> in_catalogue_order("item_vectors", table, ["cake", "tea"])
    array([[1.],
           [0.]])
    """
    if isinstance(table, pd.DataFrame):
        table = by_label(name, table, pd.Index(ids))
    try:
        numbers = np.asarray(table)
        if numbers.dtype.kind not in "biufO":
            raise TypeError("text, times, complex numbers")
        numbers = numbers.astype(np.float64)
    except (TypeError, ValueError):
        kind = type(table).__name__
        raise ValueError(f"{name} must be numbers of shape ({len(ids)}, d), got {kind}") from None
    if numbers.ndim != 2 or len(numbers) != len(ids) or not numbers.shape[1]:
        raise ValueError(f"{name} must be ({len(ids)}, d), a row each, got {numbers.shape}")
    bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
    if bad.size:
        raise ValueError(f"{name} must be finite, row {bad[0]} is not")
    return numbers


def by_label(name, table, ids):
    """The rows of a DataFrame, or the values of a Series, in the order of ids (a pandas Index).

    Raises ValueError unless its index holds each of the ids once and nothing else.
    """
    if table.index.has_duplicates:
        label = table.index[table.index.duplicated()].tolist()[0]
        raise ValueError(f"{name} must have each id once in its index, got {label!r} twice")
    missing = ids[~ids.isin(table.index)].tolist()
    unknown = table.index[~table.index.isin(ids)].tolist()
    if missing or unknown:
        wrong = f"{missing[0]!r} is missing" if missing else f"{unknown[0]!r} is none of them"
        raise ValueError(
            f"{name} must have the ids in its index, {wrong}; rows in the catalogue's order can "
            "be given as an array (`.to_numpy()`)"
        )
    return table.reindex(ids)
