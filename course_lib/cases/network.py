"""Cases about neural networks, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn


def _a(*rows):
    return np.array(rows, dtype=np.float64)


def _layer(signal, weights, delta):
    (n, inputs), units = signal.shape, delta.shape[1]
    rows = range(n)
    by_weights = [
        [sum(signal[r, i] * delta[r, j] for r in rows) for j in range(units)] for i in range(inputs)
    ]
    by_bias = [sum(delta[r, j] for r in rows) for j in range(units)]
    below = [
        [sum(delta[r, j] * weights[i, j] for j in range(units)) for i in range(inputs)]
        for r in rows
    ]
    return np.array(by_weights), np.array(by_bias), np.array(below)


def _stopped(losses, patience):
    best, bad = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, bad = epoch, 0
        else:
            bad += 1
        if bad == patience:
            break
    return best


def _dead(activations):
    n, units = activations.shape
    return sum(all(activations[r, j] == 0 for r in range(n)) for j in range(units)) / units


def _a_layer(rng, size):
    n, inputs, units = rng.permutation([size % 3 + 1, size % 4 + 1, size % 2 + 2])
    return tuple(
        rng.integers(-3, 4, shape).astype(float)
        for shape in ((n, inputs), (inputs, units), (n, units))
    )


def _run(rng, size):
    walk = 1.0 + np.cumsum(rng.integers(-3, 4, size + 2)) / 5
    return walk.round(1).tolist(), int(rng.integers(1, 4))


def _units(rng, size):
    shape = size % 4 + 2, size % 3 + 3
    activations = rng.choice([-2.0, 0.0, 0.0, 1e-9, 1.0, 1.0], shape)
    activations[:, rng.integers(shape[1], size=2)] = 0
    activations[:, rng.integers(shape[1])] = rng.choice([0, 1])
    return (activations,)


CASES: dict[str, list[Case]] = {
    "3.1": [
        Case(
            (_a([1, 0, 2]), _a([1], [3], [-1]), _a([-0.5])),
            (_a([-0.5], [0], [-1]), _a(-0.5), _a([-0.5, -1.5, 0.5])),
            "the output layer of the 2-3-1 network on paper",
        ),
        Case(
            (_a([1, 2]), _a([1, 2, -1], [0.5, -1, 1]), _a([-0.5, 0, 0.5])),
            (_a([-0.5, 0, 0.5], [-1, 0, 1]), _a(-0.5, 0, 0.5), _a([-1, 0.25])),
            "its hidden layer: x times delta; -0.5 · 1 + 0.5 · (-1) = -1 goes back to x1",
        ),
        Case(
            (_a([1, 0], [2, 3]), _a([1, 2], [0, -1]), _a([1, 0], [0.5, -1])),
            (_a([2, -2], [1.5, -3]), _a(1.5, -1), _a([1, 0], [-1.5, 1])),
            "two rows are added, not averaged: 1 · 1 + 2 · 0.5 = 2 for the first weight",
        ),
        Case(
            (_a([1], [2], [3]), _a([1, -1]), _a([1, 0], [0, 1], [1, 1])),
            (_a([4, 5]), _a(2, 2), _a([1], [-1], [0])),
            "three rows, one input, two units: 1 + 0 + 3 and 0 + 2 + 3",
        ),
        Case(
            (_a([5, 7]), _a([2], [3]), _a([0])),
            (_a([0], [0]), _a(0), _a([0, 0])),
            "no delta, no gradient",
        ),
        *drawn(
            _a_layer,
            _layer,
            "sums over the rows of signal · delta and of delta; delta back along every weight",
        ),
    ],
    "3.2": [
        Case(([0.6, 0.5, 0.4, 0.45, 0.5, 0.55], 2), 2, "0.4 is the best, two worse epochs follow"),
        Case(([0.6, 0.5, 0.55, 0.56, 0.3], 2), 1, "stops after epoch 3: 0.3 is never seen"),
        Case(([0.6, 0.5, 0.55, 0.56, 0.3], 3), 4, "with more patience 0.3 is seen"),
        Case(([0.5, 0.5, 0.5, 0.4], 2), 0, "an equal loss is no improvement: stops after epoch 2"),
        Case(([0.9, 0.8, 0.7], 1), 2, "better each time: runs to the end"),
        Case(([0.5, 0.6, 0.4, 0.5, 0.3], 2), 4, "a new best starts the count again"),
        Case(([0.7], 5), 0, "one epoch is the best of one"),
        Case(
            ([0.5, 0.7, 0.6, 0.65, 0.3], 2),
            0,
            "0.6 is better than the epoch before, not than the best: stops after epoch 2",
        ),
        Case(([2, 1.5], 1), 1, "the first epoch is the best so far, whatever its loss"),
        Case(([0.5, 0.4999, 0.6, 0.7], 2), 1, "a new best is a new best, however close"),
        *drawn(
            _run,
            _stopped,
            "stops when `patience` epochs in a row brought no new best; the best one until then",
            seed=1,
        ),
    ],
    "3.3": [
        Case((_a([0, 1], [0, 0]),), 0.5, "unit 1 is 0 in both rows, unit 2 wakes once"),
        Case(
            (_a([0, 0, 3], [0, 2, 0]),), 1 / 3, "one of three units; zeros elsewhere do not count"
        ),
        Case((_a([1, 2], [3, 4]),), 0.0, "all awake"),
        Case((_a([0, 0], [0, 0]),), 1.0, "all dead"),
        Case(
            (_a([0, 5, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]),),
            0.5,
            "units 1 and 3 of four; the last ROW is all zero, but rows are households",
        ),
        Case((_a([-0.1, 0], [0, 0]),), 0.5, "a negative activation, as GELU has, is not zero"),
        Case((_a([-0.1], [-0.2]),), 0.0, "negative in every row is still not zero"),
        Case((_a([1, 0], [-1, 0]),), 0.5, "1 and -1 add up to 0, but the unit is awake"),
        Case((_a([2, 0], [2, 0], [2, 0]),), 0.5, "a unit that always says 2 is awake"),
        Case((_a([1e-200, 0]),), 0.5, "exactly 0 only: 1e-200 is not 0"),
        *drawn(_units, _dead, "the share of COLUMNS in which every single row is exactly 0"),
    ],
}
