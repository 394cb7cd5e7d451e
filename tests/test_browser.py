"""As a learner: `make lab`, a real browser, Run All; every cell runs, only blanks are pointed out.

Needs Chromium (or Chrome) and make; says so when it skips.
"""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest
from lessons import ROOT, STEMS, code, is_check, read

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: nothing to click in"),
    pytest.mark.skipif(
        os.name != "posix" or shutil.which("make") is None, reason="`make lab` needs make"
    ),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CELLS = """() => [...jupyterapp.shell.currentWidget.content.widgets]
    .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim())
    .map(cell => ({
        count: cell.model.executionCount,
        errors: cell.model.outputs.toJSON().filter(o => o.output_type === 'error')
                    .map(o => o.traceback.join('\\n')),
        stderr: cell.model.outputs.toJSON().filter(o => o.name === 'stderr').map(o => o.text),
        pictures: cell.model.outputs.toJSON().filter(o => (o.data || {})['image/png']).length,
    }))"""
IDLE = """() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'
    && jupyterapp.shell.currentWidget.content.widgets.every(
        cell => cell.model.type !== 'code' || cell.model.executionState !== 'running')"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that `make lab` started in a copy of this repository."""
    copy = tmp_path_factory.mktemp("fresh") / "course"
    leave = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".pytest_cache", ".hypothesis")
    shutil.copytree(ROOT, copy, ignore=leave)  # keeps the times, so that .venv counts as made
    (copy / ".venv").symlink_to(ROOT / ".venv")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = " --allow-root" if os.geteuid() == 0 else ""
    options = (
        f"--no-browser --port {port} --IdentityProvider.token='' --expose-app-in-browser{root}"
    )
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(copy / ".jupyter")}
    log = (copy / "lab.log").open("w")
    server = subprocess.Popen(
        ["make", "lab", f"ARGS={options}"],
        cwd=copy,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{address}/api/status", timeout=5) as reply:
                    assert reply.status == 200
                break
            except OSError:
                assert server.poll() is None, (copy / "lab.log").read_text()
                assert time.monotonic() < deadline, (copy / "lab.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, 2)
        server.wait(30)
        log.close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def opened(browser, address, stem):
    """A page with the lesson open and its kernel ready."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/lab/tree/notebooks/{stem}.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function(IDLE, timeout=60_000)
    return page


def test_make_lab_serves_the_first_lesson(lab):
    with urllib.request.urlopen(f"{lab}/lab/tree/notebooks/01_cosine_similarity.ipynb") as reply:
        assert reply.status == 200
        assert "JupyterLab" in reply.read().decode()


@pytest.mark.parametrize("stem", STEMS)
def test_run_all_runs_every_cell(lab, browser, stem):
    page = opened(browser, lab, stem)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Restart Kernel and Run All Cells")).click()
    page.get_by_role("button", name=re.compile("Restart")).last.click()
    expected = code(read("notebooks", stem))
    page.wait_for_function(
        f"() => ({CELLS})().every(cell => cell.count !== null) && ({IDLE})()", timeout=180_000
    )
    cells = page.evaluate(CELLS)
    assert [cell["count"] for cell in cells] == list(range(1, len(expected) + 1))
    for cell, wanted in zip(cells, expected, strict=True):
        assert cell["stderr"] == []
        if is_check(wanted):
            assert len(cell["errors"]) == 1
            assert re.fullmatch(r"Exercise \d+\.\d+: not attempted yet", cell["errors"][0])
        else:
            assert cell["errors"] == [], wanted.source
        stored = sum("image/png" in o.get("data", {}) for o in wanted.outputs)
        assert cell["pictures"] == stored
    page.close()


def test_a_slider_changes_the_picture(lab, browser):
    stem = STEMS[0]
    page = opened(browser, lab, stem)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        f"() => ({CELLS})().every(cell => cell.count !== null) && ({IDLE})()", timeout=180_000
    )
    box = page.locator(".widget-image").first
    page.evaluate(
        """() => { const notebook = jupyterapp.shell.currentWidget.content;
            const index = notebook.widgets.findIndex(cell =>
                cell.model.type === 'code' && cell.model.sharedModel.source.includes('explorer('));
            return notebook.scrollToItem(index, 'center'); }"""
    )
    box.wait_for(timeout=30_000)
    before = box.get_attribute("src")
    slider = page.locator(".widget-slider .noUi-handle").first
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.widget-image').src !== before", arg=before
    )
    page.close()
