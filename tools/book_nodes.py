"""What the book adds to Sphinx: folds, flow charts, and figures that say what they show.

A Sphinx extension; docs/book/conf.py names it. Charts and formulas are drawn in the reader's
browser by files that installed packages carry and the book takes along: nothing comes from another
host.
"""

import importlib.util
import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.fileutil import copy_asset

import core

MATHJAX = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2")
BOX = re.compile(r"(\w+)(?:\[|\(\(|\{)([^\]}]+?)(?:\]|\)\)|\})")  # A[square], A((round)), A{if}
LINK = re.compile(r'^\s*(\w+)\b.*? -- "?(.+?)"? --> (\w+)', re.MULTILINE)
HERE = re.compile(r"^\s*class ([\w,]+) here", re.MULTILINE)


class fold(nodes.General, nodes.Element):
    """A part that opens with a click."""


class summary(nodes.General, nodes.TextElement):
    """What is written on a fold; text, so that it is translated."""


class chart(nodes.General, nodes.Element):
    """A flow chart in Mermaid's language."""


class Fold(SphinxDirective):
    """```{fold} Hint```"""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        node = folded(self.arguments[0], self.get_source_info())
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Mermaid(SphinxDirective):
    """A fenced block of Mermaid."""

    has_content = True

    def run(self):
        return [chart(text="\n".join(self.content))]


class Deeper(SphinxTransform):
    """Folds what stands below a heading that ends in "◇"; the heading itself stays."""

    default_priority = 5  # before texts are translated

    def apply(self, **_):
        for section in list(self.document.findall(nodes.section)):
            title, *body = section.children
            if title.astext().endswith(core.DEEPER) and not _in_fold(section):
                node = folded("Deeper: open to read on", (title.source, title.line))
                node["classes"].append("deeper")
                node += body
                section.children = [title]
                section += node


class Figures(SphinxTransform):
    """Gives each figure of a notebook its text, which is stored beside it."""

    default_priority = 5

    def apply(self, **_):
        for bundle in self.document.findall(nodes.container):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            kinds = {part.get("mime_type"): part for part in bundle.children}
            if (picture := kinds.get("image/png")) is not None:
                lines = kinds["text/plain"].astext().splitlines()
                next(picture.findall(nodes.image))["alt"] = "; ".join(map(str.strip, lines))


def folded(text, source):
    """A fold with this on it, and nothing in it yet."""
    title = summary(text, text)
    title.source, title.line = source
    return fold("", title)


def told(text):
    """What a flow chart shows, for those who cannot see it.

    >>> told("flowchart LR\\n A[raw log] --> F[evaluate]\\n class F here")
    'Flow chart: raw log, evaluate. We are at: evaluate.'
    >>> told('flowchart LR\\n x((input)) -- "weight 2" --> h((unit))')
    'Flow chart: input, unit. On the lines: input to unit: weight 2.'
    >>> told('flowchart TD\\n Q{"new?"}\\n Q -- no --> A["known"]')
    'Flow chart: new?, known. On the lines: new? to known: no.'
    """
    boxes = {key: re.sub(r'"|<[^>]+>', " ", label).strip() for key, label in BOX.findall(text)}
    here = [boxes[key] for keys in HERE.findall(text) for key in keys.split(",")]
    shown = f"Flow chart: {', '.join(dict.fromkeys(boxes.values()))}."
    lines = [f"{boxes[one]} to {boxes[other]}: {said}" for one, said, other in LINK.findall(text)]
    shown += f" On the lines: {'; '.join(lines)}." if lines else ""
    return shown + (f" We are at: {', '.join(here)}." if here else "")


def _in_fold(node):
    while node is not None:
        if isinstance(node, fold):
            return True
        node = node.parent
    return False


def _open_fold(self, node):
    self.body.append(self.starttag(node, "details", CLASS="fold"))


def _close_fold(self, _):
    self.body.append("</details>\n")


def _open_summary(self, node):
    self.body.append(self.starttag(node, "summary", ""))


def _close_summary(self, _):
    self.body.append("</summary>\n")


def _open_chart(self, node):
    text = node["text"]
    label = escape(told(text), quote=True)
    self.body.append(f'<pre class="mermaid" role="img" aria-label="{label}">{escape(text)}</pre>\n')
    raise nodes.SkipNode


def _folder_of(module):
    return Path(importlib.util.find_spec(module).submodule_search_locations[0])


def _take_along(app, error):
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    mathjax = _folder_of("sphinx-mathjax-offline") / "static" / "mathjax"
    for name in MATHJAX:
        folder = static / "mathjax" / name
        copy_asset(mathjax / name, folder if (mathjax / name).is_dir() else folder.parent)
    copy_asset(_folder_of("mermaidx") / "assets" / "mermaid.js", static)


def _scripts(app, page, template, context, doctree):
    if doctree is not None and next(doctree.findall(chart), None) is not None:
        app.add_js_file("mermaid.js", loading_method="defer", priority=190)
        app.add_js_file("charts.js", loading_method="defer", priority=195)


def setup(app):
    app.add_node(fold, html=(_open_fold, _close_fold))
    app.add_node(summary, html=(_open_summary, _close_summary))
    app.add_node(chart, html=(_open_chart, None))
    app.add_directive("fold", Fold)
    app.add_directive("mermaid", Mermaid)
    app.add_transform(Deeper)
    app.add_transform(Figures)
    app.connect("html-page-context", _scripts)
    app.connect("build-finished", _take_along)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
