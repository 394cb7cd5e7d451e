"""Cases about partners in a shared space, and about a word that was heard, worked out by hand."""

import numpy as np

from course_lib.cases.case import Case, drawn

E = np.e
NONE = -np.inf


def _pairs(rng, size):
    """Pairs of vectors of any length, and a temperature."""
    first, second = rng.normal(size=(2, size, 3)) * rng.uniform(0.5, 4, (2, size, 1))
    return first, second, float(rng.choice([0.05, 0.5, 2.0]))


def _loss(first, second, temperature):
    """One pair at a time, with numbers of Python."""
    units = [[row / np.sqrt(sum(row**2)) for row in side] for side in (first, second)]
    total, n = 0.0, len(first)
    for a, b in (units, units[::-1]):
        for i in range(n):
            scores = [sum(a[i] * b[j]) / temperature for j in range(n)]
            top = max(scores)
            total += top + np.log(sum(np.exp(score - top) for score in scores)) - scores[i]
    return total / (2 * n)


def _space(rng, size):
    """Pictures and words on a coarse grid, so that there are ties, and a k."""
    first, second = rng.integers(-1, 2, (2, size, 2)) + np.array([0.0, 2.5])
    return first, second, int(rng.integers(1, size + 2))


def _hits(first, second, k):
    found = 0
    for i, picture in enumerate(first):
        near = [picture @ word / np.linalg.norm(picture) / np.linalg.norm(word) for word in second]
        others = [j for j in range(len(second)) if j != i]
        found += sum(near[j] > near[i] - 1e-9 for j in others) < k
    return found / len(first)


CASES: dict[str, list[Case]] = {
    "17.1": [
        Case(
            (np.eye(2), np.eye(2), 1.0),
            np.log(E + 1) - 1,
            "cosines 1 and 0: each finds its partner with e / (e + 1), both ways",
        ),
        Case(
            (np.array([[3.0, 0.0], [0.0, 0.5]]), 7 * np.eye(2), 1.0),
            np.log(E + 1) - 1,
            "the same directions: length does not count",
        ),
        Case(
            (np.eye(2), np.eye(2), 0.5),
            np.log(E**2 + 1) - 2,
            "temperature 0.5 makes scores of 2 and 0",
        ),
        Case(
            (np.array([[1.0, 0], [1, 0]]), np.eye(2), 1.0),
            (np.log(E + 1) - 0.5 + np.log(2)) / 2,
            "pictures alike: along rows ln(e + 1) − 1 and ln(e + 1), along columns ln 2",
        ),
        Case(
            (np.eye(2), np.array([[0.0, 1], [1, 0]]), 1.0),
            np.log(E + 1),
            "partners exchanged: each finds its own with 1 / (e + 1)",
        ),
        Case((np.ones((4, 2)), np.ones((4, 2)), 0.1), np.log(4), "all alike: one chance in four"),
        Case((np.array([[2.0, 1]]), np.array([[1.0, 3]]), 0.2), 0.0, "alone: nobody to confuse"),
        Case(
            (np.eye(2), np.array([[0.0, 1], [1, 0]]), 0.001),
            1000.0,
            "scores of 1,000: no e to the 1,000, please",
        ),
        *drawn(_pairs, _loss, "the mean of both ways, of −ln of the partner's share"),
    ],
    "17.2": [
        Case((np.eye(3), np.eye(3), 1), 1.0, "each lies on its own name"),
        Case(
            (np.eye(3), np.eye(3)[[1, 2, 0]], 1),
            0.0,
            "each lies on the name of another",
        ),
        Case(
            (np.array([[1.0, 0], [1, 0], [1, 1]]), np.array([[1.0, 0], [0, 1], [1, 1]]), 1),
            2 / 3,
            "the second picture lies on the first name",
        ),
        Case(
            (np.array([[1.0, 0], [1, 0], [1, 1]]), np.array([[1.0, 0], [0, 1], [1, 1]]), 2),
            2 / 3,
            "two names are nearer to the second picture than its own: third place",
        ),
        Case(
            (np.array([[1.0, 0], [1, 0], [1, 1]]), np.array([[1.0, 0], [0, 1], [1, 1]]), 3),
            1.0,
            "third place counts with k = 3",
        ),
        Case(
            (np.ones((4, 2)), np.ones((4, 2)), 1),
            0.0,
            "the same of everything: three others are just as near",
        ),
        Case((np.ones((4, 2)), np.ones((4, 2)), 3), 0.0, "three others as near, and 3 places"),
        Case((np.ones((4, 2)), np.ones((4, 2)), 4), 1.0, "four places for four names"),
        Case(
            (np.array([[1.0, 0.2], [0, 1]]), np.array([[1.0, 0], [9, 9]]), 1),
            1.0,
            "by angle: the second name is long, and not near to the first picture",
        ),
        Case(
            (np.array([[-1.0, 0.1], [1, 0]]), np.array([[-5.0, 0], [0.1, 0]]), 1),
            1.0,
            "the opposite direction is far, not near",
        ),
        *drawn(_space, _hits, "own name counts if fewer than k others are at least as near"),
    ],
    "17.3": [
        Case(
            (np.log([[0.5, 0.5]]), np.log([[0.8, 0.2]]), 1.0, 1.0),
            np.array([[0.8, 0.2]]),
            "the sound says nothing: taste decides",
        ),
        Case(
            (np.log([[0.9, 0.1]]), np.log([[0.5, 0.5]]), 1.0, 1.0),
            np.array([[0.9, 0.1]]),
            "taste says nothing: the sound decides",
        ),
        Case(
            (np.log([[0.5, 0.25, 0.25]]), np.log([[0.2, 0.6, 0.2]]), 1.0, 1.0),
            np.array([[2 / 6, 3 / 6, 1 / 6]]),
            "products 0.10, 0.15 and 0.05, divided by their sum 0.30",
        ),
        Case(
            (np.log([[0.6, 0.4]]), np.log([[0.2, 0.8]]), 2.0, 1.0),
            np.array([[0.36, 0.64]]),
            "the sound counts twice: 0.36 · 0.2 to 0.16 · 0.8, 0.072 to 0.128",
        ),
        Case(
            (np.log([[0.6, 0.4]]), np.log([[0.2, 0.8]]), 1.0, 0.0),
            np.array([[0.6, 0.4]]),
            "weight 0 for taste: the sound alone",
        ),
        Case(
            (np.log([[0.6, 0.4]]), np.log([[0.1, 0.9]]), 0.0, 0.5),
            np.array([[0.25, 0.75]]),
            "only taste, its root: √0.1 to √0.9 is 1 to 3",
        ),
        Case(
            (np.log([[0.6, 0.4], [0.1, 0.9]]), np.log([[0.5, 0.5], [0.9, 0.1]]), 1.0, 1.0),
            np.array([[0.6, 0.4], [0.5, 0.5]]),
            "each row for itself",
        ),
        Case(
            (np.array([[-2000.0, -2001.0]]), np.array([[0.0, 0.0]]), 1.0, 1.0),
            np.array([[E / (E + 1), 1 / (E + 1)]]),
            "logarithms of −2,000: e to that is 0, their difference is what counts",
        ),
        Case(
            (np.array([[3.0, 2.0]]), np.array([[5.0, 6.0]]), 1.0, 1.0),
            np.array([[0.5, 0.5]]),
            "what is added to a whole row does not matter: 8 and 8",
        ),
        Case(
            (np.log([[0.6, 0.4]]), np.array([[NONE, 0.0]]), 1.0, 1.0),
            np.array([[0.0, 1.0]]),
            "a taste of 0 rules a word out",
        ),
    ],
    "large.shared_space.score_slopes": [
        Case(
            (np.zeros((2, 2)),),
            np.array([[-0.25, 0.25], [0.25, -0.25]]),
            "shares 1/2 and 1/2: (1/2 + 1/2 − 2) / 4 and (1/2 + 1/2) / 4",
        ),
        Case(
            (np.array([[np.log(3), 0.0], [0.0, 0.0]]),),
            np.array([[-0.5, 0.75], [0.75, -1.0]]) / 4,
            "row shares 3/4, 1/4 and 1/2, 1/2; column shares the same",
        ),
        Case(
            (np.array([[np.log(3), 0.0], [np.log(3), 0.0]]),),
            np.array([[-0.75, 0.75], [1.25, -1.25]]) / 4,
            "row shares 3/4 and 1/4 twice; column shares all 1/2",
        ),
        Case((np.array([[5.0]]),), np.array([[0.0]]), "alone there is nothing to gain"),
        Case(
            (np.array([[1000.0, 0.0], [0.0, 1000.0]]),),
            np.zeros((2, 2)),
            "perfect, and no overflow",
        ),
    ],
    "large.sounds.mel": [
        Case((np.array([0.0]),), np.array([0.0]), "no frequency, no pitch"),
        Case((np.array([700.0, 6300.0]),), 2595 * np.log10([2.0, 10.0]), "1 + 1 and 1 + 9"),
        Case((np.array([1000.0]),), np.array([1000.0]), "1,000 Hz are 1,000 mel", 0.1),
    ],
}
