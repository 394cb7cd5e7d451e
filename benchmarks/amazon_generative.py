"""What generative retrieval reaches on the Amazon files without a text: codes made of purchases.

    python benchmarks/amazon_generative.py FOLDER tune    → amazon_generative_tries.csv
    python benchmarks/amazon_generative.py FOLDER test    → amazon_generative_test.csv

`--sets Beauty …` does some of the three only. FOLDER, files and protocol are those of `amazon.py`:
all of a user's items but the last two are learned from, the item before the last is validation,
history at the test, and all items are ranked but those that the user has had.

TIGER makes an item's semantic id of its text. The files hold none, so here it comes from what was
bought before validation: the table of co-visits (`amazon_counts.py`, with the `fade` and `back`
that `amazon.py` chose for the set) has singular vectors, on its left for an item as what comes
before, on its right for it as what comes after; residual k-means turns them into codes. The network
is `course_lib`'s GenerativeRetrieval; every item is scored, no beam decides.

tune: Beauty first. One number at a time moves to its neighbours in its list while that helps, until
`--tries` lines of the log are spent; the first lines are looks at coarser trees and longer
horizons, of at most 12 epochs, from which the start was moved by hand. What is best on Beauty is
used on all three sets. A try is one fit from seed 0 that stops early on validation's NDCG@10 of
2,000 users; its line has that of every second user. A second call goes on where the log ends.
Nothing here looks at the test.

test: the best setting, seeds 0, 1 and 2, for as many epochs as its try on this set kept; where
there is none, validation stops seed 0, and the others learn as long. A run is a file in
`benchmarks/fitted/amazon_generative` (kept out of git) and is not done twice; `--models` and
`--seeds` do some only. A model's number for a user is the mean over its seeds; intervals are over
users, differences paired over them. Two controls, one seed each, in the same setting, not tuned for
themselves but stopped by validation. "Codes shuffled": each item has the codes of another one,
drawn at random, in a tree of the same shape. "SASRec, same size": the same Transformer with a
vector for each item, and one softmax over all items in place of the spelling. A beam of 20 is a
remark, on every fifth user of seed 0.

seconds: CPU seconds of one thread for the fit and the scores of all users, mean over seeds, where
validation stops the fit with that; numbers: weights of the network.
"""

import argparse
import json
import os
import time
from functools import cached_property
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import amazon
import amazon_counts as counts
import numpy as np
import pandas as pd

from course_lib.datasets import load_sequences
from course_lib.models.generative import GenerativeRetrieval
from course_lib.models.transformer import SASRec
from course_lib.models.validation import Validation
from course_lib.split import leave_last_out
from course_lib.statistics import bootstrap_interval, paired_difference

KEPT = amazon.FOLDER / "fitted" / "amazon_generative"
SPELT, SHUFFLED, WHOLE = "generative", "generative, codes shuffled", "SASRec, same size"
MODELS = {SPELT: 3, SHUFFLED: 1, WHOLE: 1}  # and how many seeds
SIZES = {"length": 20, "batch_size": 32, "blocks": 2, "heads": 1, "epochs": 30, "patience": 4}
ORDER = list(amazon.FILES)
METRICS = ("ndcg", "recall")
RANK = 64  # singular vectors
ASKED = 2_000  # users whose lists say after each epoch whether to go on
BEAM = 20
SPACE = {
    "learning_rate": [0.001, 0.002, 0.004],
    "horizon": [1, 2, 4, 8],
    "codes": [128, 512, 1024, 2048],
    "dropout": [0.2, 0.3, 0.5],
    "power": [0.5, 0.75, 1.0],
    "levels": [1, 2],
    "dimensions": [64, 128],
    "side": ["left", "both", "right"],
}
START = {"horizon": 1, "dropout": 0.5, "codes": 2048, "levels": 1, "power": 0.75, "side": "both"}
START |= {"learning_rate": 0.002, "dimensions": 64}
CODES = ("codes", "levels", "power", "side")  # what the tree is made by
ROWS = 64  # users scored at once


class Spelling(GenerativeRetrieval):
    """A few users at a time: what lies between is then small enough for the processor's cache."""

    def _score(self, users, history):
        parts = [users[i : i + ROWS] for i in range(0, len(users), ROWS)]
        return np.vstack([super(Spelling, self)._score(part, history) for part in parts])


class Data:
    """A file as counts and as the library's split; and what models learn from and are judged by."""

    def __init__(self, path, counted):
        """counted: the setting of co-visits on this set."""
        self.log, self.path = counts.Histories(path), path
        self.near = {key: counted[key] for key in ("fade", "back")}

    @cached_property
    def split(self):
        return leave_last_out(load_sequences(self.path, line="user"))

    @cached_property
    def goal(self):
        return Validation(self.split.train, self.split.validation, most_users=ASKED)

    def vectors(self, side, power):
        """(n_items, RANK or twice that): an item as what comes before, or after, or both.

        power: each is divided by that power of its length; 1 leaves its direction alone.
        """
        left, strength, right = self.log.singular(amazon.VALIDATION, **self.near, share=0.3)
        sides = {"left": [left], "right": [right.T]}
        sides["both"] = [left, right.T]
        found = np.hstack([part[:, :RANK] * strength[:RANK] ** 0.5 for part in sides[side]])
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9) ** power

    def fitted(self, model, setting, seed=0, epochs=None):
        """A network that has learned from train; without `epochs` validation says how long."""
        rest = {key: value for key, value in setting.items() if key not in CODES} | SIZES
        rest["epochs"] = epochs or SIZES["epochs"]
        if model == WHOLE:
            network = SASRec(**rest, seed=seed)
        else:
            vectors = self.vectors(setting["side"], setting["power"])
            if model == SHUFFLED:
                vectors = vectors[np.random.default_rng(seed).permutation(len(vectors))]
            sizes = {key: setting[key] for key in ("codes", "levels")}
            network = Spelling(item_vectors=vectors, **sizes, **rest, seed=seed)
        return network.fit(self.split.train, None if epochs else self.goal)

    def places(self, network, asked, users):
        """Where each user's held-out item stands among all that the user has not had."""
        known = self.split.train if asked == amazon.VALIDATION else self.split.before_test
        scored = (lambda some: network.score(some, known)), None
        return counts.ranks(self.log, scored, asked, users)


class Tries(amazon.Tries):
    """The log of fits; `epochs` is how many were kept."""

    COLUMNS = ("set", "model", "setting", "ndcg", "recall", "epochs", "seconds")

    def measured(self, name, model, setting, log):
        network = log.fitted(model, setting)
        found = log.places(network, amazon.VALIDATION, np.arange(log.log.shape[0])[::2])
        return counts.ndcg(found).mean(), counts.recall(found).mean(), network.epochs_

    def epochs(self, name, setting):
        """How many validation kept, None where this was not tried on this set."""
        log = pd.read_csv(self.path)
        mine = (log["set"] == name) & (log["setting"] == json.dumps(setting))
        return int(log.loc[mine, "epochs"].iloc[0]) if mine.any() else None


def tune(name, data, tries, limit):
    """Try settings: on Beauty a climb, on other sets that which is best there."""
    if name != "Beauty":
        tries.value(name, SPELT, tries.best("Beauty", SPELT), data)
        return

    def value(setting):
        known = (name, SPELT, json.dumps(setting)) in tries.found
        if not known and sum(key[0] == name for key in tries.found) >= limit:
            return 0.0  # spent: nothing is better than what there is
        return tries.value(name, SPELT, setting, data)

    amazon.climb(SPACE, START, value)


def run(name, data, model, setting, seed, epochs):
    """One network on the test, or what is kept of it: places, seconds, numbers, epochs, beam."""
    path = KEPT / f"{name} {model} {seed}.npz"
    if path.exists():
        with np.load(path) as file:
            kept = dict(file)
        if json.loads(str(kept["setting"])) == setting:
            return kept
    started = time.process_time()
    network = data.fitted(model, setting, seed, epochs)
    kept = {"places": data.places(network, amazon.TEST, np.arange(data.log.shape[0]))}
    kept |= {"seconds": time.process_time() - started, "epochs": network.epochs_}
    kept |= {"numbers": network.network_.count_params(), "setting": json.dumps(setting)}
    if model == SPELT and seed == 0:
        some = np.arange(data.log.shape[0])[::5]
        kept["beam"] = data.places(network.set_params(beam=BEAM), amazon.TEST, some)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **kept)
    print(
        name, model, seed, f"{counts.ndcg(kept['places']).mean():.4f}", kept["epochs"], flush=True
    )
    return kept


def tested(name, data, tries, covisits, seeds):
    """One row a model: NDCG@10 and recall@10 of the seeds' mean a user, and paired differences.

    covisits: NDCG@10 of each user; seeds: {model: how many}.
    """
    rows, ndcg, setting = [], {}, tries.best("Beauty", SPELT)
    for model, many in seeds.items():
        runs, epochs = [], tries.epochs(name, setting) if model == SPELT else None
        for seed in range(many):
            runs.append(run(name, data, model, setting, seed, epochs))
            epochs = int(runs[0]["epochs"])
        row = {"set": name, "model": model, "setting": json.dumps(setting), "seeds": many}
        for metric in METRICS:
            each = np.array([getattr(counts, metric)(kept["places"]) for kept in runs])
            interval = bootstrap_interval(each.mean(axis=0), seed=0)
            row |= dict(zip((metric, f"{metric} low", f"{metric} high"), interval, strict=True))
            row[f"{metric} by seed"] = " ".join(f"{value:.4f}" for value in each.mean(axis=1))
            if metric == "ndcg":
                ndcg[model] = each
        row["numbers"] = round(np.mean([kept["numbers"] for kept in runs]))
        row["seconds"] = np.mean([kept["seconds"] for kept in runs])
        row["epochs"] = epochs
        row |= difference("over co-visits", ndcg[model].mean(axis=0), covisits)
        rows.append(row)
        if model == SPELT:
            beam = counts.ndcg(runs[0]["beam"])
            row |= difference("beam over all items", beam, ndcg[model][0][::5])
    for row in rows[1:]:  # of spelling over the control
        means = ndcg[SPELT].mean(axis=0), ndcg[row["model"]].mean(axis=0)
        rows[0] |= difference(f"over {row['model']}", *means)
    return rows


def difference(name, mine, other):
    gain = paired_difference(mine, other, seed=0, resamples=1000)
    keys = name, f"{name} low", f"{name} high", f"{name} p"
    return dict(zip(keys, gain, strict=True))


def shown(table):
    """The results as a table, beside what TIGER's paper has."""
    lines = ["| set | model | seeds | NDCG@10 | by seed | recall@10 | over co-visits | TIGER's |"]
    lines.append("|---|---|---:|---|---|---|---|---|")
    goals = dict(zip(amazon.FILES, amazon.PUBLISHED["TIGER"], strict=True))
    for row in table.to_dict("records"):
        goal = goals[row["set"]][0]
        place = (
            "above" if row["ndcg low"] > goal else "below" if row["ndcg high"] < goal else "open"
        )
        of = [f"{row[m]:.4f} ({row[f'{m} low']:.4f}–{row[f'{m} high']:.4f})" for m in METRICS]
        gain = amazon.signed(*(row[f"over co-visits{end}"] for end in ("", " low", " high")))
        lines.append(
            f"| {row['set']} | {row['model']} | {row['seeds']:.0f} | {of[0]} "
            f"| {row['ndcg by seed']} | {of[1]} | {gain} | {goal:.4f}: {place} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("step", choices=("tune", "test"))
    parser.add_argument("--sets", nargs="+", choices=ORDER, default=ORDER)
    parser.add_argument("--tries", type=int, default=14, help="of tune, on Beauty")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--seeds", type=int, help="of every model of test")
    parser.add_argument("--logs", type=Path, default=amazon.FOLDER)
    options = parser.parse_args()
    tries = Tries(options.logs / "amazon_generative_tries.csv")
    counted = amazon.Tries(options.logs / "amazon_tries.csv")
    for name in options.sets:
        path = options.folder / f"{amazon.FILES[name]}.txt"
        if not path.exists():
            print(f"{name} skipped: there is no {path}; where to get it: amazon.py's first lines")
            continue
        pairs = counted.best(name, "co-visits")
        data = Data(path, pairs)
        if options.step == "tune":
            tune(name, data, tries, options.tries)
            continue
        scored = amazon.made("co-visits", data.log, amazon.TEST, pairs, None)
        places = counts.ranks(data.log, scored, amazon.TEST, np.arange(data.log.shape[0]))
        seeds = {model: options.seeds or MODELS[model] for model in options.models}
        rows = tested(name, data, tries, counts.ndcg(places), seeds)
        results = options.logs / "amazon_generative_test.csv"
        old = pd.read_csv(results) if results.exists() else pd.DataFrame({"set": []})
        table = pd.concat([old[old["set"] != name], pd.DataFrame(rows)])
        table = table.sort_values("set", key=lambda sets: sets.map(ORDER.index), kind="stable")
        table.to_csv(results, index=False, float_format="%.6g")
        print(shown(table))


if __name__ == "__main__":
    main()
