"""What models that are made of other models ask of these."""

import numpy as np

from course_lib.models.base import Recommender


def check_models(name, models):
    """ValueError unless `models` is a dict {name: Recommender} with at least one."""
    if not isinstance(models, dict) or not models:
        raise ValueError(f"{name} must be a dict {{name: Recommender}}, got {models!r}")
    for key, model in models.items():
        if not isinstance(model, Recommender):
            raise ValueError(f"{key} must be a Recommender, got {type(model).__name__}")


def check_prefit(name, model, train):
    """ValueError unless `model` is fitted, on the users and items of `train` in this order."""
    if not hasattr(model, "popularity_"):
        raise ValueError(f"prefit: {name} ({type(model).__name__}) is not fitted yet")
    if (model.n_users_, model.n_items_) != (train.n_users, train.n_items):
        raise ValueError(
            f"prefit: {name} was fitted on {model.n_users_} users and {model.n_items_} items, "
            f"train has {train.n_users} and {train.n_items}"
        )
    for of in ("user", "item"):
        theirs = getattr(model, f"{of}_ids_", None)  # None: a file saved before ids were kept
        if theirs is not None and not np.array_equal(theirs, getattr(train, f"{of}_ids")):
            raise ValueError(f"prefit: {name} was fitted on a log with other {of} ids than train")
