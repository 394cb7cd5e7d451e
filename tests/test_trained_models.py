"""What all models that train, or are made of others, promise: parameters, randomness, memory."""

import gc
import random
import weakref
from contextlib import nullcontext
from pathlib import Path

import graphs
import keras
import numpy as np
import pytest
import tensorflow as tf
from logs import cycles
from sklearn.base import clone

from course_lib.models.base import Recommender
from course_lib.models.convolution import Caser
from course_lib.models.factorization import BPR, MatrixFactorization
from course_lib.models.generative import GenerativeRetrieval
from course_lib.models.hybrid import Hybrid
from course_lib.models.markov import Markov
from course_lib.models.masked import BERT4Rec
from course_lib.models.mix import Mix
from course_lib.models.neural_cf import NeuralCF
from course_lib.models.popularity import Popularity
from course_lib.models.recurrent import GRU4Rec
from course_lib.models.relative import RelativeSASRec
from course_lib.models.transformer import SASRec
from course_lib.models.two_tower import TwoTower
from course_lib.models.variational import MultVAE
from course_lib.parameters import Choice, Each, Maybe, Number, Truth, Whole

ROWS = np.random.default_rng(0).normal(size=(8, 3))
BUILD = {
    "SASRec": lambda: SASRec(item_vectors=ROWS, dimensions=4, heads=2, negatives=3),
    "RelativeSASRec": lambda: RelativeSASRec(item_vectors=ROWS, dimensions=4, heads=2, gate=True),
    "GenerativeRetrieval": lambda: GenerativeRetrieval(item_vectors=ROWS, codes=3, dimensions=4),
    "GRU4Rec": lambda: GRU4Rec(item_vectors=ROWS, dimensions=4, tied=False),
    "Caser": lambda: Caser(dimensions=4),
    "BERT4Rec": lambda: BERT4Rec(item_vectors=ROWS, dimensions=4),
    "TwoTower": lambda: TwoTower(item_features=ROWS, user_embedding=True, batch_size=16),
    "NeuralCF": lambda: NeuralCF(batch_size=64),
    "MultVAE": lambda: MultVAE(batch_size=16),
    "MatrixFactorization": MatrixFactorization,
    "ratings": lambda: MatrixFactorization(negatives=0),
    "BPR": BPR,
    "Markov": Markov,
    "Hybrid": lambda: Hybrid(models={"chain": Markov(), "popularity": Popularity()}),
    "Mix": lambda: Mix(replenish=Popularity(), discover=Markov()),
}
WITH_GRAPHS = ["GRU4Rec", "TwoTower", "NeuralCF", "MultVAE"]  # each way of handing out batches once
everyone = pytest.mark.parametrize("name", BUILD)
NETWORKS = ["SASRec", "GRU4Rec", "Caser", "BERT4Rec", "RelativeSASRec"]
NETWORKS += ["TwoTower", "NeuralCF", "MultVAE"]

# Not by a rule of their own, but by what they must fit together with.
BY_DATA = {
    "item_vectors": "item_vectors must be numbers",
    "item_features": "item_features must be numbers",
    "user_features": "user_features must be numbers",
    "models": "models must be a dict",
    "weights": "weights must be a dict",
    "replenish": "replenish must be a Recommender",
    "discover": "discover must be a Recommender",
}
ODD = [np.nan, np.inf, -1, "3", True, [1], np.array([1, 2]), object()]
WRONG = {
    Whole: [2.5, None, *ODD],
    Number: [None, *ODD],
    Truth: [1, 0.0, None, "yes", np.array([True])],
    Maybe: ODD,
    Each: [3, None, "32", (2.5,), (32, 0), (True,), np.array([32])],
    Choice: [None, 3, "other"],
}


def each_parameter():
    for name, build in BUILD.items():
        model = build()
        for parameter in model.get_params(deep=False):
            yield pytest.param(model, parameter, id=f"{name} {parameter}")


@pytest.mark.parametrize(("model", "parameter"), list(each_parameter()))
def test_a_value_that_cannot_be_meant_is_refused_by_name(model, parameter):
    if parameter in BY_DATA:
        with pytest.raises(ValueError, match=BY_DATA[parameter]):
            clone(model).set_params(**{parameter: object()}).fit(cycles())
        return
    rule = model._rules[parameter]  # each parameter has one
    for value in WRONG[type(rule)]:
        with pytest.raises(ValueError, match=f"{parameter} must be"):
            clone(model).set_params(**{parameter: value}).fit(cycles())


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Caser(window=2.5), "window must be a whole number of at least 1, got 2.5"),
        (Caser(window=True), "window must be a whole number of at least 1, got True"),
        (SASRec(blocks=1.5), "blocks must be a whole number of at least 1, got 1.5"),
        (SASRec(negatives=2.5), "negatives must be a whole number of at least 1, got 2.5"),
        (SASRec(learning_rate=np.inf), "learning_rate must be finite and above 0, got inf"),
        (BERT4Rec(length=1), "length must be a whole number of at least 2, got 1"),
        (BERT4Rec(masked=0), "masked must be above 0 and at most 1, got 0"),
        (RelativeSASRec(heads=3), "heads must divide dimensions 64, got 3"),
        (BERT4Rec(heads=3), "heads must divide dimensions 64, got 3"),
        (SASRec(horizon=0), "horizon must be a whole number of at least 1, got 0"),
        (SASRec(item_embedding=False), "item_embedding must be True where there are no item_vec"),
        (Markov(memory=2.5), "memory must be a whole number of at least 1, got 2.5"),
        (Mix(replenish=Markov(), discover=Markov(), share=1.5), "share must be at least 0 and at"),
    ],
)
def test_errors_name_value_and_rule(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(cycles())


def as_numpy(value):
    """The same number as NumPy has it; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | tuple):
        return value
    if isinstance(value, tuple):
        return tuple(map(as_numpy, value))
    return np.int64(value) if isinstance(value, int) else np.float32(value)


def draws():
    """The next numbers of all generators that a learner may have seeded, and seed them anew."""
    drawn = [random.random(), np.random.random()]  # noqa: NPY002 the one under test
    drawn += [float(keras.random.normal(())), float(tf.random.normal(()))]
    keras.utils.set_random_seed(5)
    return drawn


@pytest.fixture(scope="module")
def fitted():
    """Each model once, fitted with NumPy's numbers for parameters; what it left behind."""
    kept = {}

    def fit(name):
        if name not in kept:
            model = BUILD[name]()
            parameters = {key: as_numpy(value) for key, value in model.get_params(False).items()}
            if "epochs" in parameters:
                parameters["epochs"] = np.int64(2)
            log, validation = cycles(), cycles(length=7)
            keras.utils.set_random_seed(5)
            expected = draws()
            with nullcontext() if name in WITH_GRAPHS else graphs.without():
                model.set_params(**parameters).fit(log, validation)
            kept[name] = model, weakref.ref(log), weakref.ref(validation), expected, draws()
        return kept[name]

    return fit


@everyone
def test_fitting_leaves_the_learners_generators_alone(name, fitted):
    *_, expected, found = fitted(name)
    assert found == expected


@everyone
def test_building_a_loaded_model_leaves_them_alone_too(name, fitted, tmp_path):
    model = fitted(name)[0]
    path = model.save(tmp_path / "model.npz")
    keras.utils.set_random_seed(5)
    expected = draws()
    loaded = type(model).load(path)
    assert draws() == expected
    users = np.arange(60)
    lists = model.recommend(users, cycles(), 2)
    assert loaded.recommend(users, cycles(), 2).tolist() == lists.tolist()


@everyone
def test_a_fitted_model_does_not_carry_its_training_log(name, fitted):
    model, log, validation, *_ = fitted(name)
    gc.collect()
    assert log() is None
    assert validation() is None
    learned = set(vars(model)) - set(model.get_params(deep=False))
    assert all(key.endswith("_") for key in learned), learned


@pytest.mark.parametrize("name", WITH_GRAPHS)
def test_a_network_that_nobody_uses_any_more_is_let_go(name):
    keras.backend.clear_session()
    model = BUILD[name]().set_params(epochs=1).fit(cycles(), cycles(length=7))
    networks = [
        weakref.ref(value) for value in vars(model).values() if isinstance(value, keras.Model)
    ]
    assert networks
    del model
    gc.collect()
    assert not any(network() for network in networks)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.usefixtures("without_graphs")
def test_the_state_of_global_generators_changes_nothing(name):
    lists = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        model = BUILD[name]().set_params(epochs=1, seed=3).fit(cycles())
        lists.append(model.score(np.arange(5), cycles()))
    np.testing.assert_array_equal(*lists)
    other = BUILD[name]().set_params(epochs=1, seed=4).fit(cycles())
    assert np.abs(other.score(np.arange(5), cycles()) - lists[0]).max() > 1e-6


def test_files_saved_before_a_model_moved_still_load(tmp_path):
    path = BUILD["Mix"]().fit(cycles()).save(tmp_path / "model.npz")
    with np.load(path) as file:
        arrays = dict(file)
    assert str(arrays["kind"]) == "model course_lib.models.mix Mix"
    arrays["kind"] = np.array("model course_lib.models.hybrid Mix")
    np.savez(path, **arrays)
    assert isinstance(Recommender.load(path), Mix)


@pytest.mark.parametrize("path", sorted(Path(__file__).parents[1].glob("datasets/*/*_*.npz")))
def test_the_files_of_the_leaderboard_still_load(path):
    model = Recommender.load(path)
    assert (model.n_users_, model.n_items_) == (2441, 3858)
    assert model.popularity_.max() > 0


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_another_projects_keras_settings_are_named(monkeypatch, dtype):
    """Numbers would differ without a word."""
    monkeypatch.setattr(keras.config, "floatx", lambda: dtype)
    with pytest.raises(ValueError, match=f"in float32, got tensorflow in {dtype}: see KERAS_BACK"):
        GRU4Rec(epochs=1).fit(cycles())
