"""Changes to SASRec's network, tried on MovieLens-1M, three Amazon files and the shop, on a GPU.

    python benchmarks/networks.py try SET CHANGES    → a few lines more in networks_tries.csv
    python benchmarks/networks.py final              → networks_test.csv, and its table
    python benchmarks/networks.py show               the same from what is kept

SET: ML-1M (the file of `--data`), Beauty, Toys, Sports (in the folder of `--amazon`) or shop;
CHANGES: JSON, as '{"swiglu": true}'. Training needs JAX (group `bench`; on a GPU its build for
that): networks of several seeds are trained side by side, an epoch in one compiled pass.

Protocol of `movielens.py` and `amazon.py`, and for the shop the days and tasks of `leaderboard.py`:
learned from train, judged by NDCG@10 on validation, all items ranked (but those that the user has
had, save in the task "replenish"). A run judges its last weights and the mean of the weights of its
latest five epochs, every few epochs.

try: one run with one seed; never judged on the test.

final: what was chosen on MovieLens-1M, and each change to the network left out, with three seeds;
the mean of the last five epochs' weights is judged on validation and, once, on the test. What is
kept in `benchmarks/fitted/networks` is not trained again, and `movielens.py` mixes counts in.

Changes, each to plain SASRec:

swiglu: the small network is W₃(silu(W₁x) · W₂x), 4 d wide, in place of ReLU and d (Shazeer 2020).
distance: attention scores get a learned number for each distance in events, one a head (Raffel and
others 2020). On the shop, `days` gets one for each power of two of the days between two events (the
idea of TiSASRec, Li and others 2020, in HSTU's form).
gate: each of a block's two additions x + f(x) becomes x + f(x) · sigmoid(W norm(x)) (LiGR,
Borisyuk and others 2024, as in eSASRec, arXiv 2508.06450).
hstu: in place of both parts of a block U · norm(A V) with A = silu(Q K + distance), over the number
of places, and all four from silu(W norm(x)) (Zhai and others 2024, arXiv 2402.17152, eq. 1 to 3).
smoothing: a share of the target's probability is spread over all items.
masked: a share of the events read is blotted out in training.
cosine: the learning rate warms up for one epoch and falls to 0 along half a cosine.

`course_lib.models.relative` has the first three as a model of the library; a test holds the two
against each other.
"""

import argparse
import json
import os
import time
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")

import harness
import keras
import numpy as np
import pandas as pd
from amazon import FILES, signed
from keras import ops

from course_lib.datasets import load_complete_journey, load_sequences
from course_lib.metrics import ndcg_at_k
from course_lib.models.histories import Baskets, latest, windows, with_padding
from course_lib.similarity import top_k
from course_lib.split import leave_last_out, relevant_items, split_by_time
from course_lib.statistics import bootstrap_interval, paired_difference

HERE = Path(__file__).parent
KEPT = HERE / "fitted" / "networks"
SEEDS = [0, 1, 2]
K = 10
MEAN = 5  # so many of the latest epochs' weights are averaged
DAYS = 12  # powers of two of days that are told apart
PLAIN = {
    "dimensions": 64,
    "blocks": 2,
    "heads": 1,
    "dropout": 0.1,
    "length": 200,
    "batch": 32,
    "rate": 1e-3,
    "epochs": 60,
    "gate": False,
    "swiglu": False,
    "hstu": False,
    "distance": False,
    "days": False,
    "smoothing": 0.0,
    "masked": 0.0,
    "cosine": False,
    "horizon": 1,
    "every": 5,
    "patience": 20,
}


FINAL = {  # chosen among the tries on validation
    "gate": True,
    "swiglu": True,
    "distance": True,
    "cosine": True,
    "dimensions": 128,
    "heads": 2,
    "dropout": 0.2,
    "epochs": 25,
    "every": 25,
}
LEFT_OUT = {
    "final": {},
    "without gate": {"gate": False},
    "without SwiGLU": {"swiglu": False},
    "without distances": {"distance": False},
}


class Block(keras.layers.Layer):
    """(n, T, d) → (n, T, d): attention, then a small network; or HSTU's one unit for both."""

    def __init__(self, s):
        super().__init__()
        dense, norm = keras.layers.Dense, lambda: keras.layers.LayerNormalization(epsilon=1e-6)
        d, self.heads, self.hstu, self.swiglu = s["dimensions"], s["heads"], s["hstu"], s["swiglu"]
        self.norm, self.mix = norm(), dense(d)
        self.project = dense((4 if self.hstu else 3) * d, activation="silu" if self.hstu else None)
        self.drop = keras.layers.Dropout(s["dropout"])
        self.far = s["length"]
        self.distance = self.days = None
        if s["distance"] or self.hstu:
            self.distance = self.add_weight(shape=(self.heads, self.far), initializer="zeros")
        if s["days"]:
            self.days = self.add_weight(shape=(self.heads, DAYS), initializer="zeros")
        self.gates = [dense(d, activation="sigmoid") for _ in range(2 * s["gate"])]
        if self.hstu:
            self.inner = norm()
        else:
            self.norm2 = norm()
            self.hidden = dense(
                4 * d if self.swiglu else d, activation=None if self.swiglu else "relu"
            )
            self.beside = dense(4 * d) if self.swiglu else None
            self.out = dense(d)

    def _bias(self, days):
        """What is added to the scores: (1 or n, heads, T, T)."""
        length, bias = days.shape[1], 0.0
        if self.distance is not None:
            at = np.arange(length)
            back = np.clip(at[:, None] - at[None, :], 0, self.far - 1)
            bias = ops.take(self.distance, back, axis=1)[None]
        if self.days is not None:
            gap = ops.maximum(days[:, :, None] - days[:, None, :], 0)
            power = ops.floor(ops.log2(ops.cast(gap, "float32") + 1))
            power = ops.minimum(ops.cast(power, "int32"), DAYS - 1)  # (n, T, T)
            bias = bias + ops.moveaxis(ops.take(self.days, power, axis=1), 0, 1)
        return bias

    def call(self, x, days, training=False):
        _, length, d = x.shape
        size, normed = d // self.heads, self.norm(x)
        parts = ops.reshape(self.project(normed), (-1, length, 3 + self.hstu, self.heads, size))
        query, key, value, *gate = ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3 + self.hstu)
        scores = ops.matmul(query * size**-0.5, ops.swapaxes(key, -1, -2)) + self._bias(days)
        seen = np.tri(length, dtype="float32")  # a place looks at itself and what came before
        if self.hstu:
            weights = ops.silu(scores) * (seen / seen.sum(axis=1, keepdims=True))
        else:
            weights = self.drop(ops.softmax(scores - 1e9 * (1 - seen)), training=training)
        found = ops.reshape(
            ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3)), (-1, length, d)
        )
        if self.hstu:
            gate = ops.reshape(ops.transpose(gate[0], (0, 2, 1, 3)), (-1, length, d))
            found = self.inner(found) * gate
        x = self._add(x, normed, self.drop(self.mix(found), training=training), 0)
        if self.hstu:
            return x
        normed = self.norm2(x)
        hidden = self.hidden(normed)
        if self.swiglu:
            hidden = ops.silu(hidden) * self.beside(normed)
        hidden = self.out(self.drop(hidden, training=training))
        return self._add(x, normed, self.drop(hidden, training=training), 1)

    def _add(self, x, normed, more, which):
        return x + (more * self.gates[which](normed) if self.gates else more)


class Network(keras.Model):
    """Items (n, T), 0 for padding behind, and their days (n, T) → states (n, T, d)."""

    def __init__(self, n_items, s):
        super().__init__()
        d, self.s = s["dimensions"], s
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.items = keras.layers.Embedding(n_items + 1, d, start)
        self.places = keras.layers.Embedding(s["length"], d)
        self.blocks = [Block(s) for _ in range(s["blocks"])]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.drop = keras.layers.Dropout(s["dropout"])
        self.biases = self.add_weight(shape=(n_items,), initializer="zeros", name="biases")
        self.blots = keras.random.SeedGenerator(1)

    def call(self, inputs, training=False):
        items, days = inputs
        if training and self.s["masked"]:
            kept = keras.random.uniform(ops.shape(items), seed=self.blots) >= self.s["masked"]
            items = items * ops.cast(kept, items.dtype)
        x = self.items(items) * self.s["dimensions"] ** 0.5
        x = self.drop(x + self.places(np.arange(items.shape[1])), training=training)
        for block in self.blocks:
            x = block(x, days, training=training)
        return self.norm(x)

    def vectors(self):
        """Those of the items, without padding: (n_items, d)."""
        return self.items.embeddings.numpy()[1:]

    def scores(self, states):
        return ops.matmul(states, ops.transpose(self.items.embeddings[1:])) + self.biases

    def cross_entropy(self, items, days, places, targets):
        """Mean cross-entropy over the places that have a target; `places` count row by row."""
        states = ops.reshape(self((items, days), training=True), (-1, self.s["dimensions"]))
        scores, share = self.scores(ops.take(states, places, axis=0)), self.s["smoothing"]
        right = ops.take_along_axis(scores, ops.maximum(targets - 1, 0)[:, None], axis=1)[:, 0]
        wanted = (1 - share) * right + (share * ops.mean(scores, axis=1) if share else 0)
        real = ops.cast(targets > 0, "float32")
        return ops.sum((ops.logsumexp(scores, axis=1) - wanted) * real) / ops.sum(real)


class Log:
    """A set as the networks read it: windows of train, and each user's latest events."""

    def __init__(self, split, tasks, s):
        self.split, self.tasks = split, tasks
        self.length, self.batch, self.steps = s["length"], s["batch"], None
        self.baskets = Baskets(split.train, horizon=s["horizon"])
        self.days = days_of(split.train)[self.baskets.sources]

    def epoch(self, rng):
        """One epoch: items and days (steps, batch, length), places and targets (steps, m)."""
        drawn, targets = self.baskets.draw(rng)
        starts, sizes = windows(self.baskets.n_sources, self.length, rng)
        if self.steps is None:  # a few windows more or less an epoch, always as many steps
            self.steps = -(-int(len(starts) * 1.02) // self.batch)
            self.most = min(self.batch * self.length, int(1.5 * sizes.sum() / self.steps))
        order = rng.permutation(len(starts))
        step = np.arange(len(starts)) * self.steps // len(starts)
        row = np.arange(len(starts)) - np.searchsorted(step, step)
        filled = np.arange(self.length) < sizes[order][:, None]
        at = (starts[order][:, None] + np.arange(self.length))[filled]
        found = np.zeros((3, self.steps, self.batch, self.length), dtype=np.int32)
        for table, values in zip(found, (drawn + 1, self.days, targets + 1), strict=True):
            rows = np.zeros((len(starts), self.length), dtype=np.int32)
            rows[filled] = values[at]
            table[step, row] = rows
        items, days, wanted = found
        wanted = wanted.reshape(self.steps, -1)
        if (wanted > 0).sum(axis=1).max() > self.most:
            raise ValueError(f"a step must have at most {self.most} targets: use a larger batch")
        places = np.argsort(wanted == 0, axis=1, kind="stable")[:, : self.most].astype(np.int32)
        return items, days, places, np.take_along_axis(wanted, places, axis=1)

    def latest(self, history, users):
        """Items and days of the users' latest events, and where the last one stands."""
        rows, lengths = with_padding(latest(history, users, self.length, 0))
        days = days_of(history)
        ends = np.cumsum(np.bincount(history.users, minlength=history.n_users))[users]
        at = (ends - lengths)[:, None] + np.arange(self.length)
        days = np.where(rows > 0, days[np.minimum(at, len(days) - 1)], 0)
        return rows.astype(np.int32), days.astype(np.int32), np.maximum(lengths - 1, 0)


def days_of(log):
    """The day of each event, users one after the other, each in time order."""
    order = np.lexsort((log.items, log.timestamps, log.users))
    return log.timestamps[order].astype("datetime64[D]").astype(np.int32)


def states(network, rows, days, last, size=256):
    """(n, d): what the network has understood after each row's last event."""
    found = []
    for i in range(0, len(rows), size):
        more = [(0, max(0, size - len(rows[i:]))), (0, 0)]  # always as many: compiled once
        some = [np.pad(x[i : i + size], more) for x in (rows, days)]
        out = network.predict_on_batch(some)
        found.append(out[np.arange(len(last[i : i + size])), last[i : i + size]])
    return np.concatenate(found)


def judged(network, log, when="validation"):
    """NDCG@10 of each user with something to find, in each task."""
    history = log.split.train if when == "validation" else log.split.before_test
    held_out = getattr(log.split, when)
    vectors, biases, found = network.vectors(), network.biases.numpy(), {}
    for task, hide in log.tasks.items():
        relevant = relevant_items(held_out, history, exclude_seen=hide)
        users = np.flatnonzero(np.diff(relevant.indptr))
        read, values = states(network, *log.latest(history, users)), []
        for i in range(0, len(users), 2048):
            mine = users[i : i + 2048]
            scores = read[i : i + 2048] @ vectors.T + biases
            if hide:
                scores[history.rows(mine).nonzero()] = -np.inf
            values.append(ndcg_at_k(top_k(scores, K), relevant[mine], K))
        found[task] = np.concatenate(values)
    return found


def split_of(name, folders):
    """The split of a set, and its tasks: name → whether what was had is left out."""
    if name == "shop":
        shop = load_complete_journey(min_households=50).interactions
        return split_by_time(shop, "2017-10-01", "2017-11-01"), {
            "discover": True,
            "replenish": False,
        }
    log = load_sequences(path_of(name, folders), line="event" if name == "ML-1M" else "user")
    return leave_last_out(log), {"next": True}


class Training:
    """Networks of several seeds, trained side by side in one compiled pass an epoch."""

    def __init__(self, log, s, seeds):
        n_items = log.split.train.n_items
        counts = np.bincount(log.baskets.items, minlength=n_items) + 1.0
        self.log, self.rngs = log, [np.random.default_rng(seed) for seed in seeds]
        first = log.epoch(np.random.default_rng(0))
        networks = []
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            networks.append(Network(n_items, s))
            networks[-1].cross_entropy(*(part[0] for part in first))
            networks[-1].biases.assign(np.log(counts / counts.sum()))
        self.network = networks[0]
        rate = s["rate"]
        if s["cosine"]:
            rest = log.steps * (s["epochs"] - 1)
            rate = keras.optimizers.schedules.CosineDecay(
                0.0, rest, warmup_target=rate, warmup_steps=log.steps
            )
        import jax
        from jax import numpy as jnp

        optimiser = keras.optimizers.Adam(rate)
        optimiser.build(self.network.trainable_variables)

        def stacked(variables):  # of each network a list
            return [jnp.stack([x.value for x in same]) for same in zip(*variables, strict=True)]

        self.state = (
            stacked([network.trainable_variables for network in networks]),
            stacked([network.non_trainable_variables for network in networks]),
            stacked([optimiser.variables] * len(seeds)),
        )

        def loss(trainable, other, batch):
            mine = self.network.trainable_variables, self.network.non_trainable_variables
            pairs = [*zip(mine[0], trainable, strict=True), *zip(mine[1], other, strict=True)]
            with keras.StatelessScope(state_mapping=pairs) as scope:
                value = self.network.cross_entropy(*batch)
            return value, [scope.get_current_value(v) for v in mine[1]]

        def step(state, batch):
            trainable, other, moments = state
            (value, other), slopes = jax.value_and_grad(loss, has_aux=True)(trainable, other, batch)
            trainable, moments = optimiser.stateless_apply(moments, slopes, trainable)
            return (trainable, other, moments), value

        def whole(state, data):
            return jax.lax.scan(jax.vmap(step), state, data)

        self.pass_ = jax.jit(whole, donate_argnums=0)

    def epoch(self):
        """The mean loss of each seed."""
        parts = zip(*(self.log.epoch(rng) for rng in self.rngs), strict=True)
        self.state, losses = self.pass_(self.state, [np.stack(part, axis=1) for part in parts])
        return np.asarray(losses).mean(axis=0)

    def weights(self):
        """Of each trainable variable all seeds': a list of (seeds, …) arrays."""
        return [np.asarray(v) for v in self.state[0]]


def set_weights(network, weights):
    """The network with these trainable weights."""
    for variable, value in zip(network.trainable_variables, weights, strict=True):
        variable.assign(value)
    return network


def run(name, changes, seeds, folders):
    """Train networks: rows for a log, each seed's and task's mean of weights, and with what."""
    started, s = time.time(), PLAIN | changes
    log = Log(*split_of(name, folders), s)
    training, kept, rows, found = Training(log, s, seeds), [], [], {}
    for epoch in range(1, s["epochs"] + 1):
        losses = training.epoch()
        kept = [*kept[1 - MEAN :], training.weights()]
        if epoch < s["epochs"] and (epoch % s["every"] or epoch < s["epochs"] // 4):
            continue
        for i, seed in enumerate(seeds):
            last = judged(set_weights(training.network, [w[i] for w in kept[-1]]), log)
            mean = [np.mean([w[i] for w in many], axis=0) for many in zip(*kept, strict=True)]
            for task, values in judged(set_weights(training.network, mean), log).items():
                found[seed, task] = mean, values
                row = {"set": name, "changes": json.dumps(changes), "seed": seed, "task": task}
                row |= {"epoch": epoch, "loss": losses[i], "last": last[task].mean()}
                row |= {"mean": values.mean(), "seconds": time.time() - started}
                rows.append(row | {"numbers": training.network.count_params()})
        best = max(rows, key=lambda row: row["mean"])["epoch"]
        if epoch - best >= s["patience"]:
            break
    return rows, found, log, training


def final(name, folders):
    """Train with all seeds, judge the last mean on the test too, keep users' values and weights."""
    rows, found, log, training = run("ML-1M", FINAL | LEFT_OUT[name], SEEDS, folders)
    arrays = {"rows": json.dumps(rows)}
    for (seed, task), (mean, values) in found.items():
        arrays[f"{task},{seed},validation"] = values.astype(np.float32)
        test = judged(set_weights(training.network, mean), log, "test")[task]
        arrays[f"{task},{seed},test"] = test.astype(np.float32)
        arrays |= {f"{task},{seed},w{j:02}": w.astype(np.float16) for j, w in enumerate(mean)}
    KEPT.mkdir(parents=True, exist_ok=True)
    np.savez(KEPT / f"{name}.npz", **arrays)


def kept(name="final"):
    """Whether these networks have been trained."""
    return (KEPT / f"{name}.npz").exists()


def final_scores(seed, split, when):
    """The final network's scores for all users and items, (n_users, n_items), and its size."""
    s = PLAIN | FINAL
    network = Network(split.train.n_items, s)
    network(np.zeros((2, 1, s["length"]), dtype=np.int32))  # builds it
    with np.load(KEPT / "final.npz") as file:
        keys = sorted(key for key in file.files if key.startswith(f"next,{seed},w"))
        set_weights(network, [file[key].astype(np.float32) for key in keys])
    history = split.train if when == "validation" else split.before_test
    read = states(network, *Log(split, {}, s).latest(history, np.arange(history.n_users)))
    return read @ network.vectors().T + network.biases.numpy(), network.count_params()


def table_of(names):
    """A row for each network: three seeds' mean for each user, intervals over users."""
    rows, final_values = [], None
    for name in names:
        with np.load(KEPT / f"{name}.npz") as file:
            values = {
                when: np.stack([file[f"next,{seed},{when}"] for seed in SEEDS]).astype(float)
                for when in ("validation", "test")
            }
            run_rows = json.loads(str(file["rows"]))
        mine = values["test"].mean(axis=0)
        final_values = mine if final_values is None else final_values
        mean, low, high = bootstrap_interval(mine, seed=0)
        row = {"network": name, "changes": json.dumps(FINAL | LEFT_OUT[name])}
        row |= {"validation": values["validation"].mean(), "test": mean, "low": low, "high": high}
        row |= {f"seed {s}": v.mean() for s, v in zip(SEEDS, values["test"], strict=True)}
        gain = paired_difference(final_values, mine, seed=0)
        row |= {"less": gain.mean, "less low": gain.low, "less high": gain.high, "p": gain.p}
        rows.append(row | {"numbers": run_rows[0]["numbers"]})
    return pd.DataFrame(rows)


def shown(table):
    """The results as a table."""
    lines = ["| network | validation | test NDCG@10 | seeds | what it was worth | numbers |"]
    lines.append("|---|---:|---|---|---|---:|")
    for row in table.to_dict("records"):
        worth = signed(row["less"], row["less low"], row["less high"])
        seeds = ", ".join(f"{row[f'seed {seed}']:.4f}" for seed in SEEDS)
        lines.append(
            f"| {row['network']} | {row['validation']:.4f} | {row['test']:.4f} "
            f"({row['low']:.4f}–{row['high']:.4f}) | {seeds} "
            f"| {'–' if row['network'] == 'final' else worth} | {row['numbers']:,} |"
        )
    return "\n".join(lines)


def path_of(name, folders):
    return folders["data"] if name == "ML-1M" else folders["amazon"] / f"{FILES[name]}.txt"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("try", "final", "show"))
    parser.add_argument("set", nargs="?", choices=("ML-1M", *FILES, "shop"), default="ML-1M")
    parser.add_argument("changes", nargs="?", type=json.loads, default={})
    parser.add_argument("--data", type=Path, default=harness.DATA)
    parser.add_argument("--amazon", type=Path, default=Path("amazon"))
    parser.add_argument("--logs", type=Path, default=HERE)
    options = parser.parse_args()
    folders = {"data": options.data, "amazon": options.amazon}
    if options.step != "show" and options.set != "shop":
        path = path_of(options.set, folders)
        if not path.exists():
            print(f"{options.set} skipped: there is no {path}")
            return
    if options.step == "try":
        rows, *_ = run(options.set, options.changes, [0], folders)
        log = options.logs / "networks_tries.csv"
        table = pd.DataFrame(rows)
        table.to_csv(log, mode="a", header=not log.exists(), index=False, float_format="%.5g")
        print(table.to_string(columns=["task", "epoch", "loss", "last", "mean", "seconds"]))
        return
    if options.step == "final":
        for name in LEFT_OUT:
            if not kept(name):
                final(name, folders)
    table = table_of([name for name in LEFT_OUT if kept(name)])
    table.to_csv(options.logs / "networks_test.csv", index=False, float_format="%.6g")
    print(shown(table))


if __name__ == "__main__":
    main()
