"""The two tables behind lesson 23: `python benchmarks/privacy.py accounting` and `… coverage`.

accounting: ε of Gaussian noise by dp-accounting (Google), from privacy loss distributions and, as
an upper bound, from Rényi divergences: what `course_lib.shop.privacy` is held against.

coverage: how often 95 % intervals hold the truth where it is known, each drawn anew for every
seed, beside a naive interval. Four claims:

- noisy count: the share of buyers in a population, from a count that carries privacy noise.
  Naive: as if the count had none.
- audit: the ε of a mechanism is at least the audited one. Naive: the observed rates as they are.
- saw nobody: a membership attack on an EASE model that was fitted on others is right for half of
  the pairs of a member and a stranger; the unit is a pair of households. Naive: pairs of purchases.
- alone in town: the chance that whoever is alone in a sample is the right one of the town, to be
  held against the share of right ones in that very sample. Naive: who is alone is the one.

A row for each claim and seed is written as soon as it is known; a second call goes on where the
table ends. Both tables lie in datasets/privacy; tests/test_privacy.py reads them.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from scipy import sparse

from course_lib.models.ease import ease_weights
from course_lib.shop.privacy import audited_epsilon, match_probability, noise_needed
from course_lib.statistics import bootstrap_interval

FOLDER = Path(__file__).parents[1] / "datasets" / "privacy"
DELTA = 1e-5
COLUMNS = ["claim", "seed", "truth", "low", "high", "naive_low", "naive_high"]


def accounting(path):
    """ε by the reference: noise × δ × releases."""
    import dp_accounting
    from dp_accounting.pld import privacy_loss_distribution as pld

    rows = []
    for noise in (0.5, 1.0, 4.0, 20.0, 100.0):
        for delta in (1e-3, 1e-5, 1e-8):
            for releases in (1, 10, 100):
                if releases / noise**2 > 40:  # ε beyond 50: no promise, and a huge grid
                    continue
                one = pld.from_gaussian_mechanism(
                    noise, value_discretization_interval=1e-4 if noise < 50 else 1e-5
                )
                exact = one.self_compose(releases).get_epsilon_for_delta(delta)
                renyi = dp_accounting.rdp.RdpAccountant()
                renyi.compose(dp_accounting.GaussianDpEvent(noise), releases)
                epsilons = (exact, renyi.get_epsilon(delta))
                rows.append([noise, delta, releases, *(f"{epsilon:.6g}" for epsilon in epsilons)])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["noise", "delta", "releases", "epsilon", "renyi"], *rows])


def noisy_count(rng):
    """2,400 households, three in ten of the population buy; noise for ε = 0.1."""
    n, truth = 2400, 0.3
    noise = noise_needed(0.1, DELTA)
    share = (rng.binomial(n, truth) + rng.normal(0, noise)) / n
    sampling = share * (1 - share) / n
    half = 1.96 * np.sqrt(np.maximum([sampling + (noise / n) ** 2, sampling], 0))
    return [truth, share - half[0], share + half[0], share - half[1], share + half[1]]


def audit(rng):
    """A number with noise for ε = 1, told 500 times with the user and 500 times without.

    δ is large, so that the attack can come near ε with so few tries.
    """
    truth, delta, times = 1.0, 0.1, 500
    noise = noise_needed(truth, delta)
    at = truth * noise**2 + 0.5  # where the ratio of the densities is e^ε: the best attack
    hits = int(np.sum(rng.normal(1, noise, times) > at))
    alarms = int(np.sum(rng.normal(0, noise, times) > at))
    low = audited_epsilon(hits, times, alarms, times, delta=delta)
    naive = np.log(max(hits / times - delta, 1e-12) / max(alarms / times, 1 / times))
    return [truth, low, np.inf, naive, np.inf]


def saw_nobody(rng):
    """600 households with tastes, 60 products; a model of 200, 200 members and 200 strangers."""
    groups = rng.dirichlet(np.full(60, 0.3), size=6)
    taste = rng.dirichlet(np.full(6, 0.3), size=600)
    chance = 1 - np.exp(-(rng.gamma(2.0, 5.0, size=(600, 1)) * (taste @ groups)))
    rows = (rng.random(chance.shape) < chance).astype(np.float32)
    scores = rows @ ease_weights(sparse.csr_array(rows[:200]), 20.0)
    own = rows > 0
    mean = (scores * own).sum(axis=1) / np.maximum(own.sum(axis=1), 1)
    pairs = (mean[200:400] > mean[400:]) + 0.5 * (mean[200:400] == mean[400:])
    told = bootstrap_interval(pairs, seed=0, resamples=500)
    halves = [scores[half][own[half]] for half in (slice(200, 400), slice(400, 600))]
    n = min(map(len, halves))
    purchases = [rng.choice(half, n, replace=False) for half in halves]
    wins = purchases[0] > purchases[1]
    half = 1.96 * np.sqrt(wins.mean() * (1 - wins.mean()) / len(wins))
    return [0.5, told.low, told.high, wins.mean() - half, wins.mean() + half]


def alone_in_town(rng):
    """20,000 households in groups of all sizes, a tenth of them in the sample."""
    groups = rng.choice(12_000, size=20_000, p=rng.dirichlet(np.full(12_000, 0.5)))
    sampled = rng.random(20_000) < 0.1
    town = np.bincount(groups, minlength=12_000)
    sample = np.bincount(groups[sampled], minlength=12_000)
    alone = sample == 1
    # Whoever fits somebody alone in the sample: of all these people, how many are the right one.
    truth = alone.sum() / town[alone].sum()
    told = match_probability(int(alone.sum()), int((sample == 2).sum()), 0.1)
    return [truth, told.low, told.high, 1.0, 1.0]


CLAIMS = {
    "noisy count": noisy_count,
    "audit": audit,
    "saw nobody": saw_nobody,
    "alone in town": alone_in_town,
}


def coverage(path, seeds):
    """Goes on where the table ends: claims one after the other, each seed a row."""
    done = set()
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            done = {(row["claim"], int(row["seed"])) for row in csv.DictReader(file)}
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not file.tell():
            writer.writerow(COLUMNS)
        for number, (claim, draw) in enumerate(CLAIMS.items()):
            for seed in range(seeds):
                if (claim, seed) not in done:
                    found = draw(np.random.default_rng([number, seed]))
                    writer.writerow([claim, seed, *(f"{value:.6g}" for value in found)])
                    file.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", choices=["accounting", "coverage"])
    parser.add_argument("--seeds", type=int, default=400)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    file = options.folder / f"{options.table}.csv"
    accounting(file) if options.table == "accounting" else coverage(file, options.seeds)
