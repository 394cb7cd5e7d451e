"""The wishes of lesson 16: what a search is judged by."""

from pathlib import Path

import numpy as np
import pandas as pd

from course_lib.datasets import load_complete_journey

WISHES = Path(__file__).parents[1] / "datasets" / "item_text" / "search.csv"


def test_each_wish_has_something_right_in_the_shop_and_not_too_much():
    wishes = pd.read_csv(WISHES)
    kinds = load_complete_journey(min_households=30).items[["category", "type"]].drop_duplicates()
    label = kinds["category"].fillna("") + " | " + kinds["type"].fillna("")
    right = np.array([label.str.contains(pattern).sum() for pattern in wishes["right"]])
    assert right.min() >= 1
    assert right.max() <= len(label) * 0.03  # five at random would hardly ever be right
    assert wishes["kind"].value_counts().to_dict() == {"same": 50, "other": 50}
    assert not wishes[["en", "zh"]].isna().any().any()
    assert wishes["en"].is_unique and wishes["zh"].is_unique


def test_the_wishes_in_chinese_share_no_letter_with_the_shop():
    assert not pd.read_csv(WISHES)["zh"].str.contains("[A-Za-z]").any()
