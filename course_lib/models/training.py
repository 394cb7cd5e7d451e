"""Training a Keras network inside a recommender: progress, early stopping, interruption."""

import sys
import warnings

import keras
import numpy as np

from course_lib.metrics import ndcg_at_k
from course_lib.split import relevant_items


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
    progress = _Progress(model, train, validation, exclude_seen)
    callbacks = [progress] if validation is None else [progress, stopper]
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
        kept = _kept(progress)
        warnings.warn(f"interrupted: kept what {kept} epochs had learned", stacklevel=3)
    model.curve_ = np.array(progress.ndcg)
    model.losses_ = np.array(progress.losses)
    return _kept(progress)


class _Progress(keras.callbacks.Callback):
    """Notes loss and validation NDCG of each epoch, and stops at a loss that is no number."""

    def __init__(self, recommender, train, validation, exclude_seen):
        super().__init__()
        self.recommender, self.history_log, self.exclude_seen = recommender, train, exclude_seen
        self.losses, self.ndcg = [], []
        if validation is not None:
            relevant = relevant_items(validation, train, exclude_seen=exclude_seen)
            self.users = np.flatnonzero(np.diff(relevant.indptr))
            if not self.users.size:
                raise ValueError("validation has nothing to find: no user with a relevant item")
            self.relevant = relevant[self.users]
        self.validated = validation is not None

    def on_epoch_end(self, epoch, logs=None):
        if not np.isfinite(logs["loss"]):
            raise ValueError(
                f"the loss became {logs['loss']} in epoch {epoch + 1}: lower the learning rate"
            )
        self.losses.append(float(logs["loss"]))
        if self.validated:
            k = min(10, self.relevant.shape[1])
            lists = self.recommender.recommend(
                self.users, self.history_log, k, exclude_seen=self.exclude_seen
            )
            self.ndcg.append(float(np.mean(ndcg_at_k(lists, self.relevant, k))))
            logs["validation_ndcg"] = self.ndcg[-1]


def _kept(progress):
    return int(np.argmax(progress.ndcg)) + 1 if progress.ndcg else len(progress.losses)
