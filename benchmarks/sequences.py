"""SASRec on MovieLens-1M, epoch by epoch: NDCG@10 against CPU seconds, beside RecTools' SASRec.

    python benchmarks/sequences.py                   both, 3 epochs each
    python benchmarks/sequences.py --epochs 100      to convergence: hours

Protocol, that of Klenitskiy & Vasilev 2023: each user's last item is test, the one before it
validation, the rest train. All items are ranked, those that the user has had are left out. The
model learns from train only; for the test it reads train and validation. Sizes are theirs too:
200 events, 64 dimensions, 2 blocks, 1 head, dropout 0.1, Adam at 0.001, softmax over all items;
batches are smaller, 32 histories in place of their 128, for both. RecTools reads the last 201
events of each user, course_lib all, in windows of 200. Each size is an option (--dimensions 128).

CPU seconds are those of the process while it trains (compilation included, evaluation not). Each
epoch adds a line to `sasrec_WAY.csv` in --logs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fits
import harness
import numpy as np

K = 10
SIZES = {"length": 200, "dimensions": 64, "blocks": 2, "heads": 1, "dropout": 0.1, "batch": 32}
COLUMNS = ("epoch", "cpu_seconds", "seconds", "validation_ndcg", "test_ndcg")


class Log:
    """Clocks that run during training only, and a line in the file for each epoch."""

    def __init__(self, path, settings):
        self.path, self.rows, self.cpu, self.wall = Path(path), [], 0.0, 0.0
        self.path.write_text(f"# {json.dumps(settings)}\n{','.join(COLUMNS)}\n", encoding="utf-8")
        self.resume()

    def resume(self):
        self.started = time.process_time(), time.perf_counter()

    def pause(self):
        self.cpu += time.process_time() - self.started[0]
        self.wall += time.perf_counter() - self.started[1]

    def write(self, validation, test):
        row = (len(self.rows) + 1, self.cpu, self.wall, validation, test)
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("{},{:.1f},{:.1f},{:.5f},{:.5f}\n".format(*row))


def ours(data, path, epochs):
    from course_lib.datasets import load_sequences
    from course_lib.models.transformer import SASRec
    from course_lib.split import leave_last_out

    split = leave_last_out(load_sequences(data))
    everybody = np.arange(split.train.n_users)
    wanted = {}
    for name in ("validation", "test"):
        part = getattr(split, name)
        wanted[name] = np.full(len(everybody), -1)
        wanted[name][part.users] = part.items

    class Watched(SASRec):
        """SASRec that logs whenever training asks it for lists, at the end of an epoch."""

        def recommend(self, users, history, k, *, exclude_seen=True):
            log.pause()
            lists = super().recommend(users, history, k, exclude_seen=exclude_seen)
            tested = super().recommend(everybody, split.before_test, K)
            log.write(
                fits.ndcg(lists, wanted["validation"][users]), fits.ndcg(tested, wanted["test"])
            )
            log.resume()
            return lists

    model = Watched(
        length=SIZES["length"],
        dimensions=SIZES["dimensions"],
        blocks=SIZES["blocks"],
        heads=SIZES["heads"],
        dropout=SIZES["dropout"],
        batch_size=SIZES["batch"],
        epochs=epochs,
        patience=10,
        seed=0,
    )
    log = Log(path, SIZES | {"way": "course_lib", "versions": harness.version("tensorflow")})
    model.fit(split.train, split.validation)


def rectools(inputs, path, epochs):
    import logging
    import warnings

    import pandas as pd
    from pytorch_lightning import seed_everything
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.models import SASRecModel

    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with np.load(inputs) as file:
        users, items, after = file["users"], file["items"], file["after"]
    seed_everything(0)

    def dataset(chosen):
        times = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.flatnonzero(chosen), unit="s")
        columns = (Columns.User, Columns.Item, Columns.Weight, Columns.Datetime)
        values = (users[chosen], items[chosen], 1.0, times)
        return Dataset.construct(pd.DataFrame(dict(zip(columns, values, strict=True))))

    train, before_test = dataset(after > 1), dataset(after > 0)
    wanted = {}
    for name, place in (("validation", 1), ("test", 0)):
        wanted[name] = np.full(users.max() + 1, -1)
        wanted[name][users[after == place]] = items[after == place]

    def ndcg(known, name):
        found = model.recommend(np.unique(users), known, k=K, filter_viewed=True)
        lists = np.full((len(wanted[name]), K), -1)
        lists[found[Columns.User], found[Columns.Rank] - 1] = found[Columns.Item]
        return fits.ndcg(lists, wanted[name])

    model = SASRecModel(
        session_max_len=SIZES["length"],
        n_factors=SIZES["dimensions"],
        n_blocks=SIZES["blocks"],
        n_heads=SIZES["heads"],
        dropout_rate=SIZES["dropout"],
        batch_size=SIZES["batch"],
        loss="softmax",
        lr=0.001,
    )
    log = Log(path, SIZES | {"way": "RecTools", "versions": harness.version("rectools")})
    for _ in range(epochs):  # its optimiser is kept from call to call
        log.resume()
        model.fit_partial(train, min_epochs=1, max_epochs=1)
        log.pause()
        log.write(ndcg(train, "validation"), ndcg(before_test, "test"))
        best = int(np.argmax([row[3] for row in log.rows]))
        if len(log.rows) - 1 - best >= 10:
            break


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=3)
    # Absolute at once: both ways run in another folder, because torch leaves files behind.
    parser.add_argument("--data", type=os.path.abspath, default=str(harness.DATA))
    parser.add_argument("--logs", type=os.path.abspath, default=str(Path(__file__).parent))
    parser.add_argument("--ways", nargs="+", default=["course_lib", "rectools"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    for name, size in SIZES.items():
        parser.add_argument(f"--{name}", type=type(size), default=size)
    options = parser.parse_args()
    SIZES.update({name: getattr(options, name) for name in SIZES})
    if options.one:
        way, source, path = options.one
        {"course_lib": ours, "rectools": rectools}[way](source, path, options.epochs)
        return
    if not Path(options.data).exists():
        print(f"sequences skipped: there is no {options.data} (--data names another place)")
        return
    print("| way | epoch | CPU seconds | seconds | validation NDCG@10 | test NDCG@10 |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        source = {"course_lib": options.data, "rectools": str(Path(folder, "log.npz"))}
        if "rectools" in options.ways:
            write_arrays(options.data, source["rectools"])
        for way in options.ways:
            path = str(Path(options.logs, f"sasrec_{way}.csv"))
            try:
                python = harness.python_for(way)
            except harness.Skipped as reason:
                print(f"| {way} | skipped: {reason} |||||")
                continue
            limits = harness.thread_limits(options.threads)
            command = [python, __file__, "--one", way, source[way], path]
            command += ["--epochs", str(options.epochs)]
            command += [f"--{name}={size}" for name, size in SIZES.items()]
            done = subprocess.run(
                command, env=os.environ | limits, capture_output=True, text=True, cwd=folder
            )
            if done.returncode:
                sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
            for line in Path(path).read_text(encoding="utf-8").splitlines()[2:]:
                print(f"| {way} | " + " | ".join(line.split(",")) + " |", flush=True)


def write_arrays(data, path):
    """The log for an interpreter without course_lib: `after` = how many events come later."""
    from course_lib.datasets import load_sequences
    from course_lib.split import events_after

    log = load_sequences(data)
    order = np.lexsort((log.timestamps, log.users))
    after = events_after(log.users, log.timestamps)
    np.savez(path, users=log.users[order], items=log.items[order], after=after[order])


if __name__ == "__main__":
    main()
