"""Tune every model of lesson 14 alike, blend, fit over seeds, test once: the tables it reads.

    python benchmarks/leaderboard.py tune [MODEL …]  → datasets/leaderboard/tuning.csv
    python benchmarks/leaderboard.py blend           → datasets/leaderboard/weights.csv
    python benchmarks/leaderboard.py fit [MODEL …]   → benchmarks/fitted/*.npz (kept out of git)
    python benchmarks/leaderboard.py test            → seeds.csv, households.npz, MODEL_TASK.npz

Every step can be interrupted and started again: what stands in the log, or in the folder of fitted
models, is not done twice. `tune` and `fit` may run in several processes, of different models each.

tune: every model has the same budget, 20 settings drawn with a seed from its space; no setting
stands first. Spaces have 96 settings each; those of popularity, own counts and content have no
more than 20, all of which are tried. Each setting is fitted on train and judged by NDCG@10 on
validation, in both tasks. What trains in epochs takes up to 50 and stops when neither task has
improved for 5; each task keeps its own best epoch. Then the edges: while the best setting of a task
stands at the end of a list of numbers, the next number beyond it is tried, at most 3 times a task.
The test is not touched.

blend: weights of two hybrids for each task, on validation, from the best settings fitted on train:
of all models, and of those that need no training in epochs.

fit: every model that starts at random, in its best setting for each task, with the number of epochs
found for it, on train and validation together, with the seeds 0, 1 and 2; saved as float16, with
the share of places in the lists that rounding leaves as they were.

test: everything is judged on the test, once: each model and both hybrids, for each task and seed.
NDCG@10 of each household goes to households.npz, what seed 0 learned to MODEL_TASK.npz.
"""

import argparse
import functools
import itertools
import json
import os
import shutil
import time
from importlib import import_module
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import pandas as pd
from scipy import sparse

from course_lib.datasets import load_complete_journey
from course_lib.evaluation import evaluate
from course_lib.metrics import coverage, ndcg_at_k
from course_lib.models.base import Recommender
from course_lib.models.hybrid import Hybrid
from course_lib.models.saving import about
from course_lib.models.validation import Validation
from course_lib.similarity import top_k
from course_lib.split import split_by_time

FOLDER = Path(__file__).parents[1] / "datasets" / "leaderboard"
FITTED = Path(__file__).parent / "fitted"
TRIALS, EDGES, SEEDS = 20, 3, 3
EPOCHS, PATIENCE = 50, 5
TASKS = {"discover": True, "replenish": False}  # exclude_seen
HYBRIDS = ("hybrid", "hybrid without training")

# name: (class, values of its parameters)
SEQUENCES = {
    "horizon": [1, 10, None],
    "learning_rate": [0.002, 0.003, 0.005, 0.008],
    "dimensions": [32, 64],
    "dropout": [0.1, 0.2, 0.4, 0.6],
}
SPACE = {
    "random": ("chance.Chance", {}),
    "popularity": (
        "popularity.Popularity",
        {
            "days": [
                *(3, 5, 7, 10, 14, 17, 21, 24, 28, 35, 42, 49, 56, 70, 84, 112, 140, 168, 224),
                None,
            ]
        },
    ),
    "own counts": (
        "repurchase.Repurchase",
        {
            "half_life": [
                *(7, 10, 14, 21, 28, 35, 42, 56, 70, 84, 98, 112, 140, 168, 196, 224, 280, 364),
                *(500, None),
            ]
        },
    ),
    "content": (
        "content.Content",
        {"power": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0], "words": [1, 2]},
    ),
    "neighbours": (
        "neighbours.ItemNeighbours",
        {
            "neighbours": [25, 50, 100, 200, 400, 800],
            "shrinkage": [0.0, 10.0, 30.0, 100.0],
            "power": [0.0, 0.25, 0.5, 1.0],
        },
    ),
    "EASE": (
        "ease.EASE",
        {
            "regularisation": [
                *(1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0, 200.0),
                *(300.0, 500.0, 700.0, 1000.0, 1200.0, 1500.0, 2000.0, 3000.0, 5000.0, 7000.0),
            ],
            "power": [0.0, 0.25, 0.5, 1.0],
        },
    ),
    "ALS": (
        "als.ALS",
        {
            "dimensions": [16, 32, 64, 128],
            "regularisation": [3.0, 10.0, 30.0, 100.0],
            "alpha": [0.3, 1.0, 3.0],
            "power": [0.0, 0.5],
        },
    ),
    "MF": (
        "factorization.MatrixFactorization",
        {
            "dimensions": [16, 32, 64, 128],
            "regularisation": [0.005, 0.01, 0.02, 0.05],
            "negatives": [2, 4],
            "learning_rate": [0.002, 0.005, 0.01],
        },
    ),
    "BPR": (
        "factorization.BPR",
        {
            "dimensions": [16, 32, 64, 128],
            "regularisation": [0.005, 0.02, 0.05, 0.1],
            "popularity": [0.0, 0.5],
            "learning_rate": [0.002, 0.005, 0.01],
        },
    ),
    "two-tower": (
        "two_tower.TwoTower",
        {
            "features": ["department, category", "category, brand, demographics"],
            "dimensions": [32, 64],
            "temperature": [0.05, 0.1, 0.2],
            "dropout": [0.1, 0.3, 0.6, 0.8],
            "learning_rate": [0.005, 0.02],
        },
    ),
    "neural CF": (
        "neural_cf.NeuralCF",
        {
            "dimensions": [8, 16, 32],
            "hidden": [[32], [32, 16]],
            "negatives": [2, 4],
            "learning_rate": [0.001, 0.002, 0.005, 0.01],
            "batch_size": [4096, 16384],
        },
    ),
    "Mult-VAE": (
        "variational.MultVAE",
        {
            "hidden": [[100], [200]],
            "dimensions": [32, 64],
            "dropout": [0.3, 0.6],
            "beta": [0.1, 0.3, 1.0],
            "power": [0.0, 0.5],
            "learning_rate": [0.001, 0.003],
        },
    ),
    "Markov": (
        "markov.Markov",
        {
            "memory": [1, 2, 5, 10, 30, 100],
            "decay": [0.8, 0.9, 0.95, 1.0],
            "smoothing": [3.0, 10.0, 30.0, 100.0],
        },
    ),
    "Caser": ("convolution.Caser", SEQUENCES),
    "GRU4Rec": ("recurrent.GRU4Rec", SEQUENCES),
    "SASRec": ("transformer.SASRec", SEQUENCES),
}
FIXED = {name: {"negatives": 256, "batch_size": 64} for name in ("Caser", "GRU4Rec", "SASRec")}
TRAINED = ("MF", "BPR", "two-tower", "neural CF", "Mult-VAE", "Caser", "GRU4Rec", "SASRec")
NATURAL = ("power", "decay", "dropout", "popularity", "words")  # their lists end where they must


def make(name, parameters, **others):
    """A fresh model of this name, with what it needs to know about items and users."""
    module, class_name = SPACE[name][0].split(".")
    model_class = getattr(import_module(f"course_lib.models.{module}"), class_name)
    parameters = dict(parameters)
    given = tables(name, parameters.pop("features", None))
    return model_class(**given, **FIXED.get(name, {}), **parameters, **others)


def tables(name, features):
    """What some models want to know about items and users."""
    shop, _ = load()
    if name == "content":
        return {"titles": shop.items["title"].tolist()}
    if name != "two-tower":
        return {}
    columns = features.split(", ")
    given = {}
    if "demographics" in columns:
        columns.remove("demographics")
        users = shop.users.drop(columns="user_id").astype(str)
        given["user_features"] = pd.get_dummies(users).to_numpy(np.float32)
    return given | {"item_features": pd.get_dummies(shop.items[columns]).to_numpy(np.float32)}


def settings(name):
    """TRIALS settings drawn with a seed; all of them, where there are no more."""
    values = SPACE[name][1]
    combinations = list(itertools.product(*values.values()))
    many = min(TRIALS, len(combinations))
    chosen = np.random.default_rng(0).choice(len(combinations), many, replace=False)
    return [dict(zip(values, combinations[i], strict=True)) for i in chosen]


class Both(Validation):
    """A goal that watches both tasks: `ndcg` grows as long as one of them still gets better."""

    def __init__(self, train, validation):
        self.train, self.log = train, validation
        self.goals = {
            task: Validation(train, validation, exclude_seen=seen) for task, seen in TASKS.items()
        }
        self.users = np.unique(np.concatenate([goal.users for goal in self.goals.values()]))
        self.epoch, self.found = 0, dict.fromkeys(TASKS, (-1.0, 0))

    def ndcg(self, model):
        self.epoch += 1
        before, scores = dict(self.found), model.score(self.users, self.train)
        for task, goal in self.goals.items():
            mine = scores[np.searchsorted(self.users, goal.users)]
            if goal.exclude_seen:
                mine[self.train.rows(goal.users).nonzero()] = -np.inf
            found = float(np.mean(ndcg_at_k(top_k(mine, 10), goal.relevant, 10)))
            self.found[task] = max(self.found[task], (found, -self.epoch))
        return self.epoch if self.found != before else 0


def tune(names):
    for name in names:
        for trial, parameters in enumerate(settings(name)):
            tried(name, trial, "drawn", parameters)
        for task in TASKS:
            step = f"edge of {task}"
            while (beyond := outward(name, task)) and len(log_of(name, step)) < EDGES:
                tried(name, len(log_of(name)), step, beyond)


def tried(name, trial, step, parameters):
    """Fit one setting and write its row, unless the log has it."""
    done = log_of(name)
    if len(done) and trial in set(done["trial"]):
        return
    _, split = load()
    goal, trained = Both(split.train, split.validation), name in TRAINED
    model = make(name, parameters, **({"epochs": EPOCHS, "patience": PATIENCE} if trained else {}))
    started = time.process_time()
    model.fit(split.train, goal if trained else None)
    seconds = time.process_time() - started
    if not trained:
        goal.ndcg(model)
    row = {"model": name, "trial": trial, "step": step, "parameters": json.dumps(parameters)}
    for task, (ndcg, epoch) in goal.found.items():
        row |= {task: round(ndcg, 5), f"{task}_epochs": -epoch if trained else 0}
    row["epochs_run"] = goal.epoch if trained else 0
    append("tuning.csv", row | {"cpu_seconds": round(seconds, 1)})
    print(*row.values(), round(seconds, 1), flush=True)


def outward(name, task):
    """The best setting of a task, with one number that ends its list pushed beyond; None: none."""
    log = log_of(name)
    known = [json.loads(text) for text in log["parameters"]]
    best_one = known[int(log[task].to_numpy().argmax())]
    for key, value in best_one.items():
        values = {one[key] for one in known if isinstance(one[key], int | float)}
        values |= {one for one in SPACE[name][1][key] if isinstance(one, int | float)}
        values = sorted(values)
        if key in NATURAL or len(values) < 3 or value not in (values[0], values[-1]):
            continue
        if value == values[-1] and None in SPACE[name][1][key]:
            continue  # beyond the largest stands None
        neighbour = values[1] if value == values[0] else values[-2]
        if not value * neighbour:
            continue
        further = value * value / neighbour
        further = max(1, round(further)) if isinstance(value, int) else float(f"{further:.2g}")
        beyond = best_one | {key: further}
        if beyond not in known:
            return beyond
    return None


def best(task, name):
    """(trial, parameters with epochs): the best of a model on validation for one task."""
    log = log_of(name)
    row = log.iloc[int(log[task].to_numpy().argmax())]
    parameters = json.loads(row["parameters"])
    if name in TRAINED:
        parameters["epochs"] = int(row[f"{task}_epochs"])
    return int(row["trial"]), parameters


def fitted(name, task, part, seed):
    """The best model for a task, fitted on "train" or on "before" the test; and the seconds."""
    _, split = load()
    log = split.train if part == "train" else split.before_test
    trial, parameters = best(task, name)
    path = FITTED / f"{name}_{task}_{part}_{seed}.npz".replace(" ", "_")
    if path.exists():
        tuning = about(path)["tuning"]
        if (tuning["trial"], tuning["parameters"]) == (trial, parameters):
            return Recommender.load(path), tuning["fit_seconds"]
    random = {"seed": seed} if name in TRAINED or name in ("random", "ALS") else {}
    model = make(name, parameters, **random)
    started = time.process_time()
    model.fit(log)
    seconds = time.process_time() - started
    if name not in TRAINED:
        return model, seconds
    tuning = {"trial": trial, "task": task, "parameters": parameters, "seed": seed}
    tuning |= {"fit_seconds": round(seconds, 1), "log": part}
    FITTED.mkdir(exist_ok=True)
    model.save(path, dtype="float16", tuning=tuning)
    users = np.unique(log.users)
    lists = [
        one.recommend(users, log, 10, exclude_seen=TASKS[task])
        for one in (model, Recommender.load(path))
    ]
    tuning["same_places"] = round(float(np.mean(lists[0] == lists[1])), 4)
    model.save(path, dtype="float16", tuning=tuning)
    print(path.stem, *tuning.values(), flush=True)
    return Recommender.load(path), seconds


def fit(names):
    for name, seed, task in itertools.product(names, range(SEEDS), TASKS):
        if name in TRAINED:
            fitted(name, task, "before", seed)


def blend(names):
    """Weights of the hybrids, for each task."""
    _, split = load()
    rows = []
    for task, exclude_seen in TASKS.items():
        models = {name: fitted(name, task, "train", 0)[0] for name in names if name != "random"}
        for kind in HYBRIDS:
            some = {n: m for n, m in models.items() if kind == "hybrid" or n not in TRAINED}
            hybrid = Hybrid(models=some, exclude_seen=exclude_seen, prefit=True)
            hybrid.fit(split.train, split.validation)
            goal = Validation(split.train, split.validation, exclude_seen=exclude_seen)
            found = round(goal.ndcg(hybrid), 5)
            rows += [
                {"task": task, "hybrid": kind, "model": n, "weight": round(w, 4), "october": found}
                for n, w in hybrid.weights_.items()
            ]
            print(task, kind, hybrid.weights_, found, flush=True)
    pd.DataFrame(rows).to_csv(FOLDER / "weights.csv", index=False)


def test(names):
    """The one look at the test: every model and hybrid, both tasks, all seeds."""
    _, split = load()
    weights = pd.read_csv(FOLDER / "weights.csv")
    rows, households = [], {}
    for task, seed in itertools.product(TASKS, range(SEEDS)):
        models, seconds = {}, {}
        for name in names:
            models[name], seconds[name] = fitted(name, task, "before", seed)
        for kind in HYBRIDS:
            mine = weights[(weights["task"] == task) & (weights["hybrid"] == kind)]
            mine = mine[mine["weight"] > 0].set_index("model")["weight"].to_dict()
            parts = {name: models[name] for name in mine}
            hybrid = Hybrid(models=parts, weights=mine, prefit=True)
            models[kind] = hybrid.fit(split.before_test)
            seconds[kind] = sum(seconds[name] for name in mine)
        for name, model in models.items():
            random = name in (*TRAINED, *HYBRIDS, "random", "ALS")
            if seed == 0 or random:
                row, values = judged(model, split, task)
                rows.append({"model": name, "task": task, "seed": seed} | row)
                rows[-1] |= {"fit_seconds": round(seconds[name], 2)}
                households[f"{task}, {name}, {seed}"] = values
                print(*rows[-1].values(), flush=True)
            if seed == 0 and name in TRAINED:
                file = f"{name}_{task}".replace(" ", "_")
                shutil.copy(FITTED / f"{file}_before_0.npz", FOLDER / f"{file}.npz")
    pd.DataFrame(rows).to_csv(FOLDER / "seeds.csv", index=False)
    np.savez_compressed(FOLDER / "households.npz", **households)


def judged(model, split, task):
    """A row of seeds.csv, and each household's NDCG@10 in the order of `evaluate`."""
    recorded = Recorded(model)
    started = time.process_time()
    history, hide = split.before_test, TASKS[task]
    table = evaluate(recorded, split.test, history=history, exclude_seen=hide)
    spent = time.process_time() - started
    row = {
        "ndcg": round(float(table["ndcg"].mean()), 5),
        "coverage": round(coverage(recorded.lists, model.n_items_), 4),
        "ms_per_household": round(1000 * spent / len(table), 2),
        "numbers_kept": numbers_kept(model),
    }
    return row, table["ndcg"].to_numpy(np.float32)


class Recorded:
    """Passes on what a model recommends, and keeps it."""

    def __init__(self, model):
        self.model = model

    def recommend(self, users, history, k, *, exclude_seen):
        self.lists = self.model.recommend(users, history, k, exclude_seen=exclude_seen)
        return self.lists


def numbers_kept(model):
    """How many numbers a fitted model keeps, aside from what every model has."""
    if isinstance(model, Hybrid):
        return sum(map(numbers_kept, model.models.values()))
    total = 0
    for key, value in vars(model).items():
        if not key.endswith("_") or key in ("popularity_", "user_ids_", "item_ids_"):
            continue
        if hasattr(value, "count_params"):
            total += value.count_params()
        elif sparse.issparse(value):
            total += value.nnz
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
            total += value.size
    return int(total)


@functools.cache
def load():
    shop = load_complete_journey(min_households=50)
    return shop, split_by_time(shop.interactions, "2017-10-01", "2017-11-01")


def log_of(name, step=None):
    """The rows of one model in the log of trials, in order; of one step only."""
    path = FOLDER / "tuning.csv"
    if not path.exists():
        return pd.DataFrame()
    table = pd.read_csv(path)
    table = table[(table["model"] == name) & ((table["step"] == step) | (step is None))]
    return table.sort_values("trial", kind="stable").reset_index(drop=True)


def append(file, row):
    """One more line; written at once, so that processes side by side do not cut each other's."""
    path = FOLDER / file
    FOLDER.mkdir(parents=True, exist_ok=True)
    line = pd.DataFrame([row]).to_csv(index=False, header=not path.exists())
    with path.open("a", encoding="utf-8") as log:
        log.write(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["tune", "blend", "fit", "test"])
    parser.add_argument("models", nargs="*", help=f"of {', '.join(SPACE)}; default: all")
    arguments = parser.parse_args()
    names = arguments.models or list(SPACE)
    unknown = set(names) - set(SPACE)
    if unknown:
        parser.error(f"unknown model {', '.join(unknown)}; there are {', '.join(SPACE)}")
    {"tune": tune, "blend": blend, "fit": fit, "test": test}[arguments.step](names)


if __name__ == "__main__":
    main()
