"""Spelling on the Amazon files: all of it in small, and that choosing does not see the test."""

import dataclasses
import json
import sys

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT
from test_amazon import drawn

from course_lib.evaluation import evaluate

sys.path.insert(0, str(ROOT / "benchmarks"))
import amazon
import amazon_counts as counts
import amazon_generative as spelling

PAIRS = {"fade": 0.85, "back": 0.3, "share": 0.0, "smoothing": 3.0, "source": 0.6, "target": 0.2}
PAIRS |= {"decay": 0.6}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two sets of 60 users and a log of co-visits; networks of one epoch, two numbers to choose."""
    for name, seed in (("Beauty", 0), ("Toys_and_Games", 1)):
        lines = "\n".join(drawn(seed)) + "\n"
        (tmp_path / f"{name}.txt").write_text(lines, encoding="utf-8")
    table = [[name, "co-visits", json.dumps(PAIRS), 0.1, 0.2, 1] for name in ("Beauty", "Toys")]
    table = pd.DataFrame(table, columns=amazon.Tries.COLUMNS)
    table.to_csv(tmp_path / "amazon_tries.csv", index=False)
    monkeypatch.setattr(counts, "RANKS", 10)
    monkeypatch.setattr(spelling, "RANK", 5)
    monkeypatch.setattr(spelling, "KEPT", tmp_path / "kept")
    small = {"length": 8, "batch_size": 16, "blocks": 1, "epochs": 1}
    monkeypatch.setattr(spelling, "SIZES", spelling.SIZES | small)
    monkeypatch.setitem(spelling.MODELS, spelling.SPELT, 2)
    monkeypatch.setattr(spelling, "SPACE", {"codes": [4, 8], "power": [0.5, 1.0]})
    start = {"codes": 4, "power": 1.0, "dimensions": 4}
    monkeypatch.setattr(spelling, "START", spelling.START | start)
    return tmp_path


def call(folder, monkeypatch, step, *sets):
    arguments = [str(folder), step, "--sets", *sets, "--logs", str(folder)]
    monkeypatch.setattr(sys, "argv", ["amazon_generative", *arguments])
    spelling.main()


@pytest.mark.usefixtures("without_graphs")
def test_all_of_it_in_small(folder, monkeypatch):
    """Tune, again, blind to the test; then test, again, and its table."""
    log = folder / "amazon_generative_tries.csv"
    call(folder, monkeypatch, "tune", "Beauty", "Toys")
    text, table = log.read_text(encoding="utf-8"), pd.read_csv(log)
    assert (table["epochs"] == 1).all()
    best = table[table["set"] == "Beauty"].sort_values("ndcg", ascending=False, kind="stable")
    tried = table.loc[table["set"] == "Toys", "setting"].tolist()
    assert tried == [best["setting"].iloc[0]]

    with monkeypatch.context() as patch:
        patch.setattr(spelling.Data, "fitted", None)  # nothing may be fitted again
        call(folder, patch, "tune", "Beauty", "Toys")
        assert log.read_text(encoding="utf-8") == text

    call(folder, monkeypatch, "test", "Beauty")
    results = folder / "amazon_generative_test.csv"
    text, table = results.read_text(encoding="utf-8"), pd.read_csv(results)
    assert table["model"].tolist() == list(spelling.MODELS)
    assert table["seeds"].tolist() == list(spelling.MODELS.values())
    row = table.set_index("model").loc[spelling.SPELT]
    for other in (spelling.SHUFFLED, spelling.WHOLE):
        lead = row["ndcg"] - table.set_index("model").loc[other, "ndcg"]
        assert lead == pytest.approx(row[f"over {other}"], abs=1e-5)
    assert np.isfinite([row["over co-visits"], row["beam over all items"]]).all()
    with monkeypatch.context() as patch:
        patch.setattr(spelling.Data, "fitted", None)
        call(folder, patch, "test", "Beauty")
        assert results.read_text(encoding="utf-8") == text


@pytest.mark.usefixtures("without_graphs")
def test_choosing_does_not_look_at_the_test_and_a_limit_ends_it(folder, monkeypatch):
    found = []
    for shift in (0, 1):
        data = spelling.Data(folder / "Beauty.txt", PAIRS)
        last = np.flatnonzero(data.log.after == 0)
        data.log.items[last] = np.roll(data.log.items[last], shift)
        if shift:  # everybody's test is somebody else's, or what nobody may know
            data.split = dataclasses.replace(data.split, test=data.split.validation)
        tries = spelling.Tries(folder / f"{shift}.csv")
        spelling.tune("Beauty", data, tries, 2)
        found.append(tries.found)
    assert found[0] == found[1]
    assert len(found[0]) == 2


@pytest.mark.usefixtures("without_graphs")
@pytest.mark.parametrize("model", list(spelling.MODELS))
def test_places_are_those_of_the_library_s_evaluation(folder, model):
    data = spelling.Data(folder / "Beauty.txt", PAIRS)
    network = data.fitted(model, spelling.START)
    split, everybody = data.split, np.arange(data.log.shape[0])
    for asked, held, history in (
        (amazon.VALIDATION, split.validation, split.train),
        (amazon.TEST, split.test, split.before_test),
    ):
        table = evaluate(network, held, history=history)
        places = data.places(network, asked, everybody)
        np.testing.assert_allclose(table["ndcg"], counts.ndcg(places), atol=1e-9)
        np.testing.assert_allclose(table["recall"], counts.recall(places))


def test_codes_come_from_train_alone_and_shuffled_ones_are_the_same_codes(folder, monkeypatch):
    data = spelling.Data(folder / "Beauty.txt", PAIRS)
    other = spelling.Data(folder / "Beauty.txt", PAIRS)
    held = np.flatnonzero(other.log.after < 2)
    other.log.items[held] = np.roll(other.log.items[held], 1)
    for side in ("left", "both", "right"):
        vectors = data.vectors(side, 1.0)
        np.testing.assert_array_equal(vectors, other.vectors(side, 1.0))
        lengths = np.linalg.norm(vectors, axis=1)
        np.testing.assert_allclose(lengths[lengths > 0.5], 1, atol=1e-5)
    given = []
    monkeypatch.setattr(spelling.Spelling, "fit", lambda self, *_: given.append(self))
    for model in (spelling.SPELT, spelling.SHUFFLED):
        data.fitted(model, spelling.START)
    plain, shuffled = (sorted(map(tuple, model.item_vectors)) for model in given)
    assert plain == shuffled
    assert not np.array_equal(given[0].item_vectors, given[1].item_vectors)


def test_files_that_are_not_there_are_skipped_with_the_reason(tmp_path, capsys, monkeypatch):
    call(tmp_path, monkeypatch, "tune", "Beauty", "Toys")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" skipped: there is no ")[0] for line in lines] == ["Beauty", "Toys"]


RESULTS = ROOT / "benchmarks" / "amazon_generative_test.csv"


def test_what_was_tested_is_the_best_that_was_tried():
    tries = spelling.Tries(ROOT / "benchmarks" / "amazon_generative_tries.csv")
    for row in pd.read_csv(RESULTS).itertuples(index=False):
        assert json.loads(row.setting) == tries.best("Beauty", spelling.SPELT)


def test_readme_shows_the_table_of_the_results():
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for line in spelling.shown(pd.read_csv(RESULTS)).splitlines():
        assert line in readme
