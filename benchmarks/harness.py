"""What the benchmarks share: one measurement, one process; peers that need an environment apart.

    python benchmarks/harness.py      make the environments of the peers that need their own

A peer that runs with the versions the course uses is installed beside it (group `bench` of
pyproject.toml). The two in APART ask for other versions of pandas or NumPy, so each lives in
`.venv/peers/NAME` (or in the folder that BENCH_PEERS names), and is measured there by the same
script. A peer that is not installed is left out of a table, with the reason.

This file runs in the peers' environments too: it needs NumPy and nothing else.
"""

import argparse
import gc
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(os.environ.get("BENCH_PEERS", ROOT / ".venv" / "peers"))
DATA = ROOT / ".." / "shared" / "data" / "ml-1m.txt"

LONG = 20  # seconds for the timed runs of one way, if there were three of them

# peer: calls of `pip install`. The first peer's evaluation needs a small part of what it asks for.
APART = {
    "recommenders": [
        ["pandas==2.3.3", "scikit-learn==1.9.1", "scipy==1.17.1"],
        ["--no-deps", "recommenders==1.2.1"],
    ],
    "rectools": [["torch==2.13.0", "rectools[torch]==0.19.0"]],
}


def arguments(description, **defaults):
    """Command-line options that all benchmarks have, and what was asked for."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="timed runs; their median counts")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for everybody")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    for name, default in defaults.items():
        many = {"nargs": "+"} if isinstance(default, list) else {}
        kind = type(default[0] if many else default)
        parser.add_argument(f"--{name}", type=kind, default=default, **many)
    options = parser.parse_args()
    if options.one and hasattr(os, "sched_setaffinity"):  # thread pools that heed no variable
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    return options


class Skipped(Exception):
    """A measurement that cannot be made here, with the reason."""


def python_for(peer):
    """The interpreter in which a peer is installed."""
    if peer not in APART:
        return Path(sys.executable)
    python = PEERS / peer / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        raise Skipped("not installed: python benchmarks/harness.py makes its environment")
    return python


def thread_limits(threads):
    """Environment variables that hold all libraries in a process to so many threads."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
    limits = {f"{name}_NUM_THREADS": str(threads) for name in names[:4]}
    return limits | {f"{name}_THREADS": str(threads) for name in names[4:]}


def measure(script, way, inputs, *, peer, runs, threads):
    """Run one way in a process of its own, on arrays → (report, arrays that it found).

    report: {"seconds": list, "peak": gigabytes, "version": text}. Raises Skipped.
    """
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "inputs.npz"), **inputs)
        limits = thread_limits(threads)
        command = [python_for(peer), script, "--one", way, folder]
        command += ["--runs", str(runs), "--threads", str(threads)]
        done = subprocess.run(command, env=os.environ | limits, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            if last.startswith("ModuleNotFoundError"):
                raise Skipped(f"not installed ({last.split(': ', 1)[1]})")
            raise SystemExit(f"{way} failed:\n{done.stderr}")
        report = json.loads(done.stdout.splitlines()[-1])
        with np.load(Path(folder, "found.npz")) as file:
            return report, dict(file)


def answer(prepare, way, folder, *, runs, peer):
    """In the process of `measure`: time what `prepare(inputs)` returns, and write what it found.

    The job runs once untimed (compilers, caches), where `runs` is above 1, then `runs` times; a job
    that takes long at most 3 times.
    """
    with np.load(Path(folder, "inputs.npz")) as file:
        job = prepare(dict(file))
    if runs > 1:
        found = job()
    seconds = []
    for _ in range(runs):
        gc.collect()
        started = time.perf_counter()
        found = job()
        seconds.append(time.perf_counter() - started)
        if len(seconds) >= 3 and sum(seconds) > LONG:
            break
    peak = peak_gigabytes()
    if callable(found):  # a model: what it recommends is asked for afterwards
        found = found()
    np.savez(Path(folder, "found.npz"), **found)
    print(json.dumps({"seconds": seconds, "peak": peak, "version": version(peer)}))


def peak_gigabytes():
    """The most memory that this process has held, what it imported included."""
    try:  # the process alone; getrusage may still count the one that started it
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()
        return int(kilobytes[1]) / 2**20
    except OSError:
        unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, kilobytes elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def version(peer):
    """The version of an installed package, and of what its times depend on."""
    found = []
    for name in [peer, *{"rectools": ["torch"], "recommenders": ["pandas"]}.get(peer, [])]:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(name)
    return " with ".join(found)


class Table:
    """One table for all benchmarks: a line for each way, printed when a task is complete."""

    HEAD = ("task", "way", "seconds", "× fastest", "peak GB", "agreement")
    RULE = "|---|---|---:|---:|---:|---|"

    def __init__(self):
        self.versions, self.printed = {}, False

    def task(self, task, ways, inputs, agree, *, script, runs, threads):
        """Measure every way of a task: ways = {name: (peer, its way in the script)}.

        The first is the course's. agree(name, mine, its) says how what it found compares, and
        stops with an error when it should not be compared at all.
        """
        rows, mine = [], None
        for name, (peer, way) in ways.items():
            try:
                report, found = measure(script, way, inputs, peer=peer, runs=runs, threads=threads)
            except Skipped as reason:
                rows.append((name, None, None, f"skipped: {reason}"))
                continue
            self.versions[peer] = report["version"]
            mine = found if mine is None else mine
            rows.append(
                (name, np.median(report["seconds"]), report["peak"], agree(name, mine, found))
            )
        fastest = min(seconds for _, seconds, _, _ in rows if seconds is not None)
        if not self.printed:
            print("| " + " | ".join(self.HEAD) + " |\n" + self.RULE)
            self.printed = True
        for name, seconds, peak, words in rows:
            numbers = ("–", "–", "–")
            if seconds is not None:
                numbers = (f"{seconds:.3g}", f"{seconds / fastest:.2f}", f"{peak:.2f}")
            print("| " + " | ".join([task, name, *numbers, words]) + " |", flush=True)

    def end(self):
        """Say with which versions all this was measured."""
        print()
        own = ("numpy", "scipy", "pandas", "scikit-learn", "tensorflow")
        names = [*map(version, own), *(v for p, v in self.versions.items() if p not in own)]
        names = [name for name in names if not name.startswith("course_lib")]
        print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}; {', '.join(names)}.")


def install():
    """Make the environments of the peers in APART; one that fails is named and left out."""
    for peer, calls in APART.items():
        folder = PEERS / peer
        if (folder / "complete").exists():
            continue
        print(f"Setting up {peer} in {folder}")
        venv.create(folder, with_pip=True, clear=True)
        python = python_for(peer)
        for call in calls:
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            if subprocess.run(command + call).returncode:
                print(f"{peer} could not be installed here: its rows will be skipped")
                break
        else:
            (folder / "complete").touch()


if __name__ == "__main__":
    install()
