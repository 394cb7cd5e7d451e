"""The teacher's side of a contest: tries counted, entries examined, tables and messages written.

In the contest's folder: tries.csv, a row a try with its file's SHA-256; board.csv, the last try of
each, with both parts, for the teacher; public.csv and messages/NAME.md, for the learners: no figure
of the private part is in these before the end.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from course_lib.capstone.contest import BASELINES
from course_lib.capstone.entrant import entrant
from course_lib.capstone.entry import card_of
from course_lib.capstone.examine import POINTS, examine
from course_lib.capstone.seal import sha256
from course_lib.capstone.secret import contest_of, opened

TRIES = 3
LARGEST = 2**20  # bytes of a file: an entry is a program, no table of answers
TOO_LARGE = 'raise ValueError("a file may have 1 MB")'
PARTS = ("public", "public_low", "public_high", "private", "private_low", "private_high")
COLUMNS = ("name", "try", "sha256", *PARTS, *POINTS, "points", "seconds", "missing")
BETWEEN = " | "  # what is missing, in one cell of a table
RULES = ["runs", "no leak", "limits"]  # who breaks one has no place


def grade_all(submissions, folder, *, tries=TRIES, final=False, **options):
    """Grade each NAME.py that is new; write all tables and messages; the board, a DataFrame.

    submissions: the folder of the files; folder: the contest's, sealed; tries: how many different
    files of a name are graded; final: the end, messages tell the private figures and all points;
    options: those of `entrant`, seconds among them. Raises ValueError where there is nothing.
    """
    submissions, folder = Path(submissions), Path(folder)
    contest, kept = contest_of(opened(folder), folder), folder / "tries.csv"
    rows = read_tries(kept) if kept.exists() else []
    for path in tqdm(_files(submissions), unit="entry", disable=None):
        content = path.read_bytes()
        mine = [row for row in rows if row["name"] == path.stem]
        if len(mine) < tries and sha256(content) not in {row["sha256"] for row in mine}:
            too_large = len(content) > LARGEST
            source = TOO_LARGE if too_large else content.decode("utf-8", errors="replace")
            examined = grade(source, contest, **options)
            rows.append(row_of(path.stem, len(mine) + 1, sha256(content), examined))
            _write(pd.DataFrame(rows), kept)
    if not rows:
        raise ValueError(f"{submissions.name} must hold a NAME.py, got none")
    board = board_of(pd.DataFrame(rows, columns=COLUMNS))
    _write(board, folder / "board.csv")
    public = board[["name", "try", *PARTS[:3]]]
    public = public.sort_values(["public", "name"], ascending=[False, True], kind="stable")
    _write(public, folder / "public.csv")
    (folder / "messages").mkdir(exist_ok=True)
    for row in board.to_dict("records"):
        text = message(row, contest, tries, final=final)
        (folder / "messages" / f"{row['name']}.md").write_text(text, encoding="utf-8")
    return board


def grade(source, contest, **options):
    """Examine one file, given as text: `Examined`."""
    try:
        card = card_of(source)
    except (SyntaxError, RecursionError, MemoryError) as error:
        card = f"the file is no Python: {type(error).__name__}"
    except ValueError as error:
        card = str(error)
    with entrant(source, **options) as ask:
        return examine(ask, card, contest, seconds=options["seconds"])


def row_of(name, number, digest, examined):
    """One row of tries.csv, a dict."""
    missing = [f"{f.requirement}: {f.text}" for f in examined.findings if not f.points]
    row = {
        "name": name,
        "try": number,
        "sha256": digest,
        **dict.fromkeys(PARTS, np.nan),
        **{finding.requirement: finding.points for finding in examined.findings},
        "points": examined.points,
        "seconds": round(examined.seconds, 1),
        "missing": BETWEEN.join(missing),
    }
    if examined.standing is not None:
        means = (*examined.standing.public, *examined.standing.private)
        row |= dict(zip(PARTS, means, strict=True))
    return row


def board_of(tries):
    """The last try of each name, the best private figure first; a place for who kept the rules.

    tries: DataFrame of `row_of`.
    """
    last = tries.sort_values("try", kind="stable").drop_duplicates("name", keep="last")
    fair = (last[RULES] > 0).all(axis=1) & last["private"].notna()
    order = last.assign(fair=fair).sort_values(
        ["fair", "private", "name"], ascending=[False, False, True], kind="stable"
    )
    places = [str(place) for place in range(1, fair.sum() + 1)]
    order.insert(0, "place", places + [""] * (len(order) - len(places)))
    return order.drop(columns="fair")


def message(row, contest, tries, *, final):
    """What a learner reads, as Markdown: no figure of the private part before the end.

    row: a row of the board; contest: for the baselines' figures.
    """
    missing = row["missing"].split(BETWEEN) if row["missing"] else []
    lines = [f"# {row['name']}: try {row['try']} of {tries}", "", "| requirement | points |"]
    lines.append("|---|---|")
    told = [name for name in POINTS if final or name not in BASELINES]
    lines += [f"| {name} | {row[name]} of {POINTS[name]} |" for name in told]
    lines += [f"| {name} | at the end, of {POINTS[name]} |" for name in POINTS if name not in told]
    shown = [text for text in missing if text.split(":")[0] in told]
    lines += ["", *(f"- {text}" for text in shown), ""]
    for part, mask in (("public", contest.public), ("private", ~contest.public)):
        if np.isfinite(row[part]) and (final or part == "public"):
            theirs = [f"{n} {values[mask].mean():.3f}" for n, values in contest.baselines.items()]
            lines.append(
                f"The {part} part, {mask.sum()} households: NDCG@10 {row[part]:.3f} "
                f"({row[f'{part}_low']:.3f} to {row[f'{part}_high']:.3f}); {'; '.join(theirs)}.\n"
            )
    if final:
        lines.append(f"Points: {row['points']} of {sum(POINTS.values())}.\n")
    return "\n".join([*lines, "Points do not depend on a place on the board.", ""])


def read_tries(path):
    """The rows of tries.csv, dicts as `row_of` made them."""
    table = pd.read_csv(path, dtype={"name": str, "sha256": str}, keep_default_na=False)
    table[list(PARTS)] = table[list(PARTS)].apply(pd.to_numeric)
    return table.to_dict("records")


def _files(folder):
    return sorted(path for path in folder.glob("*.py") if path.is_file() and not path.is_symlink())


def _write(table, path):
    table.round(dict.fromkeys(PARTS, 4)).to_csv(path, index=False)
