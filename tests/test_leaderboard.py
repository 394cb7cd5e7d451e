"""The leaderboard's benchmark: equal budgets, lists that are extended, and a log that says so."""

import json
import sys

import pandas as pd
import pytest
from lessons import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import leaderboard

LOG = pd.read_csv(leaderboard.FOLDER / "tuning.csv")
MODELS = list(leaderboard.SPACE)


def size(name):
    count = 1
    for values in leaderboard.SPACE[name][1].values():
        count *= len(values)
    return count


@pytest.mark.parametrize("name", MODELS)
def test_spaces_are_of_one_size_or_tried_whole(name):
    assert size(name) == 96 or size(name) <= leaderboard.TRIALS
    drawn = leaderboard.settings(name)
    assert len(drawn) == min(size(name), leaderboard.TRIALS)
    assert len({json.dumps(setting) for setting in drawn}) == len(drawn)
    assert drawn == leaderboard.settings(name)


@pytest.mark.parametrize("name", MODELS)
def test_the_log_has_every_drawn_setting_once(name):
    mine = LOG[(LOG["model"] == name) & (LOG["step"] == "drawn")]
    found = [json.loads(text) for text in mine.sort_values("trial", kind="stable")["parameters"]]
    assert found == leaderboard.settings(name)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("task", leaderboard.TASKS)
def test_the_best_is_not_at_an_edge_or_the_edge_was_tried(name, task):
    edges = LOG[(LOG["model"] == name) & (LOG["step"] == f"edge of {task}")]
    assert len(edges) <= leaderboard.EDGES
    assert leaderboard.outward(name, task) is None or len(edges) == leaderboard.EDGES


def test_the_number_beyond_a_list_goes_on_as_the_list_does(monkeypatch):
    rows = {"model": "EASE", "step": "drawn", "discover": [0.1, 0.2], "replenish": [0.2, 0.1]}
    settings = [{"regularisation": 1.0, "power": 0.0}, {"regularisation": 7000.0, "power": 1.0}]
    table = pd.DataFrame(rows | {"parameters": [json.dumps(one) for one in settings]})
    monkeypatch.setattr(leaderboard, "log_of", lambda name: table)
    beyond = leaderboard.outward("EASE", "discover")
    assert beyond == {"regularisation": 9800.0, "power": 1.0}  # 7000² / 5000
    beyond = leaderboard.outward("EASE", "replenish")
    assert beyond == {"regularisation": 0.5, "power": 0.0}  # 1² / 2


def test_both_tasks_are_watched_in_one_run():
    both = leaderboard.Both.__new__(leaderboard.Both)
    both.epoch, both.found = 0, dict.fromkeys(leaderboard.TASKS, (-1.0, 0))
    curves = {"discover": [0.3, 0.2, 0.2, 0.2], "replenish": [0.1, 0.1, 0.4, 0.2]}
    both.judge = lambda model: {task: curve[both.epoch - 1] for task, curve in curves.items()}
    assert [both.ndcg(None) > 0 for _ in range(4)] == [True, False, True, False]
    assert both.found == {"discover": (0.3, -1), "replenish": (0.4, -3)}
