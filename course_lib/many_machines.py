"""A job in parts: each worker sums up its own, and what is small enough travels.

Two jobs of the course that grow with the log. In how many baskets two items meet adds up: whoever
has all baskets of some users can count alone, and only counts travel. ALS does not add up, but each
user's vector needs the items' vectors and that user's events, nothing else: the vectors travel, the
events stay. `client` is a `dask.distributed.Client`; `local_cluster` starts one here. Both answers
are those of one machine.
"""

import logging
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from scipy import sparse

from course_lib.features import co_purchase
from course_lib.interactions import Interactions, check_log
from course_lib.models.als import ALS, solve_side
from course_lib.parameters import Whole


@contextmanager
def local_cluster(workers, *, memory="2GB"):
    """A Dask client with some worker processes of one thread each, on this machine alone.

    They end with the block, or with this process, however it ends. What Dask would say on the way
    ("still alive after 4 s, killing") is left unsaid: errors of a job are raised all the same.
    """
    from dask.distributed import Client, LocalCluster  # a second that nobody else needs

    with (
        _quiet("distributed"),
        LocalCluster(
            n_workers=Whole(1).check("workers", workers),
            threads_per_worker=1,
            memory_limit=memory,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _quiet(name):
    """Nothing but critical messages of a logger and those below it."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def copies(log, n):
    """Shops like this one, n of them: each a log of its own people and the same items.

    Copy i has users i · n_users to (i + 1) · n_users − 1. In all baskets of all copies two items
    meet exactly n times as often as in the log: the truth is known at any size.

    >>> from course_lib.datasets import load_tiny_shop
    >>> parts = copies(load_tiny_shop().interactions, 2)
    >>> [int(part.users.min()) for part in parts], parts[0].n_users
    ([0, 6], 12)
    """
    check_log("log", log)
    n = Whole(1).check("n", n)
    ids = np.arange(n * log.n_users)
    return [
        Interactions(
            log.users + i * log.n_users, log.items, log.timestamps, log.values, ids, log.item_ids
        )
        for i in range(n)
    ]


def co_purchase_in_parts(parts, client, *, within="s"):
    """`features.co_purchase` of all parts together; a user's events must lie in one part.

    parts: Interactions of the same items, or functions without arguments that give one (then the
    log is made, or read, where it is counted, and never travels). Each worker adds up its own parts
    and sends one sum. Returns an (n_items, n_items) CSR array.
    """
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    shares = [parts[i :: len(workers)] for i in range(len(workers))]
    sums = []
    for share, worker in zip(shares, workers, strict=True):
        where = {"workers": [worker]}
        # A log goes to its worker first: within the job's own message it would be too large.
        here = [p if callable(p) else client.scatter(p, hash=False, **where) for p in share]
        if here:
            sums.append(client.submit(_sum, here, within, pure=False, **where))
    return added(client.gather(sums))


def _sum(parts, within):
    return added(co_purchase(part() if callable(part) else part, within=within) for part in parts)


def added(tables):
    """The sum of sparse tables, in CSR, as `co_purchase` writes one."""
    total = None
    for table in tables:
        total = table if total is None else total + table
    total = sparse.csr_array(total)
    total.sort_indices()
    return total


def als_in_parts(model, train, client):
    """Fit an `ALS` as its `fit` does, with the rows of both sides spread over the workers.

    model: an ALS that solves exactly (`steps=None`). Each worker keeps the strengths of some users
    and of some items; in each half of a round the other side's vectors go to all workers, and the
    new ones come back. Returns the fitted model.
    """
    if not isinstance(model, ALS) or model.steps is not None:
        raise ValueError(f"model must be an ALS with steps=None, got {model!r}")
    spread = _Spread(**model.get_params())
    spread.client = client
    fitted = vars(spread.fit(train))
    model.__dict__.update({name: value for name, value in fitted.items() if name != "client"})
    return model


class _Spread(ALS):
    """ALS whose halves of a round are solved by a client's workers."""

    def _fit(self, train, validation):
        by_user = self._strengths(train.matrix())
        sides = [_spread(self.client, by_user), _spread(self.client, by_user.T.tocsr())]
        rng = np.random.default_rng(self.seed)
        items = rng.normal(0, 0.1, (train.n_items, self.dimensions)).astype(np.float32)
        for _ in range(self.iterations):
            users = _solved(self.client, sides[0], items, self.regularisation)
            items = _solved(self.client, sides[1], users, self.regularisation)
        self.item_factors_ = items


def cut(matrix, n):
    """A CSR table in n blocks of rows, with about as many entries in each; some may be empty.

    >>> table = sparse.csr_array([[1, 1, 1], [0, 0, 1], [1, 0, 1]])
    >>> [block.shape[0] for block in cut(table, 2)]  # 3 entries in each
    [1, 2]
    """
    shares = np.arange(1, Whole(1).check("n", n)) * matrix.nnz / n
    bounds = [0, *np.searchsorted(matrix.indptr, shares).tolist(), matrix.shape[0]]
    return [matrix[start:stop] for start, stop in pairwise(bounds)]


def _spread(client, matrix):
    """Blocks of rows, one on each worker, as futures."""
    workers = list(client.scheduler_info(n_workers=-1)["workers"])
    return [
        client.scatter(block, workers=[worker], hash=False)
        for block, worker in zip(cut(matrix, len(workers)), workers, strict=True)
    ]


def _solved(client, blocks, factors, regularisation):
    shared = client.scatter(factors, broadcast=True, hash=False)
    solved = [client.submit(solve_side, b, shared, regularisation, pure=False) for b in blocks]
    return np.concatenate(client.gather(solved))
