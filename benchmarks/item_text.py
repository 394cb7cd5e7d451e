"""What an item's text is worth: the tables that lesson 16 reads.

    python benchmarks/item_text.py cold            new items, types and categories: 3 splits
    python benchmarks/item_text.py tune            20 settings of GenerativeRetrieval, on validation
    python benchmarks/item_text.py warm            SASRec, EASE, popularity beside it: 3 seeds
    python benchmarks/item_text.py new             the same on items that nobody bought: 3 splits
    python benchmarks/item_text.py write           → datasets/item_text/cold.npz, generative.npz

Every step can be interrupted and started again: a run is a file in `benchmarks/fitted/item_text`
(kept out of git), or a line of `datasets/item_text/tuning.csv`, and is not done twice. `--rows 1`
stops after one run. Every run keeps NDCG@10 of each household.

cold: the shop of products with 30 households, the whole year; a fifth of the products is hidden,
one by one, by whole types, or by whole categories. Each household gets a ridge regression from
what is written about an item to whether the household bought it. λ is chosen for each way of
writing, in the same way, on a fifth of the products that are left. Hidden products are ranked
among themselves.

tune, warm: the shop and the months of `leaderboard.py`, the task *discover*. GenerativeRetrieval
gets as many settings as SASRec got there; SASRec and EASE have their best ones from its log.

new: the same months; a fifth of the products is taken out of train and validation, and ranked
among themselves by the models of `warm` that can. Relevant: bought by the household at any time.
"""

import argparse
import itertools
import json
import os
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import leaderboard
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import OneHotEncoder

from course_lib.datasets import load_complete_journey
from course_lib.large.encoders import encode_texts
from course_lib.metrics import ndcg_at_k
from course_lib.models.chance import Chance
from course_lib.models.content import Content
from course_lib.models.popularity import Popularity
from course_lib.similarity import top_k
from course_lib.split import relevant_items

FOLDER = Path(__file__).parents[1] / "datasets" / "item_text"
RUNS = Path(__file__).parent / "fitted" / "item_text"
NEWNESS = {"items": None, "types": "type", "categories": "category"}
LAMBDAS = [0.1, 0.3, 1, 3, 10, 30, 100, 300]
POORER = ("without type", "department, brand", "title", "department, brand + title")
PLAIN = ("random", "popularity", "mean, not centred", "mean of vectors", "contrastive")
COLUMNS = ["department", "category", "type", "brand"]
SPACE = {**leaderboard.SEQUENCES, "codes": [16, 32, 64, 128]}


def told(items):
    """All that the columns say of an item, in one line."""
    return [", ".join(row).lower() for row in items[COLUMNS[::-1]].fillna("").to_numpy()]


def columns(items, names):
    """One-hot columns, a missing value one of its own."""
    return OneHotEncoder(dtype=np.float32).fit_transform(items[names].fillna(""))


def written(items):
    """{way of writing: (n_items, d)}: the same facts as columns, words, or a vector."""
    encoder, title = encode_texts(told(items)), encode_texts(items["title"].tolist())

    words = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True, dtype=np.float32)
    few = columns(items, ["department", "brand"])
    return {
        "columns": columns(items, COLUMNS),
        "words": words.fit_transform(told(items)),
        "encoder": encoder,
        "columns + encoder": sparse.hstack([columns(items, COLUMNS), encoder]).tocsr(),
        "without type": columns(items, ["department", "category", "brand"]),
        "department, brand": few,
        "title": title,
        "department, brand + title": sparse.hstack([few, title]).tocsr(),
    }


def tastes(known, bought, others, strengths):
    """Each household's ridge regression from what is written to what it bought.

    Yields a table of scores (households, others) for each strength.
    """
    mean = bought.mean(axis=1, keepdims=True)
    square = known.T @ known
    square = square.toarray() if sparse.issparse(square) else square
    together = known.T @ (bought - mean).T
    for strength in strengths:
        weights = cho_factor(square + strength * np.eye(len(square), dtype=np.float32))
        yield np.asarray(others @ cho_solve(weights, together)).T + mean


def hidden(groups, rng):
    """Whole groups, drawn until a fifth of the items is hidden: booleans."""
    order = rng.permutation(np.unique(groups))
    sizes = np.cumsum([np.count_nonzero(groups == group) for group in order])
    return np.isin(groups, order[: np.searchsorted(sizes, len(groups) / 5) + 1])


def ndcg(scores, bought):
    """NDCG@10 a household, NaN without a hidden product; one row of scores may serve all."""
    lists = np.broadcast_to(top_k(scores, 10), (len(bought), 10))
    return ndcg_at_k(lists, sparse.csr_array(bought), 10)


def cold():
    shop = load_complete_journey(min_households=30)
    items = shop.items
    bought = (shop.interactions.matrix() > 0).astype(np.float32).toarray()
    ways, kind = written(items), columns(items, ["department", "category"])
    for (new, column), split in itertools.product(NEWNESS.items(), range(3)):
        groups = np.arange(len(items)) if column is None else pd.factorize(items[column])[0]
        rng = np.random.default_rng(split)
        out = hidden(groups, rng)
        left = np.flatnonzero(~out)
        inner = hidden(groups[left], rng)
        test, learn, judge = np.flatnonzero(out), left[~inner], left[inner]
        for name in (*PLAIN, *ways):
            path = RUNS / f"cold {new} {split} {name}.npy"
            if path.exists() or (name in POORER and new != "items"):
                continue
            started, strength = time.process_time(), None
            draws = np.random.default_rng(split)  # the same, whatever was done before
            if name == "random":
                scores = draws.random((len(bought), len(test)))
            elif name.startswith("mean"):
                centre = ways["encoder"][left].mean(axis=0) * (name == "mean of vectors")
                vectors = ways["encoder"] - centre
                profiles = bought[:, left] @ vectors[left]
                scores = profiles @ vectors[test].T
            elif name == "contrastive":
                vectors = ways["encoder"] - ways["encoder"][left].mean(axis=0)
                vectors = vectors @ contrastive(shop.interactions, vectors, out, draws)
                scores = bought[:, left] @ vectors[left] @ vectors[test].T
            else:
                table = kind if name == "popularity" else ways[name]
                # Popularity: all households as if they were one, so that all get the same list.
                who = bought.mean(axis=0, keepdims=True) if name == "popularity" else bought
                tried = tastes(table[learn], who[:, learn], table[judge], LAMBDAS)
                judged = [np.nanmean(ndcg(scores, bought[:, judge])) for scores in tried]
                strength = LAMBDAS[int(np.argmax(judged))]
                (scores,) = tastes(table[left], who[:, left], table[test], [strength])
            keep(path, ndcg(scores, bought[:, test]), strength, started)


def contrastive(log, vectors, out, rng, *, steps=300, batch=256, rate=0.1, temperature=0.1):
    """(512, 64): brings together what one basket holds, by InfoNCE with logQ, from known items.

    Steps and rate are as in the lesson; nothing was chosen on the hidden items of the splits here.
    """
    known = ~out[log.items]
    lines = pd.DataFrame({"item": log.items, "user": log.users, "time": log.timestamps})[known]
    lines = lines.sample(frac=1, random_state=0).sort_values(["user", "time"], kind="stable")
    together = (lines[["user", "time"]] == lines[["user", "time"]].shift(-1)).all(axis=1).to_numpy()
    item = lines["item"].to_numpy()
    left, right = item[:-1][together[:-1]], item[1:][together[:-1]]
    log_q = np.log(np.bincount(right, minlength=len(vectors)) / len(right) + 1e-9)
    _, _, directions = np.linalg.svd(vectors[~out][::3], full_matrices=False)
    P = directions[:64].T.astype(float)
    for _ in range(steps):
        some = rng.integers(len(left), size=batch)
        a, b = vectors[left[some]], vectors[right[some]]
        A, B = a @ P, b @ P
        G = softmax(A @ B.T / temperature - log_q[right[some]], axis=1) - np.eye(batch)
        P -= rate * (a.T @ (G @ B) + b.T @ (G.T @ A)) / batch / temperature
    return P


def keep(path, values, *facts):
    """Write a run; facts are for the eye."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.asarray(values, dtype=np.float32))
    started = facts[-1]
    seconds = time.process_time() - started
    print(path.stem, *facts[:-1], f"{np.nanmean(values):.4f}", f"{seconds:.0f} s", flush=True)
    if OPTIONS.rows:
        OPTIONS.rows -= 1
        if not OPTIONS.rows:
            raise SystemExit


def generative(parameters, **others):
    """A GenerativeRetrieval whose codes come from all that the columns say."""
    from course_lib.models.generative import GenerativeRetrieval

    shop, _ = leaderboard.load()
    fixed = {"item_vectors": encode_texts(told(shop.items)), "batch_size": 64}
    return GenerativeRetrieval(**fixed, **parameters, **others)


def tune():
    _, split = leaderboard.load()
    path = FOLDER / "tuning.csv"
    done = pd.read_csv(path)["trial"].tolist() if path.exists() else []
    combinations = list(itertools.product(*SPACE.values()))
    chosen = np.random.default_rng(0).choice(len(combinations), leaderboard.TRIALS, replace=False)
    for trial, number in enumerate(chosen):
        if trial in done:
            continue
        started = time.process_time()
        parameters = dict(zip(SPACE, combinations[number], strict=True))
        sizes = {"epochs": leaderboard.EPOCHS, "patience": leaderboard.PATIENCE}
        model = generative(parameters, **sizes).fit(split.train, split.validation)
        row = {
            "trial": trial,
            "parameters": json.dumps(parameters),
            "discover": round(float(model.curve_.max()), 5),
            "epochs": model.epochs_,
            "cpu_seconds": round(time.process_time() - started, 1),
        }
        pd.DataFrame([row]).to_csv(path, mode="a", header=not path.exists(), index=False)
        print(*row.values(), flush=True)
        if OPTIONS.rows:
            return


def best(model):
    """The best setting for *discover* and its epochs: of our log, or of leaderboard.py's."""
    if model == "generative":
        row = pd.read_csv(FOLDER / "tuning.csv").sort_values("discover", kind="stable").iloc[-1]
        return json.loads(row["parameters"]), int(row["epochs"])
    log = leaderboard.log_of(model)
    row = log.sort_values("discover", kind="stable").iloc[-1]
    return json.loads(row["parameters"]), int(row["discover_epochs"])


def spelling_models(seed):
    """The generative model in its best setting: exact, with beams, and with codes at random."""
    parameters, epochs = best("generative")
    fixed = {**parameters, "epochs": epochs, "seed": seed}
    n_items = leaderboard.load()[0].interactions.n_items
    beams = {f"beam of {beam}": generative(fixed, beam=beam) for beam in (10, 50)}
    control = shuffled(generative(fixed), np.random.default_rng(seed).permutation(n_items))
    return {"generative": generative(fixed), **beams, "codes shuffled": control}


def warm_models(seed):
    """{name: a fresh model in its best setting}; those that draw nothing have one seed."""
    parameters, epochs = best("SASRec")
    models = spelling_models(seed)
    models["SASRec"] = leaderboard.make("SASRec", parameters, epochs=epochs, seed=seed)
    if seed == 0:
        names = ("EASE", "popularity", "content")
        models |= {name: leaderboard.make(name, best(name)[0]) for name in names}
        models["random"] = Chance(seed=0)
    return models


def shuffled(model, rows):
    """The control: codes of the same shape, handed out at random."""
    return model.set_params(item_vectors=model.item_vectors[rows])


def warm():
    shop, split = leaderboard.load()
    before = split.before_test
    relevant = relevant_items(split.test, before)
    users = np.flatnonzero(np.diff(relevant.indptr))
    for seed in range(leaderboard.SEEDS):
        for name, model in warm_models(seed).items():
            path = RUNS / f"warm {seed} {name}.npy"
            if path.exists():
                continue
            started = time.process_time()
            lists = model.fit(before).recommend(users, before, 10)
            values = np.full(shop.interactions.n_users, np.nan)
            values[users] = ndcg_at_k(lists, relevant[users], 10)
            keep(path, values, started)


def new():
    from course_lib.models.transformer import SASRec

    shop, split = leaderboard.load()
    before, year = split.before_test, shop.interactions.matrix() > 0
    texts = encode_texts(told(shop.items))
    bought = np.asarray(year.toarray(), dtype=np.float32)
    for seed in range(leaderboard.SEEDS):
        out = hidden(np.arange(shop.interactions.n_items), np.random.default_rng(seed))
        log = before.select(~out[before.items])
        test = np.flatnonzero(out)
        sasrec, epochs = best("SASRec")
        known = (log.matrix() > 0).astype(np.float32).toarray()
        fixed = {**leaderboard.FIXED["SASRec"], **sasrec, "epochs": epochs, "seed": seed}
        models = spelling_models(seed)
        models["SASRec, vectors only"] = SASRec(item_vectors=texts, item_embedding=False, **fixed)
        models["content"] = Content(vectors=texts, power=0.5)
        models["EASE"] = leaderboard.make("EASE", best("EASE")[0])
        models |= {"popularity": Popularity(), "random": Chance(seed=seed)}
        for name in (*models, "popularity of its kind", "columns"):
            path = RUNS / f"new {seed} {name}.npy"
            if path.exists():
                continue
            started, users = time.process_time(), np.arange(log.n_users)
            left = np.flatnonzero(~out)
            if name not in models:  # λ as it was chosen most often in `cold`
                all_of_them = name == "popularity of its kind"
                who = known.mean(axis=0, keepdims=True) if all_of_them else known
                table = columns(shop.items, ["department", "category"] if all_of_them else COLUMNS)
                (scores,) = tastes(table[left], who[:, left], table[test], [10])
                lists = test[np.broadcast_to(top_k(scores, 10), (len(users), 10))]
            else:
                model = models[name].fit(log)
                lists = model.recommend(users, log, 10, exclude_seen=False, items=test)
            relevant = sparse.csr_array(bought * out)
            keep(path, ndcg_at_k(lists, relevant, 10), started)


def write():
    """Households' NDCG@10 by name, a row a split or seed, in 16 bits: two small files."""
    for file, steps in {"cold": ("cold",), "generative": ("warm", "new")}.items():
        found = {}
        for path in sorted(RUNS.glob("*.npy")):
            step, *rest = path.stem.split(" ")
            if step in steps:
                group, name = (rest[0], rest[2:]) if step == "cold" else (step, rest[1:])
                found.setdefault(f"{group}: {' '.join(name)}", []).append(np.load(path))
        if found:
            arrays = {name: np.stack(runs).astype(np.float16) for name, runs in found.items()}
            np.savez_compressed(FOLDER / f"{file}.npz", **arrays)
        for name, runs in found.items():
            means = [f"{np.nanmean(run):.4f}" for run in runs]
            print(f"{name:40s}", *means)


if __name__ == "__main__":
    STEPS = {step.__name__: step for step in (cold, tune, warm, new, write)}
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--rows", type=int, default=0, help="stop after so many runs")
    OPTIONS = parser.parse_args()
    STEPS[OPTIONS.step]()
