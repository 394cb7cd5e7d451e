"""Equal values come in the same order on every machine: no sort in the code leaves it open.

NumPy's usual sort and partition take another way on another processor, and rows that tie change
places. So whatever sorts is stable, or says how it breaks ties.
"""

import ast

import pytest
from lessons import ROOT, SOURCES, code, make_notebooks

MODULES = sorted(
    path
    for folder in ("course_lib", "benchmarks", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
CONSUMERS = {"list", "tuple", "enumerate", "zip", "map", "join", "array", "fromiter", "Series"}


def open_orders(tree):
    """(line, what) of each call whose order among equals, or of a set, is left to the machine."""
    chained = {
        id(node.value)  # series.value_counts() in series.value_counts().sort_index()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "sort_index"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            reason = _of_call(node, chained)
            if reason:
                yield node.lineno, reason
        if isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
            yield node.iter.lineno, "a set has no order"


def _of_call(call, chained):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    options = {option.arg: option.value for option in call.keywords}
    kind = getattr(options.get("kind"), "value", None)
    if name == "sort_values":
        by = options.get("by", call.args[0] if call.args else None)
        keys = len(by.elts) if isinstance(by, ast.List) else 1
        return "sort_values" if kind != "stable" and keys < 2 else None
    if name == "argsort" and kind != "stable":
        return "argsort"
    if name == "argpartition":
        return "argpartition"
    if name in ("nlargest", "nsmallest") and "keep" not in options:
        return name
    if name == "value_counts" and id(call) not in chained:
        return None if getattr(options.get("sort"), "value", True) is False else "value_counts"
    if name in CONSUMERS and any(map(_is_set, call.args)):
        return "a set has no order"
    return None


def _is_set(node):
    """Is this a set as it is written down: {a, b}, set(...), or a union of such?"""
    if isinstance(node, ast.BinOp):
        return _is_set(node.left) or _is_set(node.right)
    is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("set", "frozenset")
    return is_call or isinstance(node, ast.Set | ast.SetComp)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lessons_leave_no_order_to_the_machine(source):
    found = [
        (reason, cell.source.splitlines()[line - 1].strip())
        for cell in code(make_notebooks.solved(source))
        for line, reason in open_orders(ast.parse(cell.source))
    ]
    assert not found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_library_leaves_no_order_to_the_machine(path):
    assert not list(open_orders(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "line",
    [
        'table.sort_values("mean")',
        'table.sort_values(["mean"])',
        'table.sort_values("mean", kind="quicksort")',
        "series.sort_values()",
        "np.argsort(-scores)",
        "scores.argsort()",
        "np.argpartition(scores, 3)",
        "series.nlargest(3)",
        'table.nsmallest(3, "mean")',
        "series.value_counts()",
        "series.value_counts().head(3)",
        "list(set(names))",
        "for name in {1, 2}: print(name)",
        "[name for name in set(a) | b]",
        '", ".join(set(names))',
    ],
)
def test_an_order_left_open_is_found(line):
    assert list(open_orders(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        'table.sort_values("mean", kind="stable")',
        'table.sort_values(["mean", "title"])',
        'np.argsort(-scores, kind="stable")',
        "np.lexsort((times, users))",
        "np.sort(values)",
        'series.nlargest(3, keep="first")',
        "series.value_counts(sort=False)",
        "series.value_counts().sort_index()",
        "sorted(set(names))",
        "len(set(names))",
    ],
)
def test_a_settled_order_is_let_through(line):
    assert not list(open_orders(ast.parse(line)))
