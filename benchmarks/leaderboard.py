"""Tune every model of lesson 14 alike, then over seeds: the tables that the lesson reads.

    python benchmarks/leaderboard.py tune            → datasets/leaderboard/tuning.csv
    python benchmarks/leaderboard.py blend           → datasets/leaderboard/weights.csv
    python benchmarks/leaderboard.py seeds           → datasets/leaderboard/seeds.csv
    python benchmarks/leaderboard.py tune EASE ALS   only these models, the others' rows are kept

tune: every model gets the same budget, 6 settings: its first values, and 5 more drawn at random
(seeded) from the others in SPACE. Each is fitted once on train (networks stop early on
validation) and judged by NDCG@10 on validation, in both tasks; the best of the 6 is chosen for
each task. The test is not touched.

blend: the hybrid's weights, for each task, on validation, from the best models fitted on train.

seeds: every model, in its best setting, is fitted once more on train and validation together and
judged on the test; models that train at random three times, with the seeds 0, 1 and 2. Beside the
NDCG stand the seconds of the fit, the milliseconds a household and the numbers that the model
keeps. What those of seed 0 learned is saved beside the tables (MODEL_TRIAL.npz), for the lesson.
"""

import argparse
import itertools
import json
import os
import time
from importlib import import_module
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import pandas as pd
from scipy import sparse

from course_lib.datasets import load_complete_journey
from course_lib.evaluation import evaluate
from course_lib.models.hybrid import Hybrid
from course_lib.split import split_by_time

FOLDER = Path(__file__).parents[1] / "datasets" / "leaderboard"
TRIALS, SEEDS = 6, 3
TASKS = {"discover": True, "replenish": False}  # exclude_seen
SAVED = ("ALS", "MF", "BPR", "two-tower", "neural CF", "Caser", "GRU4Rec", "SASRec")  # at random

# name: (class, values of its parameters; the first values are the first setting)
SEQUENCES = {
    "horizon": [None, 1, 10],
    "learning_rate": [0.005, 0.002, 0.01],
    "dimensions": [32, 64],
    "dropout": [0.2, 0.1, 0.4],
    "length": [50, 25],
    "negatives": [256],
    "batch_size": [64],
    "epochs": [6],
    "patience": [1],
}
SPACE = {
    "random": ("chance.Chance", {}),
    "popularity": ("popularity.Popularity", {"days": [None, 14, 28, 42, 56, 84, 112, 168]}),
    "own counts": (
        "repurchase.Repurchase",
        {"half_life": [None, 14, 28, 56, 84, 112, 168, 224]},
    ),
    "content": ("content.Content", {"power": [0.0, 0.25, 0.5, 1.0], "words": [1, 2]}),
    "neighbours": (
        "neighbours.ItemNeighbours",
        {
            "neighbours": [100, 50, 200, 400, 1000],
            "shrinkage": [10.0, 0.0, 30.0, 100.0],
            "power": [0.0, 0.5],
        },
    ),
    "EASE": (
        "ease.EASE",
        {"regularisation": [500.0, 150.0, 300.0, 800.0, 1200.0, 2000.0], "power": [0.0, 0.5]},
    ),
    "ALS": (
        "als.ALS",
        {
            "dimensions": [64, 32, 128],
            "regularisation": [10.0, 30.0, 100.0],
            "alpha": [1.0, 0.3, 3.0],
            "power": [0.0, 0.5],
            "iterations": [5],
        },
    ),
    "MF": (
        "factorization.MatrixFactorization",
        {
            "dimensions": [32, 16, 64],
            "regularisation": [0.02, 0.005, 0.05],
            "negatives": [4, 2],
            "learning_rate": [0.01, 0.005],
            "epochs": [6],
            "patience": [1],
        },
    ),
    "BPR": (
        "factorization.BPR",
        {
            "dimensions": [32, 16, 64],
            "regularisation": [0.02, 0.005, 0.05],
            "popularity": [0.0, 0.5],
            "learning_rate": [0.01, 0.005],
            "epochs": [10],
            "patience": [2],
        },
    ),
    "two-tower": (
        "two_tower.TwoTower",
        {
            "dimensions": [32, 16],
            "temperature": [0.1, 0.2, 0.05],
            "dropout": [0.3, 0.1, 0.6],
            "learning_rate": [0.01, 0.02],
            "draws": [8, 4],
            "epochs": [6],
            "patience": [1],
        },
    ),
    "neural CF": (
        "neural_cf.NeuralCF",
        {
            "dimensions": [16, 8, 32],
            "hidden": [[32], [32, 16]],
            "negatives": [4, 2],
            "learning_rate": [0.005, 0.01, 0.002],
            "epochs": [6],
            "patience": [1],
        },
    ),
    "Markov": (
        "markov.Markov",
        {
            "memory": [50, 10, 200],
            "decay": [0.95, 0.98, 1.0],
            "smoothing": [10.0, 30.0, 100.0],
        },
    ),
    "Caser": ("convolution.Caser", SEQUENCES),
    "GRU4Rec": ("recurrent.GRU4Rec", SEQUENCES),
    "SASRec": ("transformer.SASRec", SEQUENCES),
}


def make(name, parameters, shop):
    """A fresh model of this name, with what it needs to know about items and users."""
    module, class_name = SPACE[name][0].split(".")
    model_class = getattr(import_module(f"course_lib.models.{module}"), class_name)
    return model_class(**tables(name, shop), **parameters)


def tables(name, shop):
    """What some models want to know about items and users."""
    if name == "content":
        return {"titles": shop.items["title"].tolist()}
    if name == "two-tower":
        items = shop.items[["category", "brand"]]
        users = shop.users.drop(columns="user_id").astype(str)
        return {
            "item_features": pd.get_dummies(items).to_numpy(np.float32),
            "user_features": pd.get_dummies(users).to_numpy(np.float32),
        }
    return {}


def settings(name):
    """The first setting and TRIALS - 1 others, drawn with a seed; fewer where there are fewer."""
    values = SPACE[name][1]
    combinations = list(itertools.product(*values.values()))
    order = 1 + np.random.default_rng(0).permutation(len(combinations) - 1)
    chosen = [combinations[0], *(combinations[i] for i in order[: TRIALS - 1])]
    return [dict(zip(values, setting, strict=True)) for setting in chosen]


def tune(names):
    shop, split = load()
    for name in names:
        rows = []
        for trial, parameters in enumerate(settings(name)):
            model = make(name, parameters, shop)
            started = time.perf_counter()
            model.fit(split.train, split.validation)
            seconds = time.perf_counter() - started
            if hasattr(model, "epochs_"):
                parameters = parameters | {"epochs": max(1, int(model.epochs_))}
                parameters.pop("patience")
            row = {"model": name, "trial": trial, "parameters": json.dumps(parameters)}
            for task, exclude_seen in TASKS.items():
                row[task] = round(judge(model, split.validation, split.train, exclude_seen), 5)
            rows.append(row | {"seconds": round(seconds, 1)})
            print(*rows[-1].values(), flush=True)
        write("tuning.csv", kept("tuning.csv", [name]) + rows)


def judge(model, held_out, history, exclude_seen):
    table = evaluate(model, held_out, history=history, exclude_seen=exclude_seen)
    return float(table["ndcg"].mean())


def best(task):
    """{model: (trial, parameters)}, the best on validation for one task, from `tune`'s table."""
    table = pd.read_csv(FOLDER / "tuning.csv").sort_values(task, ascending=False, kind="stable")
    table = table.drop_duplicates("model")
    return {row.model: (row.trial, json.loads(row.parameters)) for row in table.itertuples()}


def blend(names):
    """Weights of the hybrid, for each task, of the models named (the random one aside)."""
    shop, split = load()
    ready, rows = {}, []
    for task, exclude_seen in TASKS.items():
        models = {}
        for name, (trial, parameters) in best(task).items():
            if name not in names or name == "random":
                continue
            if (name, trial) not in ready:
                ready[name, trial] = make(name, parameters, shop).fit(split.train)
            models[name] = ready[name, trial]
        models = {name: models[name] for name in SPACE if name in models}
        hybrid = Hybrid(models=models, exclude_seen=exclude_seen, prefit=True)
        hybrid.fit(split.train, split.validation)
        rows += [
            {"task": task, "model": name, "weight": round(weight, 4)}
            for name, weight in hybrid.weights_.items()
        ]
        found = judge(hybrid, split.validation, split.train, exclude_seen)
        print(task, hybrid.weights_, round(found, 5), flush=True)
    pd.DataFrame(rows).to_csv(FOLDER / "weights.csv", index=False)


def seeds(names):
    shop, split = load()
    chosen = {task: best(task) for task in TASKS}
    for name in names:
        rows = []
        trained = name == "random" or name in SAVED
        for seed in range(SEEDS if trained else 1):
            models = {}
            for task, exclude_seen in TASKS.items():
                trial, parameters = chosen[task][name]
                if trial not in models:  # one fit serves both tasks where the setting is one
                    parameters = parameters | ({"seed": seed} if trained else {})
                    models[trial] = fitted(make(name, parameters, shop), split.before_test)
                    if name in SAVED and seed == 0:
                        models[trial][0].save(FOLDER / f"{name}_{trial}.npz".replace(" ", "_"))
                model, seconds = models[trial]
                started = time.perf_counter()
                ndcg = judge(model, split.test, split.before_test, exclude_seen)
                judged = time.perf_counter() - started
                rows.append(
                    {
                        "model": name,
                        "task": task,
                        "seed": seed,
                        "ndcg": round(ndcg, 5),
                        "fit_seconds": round(seconds, 2),
                        "ms_per_household": round(1000 * judged / split.test.n_users, 2),
                        "numbers_kept": numbers_kept(model),
                    }
                )
                print(*rows[-1].values(), flush=True)
        write("seeds.csv", kept("seeds.csv", [name]) + rows)


def fitted(model, log):
    started = time.perf_counter()
    model.fit(log)
    return model, time.perf_counter() - started


def numbers_kept(model):
    """How many numbers a fitted model keeps, aside from what every model has."""
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


def load():
    shop = load_complete_journey(min_households=50)
    return shop, split_by_time(shop.interactions, "2017-10-01", "2017-11-01")


def kept(file, names):
    """Rows of the table so far, without those of models that are measured anew."""
    path = FOLDER / file
    if not path.exists():
        return []
    table = pd.read_csv(path)
    return table[~table["model"].isin(names)].to_dict("records")


def write(file, rows):
    order = {name: place for place, name in enumerate(SPACE)}
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(rows)
    table = table.sort_values("model", key=lambda names: names.map(order), kind="stable")
    table.to_csv(FOLDER / file, index=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["tune", "blend", "seeds"])
    parser.add_argument("models", nargs="*", help=f"of {', '.join(SPACE)}; default: all")
    arguments = parser.parse_args()
    names = arguments.models or list(SPACE)
    unknown = set(names) - set(SPACE)
    if unknown:
        parser.error(f"unknown model {', '.join(unknown)}; there are {', '.join(SPACE)}")
    {"tune": tune, "blend": blend, "seeds": seeds}[arguments.step](names)


if __name__ == "__main__":
    main()
