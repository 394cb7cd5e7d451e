"""One event at a time gives what all events at once give."""

import numpy as np
import pytest

from course_lib.datasets import load_tiny_shop
from course_lib.new_users import new_users
from course_lib.shop.live import UserVectors, forget, too_fast


def test_a_vector_by_hand():
    live = UserVectors([[3.0, 0.0], [0.0, 4.0]], [1.0, 1.0], normalise=False)
    assert live.vector("zoe").tolist() == [1, 1]
    assert live.add("zoe", 0)
    assert live.vector("zoe").tolist() == [4, 1]
    assert live.add("zoe", 1)
    assert live.vector("zoe").tolist() == [2.5, 3]
    assert not live.add("zoe", 1)  # known already: the tower looks at distinct items
    assert live.vector("zoe").tolist() == [2.5, 3]
    assert live.vector("ann").tolist() == [1, 1]  # users do not mix


def test_a_vector_of_nothing_is_not_divided_by_its_length():
    assert UserVectors([[0.0, 0.0]], [0.0, 0.0]).vector(1).tolist() == [0, 0]


@pytest.mark.parametrize("normalise", [True, False])
def test_event_by_event_it_is_the_towers_vector(normalise):
    from course_lib.models.two_tower import TwoTower

    log = load_tiny_shop().interactions
    features = np.random.default_rng(0).normal(size=(log.n_items, 3))
    model = TwoTower(
        epochs=2, batch_size=4, normalise=normalise, item_features=features, dimensions=6
    ).fit(log)
    live = UserVectors.of(model)
    for user, item in zip(log.users.tolist(), log.items.tolist(), strict=True):
        live.add(user, item)
    users = np.arange(log.n_users)
    found = [live.vector(user) for user in users]
    np.testing.assert_allclose(found, model.user_vectors(users, log), atol=1e-5)
    nobody = model.user_vectors([0], new_users([[]], like=log))
    np.testing.assert_allclose(live.vector("nobody")[None], nobody, atol=1e-5)


def test_a_model_that_knows_more_than_histories_is_refused():
    from course_lib.models.two_tower import TwoTower

    with pytest.raises(ValueError, match="by their histories alone"):
        UserVectors.of(TwoTower(user_embedding=True))


@pytest.mark.parametrize(
    ("items", "everyone", "words"),
    [
        ([1.0, 2.0], [0.0], r"items must be \(n_items, d\)"),
        ([[1.0, 2.0]], [0.0], r"everyone must be \(2,\)"),
        ([[np.nan, 2.0]], [0.0, 0.0], "items must be finite"),
    ],
)
def test_bad_vectors_are_named(items, everyone, words):
    with pytest.raises(ValueError, match=words):
        UserVectors(items, everyone)


@pytest.mark.parametrize("item", [-1, 2, 0.5, True])
def test_an_item_out_of_the_catalogue_is_named(item):
    live = UserVectors([[1.0], [2.0]], [0.0])
    with pytest.raises(ValueError, match="item must be"):
        live.add(1, item)


def test_a_decayed_count_is_the_sum_over_its_events():
    times, weight, last = [0.0, 3.0, 3.0, 10.0], 0.0, 0.0
    for time in times:
        _, weight = forget(weight, last, time, 7)
        last = time
    assert weight == pytest.approx(sum(0.5 ** ((10 - time) / 7) for time in times))
    assert forget(4.0, 0, 0, 7) == (4, 5)


def test_a_decayed_count_does_not_go_back_in_time():
    with pytest.raises(ValueError, match="now must not be before last 5, got 4"):
        forget(1.0, 5, 4, 7)
    with pytest.raises(ValueError, match="half_life must be above 0"):
        forget(1.0, 5, 6, 0)


def test_too_fast_by_hand():
    users = [1, 1, 1, 2, 1, 1]
    times = [0, 10, 59, 59, 60, 200]
    # user 1, two others within 60 s: at 59 (0 and 10), at 60 (10 and 59; 0 is exactly 60 ago)
    assert too_fast(users, times, most=2, seconds=60).tolist() == [0, 0, 1, 0, 1, 0]
    assert too_fast(users, times, most=1, seconds=60).tolist() == [0, 1, 1, 0, 1, 0]
    assert too_fast([], [], most=1, seconds=60).tolist() == []


def test_too_fast_is_what_a_loop_says():
    rng = np.random.default_rng(0)
    users, times = rng.integers(0, 5, 300), np.sort(rng.integers(0, 2000, 300))
    for most, seconds in ((1, 30), (3, 120), (5, 1)):
        slow = [
            sum(users[j] == users[i] and times[i] - times[j] < seconds for j in range(i)) >= most
            for i in range(300)
        ]
        assert too_fast(users, times, most=most, seconds=seconds).tolist() == slow


@pytest.mark.parametrize(
    ("users", "times", "how", "words"),
    [
        ([1, 1], [5, 4], {"most": 1, "seconds": 9}, "rising order"),
        ([1], [5, 6], {"most": 1, "seconds": 9}, "alike"),
        ([1], [5], {"most": 0, "seconds": 9}, "most must be"),
        ([1], [5], {"most": 1, "seconds": 0}, "seconds must be above 0"),
        ([1], [np.nan], {"most": 1, "seconds": 1}, "times must be finite"),
    ],
)
def test_bad_questions_about_speed_are_named(users, times, how, words):
    with pytest.raises(ValueError, match=words):
        too_fast(users, times, **how)
