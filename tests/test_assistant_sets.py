"""The assistant's data: what the card says; two sets that share nothing; slips that are slips."""

import re

import numpy as np
import pytest

from course_lib.datasets import load_complete_journey
from course_lib.shop.assistant_sets import (
    all_messages,
    load_sets,
    own_words,
    searches,
    shelf_text,
    told_state,
    with_slip,
)

SIZES = {"first": (241, 161, 108, 40, 80), "second": (90, 60, 54, 24, 40)}


@pytest.fixture(scope="module")
def sets():
    return {which: load_sets(which) for which in SIZES}


@pytest.mark.parametrize("which", SIZES)
def test_the_sets_have_the_sizes_that_the_card_tells(sets, which):
    assert tuple(map(len, sets[which][1:])) == SIZES[which]
    for table in sets[which][1:]:
        assert set(table["language"]) == {"en", "zh"}
        assert not table.duplicated().any()


def test_the_two_sets_share_no_message(sets):
    for name in ("products", "off_topic", "service", "handover"):
        column = "query" if name == "products" else "message"
        first, second = (set(getattr(sets[which], name)[column]) for which in SIZES)
        assert not {m.casefold() for m in first} & {m.casefold() for m in second}


@pytest.mark.parametrize("which", SIZES)
def test_every_right_type_is_in_the_catalogue(sets, which):
    types = set(load_complete_journey(min_households=30).items["type"])
    assert len(types) == 852
    for row in sets[which].products["types"]:
        found = row.split("|")
        assert set(found) <= types
        assert len(found) == len(set(found))


@pytest.mark.parametrize("which", SIZES)
def test_every_rule_is_asked_for_in_both_languages(sets, which):
    counts = sets[which].service.groupby(["language", "rule"]).size()
    assert len(counts) == 2 * 27
    assert (counts == {"first": 2, "second": 1}[which]).all()
    assert set(sets[which].handover["reason"]) == {"allergy", "anger", "payment"}
    assert set(sets[which].off_topic["kind"]) == {"far", "near"}


def test_each_rule_says_the_same_numbers_in_both_languages(sets):
    for name, row in sets["first"].rules.iterrows():
        in_english, in_chinese = (set(re.findall("[0-9]+", row[c])) for c in ("text", "text_zh"))
        assert in_english == in_chinese, name
        assert row["source"]
        assert row["topic"] in {"returns", "delivery", "allergens", "payment", "data"}


@pytest.mark.parametrize("which", SIZES)
def test_each_dialogue_has_ten_turns_and_speaks_of_what_its_state_gains(sets, which):
    for _, turns in sets[which].dialogues.groupby("dialogue"):
        assert turns["turn"].tolist() == [str(i) for i in range(1, 11)]
        for _, row in turns.iterrows():
            told_state(row)
        wants = turns["wants"].tolist()
        for before, now, says in zip(["", *wants], wants, turns["says"], strict=False):
            assert now == before or now.casefold() in says.casefold()


def test_own_words_leave_signs_and_brackets_out():
    assert own_words("FD WRAPS/BAGS (SARAN)") == "fd wraps bags"
    assert own_words("PLASTIC WRAP (SARANETC.)") == "plastic wrap"
    assert shelf_text("HAM", float("nan")) == "ham"


def test_a_slip_changes_one_word_by_one_letter_and_keeps_the_first():
    rng = np.random.default_rng(0)
    for text in ("potato chips", "tea bags", "aaaa", "été là-bas bien"):
        for _ in range(100):
            slip = with_slip(text, rng=rng)
            before, after = text.split(), slip.split()
            changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
            assert len(changed) == 1, (text, slip)
            ((old, new),) = changed
            assert new[0] == old[0]
            assert abs(len(new) - len(old)) <= 1


def test_a_text_without_a_long_word_stays_and_a_seed_fixes_the_slips():
    assert with_slip("tea 4", rng=np.random.default_rng(0)) == "tea 4"
    assert with_slip("", rng=np.random.default_rng(0)) == ""
    one, two = (with_slip("potato chips", rng=np.random.default_rng(7)) for _ in range(2))
    assert one == two


@pytest.fixture(scope="module")
def types():
    return load_complete_journey(min_households=30).items["type"].drop_duplicates().tolist()


def test_all_messages_of_a_set_and_what_is_right_for_each(sets, types):
    table = all_messages(sets["first"], types, drawn=150, seed=20)
    counts = table["group"].value_counts(sort=False).to_dict()
    assert counts == {"own words": 150, "slip": 150, "other words": 241, "service": 108,
                      "off-topic": 161, "handover": 40}  # fmt: skip
    row = table[table["message"] == "nappies"].iloc[0]
    assert [types[i] for i in row["right"]] == ["BABY DIAPERS"]
    row = table[table["message"] == "送货要多少钱？"].iloc[0]
    assert sets["first"].rules.index[row["right"][0]] == "D1"
    for group in ("off-topic", "handover"):
        assert set(table.loc[table["group"] == group, "right"]) == {()}
    assert len(all_messages(sets["second"], types)) == 228


def test_own_words_and_their_slip_mean_the_same_types(sets, types):
    table = all_messages(sets["first"], types, drawn=20, seed=1).query("group != 'service'")
    own, slips = (table[table["group"] == name] for name in ("own words", "slip"))
    assert own["right"].tolist() == slips["right"].tolist()
    for _, row in own.iterrows():
        assert {own_words(types[i]) for i in row["right"]} == {row["message"]}
    again = all_messages(sets["first"], types, drawn=20, seed=1)
    assert again["message"].tolist()[:40] == table["message"].tolist()[:40]


def test_every_way_searches_goods_and_rules(sets):
    rules = sets["first"].rules
    ways = searches(["baby diapers", "tea"], rules, lambda texts: np.ones((len(texts), 1)))
    assert list(ways) == ["rules", "BM25", "characters", "encoder", "both"]
    for goods, book in ways.values():
        assert goods.scores(["diapers", "钱"]).shape == (2, 2)
        assert book.scores(["diapers", "钱"]).shape == (2, 27)
    assert ways["BM25"][0].scores(["diapers"])[0].argmax() == 0
    assert rules.index[ways["BM25"][1].scores(["礼品卡有效期"])[0].argmax()] == "P5"


def test_another_set_is_refused():
    with pytest.raises(ValueError, match="which must be 'first' or 'second', got 'third'"):
        load_sets("third")
