"""Questions: entropy and places by hand, Bayes' rule, and what no question can do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.shop.questions import after_answer, best_question, entropy, expected_rank, gain

CHANCES = [0.4, 0.3, 0.2, 0.1]
some = st.lists(st.tuples(st.floats(0.01, 1), st.sampled_from("abc")), min_size=1, max_size=8)


def test_entropy_by_hand():
    assert entropy([1, 1, 1, 1]) == 2
    assert entropy([0, 3, 0]) == 0
    assert entropy([0.9, 0.1]) == pytest.approx(-0.9 * math.log2(0.9) - 0.1 * math.log2(0.1))


def test_expected_rank_by_hand():
    assert expected_rank(CHANCES) == pytest.approx(0.4 + 2 * 0.3 + 3 * 0.2 + 4 * 0.1)
    assert expected_rank([0, 0, 5]) == 1


def test_a_gain_by_hand():
    """Fresh: 0.4 and 0.2, frozen: 0.3 and 0.1. Places: 2.0 now; after fresh 1⅓, after frozen 1¼."""
    answers = ["fresh", "frozen", "fresh", "frozen"]
    later = 0.6 * (2 / 3 + 2 / 3) + 0.4 * (3 / 4 + 2 / 4)
    assert gain(CHANCES, answers, measure="rank") == pytest.approx(2.0 - later)
    bits = entropy(CHANCES) - 0.6 * entropy([2, 1]) - 0.4 * entropy([3, 1])
    assert gain(CHANCES, answers) == pytest.approx(bits)


def test_an_answer_by_hand_with_slips():
    """20 % slips: fresh weighs 0.8, frozen 0.2: 0.32, 0.06, 0.16, 0.02 of 0.56."""
    found = after_answer(CHANCES, ["fresh", "frozen", "fresh", "frozen"], "fresh", wrong=0.2)
    np.testing.assert_allclose(found, np.array([0.32, 0.06, 0.16, 0.02]) / 0.56)


def test_slips_are_shared_among_the_other_answers():
    found = after_answer([1, 1, 1], ["a", "b", "c"], "a", wrong=0.5)
    np.testing.assert_allclose(found, [0.5, 0.25, 0.25])


def test_a_gain_with_slips_is_the_mean_over_what_is_heard():
    answers, wrong = ["x", "x", "y", "y"], 0.1
    heard = {"x": 0.9 * 0.7 + 0.1 * 0.3, "y": 0.9 * 0.3 + 0.1 * 0.7}
    later = sum(
        h * entropy(after_answer(CHANCES, answers, kind, wrong=wrong)) for kind, h in heard.items()
    )
    assert gain(CHANCES, answers, wrong=wrong) == pytest.approx(entropy(CHANCES) - later)


@given(some)
def test_no_question_harms_and_none_tells_more_than_there_is_to_know(pairs):
    chances, answers = zip(*pairs, strict=True)
    assert 0 <= gain(chances, answers) <= entropy(chances) + 1e-9
    assert 0 <= gain(chances, answers, measure="rank") <= expected_rank(chances) - 1 + 1e-9
    assert gain(chances, answers, wrong=0.3) <= gain(chances, answers) + 1e-9


def test_a_question_with_one_answer_gains_nothing_and_the_name_gains_all():
    assert gain(CHANCES, ["a"] * 4) == 0
    assert gain(CHANCES, ["a"] * 4, wrong=0.2) == 0
    assert gain(CHANCES, list("abcd")) == pytest.approx(entropy(CHANCES))


def test_the_best_question_and_when_none_is_worth_its_price():
    questions = {"a": ["x"] * 4, "b": ["x", "y", "x", "y"], "c": ["x", "y", "x", "y"]}
    assert best_question(CHANCES, questions) == "b"
    assert best_question(CHANCES, questions, least=0.69) == "b"  # the gain of b is 0.7
    assert best_question(CHANCES, questions, least=0.71) is None
    assert best_question(CHANCES, {"a": ["x"] * 4}) is None
    assert best_question(CHANCES, {}) is None


@pytest.mark.parametrize("chances", [[], [0, 0], [-1, 2], [[0.5, 0.5]], [float("nan"), 1]])
def test_what_are_no_chances_is_refused(chances):
    with pytest.raises(ValueError, match="chances must"):
        entropy(chances)


def test_other_slips_are_refused():
    with pytest.raises(ValueError, match=r"answers must have one value for each of \(4,\) chances"):
        gain(CHANCES, ["a"])
    with pytest.raises(ValueError, match="measure must be 'entropy' or 'rank', got 'places'"):
        gain(CHANCES, ["a"] * 4, measure="places")
    with pytest.raises(ValueError, match="the answer must be one that a possible product has"):
        after_answer(CHANCES, ["a"] * 4, "b")
    with pytest.raises(ValueError, match="wrong must be at least 0 and below 1, got 1"):
        after_answer(CHANCES, ["a"] * 4, "a", wrong=1)
