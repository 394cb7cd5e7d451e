"""Counts on the Amazon files: two implementations agree, and choosing does not see the test."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.datasets import load_sequences
from course_lib.evaluation import evaluate
from course_lib.split import leave_last_out

sys.path.insert(0, str(ROOT / "benchmarks"))
import amazon
import amazon_counts as counts

PAIRS = {"fade": 0.5, "back": 0.25, "share": 0.0}


def histories(folder, lines, name="Beauty"):
    path = folder / f"{name}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return counts.Histories(path)


@pytest.fixture
def small(tmp_path):
    """Items a to e are 0 to 4, as they first appear; the last is test, validation before it."""
    return histories(tmp_path, ["ann a b c d e", "bo a c b e d"])


def drawn(seed=0, users=60):
    """Lines of users who take one of three kinds of items mostly, in rising order."""
    rng = np.random.default_rng(seed)
    lines = []
    for user in range(users):
        own = rng.permutation(20)[: rng.integers(5, 11)] + 20 * (user % 3)
        strange = rng.integers(0, 60, 2)
        items = list(dict.fromkeys([*np.sort(own).tolist(), *strange.tolist()]))
        lines.append(" ".join(map(str, [f"u{user}", *items])))
    return lines


def test_what_is_held_out_and_what_is_known_before_it(small):
    assert small.targets(1).tolist() == [4, 3]
    assert small.targets(2).tolist() == [3, 4]
    known = small.weights(2, decay=0.5).toarray()
    assert known.tolist() == [[0.25, 0.5, 1, 0, 0], [0.25, 1, 0.5, 0, 0]]
    assert small.weights(2, decay=0.5, memory=2).toarray()[0].tolist() == [0, 0.5, 1, 0, 0]
    assert small.weights(1).toarray().sum() == 8


def test_co_visits_by_hand(small):
    """a→b and a→c are met at gaps 1 and 2, b→c once each way at gap 1; back counts a quarter."""
    expected = np.zeros((5, 5))
    expected[0, 1] = expected[0, 2] = 1 + 0.5
    expected[1, 0] = expected[2, 0] = (1 + 0.5) / 4
    expected[1, 2] = expected[2, 1] = 1 + 1 / 4
    np.testing.assert_allclose(small.co_visits(2, **PAIRS).toarray(), expected)
    of_three = small.co_visits(2, **PAIRS | {"share": 1.0}).toarray()
    np.testing.assert_allclose(of_three, expected / 3)


def test_a_co_visit_score_by_hand(small):
    setting = PAIRS | {"smoothing": 1.0, "source": 1.0, "target": 0.5, "decay": 0.5}
    score, numbers = counts.co_visits(small, 2, 2, **setting)
    assert numbers == 6
    rows, columns = 1 + np.array([3, 1.625, 1.625]), 1 + np.array([0.75, 2.75, 2.75])
    to_a = 0.375 * (0.5 / rows[1] + 1 / rows[2]) / columns[0] ** 0.5  # from b and c of "a b c"
    assert score([0])[0, 0] == pytest.approx(to_a)
    assert score([0])[0, 3:].tolist() == [0, 0]


def test_second_order_by_hand(tmp_path):
    """Before validation "bo a b c" and "cy a b d": after a, b came c and d; ann's last are a, b."""
    log = histories(tmp_path, ["ann x a b v t", "bo a b c v t", "cy a b d v t"])
    score, numbers = counts.second_order(log, 2, 2)
    assert numbers == 3  # and b after x, a
    names = {name: i for i, name in enumerate("xabvtcd")}
    assert np.flatnonzero(score([0])[0]).tolist() == sorted([names["c"], names["d"]])
    assert not score([1, 2]).any()  # nothing came after b, c or b, d


def test_all_singular_vectors_give_the_table_back(small, monkeypatch):
    monkeypatch.setattr(counts, "RANKS", 5)
    score, numbers = counts.low_rank(small, 2, 2, **PAIRS, decay=0.5, rank=5)
    near = counts.powered(small.co_visits(2, **PAIRS), 10, 0.4, 0.4).toarray()
    expected = small.weights(2, 0.5).toarray() @ near
    np.testing.assert_allclose(score([0, 1]), expected, atol=1e-6)
    assert numbers == 50


def test_a_sum_divides_each_by_the_users_largest():
    one = lambda users: np.array([[1.0, 4.0], [0.0, 0.0]])  # noqa: E731
    two = lambda users: np.array([[10.0, 5.0], [0.0, 2.0]])  # noqa: E731
    score, numbers = counts.add((one, 3), (two, 4), 0.5)
    assert score([0, 1]).tolist() == [[0.25 + 0.5, 1 + 0.25], [0, 0.5]]
    assert numbers == 7


def test_places_leave_out_what_was_had_and_ties_keep_the_catalogues_order(small):
    """For ann a to d are known when e is asked for, so only e is left; for bo all but d."""
    flat = (lambda users: np.ones((len(users), 5)), 0)
    assert counts.ranks(small, flat, 1, np.arange(2)).tolist() == [0, 0]
    assert counts.ranks(small, flat, 2, np.arange(2)).tolist() == [0, 1]  # d before e


def test_one_item_at_place_2_is_worth_one_over_the_logarithm_of_4():
    assert counts.ndcg(np.array([0, 2, 9, 10])).tolist() == [1, 0.5, 1 / np.log2(11), 0]
    assert counts.recall(np.array([0, 2, 9, 10])).tolist() == [1, 1, 1, 0]


@pytest.fixture
def tuned(tmp_path, monkeypatch):
    """A folder with one drawn set, and what tuning it in small found."""
    log = histories(tmp_path, drawn())
    monkeypatch.setattr(counts, "RANKS", 10)
    begin = {"weight": 1.0, "rank": 10, "decay": 0.4, "share": 0.3}
    few = {name: [value / 2, value] for name, value in begin.items()} | {"rank": [5, 10]}, begin
    monkeypatch.setitem(amazon.SPACE, "co-visits + low rank", few)
    tries = amazon.Tries(tmp_path / "tries.csv")
    for model in amazon.SPACE:
        if model not in amazon.SLOW:
            amazon.search("Beauty", model, log, tries)
    return tmp_path, log, tries


def test_library_and_plain_counts_agree_user_by_user(tuned):
    folder, log, tries = tuned
    split = leave_last_out(load_sequences(folder / "Beauty.txt", line="user"))
    best = lambda part: tries.best("Beauty", part)  # noqa: E731
    for model in ("popularity", "neighbours", "Markov", "Markov + neighbours"):
        theirs = amazon.library(model, best).fit(split.train)
        table = evaluate(theirs, split.test, history=split.before_test)
        scored = amazon.made(model, log, amazon.TEST, best(model), best)
        places = counts.ranks(log, scored, amazon.TEST, np.arange(log.shape[0]))
        np.testing.assert_allclose(table["ndcg"], counts.ndcg(places), atol=1e-9, err_msg=model)
        np.testing.assert_allclose(table["recall"], counts.recall(places), err_msg=model)


def test_choosing_does_not_look_at_the_test(tuned):
    folder, log, tries = tuned
    last = np.flatnonzero(log.after == 0)
    log.items[last] = log.items[np.roll(last, 1)]  # everybody's test is somebody else's
    fresh = amazon.Tries(folder / "again.csv")
    for model in amazon.SPACE:
        if model not in amazon.SLOW:
            amazon.search("Beauty", model, log, fresh)
    assert fresh.found == tries.found


def test_a_second_call_goes_on_where_the_log_ends(tuned, monkeypatch):
    folder, log, tries = tuned
    text = (folder / "tries.csv").read_text()
    monkeypatch.setattr(counts, "ranks", None)  # nothing may be measured again
    again = amazon.Tries(folder / "tries.csv")
    amazon.search("Beauty", "Markov", log, again)
    assert (folder / "tries.csv").read_text() == text
    assert again.best("Beauty", "Markov") == tries.best("Beauty", "Markov")


def test_files_that_are_not_there_are_skipped_with_the_reason(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["amazon", str(tmp_path), "tune", "--logs", str(tmp_path)])
    amazon.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" skipped: there is no ")[0] for line in lines] == list(amazon.FILES)


RESULTS = ROOT / "benchmarks" / "amazon_test.csv"
made_already = pytest.mark.skipif(not RESULTS.exists(), reason="amazon.py test has not been run")


@made_already
def test_what_was_tested_is_the_best_that_was_tried():
    tries = amazon.Tries(amazon.FOLDER / "amazon_tries.csv")
    for row in pd.read_csv(RESULTS).itertuples(index=False):
        assert json.loads(row.setting) == tries.best(row.set, row.model)


@made_already
def test_readme_shows_the_table_of_the_results():
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for line in amazon.shown(pd.read_csv(RESULTS)).splitlines():
        assert line in readme


@made_already
def test_popularity_is_above_no_published_figure():
    table = pd.read_csv(RESULTS)
    popular = table[table["model"] == "popularity"].set_index("set")["ndcg high"]
    for place, name in enumerate(amazon.FILES):
        assert popular[name] < min(figures[place][0] or 1 for figures in amazon.PUBLISHED.values())
