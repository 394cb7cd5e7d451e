"""The tables of `benchmarks/real_time.py` hold what lesson 22 says of them; and a few runs anew."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import real_time

FOLDER = Path(real_time.FOLDER)


def table(name):
    return pd.read_csv(FOLDER / f"{name}.csv")


def test_in_50_runs_with_every_part_killed_events_sent_are_events_counted():
    runs = table("faults")
    nats = runs[runs["stream"] == "nats"]
    assert nats["seed"].tolist() == list(range(50))
    for part in ("stream", "service", "consumer"):
        assert nats["killed"].str.contains(part).all()
    assert (runs["sent"] == runs["stored"]).all()
    assert (runs["sent"] == runs["counted"]).all()
    assert runs["equal"].all()
    assert (runs["left"] == 0).all()
    assert (runs["requests"] > runs["sent"]).all()  # what had no answer was sent again


def test_the_wrong_orders_lose_or_count_twice_and_the_right_one_does_neither():
    runs = table("consumers")
    assert (runs["left"] == 0).all()
    error = {way: rows["counted"] - rows["events"] for way, rows in runs.groupby("way")}
    assert set(error) == {"together", "count first", "place first"}
    assert (error["together"] == 0).all()
    assert (error["count first"] >= 0).all()
    assert (error["count first"] > 0).any()
    assert (error["place first"] <= 0).all()
    assert (error["place first"] < 0).any()


def test_the_service_keeps_its_promise_at_80_per_cent_and_sheds_beyond():
    phases = table("load").set_index("phase")
    limit = phases.loc["limit", "per_second"].median()
    for phase in ("80 %", "80 % again"):
        row = phases.loc[phase]
        assert row["rate"] == pytest.approx(0.8 * limit, rel=0.01)
        assert row["good"] == row["sent"]
        assert row["p99"] < row["bound"]
    assert phases.loc["80 %", "seconds"] == 60
    over = phases.loc["three times"]
    assert over["rate"] == pytest.approx(3 * limit, rel=0.01)
    assert over["shed"] > 0
    assert over["wrong"] == over["lost"] == 0
    assert (phases["exit"] == 0).all()


def test_approximate_neighbours_pay_only_in_large_catalogues():
    found = table("neighbours")
    assert found["items"].unique().tolist() == [3000, 100_000, 1_000_000]
    exact = found[found["way"] == "exact"].set_index("items")
    assert (exact["recall"] == 1).all()
    near = found[(found["way"] != "exact") & (found["recall"] >= 0.95)]
    fastest = near.groupby("items")["ms"].min()
    assert fastest[1_000_000] < exact.loc[1_000_000, "ms"] / 5
    assert exact.loc[3000, "ms"] < 1


def test_many_machines_agree_with_one():
    jobs = table("machines")
    counts = jobs[jobs["job"] == "co-occurrence"]
    assert (counts["copies"] == 20).all()
    assert counts["equal"].astype(bool).all()
    als = jobs[jobs["job"] == "ALS"]
    assert np.ptp(als["ndcg"]) < 0.002
    assert (als["rows_fitted"] > 15_000_000).all()


def test_spark_and_dask_agree_with_one_process_on_20_shops():
    jobs = table("spark")
    assert (jobs["copies"] == 20).all()
    for job, rows in jobs.groupby("job"):
        assert rows["way"].tolist() == ["one process", "Dask", "Spark"], job
    counts, als = (jobs[jobs["job"] == job] for job in ("co-occurrence", "ALS"))
    assert counts["equal"].astype(bool).all()
    assert als["ndcg"].notna().all()
    assert np.ptp(als["ndcg"]) < 0.002
    assert (jobs[["seconds", "peak"]] > 0).all(axis=None)


def test_a_closed_loop_took_waiting_for_the_limit():
    """Eight in turn; three times as much was no more than the service could do; then mended."""
    found = table("waiting").set_index(["way", "asked"])
    turns, more = (
        found.loc[("held back", "8 in turn")],
        found.loc[("held back", "three times as much")],
    )
    mended = found.loc[("at once", "8 in turn")]
    assert more["good"] == more["sent"]
    assert more["per_second"] > 2.5 * turns["per_second"]
    assert turns["per_second"] == pytest.approx(8 / turns["p50"] * 1000, rel=0.1)
    assert turns["p50"] > mended["p50"] + 35


@pytest.mark.parametrize(("seed", "stream"), [(100, "nats"), (101, "nats"), (102, "file")])
def test_a_run_anew(seed, stream):
    row = real_time.faults_once(seed, stream, events=60)
    assert row["sent"] == row["stored"] == row["counted"] == 60
    assert row["equal"]
    assert row["left"] == 0


def test_a_row_of_the_neighbours_anew():
    """Recall of the coarsest IVF at 3,000 items, from faiss on the same vectors."""
    import faiss

    faiss.omp_set_num_threads(1)
    items, queries = real_time.vectors(3000)
    ways = {way: index for way, _, index, _ in real_time.indexes(3000)}
    ways["IVF"].train(items)
    for index in (ways["exact"], ways["IVF"]):
        index.add(items)
    truth, found = (ways[way].search(queries, 10)[1] for way in ("exact", "IVF"))
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, truth, strict=True)])
    rows = table("neighbours")
    row = rows[(rows["items"] == 3000) & (rows["way"] == "IVF") & (rows["setting"] == 1)]
    assert recall == pytest.approx(row["recall"].item(), abs=0.05)
    scores = np.sort(queries[:50] @ items.T, axis=1)[:, ::-1][:, :10]
    np.testing.assert_allclose(ways["exact"].search(queries[:50], 10)[0], scores, atol=1e-5)
