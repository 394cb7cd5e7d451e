"""Generative retrieval: probabilities over a trie, a beam, items that nobody bought."""

import numpy as np
import pytest
from logs import cycles

from course_lib.contract.board import SIZE, board
from course_lib.models.generative import GenerativeRetrieval

SMALL = {"levels": 2, "codes": 3, "dimensions": 8, "length": 4, "epochs": 2, "dropout": 0.0}
ROWS = np.random.default_rng(0).normal(size=(8, 3)).round()  # rounded: some are alike
USERS = np.arange(5)


@pytest.fixture(scope="module")
def model():
    return GenerativeRetrieval(item_vectors=ROWS, **SMALL).fit(cycles())


def test_probabilities_sum_to_1_over_the_catalogue(model):
    np.testing.assert_allclose(np.exp(model.score(USERS, cycles())).sum(axis=1), 1, rtol=1e-5)


def test_the_loss_in_training_is_what_the_scores_say(model):
    """Keras sums a softmax a level along the codes; the scores go through the whole trie."""
    targets, states = np.array([3, 0, 7, 3, 5]), model._states(model_rows(model))
    loss = model.network_.compute_loss(y=(targets,), y_pred=states)
    scores = model.score(USERS, cycles())
    np.testing.assert_allclose(float(loss), -scores[USERS, targets].mean(), rtol=1e-4)


def model_rows(model):
    from course_lib.models.histories import latest

    return latest(cycles(), USERS, model.length, model.seed)


def test_scores_are_the_products_along_the_codes(model):
    """One item by hand: the decoder's formula written out for its own codes only."""
    network, state = model.network_, model._states(model_rows(model))[0].astype(float)
    bias, codes = network.biases.numpy().astype(float), model.codes_
    item, total, so_far = 4, 0.0, state
    for level in range(codes.shape[1]):
        hidden, write = network.hidden[level], network.write[level]
        inner = so_far + np.maximum(so_far @ hidden.kernel.numpy() + hidden.bias.numpy(), 0)
        logits = inner @ write.kernel.numpy() + write.bias.numpy()
        alike = (codes[:, :level] == codes[item, :level]).all(axis=1)
        odds = {}
        for code in np.unique(codes[alike, level]):
            below = alike & (codes[:, level] == code)
            odds[code] = np.exp(logits[code]) * np.exp(bias[below]).sum()
        total += np.log(odds[codes[item, level]] / sum(odds.values()))
        if level < codes.shape[1] - 1:
            so_far = so_far + network.read[level].embeddings.numpy()[codes[item, level]]
    np.testing.assert_allclose(model.score([0], cycles())[0, item], total, rtol=1e-4)


def test_a_wide_beam_scores_as_the_whole_catalogue_does(model):
    exact = model.score(USERS, cycles())
    wide = GenerativeRetrieval(item_vectors=ROWS, **SMALL, beam=8).fit(cycles())
    np.testing.assert_allclose(wide.score(USERS, cycles()), exact, atol=1e-4)


def test_what_a_narrow_beam_does_not_reach_comes_last_popular_first(model):
    narrow = GenerativeRetrieval(item_vectors=ROWS, **SMALL, beam=2).fit(cycles())
    exact, scores = model.score(USERS, cycles()), narrow.score(USERS, cycles())
    for row, mine in zip(exact, scores, strict=True):
        reached = np.isclose(mine, row, atol=1e-4)
        assert reached.sum() == 2
        assert mine[reached].min() > mine[~reached].max()
        order = np.argsort(-mine[~reached], kind="stable")
        assert (np.diff(narrow.popularity_[~reached][order]) <= 0).all()


def test_an_item_that_nobody_bought_is_found_by_its_kind():
    """Everyone walks from kind 0 to kind 1; items 8 and 9 are new, one of each kind."""
    rng = np.random.default_rng(0)
    kinds = np.arange(10) % 2
    vectors = np.column_stack([kinds * 10.0, np.arange(10) % 5])
    walks = [
        np.concatenate([[2 * a, 2 * b + 1] for a, b in rng.integers(0, 4, (6, 2))])
        for _ in range(SIZE)
    ]
    log = board([[*walk, 0] for walk in walks])  # the last one is of kind 0: kind 1 is next
    vectors = np.vstack([vectors, np.tile([[-50.0, 0]], (SIZE - 10, 1))])
    model = GenerativeRetrieval(
        item_vectors=vectors, levels=1, codes=3, dimensions=8, epochs=30, learning_rate=0.01
    ).fit(log)
    scores = model.score(np.arange(SIZE), log)
    assert (scores[:, 9] > scores[:, 8]).all()


def test_the_vectors_must_be_the_items():
    with pytest.raises(
        ValueError, match=r"item_vectors must be \(8, d\), a row each, got \(7, 3\)"
    ):
        GenerativeRetrieval(item_vectors=ROWS[:7], **SMALL).fit(cycles())


def test_heads_must_divide_the_dimensions():
    with pytest.raises(ValueError, match="heads must divide dimensions 16, got 3"):
        GenerativeRetrieval(item_vectors=ROWS, **SMALL | {"dimensions": 16}, heads=3).fit(cycles())
