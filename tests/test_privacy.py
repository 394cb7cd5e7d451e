"""Privacy: figures by hand, from the papers and from dp-accounting; what cannot be meant."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, sparse
from scipy.stats import binomtest, norm

from course_lib.models.ease import ease_weights
from course_lib.shop import privacy

ROOT = Path(__file__).parents[1]
ACCOUNTING = pd.read_csv(ROOT / "datasets" / "privacy" / "accounting.csv")
COVERAGE = pd.read_csv(ROOT / "datasets" / "privacy" / "coverage.csv")


# Ada and Bo took tea and the mug, Chen tea and the ball, Dia only the ball.
USERS = np.array([0, 0, 1, 1, 2, 2, 3])
FACTS = np.array(["tea", "mug", "tea", "mug", "tea", "ball", "ball"])


def test_two_facts_single_out_chen_but_not_ada_or_bo():
    sizes = privacy.crowd_sizes(USERS, FACTS, 2, seed=0)
    np.testing.assert_array_equal(sizes, [2, 2, 1, np.nan])


def test_one_fact_fits_as_many_as_have_it():
    for seed in range(10):
        sizes = privacy.crowd_sizes(USERS, FACTS, 1, seed=seed)
        assert sizes[0] in (3, 2)  # tea or mug
        assert sizes[2] in (3, 2)  # tea or ball
        assert sizes[3] == 2


def test_all_facts_of_a_user_come_up():
    sizes = [privacy.crowd_sizes(USERS, FACTS, 1, seed=seed)[0] for seed in range(40)]
    assert 8 < sum(size == 3 for size in sizes) < 32


def test_a_fact_told_twice_is_one_fact():
    twice = privacy.crowd_sizes(np.tile(USERS, 2), np.tile(FACTS, 2), 2, seed=0)
    np.testing.assert_array_equal(twice, privacy.crowd_sizes(USERS, FACTS, 2, seed=0))


def test_a_household_alone_in_its_group_is_singled_out():
    assert privacy.crowd_sizes([0], ["tea"], 1, seed=0).tolist() == [1.0]


def test_a_number_without_a_row_has_no_crowd():
    assert np.isnan(privacy.crowd_sizes([0, 2], [5, 5], 1, seed=0)[1])


def test_crowds_agree_with_sets_held_against_each_other():
    rng = np.random.default_rng(1)
    users, facts = rng.integers(0, 1100, 6000), rng.integers(0, 40, 6000)  # more than AT_ONCE
    for points in (1, 3):
        sizes = privacy.crowd_sizes(users, facts, points, seed=2)
        sets = [set(facts[users == user]) for user in range(1100)]
        few = np.array([len(own) < points for own in sets])
        assert np.isnan(sizes[few]).all()
        assert (sizes[~few] >= 1).all()
        # The mean over draws of one fact is the mean of how many have each of the user's facts.
        if points == 1:
            reach = np.bincount([fact for own in sets for fact in own])
            expected = np.mean([np.mean(reach[list(own)]) for own in sets if own])
            assert np.nanmean(sizes) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], ["a"], 1), "of one length"),
        (([-1], ["a"], 1), "at least 0"),
        (([0.5], ["a"], 1), "whole numbers"),
        (([0], [None], 1), "must not be missing, row 0"),
        (([0], ["a"], 0), "points must be a whole number of at least 1, got 0"),
        ((np.zeros(0, dtype=int), np.zeros(0), 1), "at least 1 row"),
    ],
)
def test_crowds_refuse_what_cannot_be_meant(arguments, message):
    with pytest.raises(ValueError, match=message):
        privacy.crowd_sizes(*arguments, seed=0)


@pytest.mark.parametrize("row", ACCOUNTING.to_dict("records"), ids=lambda r: str(r["epsilon"]))
def test_the_accounting_agrees_with_dp_accounting(row):
    noise, delta, releases = row["noise"], row["delta"], int(row["releases"])
    ours = privacy.privacy_epsilon(noise, delta, releases=releases)
    # Its own figures lie on a grid of privacy losses and round upwards.
    assert ours == pytest.approx(row["epsilon"], rel=2e-3, abs=2e-4)
    assert row["renyi"] >= ours  # a bound from Rényi divergences
    if row["epsilon"] > 0:
        needed = privacy.noise_needed(row["epsilon"], delta, releases=releases)
        assert needed == pytest.approx(noise, rel=2e-3)


@pytest.mark.parametrize(("mu", "epsilon"), [(0.5, 0.1), (1.0, 1.0), (2.0, 0.0), (3.0, 4.0)])
def test_delta_is_what_the_densities_say(mu, epsilon):
    """δ = ∫ max(0, p − e^ε q): p, q normal with means μ and 0."""
    start = epsilon / mu + mu / 2  # where p = e^ε q
    excess, _ = integrate.quad(
        lambda x: norm.pdf(x - mu) - math.exp(epsilon) * norm.pdf(x), start, start + 40
    )
    assert privacy.privacy_delta(1 / mu, epsilon) == pytest.approx(excess, rel=1e-6)


def test_a_tiny_delta_is_no_difference_of_large_numbers():
    noise = privacy.noise_needed(0.01, 1e-15)
    assert privacy.privacy_delta(noise, 0.01) == pytest.approx(1e-15, rel=1e-3)


@pytest.mark.parametrize("epsilon", [1e-3, 0.1, 1.0, 10.0, 300.0])
@pytest.mark.parametrize("delta", [1e-12, 1e-5, 0.4])
def test_noise_and_epsilon_are_inverse(epsilon, delta):
    noise = privacy.noise_needed(epsilon, delta, releases=3)
    assert privacy.privacy_delta(noise, epsilon, releases=3) == pytest.approx(delta, rel=1e-6)
    assert privacy.privacy_epsilon(noise, delta, releases=3) == pytest.approx(epsilon, rel=1e-6)


def test_the_classic_rule_wastes_noise_below_one_and_fails_above():
    """√(2 ln(1.25/δ)) / ε (Dwork & Roth 2014, appendix A) is proved for ε < 1 only."""
    classic = math.sqrt(2 * math.log(1.25 / 1e-5))
    assert privacy.noise_needed(0.5, 1e-5) < classic / 0.5
    assert privacy.privacy_delta(classic / 20, 20) > 1e-5


def test_much_noise_needs_no_epsilon():
    assert privacy.privacy_epsilon(1e6, 1e-5) == 0.0


@pytest.mark.filterwarnings("error:invalid value")
def test_extremes_have_their_limits():
    assert privacy.privacy_delta(1e300, 1.0) == 0.0
    assert privacy.privacy_delta(1.0, 1e200) == 0.0
    assert privacy.privacy_delta(1e-300, 1.0) == 1.0
    assert privacy.privacy_epsilon(1e-200, 1e-5) == math.inf
    # ε of nothing: δ = Φ(μ/2) − Φ(−μ/2) alone, which is about μ / √(2π)
    assert privacy.noise_needed(1e-300, 1e-5) == pytest.approx(
        1 / (1e-5 * math.sqrt(2 * math.pi)), rel=1e-6
    )


HOSTILE = [0, -1, math.nan, math.inf, True, "1", None]


@pytest.mark.parametrize("bad", HOSTILE)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda bad: privacy.noise_needed(bad, 1e-5), "epsilon"),
        (lambda bad: privacy.noise_needed(1.0, bad), "delta"),
        (lambda bad: privacy.privacy_epsilon(bad, 1e-5), "noise"),
        (lambda bad: privacy.privacy_epsilon(1.0, bad), "delta"),
        (lambda bad: privacy.privacy_delta(bad, 1.0), "noise"),
        (lambda bad: privacy.privacy_delta(1.0, 1.0, releases=bad), "releases"),
        (lambda bad: privacy.clip_rows([[1.0]], bad), "most"),
        (lambda bad: mechanism(sensitivity=bad), "sensitivity"),
        (lambda bad: mechanism(epsilon=bad), "epsilon"),
        (lambda bad: mechanism(delta=bad), "delta"),
        (lambda bad: privacy.match_probability(5, 5, bad), "share"),
        (lambda bad: privacy.audited_epsilon(5, 9, 1, 9, confidence=bad), "confidence"),
    ],
)
def test_what_must_be_above_0_is_refused_otherwise(call, name, bad):
    if bad is True and name == "releases":
        bad = 0.5
    with pytest.raises(ValueError, match=f"{name} must be"):
        call(bad)


def test_epsilon_below_0_is_refused_where_0_is_allowed():
    assert privacy.privacy_delta(1.0, 0) > 0
    with pytest.raises(ValueError, match="epsilon must be at least 0, got -1"):
        privacy.privacy_delta(1.0, -1)


def mechanism(values=(0.0,), **changes):
    options = {"sensitivity": 1.0, "epsilon": 1.0, "delta": 1e-5, "seed": 0} | changes
    return privacy.gaussian_mechanism(values, **options)


def test_noise_has_the_size_asked_for_in_every_cell():
    noisy = mechanism(np.full((200, 100), 7.0), sensitivity=3.0, epsilon=0.5)
    assert noisy.shape == (200, 100)
    assert noisy.mean() == pytest.approx(7.0, abs=0.5)
    assert noisy.std() == pytest.approx(3 * privacy.noise_needed(0.5, 1e-5), rel=0.02)


def test_the_same_seed_gives_the_same_noise_and_the_values_stay():
    values = np.zeros(3)
    assert (mechanism(values) == mechanism(values)).all()
    assert (mechanism(values) != mechanism(values, seed=1)).any()
    assert (values == 0).all()
    with pytest.raises(ValueError, match="values must be finite, got nan"):
        mechanism([np.nan])


def test_clipping_shortens_long_rows_and_leaves_the_others():
    rows = np.array([[6.0, 8.0], [0.5, 0.0], [0.0, 0.0], [0.0, -5.0]])
    clipped = privacy.clip_rows(rows, 5)
    np.testing.assert_allclose(clipped, [[3, 4], [0.5, 0], [0, 0], [0, -5]])
    assert rows[0, 0] == 6.0
    with pytest.raises(ValueError, match=r"rows must be \(n, m\), got shape \(2,\)"):
        privacy.clip_rows([1.0, 2.0], 1)


def test_the_audit_takes_the_exact_ends_of_both_rates():
    hit = binomtest(80, 100).proportion_ci(0.95, method="exact").low
    alarm = binomtest(10, 90).proportion_ci(0.95, method="exact").high
    assert privacy.audited_epsilon(80, 100, 10, 90) == pytest.approx(math.log(hit / alarm))
    less = privacy.audited_epsilon(80, 100, 10, 90, delta=0.1)
    assert less == pytest.approx(math.log((hit - 0.1) / alarm))


@pytest.mark.parametrize("counts", [(0, 9, 0, 9), (0, 9, 9, 9), (9, 9, 9, 9), (3, 9, 6, 9)])
def test_an_attack_no_better_than_chance_proves_nothing(counts):
    assert privacy.audited_epsilon(*counts) == 0.0


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((10, 9, 0, 9), "hits must be a whole number of at least 0 and at most 9, got 10"),
        ((0, 9, -1, 9), "alarms must be"),
        ((0, 0, 0, 9), "members must be a whole number of at least 1, got 0"),
        ((0, 9, 0, 0.5), "strangers must be"),
    ],
)
def test_the_audit_refuses_impossible_counts(counts, message):
    with pytest.raises(ValueError, match=message):
        privacy.audited_epsilon(*counts)


def shop_of(n_users, n_items, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random((n_users, n_items)) < 0.3).astype(float)


def inverse_of(rows, regularisation):
    return np.linalg.inv(rows.T @ rows + regularisation * np.eye(rows.shape[1]))


@pytest.mark.parametrize("gone", [[4], [0, 7, 29]])
def test_forgetting_equals_a_fit_without_them(gone):
    rows = shop_of(30, 12)
    kept = np.delete(rows, gone, axis=0)
    forgotten = privacy.forget(inverse_of(rows, 0.5), rows[gone])
    np.testing.assert_allclose(forgotten, inverse_of(kept, 0.5), atol=1e-10)
    weights = -forgotten / np.diag(forgotten)
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(weights, ease_weights(sparse.csr_array(kept), 0.5), atol=1e-5)


def test_everybody_may_go():
    rows = shop_of(5, 4)
    forgotten = privacy.forget(inverse_of(rows, 2.0), rows)
    np.testing.assert_allclose(forgotten, np.eye(4) / 2, atol=1e-12)


def test_an_empty_row_changes_nothing():
    inverse = inverse_of(shop_of(9, 4), 1.0)
    np.testing.assert_array_equal(privacy.forget(inverse, np.zeros(4)), inverse)


def test_a_hundred_updates_drift_by_no_more_than_rounding():
    rows = shop_of(300, 20)
    inverse = inverse_of(rows, 1.0)
    for row in rows[:100]:
        inverse = privacy.forget(inverse, row)
    np.testing.assert_allclose(inverse, inverse_of(rows[100:], 1.0), atol=1e-12)


def test_who_was_never_there_cannot_leave():
    rows = np.eye(3)
    once = privacy.forget(inverse_of(rows, 0.1), rows[0])
    with pytest.raises(ValueError, match="rows must be among those that inverse was made from"):
        privacy.forget(once, [4.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("inverse", "rows", "message"),
    [
        (np.ones((2, 3)), np.ones(3), r"inverse must be \(n_items, n_items\), got shape \(2, 3\)"),
        (np.eye(2), np.ones(3), r"rows must be \(m, 2\), got shape \(1, 3\)"),
        (np.eye(2), [np.nan, 1.0], "rows must be finite"),
        (np.ones(2), np.ones(2), r"inverse must be \(n, m\), got shape \(2,\)"),
    ],
)
def test_forgetting_refuses_shapes_that_do_not_fit(inverse, rows, message):
    with pytest.raises(ValueError, match=message):
        privacy.forget(inverse, rows)


def test_alone_in_a_sample_is_not_alone_in_town():
    # 40 % sampled: 60 alone, 20 pairs: 0.4 · 60 / (0.4 · 60 + 2 · 0.6 · 20) = 24 / 48
    chance = privacy.match_probability(60, 20, 0.4)
    assert chance.mean == pytest.approx(0.5)
    assert chance.low < 0.5 < chance.high
    # odds of 1, times e^(±1.96 √(1/60 + 1/20))
    assert chance.low == pytest.approx(1 / (1 + math.exp(1.959964 * math.sqrt(1 / 15))))


def test_without_a_pair_the_lower_end_still_doubts():
    chance = privacy.match_probability(10, 0, 0.1)
    assert chance.mean == chance.high == 1.0
    assert chance.low < 0.7


@pytest.mark.parametrize(("alone", "pairs"), [(0, 1), (1, -1), (1.5, 1)])
def test_match_probability_refuses_impossible_counts(alone, pairs):
    with pytest.raises(ValueError, match="must be a whole number"):
        privacy.match_probability(alone, pairs, 0.5)


@pytest.mark.parametrize("claim", sorted(COVERAGE["claim"].unique()))
def test_intervals_cover_the_truth_and_the_naive_ones_do_not(claim):
    """The table: `python benchmarks/privacy.py coverage`."""
    rows = COVERAGE[COVERAGE["claim"] == claim]
    assert rows["seed"].nunique() == len(rows) >= 200
    covered = ((rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"])).sum()
    naive = (rows["naive_low"] <= rows["truth"]) & (rows["truth"] <= rows["naive_high"])
    # 95 % promised: a rate that low by chance less often than once in a thousand tables.
    assert binomtest(int(covered), len(rows), 0.95, alternative="less").pvalue > 0.001
    assert binomtest(int(naive.sum()), len(rows), 0.95, alternative="less").pvalue < 0.001


def test_the_coverage_table_has_every_claim():
    assert set(COVERAGE["claim"]) == {"noisy count", "audit", "saw nobody", "alone in town"}
