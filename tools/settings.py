"""Do the lessons print the same on other machines? Strict nbval under settings that imitate them.

    python tools/settings.py                              every setting, every solved lesson
    python tools/settings.py --settings one-thread haswell --lessons 05 13 --folders notebooks

Each setting is environment variables. A variable may be ignored, so before the lessons a process of
the same environment tells which instructions NumPy, OpenBLAS and oneDNN then use, and how many
threads; a setting whose `took` is not to be found there counts as not tested, and fails.
"""

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
PROBE = """
import os
os.environ["ONEDNN_VERBOSE"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, tensorflow as tf, threadpoolctl
from numpy._core._multiarray_umath import __cpu_dispatch__ as groups, __cpu_features__ as has
np.ones((64, 64)) @ np.ones((64, 64))
print("NumPy: baseline and", " ".join(group for group in groups if has[group]) or "nothing more")
for pool in threadpoolctl.threadpool_info():
    if pool["internal_api"] == "openblas":
        print(f"OpenBLAS: {pool['architecture']}, {pool['num_threads']} threads")
convolve = tf.function(lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "SAME"))
convolve(tf.ones((8, 32, 32, 16)), tf.ones((3, 3, 16, 16)))
"""


@dataclass(frozen=True)
class Setting:
    """Variables to set, and the pattern by which the probe's text shows that they took effect."""

    variables: dict = field(default_factory=dict)
    took: str = ""


SETTINGS = {
    "default": Setting(),
    "one-thread": Setting(dict.fromkeys(THREADS, "1"), "OpenBLAS: .*, 1 threads"),
    "no-onednn": Setting({"TF_ENABLE_ONEDNN_OPTS": "0"}, "oneDNN: gemm_api with"),
    "no-x86-v4": Setting(
        {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
        "NumPy: baseline and X86_V3\n",
    ),
    "no-x86-v3": Setting(
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
        "NumPy: baseline and nothing more",
    ),
    "haswell": Setting({"OPENBLAS_CORETYPE": "Haswell"}, "OpenBLAS: Haswell"),
    "sandybridge": Setting({"OPENBLAS_CORETYPE": "Sandybridge"}, "OpenBLAS: Sandybridge"),
}


def probe(environment):
    """What NumPy, OpenBLAS and oneDNN use in this environment, a line each.

    TensorFlow's own kernels use one part of oneDNN too, its matrix product (gemm_api); where
    oneDNN's kernels are on, a convolution is among them.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    told = [line for line in lines if not line.startswith("onednn_verbose")]
    text = "\n".join(lines)
    ran = re.findall(r"exec,cpu,(\w+),", text)
    detail = "nothing"
    if ran:
        isa, threads = re.search(r"cpu,isa:(.+)", text)[1], re.search(r"nthr:(\d+)", text)[1]
        detail = f"{', '.join(sorted(set(ran)))} with {isa}, {threads} threads"
    return "\n".join([*told, f"oneDNN: {detail}"])


def check(name, notebooks):
    """Run one setting; returns whether it took effect and every output was as stored."""
    setting = SETTINGS[name]
    environment = {k: v for k, v in os.environ.items() if k not in THREADS} | setting.variables
    told = probe(environment)
    print(f"== {name} {setting.variables or ''}\n{told}", flush=True)
    if not re.search(setting.took, told + "\n"):
        print(f"not tested: this machine ignores the setting, no {setting.took!r} above")
        return False
    command = [sys.executable, "-m", "pytest", "-o", "addopts=--nbval", "-q", "--tb=short"]
    done = subprocess.run([*command, *map(str, notebooks)], env=environment, cwd=ROOT, check=False)
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--lessons", nargs="*", default=[""], metavar="05")
    parser.add_argument("--folders", nargs="*", default=["solutions"])
    chosen = parser.parse_args()
    notebooks = sorted(
        path.relative_to(ROOT)
        for folder in chosen.folders
        for number in chosen.lessons
        for path in (ROOT / folder).glob(f"{number}*.ipynb")
    )
    failed = [name for name in chosen.settings if not check(name, notebooks)]
    raise SystemExit(f"other outputs under: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
