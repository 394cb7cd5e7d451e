"""Ideas for the exercises about neural networks."""

import numpy as np
import pandas as pd

from wrong_answers import right, wrong


def gradients(signal, weights, delta):
    return signal.T @ delta, delta.sum(axis=0), delta @ weights.T


@wrong("3.1", "mean of what", "divided by the batch once more")
def _(signal, weights, delta):
    return signal.T @ delta / len(signal), delta.mean(axis=0), delta @ weights.T


@wrong("3.1", "mean of what", "the bias averages over the batch")
def _(signal, weights, delta):
    return signal.T @ delta, delta.mean(axis=0), delta @ weights.T


@wrong("3.1", "mean of what", "the product of the sums, not the sum of the products")
def _(signal, weights, delta):
    both = np.outer(signal.sum(axis=0), delta.sum(axis=0))
    return both, delta.sum(axis=0), delta @ weights.T


@wrong("3.1", "axis", "the bias adds up units, not rows")
def _(signal, weights, delta):
    return signal.T @ delta, delta.sum(axis=1), delta @ weights.T


@wrong("3.1", "axis", "the bias is one number")
def _(signal, weights, delta):
    return signal.T @ delta, delta.sum(), delta @ weights.T


@wrong("3.1", "axis", "the weights' gradient transposed")
def _(signal, weights, delta):
    return delta.T @ signal, delta.sum(axis=0), delta @ weights.T


@wrong("3.1", "axis", "delta goes forward through the weights")
def _(signal, weights, delta):
    return signal.T @ delta, delta.sum(axis=0), delta @ weights


@wrong("3.1", "shapes", "a row (1, units) for the bias")
def _(signal, weights, delta):
    return signal.T @ delta, delta.sum(axis=0, keepdims=True), delta @ weights.T


@wrong("3.1", "shapes", "the first household only")
def _(signal, weights, delta):
    return np.outer(signal[0], delta[0]), delta[0], delta @ weights.T


@wrong("3.1", "shapes", "delta for the layer below added up over the batch")
def _(signal, weights, delta):
    return signal.T @ delta, delta.sum(axis=0), (delta @ weights.T).sum(axis=0)


@wrong("3.1", "sign", "the step downhill in place of the gradient")
def _(signal, weights, delta):
    return tuple(-part for part in gradients(signal, weights, delta))


@wrong("3.1", "sign", "sizes only")
def _(signal, weights, delta):
    return tuple(np.abs(part) for part in gradients(signal, weights, delta))


@wrong("3.1", "order of steps", "ReLU of the layer below crossed already")
def _(signal, weights, delta):
    by_weights, by_bias, below = gradients(signal, weights, delta)
    return by_weights, by_bias, below * (signal > 0)


@wrong("3.1", "order of steps", "back along the weights' gradient, not the weights")
def _(signal, weights, delta):
    by_weights, by_bias, _ = gradients(signal, weights, delta)
    return by_weights, by_bias, delta @ by_weights.T


@wrong("3.1", "order of steps", "back along weights that have moved already")
def _(signal, weights, delta):
    by_weights, by_bias, _ = gradients(signal, weights, delta)
    return by_weights, by_bias, delta @ (weights - 0.1 * by_weights).T


@wrong("3.1", "order of rows", "bias and weights exchanged")
def _(signal, weights, delta):
    by_weights, by_bias, below = gradients(signal, weights, delta)
    return by_bias, by_weights, below


@wrong("3.1", "neighbouring concept", "the weights' own path: each unit's strongest only")
def _(signal, weights, delta):
    strongest = np.max(delta[:, None, :] * weights[None], axis=2)
    return signal.T @ delta, delta.sum(axis=0), strongest


@wrong("3.1", "library call", "a list of the three")
def _(signal, weights, delta):
    return list(gradients(signal, weights, delta))


@right("3.1", "einsum")
def _(signal, weights, delta):
    by_weights = np.einsum("ni,nu->iu", signal, delta)
    return by_weights, np.einsum("nu->u", delta), np.einsum("nu,iu->ni", delta, weights)


@right("3.1", "row by row")
def _(signal, weights, delta):
    by_weights, by_bias = np.zeros(weights.shape), np.zeros(weights.shape[1])
    below = np.zeros(signal.shape)
    for r in range(len(signal)):
        by_weights += np.outer(signal[r], delta[r])
        by_bias += delta[r]
        below[r] = weights @ delta[r]
    return by_weights, by_bias, below


def stopped(losses, patience, better, best_loss=np.inf):
    """The plain loop with a count of bad epochs, and another idea of what is better."""
    best, bad = 0, 0
    for epoch, loss in enumerate(losses):
        if better(loss, best_loss):
            best, best_loss, bad = epoch, loss, 0
        else:
            bad += 1
            if bad >= patience:
                break
    return best


def best_and_end(losses, patience):
    """The best epoch, and the one after which training stops; None where it never does."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return best, epoch
    return best, None


@wrong("3.2", "neighbouring concept", "compared with the epoch before, not with the best")
def _(validation_losses, patience):
    best = bad = 0
    for epoch in range(1, len(validation_losses)):
        bad = bad + 1 if validation_losses[epoch] >= validation_losses[epoch - 1] else 0
        if validation_losses[epoch] < validation_losses[best]:
            best = epoch
        if bad >= patience:
            break
    return best


@wrong("3.2", "neighbouring concept", "the best of all epochs")
def _(validation_losses, patience):
    return int(np.argmin(validation_losses))


@wrong("3.2", "neighbouring concept", "the epoch at which training stops")
def _(validation_losses, patience):
    _, end = best_and_end(validation_losses, patience)
    return len(validation_losses) - 1 if end is None else end


@wrong("3.2", "neighbouring concept", "the best loss in place of its epoch")
def _(validation_losses, patience):
    return validation_losses[stopped(validation_losses, patience, float.__lt__)]


@wrong("3.2", "off by one", "one bad epoch too many")
def _(validation_losses, patience):
    return stopped(validation_losses, patience + 1, lambda loss, best: loss < best)


@wrong("3.2", "off by one", "one bad epoch too few")
def _(validation_losses, patience):
    return stopped(validation_losses, max(patience - 1, 1), lambda loss, best: loss < best)


@wrong("3.2", "off by one", "epochs counted from 1")
def _(validation_losses, patience):
    return stopped(validation_losses, patience, lambda loss, best: loss < best) + 1


@wrong("3.2", "ties", "an equal loss is an improvement")
def _(validation_losses, patience):
    return stopped(validation_losses, patience, lambda loss, best: loss <= best)


@wrong("3.2", "order of steps", "bad epochs are counted in all, not in a row")
def _(validation_losses, patience):
    best = bad = 0
    for epoch, loss in enumerate(validation_losses):
        if loss < validation_losses[best]:
            best = epoch
        elif epoch:
            bad += 1
            if bad >= patience:
                break
    return best


@wrong("3.2", "order of steps", "the best loss starts at 1")
def _(validation_losses, patience):
    return stopped(validation_losses, patience, lambda loss, best: loss < best, best_loss=1.0)


@wrong("3.2", "zero or negative", "the best loss starts at 0")
def _(validation_losses, patience):
    return stopped(validation_losses, patience, lambda loss, best: loss < best, best_loss=0.0)


@wrong("3.2", "zero or negative", "sizes of the losses are compared")
def _(validation_losses, patience):
    sizes = [abs(loss) for loss in validation_losses]
    return stopped(sizes, patience, lambda loss, best: loss < best)


@wrong("3.2", "sign", "the largest loss is kept")
def _(validation_losses, patience):
    negative = [-loss for loss in validation_losses]
    return stopped(negative, patience, lambda loss, best: loss < best)


@wrong("3.2", "tolerance", "less than 0.001 better does not count")
def _(validation_losses, patience):
    return stopped(validation_losses, patience, lambda loss, best: loss < best - 1e-3)


@wrong("3.2", "edge", "stops at the first rise, whatever the patience")
def _(validation_losses, patience):
    return stopped(validation_losses, 1, lambda loss, best: loss < best)


@wrong("3.2", "edge", "the last epoch where training never stops")
def _(validation_losses, patience):
    best, end = best_and_end(validation_losses, patience)
    return len(validation_losses) - 1 if end is None else best


@wrong("3.2", "library call", "the minimum of the first epochs only")
def _(validation_losses, patience):
    return int(np.argmin(validation_losses[: patience + 1]))


@right("3.2", "the running minimum in NumPy")
def _(validation_losses, patience):
    losses = np.asarray(validation_losses)
    new = np.r_[True, losses[1:] < np.minimum.accumulate(losses)[:-1]]
    last_new = np.maximum.accumulate(np.where(new, np.arange(len(losses)), 0))
    stop = np.flatnonzero(np.arange(len(losses)) - last_new >= patience)
    return int(last_new[stop[0]] if stop.size else last_new[-1])


@right("3.2", "a counter, as callbacks have it")
def _(validation_losses, patience):
    return stopped(validation_losses, patience, lambda loss, best: loss < best)


@wrong("3.3", "mean of what", "the share of zeros")
def _(activations):
    return np.mean(activations == 0)


@wrong("3.3", "mean of what", "how many, not the share")
def _(activations):
    return float(np.sum(np.all(activations == 0, axis=0)))


@wrong("3.3", "mean of what", "divided by the rows")
def _(activations):
    return np.sum(np.all(activations == 0, axis=0)) / len(activations)


@wrong("3.3", "mean of what", "the mean activation is 0")
def _(activations):
    return np.mean(np.mean(activations, axis=0) == 0)


@wrong("3.3", "axis", "rows in place of units")
def _(activations):
    return np.mean(np.all(activations == 0, axis=1))


@wrong("3.3", "sign", "the share of the living")
def _(activations):
    return np.mean(np.any(activations != 0, axis=0))


@wrong("3.3", "sign", "asleep in one row is enough")
def _(activations):
    return np.mean(np.any(activations == 0, axis=0))


@wrong("3.3", "zero or negative", "never above 0")
def _(activations):
    return np.mean(np.all(activations <= 0, axis=0))


@wrong("3.3", "zero or negative", "the largest is 0")
def _(activations):
    return np.mean(activations.max(axis=0) == 0)


@wrong("3.3", "zero or negative", "the smallest is 0")
def _(activations):
    return np.mean(activations.min(axis=0) == 0)


@wrong("3.3", "neighbouring concept", "never changes")
def _(activations):
    return np.mean(activations.std(axis=0) == 0)


@wrong("3.3", "neighbouring concept", "the product is 0")
def _(activations):
    return np.mean(np.prod(activations, axis=0) == 0)


@wrong("3.3", "neighbouring concept", "the median is 0")
def _(activations):
    return np.mean(np.median(activations, axis=0) == 0)


@wrong("3.3", "tolerance", "nearly 0 counts as dead")
def _(activations):
    return np.mean(np.all(np.isclose(activations, 0), axis=0))


@wrong("3.3", "tolerance", "squares vanish before the number does")
def _(activations):
    return np.mean(np.sum(activations**2, axis=0) == 0)


@wrong("3.3", "edge", "the first row only")
def _(activations):
    return np.mean(activations[0] == 0)


@wrong("3.3", "order of rows", "the first and the last row only")
def _(activations):
    return np.mean((activations[0] == 0) & (activations[-1] == 0))


@wrong("3.3", "library call", "one answer for the whole table")
def _(activations):
    return float(np.all(activations == 0))


@right("3.3", "a loop over the units")
def _(activations):
    dead = 0
    for unit in activations.T:
        if not unit.any():
            dead += 1
    return dead / activations.shape[1]


@right("3.3", "pandas")
def _(activations):
    return (pd.DataFrame(activations) == 0).all().mean()
