"""The table of `benchmarks/ads.py`: honest intervals keep their rate, naive ones fail."""

from pathlib import Path

import pandas as pd
import pytest

PATH = Path(__file__).parents[1] / "datasets" / "ads" / "coverage.csv"
HONEST = {
    "value": ["IPS", "SNIPS", "doubly robust"],
    "conversions": ["delayed feedback"],
    "bought after a click": ["weighted by 1 / click", "clickers' model, taste", "ESMM, taste"],
} | {f"looked at place {place}": ["EM"] for place in (2, 3, 4, 5)}
NAIVE = {
    "value": ["replay", "direct model", "clipped IPS"],
    "conversions": ["unseen is no", "14-day window"],
    "bought after a click": ["clicked only", "clickers' model, guess", "ESMM, guess"],
    "bought if sent there": ["clicked only", "weighted by 1 / click"],  # no column knows the mood
} | {f"looked at place {place}": ["clicks by place"] for place in (2, 3, 4, 5)}


@pytest.fixture(scope="module")
def coverage():
    table = pd.read_csv(PATH)
    assert not table.duplicated(["seed", "question", "way"]).any()
    held = table["truth"].between(table["low"], table["high"])
    return held.groupby([table["question"], table["way"]]).agg(["mean", "size"])


def pairs(table):
    return [(question, way) for question, ways in table.items() for way in ways]


def test_the_table_has_200_seeds_of_every_question(coverage):
    assert set(coverage.index) == {*pairs(HONEST), *pairs(NAIVE)}
    assert (coverage["size"] >= 200).all()


@pytest.mark.parametrize("row", pairs(HONEST), ids=" ".join)
def test_an_honest_interval_holds_the_truth_at_its_rate(coverage, row):
    """95 of 100: in 200 logs, chance leaves 90 to 99 in all but one case of a thousand."""
    assert 0.90 <= coverage.loc[row, "mean"] <= 0.99


@pytest.mark.parametrize("row", pairs(NAIVE), ids=" ".join)
def test_a_naive_interval_fails(coverage, row):
    assert coverage.loc[row, "mean"] < 0.5
