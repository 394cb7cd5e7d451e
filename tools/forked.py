"""One process that has imported the library and collected its tests, and tries things in copies.

Importing pandas and Keras and collecting the tests takes longer than most tests. A copy made by
`fork` has all of it at once, and whatever happens there ends there. TensorFlow starts its threads
with its first operation; as long as no test file computes when it is imported, copies can train.
"""

import contextlib
import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

MEMORY = 6 * 2**30  # bytes that a copy may take: a change can ask for any number


class Collected:
    """A pytest plugin: collects the tests and calls `work` in place of running them."""

    def __init__(self, folder, work):
        self.folder, self.work, self.early, self.end = str(folder), work, {}, None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self):
        examples = (Phase.explicit, Phase.generate)  # the first that fails will do
        options = {"deadline": None, "derandomize": True, "database": None, "phases": examples}
        settings.register_profile("forked", **options)
        settings.load_profile("forked")

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        names = set()
        with _noted(self.folder, names):
            report = yield
        for name in names:
            self.early.setdefault(name, set()).add(collector.path)
        return report

    def pytest_runtestloop(self, session):
        if session.testsfailed:
            raise session.Interrupted("not all tests could be collected")
        found = functions(self.folder)
        gc.collect()
        gc.freeze()  # a copy that collects garbage leaves alone what it shares with the others
        try:
            self.work(session.items, self.early, found)
        except SystemExit as end:  # pytest would swallow its message
            self.end = end
        return True


def collect(root, files, folder, work):
    """Collect these tests and call `work(items, early, functions)`.

    early: {function: files}, the functions in `folder`, as `called` names them, that ran on the
    way, and the files at whose import they did; functions: all of its functions, for `replace`.
    """
    options = ["-qq", "-n", "0", "-p", "no:cacheprovider", "--capture=sys", "--doctest-modules"]
    options += ["--disable-warnings", f"--rootdir={root}"]
    plugin = Collected(folder, work)
    status = pytest.main([*options, *map(str, files)], [plugin])
    if plugin.end or status:
        raise plugin.end or SystemExit("the tests could not be collected")


def first_failure(items):
    """Run tests until one fails: its name, or "" where all pass."""
    for item, following in pairwise([*items, None]):
        if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
            return item.nodeid
    return ""


def called(item, folder):
    """Run one test: (passed, seconds of the processor, the functions in `folder` that it calls).

    A function is "file:line", the first line of its definition with its decorators. Copies of this
    process that the test makes by `fork` write what they call into the same file.
    """
    start = time.process_time()
    with tempfile.TemporaryFile() as file:
        with _noted(folder, set(), file.fileno()):
            failure = first_failure([item])
        file.seek(0)
        names = set(file.read().decode().splitlines())
    return not failure, time.process_time() - start, sorted(names)


@contextlib.contextmanager
def _noted(folder, names, file=None):
    def note(frame, event, argument):
        code = frame.f_code
        if code.co_filename.startswith(folder):
            name = f"{code.co_filename[len(folder) + 1 :]}:{code.co_firstlineno}"
            if name not in names:
                names.add(name)
                if file is not None:
                    os.write(file, f"{name}\n".encode())

    threading.settrace(note)
    sys.settrace(note)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)


def functions(folder):
    """{place of its code: functions} of all functions in this process that were read from there."""
    found = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(folder)):
            found.setdefault(_place(thing.__code__), []).append(thing)
    return found


def replace(code, functions):
    """Let the functions of a module do what the newly compiled code of the module says.

    Whatever imported a function has the same function. What a function has returned at import
    stays.
    """
    for part in filter(CodeType.__instancecheck__, code.co_consts):
        for function in functions.get(_place(part), ()):
            function.__code__ = part
        replace(part, functions)


def _place(code):
    return code.co_filename, code.co_firstlineno, code.co_qualname


def in_copies(jobs, workers):
    """(key, what the function returns) for each job, run in copies, so many at a time.

    jobs: (key, function, seconds of the processor; a busy machine may take many times that).
    What comes back has been through JSON; it is None where the copy came to another end.
    """
    jobs, running = iter(jobs), {}
    with tempfile.TemporaryDirectory() as top:
        while True:
            while len(running) < workers and (job := next(jobs, None)) is not None:
                key, function, seconds = job
                folder = Path(tempfile.mkdtemp(dir=top))
                process = _copy(function, folder, seconds)
                running[process] = key, folder, time.monotonic() + 40 * seconds
            if not running:
                return
            done = [process for process in running if os.waitpid(process, os.WNOHANG)[0]]
            for process in done:
                _end(process)  # what its tests have started
                key, folder, _ = running.pop(process)
                result = folder / "result.json"
                yield key, json.loads(result.read_text()) if result.exists() else None
                shutil.rmtree(folder, ignore_errors=True)
            for process, (*_, end) in running.items():
                if time.monotonic() > end:
                    _end(process)
            if not done:
                time.sleep(0.005)


def _end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _copy(function, folder, seconds):
    process = os.fork()
    if process:
        return process
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        result = json.dumps(function())
        (folder / "result.part").write_text(result)
        (folder / "result.part").rename(folder / "result.json")
    finally:
        os._exit(0)
