"""The tables of `benchmarks/assistants.py`: each message once a way; what they say is so."""

import sys

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.shop.assistant_sets import FOLDER, outcome, searches
from course_lib.shop.service import Decision, decide

sys.path.insert(0, str(ROOT / "benchmarks"))
import assistants as benchmark


@pytest.fixture(scope="module")
def shelf():
    types, texts = benchmark.goods()
    return texts, benchmark.messages(types)


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(FOLDER / "decisions.csv", keep_default_na=False, dtype={"found": str})


def test_every_way_answers_every_message_once(shelf, table):
    for which, asked in shelf[1].items():
        for _, rows in table[table["set"] == which].groupby("way"):
            assert rows["case"].tolist() == list(range(len(asked)))
            assert rows["group"].tolist() == asked["group"].tolist()
    assert set(table["way"]) == {"rules", "BM25", "characters", "encoder", "both"}
    assert (table["ms"] >= 0).all()


@pytest.mark.parametrize("way", ["rules", "BM25", "characters"])
def test_decisions_on_the_second_set_are_what_the_thresholds_make(shelf, table, way):
    texts, asked = shelf[0], shelf[1]["second"]
    limits = pd.read_csv(FOLDER / "thresholds.csv", index_col="way").loc[way]
    pair = searches(texts, benchmark.load_sets().rules, lambda texts: np.zeros((len(texts), 2)))[
        way
    ]
    scores = [search.scores(asked["message"].tolist()) for search in pair]
    rows = table[(table["set"] == "second") & (table["way"] == way)]
    found = decide(asked["message"], *scores, thresholds=limits)
    assert rows["decision"].tolist() == [decision.kind for decision in found]
    assert rows["found"].tolist() == [" ".join(map(str, d.found)) for d in found]


def test_what_came_of_it_follows_from_the_decision(shelf, table):
    for _, row in table.iterrows():
        asked = shelf[1][row["set"]].loc[row["case"]]
        decision = Decision(row["decision"], tuple(map(int, row["found"].split())))
        assert row["outcome"] == outcome(decision, asked["group"], asked["right"])


def test_thresholds_for_the_first_set_are_never_chosen_on_the_message_they_decide():
    fold = np.random.default_rng(20).permutation(850) % benchmark.FOLDS
    assert np.bincount(fold).tolist() == [170] * 5


def test_a_phrase_is_of_a_message_that_the_encoder_answered(table):
    answers = pd.read_csv(FOLDER / "answers.csv", keep_default_na=False)
    assert not answers.duplicated(["set", "case"]).any()
    found = answers.merge(table[table["way"] == "encoder"], on=["set", "case"])
    assert len(found) == len(answers)
    assert set(found["decision"]) == {"goods", "rule"}
    assert found.groupby(["set", "language", "decision"]).size().max() <= benchmark.EACH
    assert (found["seconds"] > 0).all()


def test_examples_in_the_prompts_are_no_messages(shelf):
    asked = {message for which in shelf[1].values() for message in which["message"]}
    for example, _ in benchmark.EXAMPLES.values():
        assert not any(message in example for message in asked if len(message) > 8)


@pytest.mark.parametrize(
    ("decision", "group", "right", "came"),
    [
        (Decision("goods", (1, 2)), "other words", (2,), "right"),
        (Decision("goods", (1,)), "other words", (2,), "wrong"),
        (Decision("goods", (2,)), "service", (2,), "wrong"),  # a rule's number is no product's
        (Decision("rule", (2,)), "service", (2,), "right"),
        (Decision("rule", (2,)), "slip", (2,), "wrong"),
        (Decision("silent"), "off-topic", (), "right"),
        (Decision("silent"), "service", (2,), "silent"),
        (Decision("goods", (1,)), "off-topic", (), "wrong"),
        (Decision("hand over", reason="anger"), "handover", (), "right"),
        (Decision("hand over", reason="anger"), "off-topic", (), "handed over"),
        (Decision("rule", (1,)), "handover", (), "wrong"),
        (Decision("silent"), "handover", (), "silent"),
    ],
)
def test_outcomes_by_hand(decision, group, right, came):
    assert outcome(decision, group, right) == came
