"""Ideas for the exercises about pretraining."""

import numpy as np
from scipy.special import logsumexp

from wrong_answers import right, wrong


def arrays(*values):
    return [np.array(value, dtype=float) for value in values]


def total(largest, sums, top=None):
    """What is right, with another score taken off."""
    largest, sums = arrays(largest, sums)
    top = largest.max() if top is None else top
    return float(top + np.log(np.sum(sums * np.exp(largest - top))))


@wrong("15.1", "order of steps", "the sums added as they came, the largest put back")
def _(largest, sums):
    return float(np.max(largest) + np.log(np.sum(sums)))


@wrong("15.1", "edge", "nothing taken off: large scores overflow")
def _(largest, sums):
    return total(largest, sums, top=0.0)


@wrong("15.1", "edge", "the mean taken off, which is -inf with an empty machine")
def _(largest, sums):
    return total(largest, sums, top=np.mean(largest))


@wrong("15.1", "edge", "the smallest taken off: the others overflow")
def _(largest, sums):
    return total(largest, sums, top=np.min(largest))


@wrong("15.1", "order of rows", "the first machine's largest taken off")
def _(largest, sums):
    return total(largest, sums, top=largest[0])


@wrong("15.1", "order of steps", "the largest score not put back")
def _(largest, sums):
    return total(largest, sums) - float(np.max(largest))


@wrong("15.1", "sign", "the largest taken off once more in place of put back")
def _(largest, sums):
    return total(largest, sums) - 2 * float(np.max(largest))


@wrong("15.1", "sign", "the machines' factors turned round")
def _(largest, sums):
    largest, sums = arrays(largest, sums)
    top = largest.max()
    return float(top + np.log(np.sum(sums * np.exp(top - largest))))


@wrong("15.1", "neighbouring concept", "the sum itself, not its logarithm")
def _(largest, sums):
    return float(np.exp(total(largest, sums)))


@wrong("15.1", "neighbouring concept", "the log of the mean, not of the sum")
def _(largest, sums):
    return total(largest, sums) - float(np.log(len(sums)))


@wrong("15.1", "neighbouring concept", "the largest score alone")
def _(largest, sums):
    return float(np.max(largest))


@wrong("15.1", "mean of what", "the machines' logs added up: a product of sums")
def _(largest, sums):
    largest, sums = arrays(largest, sums)
    return float(np.sum(largest + np.log(sums)))


@wrong("15.1", "mean of what", "the mean of the machines' logs")
def _(largest, sums):
    largest, sums = arrays(largest, sums)
    return float(np.mean(largest + np.log(sums)))


@wrong("15.1", "one of two", "the machines' sums forgotten")
def _(largest, sums):
    return float(logsumexp(np.array(largest, dtype=float)))


@wrong("15.1", "library call", "np.log2")
def _(largest, sums):
    largest, sums = arrays(largest, sums)
    top = largest.max()
    return float(top + np.log2(np.sum(sums * np.exp(largest - top))))


@wrong("15.1", "library call", "log1p, for a sum that holds the largest itself already")
def _(largest, sums):
    largest, sums = arrays(largest, sums)
    top = largest.max()
    return float(top + np.log1p(np.sum(sums * np.exp(largest - top))))


@wrong("15.1", "shapes", "two machines")
def _(largest, sums):
    return total(largest[:2], sums[:2])


@wrong("15.1", "tolerance", "a small number added inside the logarithm")
def _(largest, sums):
    largest, sums = arrays(largest, sums)
    top = largest.max()
    return float(top + np.log(np.sum(sums * np.exp(largest - top)) + 1e-3))


@right("15.1", "scipy's logsumexp with weights")
def _(largest, sums):
    return logsumexp(largest, b=sums)


@right("15.1", "machine after machine, as messages arrive")
def _(largest, sums):
    so_far = -np.inf
    for top, mass in zip(largest, sums, strict=True):
        if mass:
            so_far = np.logaddexp(so_far, top + np.log(mass))
    return float(so_far)


def power_law(size, sizes, losses, floor, log=np.log):
    sizes, losses = arrays(sizes, losses)
    over = log(losses - floor)
    slope = (over[1] - over[0]) / log(sizes[1] / sizes[0])
    return over[0], slope


@wrong("15.2", "order of steps", "the floor not put back")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sizes, losses, floor)
    return float(np.exp(start + slope * np.log(size / sizes[0])))


@wrong("15.2", "one of two", "no floor: the loss itself falls by the factor")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sizes, losses, 0.0)
    return float(np.exp(start + slope * np.log(size / sizes[0])))


@wrong("15.2", "one of two", "no floor, and yet it is added")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sizes, losses, 0.0)
    return float(floor + np.exp(start + slope * np.log(size / sizes[0])))


@wrong("15.2", "neighbouring concept", "a straight line over the size")
def _(size, sizes, losses, floor):
    slope = (losses[1] - losses[0]) / (sizes[1] - sizes[0])
    return float(losses[0] + slope * (size - sizes[0]))


@wrong("15.2", "neighbouring concept", "a straight line over the logarithm of the size")
def _(size, sizes, losses, floor):
    slope = (losses[1] - losses[0]) / np.log(sizes[1] / sizes[0])
    return float(losses[0] + slope * np.log(size / sizes[0]))


@wrong("15.2", "neighbouring concept", "a line over the log, held at the floor")
def _(size, sizes, losses, floor):
    slope = (losses[1] - losses[0]) / np.log(sizes[1] / sizes[0])
    return float(max(floor, losses[0] + slope * np.log(size / sizes[0])))


@wrong("15.2", "neighbouring concept", "an exponential: the same factor for each parameter more")
def _(size, sizes, losses, floor):
    over = np.log(np.array(losses) - floor)
    slope = (over[1] - over[0]) / (sizes[1] - sizes[0])
    return float(floor + np.exp(over[0] + slope * (size - sizes[0])))


@wrong("15.2", "sign", "the slope with the other sign")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sizes, losses, floor)
    return float(floor + np.exp(start - slope * np.log(size / sizes[0])))


@wrong("15.2", "sign", "the sizes sorted, the losses not")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sorted(sizes), losses, floor)
    return float(floor + np.exp(start + slope * np.log(size / min(sizes))))


@wrong("15.2", "sign", "always falling, because larger must be better")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sizes, losses, floor)
    slope = min(slope, -0.05)
    return float(floor + np.exp(start + slope * np.log(size / sizes[0])))


@wrong("15.2", "order of steps", "steps counted from the first size, begun at the second loss")
def _(size, sizes, losses, floor):
    _, slope = power_law(size, sizes, losses, floor)
    return float(floor + np.exp(np.log(losses[1] - floor) + slope * np.log(size / sizes[0])))


@wrong("15.2", "mean of what", "from the mean of the two points in plain numbers")
def _(size, sizes, losses, floor):
    _, slope = power_law(size, sizes, losses, floor)
    middle = np.mean(losses) - floor
    return float(floor + middle * (size / np.mean(sizes)) ** slope)


@wrong("15.2", "library call", "log2 for the losses and log for the sizes")
def _(size, sizes, losses, floor):
    over = np.log2(np.array(losses) - floor)
    slope = (over[1] - over[0]) / np.log(sizes[1] / sizes[0])
    return float(floor + np.exp(over[0] + slope * np.log(size / sizes[0])))


@wrong("15.2", "library call", "np.interp, which stays flat outside the two sizes")
def _(size, sizes, losses, floor):
    order = np.argsort(sizes)
    x, y = np.log(np.array(sizes, dtype=float))[order], np.log(np.array(losses) - floor)[order]
    return float(floor + np.exp(np.interp(np.log(size), x, y)))


@wrong("15.2", "tolerance", "the power rounded to one decimal")
def _(size, sizes, losses, floor):
    start, slope = power_law(size, sizes, losses, floor)
    return float(floor + np.exp(start + round(slope, 1) * np.log(size / sizes[0])))


@wrong("15.2", "edge", "as if the two sizes were a doubling")
def _(size, sizes, losses, floor):
    over = np.array(losses) - floor
    return float(floor + over[0] * (over[1] / over[0]) ** np.log2(size / sizes[0]))


@right("15.2", "a line through the logs by polyfit")
def _(size, sizes, losses, floor):
    line = np.polyfit(np.log(sizes), np.log(np.array(losses) - floor), 1)
    return floor + np.exp(np.polyval(line, np.log(size)))


@right("15.2", "a power in base 10, from the second size")
def _(size, sizes, losses, floor):
    over = [loss - floor for loss in losses]
    power = np.log10(over[1] / over[0]) / np.log10(sizes[1] / sizes[0])
    return floor + over[1] * (size / sizes[1]) ** power
