"""One contract for every model: what a recommender promises, checked on data a child can judge."""

import inspect
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from course_lib import models
from course_lib.interactions import Interactions
from course_lib.models.base import Recommender
from course_lib.models.content import Content
from course_lib.models.ease import EASE
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase

SIZE = 24  # users and items of the checkerboard
TITLES = [f"{'white' if item % 2 else 'black'} square" for item in range(SIZE)]

# Everything a model needs so that it can learn the checkerboard; what is not named has defaults.
PARAMETERS = {
    "Content": {"titles": TITLES},
    "Hybrid": {"models": {"content": Content(titles=TITLES), "EASE": EASE()}},
    "Mix": {"replenish": Repurchase(), "discover": EASE()},
    "NeuralCF": {"epochs": 60, "learning_rate": 0.01},
}
# Popularity sees no difference between squares, own counts know no new ones: the controls.
NOT_PERSONAL = {"Popularity", "Repurchase"}


def model_classes():
    """Name and class of all models in course_lib.models but those that others derive from."""
    found = dict(all_classes())
    return {name: kind for name, kind in found.items() if not kind.__subclasses__()}


def all_classes():
    for path in sorted(Path(models.__path__[0]).glob("*.py")):
        module = import_module(f"course_lib.models.{path.stem}")
        for name, found in inspect.getmembers(module, inspect.isclass):
            own = found.__module__ == module.__name__
            if own and issubclass(found, Recommender) and not inspect.isabstract(found):
                yield name, found


MODELS = model_classes()
everyone = pytest.mark.parametrize("name", MODELS)


def board(items_of):
    """Interactions of users 0, 1, …: user u took `items_of[u]`, an hour apart."""
    users = np.concatenate([np.full(len(items), user) for user, items in enumerate(items_of)])
    items = np.concatenate([np.asarray(items, dtype=np.int64) for items in items_of])
    hours = np.concatenate([np.arange(len(items)) for items in items_of])
    start = np.datetime64("2026-01-01T00:00:00", "s")
    return Interactions(
        users.astype(np.int64),
        items,
        start + hours.astype("timedelta64[h]"),
        np.ones(len(users)),
        np.arange(SIZE),
        np.arange(SIZE),
    )


def checkerboard():
    """User u walks over the squares of his colour, u + 2, u + 4, … round the edge to u - 2.

    What he has not taken of his colour is square u, and it is also the next one on his walk: so
    the right answer is the same for models that know taste and for those that know order.
    """
    return board([(user + np.arange(2, SIZE, 2)) % SIZE for user in range(SIZE)])


def build(name):
    return MODELS[name](**PARAMETERS.get(name, {}))


def build_quick(name):
    """Two epochs are enough where it does not matter how well a network has learned."""
    model = build(name)
    return model.set_params(epochs=2) if "epochs" in model.get_params() else model


@pytest.fixture(scope="module")
def fitted():
    """Each model once, fitted on the checkerboard."""
    kept = {}

    def fit(name):
        if name not in kept:
            kept[name] = build(name).fit(checkerboard())
        return kept[name]

    return fit


@pytest.mark.parametrize("name", [name for name in MODELS if name not in NOT_PERSONAL])
def test_the_withheld_square_ranks_first(name, fitted):
    first = fitted(name).recommend(np.arange(SIZE), checkerboard(), 1)[:, 0]
    assert first.tolist() == list(range(SIZE))


@pytest.mark.parametrize("name", sorted(NOT_PERSONAL & set(MODELS)))
def test_a_model_that_is_not_personal_does_not_pass_for_one(name, fitted):
    first = fitted(name).recommend(np.arange(SIZE), checkerboard(), 1)[:, 0]
    assert np.mean(first == np.arange(SIZE)) < 0.5


@everyone
def test_a_batch_equals_its_users_one_by_one(name, fitted):
    model, users = fitted(name), np.array([5, 2, 9])
    together = model.score(users, checkerboard())
    alone = np.vstack([model.score([user], checkerboard()) for user in users])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)
    lists = model.recommend(users, checkerboard(), 1)
    assert lists.tolist() == [model.recommend([u], checkerboard(), 1)[0].tolist() for u in users]


@everyone
def test_the_best_one_leads_the_best_three(name, fitted):
    users = np.arange(SIZE)
    one = fitted(name).recommend(users, checkerboard(), 1)
    three = fitted(name).recommend(users, checkerboard(), 3)
    assert (one[:, 0] == three[:, 0]).all()


@everyone
def test_seen_items_are_left_out_and_minus_one_fills_the_end(name, fitted):
    log, users = checkerboard(), np.arange(SIZE)
    lists = fitted(name).recommend(users, log, SIZE)
    unseen = SIZE - (log.matrix() > 0).sum(axis=1)
    for user, row, left in zip(users, lists, unseen, strict=True):
        assert not set(row[:left]) & set(log.of(user))
        assert len(set(row[:left])) == left
        assert (row[left:] == -1).all()


@everyone
def test_seen_items_may_be_listed_when_asked(name, fitted):
    lists = fitted(name).recommend(np.arange(SIZE), checkerboard(), SIZE, exclude_seen=False)
    assert (np.sort(lists, axis=1) == np.arange(SIZE)).all()


@everyone
def test_a_user_who_has_everything_gets_only_minus_one(name, fitted):
    everything = board([np.arange(SIZE)] + [[0]] * (SIZE - 1))
    assert (fitted(name).recommend([0], everything, 5) == -1).all()


@everyone
def test_same_seed_same_list(name, fitted):
    again = clone(fitted(name)).fit(checkerboard())
    users = np.arange(SIZE)
    expected = fitted(name).recommend(users, checkerboard(), 3)
    assert again.recommend(users, checkerboard(), 3).tolist() == expected.tolist()


@everyone
def test_a_user_nothing_is_known_of_gets_the_popular(name):
    """User 0 has no event in train and an empty history; item 7 is the most popular, then 4."""
    rest = [[7, 4, 1], [7, 4, 2], [7, 4, 3]] + [[7, item % SIZE] for item in range(8, SIZE + 4)]
    log = board([[], *rest[: SIZE - 1]])
    model = build_quick(name).fit(log)
    assert model.recommend([0], log, 2).tolist() == [[7, 4]]
    assert model.recommend([0, 1], log, 2)[0].tolist() == [7, 4]


@everyone
def test_saved_and_loaded_it_recommends_the_same(name, fitted, tmp_path):
    model, users = fitted(name), np.arange(SIZE)
    path = model.save(tmp_path / "model.npz")
    loaded = type(model).load(path)
    assert isinstance(loaded, type(model))
    expected = model.recommend(users, checkerboard(), 4)
    assert loaded.recommend(users, checkerboard(), 4).tolist() == expected.tolist()
    assert Recommender.load(path).recommend([3], checkerboard(), 1)[0, 0] == expected[3, 0]


@everyone
def test_fitting_and_recommending_change_nothing_else(name, fitted):
    log = checkerboard()
    before = log.matrix().toarray()
    fitted(name).recommend([1, 2], log, 3)
    first = fitted(name).score([1], log)
    fitted(name).recommend([1], log, 3)
    assert (log.matrix().toarray() == before).all()
    np.testing.assert_allclose(fitted(name).score([1], log), first)


@everyone
def test_validation_is_accepted(name):
    log = checkerboard()
    held_out = board([[user] for user in range(SIZE)])
    lists = build_quick(name).fit(log, held_out).recommend(np.arange(SIZE), log, 3)
    assert lists.shape == (SIZE, 3)


HOSTILE = {
    "one user": lambda: board([[0, 1, 2]]),
    "one item": lambda: board([[3]] * SIZE),
    "histories of one item": lambda: board([[user] for user in range(SIZE)]),
    "the same event again and again": lambda: board([[5] * 30]),
    "a user who bought everything": lambda: board([np.arange(SIZE), [1, 2], [2, 3]]),
    "all at one time": lambda: at_one_time(checkerboard()),
}


def at_one_time(log):
    now = np.full(len(log), np.datetime64("2026-01-01", "s"))
    return Interactions(log.users, log.items, now, log.values, log.user_ids, log.item_ids)


@pytest.mark.parametrize("log", HOSTILE.values(), ids=HOSTILE)
@everyone
def test_a_hostile_log_gives_full_lists_all_the_same(name, log):
    log = log()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = build_quick(name).fit(log)
        scores = model.score(np.arange(SIZE), log)
        lists = model.recommend(np.arange(SIZE), log, SIZE, exclude_seen=False)
    assert scores.shape == (SIZE, SIZE)
    assert not np.isnan(scores).any()
    assert (np.sort(lists, axis=1) == np.arange(SIZE)).all()


EMPTY = checkerboard().select(np.zeros(len(checkerboard()), dtype=bool))
ERRORS = [
    (lambda m: m.fit(EMPTY), "train must have at least 1 event, got 0"),
    (lambda m: m.fit("log"), "train must be Interactions, got str"),
    (lambda m: m.score([0], checkerboard()), "is not fitted yet: call fit first"),
    (lambda m: m.save("model.npz"), "is not fitted yet: call fit first"),
]
ERRORS_OF_FITTED = [
    (
        lambda m: m.recommend([0], checkerboard(), 0),
        "k must be a whole number of at least 1, got 0",
    ),
    (
        lambda m: m.recommend([0], checkerboard(), 2.5),
        "k must be a whole number of at least 1, got 2.5",
    ),
    (lambda m: m.recommend([SIZE], checkerboard(), 1), f"users must lie in 0..23, got {SIZE}"),
    (lambda m: m.recommend([-1], checkerboard(), 1), "users must lie in 0..23, got -1"),
    (lambda m: m.recommend(["ann"], checkerboard(), 1), "users must be (n,) whole numbers"),
    (lambda m: m.recommend([0], "log", 1), "history must be Interactions, got str"),
    (lambda m: m.recommend([0], other_items(), 1), "history must have the 24 users and 24 items"),
    (lambda m: m.save("model.pickle"), "path must end in .npz, got 'model.pickle'"),
]


def other_items():
    log = checkerboard()
    return Interactions(
        log.users, log.items, log.timestamps, log.values, log.user_ids, np.arange(SIZE + 1)
    )


@pytest.mark.parametrize("index", range(len(ERRORS)))
@everyone
def test_misuse_before_fit_names_the_rule(name, index):
    call, message = ERRORS[index]
    with pytest.raises(ValueError) as error:
        call(build(name))
    assert message in str(error.value)


@pytest.mark.parametrize("index", range(len(ERRORS_OF_FITTED)))
@everyone
def test_misuse_names_the_value_and_the_rule(name, index, fitted):
    call, message = ERRORS_OF_FITTED[index]
    with pytest.raises(ValueError) as error:
        call(fitted(name))
    assert message in str(error.value)


@everyone
def test_no_users_give_an_empty_table(name, fitted):
    assert fitted(name).recommend([], checkerboard(), 3).shape == (0, 3)


@everyone
def test_a_file_of_another_kind_is_refused(name, fitted, tmp_path):
    path = tmp_path / "numbers.npz"
    np.savez(path, numbers=np.arange(3))
    with pytest.raises(ValueError, match="holds no saved model"):
        type(fitted(name)).load(path)


class Broken(Recommender):
    """Scores that are NaN, as after a training that ran away."""

    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        return np.full((len(users), self.n_items_), np.nan)


class Random(Recommender):
    """The negative control: scores without any sense."""

    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        return np.random.default_rng(0).random((self.n_users_, self.n_items_))[users]


def test_scores_that_are_nan_are_an_error():
    with pytest.raises(ValueError, match="scores must not be NaN"):
        Broken().fit(checkerboard()).recommend([0], checkerboard(), 1)


def test_a_random_model_fails_the_checkerboard():
    model = Random().fit(checkerboard())
    first = model.recommend(np.arange(SIZE), checkerboard(), 1)[:, 0]
    assert np.mean(first == np.arange(SIZE)) < 0.5


def test_a_saved_model_of_another_class_is_refused(tmp_path):
    path = Popularity().fit(checkerboard()).save(tmp_path / "model.npz")
    with pytest.raises(ValueError, match="holds Popularity, not Repurchase"):
        Repurchase.load(path)


def test_loading_runs_no_code_from_elsewhere(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, kind=np.array("model os system"))
    with pytest.raises(ValueError, match=r"must be of course_lib\.models, got os"):
        Recommender.load(path)


def test_users_are_scored_in_batches(monkeypatch):
    from course_lib.models import base

    model = Random().fit(checkerboard())
    whole = model.recommend(np.arange(SIZE), checkerboard(), 3)
    monkeypatch.setattr(base, "SCORES_AT_ONCE", 5 * SIZE)
    assert model.recommend(np.arange(SIZE), checkerboard(), 3).tolist() == whole.tolist()
