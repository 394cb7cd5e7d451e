"""Training a Keras network inside a recommender: progress, early stopping, interruption."""

import sys
import warnings

import keras
import numpy as np

from course_lib.models.validation import Validation, check_loss, epochs_kept


def train_network(model, batches, *, train, validation, epochs, patience, exclude_seen=True):
    """Train `model.network_` for some epochs and keep the best weights; how many epochs were kept.

    model: a Recommender whose network is built and compiled and whose `_score` works already;
    batches: what `keras.Model.fit` takes (a `keras.utils.PyDataset`, or a pair of inputs and
    targets in a `tf.data.Dataset`), one pass an epoch. With a validation log, each epoch ends with
    NDCG@10 on it (from train as history, `exclude_seen` as in `evaluate`), training stops when it
    has not improved for `patience` epochs, and the best epoch's weights are kept. Without, all
    `epochs` are run. An interruption (Ctrl-C, Interrupt Kernel) keeps what there is: the best
    epoch so far, with a warning that says so. Progress bars show on a terminal only.

    Raises ValueError when the loss is no longer a number.
    """
    stopper = keras.callbacks.EarlyStopping(
        monitor="validation_ndcg",
        mode="max",
        patience=patience,
        restore_best_weights=True,
    )
    goal = None
    if validation is not None:
        goal = Validation(train, validation, exclude_seen=exclude_seen)
    progress = _Progress(model, goal)
    callbacks = [progress] if goal is None else [progress, stopper]
    try:
        model.network_.fit(
            batches,
            epochs=epochs,
            callbacks=callbacks,
            verbose=1 if sys.stdout.isatty() else 0,
        )
    except KeyboardInterrupt:
        if getattr(stopper, "best_weights", None) is not None:
            model.network_.set_weights(stopper.best_weights)
        kept = epochs_kept(progress.losses, progress.ndcg)
        warnings.warn(f"interrupted: kept what {kept} epochs had learned", stacklevel=3)
    model.curve_ = np.array(progress.ndcg)
    model.losses_ = np.array(progress.losses)
    return epochs_kept(progress.losses, progress.ndcg)


class _Progress(keras.callbacks.Callback):
    """Notes loss and validation NDCG of each epoch, and stops at a loss that is no number."""

    def __init__(self, recommender, goal):
        super().__init__()
        self.recommender, self.goal = recommender, goal
        self.losses, self.ndcg = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(check_loss(logs["loss"], epoch))
        if self.goal is not None:
            self.ndcg.append(self.goal.ndcg(self.recommender))
            logs["validation_ndcg"] = self.ndcg[-1]
