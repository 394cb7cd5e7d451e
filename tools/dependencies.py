"""What a lesson or a module of the library depends on inside this repository, read off its code."""

import ast


def imported(tree):
    """Every module that a syntax tree imports, and every name that it takes from one.

    >>> sorted(imported(ast.parse("import a.b\\nfrom c import (d,\\n    e)")))
    ['a.b', 'c', 'c.d', 'c.e']
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"line {node.lineno}: imports are written in full")
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def modules(root, tree):
    """Files of the library that the code needs, with those that they need in turn."""
    found, waiting = set(), [tree]
    while waiting:
        for name in imported(waiting.pop()):
            path = root.joinpath(*name.split(".")).with_suffix(".py")
            if name.startswith("course_lib.") and path.is_file() and path not in found:
                found.add(path)
                waiting.append(ast.parse(path.read_text(encoding="utf-8")))
    return found


def tables(root, trees):
    """Files of datasets/ that the code names in a string, as a part of a path; folders, whole.

    The folders of solutions/ as well: entries that a lesson runs.
    """
    parts = {
        part
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for part in node.value.replace("\\", "/").split("/")
    }
    folders = [path for path in root.glob("solutions/*") if path.is_dir()]
    named = [path for path in (*root.glob("datasets/*"), *folders) if path.name in parts]
    return {file for path in named for file in (path, *path.rglob("*")) if file.is_file()}
