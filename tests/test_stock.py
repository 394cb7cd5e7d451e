"""Expected values: by hand; closed forms of known distributions; published variance ratios."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from course_lib import losses
from course_lib.shop import stock
from course_lib.shop.forecasting import moving_mean

NAN = np.nan
EVENLY = (np.arange(100_000) + 0.5) / 100_000
# demand, and the order that is best for a critical ratio r, in closed form
CLOSED = {
    "uniform on 10 to 30": (stats.uniform(10, 20), lambda r: 10 + 20 * r),
    "exponential, mean 5": (stats.expon(scale=5), lambda r: -5 * np.log(1 - r)),
    "Pareto, shape 3": (stats.pareto(3), lambda r: (1 - r) ** (-1 / 3)),
}


@pytest.mark.parametrize(("demand", "best"), CLOSED.values(), ids=CLOSED)
@pytest.mark.parametrize(("short", "over"), [(9, 1), (1, 1), (1, 3), (0.25, 0.01)])
def test_the_newsvendor_agrees_with_the_closed_form(demand, best, short, over):
    found = stock.newsvendor(demand.ppf(EVENLY), short, over)
    assert found == pytest.approx(best(short / (short + over)), rel=1e-3)


def test_the_newsvendor_agrees_with_the_normal_and_the_poisson_distribution():
    # 9 : 1 is the 90 % quantile: 50 + 1.2816 · 8; of a Poisson of mean 4: P(≤ 6) = .889, (≤ 7) .949
    normal = stock.newsvendor(stats.norm(50, 8).ppf(EVENLY), 9, 1)
    assert normal == pytest.approx(50 + 1.2815516 * 8, rel=1e-4)
    assert stock.newsvendor(stats.poisson(4).ppf(EVENLY), 9, 1) == 7


def test_drawn_demand_comes_near_the_closed_form():
    drawn = np.random.default_rng(0).exponential(5, (200, 400))
    orders = stock.newsvendor(drawn, 3, 1)
    assert orders.shape == (200,)
    middle, error = orders.mean(), orders.std() / np.sqrt(200)
    assert middle == pytest.approx(5 * np.log(4), abs=4 * error + 0.02)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12),
    st.integers(0, 9),
    st.integers(0, 9).filter(bool),
)
def test_no_order_costs_less_than_the_newsvendors_and_none_smaller_as_little(demands, short, over):
    best = stock.newsvendor(demands, short, over)
    costs = [stock.newsvendor_cost(q, demands, short, over).mean() for q in range(31)]
    cheapest = np.flatnonzero(np.isclose(costs, min(costs)))
    # with nothing to lose by a missing unit the smallest of the demands is as good as 0
    assert best == (min(demands) if short == 0 else cheapest[0])


def test_a_ratio_that_floats_cannot_hold_does_not_order_one_too_many():
    hundred = np.arange(1.0, 101)
    for k in range(1, 101):
        assert stock.newsvendor(hundred, k / 100 * 1.7, (100 - k) / 100 * 1.7) == k


def test_costs_of_0_order_the_least_or_the_most():
    assert stock.newsvendor([2, 5, 9], 1, 0) == 9
    assert stock.newsvendor([2, 5, 9], 0, 1) == 2
    assert stock.newsvendor([0, 0, 0], 3, 1) == 0
    assert stock.critical_ratio(0, 2) == 0
    assert stock.critical_ratio(2, 0) == 1
    assert stock.critical_ratio(1e308, 1e308) == 0.5


def test_newsvendor_cost_by_hand_and_as_the_quantile_loss():
    found = stock.newsvendor_cost([[4.0], [6.0]], [[3.0, 8.0]], 5, 2)
    np.testing.assert_array_equal(found, [[2, 20], [6, 10]])
    rng = np.random.default_rng(3)
    demand, order = rng.poisson(5, (2, 50))
    cost = stock.newsvendor_cost(order, demand, 4, 1).mean()
    assert cost == pytest.approx(5 * losses.quantile_loss(demand, order, 0.8))


@pytest.mark.parametrize(
    ("short", "over", "message"),
    [
        (0, 0, "short or over must be above 0"),
        (-1, 1, "short must be at least 0, got -1"),
        (1, -1, "over must be at least 0, got -1"),
        (NAN, 1, "short must be"),
        (1, np.inf, "over must be"),
        ("1", 1, "short must be"),
        (True, 1, "short must be"),
    ],
)
def test_bad_costs_are_named(short, over, message):
    for call in (
        lambda: stock.critical_ratio(short, over),
        lambda: stock.newsvendor([1, 2], short, over),
        lambda: stock.newsvendor_cost(1, [1, 2], short, over),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_bad_demand_and_orders_are_named():
    with pytest.raises(ValueError, match="demands must be at least 0, got -2"):
        stock.newsvendor([1, -2], 1, 1)
    with pytest.raises(ValueError, match="demands must be finite, got nan"):
        stock.newsvendor([1, NAN], 1, 1)
    for empty in (3.0, [], np.ones((2, 0))):
        with pytest.raises(ValueError, match="demands must hold at least 1 value"):
            stock.newsvendor(empty, 1, 1)
    with pytest.raises(ValueError, match="order must be at least 0, got -1"):
        stock.newsvendor_cost(-1, [1, 2], 1, 1)
    with pytest.raises(ValueError, match=r"must broadcast, got shapes \(3,\) and \(2,\)"):
        stock.newsvendor_cost([1, 2, 3], [1, 2], 1, 1)


def test_order_up_to_by_hand():
    # Level 5, two weeks on the way. Week 0: 5 on the shelf, 3 sold. Week 1: 3 ordered; 2 sold, all.
    # Week 2: 2 more ordered; nothing has arrived, 4 are lost. Week 3: 3 arrive, 1 is sold.
    shelf = stock.order_up_to([[3, 2, 4, 1, 0]], 5, lead=2)
    np.testing.assert_array_equal(shelf.ordered, [[0, 3, 2, 0, 1]])
    np.testing.assert_array_equal(shelf.sold, [[3, 2, 0, 1, 0]])
    np.testing.assert_array_equal(shelf.stock, [[2, 0, 0, 2, 4]])
    assert not shelf.wasted.any()


def test_what_arrives_at_once_can_be_sold_at_once():
    shelf = stock.order_up_to([[3, 9, 2]], [[4, 6, 1]], lead=0)
    np.testing.assert_array_equal(shelf.ordered, [[0, 5, 1]])
    np.testing.assert_array_equal(shelf.sold, [[3, 6, 1]])
    np.testing.assert_array_equal(shelf.stock, [[1, 0, 0]])


def test_a_lower_level_orders_nothing_and_sends_nothing_back():
    shelf = stock.order_up_to([[1, 1, 1]], [[9, 2, 2]], lead=1)
    np.testing.assert_array_equal(shelf.ordered, [[0, 0, 0]])
    np.testing.assert_array_equal(shelf.stock, [[8, 7, 6]])


def test_old_units_are_sold_first_and_thrown_away_at_their_end():
    # Two weeks good, level 4, delivered at once. Week 0: 4 fresh, 1 sold, 3 left. Week 1: 1 more;
    # 2 of the old sold, the third is too old: 1 is left. Week 2: 3 more; 1 sold (the old one).
    shelf = stock.order_up_to([[1, 2, 1]], 4, lead=0, life=2)
    np.testing.assert_array_equal(shelf.ordered, [[0, 1, 3]])
    np.testing.assert_array_equal(shelf.sold, [[1, 2, 1]])
    np.testing.assert_array_equal(shelf.wasted, [[0, 1, 0]])
    np.testing.assert_array_equal(shelf.stock, [[3, 1, 3]])


def test_what_lives_a_week_is_a_newsvendor_every_week():
    demand = np.random.default_rng(0).poisson(5, (3, 40)).astype(float)
    shelf = stock.order_up_to(demand, 6, lead=0, life=1)
    np.testing.assert_array_equal(shelf.sold, np.minimum(demand, 6))
    np.testing.assert_array_equal(shelf.wasted, np.maximum(6 - demand, 0))
    assert not shelf.stock.any()
    assert (shelf.ordered[:, 1:] == 6).all()


whole = arrays(float, (2, 8), elements=st.integers(0, 9).map(float))


@given(whole, whole, st.integers(0, 3), st.sampled_from([None, 1, 2, 3]))
def test_units_are_neither_made_nor_lost(demand, level, lead, life):
    shelf = stock.order_up_to(demand, level, lead=lead, life=life)
    came = shelf.ordered[:, : 8 - lead].sum(axis=1)
    gone = (shelf.sold + shelf.wasted).sum(axis=1)
    np.testing.assert_allclose(level[:, 0] + came, gone + shelf.stock[:, -1])
    assert (shelf.sold <= demand).all()
    assert all((part >= 0).all() for part in shelf)
    if life is None:
        assert not shelf.wasted.any()


def test_fractions_do_not_leave_a_negative_stock():
    demand = np.full((1, 30), 0.1)
    shelf = stock.order_up_to(demand, 0.3, lead=0, life=2)
    assert (shelf.stock >= 0).all()
    assert (shelf.sold <= demand).all()
    assert stock.fill_rate(shelf.sold, demand) == pytest.approx(1)


def test_a_shop_without_demand_stands_still():
    shelf = stock.order_up_to(np.zeros((2, 4)), 3)
    assert not shelf.ordered.any()
    assert not shelf.sold.any()
    assert (shelf.stock == 3).all()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([1, 2], 3), {}, r"demand must be \(n, weeks\), at least 1 week, got shape \(2,\)"),
        ((np.ones((2, 0)), 3), {}, "at least 1 week"),
        (([[1, -1]], 3), {}, "demand must be at least 0, got -1"),
        (([[1, 1]], -3), {}, "level must be at least 0, got -3"),
        (([[1, 1]], NAN), {}, "level must be finite, got nan"),
        (([[1, 1]], [1, 2, 3]), {}, r"level must broadcast to \(1, 2\), got \(3,\)"),
        (([[1, 1]], 3), {"lead": -1}, "lead must be a whole number of at least 0, got -1"),
        (([[1, 1]], 3), {"lead": 1.5}, "lead must be a whole number"),
        (([[1, 1]], 3), {"life": 0}, "life must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_shelves_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        stock.order_up_to(*arguments, **options)


def test_fill_rate_by_hand():
    assert stock.fill_rate([[2, 0], [3, 5]], [[4, 0], [3, 9]]) == pytest.approx(10 / 16)
    assert np.isnan(stock.fill_rate([0, 0], [0, 0]))
    with pytest.raises(ValueError, match=r"sold must be at most the demand, got 5\.0 of 4\.0"):
        stock.fill_rate([1, 5], [1, 4])


def test_turnover_by_hand():
    # 10 and 30 units a week at 2 and 1 dollars: 50 dollars; stock 20 at 2 and 10 at 1: 50 dollars
    sold, left = [[10, 10], [30, 30]], [[20, 20], [10, 10]]
    assert stock.turnover(sold, left, cost=[[2], [1]]) == pytest.approx(52)
    assert stock.turnover(sold, left, cost=[[2], [1]], weeks_a_year=1) == pytest.approx(1)
    assert stock.turnover(sold, left) == pytest.approx(40 / 30 * 52)
    assert stock.turnover([[1]], [[0]]) == np.inf
    assert np.isnan(stock.turnover([[0]], [[0]]))
    assert np.isnan(stock.turnover([[1]], [[1]], cost=0))
    assert stock.turnover([[0]], [[4]]) == 0


@pytest.mark.filterwarnings("error")
def test_a_shop_without_products_has_no_measures_and_says_so_without_a_warning():
    nothing = np.zeros((0, 3))
    shelf = stock.order_up_to(nothing, 2)
    assert shelf.sold.shape == (0, 3)
    assert np.isnan(stock.turnover(shelf.sold, shelf.stock))
    assert np.isnan(stock.fill_rate(shelf.sold, nothing))
    assert stock.bullwhip(shelf.ordered, nothing).shape == (0,)
    assert stock.newsvendor(nothing, 3, 1).shape == (0,)


def test_bullwhip_by_hand():
    ordered, demand = [[0, 4], [3, 3], [1, 2]], [[1, 3], [1, 2], [5, 5]]
    np.testing.assert_allclose(stock.bullwhip(ordered, demand), [4, 0, NAN])
    assert stock.bullwhip([1, 2], [1, 2]) == 1
    assert np.isnan(stock.bullwhip([1, 2, 3], [0.1, 0.1, 0.1]))


@pytest.mark.parametrize(("window", "lead"), [(2, 1), (4, 1), (4, 3)])
def test_a_moving_mean_whips_the_orders_by_the_published_ratio(window, lead):
    """Chen, Drezner, Ryan & Simchi-Levi 2000: 1 + 2 L / p + 2 L² / p² for independent demand.

    L: weeks that the level has to last for, lead + 1 here; p: weeks in the mean. The 200 keep the
    shelf from running empty, which the formula does not know.
    """
    lasts = lead + 1
    demand = np.random.default_rng(4).normal(1000, 10, (60, 400))
    level = lasts * moving_mean(demand, window)[:, window:-1] + 200
    demand = demand[:, window:]
    shelf = stock.order_up_to(demand, level, lead=lead)
    late = slice(lead + 1, None)
    found = stock.bullwhip(shelf.ordered[:, late], demand[:, late]).mean()
    assert found == pytest.approx(1 + 2 * lasts / window + 2 * lasts**2 / window**2, rel=0.03)


@pytest.mark.parametrize("measure", [stock.fill_rate, stock.turnover, stock.bullwhip])
def test_measures_name_what_is_wrong(measure):
    with pytest.raises(ValueError, match="must be at least 0, got -1"):
        measure([1, -1], [1, 1])
    with pytest.raises(ValueError, match="must be finite, got nan"):
        measure([1, 1], [1, NAN])
    with pytest.raises(ValueError, match=r"one shape and at least 1 week, got \(2,\) and \(2, 1\)"):
        measure([1, 1], [[1], [1]])
    with pytest.raises(ValueError, match="at least 1 week"):
        measure([], [])


def test_turnover_names_bad_costs_and_years():
    with pytest.raises(ValueError, match="cost must be at least 0, got -1"):
        stock.turnover([1], [1], cost=-1)
    with pytest.raises(ValueError, match=r"cost must broadcast to \(1,\), got \(2, 1\)"):
        stock.turnover([1], [1], cost=[[1], [2]])
    with pytest.raises(ValueError, match="weeks_a_year must be above 0, got 0"):
        stock.turnover([1], [1], weeks_a_year=0)
