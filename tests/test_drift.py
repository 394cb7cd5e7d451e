"""The alarm by hand, against a plain loop, and as often false as was asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.shop.drift import cusum, threshold_for


def test_by_hand():
    sums, alarms = cusum([5, 5, 3, 2, 9, 1, 1], mean=5, slack=1, threshold=3)
    # short by 0, 0, 1, 2 (3: not above), 9 takes it all away, 3, 6: alarm
    assert sums.tolist() == [0, 0, 1, 3, 0, 3, 6]
    assert alarms.tolist() == [6]


def test_after_an_alarm_it_begins_again_at_0():
    sums, alarms = cusum([0, 0, 0, 0], mean=2, slack=0, threshold=3)
    assert sums.tolist() == [2, 4, 2, 4]
    assert alarms.tolist() == [1, 3]


def test_nothing_to_look_at():
    sums, alarms = cusum([], mean=1, slack=0, threshold=1)
    assert sums.size == alarms.size == 0


@given(st.lists(st.integers(-9, 9), max_size=30), st.integers(0, 3), st.integers(1, 9))
def test_sums_are_never_negative_and_more_slack_rings_no_more_often(values, slack, threshold):
    sums, alarms = cusum(values, 0, slack, threshold)
    assert (sums >= 0).all()
    assert len(cusum(values, 0, slack + 1, threshold)[1]) <= len(alarms)
    assert (sums[alarms] > threshold).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"values": [1.0, np.nan]}, "values must be finite"),
        ({"values": [[1.0]]}, r"values must be \(n,\)"),
        ({"mean": np.inf}, "mean must be"),
        ({"slack": -1}, "slack must be"),
        ({"threshold": 0}, "threshold must be"),
    ],
)
def test_bad_questions_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        cusum(**({"values": [1.0], "mean": 1.0, "slack": 0.0, "threshold": 1.0} | change))


def test_a_threshold_keeps_its_rate_of_false_alarms_on_days_it_has_not_seen():
    rng = np.random.default_rng(0)
    calm = rng.normal(10, 2, 400)
    threshold = threshold_for(calm, calm.mean(), 0.5, every=100)
    other = rng.normal(10, 2, (400, 100))
    false = np.mean([len(cusum(series, 10, 0.5, threshold)[1]) for series in other])
    assert 0.5 < false < 1.7  # one in a hundred days was asked for
    late = [cusum(series - 2, 10, 0.5, threshold)[1] for series in other]
    assert np.mean([alarms[0] for alarms in late if alarms.size]) < 10
    assert all(alarms.size for alarms in late)


def test_a_rarer_alarm_needs_a_higher_threshold():
    calm = np.random.default_rng(1).normal(0, 1, 200)
    thresholds = [threshold_for(calm, 0, 0.25, every=n) for n in (10, 50, 250)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[2]


def test_values_that_never_change_ring_at_nothing():
    assert threshold_for([3.0, 3.0], 3.0, 0.0, every=10) < 1e-6
