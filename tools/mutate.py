"""Break the library on purpose, one small change at a time, and see whether its tests notice.

    python tools/mutate.py                      every module: hours
    python tools/mutate.py losses models/ease   only these
    python tools/mutate.py --workers 4          so many changes at a time (2)

In each function: a sign, a comparison, a whole number or an and/or is changed, the module's tests
and doctests run in a copy of the repository, and the change is "noticed" when they fail. What is
not noticed is listed: either a test is missing or the change makes no difference.

Each result goes into build/mutations.csv at once. An interrupted run goes on from there; a module
starts anew when it or one of its tests has changed.
"""

import argparse
import ast
import csv
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

import dependencies

ROOT = Path(__file__).parents[1]
OF_LESSONS = {"test_notebooks.py", "test_grading.py", "test_browser.py"}  # minutes, of no module
FIELDS = ["module", "state", "function", "line", "old", "new", "noticed"]
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def places(function):
    """Nodes of a function that can be broken, without its docstring and its error messages."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise | ast.FunctionDef | ast.JoinedStr):
            continue
        if broken(node) is not None:
            yield node
        waiting += ast.iter_child_nodes(node)


def broken(node):
    """(attribute, new value) that breaks this node, or None."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        return "op", SWAPS[type(node.op)]()
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        return "ops", [SWAPS[type(node.ops[0])](), *node.ops[1:]]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return "op", ast.UAdd()
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return "value", node.value + 1
    return None


def mutants(module):
    """(function's name, line, old text, new text, whole mutated source) for one module."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        for node in places(function):
            attribute, value = broken(node)
            before, old = getattr(node, attribute), ast.unparse(node)
            setattr(node, attribute, value)
            place = f"{node.lineno}:{node.col_offset}"
            yield function.name, place, old, ast.unparse(node), ast.unparse(tree)
            setattr(node, attribute, before)


def tests_of(name):
    """The test files of a module: the one of its name, and those that import it.

    The quickest to notice come first, since the first failure ends the run: the test of its name,
    then by size.
    """
    module = f"course_lib.{name.replace('/', '.')}"
    own = ROOT / "tests" / f"test_{name.rsplit('/', 1)[-1]}.py"
    files = {
        file
        for file in (ROOT / "tests").glob("test_*.py")
        if file.name not in OF_LESSONS
        and (file == own or module in dependencies.imported(_tree(file)))
    }
    return sorted(files, key=lambda file: (file != own, file.stat().st_size))


def _tree(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def modules():
    """Every module of the library but the exercises' cases, such as "models/ease"."""
    library = ROOT / "course_lib"
    names = [path.relative_to(library).with_suffix("").as_posix() for path in library.rglob("*.py")]
    return sorted(n for n in names if not n.startswith("cases/") and not n.endswith("__init__"))


def state(name):
    """A digest of the module and its tests: results hold as long as it stays."""
    files = [ROOT / "course_lib" / f"{name}.py", *tests_of(name)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


def passes(name, folder):
    """Do the module's tests and doctests pass in this copy of the repository?"""
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    tests = [f"tests/{file.name}" for file in tests_of(name)]
    settings = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests, f"course_lib/{name}.py"],
        cwd=folder,
        env={**os.environ, **dict.fromkeys(THREADS, "1"), **settings},
        capture_output=True,
        timeout=600,
    )
    return run.returncode in (0, 5)  # 5: neither tests nor doctests


def notices(folder, name, source):
    """Do the module's tests, run in `folder`, fail on this source?"""
    target = folder / "course_lib" / f"{name}.py"
    original = target.read_bytes()
    target.write_text(source, encoding="utf-8")
    try:
        return not passes(name, folder)
    except subprocess.TimeoutExpired:
        return True  # an endless loop is noticed, by whoever waits for it
    finally:
        target.write_bytes(original)


def known(results, states):
    """{(module, function, line, old, new): noticed} of an earlier run that still holds."""
    if not results.exists():
        return {}
    with results.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if states.get(row["module"]) == row["state"]]
    return {_key(row): row["noticed"] == "True" for row in rows}


def _key(row):
    return tuple(str(row[field]) for field in ("module", "function", "line", "old", "new"))


def work_through(names, results, workers):
    """Try each change that has no result yet, several at a time; add each result to the file."""
    states = {name: state(name) for name in names}
    done = known(results, states)
    work = []
    for name in names:
        for function, line, old, new, source in mutants(ROOT / "course_lib" / f"{name}.py"):
            row = {"module": name, "state": states[name], "function": function}
            row |= {"line": line, "old": old, "new": new}
            if _key(row) not in done:
                work.append((row, source))
    changed = dict.fromkeys(row["module"] for row, _ in work)
    if failing := [name for name in changed if not passes(name, ROOT)]:
        raise SystemExit(f"tests of unbroken modules fail: {', '.join(failing)}")
    results.parent.mkdir(exist_ok=True)
    is_new = not results.exists()
    with (
        tempfile.TemporaryDirectory() as copies,
        results.open("a", encoding="utf-8", newline="") as file,
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=len(work), unit="change", disable=None) as bar,
    ):
        writer, lock, rest = csv.DictWriter(file, FIELDS), threading.Lock(), iter(work)
        if is_new:
            writer.writeheader()

        def try_changes(folder):
            leave = shutil.ignore_patterns(
                *(".git", ".venv", "__pycache__", "*.ipynb", ".hypothesis", "build", "my_notebooks")
            )
            shutil.copytree(ROOT, folder, ignore=leave)
            while True:
                with lock:
                    row, source = next(rest, (None, None))
                if row is None:
                    return
                noticed = notices(folder, row["module"], source)
                with lock:
                    writer.writerow({**row, "noticed": noticed})
                    file.flush()
                    bar.update()

        list(pool.map(try_changes, [Path(copies) / f"course_{i}" for i in range(workers)]))
    return known(results, states)


def report(names, results):
    """Counts a function and a module, and what nobody noticed, as text."""
    functions, by_module, survivors = {}, {name: [0, 0] for name in names}, []
    for (module, function, line, old, new), noticed in results.items():
        for tally in (functions.setdefault(f"{module}.{function}", [0, 0]), by_module[module]):
            tally[0] += noticed
            tally[1] += 1
        if not noticed:
            survivors.append(f"  {module}.py:{line} {function}: {old}  →  {new}")
    lines = [f"{noticed:4d} of {total:4d}  {f}" for f, (noticed, total) in functions.items()]
    lines += ["", "Not noticed:", *survivors, "", "A module:"]
    for module, (noticed, total) in by_module.items():
        tests = ", ".join(file.stem for file in tests_of(module)) or "its doctests alone"
        lines.append(f"{noticed:4d} of {total:4d}  {module}  ({tests})")
    noticed = sum(results.values())
    seen = sum(tally[0] > 0 for tally in functions.values())
    lines.append(
        f"{noticed} of {len(results)} changes noticed; "
        f"at least one in {seen} of {len(functions)} functions"
    )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="such as losses; default: every module")
    parser.add_argument("--workers", type=int, default=2, help="changes tried at a time")
    options = parser.parse_args()
    unknown = set(options.modules) - set(modules())
    if unknown:
        parser.error(f"there is no module {', '.join(sorted(unknown))}")
    names = options.modules or modules()
    print(report(names, work_through(names, ROOT / "build" / "mutations.csv", options.workers)))


if __name__ == "__main__":
    main()
