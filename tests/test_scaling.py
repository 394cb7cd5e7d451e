"""Scaling laws: the formula, and whether a law is found again in losses made by it."""

import numpy as np
import pytest

from course_lib.scaling import Law, fit_law

N = np.repeat([3e3, 1e4, 3e4, 1e5], 3)
D = np.tile([2e5, 5e5, 1e6], 4)


def test_the_law_by_hand():
    law = Law(floor=5.0, n_scale=100.0, n_power=0.5, d_scale=1000.0, d_power=1.0)
    assert law.loss(400, 2000) == pytest.approx(5 + 0.5 + 0.5)
    np.testing.assert_allclose(law.loss([400, 10_000], [2000, 2000]), [6.0, 5.6])


@pytest.mark.parametrize(
    "law",
    [Law(5.5, 60.0, 0.3, 2e4, 0.5), Law(2.0, 1e3, 0.7, 5e3, 0.3), Law(5.9, 50.0, 0.9, 9e3, 1)],
)
def test_a_law_is_found_again_and_says_what_a_larger_model_will_have(law):
    found = fit_law(N, D, law.loss(N, D))
    np.testing.assert_allclose(found, law, rtol=0.02)
    assert found.loss(1e6, 1e6) == pytest.approx(law.loss(1e6, 1e6), abs=0.002)


def test_noise_moves_the_prediction_by_little():
    law = Law(5.5, 60.0, 0.3, 2e4, 0.5)
    rng = np.random.default_rng(0)
    found = fit_law(N, D, law.loss(N, D) + rng.normal(0, 0.003, N.size))
    assert found.loss(3e5, 1e6) == pytest.approx(law.loss(3e5, 1e6), abs=0.02)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1e3] * 4, [1e5] * 4, [6.0] * 4), "at least 5 runs are needed, got 4"),
        (([1e3] * 6, D[:6], [6.0] * 6), "parameters must have at least 3 different values, got 1"),
        ((N, [1e5] * 12, [6.0] * 12), "tokens must have at least 2 different values, got 1"),
        ((N, D, [0.0] * 12), "losses must be above 0, got 0.0"),
        ((N, D[:5], [6.0] * 12), r"must be \(n,\) each"),
    ],
)
def test_what_no_law_can_be_fitted_to_is_named(columns, message):
    with pytest.raises(ValueError, match=message):
        fit_law(*columns)
