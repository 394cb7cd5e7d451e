"""What an entry has to show, each tried from outside: nothing counts that it says of itself."""

import time
from typing import NamedTuple

import numpy as np

from course_lib.capstone.contest import Standing, other_future, practice
from course_lib.capstone.entry import card_problem, list_problem

POINTS = {"runs": 2, "no leak": 2, "limits": 1, "popularity": 2, "own counts": 2, "card": 1}
NOT_TRIED = "not tried, because of what stands above"
NETWORK = ("gaierror", "URLError", "ConnectionRefused", "OSError: [Errno 101]", "HTTPError")


class Finding(NamedTuple):
    """What came of one requirement: the points it brings, and a sentence for the learner."""

    requirement: str
    points: int
    text: str


class Examined(NamedTuple):
    """Findings in the order of POINTS; the Standing, or None; seconds to learn and to answer."""

    findings: list[Finding]
    standing: Standing | None
    seconds: float

    @property
    def points(self):
        return sum(finding.points for finding in self.findings)


def examine(ask, card, contest, *, seconds):
    """Hold an entry against every requirement: `Examined`.

    ask: `ask(log, now, users)` returns the `calls.Outcome` of its lists; card: a dict, or a text
    that says why there is none; contest: the Contest that decides; seconds: the limit of a call,
    for the sentences.

    Points: runs (twice the same lists, and in order), no leak (the same lists after
    `other_future`), limits (time and memory, on the contest's log), a lead over each baseline
    whose interval is above 0 on the private part, a complete card. They never depend on other
    entries.
    """
    small = practice()
    problems, standing, took = dict.fromkeys(POINTS, NOT_TRIED), None, 0.0
    lists, problems["runs"] = _lists(ask, small, small.log, seconds)
    if lists is not None:
        problems["runs"] = _other_order(ask, small, lists, seconds)
    if problems["runs"] is None:
        problems["card"] = card if isinstance(card, str) else card_problem(card)
        problems["no leak"] = _leak(ask, small, lists, seconds)
        started = time.perf_counter()
        mine, problems["limits"] = _lists(ask, contest, contest.train, seconds)
        took = time.perf_counter() - started
        if mine is not None:
            standing = contest.standing(contest.values(mine))
            problems |= {name: _behind(name, lead) for name, lead in standing.leads.items()}
    findings = [
        Finding(name, 0 if problems[name] else points, problems[name] or _kept(name, standing))
        for name, points in POINTS.items()
    ]
    return Examined(findings, standing, took)


def told(outcome, seconds):
    """What an Outcome without a value says to the learner, in a sentence."""
    if outcome.kind == "blank" or outcome.error.startswith("NotImplementedError"):
        return "not attempted yet"
    if outcome.kind == "late":
        return f"it had not finished after {seconds:g} seconds"
    if outcome.kind == "memory" or outcome.error.startswith(("MemoryError", "_ArrayMemoryError")):
        return "it needed more memory than it may take"
    if outcome.kind == "ended":
        return "it ended Python itself, or took what made the system end it"
    if outcome.kind == "asked":
        return "it asked for input(), and nobody is there"
    hint = ": an entry has no network" if outcome.error.startswith(NETWORK) else ""
    return f"it raised {outcome.error}{hint}"


def _lists(ask, contest, log, seconds, users=None):
    """(lists, None), or (None, what is wrong)."""
    users = contest.users if users is None else users
    outcome = ask(log, contest.now, users)
    if outcome.kind != "returned":
        return None, told(outcome, seconds)
    problem = list_problem(outcome.value, len(users), log.n_items)
    return (None, problem) if problem else (outcome.value, None)


def _other_order(ask, contest, lists, seconds):
    turned, problem = _lists(ask, contest, contest.log, seconds, contest.users[::-1])
    if problem is None:
        differ = int(np.any(turned[::-1] != lists, axis=1).sum())
        if differ:
            return (
                f"asked again, in another order, {differ} of {len(lists)} households get other "
                "lists: set every seed, and let no household depend on who else is asked"
            )
    return problem


def _leak(ask, contest, lists, seconds):
    changed, problem = _lists(ask, contest, other_future(contest.log, contest.now, seed=1), seconds)
    if problem is None:
        differ = int(np.any(changed != lists, axis=1).sum())
        if differ:
            return (
                f"when what happens from `now` on is changed, {differ} of {len(lists)} households "
                "get other lists: it looks into the future"
            )
    return problem


def _behind(name, lead):
    if lead.low > 0:
        return None
    verdict = "is behind" if lead.high < 0 else "cannot be told apart from"
    return f"it {verdict} {name}: {lead.mean:+.3f} ({lead.low:+.3f} to {lead.high:+.3f})"


def _kept(name, standing):
    lead = standing.leads.get(name) if standing else None
    if lead is not None:
        return f"ahead by {lead.mean:.3f} ({lead.low:.3f} to {lead.high:.3f})"
    return {
        "runs": "lists of ten, the same ones twice, whoever else is asked",
        "no leak": "the same lists, whatever happens from `now` on",
        "limits": "within its time and memory",
        "card": "complete",
    }[name]
