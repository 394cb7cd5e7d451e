"""The 10 best of 50,000 items for each of 100,000 users, from vectors of 64 numbers: time, memory.

    python benchmarks/top_k.py
    python benchmarks/top_k.py --users 10000 --runs 5

Scores are products of float32 vectors, made here (seeded). All 5 billion scores would take 20 GB,
so everybody works in blocks: `course_lib` with `similarity.top_k_products`, implicit with its
`topk`, faiss with an exact `IndexFlatIP`. At each place the score of the chosen item, computed
again in float64, must be the same to 1e-5 of the largest; which of two items that close comes
first may differ.
"""

import harness
import numpy as np

K, ITEMS, SIZE = 10, 50_000, 64


def vectors(n):
    rng = np.random.default_rng(0)
    return {
        "users": rng.standard_normal((n, SIZE), dtype=np.float32),
        "items": rng.standard_normal((ITEMS, SIZE), dtype=np.float32),
    }


def ours(vectors):
    from course_lib.similarity import top_k_products

    return lambda: {"chosen": top_k_products(vectors["users"], vectors["items"], K)}


def implicit(vectors):
    from implicit.cpu.topk import topk

    return lambda: {"chosen": topk(vectors["items"], vectors["users"], K)[0]}


def faiss(vectors):
    import faiss as peer

    index = peer.IndexFlatIP(SIZE)
    index.add(vectors["items"])
    return lambda: {"chosen": index.search(vectors["users"], K)[1]}


WAYS = {"course_lib": ours, "implicit": implicit, "faiss-cpu": faiss}


def agreement(vectors, mine, its):
    """Largest difference of scores at a place; and how many places hold the same item."""
    scores = [
        np.einsum("ud,ukd->uk", vectors["users"], vectors["items"][ids], dtype=np.float64)
        for ids in (mine["chosen"], its["chosen"])
    ]
    worst = np.abs(scores[0] - scores[1]).max() / np.abs(scores[0]).max()
    if worst > 1e-5:
        raise SystemExit(f"scores differ by {worst} of the largest: no times are compared")
    same = (mine["chosen"] == its["chosen"]).mean()
    return f"{same:.4%} of the places the same, scores within {max(worst, 1e-16):.0e}"


def main(table=None, options=None):
    options = options or harness.arguments(__doc__.split("\n")[0], users=[100_000])
    if options.one:
        way, folder = options.one
        harness.answer(WAYS[way], way, folder, runs=options.runs, peer=way)
        return
    own_table = table is None
    table = table or harness.Table()
    for n in options.users:
        inputs = vectors(n)

        def agree(name, mine, its, inputs=inputs):
            return "" if mine is its else agreement(inputs, mine, its)

        table.task(
            f"top 10, {n:,} users × {ITEMS:,} items, d = {SIZE}",
            {name: (name, name) for name in WAYS},
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
