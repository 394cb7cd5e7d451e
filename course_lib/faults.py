"""Faults planted into a clean log, so that the truth about every row is known.

Rules that clean a log are tested on faults whose causes every shop knows: here they are, in the
shares in which a careless till might make them.
"""

import numpy as np
import pandas as pd

from course_lib.parameters import check_whole

COLUMNS = ("household", "basket", "product", "quantity", "dollars", "time")
SHARES = {"none": 0.985, "clock": 0.002, "slip": 0.003, "copy": 0.005, "retry": 0.005}  # of lines
CARD_EVERY = 50  # one receipt in so many is booked on the house card


def plant_faults(log, seed):
    """A copy of a log with five kinds of faults, and a column `fault` that says which row has one.

    log: a DataFrame with household, basket, product, quantity, dollars and time. The faults:

    house card: cashiers swipe their own card; the whole receipt is booked on household 0 (2 %)
    clock:      a till loses power; the time is 1 January 1970 (0.2 % of lines)
    slip:       a lost decimal point; dollars times 100 (0.3 %; a line of 0 dollars has none)
    copy:       a line is transmitted twice; the second one has the fault (0.5 %)
    retry:      the line is rung up again 2 to 20 seconds later, on receipt + 1 (0.5 %)

    A receipt on the house card keeps that fault, whatever else was drawn for its lines. Copies and
    retries are new rows at the end; their originals are honest. Rows are numbered from 0.
    Raises ValueError naming a missing column, and for a seed that is no whole number from 0.

    >>> row = {"household": 7, "basket": 1, "product": 3, "quantity": 1, "dollars": 4.0}
    >>> log = pd.DataFrame([row | {"time": pd.Timestamp("2026-03-01")}] * 2000)
    >>> sorted(plant_faults(log.assign(basket=range(2000)), seed=0)["fault"].unique())
    ['clock', 'copy', 'house card', 'none', 'retry', 'slip']
    """
    if missing := [name for name in COLUMNS if name not in log]:
        raise ValueError(f"log must have the column {missing[0]!r}, got {list(log.columns)}")
    rng = np.random.default_rng(check_whole("seed", seed, 0))
    drawn = rng.choice(list(SHARES), size=len(log), p=list(SHARES.values()))
    dirty = log.reset_index(drop=True).assign(fault=drawn)
    dirty.loc[(dirty["fault"] == "slip") & (dirty["dollars"] == 0), "fault"] = "none"
    receipts = np.sort(dirty["basket"].unique())
    chosen = rng.choice(receipts, len(receipts) // CARD_EVERY, replace=False)
    dirty.loc[dirty["basket"].isin(chosen), ["household", "fault"]] = [0, "house card"]
    dirty.loc[dirty["fault"] == "clock", "time"] = pd.Timestamp("1970-01-01")
    dirty.loc[dirty["fault"] == "slip", "dollars"] *= 100
    again, copies = dirty[dirty["fault"] == "retry"], dirty[dirty["fault"] == "copy"]
    seconds = pd.to_timedelta(rng.integers(2, 21, len(again)), unit="s")
    again = again.assign(time=again["time"] + seconds, basket=again["basket"] + 1)
    dirty.loc[dirty["fault"].isin(["copy", "retry"]), "fault"] = "none"
    return pd.concat([dirty, copies, again], ignore_index=True)
