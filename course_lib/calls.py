"""Calls somebody's function where it can do no harm: its time, memory and output are bounded.

On Linux the calls run in a child process, a copy of this one made by `fork`: whatever the function
defined, imported or closed over is there, and whatever it does ends there. A child can always be
stopped, also inside C code such as `sum(range(10**11))`, and `os._exit` ends the child alone.

Elsewhere they run in a thread of this process. Windows has no fork; on macOS the system's own
libraries (Accelerate, which NumPy uses) may crash in a forked child. A function that reaches
TensorFlow runs in a thread on Linux, too: its own threads do not exist in a copy. A thread is
stopped between two Python instructions, not inside C code; there memory is not bounded either,
and only Kernel > Restart helps.
"""

import builtins
import contextlib
import ctypes
import faulthandler
import inspect
import io
import json
import os
import signal
import sys
import threading
import warnings
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from types import ModuleType
from typing import Any

from threadpoolctl import threadpool_limits

SECONDS = 5.0  # for one call: far more than any exercise needs
MEMORY = 2 * 2**30  # bytes that a call may take beyond what is taken already
PRINTED = 2_000  # characters kept of what it printed
NOT_AFTER_FORK = {"jax", "keras", "tensorflow", "torch"}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux' prctl


@dataclass
class Outcome:
    """What came of one call.

    kind: "returned", "blank" (the function itself raised NotImplementedError), "raised", "asked"
    (it called `input`), "memory", "late", or "ended" (the process is gone); value: what it
    returned; arguments: what became of them; printed: what it printed, cut; error: its text.
    """

    kind: str
    value: Any = None
    arguments: tuple = ()
    printed: str = ""
    error: str = ""


class Elsewhere:
    """A function that lives in another process, which bounds it: the autograder's learners.

    name: the function's name; outcome: takes (arguments, seconds) and returns an Outcome. Called
    as a function it returns the value, or raises RuntimeError with what happened there.
    """

    def __init__(self, name, outcome):
        self.__name__, self.outcome = name, outcome

    def __call__(self, *arguments):
        outcome = self.outcome(arguments, SECONDS)
        if outcome.kind != "returned":
            raise RuntimeError(f"{self.__name__}: {outcome.error or outcome.kind}")
        return outcome.value


class _TimeIsUp(BaseException):
    """Raised inside a thread; not an Exception, so `except Exception` lets it by."""


class _Asked(BaseException):
    """The function called `input`, and nobody is there to answer."""


class Capped(io.StringIO):
    """Keeps the first characters and forgets the rest: endless printing fills no memory."""

    def write(self, text):
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)


def call(function, arguments):
    """Call the function here and now, whatever it raises: an Outcome.

    >>> call(max, ([3, 5],)).value, call(int, ("x",)).kind
    (5, 'raised')
    """
    outcome, printed = Outcome("returned", arguments=arguments), Capped()
    with _restored(), contextlib.redirect_stdout(printed):
        builtins.input = _ask_nobody
        try:
            outcome.value = function(*arguments)
        except _TimeIsUp:
            outcome.kind = "late"
        except _Asked:
            outcome.kind = "asked"
        except MemoryError:
            outcome.kind = "memory"
        except BaseException as error:  # whatever the function does is the answer
            blank = isinstance(error, NotImplementedError) and _is_its_own(error, function)
            outcome.kind = "blank" if blank else "raised"
            outcome.error = text_of(error)
    outcome.printed = printed.getvalue().strip()
    return outcome


def guarded(works, function, seconds):
    """The results of `works`, each of which calls `function`, one after the other.

    works: functions without arguments that return text or None; seconds: for each of them.
    Yields what each returns, or the Outcome "late" or "ended" in its place, and then no more.
    A child process is gone when the generator is closed, also by an interrupt.
    """
    child = sys.platform == "linux" and not _reaches(function, NOT_AFTER_FORK)
    return _in_child(works, seconds) if child else _in_thread(works, seconds)


def confine(memory):
    """Bound this process, a child: it ends with its parent, hears and says nothing.

    memory: bytes that it may take beyond what it has taken. Linux; elsewhere only what POSIX has.
    """
    faulthandler.disable()  # a crash is told by the parent, in one line
    os.setsid()  # interrupts of a terminal are for the parent, which then ends the whole session
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    import resource  # not on Windows, where nothing is forked

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    threadpool_limits(1)  # OpenMP's threads do not exist in a copy, and waiting for them is endless


def end(process):
    """End a forked child and all that it started in its session; wait until it is gone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)


def fork():
    """`os.fork`, without Python's warning that other threads are not copied: we know."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _in_child(works, seconds):
    results, answers = Pipe(duplex=False)
    process = fork()
    if process == 0:
        try:
            confine(MEMORY)
            for work in works:
                answers.send_bytes(json.dumps(work()).encode())
        finally:
            os._exit(0)  # never back into the caller's program, of which this is a copy
    answers.close()
    try:
        for _ in works:
            if not results.poll(seconds):
                yield Outcome("late")
                return
            try:
                yield json.loads(results.recv_bytes())
            except EOFError:
                yield Outcome("ended")
                return
    finally:
        end(process)
        results.close()


def _in_thread(works, seconds):
    for work in works:
        done, finished = [], threading.Event()

        def run(work=work, done=done, finished=finished):
            done.append(work())
            finished.set()

        thread = threading.Thread(target=run, daemon=True)
        with _restored():
            try:
                thread.start()
                finished.wait(seconds)
            finally:  # not is_alive: an interrupted wait may count the thread as dead
                if not finished.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp)
                    )
        if not done:
            yield Outcome("late")
            return
        yield done[0]


@contextlib.contextmanager
def _restored():
    """Afterwards printing and asking are as before, also when a thread never gives them back."""
    stdout, ask = sys.stdout, builtins.input
    try:
        yield
    finally:
        sys.stdout, builtins.input = stdout, ask


def _ask_nobody(*_):
    raise _Asked


def _is_its_own(error, function):
    """Was the error raised in the function's own lines, not in what it called?"""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code is _code(function)


def _code(function):
    return getattr(inspect.unwrap(function), "__code__", None)


def text_of(error):
    """The kind of an error and what it says, in one line of at most about 200 characters."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    kind = type(error).__name__
    return f"{kind}: {text[:197] + '...' if len(text) > 200 else text}" if text else kind


def _reaches(function, packages):
    """Does the function use one of the packages, itself or through what it calls?"""
    if not packages & sys.modules.keys():
        return False
    waiting, seen = [function], {}
    while waiting:
        thing = waiting.pop()
        thing = getattr(thing, "func", thing)  # what a functools.partial calls
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        name = thing.__name__ if isinstance(thing, ModuleType) else _home(thing)
        if name.split(".")[0] in packages:
            return True
        if name.startswith("course_lib.") and packages & vars(sys.modules[name]).keys():
            return True
        waiting += _used_by(thing)
    return False


def _home(thing):
    module = getattr(thing, "__module__", None)
    return module if isinstance(module, str) else type(thing).__module__


def _used_by(thing):
    """The globals and closed-over values that a function names; what a model or a list holds."""
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple):
        return list(thing)
    code = getattr(thing, "__code__", None)
    if code is None:
        own = _home(thing).split(".")[0] in ("__main__", "course_lib")
        return list(getattr(thing, "__dict__", {}).values()) if own else []
    space = getattr(thing, "__globals__", {})
    names, codes = set(), [code]
    while codes:
        code = codes.pop()
        names |= set(code.co_names)
        codes += [constant for constant in code.co_consts if inspect.iscode(constant)]
    cells = getattr(thing, "__closure__", None) or ()
    closed = [cell.cell_contents for cell in cells if cell != type(cell)()]
    return [space[name] for name in names if name in space] + closed
