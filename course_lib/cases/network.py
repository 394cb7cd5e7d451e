"""Cases about network, worked out by hand."""

from course_lib.cases.case import Case

CASES: dict[str, list[Case]] = {}
