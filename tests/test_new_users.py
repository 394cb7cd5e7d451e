"""People whom no log knows: they have a history, and nobody of train is taken for them."""

import numpy as np
import pandas as pd
import pytest

from course_lib.contract.board import SIZE, board, checkerboard
from course_lib.evaluation import evaluate
from course_lib.models.ease import EASE
from course_lib.models.factorization import BPR
from course_lib.models.repurchase import Repurchase
from course_lib.new_users import NewUsers, find_ids, new_users


def test_histories_by_hand():
    history = new_users({"zoe": [5, 2], "yan": [], "xi": [7]}, like=checkerboard())
    assert isinstance(history, NewUsers)
    assert history.user_ids.tolist() == ["zoe", "yan", "xi"]
    assert history.users.tolist() == [0, 0, 2]
    assert [history.of(user).tolist() for user in range(3)] == [[5, 2], [], [7]]
    last = checkerboard().timestamps.max()
    assert history.timestamps.max() == last
    assert history.timestamps[0] == last - np.timedelta64(1, "s")
    assert history.n_items == SIZE


def test_a_new_person_with_a_known_persons_history_gets_that_persons_list():
    log = checkerboard()
    model = EASE().fit(log)
    history = new_users([log.of(11).tolist()], like=log)
    assert model.recommend(0, history, 5).tolist() == model.recommend(11, log, 5).tolist()


def test_the_labels_of_a_series_are_the_peoples_ids():
    frame = pd.DataFrame({"who": ["zoe", "yan", "zoe"], "what": [5, 7, 2]})
    histories = frame.groupby("who", sort=False)["what"].agg(list)
    history = new_users(histories, like=checkerboard())
    assert history.user_ids.tolist() == ["zoe", "yan"]
    assert [history.of(user).tolist() for user in range(2)] == [[5, 2], [7]]
    assert new_users({("zoe", 1): [5]}, like=checkerboard()).user_ids.tolist() == [("zoe", 1)]


def test_there_may_be_more_new_people_than_train_has():
    log = checkerboard()
    history = new_users([log.of(u % SIZE).tolist() for u in range(3 * SIZE)], like=log)
    users = np.arange(3 * SIZE)
    assert EASE().fit(log).recommend(users, history, 1)[:, 0].tolist() == (users % SIZE).tolist()
    own = Repurchase().fit(log).recommend(users, history, SIZE - 1, exclude_seen=False)
    assert set(own[2 * SIZE + 1, :11]) == set(log.of(1))


def test_who_is_known_by_number_only_gets_the_popular():
    log = board([[1, 2], [1, 3], [1, 4], [2, 5]])
    model = BPR(epochs=3).fit(log)
    history = new_users({"zoe": [1]}, like=log)
    assert model.recommend(0, history, 2).tolist() == [
        [2, 3]
    ]  # 1 is hers; 2 twice, 3 the first of the ties


def test_numbers_beyond_the_new_people_are_refused():
    history = new_users({"zoe": [1], "yan": [2]}, like=checkerboard())
    with pytest.raises(ValueError, match=r"users must lie in 0\.\.1, got 2"):
        EASE().fit(checkerboard()).recommend([2], history, 1)


def test_a_part_of_a_log_of_new_people_is_of_new_people():
    history = new_users([[1, 2], [3]], like=checkerboard())
    part = history.select(history.users == 0)
    assert isinstance(part, NewUsers)
    assert part.of(0).tolist() == [1, 2]
    assert part.of(1).tolist() == []


@pytest.mark.parametrize(
    ("histories", "message"),
    [
        ({}, "at least 1 person, got 0"),
        ({"zoe": ["tea"]}, "no item has the id 'tea'"),
        ({"zoe": [99]}, "no item has the id 99"),
        ({"zoe": "tea"}, "the history of 'zoe' must be a list of item ids, got 'tea'"),
        ({"zoe": 5}, "the history of 'zoe' must be a list of item ids, got 5"),
        ({"zoe": {1}}, r"the history of 'zoe' must be a list of item ids, got \{1\}"),
        ({np.int64(3): {1: 2}}, r"the history of 3 must be a list of item ids, got \{1: 2\}"),
        ([iter([1])], "the history of 0 must be a list of item ids, got"),
        (
            pd.Series([[1], [2]], index=["zoe", "zoe"]),
            "each of user_ids must stand once, got 'zoe'",
        ),
    ],
)
def test_bad_histories_are_named(histories, message):
    with pytest.raises(ValueError, match=message):
        new_users(histories, like=checkerboard())


def test_one_id_is_found_like_several():
    assert find_ids("user", 7, np.array([5, 7])).tolist() == [1]
    assert find_ids("user", "bo", np.array(["ann", "bo"])).tolist() == [1]


def test_like_must_be_a_log():
    with pytest.raises(ValueError, match="like must be Interactions, got list"):
        new_users({"zoe": [1]}, like=[1])


def test_new_people_can_be_judged_too():
    log = checkerboard()
    history = new_users([log.of(u).tolist() for u in range(3)], like=log)
    held_out = new_users([[u] for u in range(3)], like=log)
    table = evaluate(EASE().fit(log), held_out, history=history, k=1)
    assert table["ndcg"].tolist() == [1, 1, 1]
