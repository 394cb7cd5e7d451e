"""How often do the intervals of lesson 19 hold the truth? Counted where the truth is known.

    python benchmarks/ads.py                200 seeds, about 4 CPU minutes on one thread
    python benchmarks/ads.py --seeds 3      a try

Each seed makes a log of the simulated shop, and every method answers once. A line for each goes to
`coverage.csv` in --logs, as soon as a seed is done; a second call goes on where the log ends.
At the end the table: truth, mean error, and the share of 95 % intervals that hold the truth.
--logs is datasets/ads unless said. The lesson and `tests/test_ads_coverage.py` read the file.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax

from course_lib.shop.feedback import delayed_conversions, position_bias
from course_lib.shop.policies import (
    doubly_robust,
    importance_weights,
    inverse_propensity,
    self_normalised,
)
from course_lib.shop.simulation import SimulatedShop
from course_lib.shop.traffic import EXAMINATION, pages

FOLDER = Path(__file__).parents[1] / "datasets" / "ads"
COLUMNS = ["seed", "question", "way", "truth", "estimate", "low", "high", "cpu_seconds"]
PAGES, CANDIDATES, RESAMPLES, DAYS = 20_000, 20, 100, 30


def around(values):
    """Mean of (n,) terms, and its 95 % interval by the normal approximation."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), values.mean() - half, values.mean() + half


def made():
    """The shop, and two policies: the old one knows best-sellers, the new one knows tastes."""
    shop = SimulatedShop(n_users=1000, n_items=CANDIDATES, click_rate=0.1, buy_rate=0.15, seed=19)
    everybody, items = np.arange(shop.n_users)[:, None], np.arange(CANDIDATES)
    truth = shop.rates(everybody, items)
    rng = np.random.default_rng(0)
    popular = np.log(shop.want.mean(axis=0))
    old = 0.9 * softmax(np.tile(popular, (shop.n_users, 1)), axis=1) + 0.1 / CANDIDATES
    guess = np.log(shop.want) + rng.normal(0, 1.0, shop.want.shape)
    return shop, truth, old, softmax(2 * guess, axis=1)


def off_policy(seed, shop, truth, old, new):
    log = pages(shop, old, PAGES, seed=seed)
    user, item = log["user"].to_numpy(), log["item"].to_numpy()
    reward = log["clicked"].to_numpy(float)
    weights = importance_weights(new[user, item], log["propensity"])
    agree = new[user].argmax(axis=1) == item
    half = np.random.default_rng(seed).integers(2, size=PAGES)
    predicted, expected = np.empty(PAGES), np.empty(PAGES)
    for part in (0, 1):  # each half is judged by the other half's model: an item's click rate
        fit, use = half != part, half == part
        shown = np.bincount(item[fit], minlength=CANDIDATES)
        rate = np.bincount(item[fit], reward[fit], CANDIDATES) / np.maximum(shown, 1)
        predicted[use], expected[use] = rate[item[use]], new[user[use]] @ rate
    value = shop.value(new)
    for way, terms in {
        "replay": reward[agree],
        "direct model": expected,
        "clipped IPS": inverse_propensity(reward, np.minimum(weights, 5)),
        "IPS": inverse_propensity(reward, weights),
        "SNIPS": self_normalised(reward, weights),
        "doubly robust": doubly_robust(reward, weights, predicted, expected),
    }.items():
        yield "value", way, value, *around(terms)


def resampled(estimate, statistic, rng):
    """Estimates with intervals from the spread over resamples: statistic(rng) → (m,)."""
    spread = np.std([statistic(rng) for _ in range(RESAMPLES)], axis=0, ddof=1)
    return zip(estimate, estimate - 1.96 * spread, estimate + 1.96 * spread, strict=True)


def positions(seed, shop, truth, old, new):
    """Nine pages in ten are ranked by what sells, one in ten at random."""
    ranked = softmax(np.tile(4 * np.log(shop.want.mean(axis=0)), (shop.n_users, 1)), axis=1)
    mixed = np.full_like(ranked, 1 / CANDIDATES)
    parts = [
        pages(shop, policy, n, seed=seed + 10_000 * i, slots=5)
        for i, (policy, n) in enumerate(((ranked, PAGES * 9 // 10), (mixed, PAGES // 10)))
    ]
    log = pd.concat(parts)
    cell = (log["item"] * 5 + log["position"] - 1).to_numpy().reshape(-1, 5)
    clicked = log["clicked"].to_numpy(float).reshape(-1, 5)

    def counts(times):
        size = CANDIDATES * 5
        shown = np.bincount(cell.ravel(), np.repeat(times, 5), size)
        clicks = np.bincount(cell.ravel(), (clicked * times[:, None]).ravel(), size)
        return clicks.reshape(-1, 5), shown.reshape(-1, 5)

    def by_em(times):
        return position_bias(*counts(times), rounds=200).looked[1:]

    def by_clicks(times):
        clicks, shown = counts(times)
        rate = clicks.sum(axis=0) / shown.sum(axis=0)
        return rate[1:] / rate[0]

    for way, method in (("clicks by place", by_clicks), ("EM", by_em)):
        found = resampled(
            method(np.ones(len(cell))),
            lambda rng, f=method: f(
                np.bincount(rng.integers(len(cell), size=len(cell)), minlength=len(cell)).astype(
                    float
                )
            ),
            np.random.default_rng(seed),
        )
        for place, (true, numbers) in enumerate(zip(EXAMINATION[1:], found, strict=True), 2):
            yield f"looked at place {place}", way, true, *numbers


def late(seed, shop, truth, old, new):
    log = pages(shop, old, PAGES, seed=seed, days=DAYS)
    log = log[log["clicked"]]
    age = DAYS - log["day"].to_numpy()
    delay = log["delay"].fillna(np.inf).to_numpy()
    seen = delay <= age
    days = np.where(seen, delay, age)
    chances = old * shop.visits[:, None]
    true = (chances * truth.both).sum() / (chances * truth.click).sum()
    old_enough = age >= 14
    yield "conversions", "unseen is no", true, *around(seen.astype(float))
    yield "conversions", "14-day window", true, *around((delay <= 14)[old_enough].astype(float))

    def once(rng):
        rows = rng.integers(len(days), size=len(days))
        return [delayed_conversions(seen[rows], days[rows], rounds=100).rate]

    estimate = np.array([delayed_conversions(seen, days, rounds=100).rate])
    (numbers,) = resampled(estimate, once, np.random.default_rng(seed))
    yield "conversions", "delayed feedback", true, *numbers


def selection(seed, shop, truth, old, new):
    """Who, of all to whom it is shown, would buy after a click? Only those who click are seen."""
    log = pages(shop, old, PAGES, seed=seed)
    user, item = log["user"].to_numpy(), log["item"].to_numpy()
    chances = old * shop.visits[:, None]
    true = np.average(truth.both / truth.click, weights=chances)
    sent = np.average(truth.buy, weights=chances)
    clicked = log["clicked"].to_numpy()
    bought = log["bought"].to_numpy(float)
    weighted = self_normalised(bought[clicked], 1 / truth.click[user, item][clicked])
    for way, terms in (("clicked only", bought[clicked]), ("weighted by 1 / click", weighted)):
        yield "bought after a click", way, true, *around(terms)
        yield "bought if sent there", way, sent, *around(terms)


def fitted(loss, score, start):
    """An estimate by likelihood: (parameters, each row's score, slope of the mean score)."""
    found = minimize(loss, start, jac=lambda at: -score(at).mean(axis=0), method="L-BFGS-B").x
    steps = 1e-4 * np.eye(len(found))
    slope = [(score(found + h) - score(found - h)).mean(axis=0) / 2e-4 for h in steps]
    return found, score(found), np.transpose(slope)


def surprise(happened, chance):
    return -np.mean(happened * np.log(chance) + (1 - happened) * np.log1p(-chance))


def two_steps(seed, shop, truth, old, new):
    """The share of all shown that would buy after a click, by a model of one column x.

    Both models end in a logistic curve for the purchase. One is fitted to the clickers alone; the
    other, ESMM, to everybody: the click, and the product of both steps. The answer is the mean over
    everybody, and its interval follows from each row's pull on the parameters.
    """
    log = pages(shop, old, PAGES, seed=seed)
    user, item = log["user"].to_numpy(), log["item"].to_numpy()
    true = np.average(truth.both / truth.click, weights=old * shop.visits[:, None])
    clicked, bought = (log[name].to_numpy(float) for name in ("clicked", "bought"))
    for known, x in (("guess", np.log(new)), ("taste", logit(truth.click))):
        X = np.column_stack([np.ones(PAGES), (x[user, item] - x.mean()) / x.std()])

        def of_clickers(at, X=X):
            return surprise(bought[clicked > 0], expit(X[clicked > 0] @ at))

        def pull_of_clickers(at, X=X):
            return (clicked * (bought - expit(X @ at)))[:, None] * X / clicked.mean()

        def of_all(at, X=X):
            click, buy = expit(X @ at[:2]), expit(X @ at[2:])
            return surprise(clicked, click) + surprise(bought, click * buy)

        def pull_of_all(at, X=X):
            click, buy = expit(X @ at[:2]), expit(X @ at[2:])
            product = (bought - click * buy) / (1 - click * buy)
            pulls = clicked - click + product * (1 - click), product * (1 - buy)
            return np.hstack([pull[:, None] * X for pull in pulls])

        start = np.array([logit(clicked.mean()), 0.0, logit(bought.sum() / clicked.sum()), 0.0])
        for way, *model in (
            ("clickers' model", of_clickers, pull_of_clickers, start[2:]),
            ("ESMM", of_all, pull_of_all, start),
        ):
            at, pulls, slope = fitted(*model)
            buy = expit(X @ at[-2:])
            change = np.zeros(len(at))
            change[-2:] = (buy * (1 - buy)) @ X / PAGES
            terms = buy - pulls @ np.linalg.solve(slope.T, change)
            yield "bought after a click", f"{way}, {known}", true, *around(terms)


# Each with one of its ways, by which the log tells that a seed of it is done.
QUESTIONS = {
    off_policy: "IPS",
    positions: "EM",
    late: "delayed feedback",
    selection: "clicked only",
    two_steps: "ESMM, taste",
}


def table(log):
    """Truth, mean error, share of intervals that hold the truth, for each question and way."""
    log = log.assign(
        error=log["estimate"] - log["truth"],
        held=(log["low"] <= log["truth"]) & (log["truth"] <= log["high"]),
    )
    by = log.groupby(["question", "way"], sort=False)
    return by.agg(
        truth=("truth", "first"),
        error=("error", "mean"),
        spread=("estimate", "std"),
        coverage=("held", "mean"),
        seeds=("seed", "nunique"),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--logs", type=Path, default=FOLDER)
    options = parser.parse_args()
    path = options.logs / "coverage.csv"
    log = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)
    done = set(zip(log["seed"], log["way"], strict=True))
    world = made()
    for seed in range(options.seeds):
        rows = []
        for question, way in QUESTIONS.items():
            if (seed, way) in done:
                continue
            started = time.process_time()
            found = list(question(seed, *world))
            spent = time.process_time() - started
            rows += [(seed, *row[:2], *map(float, row[2:]), spent) for row in found]
        pd.DataFrame(rows, columns=COLUMNS).round(6).to_csv(
            path, mode="a", header=not path.exists(), index=False
        )
    print(table(pd.read_csv(path)).round(4).to_string())


if __name__ == "__main__":
    main()
