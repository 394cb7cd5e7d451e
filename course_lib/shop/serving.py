"""The shop's service: tell it what happened, ask it what to recommend, over HTTP.

    python -m course_lib.shop.serving LOG COUNTS --items 8 --port 0

`/event` answers when the event is in the log; `/recommend` reads the counts; `/healthz` says how
far both are. Work is done by one thread, in order, while the loop of the server goes on listening.
So a queue forms, and it is bounded: who comes when `queue` requests are waiting is told 503 at
once, which costs next to nothing, instead of an answer too late for all. What has waited longer
than `patience` is dropped, and told 503 as well. It ends, in good order, when its standard input
does.
"""

import argparse
import asyncio
import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import numpy as np

from course_lib.parameters import Number, Whole
from course_lib.shop.beside import Beside, module
from course_lib.shop.guard import say_ready, when_parent_goes
from course_lib.shop.jetstream import open_log
from course_lib.shop.streaming import MOST, Counts, Event

HOST = "127.0.0.1"


class Bounded:
    """At most `queue` requests of an app wait or are at work; others are told 503 at once.

    app: an ASGI application. patience: seconds after which a request is given up, and told 503 if
    nothing was answered yet. Questions about health are always let through.
    """

    def __init__(self, app, *, queue, patience):
        self.app = app
        self.queue = Whole(1).check("queue", queue)
        self.patience = Number(above=0).check("patience", patience)
        self.inside = 0

    async def __call__(self, scope, receive, send):
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] == "/healthz":
            await self.app(scope, receive, send)
            return
        if self.inside >= self.queue:
            await refuse(send, f"{self.queue} requests are waiting")
            return
        begun = False

        async def sending(message):
            nonlocal begun
            begun = True
            await send(message)

        self.inside += 1
        try:
            async with asyncio.timeout(self.patience):
                await self.app(scope, receive, sending)
        except TimeoutError:
            if not begun:
                await refuse(send, f"not done in {self.patience} s")
        finally:
            self.inside -= 1


async def refuse(send, why):
    """Answer 503: not now, try again in a second."""
    body = json.dumps({"detail": why}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"1"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make_app(log, counts, *, n_items, queue=64, patience=5.0, consume=True, vectors=None):
    """The ASGI application over a log (`EventLog` or `Stream`) and `Counts`.

    n_items: items are numbered from 0 to n_items - 1, others are refused; consume: whether an event
    is counted here, before it is answered, or by a `consumer` elsewhere; vectors: None, or one for
    each item, shape (n_items, d), for `Counts.recommend`.
    """
    # Here and not above: half a second that nobody else needs.
    from fastapi import FastAPI, HTTPException, Query
    from pydantic import BaseModel, ConfigDict, Field

    n_items = Whole(1).check("n_items", n_items)
    if vectors is not None and len(vectors) != n_items:
        raise ValueError(f"vectors must be {n_items}, one for each item, got {len(vectors)}")
    worker = ThreadPoolExecutor(1)
    app = FastAPI(title="The shop", docs_url=None, redoc_url=None)

    class Sent(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)

        producer: str = Field(min_length=1, max_length=100)
        number: int = Field(ge=0, le=MOST)
        user: int = Field(ge=0, le=MOST)
        item: int = Field(ge=0, lt=n_items)
        time: int = Field(ge=0, le=MOST)

    class Stored(BaseModel):
        place: int
        again: bool

    class Listed(BaseModel):
        user: int
        items: list[int]

    class Health(BaseModel):
        place: int
        events: int

    async def work(function, *arguments):
        """Run it in the one thread; given up while it waits, it is never begun."""
        try:
            return await asyncio.wrap_future(worker.submit(function, *arguments))
        except (ConnectionError, TimeoutError) as error:
            raise HTTPException(503, str(error), {"retry-after": "1"}) from None
        except ValueError as error:
            raise HTTPException(422, str(error)) from None

    def store(event):
        receipt = log.append(event)
        if consume:
            counts.catch_up(log)
        return receipt

    @app.post("/event")
    async def event(sent: Sent) -> Stored:
        receipt = await work(store, Event(**sent.model_dump()))
        return Stored(**receipt._asdict())

    @app.get("/recommend")
    async def recommend(
        user: Annotated[int, Query(ge=0, le=MOST)], k: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> Listed:
        return Listed(user=user, items=await work(counts.recommend, user, k, vectors))

    @app.get("/healthz")
    async def healthz() -> Health:
        place, total = await work(lambda: (counts.place, counts.total))
        return Health(place=place, events=total)

    return Bounded(app, queue=queue, patience=patience)


def serve(app, *, port=0):
    """Run the application on 127.0.0.1 until the standard input ends; requests are finished."""
    import uvicorn

    # A socket that says that it is TCP: asyncio tells only such ones to send at once. Others keep
    # the end of an answer back until its head is acknowledged, which takes 40 ms.
    made = socket.create_server((HOST, port))
    listening = socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            say_ready(port=listening.getsockname()[1])

    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=5,
    )
    server = Server(config)
    when_parent_goes(lambda: setattr(server, "should_exit", True))
    server.run(sockets=[listening])


class Service(Beside):
    """The service as a program beside the notebook; url: where it listens.

    log: a file or the address of a NATS server; counts: a file; n_items, queue, patience, consume:
    as of `make_app`; vectors: None or a file of NumPy's; port: 0 for one that is free. Raises as
    `Beside` does.
    """

    def __init__(
        self,
        log,
        counts,
        *,
        n_items,
        port=0,
        queue=64,
        patience=5.0,
        consume=True,
        vectors=None,
        deadline=120.0,
    ):
        options = ["--items", n_items, "--port", port, "--queue", queue, "--patience", patience]
        options += [] if consume else ["--elsewhere"]
        options += [] if vectors is None else ["--vectors", vectors]
        super().__init__(module("shop.serving", log, counts, *options), deadline=deadline)
        self.port = self.ready["port"]
        self.url = f"http://{HOST}:{self.port}"

    def ask(self, method, path, body=None):
        """Status and answer of one request; body: None or what is sent as JSON."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            sent = None if body is None else json.dumps(body)
            line.request(method, path, sent, {"Content-Type": "application/json"})
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()


def main():
    """Run the service as its command line says, until its standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("log")
    parser.add_argument("counts")
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--queue", type=int, default=64)
    parser.add_argument("--patience", type=float, default=5.0)
    parser.add_argument("--elsewhere", action="store_true", help="events are counted elsewhere")
    parser.add_argument("--vectors", help="a file of NumPy's: a vector for each item")
    options = parser.parse_args()
    with open_log(options.log) as log, Counts(options.counts) as counts:
        app = make_app(
            log,
            counts,
            n_items=options.items,
            queue=options.queue,
            patience=options.patience,
            consume=not options.elsewhere,
            vectors=options.vectors and np.load(options.vectors),
        )
        serve(app, port=options.port)


if __name__ == "__main__":
    main()
