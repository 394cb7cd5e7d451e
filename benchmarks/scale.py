"""How long, and how much memory, from a dirty log to three splits with dense ids: four ways.

    python benchmarks/scale.py                  1, 5 and 20 million rows
    python benchmarks/scale.py --rows 1         1 million rows only

The log is made here (seeded): whole-number user and item ids, timestamps over one year, dollars.
3 % of its rows are faults: 1 % cost 0 dollars, 1 % repeat another row, 0.5 % lie outside the year,
and one shared house card has 0.5 % of all rows. The job, the same for everyone:

1. drop what costs 0 or less, what lies outside the year, repeats of (user, item, timestamp), and
   users with more than 1 in 300 of all rows, and count the rows that each step drops;
2. number users and items densely;
3. split by time into train, validation and test.

Every measurement runs in a process of its own, the ways of one size after one another, `--runs`
times in turn; the quickest run of each counts. Seconds are those of the job alone, CPU seconds its
work on all cores together; "× Polars" is a way's seconds over those of Polars in the same run.
Peak memory is that of the whole process, the log itself and the imports included. All ways must
find the same numbers, or the script stops.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

START, VALIDATION, TEST, END = "2017-01-01", "2017-10-01", "2017-11-15", "2018-01-01"
HOUSE_CARD = 7  # the id of a card that a shop's own staff swipe: 1 row in 200
MOST_SHARE = 1 / 300  # no honest user has so large a share of all rows


def make_log(n):
    """A dirty log of n rows as four NumPy arrays; about 480 rows a user, as in a grocery year."""
    rng = np.random.default_rng(0)
    n_users = max(n // 480, 2_000)
    log = {
        "user": 1_000 + (n_users * rng.random(n) ** 1.2).astype(np.int64),
        "item": 50_000 + (n_users * rng.random(n) ** 3).astype(np.int64),
        "timestamp": np.datetime64(START, "us") + 1_000_000 * rng.integers(0, 365 * 86_400, n),
        "value": np.round(rng.gamma(1.5, 2.0, n) + 0.01, 2),
    }
    kind = rng.random(n)
    log["value"][kind < 0.01] = 0.0
    repeats = np.flatnonzero((kind >= 0.01) & (kind < 0.02))
    originals = rng.integers(0, n, repeats.size)
    for column in log.values():
        column[repeats] = column[originals]
    stray = (kind >= 0.02) & (kind < 0.025)
    log["timestamp"][stray] += np.timedelta64(3 * 365 * 86_400, "s")
    log["user"][(kind >= 0.025) & (kind < 0.03)] = HOUSE_CARD
    return log


def ours(log):
    from course_lib.cleaning import clean, duplicated, more_than, not_positive, outside
    from course_lib.interactions import Interactions
    from course_lib.split import split_by_time

    frame, most = pd.DataFrame(log, copy=False), _most(log)
    last = pd.Timestamp(END) - pd.Timedelta(seconds=1)

    def job():
        kept, report = clean(
            frame,
            [
                not_positive("value"),
                outside("timestamp", START, last),
                duplicated("user", "item", "timestamp"),
                more_than("user", most),
            ],
        )
        events = Interactions.from_frame(kept, value="value")
        del kept
        split = split_by_time(events, VALIDATION, TEST)
        parts = (split.train, split.validation, split.test)
        dropped = report["dropped"].tolist()
        return dropped, [len(part) for part in parts], events.n_users, events.n_items

    return job


def plain_pandas(log):
    frame, most = pd.DataFrame(log, copy=False), _most(log)

    def job():
        counts = [len(frame)]
        kept = frame[frame["value"] > 0]
        counts.append(len(kept))
        kept = kept[(kept["timestamp"] >= START) & (kept["timestamp"] < END)]
        counts.append(len(kept))
        kept = kept.drop_duplicates(["user", "item", "timestamp"])
        counts.append(len(kept))
        kept = kept[kept.groupby("user")["user"].transform("size") <= most]
        counts.append(len(kept))
        users, user_ids = pd.factorize(kept["user"])
        items, item_ids = pd.factorize(kept["item"])
        kept = kept.assign(user=users, item=items)
        before = kept["timestamp"] < VALIDATION
        test = kept["timestamp"] >= TEST
        parts = kept[before], kept[~before & ~test], kept[test]
        return _drops(counts), [len(part) for part in parts], len(user_ids), len(item_ids)

    return job


def polars(log):
    import polars as pl

    frame, most = pl.DataFrame(log), _most(log)

    def job():
        when = pl.col("timestamp")
        start, validation, test, end = (
            pl.lit(day).str.to_datetime("%Y-%m-%d") for day in (START, VALIDATION, TEST, END)
        )
        counts = [len(frame)]
        kept = frame.filter(pl.col("value") > 0)
        counts.append(len(kept))
        kept = kept.filter((when >= start) & (when < end))
        counts.append(len(kept))
        kept = kept.unique(["user", "item", "timestamp"], keep="first", maintain_order=True)
        counts.append(len(kept))
        kept = kept.filter(pl.len().over("user") <= most)
        counts.append(len(kept))
        sizes = []
        for name in ("user", "item"):
            ids = kept.select(pl.col(name).unique(maintain_order=True)).with_row_index("code")
            kept = kept.join(ids, on=name, how="left", maintain_order="left")
            kept = kept.drop(name).rename({"code": name})
            sizes.append(len(ids))
        parts = (
            kept.filter(when < validation),
            kept.filter((when >= validation) & (when < test)),
            kept.filter(when >= test),
        )
        return _drops(counts), [len(part) for part in parts], *sizes

    return job


def duckdb(log):
    import duckdb as db

    frame, most = pd.DataFrame(log, copy=False), _most(log)
    connection = db.connect()
    connection.register("log", frame)

    def job():
        def count(table):
            return connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]

        steps = [
            'SELECT *, row_number() OVER () AS row FROM log WHERE "value" > 0',
            f"SELECT * FROM kept0 WHERE timestamp >= '{START}' AND timestamp < '{END}'",
            "SELECT * FROM kept1 WHERE row IN "
            '(SELECT min(row) FROM kept1 GROUP BY "user", item, timestamp)',
            'SELECT * FROM kept2 WHERE "user" IN '
            f'(SELECT "user" FROM kept2 GROUP BY "user" HAVING count(*) <= {most})',
        ]
        counts = [count("log")]
        for i, step in enumerate(steps):
            connection.execute(f"CREATE TEMP TABLE kept{i} AS {step}")
            counts.append(count(f"kept{i}"))
            if i:
                connection.execute(f"DROP TABLE kept{i - 1}")
        for name in ("user", "item"):
            connection.execute(
                f'CREATE TEMP TABLE {name}s AS SELECT "{name}", row_number() OVER () - 1 AS code '
                f'FROM (SELECT DISTINCT "{name}" FROM kept3)'
            )
        connection.execute(
            'CREATE TEMP TABLE events AS SELECT users.code AS "user", items.code AS item, '
            'timestamp, "value" FROM kept3 JOIN users USING ("user") JOIN items USING (item)'
        )
        parts = []
        for name, where in (
            ("train", f"timestamp < '{VALIDATION}'"),
            ("validation", f"timestamp >= '{VALIDATION}' AND timestamp < '{TEST}'"),
            ("test", f"timestamp >= '{TEST}'"),
        ):
            connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM events WHERE {where}")
            parts.append(count(name))
        return _drops(counts), parts, count("users"), count("items")

    return job


WAYS = {"course_lib": ours, "pandas": plain_pandas, "Polars": polars, "DuckDB": duckdb}


def _most(log):
    return int(MOST_SHARE * len(log["user"]))


def _drops(counts):
    return [before - after for before, after in itertools.pairwise(counts)]


def measure(way, n):
    """One job in this process: seconds, peak gigabytes, and what it found."""
    job = WAYS[way](make_log(n))
    started, worked = time.perf_counter(), time.process_time()
    found = job()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, kilobytes elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return {"seconds": seconds, "cpu": cpu, "peak": peak, "found": found}


def in_process(way, n):
    command = [sys.executable, __file__, "--one", way, str(n)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=float, nargs="+", default=[1, 5, 20], help="in millions")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--runs", type=int, default=1, help="of which the quickest counts")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "ROWS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        way, rows = arguments.one
        print(json.dumps(measure(way, int(rows))))
        return
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    print("| million rows | way | seconds | × Polars | CPU seconds | peak GB |")
    print("|---:|---|---:|---:|---:|---:|")
    for millions in arguments.rows:
        results = {}
        for way in arguments.ways * arguments.runs:  # in turn: a busy minute hits all of them
            result = in_process(way, int(millions * 1e6))
            best = results.setdefault(way, result)
            if result["found"] != results[arguments.ways[0]]["found"]:
                raise SystemExit(
                    f"{way} found {result['found']}, {arguments.ways[0]} "
                    f"{results[arguments.ways[0]]['found']}"
                )
            if result["seconds"] < best["seconds"]:
                results[way] = result
        for way, result in results.items():
            ratio = "–"
            if "Polars" in results:
                ratio = f"{result['seconds'] / results['Polars']['seconds']:.2f}"
            print(
                f"| {millions:g} | {way} | {result['seconds']:.2f} | {ratio} | "
                f"{result['cpu']:.2f} | {result['peak']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
