"""Expected values: hand computation, scikit-learn and Keras; gradients: finite differences."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss, mean_pinball_loss

from course_lib import losses

numbers = st.floats(-50, 50)
Y = np.array([1.0, 0.0, 1.0, 0.0])
P = np.array([0.9, 0.2, 0.4, 0.7])
ONE_HOT = np.array([[0, 1, 0], [1, 0, 0]])
SHARES = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])


def test_worked_example_is_004_not_01():
    assert losses.mean_squared_error([1, 0], [0.8, 0.2]) == pytest.approx(0.04)


def test_losses_by_hand():
    assert losses.mean_absolute_error([1, 0, 2], [0, 3, 2]) == pytest.approx(4 / 3)
    assert losses.huber([0, 0, 0], [0.5, -1, 4]) == pytest.approx((0.125 + 0.5 + 3.5) / 3)
    assert losses.huber([0], [4], delta=2) == pytest.approx(6)  # 2 · (4 - 1)
    assert losses.binary_cross_entropy([1, 0], [0.5, 0.75]) == pytest.approx(
        (np.log(2) + np.log(4)) / 2
    )
    assert losses.cross_entropy(ONE_HOT, SHARES) == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2)
    assert losses.cross_entropy([0, 1], [0.5, 0.5]) == pytest.approx(np.log(2))
    assert losses.softmax_cross_entropy([[0, 0], [0, np.log(3)]], [0, 1]) == pytest.approx(
        (np.log(2) + np.log(4 / 3)) / 2
    )
    assert losses.bpr([np.log(3)], [0]) == pytest.approx(np.log(4 / 3))  # σ(ln 3) = 3/4
    assert losses.hinge([3, 1, 0], [0, 0.5, 2]) == pytest.approx((0 + 0.5 + 3) / 3)
    assert losses.hinge([1], [0], margin=3) == pytest.approx(2)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.9])
def test_the_quantile_loss_agrees_with_scikit_learn(q):
    rng = np.random.default_rng(0)
    y, guess = rng.normal(size=(2, 30, 2))
    guess[:3] = y[:3]
    assert losses.quantile_loss(y, guess, q) == pytest.approx(mean_pinball_loss(y, guess, alpha=q))


def test_no_constant_has_a_smaller_quantile_loss_than_the_quantile():
    y = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3])
    costs = [losses.quantile_loss(y, np.full(10, c), 0.75) for c in np.arange(0, 10, 0.5)]
    assert np.argmin(costs) / 2 == 5  # the eighth smallest of ten


@pytest.mark.parametrize("q", [0, 1, -0.1, float("nan"), True, "0.5", None])
@pytest.mark.parametrize("loss", [losses.quantile_loss, losses.quantile_loss_gradient])
def test_a_quantile_lies_between_0_and_1(loss, q):
    with pytest.raises(ValueError, match=r"q must be (finite and )?above 0 and below 1, got"):
        loss([0], [1], q)


def test_the_quantile_loss_is_flat_exactly_at_the_truth():
    assert losses.quantile_loss_gradient([2.0], [2.0], 0.9) == 0


def test_certain_and_wrong_costs_what_keras_clips_to():
    assert losses.binary_cross_entropy([1], [0]) == pytest.approx(-np.log(1e-7))
    assert losses.binary_cross_entropy([0], [1]) == pytest.approx(-np.log(1e-7))
    assert losses.cross_entropy([[1, 0]], [[0, 1]]) == pytest.approx(-np.log(1e-7))


def test_probabilities_agree_with_scikit_learn():
    assert losses.binary_cross_entropy(Y, P) == pytest.approx(log_loss(Y, P))
    assert losses.cross_entropy(ONE_HOT, SHARES) == pytest.approx(
        log_loss([1, 0], SHARES, labels=[0, 1, 2])
    )


def test_values_agree_with_keras():
    import keras

    def mean(loss, *arguments):
        return float(keras.ops.mean(loss(*(np.asarray(a, "float32") for a in arguments))))

    rng = np.random.default_rng(0)
    y, guess = rng.normal(size=40), rng.normal(size=40)
    logits, targets = rng.normal(size=(40, 5)), rng.integers(0, 5, size=40)
    k = keras.losses
    assert losses.mean_squared_error(y, guess) == pytest.approx(
        mean(k.mean_squared_error, y, guess), rel=1e-5
    )
    assert losses.huber(y, guess, delta=0.7) == pytest.approx(
        mean(k.Huber(delta=0.7), y, guess), rel=1e-5
    )
    assert losses.binary_cross_entropy(Y, P) == pytest.approx(
        mean(k.binary_crossentropy, Y, P), rel=1e-5
    )
    assert losses.softmax_cross_entropy(logits, targets) == pytest.approx(
        mean(k.SparseCategoricalCrossentropy(from_logits=True), targets, logits), rel=1e-5
    )


def test_extreme_scores_do_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        assert losses.softmax_cross_entropy([[1e4, 0]], [0]) == pytest.approx(0)
        assert losses.bpr([-1e4], [1e4]) == pytest.approx(2e4)
        assert losses.log_sum_exp([-1e4, -1e4]) == pytest.approx(-1e4 + np.log(2))
        np.testing.assert_allclose(losses.sigmoid([-1e4, 0, 1e4]), [0, 0.5, 1])
        np.testing.assert_allclose(losses.softmax([[1e4, 1e4], [0, 1e4]]), [[0.5, 0.5], [0, 1]])


@given(arrays(float, (3, 4), elements=numbers), st.floats(-100, 100))
def test_softmax_sums_to_one_and_ignores_a_shift(logits, shift):
    probabilities = losses.softmax(logits)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(losses.softmax(logits + shift), probabilities, atol=1e-9)


def slope(loss, at, *, step=1e-6):
    """Central finite differences of loss(at), entry by entry."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        change = np.zeros_like(at)
        change[place] = step
        gradient[place] = (loss(at + change) - loss(at - change)) / (2 * step)
    return gradient


@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "options"),
    [
        ("mean_squared_error", [1.0, 0, 3], [0.8, 0.2, -1.0], {}),
        ("mean_absolute_error", [1.0, 0, 3], [0.8, 0.2, -1.0], {}),
        ("huber", [1.0, 0, 3], [0.8, 0.2, -1.0], {"delta": 0.7}),
        ("huber", [0.0, 0.0], [9.0, -9.0], {}),
        ("quantile_loss", [1.0, 0, 3], [0.8, 0.2, -1.0], {"q": 0.8}),
        ("binary_cross_entropy", Y, P, {}),
    ],
)
def test_gradients_are_the_slope_of_the_loss(name, y_true, y_pred, options):
    loss, gradient = getattr(losses, name), getattr(losses, f"{name}_gradient")
    expected = slope(lambda p: loss(y_true, p, **options), np.array(y_pred))
    np.testing.assert_allclose(gradient(y_true, y_pred, **options), expected, atol=1e-6)


def test_cross_entropy_gradient_by_hand():
    # Off the simplex the loss refuses its input, so the slope -y / p / n is taken by hand.
    expected = [[0, -1 / 0.5 / 2, 0], [-1 / 0.1 / 2, 0, 0]]
    np.testing.assert_allclose(losses.cross_entropy_gradient(ONE_HOT, SHARES), expected)
    np.testing.assert_allclose(losses.cross_entropy_gradient([0, 1], [0.5, 0.5]), [0, -2])


def test_softmax_cross_entropy_gradient_is_its_slope():
    logits, targets = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]]), np.array([2, 1])
    expected = slope(lambda z: losses.softmax_cross_entropy(z, targets), logits)
    actual = losses.softmax_cross_entropy_gradient(logits, targets)
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    np.testing.assert_allclose(actual.sum(axis=1), 0, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), [("bpr", {}), ("hinge", {"margin": 2.0})])
def test_pairwise_gradients_are_slopes_on_both_sides(name, options):
    loss, gradient = getattr(losses, name), getattr(losses, f"{name}_gradient")
    positive, negative = np.array([2.0, 0.3, -1.0]), np.array([-1.0, 0.0, 4.0])
    up, down = gradient(positive, negative, **options)
    np.testing.assert_allclose(
        up, slope(lambda p: loss(p, negative, **options), positive), atol=1e-6
    )
    np.testing.assert_allclose(
        down, slope(lambda n: loss(positive, n, **options), negative), atol=1e-6
    )


def test_hinge_is_flat_exactly_at_the_margin():
    up, down = losses.hinge_gradient([1.0], [0.0])
    assert up == 0
    assert down == 0


PAIRS = [
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "binary_cross_entropy",
    "cross_entropy",
    "bpr",
    "hinge",
]


@pytest.mark.parametrize("name", [*PAIRS, *(f"{name}_gradient" for name in PAIRS)])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1, 0], [1], r"shapes must be equal, got \(2,\) and \(1,\)"),
        ([[1], [0]], [1, 0], r"got \(2, 1\) and \(2,\)"),
        ([], [], "must not be empty"),
        ([1, 0], [1, float("nan")], "must be finite, got nan"),
        ([float("inf"), 0], [1, 0], "must be finite, got inf"),
    ],
)
def test_bad_pairs_are_named(name, a, b, message):
    with pytest.raises(ValueError, match=message):
        getattr(losses, name)(a, b)


@pytest.mark.parametrize("loss", [losses.quantile_loss, losses.quantile_loss_gradient])
def test_the_quantile_loss_refuses_other_shapes_and_gaps(loss):
    with pytest.raises(ValueError, match=r"got \(2, 1\) and \(2,\)"):
        loss([[1], [0]], [1, 0], 0.5)
    with pytest.raises(ValueError, match="must be finite, got nan"):
        loss([1, 0], [1, float("nan")], 0.5)


@pytest.mark.parametrize("suffix", ["", "_gradient"])
def test_rules_of_single_losses_are_named(suffix):
    def loss(name):
        return getattr(losses, name + suffix)

    with pytest.raises(ValueError, match=r"y_pred must lie in \[0, 1\], got 1.2"):
        loss("binary_cross_entropy")([1], [1.2])
    with pytest.raises(ValueError, match=r"y_true must lie in \[0, 1\], got -1"):
        loss("binary_cross_entropy")([-1], [0.5])
    with pytest.raises(ValueError, match=r"each row of y_pred must sum to 1, got 0\.9"):
        loss("cross_entropy")([[0, 1]], [[0.5, 0.4]])
    with pytest.raises(ValueError, match="each row of y_true must sum to 1, got 2"):
        loss("cross_entropy")([[1, 1]], [[0.5, 0.5]])
    with pytest.raises(ValueError, match="delta must be above 0, got 0"):
        loss("huber")([1], [1], delta=0)
    with pytest.raises(ValueError, match="margin must be above 0, got -1"):
        loss("hinge")([1], [1], margin=-1)
    with pytest.raises(ValueError, match=r"targets must lie in 0..1, got 2"):
        loss("softmax_cross_entropy")([[1, 2]], [2])
    with pytest.raises(ValueError, match=r"targets must lie in 0..1, got -1"):
        loss("softmax_cross_entropy")([[1, 2]], [-1])
    with pytest.raises(ValueError, match="whole class numbers, got float64"):
        loss("softmax_cross_entropy")([[1, 2]], [1.0])
    with pytest.raises(ValueError, match=r"got \(2,\) and \(1,\)"):
        loss("softmax_cross_entropy")([1, 2], [1])
    with pytest.raises(ValueError, match=r"got \(2, 2\) and \(1,\)"):
        loss("softmax_cross_entropy")([[1, 2], [3, 4]], [1])
    with pytest.raises(ValueError, match=r"got \(2,\) and \(2,\)"):
        loss("softmax_cross_entropy")([1, 2], [0, 1])


PAIRWISE = [
    losses.mean_squared_error,
    losses.mean_absolute_error,
    losses.huber,
    losses.binary_cross_entropy,
    losses.bpr,
    losses.hinge,
]


@pytest.mark.parametrize("loss", PAIRWISE)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float16, np.float32, bool, object])
def test_small_and_unsigned_numbers_are_computed_as_float64(loss, dtype):
    """0 - 1 is 255 in uint8; 200,000 ones are no finite float16."""
    truth, guess = np.tile([0.0, 1], 100_000), np.tile([1.0, 1], 100_000)
    found = loss(truth.astype(dtype), guess.astype(dtype))
    assert found == pytest.approx(loss(truth[:2], guess[:2]))


@pytest.mark.parametrize("loss", PAIRWISE)
def test_labels_that_say_otherwise_are_refused(loss):
    """Paired by place, these two are equal; paired by label, none is."""
    truth = pd.Series([0.0, 1], index=["a", "b"])
    with pytest.raises(ValueError, match="must have the same index in the same order"):
        loss(truth, pd.Series([0.0, 1], index=["b", "a"]))
    assert loss(truth, pd.Series([0.0, 1], index=["a", "b"])) == loss([0, 1], [0, 1])
    assert loss(truth, [0.0, 1]) == loss([0, 1], [0, 1])


@pytest.mark.parametrize("bad", [["a", "b"], [1, None], [1j, 2], [[1], [1, 2]]])
def test_what_is_no_number_has_no_loss(bad):
    with pytest.raises(ValueError, match="the first argument must be numbers"):
        losses.mean_squared_error(bad, [1, 2])


@pytest.mark.parametrize("delta", [0, -1, float("nan"), float("inf"), True, "1"])
def test_delta_is_a_number_above_0(delta):
    with pytest.raises(ValueError, match=r"delta must be (finite and )?above 0, got"):
        losses.huber([0], [1], delta=delta)
