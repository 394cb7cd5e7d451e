"""Counts by position and by days on the course's shop, and SASRec with counts: the fifth column.

    python benchmarks/shop_counts.py train    six networks → benchmarks/fitted (kept out of git)
    python benchmarks/shop_counts.py tune     → shop_counts_tries.csv
    python benchmarks/shop_counts.py test     → shop_counts_test.csv, its tables

The models of `amazon.py` and `movielens.py` on The Complete Journey, where it is known when things
were bought. Every count has two forms, with one formula, 0.5^(gap / half-life), and the same number
of half-lives to choose from: the gap is counted in baskets or in days. What is old keeps a
millionth, which a power below 1 makes louder. Popularity, which has no gaps, counts all of train,
or its last days.

Baskets: items of one basket have no order. A pair of them counts `beside` times, both ways; a pair
of an earlier and a later basket once in its order and `back` times against it, both faded by their
gap; an item of a basket of n counts 1 / n^size, one of a household with m events 1 / m^share.
Bought again: where j is not the household's first of its kind, a pair i, j counts `repeats` times;
an item and itself, which is what *replenish* asks for, counts `again` times there.

Protocol of lesson 14: months before October are learned from, October is validation, November and
December are the test; NDCG@10 of each household in both tasks, all items ranked. Everything is
fitted on train alone; at the test it reads October as history.

train: SASRec in lesson 14's best setting for each task, seeds 0, 1, 2 (`leaderboard.fitted`).
tune: each try is a line of the log; a second call goes on where it ends. Nothing here looks at the
test. Numbers move one at a time while that helps. SASRec with counts is a sum of log shares (see
`movielens.py`), its NDCG the mean over the seeds; then weights anew without each part.
test: the best try of each kind, once: intervals over households, differences paired, p after Holm.
"""

import argparse
import json
import time
from functools import lru_cache, partial
from itertools import product
from pathlib import Path

import leaderboard
import numpy as np
import pandas as pd
from amazon import climb, signed
from movielens import Tries, as_shares, logs_of
from networks import SEEDS
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from course_lib.metrics import ndcg_at_k
from course_lib.models.base import Recommender
from course_lib.models.histories import Baskets
from course_lib.models.neighbours import ItemNeighbours, powered
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import LEAST, TIE
from course_lib.similarity import top_k
from course_lib.split import relevant_items
from course_lib.statistics import bootstrap_interval, holm, paired_difference

HERE = Path(__file__).parent
K, RANKS, SMOOTHING = 10, 300, 10.0
HALF_LIVES = {
    "baskets": [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, None],
    "days": [1.75, 3.5, 7, 14, 28, 56, 112, 224, 448, None],  # half of all gaps are 3 to 21 days
}
SHORT, LONG = {"baskets": 8, "days": 56}, {"baskets": 16, "days": 112}  # where the search begins
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0)
COUNTS = ("popularity", "own counts", "neighbours", "Markov", "co-visits")
LADDER = ("popularity", "neighbours", "Markov", "Markov + neighbours", "co-visits")
LADDER += ("co-visits + low rank",)
PAIRS = ("clock", "fade", "back", "beside", "size", "share", "repeats")
PARTS = (*COUNTS, "low rank")  # what may be added to the network
NETWORK, MIXED, ONLY = "SASRec", "SASRec + counts", "counts mixed"


def space(name, clock, task):
    """(values of each number, where the search begins) of a count."""
    times = HALF_LIVES[clock]
    if name == "popularity":  # a window
        lists = {"baskets": [None], "days": [7, 14, 28, 35, 42, 56, 112, None]}
        return {"recent": lists[clock]}, {"recent": lists[clock][-1]}
    values, start = {"recent": times}, {"recent": LONG[clock]}
    if name == "neighbours":
        values |= {"neighbours": [25, 50, 100, 200, 400], "shrinkage": [0.0, 10.0, 30.0, 100.0]}
        values |= {"power": [0.25, 0.5, 1.0]}
        start |= {"neighbours": 200, "shrinkage": 10.0, "power": 0.5}
    if name == "Markov":
        values |= {"smoothing": [3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0]}
        values |= {"fade": times if clock == "days" else [None]}  # the next basket is always one on
        start |= {"smoothing": 30.0, "fade": values["fade"][-1]}
    if name == "co-visits":
        discover, ones = task == "discover", [0.0, 0.5, 1.0]
        values |= {"fade": times, "back": [0.0, 0.3, 0.6, 1.0]}
        values |= {"beside": [0.0, 0.3, 1.0, 3.0, 10.0]}
        values |= {"size": ones, "share": ones, "repeats": [0.0, 0.1, 0.3, 1.0]}
        values |= {"source": [0.3, 0.6, 1.0], "target": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]}
        values |= {"power": [0.1, 0.25, 0.5, 1.0]}
        values |= {"again": [1.0] if discover else [1.0, 3.0, 10.0, 30.0, 100.0, 300.0]}
        start |= {"fade": SHORT[clock], "back": 0.3, "beside": 1.0, "size": 0.0, "share": 0.5}
        start |= {"repeats": 0.3 if discover else 1.0, "source": 1.0, "target": 0.4, "power": 0.5}
        start |= {"again": 1.0 if discover else 30.0}
    return values, start


@lru_cache(4)
def visits(log):
    """The baskets of a log; when each was, by its number and in days; each event's first time."""
    baskets = Baskets(log)
    times = log.timestamps[np.lexsort((log.items, log.timestamps, log.users))][baskets.starts]
    days = (times - times.min()) / np.timedelta64(1, "D")
    cells = baskets.owner[baskets.basket] * np.int64(log.n_items) + baskets.items
    new = np.zeros(len(cells), dtype=bool)
    new[np.unique(cells, return_index=True)[1]] = True  # the household's first of this item
    return baskets, {"baskets": np.arange(len(days)), "days": days}, new


def faded(gap, half_life):
    """What is left after this gap: half after each half-life, a millionth at least."""
    return np.ones(gap.shape) if half_life is None else np.maximum(0.5 ** (gap / half_life), LEAST)


def recent(history, users, clock, half_life, size):
    """Each event faded by its gap to the user's last basket: (len(users), n_items) CSR array."""
    baskets, late, _ = visits(history)
    age = late[clock][baskets.last] - late[clock]
    weights = (faded(age, half_life) / baskets.sizes**size)[baskets.basket]
    cells = baskets.owner[baskets.basket], baskets.items
    return sparse.csr_array((weights, cells), shape=(history.n_users, history.n_items))[users]


@lru_cache(12)
def ahead(log, clock, half_life, size, share, repeats):
    """(n_items, n_items): sums over events i in an earlier basket of a user than j, faded."""
    baskets, late, new = visits(log)
    total, ends = np.zeros((log.n_items,) * 2, np.float32), baskets.starts + baskets.sizes
    for first in np.unique(baskets.owner, return_index=True)[1]:
        mine = slice(first, baskets.last[first] + 1)
        events = slice(baskets.starts[first], ends[baskets.last[first]])
        items, columns = np.unique(baskets.items[events], return_inverse=True)
        source, target = np.zeros((2, mine.stop - first, len(items)), np.float32)
        cells = baskets.basket[events] - first, columns
        np.add.at(source, cells, 1.0)
        np.add.at(target, cells, np.where(new[events], 1.0, repeats))
        source /= baskets.sizes[mine, None] ** size
        target /= baskets.sizes[mine, None] ** size * len(columns) ** share
        when = late[clock][mine]
        weights = np.triu(faded(np.abs(when - when[:, None]), half_life), 1).astype(np.float32)
        total[np.ix_(items, items)] += source.T @ (weights @ target)
    return total


@lru_cache(3)
def together(log, size, share, repeats):
    """(n_items, n_items): sums over pairs of two items of one basket."""
    baskets, _, new = visits(log)
    cells, shape = (baskets.basket, baskets.items), (len(baskets.starts), log.n_items)
    weights = (1.0 * baskets.sizes**-size)[baskets.basket]
    source = sparse.csr_array((weights, cells), shape=shape)
    weights = weights * np.where(new, 1.0, repeats)
    weights /= np.bincount(log.users)[baskets.owner[baskets.basket]] ** share
    table = (source.T @ sparse.csr_array((weights, cells), shape=shape)).toarray()
    np.fill_diagonal(table, 0)
    return table.astype(np.float32)


def co_table(log, clock, fade, back, beside, *scale):
    """(n_items, n_items): all pairs counted, those of one basket and those against their order."""
    later = ahead(log, clock, fade, *scale)
    return later + np.float32(back) * later.T + np.float32(beside) * together(log, *scale)


def divided(table, source, target):
    rows, columns = ((table.sum(axis=axis) + SMOOTHING) for axis in (1, 0))
    return table * rows[:, None] ** -source * columns**-target


@lru_cache(1)
def singular(*arguments):
    table = co_table(*arguments)
    np.fill_diagonal(table, 0)
    return randomized_svd(
        divided(table, 0.4, 0.4), min(RANKS, len(table)), n_iter=2, n_oversamples=20, random_state=0
    )


class Counts(Recommender):
    """A count with its numbers as attributes; `clock` is the unit of all gaps."""

    def __init__(self, **numbers):
        vars(self).update(numbers)

    def _recent(self, users, history, size):
        return recent(history, users, self.clock, self.recent, size)


class Own(Counts):
    """The household's own purchases, faded; `Repurchase` by days."""

    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        own = self._recent(users, history, 0).toarray()
        return own + TIE * self.popularity_ / self.popularity_.max()


class Near(Counts, ItemNeighbours):
    """`ItemNeighbours`, asked by a history that fades."""

    def _score(self, users, history):
        return (powered(self._recent(users, history, 0), self.power) @ self.similarity_).toarray()


class Chain(Counts):
    """`Markov` with a history that fades, and steps that count less the longer they took."""

    def _fit(self, train, validation):
        baskets, late, _ = visits(train)
        shape = len(baskets.starts), train.n_items
        ones = np.ones(len(baskets.items))
        contents = sparse.csr_array((ones, (baskets.basket, baskets.items)), shape=shape)
        before = np.unique(baskets.basket[baskets.sources])
        left = faded(late[self.clock][before + 1] - late[self.clock][before], self.fade)
        following = contents[before + 1] * (left / baskets.sizes[before + 1])[:, None]
        self.transitions_ = sparse.csr_array(contents[before].T @ sparse.csr_array(following))

    def _score(self, users, history):
        known = sparse.diags_array(1 / (self.transitions_.sum(axis=1) + self.smoothing))
        looks = self._recent(users, history, 1) @ known
        share = self.smoothing * self.popularity_ / self.popularity_.sum()
        return (looks @ self.transitions_).toarray() + np.outer(looks.sum(axis=1), share)


class CoVisits(Counts):
    """Pairs of a household's events at any gap, nearer ones more."""

    def _fit(self, train, validation):
        table = co_table(train, *(getattr(self, name) for name in PAIRS))
        self.near_ = divided(table, self.source, self.target)
        self.near_[np.diag_indices_from(self.near_)] *= self.again

    def _score(self, users, history):
        weights = powered(self._recent(users, history, self.size), self.power)
        return weights.astype(np.float32) @ self.near_


class LowRank(CoVisits):
    """The table of pairs of two items, rebuilt from its largest singular vectors."""

    def _fit(self, train, validation):
        left, strength, right = singular(train, *(getattr(self, name) for name in PAIRS))
        near = (left[:, : self.rank] * strength[: self.rank]) @ right[: self.rank]
        self.near_ = np.maximum(near, 0)


def popular(clock, recent):
    return Popularity(days=recent)


MODELS = {"popularity": popular, "own counts": Own, "neighbours": Near, "Markov": Chain}
MODELS |= {"co-visits": CoVisits, "low rank": LowRank}


class Shop:
    """The split, and what each setting of a model says about every item in October and the test."""

    def __init__(self):
        self.split = leaderboard.load()[1]
        self.shares, self.wanted = lru_cache(12)(self._shares), lru_cache(4)(self._wanted)

    def known(self, when):
        return {"validation": self.split.train, "test": self.split.before_test}[when]

    def _wanted(self, task, when):
        """Households with something to find, in order, and what: a row each."""
        held_out, hidden = getattr(self.split, when), leaderboard.TASKS[task]
        relevant = relevant_items(held_out, self.known(when), exclude_seen=hidden)
        users = np.flatnonzero(np.diff(relevant.indptr))
        return users, relevant[users]

    def _shares(self, part, task, when):
        """(log shares of each household's items, −inf for what is on no list; seconds; numbers)."""
        part, started, seconds = json.loads(part), time.process_time(), 0.0
        name, users, history = part.pop("model"), self.wanted(task, when)[0], self.known(when)
        if name in (NETWORK, "EASE"):
            model, seconds = leaderboard.fitted(name, task, "train", part.get("seed", 0))
            started = time.process_time()
            logs = model.score(users, history)
        else:
            model = MODELS[name](**part).fit(self.split.train)
            logs = logs_of(model.score(users, history).astype(np.float64))
        if leaderboard.TASKS[task]:
            logs[history.rows(users).nonzero()] = -np.inf
        logs = as_shares(logs)
        seconds += time.process_time() - started
        return logs, seconds, leaderboard.numbers_kept(model)

    def measured(self, setting, when):
        """NDCG@10 of each household, over the seeds where there is a network; seconds; numbers."""
        task, found = setting["task"], []
        random = NETWORK in [part["model"] for _, part in setting["parts"]]
        for seed in SEEDS if random else SEEDS[:1]:
            total, seconds, numbers = 0.0, 0.0, 0
            for weight, part in setting["parts"]:
                part = part | ({"seed": seed} if part["model"] == NETWORK else {})
                logs, its_seconds, its_numbers = self.shares(json.dumps(part), task, when)
                if setting["form"] == "top":  # each household's largest share is 1
                    logs = np.exp(logs - logs.max(axis=1, keepdims=True))
                total = total + weight * logs
                seconds, numbers = seconds + its_seconds, numbers + its_numbers
            lists = top_k(total, K)
            found.append(ndcg_at_k(lists, self.wanted(task, when)[1], lists.shape[1]))
        return np.mean(found, axis=0), seconds, numbers


def kind(task, name, clock=None):
    return f"{task}: {name}" + (f", by {clock}" if clock else "")


def summed(task, *parts, form="log"):
    """The setting of a sum; parts: (weight, part)."""
    return {"task": task, "form": form, "parts": [list(part) for part in parts if part[0]]}


def best_part(tries, task, name, clock=None):
    """The best setting of one count; without a clock in the better of the two."""
    whole = "co-visits + low rank" if name == "low rank" else name
    if clock is None:
        clock = better(tries, task, whole)
    return tries.best(kind(task, whole, clock))["parts"][-1][1]


def october(tries, one):
    return tries.value(one, tries.best(one))


def better(tries, task, name):
    """The clock that did better in October; of equals baskets."""
    return max(HALF_LIVES, key=lambda clock: october(tries, kind(task, name, clock)))


def tune(tries):
    for clock, task in product(HALF_LIVES, leaderboard.TASKS):
        tune_counts(tries, task, clock)
    for task in leaderboard.TASKS:
        tries.value(kind(task, "EASE"), summed(task, (1.0, {"model": "EASE"})))
        co_visits = best_part(tries, task, "co-visits")
        start = dict.fromkeys(PARTS, 0.2) | {"own counts": 0.5, "co-visits": 0.5}
        others = {name: weight for name, weight in start.items() if name != "co-visits"}
        mix(tries, task, ONLY, co_visits, others)
    for task in leaderboard.TASKS:
        network = {"model": NETWORK}
        tries.value(kind(task, NETWORK), summed(task, (1.0, network)))
        mix(tries, task, MIXED, network, start)
        chosen = weights_of(tries, task)
        for left_out in chosen:
            fewer = {name: weight for name, weight in chosen.items() if name != left_out}
            mix(tries, task, f"without {left_out}", network, fewer)


def tune_counts(tries, task, clock):
    """Each count alone, then the sums of two, all gaps by this clock."""

    def alone(name, setting):
        part = {"model": name, "clock": clock, **setting}
        return tries.value(kind(task, name, clock), summed(task, (1.0, part)))

    for name in COUNTS:
        climb(*space(name, clock, task), partial(alone, name))

    def two(setting):
        parts = [best_part(tries, task, name, clock) for name in ("Markov", "neighbours")]
        both = zip((1.0, setting["weight"]), parts, strict=True)
        return tries.value(
            kind(task, "Markov + neighbours", clock), summed(task, *both, form="top")
        )

    climb({"weight": [0.1, 0.25, 0.5, 1.0, 2.0, 4.0]}, {"weight": 1.0}, two)
    direct = best_part(tries, task, "co-visits", clock)
    same = {key: direct[key] for key in (*PAIRS, "power")}

    def rebuilt(setting):
        part = {"model": "low rank", **same, **setting}
        both = (1.0, direct), (part.pop("weight"), part)
        return tries.value(
            kind(task, "co-visits + low rank", clock), summed(task, *both, form="top")
        )

    values = {"weight": [0.1, 0.25, 0.5, 1.0, 2.0], "rank": [30, 100, 200, RANKS]}
    values |= {"recent": HALF_LIVES[clock]}
    climb(values, {"weight": 0.5, "rank": 100, "recent": direct["recent"]}, rebuilt)


def mix(tries, task, name, base, start):
    """Counts added to this part in log shares: one weight at a time moves while that helps."""
    of = {part: best_part(tries, task, part) for part in start}

    def value(weights):
        added = [(weight, of[part]) for part, weight in weights.items()]
        return tries.value(kind(task, name), summed(task, (1.0, base), *added))

    value(dict.fromkeys(start, 0.0))  # nothing added is a choice too
    climb(dict.fromkeys(start, WEIGHTS), start, value)


def weights_of(tries, task):
    """The weight of each count in the best sum."""
    return {part["model"]: weight for weight, part in tries.best(kind(task, MIXED))["parts"][1:]}


def settings_tested(tries):
    """{(task, model, clock): its best try}; clock: None where there are no gaps."""
    rows = {}
    for task in leaderboard.TASKS:
        for name in ("own counts", *LADDER):
            rows |= {(task, name, clock): kind(task, name, clock) for clock in HALF_LIVES}
        without = [f"without {name}" for name in weights_of(tries, task)]
        for name in ("EASE", NETWORK, ONLY, MIXED, *without):
            rows[task, name, None] = kind(task, name)
    return {key: tries.best(one) for key, one in rows.items()}


def asked(tries, values):
    """The questions: (family, task, model, its clock, against, its clock) each."""
    for task in leaderboard.TASKS:
        best = {name: better(tries, task, name) for name in ("own counts", *LADDER)}
        for name in best:
            yield "days or baskets", task, name, "days", name, "baskets"
        whole = LADDER[-1]
        steps = [*zip(LADDER[1:], LADDER[:-1], strict=True), (whole, "own counts"), (whole, "EASE")]
        for one, other in steps:
            yield "counts", task, one, best[one], other, best.get(other)
        strongest = max(best, key=lambda name: october(tries, kind(task, name, best[name])))
        yield "mixture", task, MIXED, None, strongest, best[strongest]
        for key in values:
            if key[0] == task and key[2] is None and key[1] != MIXED:
                yield "mixture", task, MIXED, None, key[1], None


def test(tries, path):
    """The best try of each kind on the test, and the differences asked for; fills in the log."""
    rows, values = [], {}
    for (task, name, clock), setting in settings_tested(tries).items():
        found, seconds, numbers = tries.data.measured(setting, "test")
        values[task, name, clock] = found
        mean, low, high = bootstrap_interval(found, seed=0)
        text, one = json.dumps(setting), kind(task, name, clock)
        row = {"family": "test", "task": task, "model": name, "clock": clock, "setting": text}
        row |= {"validation": tries.found[one, text], "mean": mean, "low": low, "high": high}
        rows.append(row | {"seconds": round(seconds, 1), "numbers": numbers})
        print(one, f"{mean:.4f} ({low:.4f} to {high:.4f})", flush=True)
        tries.tested(one, text, mean)
    for task in leaderboard.TASKS:
        with np.load(leaderboard.FOLDER / "households.npz") as file:  # fitted on October, too
            found = np.mean([file[f"{task}, hybrid, {seed}"] for seed in SEEDS], axis=0)
        values[task, "hybrid of lesson 14", None] = found
        mean, low, high = bootstrap_interval(found, seed=0)
        row = {"family": "test", "task": task, "model": "hybrid of lesson 14"}
        rows.append(row | {"mean": mean, "low": low, "high": high})
    differences = []
    for family, task, one, clock, other, its_clock in asked(tries, values):
        a, b = values[task, one, clock], values[task, other, its_clock]
        mean, low, high, p = paired_difference(a, b, seed=0, resamples=2000)
        row = {"family": family, "task": task, "model": one, "clock": clock, "against": other}
        row |= {"its clock": its_clock, "mean": mean, "low": low, "high": high, "p": p}
        differences.append(row)
    differences = pd.DataFrame(differences)
    of_family = differences.groupby("family")["p"]
    differences["p holm"] = of_family.transform(lambda p: holm(p.to_numpy()))
    table = pd.concat([pd.DataFrame(rows), differences])
    table.to_csv(path, index=False, float_format="%.6g")
    tries.write()
    print(shown(pd.read_csv(path)))


def shown(table):
    """The results as two tables: all models, and the differences asked for."""
    table = table.fillna({"clock": "", "its clock": "", "against": ""})

    def number(row):
        return f"{row['mean']:.4f} ({row['low']:.4f}–{row['high']:.4f})"

    def named(name, clock):
        return name + (f", by {clock}" if clock else "")

    lines = ["| task | model | by baskets, or without gaps | by days |", "|---|---|---|---|"]
    levels = table[table["family"] == "test"]
    for (task, name), mine in levels.groupby(["task", "model"], sort=False):
        cells = [number(row) for row in mine.to_dict("records")]
        lines.append(f"| {task} | {name} | " + " | ".join([*cells, ""][:2]).strip() + " |")
    lines += ["", "| task | model | less | NDCG@10 |", "|---|---|---|---|"]
    for row in table[table["family"] != "test"].to_dict("records"):
        one, other = named(row["model"], row["clock"]), named(row["against"], row["its clock"])
        worth = signed(row["mean"], row["low"], row["high"])
        sure = "" if row["p holm"] < 0.05 else ", not told apart"
        lines.append(f"| {row['task']} | {one} | {other} | {worth}{sure} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("train", "tune", "test"))
    parser.add_argument("--logs", type=Path, default=HERE)
    options = parser.parse_args()
    if options.step == "train":
        for seed in SEEDS:
            for task in leaderboard.TASKS:
                leaderboard.fitted(NETWORK, task, "train", seed)
        return
    tries = Tries(options.logs / "shop_counts_tries.csv", Shop())
    if options.step == "tune":
        tune(tries)
    else:
        test(tries, options.logs / "shop_counts_test.csv")


if __name__ == "__main__":
    main()
