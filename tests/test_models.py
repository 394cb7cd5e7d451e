"""One contract for every model of the course, and what the frame of all models does itself."""

import inspect
import tracemalloc
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from course_lib import models
from course_lib.contract.board import EVERYONE, HOSTILE, SIZE, TITLES, Trial, board, checkerboard
from course_lib.contract.check_recommender import PERSONAL, PROMISES, hold
from course_lib.contract.learning import (
    hostile_log,
    hostile_logs,
    nothing_else_changes,
    same_seed_same_list,
    validation_is_accepted,
)
from course_lib.contract.lists import cold_user_gets_popular, withheld_first
from course_lib.interactions import Interactions
from course_lib.models.base import Recommender
from course_lib.models.chance import Chance
from course_lib.models.content import Content
from course_lib.models.ease import EASE
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase
from course_lib.parameters import Whole

# Everything a model needs so that it can learn the checkerboard; what is not named has defaults.
PARAMETERS = {
    "Content": {"titles": TITLES},
    "GenerativeRetrieval": {
        "item_vectors": np.eye(SIZE),
        "codes": 6,
        "levels": 2,
        "dimensions": 16,
        "epochs": 60,
        "learning_rate": 0.01,
        "dropout": 0.0,
    },
    "Hybrid": {"models": {"content": Content(titles=TITLES), "EASE": EASE()}},
    "Mix": {"replenish": Repurchase(), "discover": EASE()},
    "BERT4Rec": {"epochs": 40, "learning_rate": 0.01, "batch_size": 8},
    "RelativeSASRec": {"epochs": 20, "learning_rate": 0.01},
    "NeuralCF": {"epochs": 60, "learning_rate": 0.01},
    "Reranker": {"first": EASE()},
}
# Popularity sees no difference between squares, own counts know no new ones: the controls.
IN_A_MOMENT = [
    same_seed_same_list,
    nothing_else_changes,
    validation_is_accepted,
    cold_user_gets_popular,
]
NOT_PERSONAL = {"Chance", "Popularity", "Repurchase"}


def model_classes():
    """Name and class of all models in course_lib.models but those that others there derive from."""
    found = dict(all_classes())
    bases = {base for kind in found.values() for base in kind.__mro__[1:]}
    return {name: kind for name, kind in found.items() if kind not in bases}


def all_classes():
    for path in sorted(Path(models.__path__[0]).glob("*.py")):
        module = import_module(f"course_lib.models.{path.stem}")
        for name, found in inspect.getmembers(module, inspect.isclass):
            own = found.__module__ == module.__name__
            if own and issubclass(found, Recommender) and not inspect.isabstract(found):
                yield name, found


MODELS = model_classes()
everyone = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def trial():
    """Each model on trial, fitted on the checkerboard once."""
    trials = {}

    def of(name):
        if name not in trials:
            trials[name] = Trial(MODELS[name](**PARAMETERS.get(name, {})))
        return trials[name]

    return of


@pytest.mark.parametrize(
    "check",
    [check for check in PROMISES if check not in (*PERSONAL, *IN_A_MOMENT, hostile_logs)],
    ids=lambda check: check.__name__,
)
@everyone
def test_a_promise_is_kept(name, check, trial):
    hold(check, trial(name))


@pytest.mark.parametrize("check", IN_A_MOMENT, ids=lambda check: check.__name__)
@pytest.mark.usefixtures("without_graphs")
@everyone
def test_a_promise_of_quick_fits_is_kept(name, check, trial):
    hold(check, trial(name))


@pytest.mark.parametrize("log", HOSTILE)
@pytest.mark.usefixtures("without_graphs")
@everyone
def test_a_hostile_log_gives_full_lists_all_the_same(name, log, trial):
    hostile_log(trial(name), log, HOSTILE[log]())


@pytest.mark.parametrize("check", PERSONAL, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", [name for name in MODELS if name not in NOT_PERSONAL])
def test_a_promise_of_personal_models_is_kept(name, check, trial):
    hold(check, trial(name))


@pytest.mark.parametrize("name", sorted(NOT_PERSONAL))
def test_a_model_that_is_not_personal_does_not_pass_for_one(name, trial):
    with pytest.raises(ValueError, match="The withheld square ranks first"):
        hold(withheld_first, trial(name))
    first = trial(name).fitted.recommend(np.arange(SIZE), checkerboard(), 1)[:, 0]
    assert np.mean(first == np.arange(SIZE)) < 0.5


# What the frame does itself, for whatever model.


class Table(Recommender):
    """Scores as they were given, a row a user."""

    def __init__(self, *, scores):
        self.scores = scores

    def _fit(self, train, validation):
        self.asked_ = []

    def _score(self, users, history):
        self.asked_.append(users)
        return self.scores[users]


def table(scores, log=None):
    return Table(scores=np.asarray(scores)).fit(checkerboard() if log is None else log)


DISTINCT = np.random.default_rng(0).permutation(SIZE * SIZE).reshape(SIZE, SIZE)


def test_scores_that_are_nan_are_an_error():
    with pytest.raises(ValueError, match="scores must not be NaN"):
        table(np.full((SIZE, SIZE), np.nan)).recommend([0], checkerboard(), 1)


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int64", "uint64", "bool", "float16", "float32"]
)
def test_scores_of_any_dtype_are_ranked(dtype):
    scores = np.tile(np.arange(SIZE) % 2, (SIZE, 1)).astype(dtype)  # odd items first
    lists = table(scores).recommend([0], checkerboard(), 3, exclude_seen=False)
    assert lists.tolist() == [[1, 3, 5]]
    lists = table(scores).recommend([1], checkerboard(), 2)  # who has all odd items but 1
    assert lists.tolist() == [[1, 0]]


def test_a_model_that_returns_its_own_table_keeps_it():
    class Own(Table):
        def _score(self, users, history):
            return self.scores  # for everyone: the table itself, no copy

    scores = DISTINCT.astype(float)
    model = Own(scores=scores.copy()).fit(checkerboard())
    model.recommend(EVERYONE, checkerboard(), 3)
    model.score(EVERYONE, checkerboard())[:] = 0
    assert (model.scores == scores).all()
    frozen = scores.copy()
    frozen.flags.writeable = False
    assert Own(scores=frozen).fit(checkerboard()).recommend(EVERYONE, checkerboard(), 3).shape


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        (np.zeros((SIZE, SIZE + 1)), r"got float64 of shape \(2, 25\)"),
        (np.zeros(SIZE), r"got float64 of shape \(2,\)"),
        (np.full((SIZE, SIZE), "high"), r"got <U4 of shape \(2, 24\)"),
        (np.zeros((SIZE, SIZE), complex), r"got complex128 of shape \(2, 24\)"),
        (np.full((SIZE, SIZE), None), r"got object of shape \(2, 24\)"),
    ],
)
def test_what_score_returns_is_checked_and_named(scores, found):
    rule = r"Table\._score must return numbers of shape \(2, 24\), "
    with pytest.raises(ValueError, match=rule + found):
        table(scores).recommend([3, 4], checkerboard(), 1)


def test_one_user_alone_gets_one_row():
    model = table(DISTINCT)
    several = model.recommend([7], checkerboard(), 3)
    for user in (7, np.int8(7), np.array(7, dtype=np.uint16)):
        assert model.recommend(user, checkerboard(), 3).tolist() == several.tolist()
    assert model.score(7, checkerboard()).shape == (1, SIZE)


@pytest.mark.parametrize("users", [True, [True, False], 0.0, [0.0], "ann", None, [[0, 1]]])
def test_what_is_no_user_number_is_refused(users):
    with pytest.raises(ValueError, match=r"users must be \(n,\) whole numbers"):
        table(DISTINCT).recommend(users, checkerboard(), 1)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint64"])
def test_users_and_items_of_any_whole_dtype(dtype):
    model, items = table(DISTINCT), np.array([20, 3, 8, 11])
    expected = model.recommend([3, 20], checkerboard(), 2, items=items)
    lists = model.recommend(np.array([3, 20], dtype), checkerboard(), 2, items=items.astype(dtype))
    assert lists.tolist() == expected.tolist()


def test_candidates_by_hand():
    model = table(np.tile([5, 1, 4, 2, 3] + [0] * (SIZE - 5), (SIZE, 1)))
    log = board([[2], [3], [1]])
    # order 0, 2, 4, 3, 1, then 5, 6, …; user 0 has 2, user 1 has 3, user 2 has 1
    lists = model.recommend([0, 1, 2], log, 3, items=[1, 2, 3, 6])
    assert lists.tolist() == [[3, 1, 6], [2, 1, 6], [2, 3, 6]]
    lists = model.recommend([0], log, 3, items=[1, 2, 3, 6], exclude_seen=False)
    assert lists.tolist() == [[2, 3, 1]]
    assert model.recommend([0], log, 3, items=[9, 7, 7]).tolist() == [[7, 9, -1]]  # ties, twice
    assert model.recommend([0], log, 2, items=[]).tolist() == [[-1, -1]]
    assert model.recommend([0], log, 2, items=[2]).tolist() == [[-1, -1]]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([SIZE], f"items must lie in 0..23, got {SIZE}"),
        ([-1], "items must lie in 0..23, got -1"),
        ([0.0], r"items must be \(m,\) whole numbers, got float64"),
        ([True] * SIZE, r"items must be \(m,\) whole numbers, got bool"),
        (3, r"items must be \(m,\) whole numbers, got int64 of shape \(\)"),
        (["tea"], r"items must be \(m,\) whole numbers, got <U3"),
    ],
)
def test_what_is_no_candidate_is_refused(items, message):
    with pytest.raises(ValueError, match=message):
        table(DISTINCT).recommend([0], checkerboard(), 1, items=items)


@pytest.mark.parametrize("wish", ["no", 0, None])
def test_whether_seen_items_are_left_out_is_said_with_true_or_false(wish):
    with pytest.raises(ValueError, match="exclude_seen must be True or False, got"):
        EASE().fit(checkerboard()).recommend([0], checkerboard(), 1, exclude_seen=wish)


def test_a_list_longer_than_the_catalogue_ends_in_minus_one():
    lists = table(DISTINCT).recommend([0], checkerboard(), SIZE + 3, exclude_seen=False)
    assert lists.shape == (1, SIZE + 3)
    assert (lists[0, SIZE:] == -1).all()
    assert sorted(lists[0, :SIZE]) == EVERYONE.tolist()


def test_lists_that_cannot_fit_are_refused_before_they_are_asked_for():
    with pytest.raises(ValueError, match=r"1 lists of 1,000,.* GB are available"):
        table(DISTINCT).recommend([0], checkerboard(), 10**15)


def test_a_user_is_asked_for_once(monkeypatch):
    from course_lib.models import base

    model, users = table(DISTINCT), np.array([3, 1, 4, 1, 5, 9, 2, 6])
    whole = model.recommend(users, checkerboard(), 3)
    monkeypatch.setattr(base, "SCORES_AT_ONCE", 3 * SIZE)
    model.asked_.clear()
    assert model.recommend(users, checkerboard(), 3).tolist() == whole.tolist()
    assert [batch.tolist() for batch in model.asked_] == [[3, 1, 4], [1, 5, 9], [2, 6]]
    batches = list(model.recommend_in_batches(users, checkerboard(), 3))
    assert [some.tolist() for some, _ in batches] == [[3, 1, 4], [1, 5, 9], [2, 6]]
    assert np.concatenate([lists for _, lists in batches]).tolist() == whole.tolist()


def test_lists_in_batches_are_checked_before_the_first_is_made():
    with pytest.raises(ValueError, match="k must be a whole number"):
        table(DISTINCT).recommend_in_batches([0], checkerboard(), 0)


def test_a_history_is_looked_up_seldom(monkeypatch):
    """Three times a batch: for what is known of a user, for the scores, for what is seen."""
    calls, rows = [], Interactions.rows
    monkeypatch.setattr(
        Interactions, "rows", lambda log, users: calls.append(1) or rows(log, users)
    )
    model = EASE().fit(checkerboard())
    model.recommend(EVERYONE, checkerboard(), 3)
    assert len(calls) <= 3


def test_memory_does_not_grow_with_users(monkeypatch):
    """20,000 × 500 scores would be 80 MB; some hundred users at a time are 1."""
    from course_lib.models import base

    n_users, n_items = 20_000, 500
    monkeypatch.setattr(base, "SCORES_AT_ONCE", 1 << 17)
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(n_users), 2)
    log = Interactions(
        users,
        rng.integers(0, n_items, users.size),
        np.full(users.size, np.datetime64("2026-01-01", "s")),
        np.ones(users.size),
        np.arange(n_users),
        np.arange(n_items),
    )
    model = Chance().fit(log)
    log.rows([0])  # the log's own table, made once
    peaks = []
    for n in (n_users // 10, n_users):
        tracemalloc.start()
        shown = sum(len(lists) for _, lists in model.recommend_in_batches(np.arange(n), log, 5))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert shown == n
    assert peaks[1] < 10 * 2**20
    assert peaks[1] < peaks[0] + 2**19  # the numbers of 18,000 more users aside


def test_one_ranking_for_all_gives_the_lists_of_their_scores(monkeypatch):
    """Popularity is ranked once; each user's own scores must lead to the same lists."""
    rng = np.random.default_rng(1)
    log = board([rng.choice(SIZE, rng.integers(0, SIZE + 1)).tolist() for _ in range(SIZE)])
    shared = Popularity().fit(log)
    monkeypatch.setattr(Popularity, "_ranking", lambda self: None)
    alone = Popularity().fit(log)
    for options in (
        {"k": 3},
        {"k": SIZE + 2},
        {"k": 4, "exclude_seen": False},
        {"k": 5, "items": [3, 9, 4, 20, 11, 2]},
        {"k": 5, "items": [3, 9], "exclude_seen": False},
        {"k": 5, "items": []},
    ):
        expected = alone.recommend(EVERYONE, log, **options)
        with monkeypatch.context() as patch:
            patch.setattr(Popularity, "_ranking", lambda self: self.scores_)
            patch.setattr(Popularity, "_score", None)  # not needed
            found = shared.recommend(EVERYONE, log, **options)
        assert found.tolist() == expected.tolist(), options


def test_a_subclass_with_scores_of_its_own_is_not_ranked_by_its_parents():
    class Backwards(Popularity):
        def _score(self, users, history):
            return -super()._score(users, history)

    log = board([[0, 1, 2], [1, 2], [2]])
    assert Popularity().fit(log).recommend([9], log, 3).tolist() == [[2, 1, 0]]
    assert Backwards().fit(log).recommend([9], log, 3).tolist() == [[3, 4, 5]]


def test_a_log_in_another_order_is_refused_and_named():
    """The same events, read newest first: other numbers for the same people and products."""
    log = checkerboard()
    names = np.array([f"user {number}" for number in range(SIZE)], dtype=object)
    first = Interactions(log.users, log.items, log.timestamps, log.values, names, log.item_ids)
    again = Interactions(
        SIZE - 1 - log.users, log.items, log.timestamps, log.values, names[::-1], log.item_ids
    )
    model = EASE().fit(first)
    for use in (model.score, lambda users, log: model.recommend(users, log, 1)):
        with pytest.raises(ValueError) as error:
            use([0], again)
        assert str(error.value) == (
            "history must number its users as train does: user 0 is 'user 23', in train 'user 0'; "
            "give it train's numbers: log.reindex(train.user_ids, train.item_ids)"
        )
    same = again.reindex(first.user_ids, first.item_ids)
    assert (
        model.recommend(EVERYONE, same, 1).tolist() == model.recommend(EVERYONE, first, 1).tolist()
    )
    with pytest.raises(ValueError, match="validation must number its users as train does"):
        EASE().fit(first, again)


def test_ids_that_are_equal_may_be_of_another_type():
    log = checkerboard()
    wide = Interactions(
        *(log.users, log.items, log.timestamps, log.values),
        *(log.user_ids.astype(object), log.item_ids.astype(np.int8)),
    )
    assert EASE().fit(log).recommend([4], wide, 1).tolist() == [[4]]


def test_parameters_are_checked_before_anything_is_learned():
    class Ruled(Table):
        _rules: ClassVar = {"scores": Whole(1)}

    with pytest.raises(ValueError, match="scores must be a whole number of at least 1"):
        Ruled(scores=0.5).fit("not even a log")


def test_lists_by_id():
    log = checkerboard()
    named = Interactions(
        *(log.users, log.items, log.timestamps, log.values),
        *([f"user {number}" for number in range(SIZE)], TITLED),
    )
    model = EASE().fit(named)
    assert model.recommend_ids("user 5", named, 1).tolist() == [["square 5"]]
    lists = model.recommend_ids(["user 7", "user 5"], named, 14)
    assert lists.shape == (2, 14)
    assert lists[:, 0].tolist() == ["square 7", "square 5"]
    assert lists[0, 13] is None  # 13 squares are left
    few = model.recommend_ids(["user 7"], named, 2, items=["square 8", "square 7"])
    assert few.tolist() == [["square 7", "square 8"]]
    only = model.recommend_ids("user 7", named, 2, items="square 7")
    assert only.tolist() == [["square 7", None]]
    with pytest.raises(ValueError, match="no user has the id 'ann'"):
        model.recommend_ids(["user 7", "ann"], named, 1)
    with pytest.raises(ValueError, match="no item has the id 'tea'"):
        model.recommend_ids("user 7", named, 1, items=["tea"])
    numbers = EASE().fit(log)
    assert numbers.recommend_ids(5, log, 1).tolist() == [[5]]


TITLED = [f"square {number}" for number in range(SIZE)]
