"""Requests at a rate, whether or not the service keeps up: what it answers, and how soon.

Shoppers do not wait for one another. So a request leaves when its time has come (an *open* loop),
and its latency counts from then, not from when the line was free: a generator that waits for
answers sends less to a slow service, and never sees the queue. Schroeder, Wierman & Harchol-Balter
2006, Open Versus Closed: A Cautionary Tale.

    python -m course_lib.shop.load PORT --rate 200 --seconds 5

Runs in a process of its own, so that it takes nothing from the service but requests.
"""

import argparse
import asyncio
import json
import math
import os
import re
import time
from collections import Counter

import numpy as np

from course_lib.parameters import Number, Whole
from course_lib.shop.beside import Beside, module
from course_lib.shop.guard import say_ready, when_parent_goes

HOST = "127.0.0.1"
PATIENCE = 5.0  # seconds after which an answer is no answer
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Line:
    """One connection that asks and listens, again and again."""

    @classmethod
    async def open(cls, port):
        line = cls()
        line.reader, line.writer = await asyncio.open_connection(HOST, port)
        return line

    async def ask(self, request):
        """The status of the answer to a request in bytes."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        await self.reader.readexactly(int(length[1]) if length else 0)
        return int(head[9:12])

    def close(self):
        self.writer.close()


def question(user, k=10):
    """A request for a list, as bytes.

    >>> question(4)
    b'GET /recommend?user=4&k=10 HTTP/1.1\\r\\nHost: shop\\r\\n\\r\\n'
    """
    return f"GET /recommend?user={user}&k={k} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()


def news(event):
    """An event, as the bytes of a request."""
    body = json.dumps(event._asdict() if hasattr(event, "_asdict") else event).encode()
    head = f"POST /event HTTP/1.1\r\nHost: shop\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + body


def drawn(n, *, users, items, seed, writes=0.1):
    """Requests of random users, n of them, a share `writes` of them events, the rest questions."""
    rng = np.random.default_rng(seed)
    who, what = rng.integers(users, size=n).tolist(), rng.integers(items, size=n).tolist()
    writing = (rng.random(n) < writes).tolist()
    name = f"load {seed} {time.time_ns()}"
    return [
        news({"producer": name, "number": i, "user": u, "item": j, "time": 0}) if w else question(u)
        for i, (u, j, w) in enumerate(zip(who, what, writing, strict=True))
    ]


async def at_rate(port, requests, rate):
    """Each request at its time, i / rate seconds from the start: [(status, seconds)]; 0 = none."""
    idle, found = [], []
    start = time.perf_counter() + 0.1

    async def one(request, due):
        line = None
        try:
            async with asyncio.timeout(PATIENCE):
                line = _open(idle) or await Line.open(port)
                status = await line.ask(request)
            idle.append(line)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = 0
            if line is not None:
                line.close()
        found.append((status, time.perf_counter() - due))

    async with asyncio.TaskGroup() as group:
        for i, request in enumerate(requests):
            due = start + i / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            group.create_task(one(request, due))
    for line in idle:
        line.close()
    return found


def _open(idle):
    """One of the idle lines that the service has not closed meanwhile, or None."""
    while idle:
        line = idle.pop()
        if not line.reader.at_eof():
            return line
        line.close()
    return None


async def in_turn(port, requests, lines):
    """`lines` connections that each ask when the last answer is there: [(status, seconds)]."""
    waiting, found = iter(requests), []

    async def ask():
        line = await Line.open(port)
        for request in waiting:
            asked = time.perf_counter()
            found.append((await line.ask(request), time.perf_counter() - asked))
        line.close()

    await asyncio.gather(*(ask() for _ in range(lines)))
    return found


def summary(found, seconds):
    """What came of requests [(status, seconds)]: how many of each kind, and how late the good were.

    Returns a dict: sent, good (200), shed (503), wrong (others), lost (no answer), per_second
    (good), p50 and p99 of the good in milliseconds (NaN for none).

    >>> summary([(200, 0.004), (200, 0.002), (503, 0.001), (0, 5.0)], seconds=2)["p50"]
    3.0
    """
    kinds = Counter(status for status, _ in found)
    late = np.array([1000 * s for status, s in found if status == 200])
    p50, p99 = np.percentile(late, [50, 99]) if late.size else (math.nan, math.nan)
    return {
        "sent": len(found),
        "good": kinds[200],
        "shed": kinds[503],
        "wrong": len(found) - kinds[200] - kinds[503] - kinds[0],
        "lost": kinds[0],
        "per_second": kinds[200] / seconds,
        "p50": float(p50),
        "p99": float(p99),
    }


def measure(port, *, rate, seconds, users=1000, items=100, seed=0, lines=None):
    """Put a service under load from another process; its `summary`.

    rate: requests a second; lines: None for an open loop, or how many connections ask in turn, as
    fast as they are answered: then `seconds` · `rate` is how many requests there are in all.
    """
    Number(above=0).check("rate", rate)
    Number(above=0).check("seconds", seconds)
    options = ["--rate", rate, "--seconds", seconds, "--users", users, "--items", items]
    options += ["--seed", seed]
    options += [] if lines is None else ["--lines", Whole(1).check("lines", lines)]
    with Beside(module("shop.load", port, *options), deadline=10 * seconds + 60) as generator:
        return generator.ready


def main():
    """Run the generator as its command line says, and print its summary as one line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", type=int)
    options = parser.parse_args()
    when_parent_goes(lambda: os._exit(1))
    n = max(1, round(options.rate * options.seconds))
    requests = drawn(n, users=options.users, items=options.items, seed=options.seed)
    started = time.perf_counter()
    if options.lines:
        found = asyncio.run(in_turn(options.port, requests, options.lines))
    else:
        found = asyncio.run(at_rate(options.port, requests, options.rate))
    say_ready(**summary(found, time.perf_counter() - started))


if __name__ == "__main__":
    main()
