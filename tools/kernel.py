"""Whatever this machine's settings say, lessons run alike: what their kernel is given.

    python tools/kernel.py    write it into the environment of this Python

`make lab`, conda, Binder and nbgrader start the kernel that this describes. The folders that other
projects' settings live in (IPython's profile, keras.json, matplotlibrc) are replaced by empty ones.
"""

import shutil
import sys
from pathlib import Path

import ipykernel.kernelspec

LAB_SETTINGS = Path(__file__).with_name("lab_settings.json")
# Python's own settings. An empty one counts as absent.
PYTHON = {
    "PYTHONHOME": "",
    "PYTHONPATH": "",
    "PYTHONSTARTUP": "",
    "PYTHONWARNINGS": "",
    "PYTHONOPTIMIZE": "",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
}


def libraries(folder):
    """What keeps other projects' settings of IPython, Keras and Matplotlib out of a kernel."""
    return {
        "IPYTHONDIR": str(folder / "ipython"),
        "KERAS_HOME": str(folder / "keras"),
        "KERAS_BACKEND": "tensorflow",
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def write(prefix):
    """Describe the kernel, and JupyterLab's settings, in the environment at `prefix`."""
    share = prefix / "share" / "jupyter"
    settings = libraries(prefix / "share" / "lessons")
    for name in ("IPYTHONDIR", "KERAS_HOME", "MPLCONFIGDIR"):
        Path(settings[name]).mkdir(parents=True, exist_ok=True)
    folder = share / "kernels" / "python3"
    shutil.rmtree(folder, ignore_errors=True)  # ipykernel's own, or that of an older version
    ipykernel.kernelspec.write_kernel_spec(folder, {"env": {**PYTHON, **settings}})
    lab = share / "lab" / "settings"
    lab.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(LAB_SETTINGS, lab / "overrides.json")


if __name__ == "__main__":
    write(Path(sys.prefix))
