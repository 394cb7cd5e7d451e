"""The capstone's contest: each kind of entry is graded as it should be, and nothing gets out.

One table of entries, a file each, graded as `make capstone-grade` does it: in a process of its own,
behind walls where the system has them.
"""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import capstone_grade
import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib import calls
from course_lib.capstone import board, secret
from course_lib.capstone.contest import (
    Contest,
    other_future,
    practice,
    public_part,
    simulated_contest,
)
from course_lib.capstone.entrant import IMPORTS, WALLS, entrant
from course_lib.capstone.entry import CARD, card_of, card_problem, list_problem, lists_of
from course_lib.capstone.exam import check
from course_lib.capstone.examine import POINTS, examine
from course_lib.capstone.seal import canonical, log_bytes, sha256
from course_lib.checks import ExerciseError
from course_lib.datasets import load_complete_journey, load_tiny_shop, read_interactions
from course_lib.grading.sandbox import Sandbox
from course_lib.grading.walls import REFUSED, why_not
from course_lib.interactions import Interactions
from course_lib.models.chance import Chance
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase
from course_lib.statistics import bootstrap_interval, paired_difference

WHY_NOT = why_not()
walled = pytest.mark.skipif(WHY_NOT is not None, reason=f"no walls here: {WHY_NOT}")
SHOP = {"n_users": 1000, "n_items": 300, "weeks": 5}
SMALL = {"n_users": 250, "n_items": 80, "weeks": 4}
SECONDS = 120.0  # for entries that work: the machine may have other things to do
SHORT = {"slow": 20.0, "endless": 8.0}  # for those that wait for ever
MEMORY = 2**30
GOOD = (ROOT / "solutions" / "capstone" / "counts_and_taste.py").read_text(encoding="utf-8")
A_CARD = {
    **{field: f"some words about {field}" for field in CARD},
    "result": "NDCG at 10 of 0.41 (0.38 to 0.44) on 100 households",
    "baselines": "popularity 0.20 (0.15 to 0.25), own counts 0.02 (0.01 to 0.03) behind",
}
CARDED = f"CARD = {A_CARD!r}\n"

POPULAR = """
from course_lib.models.popularity import Popularity
def build():
    return Popularity()
"""
OWN = """
from course_lib.models.repurchase import Repurchase
def build():
    return Repurchase()
"""
RANDOM = """
from course_lib.models.chance import Chance
def build():
    return Chance(seed=1)
"""
BLANK = """
def build():
    raise NotImplementedError
"""
LEAKING = """
from course_lib.models.repurchase import Repurchase
def lists_at(log, now, users):
    model = Repurchase().fit(log)
    return model.recommend(users, log, 10, exclude_seen=False)
"""
SLOW = """
import time
from course_lib.models.repurchase import Repurchase
class Slow(Repurchase):
    def _fit(self, train, validation):
        if train.n_users > 200:
            time.sleep(600)
def build():
    return Slow()
"""
ENDLESS = """
import time
def build():
    while True:
        time.sleep(9)
"""
HUNGRY = """
import numpy as np
from course_lib.models.repurchase import Repurchase
class Hungry(Repurchase):
    def _fit(self, train, validation):
        if train.n_users > 200:
            self.all_ = [np.ones(10**7) for _ in range(1000)]
def build():
    return Hungry()
"""
ONLINE = """
import urllib.request
from course_lib.models.popularity import Popularity
def build():
    urllib.request.urlopen("http://127.0.0.1:{port}/answers", timeout=3)
    return Popularity()
"""
# These do what they can and then answer with popularity: what they found would be an error.
SEARCHES = (
    POPULAR
    + """
import os
for top in ("{folder}", "{home}", "/root", "/home", os.getcwd(), "/tmp", "/proc/1/root/tmp"):
    for folder, _, files in os.walk(top):
        for name in files:
            if name in ("secret.json", "seal.txt", "tries.csv", "board.csv"):
                raise SystemError("FOUND " + folder)
"""
)
PARENTS = (
    POPULAR
    + """
import glob, os
for path in glob.glob("/proc/[0-9]*"):
    try:
        if b"SECRET_OF_THE_TEACHER" in open(path + "/environ", "rb").read():
            raise SystemError("FOUND in " + path)
        words = open(path + "/cmdline", "rb").read()
        if b"pytest" in words:
            raise SystemError("FOUND " + str(words))
        open(path + "/mem", "r+b").close()
    except OSError:
        pass
for number in range(1, 300):
    try:
        if number not in (1, os.getpid(), os.getppid()):
            os.kill(number, 9)
    except OSError:
        pass
"""
)
PATCHES = (
    POPULAR
    + """
import pathlib, sys
import course_lib
import course_lib.capstone.contest as contest, course_lib.capstone.examine as examine
import course_lib.metrics as metrics
metrics.ndcg_at_k = contest.ndcg_at_k = lambda lists, *_: [1.0] * len(lists)
examine.examine = examine._leak = contest.other_future = lambda *_, **__: None
for folder in (course_lib.__path__[0], sys.prefix, "/usr"):
    folder = pathlib.Path(folder)
    try:
        (folder / "patched.py").write_text("mine")
        raise SystemError("FOUND a way to write into " + str(folder))
    except OSError:
        pass
"""
)
TALKS = (
    POPULAR
    + """
import os
class Talks(Popularity):
    def _fit(self, train, validation):
        super()._fit(train, validation)
        for file in range(64):
            try:
                os.write(file, b"\\xff" * 100)
            except OSError:
                pass
def build():
    return Talks()
"""
)
LEAVES = (
    POPULAR
    + """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(654)"], start_new_session=True)
"""
)
ENDS = """
import os
def build():
    os.kill(os.getppid(), 9)
    os._exit(0)
"""
LOOKS_INTO_MEMORY = (
    POPULAR
    + """
import gc
for thing in gc.get_objects():
    if type(thing).__name__ in ("Contest", "Case", "Standing"):
        raise SystemError("FOUND " + repr(thing))
"""
)
EQUALS = """
import numpy as np
class Anything(np.ndarray):
    def __eq__(self, other): return True
    def __lt__(self, other): return False
    __gt__ = __ge__ = __le__ = __lt__
def lists_at(log, now, users):
    return np.full((len(users), 10), 10**6).view(Anything)
"""
REPEATS = """
import numpy as np
def lists_at(log, now, users):
    return np.zeros((len(users), 10), dtype=int)
"""
UNSEEDED = """
import numpy as np
def lists_at(log, now, users):
    return np.array([np.random.permutation(log.n_items)[:10] for _ in users])
"""
TOGETHER = """
import numpy as np
def lists_at(log, now, users):
    start = int(users[0])
    return np.array([(start + np.arange(10)) % log.n_items for _ in users])
"""
NOT_A_MODEL = "def build():\n    return 'the best one'\n"
BROKEN = "def build(:\n"
QUITS = "quit()\n" + POPULAR

# name: (file, points, what its findings say)
ENTRIES = {
    "good": (GOOD, 10, ""),
    "blank": (BLANK + CARDED, 0, "runs: not attempted yet"),
    "empty": ("", 0, "the file defines no function build()"),
    "popularity": (POPULAR + CARDED, 6, "popularity: it cannot be told apart"),
    "own counts": (OWN + CARDED, 8, "own counts: it cannot be told apart"),
    "random": (RANDOM + CARDED, 6, "popularity: it is behind"),
    "no card": (OWN, 7, "card: the file has no CARD"),
    "half a card": (OWN + "CARD = {'name': 'my own counts'}", 7, "card: for is missing"),
    "leaking": (LEAKING + CARDED, 6, "no leak: when what happens from `now` on is changed"),
    "slow": (SLOW + CARDED, 5, "limits: it had not finished after"),
    "endless": (ENDLESS + CARDED, 0, "runs: it had not finished after"),
    "memory-hungry": (HUNGRY + CARDED, 5, "limits: it needed more memory"),
    "ends Python": (ENDS + CARDED, 0, "runs: it ended Python itself"),
    "repeats an item": (REPEATS + CARDED, 0, "runs: the list of place 0 has item 0 twice"),
    "equals anything": (
        EQUALS + CARDED,
        0,
        "runs: lists must be an array of whole numbers, got Anything",
    ),
    "without a seed": (UNSEEDED + CARDED, 0, "runs: asked again, in another order"),
    "lists of a batch": (TOGETHER + CARDED, 0, "runs: asked again, in another order"),
    "no model": (NOT_A_MODEL + CARDED, 0, "build() must return a Recommender, got str"),
    "no Python": (BROKEN, 0, "runs: it raised SyntaxError"),
    "quits": (QUITS + CARDED, 6, ""),
}
# Behind walls only: name: (file, points, what its finding says)
WALLED = {
    "network": (ONLINE + CARDED, 0, "an entry has no network"),
    "searches the disk": (SEARCHES + CARDED, 6, ""),
    "reads its parents": (PARENTS + CARDED, 6, ""),
    "patches the grader": (PATCHES + CARDED, 6, ""),
    "talks to the grader": (TALKS + CARDED, 0, "runs: it ended Python itself"),
    "leaves a process": (LEAVES + CARDED, 6, ""),
    "looks into memory": (LOOKS_INTO_MEMORY + CARDED, 6, ""),
}


class Answers(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        type(self).asked += 1
        self.send_response(200)
        self.end_headers()


@pytest.fixture(scope="module")
def contest():
    return simulated_contest(2026, **SHOP)


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    """The folder of a teacher: submissions, and the contest beside them, sealed."""
    folder = tmp_path_factory.mktemp("teacher")
    with pytest.MonkeyPatch.context() as patch:  # the same figures each time
        patch.setattr(secret.secrets, "randbits", lambda bits: 2**bits - 25)
        secret.draw(folder / "entries-contest", shop=SMALL)
    (folder / "entries").mkdir()
    return folder


@pytest.fixture(scope="module")
def sandbox():
    """One process that makes a copy of itself for each entry: what starts it takes a second."""
    sandbox = Sandbox(command=() if WHY_NOT else WALLS, imports=IMPORTS, memory=MEMORY)
    yield sandbox
    sandbox.close()


def graded(source, contest, *, seconds=SECONDS, **options):
    return board.grade(source, contest, seconds=seconds, **options)


def said(examined):
    return "; ".join(f"{f.requirement}: {f.text}" for f in examined.findings)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_graded_as_it_should_be(name, contest, sandbox):
    if name == "memory-hungry" and sys.platform != "linux":
        pytest.skip("memory is bounded on Linux only")
    source, points, text = ENTRIES[name]
    examined = graded(source, contest, seconds=SHORT.get(name, SECONDS), sandbox=sandbox)
    assert text in said(examined)
    assert examined.points == points, said(examined)


@walled
@pytest.mark.parametrize("name", WALLED)
def test_walls_keep_an_entry_from_network_files_and_processes(name, contest, teachers, monkeypatch):
    source, points, text = WALLED[name]
    monkeypatch.setenv("SECRET_OF_THE_TEACHER", "SECRET_OF_THE_TEACHER")
    Answers.asked = 0
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    places = {"port": server.server_port, "folder": teachers, "home": Path.home()}
    for word, value in places.items():
        source = source.replace(f"{{{word}}}", str(value))
    try:
        examined = graded(source, contest, memory=MEMORY, command=WALLS)
    finally:
        server.shutdown()
        server.server_close()
    assert "FOUND" not in said(examined)
    assert text in said(examined)
    assert examined.points == points, said(examined)
    assert Answers.asked == 0
    assert not list((ROOT / "course_lib").rglob("patched.py"))
    assert not [line for line in _command_lines() if b"sleep(654)" in line]


def _command_lines():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        if os.access(path, os.R_OK):
            yield path.read_bytes()


@walled
def test_the_same_entries_find_what_they_look_for_without_walls(contest, teachers):
    """The negative control of the test above: its entries do look, and there is something."""
    source = SEARCHES.replace("{folder}", str(teachers)).replace("{home}", str(teachers))
    examined = graded(source, contest, memory=MEMORY, command=())
    assert "FOUND" in said(examined)
    assert examined.points == 0


@walled
def test_behind_walls_there_is_python_and_nothing_of_the_teachers(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    program = f"""
import os, socket
print(os.getpid(), sorted(p for p in os.listdir("/proc") if p.isdigit()), os.listdir("/tmp"))
print(os.path.exists({str(tmp_path)!r}), os.environ["HOME"])
import course_lib.metrics, numpy
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0])
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError as error:
    print(error.errno)
"""
    done = subprocess.run(
        [*WALLS, sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == ["1 ['1'] []", "False /tmp", "0" * 16, "101"]


def test_what_cannot_be_walled_in_does_not_run(tmp_path, monkeypatch, capsys):
    from course_lib.grading import walls

    monkeypatch.setattr(walls.sys, "argv", ["walls", "touch", str(tmp_path / "ran")])

    def refused(*_):
        raise OSError(1, "unshare: not allowed")

    monkeypatch.setattr(walls, "_call", refused)
    with pytest.raises(SystemExit) as ended:
        walls.main()
    assert ended.value.code == REFUSED
    assert capsys.readouterr().err == "no walls: unshare: not allowed\n"
    assert not (tmp_path / "ran").exists()


def test_without_walls_nothing_is_graded_unless_the_teacher_says_so(teachers, monkeypatch):
    monkeypatch.setattr(capstone_grade, "why_not", lambda: "walls need Linux, this is here")
    with pytest.raises(SystemExit, match=r"(?s)walls need Linux.*Nothing was run.*--open"):
        capstone_grade.main(["grade", str(teachers / "entries")])
    asked = capstone_grade.parser().parse_args(["grade", "entries", "--open"])
    assert capstone_grade.words_of(asked) == []
    asked = capstone_grade.parser().parse_args(["grade", "entries", "--command", "podman", "run"])
    assert capstone_grade.words_of(asked) == ["podman", "run"]


def hand_in(teachers, name, source):
    (teachers / "entries" / f"{name}.py").write_text(source, encoding="utf-8")


def grade_all(teachers, **options):
    options = {"seconds": SECONDS, "memory": MEMORY, "command": () if WHY_NOT else WALLS} | options
    return board.grade_all(teachers / "entries", teachers / "entries-contest", **options)


def test_a_term_from_the_seal_to_the_end(teachers):
    """Seal, three tries of one learner and one of another, the board, the end."""
    folder = teachers / "entries-contest"
    seal = (folder / "seal.txt").read_text().strip()
    assert seal == sha256((folder / "secret.json").read_bytes())
    with pytest.raises(ValueError, match=r"must hold a NAME\.py, got none"):
        grade_all(teachers)

    hand_in(teachers, "ann", OWN)
    hand_in(teachers, "bo", LEAKING + CARDED)
    table = grade_all(teachers)
    assert table["name"].tolist() == ["ann", "bo"]
    assert table["place"].tolist() == ["1", ""]  # who looks into the future has no place
    first = (folder / "tries.csv").read_bytes()
    grade_all(teachers)  # nothing is new
    assert (folder / "tries.csv").read_bytes() == first

    hand_in(teachers, "ann", POPULAR + CARDED)
    assert grade_all(teachers).set_index("name").loc["ann", "try"] == 2
    hand_in(teachers, "ann", RANDOM + CARDED)
    table = grade_all(teachers, tries=2).set_index("name")
    assert table.loc["ann", "try"] == 2  # the third file is not graded
    assert table.loc["ann", "points"] == 6

    rows = pd.read_csv(folder / "tries.csv")
    assert len(rows) == 3
    public = pd.read_csv(folder / "public.csv")
    assert list(public) == ["name", "try", "public", "public_low", "public_high"]
    text = (folder / "messages" / "ann.md").read_text()
    assert "# ann: try 2 of 2" in text
    assert "private" not in text
    assert "Points:" not in text
    assert "| own counts | at the end, of 2 |" in text
    grade_all(teachers, tries=2, final=True)
    text = (folder / "messages" / "ann.md").read_text()
    assert (
        f"The private part, {(~secret.contest_of(secret.opened(folder), folder).public).sum()}"
        in text
    )
    assert "Points: 6 of 10." in text
    assert "- own counts: it is behind own counts" in text

    assert secret.reveal(folder).encode() == (folder / "secret.json").read_bytes()
    told = json.loads((folder / "secret.json").read_text())
    assert sha256((folder / "log.jsonl").read_bytes()) == told["sha256 of the log"]


def test_a_private_figure_shows_nowhere_before_the_end(teachers):
    folder = teachers / "entries-contest"
    hand_in(teachers, "chen", OWN + CARDED)
    row = grade_all(teachers).set_index("name").loc["chen"]
    for name, digits in (("public.csv", 4), ("messages/chen.md", 3)):
        text = (folder / name).read_text()
        for figure in ("private", "private_low", "private_high"):
            assert f"{row[figure]:.{digits}f}" not in text
        assert f"{row['public']:.{digits}f}" in text


def test_another_secret_than_the_sealed_one_is_refused(tmp_path):
    secret.draw(tmp_path, shop={"n_users": 40, "n_items": 12, "weeks": 2})
    with pytest.raises(ValueError, match="is sealed already"):
        secret.draw(tmp_path)
    other = json.loads((tmp_path / "secret.json").read_text()) | {"seed": "1"}
    (tmp_path / "secret.json").write_bytes(canonical(other))
    with pytest.raises(ValueError, match=r"SHA-256 of secret\.json must be"):
        secret.opened(tmp_path)


def test_the_seed_decides_shop_log_and_public_part_and_is_long(tmp_path):
    sizes = {"n_users": 40, "n_items": 12, "weeks": 2}
    for name in "ab":
        secret.draw(tmp_path / name, shop=sizes)
    a, b = (secret.opened(tmp_path / name) for name in "ab")
    assert len(a["seed"]) == 32
    assert a["seed"] != b["seed"]
    assert a["sha256 of the log"] != b["sha256 of the log"]
    again = secret.contest_of(a, tmp_path / "a")
    assert sha256(log_bytes(again.log)) == a["sha256 of the log"]


def test_a_teachers_own_log_is_copied_sealed_and_cut_at_a_moment(tmp_path, capsys):
    log = practice().log
    table = pd.DataFrame({"who": log.users, "what": log.items, "when": log.timestamps})
    table.to_csv(tmp_path / "mine.csv", index=False)
    words = ["--log", str(tmp_path / "mine.csv"), "--now", str(practice().now)]
    words += ["--user", "who", "--item", "what", "--timestamp", "when"]
    capstone_grade.main(["seal", str(tmp_path / "entries"), *words])
    folder = tmp_path / "entries-contest"
    assert (folder / "seal.txt").read_text().strip() in capsys.readouterr().out
    (tmp_path / "mine.csv").unlink()
    contest = secret.contest_of(secret.opened(folder), folder)
    assert len(contest.train) == len(practice().train)
    assert contest.public.sum() == round(0.3 * len(contest.users))
    capstone_grade.main(["reveal", str(tmp_path / "entries")])
    assert '"path":"log.csv"' in capsys.readouterr().out


def test_a_folder_without_a_secret_is_not_graded(tmp_path):
    with pytest.raises(SystemExit, match="has no secret yet: make capstone-seal first"):
        capstone_grade.main(["grade", str(tmp_path / "entries")])


def test_a_file_of_two_megabytes_is_not_run(teachers):
    hand_in(teachers, "dia", OWN + "#" * 2**21)
    row = grade_all(teachers).set_index("name").loc["dia"]
    assert row["points"] == 0
    assert "a file may have 1 MB" in row["missing"]


# ------------------------------------------------------------------------------ the parts


def test_the_public_part_is_drawn_by_the_seed():
    public = public_part(100, 0.3, seed=4)
    assert public.sum() == 30
    assert (public == public_part(100, 0.3, seed=4)).all()
    assert (public != public_part(100, 0.3, seed=5)).any()


def test_another_future_changes_what_is_bought_from_now_on_and_nothing_else():
    log, now = practice().log, practice().now
    other = other_future(log, now, seed=1)
    before = log.timestamps < now
    assert (other.items[before] == log.items[before]).all()
    assert (other.items[~before] != log.items[~before]).mean() > 0.9
    assert (other.users == log.users).all()
    assert (other.timestamps == log.timestamps).all()
    assert other.same_ids(log)


def test_a_contest_keeps_what_came_after_to_itself(contest):
    assert contest.train.timestamps.max() < contest.now <= contest.log.timestamps.max()
    assert len(contest.train) < len(contest.log)
    perfect = np.full((len(contest.users), 10), -1)
    after = contest.log.select(contest.log.timestamps >= contest.now)
    for row, user in zip(perfect, contest.users, strict=True):
        bought = np.unique(after.of(user))[:10]
        row[: len(bought)] = bought
    assert np.allclose(contest.values(perfect), 1)
    assert set(contest.users) == set(after.users)


@pytest.mark.parametrize(
    ("now", "rule"), [("2026-01-01", "before 2026-01-01"), ("2030-01-01", "from 2030-01-01")]
)
def test_a_moment_needs_events_on_both_sides(now, rule):
    with pytest.raises(ValueError, match=rule):
        Contest(practice().log, np.datetime64(now), seed=0)


def test_a_contest_needs_a_clock_and_two_households_a_part():
    order = Interactions.from_frame(pd.DataFrame({"user": [1, 1], "item": [1, 2]}), order_only=True)
    with pytest.raises(ValueError, match="a contest needs times"):
        Contest(order, np.datetime64("2026-01-01"), seed=0)
    with pytest.raises(ValueError, match="at least 2 households"):
        Contest(load_tiny_shop().interactions, np.datetime64("2026-03-05"), seed=0, share=0.1)


HONEST = {"popularity": Popularity, "own counts": Repurchase, "random": Chance}


@pytest.mark.parametrize("name", HONEST)
def test_a_claim_of_better_fails_for_popularity_counts_and_chance(name, contest):
    """Negative controls: none of them may be ahead of own counts."""
    space = {"build": HONEST[name]}

    def ask(*arguments):
        return calls.call(lists_of, (space, *arguments))

    findings = {f.requirement: f for f in examine(ask, A_CARD, contest, seconds=1).findings}
    assert findings["own counts"].points == 0
    assert (findings["popularity"].points > 0) == (name == "own counts")
    assert findings["no leak"].points == POINTS["no leak"]


def leaky(kind):
    """Pipelines that look ahead, each in its own way."""

    def lists_at(log, now, users):
        past = log.select(log.timestamps < now)
        later = log.select(log.timestamps >= now)
        model = Repurchase().fit(past)
        scores = model.score(users, past)
        if kind == "popularity of all months" and len(later):
            scores = scores + np.bincount(log.items, minlength=log.n_items)
        if kind == "items sold later only" and len(later):
            scores[:, np.bincount(later.items, minlength=log.n_items) < 20] -= 1000
        if kind == "now belongs to the past":
            scores = scores + np.bincount(
                log.items[log.timestamps <= now + np.timedelta64(1, "D")], minlength=log.n_items
            )
        if kind == "validation is the future" and len(later):
            scores = scores + later.rows(users).toarray()
        if kind == "scaled by the future" and len(later):
            scores = scores * np.bincount(later.items, minlength=log.n_items)
        return np.argsort(-scores, axis=1, kind="stable")[:, :10]

    return lists_at


@pytest.mark.parametrize(
    "kind",
    [
        "popularity of all months",
        "items sold later only",
        "now belongs to the past",
        "validation is the future",
        "scaled by the future",
    ],
)
def test_each_way_to_look_ahead_is_found(kind, contest):
    def ask(*arguments):
        return calls.call(leaky(kind), arguments)

    found = {f.requirement: f for f in examine(ask, A_CARD, contest, seconds=1).findings}
    assert found["no leak"].points == 0
    assert "looks into the future" in found["no leak"].text


def test_an_honest_pipeline_is_not_called_leaking(contest):
    def ask(*arguments):
        return calls.call(leaky("not at all"), arguments)

    found = {f.requirement: f for f in examine(ask, A_CARD, contest, seconds=1).findings}
    assert found["no leak"].points == POINTS["no leak"]


@pytest.mark.parametrize(
    ("lists", "problem"),
    [
        ([[0] * 10], "must be an array of whole numbers, got list"),
        (np.zeros((1, 10)), "must be an array of whole numbers, got float64"),
        (np.zeros((2, 10), int), "must have the shape (1, 10), got (2, 10)"),
        (np.arange(10)[None] + 3, "items must lie in 0..11, got 12"),
        (np.arange(10)[None] - 2, "items must lie in 0..11, got -2"),
        (np.array([[1, 2, 1, *[-1] * 7]]), "the list of place 0 has item 1 twice"),
        (np.array([[1, -1, 2, *[-1] * 7]]), "the list of place 0 has -1 before an item"),
        (np.array([[1, 2, *[-1] * 8]]), None),
        (np.arange(10)[None], None),
    ],
)
def test_lists_are_taken_or_the_first_fault_is_named(lists, problem):
    found = list_problem(lists, 1, 12)
    assert found is None if problem is None else problem in found


CARDS = {
    "not a dict": "a card",
    "empty": {},
    "a field is missing": {k: v for k, v in A_CARD.items() if k != "weak"},
    "a field is blank": A_CARD | {"weak": "  "},
    "a field is None": A_CARD | {"weak": None},
    "one word": A_CARD | {"weak": "nowhere"},
    "the question in place of an answer": A_CARD | {"weak": CARD["weak"]},
    "a gap is left": A_CARD | {"cost": "about … seconds to fit"},
    "a result without an interval": A_CARD | {"result": "NDCG at 10 of 0.41 on all"},
    "a result without a figure": A_CARD | {"result": "much better than the others"},
    "one baseline only": A_CARD | {"baselines": "popularity 0.20 (0.15 to 0.25) behind"},
    "a field too many": A_CARD | {"wishes": "to be the best"},
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_that_lacks_something_is_told_what(name):
    assert card_problem(CARDS[name])
    with pytest.raises(ExerciseError, match=r"Exercise 25\.5: "):
        check("25.5", lambda: CARDS[name])


def test_a_whole_card_is_taken(capsys):
    assert card_problem(A_CARD) is None
    check("25.5", lambda: A_CARD)
    assert capsys.readouterr().out == "Exercise 25.5: right (complete)\n"
    assert card_of(f"CARD = {A_CARD!r}") == A_CARD


def test_a_card_is_read_without_running_anything(tmp_path):
    with pytest.raises(ValueError, match="nothing is computed in it"):
        card_of(f"CARD = open({str(tmp_path / 'ran')!r}, 'w')")
    assert not (tmp_path / "ran").exists()


def hybrid_lists(log, now, users):
    space = {}
    exec(GOOD, space)
    return lists_of(space, log, now, users)


def blank_lists(log, now, users):
    raise NotImplementedError


def wrong_lists(source):
    def lists_at(log, now, users):
        space = {}
        exec(source, space)
        return lists_of(space, log, now, users)

    return lists_at


WRONG_LISTS = {
    "popularity": (POPULAR, "popularity: it cannot be told apart"),
    "own counts": (OWN, "own counts: it cannot be told apart"),
    "random": (RANDOM, "popularity: it is behind"),
    "looks into the future": (LEAKING, "no leak: "),
    "repeats an item": (REPEATS, "runs: the list of place 0 has item 0 twice"),
    "without a seed": (UNSEEDED, "runs: asked again"),
    "a batch": (TOGETHER, "runs: asked again"),
    "no model": (NOT_A_MODEL, "runs: it raised TypeError: build() must return a Recommender"),
    "no build": ("x = 1", "runs: it raised NameError: the file defines no function build()"),
    "a list": (
        "def lists_at(log, now, users):\n    return [[0] * 10 for _ in users]",
        "runs: lists must be an array of whole numbers, got list",
    ),
    "nine places": (
        POPULAR
        + "def lists_at(log, now, users):\n"
        + "    return Popularity().fit(log.select(log.timestamps < now)).recommend(users, log, 9)",
        "runs: lists must have the shape",
    ),
    "seen products left out": (
        OWN
        + "def lists_at(log, now, users):\n"
        + "    past = log.select(log.timestamps < now)\n"
        + "    return Repurchase().fit(past).recommend(users, past, 10)",
        "popularity: it is behind",
    ),
}


@pytest.mark.parametrize("name", WRONG_LISTS)
def test_a_wrong_answer_to_25_4_is_caught_with_a_reason(name):
    source, reason = WRONG_LISTS[name]
    with pytest.raises(ExerciseError) as error:
        check("25.4", wrong_lists(source))
    assert str(error.value).startswith("Exercise 25.4: ")
    assert reason in str(error.value)


def test_a_right_answer_to_25_4_is_taken_and_a_blank_one_told(capsys):
    check("25.4", hybrid_lists)
    check("25.4", hybrid_lists, also=8)
    assert capsys.readouterr().out == "Exercise 25.4: right (5 requirements)\n" * 2
    with pytest.raises(ExerciseError, match=r"^Exercise 25\.4: not attempted yet$"):
        check("25.4", blank_lists)
    with pytest.raises(ExerciseError, match="it had not finished after 1 seconds"):
        check("25.4", wrong_lists(ENDLESS), time_limit=1.0)
    with pytest.raises(ValueError, match=r"there is no exercise '25\.1'"):
        check("25.1", hybrid_lists)


def test_a_log_as_bytes_does_not_depend_on_types(tmp_path):
    log = load_tiny_shop().interactions
    other = Interactions(
        log.users.astype(np.int16),
        log.items.astype(np.uint8),
        log.timestamps.astype("datetime64[ns]"),
        log.values.astype(np.float32),
        list(log.user_ids),
        np.asarray(log.item_ids, dtype=object),
    )
    assert log_bytes(log) == log_bytes(other)
    assert log_bytes(log) != log_bytes(log.select(np.arange(len(log)) > 0))
    (tmp_path / "log.jsonl").write_bytes(log_bytes(log))
    told = subprocess.run(
        [sys.executable, "-c", "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb')"
         ".read()).hexdigest())", str(tmp_path / "log.jsonl")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == sha256(log_bytes(log))


def test_a_value_has_one_way_to_be_written():
    assert canonical({"b": [1, 2.5], "a": None}) == b'{"a":null,"b":[1,2.5]}'
    assert canonical({"a": None, "b": [1, 2.5]}) == canonical({"b": [1, 2.5], "a": None})


def test_read_interactions_leads_from_a_file_to_a_contest(tmp_path):
    log = practice().log
    table = pd.DataFrame({"user": log.users, "item": log.items, "time": log.timestamps})
    table.to_csv(tmp_path / "log.csv", index=False)
    mine = read_interactions(tmp_path / "log.csv", user="user", item="item", timestamp="time")
    contest = Contest(mine, practice().now, seed=practice_seed())
    assert contest.baselines["own counts"].mean() == pytest.approx(
        practice().baselines["own counts"].mean(), abs=0.01
    )


def practice_seed():
    return 27


EXAMPLES = sorted((ROOT / "solutions" / "capstone").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_worked_example_keeps_the_contract_and_has_a_whole_card(path):
    from course_lib.contract.check_recommender import check_recommender

    source = path.read_text(encoding="utf-8")
    assert card_problem(card_of(source)) is None
    space = {"__name__": path.stem}
    exec(compile(source, path.name, "exec"), space)
    assert len(check_recommender(space["build"](), personal=False)) >= 15


@pytest.fixture(scope="module")
def december():
    log = load_complete_journey(min_households=200).interactions
    return Contest(log, np.datetime64("2017-12-01"), seed=0)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_worked_examples_card_says_what_comes_out(path, december):
    source = path.read_text(encoding="utf-8")
    space = {"__name__": path.stem}
    exec(compile(source, path.name, "exec"), space)
    values = december.values(lists_of(space, december.train, december.now, december.users))
    figures = [*bootstrap_interval(values, seed=0)]
    for theirs in december.baselines.values():
        figures += paired_difference(values, theirs, seed=0)[:3]
    card = card_of(source)
    told = re.findall(r"-?\d\.\d+", card["result"] + card["baselines"])
    assert np.allclose(figures, list(map(float, told)), atol=0.002)
    assert f"{len(december.train):,} lines" in card["data"]
    assert f"{len(december.users):,} households" in card["result"]


def test_there_are_three_worked_examples():
    assert len(EXAMPLES) == 3


def test_an_entry_is_asked_again_after_it_was_ended():
    source = """
import os
def lists_at(log, now, users):
    if len(users) == 1:
        os._exit(0)
    return users
"""
    with entrant(source, seconds=SECONDS, memory=MEMORY, command=()) as ask:
        assert ask(None, None, np.arange(1)).kind == "ended"
        assert ask(None, None, np.arange(3)).value.tolist() == [0, 1, 2]
