"""How long the ranking metrics of 6,000 and 100,000 users take, beside ranx, recommenders, sklearn.

    python benchmarks/metrics.py
    python benchmarks/metrics.py --users 6000 --runs 9

The lists are made here (seeded): 10 of 9,973 items a user, 1 to 30 of them relevant. Each way gets
them in the form that it likes best, made before the clock starts: arrays and a sparse matrix
(course_lib), typed lists of arrays (ranx), data frames (recommenders), a small dense matrix of 60
candidates a user (scikit-learn). NDCG@10 alone is one task; hit rate, precision, recall, reciprocal
rank, average precision and NDCG together another. recommenders has four of the six.

Values must agree to 1e-6 before times are printed. Average precision has two definitions: over
min(k, relevant) in course_lib and in recommenders' `map_at_k`, over all relevant items in ranx
and in recommenders' `map`. Each is compared with its own.
"""

import harness
import numpy as np

K, ITEMS, CANDIDATES, MOST = 10, 9_973, 60, 30
SIX = ("hit_rate", "precision", "recall", "mrr", "map", "ndcg")


def lists(n):
    """Recommended and relevant items as places among each user's own 60 candidates."""
    rng = np.random.default_rng(0)
    relevant = rng.integers(1, MOST + 1, n)  # the first so many of the candidates
    recommended = rng.permuted(np.tile(np.arange(CANDIDATES, dtype=np.int32), (n, 1)), axis=1)
    # A prime number of items and a step from 1 on: the candidates of a user are all different.
    start, step = rng.integers(0, ITEMS, n), rng.integers(1, ITEMS, n)
    return {"places": recommended[:, :K], "n_relevant": relevant, "start": start, "step": step}


def numbered(lists):
    """The same as item numbers: recommended (n, 10), and users and items of what is relevant."""
    start, step, count = lists["start"], lists["step"], lists["n_relevant"]
    recommended = (start[:, None] + step[:, None] * lists["places"]) % ITEMS
    users = np.repeat(np.arange(len(count)), count)
    places = np.arange(len(users)) - np.repeat(np.cumsum(count) - count, count)
    return recommended, users, (start[users] + step[users] * places) % ITEMS


def ours(lists, *, all_six):
    from scipy import sparse

    from course_lib.metrics import ndcg_at_k, ranking_metrics

    recommended, users, items = numbered(lists)
    relevant = sparse.csr_array(
        (np.ones(len(users)), (users, items)), shape=(len(recommended), ITEMS)
    )
    if not all_six:
        return lambda: {"ndcg": ndcg_at_k(recommended, relevant, K)}

    def job():
        found = ranking_metrics(recommended, relevant, K)
        return {name: found[name] for name in SIX}

    return job


def ranx(lists, *, all_six):
    import numba
    import ranx as peer

    recommended, _, items = numbered(lists)
    scores = np.broadcast_to(np.arange(K, 0, -1.0), recommended.shape)
    pairs = np.stack([recommended.astype(np.float64), scores], axis=2)
    ends = np.cumsum(lists["n_relevant"])[:-1]
    wanted = np.stack([items.astype(np.float64), np.ones(len(items))], axis=1)
    run, qrels = (numba.typed.List(a) for a in (list(pairs), np.split(wanted, ends)))

    def job():
        if not all_six:  # with one metric, 0.3.21 gives its mean only
            return {"ndcg": peer.evaluate(qrels, run, f"ndcg@{K}")}
        found = peer.evaluate(qrels, run, [f"{name}@{K}" for name in SIX], return_mean=False)
        return {name.removesuffix(f"@{K}"): values for name, values in found.items()}

    return job


def recommenders(lists, *, all_six):
    import pandas as pd
    from recommenders.evaluation import python_evaluation as peer

    recommended, users, items = numbered(lists)
    true = pd.DataFrame({"userID": users, "itemID": items, "rating": 1.0})
    predicted = pd.DataFrame(
        {
            "userID": np.repeat(np.arange(len(recommended)), K),
            "itemID": recommended.ravel(),
            "prediction": np.tile(np.arange(K, 0, -1.0), len(recommended)),
        }
    )
    functions = {"precision": peer.precision_at_k, "recall": peer.recall_at_k}
    functions |= {"map": peer.map, "map_at_k": peer.map_at_k} if all_six else {}
    functions = {"ndcg": peer.ndcg_at_k} | (functions if all_six else {})

    def job():
        # `relevancy_method=None`: the lists are as long as wanted, nothing need be cut off.
        options = {"k": K, "relevancy_method": None, "discfun_type": "log2"}
        cached = getattr(peer, "_get_reciprocal_rank", None)
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
        return {name: f(true, predicted, **options) for name, f in functions.items()}

    return job


def sklearn(lists, *, all_six):
    from sklearn.metrics import ndcg_score

    true = (np.arange(CANDIDATES) < lists["n_relevant"][:, None]).astype(np.float64)
    scores = np.zeros(true.shape)
    np.put_along_axis(scores, lists["places"], np.arange(K, 0, -1.0)[None], axis=1)
    return lambda: {"ndcg": ndcg_score(true, scores, k=K, ignore_ties=True)}


WAYS = {
    f"{name}-{task}": (lambda lists, f=f, t=task: f(lists, all_six=t == "six"))
    for name, f in (
        ("ours", ours),
        ("ranx", ranx),
        ("recommenders", recommenders),
        ("sklearn", sklearn),
    )
    for task in ("ndcg", "six")
}
PEERS = {"ours": "course_lib", "sklearn": "scikit-learn"}


def agreement(mine, its, n_relevant):
    """The largest difference of any value that both have, a user or in the mean."""
    mine = dict(mine)
    if "map" in mine:  # the definition of ranx, and of recommenders' `map`
        over_all = mine["map"] * np.minimum(n_relevant, K) / n_relevant
        mine |= {"map_at_k": mine["map"], "map": over_all}
    worst = 0.0
    for name, values in its.items():
        own = mine[name] if values.ndim else mine[name].mean()
        worst = max(worst, float(np.abs(own - values).max()))
    if worst > 1e-6:
        raise SystemExit(f"values differ by {worst}: no times are compared")
    return f"{len(its)} metric{'s' * (len(its) > 1)} within {max(worst, 1e-16):.0e}"


def main(table=None, options=None):
    options = options or harness.arguments(__doc__.split("\n")[0], users=[6_000, 100_000])
    if options.one:
        way, folder = options.one
        name = way.split("-")[0]
        harness.answer(WAYS[way], way, folder, runs=options.runs, peer=PEERS.get(name, name))
        return
    own_table = table is None
    table = table or harness.Table()
    for n in options.users:
        inputs = lists(n)
        for task, title in (("ndcg", "NDCG@10"), ("six", "all six @10")):
            ways = {
                "course_lib": ("course_lib", f"ours-{task}"),
                "ranx": ("ranx", f"ranx-{task}"),
                "recommenders": ("recommenders", f"recommenders-{task}"),
            }
            if task == "ndcg":
                ways["scikit-learn"] = ("scikit-learn", "sklearn-ndcg")

            def agree(name, mine, its, count=inputs["n_relevant"]):
                return "" if mine is its else agreement(mine, its, count)

            table.task(
                f"{title}, {n:,} users",
                ways,
                inputs,
                agree,
                script=__file__,
                runs=options.runs,
                threads=options.threads,
            )
    if own_table:
        table.end()


if __name__ == "__main__":
    main()
