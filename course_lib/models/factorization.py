"""A short vector for each user and item, learned from ratings or from what should rank higher."""

from typing import ClassVar

import numpy as np
from scipy import sparse

from course_lib.losses import bpr, bpr_gradient
from course_lib.models.base import Recommender
from course_lib.models.pairs import Pairs
from course_lib.models.validation import KeepBest, Validation
from course_lib.parameters import Number, Whole


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
    _rules: ClassVar[dict] = {
        "dimensions": Whole(1),
        "regularisation": Number(least=0),
        "learning_rate": Number(above=0),
        "batch_size": Whole(1),
        "epochs": Whole(1),
        "patience": Whole(1),
        "seed": Whole(0),
    }

    def _fit(self, train, validation):
        rng = np.random.default_rng(self.seed)
        self.known_ = np.bincount(train.users, minlength=self.n_users_) > 0
        for name, n in (("user", self.n_users_), ("item", self.n_items_)):
            start = rng.normal(0, 0.1 / np.sqrt(self.dimensions), (n, self.dimensions))
            setattr(self, f"{name}_vectors_", start.astype(np.float32))
            setattr(self, f"{name}_biases_", np.zeros(n, np.float32))
        self.mean_ = 0.0
        data = self._examples(train)
        names = ["user_vectors_", "item_vectors_", "user_biases_", "item_biases_"]
        adam = _Adam({name: getattr(self, name) for name in names}, self.learning_rate)
        goal = Validation.of(train, validation)
        _train(self, lambda: self._epoch(data, rng, adam), names, goal)

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

    _rules: ClassVar[dict] = {**_Factors._rules, "negatives": Whole(0)}

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

    def _examples(self, train):
        self.mean_ = 1 / (1 + self.negatives) if self.negatives else float(train.values.mean())
        return Pairs(train) if self.negatives else train

    def _epoch(self, data, rng, adam):
        users, items = data.users, data.items
        if self.negatives:
            strangers = np.repeat(users, self.negatives)
            absent = data.draw_absent(strangers, rng)
            there = absent >= 0
            ratings = np.repeat(np.float32([1, 0]), [len(users), there.sum()])
            users = np.concatenate([users, strangers[there]])
            items = np.concatenate([items, absent[there]])
        else:
            ratings = data.values.astype(np.float32)
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

    _rules: ClassVar[dict] = {**_Factors._rules, "popularity": Number(least=0)}

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

    def _examples(self, train):
        return Pairs(train, self.popularity)

    def _epoch(self, pairs, rng, adam):
        absent = pairs.draw_absent(pairs.users, rng)
        there = absent >= 0
        users, items, absent = pairs.users[there], pairs.items[there], absent[there]
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
    membership = sparse.csc_array((ones, index, np.arange(len(index) + 1)), shape=(n, len(index)))
    return membership @ rows


def _train(model, run_epoch, names, goal):
    """Epochs with early stopping, the best kept: what `train_network` does, without Keras."""
    keep = KeepBest(goal, model.patience)

    def learned():
        return {name: getattr(model, name).copy() for name in names}

    try:
        for _ in range(model.epochs):
            if keep.after_epoch(model, run_epoch(), learned):
                break
    except KeyboardInterrupt:
        keep.warn_of_interruption()
    for name, array in (keep.best or {}).items():
        getattr(model, name)[:] = array
    model.losses_, model.curve_ = np.array(keep.losses), np.array(keep.curve)
    model.epochs_ = keep.epochs
