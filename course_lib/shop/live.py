"""What one event changes: a user's vector, a list of what is popular, kept up to date at once."""

import numpy as np

from course_lib.parameters import Truth, Whole, check_numbers


class UserVectors:
    """The user tower of a `TwoTower`, one event at a time: the sum of a history, and its length.

    The tower's vector is the mean over the distinct items of a history, plus a vector for everyone,
    scaled to length 1. So an event adds one row to a sum: d numbers, however long the history is.
    The vectors of the items stay those of the last fit; only the user moves.

    items: (n_items, d), the catalogue before scaling; everyone: (d,); normalise: whether vectors
    are scaled, as in the model.

    >>> live = UserVectors([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    >>> live.add(7, 0), live.add(7, 1), live.add(7, 1)  # the third is known already
    (True, True, False)
    >>> live.vector(7).round(3)
    array([0.707, 0.707])
    """

    def __init__(self, items, everyone, *, normalise=True):
        self._items = check_numbers("items", items)
        if self._items.ndim != 2:
            raise ValueError(f"items must be (n_items, d), got shape {self._items.shape}")
        self._everyone = check_numbers("everyone", everyone).reshape(-1)
        if self._everyone.shape != self._items.shape[1:]:
            raise ValueError(
                f"everyone must be ({self._items.shape[1]},), got shape {self._everyone.shape}"
            )
        self._normalise = Truth().check("normalise", normalise)
        self._seen, self._sums = {}, {}

    @classmethod
    def of(cls, model):
        """Of a fitted `TwoTower` without features and without vectors of user ids."""
        if model.user_embedding or model.user_features is not None:
            raise ValueError("the model must know users by their histories alone")
        towers = model.network_
        everyone = np.asarray(towers.of_everyone.embeddings)
        return cls(np.asarray(towers.catalogue()), everyone, normalise=model.normalise)

    def add(self, user, item):
        """The user took the item: whether that moved the vector."""
        item = Whole(0, len(self._items) - 1).check("item", item)
        seen = self._seen.setdefault(user, set())
        if item in seen:
            return False
        seen.add(item)
        self._sums[user] = self._sums.get(user, 0.0) + self._items[item]
        return True

    def vector(self, user):
        """(d,): where the user is now; whoever did nothing yet is everyone."""
        vector = self._everyone
        if user in self._sums:
            vector = vector + self._sums[user] / len(self._seen[user])
        length = np.linalg.norm(vector)
        return vector / length if self._normalise and length > 0 else vector


def forget(weight, last, now, half_life):
    """What a decayed count is worth at a later moment, and what it is after one more event.

    weight: the count as it was at `last`; now, half_life: in the same unit as last. Returns
    (weight at now, the same + 1). An event counts 1 when it happens and half of that after a
    half-life. Raises ValueError for a half-life of 0 or less, and a `now` before `last`.

    >>> forget(3.0, 10, 17, half_life=7)
    (1.5, 2.5)
    """
    if not half_life > 0:
        raise ValueError(f"half_life must be above 0, got {half_life}")
    if now < last:
        raise ValueError(f"now must not be before last {last}, got {now}")
    left = weight * 0.5 ** ((now - last) / half_life)
    return left, left + 1


def too_fast(users, times, *, most, seconds):
    """Which events come from a user who has had more than `most` of them within `seconds`.

    users: (n,) whole numbers; times: (n,) numbers of seconds, in rising order. Event i is marked if
    the user had at least `most` others in the `seconds` before it, the moment itself counted in,
    that of exactly `seconds` ago not. Returns (n,) booleans: each is decided when it happens,
    knowing nothing of what comes later. The first `most` events of a bot pass.

    >>> too_fast([1, 1, 2, 1], [0, 1, 1, 2], most=2, seconds=60)
    array([False, False, False,  True])
    """
    users, times = np.asarray(users), check_numbers("times", times)
    most = Whole(1).check("most", most)
    if users.ndim != 1 or users.shape != times.shape:
        raise ValueError(
            f"users and times must be (n,) alike, got shapes {users.shape} and {times.shape}"
        )
    if not seconds > 0:
        raise ValueError(f"seconds must be above 0, got {seconds}")
    if (np.diff(times) < 0).any():
        raise ValueError("times must be in rising order")
    order = np.argsort(users, kind="stable")
    who, when = users[order], times[order]
    before = np.arange(len(when)) - most  # where the event `most` places earlier stands
    there = before >= 0
    marked = np.zeros(len(when), dtype=bool)
    earlier = np.maximum(before, 0)
    marked[order] = there & (who[earlier] == who) & (when - when[earlier] < seconds)
    return marked
