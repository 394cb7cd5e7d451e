"""What every recommender promises of learning, saving and errors: one function a promise."""

import inspect
import pickle
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import sparse
from sklearn.base import clone

from course_lib.contract.board import (
    EVERYONE,
    HOSTILE,
    SIZE,
    Broken,
    board,
    checkerboard,
    other_log,
    same_lists,
)
from course_lib.interactions import Interactions
from course_lib.models.base import Recommender


def fresh_copy_learns(trial):
    """A fresh copy learns and scores."""
    for name in inspect.signature(type(trial.model)).parameters:
        if not hasattr(trial.model, name):
            raise Broken(f"__init__ takes {name} and does not keep it as self.{name}")
    trial.fitted.score(EVERYONE, checkerboard())


def same_seed_same_list(trial):
    """The same seed gives the same lists."""
    first, again = (
        model.recommend(EVERYONE, checkerboard(), 3)
        for model in (trial.quickly_fitted, trial.quick().fit(checkerboard()))
    )
    same_lists(again, first, "of the first fit")


def nothing_else_changes(trial):
    """Fitting and recommending change nothing else."""
    log, model = checkerboard(), trial.quickly_fitted
    before = trial.quick().get_params()
    for name, value in model.get_params().items():
        if repr(value) != repr(before[name]):
            raise Broken(f"fit changed the parameter {name} from {before[name]!r} to {value!r}")
    first = model.score([1], log).copy()
    model.recommend([1], log, 3)
    model.score([1], log)[:] = -np.inf  # the scores are the caller's own
    if not np.allclose(model.score([1], log), first, rtol=1e-4, atol=1e-5):
        raise Broken("the scores of user 1 are others after recommend, or after writing into them")


def validation_is_accepted(trial):
    """A validation log is accepted."""
    held_out = board([[user] for user in range(SIZE)])
    lists = trial.quick().fit(checkerboard(), held_out).recommend(EVERYONE, checkerboard(), 3)
    if lists.shape != (SIZE, 3):
        raise Broken(f"{SIZE} lists of 3 have the shape {lists.shape}")


def hostile_logs(trial):
    """A hostile log gives full lists all the same."""
    for name, make in HOSTILE.items():
        hostile_log(trial, name, make())


def hostile_log(trial, name, log):
    """Full lists of finite scores on one log that programs stumble over."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            model = trial.quick().fit(log)
            scores = model.score(EVERYONE, log)
            lists = model.recommend(EVERYONE, log, SIZE, exclude_seen=False)
        except Exception as error:
            raise Broken(f"on a log of {name}, {type(error).__name__}: {error}") from error
    if scores.shape != (SIZE, SIZE) or np.isnan(scores).any():
        raise Broken(f"on a log of {name} scores are NaN, or of the shape {scores.shape}")
    if (np.sort(lists, axis=1) != EVERYONE).any():
        raise Broken(f"on a log of {name} a list of all items is {lists[0].tolist()}")


UNFITTED = {
    "train must have at least 1 event, got 0": lambda m: m.fit(
        checkerboard().select(np.zeros(len(checkerboard()), dtype=bool))
    ),
    "train must be Interactions, got str": lambda m: m.fit("log"),
    "is not fitted yet: call fit first": lambda m: m.score([0], checkerboard()),
}
FITTED = {
    "k must be a whole number of at least 1, got 0": lambda m: m.recommend([0], checkerboard(), 0),
    "k must be a whole number of at least 1, got 2.5": lambda m: m.recommend(
        [0], checkerboard(), 2.5
    ),
    f"users must lie in 0..23, got {SIZE}": lambda m: m.recommend([SIZE], checkerboard(), 1),
    "users must lie in 0..23, got -1": lambda m: m.recommend([-1], checkerboard(), 1),
    "users must be (n,) whole numbers": lambda m: m.recommend(["ann"], checkerboard(), 1),
    "items must lie in 0..23, got 24": lambda m: m.recommend([0], checkerboard(), 1, items=[24]),
    "items must be (m,) whole numbers": lambda m: m.recommend([0], checkerboard(), 1, items=[0.5]),
    "history must be Interactions, got str": lambda m: m.recommend([0], "log", 1),
    "history must have the 24 users and 24 items": lambda m: m.recommend(
        [0], other_log(item_ids=np.arange(SIZE + 1)), 1
    ),
    "history must number its users as train does: user 0 is 23, in train 0": lambda m: m.recommend(
        [0], other_log(user_ids=EVERYONE[::-1]), 1
    ),
    "history must number its items as train does: item 0 is 23, in train 0": lambda m: m.score(
        [0], other_log(item_ids=EVERYONE[::-1])
    ),
}


def misuse_is_named(trial):
    """Misuse is named with value and rule."""
    for calls, model in ((UNFITTED, clone(trial.model)), (FITTED, trial.fitted)):
        for message, call in calls.items():
            try:
                call(model)
            except ValueError as error:
                if message in str(error):
                    continue
                raise Broken(f"the error should say {message!r}, it says {str(error)!r}") from None
            raise Broken(f"no error says {message!r}")


def saved_is_the_same(trial):
    """A saved model recommends the same.

    Asked of models in `course_lib.models` only: others cannot be saved.
    """
    model = trial.fitted
    if not type(model).__module__.startswith("course_lib.models."):
        return
    with TemporaryDirectory() as folder:
        loaded = Recommender.load(model.save(Path(folder) / "model.npz"))
    same_lists(
        loaded.recommend(EVERYONE, checkerboard(), 4),
        model.recommend(EVERYONE, checkerboard(), 4),
        "before saving",
    )


def log_is_not_kept(trial):
    """The training log is not kept in the model."""
    for name, value in vars(trial.fitted).items():
        learned = name in trial.fitted.get_params(deep=False) or name.endswith("_")
        if not learned and _bytes(value) > 1000:
            raise Broken(f"{name} holds {_bytes(value):,} bytes, and is not what was learned")
    if hasattr(trial.fitted, "network_"):  # its size is in its parameters
        return
    log = checkerboard()
    often = Interactions(
        *(np.repeat(column, 20) for column in (log.users, log.items, log.timestamps, log.values)),
        *(log.user_ids, log.item_ids),
    )
    once, more = _bytes(trial.quickly_fitted), _bytes(trial.quick().fit(often))
    if more > 1.5 * once:
        raise Broken(
            f"a log with each event 20 times makes a model of {more:,} bytes, not {once:,}"
        )


def _bytes(value):
    """The bytes of the arrays in a value, whatever holds them; networks aside."""
    if isinstance(value, np.ndarray):
        return len(pickle.dumps(value)) if value.dtype == object else value.nbytes
    if sparse.issparse(value):
        csr = sparse.csr_array(value)
        return csr.data.nbytes + csr.indices.nbytes + csr.indptr.nbytes
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value))
    if isinstance(value, dict):
        return sum(map(_bytes, value.values()))
    if hasattr(value, "__dict__") and not hasattr(value, "get_weights"):
        return sum(map(_bytes, vars(value).values()))
    return 0
