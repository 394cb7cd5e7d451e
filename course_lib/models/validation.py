"""What models that train in epochs, or learn weights, look at to see whether they get better."""

import warnings

import numpy as np

from course_lib.metrics import ndcg_at_k
from course_lib.parameters import check_whole
from course_lib.split import relevant_items

MOST_USERS = 10_000  # of a larger validation so many users are asked: enough to compare epochs by


class Validation:
    """NDCG@10 on a validation log, with train as history: one number an epoch.

    users: those with something to find, in the task that `exclude_seen` says (see `evaluate`);
    of more than `most_users` so many are drawn, once, by `seed`, since to rank the catalogue for
    all of them can take longer than the epoch. relevant: (len(users), n_items) what they look
    for. Raises ValueError when nobody has anything to find.
    """

    def __init__(self, train, validation, *, exclude_seen=True, most_users=MOST_USERS, seed=0):
        most_users = check_whole("most_users", most_users)
        relevant = relevant_items(validation, train, exclude_seen=exclude_seen)
        users = np.flatnonzero(np.diff(relevant.indptr))
        if not users.size:
            raise ValueError("validation has nothing to find: no user with a relevant item")
        if users.size > most_users:
            rng = np.random.default_rng(seed)
            users = np.sort(rng.choice(users, most_users, replace=False))
        self.users, self.relevant = users, relevant[users]
        self.train, self.log, self.exclude_seen = train, validation, exclude_seen

    @classmethod
    def of(cls, train, validation):
        """The goal that `fit` was given: a log (first-time purchases), a Validation, or None."""
        if validation is None or isinstance(validation, cls):
            return validation
        return cls(train, validation)

    def ndcg(self, model):
        """The mean over users, of the whole catalogue's ranking; fewer than 10 items: of all."""
        k = min(10, self.relevant.shape[1])
        lists = model.recommend(self.users, self.train, k, exclude_seen=self.exclude_seen)
        return float(np.mean(ndcg_at_k(lists, self.relevant, k)))


class KeepBest:
    """Early stopping: what the best epoch on validation had learned, and when to give up.

    goal: a Validation, or None to go on to the last epoch and keep that; patience: so many epochs
    in a row may bring nothing better before training stops. Attributes: losses, one an epoch;
    curve, the goal's NDCG@10 of each; best, what had been learned in the best epoch so far, None
    before the first and without a goal.
    """

    def __init__(self, goal, patience):
        self.goal, self.patience = goal, patience
        self.losses, self.curve, self.best = [], [], None

    def after_epoch(self, model, loss, learned):
        """Note the epoch's loss and NDCG@10; whether training should stop.

        model: the Recommender as it is now; learned: a function that copies what it has learned,
        called when the epoch is the best so far (of equal ones the first). Raises ValueError for
        a loss that is no number.
        """
        if not np.isfinite(loss):
            raise ValueError(
                f"the loss became {loss} in epoch {len(self.losses) + 1}: lower the learning rate"
            )
        self.losses.append(float(loss))
        if self.goal is None:
            return False
        self.curve.append(self.goal.ndcg(model))
        if self.epochs == len(self.curve):
            self.best = learned()
            return False
        return len(self.curve) - self.epochs >= self.patience

    @property
    def epochs(self):
        """How many epochs' learning is kept: up to the best on validation, without one all."""
        return int(np.argmax(self.curve)) + 1 if self.curve else len(self.losses)

    def warn_of_interruption(self):
        """For a `_fit` whose helper was interrupted: a warning in the line that called `fit`."""
        message = f"interrupted: kept what {self.epochs} epochs had learned"
        warnings.warn(message, stacklevel=5)
