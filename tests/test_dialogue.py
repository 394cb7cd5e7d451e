"""What a shopper has said: each turn of the first dialogues, and messages that nobody meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.shop.assistant_sets import load_sets, told_state
from course_lib.shop.dialogue import FOODS, SIZES, TASTES, State, update

FULL = State("tea", frozenset({"nuts"}), frozenset({"organic"}), 5.0, "large")


def test_the_first_dialogues_are_understood_turn_by_turn():
    """On these the patterns were written; the second ones are for the lesson to count."""
    for _, turns in load_sets().dialogues.groupby("dialogue"):
        state = State()
        for _, row in turns.iterrows():
            state = update(state, row["says"])
            assert state == told_state(row), row["says"]


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("no milk, no eggs", {"excludes": frozenset({"nuts", "milk", "eggs"})}),
        ("Nuts are okay", {"excludes": frozenset()}),
        ("不要牛奶，坚果可以", {"excludes": frozenset({"milk"})}),
        ("under 5.50", {"budget": 5.5}),
        ("$3, no, $4", {"budget": 4.0}),
        ("最多12块", {"budget": 12.0}),
        ("any price", {"budget": None}),
        ("a small one", {"size": "small"}),
        ("I'd like some green tea, please", {"wants": "green tea"}),
        (
            "I want a large pizza under 9 dollars",
            {"wants": "pizza", "budget": 9.0, "size": "large"},
        ),
        ("有没有绿茶？", {"wants": "绿茶"}),
        ("not organic", {"tastes": frozenset()}),
        ("spicy but not organic", {"tastes": frozenset({"spicy"})}),
        ("2 packs", {}),
        ("doughnuts and coconut", {}),
        ("What is the capital of France?", {}),
        ("", {}),
    ],
)
def test_a_message_changes_what_it_speaks_of_and_nothing_else(message, change):
    assert update(FULL, message) == FULL._replace(**change)


def test_starting_over_forgets_everything_but_what_follows():
    assert update(FULL, "Let's start over: I need rice") == State(wants="rice")


@pytest.mark.parametrize("number", ["0", "0.99", "999999"])
def test_budgets_of_any_size(number):
    assert update(State(), f"${number}").budget == float(number)


@pytest.mark.parametrize(
    "message",
    ["$1234567890", "under 1e9", "$-5", "at most NaN dollars", "$" * 500, "5" * 5000, "\0" * 50],
)
def test_what_is_no_budget_is_none(message):
    assert update(State(), message).budget in (None, 1.0)  # "under 1e9" may read as 1


@given(st.text(max_size=300))
def test_whatever_is_typed_leaves_a_state(message):
    state = update(FULL, message)
    assert isinstance(state.wants, str)
    assert state.excludes <= set(FOODS)
    assert state.tastes <= set(TASTES)
    assert state.size in ("", *SIZES)
    assert state.budget is None or 0 <= state.budget < 1e6


def test_what_stands_behind_a_thousand_characters_is_not_read():
    assert update(FULL, " " * 1000 + "no milk") == FULL


def test_a_message_must_be_a_text():
    for wrong in (None, 5, ["no nuts"]):
        with pytest.raises(ValueError, match="a message must be a str, got"):
            update(State(), wrong)
