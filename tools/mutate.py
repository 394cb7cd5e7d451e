"""Break the library on purpose, one small change at a time, and see whether its tests notice.

    python tools/mutate.py              every module
    python tools/mutate.py losses       only this one
    python tools/mutate.py models/ease  or one of the models

In each function: a sign, a comparison, a whole number, an axis or an and/or is changed, the
module's tests and doctests run in a copy of the repository, and the change is "noticed" when they
fail. What is not noticed is listed: either a test is missing or the change makes no difference.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
SLOW = ("test_models.py",)  # of every model: minutes
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
            yield function.name, node.lineno, old, ast.unparse(node), ast.unparse(tree)
            setattr(node, attribute, before)


def tests_of(name):
    """The test files that say in their name, or by an import, that they test this module."""
    own = ROOT / "tests" / f"test_{name}.py"
    if own.exists():
        return [f"tests/{own.name}"]
    wanted = f"from course_lib.{name.replace('/', '.')} import"
    files = sorted((ROOT / "tests").glob("test_*.py"))
    files = [file for file in files if wanted in file.read_text(encoding="utf-8")]
    return [f"tests/{file.name}" for file in files if file.name not in SLOW]


def notices(folder, name, source):
    """Do the module's tests, run in `folder`, fail on this source?"""
    target = folder / "course_lib" / f"{name}.py"
    original = target.read_bytes()
    target.write_text(source, encoding="utf-8")
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    tests = [*tests_of(name), f"course_lib/{name}.py"]
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        target.write_bytes(original)
    return run.returncode != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="such as losses; default: every tested module")
    library = ROOT / "course_lib"
    names = [
        module.relative_to(library).with_suffix("").as_posix()
        for module in sorted([*library.glob("*.py"), *library.glob("models/*.py")])
    ]
    names = parser.parse_args().modules or [name for name in names if tests_of(name)]
    work = [
        (name, *mutant) for name in names for mutant in mutants(ROOT / "course_lib" / f"{name}.py")
    ]
    survivors, functions = [], {}
    with tempfile.TemporaryDirectory() as copy_of:
        folder = Path(copy_of) / "course"
        leave = shutil.ignore_patterns(".git", ".venv", "__pycache__", "*.ipynb", ".hypothesis")
        shutil.copytree(ROOT, folder, ignore=leave)
        for name, function, line, old, new, source in tqdm(work, unit="change", disable=None):
            noticed = notices(folder, name, source)
            tally = functions.setdefault(f"{name}.{function}", [0, 0])
            tally[0] += noticed
            tally[1] += 1
            if not noticed:
                survivors.append(f"{name}.py:{line} {function}: {old}  →  {new}")
    for function, (noticed, total) in functions.items():
        print(f"{noticed:3d} of {total:3d}  {function}")
    print("\nNot noticed:" if survivors else "\nAll noticed.", *survivors, sep="\n  ")
    unseen = [name for name, (noticed, _) in functions.items() if not noticed]
    print(
        f"{len(work) - len(survivors)} of {len(work)} changes noticed; "
        f"{len(functions) - len(unseen)} of {len(functions)} functions"
    )


if __name__ == "__main__":
    main()
