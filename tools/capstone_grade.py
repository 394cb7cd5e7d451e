"""The capstone's contest: seal a secret log, grade entries on it, reveal it afterwards.

    python tools/capstone_grade.py seal SUBMISSIONS      draw the secret, print what to publish
    python tools/capstone_grade.py grade SUBMISSIONS     grade each NAME.py that is new
    python tools/capstone_grade.py reveal SUBMISSIONS    print the secret, once it is over

SUBMISSIONS: the folder of the learners' files. All that is kept goes into a folder beside it,
SUBMISSIONS-contest (--contest names another one). docs/capstone.md has the whole procedure.
"""

import argparse
from pathlib import Path

from course_lib.capstone import board, secret
from course_lib.capstone.entrant import SECONDS, WALLS
from course_lib.grading.walls import why_not

SHOWN = ["place", "name", "try", "public", "private", "points"]


def parser():
    """What may stand on the command line."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("step", choices=["seal", "grade", "reveal"])
    asked.add_argument("submissions", type=Path)
    asked.add_argument("--contest", type=Path, help="where secret, tables and messages are kept")
    own = asked.add_argument_group("seal: your own log in place of the simulated shop")
    own.add_argument("--log", help="a file for `read_interactions`; with --now and its columns")
    own.add_argument("--now", help="the moment at which what is to be predicted begins")
    for column in ("user", "item", "timestamp"):
        own.add_argument(f"--{column}", default=column, help=f"its column ({column})")
    rules = asked.add_argument_group("grade")
    rules.add_argument("--tries", type=int, default=board.TRIES, help=f"({board.TRIES})")
    rules.add_argument("--seconds", type=float, default=SECONDS, help=f"a call ({SECONDS:g})")
    rules.add_argument("--gigabytes", type=float, default=2.0, help="of memory (2)")
    rules.add_argument("--final", action="store_true", help="the end: tell private figures, too")
    rules.add_argument("--command", nargs="+", help="in place of the walls: a container's words")
    rules.add_argument("--open", action="store_true", help="no walls: network and files are open")
    return asked


def words_of(asked):
    """What stands before an entry's process; ValueError where nothing would keep it in."""
    if asked.command or asked.open:
        return asked.command or []
    reason = why_not()
    if reason is not None:
        raise ValueError(
            f"{reason}\nNothing was run: entries are strangers' programs, and nothing here keeps "
            "them from the network and from your files. Use a container (docs/capstone.md), or, if "
            "you know who wrote them, say --open."
        )
    return list(WALLS)


def sealed(asked, folder):
    """The step `seal`."""
    columns = {name: getattr(asked, name) for name in ("user", "item", "timestamp")}
    own = {"log": asked.log, "now": asked.now, **columns} if asked.log else {}
    print(f"Publish this before the first entry:\n{secret.draw(folder, **own)}")


def graded(asked, folder):
    """The step `grade`."""
    if not (folder / "secret.json").exists():
        raise ValueError(f"{folder.name} has no secret yet: make capstone-seal first")
    table = board.grade_all(
        asked.submissions,
        folder,
        tries=asked.tries,
        final=asked.final,
        command=words_of(asked),
        seconds=asked.seconds,
        memory=int(asked.gigabytes * 2**30),
    )
    print(table[SHOWN].round(3).to_string(index=False))
    print(f"{folder}: board.csv is yours, public.csv and messages are the learners'")


def main(words=None):
    """Do what the command line says."""
    asked = parser().parse_args(words)
    asked.submissions = asked.submissions.expanduser().resolve()
    folder = asked.contest or asked.submissions.with_name(f"{asked.submissions.name}-contest")
    try:
        if asked.step == "seal":
            sealed(asked, folder)
        elif asked.step == "grade":
            graded(asked, folder)
        else:
            print(secret.reveal(folder))
    except (ValueError, FileNotFoundError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
