"""Many workers say what one says."""

import functools

import numpy as np
import pytest

from course_lib.datasets import load_complete_journey, load_tiny_shop
from course_lib.evaluation import evaluate
from course_lib.features import co_purchase
from course_lib.many_machines import (
    added,
    als_in_parts,
    co_purchase_in_parts,
    copies,
    local_cluster,
)
from course_lib.models.als import ALS
from course_lib.models.chance import Chance
from course_lib.split import split_by_time


@pytest.fixture(scope="module")
def client():
    with local_cluster(2) as client:
        yield client


@pytest.fixture(scope="module")
def shop():
    return load_complete_journey(min_households=300).interactions


def same(a, b):
    return all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("indptr", "indices", "data"))


def test_copies_are_shops_of_other_people_and_the_same_items():
    log = load_tiny_shop().interactions
    first, second = copies(log, 2)
    assert set(first.users) == set(range(6))
    assert set(second.users) == set(range(6, 12))
    assert np.array_equal(first.items, second.items)
    assert first.same_ids(second)


def test_20_copies_meet_20_times_as_often_as_one(client, shop):
    found = co_purchase_in_parts(copies(shop, 20), client)
    truth = co_purchase(shop)
    assert same(found, truth * 20.0)
    assert not same(found, truth * 19.0)


def test_parts_may_be_made_where_they_are_counted(client):
    load = functools.partial(load_complete_journey, min_households=1000)
    parts = [lambda: load().interactions for _ in range(3)]
    assert same(co_purchase_in_parts(parts, client), co_purchase(load().interactions) * 3.0)


def test_one_part_for_two_workers_and_other_baskets(client):
    log = load_tiny_shop().interactions
    assert same(co_purchase_in_parts([log], client, within="M"), co_purchase(log, within="M"))


def test_a_user_cut_in_two_loses_what_meets_across_the_cut(client):
    """Why parts must keep users whole."""
    log = load_tiny_shop().interactions
    halves = [log.select(np.arange(len(log)) % 2 == i) for i in (0, 1)]
    whole = co_purchase(log, within="Y").sum()
    assert co_purchase_in_parts(halves, client, within="Y").sum() < whole


def test_a_table_alone_is_its_own_sum():
    table = co_purchase(load_tiny_shop().interactions, within="M")
    assert same(added([table]), table)


def test_als_of_two_workers_is_that_of_one(client, shop):
    split = split_by_time(shop, "2017-10-01", "2017-11-15")
    train = split.before_test
    one = ALS(dimensions=16, iterations=3).fit(train)
    two = als_in_parts(ALS(dimensions=16, iterations=3), train, client)
    np.testing.assert_allclose(two.item_factors_, one.item_factors_, atol=2e-3)

    def ndcg(model):
        return evaluate(model, split.test, history=train)["ndcg"].mean()

    assert abs(ndcg(two) - ndcg(one)) < 0.002
    assert abs(ndcg(Chance(seed=0).fit(train)) - ndcg(one)) > 0.002
    assert "client" not in vars(two)


def test_als_in_parts_checks_as_als_does(client, shop):
    with pytest.raises(ValueError, match="dimensions must be"):
        als_in_parts(ALS(dimensions=0), shop, client)
    with pytest.raises(ValueError, match="model must be an ALS with steps=None"):
        als_in_parts(ALS(steps=3), shop, client)
    with pytest.raises(ValueError, match="workers must be"), local_cluster(0):
        pass
