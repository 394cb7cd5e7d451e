"""Past one machine, in Spark: the two jobs of lesson 22, beside a plain process and Dask.

    make spark                                    installs PySpark; Java 17 or later must be there
    make spark ARGS="--copies 20"                 20 shops: minutes
    python benchmarks/spark.py --copies 20 --write

Co-occurrence: each Python worker of Spark adds up its own shops' tables, and one table a worker
goes back: exactly `copies` times `features.co_purchase`. ALS: blocks of rows stay with the workers,
the other side's vectors are broadcast, each block is solved by `als.solve_side`; its NDCG@10 must
be that of `ALS.fit` to 0.002. Each way runs in processes of its own; its peak is the most memory
that they, Java included, were seen to hold together, looked at ten times a second. The script ends
with an error if an answer is another one. `--write` keeps the table in datasets/real_time.
"""

import argparse
import json
import operator
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import real_time

LEAST_JAVA = 17


def java():
    """Java's version as a number, or why there is none."""
    home = os.environ.get("JAVA_HOME")
    program = Path(home) / "bin" / "java" if home else shutil.which("java")
    if program is None:
        raise SystemExit(f"Spark needs Java {LEAST_JAVA} or later, found none on PATH")
    told = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', told)
    if not found or int(found[1]) < LEAST_JAVA:
        raise SystemExit(f"Spark needs Java {LEAST_JAVA} or later, got {told.strip()!r}")
    return int(found[1])


def started(workers):
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    os.environ.update(real_time.environment())  # workers find course_lib and this folder
    here = str(Path(__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, os.environ["PYTHONPATH"]])
    return (
        SparkSession.builder.master(f"local[{workers}]")
        .appName("shop")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.maxResultSize", "2g")
        .config("spark.rpc.message.maxSize", "1024")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )


def counted(context, n, workers):
    """co_purchase of n copies: (table, seconds)."""
    from course_lib.many_machines import added

    def one_sum(numbers):
        yield added(real_time._table(real_time.parts(n)[i]) for i in numbers)

    # The shop is read before the clock starts, as Dask's workers do.
    context.parallelize(range(workers), workers).foreach(lambda _: real_time.one_shop())
    begun = time.perf_counter()
    shares = context.parallelize(range(n), min(n, workers))  # none of them empty
    table = shares.mapPartitions(one_sum).reduce(operator.add)
    table.sort_indices()
    return table, time.perf_counter() - begun


def fitted(context, model, train, workers):
    """The model, fitted as `ALS.fit` does, each half of a round by all: (model, seconds)."""
    from course_lib.many_machines import cut
    from course_lib.models.als import ALS, solve_side

    def blocks(matrix):
        rows = context.parallelize(list(cut(matrix, workers)), workers).cache()
        rows.count()  # now, not within the first round
        return rows

    def solved(rows, factors, regularisation):
        shared = context.broadcast(factors)
        parts = rows.map(lambda block: solve_side(block, shared.value, regularisation)).collect()
        shared.destroy()
        return np.concatenate(parts)

    class Spread(ALS):
        def _fit(self, train, validation):
            by_user = self._strengths(train.matrix())
            sides = blocks(by_user), blocks(by_user.T.tocsr())
            rng = np.random.default_rng(self.seed)
            items = rng.normal(0, 0.1, (train.n_items, self.dimensions)).astype(np.float32)
            for _ in range(self.iterations):
                users = solved(sides[0], items, self.regularisation)
                items = solved(sides[1], users, self.regularisation)
            self.item_factors_ = items

    begun = time.perf_counter()
    return Spread(**model.get_params()).fit(train), time.perf_counter() - begun


def in_spark(job, n, workers):
    """One job in Spark: a row."""
    begun = time.perf_counter()
    spark = started(workers)
    up = {"start": time.perf_counter() - begun}
    if job == "co-occurrence":
        table, seconds = counted(spark.sparkContext, n, workers)
        spark.stop()
        return up | {"seconds": seconds, "equal": real_time.same_as(n, table)}
    train, model, ndcg = real_time.als_task(n)
    theirs, seconds = fitted(spark.sparkContext, model, train, workers)
    spark.stop()
    return up | {"seconds": seconds, "ndcg": ndcg(theirs)}


def held(process):
    """Gigabytes that a process and all that it has started hold now."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return total / 2**30


def watched(script, *arguments):
    """The row that a script prints as its last line, and the peak of its processes."""
    command = [sys.executable, str(Path(__file__).with_name(script)), "--one", *map(str, arguments)]
    peak = 0.0
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen(command, stdout=told, env=real_time.environment())
        process = psutil.Process(child.pid)
        while child.poll() is None:
            try:
                peak = max(peak, held(process))
            except psutil.Error:  # it has just ended
                break
            time.sleep(0.1)
        if child.wait():
            raise SystemExit(f"{script} {arguments} failed")
        told.seek(0)
        row = json.loads(told.read().decode().strip().splitlines()[-1])
    return {name: row[name] for name in ("seconds", "start", "equal", "ndcg") if name in row} | {
        "peak": peak
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        job, n, workers = options.one
        print(json.dumps(in_spark(job, int(n), int(workers))))
        return
    n, workers = options.copies, options.workers
    print(f"Java {java()}, {workers} workers, {n} shops", flush=True)
    rows = []
    for job, plain, dask in (("co-occurrence", "plain", "dask"), ("ALS", "als", "als")):
        for way, script, name, spread in (
            ("one process", "real_time.py", plain, 0),
            ("Dask", "real_time.py", dask, workers),
            ("Spark", "spark.py", job, workers),
        ):
            row = {"job": job, "way": way, "copies": n, "workers": spread}
            rows.append(row | watched(script, name, n, spread))
            print(rows[-1], flush=True)
    told = pd.DataFrame(rows).round(4)
    print(told.to_string(index=False))
    if options.write:
        told.to_csv(real_time.FOLDER / "spark.csv", index=False)
    if not told["equal"].dropna().all() or np.ptp(told["ndcg"].dropna()) >= 0.002:
        raise SystemExit("Spark's or Dask's answers are not those of one machine")


if __name__ == "__main__":
    main()
