"""Setting up: what is pinned, that every way of installing agrees, who is told what is wrong."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHONS = ["3.11", "3.12", "3.13"]
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins(root):
    """{name: [(version, marker or None), …]} of requirements.txt."""
    text = (root / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement = Requirement(line.split(" --hash=")[0].strip())
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            assert line.count("--hash=sha256:") >= 1, line
            found.setdefault(canonicalize_name(requirement.name), []).append(
                (specifier.version, requirement.marker)
            )
    return found


def declared(project):
    return [
        Requirement(text)
        for text in project["project"]["dependencies"] + project["dependency-groups"]["test"]
    ]


def test_every_dependency_is_pinned_to_a_version_it_allows(project, pins):
    for requirement in declared(project):
        for version, _ in pins[canonicalize_name(requirement.name)]:
            assert requirement.specifier.contains(version), requirement


def test_no_address_and_no_index_stands_in_the_pins(root):
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--extra|--find-links|-i ", text)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_package_has_at_most_one_pin_for_each_system(pins, python, platform):
    system = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[platform],
        "platform_machine": "arm64" if platform == "darwin" else "x86_64",
        "os_name": "nt" if platform == "win32" else "posix",
    }
    for name, versions in pins.items():
        fitting = [v for v, marker in versions if marker is None or marker.evaluate(system)]
        assert len(fitting) <= 1, name
    for name in ("tensorflow", "numpy", "jupyterlab", "nbgrader"):
        assert any(m is None or m.evaluate(system) for _, m in pins[name]), name


def test_conda_installs_the_same_pins_for_a_python_we_support(root, project):
    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    python, pip, packages = environment["dependencies"]
    assert python.removeprefix("python=") in PYTHONS
    assert pip == "pip"
    assert packages == {"pip": ["-r requirements.txt"]}
    assert project["project"]["requires-python"] == ">=3.11,<3.14"


def test_binder_and_make_install_the_library_alike(root):
    step = "-m pip install --no-deps --no-build-isolation -e ."
    assert step in (root / "postBuild").read_text(encoding="utf-8")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert step in makefile.replace(" --disable-pip-version-check", "")
    assert step in (root / "README.md").read_text(encoding="utf-8")


def test_workflow_covers_every_system_and_python(root):
    workflow = yaml.safe_load((root / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert [system.split("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert {"run": "make test"} in workflow["jobs"]["test"]["steps"]


def test_ci_calls_make_test(root):
    script = root / ".ci" / "run"
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"
    if os.name == "posix":
        assert os.access(script, os.X_OK)


def make(folder, *arguments):
    """Run make as from a shell, also when make itself runs these tests."""
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=60
    )


def bare_copy(root, tmp_path):
    """A folder with the Makefile and the pins but no .venv, as after a fresh clone."""
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(root / name, tmp_path)
    return tmp_path


@needs_make
@pytest.mark.parametrize("candidate", ["/nonexistent/python", "false"])
def test_missing_or_old_python_is_told_in_one_line(root, tmp_path, candidate):
    folder = bare_copy(root, tmp_path)
    run = make(folder, "lab", f"PYTHON={candidate}")
    assert run.returncode != 0
    assert run.stdout == ""
    (line,) = run.stderr.strip().splitlines()
    assert f"needs Python 3.11, 3.12 or 3.13, and found none among: {candidate}" in line
    assert not (folder / ".venv").exists()


@needs_make
def test_a_python_that_is_new_enough_is_found(root, tmp_path):
    folder = bare_copy(root, tmp_path)
    run = make(folder, "-n", "lab", f"PYTHON=/nonexistent/python {sys.executable}")
    assert run.returncode == 0, run.stderr
    assert f"{sys.executable} -m venv --clear .venv" in run.stdout


@needs_make
def test_options_reach_jupyterlab(root):
    run = make(root, "-n", "lab", "ARGS=--no-browser --port 9999")
    assert "lab/tree/notebooks/01_cosine_similarity.ipynb --no-browser --port 9999" in run.stdout


def test_importing_tensorflow_as_lessons_do_is_silent():
    """A clean environment, as a learner's: only the lesson's own line may keep it quiet."""
    script = (
        'import os; os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"; import tensorflow as tf; '
        "import keras; keras.Sequential([keras.layers.Dense(1)])(tf.ones((1, 2)))"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "ONEDNN_"))}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=clean, timeout=300
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
