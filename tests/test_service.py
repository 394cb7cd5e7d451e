"""The desk: who takes over, what is cited, when it keeps silent, and thresholds by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.shop.assistant_sets import load_sets
from course_lib.shop.service import KINDS, choose_thresholds, decide, faithful, handed_over


def test_the_first_handovers_are_seen_for_their_reason():
    for _, row in load_sets().handover.iterrows():
        assert handed_over(row["message"]) == row["reason"], row["message"]


def test_questions_about_rules_and_products_are_not_handed_over():
    sets = load_sets()
    for message in [*sets.service["message"], *sets.products["query"]]:
        assert handed_over(message) == "", message


def test_the_gravest_reason_comes_first_and_two_failures_are_enough():
    assert handed_over("My lawyer is allergic to nuts") == "allergy"
    assert handed_over("hm?", failures=1) == ""
    assert handed_over("hm?", failures=2) == "failures"
    assert handed_over("I will complain", failures=5) == "anger"
    with pytest.raises(ValueError, match="failures must be a whole number of at least 0, got -1"):
        handed_over("", failures=-1)
    with pytest.raises(ValueError, match="a message must be a str, got None"):
        handed_over(None)


@pytest.mark.parametrize(
    ("answer", "passage", "kept"),
    [
        ("14 days.", "Return it within 14 days.", True),
        ("You can return it.", "Return it within 14 days.", False),  # the fact is missing
        ("14 or 15 days.", "Return it within 14 days.", False),
        ("You can return it.", "Fish cannot be returned.", False),
        ("No, fish can't be returned.", "Fish cannot be returned.", True),
        ("不能退。", "生鲜不能退货。", True),
        ("可以退。", "生鲜不能退货。", False),
        ("Never mind: 14 days", "14 days", False),
        ("", "Paying by card is free.", False),
        ("  ", "Paying by card is free.", False),
        ("Paying by card is free.", "Paying by card is free.", True),
    ],
)
def test_an_answer_says_nothing_that_the_passage_does_not(answer, passage, kept):
    assert faithful(answer, passage) is kept


def test_every_passage_is_faithful_to_itself():
    rules = load_sets().rules
    for passage in [*rules["text"], *rules["text_zh"]]:
        assert faithful(passage, passage), passage


def test_decisions_by_hand():
    """Thresholds 0.5 and 2: goods at 0.9 are 1.8 thresholds, the rule at 3 is 1.5."""
    goods = np.array([[0.9, 0.0, 0.6], [0.9, 0, 0], [0.4, 0.1, 0], [0.5, 0, 0], [0.9, 0.9, 0]])
    rules = np.array([[0.0, 3.0], [0, 4], [1.9, 0], [2, 0], [9, 9]])
    messages = ["a", "b", "c", "d", "an allergic child"]
    found = decide(messages, goods, rules, thresholds=(0.5, 2))
    assert [d.kind for d in found] == ["goods", "rule", "silent", "rule", "hand over"]
    assert found[0].found == (0, 2)  # goods with a score of 0 are not shown
    assert found[1].found == (1,)
    assert [round(d.strength, 2) for d in found] == [1.8, 2.0, 0.95, 1.0, 0.0]
    assert found[4].reason == "allergy"
    assert decide(messages[:1], goods[:1], rules[:1], thresholds=(0.5, 2), shown=1)[0].found == (0,)


def test_without_any_score_the_desk_keeps_silent():
    (found,) = decide(["a"], np.zeros((1, 0)), np.zeros((1, 2)), thresholds=(0.1, 0.1))
    assert found == ("silent", (), "", 0.0)


@given(st.lists(st.text(max_size=40), max_size=5), st.integers(0, 99))
def test_whatever_is_typed_gets_one_decision_a_message(messages, seed):
    rng = np.random.default_rng(seed)
    shape = len(messages)
    found = decide(messages, rng.random((shape, 3)), rng.random((shape, 2)), thresholds=(0.5, 0.5))
    assert len(found) == shape
    assert {decision.kind for decision in found} <= set(KINDS)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "1"])
def test_a_threshold_must_be_above_0(limit):
    with pytest.raises(ValueError, match="a threshold must be"):
        decide(["a"], np.zeros((1, 1)), np.zeros((1, 1)), thresholds=(limit, 1))


def test_thresholds_by_hand():
    """Two wishes that score 3 and 4 among the goods, small talk that scores 1 and 2 there."""
    goods, rules = np.array([3.0, 4, 1, 2]), np.zeros(4)
    wish, talk = [True, False, False], [False, False, True]
    right = np.array([wish, wish, talk, talk])
    assert choose_thresholds(goods, rules, right, ["w", "w", "t", "t"])[0] == 3
    # Each group counts alike: one of a hundred wishes weighs less than the only small talk.
    goods = np.array([1.0, *[4.0] * 99, 2.0])
    right = np.array([*[wish] * 100, talk])
    assert choose_thresholds(goods, np.zeros(101), right, [*"w" * 100, "t"])[0] == 4
    assert choose_thresholds(np.zeros(1), np.zeros(1), right[:1], ["w"]) == (1.0, 1.0)
