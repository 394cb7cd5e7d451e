"""Several recommenders in one: a blend adds up what they think, with weights that are learned."""

from typing import ClassVar

import numpy as np
from sklearn.base import clone

from course_lib.interactions import check_log
from course_lib.models.base import Recommender
from course_lib.models.parts import check_models, check_prefit
from course_lib.models.validation import Validation
from course_lib.parameters import Number, Truth, Whole, check_whole
from course_lib.similarity import top_k

LENGTH = 10  # of the lists that weights are chosen for
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

    _rules: ClassVar[dict] = {"exclude_seen": Truth(), "steps": Whole(1), "prefit": Truth()}

    def __init__(self, *, models, weights=None, exclude_seen=True, steps=20, prefit=False):
        self.models = models
        self.weights = weights
        self.exclude_seen = exclude_seen
        self.steps = steps
        self.prefit = prefit

    def _fit(self, train, validation):
        check_models("models", self.models)
        if validation is not None:
            check_log("validation", validation)
        if self.weights is not None:
            _check_weights(self.weights, self.models)
        if self.prefit:
            for name, model in self.models.items():
                check_prefit(name, model, train)
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
    k, steps = check_whole("k", k), check_whole("steps", steps)
    picks, total = np.zeros(len(scores)), np.zeros(gains.shape)
    best, weights = -np.inf, None
    for step in range(1, steps + 1):
        found = [_mean_gain((total + one) / step, gains, k) for one in scores]
        pick = int(np.argmax(np.round(found, 9)))
        picks[pick] += 1
        total += scores[pick]
        if found[pick] > best + 1e-9:
            best, weights = found[pick], picks / step
    return weights


def _mean_gain(scores, gains, k):
    """Mean over rows of Σ gain / log2(place + 1) over the k best-scored columns."""
    lists = top_k(scores, min(k, scores.shape[1]))
    found = np.take_along_axis(gains, lists, axis=1)
    return float(np.mean(found @ _discounts(lists.shape[1])))


def _discounts(k):
    return 1 / np.log2(np.arange(2, k + 2))


def _check_weights(weights, models):
    if not isinstance(weights, dict):
        raise ValueError(f"weights must be a dict {{name: weight}}, got {weights!r}")
    unknown = set(weights) - set(models)
    if unknown:
        raise ValueError(f"weights must be for {', '.join(models)}, got {sorted(unknown)[0]!r}")
    for name, weight in weights.items():
        Number(least=0).check(f"the weight of {name!r}", weight)
    if not sum(weights.values()):
        raise ValueError(f"weights must be at least 0 and not all 0, got {weights}")
