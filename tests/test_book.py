"""The book: made without a warning, complete, and read in a browser that reaches nothing else."""

import contextlib
import doctest
import functools
import http.server
import importlib.util
import os
import re
import threading
import urllib.parse
from html.parser import HTMLParser

import make_notebooks
import pytest
from lessons import ROOT, is_check, is_exercise, read

import book_pages
import cover
import library_pages
import make_book
import paths

if os.name == "posix":
    import in_browser

LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LESSON = "10_ranking_metrics"
REPOSITORY = "https://github.com/owner/name"
needs_sphinx = pytest.mark.skipif(
    importlib.util.find_spec("myst_nb") is None, reason="`make book` has not installed its packages"
)
needs_browser = pytest.mark.skipif(
    os.name != "posix" or in_browser.chromium_path() is None,
    reason="no Chromium on this machine: the book was not opened in a browser",
)


class Page(HTMLParser):
    """The tags of a page, each with its attributes and whether it stands in a fold."""

    def __init__(self, path):
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.tags, self.depth, self.folded, self.words = [], 0, [], []
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.depth += tag == "details"
        self.tags.append((tag, attributes))

    def handle_endtag(self, tag):
        self.depth -= tag == "details"

    def handle_data(self, data):
        (self.folded if self.depth else self.words).append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


# Texts in, texts out


def test_sections_are_taken_whole_and_fences_are_no_headings():
    text = "# T\n\n## A\n\none\n\n```sh\n# no heading\n```\n\n### B\n\ntwo\n\n## C\n\nthree"
    assert book_pages.section(text, "A") == "one\n\n```sh\n# no heading\n```\n\n### B\n\ntwo"
    assert book_pages.section(text, "B") == "two"
    with pytest.raises(ValueError, match='no heading "D"'):
        book_pages.section(text, "D")


def test_links_are_led_to_pages_and_lose_what_is_not_there():
    pages = {"docs/a.md": "/docs/a.md", "x.md": "/x.md"}
    text = "[a](a.md#part) [x](../x.md) [gone](b.md) [far](https://example.org) [here](#part)"
    assert book_pages.links(text, "docs/c.md", pages.get) == (
        "[a](/docs/a.md#part) [x](/x.md) gone [far](https://example.org) [here](#part)"
    )
    assert book_pages.links("`[a](b.md)`\n```\n[a](b.md)\n```", "c.md", {}.get) == (
        "`[a](b.md)`\n```\n[a](b.md)\n```"
    )


def test_contents_follow_the_lessons_that_are_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = book_pages.contents({"02_b": "02 · B", "18_z": "18 · Z", "04_d": "04 · D"}, readme)
    captions = re.findall(r":caption: (\w) · ", table)
    assert captions == ["A", "B", "D"]  # no lesson of C and E
    assert re.findall(r"^\d\d .*$", table, re.MULTILINE) == [
        "02 · B <notebooks/02_b>",
        "04 · D <notebooks/04_d>",
        "18 · Z <notebooks/18_z>",
    ]


def test_a_docstring_becomes_markdown():
    text = "Sum of a and b.\n\na: a number,\n    on two lines.\nb: more\n\n    x = 1\n\n>>> 1\n1"
    assert library_pages.prose(text) == (
        "Sum of a and b.\n\n- **a**: a number,\n  on two lines.\n- **b**: more\n\n"
        "```text\n    x = 1\n```\n\n```pycon\n>>> 1\n1\n```"
    )


def test_what_the_cover_is_said_to_show_is_what_the_leaderboard_has():
    text = (ROOT / "docs" / "book" / "index.md").read_text(encoding="utf-8")
    assert text.count("own counts and EASE lead with almost 0.6; neural networks reach") == 2
    scores = cover.board()
    assert len(scores) == 18
    assert set(scores.index[:4]) == {"hybrid", "quick hybrid", "own counts", "EASE"}
    assert scores.iloc[3] > 0.55 and scores.iloc[0] < 0.6
    assert scores[["GRU4Rec", "SASRec", "Caser", "two-tower", "neural CF", "Mult-VAE"]].max() < 0.45
    assert round(scores["popularity"], 2) == 0.24 and scores["random"] < 0.02


def test_doctests_of_the_book():
    for module in (book_pages, library_pages):
        failed, attempted = doctest.testmod(module)
        assert (failed, attempted > 0) == (0, True)


@needs_sphinx
def test_a_flow_chart_says_what_it_shows():
    import book_nodes

    failed, attempted = doctest.testmod(book_nodes)
    assert (failed, attempted > 0) == (0, True)


# Paths


@pytest.fixture(scope="module")
def there():
    return paths.lessons(ROOT)


def test_the_readme_tells_the_paths_as_the_lessons_heads_have_them(there):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert paths.block(there) in readme, "stale: python tools/paths.py"
    assert paths.told(readme.replace("week 1:", "week 0:"), there) == readme


def test_the_term_has_fourteen_weeks_and_every_lesson_once():
    term = next(walk for walk in paths.WALKS if walk.unit)
    assert len(term.sittings) == 14
    assert sorted(n for week in term.sittings for n in week) == list(range(1, 26))
    assert all(len(walk.sittings) == 5 for walk in paths.WALKS if walk.name == "The week-end")


def test_minutes_are_those_of_the_cores_that_are_there(there):
    for number, lesson in there.items():
        source = ROOT / "solutions" / f"{lesson.stem}.md"
        head, told = make_notebooks.minutes_of(source)
        assert re.search(r"\d+", head)[0] == told.split(" ")[0] == str(lesson.minutes), number
    walk = paths.Walk("w", "", ((1,), (2, 99)))
    few = {1: paths.Lesson("01_a", "A", 60), 2: paths.Lesson("02_b", "B", 45)}
    assert paths.minutes(walk, few) == 105
    assert "(coming, not counted: 04, 09, 10, 11)" in paths.block(few)


# The book itself


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    if importlib.util.find_spec("myst_nb") is None:
        pytest.skip("`make book` has not installed its packages")
    started = processor_seconds()
    folder = make_book.build(tmp_path_factory.mktemp("book"))
    return folder, processor_seconds() - started


def processor_seconds():
    """Of this process and what it has called: other work on the machine does not count."""
    return sum(os.times()[:4])


@pytest.fixture(scope="module")
def book(made):
    return made[0]


@pytest.fixture(scope="module")
def pages(book):
    """{path: Page} of all pages."""
    return {path.relative_to(book).as_posix(): Page(path) for path in sorted(book.rglob("*.html"))}


def test_it_is_made_in_less_than_three_minutes(made):
    folder, seconds = made  # a warning would have stopped it
    assert (folder / "index.html").exists()
    assert seconds < 180


def test_every_lesson_has_a_page_that_the_contents_lead_to(pages):
    led = {link.get("href") for link in pages["index.html"].named("a")}
    for stem in LESSONS:
        assert f"notebooks/{stem}.html" in pages
        assert f"notebooks/{stem}.html" in led


def test_links_within_the_book_lead_somewhere(book, pages):
    for name, page in pages.items():
        for link in page.named("a"):
            target = urllib.parse.urlsplit(link.get("href", ""))
            if target.scheme or target.netloc or not target.path:
                continue
            path = (book / name).parent / urllib.parse.unquote(target.path)
            assert path.resolve().exists(), (name, link)


def test_pages_and_styles_load_nothing_from_another_host(book, pages):
    for name, page in pages.items():
        for tag, attributes in page.tags:
            for kind in ("src", "srcset", "data", *(["href"] if tag == "link" else [])):
                assert not re.match(r"(\w+:)?//", attributes.get(kind) or ""), (name, attributes)
    for sheet in book.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", text), sheet


def test_each_figure_is_there_and_has_its_text(pages):
    for stem in LESSONS:
        outputs = [o for cell in read("solutions", stem).cells for o in cell.get("outputs", [])]
        stored = [o.data for o in outputs if "image/png" in o.get("data", {})]
        images = [i for i in pages[f"notebooks/{stem}.html"].named("img") if "_images" in i["src"]]
        assert [" ".join(i["alt"].split()) for i in images] == [
            " ".join("; ".join(map(str.strip, data["text/plain"].splitlines())).split())
            for data in stored
        ]
    for page in pages.values():
        assert all(image.get("alt", "").strip() for image in page.named("img"))


def test_solutions_and_deeper_sections_are_folded_and_checks_left_out(pages):
    for stem in LESSONS:
        page = pages[f"notebooks/{stem}.html"]
        seen, folded = "".join(page.words), "".join(page.folded)
        solved = read("solutions", stem)
        exercises = [cell for cell in solved.cells if is_exercise(cell)]
        assert (seen + folded).count("YOUR CODE HERE") == len(exercises)
        assert folded.count("One solution") == len(exercises)
        assert "### BEGIN" not in page.text
        for cell in exercises:
            region = re.search(r"### BEGIN SOLUTION\n(.*?)\n *### END", cell.source, re.DOTALL)[1]
            last = region.splitlines()[-1].strip()
            assert last in folded
        for cell in filter(is_check, solved.cells):
            assert cell.source.splitlines()[-1] not in seen + folded
        if "◇" in "".join(c.source for c in solved.cells if c.cell_type == "markdown"):
            assert page.text.count('class="fold deeper"') + page.text.count('class="deeper fold"')


def test_the_library_has_every_public_function_of_every_module(pages):
    modules = library_pages.modules(ROOT)
    assert {"metrics", "models.ease", "models.transformer"} <= set(modules)
    for name, tree in modules.items():
        ids = {a.get("id") for _, a in pages[f"library/{name}.html"].tags}
        for node in library_pages.public(tree):
            assert f"course_lib.{name}.{node.name}" in ids


@pytest.fixture
def excerpt(tmp_path):
    """One lesson and a first page, laid out."""
    lesson = book_pages.lesson(read("solutions", LESSON))
    table = book_pages.toctree([f"notebooks/{LESSON}"])
    made = {"index.md": f"# Excerpt\n\n{table}", f"notebooks/{LESSON}.ipynb": lesson}
    make_book.lay_out(made, tmp_path / "pages")
    return tmp_path / "pages"


@needs_sphinx
@pytest.mark.parametrize("repository", ["", REPOSITORY])
def test_binder_and_download_are_there_if_the_address_is_set(excerpt, tmp_path, repository):
    make_book.sphinx(excerpt, tmp_path / "made", repository=repository)
    page = Page(tmp_path / "made" / "notebooks" / f"{LESSON}.html")
    links = [link.get("href", "") for link in page.named("a")]
    binder = f"https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/notebooks/{LESSON}.ipynb"
    download = f"../_sources/notebooks/{LESSON}.ipynb"
    assert (binder in links, download in links) == (bool(repository),) * 2
    if repository:  # the learner's own, with gaps
        given = (tmp_path / "made" / "_sources" / "notebooks" / f"{LESSON}.ipynb").read_bytes()
        assert given == (ROOT / "notebooks" / f"{LESSON}.ipynb").read_bytes()


@needs_sphinx
def test_texts_are_extracted_for_translation_and_come_back(excerpt, tmp_path):
    make_book.sphinx(excerpt, tmp_path / "texts", builder="gettext")
    texts = (tmp_path / "texts" / "notebooks" / f"{LESSON}.pot").read_text(encoding="utf-8")
    for text in ("By hand", "Hint", "One solution", "What we learned"):
        assert f'msgid "{text}"' in texts
    assert "NDCG@10" in texts and "import numpy" not in texts
    locale = tmp_path / "locale" / "zh_CN" / "LC_MESSAGES" / "notebooks"
    locale.mkdir(parents=True)
    entries = {"": "Content-Type: text/plain; charset=UTF-8\\n", "Hint": "提示", "Build it": "动手"}
    po = "".join(f'msgid "{text}"\nmsgstr "{said}"\n\n' for text, said in entries.items())
    (locale / f"{LESSON}.po").write_text(po, encoding="utf-8")
    options = ["-D", "language=zh_CN", "-D", f"locale_dirs={tmp_path / 'locale'}"]
    make_book.sphinx(excerpt, tmp_path / "made", options=options)
    page = (tmp_path / "made" / "notebooks" / f"{LESSON}.html").read_text(encoding="utf-8")
    assert "<summary>提示</summary>" in page and "<summary>Hint</summary>" not in page
    assert re.search(r"<h2>动手<", page)


# In the browser


@pytest.fixture(scope="module")
def address(book):
    handler = functools.partial(Quiet, directory=book)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with contextlib.closing(server.socket):
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def chromium():
    with in_browser.browser() as chromium:
        yield chromium


@pytest.fixture
def reader(address, chromium):
    """A page of a browser, and everything that it asked for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    asked, failed = [], []
    context.on("request", lambda request: asked.append(request.url))
    context.on("requestfailed", lambda request: failed.append(request.url))
    page = context.new_page()
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert failed == []


def drawn(page):
    """Wait for formulas and flow charts; how many of each there are."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('.math')].every(m => m.querySelector('mjx-container'))"
        " && [...document.querySelectorAll('pre.mermaid')].every(c => c.querySelector('svg'))"
    )
    return page.locator("mjx-container").count(), page.locator("pre.mermaid svg").count()


@needs_browser
@pytest.mark.parametrize("stem", LESSONS)
def test_formulas_and_flow_charts_are_drawn(reader, address, stem):
    reader.goto(f"{address}/notebooks/{stem}.html")
    formulas, charts = drawn(reader)
    source = (ROOT / "solutions" / f"{stem}.md").read_text(encoding="utf-8")
    assert charts == source.count("```mermaid")
    assert formulas > 0 or "$" not in source
    assert reader.locator("mjx-merror, .error-icon").count() == 0


@needs_browser
def test_a_search_for_ndcg_finds_lesson_10(reader, address):
    reader.goto(f"{address}/search.html?q=NDCG")
    found = reader.locator("#search-results ul.search li a")
    found.first.wait_for()
    reader.get_by_text("Search finished").wait_for()
    targets = [link.get_attribute("href") for link in found.all()]
    assert any(f"notebooks/{LESSON}.html" in target for target in targets[:10])


@needs_browser
def test_a_reader_chooses_dark_and_charts_follow(reader, address):
    reader.goto(f"{address}/notebooks/{LESSON}.html")
    look = "() => getComputedStyle(document.body).backgroundColor"
    colour = "() => getComputedStyle(document.querySelector('pre.mermaid .node rect')).fill"
    drawn(reader)
    seen = {}
    for theme in ("light", "dark"):
        reader.locator("button.theme-switch-button:visible").click()
        reader.locator(f"button.theme-change-button[data-mode={theme}]:visible").click()
        drawn(reader)
        seen[theme] = (reader.evaluate(look), reader.evaluate(colour))
    assert brightness(seen["light"][0]) > 200 > 60 > brightness(seen["dark"][0])
    assert brightness(seen["light"][1]) > brightness(seen["dark"][1])


def brightness(colour):
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3


@needs_browser
def test_nothing_is_wider_than_a_phone(reader, address):
    reader.set_viewport_size({"width": 390, "height": 844})
    for name in ("index", "paths", "learner", "docs/glossary", "docs/teaching", "library/index",
                 "library/metrics", "library/losses", "CONTRIBUTING", "datasets/README",
                 *(f"notebooks/{stem}" for stem in LESSONS[::6])):  # fmt: skip
        reader.goto(f"{address}/{name}.html")
        drawn(reader)
        assert reader.evaluate("() => document.documentElement.scrollWidth") <= 390, name


@needs_browser
def test_a_link_into_a_fold_opens_it(reader, address):
    reader.goto(f"{address}/notebooks/17_multimodal.html")
    fold = reader.locator("details.deeper").first
    assert fold.get_attribute("open") is None
    section = fold.locator("xpath=..").get_attribute("id")
    reader.goto(f"{address}/notebooks/17_multimodal.html#{section}")
    reader.wait_for_function("() => document.querySelector('details.deeper').open")
