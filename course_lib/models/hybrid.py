"""Several recommenders in one: a learned blend of their scores, and a list for two purposes.

A blend adds up what models think of the same products. A mix gives some places of the list to
products that the user knows and the others to new ones, each kind ranked by its own model.
"""

import numpy as np
from sklearn.base import clone

from course_lib.models.base import Recommender
from course_lib.models.validation import Validation
from course_lib.similarity import top_k

LENGTH = 10  # of the lists that weights and shares are chosen for
DEPTH = 50  # so many of each model's best products are candidates while weights are chosen


class Hybrid(Recommender):
    """A weighted sum of other models' opinions, with weights chosen on validation.

    score = Σ_m w_m · z_m, where z_m are model m's scores of this user, standardised over the
    catalogue (mean 0, standard deviation 1), because a dot product and a count have no common
    unit; w_m ≥ 0 and Σ w_m = 1.

    The weights come from greedy selection with replacement (`blend_weights`; Caruana et al. 2004,
    Ensemble Selection from Libraries of Models): start with the best model, add whichever model
    raises NDCG@10 on validation most, `steps` times; a model's weight is its share of the picks.
    Without a validation log and without given weights, all models weigh the same.

    models: {name: Recommender}; each is cloned and fitted on train (networks stop early on
    validation). prefit=True takes them as they are, fitted already on this train, and `fit` only
    finds the weights. weights: {name: weight} fixes them, as when fitting once more on train and
    validation together: `Hybrid(models=models, weights=chosen.weights_)`. exclude_seen: the task
    that the weights are chosen for, as in `evaluate`. steps: how many picks. (`sklearn.base.clone`
    forgets what models have learned, so a clone with prefit=True must get fitted models anew.)

    Learned: weights_ ({name: weight}), models_ (the fitted clones; not with prefit). A user of
    whom none of the models knows anything gets the most popular products.
    """

    def __init__(self, *, models, weights=None, exclude_seen=True, steps=20, prefit=False):
        self.models = models
        self.weights = weights
        self.exclude_seen = exclude_seen
        self.steps = steps
        self.prefit = prefit

    def _fit(self, train, validation):
        _check_models("models", self.models)
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1:
            raise ValueError(f"steps must be a whole number of at least 1, got {self.steps!r}")
        if self.weights is not None:
            _check_weights(self.weights, self.models)
        if self.prefit:
            for name, model in self.models.items():
                _check_prefit(name, model, train)
        else:
            self.models_ = {
                name: clone(model).fit(train, validation) for name, model in self.models.items()
            }
        if self.weights is not None:
            total = sum(self.weights.values())
            self.weights_ = {name: self.weights.get(name, 0.0) / total for name in self.models}
        elif validation is None or not len(validation):
            self.weights_ = dict.fromkeys(self.models, 1 / len(self.models))
        else:
            self.weights_ = self._learn(train, validation)

    def _learn(self, train, validation):
        goal = Validation(train, validation, exclude_seen=self.exclude_seen)
        length = min(LENGTH, train.n_items)
        scores, gains = [], []
        for batch in np.array_split(np.arange(len(goal.users)), -(-len(goal.users) // 500)):
            part = self._candidates(goal.users[batch], train, goal.relevant[batch], length)
            scores.append(part[0])
            gains.append(part[1])
        scores, gains = np.concatenate(scores, axis=1), np.concatenate(gains)
        weights = blend_weights(scores, gains, length, self.steps)
        return dict(zip(self.models, weights.tolist(), strict=True))

    def _candidates(self, users, history, relevant, length):
        """Scores (models, users, candidates) and gains (users, candidates) of some users.

        A user's candidates are the DEPTH best products of each model: what stands lower with all
        of them has next to no chance to be among the first ten of a sum.
        """
        opinions = self._opinions(users, history)
        if self.exclude_seen:
            opinions[:, *history.rows(users).nonzero()] = -np.inf
        depth = min(DEPTH, history.n_items)
        chosen = np.concatenate([top_k(scores, depth) for scores in opinions], axis=1)
        chosen.sort(axis=1)
        spare = chosen < 0  # the list ran out
        spare[:, 1:] |= chosen[:, 1:] == chosen[:, :-1]  # two models chose it: keep one
        chosen[spare] = 0
        n_relevant = np.minimum(np.diff(relevant.indptr), length)
        ideal = np.cumsum(_discounts(length))[n_relevant - 1]
        hits = np.take_along_axis(relevant.toarray(), chosen, axis=1) & ~spare
        scores = np.take_along_axis(opinions, chosen[None], axis=2)
        return np.where(spare, -1e9, scores), hits / ideal[:, None]

    def _opinions(self, users, history):
        """Standardised scores of all models: (models, users, items)."""
        models = self._fitted().values()
        return np.stack([standardise(model.score(users, history)) for model in models])

    def _score(self, users, history):
        models = self._fitted()
        scores = np.zeros((len(users), self.n_items_))
        for name, weight in self.weights_.items():
            if weight:
                scores += weight * standardise(models[name].score(users, history))
        return scores

    def _knows(self, users, history):
        models = self._fitted().values()
        return np.any([model._known(users, history) for model in models], axis=0)

    def _fitted(self):
        return self.models if self.prefit else self.models_


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

    def __init__(self, *, replenish, discover, share=None, worth=1.0, prefit=False):
        self.replenish = replenish
        self.discover = discover
        self.share = share
        self.worth = worth
        self.prefit = prefit

    def _fit(self, train, validation):
        models = {"replenish": self.replenish, "discover": self.discover}
        _check_models("replenish and discover", models)
        if self.share is not None and not 0 <= self.share <= 1:
            raise ValueError(f"share must lie between 0 and 1, got {self.share}")
        if not 0 <= self.worth < np.inf:
            raise ValueError(f"worth must be at least 0 and finite, got {self.worth}")
        if self.prefit:
            for name, model in models.items():
                _check_prefit(name, model, train)
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


def standardise(scores):
    """Each row with mean 0 and standard deviation 1, so that two models' scores can be added.

    scores: (n, m) finite numbers → (n, m). A row of equal scores has no opinion and becomes 0.
    Raises ValueError for other shapes and for scores that are not finite.

    >>> standardise([[1.0, 3.0], [5.0, 5.0]])
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    scores = np.array(scores, dtype=np.float64)
    if scores.ndim != 2 or not scores.size:
        raise ValueError(f"scores must be (n, m) with at least one number, got {scores.shape}")
    if not np.isfinite(scores).all():
        raise ValueError(f"scores must be finite, got {scores[~np.isfinite(scores)][0]}")
    scores -= scores.mean(axis=1, keepdims=True)
    spread = scores.std(axis=1, keepdims=True)
    # Equal numbers may differ from their own mean by a rounding error: no opinion all the same.
    same = np.ptp(scores, axis=1, keepdims=True) == 0
    scores /= np.where(same, 1.0, spread)
    scores[same[:, 0]] = 0.0
    return scores


def blend_weights(scores, gains, k, steps=20):
    """How much each model should weigh in a sum: greedy selection with replacement.

    Caruana, Niculescu-Mizil, Crew & Ksikes 2004, Ensemble Selection from Libraries of Models:
    again and again add the model (it may have been added before) with which the sum of those
    picked ranks best; a model's weight is its share of the picks, after the best of all steps.

    scores: (models, n, m), each model's score of each user's candidates; gains: (n, m), what a
    candidate brings at the first place of the list (at place p it brings gain / log2(p + 1); for
    NDCG: 1 / ideal for a relevant one, else 0); k: how many places count; steps: how many picks.
    Returns (models,) weights that add up to 1. Equal sums keep the order of the candidates, equal
    models the order of the models.

    One model finds the relevant product of each user, the other puts it last:

    >>> scores = np.array([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]])
    >>> blend_weights(scores, np.array([[1.0, 0.0], [0.0, 1.0]]), 1)
    array([1., 0.])
    """
    scores, gains = np.asarray(scores, dtype=np.float64), np.asarray(gains, dtype=np.float64)
    if scores.ndim != 3 or scores.shape[1:] != gains.shape:
        raise ValueError(
            f"scores must be (models, n, m) and gains (n, m), got {scores.shape} and {gains.shape}"
        )
    picks, total = np.zeros(len(scores)), np.zeros(gains.shape)
    best, weights = -np.inf, None
    for step in range(1, int(steps) + 1):
        found = [_mean_gain((total + one) / step, gains, int(k)) for one in scores]
        pick = int(np.argmax(np.round(found, 9)))
        picks[pick] += 1
        total += scores[pick]
        if found[pick] > best + 1e-9:
            best, weights = found[pick], picks / step
    return weights


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
    seen, share = np.asarray(seen, dtype=bool), float(share)
    if not replenish.shape == discover.shape == seen.shape or seen.ndim != 2:
        raise ValueError(
            "replenish, discover and seen must be (n, m) of one shape, "
            f"got {replenish.shape}, {discover.shape} and {seen.shape}"
        )
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}")
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


def _mean_gain(scores, gains, k):
    """Mean over rows of Σ gain / log2(place + 1) over the k best-scored columns."""
    lists = top_k(scores, min(k, scores.shape[1]))
    found = np.take_along_axis(gains, lists, axis=1)
    return float(np.mean(found @ _discounts(lists.shape[1])))


def _discounts(k):
    return 1 / np.log2(np.arange(2, k + 2))


def _check_models(name, models):
    if not isinstance(models, dict) or not models:
        raise ValueError(f"{name} must be a dict {{name: Recommender}}, got {models!r}")
    for key, model in models.items():
        if not isinstance(model, Recommender):
            raise ValueError(f"{key} must be a Recommender, got {type(model).__name__}")


def _check_weights(weights, models):
    unknown = set(weights) - set(models)
    if unknown:
        raise ValueError(f"weights must be for {', '.join(models)}, got {sorted(unknown)[0]!r}")
    values = np.array(list(weights.values()), dtype=np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all() and values.sum() > 0):
        raise ValueError(f"weights must be at least 0 and not all 0, got {weights}")


def _check_prefit(name, model, train):
    if not hasattr(model, "popularity_"):
        raise ValueError(f"prefit: {name} ({type(model).__name__}) is not fitted yet")
    if (model.n_users_, model.n_items_) != (train.n_users, train.n_items):
        raise ValueError(
            f"prefit: {name} was fitted on {model.n_users_} users and {model.n_items_} items, "
            f"train has {train.n_users} and {train.n_items}"
        )
