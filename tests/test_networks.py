"""Changes to SASRec's network: the benchmark's networks are the library's; its logs' form."""

import importlib.util
import json
import sys

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT
from logs import cycles, log_of

from course_lib.evaluation import evaluate
from course_lib.models.histories import Baskets
from course_lib.models.relative import RelativeSASRec
from course_lib.models.transformer import SASRec
from course_lib.split import leave_last_out

sys.path.insert(0, str(ROOT / "benchmarks"))
import networks

SMALL = {"dimensions": 6, "heads": 2, "length": 5, "blocks": 2, "dropout": 0.3}
TRIES, RESULTS = networks.HERE / "networks_tries.csv", networks.HERE / "networks_test.csv"


def twin(model, **changes):
    """The benchmark's network with the weights of a model of the library."""
    network = networks.Network(model.n_items_, networks.PLAIN | SMALL | changes)
    network(np.zeros((2, 1, SMALL["length"]), dtype=np.int32))
    encoder, rng = model.network_.encoder, np.random.default_rng(0)
    for variable in model.network_.trainable_variables:
        variable.assign(rng.normal(0, 0.5, variable.shape))
    pairs = [(network.items, model.network_.inputs_.of_id), (network.places, encoder.positions)]
    pairs += [(network.norm, encoder.norm)]
    for mine, theirs in zip(network.blocks, encoder.blocks, strict=True):
        pairs += [(mine.norm, theirs.attention_norm), (mine.norm2, theirs.network_norm)]
        pairs += [(mine.project, theirs.attention.project), (mine.mix, theirs.attention.mix)]
        pairs += [(mine.out, theirs.output_)]
        if changes:
            pairs += [(mine.hidden, theirs.switch), (mine.beside, theirs.content)]
            pairs += zip(mine.gates, theirs.gates, strict=True)
            mine.distance.assign(theirs.attention.distances)
        else:
            pairs += [(mine.hidden, theirs.hidden)]
    for mine, theirs in pairs:
        mine.set_weights(theirs.get_weights())
    network.biases.assign(model.network_.biases)
    return network


@pytest.mark.usefixtures("without_graphs")
@pytest.mark.parametrize("gate", [None, False, True], ids=["SASRec", "relative", "gate"])
def test_the_benchmarks_network_is_the_librarys(gate, monkeypatch):
    """Two programs, one formula: every user's NDCG@10 on validation and test is the same."""
    monkeypatch.setattr(networks, "K", 3)  # the catalogue has eight items
    split = leave_last_out(cycles())
    if gate is None:
        model, changes = SASRec(**SMALL, epochs=1), {}
    else:
        changes = {"swiglu": True, "distance": True, "gate": gate}
        model = RelativeSASRec(**SMALL, epochs=1, gate=gate)
    model.fit(split.train)
    network = twin(model, **changes)
    log = networks.Log(split, {"next": True}, networks.PLAIN | SMALL)
    for when, history in (("validation", split.train), ("test", split.before_test)):
        users = np.arange(split.train.n_users)
        states = networks.states(network, *log.latest(history, users))
        scores = states @ network.vectors().T + network.biases.numpy()
        np.testing.assert_allclose(scores, model.score(users, history), rtol=1e-3, atol=1e-3)
        found = networks.judged(network, log, when)["next"]
        table = evaluate(model, getattr(split, when), history=history, k=networks.K)
        np.testing.assert_allclose(found, table["ndcg"], atol=1e-6)


def test_every_event_with_a_next_basket_is_learned_from_once_an_epoch():
    split = leave_last_out(cycles())
    baskets = Baskets(split.train)
    for batch in (1, 3, 50):
        log = networks.Log(split, {"next": True}, networks.PLAIN | SMALL | {"batch": batch})
        for seed in (0, 1):
            items, days, places, targets = log.epoch(np.random.default_rng(seed))
            assert items.shape == days.shape == (log.steps, batch, SMALL["length"])
            read = np.take_along_axis(items.reshape(log.steps, -1), places, axis=1)
            pairs = np.column_stack([read[targets > 0], targets[targets > 0]]) - 1
            drawn = np.column_stack(baskets.draw(np.random.default_rng(seed)))
            assert sorted(pairs.tolist()) == sorted(drawn.tolist())


def test_a_step_with_too_many_targets_loses_none_in_silence():
    """24 histories with one target, 6 with eight, a window a step: 1.5 times the mean is 2."""
    log = log_of([list(range(n)) for n in [2] * 24 + [11] * 6], 12)
    split = leave_last_out(log)
    with pytest.raises(ValueError, match="a step must have at most 2 targets"):
        networks.Log(split, {}, networks.PLAIN | SMALL | {"batch": 1}).epoch(
            np.random.default_rng(0)
        )


jax_there = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed (group bench)"
)


@jax_there
def test_a_seed_learns_alone_what_it_learns_beside_others(tmp_path):
    """In a process of its own, since Keras computes with TensorFlow here."""
    import os
    import subprocess

    lines = [f"u{u} {(u + i) % 9}" for u in range(30) for i in range(8)]
    (tmp_path / "log.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    program = f"""
import sys
sys.path.insert(0, {str(ROOT / "benchmarks")!r})
from pathlib import Path
import networks
networks.K = 3  # the catalogue has nine items
folders = {{"data": Path({str(tmp_path / "log.txt")!r})}}
changes = {SMALL | {"batch": 4, "epochs": 4, "every": 2, "masked": 0.1, "cosine": True}!r}
changes |= {{"swiglu": True, "distance": True, "gate": True}}
alone = networks.run("ML-1M", changes, [1], folders)[0]
beside = networks.run("ML-1M", changes, [0, 1], folders)[0]
for one, other in zip(alone, [row for row in beside if row["seed"] == 1], strict=True):
    assert abs(one["loss"] - other["loss"]) < 1e-4 and one["epoch"] == other["epoch"]
assert alone[-1]["loss"] < alone[0]["loss"]
"""
    env = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program], env=env, check=True)


def test_a_file_that_is_not_there_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["networks", "try", "Toys", "{}", "--amazon", str(tmp_path)])
    networks.main()
    assert capsys.readouterr().out.startswith("Toys skipped: there is no ")


def test_the_log_has_its_form():
    """A run a setting, its epochs in order; settings name what can be changed."""
    table = pd.read_csv(TRIES)
    assert not table.duplicated(["set", "changes", "seed", "task", "epoch"]).any()
    assert (table["set"].isin(["ML-1M", "shop", *networks.FILES])).all()
    assert table[["last", "mean"]].min().min() > 0 and table[["last", "mean"]].max().max() < 1
    for changes in table["changes"].map(json.loads):
        assert set(changes) <= set(networks.PLAIN)
    best = table[table["set"] == "ML-1M"].sort_values("mean").iloc[-1]
    chosen = {"gate", "swiglu", "distance", "cosine", "dimensions", "heads", "dropout"}
    changes = networks.PLAIN | json.loads(best["changes"])
    assert {key: changes[key] for key in chosen} == {key: networks.FINAL[key] for key in chosen}


def test_readme_tells_the_results():
    readme = (networks.HERE / "README.md").read_text(encoding="utf-8")
    for line in networks.shown(pd.read_csv(RESULTS)).splitlines():
        assert line in readme
