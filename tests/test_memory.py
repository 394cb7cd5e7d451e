"""What is left of the memory, and the refusal that comes before it runs out."""

import os
import re

import pytest

from course_lib import memory
from course_lib.memory import available_memory, check_memory


def test_what_is_available_is_less_than_the_machine_has():
    available = available_memory()
    assert 0 < available <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_what_fits_is_let_through(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 3 * 2**30)
    check_memory(3 * 2**30, "this")


def test_what_does_not_fit_is_named_with_both_sizes(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 3 * 2**30)
    message = "EASE on 54,542 items needs 22.2 GB of memory, 3.0 GB are available"
    with pytest.raises(ValueError, match=re.escape(message)):
        check_memory(54_542**2 * 8, "EASE on 54,542 items")  # 23.8e9 bytes are 22.2 · 2**30


def test_nothing_is_refused_where_nothing_is_known(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    check_memory(2**60, "anything")


NEW = ("memory.max", "memory.current", "memory.stat")
OLD = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat")


@pytest.mark.parametrize(
    ("names", "texts", "left"),
    [
        (NEW, ("1000\n", "400\n", "anon 300\ninactive_file 0\n"), 600),
        (NEW, ("1000\n", "900\n", "anon 300\ninactive_file 550\n"), 650),  # files count as free
        (NEW, ("1000\n", "1001\n", "anon 300\n"), 0),
        (NEW, ("1000\n", "400\n", "anon 300\n"), 600),
        (NEW, ("max\n", "400\n", "anon 300\n"), None),
        (OLD, ("900", "100", "inactive_file 50"), 850),
        ((), (), None),
    ],
)
def test_a_containers_limit_counts(tmp_path, names, texts, left):
    for name, text in zip(names, texts, strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    assert memory._container(tmp_path) == left


def test_the_tighter_of_machine_and_container_decides(monkeypatch):
    for machine, container, least in ((5, 3, 3), (2, 3, 2), (5, None, 5), (None, None, None)):
        monkeypatch.setattr(memory, "_machine", lambda value=machine: value)
        monkeypatch.setattr(memory, "_container", lambda value=container: value)
        assert available_memory() == least


def test_linux_says_what_is_available_in_kilobytes(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:       5 kB\n")
    monkeypatch.setattr(memory, "Path", lambda name: tmp_path / "meminfo")
    assert memory._machine() == 5120


def test_without_linux_files_all_of_the_machines_memory_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "Path", lambda name: tmp_path / "no such file")
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(memory.os, "sysconf", sizes.__getitem__, raising=False)
    assert memory._machine() == 4_096_000
