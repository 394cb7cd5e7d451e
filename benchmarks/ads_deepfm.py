"""Is DeepFM ahead of the logistic regression or boosting of lesson 19? Three settings, three seeds.

    python benchmarks/ads_deepfm.py                some minutes on one thread
    python benchmarks/ads_deepfm.py --seeds 0      a try

The rows, the features, the rivals and the model are the lesson's: its cells are run, up to the one
that reads the table. Like its rivals DeepFM may choose among three settings on the validation
weeks: how much the vectors of products and households are penalised. Each epoch is judged there,
too. A line a run goes to `deepfm.csv` in --logs (datasets/ads); the lines with seed "all" compare
the mean loss of the seeds, household by household. The lesson reads the file.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import matplotlib as mpl
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from course_lib.statistics import paired_difference

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from make_notebooks import lessons, solved

import core

FOLDER = Path(__file__).parents[1] / "datasets" / "ads"
SECTIONS = ("Setup", "The log of the mailers", "Who will respond? ◇", "DeepFM on the same rows ◇")
PENALTIES, EPOCHS, BATCH, RATE = (0.0, 1e-5, 1e-4), 10, 2048, 0.002


def cells():
    """What the lesson knows when it reads the table."""
    mpl.use("Agg")
    (source,) = (path for path in lessons() if path.stem.startswith("19"))
    space = {"__name__": "__main__", "display": print}
    for part in core.parts(solved(source)):
        if part.is_code and part.heading in SECTIONS:
            if '"deepfm.csv"' in part.text:
                return space
            exec(compile(part.text, source.name, "exec"), space)
    raise SystemExit("lesson 19 has no cell that reads deepfm.csv")


def run(space, penalty, seed):
    """One model: (epochs, loss on the validation weeks, probabilities of the test rows)."""
    train, validation, test = (space[name] for name in ("train", "validation", "test"))
    ids, scaled, y = space["ids"], space["scaled"], space["y"].astype("float32")[:, None]
    keras.utils.set_random_seed(seed)
    model = space["DeepFM"]((300, len(space["homes"])), scaled.shape[1], penalty=penalty)
    model.compile(keras.optimizers.Adam(RATE), "binary_crossentropy")
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    history = model.fit(
        (ids[train], scaled[train]),
        y[train],
        epochs=EPOCHS,
        batch_size=BATCH,
        verbose=0,
        validation_data=((ids[validation], scaled[validation]), y[validation]),
        validation_batch_size=8192,
        callbacks=[stop],
    )
    p = np.full(len(y), np.nan)
    for rows in (validation, test):
        said = model.predict((ids[rows], scaled[rows]), batch_size=8192, verbose=0)
        p[rows] = np.clip(said[:, 0].astype(float), 1e-6, 1 - 1e-6)
    return len(history.epoch), space["loss"](p, validation), p[test]


def compared(space, losses):
    """NE, and NE minus each rival's with interval and p; losses: each household's share of NE."""
    row = {"ne": losses.mean()}
    for rival in ("logistic", "boosting"):
        found = paired_difference(losses, space["per_household"](space["said"][rival]), seed=0)
        row |= {f"{rival}_{name}": getattr(found, name) for name in ("mean", "low", "high", "p")}
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--logs", type=Path, default=FOLDER)
    options = parser.parse_args()
    space, rows = cells(), []
    truth = space["y"][space["test"]]
    for penalty in PENALTIES:
        of_seeds = []
        for seed in options.seeds:
            started = time.process_time()
            epochs, validation, p = run(space, penalty, seed)
            of_seeds.append(space["per_household"](p))
            row = {"penalty": penalty, "seed": seed, "epochs": epochs, "validation": validation}
            row |= {"auc": roc_auc_score(truth, p), "said": p.mean() / truth.mean()}
            row |= compared(space, of_seeds[-1])
            rows.append(row | {"cpu_seconds": time.process_time() - started})
            print(rows[-1], flush=True)
        means = pd.DataFrame(rows[-len(of_seeds) :])[["validation", "auc", "said"]].mean()
        together = compared(space, sum(of_seeds) / len(of_seeds))
        rows.append({"penalty": penalty, "seed": "all", **means, **together})
    table = pd.DataFrame(rows)
    table.round(5).to_csv(options.logs / "deepfm.csv", index=False)
    print(table.round(4).to_string())


if __name__ == "__main__":
    main()
