"""Expected values: by hand; pandas' ewm; published bias of Croston's method."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib.datasets import load_tiny_shop
from course_lib.interactions import Interactions
from course_lib.shop import forecasting

NAN = np.nan
FORECASTS = {
    "moving_mean": lambda demand: forecasting.moving_mean(demand, 3),
    "exponential_smoothing": lambda demand: forecasting.exponential_smoothing(demand, 0.3),
    "croston": lambda demand: forecasting.croston(demand, 0.3),
    "tsb": lambda demand: forecasting.tsb(demand, 0.3, 0.2),
}
each = pytest.mark.parametrize("forecast", FORECASTS.values(), ids=FORECASTS)


def log_of(times, values):
    n = len(times)
    return Interactions(
        np.zeros(n, int),
        np.arange(n) % 2,
        np.array(times, dtype="datetime64[s]"),
        np.array(values),
        np.array(["ann"]),
        np.array(["tea", "mug", "never sold"]),
    )


def test_weeks_begin_at_the_given_moment_and_end_before_the_next():
    times = ["01T23:59:59", "02T00:00:00", "08T23:59:59", "09T00:00:00", "16T00:00:00"]
    log = log_of([f"2026-03-{time}" for time in times], [100.0, 2.0, 3.0, 5.0, 100.0])
    expected = [[3.0, 0], [2, 5], [0, 0]]
    np.testing.assert_array_equal(forecasting.weekly_demand(log, "2026-03-02", 2), expected)
    counts = forecasting.weekly_demand(log, "2026-03-02", 2, of="count")
    np.testing.assert_array_equal(counts, [[1, 0], [1, 1], [0, 0]])
    late = forecasting.weekly_demand(log, "2026-03-02 00:00:01", 1)
    np.testing.assert_array_equal(late, [[3], [5], [0]])  # the week begins one second later


def test_weeks_of_one_item_add_up_and_returns_count_against():
    log = log_of(["2026-03-02", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"], [4.0] * 5)
    log = Interactions(
        log.users, log.items, log.timestamps, [4.0, 1, -1, 2, 0.5], log.user_ids, log.item_ids
    )
    np.testing.assert_array_equal(
        forecasting.weekly_demand(log, "2026-03-02", 1), [[3.5], [3], [0]]
    )


def test_no_event_in_any_week_gives_zeros():
    table = forecasting.weekly_demand(load_tiny_shop().interactions, "2030-01-01", 3)
    assert table.shape == (8, 3)
    assert table.dtype == np.float64
    assert not table.any()


def test_weekly_demand_names_what_is_wrong():
    log = load_tiny_shop().interactions
    with pytest.raises(ValueError, match="weeks must be a whole number of at least 1, got 0"):
        forecasting.weekly_demand(log, "2026-03-02", 0)
    with pytest.raises(ValueError, match="first"):
        forecasting.weekly_demand(log, "soon", 1)
    with pytest.raises(ValueError, match="of must be 'values' or 'count', got 'dollars'"):
        forecasting.weekly_demand(log, "2026-03-02", 1, of="dollars")
    with pytest.raises(ValueError, match="log must be"):
        forecasting.weekly_demand([1, 2], "2026-03-02", 1)
    order = pd.DataFrame({"user": ["ann"], "item": ["tea"]})
    with pytest.raises(ValueError, match="a week"):
        forecasting.weekly_demand(Interactions.from_frame(order, order_only=True), "2026-03-02", 1)


def test_moving_mean_by_hand():
    demand = [[3.0, 5, 4, 8], [0, 0, 6, 0]]
    expected = [[NAN, 3, 4, 4, 17 / 3], [NAN, 0, 0, 2, 2]]
    np.testing.assert_allclose(forecasting.moving_mean(demand, 3), expected)
    np.testing.assert_allclose(forecasting.moving_mean(demand[0], 1), [NAN, 3, 5, 4, 8])
    np.testing.assert_allclose(forecasting.moving_mean(demand[0], 10**9), [NAN, 3, 4, 4, 5])


@pytest.mark.parametrize("alpha", [0.05, 0.3, 1])
def test_smoothing_agrees_with_pandas(alpha):
    demand = np.random.default_rng(0).poisson(4, (5, 20)).astype(float)
    theirs = pd.DataFrame(demand.T).ewm(alpha=alpha, adjust=False).mean().to_numpy().T
    found = forecasting.exponential_smoothing(demand, alpha)
    np.testing.assert_allclose(found[:, 1:], theirs)
    assert np.isnan(found[:, 0]).all()


def test_croston_by_hand():
    # week 3: size 6, gap 3: 2. week 4: size 6 + 0.5 · (2 - 6) = 4, gap 3 + 0.5 · (1 - 3) = 2: 2.
    # week 7: size 4 + 0.5 · (8 - 4) = 6, gap 2 + 0.5 · (3 - 2) = 2.5: 2.4.
    demand = [0, 0, 6, 2, 0, 0, 8]
    expected = [NAN, 0, 0, 2, 2, 2, 2, 2.4]
    np.testing.assert_allclose(forecasting.croston(demand, 0.5), expected)


def test_tsb_by_hand():
    # chance 0, 0, then 0.25 (first sale, size 8), 0.1875, then 0.390625 with size 8 - 0.5 · 6 = 5
    demand = [0, 0, 8, 0, 2]
    expected = [NAN, 0, 0, 2, 1.5, 5 * 0.390625]
    np.testing.assert_allclose(forecasting.tsb(demand, 0.5, 0.25), expected)
    # sold in the first week: the chance begins at 1, and 1 + 0.25 · (0 - 1) = 0.75
    np.testing.assert_allclose(forecasting.tsb([4, 0], 0.5, 0.25), [NAN, 4, 3])


def test_croston_is_too_high_by_the_published_share_and_tsb_is_not():
    """Syntetos & Boylan 2001: mean · (1 + α/(2 − α) · (1 − chance)), nearly."""
    rng = np.random.default_rng(21)
    alpha, chance, size = 0.2, 0.2, 5.0
    demand = size * (rng.random((2000, 300)) < chance)
    late = slice(100, None)
    croston = forecasting.croston(demand, alpha)[:, late].mean()
    expected = chance * size * (1 + alpha / (2 - alpha) * (1 - chance))
    assert croston == pytest.approx(expected, rel=0.02)
    assert croston > 1.05 * chance * size
    tsb = forecasting.tsb(demand, alpha, alpha)[:, late].mean()
    assert tsb == pytest.approx(chance * size, rel=0.01)


def test_after_the_last_sale_croston_stays_and_tsb_sinks():
    demand = [5.0, 5, 5, *[0] * 20]
    assert forecasting.croston(demand, 0.3)[-1] == 5
    assert forecasting.tsb(demand, 0.3, 0.3)[-1] == pytest.approx(5 * 0.7**20)


@each
def test_products_do_not_touch_one_another(forecast):
    demand = np.random.default_rng(1).poisson(0.7, (2, 3, 12)).astype(float)
    together = forecast(demand)
    assert together.shape == (2, 3, 13)
    for place in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[place], forecast(demand[place]))


@each
def test_the_forecast_of_a_week_does_not_know_that_week(forecast):
    demand = np.random.default_rng(2).poisson(2, (4, 15)).astype(float)
    changed = demand.copy()
    changed[:, 9:] = 100
    np.testing.assert_array_equal(forecast(changed)[:, :10], forecast(demand)[:, :10])
    assert (forecast(changed)[:, 10] != forecast(demand)[:, 10]).all()


@each
def test_nothing_sold_forecasts_nothing(forecast):
    found = forecast(np.zeros((2, 6)))
    assert np.isnan(found[:, 0]).all()
    assert not found[:, 1:].any()


@each
def test_steady_demand_is_forecast_exactly(forecast):
    np.testing.assert_allclose(forecast(np.full(9, 7.0))[1:], 7)


@each
def test_one_week_is_enough_and_whole_numbers_are_numbers(forecast):
    np.testing.assert_allclose(forecast(np.array([3], dtype=np.uint8)), [NAN, 3])


@each
@pytest.mark.parametrize(
    ("demand", "message"),
    [
        ([[1, -2]], "demand must be at least 0, got -2"),
        ([1, NAN], "demand must be finite, got nan"),
        ([1, np.inf], "demand must be finite, got inf"),
        (["1"], "demand must be numbers, got '1'"),
        (3.0, r"demand must hold at least 1 week, got shape \(\)"),
        ([], r"demand must hold at least 1 week, got shape \(0,\)"),
        (np.ones((3, 0)), r"demand must hold at least 1 week, got shape \(3, 0\)"),
    ],
)
def test_bad_demand_is_named(forecast, demand, message):
    with pytest.raises(ValueError, match=message):
        forecast(demand)


@pytest.mark.parametrize("share", [0, -0.1, 1.5, NAN, True, "0.5", None, [0.5]])
def test_a_smoothing_share_lies_above_0_and_up_to_1(share):
    rule = r"must be (finite and )?above 0 and at most 1, got"
    for call in (
        lambda: forecasting.exponential_smoothing([1, 2], share),
        lambda: forecasting.croston([1, 2], share),
        lambda: forecasting.tsb([1, 2], share, 0.5),
    ):
        with pytest.raises(ValueError, match=f"alpha {rule}"):
            call()
    with pytest.raises(ValueError, match=f"beta {rule}"):
        forecasting.tsb([1, 2], 0.5, share)


@pytest.mark.parametrize("window", [0, -1, 2.0, True, None])
def test_a_window_is_a_whole_number_of_weeks(window):
    with pytest.raises(ValueError, match="window must be a whole number of at least 1, got"):
        forecasting.moving_mean([1, 2], window)


def test_wape_by_hand():
    assert forecasting.wape([[10, 0], [5, 5]], [[8, 1], [5, 9]]) == pytest.approx(7 / 20)
    assert forecasting.wape([3, 1], [0, 0]) == 1
    assert forecasting.wape([3, 1], [3, 1]) == 0
    assert forecasting.wape([1], [-1]) == 2  # a forecast below 0 is bad, and possible


def test_wape_of_no_demand_is_nan():
    assert np.isnan(forecasting.wape([0, 0], [0, 3]))


def test_wape_names_what_is_wrong():
    with pytest.raises(ValueError, match=r"the same shape, got \(2, 1\) and \(2,\)"):
        forecasting.wape([[1], [2]], [1, 2])
    with pytest.raises(ValueError, match="demand must be at least 0, got -1"):
        forecasting.wape([-1, 2], [1, 2])
    with pytest.raises(ValueError, match="forecast must be finite, got nan"):
        forecasting.wape([1, 2], [NAN, 2])
    with pytest.raises(ValueError, match="at least 1 week"):
        forecasting.wape([], [])


@given(arrays(float, (3, 4), elements=st.floats(0, 100)), st.floats(0.01, 100))
def test_wape_does_not_depend_on_the_unit(demand, unit):
    forecast = np.full((3, 4), 2.0)
    here, there = (
        forecasting.wape(demand, forecast),
        forecasting.wape(demand * unit, 2.0 * unit * np.ones((3, 4))),
    )
    np.testing.assert_allclose(there, here, rtol=1e-9)
