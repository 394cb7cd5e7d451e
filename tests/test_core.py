"""Core and deeper: minutes counted by hand on small lessons, and the core run alone."""

import doctest
from contextlib import redirect_stdout
from io import StringIO

import jupytext
import nbformat
import pytest
from lessons import make_notebooks

import core

HEAD = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# 01 · Tea

About a while to run. You need school algebra.

+++

"""
CORE = """## By hand

```{code-cell} ipython3
cups = 3
```

### Deeper than that ◇

```{code-cell} ipython3
cups = 4
pots = 2
```

## Exercises

### 1.1 · Implement: pour

*About 10 minutes.*

Pour it.

```{code-cell} ipython3
# poured

print("poured")
```
"""
README = """| | lesson | question | minutes | run | memory | builds |
|---|---|---|---|---|---|---|
| 01 | [Tea](notebooks/01_tea.ipynb) | How much? | | | | `tea` |
| 02 | [Mug](notebooks/02_mug.ipynb) | Why? | 7 | 8 s | 9 MB | – |
"""


def lesson(*texts):
    return jupytext.reads(HEAD + "\n".join(texts), fmt="md:myst")


def after(text):
    return f"### Later\n\n```{{code-cell}} ipython3\n{text}\n```\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Writes the source of lesson 01 of a course that has nothing else; returns its path."""
    for folder in ("solutions", "notebooks", "course_lib/cases", "datasets"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "requirements.txt").write_text("")
    monkeypatch.setattr(make_notebooks, "ROOT", tmp_path)

    def write(*texts):
        source = tmp_path / "solutions" / "01_tea.md"
        source.write_text(jupytext.writes(lesson(*texts), fmt="md:myst"), encoding="utf-8")
        return source

    return write


def made(source):
    return [source.parents[1] / f / "01_tea.ipynb" for f in ("solutions", "notebooks")]


def test_the_examples_in_the_tool_are_right():
    failed, attempted = doctest.testmod(core)
    assert failed == 0
    assert attempted >= 6


def test_a_deeper_section_ends_at_the_next_heading_of_its_level_or_above():
    text = "### A ◇\n\n#### B\n\n### C\n\n#### D ◇\n\n### E\n\n### F ◇\n\n## G\n"
    deeper = {part.heading: part.deeper for part in core.parts(lesson(text))}
    assert [name[0] for name, is_deeper in deeper.items() if is_deeper] == list("ABDF")
    assert {"C", "E", "G"} <= set(deeper)


def test_a_comment_in_a_fence_is_no_heading():
    text = "### A ◇\n\n```python\n# One\n```\n\nstill deeper\n"
    assert [part.heading for part in core.parts(lesson(text))][-1] == "A ◇"


def test_minutes_are_those_counted_by_hand():
    prose = "word " * 900  # 6 minutes
    code = "\n".join(["# why", "", *["x = 1"] * 36])  # 9 minutes
    exercise = f"### 1.1 · Do\n\n*About 20 minutes.*\n\n{prose}\n\n```{{code-cell}}\n{code}\n```\n"
    core_text = f"## One\n\n{prose}\n\n```{{code-cell}}\n{code}\n```\n\n## Exercises\n\n{exercise}"
    deeper = f"## Two\n\n### Deep ◇\n\n{prose}\n\n```{{code-cell}}\n{code}\n```\n"
    assert core.minutes(lesson(core_text)) == (35, 35)
    assert core.minutes(lesson(core_text, deeper)) == (35, 50)
    assert core.minutes(lesson(core_text.replace("· Do", "· Do ◇"), deeper)) == (15, 50)
    exact = core.minutes(lesson("word " * 150 + "\n\n" + core_text, deeper), rounded=False)
    # 14 words of head and headings, and one of the deeper section's
    assert exact == pytest.approx((36 + 14 / 150, 51 + 15 / 150))


def test_sources_are_not_read_and_code_in_prose_is():
    sources = "**Sources.** " + "name " * 1500 + "\n\n**Next:** lesson 02\n"
    fence = "```python\n" + "x = 1\n" * 20 + "```\n"  # 5 minutes
    flow = "```mermaid\n" + "A --> B\n" * 100 + "```\n"
    assert core.minutes(lesson("## One\n", sources)) == (0, 0)
    assert core.minutes(lesson("## One\n", sources, fence, flow)) == (5, 5)


def test_an_exercise_without_minutes_is_named():
    text = CORE.replace("*About 10 minutes.*", "About 10 minutes.")
    with pytest.raises(core.LessonError, match=r'"1\.1 · Implement: pour" states no minutes'):
        core.minutes(lesson(text))


def test_the_core_alone_lacks_the_cells_of_deeper_sections_only():
    cells = [c.source for c in core.alone(lesson(CORE)).cells if c.cell_type == "code"]
    assert cells == ["cups = 3", '# poured\n\nprint("poured")']


def test_head_and_readme_get_the_minutes_and_keep_the_rest(course):
    source = course(CORE.replace(" ◇", ""), after("cups = 5\n" * 80))
    make_notebooks.tell_minutes(source)
    text = source.read_text(encoding="utf-8")
    head = (
        "About 30 minutes, exercises included; less than a minute to run. You need school algebra."
    )
    assert f"\n\n{head}\n\n" in text
    readme = (make_notebooks.ROOT / "README.md").read_text(encoding="utf-8")
    assert "| How much? | 30 | | | `tea` |" in readme
    assert "| Why? | 7 | 8 s | 9 MB | – |" in readme
    make_notebooks.tell_minutes(source)
    assert source.read_text(encoding="utf-8") == text
    assert (make_notebooks.ROOT / "README.md").read_text(encoding="utf-8") == readme


def test_head_and_readme_tell_the_core_apart_when_there_is_more(course):
    source = course(CORE, "### Much deeper ◇\n\n" + "word " * 3000)
    make_notebooks.tell_minutes(source)
    head = "About 10 minutes for the core, 30 for all of it, exercises included; less than a minute"
    assert head in source.read_text(encoding="utf-8")
    assert "| 10 of 30 |" in (make_notebooks.ROOT / "README.md").read_text(encoding="utf-8")


def test_a_lesson_without_the_line_in_its_head_is_told_so(course):
    source = course(CORE)
    source.write_text(source.read_text(encoding="utf-8").replace("About a while", "A while"))
    with pytest.raises(core.LessonError, match="no line"):
        make_notebooks.tell_minutes(source)


@pytest.fixture
def runs(monkeypatch):
    """Cells are run here, without a kernel; how many each run had."""
    counts = []

    def run(notebook, folder, *, allow_errors=False):
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        counts.append(len(cells))
        space = {}
        for number, cell in enumerate(cells, start=1):
            with redirect_stdout(StringIO()) as printed:
                exec(cell.source, space)
            cell.execution_count = number
            cell.outputs = [nbformat.v4.new_output("stream", text=printed.getvalue())]
        return 0.0, 0.0

    monkeypatch.setattr(make_notebooks, "execute", run)
    return counts


def test_a_marked_lesson_is_made_when_its_core_stands_alone(course, runs):
    source = course(CORE, after('cups = 5\nprint("five")'))
    make_notebooks.make(source)
    assert runs == [4, 3, 4]  # solved, its core, the learner's
    whole, _ = made(source)
    cells = nbformat.read(whole, as_version=4).cells
    assert [c.execution_count for c in cells if c.cell_type == "code"] == [1, 2, 3, 4]
    assert make_notebooks.is_current(source)


def test_an_unmarked_lesson_runs_no_core_of_its_own(course, runs):
    make_notebooks.make(course(CORE.replace(" ◇", "")))
    assert runs == [3, 3]


def test_a_core_cell_that_prints_something_else_alone_is_named(course, runs):
    source = course(CORE, after("print(1)"), after('print("tea", cups)'), after("print(cups)"))
    with pytest.raises(core.LessonError, match="another output") as found:
        make_notebooks.make(source)
    assert str(found.value).endswith('begins: print("tea", cups)')
    assert not any(path.exists() for path in made(source))


@pytest.mark.parametrize(("picture", "is_same"), [("dots", True), ("bars", False)])
def test_pictures_are_compared_and_the_numbers_of_cells_are_not(picture, is_same):
    def run(notebook, number, picture):
        data = {"image/png": picture, "text/plain": "Figure"}
        result = nbformat.v4.new_output("execute_result", data, execution_count=number)
        notebook.cells[-1].outputs = [result]

    whole = lesson(CORE)
    run(whole, 3, "dots")
    try:
        core.check(whole, lambda alone: run(alone, 2, picture))
    except core.LessonError:
        assert not is_same
    else:
        assert is_same


def test_a_core_cell_that_fails_alone_is_named_with_its_error(course):
    later = "# of the pots\nprint(pots)"
    source = course(CORE, after("print(1)"), after(later), after("print(pots + 1)"))
    with pytest.raises(core.LessonError) as found:
        make_notebooks.make(source)
    assert 'core cell under "Later" needs a deeper one' in str(found.value)
    assert "NameError: name 'pots' is not defined" in str(found.value)
    assert str(found.value).endswith("begins: # of the pots")
    assert not any(path.exists() for path in made(source))


def test_the_tool_says_which_lesson_is_wrong_and_makes_no_notebook_of_it(course, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_notebooks.py"])
    source = course(CORE.replace("*About 10 minutes.*\n", ""))
    with pytest.raises(SystemExit, match=r"solutions/01_tea\.md: exercise .* states no minutes"):
        make_notebooks.main()
    assert not any(path.exists() for path in made(source))
