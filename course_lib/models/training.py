"""Training a Keras network inside a recommender: progress, early stopping, interruption."""

import sys

import keras
import numpy as np

from course_lib.models.validation import KeepBest, Validation


def train_network(model, batches, *, train, validation, epochs, patience):
    """Train `model.network_` for some epochs and keep the best weights; how many epochs were kept.

    model: a Recommender whose network is built and compiled and whose `_score` works already;
    batches: what `keras.Model.fit` takes (a `keras.utils.PyDataset`, or a pair of inputs and
    targets in a `tf.data.Dataset`), one pass an epoch, shuffled already. With a validation log,
    each epoch ends with NDCG@10 on it (of first-time purchases, from train as history; a
    Validation in its place says what to look at), training stops when it has not improved for
    `patience` epochs, and the best epoch's weights are kept. Without, all `epochs` are run. An
    interruption (Ctrl-C, Interrupt Kernel) keeps what there is: the best epoch so far, with a
    warning that says so. Progress bars show on a terminal only.

    Raises ValueError when the loss is no longer a number.
    """
    keep = KeepBest(Validation.of(train, validation), patience)
    try:
        model.network_.fit(
            batches,
            epochs=epochs,
            callbacks=[_AfterEpoch(model, keep)],
            verbose=1 if sys.stdout.isatty() else 0,
            shuffle=False,  # by Keras: from Python's global generator, see Shuffled
        )
    except KeyboardInterrupt:
        keep.warn_of_interruption()
    if keep.best is not None:
        model.network_.set_weights(keep.best)
    model.curve_, model.losses_ = np.array(keep.curve), np.array(keep.losses)
    return keep.epochs


class Shuffled(keras.utils.PyDataset):
    """The batches of another dataset, in a new order each epoch.

    What Keras's own `shuffle=True` does, but from a Seeds in place of Python's global generator.
    """

    def __init__(self, batches, seeds):
        super().__init__()
        self.batches, self.seeds = batches, seeds
        self.order = list(range(len(batches)))

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[self.order[index]]

    def on_epoch_begin(self):
        self.order = list(range(len(self.batches)))
        self.seeds.shuffle(self.order)

    def on_epoch_end(self):
        self.batches.on_epoch_end()


class _AfterEpoch(keras.callbacks.Callback):
    """Asks after each epoch how good it was, and whether to go on."""

    def __init__(self, recommender, keep):
        super().__init__()
        self.recommender, self.keep = recommender, keep

    def on_epoch_end(self, epoch, logs=None):
        network = self.recommender.network_
        if self.keep.after_epoch(self.recommender, logs["loss"], network.get_weights):
            network.stop_training = True
        if self.keep.curve:
            logs["validation_ndcg"] = self.keep.curve[-1]
