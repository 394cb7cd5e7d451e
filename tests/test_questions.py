"""Questions about the next basket: what was before, what was in it, and the loss of an answer."""

import numpy as np
import pytest
from logs import log_of

from course_lib.questions import next_basket_questions

# Baskets of Ann: 0 1 | 2 | 2 3 | 1; of Bo: 3 | 0 0 | 1; of Cy one basket only.
LOG = log_of(
    [[0, 1, 2, 2, 3, 1], [3, 0, 0, 1], [2, 2]],
    4,
    times=[[1, 1, 2, 3, 3, 4], [1, 5, 5, 9], [1, 1]],
)


def test_each_basket_but_the_first_is_asked_for_once():
    asked = next_basket_questions(LOG, [0, 1, 2], [1, 10], each=9, seed=0)
    assert asked.users.tolist() == [0, 0, 0, 1, 1]
    assert asked.places.tolist() == [2, 3, 5, 1, 3]
    assert [sorted(history.tolist()) for history in asked.histories] == [
        [0, 1],
        [0, 1, 2],
        [0, 1, 2, 2, 3],
        [3],
        [0, 0, 3],
    ]
    assert asked.targets.toarray().tolist() == [
        [0, 0, 1, 0],
        [0, 0, 0.5, 0.5],
        [0, 1, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
    ]
    assert asked.counts().toarray().tolist() == [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 2, 1],
        [0, 0, 0, 1],
        [2, 0, 0, 1],
    ]


def test_a_stage_is_from_its_edge_to_before_the_next_and_few_of_each_are_drawn():
    asked = next_basket_questions(LOG, [0, 1], [2, 3, 5], each=9, seed=0)
    assert list(zip(asked.users, asked.places, strict=True)) == [(0, 2), (0, 3), (1, 3)]
    drawn = set()
    for seed in range(30):
        one = next_basket_questions(LOG, [0], [1, 4, 6], seed=seed)
        assert one.users.tolist() == [0, 0] and one.places[1] == 5
        drawn.add(int(one.places[0]))
    assert drawn == {2, 3}


def test_lines_come_basket_by_basket_in_an_order_drawn_anew():
    seen = set()
    for seed in range(20):
        asked = next_basket_questions(LOG, [0], [5, 6], seed=seed)
        history = asked.histories[0].tolist()
        assert set(history[:2]) == {0, 1} and history[2] == 2 and set(history[3:]) == {2, 3}
        seen.add(tuple(history))
    assert len(seen) == 4
    again = [next_basket_questions(LOG, [0], [5, 6], seed=3).histories[0] for _ in range(2)]
    assert again[0].tolist() == again[1].tolist()


def test_who_is_not_asked_is_not_looked_at():
    alone = next_basket_questions(LOG.select(LOG.users == 1), [1], [1, 9], seed=1)
    among = next_basket_questions(LOG, [1], [1, 9], seed=1)
    assert alone.places.tolist() == among.places.tolist()
    assert next_basket_questions(LOG, [2], [1, 9], seed=0).users.size == 0
    assert next_basket_questions(LOG, [2], [1, 9], seed=0).counts().shape == (0, 4)


def test_the_loss_of_certainty_of_chance_and_of_half():
    asked = next_basket_questions(LOG, [0], [2, 4], each=2, seed=0)  # {2}, then {2, 3}
    with np.errstate(divide="ignore"):
        chances = np.log([[0.1, 0.1, 0.7, 0.1], [0.125, 0.125, 0.25, 0.5]])
    found = asked.losses(chances)
    np.testing.assert_allclose(found, [-np.log(0.7), (np.log(4) + np.log(2)) / 2])
    uniform = asked.losses(np.full((2, 4), -np.log(4)))
    np.testing.assert_allclose(uniform, np.log(4))


@pytest.mark.parametrize("edges", [[1], [0, 3], [1, 1], [3, 2], [[1, 2]]])
def test_edges_that_do_not_rise_are_refused(edges):
    with pytest.raises(ValueError, match="edges must be at least 2 numbers that rise from 1"):
        next_basket_questions(LOG, [0], edges, seed=0)


def test_users_and_numbers_are_checked():
    with pytest.raises(ValueError, match=r"users must lie in 0\.\.2, got 3"):
        next_basket_questions(LOG, [3], [1, 2], seed=0)
    with pytest.raises(ValueError, match="each must be a whole number of at least 1, got 0"):
        next_basket_questions(LOG, [0], [1, 2], each=0, seed=0)
