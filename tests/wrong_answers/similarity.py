"""Ideas for the exercises about similarity."""

import numpy as np

from wrong_answers import right, wrong


@wrong("1.1", "neighbouring concept", "the cosine in place of the angle")
def _(a, b):
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return np.dot(a, b) / lengths if lengths else 0.0


@right("1.1", "the half-angle formula: both scaled to length 1, then arctan2")
def _(a, b):
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if 0 in lengths:
        return 90.0
    u, v = np.asarray(a) / lengths[0], np.asarray(b) / lengths[1]
    return np.degrees(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))
