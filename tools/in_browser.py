"""A lesson as a learner meets it: `make lab` in a copy of the repository, and a real browser.

python tools/in_browser.py docs/lesson_01.png    take the README's screenshot
"""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIRST = "01_cosine_similarity"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CELLS = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({
        count: cell.model.executionCount,
        outputs: cell.model.outputs.toJSON(),
    }))"""
FINISHED = f"""() => ({CELLS})().every(cell => cell.count !== null)
    && jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"""
READY = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
SHUT_DOWN = "() => jupyterapp.shell.currentWidget.sessionContext.shutdown()"
SHOW = """text => { const notebook = jupyterapp.shell.currentWidget.content;
    return notebook.scrollToItem(notebook.widgets.findIndex(
        cell => cell.model.sharedModel.source.includes(text)), 'center'); }"""


def chromium_path():
    """Where the browser is, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextlib.contextmanager
def lab():
    """The address of a JupyterLab that `make lab` serves from a copy of this repository."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        copy = Path(folder) / "course"
        leave = shutil.ignore_patterns(
            *(".git", ".venv", "my_notebooks", "__pycache__", ".*_cache", ".hypothesis")
        )
        shutil.copytree(ROOT, copy, ignore=leave)
        (copy / ".venv").symlink_to(ROOT / ".venv")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"--no-browser --port {port} --IdentityProvider.token='' --expose-app-in-browser"
        if os.geteuid() == 0:
            options += " --allow-root"
        log = copy / "lab.log"
        server = subprocess.Popen(
            ["make", "lab", f"ARGS={options}"],
            cwd=copy,
            env={**os.environ, "JUPYTER_CONFIG_DIR": str(copy / ".jupyter")},
            stdout=stack.enter_context(log.open("w")),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(address, server, log)
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


@contextlib.contextmanager
def browser():
    """A headless Chromium, the one that is installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield chromium
        chromium.close()


def open_lesson(chromium, address, stem):
    """A page with the lesson open and its kernel ready."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/lab/tree/my_notebooks/{stem}.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
    page.wait_for_function(READY, timeout=120_000)
    return page


def close(page):
    """Shut the lesson's kernel down, as JupyterLab's own menu does, and close the page."""
    page.evaluate(SHUT_DOWN)
    page.close()


def run_all(page):
    """Clear the saved outputs, then menu Run, Run All Cells; return each code cell's results."""
    page.evaluate("() => jupyterapp.commands.execute('editmenu:clear-all')")
    page.wait_for_function(f"() => ({CELLS})().every(cell => cell.count === null)")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(FINISHED, timeout=240_000)
    return page.evaluate(CELLS)


def show(page, text):
    """Scroll the first cell that contains `text` to the middle."""
    page.evaluate(SHOW, text)


def _wait_for(address, server, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"`make lab` did not answer:\n{log.read_text()}")


def _take(target):
    from PIL import Image

    with lab() as address, browser() as chromium:
        page = open_lesson(chromium, address, FIRST)
        run_all(page)
        show(page, "explorer(")
        page.wait_for_timeout(2000)  # widgets draw after the cell has finished
        picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(128).save(target, optimize=True)


if __name__ == "__main__":
    _take(sys.argv[1])
