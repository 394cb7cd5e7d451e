"""Fine-tuning: what learns and what stays, whole and by LoRA, LoRA against its formula."""

import keras
import numpy as np
import pytest
from logs import cycles, log_of

from course_lib.models.ease import EASE
from course_lib.models.fine_tuning import fine_tuned
from course_lib.models.recurrent import GRU4Rec
from course_lib.models.transformer import SASRec

SMALL = {"dimensions": 8, "length": 6, "dropout": 0.0, "learning_rate": 0.01, "batch_size": 8}
BACKWARDS = log_of([[(u - t) % 8 for t in range(6)] for u in range(60)], 8)


@pytest.fixture(scope="module")
def base():
    return SASRec(**SMALL, epochs=15).fit(cycles())


def weights(model):
    return {w.path: w.numpy() for w in model.network_.trainable_variables}


def test_a_walk_learned_forwards_is_relearned_backwards(base):
    before = weights(base)
    ask = log_of([[2, 3], [6, 5], *[[0]] * 58], 8)
    tuned = fine_tuned(base, BACKWARDS, epochs=15, learning_rate=0.01)
    assert base.recommend([0, 1], ask, 1, exclude_seen=False)[0].tolist() == [4]
    assert tuned.recommend([0, 1], ask, 1, exclude_seen=False)[1].tolist() == [4]
    assert all((a == b).all() for a, b in zip(before.values(), weights(base).values(), strict=True))
    assert tuned.n_tuned_ == base.network_.count_params()
    assert len(tuned.losses_) == 15 and tuned.losses_[-1] < tuned.losses_[0]


def test_lora_learns_few_numbers_and_leaves_the_others(base):
    tuned = fine_tuned(base, BACKWARDS, epochs=2, learning_rate=0.01, rank=2)
    # each of two blocks: (8 + 24) + (8 + 8) + (8 + 8) + (8 + 8), times rank 2
    assert tuned.n_tuned_ == 2 * 2 * (32 + 16 + 16 + 16)
    assert tuned.network_.count_params() == base.network_.count_params()
    change = [
        after - before
        for before, after in zip(
            base.network_.get_weights(), tuned.network_.get_weights(), strict=True
        )
    ]
    changed = [delta for delta in change if np.abs(delta).max() > 0]
    assert len(changed) == 8  # four matrices of two blocks
    assert all(np.linalg.matrix_rank(delta, tol=1e-5) == 2 for delta in changed)


def test_a_rate_of_nearly_nothing_changes_nothing(base):
    users = np.arange(5)
    for rank in (None, 3):
        tuned = fine_tuned(base, BACKWARDS, learning_rate=1e-12, rank=rank)
        np.testing.assert_allclose(
            tuned.score(users, cycles()), base.score(users, cycles()), atol=1e-5
        )


def test_a_dense_layer_with_lora_is_the_formula_before_and_after_a_step():
    """x W + x A B + c, and one step of plain gradient descent on the mean of squares."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    layer = keras.layers.Dense(3)
    network = keras.Sequential([keras.Input((4,)), layer])
    w, c = rng.normal(size=(4, 3)), rng.normal(size=3)
    layer.set_weights([w, c])
    layer.bias.trainable = False
    layer.enable_lora(2)
    a, b = rng.normal(size=(4, 2)), rng.normal(size=(2, 3))
    layer.lora_kernel_a.assign(a)
    layer.lora_kernel_b.assign(b)
    expected = x @ w + x @ a @ b + c
    np.testing.assert_allclose(network(x), expected, atol=1e-5)
    network.compile(keras.optimizers.SGD(0.1), "mse")
    network.train_on_batch(x, y)
    slope = 2 * (expected - y) / y.size  # of the loss, by the output
    np.testing.assert_allclose(layer.lora_kernel_a, a - 0.1 * x.T @ slope @ b.T, atol=1e-5)
    np.testing.assert_allclose(layer.lora_kernel_b, b - 0.1 * (x @ a).T @ slope, atol=1e-5)
    np.testing.assert_allclose(layer.bias, c, atol=1e-6)


def test_the_same_again_and_the_learners_generators_are_left_alone(base):
    keras.utils.set_random_seed(1)
    one = fine_tuned(base, BACKWARDS, rank=2)
    keras.utils.set_random_seed(2)
    drawn = float(keras.random.normal(()))
    keras.utils.set_random_seed(2)
    two = fine_tuned(base, BACKWARDS, rank=2)
    assert float(keras.random.normal(())) == drawn
    for mine, yours in zip(one.network_.get_weights(), two.network_.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_what_was_tuned_is_saved_as_any_model(base, tmp_path):
    tuned = fine_tuned(base, BACKWARDS, rank=2)
    loaded = SASRec.load(tuned.save(tmp_path / "tuned.npz"))
    users = np.arange(5)
    np.testing.assert_array_equal(loaded.score(users, cycles()), tuned.score(users, cycles()))
    assert loaded.n_tuned_ == tuned.n_tuned_


def test_what_cannot_be_tuned_is_named(base):
    with pytest.raises(ValueError, match="model must be a SequenceRecommender, got EASE"):
        fine_tuned(EASE().fit(cycles()), cycles())
    with pytest.raises(ValueError, match="GRU4Rec is not fitted yet"):
        fine_tuned(GRU4Rec(), cycles())
    with pytest.raises(ValueError, match="log must have the 60 users and 8 items of train"):
        fine_tuned(base, cycles(n_items=9))
    with pytest.raises(ValueError, match="log must have a user with at least 2 baskets, got none"):
        fine_tuned(base, log_of([[0]] * 60, 8))
    with pytest.raises(ValueError, match="rank must be a whole number of at least 1, got 0"):
        fine_tuned(base, cycles(), rank=0)
    with pytest.raises(ValueError, match="learning_rate must be finite and above 0, got nan"):
        fine_tuned(base, cycles(), learning_rate=np.nan)
    with pytest.raises(ValueError, match="epochs must be a whole number of at least 1, got 0"):
        fine_tuned(base, cycles(), epochs=0)
