"""What the tests of the lessons share: reading them, and telling their cells apart."""

import sys
from pathlib import Path

import nbformat
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import make_notebooks  # noqa: E402 (found through the line above)

SOURCES = make_notebooks.lessons()
STEMS = [source.stem for source in SOURCES]


def read(folder, stem):
    return nbformat.read(ROOT / folder / f"{stem}.ipynb", as_version=4)


def tags(cell):
    return cell.metadata.get("tags", [])


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    """The source of the code cells with this tag, in order."""
    return [cell.source for cell in code(notebook) if tag in tags(cell)]


def is_check(cell):
    return cell.metadata.get("nbgrader", {}).get("grade", False)


def is_exercise(cell):
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def points(notebook):
    return sum(cell.metadata.nbgrader.points for cell in notebook.cells if is_check(cell))


def namespace_after(*cells):
    """The names that these cells define, run here; how NumPy prints stays as it was."""
    space = {"__name__": "__main__"}
    with np.printoptions():
        for cell in cells:
            exec(compile(cell, "<lesson>", "exec"), space)
    return space
