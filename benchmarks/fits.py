"""How long item neighbours, EASE and ALS take to learn, beside implicit and RecTools.

    python benchmarks/fits.py
    python benchmarks/fits.py --logs long-tailed --tasks ALS
    python benchmarks/fits.py --data /path/to/ml-1m.txt --tasks EASE

The data: "user item" lines, each user's in time order (see `datasets.load_sequences`). Everything
but each user's last item is learned from; the last one is what must be found among all items that
the user has not had (NDCG@10), so that equal quality stands beside the time. Timed is the fit
alone, from the form that each library likes best: a log (course_lib), a CSR matrix (implicit), a
Dataset (RecTools).

A second log is made here (seeded): 350,000 events of 40,000 users on 54,000 items, as long-tailed
as a large shop's, with half of each user's events from one fiftieth of the catalogue. It stands for
catalogues of that size; 2,000 users are asked, and there is no EASE (35 GB).

Same definitions everywhere. Neighbours: cosine, 100 others for each item; implicit and RecTools,
which calls it, count the item itself as one, so they keep 101. EASE: λ = 500. ALS: 64 dimensions,
10 rounds, λ = 10, confidence 1 + 1 for what was watched, which implicit calls alpha = 2, solved
exactly; three steps of conjugate gradients, implicit's default, are not exact and stand beside it.

RecTools 0.19.0 learns the weights of EASE but ranks with their transpose (score = X·Bᵀ, not X·B),
so the weights are compared, and its lists and NDCG are not those of EASE.
"""

from pathlib import Path

import harness
import numpy as np

K, NEIGHBOURS, DIMENSIONS, ROUNDS = 10, 100, 64, 10
EASE_WEIGHT, ALS_WEIGHT, ALPHA = 500.0, 10.0, 1.0
TASKS = ["neighbours", "EASE", "ALS"]
LOGS = ["MovieLens-1M", "long-tailed"]


def inputs_of(path):
    """What is learned from, as arrays, and each user's last item."""
    from course_lib.datasets import load_sequences
    from course_lib.split import leave_last_out

    split = leave_last_out(load_sequences(path))
    known = split.before_test
    order = np.lexsort((known.timestamps, known.users))
    last = np.full(known.n_users, -1)
    last[split.test.users] = split.test.items
    sizes = np.array([known.n_users, known.n_items])
    arrays = {"users": known.users[order], "items": known.items[order], "sizes": sizes}
    return arrays | {"asked": np.arange(known.n_users)}, last


def long_tailed(n_users=40_000, n_items=54_000, events=350_000, groups=50):
    """The same of a log made here; the users asked are the 2,000 with the most events."""
    rng = np.random.default_rng(0)
    busy = 1 / np.sqrt(50.0 + np.arange(n_users))
    wanted = 1 / (20.0 + np.arange(n_items)) ** 0.8
    users = np.sort(rng.choice(n_users, events, p=busy / busy.sum()))
    items = rng.choice(n_items, events, p=wanted / wanted.sum())
    own = rng.random(events) < 0.5
    items[own] += (users[own] - items[own]) % groups  # its neighbour in the user's own group
    items %= n_items
    first = np.sort(np.unique(users * n_items + items, return_index=True)[1])
    users, items = users[first], items[first]  # as in MovieLens, nobody has an item twice
    final = np.append(users[1:] != users[:-1], True)
    last = np.full(n_users, -1)
    last[users[final]] = items[final]
    asked = np.arange(2000)
    arrays = {"users": users[~final], "items": items[~final], "asked": asked}
    return arrays | {"sizes": np.array([n_users, n_items])}, last[asked]


def nearest_similarities(matrix):
    """(n_items, NEIGHBOURS): how similar each item's neighbours are, best first, without itself."""
    from scipy import sparse

    matrix = sparse.coo_array(matrix)
    row, data = matrix.row, matrix.data * (matrix.row != matrix.col)
    order = np.lexsort((-data, row))
    row, data = row[order], data[order]
    place = np.arange(row.size) - np.searchsorted(row, row)
    found = np.zeros((matrix.shape[0], NEIGHBOURS))
    near = place < NEIGHBOURS
    found[row[near], place[near]] = data[near]
    return found


def ndcg(lists, last):
    """Mean NDCG@10 with one item to find: 1 / log2(place + 1), or 0."""
    hits = lists[:, :K] == last[:, None]
    return float((hits / np.log2(np.arange(2, K + 2))).sum(axis=1)[last >= 0].mean())


def ours(name, *, steps=None):
    def prepare(inputs):
        from course_lib.interactions import Interactions
        from course_lib.models.als import ALS
        from course_lib.models.ease import EASE
        from course_lib.models.neighbours import ItemNeighbours

        users, items = inputs["users"], inputs["items"]
        n_users, n_items = inputs["sizes"]
        log = Interactions(
            users,
            items,
            np.arange(len(users)).astype("datetime64[s]"),
            np.ones(len(users)),
            np.arange(n_users),
            np.arange(n_items),
        )
        model = {
            "neighbours": ItemNeighbours(neighbours=NEIGHBOURS, shrinkage=0.0),
            "EASE": EASE(regularisation=EASE_WEIGHT),
            "ALS": ALS(
                dimensions=DIMENSIONS,
                regularisation=ALS_WEIGHT,
                alpha=ALPHA,
                iterations=ROUNDS,
                steps=steps,
                seed=0,
            ),
        }[name]

        def job():
            model.fit(log)

            def recommend():
                found = {"lists": model.recommend(inputs["asked"], log, K)}
                if name == "neighbours":
                    found["nearest"] = nearest_similarities(model.similarity_)
                return found | ({"weights": model.weights_} if name == "EASE" else {})

            return recommend

        return job

    return prepare


def implicit(name, *, exact=True):
    def prepare(inputs):
        from scipy import sparse

        ones = np.ones(len(inputs["users"]), dtype=np.float32)
        shape = tuple(inputs["sizes"])
        matrix = sparse.csr_matrix((ones, (inputs["users"], inputs["items"])), shape=shape)
        asked = inputs["asked"]

        def job():
            model = peer_model(name, exact)
            model.fit(matrix, show_progress=False)

            def recommend():
                again = {"recalculate_user": True} if name == "ALS" else {}
                found = {"lists": model.recommend(asked, matrix[asked], N=K, **again)[0]}
                if name == "neighbours":
                    found["nearest"] = nearest_similarities(model.similarity)
                return found

            return recommend

        return job

    return prepare


def peer_model(name, exact):
    """implicit's model, which RecTools wraps too."""
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import CosineRecommender

    if name == "neighbours":
        return CosineRecommender(K=NEIGHBOURS + 1)
    return AlternatingLeastSquares(
        factors=DIMENSIONS,
        regularization=ALS_WEIGHT,
        alpha=1 + ALPHA,
        iterations=ROUNDS,
        use_cg=not exact,
        random_state=0,
    )


def rectools(name):
    def prepare(inputs):
        import pandas as pd
        from rectools import Columns
        from rectools.dataset import Dataset
        from rectools.models import (
            EASEModel,
            ImplicitALSWrapperModel,
            ImplicitItemKNNWrapperModel,
        )

        users, items = inputs["users"], inputs["items"]
        times = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(len(users)), unit="s")
        columns = (Columns.User, Columns.Item, Columns.Weight, Columns.Datetime)
        frame = pd.DataFrame(dict(zip(columns, (users, items, 1.0, times), strict=True)))
        dataset = Dataset.construct(frame)

        def job():
            if name == "EASE":
                model = EASEModel(regularization=EASE_WEIGHT)
            elif name == "ALS":
                model = ImplicitALSWrapperModel(peer_model(name, True))
            else:
                model = ImplicitItemKNNWrapperModel(peer_model(name, True))
            model.fit(dataset)

            def recommend():
                everybody = np.arange(inputs["sizes"][0])
                found = model.recommend(everybody, dataset, k=K, filter_viewed=True)
                lists = np.full((len(everybody), K), -1)
                lists[found[Columns.User], found[Columns.Rank] - 1] = found[Columns.Item]
                if name != "EASE":
                    return {"lists": lists}
                mine = np.argsort(
                    dataset.item_id_map.external_ids, kind="stable"
                )  # its order of items is its own
                return {"lists": lists, "weights": model.weight[np.ix_(mine, mine)]}

            return recommend

        return job

    return prepare


WAYS = {f"ours-{name}": ours(name) for name in TASKS}
WAYS |= {"ours-ALS-steps": ours("ALS", steps=3)}
WAYS |= {f"implicit-{name}": implicit(name) for name in ("neighbours", "ALS")}
WAYS |= {"implicit-ALS-default": implicit("ALS", exact=False)}
WAYS |= {f"rectools-{name}": rectools(name) for name in TASKS}
PEERS = {"ours": "course_lib"}


def agreement(task, mine, its, last):
    """How alike two fits are; an error if they are not the same model.

    An NDCG that is the same to four decimals proves nothing: lists that share a quarter of their
    places can have it. So neighbours must be equally near and EASE must have the same weights. ALS
    starts at random, each library from numbers of its own: there only quality can be compared.
    """
    quality = [ndcg(found["lists"], last) for found in (mine, its)]
    words = f"NDCG@10 {quality[1]:.4f}"
    if mine is its:
        return words
    same = (mine["lists"] == its["lists"]).mean()
    words += f", {same:.1%} of the places the same"
    if task == "EASE":
        worst = float(np.abs(mine["weights"] - its["weights"]).max())
        words += f", weights within {worst:.0e}"
        fits = worst <= 1e-6
    elif task == "neighbours" and "nearest" in its:
        # Of neighbours that are equally near, each library keeps others.
        worst = float(np.abs(mine["nearest"] - its["nearest"]).max())
        words += f", similarities within {worst:.0e}"
        fits = worst <= 1e-6
    elif task == "neighbours":
        fits = same >= 0.999
    else:
        fits = abs(quality[0] - quality[1]) <= 0.002
    if not fits:
        raise SystemExit(f"{task}: not the same model ({words}): no times are compared")
    return words


def main(table=None, options=None):
    options = options or harness.arguments(
        __doc__.split("\n")[0], tasks=TASKS, logs=LOGS, data=str(harness.DATA)
    )
    if options.one:
        way, folder = options.one
        name = way.split("-")[0]
        harness.answer(WAYS[way], way, folder, runs=options.runs, peer=PEERS.get(name, name))
        return
    own_table = table is None
    table = table or harness.Table()
    for name in options.logs:
        if name == "long-tailed":
            inputs, last = long_tailed()
        elif Path(options.data).exists():
            inputs, last = inputs_of(options.data)
        else:
            print(f"{name} skipped: there is no {options.data} (--data names another place)")
            continue
        for task in options.tasks:
            if (task, name) != ("EASE", "long-tailed"):
                compare(task, name, inputs, last, table, options)
    if own_table:
        table.end()


def compare(task, log, inputs, last, table, options):
    """One task on one log, all ways."""
    ways = {"course_lib": ("course_lib", f"ours-{task}")}
    if task == "ALS":
        ways["course_lib, 3 steps"] = ("course_lib", "ours-ALS-steps")
    if task != "EASE":
        ways["implicit"] = ("implicit", f"implicit-{task}")
    if task == "ALS":
        ways["implicit, its default"] = ("implicit", "implicit-ALS-default")
    if log != "long-tailed":
        ways["RecTools"] = ("rectools", f"rectools-{task}")
    table.task(
        f"{task}, fit of {log}",
        ways,
        inputs,
        lambda name, mine, its: agreement(task, mine, its, last),
        script=__file__,
        runs=options.runs,
        threads=options.threads,
    )


if __name__ == "__main__":
    main()
