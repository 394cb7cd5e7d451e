"""Calibration: do predicted probabilities keep their promise?"""

import numpy as np
import pandas as pd

from course_lib.parameters import check_numbers, check_whole


def reliability_table(predicted, observed, *, bins=10):
    """In bins of equally many cases, the mean prediction and the share that happened.

    predicted: (n,) probabilities; observed: (n,) 0 or 1. Bins are quantiles of the prediction, and
    equal predictions share one: there may be fewer than `bins`, and one if all are equal. Columns
    are predicted, observed and cases. ValueError for what is no probability, no 0 or 1, empty, or
    of two lengths, and for two pandas objects whose labels differ. Murphy & Winkler 1977.

    >>> reliability_table([0.1, 0.1, 0.9, 0.9], [0, 0, 1, 0], bins=2)
       predicted  observed  cases
    0        0.1       0.0      2
    1        0.9       0.5      2
    """
    bins = check_whole("bins", bins)
    given = [side for side in (predicted, observed) if isinstance(side, pd.Series)]
    if len(given) == 2 and not given[0].index.equals(given[1].index):
        raise ValueError("predicted and observed must have the same index, in the same order")
    predicted = check_numbers("predicted", predicted, missing=True, infinite=True)
    observed = check_numbers("observed", observed, missing=True, infinite=True)
    if predicted.shape != observed.shape or predicted.ndim != 1:
        raise ValueError(
            f"predicted and observed must be (n,), got {predicted.shape} and {observed.shape}"
        )
    if not predicted.size:
        raise ValueError("predicted and observed must hold at least one case, got none")
    _refuse(predicted, ~((predicted >= 0) & (predicted <= 1)), "predicted", "probabilities, 0 to 1")
    _refuse(observed, ~np.isin(observed, (0, 1)), "observed", "0 or 1")
    bin_of = np.zeros(predicted.size)
    if np.ptp(predicted) > 0:  # without two edges qcut puts nobody anywhere
        bin_of = pd.qcut(predicted, bins, labels=False, duplicates="drop")
    table = pd.DataFrame({"predicted": predicted, "observed": observed}).groupby(bin_of)
    return table.mean().assign(cases=table.size()).reset_index(drop=True)


def _refuse(values, wrong, name, rule):
    if wrong.any():
        row = np.argmax(wrong)
        raise ValueError(f"{name} must be {rule}, got {values[row]} in row {row}")
