"""What every recommender of the course can do: learn from a log, score, recommend, be saved."""

import json
import os
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from course_lib.interactions import Interactions
from course_lib.parameters import check_parameters, check_whole
from course_lib.similarity import top_k

SCORES_AT_ONCE = 1 << 22  # users × items scored in one go: 32 MB of float64


class Recommender(BaseEstimator, ABC):
    """Learns from a training log, then ranks the whole catalogue for users, given their history.

    `history` is an argument and apart from what `fit` saw: when the test begins it is train and
    validation together, so no model recommends what was bought in between, or misses it.

    A user whom a model knows nothing about gets the most popular products of train: for most
    models that is a user with an empty history, for those that learn a vector for each user id
    (they say so) one without an event in train. Users and items are dense indices of the log.

    A subclass takes its hyper-parameters as keyword arguments, keeps what it learns in attributes
    whose names end with `_`, and writes `_fit` and `_score`. From scikit-learn's BaseEstimator
    it has `get_params`, and `sklearn.base.clone` gives a fresh copy to fit elsewhere.
    """

    _rules: ClassVar[dict] = {}  # hyper-parameter: Whole, Number, ..., checked in `fit`

    def fit(self, train, validation=None) -> Self:
        """Learn from `train`; models that train in epochs stop early on `validation`.

        train, validation: Interactions with the same users and items. Raises ValueError for a
        hyper-parameter that cannot be meant, an empty train, or a validation log of other users or
        items. Returns the model itself.
        """
        check_parameters(self, self._rules)
        if not isinstance(train, Interactions):
            raise ValueError(f"train must be Interactions, got {type(train).__name__}")
        if not len(train):
            raise ValueError("train must have at least 1 event, got 0")
        self.n_users_, self.n_items_ = train.n_users, train.n_items
        self.user_ids_, self.item_ids_ = train.user_ids, train.item_ids
        if validation is not None:
            self._check_log("validation", validation)
        self.popularity_ = np.bincount(train.items, minlength=train.n_items).astype(np.float64)
        self._fit(train, validation)
        return self

    def score(self, users, history) -> np.ndarray:
        """How much each user is expected to want each item: (len(users), n_items), higher is more.

        users: (n,) dense indices, or one; history: Interactions, what each of them has done so
        far. Only the order within a row means anything. Raises ValueError for a model that is not
        fitted, a user out of range, a history of other users or items.
        """
        return self._scores(self._check_users(users, history), history)

    def recommend(self, users, history, k, *, exclude_seen=True, items=None) -> np.ndarray:
        """The k best items of each user: (len(users), k) item indices, best first, -1 = ran out.

        users: (n,) dense indices, or one (one row). exclude_seen: leave out what is in the user's
        history. items: (m,) indices of the candidates, the same for all users; the lists hold only
        these (an item named twice counts once; no candidates, only -1). None: the whole catalogue.
        k may exceed what there is to recommend: then the rest of each list is -1.

        Equal scores keep the catalogue's order. Users are scored in batches, so memory does not
        grow with their number. Raises ValueError as `score` does, for scores that are NaN, for k
        below 1, and for candidates that are no item indices.
        """
        users = self._check_users(users, history)
        k = check_whole("k", k)
        items = self._check_items(items)
        width = min(k, self.n_items_ if items is None else len(items))
        lists = np.full((len(users), k), -1, dtype=np.int64)
        batch = max(1, SCORES_AT_ONCE // self.n_items_)
        for start in range(0, len(users) if width else 0, batch):
            some = users[start : start + batch]
            scores = self._scores(some, history)
            if exclude_seen:
                scores[history.rows(some).nonzero()] = -np.inf
            if items is None:
                best = top_k(scores, width)
            else:
                place = top_k(scores[:, items], width)
                best = np.where(place < 0, -1, items[place])
            lists[start : start + batch, :width] = best
        return lists

    def save(self, path):
        """Write the model to one `.npz` file: parameters and what was learned, no code.

        Returns the path written. Raises ValueError for a model that is not fitted or a path that
        does not end in .npz.
        """
        self._check_fitted()
        if Path(path).suffix != ".npz":
            raise ValueError(f"path must end in .npz, got {str(path)!r}")
        arrays = {}
        _pack(arrays, "", self)
        np.savez_compressed(path, **arrays)
        return Path(path)

    @classmethod
    def load(cls, path) -> Self:
        """The model in a file written by `save`; it recommends the same lists.

        Nothing in the file is executed: only arrays, and classes of `course_lib.models`. Raises
        ValueError when the file holds no model or a model of another class.
        """
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if "kind" not in arrays:
            raise ValueError(f"{str(path)!r} holds no saved model")
        model = _unpack(arrays, "")
        if not isinstance(model, cls):
            raise ValueError(f"{str(path)!r} holds {type(model).__name__}, not {cls.__name__}")
        return model

    @abstractmethod
    def _fit(self, train, validation):
        """Learn; n_users_, n_items_ and popularity_ are set."""

    @abstractmethod
    def _score(self, users, history):
        """A new float array (len(users), n_items); users and history are checked."""

    def _knows(self, users, history):
        """(len(users),) booleans: which users the model can say something about."""
        return np.diff(history.rows(users).indptr) > 0

    def _build(self):
        """A model with a Keras network builds `network_` here, from parameters and sizes."""
        raise NotImplementedError

    def _check_fitted(self):
        if not hasattr(self, "popularity_"):
            raise ValueError(f"{type(self).__name__} is not fitted yet: call fit first")

    def _scores(self, users, history):
        """What `_score` says, as an array of our own; popularity where nothing is known."""
        scores = np.asarray(self._score(users, history))
        shape = (len(users), self.n_items_)
        if scores.shape != shape or scores.dtype.kind not in "fiub":
            raise ValueError(
                f"{type(self).__name__}._score must return numbers of shape {shape}, "
                f"got {scores.dtype} of shape {scores.shape}"
            )
        # A copy: what a model returned may be its own table, and is written into below.
        scores = np.array(scores, dtype=np.result_type(scores, np.float32))
        unknown = ~self._knows(users, history)
        if unknown.any():
            scores[unknown] = self.popularity_
        return scores

    def _check_users(self, users, history):
        self._check_fitted()
        self._check_log("history", history)
        users = np.atleast_1d(users)
        if users.size == 0:
            users = users.astype(np.int64)
        if users.ndim != 1 or not np.issubdtype(users.dtype, np.integer):
            raise ValueError(
                f"users must be (n,) whole numbers, got {users.dtype} of shape {users.shape}"
            )
        outside = users[(users < 0) | (users >= self.n_users_)]
        if outside.size:
            raise ValueError(f"users must lie in 0..{self.n_users_ - 1}, got {outside[0]}")
        return users.astype(np.int64, copy=False)

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
        outside = items[(items < 0) | (items >= self.n_items_)]
        if outside.size:
            raise ValueError(f"items must lie in 0..{self.n_items_ - 1}, got {outside[0]}")
        return np.unique(items).astype(np.int64, copy=False)

    def _check_log(self, name, log):
        if not isinstance(log, Interactions):
            raise ValueError(f"{name} must be Interactions, got {type(log).__name__}")
        if (log.n_users, log.n_items) != (self.n_users_, self.n_items_):
            raise ValueError(
                f"{name} must have the {self.n_users_} users and {self.n_items_} items of train, "
                f"got {log.n_users} and {log.n_items}"
            )
        for what in ("user", "item"):
            mine, its = getattr(self, f"{what}_ids_", None), getattr(log, f"{what}_ids")
            if mine is None or mine is its:  # None: a file saved before ids were kept
                continue
            if not np.array_equal(mine, its):
                place = next(
                    i for i, pair in enumerate(zip(mine, its, strict=True)) if pair[0] != pair[1]
                )
                raise ValueError(
                    f"{name} must number its {what}s as train does: {what} {place} is "
                    f"{_plain(its[place])}, in train {_plain(mine[place])}"
                )
            setattr(self, f"{what}_ids_", its)  # the same array next time: nothing to compare


def _plain(value):
    return repr(value.item() if isinstance(value, np.generic) else value)  # 3, not np.int64(3)


@cache
def threads():
    """The threads that work on blocks of a matrix, as many as the machine has cores.

    The same ones each time: what a thread has freed it keeps for itself, so new threads for each
    fit would take a few hundred megabytes more each time.
    """
    return ThreadPoolExecutor(os.cpu_count())


def _pack(arrays, name, value):
    """Write a value into `arrays` under `name`, in pieces that NumPy stores without pickle."""
    if isinstance(value, Recommender):
        kind = f"model {type(value).__module__} {type(value).__name__}"
        parts = value.get_params(deep=False) | {
            key: part for key, part in vars(value).items() if key.endswith("_")
        }
    elif isinstance(value, list | tuple) and any(isinstance(part, Recommender) for part in value):
        kind, parts = "models", {str(i): part for i, part in enumerate(value)}
    elif isinstance(value, dict) and any(isinstance(v, Recommender) for v in value.values()):
        kind, parts = "named models", {"names": list(value), "models": list(value.values())}
    elif sparse.issparse(value):
        csr = sparse.csr_array(value)
        kind = "csr"
        parts = {key: getattr(csr, key) for key in ("data", "indices", "indptr")}
        parts["shape"] = np.array(csr.shape)
    elif hasattr(value, "get_weights"):
        kind = "network"
        parts = {str(i): weights for i, weights in enumerate(value.get_weights())}
    elif isinstance(value, np.ndarray) and value.dtype != object:
        kind, parts = "array", {}
        arrays[f"{name}.value"] = value
    else:
        kind, parts = "json", {}
        plain = value.tolist() if hasattr(value, "tolist") else value  # a NumPy scalar, a Series
        arrays[f"{name}.value"] = np.array(json.dumps(plain))
    arrays[f"{name}.kind" if name else "kind"] = np.array(kind)
    if parts:
        arrays[f"{name}.parts" if name else "parts"] = np.array(list(parts))
    for key, part in parts.items():
        _pack(arrays, f"{name}.{key}" if name else key, part)


def _unpack(arrays, name):
    """The value that `_pack` wrote under `name`."""
    prefix = f"{name}." if name else ""
    kind, *where = str(arrays[f"{prefix}kind"]).split(" ", 2)
    if kind == "array":
        return arrays[f"{prefix}value"]
    if kind == "json":
        return json.loads(str(arrays[f"{prefix}value"]))
    names = [str(part) for part in arrays.get(f"{prefix}parts", ())]
    if kind == "model":
        return _unpack_model(arrays, prefix, names, *where)
    parts = {part: _unpack(arrays, f"{prefix}{part}") for part in names}
    if kind == "csr":
        shape = tuple(parts["shape"])
        return sparse.csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
    if kind == "named":
        return dict(zip(parts["names"], parts["models"], strict=True))
    return list(parts.values())  # "models", or the weights of a "network"


def _unpack_model(arrays, prefix, names, module, name):
    if not module.startswith("course_lib.models."):
        raise ValueError(f"a saved model must be of course_lib.models, got {module}")
    model_class = getattr(import_module(module), name)
    parts = {part: _unpack(arrays, f"{prefix}{part}") for part in names}
    weights = parts.pop("network_", None)
    learned = {part: parts.pop(part) for part in names if part.endswith("_") and part in parts}
    model = model_class(**parts)
    for part, value in learned.items():
        setattr(model, part, value)
    if weights is not None:
        model._build()
        model.network_.set_weights(weights)
    return model
