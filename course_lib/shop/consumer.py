"""A program that counts what an event log holds, and goes on where it was, whoever killed it.

    python -m course_lib.shop.consumer LOG COUNTS

LOG: a file, or the address of a NATS server; COUNTS: a file. It ends when its standard input does.
"""

import argparse
import threading

from course_lib.shop.beside import module
from course_lib.shop.guard import say_ready, when_parent_goes
from course_lib.shop.jetstream import open_log
from course_lib.shop.streaming import Counts

PAUSE = 0.01  # seconds between two looks at a log that has nothing new


def command(where, path):
    """What starts this program, for `Beside`: where, path as of `consume`."""
    return module("shop.consumer", where, path)


def consume(where, path, stop, *, most=50):
    """Count until `stop` is set. While the stream is away, wait for it.

    where: as `open_log` takes it; path: of the `Counts`; stop: a threading.Event; most: events in
    one transaction.
    """
    with Counts(path) as counts:
        log = None
        say_ready(place=counts.place)
        while not stop.is_set():
            try:
                log = log or open_log(where)
                if not counts.catch_up(log, most=most):
                    stop.wait(PAUSE)
            except (TimeoutError, ConnectionError):  # the stream is being started again
                stop.wait(10 * PAUSE)
        if log is not None:
            log.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    parser.add_argument("counts")
    arguments = parser.parse_args()
    told = threading.Event()
    when_parent_goes(told.set)
    consume(arguments.log, arguments.counts, told)
