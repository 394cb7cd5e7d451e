"""Make every derived notebook: NN_idea.md → solved NN_idea.ipynb → the learner's NN_idea.ipynb.

    python tools/make_notebooks.py            the lessons whose source or library changed
    python tools/make_notebooks.py 02 03      only these, changed or not

The solved notebook is the source, executed. The learner's is the solved one after nbgrader's own
preprocessors (solutions and hidden tests out, check cells locked), executed again. Running twice
changes no byte. Seconds and peak memory of the learner's run go into the README's lesson table, and
so do the minutes of its core and of all of it (tools/core.py), which the lesson's head says too,
and the paths through the course (tools/paths.py). Where sections are marked as deeper, the core
runs once more without them: same outputs, or no notebooks.
"""

import argparse
import ast
import hashlib
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests, ClearSolutions, LockCells
from tqdm import tqdm

import core
import dependencies
import paths

ROOT = Path(__file__).parents[1]
WIDGET = "application/vnd.jupyter.widget-view+json"
HEAD = re.compile(r"^About [^\n]*? to run\.", re.MULTILINE)
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def lessons():
    """Every lesson's source, in order."""
    return sorted((ROOT / "solutions").glob("[0-9][0-9]_*.md"))


def solved(source):
    """The source as a notebook without outputs; cell ids come from position and content."""
    notebook = jupytext.read(source)
    notebook.metadata = {"kernelspec": dict(notebook.metadata["kernelspec"])}
    notebook.metadata["language_info"] = {"name": "python"}
    return _with_ids(notebook)


def for_learners(notebook):
    """A copy of a solved notebook with gaps where the learner writes, made by nbgrader."""
    notebook = nbformat.from_dict(notebook)
    for step in (CheckCellMetadata, ClearSolutions, ClearHiddenTests, LockCells):
        notebook, _ = step().preprocess(notebook, {})
    return _with_ids(notebook)


def needs(source):
    """Every file inside this repository that a lesson's outputs depend on."""
    tree = ast.parse("\n".join(c.source for c in solved(source).cells if c.cell_type == "code"))
    number = f'"{int(source.stem[:2])}.'  # the exercises of this lesson, such as "2.1"
    cases = (ROOT / "course_lib" / "cases").glob("*.py")
    cases = {path for path in cases if number in path.read_text(encoding="utf-8")}
    trees = [tree, *(ast.parse(path.read_text(encoding="utf-8")) for path in cases)]
    modules = cases.union(*(dependencies.modules(ROOT, tree) for tree in trees))
    trees += [ast.parse(path.read_text(encoding="utf-8")) for path in modules]
    tables = dependencies.tables(ROOT, trees)
    for path in (path for path in tables if path.suffix == ".py"):  # programs that it runs
        modules |= dependencies.modules(ROOT, ast.parse(path.read_text(encoding="utf-8")))
    pins = {ROOT / "requirements.txt"}
    if ROOT / "course_lib" / "model_packages.py" in modules:
        pins.add(ROOT / "requirements-models.txt")
    return {source, *pins, *modules, *tables}


def inputs(source):
    """One digest of all those files."""
    digest = hashlib.sha256()
    for file in sorted(needs(source)):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def execute(notebook, folder, *, allow_errors=False):
    """Run all cells in `folder`; return (seconds, peak megabytes)."""
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    client = NotebookClient(
        notebook,
        timeout=600,
        allow_errors=allow_errors,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
    )
    started = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - started
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    megabytes = int(notebook.cells.pop().outputs[0].text) / unit
    CoalesceStreamsPreprocessor().preprocess(notebook, {})  # prints split up by their timing
    notebook.metadata["language_info"] = {"name": "python"}  # not this machine's patch version
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # An empty id hides the view until the cell has run here; a random one would change
            # the file each time and show an error in its place.
            if WIDGET in output.get("data", {}):
                output.data[WIDGET]["model_id"] = ""
    return seconds, megabytes


def tell_minutes(source):
    """Write the minutes of the core and of all into the lesson's head and its row in the README."""
    text = source.read_text(encoding="utf-8")
    sentence, minutes = minutes_of(source)
    changed, found = HEAD.subn(sentence, text, count=1)
    if not found:
        raise core.LessonError('its head has no line "About … to run."')
    if changed != text:
        source.write_text(changed, encoding="utf-8")
    _tell_readme(source.stem, 1, minutes)


def minutes_of(source):
    """(the sentence in the lesson's head, the figure in the README)."""
    first, whole = core.minutes(solved(source))
    return core.sentence(first, whole), f"{whole}" if first == whole else f"{first} of {whole}"


def make(source):
    """Write both notebooks of one lesson and its line in the README."""
    text = source.read_text(encoding="utf-8")
    tidy = jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="md:myst")
    if tidy != text:  # as JupyterLab would save it, so that opening a lesson changes nothing
        source.write_text(tidy, encoding="utf-8")
    digest = inputs(source)
    notebook = solved(source)
    execute(notebook, source.parent)
    if core.is_marked(notebook):
        core.check(notebook, lambda alone: execute(alone, source.parent, allow_errors=True))
    blank = for_learners(solved(source))
    seconds, megabytes = execute(blank, ROOT / "notebooks")
    for result, folder in ((notebook, "solutions"), (blank, "notebooks")):
        result.metadata["inputs"] = digest
        nbformat.write(result, ROOT / folder / f"{source.stem}.ipynb")
    _tell_readme(source.stem, 2, f"{seconds:.0f} s", f"{round(megabytes, -1):,.0f} MB")


def is_current(source):
    """Do both notebooks exist, made from exactly these inputs?"""
    made = [ROOT / folder / f"{source.stem}.ipynb" for folder in ("solutions", "notebooks")]
    if not all(path.exists() for path in made):
        return False
    kept = {nbformat.read(path, as_version=4).metadata.get("inputs") for path in made}
    return kept == {inputs(source)}


def _with_ids(notebook):
    for position, cell in enumerate(notebook.cells):
        text = f"{position}\0{cell.cell_type}\0{cell.source}"
        cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:8]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _tell_readme(stem, skipped, *figures):
    """Write figures into the lesson's row, from so many columns behind the question on."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    row = rf"(\|[^\n]*\(notebooks/{stem}\.ipynb\)[^|\n]*\|(?:[^|\n]*\|){{{skipped}}})"
    row += r"(?:[^|\n]*\|)" * len(figures)
    told = "".join(f" {figure} |" for figure in figures)
    changed, found = re.subn(row, rf"\g<1>{told}", text)
    if not found:
        print(f"README.md has no row for notebooks/{stem}.ipynb")
    readme.write_text(changed, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="lessons to make, such as 02; default: changed")
    numbers = parser.parse_args().numbers
    unknown = set(numbers) - {source.stem[:2] for source in lessons()}
    if unknown:
        raise SystemExit(f"there is no lesson {', '.join(sorted(unknown))}")
    chosen = [source for source in lessons() if not numbers or source.stem[:2] in numbers]
    failed = _each(tell_minutes, chosen)
    wanted = [s for s in chosen if s not in failed and (numbers or not is_current(s))]
    failed |= _each(make, tqdm(wanted, unit="lesson", disable=None))
    paths.write(ROOT)
    if failed:
        raise SystemExit("\n".join(f"solutions/{s.name}: {error}" for s, error in failed.items()))
    print(f"{len(wanted)} of {len(lessons())} lessons made")


def _each(step, sources):
    """Take a step for each lesson; return what is wrong with those that do not let it."""
    wrong = {}
    for source in sources:
        try:
            step(source)
        except core.LessonError as error:
            wrong[source] = error
    return wrong


if __name__ == "__main__":
    main()
