"""The library stays small and layered: a module imports only from layers above it."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "course_lib"
LAYERS = {
    "parameters": 0,
    "similarity": 0,
    "losses": 0,
    "metrics": 1,
    "statistics": 0,
    "alt_text": 0,
    "calibration": 0,
    "look": 0,
    "drawable": 0,
    "widgets": 1,
    "charts": 1,
    "cases": 0,
    "interactions": 1,
    "datasets": 2,
    "download": 0,
    "split": 2,
    "cleaning": 2,
    "features": 2,
    "models": 3,
    "evaluation": 4,
    "checks": 5,
}
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")
NAMES = [path.relative_to(LIBRARY).with_suffix("").as_posix() for path in MODULES]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are written in full"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_imports_only_from_layers_above(path):
    mine = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "course_lib" and len(parts) > 1 and parts[1] != mine:
            assert LAYERS[parts[1]] < LAYERS[mine], f"{mine} imports {parts[1]}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_only_models_import_keras(path):
    if path.parent.name != "models":
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & {"keras", "tensorflow"}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_bad_input_is_not_left_to_assert(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def test_init_files_are_empty():
    assert all(not path.read_bytes() for path in LIBRARY.rglob("__init__.py"))


def public_functions():
    for path, name in zip(MODULES, NAMES, strict=True):
        module = import_module(f"course_lib.{name.replace('/', '.')}")
        for function_name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not function_name.startswith("_"):
                yield pytest.param(function, id=f"{path.stem}.{function_name}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_every_public_function_is_documented(function):
    first = (inspect.getdoc(function) or "").split("\n")[0]
    assert len(first) > 20
    assert first[0].isupper() or not first[0].isalpha() or "(" in first


@pytest.mark.parametrize("function", list(public_functions()))
def test_options_are_keyword_only(function):
    for parameter in inspect.signature(function).parameters.values():
        if isinstance(parameter.default, bool):
            assert parameter.kind is parameter.KEYWORD_ONLY, parameter.name
