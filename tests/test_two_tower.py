"""Expected values: paper and pencil, the formulas written out in NumPy with the weights copied."""

import numpy as np
import pytest
from keras import ops
from logs import log

from course_lib.datasets import load_tiny_shop
from course_lib.models import two_tower
from course_lib.models.two_tower import TwoTower, in_batch_logits, log_q

TINY = load_tiny_shop().interactions


SMALL = log([0, 0, 0, 1, 1, 2], [0, 1, 2, 2, 3, 0], n_users=4, n_items=5)


def table(layer):
    return np.asarray(layer.get_weights()[0], dtype=np.float64)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


# --- the chance to be drawn


def test_chances_by_hand():
    """User 0 has three items, user 1 two, user 2 one: a user at random, then an item of theirs."""
    expected = [(1 / 3 + 1) / 3, 1 / 9, (1 / 3 + 1 / 2) / 3, 1 / 6, 0]
    np.testing.assert_allclose(np.exp(log_q(SMALL)), expected)
    assert log_q(SMALL)[4] == -np.inf


def test_chances_sum_to_one_and_repeats_change_nothing():
    assert np.exp(log_q(TINY)).sum() == pytest.approx(1)
    again = log([0, 0, 0, 0, 1, 1, 2], [0, 0, 1, 2, 2, 3, 0], n_users=4, n_items=5)
    np.testing.assert_allclose(log_q(again), log_q(SMALL))


def test_chances_of_a_log_with_one_user():
    alone = log([0, 0, 0, 0], [0, 1, 2, 2], n_users=3, n_items=3)
    np.testing.assert_allclose(np.exp(log_q(alone)), [1 / 3, 1 / 3, 1 / 3])


def test_batches_draw_with_these_chances():
    batches = two_tower._Batches(SMALL, batch_size=3, draws=4000, seed=0)
    (_, users, targets), labels = batches[0]
    assert sorted(users) == [0, 1, 2]
    share = np.bincount(targets.ravel(), minlength=5) / targets.size
    np.testing.assert_allclose(share, np.exp(log_q(SMALL)), atol=0.01)
    assert labels.tolist() == list(range(12000))


def test_batches_hold_whole_histories_and_own_items():
    batches = two_tower._Batches(SMALL, batch_size=2, draws=5, seed=0)
    assert len(batches) == 1
    met = set()
    for _ in range(20):
        (seen, users, targets), _ = batches[0]
        assert len(users) == 2
        np.testing.assert_array_equal(seen, (SMALL.matrix() > 0).toarray()[users])
        assert all(
            set(row) <= set(SMALL.of(user)) for user, row in zip(users, targets, strict=True)
        )
        met |= set(users.tolist())
        batches.on_epoch_end()
    assert met == {0, 1, 2}  # who is left over has a turn in another epoch


# --- the softmax of a batch


def test_logits_written_out():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(2, 3, 4))
    q = np.array([0.5, 0.1, 0.4])
    found = in_batch_logits(users, items, temperature=0.2, log_q=np.log(q))
    for i in range(3):
        for j in range(3):
            expected = users[i] @ items[j] / 0.2 - np.log(q[j])
            assert float(found[i, j]) == pytest.approx(expected, rel=1e-4)
    plain = in_batch_logits(users, items, temperature=1.0)
    np.testing.assert_allclose(ops.convert_to_numpy(plain), users @ items.T, rtol=1e-5)


def test_hidden_items_get_no_share_but_the_target_never_hides():
    hidden = np.array([[1.0, 1, 0], [0, 0, 0], [0, 1, 1]], np.float32)
    zeros = np.zeros((3, 2), np.float32)
    shares = ops.softmax(in_batch_logits(zeros, zeros, temperature=1.0, hidden=hidden))
    expected = [[1 / 2, 0, 1 / 2], [1 / 3, 1 / 3, 1 / 3], [1 / 2, 0, 1 / 2]]
    np.testing.assert_allclose(ops.convert_to_numpy(shares), expected, atol=1e-6)


@pytest.mark.parametrize("correction", [True, False])
def test_the_correction_makes_batches_learn_the_true_shares(correction):
    """Of one kind of user, items are bought with p = 0.7, 0.2, 0.1. With the correction a batch is
    content (its softmax has no slope) at s = ln p, without it at s = 0: popularity forgotten."""
    p = np.array([0.7, 0.2, 0.1])
    drawn = np.array([0, 0, 1, 0, 2, 0])
    for scores, content in ((np.log(p), correction), (np.zeros(3), not correction)):
        q = np.log(p)[drawn] if correction else None
        logits = in_batch_logits(np.ones((6, 1)), scores[drawn, None], temperature=1.0, log_q=q)
        slope = ops.convert_to_numpy(ops.softmax(logits)) - 1 / 6
        assert (np.abs(slope).max() < 1e-6) == content


# --- the network, with its weights copied

FEATURES = {
    "item_features": np.random.default_rng(1).normal(size=(5, 3)),
    "user_features": np.random.default_rng(2).normal(size=(4, 2)),
    "user_embedding": True,
}


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("given", [{}, FEATURES], ids=["ids", "features"])
def test_scores_are_the_towers_written_out(given, normalise):
    model = TwoTower(dimensions=4, epochs=2, normalise=normalise, **given).fit(SMALL)
    net = model.network_
    items = table(net.of_item)
    if given:
        items = items + FEATURES["item_features"] @ table(net.from_item)
    users = np.array([items[SMALL.of(u)].mean(axis=0) for u in (0, 1, 2)]) + table(net.of_everyone)
    if given:
        users = users + FEATURES["user_features"][:3] @ table(net.from_user)
        users = users + table(net.of_user)[:3]
    if normalise:
        users, items = unit(users), unit(items)
    found = model.score([0, 1, 2], SMALL)
    np.testing.assert_allclose(found, users @ items.T, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.user_vectors([0, 1, 2], SMALL), users, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.item_vectors(), items, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("correction", [True, False])
def test_a_batch_is_the_formula_written_out(correction):
    """Each target against all targets of the batch, from the user's OTHER items."""
    model = TwoTower(dimensions=4, temperature=0.3, correction=correction, **FEATURES).fit(SMALL)
    net = model.network_
    targets = np.array([[0, 2], [3, 2], [0, 0]], np.int32)
    seen = (SMALL.matrix()[:3] > 0).astype(np.float32).toarray()
    found = ops.convert_to_numpy(net((seen, np.arange(3, dtype=np.int32), targets)))

    raw = table(net.of_item) + FEATURES["item_features"] @ table(net.from_item)
    q = np.exp(log_q(SMALL))
    owned = [set(SMALL.of(user)) for user in range(3)]
    pairs = [(user, item) for user in range(3) for item in targets[user]]
    for i, (user, own) in enumerate(pairs):
        rest = [raw[item] for item in owned[user] - {own}]
        taste = np.mean(rest, axis=0) if rest else np.zeros(4)
        taste = taste + table(net.of_everyone)[0] + table(net.of_user)[user]
        taste = taste + FEATURES["user_features"][user] @ table(net.from_user)
        for j, (_, other) in enumerate(pairs):
            if i != j and other in owned[user]:
                assert found[i, j] < -1e8
                continue
            expected = unit(taste) @ unit(raw[other]) / 0.3
            expected -= np.log(q[other]) if correction else 0
            assert found[i, j] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_dropout_hides_a_part_of_the_history_while_training_only():
    model = TwoTower(dimensions=4, dropout=0.9).fit(SMALL)
    seen = (SMALL.matrix()[:3] > 0).astype(np.float32).toarray()
    inputs = (seen, np.arange(3, dtype=np.int32), np.array([[0], [3], [0]], np.int32))
    first, second = (ops.convert_to_numpy(model.network_(inputs)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    training = [ops.convert_to_numpy(model.network_(inputs, training=True)) for _ in range(9)]
    assert any(np.abs(one - first).max() > 1e-3 for one in training)
    assert all(np.isfinite(one).all() for one in training)


# --- what it learns


def test_with_the_correction_scores_follow_popularity_without_it_they_forget_it():
    """400 users with two items each, drawn without taste: the best list is the popular one."""
    rng, chances = np.random.default_rng(0), 0.85 ** np.arange(30)
    picks = [rng.choice(30, 2, replace=False, p=chances / chances.sum()) for _ in range(400)]
    data = log(np.repeat(np.arange(400), 2), np.concatenate(picks), n_items=30)
    popularity = np.log(np.bincount(data.items, minlength=30) + 1)
    agree = {}
    for correction in (True, False):
        model = TwoTower(
            dimensions=4, correction=correction, normalise=False, temperature=1.0, epochs=40,
            batch_size=100, learning_rate=0.03,
        ).fit(data)  # fmt: skip
        scores = model.score(np.arange(400), data).mean(axis=0)
        agree[correction] = np.corrcoef(scores, popularity)[0, 1]
    assert agree[True] > 0.95
    assert agree[False] < 0.75


def test_features_place_an_item_that_nobody_bought():
    """Items 0–4 are red, 5–9 blue, 10 is red and new; users buy one colour."""
    items = [np.delete(np.arange(5), u % 5) + 5 * (u % 2) for u in range(40)]
    data = log(np.repeat(np.arange(40), 4), np.concatenate(items), n_items=12)
    colour = np.eye(2)[[0] * 5 + [1] * 5 + [0, 1]]
    model = TwoTower(item_features=colour, epochs=60).fit(data)
    scores = model.score([0, 1], data)
    assert scores[0, 10] > scores[0, 11]
    assert scores[1, 11] > scores[1, 10]


def test_history_counts_also_of_users_who_were_not_in_train():
    data = log(np.repeat(np.arange(20), 4), [*range(4), *range(4, 8)] * 10, n_users=22)
    model = TwoTower(dimensions=8, epochs=40, user_embedding=True).fit(data)
    history = log([20, 20, 21, 21], [0, 1, 4, 5], n_users=22, n_items=8)
    lists = model.recommend([20, 21], history, 2)
    assert set(lists[0]) == {2, 3}
    assert set(lists[1]) == {6, 7}
    assert not table(model.network_.of_user)[20:].any()
    assert table(model.network_.of_user)[:20].any(axis=1).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dimensions": 0}, "dimensions must be a whole number of at least 1, got 0"),
        ({"draws": 2.5}, "draws must be a whole number of at least 1, got 2.5"),
        ({"temperature": 0}, "temperature must be above 0, got 0"),
        ({"learning_rate": -1}, "learning_rate must be above 0, got -1"),
        ({"dropout": 1}, "dropout must be at least 0 and below 1, got 1"),
        ({"item_features": np.ones((4, 2))}, r"item_features must be \(5, d\), a row each"),
        ({"user_features": np.ones(4)}, r"user_features must be \(4, d\), a row each"),
        ({"item_features": np.diag([1, 1, np.nan, 1, 1])}, "must be finite, row 2 is not"),
    ],
)
def test_bad_parameters_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        TwoTower(**wrong).fit(SMALL)
