"""The learner's own copy of the lessons, `my_notebooks/`, which no update of the course touches.

    python tools/my_notebooks.py             copy the lessons that are not there yet
    python tools/my_notebooks.py --fresh 07  put a new copy of lesson 07 beside the one there

Git ignores the folder and no file in it is ever overwritten. Python alone is enough to run this, in
any environment and in a course that was unpacked from a ZIP.
"""

import argparse
import itertools
import re
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MINE = "my_notebooks"


def lessons(course):
    """Every lesson that the course hands out, in order."""
    return sorted((course / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def add_missing(course):
    """Copy the lessons of which the learner has no copy yet; return the copies made."""
    mine = course / MINE
    mine.mkdir(exist_ok=True)
    new = [lesson for lesson in lessons(course) if not (mine / lesson.name).exists()]
    return [_copy(lesson, mine / lesson.name) for lesson in new]


def add_fresh(course, number):
    """Copy one lesson beside what the learner has of it; return the copy, named …_fresh."""
    start = re.match(r"(\d{1,2})(_|$)", number)
    found = [path for path in lessons(course) if start and int(path.stem[:2]) == int(start[1])]
    if not found:
        there = ", ".join(lesson.stem[:2] for lesson in lessons(course))
        raise ValueError(f"there is no lesson {number!r}; the lessons are {there}")
    (course / MINE).mkdir(exist_ok=True)
    for i in itertools.count(1):
        copy = course / MINE / f"{found[0].stem}_fresh{'' if i == 1 else f'_{i}'}.ipynb"
        if not copy.exists():
            return _copy(found[0], copy)


def _copy(lesson, target):
    # Half a file would never be replaced: the name appears only when the copy is complete.
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        whole = shutil.copyfile(lesson, Path(folder) / target.name)
        return whole.rename(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", metavar="LESSON", help="a new copy of this lesson, such as 07")
    fresh = parser.parse_args().fresh
    if fresh is None:
        new = add_missing(ROOT)
        if new:
            count = f"{len(new)} lesson{'' if len(new) == 1 else 's'}"
            print(f"{count} copied to {MINE}/, which is yours: no update changes it.")
        return
    try:
        print(f"A new copy: {add_fresh(ROOT, fresh).relative_to(ROOT).as_posix()}")
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
