"""The tables of lesson 15 hold together: the law before the largest run, three seeds of all."""

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.scaling import fit_law

FOLDER = ROOT / "datasets" / "pretraining"


@pytest.fixture(scope="module")
def runs():
    return pd.read_csv(FOLDER / "runs.csv")


def test_five_sizes_three_amounts_of_data_and_the_base_have_three_seeds_each(runs):
    small, base = (runs[runs["step"] == step] for step in ("sizes", "largest"))
    seeds = small.groupby(["parameters", "share"])["seed"].nunique()
    assert seeds.tolist() == [3] * 7
    assert small.loc[small["share"] == 0.5, "parameters"].nunique() == 5
    assert base["seed"].nunique() == 3 and (base["share"] == 1).all()
    assert base["parameters"].min() > 1.9 * small["parameters"].max()


def test_the_law_is_that_of_the_smaller_runs_and_stands_before_the_larger(runs):
    small = runs[runs["step"] == "sizes"]
    law = fit_law(small["parameters"], small["tokens"], small["test"])
    told = pd.read_csv(FOLDER / "law.csv").iloc[0]
    np.testing.assert_allclose(told[list(law._fields)].astype(float), law, rtol=0.01)
    assert told["says"] == pytest.approx(law.loss(told["parameters"], told["tokens"]), abs=1e-3)
    assert told["low"] <= told["says"] <= told["high"]
    assert runs.index[runs["step"] == "largest"].min() > small.index.max()


def test_each_variant_was_tuned_alike_and_has_three_seeds_and_the_same_households():
    uses = pd.read_csv(FOLDER / "uses.csv")
    tried = uses[uses["group"] == "validation"].groupby(["step", "variant"]).size()
    assert tried.tolist() == [3] * 6
    told = uses[uses["group"] != "validation"]
    for _, part in told.groupby(["step", "group"]):
        households = [set(mine["user"]) for _, mine in part.groupby(["variant", "seed"])]
        assert len(households) % 3 == 0
        assert all(mine == households[0] for mine in households)
