"""How wrong a prediction is, as one number to make smaller, and the slope of that number.

Every loss is a mean over its cases. Every `…_gradient` takes the same arguments and returns the
derivative of that mean with respect to the predictions, in their shape. Logarithms are natural
(nats). All functions raise ValueError for NaN, infinity, empty arrays and shapes that differ.
"""

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp

from course_lib.parameters import Number, check_above_0, check_numbers

SMALLEST_PROBABILITY = 1e-7  # what Keras clips to: ln 0 would be minus infinity


def mean_squared_error(y_true, y_pred):
    """Mean of the squared errors: doubling an error makes it four times as costly.

    y_true, y_pred: (n,) or any equal shapes → float, in the squared unit of y.

    >>> round(mean_squared_error([1, 0], [0.8, 0.2]), 10)  # (0.2² + 0.2²) / 2
    0.04
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return float(np.mean((y_pred - y_true) ** 2))


def mean_squared_error_gradient(y_true, y_pred):
    """2 (ŷ - y) / n: the pull grows with the error.

    >>> mean_squared_error_gradient([1, 0], [0, 3])
    array([-1.,  3.])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return 2 * (y_pred - y_true) / y_true.size


def mean_absolute_error(y_true, y_pred):
    """Mean of the absolute errors, in the unit of y; its best constant is the median.

    >>> mean_absolute_error([1, 0], [0, 3])  # (1 + 3) / 2
    2.0
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return float(np.mean(np.abs(y_pred - y_true)))


def mean_absolute_error_gradient(y_true, y_pred):
    """sign(ŷ - y) / n: every error pulls alike; 0 where the error is 0 (a subgradient).

    >>> mean_absolute_error_gradient([1, 0], [0, 3])
    array([-0.5,  0.5])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    return np.sign(y_pred - y_true) / y_true.size


def huber(y_true, y_pred, *, delta=1.0):
    """Squared for errors up to delta, absolute beyond: e²/2, then delta (|e| - delta/2).

    Huber 1964, Robust Estimation of a Location Parameter. delta is in the unit of y and must be
    above 0.

    >>> huber([0, 0], [1, 3], delta=2)  # (1²/2 + 2·(3 - 1)) / 2
    2.25
    """
    y_true, y_pred = _pair(y_true, y_pred)
    size = np.abs(y_pred - y_true)
    inside = np.minimum(size, check_above_0("delta", delta))
    return float(np.mean(inside**2 / 2 + delta * (size - inside)))


def huber_gradient(y_true, y_pred, *, delta=1.0):
    """The error, cut off at ±delta, over n.

    >>> huber_gradient([0, 0], [1, 3], delta=2)
    array([0.5, 1. ])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    delta = check_above_0("delta", delta)
    return np.clip(y_pred - y_true, -delta, delta) / y_true.size


def quantile_loss(y_true, y_pred, q):
    """Too little costs q a unit, too much 1 - q; its best constant is the q-quantile.

    y_true, y_pred: (n,) or any equal shapes; q: above 0 and below 1 → float, in the unit of y. Also
    called pinball loss; half the absolute error for q = 0.5. Koenker & Bassett 1978, Regression
    Quantiles.

    >>> quantile_loss([3, 1], [1, 2], 0.75)  # (0.75 · 2 + 0.25 · 1) / 2
    0.875
    """
    y_true, y_pred = _pair(y_true, y_pred)
    short = y_true - y_pred
    q = Number(above=0, below=1).check("q", q)
    return float(np.mean(np.maximum(q * short, (q - 1) * short)))


def quantile_loss_gradient(y_true, y_pred, q):
    """-q / n below the truth, (1 - q) / n above it; 0 where the error is 0 (a subgradient).

    >>> quantile_loss_gradient([3, 1], [1, 2], 0.75)
    array([-0.375,  0.125])
    """
    y_true, y_pred = _pair(y_true, y_pred)
    short = y_true - y_pred
    q = Number(above=0, below=1).check("q", q)
    return np.where(short > 0, -q, np.where(short < 0, 1 - q, 0.0)) / y_true.size


def binary_cross_entropy(y_true, y_pred):
    """Mean surprise of yes/no outcomes: -ln of the probability given to what happened.

    y_true: (n,) 0, 1 or a probability; y_pred: (n,) probabilities → float, nats. Predictions are
    clipped to [1e-7, 1 - 1e-7], as Keras does, so that a certain and wrong one costs 16.1, not
    infinity. Raises ValueError outside [0, 1]. Good 1952, Rational Decisions.

    >>> round(binary_cross_entropy([1, 0], [0.8, 0.2]), 6)  # -ln 0.8
    0.223144
    """
    y_true, p = _probabilities(y_true, y_pred)
    p = _clipped(p)
    return float(-np.mean(y_true * np.log(p) + (1 - y_true) * np.log(1 - p)))


def binary_cross_entropy_gradient(y_true, y_pred):
    """(p - y) / (p (1 - p)) / n, at the clipped p.

    >>> binary_cross_entropy_gradient([1, 0], [0.5, 0.5])
    array([-1.,  1.])
    """
    y_true, p = _probabilities(y_true, y_pred)
    p = _clipped(p)
    return (p - y_true) / (p * (1 - p)) / y_true.size


def cross_entropy(y_true, y_pred):
    """Mean surprise over several classes: -Σ y ln p in each row.

    y_true: (n, c) one-hot rows or probabilities; y_pred: (n, c) probabilities; or one row each,
    (c,) → float, nats. Clipped as in `binary_cross_entropy`. Raises ValueError unless each row of
    both sums to 1 (to 1e-6). Cover & Thomas 2006, ch. 2.

    >>> round(cross_entropy([[0, 1, 0]], [[0.25, 0.5, 0.25]]), 6)  # ln 2
    0.693147
    """
    y_true, p = _probabilities(y_true, y_pred)
    _rows_sum_to_one(y_true, p)
    return float(-np.mean(np.sum(y_true * np.log(_clipped(p)), axis=-1)))


def cross_entropy_gradient(y_true, y_pred):
    """-y / p / n, with n the number of rows.

    >>> cross_entropy_gradient([[0, 1]], [[0.5, 0.5]])
    array([[-0., -2.]])
    """
    y_true, p = _probabilities(y_true, y_pred)
    _rows_sum_to_one(y_true, p)
    return -y_true / _clipped(p) / (y_true.size // y_true.shape[-1])


def softmax_cross_entropy(logits, targets):
    """Cross-entropy from raw scores: ln Σ exp(z) - z of the right class, never overflowing.

    logits: (n, c) any real numbers; targets: (n,) class numbers from 0 to c - 1 → float, nats.
    Raises ValueError for a target outside that range. Bridle 1990 (softmax).

    >>> round(softmax_cross_entropy([[1000, 0]], [1]), 6)  # exp(1000) alone would overflow
    1000.0
    """
    logits, targets = _logits_and_targets(logits, targets)
    right = logits[np.arange(len(logits)), targets]
    return float(np.mean(log_sum_exp(logits) - right))


def softmax_cross_entropy_gradient(logits, targets):
    """(softmax(z) - one-hot) / n.

    >>> softmax_cross_entropy_gradient([[0, 0]], [1])
    array([[ 0.5, -0.5]])
    """
    logits, targets = _logits_and_targets(logits, targets)
    gradient = softmax(logits)
    gradient[np.arange(len(logits)), targets] -= 1
    return gradient / len(logits)


def bpr(positive, negative):
    """Bayesian personalised ranking: -ln σ(Δ) with Δ = score of the bought - score of the other.

    positive, negative: (n,) scores of pairs → float, nats; ln 2 for a tie. Rendle et al. 2009,
    BPR: Bayesian Personalized Ranking from Implicit Feedback, eq. for BPR-Opt without its
    regularisation, averaged.

    >>> round(bpr([0], [0]), 6)
    0.693147
    """
    positive, negative = _pair(positive, negative)
    return float(np.mean(np.logaddexp(0.0, negative - positive)))


def bpr_gradient(positive, negative):
    """(-σ(-Δ) / n, σ(-Δ) / n): the slopes for the positive and for the negative scores.

    >>> bpr_gradient([0], [0])
    (array([-0.5]), array([0.5]))
    """
    positive, negative = _pair(positive, negative)
    slope = sigmoid(negative - positive) / positive.size
    return -slope, slope


def hinge(positive, negative, *, margin=1.0):
    """0 once the bought item leads by the margin, else what is missing: max(0, margin - Δ).

    >>> hinge([2, 0.5], [0, 0])  # (0 + 0.5) / 2
    0.25
    """
    positive, negative = _pair(positive, negative)
    return float(np.mean(np.maximum(0.0, check_above_0("margin", margin) - (positive - negative))))


def hinge_gradient(positive, negative, *, margin=1.0):
    """(-1/n, 1/n) for pairs inside the margin, 0 from the margin on.

    >>> hinge_gradient([2, 0.5], [0, 0])
    (array([-0. , -0.5]), array([0. , 0.5]))
    """
    positive, negative = _pair(positive, negative)
    inside = (positive - negative < check_above_0("margin", margin)) / positive.size
    return -inside, inside


def sigmoid(x):
    """1 / (1 + exp(-x)): any real number to a probability; no overflow at ±1000.

    >>> float(sigmoid(0)), float(sigmoid(-1000))
    (0.5, 0.0)
    """
    return expit(_finite("x", x))


def log_sum_exp(logits):
    """ln Σ exp(z) along the last axis, with the maximum taken out first so that exp stays small.

    logits: (c,) → a float; (n, c) → (n,). Any finite numbers.

    >>> float(log_sum_exp([1000, 1000]).round(4))  # 1000 + ln 2
    1000.6931
    """
    return logsumexp(_finite("logits", logits), axis=-1)


def softmax(logits):
    """Scores to probabilities that sum to 1 along the last axis: exp(z) / Σ exp(z).

    >>> softmax([1000, 1000])
    array([0.5, 0.5])
    """
    logits = _finite("logits", logits)
    return np.exp(logits - np.expand_dims(log_sum_exp(logits), -1))


def _finite(name, values):
    array = check_numbers(name, values)
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    return array


def _pair(first, second):
    _same_labels(first, second)
    first, second = _finite("the first argument", first), _finite("the second argument", second)
    if first.shape != second.shape:
        # Broadcasting (n,) against (n, 1) would silently average n² differences.
        raise ValueError(f"shapes must be equal, got {first.shape} and {second.shape}")
    return first, second


def _same_labels(first, second):
    """Two pandas objects are paired by place here: their labels must not say otherwise."""
    labelled = isinstance(first, pd.Series | pd.DataFrame) and type(first) is type(second)
    if labelled and not first.index.equals(second.index):
        raise ValueError(
            "the two arguments must have the same index in the same order: values are paired by "
            "place (.to_numpy() drops the labels)"
        )


def _probabilities(y_true, y_pred):
    y_true, y_pred = _pair(y_true, y_pred)
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        outside = values[(values < 0) | (values > 1)]
        if outside.size:
            raise ValueError(f"{name} must lie in [0, 1], got {outside[0]}")
    return y_true, y_pred


def _rows_sum_to_one(y_true, y_pred):
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        total = np.atleast_1d(values.sum(axis=-1))
        off = total[np.abs(total - 1) > 1e-6]
        if off.size:
            raise ValueError(f"each row of {name} must sum to 1, got {off[0]:.6g}")


def _clipped(p):
    return np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)


def _logits_and_targets(logits, targets):
    logits, targets = _finite("logits", logits), np.asarray(targets)
    if logits.ndim != 2 or targets.shape != logits.shape[:1]:
        raise ValueError(
            f"logits must be (n, c) and targets (n,), got {logits.shape} and {targets.shape}"
        )
    if not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(f"targets must be whole class numbers, got {targets.dtype}")
    outside = targets[(targets < 0) | (targets >= logits.shape[1])]
    if outside.size:
        raise ValueError(f"targets must lie in 0..{logits.shape[1] - 1}, got {outside[0]}")
    return logits, targets
