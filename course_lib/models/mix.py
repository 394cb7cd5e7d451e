"""One list for two purposes: a share of its places for known products, the rest for new ones."""

from typing import ClassVar

import numpy as np
from sklearn.base import clone

from course_lib.interactions import check_log
from course_lib.models.base import Recommender
from course_lib.models.parts import check_models, check_prefit
from course_lib.parameters import Maybe, Number, Truth
from course_lib.similarity import top_k

LENGTH = 10  # of the lists that a share is chosen for


class Mix(Recommender):
    """One list for both purposes: a share of its places for known products, the rest for new ones.

    Known products (those in the user's history) are ranked by `replenish`, new ones by `discover`.
    The places are dealt as seats in a parliament (`mixed_scores`; D'Hondt's rule), so that every
    beginning of the list has nearly the same share. When one kind runs out, the other fills up.
    `recommend` must be called with exclude_seen=False; with exclude_seen=True the list is that of
    `discover`.

    replenish, discover: Recommenders, cloned and fitted on train; with prefit=True taken as they
    are. share: 0 (new products only) to 1 (known ones first). share=None chooses it on validation:
    of 0, 0.1, …, 1 the one whose ten places bring most, where a repeat purchase found counts 1
    and a first-time purchase `worth`; without validation it is 0.5.

    Learned: share_; replenish_ and discover_ (not with prefit). A user with an empty history gets
    what `discover` has for such a user, for most models the most popular products.
    """

    _rules: ClassVar[dict] = {
        "share": Maybe(Number(least=0, most=1)),
        "worth": Number(least=0),
        "prefit": Truth(),
    }

    def __init__(self, *, replenish, discover, share=None, worth=1.0, prefit=False):
        self.replenish = replenish
        self.discover = discover
        self.share = share
        self.worth = worth
        self.prefit = prefit

    def _fit(self, train, validation):
        models = {"replenish": self.replenish, "discover": self.discover}
        check_models("replenish and discover", models)
        if validation is not None:
            check_log("validation", validation)
        if self.prefit:
            for name, model in models.items():
                check_prefit(name, model, train)
        else:
            self.replenish_ = clone(self.replenish).fit(train, validation)
            self.discover_ = clone(self.discover).fit(train, validation)
        if self.share is not None:
            self.share_ = float(self.share)
        elif validation is None or not len(validation):
            self.share_ = 0.5
        else:
            self.share_ = self._learn(train, validation)

    def _learn(self, train, validation):
        users = np.unique(validation.users)
        length = min(LENGTH, train.n_items)
        brought = np.zeros(11)
        for batch in np.array_split(users, -(-users.size // 500)):
            products, known = self._best_of_both(batch, train, length)
            value = np.where(known, 1.0, self.worth) * (products >= 0)
            bought = validation.rows(batch).toarray() > 0
            value *= np.take_along_axis(bought, np.maximum(products, 0), axis=1)
            ranks = np.broadcast_to(-np.arange(2.0 * length), value.shape)  # in order already
            for tenths in range(11):
                scores = mixed_scores(ranks, ranks, known, tenths / 10)
                lists = top_k(np.where(products < 0, -np.inf, scores), length)
                found = np.take_along_axis(value, np.maximum(lists, 0), axis=1)
                brought[tenths] += found[lists >= 0].sum()
        return int(np.argmax(np.round(brought / users.size, 9))) / 10

    def _best_of_both(self, users, history, length):
        """The best known and then the best new products, (users, 2 · length), -1 = ran out."""
        replenish, discover = self._fitted()
        seen = history.rows(users).toarray() > 0
        known = top_k(np.where(seen, replenish.score(users, history), -np.inf), length)
        new = top_k(np.where(seen, -np.inf, discover.score(users, history)), length)
        products = np.concatenate([known, new], axis=1)
        return products, np.broadcast_to(np.arange(2 * length) < length, products.shape)

    def _score(self, users, history):
        replenish, discover = self._fitted()
        seen = history.rows(users).toarray() > 0
        return mixed_scores(
            replenish.score(users, history), discover.score(users, history), seen, self.share_
        )

    def _knows(self, users, history):
        return np.any([model._known(users, history) for model in self._fitted()], axis=0)

    def _fitted(self):
        if self.prefit:
            return self.replenish, self.discover
        return self.replenish_, self.discover_


def mixed_scores(replenish, discover, seen, share):
    """Scores whose order is a mix of known and new products, with a share of known ones.

    Known products in the order of `replenish` have the places 1/share, 2/share, …, new ones in
    the order of `discover` 1/(1 - share), 2/(1 - share), …; the list is sorted by these places,
    known first where two are equal. That is D'Hondt's rule for dealing seats to two parties, and
    every beginning of the list has nearly the share wanted. The score is minus the place.

    replenish, discover: (n, m) scores; seen: (n, m) true for products in the history → (n, m).
    share = 0 has all new products before any known one, share = 1 the other way round. Equal
    scores keep the catalogue's order.

    >>> seen = np.array([[True, True, False, False]])
    >>> scores = mixed_scores([[1, 2, 0, 0]], [[0, 0, 3, 4]], seen, 0.5)
    >>> np.argsort(-scores[0]).tolist()  # known, new, known, new
    [1, 3, 0, 2]
    """
    replenish, discover = np.asarray(replenish, float), np.asarray(discover, float)
    seen, share = np.asarray(seen, dtype=bool), Number(least=0, most=1).check("share", share)
    if not replenish.shape == discover.shape == seen.shape or seen.ndim != 2:
        raise ValueError(
            "replenish, discover and seen must be (n, m) of one shape, "
            f"got {replenish.shape}, {discover.shape} and {seen.shape}"
        )
    known = _rank(np.where(seen, replenish, -np.inf))
    new = _rank(np.where(seen, -np.inf, discover))
    # A share of 0 would put its first product infinitely far back; so far is enough.
    places = np.where(seen, known / max(share, 1e-9), new / max(1 - share, 1e-9) * (1 + 1e-12))
    return -places


def _rank(scores):
    """1 for the best of each row, 2 for the next; equal scores keep their order."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, scores.shape[1] + 1)[None], axis=1)
    return ranks
