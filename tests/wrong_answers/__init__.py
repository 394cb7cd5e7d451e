"""What learners might hand in: plausible ideas that are wrong, and right ones in another form.

A module for each module of `course_lib.cases`, in which each idea is a function:

    @wrong("2.1", "sign", "the weights of the two sides swapped")
    def _(y, prediction, q): ...

    @right("2.1", "a loop over lists")
    def _(y, prediction, q): ...
"""

from typing import NamedTuple

KINDS = {
    "sign",  # the sign, or the axis: what a symmetric case hides
    "axis",
    "off by one",
    "ties",
    "shapes",  # only square tables, equal lengths, one row
    "order of rows",  # only sorted input
    "order of steps",
    "zero or negative",  # 0, negative, empty, equal
    "one of two",  # one argument decides where two should
    "mean of what",
    "collision",  # keys that collide, texts run together
    "tolerance",  # a tolerance, a rounding, a floor
    "neighbouring concept",
    "library call",  # one that is nearly right
    "dates",
    "edge",  # the smallest and the largest allowed input
}


class Idea(NamedTuple):
    exercise: str
    kind: str  # of KINDS; "right" for a right one
    what: str
    function: object


WRONG, RIGHT = [], []


def wrong(exercise, kind, what):
    """Enter the function as a wrong answer to the exercise."""

    def enter(function):
        WRONG.append(Idea(exercise, kind, what, function))
        return function

    return enter


def right(exercise, what):
    """Enter the function as a right answer in another form than the solution's."""

    def enter(function):
        RIGHT.append(Idea(exercise, "right", what, function))
        return function

    return enter
