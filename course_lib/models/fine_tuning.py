"""Fine-tuning: a model that has learned from much learns on from little, whole or by LoRA."""

import math

import keras
from sklearn.base import clone

from course_lib.models.histories import Baskets
from course_lib.models.seeds import Seeds
from course_lib.models.sequences import SequenceRecommender
from course_lib.models.training import train_network
from course_lib.parameters import Maybe, Whole, check_above_0, check_whole


def fine_tuned(model, log, *, epochs=1, learning_rate=0.001, rank=None):
    """A copy of a fitted sequence model that has learned on from `log`; `model` stays as it is.

    model: a SequenceRecommender; log: Interactions of its users and items, as a segment of the
    training log is (`train.select`). rank: None, and all weights learn; a number r, and low-rank
    adaptation (LoRA, Hu et al. 2022) does: beside the matrix W (a, b) of each dense layer of the
    encoder, which stays, A (a, r) and B (r, b) are learned, and the layer uses W + A B. B starts
    at 0, so the copy starts where the model is. Item vectors, positions, biases and norms stay
    too. In the copy A B is added to W, so that it is of the model's size and can be saved.

    The copy has `n_tuned_`, how many numbers were learned, and `losses_`, one an epoch. All
    `epochs` are run, and batches are drawn from the model's seed. Raises ValueError for what is
    no fitted sequence model, a log of other users or items, and one in which nobody has two
    baskets.
    """
    if not isinstance(model, SequenceRecommender):
        raise ValueError(f"model must be a SequenceRecommender, got {type(model).__name__}")
    model._check_fitted()
    model._check_log("log", log)
    epochs, learning_rate = (
        check_whole("epochs", epochs),
        check_above_0("learning_rate", learning_rate),
    )
    Maybe(Whole(1)).check("rank", rank)
    baskets = Baskets(log, horizon=model.horizon)
    if not len(baskets.sources):
        raise ValueError("log must have a user with at least 2 baskets, got none")
    learner = _copy(model)
    if rank is not None:
        _adapt(learner, rank)
    weights = learner.network_.trainable_variables
    learner.network_.compile(keras.optimizers.Adam(float(learning_rate)), jit_compile=False)
    train_network(
        learner, learner._batches(baskets), train=log, validation=None, epochs=epochs, patience=1
    )
    tuned = learner
    if rank is not None:
        tuned = _copy(model)
        for plain, adapted in zip(_dense(tuned), _dense(learner), strict=True):
            plain.kernel.assign(adapted.kernel)  # as Keras gives it: W + A B
        tuned.losses_, tuned.curve_ = learner.losses_, learner.curve_
    tuned.epochs_ = epochs
    tuned.n_tuned_ = sum(math.prod(weight.shape) for weight in weights)
    return tuned


def _copy(model):
    copied = clone(model)
    learned = {key: value for key, value in vars(model).items() if key.endswith("_")}
    vars(copied).update(learned)
    copied._build()
    copied.network_.set_weights(model.network_.get_weights())
    return copied


def _dense(model):
    """The dense layers of the encoder, always in the same order."""
    layers = model.network_.encoder._flatten_layers()
    return [layer for layer in layers if isinstance(layer, keras.layers.Dense)]


def _adapt(model, rank):
    """Freeze all that was learned, and give each dense layer of the encoder its A and B."""
    seeds = Seeds(model.seed)
    for weight in model.network_.trainable_variables:
        weight.trainable = False
    for layer in _dense(model):
        layer.enable_lora(rank, a_initializer=keras.initializers.HeUniform(seed=seeds()))
