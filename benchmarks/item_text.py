"""What an item's text is worth: the tables that lesson 16 reads.

    python benchmarks/item_text.py cold            new items, types and categories: 3 splits
    python benchmarks/item_text.py tune            → datasets/item_text/tuning.csv
    python benchmarks/item_text.py warm            GenerativeRetrieval on all products: 3 seeds
    python benchmarks/item_text.py new             the same on items that nobody bought: 3 splits
    python benchmarks/item_text.py amazon          what was measured, what is published: one table
    python benchmarks/item_text.py write           → datasets/item_text/cold.npz, generative.npz

`amazon` writes datasets/item_text/amazon.csv, of amazon_test.csv, amazon_generative_test.csv and
what is published.

Every step can be interrupted and started again: a run is a file in `benchmarks/fitted/item_text`
(kept out of git), and is not done twice. `--rows 1` stops after one run, `--seeds 1` after one seed
of `warm` and `new`. Every run keeps NDCG@10 of each household.

cold: the shop of products with 30 households, the whole year; a fifth of the products is hidden,
one by one, by whole types, or by whole categories. Each household gets a ridge regression from
what is written about an item to whether the household bought it. λ is chosen for each way of
writing, in the same way, on a fifth of the products that are left. Hidden products are ranked
among themselves.

tune: GenerativeRetrieval's setting, by NDCG@10 of first purchases in October, fitted on the months
before, as `leaderboard.py` does for its models: the shop, the months, the judge and the space of
SASRec are those of the leaderboard, and to the space come the numbers of levels and of codes.
Setting 0 is the one that was best for SASRec, the others are drawn with a seed. So that a trial
takes a minute, each is fitted for at most 8 epochs ("short", patience 5), and the best two
settings once more for at most 20 ("long", patience 5). The better of these two is what `warm` and
`new` use, with its number of epochs, and runs of another setting are thrown away; as long as there
is no "long" line, they use setting 0 and the library's 20 epochs. Started again, `tune` goes on
after the last line of its log; `--trials 12` draws fewer settings.

warm: the shop and the months of `leaderboard.py`, the task *discover*. SASRec and EASE have their
own best of twenty settings or a few more. They are not fitted again: what is compared with are
their households' numbers in datasets/leaderboard.

new: the same months; a fifth of the products is taken out of train and validation, and ranked
among themselves by the models of `warm` that can. Relevant: bought by the household at any time.
Models with a bias are asked twice, since that of a product that nobody bought says nothing: as they
are, and with the mean bias of its category's known products in its place ("bias of its kind").

Ridges are solved in 64 bits and scores rounded to 9 digits before they are ranked, so that products
of which the same is written tie on every processor, and stand in the catalogue's order.
"""

import argparse
import functools
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
from course_lib.models.validation import Validation
from course_lib.similarity import top_k
from course_lib.split import relevant_items

FOLDER = Path(__file__).parents[1] / "datasets" / "item_text"
RUNS = Path(__file__).parent / "fitted" / "item_text"
NEWNESS = {"items": None, "types": "type", "categories": "category"}
LAMBDAS = [0.1, 0.3, 1, 3, 10, 30, 100, 300]
POORER = ("without type", "department, brand", "title", "department, brand + title")
PLAIN = ("random", "popularity", "mean, not centred", "mean of vectors", "contrastive")
COLUMNS = ["department", "category", "type", "brand"]
BEAMS = {"generative": None, "beam of 10": 10, "beam of 50": 50}
SPACE = leaderboard.SEQUENCES | {"levels": [2, 3], "codes": [16, 32, 64]}
SHORT, LONG, FINALISTS = 8, 20, 2  # epochs of a first look, of a second one, and how many get it
RIVALS = ("SASRec", "EASE", "popularity", "content", "random")
KIND = ", bias of its kind"
LATER = {
    "generative": (KIND, f"{KIND}, beam of 50"),
    "SASRec, vectors only": (KIND,),
    "codes shuffled": (KIND,),
}


def told(items):
    """All that the columns say of an item, in one line."""
    return [", ".join(row).lower() for row in items[COLUMNS[::-1]].fillna("").to_numpy()]


def columns(items, names):
    """One-hot columns, a missing value one of its own."""
    return OneHotEncoder().fit_transform(items[names].fillna(""))


def written(items):
    """{way of writing: (n_items, d)}: the same facts as columns, words, or a vector."""
    encoder, title = (
        encode_texts(texts).astype(float) for texts in (told(items), items["title"].tolist())
    )

    words = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True)
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
        weights = cho_factor(square + strength * np.eye(len(square)))
        yield np.asarray(others @ cho_solve(weights, together)).T + mean


def hidden(groups, rng):
    """Whole groups, drawn until a fifth of the items is hidden: booleans."""
    order = rng.permutation(np.unique(groups))
    sizes = np.cumsum([np.count_nonzero(groups == group) for group in order])
    return np.isin(groups, order[: np.searchsorted(sizes, len(groups) / 5) + 1])


def parted(items, column, split):
    """Numbers of items: to learn from and to judge λ on, these two together, and hidden."""
    groups = np.arange(len(items)) if column is None else pd.factorize(items[column])[0]
    rng = np.random.default_rng(split)
    out = hidden(groups, rng)
    left = np.flatnonzero(~out)
    inner = hidden(groups[left], rng)
    return left[~inner], left[inner], left, np.flatnonzero(out)


def chosen(table, who, bought, parts):
    """The scores of hidden items with the λ that is best on known ones, and that λ."""
    learn, judge, left, test = parts
    tried = tastes(table[learn], who[:, learn], table[judge], LAMBDAS)
    judged = [np.nanmean(ndcg(scores, bought[:, judge])) for scores in tried]
    strength = LAMBDAS[int(np.argmax(judged))]
    (scores,) = tastes(table[left], who[:, left], table[test], [strength])
    return scores, strength


def ndcg(scores, bought):
    """NDCG@10 a household, NaN without a hidden product; one row of scores may serve all."""
    lists = np.broadcast_to(top_k(scores.round(9), 10), (len(bought), 10))
    return ndcg_at_k(lists, sparse.csr_array(bought), 10)


def cold():
    shop = load_complete_journey(min_households=30)
    items = shop.items
    bought = (shop.interactions.matrix() > 0).astype(float).toarray()
    ways, kind = written(items), columns(items, ["department", "category"])
    for (new, column), split in itertools.product(NEWNESS.items(), range(3)):
        parts = *_, left, test = parted(items, column, split)
        out = np.isin(np.arange(len(items)), test)
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
                scores, strength = chosen(table, who, bought, parts)
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


def tune():
    for trial, setting in enumerate(settings()[: OPTIONS.trials]):
        tried(trial, "short", setting, SHORT)
    log = tuning()
    short = log[(log["step"] == "short") & (log["trial"] < OPTIONS.trials)]
    for _, row in short.sort_values("october", ascending=False, kind="stable")[
        :FINALISTS
    ].iterrows():
        tried(row["trial"], "long", json.loads(row["parameters"]), LONG)


def settings():
    """SASRec's best setting with the library's codes, then others of the space, drawn."""
    given = leaderboard.best("discover", "SASRec")[1] | {"levels": 3, "codes": 32}
    given.pop("epochs")
    all_of_them = [
        dict(zip(SPACE, values, strict=True)) for values in itertools.product(*SPACE.values())
    ]
    all_of_them.remove(given)
    drawn = np.random.default_rng(0).choice(len(all_of_them), leaderboard.TRIALS - 1, replace=False)
    return [given, *(all_of_them[i] for i in drawn)]


def tried(trial, step, setting, epochs):
    """Fit one setting until October and write its line, unless the log has it."""
    log = tuning()
    if len(log) and ((log["trial"] == trial) & (log["step"] == step)).any():
        return
    _, split = leaderboard.load()
    goal, started = Validation(split.train, split.validation), time.process_time()
    limits = {"epochs": epochs, "patience": leaderboard.PATIENCE}
    model = generative(0, split.train, goal, **setting, **limits)
    row = {"trial": trial, "step": step, "parameters": json.dumps(setting)}
    row |= {"october": round(max(model.curve_), 5), "epochs": model.epochs_}
    row |= {"epochs_run": len(model.curve_), "cpu_seconds": round(time.process_time() - started)}
    print(*row.values(), flush=True)
    before = best()
    pd.concat([log, pd.DataFrame([row])]).to_csv(FOLDER / "tuning.csv", index=False)
    if best() != before:
        for path in RUNS.glob("*.npy"):
            if path.stem.split(" ", 2)[2].startswith(("generative", "beam", "codes shuffled")):
                path.unlink()


def tuning():
    path = FOLDER / "tuning.csv"
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def best():
    """The setting that was best in October, with its number of epochs."""
    log = tuning()
    long = log[log["step"] == "long"] if len(log) else log
    if not len(long):
        return settings()[0] | {"epochs": 20}
    row = long.iloc[int(long["october"].to_numpy().argmax())]
    return json.loads(row["parameters"]) | {"epochs": int(row["epochs"])}


@functools.cache
def facts():
    """A vector for each product of the leaderboard's shop, of all that the columns say."""
    shop, _ = leaderboard.load()
    return encode_texts(told(shop.items))


def generative(seed, log, validation=None, *, control=False, **setting):
    """A fitted GenerativeRetrieval whose codes come from all that the columns say.

    control: each item gets the codes of another one, drawn at random.
    """
    from course_lib.models.generative import GenerativeRetrieval

    vectors = facts()
    if control:
        vectors = vectors[np.random.default_rng(seed).permutation(len(vectors))]
    setting = setting or best()
    model = GenerativeRetrieval(item_vectors=vectors, batch_size=64, seed=seed, **setting)
    return model.fit(log, validation)


def warm():
    shop, split = leaderboard.load()
    before = split.before_test
    relevant = relevant_items(split.test, before)
    users = np.flatnonzero(np.diff(relevant.indptr))
    stored = np.load(leaderboard.FOLDER / "households.npz")
    for name, seed in itertools.product(RIVALS, range(leaderboard.SEEDS)):
        path = RUNS / f"warm {seed} {name}.npy"
        if f"discover, {name}, {seed}" in stored and not path.exists():
            values = np.full(shop.interactions.n_users, np.nan)
            values[users] = stored[f"discover, {name}, {seed}"]
            keep(path, values, time.process_time())
    for seed, control in itertools.product(range(OPTIONS.seeds), (False, True)):
        beams = {"codes shuffled": None} if control else BEAMS
        paths = {name: RUNS / f"warm {seed} {name}.npy" for name in beams}
        if all(path.exists() for path in paths.values()):
            continue
        started = time.process_time()
        model = generative(seed, before, control=control)
        for name, path in paths.items():
            lists = model.set_params(beam=beams[name]).recommend(users, before, 10)
            values = np.full(shop.interactions.n_users, np.nan)
            values[users] = ndcg_at_k(lists, relevant[users], 10)
            keep(path, values, started)
            started = time.process_time()


def new():
    shop, split = leaderboard.load()
    before, year = split.before_test, shop.interactions.matrix() > 0
    bought = year.toarray().astype(float)
    for seed in range(OPTIONS.seeds):
        out = hidden(np.arange(shop.interactions.n_items), np.random.default_rng(seed))
        relevant = sparse.csr_array(bought * out)
        for name, make in new_models(seed, before.select(~out[before.items]), out).items():
            paths = [RUNS / f"new {seed} {name}{more}.npy" for more in ("", *LATER.get(name, ()))]
            if all(path.exists() for path in paths):
                continue
            started = time.process_time()
            for path, lists in zip(paths, make(), strict=True):
                keep(path, ndcg_at_k(lists, relevant, 10), started)
                started = time.process_time()


def new_models(seed, log, out):
    """{name: a function that fits it and yields its lists of what is new, one or several}."""
    shop, _ = leaderboard.load()
    users, left, test = np.arange(log.n_users), np.flatnonzero(~out), np.flatnonzero(out)
    texts = facts().astype(float)
    known = (log.matrix() > 0).astype(float).toarray()

    def ridge(names, who):
        table = columns(shop.items, names)  # the strength that `cold` chose most often
        (scores,) = tastes(table[left], who[:, left], table[test], [10])
        yield test[np.broadcast_to(top_k(scores.round(9), 10), (len(users), 10))]

    def ranked(model):
        return model.recommend(users, log, 10, exclude_seen=False, items=test)

    def twice(model):
        yield ranked(model)
        biases = model.network_.biases
        biases.assign(of_its_kind(biases.numpy(), out, shop.items))
        yield ranked(model)

    def spelt():
        model = generative(seed, log)
        yield from twice(model)
        yield ranked(model.set_params(beam=50))

    def shuffled():
        yield from twice(generative(seed, log, control=True))

    def sasrec():
        from course_lib.models.transformer import SASRec

        setting = leaderboard.best("discover", "SASRec")[1] | {"epochs": 20, "seed": seed}
        setting |= leaderboard.FIXED["SASRec"]
        model = SASRec(item_vectors=texts, item_embedding=False, **setting)
        yield from twice(model.fit(log))

    plain = {
        "content": Content(vectors=texts - texts[left].mean(axis=0), power=0.5),
        "EASE": leaderboard.make("EASE", leaderboard.best("discover", "EASE")[1]),
        "popularity": Popularity(),
        "random": Chance(seed=seed),
    }
    return {
        "columns": lambda: ridge(COLUMNS, known),
        "popularity of its kind": lambda: ridge(
            ["department", "category"], known.mean(axis=0, keepdims=True)
        ),
        **{name: lambda model=model: [ranked(model.fit(log))] for name, model in plain.items()},
        "generative": spelt,
        "SASRec, vectors only": sasrec,
        "codes shuffled": shuffled,
    }


def of_its_kind(biases, out, items):
    """Biases in which each new item has the mean of its category's known ones.

    Where the category has none, that of the department; where that has none, of all.
    """
    known = pd.Series(np.where(out, np.nan, biases))
    mean = known.mean()
    for column in ("department", "category"):
        kinds = items[column].fillna("").to_numpy()
        mean = known.groupby(kinds).transform("mean").fillna(mean)
    return np.where(out, mean, biases)


def amazon():
    amazon_table().to_csv(FOLDER / "amazon.csv", index=False)


def amazon_table():
    """What was counted and fitted here beside what is published, a row a model and a set."""
    from amazon import FILES, PUBLISHED

    rows = [
        {"model": name, "set": shop, "ndcg": ndcg, "recall": recall, "kind": "published"}
        for name, figures in PUBLISHED.items()
        for shop, (ndcg, recall) in zip(FILES, figures, strict=True)
    ]
    here = [
        pd.read_csv(Path(__file__).parent / f"{name}_test.csv").assign(kind=kind)
        for name, kind in {"amazon": "counts", "amazon_generative": "network"}.items()
    ]
    kept = ["model", "set", "ndcg", "ndcg low", "ndcg high", "recall", "recall low", "recall high"]
    table = pd.concat([*here, pd.DataFrame(rows)])[[*kept, "numbers", "seconds", "kind"]]
    table["numbers"] = table["numbers"].astype("Int64")
    return table.round(4)


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
    STEPS = {step.__name__: step for step in (cold, tune, warm, new, amazon, write)}
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--rows", type=int, default=0, help="stop after so many runs")
    parser.add_argument("--trials", type=int, default=leaderboard.TRIALS, help="of tune")
    parser.add_argument("--seeds", type=int, default=leaderboard.SEEDS, help="of warm and new")
    OPTIONS = parser.parse_args()
    STEPS[OPTIONS.step]()
