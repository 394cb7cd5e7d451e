"""Mult-VAE: expected values from the paper's formulas in NumPy, with the weights copied."""

import numpy as np
import pytest
from logs import checkerboard, log

from course_lib.models.validation import Validation
from course_lib.models.variational import MultVAE, _Batches

SMALL = log([0, 0, 0, 0, 1, 1, 2], [0, 1, 1, 2, 2, 3, 0], n_users=4, n_items=5)


@pytest.fixture(scope="module", params=[(6,), (6, 4)], ids=["one layer", "two layers"])
def model(request):
    return MultVAE(dimensions=3, hidden=request.param, power=1.0, epochs=3, anneal=2).fit(SMALL)


def by_hand(model, counts, noise=0.0):
    """Logits f(μ + σ · noise), μ and ln σ² of one row of counts, layer by layer."""
    weights = iter(model.network_.get_weights())
    x = counts / np.sqrt(np.sum(counts**2))
    for _ in model.hidden:
        x = np.tanh(x @ next(weights) + next(weights))
    code = x @ next(weights) + next(weights)
    mean, log_variance = code[: model.dimensions], code[model.dimensions :]
    z = mean + np.exp(log_variance / 2) * noise
    for _ in model.hidden:
        z = np.tanh(z @ next(weights) + next(weights))
    return z @ next(weights) + next(weights), mean, log_variance


def test_scores_are_the_decoded_mean(model):
    found = model.score([0, 1, 2], SMALL)
    for user, counts in enumerate(SMALL.matrix().toarray()[:3]):
        np.testing.assert_allclose(found[user], by_hand(model, counts)[0], rtol=1e-4, atol=1e-6)


def test_the_loss_is_the_papers(model):
    """Liang et al. 2018, eqs. 2 and 6: −Σ x ln π + β KL, the mean over users."""
    rows = SMALL.matrix().toarray()[:3].astype(np.float32)
    beta = np.array([0.0, 0.5, 0.2], np.float32)
    expected = []
    for counts, b in zip(rows, beta, strict=True):
        logits, mean, log_variance = by_hand(model, counts)
        pi = np.exp(logits) / np.exp(logits).sum()
        kl = sum(m**2 + np.exp(v) - 1 - v for m, v in zip(mean, log_variance, strict=True)) / 2
        expected.append(b * kl - sum(x * np.log(p) for x, p in zip(counts, pi, strict=True)))
    found = model.network_.compute_loss(rows, beta, model.network_(rows))
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-4)


def test_in_training_z_is_drawn_around_its_mean():
    model = MultVAE(dimensions=3, hidden=(6,), dropout=0.0, epochs=1).fit(SMALL)
    _, bias = model.network_.code.weights
    bias.assign(np.array([0, 0, 0, -2, 0, 2], np.float32))  # standard deviations 1/e, 1 and e
    row = SMALL.matrix().toarray()[:1].astype(np.float32)
    many = np.repeat(row, 4000, axis=0)
    drawn = np.asarray(model.network_(many, training=True)[0])
    rng = np.random.default_rng(0)
    expected = [by_hand(model, row[0], rng.normal(size=3))[0] for _ in range(4000)]
    assert drawn.std(axis=0).min() > 0.005
    np.testing.assert_allclose(drawn.std(axis=0), np.std(expected, axis=0), rtol=0.1)
    np.testing.assert_allclose(drawn.mean(axis=0), np.mean(expected, axis=0), atol=0.05)


def test_the_decoder_is_the_encoder_the_other_way_round():
    network = MultVAE(dimensions=3, hidden=(6, 4), epochs=1).fit(SMALL).network_
    sizes = [[layer.units for layer in part] for part in (network.encoder, network.decoder)]
    assert sizes == [[6, 4], [4, 6]]


def test_an_epoch_is_every_household_once_and_beta_grows():
    batches = _Batches(SMALL, MultVAE(batch_size=2, beta=0.6, anneal=2, power=0.0))
    seen = []
    for expected in ([0.0, 0.15], [0.3, 0.45], [0.6, 0.6], [0.6, 0.6]):
        parts = [batches[i] for i in range(len(batches))]
        assert [part[1][0] for part in parts] == pytest.approx(expected)
        rows = np.concatenate([part[0] for part in parts])
        assert sorted(rows.tolist()) == sorted((SMALL.matrix().toarray()[:3] > 0).tolist())
        seen.append(rows.tolist())
        batches.on_epoch_end()
    assert any(rows != seen[0] for rows in seen)
    assert _Batches(SMALL, MultVAE(beta=0.6, anneal=0))[0][1] == pytest.approx([0.6] * 3)


def test_the_power_says_what_a_count_is_worth():
    counts = SMALL.matrix().toarray()[:3]
    for power, expected in ((0.0, counts > 0), (1.0, counts), (0.5, np.sqrt(counts))):
        rows = _Batches(SMALL, MultVAE(power=power))[0][0]
        np.testing.assert_allclose(sorted(rows.tolist()), sorted(expected.tolist()), rtol=1e-6)


def test_a_household_is_known_by_its_history(model):
    history = log([3, 3, 3, 3], [0, 1, 1, 2], n_users=4, n_items=5)  # what user 0 bought
    ours, theirs = model.score([3], history), model.score([0], SMALL)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_it_stops_for_the_task_that_it_is_told():
    train = checkerboard()
    later = log(train.users, train.items, n_users=24, n_items=24)  # repeat purchases only
    with pytest.raises(ValueError, match="validation has nothing to find"):
        MultVAE(epochs=1).fit(train, later)
    goal = Validation(train, later, exclude_seen=False)
    model = MultVAE(epochs=3, patience=1).fit(train, goal)
    assert 0 < model.curve_.max() <= 1
