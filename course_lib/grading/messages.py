"""What a stranger's process says, as bytes that are safe to read: JSON and plain arrays.

Reading a pickle runs what it says; reading these runs nothing. A submission may lie about what its
function returned, but it cannot make the grader do anything.
"""

import base64
import io
import json
import struct

import numpy as np

from course_lib import calls

LARGEST = 64 * 2**20  # bytes of one answer


def encoded(value):
    """Bytes that say what the value is; its text where JSON and plain arrays cannot hold it."""
    try:
        return json.dumps(_tree(value)).encode()
    except (RecursionError, ValueError):  # it holds itself, or an int of 5,000 digits
        return json.dumps(_odd(value)).encode()


def decoded(frame):
    """The value of `encoded`. Anything odd comes as an object of its type's name and text.

    >>> decoded(encoded((1, [2.5, None], np.array([True])))), decoded(encoded(len))
    ((1, [2.5, None], array([ True])), <built-in function len>)
    """
    return _value(json.loads(frame))


def read(stream):
    """The next frame of a binary stream, or None at its end.

    Raises ValueError for a frame that says it is larger than any answer with its names may be: to
    believe it would take the reader's memory.
    """
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = struct.unpack(">Q", head)[0]
    if size > 2 * LARGEST:
        raise ValueError(f"a frame must have at most {2 * LARGEST:,} bytes, got {size:,}")
    return stream.read(size)


def write(stream, frame):
    """Send one frame, as `read` takes it."""
    stream.write(struct.pack(">Q", len(frame)) + frame)
    stream.flush()


def _tree(value):
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        return {type(value).__name__: [_tree(part) for part in value]}
    if type(value) is dict:
        return {"dict": [[_tree(key), _tree(part)] for key, part in value.items()]}
    if isinstance(value, np.generic) or type(value) is np.ndarray:
        array = np.asarray(value)
        if not array.dtype.hasobject:
            file = io.BytesIO()
            np.save(file, array, allow_pickle=False)
            kind = "number" if isinstance(value, np.generic) else "array"
            return {kind: base64.b64encode(file.getvalue()).decode()}
    return _odd(value)


def _odd(value):
    try:
        text = repr(value)[: calls.PRINTED]
    except Exception:  # its own repr fails
        text = "..."
    return {"odd": [type(value).__name__, text]}


def _value(tree):
    if not isinstance(tree, dict):
        return tree
    ((kind, held),) = tree.items()
    if kind in ("list", "tuple"):
        parts = [_value(part) for part in held]
        return parts if kind == "list" else tuple(parts)
    if kind == "dict":
        return {_value(key): _value(part) for key, part in held}
    if kind in ("array", "number"):
        array = np.load(io.BytesIO(base64.b64decode(held)), allow_pickle=False)
        return array if kind == "array" else array[()]
    name, text = map(str, held)
    return type(name, (), {"__repr__": lambda self: text})()
