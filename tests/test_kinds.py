"""Groups in the place of products: their names, their lines, and what is dropped."""

import pytest

from course_lib.datasets import load_tiny_shop
from course_lib.kinds import grouped


def test_groups_take_the_place_of_products():
    shop = load_tiny_shop()
    log = grouped(shop, "department", min_users=2)
    assert log.item_ids.tolist() == ["kitchen", "pantry", "sport"]  # home: one lamp, unsold
    names = log.item_ids[log.items].tolist()
    assert names.count("kitchen") == 3 and names.count("pantry") == 4 and names.count("sport") == 5
    assert log.user_ids.tolist() == shop.interactions.user_ids.tolist()
    assert log.timestamps.tolist() == shop.interactions.timestamps.tolist()
    assert grouped(shop, "department").item_ids.tolist() == ["kitchen", "pantry", "sport"]
    unknown = shop._replace(
        items=shop.items.assign(department=shop.items["department"].replace("pantry", None))
    )
    assert len(grouped(unknown, "department")) == 8
    with pytest.raises(ValueError, match="min_users must be a whole number of at least 1, got 0"):
        grouped(shop, "department", min_users=0)
