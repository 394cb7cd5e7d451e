"""Core and deeper: which parts of a lesson are which, their minutes, and the core run alone.

A heading that ends in "◇" begins a deeper section, up to the next heading of its level or above;
all the rest of a lesson is its core. Minutes are counted from the source:

- prose: 150 words a minute, tables, formulas and folded answers included, the list of sources not;
- code: 15 seconds a line, blank lines and comments aside;
- an exercise, from its heading to the next one: as it states, "*About 10 minutes.*" in a line of
  its own. Its text, code, hint and answer are all in that.
"""

import re
from dataclasses import dataclass

import nbformat

DEEPER = "◇"
WORDS_A_MINUTE = 150
SECONDS_A_LINE = 15
ROUNDED_TO = 5  # minutes: a lesson does not change its figure with every sentence
STATED = re.compile(r"^\*About (\d+) minutes\.\*$", re.MULTILINE)
SOURCES = re.compile(r"^\*\*Sources\b.*?(?=^\*\*Next\b|\Z)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


class LessonError(Exception):
    """A lesson lacks what its minutes or its core need; the text says what to change."""


@dataclass(frozen=True)
class Part:
    """The prose below one heading within one cell, or one code cell."""

    cell: int
    is_code: bool
    text: str
    heading: str
    deeper: bool
    exercise: str | None


def parts(notebook):
    """All parts of a lesson, in order.

    >>> cells = ["# Title", "### One ◇\\n\\ntwo words\\n\\n### Two\\n\\nand more"]
    >>> notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_markdown_cell, cells)])
    >>> [(part.heading, part.deeper) for part in parts(notebook)]
    [('Title', False), ('One ◇', True), ('Two', False)]
    """
    heading, exercise, opened = "", None, 0  # opened: the level of the deeper section we are in
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            yield Part(position, True, cell.source, heading, opened > 0, exercise)
            continue
        for text in _at_headings(cell.source):
            if found := re.match(r"(#{1,6}) (.*)", text):
                level, heading = len(found[1]), found[2].strip()
                if level <= opened:
                    opened = 0
                if heading.endswith(DEEPER) and not opened:
                    opened = level
                if level <= 3:
                    number = re.match(r"(\d+\.\d+) · ", heading)
                    exercise = number[1] if number else None
            yield Part(position, False, text, heading, opened > 0, exercise)


def _at_headings(text):
    """A cell's prose, cut before each heading; what looks like one inside a fence is none."""
    pieces, fenced = [[]], False
    for line in text.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if re.match(r"#{1,6} ", line) and not fenced and pieces[-1]:
            pieces.append([])
        pieces[-1].append(line)
    return ["".join(piece) for piece in pieces]


def is_marked(notebook):
    """Has the lesson a deeper section?"""
    return any(part.deeper for part in parts(notebook))


def minutes(notebook, *, rounded=True):
    """(core, whole): minutes to work through a lesson, exercises included, to the nearest five.

    rounded: False for the minutes as they are counted. Raises LessonError where an exercise states
    no minutes.
    """
    seconds = {False: 0.0, True: 0.0}
    stated, exercises = set(), {}
    for part in parts(notebook):
        if part.exercise is None:
            seconds[part.deeper] += _seconds(part)
            continue
        exercises[part.exercise] = part.heading
        if not part.is_code and (found := STATED.search(part.text)):
            stated.add(part.exercise)
            seconds[part.deeper] += 60 * int(found[1])
    for exercise, heading in exercises.items():
        if exercise not in stated:
            raise LessonError(
                f'exercise "{heading}" states no minutes: write "*About 10 minutes.*", or how '
                "many it takes, in a line of its own below the heading"
            )
    exact = seconds[False] / 60, sum(seconds.values()) / 60
    return tuple(ROUNDED_TO * round(m / ROUNDED_TO) for m in exact) if rounded else exact


def _seconds(part):
    if part.is_code:
        return SECONDS_A_LINE * lines_of_code(part.text)
    text = SOURCES.sub("", part.text)
    fenced = [body for kind, body in FENCE.findall(text) if kind != "mermaid"]
    return 60 * words(text) / WORDS_A_MINUTE + SECONDS_A_LINE * sum(map(lines_of_code, fenced))


def words(text):
    """How many words of prose: fenced blocks, HTML tags and signs without a letter aside.

    >>> words("## Two words\\n\\n| a | table |\\n|---|---|\\n\\n```python\\nx = 1\\n```")
    4
    """
    text = re.sub(r"</?\w+>", " ", FENCE.sub("", text))
    return sum(bool(re.search(r"\w", piece)) for piece in text.split())


def lines_of_code(text):
    """How many lines, blank ones and comments aside.

    >>> lines_of_code("# why\\n\\nx = 1\\nprint(x)")
    2
    """
    return sum(not re.match(r"\s*(#|$)", line) for line in text.splitlines())


def sentence(core, whole):
    """What a lesson's head says of its time.

    >>> sentence(120, 120)
    'About 120 minutes, exercises included; less than a minute to run.'
    """
    if core == whole:
        return f"About {whole} minutes, exercises included; less than a minute to run."
    return (
        f"About {core} minutes for the core, {whole} for all of it, exercises included; "
        "less than a minute to run."
    )


def alone(notebook):
    """The core as a notebook: a copy without the code cells of deeper sections."""
    left_out = {part.cell for part in parts(notebook) if part.is_code and part.deeper}
    copy = nbformat.from_dict(notebook)
    copy.cells = [cell for place, cell in enumerate(copy.cells) if place not in left_out]
    return copy


def check(whole, run):
    """Run the core alone; LessonError at its first cell that gives another output than in `whole`.

    `whole` has its outputs; `run` executes a notebook in place, past errors. Every output that is
    stored is compared: what is printed, tables, errors, and pictures, byte for byte. The same
    machine makes the same picture twice, of trained models too.
    """
    core = alone(whole)
    run(core)
    expected = alone(whole)
    for part in parts(core):
        outputs = _stored(core.cells[part.cell])
        if outputs == _stored(expected.cells[part.cell]):
            continue
        errors = [f"{out.ename}: {out.evalue}" for out in outputs if out.output_type == "error"]
        first = next(filter(str.strip, part.text.splitlines()))
        raise LessonError(
            f'a core cell under "{part.heading}" needs a deeper one: without the sections marked '
            f"{DEEPER} it gives {errors[0] if errors else 'another output'}. "
            f"The cell begins: {first}"
        )


def _stored(cell):
    """A cell's outputs without their numbers, which count the cells that were run."""
    outputs = nbformat.from_dict(cell.get("outputs", []))
    for output in outputs:
        output.pop("execution_count", None)
    return outputs
