"""Training a network: which epoch is kept, what an interruption leaves, when it stops."""

import _thread
import signal

import keras
import numpy as np
import pandas as pd
import pytest

from course_lib.interactions import Interactions
from course_lib.models.base import Recommender
from course_lib.models.seeds import Seeds
from course_lib.models.training import Shuffled, train_network
from course_lib.models.validation import Validation


@pytest.fixture
def interruptible():
    """Python's own handler of Ctrl-C, which is missing where a shell ignores it (`make test &`)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class OneWeight(Recommender):
    """A network of one weight w that grows by 1 an epoch; it is best when w is 3.

    Item 1 is the right answer; its score is 1 while w is at most 3, then -1.
    """

    def __init__(self, *, epochs=10, patience=2, interrupt_at=None):
        self.epochs, self.patience = epochs, patience
        self.interrupt_at = interrupt_at

    def _build(self):
        inputs = keras.Input((1,))
        layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        self.network_ = keras.Model(inputs, layer(inputs))

    def _fit(self, train, validation):
        self._build()
        # d/dw (w·1 − 100)/1 has the gradient 1·sign: mean absolute error, a step of 1 an epoch.
        self.network_.compile(optimizer=keras.optimizers.SGD(1.0), loss="mean_absolute_error")
        self.epochs_ = train_network(
            self,
            Batches(self),
            train=train,
            validation=validation,
            epochs=self.epochs,
            patience=self.patience,
        )

    @property
    def weight(self):
        return float(self.network_.get_weights()[0][0, 0])

    def _score(self, users, history):
        right = 1.0 if self.weight == 3 else -1.0
        return np.tile([0.0, right, 0.0], (len(users), 1))


class Batches(keras.utils.PyDataset):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def __len__(self):
        return 1

    def __getitem__(self, index):
        if self.model.interrupt_at == self.model.weight:
            _thread.interrupt_main()  # what Ctrl-C does
        return np.ones((1, 1)), np.full((1, 1), 100.0)


def log(rows):
    frame = pd.DataFrame(rows, columns=["user", "item"]).assign(timestamp="2026-01-01")
    whole = Interactions.from_frame(pd.concat([ALL, frame]))
    return whole.select(np.arange(len(whole)) >= len(ALL))


ALL = pd.DataFrame({"user": [1, 1, 1], "item": [5, 6, 7], "timestamp": "2026-01-01"})
TRAIN, VALIDATION = log([(1, 5)]), log([(1, 6)])


def test_the_best_epoch_is_kept_and_training_stops_after_patience():
    model = OneWeight().fit(TRAIN, VALIDATION)
    assert model.weight == 3
    assert model.epochs_ == 3
    assert len(model.curve_) == 5  # epochs 4 and 5 were no better
    assert np.argmax(model.curve_) == 2


def test_without_validation_all_epochs_are_run():
    model = OneWeight(epochs=4).fit(TRAIN)
    assert (model.weight, model.epochs_, len(model.losses_)) == (4, 4, 4)
    assert model.losses_.tolist() == [100, 99, 98, 97]


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_keeps_the_best_epoch_so_far():
    with pytest.warns(UserWarning, match="interrupted: kept what 3 epochs had learned"):
        model = OneWeight(interrupt_at=4).fit(TRAIN, VALIDATION)
    assert (model.weight, model.epochs_) == (3, 3)
    assert model.recommend([0], TRAIN, 1).tolist() == [[1]]


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_without_validation_keeps_the_last_epoch():
    with pytest.warns(UserWarning, match="kept what 2 epochs had learned"):
        model = OneWeight(interrupt_at=2).fit(TRAIN)
    assert model.epochs_ == 2
    assert model.weight >= 2  # the epoch that was cut short may have moved it further


def test_batches_come_in_an_order_of_our_own_drawn_anew_each_epoch():
    class Numbered(keras.utils.PyDataset):
        def __len__(self):
            return 9

        def __getitem__(self, index):
            return index

        def on_epoch_end(self):
            self.told = True

    batches, orders = Shuffled(Numbered(), Seeds(4)), []
    for _ in range(2):
        batches.on_epoch_begin()
        orders.append([batches[i] for i in range(len(batches))])
        batches.on_epoch_end()
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(9))
    assert orders[0] != orders[1]
    assert batches.batches.told
    again = Shuffled(Numbered(), Seeds(4))
    again.on_epoch_begin()
    assert [again[i] for i in range(9)] == orders[0]


def test_a_loss_that_is_no_number_is_an_error():
    class Infinite(OneWeight):
        def _build(self):
            super()._build()
            self.network_.set_weights([np.full((1, 1), np.inf)])

    with pytest.raises(ValueError, match="the loss became inf in epoch 1: lower the learning rate"):
        Infinite().fit(TRAIN)


def test_a_validation_with_nothing_to_find_is_an_error():
    with pytest.raises(ValueError, match="validation has nothing to find"):
        OneWeight().fit(TRAIN, log([(1, 5)]))  # only a repeat, and the task is to discover


def test_the_task_to_stop_on_can_be_replenish():
    with pytest.raises(ValueError, match="validation has nothing to find"):
        OneWeight().fit(TRAIN, Validation(TRAIN, VALIDATION, exclude_seen=False))
