"""A NATS server keeps the two promises of the event log, and ends with whoever started it."""

import time

import pytest

from course_lib.shop.jetstream import Server, Stream, open_log
from course_lib.shop.streaming import Counts, Event, EventLog, Receipt


def event(number, item=0):
    return Event("till", number, 4, item, 0)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("nats")) as server:
        yield server


def test_it_keeps_places_and_resends_as_the_file_does(tmp_path):
    calls = [event(7, 1), event(8, 2), event(7, 1), event(9, 3)]
    with (
        Server(tmp_path / "nats") as server,
        Stream(server.url) as stream,
        EventLog(":memory:") as log,
    ):
        for sent in calls:
            assert stream.append(sent) == log.append(sent)
        assert stream.end == log.end == 3
        for after, most in ((0, 1000), (1, 1), (3, 5), (9, 1)):
            assert stream.read(after, most) == log.read(after, most)


def test_a_server_that_was_killed_goes_on_where_it_was(tmp_path):
    with Counts(tmp_path / "counts.db") as counts:
        server = Server(tmp_path / "nats")
        stream = Stream(server.url, timeout=1.0)
        try:
            stream.append(event(1, 5))
            counts.catch_up(stream)
            server.kill_server()
            assert not server.alive
            with pytest.raises((TimeoutError, ConnectionError)):
                stream.append(event(2, 6))
            server.stop()
            server = Server(tmp_path / "nats", port=server.port)
            receipt = sent_until_it_is_there(stream, event(2, 6))
            assert receipt.place == 2
            assert stream.append(event(1, 5)) == Receipt(1, True)  # it still knows the id
            assert counts.catch_up(stream) == 1
            assert counts.of(4) == {5: 1, 6: 1}
        finally:
            stream.close()
            server.stop()


def sent_until_it_is_there(stream, event):
    until = time.monotonic() + 20
    while True:
        try:
            return stream.append(event)
        except (TimeoutError, ConnectionError):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_bad_events_never_reach_it(server):
    with Stream(server.url) as stream, pytest.raises(ValueError, match="item must be"):
        stream.append(event(1, -1))


def test_a_port_in_use_is_said(server, tmp_path):
    with pytest.raises((TimeoutError, RuntimeError)):
        Server(tmp_path / "other", port=server.port, deadline=5)


def test_nobody_there_is_said_in_time(tmp_path):
    with Server(tmp_path / "nats") as server:
        url = server.url
    started = time.monotonic()
    with pytest.raises((TimeoutError, ConnectionError)):
        Stream(url)
    assert time.monotonic() - started < 15


def test_an_address_opens_a_stream_and_a_path_a_file(server, tmp_path):
    with open_log(server.url) as stream, open_log(tmp_path / "log.db") as log:
        assert isinstance(stream, Stream)
        assert isinstance(log, EventLog)


def test_leaving_twice_is_as_good(server):
    stream = Stream(server.url)
    stream.close()
    stream.close()
