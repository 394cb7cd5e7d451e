"""Wrong ideas are caught by a visible case with a reason; right ones in any form are taken."""

import pkgutil
import time
from collections import Counter
from importlib import import_module

import pytest
import wrong_answers
from wrong_answers import KINDS, RIGHT, WRONG

from course_lib import calls
from course_lib.checks import CASES, ExerciseError, check

for module in pkgutil.iter_modules(wrong_answers.__path__):
    import_module(f"wrong_answers.{module.name}")

pytestmark = pytest.mark.filterwarnings("ignore")  # a wrong idea may divide by zero

CHECKED = [name for name in CASES if name[0].isdigit()]
BROKEN = (
    "NameError",
    "UnboundLocalError",
    "SyntaxError",
    "has no attribute",
    "positional argument",
)


@pytest.fixture(autouse=True)
def in_a_thread(monkeypatch):
    """As on Windows: no idea here needs a process of its own, and each would take a while."""
    monkeypatch.setattr(calls, "_in_child", calls._in_thread)


def name(idea):
    return f"{idea.exercise} {idea.kind}: {idea.what}"


@pytest.mark.parametrize("idea", WRONG, ids=name)
def test_a_wrong_idea_is_caught_with_a_reason(idea):
    assert idea.kind in KINDS
    with pytest.raises(ExerciseError) as error:
        check(idea.exercise, idea.function)
    message = str(error.value)
    assert not any(word in message for word in BROKEN), f"not a wrong idea, a slip: {message}"
    reasons = [" raised ", " changed its argument ", *(case.why for case in CASES[idea.exercise])]
    assert any(reason in message for reason in reasons), message


@pytest.mark.parametrize("idea", RIGHT, ids=name)
def test_a_right_idea_in_another_form_is_taken(idea, capsys):
    started = time.process_time()
    check(idea.exercise, idea.function)
    assert ": right (" in capsys.readouterr().out
    assert time.process_time() - started < 1


@pytest.mark.parametrize("exercise", CHECKED)
def test_each_exercise_has_ten_wrong_ideas_of_several_kinds_and_two_right_ones(exercise):
    kinds = Counter(idea.kind for idea in WRONG if idea.exercise == exercise)
    assert kinds.total() >= 10
    assert len(kinds) >= 5
    assert sum(idea.exercise == exercise for idea in RIGHT) >= 2


@pytest.mark.parametrize("exercise", CHECKED)
def test_each_case_says_why(exercise):
    assert all(case.why for case in CASES[exercise])
