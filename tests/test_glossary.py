"""The glossary and the lessons hold together: bold terms are in it, its entries in their lesson."""

import re
from collections import Counter
from functools import cache
from itertools import pairwise

from lessons import ROOT, SOURCES, make_notebooks

import core

GLOSSARY = ROOT / "docs" / "glossary.md"
# Bold in a lesson and yet no term: emphasis, and names within one experiment.
NO_TERMS = {
    "100 random household",
    "against the base rate",
    "buy coffee",
    "by item",
    "by user",
    "category × popularity",
    "corrected by holm's method",
    "count",
    "hidden value itself",
    "honest",
    "honest control",
    "leaky, as reported",
    "leaky, in use",
    "line",
    "line plus noise",
    "lose",
    "mean",
    "mnar nobody",
    "nearest by category",
    "nearest by cosine",
    "nearest by dot product",
    "own days so far",
    "pure cosines lose",
    "random",
    "random values included",
    "redeem a coupon",
    "see",
    "stranger",
    "text × popularity",
    "that",
    "two nearest neighbour",
    "without feature work",
}
ROW = re.compile(
    r"\| ([^|]+) \| \[(\d\d)\]\(\.\./notebooks/(\w+)\.ipynb\) \| ([^|]+) \| ([^|]+) \|"
)
UNMISTAKABLE = re.compile(r"\w[ -]\w|[A-Z]{2}")  # no everyday word of other meanings
ENTRIES = ROW.findall(GLOSSARY.read_text(encoding="utf-8"))


def names_of(entry):
    """The headword and the other names.

    >>> names_of(("average precision, AP", "03"))
    ['average precision', 'AP']
    """
    return entry[0].split(", ")


def singular(term):
    term = re.sub(r"^the ", "", " ".join(term.split()).casefold())
    return re.sub(r"s$", "", re.sub(r"ies$", "y", term))


def prose(path):
    """All prose of a lesson but its sources, code in it aside."""
    texts = (part.text for part in core.parts(make_notebooks.solved(path)) if not part.is_code)
    return core.FENCE.sub("", core.SOURCES.sub("", "\n\n".join(texts)))


def bold_terms(text):
    """What is bold and short and no sentence: a term where it is explained.

    >>> bold_terms("A **loss** is … **Predict before you run:** the **mean squared error**?")
    ['loss', 'mean squared error']
    """
    found = re.findall(r"(?<!\*)\*\*([^*\n]+)\*\*(?!\*)", text)
    return [
        term
        for term in found
        if term[-1] not in ".:,?"
        and len(term.split()) <= 4
        and not term.startswith("Predict")
        and re.search(r"[^\W\d]{2}", term)
    ]


@cache
def lessons():
    """{lesson: its prose}; read when a test asks, not by each process that collects the tests."""
    return {path.stem: prose(path) for path in SOURCES}


def says(text, name):
    """Does the text have this name, as whole words, in one or in many?"""
    words = re.sub("y$", "(y|ie)", r"\s+".join(map(re.escape, name.split())))
    flags = 0 if name.isupper() else re.IGNORECASE  # a map is no MAP
    return re.search(rf"(?<!\w){words}(s|es)?(?!\w)", text.replace("*", ""), flags)


@cache
def bold(stem):
    return {singular(term) for term in bold_terms(lessons()[stem])}


def test_the_glossary_is_read_whole():
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    assert len(ENTRIES) == sum(line.startswith("| ") for line in lines) - 1
    assert len(ENTRIES) >= 150


def test_terms_are_in_alphabetical_order_and_no_name_stands_twice():
    heads = [names_of(entry)[0].casefold() for entry in ENTRIES]
    assert [pair for pair in pairwise(heads) if pair[0] >= pair[1]] == []
    names = [singular(name) for entry in ENTRIES for name in names_of(entry)]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_an_entry_has_a_lesson_one_sentence_and_a_chinese_term():
    for names, number, stem, meaning, chinese in ENTRIES:
        assert stem in lessons(), names
        assert stem[:2] == number, names
        assert re.fullmatch(r"[^a-z][^.?!]*([.?!](?! [A-Z])[^.?!]*)*\.", meaning), names
        assert len(meaning.split()) <= 30, names
        assert re.search(r"[\u4e00-\u9fff]", chinese), names


def test_a_term_is_explained_where_it_is_first_met():
    problems = [problem for entry in ENTRIES for problem in first_met(entry)]
    assert not problems, "\n".join(problems)


def first_met(entry):
    """What is wrong with the lesson that an entry names."""
    names, number, stem = names_of(entry), *entry[1:3]
    if not any(says(lessons()[stem], name) for name in names):
        yield f"solutions/{stem}.md does not say {names}: name another lesson in docs/glossary.md"
    clear = [name for name in names if UNMISTAKABLE.search(name)]
    for earlier in (other for other in lessons() if other < stem):
        change = f"name {earlier[:2]} in docs/glossary.md if it is explained there; else"
        if bold(earlier) & {singular(name) for name in names}:
            yield f"solutions/{earlier}.md has {names} in bold: {change} unbold it"
        text = lessons()[earlier]
        if not any(says(text, name) for name in clear):
            continue
        uses = (p for p in text.split("\n\n") if any(says(p, name) for name in clear))
        first = next(uses, f"lesson {number}")
        if not re.search(rf"lessons? [^.]*{number}", first, re.IGNORECASE):
            yield (
                f"solutions/{earlier}.md uses {clear} before lesson {number} explains it: {change} "
                f'write "(lesson {number})" beside it: {first.strip()[:80]} …'
            )


def test_every_bold_term_of_a_lesson_is_in_the_glossary():
    known = {singular(name) for entry in ENTRIES for name in names_of(entry)} | NO_TERMS
    missing = {
        singular(
            term
        ): f"| {term} | [{stem[:2]}](../notebooks/{stem}.ipynb) | One sentence. | 中文 |"
        for stem in reversed(lessons())
        for term in bold_terms(lessons()[stem])
        if singular(term) not in known
    }
    assert not missing, (
        "bold and not in docs/glossary.md: add these rows; or if one is emphasis or a name within "
        f"one experiment, what stands here to NO_TERMS of this test: {missing}"
    )
