"""Pretrain at several sizes, and use what was pretrained: the tables that lesson 15 reads.

    python benchmarks/scaling.py             all steps, one after the other
    python benchmarks/scaling.py tune sizes  these steps

The steps, each of which goes on where its log ends, in this order:

tune        learning rates for three sizes, on a quarter of the households, judged on validation;
            a size between, or above, takes the rate of the tuned size below it
sizes       five sizes of a causal Transformer on half of the households, and the largest of the
            five on a quarter and an eighth, one epoch, three seeds each → runs.csv
law         the scaling law of these runs, and what it says of the base, twice the size on all
            households, which must not have been trained yet; the interval is that of the mean of
            three further runs                                     → law.csv
largest     three seeds of the base, which need law.csv            → runs.csv
readings    the base that reads the log twice, and eight times, three seeds; the first of those
            that read it eight times is kept                       → runs.csv, base.npz
segment     the base, tuned to a small segment: whole, by LoRA, with experience replay; beside a
            model that knows the segment alone; three seeds        → uses.csv
forgetting  the same three ways of tuning, eight epochs at the highest rate, whatever validation
            says; three seeds                                      → uses.csv
transfer    a department that opens: pretrained on groceries or from scratch, three seeds → uses.csv
objectives  causal and masked prediction, one size, one and four epochs, three seeds → runs.csv

Data: The Complete Journey, product types that 50 households or more bought. 600 households, drawn
once, are new to every model: 200 for validation, 400 for the test. The question is always what the
next basket holds (course_lib/questions.py), the loss is in nats. Rivals are tuned alike, on
validation; what was tried there is not asked the test. CPU seconds are those of training, in one
process: set OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 and they are
comparable. `--small` is a rehearsal: a few households, tiny sizes, its files in
benchmarks/rehearsal (kept out of git).
"""

import argparse
import functools
import os
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import pandas as pd
from scipy.special import log_softmax

from course_lib.datasets import load_complete_journey
from course_lib.kinds import grouped
from course_lib.models.base import Recommender
from course_lib.models.fine_tuning import fine_tuned
from course_lib.models.masked import BERT4Rec
from course_lib.models.transformer import SASRec
from course_lib.new_users import new_users
from course_lib.questions import next_basket_questions
from course_lib.scaling import fit_law

FOLDER = Path(__file__).parents[1] / "datasets" / "pretraining"
FITTED = Path(__file__).parent / "fitted"
MODELS = {"SASRec": SASRec, "BERT4Rec": BERT4Rec}
SIZES, TUNED, BASE = (2, 4, 8, 12, 16), (2, 8, 16), 32  # dimensions
READINGS = (2, 8)  # epochs of the base
HALF, LESS = 0.5, (0.25, 0.125)  # shares of the households: all sizes, the last of them alone
TRIALS, WAYS = 0.25, 0.125  # shares for the learning rates, and for the two objectives
RATES = (0.002, 0.005, 0.015)
SEEDS = (0, 1, 2)
WINDOW = 64
EDGES = (1, 10, 30, 64, 128, 256, 640)
SEGMENT, SEGMENT_SIZE = "NUTRITION", 100  # a department, households
OPENS, HOUSEHOLDS = "DRUG GM", 100  # the department that opens, households that bought there first
TUNING = {"segment": 2, "transfer": 4}  # epochs; who begins from scratch reads as often as the base
TUNING_RATES = (0.001, 0.004, 0.015)
LORA_RANK = 4


@functools.cache
def load():
    """(log of types, department of each type, train, households for validation and for test)."""
    shop = load_complete_journey()
    log = grouped(shop, "type", min_users=50)
    names = shop.items.groupby("type")["department"].agg(lambda column: column.mode().iloc[0])
    new = np.random.default_rng(15).permutation(log.n_users)[:600]
    train = log.select(~np.isin(log.users, new))
    return log, names.reindex(log.item_ids).to_numpy(), train, (new[:200], new[200:])


def part_of_train(share):
    """The log of a share of the training households, always the same ones first."""
    _, _, train, _ = load()
    owners = np.random.default_rng(1).permutation(np.unique(train.users))
    return train.select(np.isin(train.users, owners[: round(share * len(owners))]))


@functools.cache
def questions(part, first_edge=1):
    """What is asked of the new households: part 0 is validation, 1 the test."""
    edges = [edge for edge in EDGES if edge >= first_edge]
    return next_basket_questions(load()[0], load()[3][part], edges, seed=part)


def answers(model, asked, items=slice(None)):
    """(n, n_items) log probabilities of the model, of some items among themselves."""
    log = load()[0]
    read = [log.item_ids[history[-WINDOW:]] for history in asked.histories]
    scores = model.score(np.arange(len(read)), new_users(read, like=log))
    return log_softmax(scores[:, items], axis=1)


def loss(model, part):
    asked = questions(part)
    return float(asked.losses(answers(model, asked)).mean())


def build(kind, dimensions, rate, epochs, seed):
    return MODELS[kind](
        dimensions=dimensions,
        length=WINDOW,
        dropout=0.0,
        batch_size=16,
        learning_rate=rate,
        epochs=epochs,
        seed=seed,
    )


def run(step, kind, dimensions, share, *, epochs=1, rate=None, seed=0):
    """Train one model and write its row, unless the log has it."""
    rate = rate or best_rate(kind, dimensions)
    key = {"step": step, "model": kind, "dimensions": dimensions, "share": share}
    key |= {"epochs": epochs, "learning_rate": rate, "seed": seed}
    if is_logged("runs.csv", key):
        return
    train = part_of_train(share)
    model = build(kind, dimensions, rate, epochs, seed)
    started = time.process_time()
    model.fit(train)
    seconds = time.process_time() - started
    row = {"parameters": model.network_.count_params(), "tokens": len(train) * epochs}
    row |= {"validation": round(loss(model, 0), 4)}
    row |= {"test": np.nan if step == "tune" else round(loss(model, 1), 4)}
    append("runs.csv", key | row | {"cpu_seconds": round(seconds, 1)})
    if step == "readings" and epochs == READINGS[-1]:
        keep_base(model, seed)


def base_file(seed):
    return FITTED / f"{FOLDER.name}_base_{seed}.npz"


def keep_base(model, seed):
    FITTED.mkdir(exist_ok=True)
    model.save(base_file(seed))
    if seed == 0:
        model.save(FOLDER / "base.npz", dtype="float16")


@functools.cache
def base(seed):
    """The base model of a seed, trained again where its file was not kept."""
    if not base_file(seed).exists():
        rate = best_rate("SASRec", BASE)
        model = build("SASRec", BASE, rate, READINGS[-1], seed)
        keep_base(model.fit(part_of_train(1.0)), seed)
    return Recommender.load(base_file(seed))


def best_rate(kind, dimensions):
    log = table("runs.csv").query("step == 'tune' and model == @kind and dimensions <= @dimensions")
    log = log[log["dimensions"] == log["dimensions"].max()]
    return float(log.loc[log["validation"].idxmin(), "learning_rate"])


def tune():
    for dimensions in TUNED:
        for rate in RATES:
            run("tune", "SASRec", dimensions, TRIALS, rate=rate)


def sizes():
    for seed in SEEDS:
        for dimensions in SIZES:
            run("sizes", "SASRec", dimensions, HALF, seed=seed)
        for share in LESS:
            run("sizes", "SASRec", SIZES[-1], share, seed=seed)


def law():
    """The law, with the base's mean loss over the seeds said in advance, and its interval.

    200 times: the runs of each size drawn with return, a law fitted to them, and what as many
    runs as there are seeds miss the law by, drawn from what the runs at hand miss it by.
    """
    if (FOLDER / "law.csv").exists():
        return
    log = table("runs.csv").query("step in ('sizes', 'largest')")
    if (log["step"] == "largest").any():
        raise SystemExit("the base has been trained already: no law can foretell it now")
    train = part_of_train(1.0)
    model = build("SASRec", BASE, 0.001, 1, 0)
    model.n_items_, model.item_ids_ = train.n_items, train.item_ids
    model._build()
    aim = {"parameters": model.network_.count_params(), "tokens": len(train)}
    columns, rng, said = ["parameters", "tokens", "test"], np.random.default_rng(0), []
    whole = fit_law(*log[columns].to_numpy().T)
    missed = log["test"] - whole.loss(log["parameters"], log["tokens"])
    missed = missed * np.sqrt(len(log) / max(1, len(log) - len(whole)))  # it bent towards them
    for _ in range(200):
        drawn = log.groupby(columns[:2]).sample(frac=1, replace=True, random_state=rng)
        luck = rng.choice(missed, len(SEEDS)).mean()
        said.append(fit_law(*drawn[columns].to_numpy().T).loss(**aim) + luck)
    low, high = np.quantile(said, [0.025, 0.975])
    row = whole._asdict() | aim | {"says": whole.loss(**aim), "low": low, "high": high}
    append("law.csv", {key: float(f"{value:.6g}") for key, value in row.items()})


def largest():
    if not (FOLDER / "law.csv").exists():
        raise SystemExit("first the law, then the run that checks it: python … law")
    for seed in SEEDS:
        run("largest", "SASRec", BASE, 1.0, seed=seed)


def readings():
    for epochs in reversed(READINGS):
        for seed in SEEDS:
            run("readings", "SASRec", BASE, 1.0, epochs=epochs, seed=seed)


def objectives():
    for rate in RATES:
        run("tune", "BERT4Rec", SIZES[-1], TRIALS, rate=rate)
    for seed in SEEDS:
        for epochs in (1, 4):
            for kind in MODELS:
                run("objectives", kind, SIZES[-1], WAYS, epochs=epochs, seed=seed)


def use(step, variant, seed, make, possible, asked, items=slice(None)):
    """Choose a setting on validation with the first seed, train it, write each household's loss.

    make(seed, **setting) → a model; possible: settings to be tried, one alone is taken as it is;
    asked: {group: (questions of validation, questions of the test)}, of which the first group's
    validation decides.
    """
    key = {"step": step, "variant": variant}
    judge = next(iter(asked.values()))[0]
    for setting in possible if len(possible) > 1 else ():
        row = key | {"seed": SEEDS[0], "group": "validation", "user": -1, "setting": str(setting)}
        if not is_logged("uses.csv", row):
            found = judge.losses(answers(make(SEEDS[0], **setting), judge, items)).mean()
            append("uses.csv", row | {"loss": round(float(found), 4)})
    setting = possible[0]
    if len(possible) > 1:
        tried = table("uses.csv")
        tried = tried.query("step == @step and variant == @variant and group == 'validation'")
        best = tried.loc[tried["loss"].idxmin(), "setting"]
        setting = next(one for one in possible if str(one) == best)
    if is_logged("uses.csv", key | {"seed": seed, "group": next(iter(asked))}):
        return
    model = make(seed, **setting)
    rows = []
    for group, (_, test) in asked.items():
        found = pd.Series(test.losses(answers(model, test, items))).groupby(test.users).mean()
        rows += [
            key
            | {"seed": seed, "group": group, "user": user, "setting": str(setting)}
            | {"loss": round(one, 4)}
            for user, one in found.items()
        ]
    append("uses.csv", *rows)


def settings(epochs):
    return [{"epochs": epochs, "learning_rate": rate} for rate in TUNING_RATES]


def segment():
    """Households with something from the health-food shelves among their first 64 lines."""
    variants, asked = of_segment()
    for seed in SEEDS:
        use("segment", "pretrained", seed, base, [{}], asked)
        for variant, make in variants.items():
            epochs = READINGS[-1] if variant == "alone" else TUNING["segment"]
            use("segment", variant, seed, make, settings(epochs), asked)


def forgetting():
    """Tuned to the same households on and on, at the highest rate."""
    variants, asked = of_segment()
    del variants["alone"]
    for seed in SEEDS:
        for variant, make in variants.items():
            use("forgetting", variant, seed, make, settings(READINGS[-1])[-1:], asked)


def of_segment():
    """(the ways to learn from the segment, {group: questions of validation and of the test})."""
    train, members = load()[2], members_of_segment()
    owners = np.unique(train.users)
    mine = members[np.isin(members, owners)][:SEGMENT_SIZE]
    rest = np.random.default_rng(2).permutation(np.setdiff1d(owners, members))[: len(mine)]
    small = train.select(np.isin(train.users, mine))
    mixed = train.select(np.isin(train.users, [*mine, *rest]))
    late = [questions(part, WINDOW) for part in (0, 1)]
    asked = {
        "segment": [only(one, np.isin(one.users, members)) for one in late],
        "others": [only(one, ~np.isin(one.users, members)) for one in late],
    }
    variants = {
        "whole": lambda seed, **how: fine_tuned(base(seed), small, **how),
        "LoRA": lambda seed, **how: fine_tuned(base(seed), small, rank=LORA_RANK, **how),
        "experience replay": lambda seed, **how: fine_tuned(base(seed), mixed, **how),
        "alone": lambda seed, **how: fresh(small, seed, **how),
    }
    return variants, asked


def members_of_segment():
    """Those with a type of the segment's department among their first 64 lines, in drawn order."""
    log, departments, _, _ = load()
    order = np.lexsort((log.items, log.timestamps, log.users))
    users = log.users[order]
    early = pd.Series(users).groupby(users).cumcount().to_numpy() < WINDOW
    wanted = departments[log.items[order]] == SEGMENT
    return np.random.default_rng(3).permutation(np.unique(users[early & wanted]))


def transfer():
    """A department opens: 100 households bought there; what does a year of groceries help?"""
    log, departments, train, _ = load()
    there = np.flatnonzero(departments == OPENS)
    owners = np.random.default_rng(4).permutation(np.unique(train.users))[:HOUSEHOLDS]
    small = train.select(np.isin(train.users, owners))
    groceries = train.select(departments[train.items] == "GROCERY")
    counts = np.bincount(small.items, minlength=log.n_items) + 1.0
    asked = {OPENS: [about(questions(part), there) for part in (0, 1)]}

    @functools.cache
    def on_groceries(seed):
        rate = best_rate("SASRec", BASE)
        model = build("SASRec", BASE, rate, READINGS[-1], seed).fit(groceries)
        model.network_.biases.assign(np.log(counts / counts.sum()))  # as the rival begins
        return model

    variants = {
        "scratch": lambda seed, **how: fresh(small, seed, **how),
        "pretrained": lambda seed, **how: fine_tuned(on_groceries(seed), small, **how),
    }
    for seed in SEEDS:
        for variant, make in variants.items():
            epochs = READINGS[-1] if variant == "scratch" else TUNING["transfer"]
            use("transfer", variant, seed, make, settings(epochs), asked, there)


def fresh(log, seed, epochs, learning_rate):
    return build("SASRec", BASE, learning_rate, epochs, seed).fit(log)


def about(asked, items):
    """The questions whose basket holds something of these items, and only that part of it."""
    part = asked.targets[:, items].tocsr()
    sums = part.sum(axis=1)
    kept = np.flatnonzero(sums > 0)
    part = part[kept].multiply(1 / sums[kept][:, None]).tocsr()
    return only(asked, kept)._replace(targets=part)


def only(asked, kept):
    """Some of the questions: truth values or row numbers."""
    kept = np.flatnonzero(kept) if np.asarray(kept).dtype == bool else kept
    histories = [asked.histories[row] for row in kept]
    return type(asked)(asked.users[kept], asked.places[kept], histories, asked.targets[kept])


def table(file):
    path = FOLDER / file
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["step"])


def is_logged(file, key):
    log = table(file)
    if not set(key) <= set(log.columns):
        return False
    return bool(np.logical_and.reduce([log[name] == value for name, value in key.items()]).any())


def append(file, *rows):
    """More lines, written at once: an interruption leaves whole runs."""
    path = FOLDER / file
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = pd.DataFrame(rows).to_csv(index=False, header=not path.exists())
    with path.open("a", encoding="utf-8") as log:
        log.write(lines)
    print(*rows[0].values(), f"(+ {len(rows) - 1} rows)" if rows[1:] else "", flush=True)


STEPS = (tune, sizes, law, largest, readings, segment, forgetting, transfer, objectives)
STEPS = {step.__name__: step for step in STEPS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", nargs="*", help=f"of {', '.join(STEPS)}; default: all")
    parser.add_argument("--small", action="store_true", help="a rehearsal of a few minutes")
    options = parser.parse_args()
    unknown = set(options.steps) - set(STEPS)
    if unknown:
        parser.error(f"unknown step {', '.join(unknown)}; there are {', '.join(STEPS)}")
    if options.small:
        rehearse()
    for step in options.steps or STEPS:
        STEPS[step]()


def rehearse():
    """The same steps with 60 households, one seed, networks of a few numbers, fewer settings."""
    log, departments, train, parts = load()
    few = train.select(np.isin(train.users, np.unique(train.users)[:60]))
    small = log, departments, few, tuple(part[:40] for part in parts)
    globals().update(FOLDER=Path(__file__).parent / "rehearsal", load=lambda: small)
    globals().update(SIZES=(1, 2, 3, 4), TUNED=(1, 4), BASE=5, READINGS=(2,))
    globals().update(LESS=(0.25,), TRIALS=0.5, WAYS=0.5)
    globals().update(RATES=(0.01,), SEEDS=(0,), SEGMENT_SIZE=10, HOUSEHOLDS=10)
    globals().update(TUNING={"segment": 1, "transfer": 1}, TUNING_RATES=(0.001, 0.01))


if __name__ == "__main__":
    main()
