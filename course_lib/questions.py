"""What will be in the next basket? Questions to models that answer with probabilities."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from course_lib.models.histories import Baskets
from course_lib.parameters import check_whole


class Questions(NamedTuple):
    """One row a question: a history, and the basket that came next.

    users: (n,) dense indices; places: (n,) how many lines the user had before; histories: n
    arrays of items, the oldest line first and the lines of a basket in random order; targets:
    (n, n_items) CSR array, each item's share of the lines of the basket, so rows sum to 1.
    """

    users: np.ndarray
    places: np.ndarray
    histories: list
    targets: sparse.csr_array

    def counts(self):
        """(n, n_items) CSR array: how often each item stands in each history."""
        rows = np.repeat(np.arange(len(self.places)), self.places)
        cells = rows, np.concatenate([[], *self.histories]).astype(np.int64)
        return sparse.csr_array((np.ones(len(rows)), cells), shape=self.targets.shape)

    def losses(self, log_chances):
        """(n,) nats: minus the mean log probability of the basket's lines; natural logarithm.

        log_chances: (n, n_items), row i the answer to question i.
        """
        return -self.targets.multiply(log_chances).sum(axis=1)


def next_basket_questions(log, users, edges, *, each=1, seed):
    """Baskets of these users to be guessed from what came before, at several stages of history.

    edges: (m + 1,) rising whole numbers, the ends of m stages: a basket is of stage i when the
    user had edges[i] lines before it or more, and fewer than edges[i + 1]. Of each user and stage
    `each` baskets are drawn, fewer where there are fewer. Events of one time are a basket.
    → Questions, user by user in the order of the log's numbers. Raises ValueError for edges that
    do not rise, or that begin below 1 (a first basket has no history).
    """
    edges = np.asarray(edges)
    if edges.ndim != 1 or len(edges) < 2 or edges[0] < 1 or (np.diff(edges) <= 0).any():
        raise ValueError(f"edges must be at least 2 numbers that rise from 1 or more, got {edges}")
    check_whole("each", each)
    users = np.unique(log.check_users(users))
    rng = np.random.default_rng(seed)
    baskets = Baskets(log.select(np.isin(log.users, users)))
    first = baskets.starts[np.searchsorted(baskets.owner, baskets.owner)]
    places = baskets.starts - first
    stage = np.searchsorted(edges, places, side="right") - 1
    table = pd.DataFrame({"owner": baskets.owner, "stage": stage})
    table = table[(stage >= 0) & (stage < len(edges) - 1)].sample(frac=1, random_state=rng)
    chosen = np.sort(table.groupby(["owner", "stage"]).head(each).index.to_numpy())
    lines = baskets.items[np.lexsort((rng.random(len(baskets.items)), baskets.basket))]
    histories = [lines[first[b] : baskets.starts[b]] for b in chosen]
    sizes = baskets.sizes[chosen]
    rows = np.repeat(np.arange(len(chosen)), sizes)
    bought = lines[np.isin(baskets.basket, chosen)]
    shape = len(chosen), log.n_items
    targets = sparse.csr_array((1 / np.repeat(sizes, sizes), (rows, bought)), shape=shape)
    return Questions(baskets.owner[chosen], places[chosen], histories, targets)
