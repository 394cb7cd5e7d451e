"""What a lesson prints of trained models would be printed after another seed too, by a margin."""

import pandas as pd
import pytest
from lessons import ROOT, SOURCES, code, make_notebooks

TABLE = pd.read_csv(ROOT / "tests" / "margins.csv", dtype={"lesson": str})  # of tools/margins.py
VERDICTS = list(TABLE.groupby(["lesson", "code", "number", "edge"], sort=False))
SPREADS = 3  # how many standard deviations over the seeds a number stays away from its edge
LEAST = (
    1e-3  # and how far at least: models without a seed differ by rounding from machine to machine
)


@pytest.mark.parametrize(
    ("edge", "runs"),
    [(key[3], runs) for key, runs in VERDICTS],
    ids=[f"{key[0]}: {key[2]} and {key[3]}" for key, _ in VERDICTS],
)
def test_no_verdict_stands_near_its_edge(edge, runs):
    distance = runs["value"] - edge
    assert (distance > 0).all() or (distance < 0).all(), "seeds disagree"
    spread = distance.std() if len(runs) > 1 else 0.0  # models without a seed run once
    assert abs(distance.mean()) > max(SPREADS * spread, LEAST)


@pytest.mark.parametrize(("lesson", "snippet"), sorted({key[:2] for key, _ in VERDICTS}))
def test_the_table_is_of_the_lessons_as_they_stand(lesson, snippet):
    (source,) = (path for path in SOURCES if path.stem.startswith(lesson))
    assert any(snippet in cell.source for cell in code(make_notebooks.solved(source)))


def test_verdicts_of_networks_were_asked_of_several_seeds():
    seeds = TABLE.groupby("lesson")["seed"].nunique()
    assert (seeds[["03", "12", "13", "15"]] >= 3).all()
