"""A scaling law: how far the loss falls when parameters and data grow, and where it will not."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from course_lib.parameters import check_numbers


class Law(NamedTuple):
    """loss = floor + (n_scale / N)^n_power + (d_scale / D)^d_power.

    Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, eq. 2, with A = n_scale^
    n_power: n_scale is the number of parameters N, d_scale the number of tokens D, that costs one
    unit of loss for being no larger.
    """

    floor: float
    n_scale: float
    n_power: float
    d_scale: float
    d_power: float

    def loss(self, parameters, tokens):
        """What the law says of so many parameters and tokens, numbers or arrays.

        >>> round(Law(5.0, 100.0, 0.5, 1000.0, 1.0).loss(10_000, 10_000), 3)
        5.2
        """
        of_size = (self.n_scale / np.asarray(parameters, float)) ** self.n_power
        of_data = (self.d_scale / np.asarray(tokens, float)) ** self.d_power
        total = self.floor + of_size + of_data
        return float(total) if np.ndim(total) == 0 else total


def fit_law(parameters, tokens, losses):
    """The law that comes nearest to what was measured (least squares).

    parameters, tokens: (n,) numbers above 0; losses: (n,) in any unit. At least 5 runs, for the
    law has five numbers; of runs that all had the same parameters, or tokens, it cannot tell that
    part from the floor. The search starts from several powers, keeps scales and powers above 0 and
    the floor at 0 or above. Raises ValueError for fewer runs, two sizes or fewer, one amount of
    data, and numbers that are not above 0.
    """
    columns = {"parameters": parameters, "tokens": tokens, "losses": losses}
    columns = {name: check_numbers(name, values) for name, values in columns.items()}
    shapes = {values.shape for values in columns.values()}
    if len(shapes) > 1 or any(values.ndim != 1 for values in columns.values()):
        raise ValueError(f"parameters, tokens and losses must be (n,) each, got {shapes}")
    for name, values in columns.items():
        if (values <= 0).any():
            raise ValueError(f"{name} must be above 0, got {values.min()}")
    n, d, loss = columns.values()
    if len(loss) < 5:
        raise ValueError(f"at least 5 runs are needed, got {len(loss)}")
    for name, values, least in (("parameters", n, 3), ("tokens", d, 2)):
        if len(np.unique(values)) < least:
            kinds = len(np.unique(values))
            raise ValueError(f"{name} must have at least {least} different values, got {kinds}")

    def law(x):
        return Law(x[0], np.exp(x[1]), x[2], np.exp(x[3]), x[4])

    def errors(x):
        return law(x).loss(n, d) - loss

    lowest = [0, -50, 0.01, -50, 0.01]
    highest = [loss.min(), np.log(n.max()), 3, np.log(d.max()), 3]
    starts = [
        [share * loss.min(), np.log(n.min() / 10), power, np.log(d.min() / 10), power]
        for share in (0.5, 0.95)
        for power in (0.2, 0.5, 1.0)
    ]
    found = [least_squares(errors, start, bounds=(lowest, highest)) for start in starts]
    return Law(*map(float, law(min(found, key=lambda one: one.cost).x)))
