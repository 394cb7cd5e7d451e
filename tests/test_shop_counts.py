"""The shop as fifth column: counts on paper and against the library, the search in small, logs."""

import dataclasses
import json
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.evaluation import evaluate
from course_lib.interactions import Interactions
from course_lib.models.markov import Markov
from course_lib.models.neighbours import ItemNeighbours
from course_lib.models.repurchase import Repurchase
from course_lib.split import split_by_time

sys.path.insert(0, str(ROOT / "benchmarks"))
import amazon
import leaderboard
import shop_counts as shop
from movielens import Tries

TRIES, RESULTS = shop.HERE / "shop_counts_tries.csv", shop.HERE / "shop_counts_test.csv"
TEA, MUG, POT = range(3)


@pytest.fixture(scope="module")
def five():
    """One household: tea and a mug, after 7 days tea, after 14 more a pot and tea."""
    items, days = [TEA, MUG, TEA, POT, TEA], [0, 0, 7, 21, 21]
    times = np.datetime64("2017-01-01T12:00:00") + np.array(days) * np.timedelta64(1, "D")
    return Interactions(
        np.zeros(5, int), np.array(items), times, np.ones(5), ["ann"], ["tea", "mug", "pot"]
    )


def table(of):
    """{(before, then): number} as a table."""
    filled = np.zeros((3, 3))
    for cell, number in of.items():
        filled[cell] = number
    return filled


# Gaps: 1, 2 and 1 baskets, faded to 1/2, 1/4, 1/2; 7, 21 and 14 days, to 1/2, 1/8, 1/4.
AHEAD = {
    "baskets": {(TEA, TEA): 1.25, (TEA, POT): 0.75, (MUG, TEA): 0.75, (MUG, POT): 0.25},
    "days": {(TEA, TEA): 0.875, (TEA, POT): 0.375, (MUG, TEA): 0.625, (MUG, POT): 0.125},
}
HALF = {"baskets": 1, "days": 7}


@pytest.mark.parametrize("clock", AHEAD)
def test_pairs_of_five_events_on_paper(five, clock):
    found = shop.ahead(five, clock, HALF[clock], 0.0, 0.0, 1.0)
    np.testing.assert_allclose(found, table(AHEAD[clock]))
    np.testing.assert_allclose(shop.ahead(five, clock, HALF[clock], 0.0, 1.0, 1.0), found / 5)
    # What is no longer new counts a tenth: of what came later, all but the pot.
    fewer = {cell: x * (1.0 if cell[1] == POT else 0.1) for cell, x in AHEAD[clock].items()}
    found = shop.ahead(five, clock, HALF[clock], 0.0, 0.0, 0.1)
    np.testing.assert_allclose(found, table(fewer), rtol=1e-6)


def test_baskets_of_five_events_on_paper(five):
    """An item of the first and the last basket counts a half, one of the second whole."""
    first = {(TEA, TEA): 0.25 + 0.0625 + 0.25, (TEA, POT): 0.0625 + 0.25}
    both = first | {(MUG, TEA): 0.25 + 0.0625, (MUG, POT): 0.0625}
    np.testing.assert_allclose(shop.ahead(five, "baskets", 1, 1.0, 0.0, 1.0), table(both))
    beside = {(TEA, MUG): 0.25, (MUG, TEA): 0.25, (TEA, POT): 0.25, (POT, TEA): 0.25}
    np.testing.assert_allclose(shop.together(five, 1.0, 0.0, 1.0), table(beside))
    beside |= {(POT, TEA): 0.025}
    np.testing.assert_allclose(shop.together(five, 1.0, 0.0, 0.1), table(beside))
    np.testing.assert_allclose(shop.together(five, 1.0, 1.0, 0.1), table(beside) / 5)


NUMBERS = {"fade": 7, "back": 0.5, "beside": 2.0, "size": 0.0, "share": 0.0, "repeats": 1.0}
NUMBERS |= {"source": 1.0, "target": 0.0, "power": 1.0, "again": 3.0, "recent": 14}


def test_scores_of_five_events_on_paper(five):
    model = shop.CoVisits(clock="days", **NUMBERS).fit(five)
    ahead = table(AHEAD["days"])
    beside = table({(TEA, MUG): 1, (MUG, TEA): 1, (TEA, POT): 1, (POT, TEA): 1})
    near = ahead + 0.5 * ahead.T + 2 * beside
    near /= near.sum(axis=1, keepdims=True) + shop.SMOOTHING
    near[TEA, TEA] *= 3
    np.testing.assert_allclose(model.near_, near, rtol=1e-6)
    # ages of 21, 14 and 0 days, faded to 0.354, 1/2 and 1
    old = 0.5**1.5
    want = (old + 0.5 + 1) * near[TEA] + old * near[MUG] + near[POT]
    np.testing.assert_allclose(model.score([0], five)[0], want, rtol=1e-6)


def test_a_low_rank_of_all_ranks_is_the_table_of_pairs(five):
    numbers = NUMBERS | {"again": 1.0, "source": 0.4, "target": 0.4}
    whole = shop.co_table(five, "days", *(numbers[name] for name in shop.PAIRS[1:]))
    np.fill_diagonal(whole, 0)
    low = shop.LowRank(clock="days", rank=3, **numbers).fit(five)
    np.testing.assert_allclose(low.near_, shop.divided(whole, 0.4, 0.4), atol=1e-6)
    assert np.linalg.matrix_rank(shop.LowRank(clock="days", rank=1, **numbers).fit(five).near_) == 1


@pytest.fixture
def split(monkeypatch):
    """40 households with one of three tastes, who come every few days for one to four items."""
    rng, rows = np.random.default_rng(0), []
    for user in range(40):
        day = 0.0
        while (day := day + rng.exponential(15)) < 365:
            taste = rng.integers(0, 8, rng.integers(1, 5)) + 8 * (user % 3)
            rows += [(f"h{user}", item, day) for item in {*taste.tolist(), rng.integers(24)}]
    frame = pd.DataFrame(rows, columns=["user", "item", "day"])
    frame["timestamp"] = pd.Timestamp("2017-01-01") + pd.to_timedelta(frame["day"], "D").dt.floor(
        "s"
    )
    split = split_by_time(Interactions.from_frame(frame), "2017-10-01", "2017-11-01")
    monkeypatch.setattr(leaderboard, "load", lambda: (None, split))
    return split


def spread(name, clock, task="replenish"):
    return {"model": name, "clock": clock, **shop.space(name, clock, task)[1]}


def test_counts_are_the_librarys_where_they_mean_the_same(split):
    users, history = np.arange(split.train.n_users), split.before_test
    own = shop.Own(clock="days", recent=28).fit(split.train)
    theirs = Repurchase(half_life=28).fit(split.train)
    lists = [one.recommend(users, history, 5, exclude_seen=False) for one in (own, theirs)]
    assert np.array_equal(*lists)
    chain = shop.Chain(clock="baskets", smoothing=3.0, fade=None, recent=1).fit(split.train)
    theirs = Markov(smoothing=3.0, memory=100, decay=0.5).fit(split.train)
    np.testing.assert_allclose(
        chain.score(users, history), theirs.score(users, history), rtol=1e-4, atol=1e-6
    )
    numbers = {"neighbours": 5, "shrinkage": 3.0, "power": 0.5}
    near = shop.Near(clock="days", recent=None, **numbers).fit(split.train)
    theirs = ItemNeighbours(**numbers).fit(split.train)
    np.testing.assert_allclose(near.score(users, history), theirs.score(users, history))


def test_a_step_of_the_chain_counts_less_the_longer_it_took(five):
    """Tea to tea in 7 days: a half; tea to pot and tea in 14: an eighth each; mug to tea a half."""
    chain = shop.Chain(clock="days", smoothing=3.0, fade=7, recent=None).fit(five)
    want = {(TEA, TEA): 0.5 + 0.125, (TEA, POT): 0.125, (MUG, TEA): 0.5}
    np.testing.assert_allclose(chain.transitions_.toarray(), table(want))


@pytest.mark.parametrize("when", ["validation", "test"])
@pytest.mark.parametrize(("task", "hidden"), leaderboard.TASKS.items())
def test_ndcg_is_the_librarys_and_shares_are_shares(split, task, hidden, when):
    data = shop.Shop()
    history = split.train if when == "validation" else split.before_test
    for name, clock in (("co-visits", "days"), ("own counts", "baskets")):
        part = spread(name, clock, task)
        values, _, _ = data.measured(shop.summed(task, (1.0, part)), when)
        numbers = {key: value for key, value in part.items() if key != "model"}
        model = shop.MODELS[name](**numbers).fit(split.train)
        held_out = getattr(split, when)
        wanted = evaluate(model, held_out, history=history, exclude_seen=hidden)
        np.testing.assert_allclose(values, wanted["ndcg"], atol=1e-9)
        logs = data.shares(json.dumps(part), task, when)[0]
        np.testing.assert_allclose(np.exp(logs).sum(axis=1), 1)
        seen = history.rows(data.wanted(task, when)[0]).toarray() > 0
        assert np.array_equal(np.isneginf(logs), seen & hidden)
        again, _, _ = data.measured(shop.summed(task, (0.5, part), (2.0, part), form="top"), when)
        np.testing.assert_allclose(again, values, atol=1e-9)


@pytest.fixture
def small(split, tmp_path, monkeypatch):
    """Short lists, one round, networks of one epoch; kept in a folder of their own."""
    best = {"SASRec": {"dimensions": 4, "length": 8, "epochs": 1}, "EASE": {"regularisation": 9.0}}
    monkeypatch.setattr(leaderboard, "best", lambda task, name: (0, dict(best[name])))
    monkeypatch.setattr(leaderboard, "FITTED", tmp_path / "fitted")
    monkeypatch.setattr(
        leaderboard, "fitted", cache(leaderboard.fitted)
    )  # else read anew each time
    monkeypatch.setattr(leaderboard, "FOLDER", tmp_path)
    monkeypatch.setattr(shop, "HALF_LIVES", {"baskets": [4, 8, 16], "days": [28, 56, 112]})
    monkeypatch.setattr(shop, "WEIGHTS", (0.0, 0.2, 0.5, 1.0))
    monkeypatch.setattr(shop, "SEEDS", (0, 1))
    monkeypatch.setattr(amazon, "ROUNDS", 1)
    everybody = {}
    for task in leaderboard.TASKS:
        found = np.linspace(0, 1, len(shop.Shop().wanted(task, "test")[0]))
        everybody |= {f"{task}, hybrid, {seed}": found for seed in shop.SEEDS}
    np.savez(tmp_path / "households.npz", **everybody)
    return tmp_path


def run(folder, step, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["shop_counts", step, "--logs", str(folder)])
    shop.main()


@pytest.mark.usefixtures("without_graphs")
def test_all_steps_in_small(small, split, monkeypatch):
    run(small, "train", monkeypatch)
    assert len(list((small / "fitted").iterdir())) == len(leaderboard.TASKS) * len(shop.SEEDS)
    run(small, "tune", monkeypatch)
    log = (small / "shop_counts_tries.csv").read_text(encoding="utf-8")
    with monkeypatch.context() as nothing:  # it goes on where the log ends
        nothing.setattr(shop.Shop, "measured", None)
        run(small, "tune", monkeypatch)
    assert (small / "shop_counts_tries.csv").read_text(encoding="utf-8") == log

    blind = dataclasses.replace(split, test=split.test.select(split.test.items % 2 == 0))
    monkeypatch.setattr(leaderboard, "load", lambda: (None, blind))
    (small / "blind").mkdir()
    run(small / "blind", "tune", monkeypatch)
    columns = ["try", "setting", "validation"]
    found = [pd.read_csv(at / "shop_counts_tries.csv")[columns] for at in (small, small / "blind")]
    pd.testing.assert_frame_equal(*found)  # whatever the test holds

    monkeypatch.setattr(leaderboard, "load", lambda: (None, split))
    run(small, "test", monkeypatch)
    results = pd.read_csv(small / "shop_counts_test.csv")
    tries = pd.read_csv(small / "shop_counts_tries.csv")
    assert tries["test"].notna().sum() == results["setting"].notna().sum()
    means = results[results["family"] == "test"].set_index(["task", "model"])["mean"]
    for row in results[(results["family"] == "mixture") & results["its clock"].isna()].to_dict(
        "records"
    ):
        gain = means[row["task"], shop.MIXED] - means[row["task"], row["against"]]
        assert row["mean"] == pytest.approx(gain, abs=1e-5)


def test_the_networks_ndcg_is_the_mean_over_its_seeds(small):
    data, setting = shop.Shop(), shop.summed("discover", (1.0, {"model": shop.NETWORK}))
    found = []
    for seed in shop.SEEDS:
        model, _ = leaderboard.fitted(shop.NETWORK, "discover", "train", seed)
        table = evaluate(model, data.split.validation, history=data.split.train)
        found.append(table["ndcg"])
    assert not np.allclose(*found)
    np.testing.assert_allclose(data.measured(setting, "validation")[0], np.mean(found, axis=0))


tuned = pytest.mark.skipif(not TRIES.exists(), reason="shop_counts.py tune has not been run")
made = pytest.mark.skipif(not RESULTS.exists(), reason="shop_counts.py test has not been run")


@tuned
@pytest.mark.parametrize("clock", shop.HALF_LIVES)
@pytest.mark.parametrize("task", leaderboard.TASKS)
def test_own_counts_are_the_logs(task, clock):
    tries = Tries(TRIES, shop.Shop())
    one = shop.kind(task, "own counts", clock)
    setting = tries.best(one)
    values, _, _ = tries.data.measured(setting, "validation")
    assert values.mean() == pytest.approx(tries.value(one, setting), abs=1e-5)


@made
def test_what_was_tested_was_the_best_try_and_stands_in_the_readme():
    results, tries = pd.read_csv(RESULTS), pd.read_csv(TRIES)
    assert not tries.duplicated(["try", "setting"]).any()
    rows = results[results["setting"].notna()]
    for row in rows.to_dict("records"):
        clock = None if pd.isna(row["clock"]) else row["clock"]
        mine = tries[tries["try"] == shop.kind(row["task"], row["model"], clock)]
        best = mine.loc[mine["validation"].idxmax()]
        assert (best["setting"], best["validation"]) == (row["setting"], row["validation"])
        assert best["test"] == pytest.approx(row["mean"], abs=1e-5)
    assert tries["test"].notna().sum() >= len(rows)  # and what was best in a shorter list
    readme = (shop.HERE / "README.md").read_text(encoding="utf-8")
    for line in shop.shown(results).splitlines():
        assert line in readme
