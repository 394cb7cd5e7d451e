"""What lesson 22 cannot do in a minute: faults, load, a million items, twenty shops.

    python benchmarks/real_time.py faults        50 runs, each part killed while events come
    python benchmarks/real_time.py consumers     the wrong order of count and commit, killed alike
    python benchmarks/real_time.py load          60 s at 80 % of the limit, then three times as much
    python benchmarks/real_time.py waiting       a closed loop that took 40 ms of waiting for work
    python benchmarks/real_time.py neighbours    exact and approximate, up to a million items
    python benchmarks/real_time.py machines      co-occurrence and ALS of 20 shops, on workers

Each writes its table into datasets/real_time (`--folder` names another). Times are those of the
machine it ran on; counts and verdicts must be the same on any. All but `load` and `waiting` go on
where their table ends.
"""

import argparse
import asyncio
import functools
import http.client
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from course_lib.shop import consumer, load, serving
from course_lib.shop.beside import Beside, environment, module
from course_lib.shop.jetstream import Server, Stream
from course_lib.shop.serving import Service
from course_lib.shop.streaming import Counts, Event, EventLog

FOLDER = Path(__file__).parents[1] / "datasets" / "real_time"
ITEMS, USERS = 50, 40
BOUND = 250.0  # milliseconds: what the service promises for 99 of 100 requests
GIGABYTE = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, kilobytes elsewhere


class Table:
    """A CSV file that knows which rows it has, by some of their columns."""

    def __init__(self, path, key):
        self.path, self.key = path, key
        self.rows = pd.read_csv(path).to_dict("records") if path.exists() else []

    def has(self, *key):
        return any(tuple(row[name] for name in self.key) == key for row in self.rows)

    def add(self, *rows):
        for row in rows:
            print(row, flush=True)
        self.rows += rows
        pd.DataFrame(self.rows).to_csv(self.path, index=False)


# ---------------------------------------------------------------- faults


def processes(folder):
    """How many running processes name this folder."""
    found = 0
    for process in psutil.process_iter(["cmdline", "status"]):
        named = any(str(folder) in part for part in process.info["cmdline"] or [])
        found += named and process.info["status"] != psutil.STATUS_ZOMBIE
    return found


class Shop:
    """A stream, a service and a consumer in a folder, each of which can crash and come back."""

    def __init__(self, folder, stream):
        self.folder, self.stream = Path(folder), stream
        self.log, self.counts = self.folder / "log.db", self.folder / "counts.db"
        self.server = self.service = self.consumer = None
        if stream == "nats":
            self.server = Server(self.folder / "nats")
            self.log = self.server.url
        self.service = self.new_service(0)
        self.consumer = self.new_consumer()

    def new_service(self, port):
        return Service(self.log, self.counts, n_items=ITEMS, port=port, consume=False)

    def new_consumer(self):
        return Beside(consumer.command(self.log, self.counts))

    def crash(self, part):
        """End a part as a power cut would, and start it again where it was."""
        if part == "stream":
            port = self.server.port
            self.server.kill_server()
            self.server.stop()
            self.server = Server(self.folder / "nats", port=port)
        elif part == "service":
            port = self.service.port
            self.service.kill()
            self.service.stop()
            self.service = self.new_service(port)
        else:
            self.consumer.kill()
            self.consumer.stop()
            self.consumer = self.new_consumer()

    def open_log(self):
        return Stream(self.log) if self.stream == "nats" else EventLog(self.log)

    def close(self):
        for part in (self.consumer, self.service, self.server):
            if part is not None:
                part.stop()


def send(port, event):
    """Send an event until it is acknowledged: how many times it was sent."""
    request = json.dumps(event._asdict()).encode()
    for times in range(1, 10_000):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
        try:
            line.request("POST", "/event", request, {"Content-Type": "application/json"})
            answer = line.getresponse()
            body = answer.read()
            if answer.status == 200:
                return times
            if answer.status != 503:
                raise RuntimeError(f"{answer.status}: {body.decode()}")
        except (OSError, http.client.HTTPException):
            pass
        finally:
            line.close()
        time.sleep(0.02)
    raise TimeoutError("never acknowledged")


def faults_once(seed, stream, *, events=300, kills=3):
    """One run: events are sent while parts are killed; a row of what was sent, kept and counted."""
    rng = random.Random(seed)
    sent = [Event("till", i, rng.randrange(USERS), rng.randrange(ITEMS), i) for i in range(events)]
    parts = ["service", "consumer"] + ["stream"] * (stream == "nats")
    rng.shuffle(parts)
    plan = (parts * kills)[:kills]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shop = Shop(folder, stream)
        try:
            trouble = []

            def crash():
                try:
                    for part in plan:
                        time.sleep(rng.uniform(0.0, 0.8))
                        shop.crash(part)
                except BaseException as error:
                    trouble.append(error)

            port, times = shop.service.port, 0
            killer = threading.Thread(target=crash)
            killer.start()
            for number, event in enumerate(sent):
                times += send(port, event)
                if number % 20 == 0:  # the answer was lost on its way: sent again
                    times += send(port, event)
                time.sleep(0.004)
            killer.join()
            if trouble:
                raise trouble[0]
            with shop.open_log() as log, Counts(shop.counts) as counts:
                until = time.monotonic() + 60
                while counts.place < log.end and time.monotonic() < until:
                    time.sleep(0.02)
                stored, counted = log.end, counts.total
                found = {(u, i): n for u in range(USERS) for i, n in counts.of(u).items()}
        finally:
            shop.close()
        left = processes(folder)
    return {
        "seed": seed,
        "stream": stream,
        "killed": " ".join(plan),
        "sent": events,
        "requests": times,
        "stored": stored,
        "counted": counted,
        "equal": found == Counter((event.user, event.item) for event in sent),
        "left": left,
        "seconds": round(time.perf_counter() - started, 1),
    }


def faults(options):
    table = Table(options.folder / "faults.csv", ["stream", "seed"])
    runs = options.runs or 50
    for stream, n in (("nats", runs), ("file", runs // 5)):
        for seed in range(n):
            if not table.has(stream, seed):
                table.add(faults_once(seed, stream))


# ---------------------------------------------------------------- the wrong order


def naive(log, path, order):
    """A consumer whose count and place are two transactions, in either order, for ever."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE IF NOT EXISTS sums (name TEXT PRIMARY KEY, n INTEGER)")
    db.execute("INSERT OR IGNORE INTO sums VALUES ('place', 0), ('counted', 0)")
    steps = [
        ("UPDATE sums SET n = n + ? WHERE name = 'counted'", lambda batch: len(batch)),
        ("UPDATE sums SET n = ? WHERE name = 'place'", lambda batch: batch[-1][0]),
    ]
    print("{}", flush=True)
    with EventLog(log) as events:
        while True:
            (place,) = db.execute("SELECT n FROM sums WHERE name = 'place'").fetchone()
            batch = events.read(place, 1)
            if not batch:
                time.sleep(0.005)
                continue
            for query, value in steps if order == "count first" else steps[::-1]:
                db.execute(query, (value(batch),))


def consumers_once(seed, way, *, events=20_000, kills=3):
    """A full log, a consumer killed three times while it works: what it has counted at the end."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log, counts = Path(folder) / "log.db", Path(folder) / "counts.db"
        with EventLog(log):
            pass
        with sqlite3.connect(log) as db:  # at once: how it came in is another question
            rows = ((None, "till", i, i % USERS, i % ITEMS, i) for i in range(events))
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
        db.close()
        command = (
            consumer.command(log, counts)
            if way == "together"
            else [sys.executable, __file__, "--naive", str(log), str(counts), way]
        )

        def state():
            if way == "together":
                with Counts(counts) as kept:
                    return kept.place, kept.total
            with sqlite3.connect(counts) as kept:
                return tuple(
                    kept.execute("SELECT n FROM sums WHERE name = ?", (name,)).fetchone()[0]
                    for name in ("place", "counted")
                )

        for _ in range(kills):
            program = Beside(command)
            time.sleep(rng.uniform(0.05, 0.25))
            program.kill()
            program.stop()
        program = Beside(command)
        until = time.monotonic() + 120
        while state()[0] < events and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.1)
        counted = state()[1]
        program.kill()
        program.stop()
        left = processes(folder)
    return {
        "seed": seed,
        "way": way,
        "events": events,
        "kills": kills,
        "counted": counted,
        "left": left,
    }


def consumers(options):
    table = Table(options.folder / "consumers.csv", ["way", "seed"])
    for seed in range(options.runs or 20):
        for way in ("place first", "count first", "together"):
            if not table.has(way, seed):
                table.add(consumers_once(seed, way))


# ---------------------------------------------------------------- load


SHOPPERS, PRODUCTS = 1000, 300_000


def loaded(options):
    """The limit, 80 % of it, three times as much, and 80 % again: a table of what was answered.

    A list is the shopper's own and what is nearest to a vector, of 300,000 products: milliseconds
    of work, as a model has. A list from counts alone costs little more than to refuse it.
    """
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the other core belongs to who asks
    seconds = options.seconds
    rows = []
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        np.save(folder / "vectors.npy", vectors(PRODUCTS)[0])
        with EventLog(folder / "log.db") as log:
            for number in range(5 * SHOPPERS):
                item = int(rng.integers(PRODUCTS))
                log.append(Event("before", number, number % SHOPPERS, item, 0))
            with Counts(folder / "counts.db") as counts:
                counts.catch_up(log)
        with Service(
            folder / "log.db",
            folder / "counts.db",
            n_items=PRODUCTS,
            vectors=folder / "vectors.npy",
            queue=64,
        ) as service:

            def phase(name, **how):
                found = load.measure(
                    service.port, users=SHOPPERS, items=PRODUCTS, seed=len(rows), **how
                )
                rate = how["rate"] if "lines" not in how else found["per_second"]
                rows.append({"phase": name, "rate": round(rate, 1), "seconds": how["seconds"]})
                rows[-1] |= rounded(found)
                print(rows[-1], flush=True)
                return rate

            phase("warm", rate=100, seconds=10, lines=8)
            limits = [phase("limit", rate=300, seconds=seconds / 6, lines=8) for _ in range(3)]
            limit = sorted(limits)[1]
            phase("80 %", rate=0.8 * limit, seconds=seconds)
            phase("three times", rate=3 * limit, seconds=seconds / 4)
            phase("80 % again", rate=0.8 * limit, seconds=seconds / 4)
        exit_code = service.stop()
    table = pd.DataFrame(rows).assign(bound=BOUND, exit=exit_code)
    table.to_csv(options.folder / "load.csv", index=False)
    print(table.to_string())


def rounded(found):
    return {k: round(v, 2) if isinstance(v, float) else v for k, v in found.items()}


def late(*arguments):
    """The service as it was first: asyncio does not tell its connections to send at once."""
    asyncio.base_events._set_nodelay = lambda connection: None
    sys.argv[1:] = arguments
    serving.main()


def waiting(options):
    """Lists from counts alone: eight callers in turn, and three times as many requests at a rate.

    Once with answers whose end waits until their head is acknowledged, once as the service is.
    """
    rows = []

    def asked(service, way, how, *, rate, seconds=10.0, lines=None):
        found = load.measure(
            service.ready["port"], rate=rate, seconds=seconds, lines=lines, users=USERS, items=ITEMS
        )
        rows.append({"way": way, "asked": how} | rounded(found))
        print(rows[-1], flush=True)
        return found["per_second"]

    for way, start in {
        "held back": [sys.executable, __file__, "--late"],
        "at once": module("shop.serving"),
    }.items():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            files = [str(Path(folder) / name) for name in ("log.db", "counts.db")]
            with Beside([*start, *files, "--items", str(ITEMS)]) as service:
                asked(service, way, "warm", rate=100, lines=8)
                turns = asked(service, way, "8 in turn", rate=200, lines=8)
                if way == "held back":
                    asked(service, way, "three times as much", rate=3 * turns)
    table = pd.DataFrame(rows)
    table[table["asked"] != "warm"].to_csv(options.folder / "waiting.csv", index=False)


# ---------------------------------------------------------------- neighbours

SIZE, QUERIES, K = 32, 1000, 10


def vectors(n, seed=0):
    """n items in 500 kinds, and queries near items: directions on a sphere of 32 dimensions."""
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(500, SIZE))
    items = kinds[rng.integers(500, size=n)] + rng.normal(0, 0.7, (n, SIZE))
    queries = items[rng.integers(n, size=QUERIES)] + rng.normal(0, 0.7, (QUERIES, SIZE))
    return [
        (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for v in (items, queries)
    ]


def indexes(n):
    """{name: (how it is built, what is set before a search)} for n items."""
    import faiss

    cells = int(4 * np.sqrt(n))

    def hnsw(wide):
        index = faiss.IndexHNSWFlat(SIZE, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 40
        index.hnsw.efSearch = wide
        return index

    def ivf(looked):
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(SIZE), SIZE, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = looked
        return index

    yield "exact", "", faiss.IndexFlatIP(SIZE), [None]
    yield "HNSW", "efSearch", hnsw(16), [16, 64, 256, 1024]
    yield "IVF", "nprobe", ivf(1), [1, 4, 16, 64]


def one_by_one(index, queries):
    """Milliseconds of work a question, asked one at a time, as shoppers come."""
    started = time.process_time()
    for query in queries:
        index.search(query[None], K)
    return 1000 * (time.process_time() - started) / len(queries)


def neighbours(options):
    import faiss

    faiss.omp_set_num_threads(1)
    table = Table(options.folder / "neighbours.csv", ["items"])
    for n in options.items:
        if table.has(n):
            continue
        rows = []
        items, queries = vectors(n)
        for way, knob, index, settings in indexes(n):
            started = time.process_time()
            if not index.is_trained:
                rng = np.random.default_rng(0)
                some = rng.choice(n, min(n, 40 * index.nlist), replace=False)
                index.train(items[some])
            index.add(items)
            built = time.process_time() - started
            for setting in settings:
                if way == "HNSW":
                    index.hnsw.efSearch = setting
                elif way == "IVF":
                    index.nprobe = setting
                index.search(queries[:50], K)
                ms = min(one_by_one(index, queries) for _ in range(3))
                found = index.search(queries, K)[1]
                if way == "exact":
                    truth = found
                hits = [len(set(a) & set(b)) for a, b in zip(found, truth, strict=True)]
                rows.append(
                    {
                        "items": n,
                        "way": way,
                        "knob": knob,
                        "setting": setting,
                        "ms": round(ms, 4),
                        "recall": round(np.mean(hits) / K, 4),
                        "built_s": round(built, 2),
                    }
                )
        table.add(*rows)


# ---------------------------------------------------------------- machines


@functools.cache
def one_shop():
    from course_lib.datasets import load_complete_journey

    return load_complete_journey(min_households=30).interactions


def copy_of_shop(i, n):
    """Copy i of n, made where it is counted."""
    from course_lib.interactions import Interactions

    log = one_shop()
    ids = np.arange(n * log.n_users)
    return Interactions(
        log.users + i * log.n_users, log.items, log.timestamps, log.values, ids, log.item_ids
    )


def parts(n):
    return [functools.partial(copy_of_shop, i, n) for i in range(n)]


def same_as(n, found):
    """Whether a table is exactly n times that of one shop."""
    from course_lib.features import co_purchase

    truth = co_purchase(one_shop())
    return (
        np.array_equal(found.indptr, truth.indptr)
        and np.array_equal(found.indices, truth.indices)
        and np.array_equal(found.data, n * truth.data)
    )


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIGABYTE


class Clock:
    """Seconds on the wall, and of work: this process's and its workers' together."""

    def __init__(self, client=None):
        self.client = client
        self.begun = time.perf_counter(), self.worked()

    def worked(self):
        workers = {} if self.client is None else self.client.run(time.process_time)
        return time.process_time() + sum(workers.values())

    def read(self):
        seconds = time.perf_counter() - self.begun[0]
        return {"seconds": seconds, "cpu": self.worked() - self.begun[1]}


def plain_loop(n):
    from course_lib.features import co_purchase
    from course_lib.many_machines import added

    one_shop()
    clock = Clock()
    found = added(co_purchase(part()) for part in parts(n))
    return clock.read() | {"peak": peak(), "equal": same_as(n, found)}


def with_dask(n, workers, each=False):
    """co_purchase of n copies; each: every copy's own table travels, not one sum a worker."""
    from course_lib.many_machines import added, co_purchase_in_parts, local_cluster

    started = time.perf_counter()
    with local_cluster(workers, memory="6GB") as client:
        up = time.perf_counter() - started
        client.run(one_shop)
        clock = Clock(client)
        if each:
            tables = client.gather(client.map(_table, parts(n), pure=False))
            found = added(tables)
        else:
            found = co_purchase_in_parts(parts(n), client)
        times = clock.read()
        most = sum(client.run(peak).values())
    size = (found.data.nbytes + found.indices.nbytes + found.indptr.nbytes) / 1e6
    return times | {
        "start": up,
        "peak": most + peak(),
        "equal": same_as(n, found),
        "sent_MB": size * (n if each else workers),
    }


def _table(part):
    from course_lib.features import co_purchase

    return co_purchase(part())


def als_task(n):
    """n shops' weeks before the test, a model to fit on them, and what gives its NDCG@10."""
    from course_lib.evaluation import evaluate
    from course_lib.models.als import ALS
    from course_lib.split import split_by_time

    shops = [part() for part in parts(n)]
    log = shops[0].concat(*shops[1:]) if n > 1 else shops[0]
    del shops
    split = split_by_time(log, "2017-10-01", "2017-11-15")
    train = split.before_test
    few = split.test.users < min(one_shop().n_users, log.n_users)  # one shop's lists compare
    asked = split.test.select(few)
    model = ALS(dimensions=16, iterations=3, regularisation=10.0, seed=0)

    def ndcg(model):
        return float(evaluate(model, asked, history=train)["ndcg"].mean())

    return train, model, ndcg


def als_fits(n, workers):
    """ALS fitted by one process (workers = 0) or by workers: seconds, GB, NDCG@10."""
    from course_lib.many_machines import als_in_parts, local_cluster

    train, model, ndcg = als_task(n)
    if workers == 0:
        clock = Clock()
        model.fit(train)
        row = clock.read() | {"peak": peak()}
    else:
        started = time.perf_counter()
        with local_cluster(workers, memory="6GB") as client:
            up = time.perf_counter() - started
            clock = Clock(client)
            als_in_parts(model, train, client)
            row = clock.read() | {"start": up}
            row["peak"] = peak() + sum(client.run(peak).values())
        vectors = 4 * model.dimensions * (train.n_users + train.n_items)
        row["sent_MB"] = model.iterations * (workers + 1) * vectors / 1e6
    return row | {"ndcg": ndcg(model), "rows_fitted": len(train)}


JOBS = {
    "plain": lambda n, workers: plain_loop(n),
    "dask": with_dask,
    "dask, each table": lambda n, workers: with_dask(n, workers, each=True),
    "als": als_fits,
}


def machines(options):
    n = options.copies
    table = Table(options.folder / "machines.csv", ["way", "copies", "workers"])

    def one(job, way, copies, workers):
        if table.has(way, copies, workers):
            return
        command = [sys.executable, __file__, "--one", way, str(copies), str(workers)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment())
        if done.returncode:
            raise SystemExit(f"{way} with {workers} workers failed")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        found = {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}
        table.add({"job": job, "way": way, "copies": copies, "workers": workers, **found})

    counts = [w for w in (1, 2, 4, 8, 16) if w <= max(2, os.cpu_count())]
    one("co-occurrence", "plain", n, 0)
    for workers in counts:
        one("co-occurrence", "dask", n, workers)
    one("co-occurrence", "dask, each table", n, counts[-1])
    for workers in (0, *counts):
        one("ALS", "als", n, workers)


TASKS = {
    "faults": faults,
    "consumers": consumers,
    "load": loaded,
    "waiting": waiting,
    "neighbours": neighbours,
    "machines": machines,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", metavar="task", help=f"of {', '.join(TASKS)}")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--runs", type=int, help="of faults (50) and consumers (20)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load at 80 %%")
    parser.add_argument("--items", type=int, nargs="+", default=[3000, 100_000, 1_000_000])
    parser.add_argument("--copies", type=int, default=20, help="of the shop, for machines")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--naive", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--late", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.naive:
        naive(*options.naive)
    if options.late:
        late(*options.late)
        return
    if options.one:
        way, copies, workers = options.one
        print(json.dumps(JOBS[way](int(copies), int(workers))))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    for task in options.tasks or TASKS:
        if task not in TASKS:
            parser.error(f"task must be one of {', '.join(TASKS)}, got {task!r}")
        TASKS[task](options)


if __name__ == "__main__":
    main()
