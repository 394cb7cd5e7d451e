"""Lesson 16's wishes, by which a search is judged, and its tables: what its benchmark makes."""

import io
import sys

import numpy as np
import pandas as pd
import pytest
from lessons import ROOT

from course_lib.datasets import load_complete_journey

sys.path.insert(0, str(ROOT / "benchmarks"))
import item_text
import leaderboard

FOLDER = ROOT / "datasets" / "item_text"


@pytest.fixture(scope="module")
def shop():
    return load_complete_journey(min_households=30)


def test_each_wish_has_something_right_in_the_shop_and_not_too_much(shop):
    wishes = pd.read_csv(FOLDER / "search.csv")
    kinds = shop.items[["category", "type"]].drop_duplicates()
    label = kinds["category"].fillna("") + " | " + kinds["type"].fillna("")
    right = np.array([label.str.contains(pattern).sum() for pattern in wishes["right"]])
    assert right.min() >= 1
    assert right.max() <= len(label) * 0.03  # five at random would hardly ever be right
    assert wishes["kind"].value_counts().to_dict() == {"same": 50, "other": 50}
    assert not wishes[["en", "zh"]].isna().any().any()
    assert wishes["en"].is_unique and wishes["zh"].is_unique


def test_the_wishes_in_chinese_share_no_letter_with_the_shop():
    assert not pd.read_csv(FOLDER / "search.csv")["zh"].str.contains("[A-Za-z]").any()


@pytest.mark.parametrize("column", item_text.NEWNESS.values())
def test_what_is_hidden_is_a_fifth_and_whole(shop, column):
    learn, judge, left, test = item_text.parted(shop.items, column, split=1)
    assert sorted([*left, *test]) == list(range(len(shop.items)))
    assert sorted([*learn, *judge]) == left.tolist()
    assert len(test) == pytest.approx(len(shop.items) / 5, rel=0.25)
    if column:
        kinds = shop.items[column]
        assert not set(kinds.iloc[learn].dropna()) & set(kinds.iloc[judge].dropna())
        assert not set(kinds.iloc[left].dropna()) & set(kinds.iloc[test].dropna())


def test_a_row_of_the_table_of_new_products_is_what_the_benchmark_makes(shop):
    """One of its 93 runs again, from the log to each household's number."""
    parts = item_text.parted(shop.items, None, split=0)
    bought = (shop.interactions.matrix() > 0).astype(float).toarray()
    table = item_text.columns(shop.items, ["department", "brand"])
    scores, _ = item_text.chosen(table, bought, bought, parts)
    stored = np.load(FOLDER / "cold.npz")["items: department, brand"]
    assert stored.shape == (3, shop.interactions.n_users)
    np.testing.assert_allclose(item_text.ndcg(scores, bought[:, parts[-1]]), stored[0], atol=1e-3)


def test_rivals_on_all_products_are_those_of_the_leaderboard():
    stored = np.load(FOLDER / "generative.npz")
    known = np.load(leaderboard.FOLDER / "households.npz")
    for name in item_text.RIVALS:
        mine = stored[f"warm: {name}"][0]
        np.testing.assert_allclose(mine[~np.isnan(mine)], known[f"discover, {name}, 0"], atol=1e-3)


def test_a_new_product_gets_the_mean_bias_of_its_kind():
    """Kind a has 1 and 3; b is known in its department only, by c's 5; e's department is new."""
    items = pd.DataFrame(
        {"department": list("xxxyyz"), "category": ["a", "a", "a", "c", "b", None]}
    )
    out = np.array([False, False, True, False, True, True])
    biases = item_text.of_its_kind(np.array([1.0, 3, 0, 5, 0, 0]), out, items)
    np.testing.assert_allclose(biases, [1, 3, 2, 5, 5, 3])


def test_amazon_s_table_is_made_of_what_was_counted_and_what_is_published():
    made = io.StringIO()
    item_text.amazon_table().to_csv(made, index=False)
    assert made.getvalue() == (FOLDER / "amazon.csv").read_text(encoding="utf-8")
