"""How far SASRec gets on MovieLens-1M: weights averaged over epochs, a better network, counts.

    python benchmarks/movielens.py train --seed 0 --epochs 40              weights of each epoch
    python benchmarks/movielens.py train --seed 0 --epochs 25 --relative   the same, RelativeSASRec
    python benchmarks/movielens.py tune                                    → movielens_tries.csv
    python benchmarks/movielens.py test                                    → movielens_test.csv

Protocol and sizes are those of `sequences.py` (full ranking, leave-last-out, the order only).
Networks and counts learn from train alone; at the test they read the validation item as history.

train: each epoch leaves its last weights and the mean of its steps' weights in
`benchmarks/fitted/movielens` (1.2 MB each), and a second call goes on where that folder ends, with
the same draws. So everything after it costs no training: the mean of many epochs' weights, sums
with counts. The wide network, twice the dimensions, is trained by `networks.py final` on a GPU.

tune: each try is a line of the log, chosen with the networks of seed 0 by NDCG@10 on validation; a
second call goes on where the log ends. Nothing here looks at the test. Sums: of the logarithms of
the models' shares, or of the shares, each divided by the user's largest. Shares are among the items
that the user has not had: a softmax for networks, score / sum for counts. One weight at a time
moves up or down while that helps.

test: the best try of each kind, once, with the networks of every seed that is there, and each
part of the three sums left out. Each user's NDCG@10 is the mean over seeds; intervals are over
users. The gain is over plain SASRec (its best single epoch) or, of a sum without a part, the sum's
own over it: what the part is worth. p is corrected (Holm) over the parts.

seconds: CPU seconds of one thread for fit and scores of one seed, of all parts, each epoch's
training included; a GPU's are not counted.
"""

import argparse
import json
import time
from functools import lru_cache, partial
from pathlib import Path

import harness
import keras
import networks
import numpy as np
import pandas as pd
from amazon import climb, signed
from networks import SEEDS
from scipy import sparse

from course_lib.datasets import load_sequences
from course_lib.models.base import Recommender
from course_lib.models.histories import Baskets, fading
from course_lib.models.markov import Markov
from course_lib.models.neighbours import ItemNeighbours
from course_lib.models.popularity import Popularity
from course_lib.models.relative import RelativeSASRec
from course_lib.models.transformer import SASRec
from course_lib.split import leave_last_out
from course_lib.statistics import bootstrap_interval, holm, paired_difference

HERE = Path(__file__).parent
KEPT = HERE / "fitted" / "movielens"
SIZES = {"length": 200, "dimensions": 64, "blocks": 2, "heads": 1, "dropout": 0.1}
K = 10
SINGLE = 10  # so many of the latest epochs are tried alone
MEANS = (3, 5, 10, 15, 20, 25, 30)  # so many of the latest epochs are averaged
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
START = {"co-visits": 0.5, "Markov": 0.5, "neighbours": 0.1}  # where the weights begin
PLAIN, MEAN = "SASRec, best epoch", "SASRec, mean of epochs"
RELATIVE, WIDE = "RelativeSASRec, mean of epochs", "wide network"
NETWORKS = (MEAN, RELATIVE, WIDE)
COUNTS = ("popularity", "neighbours", "Markov", "co-visits")
# kind of counts: (values of each number, where the search begins)
SPACE = {
    "popularity": ({}, {}),
    "neighbours": (
        {"neighbours": [20, 100, 500], "shrinkage": [0.0, 10.0, 50.0, 200.0]},
        {"neighbours": 100, "shrinkage": 10.0},
    ),
    "Markov": (
        {
            "smoothing": [1.0, 3.0, 10.0, 30.0, 100.0],
            "memory": [1, 2, 4, 8, 20],
            "decay": [0.4, 0.6, 0.8, 0.9],
        },
        {"smoothing": 10.0, "memory": 4, "decay": 0.6},
    ),
    "co-visits": (
        {
            "fade": [0.5, 0.7, 0.85, 0.93],
            "back": [0.0, 0.3, 0.6, 1.0],
            "target": [0.0, 0.2, 0.4, 0.6],
            "decay": [0.6, 0.75, 0.85, 0.93],
        },
        {"fade": 0.7, "back": 0.3, "target": 0.2, "decay": 0.75},
    ),
}


class CoVisits(Recommender):
    """Pairs of a user's items at most 20 events apart, nearer ones more (see amazon_counts.py)."""

    GAPS = 20

    def __init__(self, *, fade, back, target, decay):
        self.fade = fade
        self.back = back
        self.target = target
        self.decay = decay

    def _fit(self, train, validation):
        order = np.lexsort((train.timestamps, train.users))
        users, items = train.users[order], train.items[order]
        table = sparse.csr_array((self.n_items_,) * 2)
        for gap in range(1, self.GAPS + 1):
            same = np.flatnonzero(users[gap:] == users[:-gap])
            weights = np.full(same.size, self.fade ** (gap - 1.0))
            cells = items[same], items[same + gap]
            table = table + sparse.coo_array((weights, cells), shape=table.shape).tocsr()
        table = (table + self.back * table.T).toarray()
        np.fill_diagonal(table, 0)
        table /= table.sum(axis=1, keepdims=True) + 1
        self.near_ = table / (table.sum(axis=0) + 1e-3) ** self.target

    def _score(self, users, history):
        return fading(history, users, 50, self.decay) @ self.near_


MODELS = {"popularity": Popularity, "neighbours": ItemNeighbours}
MODELS |= {"Markov": Markov, "co-visits": CoVisits}


class Kept:
    """A sequence model that writes down every epoch, and goes on after the last one there."""

    folder = KEPT

    def _fit(self, train, validation):
        self._build()
        baskets = Baskets(train)
        counts = np.bincount(baskets.items, minlength=self.n_items_) + 1.0
        self.network_.biases.assign(np.log(counts / counts.sum()))
        optimiser = keras.optimizers.Adam(float(self.learning_rate))
        self.network_.compile(optimiser, jit_compile=False)
        optimiser.build(self.network_.trainable_variables)
        state = self.network_.variables + optimiser.variables
        self.epochs_, seconds = 0, 0.0
        last = self.folder / "state.npz"
        if last.exists():
            with np.load(last) as file:
                self.epochs_, seconds = int(file["epoch"]), float(file["seconds"])
                for i, variable in enumerate(state):
                    variable.assign(file[f"v{i}"])
        batches, steps = self._batches(baskets), _MeanOfSteps()
        while self.epochs_ < self.epochs:
            started = time.process_time()
            fitted = self.network_.fit(batches, verbose=0, shuffle=False, callbacks=[steps])
            seconds += time.process_time() - started
            self.epochs_ += 1
            weights = {f"last{i}": w for i, w in enumerate(self.network_.get_weights())}
            weights |= {f"mean{i}": w for i, w in enumerate(steps.mean())}
            _write(self.folder / f"epoch{self.epochs_:03}.npz", weights | {"seconds": seconds})
            state_now = {f"v{i}": v.numpy() for i, v in enumerate(state)}
            _write(last, state_now | {"epoch": self.epochs_, "seconds": seconds})
            loss = fitted.history["loss"][0]
            print(f"epoch {self.epochs_}: loss {loss:.4f}, {seconds:.0f} CPU seconds", flush=True)

    def _epoch(self, baskets, n_batches, rng):
        rng = np.random.default_rng([self.seed, self.epochs_])  # a second call goes on alike
        return super()._epoch(baskets, n_batches, rng)


class KeptSASRec(Kept, SASRec):
    pass


class KeptRelative(Kept, RelativeSASRec):
    pass


class _MeanOfSteps(keras.callbacks.Callback):
    """The mean of the weights after each step of an epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.sums, self.steps = None, 0

    def on_train_batch_end(self, batch, logs=None):
        now = self.model.get_weights()
        self.sums = _plus(self.sums, now)
        self.steps += 1

    def mean(self):
        return [total / self.steps for total in self.sums]


def _plus(sums, weights):
    return weights if sums is None else [a + b for a, b in zip(sums, weights, strict=True)]


def _write(path, arrays):
    """All of the file or nothing of it, also when it is interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name("half.npz")
    np.savez(half, **arrays)
    half.replace(path)


def run_name(seed, batch=16, relative=False):
    return f"{'relative_' * relative}seed{seed}_batch{batch}"


def epochs_of(run):
    return len(list((KEPT / run).glob("epoch*.npz")))


def network(run, which, epochs, train):
    """A SASRec with the mean of these epochs' weights, and the CPU seconds until then.

    which: the weights at an epoch's end ("last") or the mean over its steps ("mean").
    """
    kind = KeptRelative if run.startswith("relative") else KeptSASRec
    model = kind(**SIZES, epochs=1)
    model.folder = KEPT / run
    model.fit(train)  # reads what is there
    files = [KEPT / run / f"epoch{epoch:03}.npz" for epoch in epochs]
    sums, seconds = None, 0.0
    for path in files:
        with np.load(path) as file:
            count = sum(name.startswith(which) for name in file.files)
            weights = [file[f"{which}{i}"].astype(np.float64) for i in range(count)]
            seconds = float(file["seconds"])
        sums = _plus(sums, weights)
    model.network_.set_weights([total / len(files) for total in sums])
    return model, seconds


class Data:
    """The split, and what each setting of a model says about every item at validation and test."""

    def __init__(self, path):
        self.split = split = leave_last_out(load_sequences(path))
        self.users = np.arange(split.train.n_users)
        self.shares = lru_cache(12)(self._shares)

    def known(self, when):
        return {"validation": self.split.train, "test": self.split.before_test}[when]

    def _shares(self, setting, when):
        """(log shares (n_users, n_items) with −inf for what a user has had, seconds, numbers)."""
        setting, started, seconds = json.loads(setting), time.process_time(), 0.0
        name = setting.pop("model")
        history = self.known(when)
        if name == "SASRec":
            first, last = setting["epochs"]
            epochs = range(first, last + 1)
            model, seconds = network(setting["run"], setting["weights"], epochs, self.split.train)
            model.length = setting.get("length", model.length)
            numbers = model.network_.count_params()
            logs = model.score(self.users, history)
        elif name == WIDE:
            logs, numbers = networks.final_scores(setting["seed"], self.split, when)
        else:
            model = MODELS[name](**setting).fit(self.split.train)
            numbers = {
                "popularity": lambda: model.n_items_,
                "neighbours": lambda: model.similarity_.nnz,
                "Markov": lambda: model.transitions_.nnz,
                "co-visits": lambda: np.count_nonzero(model.near_),
            }[name]()
            logs = logs_of(model.score(self.users, history))
        logs[history.rows(self.users).nonzero()] = -np.inf
        return (
            as_shares(logs).astype(np.float32),
            seconds + time.process_time() - started,
            int(numbers),
        )

    def mixed(self, setting, when):
        """The scores of a sum: {"form": "log" or "top", "parts": [[weight, setting], …]}."""
        total, seconds, numbers = 0.0, 0.0, 0
        for weight, part in setting["parts"]:
            logs, its_seconds, its_numbers = self.shares(json.dumps(part), when)
            if setting["form"] == "top":
                logs = np.exp(logs - logs.max(axis=1, keepdims=True))
            total = total + np.float32(weight) * logs
            seconds, numbers = seconds + its_seconds, numbers + its_numbers
        if setting["form"] == "top":
            total[self.known(when).rows(self.users).nonzero()] = -np.inf
        return total, seconds, numbers

    def measured(self, setting, when):
        """NDCG@10 of each user, seconds, numbers."""
        scores, seconds, numbers = self.mixed(setting, when)
        part = getattr(self.split, when)
        return ndcg(scores, part.users, part.items), seconds, numbers


def logs_of(scores):
    """Logarithms of counts' scores (n, n_items), in which nothing is impossible."""
    return np.log(scores + (1e-6 * scores.max(axis=1, keepdims=True) + 1e-12))


def as_shares(logs):
    """The same logarithms less a number for each row, so that the shares add to 1; in place."""
    logs -= logs.max(axis=1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return logs


def ndcg(scores, users, items):
    """NDCG@10 of each user with one item to find; equal scores stand in the catalogue's order."""
    wanted = np.empty(len(scores), dtype=np.int64)
    wanted[users] = items
    own = np.take_along_axis(scores, wanted[:, None], axis=1)
    ahead = (scores > own) | ((scores == own) & (np.arange(scores.shape[1]) < wanted[:, None]))
    places = ahead.sum(axis=1)
    return np.where(places < K, 1 / np.log2(places + 2.0), 0.0)


def single(**part):
    return {"form": "log", "parts": [[1.0, part]]}


class Tries:
    """The log: what stands there is not tried again."""

    COLUMNS = ("try", "setting", "validation", "test", "seconds", "numbers")

    def __init__(self, path, data):
        self.path, self.data = Path(path), data
        if not self.path.exists():
            self.path.write_text(",".join(self.COLUMNS) + "\n", encoding="utf-8")
        self.table = pd.read_csv(self.path)
        self.found = {}
        for row in self.table.to_dict("records"):
            self.found[row["try"], row["setting"]] = row["validation"]

    def value(self, kind, setting):
        """NDCG@10 on validation, measured now or before."""
        key = (kind, json.dumps(setting))
        if key not in self.found:
            values, seconds, numbers = self.data.measured(setting, "validation")
            line = [*key, f"{values.mean():.5f}", "", f"{seconds:.1f}", numbers]
            pd.DataFrame([line]).to_csv(self.path, mode="a", header=False, index=False)
            self.found[key] = float(line[2])
            print(line[2], *key, flush=True)
        return self.found[key]

    def best(self, kind):
        """The best setting of this kind so far, the first of equals; None where none was tried."""
        mine = {key[1]: value for key, value in self.found.items() if key[0] == kind}
        return json.loads(max(mine, key=mine.get)) if mine else None

    def tested(self, kind, setting, value):
        """Note what a try of the log has on the test."""
        mine = (self.table["try"] == kind) & (self.table["setting"] == setting)
        self.table.loc[mine, "test"] = round(value, 5)

    def write(self):
        """The log anew, with what was tested."""
        self.table["validation"] = self.table["validation"].map("{:.5f}".format)
        self.table.to_csv(self.path, index=False)


def search(kind, tries):
    """Try settings of counts, from where their space begins."""
    climb(*SPACE[kind], lambda setting: tries.value(kind, single(model=kind, **setting)))


def add_counts(kind, base, tries, forms=("log", "top")):
    """Counts added to this setting: one weight at a time moves up or down while that helps."""
    of = {name: tries.best(name)["parts"][0][1] for name in START}
    of = {name: part for name, part in of.items() if part not in [p for _, p in base["parts"]]}

    def value(form, weights):
        counts = [[weight, of[name]] for name, weight in weights.items() if weight]
        return tries.value(kind, {"form": form, "parts": [*base["parts"], *counts]})

    for form in forms:
        value(form, {})  # nothing added is a choice too
        start = {name: START[name] for name in of}
        climb(dict.fromkeys(of, WEIGHTS), start, partial(value, form))


def tune(tries):
    """Counts, then each network of seed 0 that is there: which weights, then which counts."""
    for kind in SPACE:
        search(kind, tries)
    add_counts("counts mixed", tries.best("co-visits"), tries)
    for kind, run in ((MEAN, run_name(0)), (RELATIVE, run_name(0, relative=True))):
        done, where = epochs_of(run), {"model": "SASRec", "run": run}
        for epoch in range(max(1, done - SINGLE + 1), done + 1) if kind == MEAN else ():
            tries.value(PLAIN, single(**where, weights="last", epochs=[epoch, epoch]))
        for size in MEANS:
            if size <= done:
                span = [done - size + 1, done]
                tries.value(kind, single(**where, weights="mean", epochs=span))
    if networks.kept():
        tries.value(WIDE, single(model=WIDE, seed=0))
    for kind in NETWORKS:
        if best := tries.best(kind):
            add_counts(f"{kind} + counts", best, tries)


def with_seed(setting, seed):
    """The same setting of seed 0 with networks that began from another seed."""
    parts = []
    for weight, part in setting["parts"]:
        other = {"seed": seed} if "seed" in part else {}
        if "run" in part:
            other = {"run": part["run"].replace("seed0", f"seed{seed}")}
        parts.append([weight, part | other])
    return setting | {"parts": parts}


def is_there(part):
    """Whether a network has been trained; counts always are."""
    if "run" in part:
        return epochs_of(part["run"]) >= part["epochs"][1]
    return part["model"] != WIDE or networks.kept()


def without(setting):
    """(what is left out, the setting without it) for each part of a sum with a network."""
    for i, (_, part) in enumerate(setting["parts"]):
        others = [*setting["parts"][:i], *setting["parts"][i + 1 :]]
        yield part["model"] if i else "the network", setting | {"parts": others}
    weight, part = setting["parts"][0]
    if part.get("weights") == "mean":
        last = part | {"weights": "last", "epochs": [part["epochs"][1]] * 2}
        yield "the mean", setting | {"parts": [[weight, last], *setting["parts"][1:]]}


def questions(tries):
    """(name, setting, name of what it is compared with) of everything that is tested."""
    for kind in (
        *COUNTS,
        "counts mixed",
        PLAIN,
        *(k for n in NETWORKS for k in (n, f"{n} + counts")),
    ):
        setting = tries.best(kind)
        if setting is None:
            continue
        yield kind, setting, PLAIN
        if kind.endswith(" + counts"):
            for part, rest in without(setting):
                yield f"{kind}, without {part}", rest, kind


def test(tries, path):
    """The best try of each kind on the test, with all seeds: a row each; the log is filled in."""
    asked, found = list(questions(tries)), {}
    for seed in SEEDS:  # so that what a seed's networks say is worked out once
        for name, setting, _ in asked:
            one = with_seed(setting, seed)
            again = seed > 0 and one == setting  # no network, so the same as with seed 0
            if not again and all(is_there(part) for _, part in one["parts"]):
                found.setdefault(name, []).append(tries.data.measured(one, "test"))
    rows = []
    for name, setting, beside in asked:
        values = np.mean([values for values, _, _ in found[name]], axis=0)
        against = np.mean([values for values, _, _ in found[beside]], axis=0)
        pair = (values, against) if beside == PLAIN else (against, values)  # the part's worth
        gain = paired_difference(*pair, seed=0)
        mean, low, high = bootstrap_interval(values, seed=0)
        row = {"try": name, "setting": json.dumps(setting)}
        row |= {"validation": tries.found.get((name, row["setting"]), np.nan)}
        row |= {"test": mean, "low": low, "high": high}
        row |= {"seeds": " ".join(f"{values.mean():.4f}" for values, _, _ in found[name])}
        row |= {"gain": gain.mean, "gain low": gain.low, "gain high": gain.high, "p": gain.p}
        row |= {"seconds": round(np.mean([seconds for _, seconds, _ in found[name]]), 1)}
        rows.append(row | {"numbers": found[name][0][2]})
        print(pd.Series(rows[-1]).to_string(), "\n", flush=True)
        tries.tested(name, row["setting"], found[name][0][0].mean())
    table = pd.DataFrame(rows)
    parts = table["try"].str.contains(", without ")
    table.loc[parts, "p"] = holm(table.loc[parts, "p"].to_numpy()) if parts.any() else []
    table.to_csv(path, index=False, float_format="%.6g")
    tries.write()
    print(shown(table), "\n", shown_parts(table), sep="\n")


def shown(table):
    """The models as a table."""
    lines = ["| model | validation | test NDCG@10 | seeds | over plain SASRec | CPU s | numbers |"]
    lines.append("|---|---:|---|---|---|---:|---:|")
    for row in table[~table["try"].str.contains(", without ")].to_dict("records"):
        gain = (
            "–" if row["try"] == PLAIN else signed(row["gain"], row["gain low"], row["gain high"])
        )
        many = " " in row["seeds"]
        lines.append(
            f"| {row['try']} | {row['validation']:.4f} | {row['test']:.4f} "
            f"({row['low']:.4f}–{row['high']:.4f}) | {row['seeds'] if many else '–'} | {gain} "
            f"| {row['seconds']:,.0f} | {row['numbers']:,} |"
        )
    return "\n".join(lines)


def shown_parts(table):
    """What each part of the sums is worth, as a table."""
    lines = ["| sum | without | test NDCG@10 | worth | p, Holm |", "|---|---|---:|---|---:|"]
    for row in table[table["try"].str.contains(", without ")].to_dict("records"):
        whole, part = row["try"].split(", without ")
        worth = signed(row["gain"], row["gain low"], row["gain high"])
        lines.append(f"| {whole} | {part} | {row['test']:.4f} | {worth} | {row['p']:.3f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("train", "tune", "test"))
    parser.add_argument("--data", type=Path, default=harness.DATA)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--relative", action="store_true", help="RelativeSASRec in place of SASRec")
    parser.add_argument("--batch", type=int, default=16, help="histories of full length in a batch")
    parser.add_argument("--logs", type=Path, default=HERE)
    options = parser.parse_args()
    if not options.data.exists():
        print(f"movielens skipped: there is no {options.data} (--data names another place)")
        return
    data = Data(options.data)
    if options.step == "train":
        kind = KeptRelative if options.relative else KeptSASRec
        model = kind(**SIZES, batch_size=options.batch, epochs=options.epochs, seed=options.seed)
        model.folder = KEPT / run_name(options.seed, options.batch, options.relative)
        model.fit(data.split.train)
        return
    tries = Tries(options.logs / "movielens_tries.csv", data)
    if options.step == "tune":
        tune(tries)
    else:
        test(tries, options.logs / "movielens_test.csv")


if __name__ == "__main__":
    main()
