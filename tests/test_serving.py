"""The service over HTTP: typed, bounded, in good order at the end, and never left behind."""

import asyncio
import http.client
import json
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from test_beside import gone

from course_lib.shop import load
from course_lib.shop.beside import environment
from course_lib.shop.serving import Bounded, Service
from course_lib.shop.streaming import Counts, EventLog

EVENT = {"producer": "till", "number": 1, "user": 4, "item": 2, "time": 0}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    with Service(folder / "log.db", folder / "counts.db", n_items=8, patience=60) as service:
        yield service


def test_an_event_changes_the_next_list_at_once(service):
    assert service.ask("POST", "/event", EVENT | {"user": 1}) == (
        200,
        {"place": 1, "again": False},
    )
    assert service.ask("POST", "/event", EVENT | {"user": 1}) == (200, {"place": 1, "again": True})
    assert service.ask("GET", "/recommend?user=1&k=3") == (200, {"user": 1, "items": [2]})
    second = EVENT | {"user": 1, "number": 2, "item": 5, "time": 9}
    assert service.ask("POST", "/event", second)[1]["place"] == 2
    assert service.ask("GET", "/recommend?user=1&k=1")[1]["items"] == [5]  # of ties the latest
    assert service.ask("GET", "/recommend?user=99")[0] == 200  # whom nobody knows
    assert service.ask("GET", "/healthz") == (200, {"place": 2, "events": 2})


@pytest.mark.parametrize(
    "change",
    [
        {"item": 8},
        {"item": -1},
        {"item": 2.5},
        {"item": "2"},
        {"item": None},
        {"item": True},
        {"user": -1},
        {"user": 2**63},
        {"number": 1e30},
        {"producer": ""},
        {"producer": "x" * 101},
        {"time": "2026-01-01"},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_bad_event_is_422_and_kept_nowhere(service, change):
    before = service.ask("GET", "/healthz")
    status, answer = service.ask("POST", "/event", EVENT | {"number": 50} | change)
    assert status == 422
    assert next(iter(change)) in json.dumps(answer)
    assert service.ask("GET", "/healthz") == before


@pytest.mark.parametrize("missing", list(EVENT))
def test_an_event_without_a_field_is_422(service, missing):
    event = {name: value for name, value in EVENT.items() if name != missing}
    assert service.ask("POST", "/event", event)[0] == 422


@pytest.mark.parametrize("raw", ["", "{", "[]", "nul", '"x"', "[1, 2]", "{}" * 3])
def test_what_is_no_event_at_all_is_422(service, raw):
    line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    line.request("POST", "/event", raw or " ", {"Content-Type": "application/json"})
    assert line.getresponse().status == 422
    line.close()


def test_a_number_used_for_another_event_is_422(service):
    first = EVENT | {"producer": "other", "number": 1}
    assert service.ask("POST", "/event", first)[0] == 200
    status, answer = service.ask("POST", "/event", first | {"item": 3})
    assert status == 422
    assert "has used number 1" in answer["detail"]


@pytest.mark.parametrize(
    "query", ["", "user=", "user=x", "user=-1", "user=1&k=0", "user=1&k=101", "user=1.5"]
)
def test_a_bad_question_is_422(service, query):
    assert service.ask("GET", f"/recommend?{query}")[0] == 422


def test_unknown_places_are_404_and_405(service):
    assert service.ask("GET", "/")[0] == 404
    assert service.ask("GET", "/event")[0] == 405


def test_it_stops_in_good_order_and_keeps_what_it_acknowledged(tmp_path):
    paths = tmp_path / "log.db", tmp_path / "counts.db"
    with Service(*paths, n_items=8) as service:
        assert service.ask("POST", "/event", EVENT)[0] == 200
    assert service.stop() == 0
    assert gone(service.pid)
    with EventLog(paths[0]) as log, Counts(paths[1]) as counts:
        assert log.end == counts.total == 1
    with Service(*paths, n_items=8) as service:  # and goes on
        assert service.ask("GET", "/healthz") == (200, {"place": 1, "events": 1})


def test_an_answer_is_sent_at_once(service):
    """Nagle's algorithm and a late acknowledgement held the end of each back for 40 ms."""
    line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    waited = []
    for _ in range(30):
        start = time.perf_counter()
        line.request("GET", "/recommend?user=99")
        line.getresponse().read()
        waited.append(time.perf_counter() - start)
    line.close()
    assert sorted(waited)[5] < 0.03


def test_vectors_choose_what_follows_the_own_items(tmp_path):
    np.save(tmp_path / "vectors.npy", [[1.0, 0.0], [0.0, 1.0], [0.9, 0.1], [0.8, 0.3]])
    paths = tmp_path / "log.db", tmp_path / "counts.db"
    with Service(*paths, n_items=4, vectors=tmp_path / "vectors.npy") as service:
        assert service.ask("POST", "/event", EVENT | {"item": 0})[0] == 200
        assert service.ask("GET", "/recommend?user=4&k=3")[1]["items"] == [0, 2, 3]
        assert service.ask("GET", "/recommend?user=99")[1]["items"] == [0]  # nobody: popular
    with pytest.raises(RuntimeError, match="vectors must be 5, one for each item, got 4"):
        Service(*paths, n_items=5, vectors=tmp_path / "vectors.npy")


def test_more_than_the_queue_is_shed_and_then_it_recovers(tmp_path):
    with Service(
        tmp_path / "log.db", tmp_path / "counts.db", n_items=100, queue=2, patience=60
    ) as service:
        busy = load.measure(service.port, rate=400, seconds=1, lines=40)
        assert busy["shed"] > 0
        assert busy["good"] > 0
        assert busy["wrong"] == busy["lost"] == 0
        assert busy["good"] + busy["shed"] == busy["sent"] == 400
        calm = load.measure(service.port, rate=40, seconds=1, lines=1, seed=1)
        assert calm["good"] == calm["sent"]


def test_health_is_answered_while_others_are_shed(tmp_path):
    with Service(
        tmp_path / "log.db", tmp_path / "counts.db", n_items=100, queue=1, patience=60
    ) as service:
        stop, seen = threading.Event(), []

        def watch():
            while not stop.is_set():
                seen.append(service.ask("GET", "/healthz")[0])

        watcher = threading.Thread(target=watch)
        watcher.start()
        load.measure(service.port, rate=300, seconds=1, lines=20)
        stop.set()
        watcher.join()
    assert set(seen) == {200}


def messages(app, scope):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    async def run():
        await app(scope, receive, send)

    return run, sent


def test_a_request_that_waits_too_long_is_given_up():
    async def slow(scope, receive, send):
        await asyncio.sleep(60)

    app = Bounded(slow, queue=1, patience=0.05)
    run, sent = messages(app, {"type": "http", "path": "/recommend"})
    started = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - started < 10
    assert sent[0]["status"] == 503
    assert b"not done in 0.05 s" in sent[1]["body"]
    assert app.inside == 0


def test_a_request_that_fails_leaves_its_place():
    async def broken(scope, receive, send):
        raise KeyError("oh")

    app = Bounded(broken, queue=1, patience=1.0)
    run, _ = messages(app, {"type": "http", "path": "/event"})
    with pytest.raises(KeyError):
        asyncio.run(run())
    assert app.inside == 0


@pytest.mark.parametrize(("name", "value"), [("queue", 0), ("queue", 1.5), ("patience", 0)])
def test_bad_bounds_are_named(name, value):
    with pytest.raises(ValueError, match=f"{name} must be"):
        Bounded(None, **{"queue": 1, "patience": 1.0, name: value})


def test_a_port_in_use_is_said(service, tmp_path):
    with pytest.raises(RuntimeError, match="ended before it was ready"):
        Service(tmp_path / "log.db", tmp_path / "counts.db", n_items=8, port=service.port)


NOTEBOOK = """
import sys, time
from course_lib.shop.jetstream import Server
from course_lib.shop.serving import Service
server = Server(sys.argv[1] + "/nats")
service = Service(server.url, sys.argv[1] + "/counts.db", n_items=8)
print(server.pid, server.server_pid, service.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_kernel_leaves_no_process(tmp_path):
    """Service, stream and the stream's guard, all started by one process that is then killed."""
    kernel = subprocess.Popen(
        [sys.executable, "-c", NOTEBOOK, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    pids = [int(pid) for pid in kernel.stdout.readline().split()]
    assert len(pids) == 3
    kernel.kill()
    kernel.wait(20)
    kernel.stdout.close()
    assert all(gone(pid) for pid in pids)
