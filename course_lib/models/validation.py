"""What models that train in epochs, or learn weights, look at to see whether they get better."""

import numpy as np

from course_lib.metrics import ndcg_at_k
from course_lib.split import relevant_items


class Validation:
    """NDCG@10 on a validation log, with train as history: one number an epoch.

    users: those with something to find, in the task that `exclude_seen` says (see `evaluate`);
    relevant: (len(users), n_items) what it is. Raises ValueError when nobody has anything.
    """

    def __init__(self, train, validation, *, exclude_seen=True):
        relevant = relevant_items(validation, train, exclude_seen=exclude_seen)
        self.users = np.flatnonzero(np.diff(relevant.indptr))
        if not self.users.size:
            raise ValueError("validation has nothing to find: no user with a relevant item")
        self.relevant = relevant[self.users]
        self.train, self.exclude_seen = train, exclude_seen

    def ndcg(self, model):
        """The mean over users, of the whole catalogue's ranking; fewer than 10 items: of all."""
        k = min(10, self.relevant.shape[1])
        lists = model.recommend(self.users, self.train, k, exclude_seen=self.exclude_seen)
        return float(np.mean(ndcg_at_k(lists, self.relevant, k)))


def check_loss(loss, epoch):
    """The loss of an epoch (counted from 0), if it is a number; ValueError says what helps."""
    if not np.isfinite(loss):
        raise ValueError(f"the loss became {loss} in epoch {epoch + 1}: lower the learning rate")
    return float(loss)


def epochs_kept(losses, curve):
    """How many epochs' learning is kept: up to the best on validation, without one all.

    losses: one an epoch; curve: validation NDCG@10 of each epoch, empty without validation.

    >>> epochs_kept([3.0, 2.0, 1.0], [0.1, 0.3, 0.2]), epochs_kept([3.0, 2.0, 1.0], [])
    (2, 3)
    """
    return int(np.argmax(curve)) + 1 if len(curve) else len(losses)
