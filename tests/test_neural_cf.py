"""Expected values: the paper's formula written out with the weights copied, and Keras's output."""

import numpy as np
import pytest
from logs import log

from course_lib.models import neural_cf
from course_lib.models.neural_cf import NeuralCF

SMALL = log([0, 0, 0, 1, 1, 2], [0, 1, 2, 2, 3, 0], n_users=4, n_items=5)


@pytest.fixture(scope="module", params=[(6,), (6, 4, 3)], ids=["one layer", "three layers"])
def model(request):
    return NeuralCF(dimensions=3, hidden=request.param, epochs=3).fit(SMALL)


def test_scores_are_the_papers_formula(model):
    """He et al. 2017, eq. 8 to 12, one pair at a time; the logit before σ."""
    layers = {layer.name: layer.get_weights() for layer in model.network_.layers}
    found = model.score([0, 1, 2], SMALL)
    for u in range(3):
        for i in range(5):
            p_gmf, q_gmf = layers["gmf_user"][0][u], layers["gmf_item"][0][i]
            z = np.concatenate([layers["mlp_user"][0][u], layers["mlp_item"][0][i]])
            for number in range(len(model.hidden)):
                kernel, bias = layers[f"mlp_{number + 1}"]
                z = np.maximum(kernel.T @ z + bias, 0)
            h, b = layers["output"]
            logit = h[:, 0] @ np.concatenate([p_gmf * q_gmf, z]) + b[0]
            assert found[u, i] == pytest.approx(logit, rel=1e-4, abs=1e-6)


def test_scores_are_what_keras_says(model):
    users, items = np.divmod(np.arange(15, dtype=np.int32), 5)
    theirs = model.network_.predict([users, items], verbose=0)
    np.testing.assert_allclose(model.score([0, 1, 2], SMALL).ravel(), theirs, rtol=1e-4, atol=1e-6)


def test_blocks_do_not_change_the_scores(model, monkeypatch):
    whole = model.score([2, 0, 1], SMALL)
    monkeypatch.setattr(neural_cf, "SCORED_AT_ONCE", 1)
    np.testing.assert_allclose(model.score([2, 0, 1], SMALL), whole, rtol=1e-6)


def test_an_epoch_is_every_pair_and_four_absent_items_each():
    batches = neural_cf._Batches(SMALL, negatives=4, batch_size=7, seed=0)
    assert len(batches) == 5
    parts = [batches[i] for i in range(5)]
    users, items = (np.concatenate([part[0][i] for part in parts]) for i in (0, 1))
    targets = np.concatenate([part[1] for part in parts])
    bought = (SMALL.matrix() > 0).toarray()
    assert len(targets) == 30
    assert targets.sum() == 6
    np.testing.assert_array_equal(bought[users, items], targets == 1)
    positive = sorted(zip(users[targets == 1], items[targets == 1], strict=True))
    assert positive == sorted(zip(SMALL.users, SMALL.items, strict=True))
    batches.on_epoch_end()
    again = np.concatenate([batches[i][0][1] for i in range(5)])
    assert (again != items).any()


def test_the_first_loss_is_that_of_a_coin():
    """Untrained, every logit is close to 0: ln 2, whatever the targets."""
    coin = NeuralCF(epochs=1, learning_rate=1e-9).fit(SMALL)
    assert coin.losses_ == pytest.approx([np.log(2)], abs=0.02)


def test_two_tastes_are_told_apart():
    users, items = np.nonzero(np.kron(np.eye(2), np.ones((6, 6))) - np.eye(12))
    data = log(users, items)
    model = NeuralCF(epochs=40).fit(data)
    first = model.recommend(np.arange(12), data, 1)[:, 0]
    assert first.tolist() == list(range(12))


def test_a_user_is_known_by_id_not_by_history(model):
    history = log([3], [3], n_users=4, n_items=5)
    assert model.score([3], history)[0].tolist() == [2, 1, 2, 1, 0]  # lines of each item
    np.testing.assert_array_equal(model.score([0], history), model.score([0], SMALL))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dimensions": 0}, "dimensions must be a whole number of at least 1, got 0"),
        ({"negatives": 0}, "negatives must be a whole number of at least 1, got 0"),
        ({"hidden": ()}, r"hidden must be at least one layer's size, got \(\)"),
        ({"hidden": (8, 0)}, "each of hidden must be a whole number of at least 1, got 0"),
        ({"learning_rate": 0}, "learning_rate must be above 0, got 0"),
    ],
)
def test_bad_parameters_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        NeuralCF(**wrong).fit(SMALL)
