"""What every recommender of the course can do: learn from a log, score, recommend, be saved."""

import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ClassVar, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from tqdm import tqdm

from course_lib.columns import check_index, equal_ids, plain
from course_lib.interactions import check_log
from course_lib.memory import check_memory
from course_lib.models.saving import Savable
from course_lib.models.validation import Validation
from course_lib.new_users import NewUsers, find_ids
from course_lib.parameters import Truth, check_parameters, check_whole
from course_lib.similarity import top_k

SCORES_AT_ONCE = 1 << 22  # users × items scored in one go: 32 MB of float64
REINDEX = "give it train's numbers: log.reindex(train.user_ids, train.item_ids)"


class Recommender(Savable, BaseEstimator, ABC):
    """Learns from a training log, then ranks the whole catalogue for users, given their history.

    `history` is an argument and apart from what `fit` saw: when the test begins it is train and
    validation together, so no model recommends what was bought in between, or misses it.

    A user whom a model knows nothing about gets the most popular products of train: for most
    models that is a user with an empty history, for those that learn a vector for each user id
    (they say so) one without an event in train. Users and items are dense indices of the log.

    A subclass takes its hyper-parameters as keyword arguments (their rules stand in `_rules`),
    keeps what it learns in attributes whose names end with `_`, and writes `_fit` and `_score`;
    `check_recommender` holds it against what is promised here. From scikit-learn's BaseEstimator
    it has `get_params`, and `sklearn.base.clone` gives a fresh copy to fit elsewhere.
    """

    _rules: ClassVar[dict] = {}  # hyper-parameter: Whole, Number, ..., checked in `fit`

    def fit(self, train, validation=None) -> Self:
        """Learn from `train`; models that train in epochs stop early on `validation`.

        train, validation: Interactions with the same users and items. What stops early looks at
        first-time purchases (*discover*); with `Validation(train, log, exclude_seen=False)` in
        place of the log, at repeat purchases too. Raises ValueError for a hyper-parameter that
        cannot be meant, an empty train, or a validation log of other users or items. Returns the
        model itself.
        """
        check_parameters(self, self._rules)
        check_log("train", train)
        if not len(train):
            raise ValueError("train must have at least 1 event, got 0")
        self.n_users_, self.n_items_ = train.n_users, train.n_items
        self.user_ids_, self.item_ids_ = train.user_ids, train.item_ids
        if validation is not None:
            goal = isinstance(validation, Validation)
            self._check_log("validation", validation.log if goal else validation)
        self.popularity_ = np.bincount(train.items, minlength=train.n_items).astype(np.float64)
        self._fit(train, validation)
        return self

    def score(self, users, history) -> np.ndarray:
        """How much each user is expected to want each item: (len(users), n_items), higher is more.

        users: (n,) dense indices, or one; history: Interactions of train's users and items, what
        each has done so far, or of people who are new (`new_users`). Only the order within a row
        means anything. Raises ValueError for a model that is not fitted, a user out of range, a
        history of other users or items.
        """
        return self._scores(self._check_users(users, history), history)

    def recommend(self, users, history, k, *, exclude_seen=True, items=None) -> np.ndarray:
        """The k best items of each user: (len(users), k) item indices, best first, -1 = ran out.

        users: (n,) dense indices, or one (one row). exclude_seen: leave out what is in the user's
        history. items: (m,) indices of the candidates, the same for all users; the lists hold only
        these (an item named twice counts once; no candidates, only -1). None: the whole catalogue.
        k may exceed what there is to recommend: then the rest of each list is -1.

        Equal scores keep the catalogue's order. Users are scored in batches, so memory does not
        grow with their number, and a bar shows progress on a terminal. Raises ValueError as
        `score` does, for scores that are NaN, for k below 1, and for candidates that are no item
        indices.
        """
        batches = self.recommend_in_batches(
            users, history, k, exclude_seen=exclude_seen, items=items
        )
        n = np.size(users)
        check_memory(8 * n * k, f"{n:,} lists of {k:,} places (recommend_in_batches needs less)")
        lists, done = np.empty((n, k), dtype=np.int64), 0
        for batch, best in batches:
            lists[done : done + len(batch)] = best
            done += len(batch)
        return lists

    def recommend_in_batches(self, users, history, k, *, exclude_seen=True, items=None):
        """The lists of `recommend` some users at a time: yields pairs (users, their lists).

        For more users than lists fit in memory: write each batch away before asking for the next.
        Arguments and errors as of `recommend`.
        """
        users = self._check_users(users, history)
        k = check_whole("k", k)
        exclude_seen = Truth().check("exclude_seen", exclude_seen)
        return self._in_batches(users, history, k, exclude_seen, self._check_items(items))

    def recommend_ids(self, ids, history, k, *, exclude_seen=True, items=None) -> np.ndarray:
        """`recommend` by id: (len(ids), k) item ids, best first, None = ran out.

        ids: user ids of the history, or one (one row); items: ids of the candidates, or one. Raises
        ValueError as `recommend` does, and for an id that the history does not have.
        """
        self._check_fitted()
        self._check_log("history", history)
        users = find_ids("user", ids, history.user_ids)
        if items is not None:
            items = find_ids("item", items, history.item_ids)
        lists = self.recommend(users, history, k, exclude_seen=exclude_seen, items=items)
        names = np.append(history.item_ids.astype(object), None)  # -1 is the last
        return names[lists]

    @abstractmethod
    def _fit(self, train, validation):
        """Learn; n_users_, n_items_ and popularity_ are set."""

    @abstractmethod
    def _score(self, users, history):
        """A new float array (len(users), n_items); users and history are checked."""

    def _knows(self, users, history):
        """(len(users),) booleans: which users the model can say something about."""
        return np.diff(history.rows(users).indptr) > 0

    _by_id: ClassVar[bool] = False  # True: what is learned of a user is kept under the user's index

    def _ranking(self):
        """(n_items,) scores that all users share, known or not, so that they are ranked once."""
        return None

    def _build(self):
        """A model with a Keras network builds `network_` here, from parameters and sizes."""
        raise NotImplementedError

    def _known(self, users, history):
        """`_knows`, for a model that may be asked about people who are new."""
        if self._by_id and isinstance(history, NewUsers):
            return np.zeros(len(users), dtype=bool)
        return self._knows(users, history)

    def _scores(self, users, history):
        """What `_score` says, as an array of our own; popularity where nothing is known."""
        known = self._known(users, history)
        if len(users) and not known.any():
            return np.tile(self.popularity_, (len(users), 1))
        returned = self._score(users, history)
        scores, shape = np.asarray(returned), (len(users), self.n_items_)
        if scores.shape != shape or scores.dtype.kind not in "fiub":
            what = f"{scores.dtype} of shape {scores.shape}"
            if sparse.issparse(returned):
                what = f"a sparse {type(returned).__name__}: toarray() gives its numbers"
            elif not scores.shape:
                what = repr(returned)
            raise ValueError(
                f"{type(self).__name__}._score must return numbers of shape {shape}, got {what}"
            )
        # A copy: what a model returned may be its own table, and is written into by callers.
        scores = np.array(scores, dtype=np.result_type(scores, np.float32))
        scores[~known] = self.popularity_
        return scores

    def _in_batches(self, users, history, k, exclude_seen, items):
        width = min(k, self.n_items_ if items is None else len(items))
        best_of = self._rank_once(items) if self._shares_its_ranking() else self._rank
        size = max(1, SCORES_AT_ONCE // self.n_items_)
        # A bar on a terminal only, and only where there is something to wait for.
        off = True if len(users) <= size else None
        with tqdm(total=len(users), unit=" users", delay=1, leave=False, disable=off) as bar:
            for start in range(0, len(users), size):
                batch = users[start : start + size]
                lists = np.full((len(batch), k), -1, dtype=np.int64)
                if width:
                    lists[:, :width] = best_of(batch, history, width, exclude_seen, items)
                yield batch, lists
                bar.update(len(batch))

    def _rank(self, users, history, width, exclude_seen, items):
        """The best items of each user by the user's own scores: (len(users), width)."""
        scores = self._scores(users, history)
        if exclude_seen:
            scores[history.rows(users).nonzero()] = -np.inf
        if items is None:
            return top_k(scores, width)
        places = top_k(scores[:, items], width)
        return np.where(places < 0, -1, items[places])

    def _rank_once(self, items):
        """What `_rank` does, where one ranking serves all: each takes the first that are new."""
        scores = np.asarray(self._ranking(), dtype=np.float64)
        items = np.arange(self.n_items_) if items is None else items
        best = items[top_k(scores[items], len(items))] if len(items) else items
        best = best[: np.count_nonzero(scores[items] > -np.inf)]
        place = np.full(self.n_items_, len(best))
        place[best] = np.arange(len(best))

        def rank(users, history, width, exclude_seen, items):
            lists = np.full((len(users), width), -1)
            if not exclude_seen:
                lists[:, : len(best)] = best[:width]
                return lists
            seen = history.rows(users)
            counts = np.diff(seen.indptr)
            depth = min(len(best), width + counts.max())
            free = np.ones((len(users), depth + 1), dtype=bool)
            row = np.repeat(np.arange(len(users)), counts)
            free[row, np.minimum(place[seen.indices], depth)] = False
            free = free[:, :depth]
            nth = np.cumsum(free, axis=1)
            row, column = np.nonzero(free & (nth <= width))
            lists[row, nth[row, column] - 1] = best[column]
            return lists

        return rank

    def _shares_its_ranking(self):
        """Whether `_ranking` holds: not where a subclass brought a `_score` of its own."""
        first = {}
        for kind in type(self).__mro__:
            for name in ("_ranking", "_score"):
                if name in vars(kind):
                    first.setdefault(name, kind)
        return self._ranking() is not None and issubclass(first["_ranking"], first["_score"])

    def _check_fitted(self):
        if not hasattr(self, "popularity_"):
            raise ValueError(f"{type(self).__name__} is not fitted yet: call fit first")

    def _check_users(self, users, history):
        self._check_fitted()
        self._check_log("history", history)
        return history.check_users(np.atleast_1d(users))

    def _check_items(self, items):
        """The candidates in catalogue order, each once."""
        if items is None:
            return None
        items = np.asarray(items)
        if items.size == 0:
            return np.zeros(0, dtype=np.int64)
        if items.ndim != 1 or not np.issubdtype(items.dtype, np.integer):
            raise ValueError(
                f"items must be (m,) whole numbers, got {items.dtype} of shape {items.shape}"
            )
        return np.unique(check_index("items", items, self.n_items_))

    def _check_log(self, name, log):
        check_log(name, log)
        kinds = ("item",) if isinstance(log, NewUsers) else ("user", "item")
        sizes = [(getattr(self, f"n_{kind}s_"), getattr(log, f"n_{kind}s")) for kind in kinds]
        if any(mine != its for mine, its in sizes):
            raise ValueError(
                f"{name} must have the {self.n_users_} users and {self.n_items_} items of train, "
                f"got {log.n_users} and {log.n_items}; {REINDEX}"
            )
        for kind in kinds:
            mine, its = getattr(self, f"{kind}_ids_", None), getattr(log, f"{kind}_ids")
            if mine is None:  # a file saved before ids were kept
                continue
            if not equal_ids(mine, its):
                other = next(i for i, (a, b) in enumerate(zip(mine, its, strict=True)) if a != b)
                raise ValueError(
                    f"{name} must number its {kind}s as train does: {kind} {other} is "
                    f"{plain(its[other])}, in train {plain(mine[other])}; {REINDEX}"
                )
            setattr(self, f"{kind}_ids_", its)  # the same array next time: nothing to compare


@cache
def threads():
    """The threads that work on blocks of a matrix, as many as this process may use cores.

    The same ones each time: what a thread has freed it keeps for itself, so new threads for each
    fit would take a few hundred megabytes more each time.
    """
    told = hasattr(os, "sched_getaffinity")  # Linux; there a process can be held to some cores
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)) if told else os.cpu_count())


if hasattr(os, "register_at_fork"):  # a forked copy, as `calls` makes, has none of them
    os.register_at_fork(after_in_child=threads.cache_clear)
