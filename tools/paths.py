"""Paths through the course: which lessons, in which order, and how long their cores take.

    python tools/paths.py    write them into the README; `make notebooks` does so, too

The minutes are those in the lessons' heads. A lesson that is not there yet is
named and not counted.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = re.compile(r"^About (\d+) minutes", re.MULTILINE)  # of the core, if a core is marked
BLOCK = re.compile(r"(<!-- paths: .*? -->\n).*?(\n<!-- end of paths -->)", re.DOTALL)


@dataclass(frozen=True)
class Walk:
    """A path: its sittings in order, each with its lessons."""

    name: str
    for_whom: str
    sittings: tuple[tuple[int, ...], ...]
    unit: str | None = None  # what a sitting is called, where it is more than its one lesson


WALKS = (
    Walk(
        "The week-end",
        "Five lessons to a first recommender that is measured honestly.",
        ((1,), (4,), (9,), (10,), (11,)),
    ),
    Walk(
        "The engineer's",
        "What to read to build one in a shop, from the log to the running service. You know cosine,"
        " cross-entropy and what a network is; if not, begin with lessons 01 to 03.",
        tuple((n,) for n in (4, 5, 8, 9, 10, 11, 12, 13, 14, 22, 23, 25)),
    ),
    Walk(
        "The term",
        "All lessons in 14 weeks, one or two a week; a class hands the exercises in.",
        (
            *((1,), (2, 3), (4, 5), (6, 7), (8, 9), (10,), (11,), (12, 13), (14, 15)),
            *((16, 17), (18, 20), (19, 21), (22, 23), (24, 25)),
        ),
        unit="week",
    ),
)


@dataclass(frozen=True)
class Lesson:
    stem: str
    title: str
    minutes: int


def lessons(root):
    """{number: Lesson} of those that are there: a notebook, and its source with a head."""
    found = {}
    for notebook in sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        text = (root / "solutions" / f"{notebook.stem}.md").read_text(encoding="utf-8")
        title = re.search(r"^# \d\d · ([^:\n]+)", text, re.MULTILINE)[1].strip()
        found[int(notebook.stem[:2])] = Lesson(notebook.stem, title, int(HEAD.search(text)[1]))
    return found


def minutes(walk, there):
    """Of all its lessons that are there."""
    return sum(there[n].minutes for sitting in walk.sittings for n in sitting if n in there)


def block(there):
    """The map and the table, in Markdown."""
    rows = [
        f"| **{walk.name}** | {walk.for_whom} | {_listed(walk, there)} | {_long(walk, there)} |"
        for walk in WALKS
    ]
    head = ["| path | for whom | lessons | minutes |", "|---|---|---|---|"]
    return "\n".join([chart(there), "", *head, *rows])


def _long(walk, there):
    whole = minutes(walk, there)
    return f"{whole:,} ({whole / 60:.0f} hours)"


def chart(there):
    """All paths side by side, as a flow chart."""
    lines = ["```mermaid", "flowchart TB", '    S(["you are here"])']
    for w, walk in enumerate(WALKS):
        names = [f"P{w}", *(f"P{w}S{s}" for s in range(1, len(walk.sittings) + 1))]
        lines.append(f'    P{w}["<b>{walk.name}</b><br>{minutes(walk, there):,} min"]')
        for s, sitting in enumerate(walk.sittings, 1):
            lines.append(f'    P{w}S{s}["{_node(walk, s, sitting, there)}"]')
        lines.append(f"    S --> {' --> '.join(names)}")
    heads = ",".join(f"P{w}" for w in range(len(WALKS)))
    lines += ["    classDef path fill:#E69F00,stroke:#333,color:#000", f"    class {heads} path"]
    return "\n".join([*lines, "```"])


def _node(walk, s, sitting, there):
    if walk.unit:
        which = f"{walk.unit} {s}: " + " and ".join(f"{n:02d}" for n in sitting)
    else:
        which = f"{sitting[0]:02d} · {there[sitting[0]].title if sitting[0] in there else 'coming'}"
    told = sum(there[n].minutes for n in sitting if n in there)
    return f"{which}<br>{told} min" if told else which


def _listed(walk, there):
    numbers = [n for sitting in walk.sittings for n in sitting]
    links = [
        f"[{n:02d}](notebooks/{there[n].stem}.ipynb)" if n in there else f"{n:02d}" for n in numbers
    ]
    listed = "all, as in the map" if walk.unit else " · ".join(links)
    coming = [f"{n:02d}" for n in numbers if n not in there]
    note = f" (coming, not counted: {', '.join(coming)})" if coming else ""
    return listed + note


def told(readme, there):
    """The README with the paths as they are now, if it has a place for them."""
    return BLOCK.sub(lambda old: f"{old[1]}\n{block(there)}\n{old[2]}", readme)


def write(root):
    readme = root / "README.md"
    old = readme.read_text(encoding="utf-8")
    new = told(old, lessons(root))
    if new != old:
        readme.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    write(ROOT)
