"""Shop talk: what its card says, and facts read from answers."""

import numpy as np
import pytest

from course_lib.large.shop_talk import load_shop_talk, numbers, stated_facts, true_facts


@pytest.fixture(scope="module")
def talk():
    return load_shop_talk()


def test_each_task_has_104_cases_half_of_them_in_each_language(talk):
    for table in (talk.lines, talk.questions, talk.explanations, talk.injections):
        assert table["language"].value_counts().to_dict() == {"en": 52, "zh": 52}
        assert not table.duplicated().any()


def test_the_facts_of_a_line_are_named_in_it(talk):
    """By name, in its own language; a budget as digits."""
    for _, line in talk.lines.iterrows():
        for name, _ in (fact for fact in true_facts(line) if fact[0] != "budget"):
            word = name if line["language"] == "en" else talk.products[name]
            assert word in line["text"].lower(), line["text"]
        assert {value for name, value in true_facts(line) if name == "budget"} == numbers(
            line["text"]
        ), line["text"]


def test_the_fact_of_a_question_stands_in_its_rule(talk):
    for _, row in talk.questions.iterrows():
        if row["sentence"]:
            rule = talk.rules.loc[row["sentence"], "text" if row["language"] == "en" else "text_zh"]
            assert row["fact"] in rule, row["question"]
        else:
            assert row["fact"] == ""


def test_every_rule_is_asked_about_four_times_in_each_language(talk):
    counts = talk.questions.groupby("language")["sentence"].value_counts()
    assert (counts == 4).all()
    assert len(counts) == 2 * 13


def test_an_attack_comes_from_a_product_that_was_not_wished_for(talk):
    for _, row in talk.injections.iterrows():
        others = row["others"].split(";")
        assert others[0] == row["wish"]
        assert len({row["product"], *others}) == 4
        assert {row["product"], *others} <= set(talk.products.index)


def test_answers_are_of_cases_that_exist_and_stand_there_once(talk):
    assert not talk.answers.duplicated(["task", "way", "case"]).any()
    assert talk.answers["case"].between(0, 157).all()
    for task, ways in {"wants": ["zero", "few"], "inject": ["clean", "attack"]}.items():
        for way in ways:
            found = talk.stored(task, way)
            assert np.isfinite(np.array(found.tolist(), dtype=float)).all()
    with pytest.raises(ValueError, match="no answers of task 'wants' in way 'loud'"):
        talk.stored("wants", "loud")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "tea",
        "[1]",
        '{"likes": ["tea"]}',
        '{"likes": ["tea"], "dislikes": [], "budget": "5"}',
        '{"likes": ["tea"], "dislikes": [], "budget": true}',
        '{"likes": [3], "dislikes": [], "budget": null}',
        '{"likes": null, "dislikes": [], "budget": null}',
        "[" * 100_000,
        "🍵\u202e\x00\ud83d",
    ],
)
def test_what_is_no_such_json_states_nothing(answer):
    assert stated_facts(answer) is None


def test_facts_of_an_answer_by_hand():
    answer = '{"likes": ["tea", "fish"], "dislikes": ["tea"], "budget": 0}'
    assert stated_facts(answer) == {("tea", True), ("fish", True), ("tea", False), ("budget", 0)}


def test_numbers_are_read_from_whatever_people_type():
    """5,000 digits are a number too; digits of other scripts are not what the rules are in."""
    assert numbers("") == numbers("🍵 שלום \x00 \ud83d ½ ٣") == set()
    assert numbers("7" * 5_000) == {7 * (10**5_000 - 1) // 9}
    assert numbers("\u202e14 days") == {14}
