"""Models in files: parameters and what was learned, as arrays; nothing that a reader would run."""

import hashlib
import inspect
import json
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse

from course_lib.parameters import Choice, Maybe

PACKAGE = "course_lib.models."
MOVED = {("course_lib.models.hybrid", "Mix"): "course_lib.models.mix"}  # in files saved before
FRAME = (PACKAGE + "base", PACKAGE + "saving")  # part of no model in particular


class Savable:
    """What lets a model be written to a file and read back.

    `changed_since_saved`, on a model that was loaded: the modules whose code is no longer that
    which wrote the file, () for none, None for a file that does not say.
    """

    def save(self, path, *, dtype=None, tuning=None):
        """Write the model to one `.npz` file: parameters and what was learned, no code.

        dtype="float16" halves the file: learned numbers are rounded to 3 digits (whole numbers
        and what is too large for 16 bits stay exact), so scores that nearly tie may change places;
        they are read back in the type they had. tuning: a dict of what is worth knowing about how
        the parameters were found, kept in the file with a digest of the model's code (`about`).

        Returns the path written. Raises ValueError for a model that is not fitted, a path that
        does not end in .npz, a class that `load` would refuse, or ids that are neither text nor
        numbers.
        """
        self._check_fitted()
        if Path(path).suffix != ".npz":
            raise ValueError(f"path must end in .npz, got {str(path)!r}")
        Maybe(Choice(("float16", "float32"))).check("dtype", dtype)
        writer = _Writer(dtype)
        writer.write("", self, exact=False)
        writer.write("about", {"code": writer.code, "tuning": tuning}, exact=True)
        np.savez_compressed(path, **writer.arrays)
        return Path(path)

    @classmethod
    def load(cls, path) -> Self:
        """The model in a file written by `save`; it recommends the same lists.

        Nothing in the file is executed: only arrays are read, and models of `course_lib.models`
        built from them. Raises ValueError when the file holds no model, a damaged one, or a model
        of another class.
        """
        arrays = _read(path)
        try:
            model = _Reader(arrays).read("")
        except (KeyError, TypeError, RecursionError) as error:  # a piece is not there, or odd
            raise ValueError(f"{str(path)!r} is damaged: {error}") from None
        if not isinstance(model, cls):
            raise ValueError(f"{str(path)!r} holds {type(model).__name__}, not {cls.__name__}")
        code = about(path)["code"]
        model.changed_since_saved = None
        if code is not None:
            model.changed_since_saved = tuple(
                module for module, digest in code.items() if _digest(module) != digest
            )
        return model


def about(path):
    """How a saved model was made: {"code": {module: digest}, "tuning": dict}, None where not said.

    A digest is the SHA-256 of a module's source: of the modules of the model's classes and all in
    `course_lib.models` that those import, the frame that all models share aside. A changed comment
    changes it too.
    """
    arrays = _read(path)
    facts = {"code": None, "tuning": None}
    if "about.kind" in arrays:
        facts |= _Reader(arrays).read("about")
    return facts


def code_of(model_class):
    """{module: digest} of the code that a model of this class runs; see `about`."""
    found, left = {}, [kind.__module__ for kind in model_class.__mro__]
    while left:
        module = left.pop()
        if module in found or module in FRAME or not module.startswith(PACKAGE):
            continue
        found[module] = _digest(module)
        values = vars(import_module(module)).values()
        left += [str(getattr(value, "__module__", "")) for value in values]
    return dict(sorted(found.items()))


def _digest(module):
    """SHA-256 of a module's source; None where there is no such module any more."""
    try:
        source = inspect.getsource(import_module(module))
    except (ImportError, OSError):
        return None
    return hashlib.sha256(source.encode()).hexdigest()


def _read(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (ValueError, AttributeError, TypeError, EOFError, zipfile.BadZipFile):
        raise ValueError(f"{str(path)!r} holds no saved model") from None
    if "kind" not in arrays:
        raise ValueError(f"{str(path)!r} holds no saved model")
    return arrays


class _Writer:
    """Values in pieces that NumPy stores without pickle, under names with dots."""

    def __init__(self, dtype):
        self.dtype, self.arrays, self.code = dtype, {}, {}
        self.written = {}  # an array that several models share is written once

    def write(self, name, value, *, exact):
        """exact: keep all digits, as parameters do."""
        kind, parts = self._parts(name, value, exact)
        prefix = f"{name}." if name else ""
        self.arrays[f"{prefix}kind"] = np.array(kind)
        if parts:
            self.arrays[f"{prefix}parts"] = np.array(list(parts))
        for key, part in parts.items():
            if isinstance(value, Savable):
                exact = not _is_learned(key)
            self.write(f"{prefix}{key}", part, exact=exact)

    def _parts(self, name, value, exact):
        """The kind of a value, and {name: part} of what it is made of."""
        if isinstance(value, Savable):
            return self._model(value)
        if isinstance(value, list | tuple) and any(isinstance(part, Savable) for part in value):
            return "models", {str(i): part for i, part in enumerate(value)}
        if isinstance(value, dict) and any(isinstance(part, Savable) for part in value.values()):
            return "named models", {"names": list(value), "models": list(value.values())}
        if isinstance(value, pd.Series | pd.DataFrame):  # the index says whose row is whose
            kind = "frame" if value.ndim == 2 else "series"
            return kind, {"values": value.to_numpy(), "index": value.index.to_numpy()}
        if sparse.issparse(value):
            csr = sparse.csr_array(value)
            parts = {key: getattr(csr, key) for key in ("data", "indices", "indptr")}
            return "csr", parts | {"shape": np.array(csr.shape)}
        if hasattr(value, "get_weights"):
            return "network", {str(i): part for i, part in enumerate(value.get_weights())}
        if isinstance(value, np.ndarray | pd.Index):
            return self._array(name, np.asarray(value), exact), {}
        plain = value.tolist() if hasattr(value, "tolist") else value  # a NumPy scalar
        self.arrays[f"{name}.value"] = np.array(_json(name, plain))
        return "json", {}

    def _model(self, model):
        kind = type(model)
        _model_class(kind.__module__, kind.__name__)
        self.code |= code_of(kind)
        learned = {key: part for key, part in vars(model).items() if _is_learned(key)}
        return f"model {kind.__module__} {kind.__name__}", model.get_params(deep=False) | learned

    def _array(self, name, array, exact):
        if id(array) in self.written:
            return f"same {self.written[id(array)][0]}"
        self.written[id(array)] = name, array  # kept, so that no other array gets its id
        if array.dtype == object:
            self.arrays[f"{name}.value"] = np.array(_json(name, array.tolist()))
            return "texts"
        small = array if exact else _rounded(array, self.dtype)
        self.arrays[f"{name}.value"] = small
        return "array" if small.dtype == array.dtype else f"array {array.dtype.name}"


def _rounded(array, dtype):
    """The array in fewer bits, unless it holds counts, or numbers that do not fit."""
    if dtype is None or array.dtype.kind != "f" or array.dtype.itemsize <= np.dtype(dtype).itemsize:
        return array
    with np.errstate(over="ignore"):
        small = array.astype(dtype)
    whole = (array == np.rint(array)).all()
    if not np.array_equal(np.isfinite(small), np.isfinite(array)) or (
        whole and not (small == array).all()
    ):
        return array
    return small


class _Reader:
    """The values that `_Writer` wrote."""

    def __init__(self, arrays):
        self.arrays, self.done = arrays, {}

    def read(self, name):
        if name not in self.done:
            self.done[name] = self._value(name, f"{name}." if name else "")
        return self.done[name]

    def _value(self, name, prefix):
        kind, *where = str(self.arrays[f"{prefix}kind"]).split(" ", 2)
        if kind == "array":
            value = self.arrays[f"{prefix}value"]
            return value.astype(where[0]) if where else value
        if kind == "texts":
            texts = json.loads(str(self.arrays[f"{prefix}value"]))
            value = np.empty(len(texts), dtype=object)
            value[:] = texts
            return value
        if kind == "json":
            return json.loads(str(self.arrays[f"{prefix}value"]))
        if kind == "same":
            return self.read(" ".join(where))
        names = [str(part) for part in self.arrays.get(f"{prefix}parts", ())]
        parts = {part: self.read(f"{prefix}{part}") for part in names}
        if kind == "model":
            return _built(_model_class(*where), parts)
        if kind == "csr":
            shape = tuple(parts["shape"])
            return sparse.csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
        if kind in ("frame", "series"):
            table = {"frame": pd.DataFrame, "series": pd.Series}[kind]
            return table(parts["values"], index=parts["index"])
        if kind == "named":
            return dict(zip(parts["names"], parts["models"], strict=True))
        return list(parts.values())  # "models", or the weights of a "network"


def _model_class(module, name):
    """The class, if it is a model of this package and nothing else that a module holds."""
    if not module.startswith(PACKAGE):
        raise ValueError(f"a saved model must be of course_lib.models, got {name} of {module}")
    module = MOVED.get((module, name), module)
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        raise ValueError(f"{module} has no model {name}") from None
    if not (isinstance(found, type) and issubclass(found, Savable) and found.__module__ == module):
        raise ValueError(f"a saved model must be a Recommender, got {name} of {module}")
    return found


def _built(model_class, parts):
    weights = parts.pop("network_", None)
    learned = {key: parts.pop(key) for key in list(parts) if _is_learned(key)}
    model = model_class(**parts)
    for key, value in learned.items():
        setattr(model, key, value)
    if weights is not None:
        model._build()
        model.network_.set_weights(weights)
    return model


def _is_learned(key):
    return key.endswith("_") and not key.startswith("_")


def _json(name, value):
    """The value as JSON; ValueError where it would not come back as it was."""
    try:
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            raise TypeError("dict with keys that are no text")
        return json.dumps(value, default=np.generic.item)  # NumPy's numbers as plain ones
    except TypeError:
        kinds = {type(part).__name__ for part in value} if isinstance(value, list) else ()
        kind = ", ".join(sorted(kinds)) or type(value).__name__
        raise ValueError(f"{name} must be text or numbers to be saved, got {kind}") from None
