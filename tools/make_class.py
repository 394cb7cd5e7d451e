"""Prepare an nbgrader course of all lessons: source, release, gradebook and settings.

    python tools/make_class.py COURSE

COURSE: the course's folder, made where there is none. Run again after an update of the lessons, it
renews source/ and release/ and keeps all else: settings, submissions, grades. docs/teaching.md
goes on from here.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from make_notebooks import lessons, solved
from nbgrader.apps import NbGraderAPI
from tqdm import tqdm
from traitlets.config import PyFileConfigLoader

SETTINGS = '''"""The settings of this nbgrader course; they are yours. See docs/teaching.md."""

from pathlib import Path

from nbgrader.converters import Autograde

from course_lib.grading.preprocessors import RestoreCells, RunExcerpts

c = get_config()
here = str(Path(__file__).resolve().parent)

c.CourseDirectory.root = here
c.CourseDirectory.course_id = "shop"
# On a JupyterHub: the folder that all accounts may write to.
# c.Exchange.root = "/srv/nbgrader/exchange"

# Check cells are the teacher's, whatever the submission made of them.
c.Autograde.sanitize_preprocessors = [RestoreCells, *Autograde.sanitize_preprocessors.default()]
c.OverwriteCells.add_missing_cells = True
# Answers run in a process of their own, and the checks out of their reach.
c.Autograde.autograde_preprocessors = [
    RunExcerpts,
    *Autograde.autograde_preprocessors.default()[1:],
]
c.RestoreCells.course = c.RunExcerpts.course = here
c.RunExcerpts.seconds = 30.0  # for each cell; a call of an answer has 5
c.RunExcerpts.memory = 2 * 2**30  # bytes, beyond what the imports take
# A submission is a stranger's program: run it as another user, or in a container.
# c.RunExcerpts.command = ["sudo", "-n", "-u", "grader", "--preserve-env"]
'''


def make(course, sources):
    """Write the course's folder; the lessons are prepared for release by nbgrader itself."""
    course = Path(course).resolve()
    course.mkdir(parents=True, exist_ok=True)
    settings = course / "nbgrader_config.py"
    if not settings.exists():
        settings.write_text(SETTINGS, encoding="utf-8")
    config = PyFileConfigLoader(settings.name, path=str(course)).load_config()
    # nbgrader calls alembic by its name, so the environment must be active.
    here = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    os.environ["PATH"] = here
    api = NbGraderAPI(config=config)
    for source in tqdm(sources, unit="lesson", disable=None):
        target = course / "source" / source.stem / f"{source.stem}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(solved(source), target)
        result = api.generate_assignment(source.stem)
        if not result["success"]:
            raise SystemExit(f"{source.stem}: {result.get('error') or result.get('log')}")
    return api


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("course", metavar="COURSE", help="the course's folder, such as ~/shop-2026")
    course = parser.parse_args().course
    if not course:
        raise SystemExit("name the course's folder: make class COURSE=~/shop-2026")
    make(Path(course).expanduser(), lessons())
    print(f"{len(lessons())} lessons are ready in {course}; go on with docs/teaching.md")


if __name__ == "__main__":
    main()
