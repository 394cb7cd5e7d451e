"""Settings of somebody's machine change nothing: half a lesson under each, compared strictly."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from lessons import ROOT, STEMS, code, read

import kernel

SETTINGS = {
    "MPLBACKEND, TZ, LANG and PYTHON…": {  # where all change nothing, each does
        "MPLBACKEND": "Agg",
        "TZ": "Asia/Shanghai",
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": "{home}/modules",
        "PYTHONSTARTUP": "{home}/startup.py",
        "PYTHONWARNINGS": "error",
    },
    "IPython profile": {"IPYTHONDIR": "{home}/.ipython"},
    "unwritable HOME": {"HOME": "/dev/null/home"},
    "KERAS_BACKEND": {"KERAS_BACKEND": "torch"},
    "keras.json": {"KERAS_HOME": "{home}/.keras"},
}
# What a home holds of other projects. They take effect only where a setting points at them.
HOME = {
    "modules/numpy.py": "raise ImportError('the NumPy of another project')",
    "startup.py": "raise RuntimeError('for the terminal')",
    ".ipython/profile_default/ipython_config.py": (
        "c.InlineBackend.figure_formats = {'svg'}\n"
        "c.InteractiveShellApp.exec_lines = [\n"
        "    'import numpy, pandas',\n"
        "    'numpy.set_printoptions(precision=1)',\n"
        "    'pandas.set_option(\"display.precision\", 1)',\n"
        "]\n"
    ),
    ".keras/keras.json": '{"floatx": "float64", "backend": "tensorflow"}',
}
PROBE = "print(keras.config.backend(), keras.config.floatx(), keras.Variable([0.0]).dtype)"


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """Where Jupyter finds our kernel, which finds the library that is tested here."""
    folder = tmp_path_factory.mktemp("environment")
    kernel.write(folder)
    path = folder / "share/jupyter/kernels/python3/kernel.json"
    spec = json.loads(path.read_text(encoding="utf-8"))
    assert spec["env"]["PYTHONPATH"] == ""  # nobody else's modules
    spec["env"]["PYTHONPATH"] = str(ROOT)
    path.write_text(json.dumps(spec), encoding="utf-8")
    return folder / "share/jupyter"


def excerpt(*, with_keras):
    """Lesson 01 as learners get it, up to Keras; or its first cells, then Keras and a question."""
    notebook = read("notebooks", STEMS[0])
    cells = code(notebook)
    end = next(i for i, cell in enumerate(cells) if cell.source.startswith("import keras"))
    notebook.cells = cells[:end]
    if with_keras:
        said = nbformat.v4.new_output("stream", text="tensorflow float32 float32\n")
        probe = nbformat.v4.new_code_cell(PROBE, outputs=[said], execution_count=1)
        notebook.cells = [*cells[:4], cells[end], probe]
    return notebook


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_lesson_reproduces_its_outputs_whatever_this_machine_is_set_to(
    setting, kernels, tmp_path
):
    home = tmp_path / "home"
    for name, text in HOME.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    nbformat.write(excerpt(with_keras="keras" in setting.lower()), tmp_path / "excerpt.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ours = {*kernel.libraries(home), "PYTHONPATH"}
    env = {key: value for key, value in os.environ.items() if key not in ours}
    env |= {"HOME": str(home), "JUPYTER_PATH": str(kernels), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    env |= {key: value.format(home=home) for key, value in SETTINGS[setting].items()}
    # -E: the setting is for the kernel; what starts it has Makefile's protection.
    command = [sys.executable, "-E", "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "excerpt.ipynb"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
