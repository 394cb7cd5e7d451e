"""The generator's own arithmetic, against a server whose every answer is known."""

import asyncio
import math

import pytest

from course_lib.shop import load

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


def against(answers, run, *, wait=0.0):
    """What `run(port)` finds of a server that gives these answers, in turn."""
    waiting = iter(answers)

    async def serve(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(wait)
                answer = next(waiting, None)
                if answer is None:
                    break
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            return await run(server.sockets[0].getsockname()[1])

    return asyncio.run(main())


def test_each_answer_is_counted_as_what_it_is():
    questions = [load.question(1)] * 4
    found = against([GOOD, BUSY, GOOD], lambda port: load.at_rate(port, questions, 50))
    assert sorted(status for status, _ in found) == [0, 200, 200, 503]


def test_latency_counts_from_when_the_request_was_due():
    """Three requests 10 ms apart, each answered 50 ms after it came, on lines of their own."""
    found = against([GOOD] * 3, lambda p: load.at_rate(p, [load.question(1)] * 3, 100), wait=0.05)
    assert all(0.05 <= seconds < 0.5 for _, seconds in found)


def test_a_line_that_the_service_has_closed_is_not_used_again():
    """The server answers one request a connection, says so to nobody, and hangs up."""
    closed = []

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GOOD)
        await writer.drain()
        writer.close()
        closed.append(1)

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load.at_rate(port, [load.question(1)] * 4, 4)

    assert [status for status, _ in asyncio.run(main())] == [200] * 4
    assert len(closed) == 4


def test_in_turn_each_line_waits_for_its_answer():
    found = against([GOOD] * 6, lambda p: load.in_turn(p, [load.question(1)] * 6, 2), wait=0.01)
    assert [status for status, _ in found] == [200] * 6


def test_a_summary_by_hand():
    found = [(200, 0.010), (200, 0.030), (503, 0.001), (422, 0.002), (0, 5.0)]
    told = load.summary(found, seconds=4)
    assert told["sent"] == 5
    assert (told["good"], told["shed"], told["wrong"], told["lost"]) == (2, 1, 1, 1)
    assert told["per_second"] == 0.5
    assert told["p50"] == pytest.approx(20)
    assert told["p99"] == pytest.approx(29.8)
    nothing = load.summary([(503, 0.1)], seconds=1)
    assert math.isnan(nothing["p99"])


def test_drawn_requests_are_questions_and_events_that_differ():
    requests = load.drawn(200, users=5, items=3, seed=0, writes=0.25)
    events = [r for r in requests if r.startswith(b"POST /event")]
    assert 30 <= len(events) <= 70
    assert len(set(events)) == len(events)
    assert all(r.startswith(b"GET /recommend?user=") for r in requests if r not in events)


@pytest.mark.parametrize("bad", [{"rate": 0}, {"seconds": -1}, {"lines": 0}])
def test_bad_loads_are_named(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        load.measure(1, **({"rate": 1, "seconds": 1} | bad))
