"""A learner's own model against the contract: the sound ones pass, each broken one is told why."""

import re

import numpy as np
import pytest

from course_lib.contract.board import EVERYONE, SIZE, checkerboard
from course_lib.contract.check_recommender import PERSONAL, PROMISES, check_recommender, promise
from course_lib.models.base import Recommender
from course_lib.models.popularity import Popularity


class Neighbours(Recommender):
    """A sound model of a learner's own: what those who took the same items took besides."""

    def __init__(self, *, weight=1.0):
        self.weight = weight

    def _fit(self, train, validation):
        rows = (train.matrix() > 0).astype(float)
        self.shared_ = self.weight * (rows.T @ rows).toarray()

    def _score(self, users, history):
        return (history.rows(users) > 0).astype(float) @ self.shared_


def test_a_sound_model_keeps_all_promises():
    assert check_recommender(Neighbours()) == [promise(check) for check in PROMISES]


def test_a_model_that_is_not_personal_is_not_asked_for_the_withheld_square():
    kept = check_recommender(Popularity(), personal=False)
    assert kept == [promise(check) for check in PROMISES if check not in PERSONAL]


class WorstFirst(Neighbours):
    def _score(self, users, history):
        return -super()._score(users, history)


class WithoutSeed(Neighbours):
    def _score(self, users, history):
        scores = super()._score(users, history)
        return scores + 0.1 * np.random.default_rng().random(scores.shape)


class WithoutSeedInFit(Neighbours):
    def _fit(self, train, validation):
        super()._fit(train, validation)
        noise = np.random.default_rng().random(self.shared_.shape)
        self.shared_ = self.shared_ + 100 * noise + 1000 * (self.shared_ > 0)


class ScaledByBatch(Neighbours):
    def _score(self, users, history):
        scores = super()._score(users, history)
        return scores / max(1, len(users))


class CountsItsBatch(Neighbours):
    """Item 4 is worth more the more users ask, though never as much as the best ones."""

    def _score(self, users, history):
        scores = super()._score(users, history)
        scores[:, 4] += len(users) - 1
        return scores


class Lists(Neighbours):
    """Writes `recommend` itself, rightly so far: stable order, seen items off, -1 at the end."""

    def recommend(self, users, history, k, *, exclude_seen=True, items=None):
        scores, k = self._masked(users, history, exclude_seen, items), self._k(k)
        lists = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        ended = np.take_along_axis(scores, lists, axis=1) == -np.inf
        lists = np.where(ended, self.filler(), lists)
        full = np.full((len(lists), k), self.filler())
        full[:, : lists.shape[1]] = lists
        return full

    def _k(self, k):
        super().recommend([], checkerboard(), k)  # the frame's own check of k
        return k

    def filler(self):
        return -1

    def _masked(self, users, history, exclude_seen, items):
        super().recommend(users, history, 1, items=items)  # the frame's own checks
        scores = self.score(users, history)
        if exclude_seen:
            scores[history.rows(np.atleast_1d(users).astype(int)).nonzero()] = -np.inf
        if items is not None:
            scores[:, np.setdiff1d(EVERYONE, items)] = -np.inf
        return scores


class Says0(Recommender):
    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        return np.zeros((len(users), self.n_items_))


def test_a_model_that_says_nothing_may_be_sound():
    """Equal scores are in order, 0 too."""
    assert check_recommender(Says0(), personal=False)


def test_a_model_that_lists_in_its_own_way_may_be_sound():
    assert check_recommender(Lists())


class ShowsSeen(Lists):
    def _masked(self, users, history, exclude_seen, items):
        return super()._masked(users, history, False, items)


class HidesSeenAlways(Lists):
    def _masked(self, users, history, exclude_seen, items):
        return super()._masked(users, history, True, items)


class FillsWithZero(Lists):
    def filler(self):
        return 0


class LeavesAGap(Lists):
    """As many different numbers as there are items left, but one of them is the filler."""

    def recommend(self, users, history, k, **options):
        lists = super().recommend(users, history, k, **options)
        if k > SIZE and len(lists):
            lists[:, 3] = -1
        return lists


class IgnoresCandidates(Lists):
    def _masked(self, users, history, exclude_seen, items):
        return super()._masked(users, history, exclude_seen, None)


class NewestFirst(Lists):
    """Ties in the wrong direction are fine, a list against its own scores is not."""

    def recommend(self, users, history, k, **options):
        lists = super().recommend(users, history, k, **options)
        return np.sort(lists, axis=1) if k == SIZE and not options.get("exclude_seen") else lists


class SmallScoresNewestFirst(NewestFirst):
    """What rounding may excuse goes with the scores' size."""

    def __init__(self, *, weight=1e-6):
        super().__init__(weight=weight)


class LongListsDiffer(Lists):
    def recommend(self, users, history, k, **options):
        lists = super().recommend(users, history, k, **options)
        return lists[:, ::-1] if k == 5 else lists


class ColdStartAtItemZero(Neighbours):
    def _knows(self, users, history):
        return np.ones(len(users), dtype=bool)


class FailsForColdUsers(Neighbours):
    def _knows(self, users, history):
        if (np.diff(history.rows(users).indptr) == 0).any():
            raise KeyError("no such user")
        return super()._knows(users, history)


class LearnsByNumber(Neighbours):
    """Keeps a row for each user's number, and says nothing of it: a stranger gets another's row."""

    def _fit(self, train, validation):
        super()._fit(train, validation)
        self.table_ = super()._score(EVERYONE, train)

    def _score(self, users, history):
        return self.table_[users]

    def _knows(self, users, history):
        return self.table_[users].sum(axis=1) > 0


class LearnsByNumberOnly(LearnsByNumber):
    """The same, as most would write it: without `_knows`."""

    def _knows(self, users, history):
        return Recommender._knows(self, users, history)


class ForgetsItsParameter(Neighbours):
    def __init__(self, *, power=1.0):
        super().__init__()


class Misspelt(Neighbours):
    def _score(self, users, history):
        return histroy.rows(users)  # noqa: F821


class Sparse(Neighbours):
    def _score(self, users, history):
        return history.rows(users)


class ReturnsNothing(Neighbours):
    def _score(self, users, history):
        super()._score(users, history)


class ChangesParameters(Neighbours):
    def _fit(self, train, validation):
        self.weight *= 2
        super()._fit(train, validation)


class NotANumber(Neighbours):
    """Shares of what others share: 0 / 0 for an item that was only ever taken alone."""

    def _fit(self, train, validation):
        super()._fit(train, validation)
        others = self.shared_.sum(axis=1) - self.shared_.diagonal()
        with np.errstate(invalid="ignore", divide="ignore"):
            self.shared_ = self.shared_ / np.where(self.popularity_ > 0, others, 1.0)[:, None]


class ScoresOthersShare(Neighbours):
    """Ranks well, and says of what is the only one that its share of the others is 0 / 0."""

    def score(self, users, history):
        scores = super().score(users, history)
        others = scores.sum(axis=1, keepdims=True) - scores.max(axis=1, keepdims=True, initial=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return scores / others


class LendsItsScores(Neighbours):
    """Remembers what it said, and hands out its own memory."""

    def _fit(self, train, validation):
        super()._fit(train, validation)
        self.said_ = {}

    def score(self, users, history):
        users = np.atleast_1d(users)
        return self.said_.setdefault((*users,), super().score(users, history))


class NeedsTwoItems(Neighbours):
    def _fit(self, train, validation):
        super()._fit(train, validation)
        if len(np.unique(train.items)) < 2:
            raise IndexError("index 1 is out of bounds")


class RefusesValidation(Neighbours):
    def fit(self, train):
        return super().fit(train)


class Believes(Neighbours):
    """Writes `score` and `recommend` without the frame's checks."""

    def score(self, users, history):
        return self._scores(np.asarray(users), history)


class KeepsTheLog(Neighbours):
    def _fit(self, train, validation):
        super()._fit(train, validation)
        self._events = train.users.copy()


class KeepsTheMatrix(Neighbours):
    def _fit(self, train, validation):
        super()._fit(train, validation)
        self._rows = train.matrix()


class KeepsEachEvent(Neighbours):
    def _fit(self, train, validation):
        super()._fit(train, validation)
        self.events_ = np.stack([train.users, train.items])


class WrongShape(Neighbours):
    def _score(self, users, history):
        return super()._score(users, history).T


BROKEN = {
    WorstFirst: "The withheld square ranks first. Found: user 0 has all squares of one colour "
    "but 0, and is shown 1 (0 of 24 users are right)",
    WithoutSeed: "A batch equals its users one by one. Found: user 5 scores item",
    WithoutSeedInFit: "The same seed gives the same lists. Found: row 0 is [",
    ScaledByBatch: "A batch equals its users one by one. Found: user 5 scores item",
    CountsItsBatch: "A batch equals its users one by one. Found: user 5 scores item 4 0 alone, 3 "
    "among others",
    ShowsSeen: "and is shown",
    HidesSeenAlways: "A list follows the scores",
    FillsWithZero: "Seen items are left out and -1 fills the end. Found: user 0",
    IgnoresCandidates: "Candidates are all that is listed. Found: row 0 is [",
    NewestFirst: "A list follows the scores, best first. Found: user 0 is shown item",
    SmallScoresNewestFirst: "A list follows the scores, best first. Found: user 0 is shown item",
    LeavesAGap: "Seen items are left out and -1 fills the end. Found: user 0 has 13 items left",
    LongListsDiffer: "A short list is the beginning of a long one. Found: row 0 is [",
    ColdStartAtItemZero: "A user nothing is known of gets the popular items. Found: 7 and 4 are "
    "most popular, a user without events gets [0, 1]",
    FailsForColdUsers: "A user nothing is known of gets the popular items. Found: KeyError: 'no "
    "such user'",
    LearnsByNumber: "New people are served from their history. Found:",
    LearnsByNumberOnly: "What a new person gets does not depend on who else asks. Found: row 0",
    ForgetsItsParameter: "A fresh copy learns and scores. Found: __init__ takes power and does not "
    "keep it as self.power",
    Misspelt: "A fresh copy learns and scores. Found: NameError: name 'histroy' is not defined",
    Sparse: "Found: ValueError: Sparse._score must return numbers of shape (24, 24), got a sparse "
    "csr_array: toarray() gives its numbers",
    ReturnsNothing: "_score must return numbers of shape (24, 24), got None",
    ChangesParameters: "Fitting and recommending change nothing else. Found: fit changed the "
    "parameter weight from 1.0 to 2.0",
    NotANumber: "A hostile log gives full lists all the same. Found: on a log of one item, "
    "ValueError: scores must not be NaN",
    ScoresOthersShare: "A hostile log gives full lists all the same. Found: on a log of one item "
    "scores are NaN",
    LendsItsScores: "Fitting and recommending change nothing else. Found: the scores of user 1 are "
    "others after recommend, or after writing into them",
    NeedsTwoItems: "A hostile log gives full lists all the same. Found: on a log of one item, "
    "IndexError: index 1 is out of bounds",
    RefusesValidation: "A validation log is accepted. Found: TypeError: ",
    Believes: "Misuse is named with value and rule. Found: ",
    KeepsTheLog: "The training log is not kept in the model. Found: _events holds 2,112 bytes",
    KeepsTheMatrix: "The training log is not kept in the model. Found: _rows holds 4,424 bytes",
    KeepsEachEvent: "The training log is not kept in the model. Found: a log with each event 20 "
    "times makes a model of",
    WrongShape: "Found: ValueError: WrongShape._score must return numbers of shape (4, 24), got "
    "float64 of shape (24, 4)",
}


@pytest.mark.parametrize("model", BROKEN, ids=lambda model: model.__name__)
def test_a_broken_model_is_told_which_promise_and_what_was_found(model):
    with pytest.raises(ValueError, match=re.escape(BROKEN[model])) as error:
        check_recommender(model())
    assert str(error.value).startswith(f"{model.__name__} breaks a promise. ")


@pytest.mark.parametrize(
    ("model", "what"), [(Popularity, "the class Popularity"), ("popularity", "'popularity'")]
)
def test_only_a_recommender_object_can_be_tried(model, what):
    with pytest.raises(ValueError, match=f"must be a Recommender object, got {what}"):
        check_recommender(model)
