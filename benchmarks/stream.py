"""Lists for a million users: seconds, users a second, and memory that does not grow with users.

    python benchmarks/stream.py
    python benchmarks/stream.py --users 200000 --items 50000

Each model is fitted on a drawn log (`--events` a user, popular items more often), then asked for
the lists of a tenth of the users, and of all, batch by batch (`recommend_in_batches`); a batch is
counted and let go. "peak GB" is the most that the process has held up to then: fitted, after a
tenth, after all. What grows from a tenth to all is what each user costs. A bar on a terminal shows
how far it is.
"""

import time

import harness
import numpy as np
import pandas as pd

from course_lib.interactions import Interactions
from course_lib.models.als import ALS
from course_lib.models.neighbours import ItemNeighbours
from course_lib.models.popularity import Popularity

MODELS = {
    "popularity": Popularity(),
    "neighbours": ItemNeighbours(neighbours=50),
    "ALS": ALS(dimensions=32, iterations=1),
}


def drawn_log(n_users, n_items, events):
    """A log in which the i-th item is taken about as often as 1/√i."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(n_users), events)
    items = (n_items * rng.random(users.size) ** 2).astype(np.int64)
    times = np.full(users.size, np.datetime64("2026-01-01", "s"))
    ids = np.arange(n_users), np.arange(n_items)
    return Interactions(users, items, times, np.ones(users.size), *ids)


def measured(name, log, k):
    """One row of the table: times and memory of one model, in this process."""
    model = MODELS[name].fit(log)
    log.rows([0])  # the log's own table, made once
    row = {"model": name, "fitted, peak GB": harness.peak_gigabytes()}
    for part, n in (("a tenth", log.n_users // 10), ("all", log.n_users)):
        started = time.perf_counter()
        shown = 0
        for _, lists in model.recommend_in_batches(np.arange(n), log, k):
            shown += np.count_nonzero(lists >= 0)
        row["seconds"] = time.perf_counter() - started
        row[f"{part}, peak GB"] = harness.peak_gigabytes()
    row["users a second"] = log.n_users / row["seconds"]
    row["places filled"] = shown
    return row


def main():
    options = harness.arguments(
        __doc__, users=1_000_000, items=2_000, events=5, k=10, models=list(MODELS)
    )
    log = drawn_log(options.users, options.items, options.events)
    print(log, f"held: {harness.peak_gigabytes():.2f} GB")
    table = pd.DataFrame([measured(name, log, options.k) for name in options.models])
    print(table.to_string(index=False, float_format=lambda value: f"{value:,.2f}"))


if __name__ == "__main__":
    main()
