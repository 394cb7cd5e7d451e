"""Models in files: what comes back is what was saved, and nothing in a file is ever executed."""

import hashlib
import inspect
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from course_lib.contract.board import EVERYONE, SIZE, TITLES, checkerboard
from course_lib.interactions import Interactions
from course_lib.models import als, factorization, saving
from course_lib.models.als import ALS
from course_lib.models.base import Recommender
from course_lib.models.content import Content
from course_lib.models.ease import EASE
from course_lib.models.factorization import MatrixFactorization
from course_lib.models.hybrid import Hybrid
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase
from course_lib.models.saving import about, code_of


def named(ids, item_ids=EVERYONE):
    log = checkerboard()
    return Interactions(log.users, log.items, log.timestamps, log.values, ids, item_ids)


@pytest.mark.parametrize(
    "ids",
    [
        np.array([f"Zoë {n}" for n in range(SIZE)], dtype=object),
        np.array([f"Zoë {n}" for n in range(SIZE)]),
        np.array([f"{n}\0" for n in range(SIZE)], dtype=object),
        np.arange(SIZE, dtype=np.int8),
        np.arange(SIZE, dtype=np.uint64) + np.uint64(2**63),
        np.array(range(SIZE), dtype=object),
        np.arange(SIZE) / 3,
        np.arange(SIZE).astype("datetime64[D]"),
    ],
    ids=["texts", "fixed texts", "zero bytes", "int8", "big", "objects", "floats", "days"],
)
def test_ids_are_kept_with_the_model(tmp_path, ids):
    """Read newest first, the same log has other numbers: the saved model must notice."""
    log = named(ids, ids)
    loaded = Recommender.load(EASE().fit(log).save(tmp_path / "model.npz"))
    assert loaded.user_ids_.tolist() == ids.tolist()
    assert loaded.item_ids_.dtype == ids.dtype
    assert loaded.recommend(EVERYONE, log, 1)[:, 0].tolist() == EVERYONE.tolist()
    for other in (named(ids[::-1], ids), named(ids, ids[::-1])):
        with pytest.raises(ValueError, match=r"as train does: (user|item) 0 is .*, in train"):
            loaded.recommend([0], other, 1)
        with pytest.raises(ValueError, match="as train does"):
            loaded.score([0], other)


def test_ids_that_no_file_can_hold_are_refused(tmp_path):
    days = np.array([pd.Timestamp(2026, 1, day).date() for day in range(1, 25)], dtype=object)
    with pytest.raises(ValueError, match="user_ids_ must be text or numbers to be saved, got date"):
        Popularity().fit(named(days)).save(tmp_path / "model.npz")


def test_ids_that_several_models_share_are_written_once(tmp_path):
    models = {"popular": Popularity(), "EASE": EASE()}
    path = Hybrid(models=models).fit(checkerboard()).save(tmp_path / "model.npz")
    with np.load(path) as file:
        written = [name for name in file if name.endswith("user_ids_.value")]
    assert len(written) == 1
    loaded = Recommender.load(path)
    assert loaded.models_["EASE"].user_ids_ is loaded.user_ids_


def test_a_file_from_before_ids_were_kept_is_checked_by_size(tmp_path):
    path = EASE().fit(checkerboard()).save(tmp_path / "model.npz")
    with np.load(path) as file:
        old = {name: file[name] for name in file if "_ids_" not in name and "about" not in name}
    old["parts"] = np.array([part for part in old["parts"] if not part.endswith("_ids_")])
    np.savez(path, **old)
    loaded = Recommender.load(path)
    assert loaded.recommend([3], checkerboard(), 1).tolist() == [[3]]
    assert loaded.changed_since_saved is None
    assert about(path) == {"code": None, "tuning": None}
    few = Interactions([0], [0], np.array([0], "M8[s]"), [1.0], np.arange(3), EVERYONE)
    with pytest.raises(ValueError, match="history must have the 24 users and 24 items of train"):
        loaded.recommend([0], few, 1)


def test_half_the_digits_are_kept_when_asked(tmp_path):
    log = checkerboard()
    model = ALS(dimensions=4, iterations=2).fit(log)
    whole = model.save(tmp_path / "whole.npz")
    half = model.save(tmp_path / "half.npz", dtype="float16")
    with np.load(half) as file:
        assert file["item_factors_.value"].dtype == np.float16
        assert file["popularity_.value"].dtype == np.float16  # 11 each: exact
    loaded = Recommender.load(half)
    assert loaded.item_factors_.dtype == np.float32
    assert loaded.popularity_.dtype == np.float64
    np.testing.assert_array_equal(
        loaded.item_factors_, model.item_factors_.astype(np.float16).astype(np.float32)
    )
    assert (Recommender.load(whole).item_factors_ == model.item_factors_).all()
    assert loaded.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([0.1, 0.2], np.float16),
        ([1.0, 2048.0], np.float16),
        ([1.0, 2049.0], np.float64),  # a count, which 16 bits would make 2048
        ([0.5, 2049.0], np.float16),  # no count
        ([0.5, 70_000.0], np.float64),  # 16 bits end at 65,504
        ([0.5, np.inf], np.float16),
    ],
)
def test_what_would_be_spoiled_keeps_its_digits(tmp_path, values, kept):
    model = Popularity().fit(checkerboard())
    model.scores_ = np.array(values)
    path = model.save(tmp_path / "model.npz", dtype="float16")
    with np.load(path) as file:
        assert file["scores_.value"].dtype == kept
    assert Recommender.load(path).scores_.dtype == np.float64


def test_parameters_keep_all_digits(tmp_path):
    model = MatrixFactorization(epochs=1, learning_rate=0.0123456789).fit(checkerboard())
    loaded = Recommender.load(model.save(tmp_path / "model.npz", dtype="float16"))
    assert loaded.learning_rate == 0.0123456789
    titles = np.array(TITLES, dtype=object)
    for same in (TITLES, titles, pd.Series(TITLES)):
        path = Content(titles=same).fit(checkerboard()).save(tmp_path / "titles.npz")
        assert list(Recommender.load(path).titles) == TITLES


@pytest.mark.parametrize("parameter", ["titles", "vectors"])
def test_a_table_that_names_its_rows_does_so_after_loading_too(tmp_path, parameter):
    log, order = checkerboard(), EVERYONE[::-1]
    table = pd.Series([f"word{item}" for item in EVERYONE])
    if parameter == "vectors":
        table = pd.DataFrame(np.eye(SIZE))
    model = Content(**{parameter: table.loc[order]}).fit(log)
    loaded = Recommender.load(model.save(tmp_path / "model.npz"))
    again = clone(loaded).fit(log)  # learns from the table once more
    assert again.score([0], log).tolist() == model.score([0], log).tolist()
    assert getattr(loaded, parameter).index.tolist() == order.tolist()


def test_parameters_that_are_arrays_keep_all_digits(tmp_path):
    model = Content(titles=TITLES).fit(checkerboard())
    model.titles = np.full(SIZE, 0.1)
    blend = Hybrid(models={"content": model}, prefit=True).fit(checkerboard())
    loaded = Recommender.load(blend.save(tmp_path / "model.npz", dtype="float16"))
    assert (loaded.models["content"].titles == 0.1).all()
    vectors = loaded.models["content"].vectors_
    assert (vectors.data != model.vectors_.data).any()  # learned, so rounded
    np.testing.assert_allclose(vectors.toarray(), model.vectors_.toarray(), rtol=1e-3)


def test_dtype_must_be_one_that_is_known(tmp_path):
    with pytest.raises(ValueError, match="dtype must be 'float16' or 'float32', got 'float8'"):
        Popularity().fit(checkerboard()).save(tmp_path / "model.npz", dtype="float8")


def test_code_and_tuning_are_kept(tmp_path):
    tuning = {"model": "MF", "trial": 3, "discover": 0.0712}
    model = MatrixFactorization(epochs=1).fit(checkerboard())
    path = model.save(tmp_path / "model.npz", tuning=tuning)
    facts = about(path)
    assert facts["tuning"] == tuning
    source = inspect.getsource(factorization)
    digest = hashlib.sha256(source.encode()).hexdigest()
    assert facts["code"]["course_lib.models.factorization"] == digest
    assert "course_lib.models.base" not in facts["code"]
    assert Recommender.load(path).changed_since_saved == ()
    assert about(Popularity().fit(checkerboard()).save(path))["tuning"] is None


def test_code_of_a_model_is_its_modules_and_what_they_import():
    assert set(code_of(EASE)) == {"course_lib.models.ease", "course_lib.models.neighbours"}


def test_code_that_changed_since_is_named(tmp_path, monkeypatch):
    models = {"EASE": EASE(), "ALS": ALS(dimensions=2, iterations=1)}
    path = Hybrid(models=models).fit(checkerboard()).save(tmp_path / "model.npz")
    assert Recommender.load(path).changed_since_saved == ()
    source = inspect.getsource
    monkeypatch.setattr(
        saving.inspect, "getsource", lambda module: source(module) + "#" * (module is als)
    )
    assert Recommender.load(path).changed_since_saved == ("course_lib.models.als",)


def test_a_saved_model_of_another_class_is_refused(tmp_path):
    path = Popularity().fit(checkerboard()).save(tmp_path / "model.npz")
    with pytest.raises(ValueError, match="holds Popularity, not Repurchase"):
        Repurchase.load(path)


def test_a_model_that_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="EASE is not fitted yet: call fit first"):
        EASE().save(tmp_path / "model.npz")


def test_a_path_must_say_what_it_is():
    with pytest.raises(ValueError, match=r"path must end in \.npz, got 'model\.pickle'"):
        EASE().fit(checkerboard()).save("model.pickle")


class Own(Popularity):
    """A learner's model, of no module that `load` would look into."""


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match=r"must be of course_lib\.models, got Own of "):
        Own().fit(checkerboard()).save(tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("model os system", r"must be of course_lib\.models, got system of os"),
        ("model course_lib.models.base import_module", "base has no model import_module"),
        ("model course_lib.models.saving import_module", "got import_module of course_lib"),
        ("model course_lib.models.base np", "must be a Recommender, got np of"),
        ("model course_lib.models.base BaseEstimator", "must be a Recommender, got BaseEst"),
        ("model course_lib.models.hybrid Validation", "must be a Recommender, got Validation"),
        ("model course_lib.models.hybrid Recommender", "must be a Recommender, got Recommender"),
        ("model course_lib.models.nowhere EASE", "nowhere has no model EASE"),
        ("model course_lib.models..this EASE", "this has no model EASE"),
        ("model course_lib.models. EASE", "has no model EASE"),
    ],
)
def test_only_models_are_built_whatever_a_file_asks_for(tmp_path, kind, message):
    path = tmp_path / "model.npz"
    np.savez(
        path,
        kind=np.array(kind),
        parts=np.array(["name"]),
        **{"name.kind": np.array("json"), "name.value": np.array(json.dumps("this"))},
    )
    with pytest.raises(ValueError, match=message):
        Recommender.load(path)
    assert "this" not in sys.modules


def test_a_file_sets_what_was_learned_and_nothing_else(tmp_path):
    path = EASE().fit(checkerboard()).save(tmp_path / "model.npz")
    with np.load(path) as file:
        arrays = dict(file)
    arrays["parts"] = np.append(arrays["parts"], "__class__")
    arrays |= {"__class__.kind": np.array("json"), "__class__.value": np.array("1")}
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"is damaged: .*__class__"):
        Recommender.load(path)


def damaged(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_what_holds_no_model_is_named(tmp_path):
    np.savez(tmp_path / "numbers.npz", numbers=np.arange(3))
    np.save(tmp_path / "array.npy", np.arange(3))
    np.savez(tmp_path / "objects.npz", kind=np.array([None]))
    whole = EASE().fit(checkerboard()).save(tmp_path / "whole.npz").read_bytes()
    files = [
        *(tmp_path / name for name in ("numbers.npz", "array.npy", "objects.npz")),
        damaged(tmp_path, "text.npz", b"a letter"),
        damaged(tmp_path, "empty.npz", b""),
        damaged(tmp_path, "half.npz", whole[: len(whole) // 2]),
    ]
    for path in files:
        with pytest.raises(ValueError, match=rf"{path.name}' holds no saved model"):
            Recommender.load(path)
    with pytest.raises(FileNotFoundError):
        Recommender.load(tmp_path / "nowhere.npz")


def test_a_piece_that_holds_itself_is_damaged(tmp_path):
    np.savez(tmp_path / "self.npz", **{"kind": "same self", "self.kind": "same self"})
    with pytest.raises(ValueError, match="is damaged"):
        Recommender.load(tmp_path / "self.npz")


def test_a_model_with_a_piece_missing_is_damaged(tmp_path):
    path = EASE().fit(checkerboard()).save(tmp_path / "model.npz")
    with np.load(path) as file:
        arrays = dict(file)
    del arrays["weights_.value"]
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"is damaged: .*weights_\.value"):
        Recommender.load(path)


def test_the_released_arrays_are_readable():
    """Those of the leaderboard, whichever code wrote them."""
    files = sorted((Path(__file__).parents[1] / "datasets" / "leaderboard").glob("*_*.npz"))
    assert files
    for path in files:
        with np.load(path) as file:
            assert "kind" in file
        assert set(about(path)) == {"code", "tuning"}
