"""The protocol: who is judged, on what, and what a table of models says; worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from course_lib.evaluation import METRICS, compare, evaluate, leaderboard
from course_lib.interactions import Interactions
from course_lib.models.base import Recommender
from course_lib.models.chance import Chance
from course_lib.statistics import bootstrap_interval, holm, paired_difference

LOG2_3 = np.log2(3)


class Fixed(Recommender):
    """Ranks the catalogue for everybody as it was told, best first."""

    def __init__(self, *, order):
        self.order = order

    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        self.histories_ = [*getattr(self, "histories_", []), history]
        return np.tile(-np.argsort(self.order).astype(float), (len(users), 1))

    def _knows(self, users, history):
        return np.ones(len(users), dtype=bool)


def log(events, n_users=4, n_items=5):
    users, items = np.array(events, dtype=int).reshape(-1, 2).T
    times = np.arange(len(users)).astype("datetime64[s]")
    return Interactions(users, items, times, np.ones(len(users)), range(n_users), range(n_items))


# User 0 knows item 0, then buys it again (twice), and 2 and 3 for the first time.
# User 1 knows 0 and 1 and buys only these again. User 2 has no history and buys 4.
# User 3 knows item 2 and buys nothing.
HISTORY = log([(0, 0), (1, 0), (1, 1), (3, 2)])
HELD_OUT = log([(0, 0), (0, 0), (0, 2), (0, 3), (1, 1), (1, 0), (2, 4)])
MODEL = Fixed(order=[0, 1, 2, 3, 4]).fit(HISTORY)


def test_discover_by_hand():
    # User 0 is shown 1, 2, 3 (item 0 is known): two of two found, at places 2 and 3.
    # User 2 is shown 0, 1, 2: item 4 not found. Users 1 and 3 have nothing to discover.
    table = evaluate(MODEL, HELD_OUT, history=HISTORY, k=3)
    assert table.index.tolist() == [0, 2]
    assert table.index.name == "user"
    assert table["relevant"].tolist() == [2, 1]
    ndcg = (1 / LOG2_3 + 1 / 2) / (1 + 1 / LOG2_3)
    expected = {
        "ndcg": [ndcg, 0],
        "recall": [1, 0],
        "precision": [2 / 3, 0],
        "hit_rate": [1, 0],
        "mrr": [1 / 2, 0],
        "map": [(1 / 2 + 2 / 3) / 2, 0],
    }
    assert list(table.columns) == ["relevant", *expected]
    for name, values in expected.items():
        np.testing.assert_allclose(table[name], values, err_msg=name)


def test_replenish_by_hand():
    # Everybody is shown 0, 1, 2. User 0 bought 0 again (twice, which counts once): place 1.
    # User 1 bought 0 and 1 again: both found.
    table = evaluate(MODEL, HELD_OUT, history=HISTORY, k=3, exclude_seen=False)
    assert table.index.tolist() == [0, 1]
    assert table["relevant"].tolist() == [1, 2]
    np.testing.assert_allclose(table["ndcg"], [1, 1])
    np.testing.assert_allclose(table["precision"], [1 / 3, 2 / 3])
    np.testing.assert_allclose(table["recall"], [1, 1])


def test_known_products_take_places_in_replenish_but_not_in_discover():
    backwards = Fixed(order=[4, 3, 2, 1, 0]).fit(HISTORY)
    table = evaluate(backwards, HELD_OUT, history=HISTORY, k=4, exclude_seen=False)
    # 4, 3, 2, 1: user 0's item 0 is fifth; user 1's item 1 is fourth, one of two.
    np.testing.assert_allclose(table["recall"], [0, 1 / 2])
    np.testing.assert_allclose(table["mrr"], [0, 1 / 4])
    np.testing.assert_allclose(table["ndcg"], [0, (1 / np.log2(5)) / (1 + 1 / LOG2_3)])


def test_k_counts():
    one = evaluate(MODEL, HELD_OUT, history=HISTORY, k=1)
    np.testing.assert_allclose(one["hit_rate"], [0, 0])
    whole = evaluate(MODEL, HELD_OUT, history=HISTORY, k=5)
    np.testing.assert_allclose(whole["recall"], [1, 1])


def test_the_model_is_asked_with_the_history_given():
    model = Fixed(order=[0, 1, 2, 3, 4]).fit(log([(0, 4)]))
    evaluate(model, HELD_OUT, history=HISTORY, k=2)
    assert model.histories_ == [HISTORY]


def test_each_user_gets_their_own_row():
    """Rows of users, lists and what is relevant stay together, whoever is left out."""

    class Own(Fixed):
        def _score(self, users, history):
            return np.eye(6)[users]  # user u is shown item u first

    history = log([(u, 5) for u in range(6)], 6, 6)
    held_out = log([(1, 1), (4, 4), (5, 3)], 6, 6)
    table = evaluate(Own(order=[]).fit(history), held_out, history=history, k=1)
    assert table["ndcg"].to_dict() == {1: 1.0, 4: 1.0, 5: 0.0}


@pytest.mark.parametrize(
    ("exclude_seen", "match"), [(True, "1 first-time purchase"), (False, "1 repeat purchase")]
)
def test_nothing_to_find(exclude_seen, match):
    held_out = log([(0, 0)] if exclude_seen else [(0, 1)])
    with pytest.raises(ValueError, match=match):
        evaluate(MODEL, held_out, history=HISTORY, k=2, exclude_seen=exclude_seen)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="same users and items"):
        evaluate(MODEL, HELD_OUT, history=log([(0, 0)], n_items=9), k=2)
    with pytest.raises(ValueError, match="not fitted"):
        evaluate(Fixed(order=[0]), HELD_OUT, history=HISTORY, k=2)


def table_of(values, **more):
    values = np.asarray(values, dtype=float)
    index = pd.Index(range(len(values)), name="user")
    return pd.DataFrame(dict.fromkeys(METRICS, values) | more, index=index)


def test_leaderboard_by_hand():
    tables = {"base": table_of([0, 0, 1, 1]), "up": table_of([0.5, 0.5, 1, 1])}
    board = leaderboard(tables, baseline="base")
    assert board.index.tolist() == ["up", "base"]
    np.testing.assert_allclose(board["mean"], [0.75, 0.5])
    np.testing.assert_allclose(board["lead"], [0.25, 0])
    assert board.loc["base", ["lead_low", "lead_high"]].tolist() == [0, 0]
    assert np.isnan(board.loc["base", ["p", "p_holm"]].astype(float)).all()
    # two differences of a half, two of zero: a mean flip reaches 0.25 when both have one sign
    assert 0.4 < board.loc["up", "p"] < 0.6


def test_leaderboard_holds_the_numbers_of_statistics():
    rng = np.random.default_rng(0)
    base = rng.random(80)
    others = {
        name: np.clip(base + rng.normal(gain, 0.2, 80), 0, 1)
        for name, gain in (("a", 0.08), ("b", 0.04), ("c", 0.0))
    }
    tables = {"base": table_of(base)} | {n: table_of(v) for n, v in others.items()}
    board = leaderboard(tables, baseline="base", metric="recall", seed=5)
    for name, values in others.items():
        row = board.loc[name]
        np.testing.assert_allclose(row[["mean", "low", "high"]], bootstrap_interval(values, seed=5))
        expected = paired_difference(values, base, seed=5)
        np.testing.assert_allclose(row[["lead", "lead_low", "lead_high", "p"]], expected)
    p = board.loc[list(others), "p"].to_numpy()
    np.testing.assert_allclose(board.loc[list(others), "p_holm"], holm(p))
    # Holm by hand: smallest p times 3, next times 2, largest times 1, never falling, at most 1
    first, second, third = np.sort(p)
    steps = np.maximum.accumulate([3 * first, 2 * second, third])
    np.testing.assert_allclose(np.sort(board.loc[list(others), "p_holm"]), np.minimum(steps, 1))


def test_the_metric_chosen_decides():
    low, high = np.full(4, 0.2), np.full(4, 0.8)
    tables = {"x": table_of(low, recall=high), "y": table_of(high, recall=low)}
    assert leaderboard(tables, baseline="x").index.tolist() == ["y", "x"]
    assert leaderboard(tables, baseline="x", metric="recall").index.tolist() == ["x", "y"]


def test_a_leaderboard_of_one():
    board = leaderboard({"only": table_of([0.1, 0.3])}, baseline="only")
    np.testing.assert_allclose(board["mean"], [0.2])


def test_leaderboard_refuses():
    tables = {"a": table_of([0, 1]), "b": table_of([0, 1, 1])}
    with pytest.raises(ValueError, match="one of a, b, got 'c'"):
        leaderboard(tables, baseline="c")
    with pytest.raises(ValueError, match="'b' and 'a' were evaluated on different users"):
        leaderboard(tables, baseline="a")
    with pytest.raises(ValueError, match="metric must be one of"):
        leaderboard({"a": tables["a"]}, baseline="a", metric="accuracy")


def test_a_catalogue_smaller_than_k_is_evaluated():
    # Five items and k = 10. User 0 is shown 1, 2, 3, 4 and finds 2 and 3, user 2 all five.
    table = evaluate(MODEL, HELD_OUT, history=HISTORY)
    np.testing.assert_allclose(table["recall"], [1, 1])
    np.testing.assert_allclose(table["precision"], [2 / 10, 1 / 10])
    np.testing.assert_allclose(table["mrr"], [1 / 2, 1 / 5])


def test_a_history_of_other_ids_is_refused():
    other = Interactions(
        *(HISTORY.users, HISTORY.items, HISTORY.timestamps, HISTORY.values),
        *(list("abcd"), range(5)),
    )
    with pytest.raises(ValueError, match="user"):
        evaluate(MODEL, HELD_OUT, history=other, k=2)


def test_tables_of_another_k_or_task_are_not_compared():
    """The same model at 5 and at 10 would lead itself."""
    five, three = (evaluate(MODEL, HELD_OUT, history=HISTORY, k=k) for k in (5, 3))
    with pytest.raises(ValueError, match="'a' was evaluated with k=5, 'b' with k=3"):
        leaderboard({"a": five, "b": three}, baseline="b")
    again = evaluate(MODEL, HELD_OUT, history=HISTORY, k=3, exclude_seen=False).set_index(
        three.index
    )
    with pytest.raises(ValueError, match="'b' was evaluated with exclude_seen=False, 'a' with"):
        leaderboard({"a": three, "b": again}, baseline="a")
    with pytest.raises(ValueError, match="'b' was evaluated with k=5, this comparison is with k=3"):
        compare({"a": MODEL, "b": five}, HELD_OUT, history=HISTORY, baseline="a", k=3)
    with pytest.raises(ValueError, match="'b' was evaluated with k=5, this comparison is with k=3"):
        compare({"b": five}, HELD_OUT, history=HISTORY, baseline="b", k=3)


@pytest.mark.parametrize(
    "part",
    [
        lambda table: table[["ndcg", "recall"]],
        lambda table: table.loc[[2, 0]],
        lambda table: table.iloc[:2],
        lambda table: table[table["relevant"] > 0],
        lambda table: table.copy(),
        lambda table: table.drop(columns="map"),
        lambda table: table.assign(more=1),
        lambda table: table.sort_values("ndcg"),
        lambda table: pd.concat([table, table]),
    ],
)
def test_a_part_of_a_table_remembers_k_and_task(part):
    table = part(evaluate(MODEL, HELD_OUT, history=HISTORY, k=np.int64(3)))
    assert table.attrs == {"k": 3, "exclude_seen": True}


def test_tables_are_paired_by_user_whatever_their_order():
    base = table_of([0.1, 0.5, 0.2, 0.9], relevant=[1, 2, 3, 4])
    up = table_of(base["ndcg"] + 0.05, relevant=base["relevant"])
    expected = leaderboard({"base": base, "up": up}, baseline="base")
    turned = leaderboard({"base": base, "up": up.iloc[[2, 0, 3, 1]]}, baseline="base")
    pd.testing.assert_frame_equal(turned, expected)
    assert turned.loc["up", "lead_low"] == pytest.approx(0.05)


def test_tables_of_other_purchases_are_not_compared():
    one, other = table_of([0.0, 1.0], relevant=[1, 2]), table_of([0.0, 1.0], relevant=[1, 3])
    message = "'b' and 'a' were evaluated on different purchases: user 1 had 3 and 2 items to find"
    with pytest.raises(ValueError, match=message):
        leaderboard({"a": one, "b": other}, baseline="a")


def test_one_user_is_no_comparison():
    held_out = log([(0, 2)])
    with pytest.raises(ValueError, match="at least 2 users with something to find, got 1"):
        compare({"a": MODEL}, held_out, history=HISTORY, baseline="a", k=3)


def test_a_user_may_stand_once():
    table = table_of([0.0, 1.0])
    twice = table.set_index(pd.Index([1, 1]))
    with pytest.raises(ValueError, match="user 1 stands twice in the table of 'b'"):
        leaderboard({"a": table, "b": twice}, baseline="a")


def test_models_must_be_named():
    with pytest.raises(ValueError, match=r"models must be a dict \{name: model\}, got list"):
        compare([MODEL], HELD_OUT, history=HISTORY, baseline="a")


def test_a_table_without_the_metric_is_refused():
    tables = {"a": table_of([0, 1]), "b": table_of([0, 1])[["ndcg"]]}
    with pytest.raises(ValueError, match="metric must be one of"):
        leaderboard(tables, baseline="a", metric="recall")


def test_a_table_may_have_forgotten_how_much_there_was_to_find():
    tables = {"a": table_of([0, 1]), "b": table_of([1, 1], relevant=[2, 3])}
    assert leaderboard(tables, baseline="a")["lead"].tolist() == [0.5, 0.0]
    assert leaderboard(tables, baseline="b")["lead"].tolist() == [0.0, -0.5]


def test_names_need_not_be_text():
    board = leaderboard({1: table_of([0, 1]), 2: table_of([1, 1])}, baseline=1)
    assert board.index.tolist() == [2, 1]
    with pytest.raises(ValueError, match="baseline must be one of 1, 2, got 3"):
        leaderboard({1: table_of([0, 1]), 2: table_of([1, 1])}, baseline=3)


def test_compare_is_evaluate_and_leaderboard():
    models = {"up": MODEL, "down": Fixed(order=[4, 3, 2, 1, 0]).fit(HISTORY)}
    options = {"history": HISTORY, "k": 3, "exclude_seen": False}
    tables = {name: evaluate(model, HELD_OUT, **options) for name, model in models.items()}
    expected = leaderboard(tables, baseline="up", metric="precision", seed=1)
    found = compare(models, HELD_OUT, baseline="up", metric="precision", seed=1, **options)
    pd.testing.assert_frame_equal(found, expected)
    found = compare(tables, HELD_OUT, baseline="up", metric="precision", seed=1, **options)
    pd.testing.assert_frame_equal(found, expected)


def shop_with_a_taste(seed=0):
    """40 users × 30 items: every user buys within one half of the catalogue."""
    rng = np.random.default_rng(seed)
    half = np.arange(40) % 2
    bought = [(u, 15 * half[u] + i) for u in range(40) for i in rng.permutation(15)[:12]]
    past = [pair for place, pair in enumerate(bought) if place % 12 < 8]
    future = [pair for place, pair in enumerate(bought) if place % 12 >= 8]
    return log(past, 40, 30), log(future, 40, 30)


class Halves(Recommender):
    """Knows the rule behind `shop_with_a_taste`."""

    def _fit(self, train, validation):
        pass

    def _score(self, users, history):
        return (np.arange(30) // 15 == (users % 2)[:, None]).astype(float)


def test_a_model_that_knows_leads_and_a_random_one_in_its_place_does_not():
    history, held_out = shop_with_a_taste()
    popular = Fixed(order=np.arange(30)).fit(history)
    models = {"popular": popular, "knows": Halves().fit(history)}
    models |= {f"random {i}": Chance(seed=i).fit(history) for i in range(3)}
    board = compare(models, held_out, history=history, baseline="popular", k=5)
    assert board.index[0] == "knows"
    assert board.loc["knows", "lead_low"] > 0
    assert board.loc["knows", "p_holm"] < 0.05
    for i in range(3):
        assert board.loc[f"random {i}", "lead_low"] < 0


def test_memory_does_not_hold_all_scores(monkeypatch):
    """Users are scored in batches: never more than the base class allows at once."""
    import course_lib.models.base as base

    monkeypatch.setattr(base, "SCORES_AT_ONCE", 60)
    history, held_out = shop_with_a_taste()
    largest = []

    class Watched(Halves):
        def _score(self, users, history):
            largest.append(len(users))
            return super()._score(users, history)

    evaluate(Watched().fit(history), held_out, history=history, k=5)
    assert max(largest) == 2
