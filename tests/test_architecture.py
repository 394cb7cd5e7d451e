"""The library stays small and layered: a module imports only from layers above it."""

import ast
import inspect
import io
import os
import subprocess
import sys
import tokenize
from importlib import import_module
from pathlib import Path

import pytest

import dependencies

LIBRARY = Path(__file__).parents[1] / "course_lib"
LAYERS = {
    "memory": 0,
    "parameters": -1,  # under all others: one table of rules serves every module
    "similarity": 0,
    "losses": 0,
    "metrics": 1,
    "statistics": 0,
    "alt_text": 0,
    "times": 0,
    "columns": 0,
    "calibration": 0,
    "scaling": 0,
    "kinds": 2,
    "look": 0,
    "drawable": 0,
    "widgets": 1,
    "charts": 1,
    "cases": 0,
    "calls": 0,
    "interactions": 1,
    "new_users": 2,
    "datasets": 2,
    "journey": 0,
    "download": 0,
    "model_packages": 0,
    "tables": 0,
    "sizes": 1,
    "groups": 0,
    "redraws": 1,
    "offers": 2,
    "imputation": 1,
    "home_sets": 2,
    "split": 2,
    "cleaning": 2,
    "faults": 1,
    "features": 2,
    "large": 2,
    "shop": 2,
    "models": 3,
    "many_machines": 4,
    "contract": 4,
    "evaluation": 4,
    "questions": 4,
    "explanations": 4,
    "checks": 5,
    "grading": 6,
    "capstone": 7,
}
# The same inside models/. Files that train networks import Keras, and only they need it.
MODELS = {
    "attention": 0,
    "histories": 0,
    "pairs": 0,
    "saving": 0,
    "seeds": 0,
    "validation": 0,
    "vectors": 0,
    "base": 1,
    "training": 1,
    "chance": 2,
    "factorization": 2,
    "markov": 2,
    "neighbours": 2,
    "neural_cf": 2,
    "parts": 2,
    "popularity": 2,
    "repurchase": 2,
    "sequences": 2,
    "two_tower": 2,
    "variational": 3,
    "als": 3,
    "content": 3,
    "convolution": 3,
    "ease": 3,
    "hybrid": 3,
    "mix": 3,
    "recurrent": 3,
    "reranker": 3,
    "transformer": 3,
    "masked": 4,
    "relative": 4,
    "fine_tuning": 3,
    "generative": 4,
}
NETWORKS = {
    *("attention", "seeds", "training", "sequences", "transformer", "recurrent", "convolution"),
    *("masked", "fine_tuning", "neural_cf", "two_tower", "variational", "generative"),
    "relative",
}
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")
NAMES = [path.relative_to(LIBRARY).with_suffix("").as_posix() for path in MODULES]


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def needs_keras(path):
    files = {path, *dependencies.modules(LIBRARY.parent, tree(path))}
    roots = {name.split(".")[0] for file in files for name in dependencies.imported(tree(file))}
    return bool(roots & {"keras", "tensorflow"})


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_imports_only_from_layers_above(path):
    mine = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    for name in dependencies.imported(tree(path)):
        parts = name.split(".")
        if parts[0] == "course_lib" and len(parts) > 1 and parts[1] != mine:
            assert LAYERS[parts[1]] < LAYERS[mine], f"{mine} imports {parts[1]}"


def test_everything_else_works_without_loading_tensorflow():
    names = [name for name in NAMES if name.removeprefix("models/") not in NETWORKS]
    imported = "\n".join(f"import course_lib.{name.replace('/', '.')}" for name in names)
    loaded = "print(*sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", f"import sys\n{imported}\n{loaded}"],
        env=os.environ | {"PYTHONPATH": str(LIBRARY.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "\n"


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("models/[a-z]*.py")), ids=lambda p: p.stem)
def test_a_model_imports_only_from_floors_below_it_in_models(path):
    for name in dependencies.imported(tree(path)):
        if name.startswith("course_lib.models."):
            other = name.split(".")[2]
            assert MODELS[other] < MODELS[path.stem], f"{path.stem} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_only_networks_need_keras_directly_or_through_what_they_import(path):
    """A Markov chain that loads TensorFlow takes four times the memory."""
    assert needs_keras(path) == (path.parent.name == "models" and path.stem in NETWORKS)


def lines_of_code(text):
    """Lines that hold code: neither docstring nor comment nor blank."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)
    }
    without = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in without and token.string:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - docstrings)


def test_lines_of_code_are_counted_without_docstrings_comments_and_blanks():
    assert lines_of_code(LINES) == 5


LINES = '''"""Module,
on two lines."""

# a comment
X = """text
that counts"""


def f(
    x,
):  # three lines; the docstring does not count
    """What f does."""
'''


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_has_at_most_200_lines_of_code(path):
    if path.parent.name != "cases":  # tables of questions and answers
        assert lines_of_code(path.read_text(encoding="utf-8")) <= 200


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_bad_input_is_not_left_to_assert(path):
    assert not [node for node in ast.walk(tree(path)) if isinstance(node, ast.Assert)]


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
