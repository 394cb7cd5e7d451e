"""How much memory is left, so that what cannot fit is refused before the machine stalls."""

import os
from pathlib import Path

GIGABYTE = 2**30


def check_memory(n_bytes, what):
    """ValueError, naming what was asked for, its size and what there is, if it cannot fit.

    n_bytes: how many bytes will be held at once; what: who needs them and what would help, the
    beginning of the message. Where the system does not say what is available nothing is refused.

    >>> check_memory(1000, "a small table")
    >>> check_memory(2**60, "EASE on 400,000 items")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: EASE on 400,000 items needs 1,073,741,824.0 GB of memory, ... GB are available
    """
    available = available_memory()
    if available is not None and n_bytes > available:
        raise ValueError(
            f"{what} needs {n_bytes / GIGABYTE:,.1f} GB of memory, "
            f"{available / GIGABYTE:,.1f} GB are available"
        )


def available_memory():
    """Bytes that a program may still ask for without pushing others out; None where unknown.

    The least of what the machine has (on Linux what the kernel calls available, elsewhere all its
    memory) and what is left of the limit of the container, if there is one.
    """
    known = [left for left in (_machine(), _container()) if left is not None]
    return min(known, default=None)


def _machine():
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


def _container(folder=Path("/sys/fs/cgroup")):
    """What is left under the limit of control groups, version 2 and then 1."""
    for limit, used, stat in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        try:
            most = int((folder / limit).read_text(encoding="ascii"))  # "max": no limit
            held = int((folder / used).read_text(encoding="ascii"))
            lines = (folder / stat).read_text(encoding="ascii").splitlines()
        except (OSError, ValueError):
            continue
        # Files read long ago are counted as used, and let go when a program asks for memory.
        cached = dict(line.split() for line in lines).get("inactive_file", 0)
        return max(0, most - held + int(cached))
    return None
