"""As a learner: `make lab`, a real browser, Run All; all cells run, only blanks are pointed out.

A whole run costs what nbval's costs, so only three lessons run whole: the first, which has sliders
and Keras, one that trains with Keras, and one without. The others are opened.
"""

import json
import os
import re
import shutil
import urllib.request

import pytest
from lessons import STEMS, code, is_check, read

if os.name == "posix":
    import in_browser

WHOLE = ("01", "02", "10")
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="`make lab` is for Linux and macOS"),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(
        os.name == "posix" and in_browser.chromium_path() is None,
        reason="no Chromium on this machine: lessons were not opened in a browser",
    ),
]


@pytest.fixture(scope="module")
def address():
    with in_browser.lab() as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with in_browser.browser() as chromium:
        yield chromium


def test_make_lab_serves_the_first_lesson(address):
    with urllib.request.urlopen(f"{address}/lab/tree/my_notebooks/{STEMS[0]}.ipynb") as reply:
        assert reply.status == 200
        assert "JupyterLab" in reply.read().decode()


def kernels(address):
    with urllib.request.urlopen(f"{address}/api/kernels") as reply:
        return json.load(reply)


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem[:2] not in WHOLE])
def test_a_lesson_opens_as_it_is_stored(address, chromium, stem):
    page = in_browser.open_lesson(chromium, address, stem)
    cells = page.evaluate(in_browser.CELLS)
    stored = code(read("notebooks", stem))
    assert [len(cell["outputs"]) for cell in cells] == [len(cell.outputs) for cell in stored]
    in_browser.close(page)
    assert kernels(address) == []


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem[:2] in WHOLE])
def test_run_all_runs_every_cell(address, chromium, stem):
    page = in_browser.open_lesson(chromium, address, stem)
    cells = in_browser.run_all(page)
    if stem == STEMS[0]:
        a_slider_changes_the_picture(page)
    in_browser.close(page)
    assert kernels(address) == []
    expected = code(read("notebooks", stem))
    assert [cell["count"] for cell in cells] == list(range(1, len(expected) + 1))
    for cell, wanted in zip(cells, expected, strict=True):
        errors = [o["traceback"] for o in cell["outputs"] if o["output_type"] == "error"]
        assert not [o for o in cell["outputs"] if o.get("name") == "stderr"]
        if is_check(wanted):
            assert len(errors) == 1
            assert re.fullmatch(r"Exercise \d+\.\d+: not attempted yet", "".join(errors[0]))
        else:
            assert errors == [], wanted.source
        pictures = [o for o in cell["outputs"] if "image/png" in o.get("data", {})]
        assert len(pictures) == sum("image/png" in o.get("data", {}) for o in wanted.outputs)


def a_slider_changes_the_picture(page):
    in_browser.show(page, "explorer(")
    picture = page.locator(".widget-image").first
    picture.wait_for(timeout=30_000)
    before = picture.get_attribute("src")
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    for _ in range(5):
        handle.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.widget-image').src !== before", arg=before
    )
