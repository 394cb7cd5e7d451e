"""Places and delays: the likelihood's top by another way, and what fails."""

import numpy as np
import pytest
from scipy.optimize import minimize

from course_lib.shop.feedback import delayed_conversions, position_bias


def test_clicks_that_are_a_product_are_taken_apart_exactly():
    looked, liked = np.array([1, 0.5, 0.25]), np.array([0.4, 0.2, 0.08])
    shown = np.array([[1000, 400, 10], [100, 500, 900], [50, 50, 50]])
    found = position_bias(np.outer(liked, looked) * shown, shown, rounds=3000)
    np.testing.assert_allclose(found.looked, looked, rtol=1e-5)
    np.testing.assert_allclose(found.liked, liked, rtol=1e-5)


def test_position_bias_is_the_top_of_the_likelihood():
    """Against a general optimiser on the log likelihood of clicks ~ binomial(shown, a · b)."""
    rng = np.random.default_rng(1)
    shown = rng.integers(50, 500, (4, 3))
    clicks = rng.binomial(shown, np.outer([0.3, 0.2, 0.15, 0.1], [1, 0.6, 0.4]))

    def loss(z):
        p = np.outer(np.exp(z[:4]), np.exp(np.append(0, z[4:])))
        return -np.sum(clicks * np.log(p) + (shown - clicks) * np.log1p(-p))

    best = minimize(
        loss,
        np.log([0.2] * 4 + [0.5] * 2),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 20_000},
    ).x
    found = position_bias(clicks, shown, rounds=5000)
    np.testing.assert_allclose(found.liked, np.exp(best[:4]), rtol=1e-4)
    np.testing.assert_allclose(found.looked[1:], np.exp(best[4:]), rtol=1e-4)


def test_items_that_kept_their_places_tell_only_the_product():
    found = position_bias([[40, 0], [0, 20]], [[100, 0], [0, 100]])
    assert found.looked[1] * found.liked[1] == pytest.approx(0.2)


def test_delays_are_the_top_of_the_likelihood():
    rng = np.random.default_rng(2)
    clicked = rng.random(3000) * 30
    delay = np.where(rng.random(3000) < 0.3, rng.exponential(8, 3000), np.inf)
    bought = clicked + delay < 30
    days = np.where(bought, delay, 30 - clicked)

    def loss(z):
        p, mean = 1 / (1 + np.exp(-z[0])), np.exp(z[1])
        return -np.sum(
            np.where(
                bought, np.log(p / mean) - days / mean, np.log(1 - p + p * np.exp(-days / mean))
            )
        )

    best = minimize(
        loss, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-8}
    ).x
    found = delayed_conversions(bought, days, rounds=3000)
    assert found.rate == pytest.approx(1 / (1 + np.exp(-best[0])), rel=1e-4)
    assert found.days == pytest.approx(np.exp(best[1]), rel=1e-4)
    assert abs(found.rate - 0.3) < 0.04 and bought.mean() < 0.25


def test_nothing_bought_and_everything_bought():
    nothing = delayed_conversions([False, False], [1.0, 2.0])
    assert nothing.rate == 0 and np.isnan(nothing.days)
    everything = delayed_conversions([True, True], [1.0, 3.0])
    assert everything == (1.0, 2.0)


def test_a_place_or_an_item_without_a_page_is_unknown_and_spoils_no_other():
    shown = np.array([[100, 50, 0], [100, 50, 0], [0, 0, 0]])
    found = position_bias([[40, 10, 0], [20, 5, 0], [0, 0, 0]], shown)
    np.testing.assert_allclose(found.looked, [1, 0.5, np.nan], rtol=1e-6)
    np.testing.assert_allclose(found.liked, [0.4, 0.2, np.nan], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: position_bias([[2]], [[1]]), "clicks must be at least 0 and at most shown"),
        (lambda: position_bias([[-1]], [[1]]), "clicks must be at least 0 and at most shown"),
        (lambda: position_bias([1], [1]), r"must be \(n_items, n_places\), got \(1,\) and \(1,\)"),
        (lambda: position_bias(np.empty((0, 2)), np.empty((0, 2))), r"got \(0, 2\)"),
        (lambda: position_bias([[1, 1]], [[0, 1]]), "at most shown"),
        (lambda: position_bias([[0, 1]], [[0, 1]]), "first column of shown must not be all 0"),
        (lambda: position_bias([[np.nan]], [[1]]), "clicks must be finite, got nan"),
        (lambda: position_bias([[1]], [[1]], rounds=0), "rounds must be a whole number"),
        (lambda: delayed_conversions([1], [1, 2]), r"got \(1,\) and \(2,\)"),
        (lambda: delayed_conversions([], []), "with at least one click"),
        (lambda: delayed_conversions([2], [1]), "bought must be True or False in each row"),
        (lambda: delayed_conversions([True], [-1]), "days must be at least 0, and not all 0"),
        (lambda: delayed_conversions([False], [0.0]), "days must be at least 0, and not all 0"),
        (lambda: delayed_conversions([True], [np.inf]), "days must be finite, got inf"),
        (lambda: delayed_conversions([True], [1.0], rounds=1.5), "rounds must be a whole number"),
    ],
)
def test_what_cannot_be_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
