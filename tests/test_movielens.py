"""SASRec on MovieLens-1M with means of weights and counts: anew in small, and its log's form."""

import dataclasses
import json
import sys

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.evaluation import evaluate
from course_lib.models.markov import Markov

sys.path.insert(0, str(ROOT / "benchmarks"))
import harness
import movielens

SMALL = {"length": 8, "dimensions": 4, "blocks": 1, "heads": 1, "dropout": 0.1}
TRIES, RESULTS = movielens.HERE / "movielens_tries.csv", movielens.HERE / "movielens_test.csv"


@pytest.fixture
def file(tmp_path):
    """60 users who take one of three kinds of 60 items mostly, in rising order."""
    rng, lines = np.random.default_rng(0), []
    for user in range(60):
        own = np.sort(rng.permutation(20)[: rng.integers(5, 11)] + 20 * (user % 3))
        items = dict.fromkeys([*own.tolist(), *rng.integers(0, 60, 2).tolist()])
        lines += [f"u{user} {item}" for item in items]
    (tmp_path / "log.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "log.txt"


@pytest.fixture
def data(file):
    return movielens.Data(file)


def spread(name):
    return {"model": name, **movielens.SPACE[name][1]}


@pytest.mark.parametrize("when", ["validation", "test"])
def test_ndcg_of_counts_is_the_librarys(data, when):
    part = spread("Markov")
    values, _, numbers = data.measured(movielens.single(**part), when)
    model = Markov(**movielens.SPACE["Markov"][1]).fit(data.split.train)
    table = evaluate(model, getattr(data.split, when), history=data.known(when))
    np.testing.assert_allclose(values, table["ndcg"], atol=1e-9)
    assert numbers == model.transitions_.nnz


def test_equal_scores_stand_in_the_catalogues_order():
    scores = np.array([[1.0, 1, 1], [-np.inf, 2, 2]])
    found = movielens.ndcg(scores, np.array([1, 0]), np.array([2, 1]))
    np.testing.assert_allclose(found, [1 / np.log2(3)] * 2)


def test_shares_are_among_what_is_new_and_sums_leave_it_there(data):
    seen = data.known("test").rows(data.users).toarray() > 0
    parts = [[1.0, spread(name)] for name in ("Markov", "co-visits")]
    logs = data.shares(json.dumps(parts[0][1]), "test")[0]
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1, atol=1e-5)
    for form in ("log", "top"):
        total, _, _ = data.mixed({"form": form, "parts": parts}, "test")
        assert np.array_equal(total == -np.inf, seen)


def test_co_visits_by_hand():
    """a, b, c in this order: a→b and b→c at gap 1, a→c at gap 2; back counts a quarter."""
    from course_lib.interactions import Interactions

    times = np.arange(3).astype("datetime64[s]")
    log = Interactions(np.zeros(3, int), np.arange(3), times, np.ones(3), ["ann"], list("abc"))
    model = movielens.CoVisits(fade=0.5, back=0.25, target=0.0, decay=0.5).fit(log)
    counts = np.array([[0, 1, 0.5], [0.25, 0, 1], [0.125, 0.25, 0]])
    near = counts / (counts.sum(axis=1, keepdims=True) + 1)
    np.testing.assert_allclose(model.near_, near)
    np.testing.assert_allclose(model.score([0], log)[0], 0.25 * near[0] + 0.5 * near[1] + near[2])


@pytest.fixture
def trained(file, data, tmp_path, monkeypatch):
    """A run of two epochs and, after an interruption, a third; another seed; the other network."""
    monkeypatch.setattr(movielens, "SIZES", SMALL)
    monkeypatch.setattr(movielens, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(movielens.networks, "KEPT", tmp_path / "none")
    runs = [(movielens.KeptSASRec, "seed0_batch16", 0, (2, 3))]
    runs += [(movielens.KeptSASRec, "again", 0, (3,))]
    runs += [(movielens.KeptSASRec, "seed1_batch16", 1, (3,))]
    runs += [(movielens.KeptRelative, "relative_seed0_batch16", 0, (3,))]
    for kind, run, seed, calls in runs:
        for epochs in calls:
            model = kind(**SMALL, batch_size=4, epochs=epochs, seed=seed)
            model.folder = movielens.KEPT / run
            model.fit(data.split.train)
    return data


def weights(run, epoch, which):
    with np.load(movielens.KEPT / run / f"epoch{epoch:03}.npz") as file:
        return [file[name] for name in sorted(file.files) if name.startswith(which)]


@pytest.mark.usefixtures("without_graphs")
def test_what_training_keeps(trained, monkeypatch):
    """An interrupted run goes on as if nothing had been; means are means; tuning reads them."""
    run = "seed0_batch16"
    for which in ("last", "mean"):
        for a, b in zip(weights(run, 3, which), weights("again", 3, which), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
    model, seconds = movielens.network(run, "mean", [2, 3], trained.split.train)
    mine = {w.shape: w for w in model.network_.get_weights() if w.shape == (60,)}[60,]
    both = [next(w for w in weights(run, e, "mean") if w.shape == (60,)) for e in (2, 3)]
    np.testing.assert_allclose(mine, np.mean(both, axis=0), atol=1e-6)
    assert seconds > 0

    tries = movielens.Tries(movielens.KEPT / "tries.csv", trained)
    movielens.tune(tries)
    log = tries.path.read_text(encoding="utf-8")
    movielens.tune(movielens.Tries(tries.path, trained))
    assert tries.path.read_text(encoding="utf-8") == log  # it goes on where the log ends
    shuffled = dataclasses.replace(trained.split, test=trained.split.validation)
    with monkeypatch.context() as patch:
        patch.setattr(trained, "split", shuffled)
        blind = movielens.Tries(movielens.KEPT / "blind.csv", trained)
        movielens.tune(blind)
    assert blind.found == tries.found  # whatever the test holds

    tries = movielens.Tries(tries.path, trained)
    asked = list(movielens.questions(tries))
    movielens.test(tries, movielens.KEPT / "test.csv")
    table = pd.read_csv(movielens.KEPT / "test.csv", dtype={"seeds": str}).set_index("try")
    assert table.index.tolist() == [name for name, _, _ in asked]
    whole = [name for name in table.index if ", without " not in name]
    assert pd.read_csv(tries.path)["test"].notna().sum() == len(whole)
    both = [movielens.with_seed(tries.best(movielens.MEAN), seed) for seed in (0, 1)]
    means = [trained.measured(setting, "test")[0].mean() for setting in both]
    assert table.loc[movielens.MEAN, "test"] == pytest.approx(np.mean(means), abs=1e-6)
    assert table.loc[movielens.MEAN, "seeds"] == " ".join(f"{mean:.4f}" for mean in means)
    assert " " not in table.loc[movielens.RELATIVE, "seeds"]  # one seed is there
    name = f"{movielens.MEAN} + counts"
    for part in [row for row in table.index if row.startswith(f"{name}, ")]:
        worth = table.loc[name, "test"] - table.loc[part, "test"]
        assert table.loc[part, "gain"] == pytest.approx(worth, abs=1e-6)


def test_what_can_be_left_out_of_a_sum():
    network = {"model": "SASRec", "run": "seed0_batch16", "weights": "mean", "epochs": [4, 6]}
    setting = {"form": "log", "parts": [[1.0, network], [0.5, {"model": "Markov", "memory": 4}]]}
    left = dict(movielens.without(setting))
    assert left["the network"]["parts"] == setting["parts"][1:]
    assert left["Markov"]["parts"] == setting["parts"][:1]
    last = network | {"weights": "last", "epochs": [6, 6]}
    assert left["the mean"]["parts"] == [[1.0, last], setting["parts"][1]]
    other = movielens.with_seed(setting, 2)
    assert other["parts"][0][1] == network | {"run": "seed2_batch16"}
    assert other["parts"][1] == setting["parts"][1]


data_there = pytest.mark.skipif(not harness.DATA.exists(), reason=f"there is no {harness.DATA}")
tested = pytest.mark.skipif(not RESULTS.exists(), reason="movielens.py test has not been run")


def test_the_log_has_its_form():
    """Every line's setting can be read; a tested one was the best of its kind until then."""
    table = pd.read_csv(TRIES)
    assert tuple(table) == movielens.Tries.COLUMNS
    assert not table.duplicated(["try", "setting"]).any()
    assert table["validation"].between(0, 1).all() and (table["numbers"] > 0).all()
    for setting in table["setting"].map(json.loads):
        assert setting["form"] in ("log", "top") and setting["parts"]
    best_so_far = table.groupby("try")["validation"].cummax()
    tested = table["test"].notna()
    assert (table["validation"] >= best_so_far)[tested].all()


@data_there
@pytest.mark.parametrize("kind", ["popularity", "Markov"])
def test_counts_are_the_logs(kind):
    log = pd.read_csv(TRIES)
    row = log.loc[log.loc[log["try"] == kind, "validation"].idxmax()]
    values, _, numbers = movielens.Data(harness.DATA).measured(
        json.loads(row["setting"]), "validation"
    )
    assert values.mean() == pytest.approx(row["validation"], abs=1e-5)
    assert numbers == row["numbers"]


@tested
def test_what_was_tested_is_in_the_log_and_in_the_readme():
    results, tries = pd.read_csv(RESULTS, dtype={"seeds": str}), pd.read_csv(TRIES)
    whole = results[~results["try"].str.contains(", without ")]
    both = whole.merge(tries, on=["try", "setting"], suffixes=("", " logged"))
    assert len(both) == len(whole)
    first = both["seeds"].str.split().str[0].astype(float)  # the log is of the first seed
    np.testing.assert_allclose(first, both["test logged"], atol=1e-4)
    readme = (movielens.HERE / "README.md").read_text(encoding="utf-8")
    for text in (movielens.shown(results), movielens.shown_parts(results)):
        for line in text.splitlines():
            assert line in readme


def test_without_the_file_it_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["movielens", "tune", "--data", str(tmp_path / "none.txt")])
    movielens.main()
    assert capsys.readouterr().out.startswith("movielens skipped: there is no ")
