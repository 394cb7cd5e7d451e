"""What training looks at: the users asked, the epoch kept, when to give up. No Keras needed."""

import warnings

import numpy as np
import pytest
from logs import log

from course_lib.models.base import Recommender
from course_lib.models.validation import MOST_USERS, KeepBest, Validation

TRAIN = log(np.arange(40), np.zeros(40), n_items=4)
LATER = log(np.arange(30), np.arange(30) % 3 + 1, n_users=40, n_items=4)


class Same(Recommender):
    """One list for everybody: item 1, then 2, then 3, then 0."""

    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        return np.tile([0.0, 3, 2, 1], (len(users), 1))


def test_everybody_with_something_to_find_is_asked():
    goal = Validation(TRAIN, LATER)
    assert goal.users.tolist() == list(range(30))
    # A third of them find theirs at place 1, 2 and 3 each.
    expected = np.mean([1, 1 / np.log2(3), 1 / np.log2(4)])
    assert goal.ndcg(Same().fit(TRAIN)) == pytest.approx(expected)


def test_only_the_first_ten_places_count():
    class InOrder(Same):
        def _score(self, users, history):
            return np.tile(-np.arange(13.0), (len(users), 1))

    train = log([0, 1], [0, 0], n_items=13)
    goal = Validation(train, log([0, 1], [10, 11], n_items=13))  # at places 10 and 11
    assert goal.ndcg(InOrder().fit(train)) == pytest.approx(1 / np.log2(11) / 2)


def test_of_many_users_a_seeded_sample_is_asked():
    samples = [Validation(TRAIN, LATER, most_users=12, seed=seed).users for seed in (0, 0, 1)]
    assert [len(users) for users in samples] == [12, 12, 12]
    assert (np.diff(samples[0]) > 0).all()  # nobody twice
    assert samples[0].max() < 30
    assert samples[0].tolist() == samples[1].tolist()
    assert samples[0].tolist() != samples[2].tolist()
    goal = Validation(TRAIN, LATER, most_users=12)
    kind = goal.users % 3  # 0: the item at place 1, and so on
    expected = np.mean(1 / np.log2(kind + 2))
    assert goal.ndcg(Same().fit(TRAIN)) == pytest.approx(expected)


def test_a_shop_of_a_few_thousand_households_is_asked_whole():
    assert MOST_USERS == 10_000
    assert len(Validation(TRAIN, LATER, most_users=30).users) == 30


@pytest.mark.parametrize("bad", [0, 2.5, True])
def test_most_users_is_a_whole_number(bad):
    with pytest.raises(ValueError, match="most_users must be a whole number of at least 1"):
        Validation(TRAIN, LATER, most_users=bad)


class Curve:
    """A goal that says what it was told, one number an epoch."""

    def __init__(self, *curve):
        self.left = list(curve)

    def ndcg(self, model):
        return self.left.pop(0)


def train(keep, epochs=9):
    """Epochs that learn their own number, until `keep` says stop; how many were run."""
    for epoch in range(1, epochs + 1):
        if keep.after_epoch(None, 10.0 - epoch, lambda epoch=epoch: epoch):
            return epoch
    return epochs


@pytest.mark.parametrize(
    ("curve", "patience", "run", "kept"),
    [
        ((0.2, 0.5, 0.4, 0.3, 0.9), 2, 4, 2),
        ((0.2, 0.5, 0.4, 0.6, 0.5, 0.4), 2, 6, 4),  # patience starts anew after each best one
        ((0.5, 0.4, 0.9), 1, 2, 1),
        ((0.3, 0.3, 0.3), 2, 3, 1),  # an equal epoch is no better one
        ((0.0, 0.0, 0.1), 2, 3, 3),
    ],
)
def test_the_best_epoch_is_kept_and_patience_ends_training(curve, patience, run, kept):
    keep = KeepBest(Curve(*curve), patience)
    assert train(keep, len(curve)) == run
    assert keep.epochs == keep.best == kept
    assert keep.curve == list(curve[:run])
    assert keep.losses == [10.0 - epoch for epoch in range(1, run + 1)]


def test_without_a_goal_all_epochs_are_run_and_nothing_is_copied():
    keep = KeepBest(None, 1)
    assert train(keep, 5) == 5
    assert (keep.epochs, keep.best, keep.curve) == (5, None, [])


@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_a_loss_that_is_no_number_is_an_error(loss):
    keep = KeepBest(None, 1)
    keep.after_epoch(None, 1.0, None)
    with pytest.raises(ValueError, match=f"the loss became {loss} in epoch 2: lower the learning"):
        keep.after_epoch(None, loss, None)


def test_an_interruption_is_told_where_fit_was_called():
    class Interrupted(Recommender):
        def _fit(self, train, validation):
            self._train()

        def _train(self):
            keep = KeepBest(Curve(0.1, 0.3, 0.2), 5)
            train(keep, 3)
            keep.warn_of_interruption()

        def _score(self, users, history):
            return np.zeros((len(users), 4))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Interrupted().fit(TRAIN)
    assert str(caught[0].message) == "interrupted: kept what 2 epochs had learned"
    assert caught[0].filename == __file__
