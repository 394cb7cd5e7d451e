"""The Markov chain: transitions and probabilities counted on paper."""

import numpy as np
import pytest
from logs import checkerboard, cycles, log_of

from course_lib.models.markov import Markov, transitions


def test_transitions_are_counted_event_by_event_where_times_differ():
    log = log_of([[0, 1, 0, 1, 2], [1, 2], [2]], 3)
    assert transitions(log).toarray().tolist() == [[0, 2, 0], [1, 0, 2], [0, 0, 0]]


def test_an_event_counts_one_in_equal_parts_for_the_next_basket():
    # basket {0, 1}, then {2, 3}, then {2}: 0 → 2 ½, 0 → 3 ½, 1 likewise, 2 → 2 1, 3 → 2 1
    log = log_of([[1, 0, 3, 2, 2]], 4, times=[[0, 0, 1, 1, 2]])
    expected = [[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0, 0, 1, 0], [0, 0, 1, 0]]
    assert transitions(log).toarray().tolist() == expected


@pytest.mark.parametrize(("smoothing", "expected"), [(0, [0, 2 / 3, 1 / 3]), (6, None)])
def test_probabilities_by_hand(smoothing, expected):
    # after 0 came 1 twice and 2 once; shares of the seven events: 3/7, 2/7, 2/7
    log = log_of([[0, 1, 0, 2], [0, 1], [2]], 3)
    model = Markov(smoothing=smoothing).fit(log)
    history = log_of([[1, 0], [], [2]], 3)
    if expected is None:
        expected = [(c + 6 * s / 7) / (3 + 6) for c, s in ((0, 3), (2, 2), (1, 2))]
    scores = model.score(np.array([0]), history)[0]
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    assert scores.sum() == pytest.approx(1)


def test_what_nothing_ever_followed_says_popularity():
    log = log_of([[0, 1, 0, 2], [0, 1], [2]], 3)
    for smoothing in (0, 6):
        scores = Markov(smoothing=smoothing).fit(log).score(np.array([2]), log)[0]
        np.testing.assert_allclose(scores, np.array([3, 2, 2]) / 7, atol=1e-12)


def test_memory_weighs_older_events_less():
    log = log_of([[0, 1], [2, 3], [2, 0]], 4)
    model = Markov(smoothing=0, memory=2, decay=0.5).fit(log)
    # the latest event, 0 → 1, weighs 1; the one before, 2 → 3 or 0, weighs one half
    scores = model.score(np.array([2]), log)[0]
    np.testing.assert_allclose(scores, [0.25, 1, 0, 0.25], atol=1e-12)


def test_the_chain_walks_on_from_the_whole_basket():
    # 0 → 2, 1 → 3, and someone whose last basket holds both 0 and 1, in either order of the lines
    log = log_of([[0, 2], [1, 3], [0, 1], [1, 0]], 4, times=[[0, 1], [0, 1], [0, 0], [0, 0]])
    scores = Markov(smoothing=0).fit(log).score(np.array([2, 3]), log)
    np.testing.assert_allclose(scores, [[0, 0, 0.5, 0.5]] * 2, atol=1e-12)


def test_the_chain_walks_on():
    model = Markov().fit(cycles())
    history = log_of([[0, 1, 2], [6, 7], *[[]] * 58], 8)
    lists = model.recommend(np.arange(2), history, 1)
    assert lists.tolist() == [[3], [0]]


def test_the_withheld_square_ranks_first():
    log = checkerboard()
    lists = Markov(memory=12, decay=1.0).fit(log).recommend(np.arange(24), log, 1)
    assert lists[:, 0].tolist() == [(u + 2) % 24 for u in range(24)]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"smoothing": -1}, "smoothing must be at least 0, got -1"),
        ({"memory": 0}, "memory must be a whole number of at least 1, got 0"),
        ({"decay": 0}, "decay must be above 0 and at most 1, got 0"),
        ({"decay": 1.5}, "decay must be above 0 and at most 1, got 1.5"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        Markov(**parameters).fit(cycles())
