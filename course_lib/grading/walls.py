"""Walls around a stranger's program: `python -m course_lib.grading.walls WORDS…` runs WORDS inside.

Linux only: namespaces of the kernel, of which containers are made too. No root is needed:

- There is no network, not even the machine's own.
- Of all files there are Python, this library with its data, and the system's programs, read-only;
  /tmp is empty, of bounded size, and gone afterwards. Whatever else the teacher has is not there.
- No other process can be seen or reached. When the first one ends, all that it started ends.
- No privileges, also where root grades.

Where the system does not allow it, nothing runs: the reason is printed and the code is REFUSED.
Time and memory are bounded elsewhere (`calls.confine`). What is left: the processor, very many
processes, and flaws of the kernel. A container or a machine of its own bounds these.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

REFUSED = 97
TMP = "size=1g,mode=1777"
ROOT = "/sys"  # where the new root is put together: nothing that is needed lies there
SYSTEM = (
    *("/bin", "/sbin", "/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
    *("/etc/localtime", "/etc/timezone"),
)
DEVICES = ("null", "zero", "full", "random", "urandom")
NO_HOME = ("HOME", "TMPDIR", "TMP", "TEMP", "USERPROFILE")
# user, mounts, processes, network, messages between processes: CLONE_NEW… of Linux' sched.h
_UNSHARED = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000
# MS_… of Linux' mount.h
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_REMOUNT, _BIND, _MOVE, _WHOLE, _PRIVATE = 32, 4096, 8192, 16384, 1 << 18
_RELATIVE_TIMES = 1 << 21
_DIE_WITH_PARENT, _NO_NEW_RIGHTS = 1, 38  # of Linux' prctl


def why_not():
    """Why no walls can be built here, in a few words; None where they can."""
    if sys.platform != "linux":
        return f"walls need Linux, this is {sys.platform}"
    course = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", __name__, sys.executable, "-c", "pass"],
        env={**os.environ, "PYTHONPATH": course},
        capture_output=True,
        text=True,
    )
    if not done.returncode:
        return None
    return (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]


def shown():
    """The files and folders that exist inside, each under its own name; no one lies in another.

    Python's own, the library, its data, and the system's.
    """
    course = Path(__file__).parents[2]
    wanted = [*SYSTEM, sys.prefix, sys.base_prefix, course / "course_lib", course / "datasets"]
    paths = {name for path in map(str, wanted) for name in (path, os.path.realpath(path))}
    kept = []
    for path in sorted(filter(os.path.lexists, paths)):  # a folder stands before what is in it
        if not any(path.startswith(f"{other}/") for other in kept if not Path(other).is_symlink()):
            kept.append(path)
    return kept


def run(words):
    """Run the words inside, wait, and return the exit code."""
    account, group = os.geteuid(), os.getegid()
    _call("unshare", _UNSHARED)
    # Inside the account has a number other than 0: the next program starts without privileges.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"1000 {account} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"1000 {group} 1", encoding="ascii")
    child = os.fork()  # the first process of its own numbering
    if child == 0:
        try:
            _call("prctl", _DIE_WITH_PARENT, signal.SIGKILL)
            _call("prctl", _NO_NEW_RIGHTS, 1, 0, 0, 0)
            _enter()
            kept = {n: v for n, v in os.environ.items() if n not in NO_HOME}
            os.execvpe(words[0], words, {**kept, "HOME": "/tmp", "TMPDIR": "/tmp"})
        except BaseException as error:
            _refuse(error)
        finally:
            os._exit(REFUSED)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def _enter():
    """Put the new root together and make it the only one."""
    _mount("", "/", flags=_WHOLE | _PRIVATE)
    _mount("tmpfs", ROOT, "tmpfs", _NO_SUID | _NO_DEVICES, "size=1m,mode=755")
    for path in ("/tmp", "/dev/shm"):  # first: the course may itself lie in /tmp
        Path(ROOT + path).mkdir(parents=True)
        _mount("tmpfs", ROOT + path, "tmpfs", _NO_SUID | _NO_DEVICES, TMP)
    for path in shown():
        _show(path)
    for name in DEVICES:
        _show(f"/dev/{name}", writable=True)
    Path(f"{ROOT}/proc").mkdir()
    _mount("proc", f"{ROOT}/proc", "proc", _NO_SUID | _NO_DEVICES | _NO_PROGRAMS)
    _mount("", ROOT, flags=_REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEVICES)
    os.chdir(ROOT)
    _mount(".", "/", flags=_MOVE)
    os.chroot(".")
    os.chdir("/tmp")


def _show(path, *, writable=False):
    inside = Path(ROOT + path)
    inside.parent.mkdir(parents=True, exist_ok=True)
    if os.path.islink(path):  # noqa: PTH114
        inside.symlink_to(os.readlink(path))  # noqa: PTH115
        return
    if Path(path).is_dir():
        inside.mkdir(exist_ok=True)
    else:
        inside.touch()
    _mount(path, str(inside), flags=_BIND | _WHOLE)
    if not writable:
        _mount("", str(inside), flags=_BIND | _REMOUNT | _READ_ONLY | _as_it_was(inside))


def _as_it_was(path):
    """The flags of a mount that must not be taken off when it becomes read-only."""
    flags = os.statvfs(path).f_flag
    kept = flags & (os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME)
    return kept | (_RELATIVE_TIMES if flags & os.ST_RELATIME else 0)


def _mount(source, target, kind="", flags=0, options=""):
    texts = [text.encode() or None for text in (source, target, kind)]
    _call("mount", *texts, ctypes.c_ulong(flags), options.encode() or None, name=target)


def _call(function, *arguments, name=""):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, function)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{function} {name}: {os.strerror(number)}".replace(" :", ":"))


def _refuse(error):
    with contextlib.suppress(OSError):
        print(f"no walls: {getattr(error, 'strerror', None) or error}", file=sys.stderr, flush=True)


def main():
    """Run the words of the command line, or say why not."""
    try:
        raise SystemExit(run(sys.argv[1:]))
    except OSError as error:
        _refuse(error)
        raise SystemExit(REFUSED) from None


if __name__ == "__main__":
    main()
