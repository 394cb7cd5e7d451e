"""One protocol for every model: same items, same users, same masking, the whole catalogue."""

import numpy as np
import pandas as pd

from course_lib.metrics import ranking_metrics
from course_lib.split import relevant_items
from course_lib.statistics import bootstrap_interval, holm, paired_difference

METRICS = ("ndcg", "recall", "precision", "hit_rate", "mrr", "map")


def evaluate(model, held_out, *, history, k=10, exclude_seen=True):
    """How good a model's lists are: a table with one row a user, one column a metric.

    held_out: the Interactions to find; history: what was known when they began, from which the
    model recommends (at test time train and validation together). exclude_seen=True is the task
    *discover*: items of the history are taken off the list and only first-time purchases count.
    exclude_seen=False is *replenish*: any item may be listed, only repeats count.

    Columns: relevant (how many items there were to find), then ndcg, recall, precision, hit_rate,
    mrr, map, all at k. Index: user. Users with nothing relevant are left out: for them there is
    nothing to find. Every item of the catalogue is ranked; none is sampled. Where the catalogue
    has fewer than k items, lists end sooner, and precision still counts k places. The table
    remembers k and the task (`table.attrs`), so that tables that differ are not compared. Raises
    ValueError when no user has anything relevant, and as `recommend` does.
    """
    relevant = relevant_items(held_out, history, exclude_seen=exclude_seen)
    users = np.flatnonzero(np.diff(relevant.indptr))
    if not users.size:
        task = "first-time purchase" if exclude_seen else "repeat purchase"
        raise ValueError(f"held_out must have at least 1 {task} to find, got 0")
    relevant = relevant[users]
    lists = model.recommend(users, history, k, exclude_seen=exclude_seen)
    values = ranking_metrics(lists, relevant, k)
    index = pd.Index(users, name="user")
    table = pd.DataFrame({"relevant": np.diff(relevant.indptr)} | values, index=index)
    table.attrs.update(k=int(k), exclude_seen=bool(exclude_seen))
    return table


def compare(models, held_out, *, history, baseline, k=10, exclude_seen=True, metric="ndcg", seed=0):
    """All models on the same users: mean with 95 % interval, and the paired lead over a baseline.

    models: {name: fitted model}, or {name: table of evaluate} for models evaluated already, with
    this k and in this task; baseline: one of the names. See `leaderboard` for the columns.
    """
    if not isinstance(models, dict):
        raise ValueError(f"models must be a dict {{name: model}}, got {type(models).__name__}")
    tables, asked = {}, {"k": k, "exclude_seen": exclude_seen}
    for name, model in models.items():
        if isinstance(model, pd.DataFrame):
            _check_alike(f"{name!r} was", model.attrs, "this comparison is", asked)
            tables[name] = model
        else:
            tables[name] = evaluate(
                model, held_out, history=history, k=k, exclude_seen=exclude_seen
            )
    return leaderboard(tables, baseline=baseline, metric=metric, seed=seed)


def leaderboard(tables, *, baseline, metric="ndcg", seed=0):
    """From each model's table of `evaluate`, one row a model, best first.

    Columns: mean, low, high (bootstrap over users, 95 %); lead, lead_low, lead_high (model minus
    baseline on the same users); p (sign-flip test) and p_holm (adjusted for as many comparisons
    as there are other models, Holm 1979). The baseline's own lead is 0 and its p is NaN. Users
    are paired by their numbers in the index, whatever its order. Raises ValueError for an unknown
    baseline or metric, fewer than two users, and tables of different users, held-out purchases, k
    or task.
    """
    if baseline not in tables:
        raise ValueError(f"baseline must be one of {', '.join(map(str, tables))}, got {baseline!r}")
    reference = tables[baseline]
    if len(reference) < 2:
        raise ValueError(
            f"an interval needs at least 2 users with something to find, got {len(reference)}"
        )
    rows = {}
    for name, table in tables.items():
        if metric not in table.columns:
            raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
        table = _paired(name, table, baseline, reference)
        lead, lead_low, lead_high, p = 0.0, 0.0, 0.0, np.nan
        if name != baseline:
            lead, lead_low, lead_high, p = paired_difference(
                table[metric], reference[metric], seed=seed
            )
        rows[name] = [
            *bootstrap_interval(table[metric], seed=seed),
            *(lead, lead_low, lead_high, p),
        ]
    columns = ["mean", "low", "high", "lead", "lead_low", "lead_high", "p"]
    board = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    others = board.index != baseline
    board["p_holm"] = np.nan
    board.loc[others, "p_holm"] = holm(board.loc[others, "p"].to_numpy())
    return board.sort_values("mean", ascending=False, kind="stable")


def _paired(name, table, baseline, reference):
    """The table with its rows in the order of the reference's users, if it is comparable."""
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][0]
        raise ValueError(f"user {twice} stands twice in the table of {name!r}")
    order = table.index.get_indexer(reference.index)
    if len(table) != len(reference) or (order < 0).any():
        raise ValueError(f"{name!r} and {baseline!r} were evaluated on different users")
    _check_alike(f"{name!r} was", table.attrs, f"{baseline!r}", reference.attrs)
    table = table.iloc[order]
    if "relevant" in table and "relevant" in reference:
        differs = np.flatnonzero(table["relevant"].to_numpy() != reference["relevant"].to_numpy())
        if differs.size:
            raise ValueError(
                f"{name!r} and {baseline!r} were evaluated on different purchases: user "
                f"{reference.index[differs[0]]} had {table['relevant'].iloc[differs[0]]} and "
                f"{reference['relevant'].iloc[differs[0]]} items to find"
            )
    return table


def _check_alike(one, its, other, their):
    """ValueError where two tables remember another k or task; a table may have forgotten both."""
    for key in ("k", "exclude_seen"):
        if key in its and key in their and its[key] != their[key]:
            raise ValueError(
                f"{one} evaluated with {key}={its[key]}, {other} with {key}={their[key]}"
            )
