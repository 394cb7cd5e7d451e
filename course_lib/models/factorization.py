"""A short vector for each user and item, learned from ratings or from what should rank higher."""

import warnings

import numpy as np
from scipy import sparse

from course_lib.losses import bpr, bpr_gradient
from course_lib.models.base import Recommender
from course_lib.models.validation import Validation, check_loss, epochs_kept
from course_lib.parameters import check_above_0, check_whole

TRIES = 20  # draws of an absent item before a user counts as one who has everything


def factor_gradients(user_vectors, item_vectors, errors, regularisation):
    """How the cost of a rating changes with the two vectors whose product predicts it.

    The cost of one rating r is ½ (r − p·q)² + ½ λ (|p|² + |q|²), its error e = r − p·q, and the
    gradients are −e q + λ p for the user's vector p and −e p + λ q for the item's vector q. A step
    of stochastic gradient descent subtracts them times the learning rate: the update rules of
    Koren, Bell & Volinsky 2009, Matrix Factorization Techniques for Recommender Systems, p. 45
    (they write γ for the rate).

    user_vectors, item_vectors: (n, d), row i for rating i; errors: (n,); regularisation: λ →
    two (n, d) arrays. Nothing is changed in place.

    >>> to_user, to_item = factor_gradients([[1.0, 0.0]], [[0.5, 2.0]], [0.5], 0.1)
    >>> to_user, to_item
    (array([[-0.15, -1.  ]]), array([[-0.45,  0.2 ]]))
    """
    p, q = np.asarray(user_vectors), np.asarray(item_vectors)
    errors = np.asarray(errors)[:, None]
    return regularisation * p - errors * q, regularisation * q - errors * p


class _Factors(Recommender):
    """What both factorisations share: vectors, biases, mini-batches, early stopping."""

    _by_id = True

    def _fit(self, train, validation):
        _check_parameters(self)
        rng = np.random.default_rng(self.seed)
        self.known_ = np.bincount(train.users, minlength=self.n_users_) > 0
        for name, n in (("user", self.n_users_), ("item", self.n_items_)):
            start = rng.normal(0, 0.1 / np.sqrt(self.dimensions), (n, self.dimensions))
            setattr(self, f"{name}_vectors_", start.astype(np.float32))
            setattr(self, f"{name}_biases_", np.zeros(n, np.float32))
        self.mean_ = 0.0
        self._prepare(train)
        names = ["user_vectors_", "item_vectors_", "user_biases_", "item_biases_"]
        adam = _Adam({name: getattr(self, name) for name in names}, self.learning_rate)
        _train(self, lambda: self._epoch(train, rng, adam), names, train, validation)

    def _score(self, users, history):
        # The user's own bias and the mean move a whole row: they are kept, scores are predictions.
        scores = (self.user_vectors_[users] @ self.item_vectors_.T).astype(np.float64)
        scores += self.item_biases_ + (self.user_biases_[users] + self.mean_)[:, None]
        return scores

    def _knows(self, users, history):
        return self.known_[users]

    def _batches(self, n, rng):
        order = rng.permutation(n)
        for start in range(0, n, self.batch_size):
            yield order[start : start + self.batch_size]


class MatrixFactorization(_Factors):
    """A rating is the mean, plus how generous the user is, plus how good the item, plus taste.

    r̂(u, i) = μ + b_u + b_i + p_u · q_i, learned by mini-batch Adam on the squared error plus
    λ (b_u² + b_i² + |p_u|² + |q_i|²) for each rating (Koren, Bell & Volinsky 2009, Matrix
    Factorization Techniques for Recommender Systems, IEEE Computer 42(8), eq. 5).

    negatives: 0 reads the log as ratings, one for each event, from its `values`. But a log of
    purchases has no low ratings: from purchases alone nothing can be learned about what is not
    bought. So by default each pair of a user and an item that occurs has the target 1, and with it
    `negatives` items that the user does not have are drawn anew in each epoch, with the target 0.

    dimensions: length of the vectors; regularisation: λ; epochs: the most; with a validation log
    training stops after `patience` epochs without a better NDCG@10, and the best epoch is kept.

    Learned: user_vectors_ (n_users, d), item_vectors_ (n_items, d), user_biases_, item_biases_,
    mean_, epochs_ (how many were kept), losses_, curve_ (validation NDCG@10 of each epoch).
    History changes nothing but what is excluded: a user is known by id. A user without an event
    in train gets the most popular items; an item without one has little but its start vector.
    """

    def __init__(
        self,
        *,
        dimensions=32,
        regularisation=0.02,
        negatives=4,
        learning_rate=0.005,
        batch_size=8192,
        epochs=10,
        patience=2,
        seed=0,
    ):
        self.dimensions = dimensions
        self.regularisation = regularisation
        self.negatives = negatives
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _prepare(self, train):
        if self.negatives:
            self._pairs = Pairs(train)
            self.mean_ = 1 / (1 + self.negatives)
        else:
            self.mean_ = float(train.values.mean())

    def _epoch(self, train, rng, adam):
        if self.negatives:
            users, items = self._pairs.users, self._pairs.items
            strangers = np.repeat(users, self.negatives)
            absent = self._pairs.draw_absent(strangers, rng)
            there = absent >= 0
            ratings = np.repeat(np.float32([1, 0]), [len(users), there.sum()])
            users = np.concatenate([users, strangers[there]])
            items = np.concatenate([items, absent[there]])
        else:
            users, items, ratings = train.users, train.items, train.values.astype(np.float32)
        total = 0.0
        for batch in self._batches(len(users), rng):
            total += self._step(users[batch], items[batch], ratings[batch], adam)
        return total / len(users)

    def _step(self, users, items, ratings, adam):
        p, q = self.user_vectors_[users], self.item_vectors_[items]
        b_u, b_i = self.user_biases_[users], self.item_biases_[items]
        errors = ratings - (np.float32(self.mean_) + b_u + b_i + np.einsum("bd,bd->b", p, q))
        to_user, to_item = factor_gradients(p, q, errors, self.regularisation)
        adam.step(
            user_vectors_=_sum_rows(users, to_user, self.n_users_),
            item_vectors_=_sum_rows(items, to_item, self.n_items_),
            user_biases_=np.bincount(users, self.regularisation * b_u - errors, self.n_users_),
            item_biases_=np.bincount(items, self.regularisation * b_i - errors, self.n_items_),
        )
        return float(errors @ errors)


class BPR(_Factors):
    """What a user bought should stand above what the user did not: by how much is all that counts.

    For each pair (u, i) of the log an item j that u does not have is drawn, uniformly and anew in
    each epoch; the cost is −ln σ(x_ui − x_uj) + ½ λ (|p_u|² + |q_i|² + |q_j|² + b_i² + b_j²) with
    x_ui = b_i + p_u · q_i (Rendle et al. 2009, BPR: Bayesian Personalized Ranking from Implicit
    Feedback, UAI, sec. 4.3.1), learned by mini-batch Adam. Only differences within a user matter,
    so scores are no predictions of anything. `popularity` above 0 draws j in proportion to the
    number of users who have it, to that power: harder pairs (1: as often as it is bought).

    Parameters, what is learned, and unknown users as in `MatrixFactorization` (user_biases_ and
    mean_ stay 0).
    """

    def __init__(
        self,
        *,
        dimensions=32,
        regularisation=0.02,
        popularity=0.0,
        learning_rate=0.005,
        batch_size=8192,
        epochs=20,
        patience=2,
        seed=0,
    ):
        self.dimensions = dimensions
        self.regularisation = regularisation
        self.popularity = popularity
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _prepare(self, train):
        self._pairs = Pairs(train, self.popularity)

    def _epoch(self, train, rng, adam):
        absent = self._pairs.draw_absent(self._pairs.users, rng)
        there = absent >= 0
        users, items = self._pairs.users[there], self._pairs.items[there]
        absent = absent[there]
        if not len(users):
            return 0.0  # everyone has everything: nothing to rank
        total = 0.0
        for batch in self._batches(len(users), rng):
            total += self._step(users[batch], items[batch], absent[batch], adam)
        return total / len(users)

    def _step(self, users, items, absent, adam):
        p, q_i, q_j = (
            self.user_vectors_[users],
            self.item_vectors_[items],
            self.item_vectors_[absent],
        )
        b_i, b_j = self.item_biases_[items], self.item_biases_[absent]
        x_i, x_j = (b + np.einsum("bd,bd->b", p, q) for b, q in ((b_i, q_i), (b_j, q_j)))
        down = -bpr_gradient(x_i, x_j)[0] * len(users)  # σ(x_j − x_i) of each pair
        down = down.astype(np.float32)
        lam = self.regularisation
        to_item = np.concatenate([lam * q_i - down[:, None] * p, lam * q_j + down[:, None] * p])
        to_bias = np.concatenate([lam * b_i - down, lam * b_j + down])
        both = np.concatenate([items, absent])
        to_user = lam * p - down[:, None] * (q_i - q_j)
        adam.step(
            user_vectors_=_sum_rows(users, to_user, self.n_users_),
            item_vectors_=_sum_rows(both, to_item, self.n_items_),
            item_biases_=np.bincount(both, to_bias, self.n_items_),
        )
        return bpr(x_i, x_j) * len(users)


class Pairs:
    """The distinct (user, item) pairs of a log, and draws of items that a user does not have."""

    def __init__(self, log, popularity=0.0):
        rows = log.matrix()
        self.n_items = log.n_items
        self.users = np.repeat(np.arange(log.n_users), np.diff(rows.indptr))
        self.items = rows.indices.astype(np.int64)
        self.keys = np.sort(self.users * self.n_items + self.items)
        # An item that nobody has can be drawn when all are alike: 0 to the power 0 is 1.
        weights = np.bincount(self.items, minlength=self.n_items).astype(np.float64) ** popularity
        self.ends = np.cumsum(weights) / weights.sum()

    def draw_absent(self, users, rng):
        """(len(users),) items that these users do not have; -1 for who has everything drawn."""
        drawn = np.full(len(users), -1)
        left = np.arange(len(users))
        for _ in range(TRIES):
            items = np.searchsorted(self.ends, rng.random(len(left)) * self.ends[-1], side="right")
            keys = users[left] * self.n_items + items
            places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            absent = self.keys[places] != keys
            drawn[left[absent]] = items[absent]
            left = left[~absent]
            if not len(left):
                break
        return drawn


class _Adam:
    """Adam (Kingma & Ba 2015, algorithm 1) on NumPy arrays, in place, with its usual constants."""

    def __init__(self, arrays, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.arrays, self.rate, self.epsilon = arrays, learning_rate, epsilon
        self.beta_1, self.beta_2, self.steps = beta_1, beta_2, 0
        self.first = {name: np.zeros_like(array) for name, array in arrays.items()}
        self.second = {name: np.zeros_like(array) for name, array in arrays.items()}

    def step(self, **gradients):
        self.steps += 1
        correction = np.sqrt(1 - self.beta_2**self.steps) / (1 - self.beta_1**self.steps)
        for name, gradient in gradients.items():
            first, second = self.first[name], self.second[name]
            first *= self.beta_1
            first += (1 - self.beta_1) * gradient
            second *= self.beta_2
            second += (1 - self.beta_2) * gradient**2
            change = first / (np.sqrt(second) + self.epsilon)
            change *= self.rate * correction
            self.arrays[name] -= change


def _sum_rows(index, rows, n):
    """(n, d): the sum of the rows of each index; a sparse product is far faster than np.add.at."""
    ones = np.ones(len(index), rows.dtype)
    places = sparse.csc_array((ones, index, np.arange(len(index) + 1)), shape=(n, len(index)))
    return places @ rows


def _train(model, run_epoch, names, train, validation):
    """Epochs with early stopping, the best kept: what `train_network` does, without Keras."""
    goal = None if validation is None else Validation(train, validation)
    losses, curve, best = [], [], {}
    try:
        for epoch in range(model.epochs):
            losses.append(check_loss(run_epoch(), epoch))
            if goal is None:
                continue
            curve.append(goal.ndcg(model))
            if np.argmax(curve) == epoch:
                best = {name: getattr(model, name).copy() for name in names}
            elif epoch - np.argmax(curve) >= model.patience:
                break
    except KeyboardInterrupt:
        kept = epochs_kept(losses, curve)
        warnings.warn(f"interrupted: kept what {kept} epochs had learned", stacklevel=4)
    for name, array in best.items():
        getattr(model, name)[:] = array
    model.losses_, model.curve_ = np.array(losses), np.array(curve)
    model.epochs_ = epochs_kept(losses, curve)


def _check_parameters(model):
    """ValueError, naming value and rule, for a hyper-parameter that cannot be meant."""
    least = {"dimensions": 1, "batch_size": 1, "epochs": 1, "patience": 1, "negatives": 0}
    for name, lowest in least.items():
        check_whole(name, getattr(model, name, lowest), lowest)
    check_above_0("learning_rate", model.learning_rate)
    for name in ("regularisation", "popularity"):
        value = getattr(model, name, 0.0)
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be at least 0, got {value!r}")
