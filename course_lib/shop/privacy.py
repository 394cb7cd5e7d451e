"""What a log gives away of one person, and what noise and exact forgetting take back.

The unit is always one user, in the shop one household: a promise about single purchases would say
nothing about somebody who comes every day.
"""

import math

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import brentq
from scipy.stats import beta, norm

from course_lib.columns import check_index, same_rows
from course_lib.parameters import Number, Whole, check_above_0, check_numbers, check_whole, plain
from course_lib.statistics import Interval

AT_ONCE = 1000  # users held against all others in one go
PROBABILITY = Number(above=0, below=1)


def crowd_sizes(users, facts, points, *, seed):
    """How many users fit what a stranger knows about each one: 1 means singled out.

    users: (n,) whole numbers from 0, facts: (n,) whole numbers or texts, one row an event: who,
    and what can be known of it, such as the product and the day in one. The stranger knows
    `points` different facts of a user, drawn at random from that user's own. Returns (n_users,)
    floats: how many users have all of them, the user included; NaN for a user with fewer different
    facts than `points`, and for a number that has no row.

    The share of ones is the unicity of de Montjoye et al. 2013, Unique in the Crowd, Scientific
    Reports 3. It is a share among the users of this log: whoever is alone here may have a double
    among people who are not in it. Raises ValueError for users that are no indices, a missing
    fact, columns of different lengths, no row, and points below 1.

    >>> crowd_sizes([0, 0, 1, 1, 2], ["tea", "mug", "tea", "mug", "tea"], 1, seed=1)[2]
    np.float64(3.0)
    >>> crowd_sizes([0, 0, 1, 1, 2], ["tea", "mug", "tea", "mug", "tea"], 2, seed=0)
    array([ 2.,  2., nan])
    """
    points, seed = check_whole("points", points), check_whole("seed", seed, 0)
    columns = same_rows({"users": users, "facts": facts})
    users = check_index("users", columns["users"])
    if not len(users):
        raise ValueError("the log must have at least 1 row, got 0")
    facts, distinct = pd.factorize(pd.Series(columns["facts"]))
    if (facts < 0).any():
        raise ValueError(f"facts must not be missing, row {np.argmax(facts < 0)} is")
    n_users = int(users.max()) + 1
    pairs = np.unique(users * len(distinct) + facts)
    users, facts = np.divmod(pairs, len(distinct))
    shape = (n_users, len(distinct))
    holds = sparse.csr_array((np.ones(len(pairs)), (users, facts)), shape=shape)
    counts = np.bincount(users, minlength=n_users)
    order = np.lexsort((np.random.default_rng(seed).random(len(users)), users))
    place = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    drawn = order[(place < points) & (counts[users] >= points)]
    known = sparse.csr_array((np.ones(len(drawn)), (users[drawn], facts[drawn])), shape=shape)
    fit = np.full(n_users, np.nan)
    for start in range(0, n_users, AT_ONCE):
        shared = sparse.csr_array(known[start : start + AT_ONCE] @ holds.T)
        shared.data = (shared.data == points).astype(float)
        fit[start : start + AT_ONCE] = shared.sum(axis=1)
    fit[counts < points] = np.nan
    return fit


def match_probability(alone, pairs, share):
    """How likely somebody who is alone in a sample is the right one of the whole population.

    alone: how many groups of one the sample has (users who share what is known of them with
    nobody), at least 1; pairs: how many groups of exactly two; share: the part of the population
    that was sampled, each user with this chance; above 0, at most 1. Returns an Interval: the
    probability that a member of the population who fits somebody alone in the sample is that
    person, and its 95 % interval, for which both counts are taken as Poisson (without a pair the
    upper end is 1 and the lower one counts one pair).

    π n₁ / (π n₁ + 2 (1 − π) n₂): Skinner & Elliot 2002, A Measure of Disclosure Risk for
    Microdata, JRSS B 64. Nothing need be known about the population but its size.

    >>> match_probability(100, 50, 1.0).mean  # everybody is in the sample: alone is alone
    1.0
    >>> round(match_probability(90, 5, 0.1).mean, 4)  # 9 / (9 + 2 · 0.9 · 5)
    0.5
    """
    alone, pairs = check_whole("alone", alone), check_whole("pairs", pairs, 0)
    Number(above=0, most=1).check("share", share)
    doubles = 2 * (1 - share) / share * pairs / alone  # of each right match, so many wrong ones
    spread = np.exp(norm.ppf(0.975) * np.sqrt(1 / alone + 1 / max(pairs, 1)))
    most = doubles * spread if pairs else 2 * (1 - share) / share / alone * spread
    return Interval(*(float(1 / (1 + wrong)) for wrong in (doubles, most, doubles / spread)))


def privacy_delta(noise, epsilon, *, releases=1):
    """The δ of Gaussian noise: by how much its promise of ε can at most be exceeded.

    A mechanism keeps (ε, δ)-differential privacy if for any two logs that differ by one user, and
    any set of answers, P(answer | with) ≤ e^ε · P(answer | without) + δ, and the other way round.
    noise: standard deviation of the noise divided by the sensitivity, which is the most that one
    user can change the published numbers (Euclidean length); epsilon: at least 0; releases: how
    often fresh noise of this size is published about the same users.

    With μ = √releases / noise, exactly δ = Φ(μ/2 − ε/μ) − e^ε Φ(−μ/2 − ε/μ): Balle & Wang 2018,
    Improving the Gaussian Mechanism for Differential Privacy, ICML, theorem 8; that releases add
    up so: Dong, Roth & Su 2022, Gaussian Differential Privacy, JRSS B 84, corollary 2.

    >>> round(privacy_delta(1.0, 0.0), 4)  # Φ(1/2) − Φ(−1/2)
    0.3829
    >>> privacy_delta(2.0, 1.0, releases=4) == privacy_delta(1.0, 1.0)
    True
    """
    check_above_0("noise", noise)
    Number(least=0).check("epsilon", epsilon)
    return _delta(math.sqrt(check_whole("releases", releases)) / noise, epsilon)


def privacy_epsilon(noise, delta, *, releases=1):
    """The smallest ε that Gaussian noise promises at this δ; 0 where δ alone covers it.

    Arguments as in `privacy_delta`, of which this is the inverse; delta: above 0 and below 1, and
    in use far below one over the number of users (or the promise may fail for one of them).

    >>> round(privacy_epsilon(1.0, 0.3829), 3)
    0.0
    >>> round(privacy_delta(1.0, privacy_epsilon(1.0, 1e-5)) * 1e5, 6)
    1.0
    """
    check_above_0("noise", noise)
    PROBABILITY.check("delta", delta)
    mu = math.sqrt(check_whole("releases", releases)) / noise
    if _delta(mu, 0.0) <= delta:
        return 0.0
    # Bun & Steinke 2016, Concentrated Differential Privacy, proposition 1.3: never below the truth.
    most = mu * (mu / 2 + math.sqrt(-2 * math.log(delta)))
    if most == math.inf:  # noise so small that no float can hold its ε
        return most
    return float(brentq(lambda epsilon: _delta(mu, epsilon) - delta, 0.0, most, xtol=1e-12))


def noise_needed(epsilon, delta, *, releases=1):
    """The least Gaussian noise that keeps (ε, δ), in units of the sensitivity.

    epsilon: above 0 (no noise is enough for 0); delta: above 0 and below 1; releases: as in
    `privacy_delta`, whose inverse in `noise` this is. Balle & Wang 2018, algorithm 1.

    >>> round(noise_needed(1.0, 1e-5), 2), round(noise_needed(1.0, 1e-5, releases=100), 1)
    (3.73, 37.3)
    """
    check_above_0("epsilon", epsilon)
    PROBABILITY.check("delta", delta)
    releases = check_whole("releases", releases)
    steps = -math.log(delta)
    low = math.sqrt(2) * epsilon / (math.sqrt(steps + epsilon) + math.sqrt(steps))  # see above
    high = 2 * low
    while _delta(high, epsilon) <= delta:
        low, high = high, 2 * high
    mu = brentq(lambda mu: _delta(mu, epsilon) - delta, low, high, xtol=1e-12 * low)
    return math.sqrt(releases) / mu


def clip_rows(rows, most):
    """Each row shortened to a length of at most `most`, its direction kept.

    rows: (n, m) numbers, one row a user → (n, m) floats. The length is Euclidean; shorter rows
    stay as they are, rows of zeros too. After it one user changes a sum of rows by no more than
    `most`: the sensitivity that noise is measured in. Abadi et al. 2016, Deep Learning with
    Differential Privacy, algorithm 1. Raises ValueError for `most` of 0 or less.

    >>> clip_rows([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], 1.0)
    array([[0.6, 0.8],
           [0.3, 0.4],
           [0. , 0. ]])
    """
    check_above_0("most", most)
    rows = _table("rows", rows)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows * (most / np.maximum(length, most))


def gaussian_mechanism(values, *, sensitivity, epsilon, delta, seed):
    """The values with as much noise as (ε, δ) asks for: the Gaussian mechanism.

    values: an array of any shape; sensitivity: the most that one user can change all of them
    together (Euclidean length), above 0. Fresh noise for each cell; what is computed from the
    answer alone costs no more privacy. The seed makes a lesson repeatable; in a real shop nobody
    may know it, for whoever does can take the noise off again.

    >>> noisy = gaussian_mechanism(np.zeros(10_000), sensitivity=2, epsilon=1, delta=1e-5, seed=0)
    >>> bool(abs(noisy.std() - 2 * noise_needed(1, 1e-5)) < 0.1)
    True
    """
    values = check_numbers("values", values)
    scale = check_above_0("sensitivity", sensitivity) * noise_needed(epsilon, delta)
    rng = np.random.default_rng(check_whole("seed", seed, 0))
    return values + rng.normal(0.0, scale, values.shape)


def audited_epsilon(hits, members, alarms, strangers, *, delta=0.0, confidence=0.95):
    """What an attack proves about a mechanism: its ε is at least this, with the given confidence.

    The attack called `hits` of `members` and `alarms` of `strangers` members. (ε, δ)-differential
    privacy allows a hit rate of at most e^ε · alarm rate + δ, so ε ≥ ln((hit rate − δ) / alarm
    rate). The rates are estimates: taken are the lower end of the hit rate and the upper end of
    the alarm rate (Clopper & Pearson 1934), each wrong in (1 − confidence) / 2 of all cases.
    Never below 0, which proves nothing. Jagielski, Ullman & Oprea 2020, Auditing Differentially
    Private Machine Learning: How Private is Private SGD?, NeurIPS.

    The attack must be fixed before the cases are drawn that are counted. Raises ValueError for
    counts that are no whole numbers or exceed their totals, totals below 1, delta outside 0..1.

    >>> audited_epsilon(50, 100, 50, 100)
    0.0
    >>> round(audited_epsilon(100, 100, 0, 100), 2)  # ends 0.9638, 0.0362: 0.025^(1/100)
    3.28
    """
    members, strangers = check_whole("members", members), check_whole("strangers", strangers)
    hits = Whole(0, members).check("hits", hits)
    alarms = Whole(0, strangers).check("alarms", alarms)
    Number(least=0, below=1).check("delta", delta)
    tail = (1 - PROBABILITY.check("confidence", confidence)) / 2
    low = beta.ppf(tail, hits, members - hits + 1) if hits else 0.0
    high = beta.ppf(1 - tail, alarms + 1, strangers - alarms) if alarms < strangers else 1.0
    return float(np.log(max((low - delta) / high, 1.0)))


def forget(inverse, rows):
    """EASE without some of its users, exactly: P = (XᵀX + λI)⁻¹ after their rows have left X.

    inverse: (n_items, n_items), P as it was; rows: (n_items,) or (m, n_items), what these users
    have in X. Returns the P that a new fit without them would find, up to rounding, in n_items² · m
    steps in place of n_items³: P + P Rᵀ (I − R P Rᵀ)⁻¹ R P. Sherman & Morrison 1950, Woodbury
    1950. The model's weights follow from P (`models.ease`). X itself must forget the rows too.

    Raises ValueError for shapes that do not fit, and where the rows cannot have been in X (then
    I − R P Rᵀ is not positive definite: such as a row that has left before).

    >>> P = np.linalg.inv([[3.0, 1.0], [1.0, 2.0]])  # X = [[1, 1], [1, 0]], λ = 1
    >>> forget(P, [1.0, 1.0]).round(6) + 0.0  # only [1, 0] is left: XᵀX + 1 = [[2, 0], [0, 1]]
    array([[0.5, 0. ],
           [0. , 1. ]])
    """
    inverse = _table("inverse", inverse)
    if inverse.shape[0] != inverse.shape[1]:
        raise ValueError(f"inverse must be (n_items, n_items), got shape {inverse.shape}")
    rows = _table("rows", np.atleast_2d(check_numbers("rows", rows)))
    if rows.shape[1] != len(inverse):
        raise ValueError(f"rows must be (m, {len(inverse)}), got shape {rows.shape}")
    reach = inverse @ rows.T
    try:
        left = cho_factor(np.eye(len(rows)) - rows @ reach)
    except LinAlgError:
        raise ValueError("rows must be among those that inverse was made from") from None
    return inverse + reach @ cho_solve(left, reach.T)


def _delta(mu, epsilon):
    """In logarithms, so that a small δ is not the difference of two large numbers."""
    first = norm.logcdf(mu / 2 - epsilon / mu)
    if first == -np.inf:  # beyond what a float can hold
        return 0.0
    second = epsilon + norm.logcdf(-mu / 2 - epsilon / mu)
    return float(-np.exp(first) * np.expm1(min(second - first, 0.0)))


def _table(name, values):
    values = check_numbers(name, values)
    if values.ndim != 2:
        raise ValueError(f"{name} must be (n, m), got shape {plain(values.shape)}")
    return values
