"""Make the book: lay its pages out from notebooks, README and docs, and run Sphinx over them.

    python tools/make_book.py             the website, build/book/index.html
    python tools/make_book.py gettext     the texts to translate, build/book_texts/*.pot
    python tools/make_book.py -D language=zh_CN    the website with the texts of docs/locale/zh_CN

No notebook is executed and nothing is fetched, here or by the reader's browser. What follows is
handed on to Sphinx. Any warning is an error.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

import book_pages
import library_pages

ROOT = Path(__file__).parents[1]
BUILDERS = {"html": "book", "gettext": "book_texts"}  # what each makes, in build/
WHOLE = ("CONTRIBUTING.md", "docs/teaching.md", "docs/glossary.md", "datasets/README.md")
OURS = {  # pages of the book alone, in docs/book/, and where they stand in it
    "index.md": "index.md",
    "learner.md": "learner.md",
    "paths.md": "paths.md",
    "library.md": "library/index.md",
}
BEGIN = ("learner", "paths")
LOOK_UP = ("docs/glossary", "Library <library/index>", "datasets/README")
TAKE_PART = ("For teachers <docs/teaching>", "For contributors <CONTRIBUTING>")
COVERS = [
    f"docs/cover_{name}_{theme}.png" for name in ("list", "board") for theme in ("light", "dark")
]
PICTURES = (*COVERS, "docs/lesson_01.png")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def solved_lessons():
    """{stem: solved notebook} of the lessons that learners have."""
    stems = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    return {stem: nbformat.read(ROOT / "solutions" / f"{stem}.ipynb", 4) for stem in stems}


def pages(repository=""):
    """{path in the book: text} of all pages; `repository`: an address, for links to other files."""
    lessons, modules = solved_lessons(), library_pages.modules(ROOT)
    tables = {
        "book": contents({stem: book_pages.title(nb) for stem, nb in lessons.items()}),
        "library": library_pages.contents(modules),
    }
    ours = {place: read(f"docs/book/{name}") for name, place in OURS.items()}
    made = {place: book_pages.taken(text, read, tables) for place, text in ours.items()}
    made |= {name: book_pages.cards(read(name)) for name in WHOLE}
    made |= {f"library/{name}.md": library_pages.page(name, tree) for name, tree in modules.items()}
    there = {*made, *(f"notebooks/{stem}.ipynb" for stem in lessons), *PICTURES}

    def address(path):
        path = "index.md" if path == "README.md" else path
        if path in there:
            return f"/{path}"
        in_repository = repository and (ROOT / path).exists()
        return f"{repository}/blob/main/{path}" if in_repository else None

    made = {name: book_pages.links(text, name, address) for name, text in made.items()}
    return made | {f"notebooks/{stem}.ipynb": book_pages.lesson(nb) for stem, nb in lessons.items()}


def contents(titles):
    """The tables of contents of the first page."""
    return "\n".join(
        [
            book_pages.toctree(BEGIN, caption="Begin"),
            book_pages.contents(titles, read("README.md")),
            book_pages.toctree(LOOK_UP, caption="Look up"),
            book_pages.toctree(TAKE_PART, caption="Take part"),
        ]
    )


def lay_out(made, folder):
    """Write what changed, so that Sphinx reads no page twice; take away what is no more."""
    wanted = {folder / name: text.encode() for name, text in made.items()}
    wanted |= {folder / name: (ROOT / name).read_bytes() for name in PICTURES}
    for path in [path for path in folder.rglob("*") if path.is_file() and path not in wanted]:
        path.unlink()
    for path, content in wanted.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def sphinx(source, target, *, builder="html", options=(), repository=""):
    """Run Sphinx over pages that are laid out; raises CalledProcessError for any warning."""
    command = [sys.executable, "-m", "sphinx", "--builder", builder, "--quiet", "--fail-on-warning"]
    command += ["--conf-dir", ROOT / "docs" / "book", "--doctree-dir", f"{target}_read"]
    settings = {**os.environ, "BOOK_REPOSITORY": repository}
    subprocess.run([*command, *options, source, target], check=True, env=settings)
    if builder == "html" and repository:
        for lesson in source.glob("notebooks/*.ipynb"):  # to download: the learner's own
            shutil.copy(ROOT / "notebooks" / lesson.name, target / "_sources" / "notebooks")


def build(folder, *, builder="html", options=(), repository=""):
    """Make the book, or its texts, in a folder of this one."""
    lay_out(pages(repository), folder / "book_pages")
    target = folder / BUILDERS[builder]
    sphinx(folder / "book_pages", target, builder=builder, options=options, repository=repository)
    return target


def main():
    builder, options = "html", sys.argv[1:]
    if options and options[0] in BUILDERS:
        builder, *options = options
    try:
        made = build(
            ROOT / "build",
            builder=builder,
            options=options,
            repository=os.environ.get("BOOK_REPOSITORY", "").rstrip("/"),
        )
    except subprocess.CalledProcessError:
        raise SystemExit("the book was not made: see the warnings above") from None
    print(f"{made.relative_to(ROOT) / ('index.html' if builder == 'html' else '')}")


if __name__ == "__main__":
    main()
