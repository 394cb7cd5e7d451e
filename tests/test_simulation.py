"""The simulated shop: its shapes are those of real logs, and its truth is what its logs show."""

import numpy as np
import pandas as pd
import pytest

from course_lib.metrics import gini
from course_lib.shop.simulation import SimulatedShop
from course_lib.shop.traffic import EXAMINATION, clickstream, pages


@pytest.fixture(scope="module")
def shop():
    return SimulatedShop()


@pytest.fixture(scope="module")
def year(shop):
    return shop.purchases(52, seed=1)


@pytest.fixture(scope="module")
def small():
    return SimulatedShop(n_users=60, n_items=12, click_rate=0.2, buy_rate=0.3, seed=3)


def uniform(shop):
    return np.full((shop.n_users, shop.n_items), 1 / shop.n_items)


# Counted on real logs: CJ is The Complete Journey, OR Online Retail (UCI), IC the Instacart sample,
# YC the YooChoose sessions, TB the Taobao sample, OB Open Bandit. Between the ends lie the figures
# of the logs named; a single figure has ends about a tenth on both sides.


def item_gini(shop, log):  # CJ's 1,339 best-known products .45, OR .64
    return gini(np.bincount(log.items, minlength=shop.n_items))


def zipf_slope(shop, log):  # CJ −.72, OR −.46, IC −.74
    sold = np.sort(np.bincount(log.items, minlength=shop.n_items))[::-1]
    rank = np.arange(shop.n_items // 10, shop.n_items * 3 // 10)
    return np.polyfit(np.log(rank), np.log(sold[rank - 1]), 1)[0]


def repeat_share(shop, log):  # CJ .41, IC .64
    return pd.Series(log.users * shop.n_items + log.items).duplicated().mean()


def lines_a_user(shop, log):  # CJ 407 a year
    return np.median(np.bincount(log.users, minlength=shop.n_users))


def baskets(log):
    return pd.DataFrame({"user": log.users, "time": log.timestamps}).value_counts()


def basket_median(shop, log):  # CJ 5
    return baskets(log).median()


def basket_mean(shop, log):  # CJ 9.4
    return baskets(log).mean()


def visits(log):
    return pd.DataFrame({"user": log.users, "time": log.timestamps}).drop_duplicates()


def gap_in_days(shop, log):  # CJ 3
    days = visits(log).assign(day=lambda rows: rows["time"].dt.floor("D"))
    days = days.drop_duplicates(["user", "day"]).sort_values(["user", "day"])
    return days.groupby("user")["day"].diff().dt.days.median()


def weekend(shop, log):  # CJ +18 % a day
    weekday = visits(log)["time"].dt.day_of_week
    return (weekday >= 5).sum() / 2 / ((weekday < 5).sum() / 5)


def busiest_hour(shop, log):  # CJ 17
    return visits(log)["time"].dt.hour.value_counts().idxmax()


def overlap(shop, log, lag):  # of the top 100 of two months
    month = pd.Series(log.timestamps).dt.month.to_numpy()
    top = [
        np.argsort(-np.bincount(log.items[month == m], minlength=shop.n_items), kind="stable")[:100]
        for m in range(1, 13)
    ]
    return np.mean([len(np.intersect1d(a, b)) / 100 for a, b in zip(top, top[lag:], strict=False)])


def first_department(shop, log):  # CJ .64 (of departments), TB .24 (of categories)
    counts = pd.crosstab(log.users, shop.department[log.items])
    return (counts.max(axis=1) / counts.sum(axis=1)).mean()


SHAPES = {
    item_gini: (0.45, 0.64),
    zipf_slope: (-0.80, -0.46),
    repeat_share: (0.41, 0.64),
    lines_a_user: (365, 450),
    basket_median: (4, 6),
    basket_mean: (8.5, 10.3),
    gap_in_days: (3, 4),
    weekend: (1.13, 1.23),
    busiest_hour: (17, 17),
    first_department: (0.24, 0.64),
}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_year_of_purchases_has_the_shape_of_real_logs(shop, year, shape):
    low, high = SHAPES[shape]
    assert low <= shape(shop, year) <= high


@pytest.mark.parametrize(("lag", "grocery"), [(1, 0.75), (3, 0.68), (6, 0.63)])
def test_best_sellers_drift_as_in_grocery(shop, year, lag, grocery):
    assert abs(overlap(shop, year, lag) - grocery) < 0.07


def test_elasticities_are_spread_as_counted_over_241_items(shop):
    found = np.quantile(shop.elasticity, [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found, [-3.7, -1.9, -0.2], atol=0.15)


def test_clicks_are_as_rare_as_in_open_bandit(shop):
    """Three places a page; its two policies had .38 % and .69 %."""
    log = pages(shop, uniform(shop), 100_000, seed=0, slots=3)
    assert 0.0038 < log["clicked"].mean() < 0.0069


def test_sessions_are_those_of_real_web_shops(shop):
    events = clickstream(shop, 20_000, seed=3)
    shares = events["event"].value_counts(normalize=True)
    for kind, share in {"view": 0.89, "cart": 0.055, "favourite": 0.031, "buy": 0.022}.items():
        assert shares[kind] == pytest.approx(share, abs=0.004)  # TB
    sizes = events.groupby("session").size()
    assert sizes.median() == 3 and abs(sizes.mean() - 5.9) < 0.6  # YC
    seconds = events.sort_values(["session", "timestamp"]).groupby("session")["timestamp"].diff()
    seconds = seconds.dt.total_seconds()
    assert 55 <= seconds.median() <= 80 and abs(seconds.quantile(0.9) - 300) < 30  # YC
    assert seconds.max() < 1800


# The truth is what the logs show.


def test_purchases_are_drawn_from_the_demand(small):
    shown = np.tile([4, -1], (60, 1))
    prices = small.price * np.where(np.arange(12) == 7, 1.5, 1.0)
    expected = small.demand(5, shown=shown, prices=prices).sum(axis=0)
    many = [
        small.purchases(1, seed=seed, first_week=5, shown=shown, prices=prices)
        for seed in range(60)
    ]
    units = np.array([np.bincount(log.items, log.values, 12) / prices for log in many])
    error = units.std(axis=0, ddof=1) / np.sqrt(60)
    assert (np.abs(units.mean(axis=0) - expected) < 3.5 * error).all()


def test_a_recommendation_multiplies_demand_and_only_of_what_was_shown(small):
    plain = small.demand(2)
    factor = small.demand(2, shown=np.array([[0, 3]] + [[-1, -1]] * 59)) / plain
    wanted = np.ones((60, 12))
    wanted[0, [0, 3]] = 1.31
    np.testing.assert_allclose(factor, wanted)


def test_elasticity_is_the_slope_of_log_demand_over_log_price(small):
    dearer = small.demand(prices=small.price * 1.1) / small.demand()
    np.testing.assert_allclose(
        np.log(dearer) / np.log(1.1), np.tile(small.elasticity, (60, 1)), rtol=1e-9
    )


def test_baskets_come_in_time_order_within_the_weeks_asked_for(small):
    log = small.purchases(2, seed=0, first_week=3)
    assert (np.diff(log.timestamps) >= np.timedelta64(0)).all()
    assert log.timestamps.min() >= np.datetime64("2027-01-25")
    assert log.timestamps.max() < np.datetime64("2027-02-08")
    assert log.n_users == 60 and log.n_items == 12


def test_rates_have_the_means_asked_for(small):
    rates = small.rates(np.arange(60)[:, None], np.arange(12))
    assert rates.click.mean() == pytest.approx(0.2)
    assert rates.both.mean() / rates.click.mean() == pytest.approx(0.3)
    assert (rates.both <= np.minimum(rates.click, rates.buy)).all()
    assert (rates.both > rates.click * rates.buy).all()  # serious visits do both more often


def test_a_page_shows_clicks_purchases_and_delays_at_the_true_rates(small):
    log = pages(small, uniform(small), 60_000, seed=1, days=20)
    truth = small.rates(log["user"].to_numpy(), log["item"].to_numpy())
    for column, rate in (("clicked", truth.click), ("bought", truth.both)):
        error = np.sqrt(np.sum(rate * (1 - rate))) / len(log)
        assert abs(log[column].mean() - rate.mean()) < 3.5 * error
    assert log["delay"].notna().equals(log["bought"])
    assert abs(log["delay"].mean() - 8) < 3.5 * 8 / np.sqrt(log["bought"].sum())
    assert log["day"].is_monotonic_increasing and 19.9 < log["day"].max() < 20
    assert log["clicked"].mean() == pytest.approx(small.value(uniform(small)), abs=0.006)


def test_value_weighs_users_by_their_visits(small):
    favourite = np.zeros((60, 12))
    best = small.rates(np.arange(60)[:, None], np.arange(12)).click
    favourite[np.arange(60), best.argmax(axis=1)] = 1
    by_hand = sum(best.max(axis=1) * small.visits) / sum(small.visits)
    assert small.value(favourite) == pytest.approx(by_hand)


def test_places_are_looked_at_with_their_own_chance_and_clicked_only_then(small):
    log = pages(small, uniform(small), 30_000, seed=2, slots=5)
    seen = log.groupby("position")["examined"].mean()
    np.testing.assert_allclose(seen, EXAMINATION, atol=0.012)
    assert not log.loc[~log["examined"], "clicked"].any()
    assert not log.loc[~log["clicked"], "bought"].any()
    assert not log.duplicated(["page", "item"]).any()


def test_propensities_are_the_chances_of_drawing_without_replacement():
    """Of 1/2, 1/3, 1/6: the second place after the first is 2/3 : 1/3, and so on."""
    shop = SimulatedShop(n_users=2, n_items=3)
    policy = np.array([[1 / 2, 1 / 3, 1 / 6]] * 2)
    log = pages(shop, policy, 20_000, seed=0, slots=3)
    item = log["item"].to_numpy().reshape(-1, 3)
    chance = log["propensity"].to_numpy().reshape(-1, 3)
    np.testing.assert_allclose(chance[:, 0], policy[0, item[:, 0]])
    after_first = item[:, 0] == 0
    by_hand = np.array([0, 2 / 3, 1 / 3])
    np.testing.assert_allclose(chance[after_first, 1], by_hand[item[after_first, 1]])
    np.testing.assert_allclose(chance[:, 2], 1)
    shares = np.bincount(item[after_first, 1], minlength=3) / after_first.sum()
    np.testing.assert_allclose(shares, by_hand, atol=0.02)
    np.testing.assert_allclose(np.bincount(item[:, 0]) / 20_000, policy[0], atol=0.012)


def test_bots_use_their_accounts_click_on_all_places_alike_and_never_buy(small):
    log = pages(small, uniform(small), 20_000, seed=4, slots=5, bots=0.4)
    bots = log[log["bot"]]
    assert small.is_bot[bots["user"]].all()
    assert len(bots) / len(log) == pytest.approx(0.4, abs=0.02)
    np.testing.assert_allclose(bots.groupby("position")["clicked"].mean(), 0.3, atol=0.02)
    assert not bots["bought"].any()
    events = clickstream(small, 2_000, seed=4, bots=0.1)
    bots = events[events["bot"]]
    assert small.is_bot[bots["user"]].all() and (bots["event"] == "view").all()
    assert (bots.groupby("session").size() == 50).all()


def test_what_is_carted_or_bought_was_viewed_before_in_the_session(small):
    events = clickstream(small, 2_000, seed=0).sort_values(["session", "timestamp"])
    assert (events.groupby("session")["event"].first() == "view").all()
    viewed = events["item"].where(events["event"] == "view").ffill()
    assert (viewed == events["item"]).all()


def test_one_seed_one_shop_and_one_log():
    first, again, other = (SimulatedShop(n_users=9, n_items=7, seed=s) for s in (1, 1, 2))
    assert (first.want == again.want).all() and (first.want != other.want).all()
    logs = [shop.purchases(2, seed=5) for shop in (first, again)]
    assert (logs[0].items == logs[1].items).all()
    assert (logs[0].timestamps == logs[1].timestamps).all()
    made = [pages(shop, uniform(shop), 50, seed=5, slots=2) for shop in (first, again)]
    pd.testing.assert_frame_equal(*made)
    streams = [clickstream(shop, 50, seed=5) for shop in (first, again)]
    pd.testing.assert_frame_equal(*streams)
    assert not pages(first, uniform(first), 50, seed=6, slots=2).equals(made[0])


# What cannot be is told.


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"n_users": 1}, "n_users must be a whole number of at least 2, got 1"),
        ({"n_items": 2.0}, "n_items must be a whole number of at least 2, got 2.0"),
        ({"n_departments": 0}, "n_departments must be a whole number of at least 1, got 0"),
        ({"click_rate": 0}, "click_rate must be above 0 and below 1, got 0"),
        ({"buy_rate": 1}, "buy_rate must be above 0 and below 1, got 1"),
        ({"exposure_effect": 0}, "exposure_effect must be above 0, got 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
    ],
)
def test_a_shop_that_cannot_be_is_told(option, message):
    with pytest.raises(ValueError, match=message):
        SimulatedShop(**option)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.purchases(0, seed=0), "weeks must be a whole number of at least 1, got 0"),
        (lambda s: s.purchases(1, seed=None), "seed must be a whole number"),
        (lambda s: s.purchases(1, seed=0, first_week=-1), "first_week must be a whole number"),
        (lambda s: s.season(1.5), "week must be a whole number of at least 0, got 1.5"),
        (lambda s: s.demand(prices=[1.0]), r"prices must be \(12,\) numbers above 0"),
        (lambda s: s.demand(prices=np.zeros(12)), r"prices must be \(12,\) numbers above 0"),
        (lambda s: s.demand(prices=[np.nan] * 12), "prices must be finite, got nan"),
        (lambda s: s.demand(shown=[[0]]), r"shown must be \(60, k\) whole numbers, got"),
        (lambda s: s.demand(shown=np.full((60, 1), 0.0)), r"shown must be \(60, k\) whole"),
        (lambda s: s.demand(shown=np.full((60, 1), 12)), r"must lie in -1\.\.11, got 12\.\.12"),
        (lambda s: s.demand(shown=np.full((60, 1), -2)), r"must lie in -1\.\.11, got -2\.\.-2"),
        (lambda s: s.value(np.ones((60, 12))), "each row of policy must be chances that sum to 1"),
        (lambda s: s.value(np.ones((2, 2))), r"policy must be \(60, 12\), got \(2, 2\)"),
        (lambda s: pages(s, -uniform(s), 5, seed=0), "each row of policy must be chances"),
        (lambda s: pages(s, uniform(s), 0, seed=0), "n must be a whole number of at least 1"),
        (lambda s: pages(s, uniform(s), 5, seed=0, slots=6), "slots must be .* at most 5, got 6"),
        (lambda s: pages(s, np.eye(60, 12) + [[0] * 11 + [1]] * 60, 5, seed=0), "sum to 1"),
        (lambda s: pages(s, uniform(s), 5, seed=0, days=0), "days must be above 0, got 0"),
        (lambda s: pages(s, uniform(s), 5, seed=0, bots=1), "bots must be .* below 1, got 1"),
        (lambda s: clickstream(s, 0, seed=0), "n must be a whole number of at least 1, got 0"),
        (lambda s: clickstream(s, 5, seed=0, weeks=0), "weeks must be a whole number"),
        (lambda s: clickstream(s, 5, seed=0, bots=-0.1), "bots must be at least 0"),
    ],
)
def test_a_call_that_cannot_be_is_told(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small)


def test_a_page_needs_as_many_items_as_places(small):
    only = np.zeros((60, 12))
    only[:, 0] = 1
    assert (pages(small, only, 9, seed=0)["item"] == 0).all()
    with pytest.raises(ValueError, match="each row of policy must have at least 2 items above 0"):
        pages(small, only, 9, seed=0, slots=2)


def test_the_smallest_shop_works():
    shop = SimulatedShop(n_users=2, n_items=2, n_departments=1)
    assert len(shop.purchases(3, seed=0)) > 0
    assert len(pages(shop, uniform(shop), 1, seed=0, slots=2)) == 2
    assert len(clickstream(shop, 1, seed=1)) >= 1
    assert shop.is_bot.sum() == 1
