"""Break the library on purpose, one small change at a time, and see whether its tests notice.

    python tools/mutate.py                      every module: hours of one processor
    python tools/mutate.py losses models/ease   only these
    python tools/mutate.py --workers 4          so many changes at a time (2)

In each function a sign, a comparison, a whole number or an and/or is changed, and the tests and
doctests that call the function run until one fails: then the change is "noticed". First come those
that have noticed most, then those of files that name the module, the quickest first, up to some
seconds in all. What is not noticed is listed: either a test is missing or the change makes no
difference.

All happens in forked copies of one process (Linux), see `forked`; the files stay as they are. Only
where a function runs at import, or in no test but in a process that a test starts, the tests run
on a changed copy of the repository.

Which test calls which functions goes into build/calls.jsonl, each result into build/mutations.csv
at once; an interrupted run goes on from there. A change is tried again when its module has changed,
or the test that noticed it, or, where none did, any test file that calls its function.
"""

import argparse
import ast
import csv
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

from tqdm import tqdm

import dependencies
import forked

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "course_lib"
OF_LESSONS = {  # minutes, of no module
    *("test_notebooks.py", "test_browser.py", "test_wrong_answers.py"),
    "test_neural_network_lesson.py",
}
SECONDS = 10.0  # of a processor, for the tests of one change
FIELDS = ["module", "function", "line", "old", "new", "by", "state"]
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


def mutants(name):
    """(what is changed, the function as `forked.called` names it, the changed syntax tree).

    The tree is the same each time: it holds only one change, until the next is asked for.
    """
    tree = _tree(LIBRARY / f"{name}.py")
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        start = min(node.lineno for node in [function, *function.decorator_list])
        for node in places(function):
            attribute, value = broken(node)
            before, old = getattr(node, attribute), ast.unparse(node)
            setattr(node, attribute, value)
            what = (name, function.name, f"{node.lineno}:{node.col_offset}", old, ast.unparse(node))
            yield dict(zip(FIELDS, what, strict=False)), f"{name}.py:{start}", tree
            setattr(node, attribute, before)


def _tree(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def modules():
    """Every module of the library but the exercises' cases, such as "models/ease"."""
    names = [path.relative_to(LIBRARY).with_suffix("").as_posix() for path in LIBRARY.rglob("*.py")]
    return sorted(n for n in names if not n.startswith("cases/") and not n.endswith("__init__"))


@cache
def needs(file):
    """The files of the library that a test file needs, through others too."""
    tree, own = _tree(file), {file} if LIBRARY in file.parents else set()
    helpers = [ROOT / "tests" / f"{name}.py" for name in dependencies.imported(tree)]
    found = [needs(path) for path in helpers if path.is_file()]
    return own.union(dependencies.modules(ROOT, tree), *found)


@cache
def tests_of(name):
    """The test files of a module: those that name it, or else those that need it through others."""
    module, own = f"course_lib.{name.replace('/', '.')}", f"test_{name.rsplit('/', 1)[-1]}.py"
    files = [f for f in (ROOT / "tests").glob("test_*.py") if f.name not in OF_LESSONS]
    named = [
        file
        for file in files
        if file.name == own
        or module in dependencies.imported(_tree(file))
        or module in file.read_text(encoding="utf-8")
    ]
    return named or [file for file in files if LIBRARY / f"{name}.py" in needs(file)]


def digest(*texts):
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]


def notices(name, source, files):
    """Do these test files fail on this source of a module, in a copy of the repository?"""
    leave = (".git", ".venv", "__pycache__", "*.ipynb", ".hypothesis", "build", "my_notebooks")
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "course"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*leave))
        (folder / "course_lib" / f"{name}.py").write_text(source, encoding="utf-8")
        options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--doctest-modules"]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *(str(f.relative_to(ROOT)) for f in files)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
        )
    return run.returncode not in (0, 5)  # 5: no tests


class Suite:
    """The collected tests: which functions they call, and whether they notice a change."""

    def __init__(self, items, early, functions, workers):
        self.items = {item.nodeid: item for item in items}
        self.early, self.functions, self.workers = early, functions, workers
        self.seconds, self.callers = {}, {}  # by test; the tests by function
        self.noticed = Counter()  # changes, by the test that noticed them

    def record(self, path):
        """Find out what each test calls, or read it from the file where it still holds."""
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = dict(map(json.loads, lines))
        files = {item.path for item in self.items.values()}
        states = {f: digest(*(p.read_bytes() for p in sorted({f, *needs(f)}))) for f in files}
        states = {name: states[item.path] for name, item in self.items.items()}
        kept = {name: row for name, row in kept.items() if states.get(name, row[0]) == row[0]}
        new = [item for name, item in self.items.items() if name not in kept]
        jobs = ((i.nodeid, lambda i=i: forked.called(i, str(LIBRARY)), 300) for i in new)
        results = forked.in_copies(jobs, self.workers)
        failed = []
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in kept.items())
            for name, result in tqdm(results, "tests", len(new), unit="test", disable=None):
                passed, *found = result or (False, 0.0, [])
                if passed:
                    kept[name] = [states[name], *found]
                    print(json.dumps([name, kept[name]]), file=file, flush=True)
                else:
                    failed.append(name)
        if failed:
            raise SystemExit(f"tests fail without a change: {', '.join(failed)}")
        for name in self.items:
            _, self.seconds[name], functions = kept[name]
            for function in functions:
                self.callers.setdefault(function, []).append(name)

    def tests(self, module, function):
        """The tests that call a function, in the order in which they are tried."""
        own = {LIBRARY / f"{module}.py", *tests_of(module)}

        def order(name):
            return -self.noticed[name], self.items[name].path not in own, self.seconds[name]

        return sorted(self.callers.get(function, []), key=order)

    def state(self, row, function):
        """A digest of the module and of what noticed the change, or could have."""
        module = (LIBRARY / f"{row['module']}.py").read_bytes()
        test = getattr(self.items.get(row["by"]), "function", None)
        if test is not None:
            return digest(module, inspect.getsource(test).encode())
        files = {self.items[name].path for name in self.callers.get(function, [])}
        files |= set(tests_of(row["module"]))
        return digest(module, *(file.read_bytes() for file in sorted(files)))

    def job(self, row, function, tree):
        """(row and function, what tries this change, the seconds that it may take)."""
        chosen, seconds = [], 0.0
        for name in self.tests(row["module"], function):
            seconds += self.seconds[name]
            if seconds < SECONDS or not chosen:
                chosen.append(self.items[name])
        outside = self.early.get(function, [] if chosen else tests_of(row["module"]))

        def attempt():
            code = compile(tree, str(LIBRARY / f"{row['module']}.py"), "exec")
            forked.replace(code, self.functions)
            if by := forked.first_failure(chosen):
                return by
            noticed = outside and notices(row["module"], ast.unparse(tree), sorted(outside))
            return "another process" if noticed else ""

        return (row, function), attempt, 600 if outside else 30 + 2 * min(seconds, SECONDS)


def work_through(names, folder, workers):
    """Try each change that has no result yet; all rows, the new ones added to the file."""
    paths = [LIBRARY / f"{name}.py" for name in names]
    files = sorted({file for name in names for file in tests_of(name)})
    folder.mkdir(exist_ok=True)
    results, rows = folder / "mutations.csv", []

    def work(items, early, functions):
        suite = Suite(items, early, functions, workers)
        suite.record(folder / "calls.jsonl")
        changes = [change for name in names for change in mutants(name)]
        old = {_key(row): row for row in _read(results)}
        waiting = 0
        for row, function, _ in changes:
            known = old.get(_key(row))
            if known is not None and known["state"] == suite.state(known, function):
                rows.append(known)
                suite.noticed[known["by"]] += 1
            else:
                waiting += 1
        done = {_key(row) for row in rows}
        jobs = (
            suite.job(*change)
            for n in names
            for change in mutants(n)
            if _key(change[0]) not in done
        )
        tried = forked.in_copies(jobs, workers)
        for (row, function), by in tqdm(tried, "changes", waiting, unit="change", disable=None):
            row["by"] = "its own end" if by is None else by
            suite.noticed[row["by"]] += 1
            row["state"] = suite.state(row, function)
            rows.append(row)
            _add(results, row)

    forked.collect(ROOT, [*files, *paths], LIBRARY, work)
    return rows


def _key(row):
    return tuple(row[field] for field in FIELDS[:5])


def _read(results):
    if not results.exists():
        return []
    with results.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _add(results, row):
    is_new = not results.exists()
    with results.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def report(names, rows):
    """What nobody noticed, and the counts of each module, as text."""
    lines = ["Not noticed:"]
    for row in (row for row in rows if not row["by"]):
        module, function, line, old, new = _key(row)
        lines.append(f"  {module}.py:{line} {function}: {old}  →  {new}")
    lines += ["", "A module, its changes noticed, its functions with at least one:"]
    for name in names:
        lines.append(f"  {_counts([row for row in rows if row['module'] == name])}  {name}")
    return "\n".join([*lines, f"  {_counts(rows)}  in all"])


def _counts(rows):
    noticed = [row for row in rows if row["by"]]
    seen, functions = ({(row["module"], row["function"]) for row in r} for r in (noticed, rows))
    return f"{len(noticed):4d} of {len(rows):4d}  {len(seen):3d} of {len(functions):3d}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="such as losses; default: every module")
    parser.add_argument("--workers", type=int, default=2, help="changes tried at a time")
    options = parser.parse_args()
    unknown = set(options.modules) - set(modules())
    if unknown:
        parser.error(f"there is no module {', '.join(sorted(unknown))}")
    os.environ.update(dict.fromkeys(THREADS, "1"), PYTHONPATH=str(ROOT))
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    names = options.modules or modules()
    print(report(names, work_through(names, ROOT / "build", options.workers)))


if __name__ == "__main__":
    main()
