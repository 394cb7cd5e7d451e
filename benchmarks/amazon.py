"""What counting is worth where large models are compared: three of Amazon's departments.

    python benchmarks/amazon.py FOLDER tune [--sets Beauty …]    → amazon_tries.csv
    python benchmarks/amazon.py FOLDER test [--sets Beauty …]    → amazon_test.csv, and its table

FOLDER: the files Beauty.txt, Toys_and_Games.txt and Sports_and_Outdoors.txt of the public
repository RUCAIBox/CIKM2020-S3Rec, folder data: a user a line, then that user's items in order.
They are not this project's to hand on; what is not there is skipped.

Protocol, that of the published figures: each user's last item is the test, the one before it
validation, the rest is learned from. All items are ranked but those that the user has had. Test
lists are made from train and validation, learned from train alone.

tune: settings are chosen by NDCG@10 on validation. One number at a time moves to its neighbours in
its list while that helps, twice through all of them. Every setting tried is a line in the log; a
second call goes on where the log ends. Nothing here looks at the test.

test: each model once, in its best setting: all users, 95 % intervals over them. Popularity,
neighbours, Markov and their sum are `course_lib`'s, and must agree with `amazon_counts.py`, which
is written apart; the other models stand there alone. A difference is paired over users. Published
figures have no interval: where ours lies wholly above all of them, the table says "above".
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path

import amazon_counts as counts
import numpy as np
import pandas as pd

from course_lib.datasets import load_sequences
from course_lib.evaluation import evaluate
from course_lib.models.base import Recommender
from course_lib.models.ease import ease_weights
from course_lib.models.markov import Markov
from course_lib.models.neighbours import ItemNeighbours
from course_lib.models.popularity import Popularity
from course_lib.split import leave_last_out
from course_lib.statistics import bootstrap_interval, paired_difference

FOLDER = Path(__file__).parent
FILES = {"Beauty": "Beauty", "Toys": "Toys_and_Games", "Sports": "Sports_and_Outdoors"}
VALIDATION, TEST = 2, 1  # places from the end
ROUNDS = 2
# NDCG@10 as printed in arXiv 2508.06450, for each set; and recall@10 of two.
PUBLISHED = {
    "TIGER": [(0.0384, None), (0.0432, None), (0.0225, None)],
    "ActionPiece": [(0.0424, None), (None, None), (0.0264, None)],
    "HSTU": [(0.0439, None), (0.0450, None), (0.0243, None)],
    "FuXi-α": [(0.0451, None), (0.0437, None), (0.0244, None)],
    "SASRec, sampled softmax": [(0.0531, 0.0921), (0.0580, 0.0970), (0.0314, 0.0569)],
    "eSASRec": [(0.0523, None), (0.0538, None), (0.0323, None)],
}
PAIRS = {
    "fade": [0.5, 0.7, 0.85, 1.0],
    "back": [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0],
    "share": [0.0, 0.15, 0.3, 0.45, 0.6],
    "smoothing": [3.0, 10.0, 30.0, 100.0, 300.0],
    "source": [0.0, 0.15, 0.3, 0.45, 0.6, 1.0],
    "target": [0.0, 0.1, 0.2, 0.3, 0.4],
    "decay": [0.3, 0.45, 0.6, 0.75, 0.9],
}
# name: (values of each number, where the search begins)
SPACE = {
    "popularity": ({}, {}),
    "neighbours": ({"shrinkage": [2.0, 5.0, 10.0, 20.0, 50.0]}, {"shrinkage": 20.0}),
    "Markov": (
        {
            "smoothing": [1.0, 3.0, 6.0, 10.0, 20.0, 40.0],
            "memory": [1, 2, 4, 8, 20],
            "decay": [0.2, 0.3, 0.4, 0.5, 0.6, 0.8],
        },
        {"smoothing": 3.0, "memory": 8, "decay": 0.4},
    ),
    "Markov + neighbours": ({"weight": [0.25, 0.5, 1.0, 2.0, 4.0]}, {"weight": 1.0}),
    "co-visits": (
        PAIRS,
        {"fade": 0.85, "back": 0.3, "share": 0.3}
        | {"smoothing": 30.0, "source": 0.3, "target": 0.2, "decay": 0.6},
    ),
    "co-visits + low rank": (
        {
            "weight": [0.25, 0.5, 1.0, 1.5, 2.0],
            "rank": [100, 200, 300],
            "decay": [0.3, 0.45, 0.6, 0.75],
            "share": [0.0, 0.3, 0.6],
        },
        {"weight": 1.0, "rank": 300, "decay": 0.45, "share": 0.3},
    ),
    "recent neighbours": (
        {"shrinkage": [2.0, 5.0, 10.0, 20.0, 50.0], "decay": [0.5, 0.7, 0.8, 0.9, 1.0]},
        {"shrinkage": 20.0, "decay": 0.7},
    ),
    "user neighbours": (
        {"decay": [0.6, 0.8, 0.9], "rarity": [0.2, 0.3, 0.5], "closeness": [1.0, 2.0]},
        {"decay": 0.8, "rarity": 0.3, "closeness": 2.0},
    ),
    "co-visits both ways": ({}, {}),
    "co-visits, two steps": ({"weight": [0.1, 0.3, 1.0]}, {"weight": 0.1}),
    "second order": ({}, {}),
    "co-visits + second order": ({"weight": [0.1, 0.3, 1.0]}, {"weight": 0.3}),
    "co-visits + user neighbours": ({"weight": [0.1, 0.3, 1.0]}, {"weight": 0.3}),
    "co-visits + recent neighbours": ({"weight": [0.1, 0.3, 1.0]}, {"weight": 0.3}),
    "EASE": ({"regularisation": [10.0, 30.0, 100.0]}, {"regularisation": 30.0}),
}
SLOW = ("EASE",)  # minutes a setting, and 2 to 4 GB: only when asked for by name
COUNTS = ("popularity", "neighbours", "Markov", "Markov + neighbours")  # the library's, too
TESTED = (*COUNTS, "co-visits", "co-visits + low rank")


class Sum(Recommender):
    """Two of the library's models, each user's scores divided by the largest."""

    def __init__(self, *, first, second, weight):
        self.first = first
        self.second = second
        self.weight = weight

    def _fit(self, train, validation):
        self.first.fit(train)
        self.second.fit(train)

    def _score(self, users, history):
        parts = [model.score(users, history) for model in (self.first, self.second)]
        first, second = (part / part.max(axis=1, keepdims=True) for part in parts)
        return first + self.weight * second


def ease(log, learned, asked, regularisation):
    had, history = log.weights(learned), log.weights(asked)
    had.data[:] = 1
    weights = ease_weights(had, regularisation)
    return lambda users: history[users].astype(np.float32) @ weights, weights.size


def made(name, log, asked, setting, best, learned=VALIDATION):
    """The model of this name in plain counts; best: settings found for the models it is made of."""

    def part(name):
        return made(name, log, asked, best(name), best, learned)

    if name == "co-visits both ways":
        return counts.co_visits(log, learned, asked, **best("co-visits") | {"back": 1.0})
    if name == "co-visits, two steps":
        return counts.two_steps(log, learned, asked, **setting, **best("co-visits"))
    if name == "co-visits + low rank":
        own = {key: value for key, value in setting.items() if key != "weight"}
        same = {key: best("co-visits")[key] for key in ("fade", "back")}
        low = counts.low_rank(log, learned, asked, **same, **own)
        return counts.add(part("co-visits"), low, setting["weight"])
    if " + " in name:
        return counts.add(*map(part, name.split(" + ")), setting["weight"])
    of = {"popularity": counts.popularity, "Markov": counts.markov, "EASE": ease}
    of |= {"neighbours": counts.neighbours, "recent neighbours": counts.neighbours}
    of |= {"user neighbours": counts.user_neighbours, "co-visits": counts.co_visits}
    of |= {"second order": counts.second_order}
    return of[name](log, learned, asked, **setting)


class Tries:
    """The log of settings: what stands there is not tried again."""

    COLUMNS = ("set", "model", "setting", "ndcg", "recall", "seconds")

    def __init__(self, path):
        self.path, self.found = Path(path), {}
        if self.path.exists():
            table = pd.read_csv(self.path, keep_default_na=False)
            for row in table.itertuples(index=False):
                self.found[row.set, row.model, row.setting] = row.ndcg
        else:
            self.path.write_text(",".join(self.COLUMNS) + "\n", encoding="utf-8")

    def value(self, name, model, setting, log):
        """NDCG@10 on validation, measured now or before."""
        key = (name, model, json.dumps(setting))
        if key not in self.found:
            started = time.process_time()
            numbers = self.measured(name, model, setting, log)
            line = pd.DataFrame([[*key, *numbers, time.process_time() - started]])
            line.to_csv(self.path, mode="a", header=False, index=False, float_format="%.5f")
            self.found[key] = float(f"{numbers[0]:.5f}")
            print(name, model, setting, f"{numbers[0]:.4f} {numbers[1]:.4f}", flush=True)
        return self.found[key]

    def measured(self, name, model, setting, log):
        """The numbers of a line: NDCG@10 and recall@10 on validation."""
        scored = made(model, log, VALIDATION, setting, partial(self.best, name))
        places = counts.ranks(log, scored, VALIDATION, np.arange(log.shape[0]))
        return counts.ndcg(places).mean(), counts.recall(places).mean()

    def best(self, name, model):
        """The best setting so far; the first of equals."""
        mine = {key[2]: value for key, value in self.found.items() if key[:2] == (name, model)}
        if not mine:
            raise SystemExit(f"{name}: tune {model} first")
        return json.loads(max(mine, key=mine.get))


def climb(choices, setting, value):
    """Move one number at a time to its neighbours in its list of choices, while that helps."""
    best = value(setting)
    for _ in range(ROUNDS):
        for number, values in choices.items():
            for step in (1, -1):
                place = values.index(setting[number]) + step
                while 0 <= place < len(values):
                    other = setting | {number: values[place]}
                    found = value(other)
                    if found <= best:
                        break
                    best, setting, place = found, other, place + step


def search(name, model, log, tries):
    """Try settings of a model, from where its space begins."""
    climb(*SPACE[model], lambda setting: tries.value(name, model, setting, log))


def library(model, best):
    """The library's model of that name."""
    if model == "popularity":
        return Popularity()
    if model == "neighbours":
        return ItemNeighbours(neighbours=100, **best(model))
    if model == "Markov":
        return Markov(**best(model))
    parts = (library(part, best) for part in model.split(" + "))
    return Sum(**dict(zip(("first", "second"), parts, strict=True)), **best(model))


def tested(name, path, models, tries):
    """One row a model on this set: means with intervals, numbers kept, CPU seconds."""
    log = counts.Histories(path)
    split = leave_last_out(load_sequences(path, line="user"))
    rows, everybody, before, best = [], np.arange(log.shape[0]), None, partial(tries.best, name)
    share, pairs = same_order(log)
    print(f"{name}: {share:.1%} of {pairs:,} pairs that met twice kept their order")
    for model in models:
        started = time.process_time()
        scored = made(model, log, TEST, best(model), best)
        places = counts.ranks(log, scored, TEST, everybody)
        seconds = time.process_time() - started
        values = {"ndcg": counts.ndcg(places), "recall": counts.recall(places)}
        agreement = ""
        if model in COUNTS:
            theirs = evaluate(
                library(model, best).fit(split.train), split.test, history=split.before_test
            )
            same = np.isclose(theirs["ndcg"].to_numpy(), values["ndcg"])
            agreement = f"{same.mean():.2%}"
            if same.mean() < 0.995 or abs(theirs["ndcg"].mean() - values["ndcg"].mean()) > 1e-4:
                raise SystemExit(f"{name}, {model}: the two agree on {agreement} of users only")
        row = {"set": name, "model": model, "setting": json.dumps(best(model))}
        for metric, mine in values.items():
            interval = bootstrap_interval(mine, seed=0)
            row |= dict(zip((metric, f"{metric} low", f"{metric} high"), interval, strict=True))
        if before is not None:
            gain = paired_difference(values["ndcg"], before, seed=0, resamples=1000)
            row |= {"gain": gain.mean, "gain low": gain.low, "gain high": gain.high, "p": gain.p}
        before = values["ndcg"]
        row |= {"numbers": scored[1], "seconds": seconds, "users that agree": agreement}
        print(pd.Series(row).to_string(), "\n", flush=True)
        rows.append(row)
    return rows


def same_order(log):
    """Of pairs next to each other for two users, the share in one order both times; how many pairs.

    The file has no dates, and Amazon's reviews have no hours: items of one day stand in the order
    of the file that it was made from. Were that order chance, half of these pairs would agree.
    """
    first, then, gap, _ = log.pairs(VALIDATION)
    follows = log.table(VALIDATION, ((gap == 1) & (first != then)).astype(float))
    met, more = follows + follows.T, follows.maximum(follows.T)
    twice = met.multiply(met == 2)  # each pair stands in it twice
    return (more.multiply(met == 2) == 2).sum() / twice.nnz, twice.nnz // 2


def signed(mean, low, high):
    """A difference with its interval, in words."""
    return f"{mean:+.4f} ({low:+.4f} to {high:+.4f})".replace("-0.", "−0.")


def shown(table):
    """The published figures and ours, as a table."""
    lines = ["| model | " + " | ".join(f"{name}: NDCG@10, recall@10" for name in FILES) + " |"]
    lines.append("|---|" + "---|" * len(FILES))
    for model, figures in PUBLISHED.items():
        cells = [", ".join(f"{x:.4f}" for x in both if x) or "–" for both in figures]
        lines.append(f"| {model}, published | " + " | ".join(cells) + " |")
    goals = {name: max(f[i][0] or 0 for f in PUBLISHED.values()) for i, name in enumerate(FILES)}
    for model in TESTED:
        cells = []
        for name in FILES:
            mine = table[(table["set"] == name) & (table["model"] == model)]
            if mine.empty:
                cells.append("–")
                continue
            (row,) = mine.to_dict("records")
            cells.append(
                f"{row['ndcg']:.4f} ({row['ndcg low']:.4f}–{row['ndcg high']:.4f}), "
                f"{row['recall']:.4f} ({row['recall low']:.4f}–{row['recall high']:.4f})"
                + (" above" if row["ndcg low"] > goals[name] else "")
            )
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("step", choices=("tune", "test"))
    parser.add_argument("--sets", nargs="+", choices=list(FILES), default=list(FILES))
    parser.add_argument("--models", nargs="+", choices=list(SPACE))
    parser.add_argument("--logs", type=Path, default=FOLDER)
    options = parser.parse_args()
    tries = Tries(options.logs / "amazon_tries.csv")
    for name in options.sets:
        path = options.folder / f"{FILES[name]}.txt"
        if not path.exists():
            print(f"{name} skipped: there is no {path}; where to get it stands in the first lines")
            continue
        if options.step == "tune":
            log = counts.Histories(path)
            for model in options.models or [model for model in SPACE if model not in SLOW]:
                search(name, model, log, tries)
            continue
        results = options.logs / "amazon_test.csv"
        old = pd.read_csv(results) if results.exists() else pd.DataFrame({"set": []})
        new = pd.DataFrame(tested(name, path, options.models or TESTED, tries))
        table = pd.concat([old[old["set"] != name], new])
        table.to_csv(results, index=False, float_format="%.6g")
        print(shown(table))


if __name__ == "__main__":
    main()
