"""What a chart can draw: finite numbers along one axis, numbers, times or words along the other."""

import numpy as np
import pandas as pd

from course_lib.parameters import check_numbers


def numbers_of(values, name, *, gaps=False, infinite=False, shape=None):
    """Floats of what was given, missing ones NaN; ValueError for what a chart cannot draw.

    gaps: NaN is allowed; infinite: so is infinity; shape: the one that is needed. Words, times,
    complex numbers and an empty array are refused, by `name` and value.

    >>> numbers_of([1, None], "values", gaps=True)
    array([ 1., nan])
    """
    numbers = check_numbers(name, values, missing=gaps, infinite=infinite)
    if not numbers.size:
        raise ValueError(f"{name} must hold at least one number, got none")
    if shape is not None and numbers.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}, got {numbers.shape}")
    return numbers


def places_of(index):
    """A pandas index as Matplotlib can place it: numbers, times, or else texts.

    >>> places_of(pd.Index(["tea", 7]))
    array(['tea', '7'], dtype=object)
    """
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if pd.api.types.is_numeric_dtype(index) or isinstance(index, pd.DatetimeIndex):
        return index.to_numpy()
    if pd.api.types.infer_dtype(index) in ("date", "datetime"):
        return pd.to_datetime(index).to_numpy()
    return np.array([str(name) for name in index], dtype=object)
