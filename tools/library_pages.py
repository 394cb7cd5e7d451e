"""The library's reference, read off its docstrings: no module is imported.

Docstrings are Markdown, as everything else in the course.
"""

import ast
import re

from book_pages import toctree

LEFT_OUT = ("cases", "grading")  # answers of exercises; what runs submissions
ARGUMENT = re.compile(r"(?m)^(\w+(?:, \w+)*): (?=\S)")


def modules(root):
    """{"models.ease": its syntax tree, …} of the modules that have something for others."""
    found = {}
    for path in sorted((root / "course_lib").rglob("*.py")):
        names = path.relative_to(root).with_suffix("").parts
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if names[1] not in LEFT_OUT and names[-1] != "__init__" and any(public(tree)):
            found[".".join(names[1:])] = tree
    return found


def public(tree):
    """The functions and classes of a module, or methods of a class, that are for others to call."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_") and ast.get_docstring(node):
            yield node


def page(name, tree):
    """The reference of one module."""
    text = [f"# {name}", "", f"```{{py:module}} course_lib.{name}\n```", ""]
    text += [prose(ast.get_docstring(tree) or ""), ""]
    for node in public(tree):
        text += [_told(node, 4), ""]
    return "\n".join(text)


def _told(node, colons):
    fence = ":" * colons
    if isinstance(node, ast.ClassDef):
        head = f"class}} {node.name}{_made_with(node)}"
        inside = [_told(method, colons - 1) for method in public(node)]
    else:
        head = f"{'function' if colons == 4 else 'method'}}} {node.name}{signature(node)}"
        head = head.replace("(self, ", "(").replace("(self)", "()")
        inside = []
    body = "\n\n".join([prose(ast.get_docstring(node)), *inside])
    return f"{fence}{{py:{head}\n\n{body}\n{fence}"


def _made_with(node):
    """What a class is called with: the arguments of __init__, or the fields of a dataclass."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            return signature(method).replace("(self, ", "(").replace("(self)", "()")
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        fields = [f for f in node.body if isinstance(f, ast.AnnAssign) and _is_given(f)]
        told = (f.target.id + (f"={ast.unparse(f.value)}" if f.value else "") for f in fields)
        return f"({', '.join(told)})"
    return ""


def _is_given(field):
    return "ClassVar" not in ast.unparse(field.annotation)


def signature(node):
    """
    >>> signature(ast.parse("def f(a, *, k=10): pass").body[0])
    '(a, *, k=10)'
    """
    return f"({ast.unparse(node.args)})"


def prose(text):
    """A docstring as Markdown: examples fenced, "name: meaning" a point of a list.

    >>> print(prose("The sum.\\n\\na, b: numbers."))
    The sum.
    <BLANKLINE>
    - **a, b**: numbers.
    """
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith(">>> "):
            blocks.append(f"```pycon\n{block}\n```")
        elif block.startswith("    "):
            blocks.append(f"```text\n{block}\n```")
        else:
            blocks.append(ARGUMENT.sub(r"- **\1**: ", block.replace("\n    ", "\n  ")))
    return "\n\n".join(blocks)


def contents(modules):
    """A table of all modules, each with the first line of its docstring."""
    rows = [
        f"| [{name}](/library/{name}.md) | {_first_line(tree)} |" for name, tree in modules.items()
    ]
    table = "\n".join(["| module | what it is for |", "|---|---|", *rows])
    return f"{table}\n\n" + toctree(modules)


def _first_line(tree):
    return (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
