"""The checks of the capstone's own work in the notebook: no answer is given, so rules decide."""

from dataclasses import replace

from course_lib import calls
from course_lib.capstone.contest import simulated_contest
from course_lib.capstone.entry import card_problem
from course_lib.capstone.examine import POINTS, examine, told
from course_lib.checks import ExerciseError
from course_lib.grading.messages import decoded, encoded

SECONDS = 20.0  # for a call: the shops of this check are small
SIZES = {"n_users": 1500, "n_items": 250, "weeks": 3}
EXERCISES = ("25.4", "25.5")


def check(exercise, yours, *, also=None, time_limit=SECONDS):
    """Hold the learner's function against its rules; print one line when all are kept.

    exercise: "25.4", where yours is `lists_at(log, now, users)` and must keep each requirement of
    `examine` but the card; or "25.5", where yours returns the card. also: the seed of another
    shop, or anything else for a card, as hidden tests bring.

    Raises ExerciseError with the first rule that is broken.
    """
    if exercise not in EXERCISES:
        raise ValueError(f"there is no exercise {exercise!r}; there are {', '.join(EXERCISES)}")

    def ask(*arguments):
        return _outcome(yours, arguments, time_limit)

    if exercise == "25.5":
        outcome = ask()
        kept, returned = "complete", outcome.kind == "returned"
        problem = card_problem(outcome.value) if returned else told(outcome, time_limit)
    else:
        contest = simulated_contest(7 if also is None else also, **SIZES)
        findings = examine(ask, "no card is asked for here", contest, seconds=time_limit).findings
        broken = [f for f in findings if f.requirement != "card" and not f.points]
        kept = f"{len(POINTS) - 1} requirements"
        problem = broken[0].text if broken else None
        if problem and problem != "not attempted yet":
            problem = f"{broken[0].requirement}: {problem}"
    if problem:
        raise ExerciseError(f"Exercise {exercise}: {problem}")
    print(f"Exercise {exercise}: right ({kept})")


def _outcome(yours, arguments, seconds):
    if isinstance(yours, calls.Elsewhere):
        return yours.outcome(arguments, seconds)
    if not callable(yours):
        return calls.Outcome("raised", error=f"TypeError: no function, but {yours!r}")

    def work():  # what a child process sends back is text
        outcome = replace(calls.call(yours, arguments), arguments=())
        return encoded(vars(outcome)).decode("ascii")

    results = calls.guarded([work], yours, seconds)
    result = next(results)
    results.close()
    if isinstance(result, calls.Outcome):
        return result
    return calls.Outcome(**decoded(result.encode("ascii")))
