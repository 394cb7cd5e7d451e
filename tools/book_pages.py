"""The book's pages, each made from the one place where its text stands. Texts in, texts out.

A lesson's page is the solved notebook, for a reader without a kernel: the exercises stand as the
learner finds them, solutions and answers folded below them, and the cells that check them left out.
"""

import json
import posixpath
import re

import nbformat
from nbgrader.preprocessors import ClearSolutions

DETAILS = re.compile(r"<details><summary>(.*?)</summary>\n(.*?)\n</details>", re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
SOLUTION = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
TAKEN = re.compile(r"^<!-- from (\S+)(?:: (.+))? -->$", re.MULTILINE)
TABLE = re.compile(r"^<!-- contents: (\w+) -->$", re.MULTILINE)
WIDGET = "application/vnd.jupyter.widget-view+json"


def lesson(notebook):
    """A solved lesson as its page shows it: a notebook again, as JSON."""
    page = nbformat.v4.new_notebook(metadata={"kernelspec": notebook.metadata["kernelspec"]})
    stubs, _ = ClearSolutions().preprocess(nbformat.from_dict(notebook), {})
    for cell, stub in zip(notebook.cells, stubs.cells, strict=True):
        grading = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown":
            page.cells.append(_like(cell, nbformat.v4.new_markdown_cell(folds(cell.source))))
        elif grading.get("solution"):
            page.cells.append(_like(cell, nbformat.v4.new_code_cell(stub.source)))
            code = SOLUTION.sub("", cell.source)
            answer = f":::{{fold}} One solution\n```python\n{code}\n```\n:::"
            page.cells.append(nbformat.v4.new_markdown_cell(answer, id=f"{cell.id}-a"))
        elif not grading.get("grade"):
            outputs = [_without_widget(output) for output in cell.outputs]
            page.cells.append(_like(cell, nbformat.v4.new_code_cell(cell.source, outputs=outputs)))
    return json.dumps(page, ensure_ascii=False, sort_keys=True)


def _like(cell, new):
    new["id"] = cell.id  # so that the same lesson gives the same bytes
    return new


def _without_widget(output):
    """Sliders need a kernel; beside them stands what they would let one change."""
    output = nbformat.from_dict(output)
    output.get("data", {}).pop(WIDGET, None)
    return output


def folds(text):
    """What Markdown folds away with HTML, as the book's folds.

    >>> print(folds("<details><summary>Hint</summary>\\n\\nLook *twice*.\\n\\n</details>"))
    :::{fold} Hint
    Look *twice*.
    :::
    """
    return DETAILS.sub(lambda found: f":::{{fold}} {found[1]}\n{found[2].strip()}\n:::", text)


def title(notebook):
    """A lesson's short name: what stands before the colon of its heading.

    >>> heading = nbformat.v4.new_markdown_cell("# 02 · Losses: how wrong is it?\\n\\nMore")
    >>> title(nbformat.v4.new_notebook(cells=[heading]))
    '02 · Losses'
    """
    return re.match(r"# ([^:\n]+)", notebook.cells[0].source)[1].strip()


def parts(readme):
    """[(the number of its first lesson, a part of the course)], from the README's table.

    >>> parts("| **B** | **From log to features** |\\n| 04 | [Logs](notebooks/04_logs.ipynb) |")
    [(4, 'B · From log to features')]
    """
    pieces = re.split(r"^\| \*\*([A-Z])\*\* \| \*\*(.+?)\*\* \|", readme, flags=re.MULTILINE)[1:]
    rows = zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    return [(int(re.search(r"\d\d", rest)[0]), f"{key} · {name}") for key, name, rest in rows]


def contents(titles, readme):
    """Tables of contents, one for each part of the course that has a lesson.

    titles: {"02_losses": "02 · Losses", …} of the lessons that are there.
    """
    tables, starts = [], parts(readme)
    ends = [*(start for start, _ in starts[1:]), 100]
    for (start, part), end in zip(starts, ends, strict=True):
        lines = [
            f"{titles[stem]} <notebooks/{stem}>"
            for stem in sorted(titles)
            if start <= int(stem[:2]) < end
        ]
        if lines:
            tables.append(toctree(lines, caption=part))
    return "\n".join(tables)


def toctree(lines, **options):
    told = "".join(f":{name}: {value}\n" for name, value in options.items())
    return f"```{{toctree}}\n:hidden:\n{told}\n" + "\n".join(lines) + "\n```\n"


def section(text, heading=None):
    """What stands below a heading, up to the next of its level or above; or the first paragraph.

    >>> section("# T\\n\\nFirst.\\n\\n## A\\n\\none\\n\\n### B\\n\\ntwo\\n\\n## C\\n", "A")
    'one\\n\\n### B\\n\\ntwo'
    """
    if heading is None:
        return text.split("\n\n")[1]
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    if start is None:
        raise ValueError(f'there is no heading "{heading}"')
    rest, fenced = [], False
    for line in text[start.end() :].splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(rf"#{{1,{len(start[1])}}} ", line):
            break
        rest.append(line)
    return "\n".join(rest).strip()


def cards(text):
    """Tables under a heading "Glossary" in a frame that shows their rows as cards on a telephone.

    >>> print(cards("# Glossary\\n\\n| a |\\n|---|\\n| b |\\n\\nEnd"))
    # Glossary
    <BLANKLINE>
    :::{container} terms
    | a |
    |---|
    | b |
    :::
    <BLANKLINE>
    End
    """
    if not text.startswith("# Glossary"):
        return text
    return re.sub(r"((?:^\|.*\n)+)", r":::{container} terms\n\1:::\n", text, flags=re.MULTILINE)


def taken(text, read, tables):
    """A page with what its comments ask for in their place.

    `<!-- from FILE: HEADING -->`: the section of that file; without a heading, its first paragraph.
    `<!-- contents: NAME -->`: the table of contents of that name.
    """

    def replaced(found):
        name, heading = found.groups()
        return links(section(read(name), heading), name, lambda path: path)

    return TABLE.sub(lambda found: tables[found[1]], TAKEN.sub(replaced, text))


def links(text, where, address):
    """Markdown with its links led elsewhere; `where`: the file it stands in.

    address: a path in the repository → a target, or None for the words without a link. Addresses
    that begin with a scheme or with # stay; in fenced blocks all do.

    >>> links("[one](../a.md#x), [two](b.md)", "docs/c.md", {"a.md": "/a.md"}.get)
    '[one](/a.md#x), two'
    """

    def led(found):
        mark, words, target = found.groups()
        path, hash_, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", target):
            return found[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(where), path))
        new = address(path.lstrip("/"))
        return words if new is None else f"{mark}[{words}]({new}{hash_}{anchor})"

    pieces = re.split(r"(^```.*?^```|`[^`\n]+`)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(p if p.startswith("`") else LINK.sub(led, p) for p in pieces)
