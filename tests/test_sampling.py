"""Shares of tokens by hand and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib.large.sampling import choose, shares

FOUR = np.log([0.5, 0.25, 0.15, 0.1])
LOGITS = arrays(np.float64, st.integers(1, 9), elements=st.floats(-20, 20))


def test_a_temperature_of_a_half_squares_the_shares():
    squares = np.array([0.25, 0.0625, 0.0225, 0.01])
    np.testing.assert_allclose(shares(FOUR, temperature=0.5), squares / squares.sum())


def test_the_nucleus_stops_as_soon_as_it_is_reached():
    """0.5 and 0.25 are 0.75: exactly enough, so the third does not come in."""
    np.testing.assert_allclose(shares(FOUR, top_p=0.75), [2 / 3, 1 / 3, 0, 0])
    np.testing.assert_allclose(shares(FOUR, top_p=0.751), np.array([50, 25, 15, 0]) / 90)
    np.testing.assert_allclose(shares(FOUR, top_p=0.01), [1, 0, 0, 0])


def test_the_nucleus_is_taken_of_what_top_k_left():
    """Of 0.5 and 0.25 the first has two thirds: enough for 0.6, not for 0.7."""
    assert np.count_nonzero(shares(FOUR, top_k=2, top_p=0.6)) == 1
    assert np.count_nonzero(shares(FOUR, top_k=2, top_p=0.7)) == 2


def test_temperature_comes_before_the_nucleus():
    """At a half the first token has 0.725, so it alone makes a nucleus of 0.7."""
    assert np.count_nonzero(shares(FOUR, temperature=0.5, top_p=0.7)) == 1
    assert np.count_nonzero(shares(FOUR, top_p=0.7)) == 2


@given(LOGITS, st.floats(0.1, 5), st.integers(1, 9), st.floats(0.01, 1))
def test_the_nucleus_is_the_fewest_that_reach_p(logits, temperature, top_k, top_p):
    plain = shares(logits, temperature=temperature, top_k=top_k)
    cut = shares(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    kept = cut > 0
    assert cut.sum() == pytest.approx(1)
    assert plain[kept].sum() >= top_p - 1e-9
    assert plain[kept].sum() - plain[kept].min() < top_p + 1e-9
    assert not kept.any() or plain[~kept].max(initial=0) <= plain[kept].min() + 1e-12


def test_a_token_that_may_not_come_never_comes():
    logits = np.array([-np.inf, 1.0, -np.inf])
    assert shares(logits, temperature=3.0).tolist() == [0, 1, 0]


def test_draws_follow_the_shares():
    rng = np.random.default_rng(0)
    drawn = np.bincount([choose(FOUR, rng, temperature=1.0) for _ in range(4000)], minlength=4)
    np.testing.assert_allclose(drawn / 4000, np.exp(FOUR), atol=0.03)


def test_greedy_takes_the_first_of_equals_and_draws_nothing():
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state
    assert choose([0.0, 2.0, 2.0], rng) == 1
    assert rng.bit_generator.state == state


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1}, "temperature must be at least 0, got -1"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, got 0"),
        ({"top_p": 0}, "top_p must be above 0 and at most 1, got 0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        shares(FOUR, **options)


@pytest.mark.parametrize("logits", [[], [-np.inf, -np.inf]])
def test_where_no_token_may_come_none_is_chosen(logits):
    with pytest.raises(ValueError, match="at least 1 token must be allowed, got none"):
        shares(logits)


@pytest.mark.parametrize(
    ("logits", "message"),
    [([0.0, np.nan], "logits must be .*, got nan"), ([0.0, np.inf], "below infinity, got inf")],
)
def test_logits_that_are_no_numbers_are_refused(logits, message):
    with pytest.raises(ValueError, match=message):
        shares(logits)
