"""A real Jupyter kernel that is interrupted, shut down or killed leaves no process behind."""

import os
import re
import time

import psutil
import pytest
from jupyter_client.manager import KernelManager
from lessons import ROOT
from test_beside import gone

from course_lib.shop.beside import KILL

STARTS = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from course_lib.many_machines import local_cluster
from course_lib.shop.jetstream import Server
from course_lib.shop.serving import Service
with (
    Server("nats") as server,
    Service(server.url, "counts.db", n_items=8) as service,
    local_cluster(2) as client,
):
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def kernel(tmp_path):
    """A kernel in which a service, a stream and two workers run; and the numbers of all of them."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        client.execute(STARTS)
        until = time.monotonic() + 300
        said = ""
        while "started" not in said and time.monotonic() < until:
            message = client.get_iopub_msg(timeout=300)
            assert message["msg_type"] != "error", message["content"]["traceback"]
            said += message["content"].get("text", "")
        of_kernel = psutil.Process(manager.provisioner.pid)
        children = of_kernel.children(recursive=True)
        yield manager, client, children
    finally:
        client.stop_channels()
        if manager.is_alive():
            manager.shutdown_kernel(now=True)


def names(children):
    lines = []
    for child in children:
        try:
            lines.append(" ".join(child.cmdline()))
        except psutil.Error:
            lines.append("gone")
    return lines


@pytest.mark.parametrize("how", ["killed", "shut down", "interrupted"])
def test_nothing_is_left(kernel, how):
    manager, _, children = kernel
    running = " ".join(names(children))
    for part in ("nats-server", "shop.serving", "shop.guard"):
        assert part in running
    assert len(re.findall("spawn_main", running)) >= 2  # Dask's workers
    pids = [child.pid for child in children]
    if how == "killed":
        os.kill(manager.provisioner.pid, KILL)
    elif how == "shut down":
        manager.shutdown_kernel()
    else:
        manager.interrupt_kernel()
        pids = [
            pid for pid, line in zip(pids, names(children), strict=True) if "tracker" not in line
        ]
    left = [pid for pid in pids if not gone(pid, within=60)]
    assert not left, names(psutil.Process(pid) for pid in left if psutil.pid_exists(pid))
    assert manager.is_alive() == (how == "interrupted")
