"""A promise in an envelope: publish the SHA-256 of a secret first, the secret itself afterwards.

Whoever has the secret's bytes can compute the seal; nobody can find other bytes with the same
one. So a teacher cannot exchange the log of a contest once entries are in, and nobody can read it
before.
"""

import hashlib
import json

from course_lib.interactions import check_log


def log_bytes(log):
    """A log as bytes that are the same on every machine: a line an event, in the log's order.

    Each line is a JSON list: user id, item id, time in ISO 8601, value.

    >>> from course_lib.datasets import load_tiny_shop
    >>> print(log_bytes(load_tiny_shop().interactions).decode().splitlines()[0])
    ["ada","tea","2026-03-01T09:15:00",4.0]
    """
    check_log("log", log)
    times = log.timestamps.astype(str).tolist()
    columns = (log.user_ids[log.users], log.item_ids[log.items], times, log.values)
    columns = (getattr(column, "tolist", lambda column=column: column)() for column in columns)
    return b"".join(canonical(row) + b"\n" for row in zip(*columns, strict=True))


def canonical(value):
    """One way to write a value of JSON: keys sorted, no blanks, ASCII.

    >>> canonical({"b": 1, "a": ["é"]})
    b'{"a":["\\\\u00e9"],"b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str)
    return text.encode("ascii")


def sha256(content):
    """The SHA-256 of bytes, 64 letters: `sha256sum` says the same of a file with these bytes.

    >>> sha256(b"abc")  # FIPS 180-2, appendix B.1
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    return hashlib.sha256(content).hexdigest()
