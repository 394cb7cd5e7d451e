"""How far from its edge is each verdict that a lesson prints of trained models? Over several seeds.

    python tools/margins.py 12 13 --seeds 0 1 2      writes tests/margins.csv (minutes a seed)

A lesson prints a verdict only where another processor, number of threads or seed says the same.
Here each lesson is run once a seed, in this machine's threads, and the number behind each verdict
is kept beside its edge. `tests/test_margins.py` holds the distance against the spread.
"""

import argparse
import importlib
import inspect
import os
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib as mpl
import pandas as pd
from make_notebooks import lessons, solved

from course_lib import models
from course_lib.evaluation import leaderboard

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "margins.csv"


@dataclass(frozen=True)
class Verdict:
    """A verdict: the lesson's code that prints it, the number behind it, and its edge."""

    lesson: str
    code: str
    number: str
    edge: float | str


def _knob(name):
    number = f"knobs.loc[{name!r}, 'lead_high']"
    return Verdict("12", "print(knobs.loc[sure].apply(verdict, axis=1)", number, 0.0)


def _against(baseline, name):
    number = f"against[{baseline!r}].loc[{name!r}, 'lead_high']"
    return Verdict("12", "for name, table in against.items()", number, 0.0)


def _park(model, question, edge):
    code = 'ax.set_title("Share of right answers in the park")'
    return Verdict("13", code, f"park_table.loc[{model!r}, {question!r}]", edge)


def _reader(task, baseline, name, column="lead_high"):
    number = f"leads.loc[({task!r}, {baseline!r}, {name!r}), {column!r}]"
    return Verdict("13", 'leads["p_holm"] = holm(leads["p"])', number, 0.0)


def _ahead(baseline, name, column="p_holm"):
    task = "replenish" if baseline == "own counts" else "discover"
    number = f"board({task!r}, {baseline!r}).loc[{name!r}, {column!r}]"
    return Verdict("14", "ahead(board)", number, 0.05 if column == "p_holm" else 0.0)


def _november(task):
    theirs = f"costs[{task!r}, 'logistic, counts'].mean()"
    ours = f"surprise(november[{task!r}], guesses[{task!r}, 'network, counts'][seed]).mean()"
    return Verdict("03", '("network, counts", "logistic, counts")', f"{ours} - {theirs}", 0.0)


def _december(task):
    theirs = f"december[{task!r}, 'logistic', 'logs'].mean()"
    net = f"fitted[{task!r}, 'logs']['network'][seed]"
    ours = f"(lambda X, y: surprise(y, {net}(X)).mean())(*prepared({task!r}, 'logs', 'december'))"
    return Verdict("03", '("network", "logs", "logistic", "logs")', f"{ours} - {theirs}", 0.0)


def _gap(question, good):
    return Verdict("15", "goods[said[name] > 0.2]", f"said[{question!r}][{good}]", 0.2)


def _pupil(taught, beside, edge):
    """Where the lead of a small student would be printed otherwise."""
    number = f"pupil(lessons[{taught!r}], seed).mean() - {beside}.mean()"
    return Verdict("15", 'print(f"{name}: {one.mean:+.1f} (p {p:.3f})")', number, edge)


def _two_steps(known, edge):
    """Where the second step of ESMM would be printed otherwise."""
    number = f"esmm(known[{known!r}], clicks, orders, seed)"
    return Verdict("19", "answers.assign(truth=truth).round(2)", number, edge)


NETWORK = (
    "paired_difference(loss['iterative'], pd.DataFrame((hide_and_fill(lambda train, table: "
    "by_network(train, table, seed), full, later, mechanism['MAR'])[1] - later) ** 2).mean(), "
    "seed=0).low"
)
NETWORKS = ("Caser", "GRU4Rec", "SASRec")
VERDICTS = [
    *(_november(task) for task in ("coffee", "coupon")),
    _december("CAT FOOD"),
    Verdict("06", 'for a, b in (("small network", "iterative")', NETWORK, 0.0),
    *(
        _against(baseline, name)
        for baseline in ("EASE", "ALS")
        for name in ("matrix factorisation", "two-tower", "BPR")
    ),
    *(_knob(name) for name in ("no logQ", "BPR, popular negatives", "τ = 0.5")),
    Verdict("12", "apart = np.ptp(holes, axis=0).min() > 1", "np.ptp(holes, axis=0).min()", 1.0),
    Verdict(
        "12", "known_share = pd.Series(", "known_share['BPR']", "known_share['PPMI + SVD'] / 2"
    ),
    Verdict("12", "With logQ the head, without it the tail", "head['two-tower, τ = 0.1']", 90.0),
    Verdict("12", "With logQ the head, without it the tail", "head['no logQ']", 20.0),
    *(_park(name, "step", 0.9) for name in ("Caser (5 events)", "GRU4Rec", "SASRec")),
    Verdict("13", "step, in order", "park_table.loc['GRU4Rec', 'step']", 0.95),
    *(_park("Caser (5 events)", "home", edge) for edge in (0.1, 0.25)),
    *(_park("GRU4Rec", "home", edge) for edge in (0.1, 0.9)),
    _park("SASRec", "home", 0.9),
    *(_reader("discover", "EASE", name) for name in NETWORKS),
    *(_reader("replenish", "own counts", name) for name in NETWORKS),
    *(_ahead("popularity", name) for name in ("EASE", "ALS", "Mult-VAE", "hybrid", "neighbours")),
    *(_ahead("EASE", name, "lead_low") for name in ("ALS", "hybrid")),
    _ahead("own counts", "hybrid", "lead_low"),
    *(_gap(name, good) for name in ("tea ? cake", "tea ? honey", "tea ? ?") for good in range(5)),
    *(_pupil("baskets", 'known["everybody\'s"]', edge) for edge in (0.15, 0.25)),
    *(_pupil("teacher", 'known["everybody\'s"]', edge) for edge in (-0.15, -0.05)),
    *(_pupil("teacher", "pupil(lessons['baskets'], seed)", edge) for edge in (-0.35, -0.25)),
    *(_two_steps(known, edge) for known, edge in (("guess", 0.145), ("taste", 0.125))),
]


def set_seed(seed):
    """Every model that takes a seed starts from this one."""
    for module in pkgutil.iter_modules(models.__path__):
        found = vars(importlib.import_module(f"{models.__name__}.{module.name}")).values()
        for kind in filter(inspect.isclass, found):
            defaults = getattr(kind.__init__, "__kwdefaults__", None) or {}
            if "seed" in defaults:
                defaults["seed"] = seed


def board_of(space, seed):
    """The leaderboards of lesson 14 if this seed were the only one, as a function."""

    def board(task, baseline):
        tables = {
            name: pd.DataFrame({"ndcg": found[min(seed, len(found) - 1)]}, space["users"][task])
            for name, found in ((n, space["of_seeds"](task, n)) for n in space["tables"][task])
        }
        return leaderboard(tables, baseline=baseline)

    return board


def numbers_of(lesson, seed):
    """Run a lesson's cells, exercises aside; the number behind each of its verdicts.

    A lesson that trains models of its own has one for each seed, and its number names `seed`.
    """
    (source,) = (path for path in lessons() if path.stem.startswith(lesson))
    space = {"__name__": "__main__", "display": print}
    for cell in solved(source).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            exec(compile(cell.source, source.name, "exec"), space)
    space["board"] = board_of(space, seed)
    for verdict in VERDICTS:
        if verdict.lesson == lesson:
            edge = eval(str(verdict.edge), space)
            yield {"lesson": lesson, "code": verdict.code, "number": verdict.number,
                   "edge": edge, "value": eval(verdict.number, space | {"seed": seed})}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    chosen = parser.parse_args()
    mpl.use("Agg")
    for lesson in chosen.lessons:
        for seed in chosen.seeds:
            set_seed(seed)
            rows = pd.DataFrame(numbers_of(lesson, seed)).assign(seed=seed)
            table = rows
            if TABLE.exists():
                kept = pd.read_csv(TABLE, dtype={"lesson": str})
                again = (kept["lesson"] == lesson) & (kept["seed"] == seed)
                table = pd.concat([kept[~again], rows], ignore_index=True)
            table = table.sort_values(["lesson", "seed"], kind="stable")
            table.round(5).to_csv(TABLE, index=False)
            print(lesson, seed, rows.to_string(), sep="\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
