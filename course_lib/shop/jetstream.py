"""The event log as a program of its own: a NATS server whose JetStream keeps what it is sent.

The same two promises as `streaming.EventLog`, kept elsewhere: a message that is sent again under
the same id is stored once (for as long as the server remembers ids, `REMEMBERED`), and each has a
place, counted from 1, from which reading can begin again. So `Counts.catch_up` reads it as it reads
a file.
"""

import asyncio
import json
import shutil
import sys
import threading
import time
from pathlib import Path

from course_lib.parameters import Number, Whole
from course_lib.shop.beside import Beside, guarded
from course_lib.shop.streaming import Event, EventLog, Receipt, check_event

NAME, SUBJECT = "events", "shop.events"
REMEMBERED = 600.0  # seconds for which the server knows an id; a later copy is stored twice


class Server(Beside):
    """A running nats-server on 127.0.0.1 that keeps its messages in a folder.

    port: 0 for one that is free; a server that was killed is started again on the same folder and
    port, and goes on where it was. url: what `Stream` takes; server_pid: the server's own process
    (ours guards it). Raises as `Beside` does, and FileNotFoundError if nats-server is not
    installed.
    """

    def __init__(self, folder, *, port=0, deadline=120.0):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.ports"):
            old.unlink()
        port = Whole(0, 65_535).check("port", port) or -1
        options = ["--addr", "127.0.0.1", "--port", str(port), "--jetstream"]
        options += ["--store_dir", str(folder), "--ports_file_dir", str(folder)]
        until = time.monotonic() + deadline
        super().__init__(guarded(_program(), *options), deadline=deadline)
        try:
            self.url = self._listens(folder, until)
        except BaseException:
            self.stop()
            raise
        self.port = int(self.url.rpartition(":")[2])
        self.server_pid = self.ready["pid"]

    def _listens(self, folder, until):
        """The address, once the server has written it down."""
        while time.monotonic() < until and self.alive:
            for file in folder.glob("*.ports"):
                try:
                    return json.loads(file.read_text(encoding="utf-8"))["nats"][0]
                except (ValueError, OSError):  # not written whole yet
                    pass
            time.sleep(0.02)
        state = "not listening in time" if self.alive else "ended at once: is the port free?"
        raise TimeoutError(f"nats-server: {state}")

    def kill_server(self):
        """End the server itself at once, as a crash would."""
        self.kill(self.server_pid)


def _program():
    here = Path(sys.executable).parent  # the environment's own, also where PATH does not name it
    found = shutil.which("nats-server", path=str(here)) or shutil.which("nats-server")
    if found is None:
        raise FileNotFoundError(f"nats-server must be installed, found none in {here} or on PATH")
    return found


class Stream:
    """A connection to a server's events, with the methods of `EventLog`.

    url: `Server.url`. timeout: seconds for one answer. While the server is away, each call raises
    TimeoutError or a ConnectionError; when it is back on its port, the next one succeeds. After
    such an error nobody knows whether an event was stored: send it again, under the same number.
    """

    def __init__(self, url, *, timeout=2.0):
        self._timeout = Number(above=0).check("timeout", timeout)
        self._url, self._client = url, None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._run(self._connect(), 10.0)
        except BaseException:
            self.close()
            raise

    async def _connect(self):
        import nats  # here: whoever keeps his events in a file needs none of it

        async def quiet(error):
            """Each call tells its own trouble; the background has nobody to tell."""

        self._client = await nats.connect(
            self._url,
            connect_timeout=2,
            reconnect_time_wait=0.1,
            max_reconnect_attempts=-1,
            allow_reconnect=True,
            error_cb=quiet,
        )
        self._stream = self._client.jetstream(timeout=self._timeout)
        await self._stream.add_stream(
            name=NAME, subjects=[SUBJECT], duplicate_window=REMEMBERED, allow_direct=True
        )

    def _run(self, work, timeout=None):
        import nats.errors

        try:
            done = asyncio.run_coroutine_threadsafe(work, self._loop)
            return done.result(timeout or 2 * self._timeout)
        except TimeoutError:
            done.cancel()
            raise TimeoutError(f"no answer from {self._url} in time") from None
        except (nats.errors.Error, OSError) as error:
            raise ConnectionError(f"{self._url}: {type(error).__name__} {error}".strip()) from None

    def append(self, event):
        """Store the event, unless its number is remembered: its `Receipt`.

        The server compares numbers only: another event under a used number is taken for the same.
        """
        event = check_event(event)
        headers = {"Nats-Msg-Id": f"{event.number}:{event.producer}"}
        answer = self._run(
            self._stream.publish(SUBJECT, json.dumps(event).encode(), headers=headers)
        )
        return Receipt(answer.seq, bool(answer.duplicate))

    def read(self, after=0, most=1000):
        """Up to `most` pairs (place, Event) that stand after a place, in order."""
        after, most = Whole(0).check("after", after), Whole(1).check("most", most)
        return self._run(self._read(after, most), 30.0)

    async def _read(self, after, most):
        end = (await self._stream.stream_info(NAME)).state.last_seq
        places = range(after + 1, min(end, after + most) + 1)
        found = await asyncio.gather(
            *(self._stream.get_msg(NAME, place, direct=True) for place in places)
        )
        events = (Event(*json.loads(message.data)) for message in found)
        return list(zip(places, events, strict=True))

    @property
    def end(self):
        """The place of the last event, 0 for none."""
        return self._run(self._stream.stream_info(NAME)).state.last_seq

    def close(self):
        """Leave the server. Twice is as good."""
        if self._loop.is_closed():
            return
        if self._client is not None:
            work = asyncio.run_coroutine_threadsafe(self._client.close(), self._loop)
            try:
                work.result(self._timeout)
            except Exception:  # gone already: nothing to say goodbye to
                work.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(self._timeout)
        if not self._thread.is_alive():
            self._loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def open_log(where):
    """An `EventLog` for a path, a `Stream` for an address that begins with nats://."""
    return Stream(where) if str(where).startswith("nats://") else EventLog(where)
