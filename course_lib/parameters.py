"""Checks of what a caller may choose, so that a bad value is named and the same rule said alike."""

import numpy as np


def check_whole(name, value, least=1):
    """A whole number that is at least `least`; ValueError, naming value and rule, otherwise.

    True and False are no numbers here, and 2.0 is no whole number: both are slips more often than
    meant.

    >>> check_whole("epochs", 3)
    3
    >>> check_whole("epochs", 0)
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 1, got 0
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def check_above_0(name, value):
    """A finite number above 0; ValueError, naming value and rule, otherwise.

    >>> check_above_0("learning_rate", 0.01)
    0.01
    """
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be above 0, got {value!r}")
    return value
