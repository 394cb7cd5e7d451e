"""Blends and mixes: weights and places worked out by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone

from course_lib.interactions import Interactions
from course_lib.metrics import ndcg_at_k
from course_lib.models.base import Recommender
from course_lib.models.hybrid import Hybrid, blend_weights, standardise
from course_lib.models.mix import Mix, mixed_scores


class Fixed(Recommender):
    """Says what it was told: one row of scores a user."""

    def __init__(self, *, table, knows_all=False):
        self.table = table
        self.knows_all = knows_all

    def _fit(self, train, validation):
        self.fitted_with_validation_ = validation is not None

    def _score(self, users, history):
        return np.array(self.table, dtype=float)[users]

    def _knows(self, users, history):
        return super()._knows(users, history) | self.knows_all


def log(events, n_users=3, n_items=5):
    """Interactions from (user, item) pairs, in time order."""
    users, items = np.array(events, dtype=int).reshape(-1, 2).T
    times = np.arange(len(users)).astype("datetime64[s]")
    return Interactions(users, items, times, np.ones(len(users)), range(n_users), range(n_items))


TRAIN = log([(0, 0), (1, 0), (2, 1)])
VALIDATION = log([(0, 2), (1, 3), (2, 4)])
RIGHT = np.array([[0, 0, 3, 2, 1], [0, 0, 2, 3, 1], [0, 0, 1, 2, 3.0]])  # finds each purchase
WRONG = np.array([[0, 0, 1, 2, 3], [0, 0, 3, 1, 2], [0, 0, 3, 2, 1.0]])


def test_standardise_by_hand():
    # mean 2, squared distances 4 + 0 + 4, standard deviation sqrt(8/3)
    expected = np.array([[-2, 0, 2]]) / np.sqrt(8 / 3)
    np.testing.assert_allclose(standardise([[0, 2, 4]]), expected)


def test_standardise_does_not_mind_unit_or_offset_and_keeps_its_argument():
    scores = np.array([[0.3, 0.1, 0.9], [5.0, 7.0, 6.0]])
    before = scores.copy()
    np.testing.assert_allclose(standardise(1000 * scores - 70), standardise(scores), atol=1e-9)
    np.testing.assert_array_equal(scores, before)


def test_equal_scores_are_no_opinion():
    third = np.full((1, 7), 0.1)  # whose mean is not exactly 0.1 in floating point
    np.testing.assert_array_equal(standardise(third), np.zeros((1, 7)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_standardise_refuses_what_is_not_finite(bad):
    with pytest.raises(ValueError, match="finite"):
        standardise([[1.0, bad]])


def test_standardise_refuses_other_shapes():
    for shape in ((3,), (2, 0), (1, 2, 3)):
        with pytest.raises(ValueError, match="scores must be"):
            standardise(np.zeros(shape))


def test_weights_when_two_models_are_right_about_half_of_the_users_each():
    # Model a is sure and right about user 0, a little wrong about user 1; b the other way round.
    scores = np.array([[[4.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 2.0]]])
    gains = np.array([[1.0, 0.0], [0.0, 1.0]])
    # b alone finds both; a alone finds one
    np.testing.assert_allclose(blend_weights(scores, gains, 1, 4), [0.0, 1.0])
    # Now b errs about user 0 as a does about user 1: only together they find both.
    scores[1, 0] = [0.0, 1.0]
    np.testing.assert_allclose(blend_weights(scores, gains, 1, 4), [0.5, 0.5])


def test_weights_stop_at_the_best_step():
    # One model is perfect, the others useless: the first pick is best, later ones do not help.
    rng = np.random.default_rng(0)
    gains = np.eye(6)[rng.integers(0, 6, 40)]
    scores = np.stack([rng.random((40, 6)), gains, rng.random((40, 6))])
    np.testing.assert_array_equal(blend_weights(scores, gains, 3, 10), [0, 1, 0])


def test_equal_models_keep_their_order():
    scores = np.array([[[1.0, 0.0]], [[1.0, 0.0]]])
    np.testing.assert_array_equal(blend_weights(scores, np.array([[1.0, 0.0]]), 1, 3), [1, 0])


def test_place_counts_in_the_gain():
    # a has the relevant item at place 2 of both users, b at place 1 and 3: 2·0.63 > 1 + 0 at k = 2,
    # but at k = 3 b has 1 + 0.5 > 1.26.
    a = [[2.0, 3.0, 1.0], [2.0, 3.0, 1.0]]
    b = [[3.0, 2.0, 1.0], [1.0, 3.0, 2.0]]
    gains = np.array([[1.0, 0, 0], [1.0, 0, 0]])
    assert blend_weights([a, b], gains, 2, 1).tolist() == [1, 0]
    assert blend_weights([a, b], gains, 3, 1).tolist() == [0, 1]


def test_greedy_weights_are_as_good_as_all_weights_in_twentieths():
    """Against brute force over every blend of three models in steps of a twentieth."""
    rng = np.random.default_rng(3)
    taste = rng.normal(size=(60, 12))
    relevant = taste > 1.0
    relevant[:, 0] |= ~relevant.any(axis=1)
    ideal = np.cumsum(1 / np.log2(np.arange(2, 7)))[np.minimum(relevant.sum(axis=1), 5) - 1]
    scores = np.stack([taste + spread * rng.normal(size=taste.shape) for spread in (1.5, 1.5, 3)])

    def ndcg(weights):
        lists = np.argsort(-np.tensordot(weights, scores, 1), axis=1, kind="stable")[:, :5]
        return ndcg_at_k(lists, relevant.astype(int), 5).mean()

    grid = [
        (a / 20, b / 20, (20 - a - b) / 20)
        for a, b in itertools.product(range(21), repeat=2)
        if a + b <= 20
    ]
    best = max(map(ndcg, grid))
    found = ndcg(blend_weights(scores, relevant / ideal[:, None], 5, 20))
    assert found > max(map(ndcg, np.eye(3)))
    assert found > 0.98 * best


def test_blend_weights_refuses_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"got \(1, 2\) and \(1, 2\)"):
        blend_weights(np.ones((1, 2)), np.ones((1, 2)), 1)
    with pytest.raises(ValueError, match="gains"):
        blend_weights(np.ones((2, 1, 3)), np.ones((1, 2)), 1)


def test_score_is_the_weighted_sum_of_standardised_scores():
    models = {"right": Fixed(table=RIGHT), "wrong": Fixed(table=WRONG)}
    blend = Hybrid(models=models, weights={"right": 3, "wrong": 1}).fit(TRAIN)
    assert blend.weights_ == {"right": 0.75, "wrong": 0.25}
    expected = 0.75 * standardise(RIGHT) + 0.25 * standardise(WRONG)
    np.testing.assert_allclose(blend.score(np.arange(3), TRAIN), expected)


def test_a_large_unit_does_not_win():
    """Counts in thousands beside probabilities: without standardising they would decide alone."""
    models = {"right": Fixed(table=RIGHT / 1e6), "wrong": Fixed(table=1e6 * WRONG)}
    blend = Hybrid(models=models, weights={"right": 0.9, "wrong": 0.1}).fit(TRAIN)
    np.testing.assert_array_equal(blend.recommend(np.arange(3), TRAIN, 1)[:, 0], [2, 3, 4])


def test_weights_are_learned_on_validation():
    models = {"wrong": Fixed(table=WRONG), "right": Fixed(table=RIGHT)}
    blend = Hybrid(models=models).fit(TRAIN, VALIDATION)
    assert blend.weights_ == {"wrong": 0.0, "right": 1.0}
    assert blend.models_["right"].fitted_with_validation_
    assert blend.recommend([1], TRAIN, 1).tolist() == [[3]]


def test_weights_are_learned_from_more_users_than_are_read_at_a_time():
    train = log([(u, TRAIN.items[u % 3]) for u in range(600)], n_users=600)
    validation = log([(u, VALIDATION.items[u % 3]) for u in range(600)], n_users=600)
    tables = {"wrong": np.tile(WRONG, (200, 1)), "right": np.tile(RIGHT, (200, 1))}
    models = {name: Fixed(table=table) for name, table in tables.items()}
    assert Hybrid(models=models).fit(train, validation).weights_ == {"wrong": 0.0, "right": 1.0}


def test_weights_are_learned_for_the_task():
    """One model knows what is bought again, the other what is new."""
    train = log([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)])
    validation = log([(0, 1), (0, 3), (1, 1), (1, 4), (2, 0), (2, 3)])
    again = np.array([[1, 9, 4, 3, 2], [1, 9, 4, 2, 3], [9, 1, 4, 2, 3.0]])
    new = np.array([[9, 1, 0, 2, 1], [9, 1, 0, 1, 2], [1, 9, 0, 2, 1.0]])
    models = {"again": Fixed(table=again), "new": Fixed(table=new)}
    for exclude_seen, best in ((True, "new"), (False, "again")):
        blend = Hybrid(models=models, exclude_seen=exclude_seen).fit(train, validation)
        assert blend.weights_[best] == 1.0, exclude_seen


def test_candidates_hold_what_a_full_ranking_would_find():
    """With a catalogue larger than DEPTH the weights' own NDCG is that of the full lists."""
    rng = np.random.default_rng(1)
    n_users, n_items = 30, 400
    train = log([(u, i) for u in range(n_users) for i in rng.integers(0, n_items, 5)], 30, 400)
    taste = rng.normal(size=(n_users, n_items))
    bought = [(u, i) for u in range(n_users) for i in np.argsort(-taste[u])[:3]]
    tables = [taste + 2 * rng.normal(size=taste.shape) for _ in range(2)]
    models = {f"m{i}": Fixed(table=t, knows_all=True) for i, t in enumerate(tables)}
    blend = Hybrid(models=models).fit(train, log(bought, 30, 400))
    relevant = np.zeros((n_users, n_items))
    relevant[tuple(np.array(bought).T)] = 1
    relevant[train.matrix().nonzero()] = 0

    def ndcg(weights):
        given = Hybrid(models=models, weights=weights).fit(train)
        lists = given.recommend(np.arange(n_users), train, 10)
        return np.nanmean(ndcg_at_k(lists, relevant, 10))

    alone = max(ndcg({"m0": 1.0}), ndcg({"m1": 1.0}))
    assert ndcg(blend.weights_) >= alone + 0.02  # independent errors: together they must be better
    assert 0.25 < blend.weights_["m0"] < 0.75


def test_candidates_on_paper():
    """User 0 has item 0 and will buy 1 and 2; user 1 has item 1 and will buy 0."""
    train = log([(0, 0), (1, 1)], 2, 3)
    tables = [[9, 2, 1], [2, 9, 1]], [[9, 1, 2], [2, 9, 1]]
    models = {f"m{i}": Fixed(table=table) for i, table in enumerate(tables)}
    relevant = sparse.csr_array([[False, True, True], [True, False, False]])
    blend = Hybrid(models=models).fit(train)
    scores, gains = blend._candidates(np.arange(2), train, relevant, 10)
    # Sorted: places that ran out (-1), then each item of both lists, its second copy spare.
    both = 1 / (1 + 1 / np.log2(3))  # two to find: the best list brings 1 + 1 / log2(3)
    np.testing.assert_allclose(gains, [[0, 0, both, 0, both, 0], [0, 0, 1, 0, 0, 0]])
    low, high = np.array([-3, -2]) / np.sqrt(38 / 3)  # 9, 2, 1: mean 4, squares 25 + 4 + 9
    out = -1e9
    np.testing.assert_allclose(scores[0, 0], [out, out, high, out, low, out])
    np.testing.assert_allclose(scores[1, 0], [out, out, low, out, high, out])
    np.testing.assert_allclose(scores[0, 1], [out, out, high, out, low, out])


def test_without_validation_or_weights_all_weigh_the_same():
    models = {"a": Fixed(table=WRONG), "b": Fixed(table=RIGHT)}
    assert Hybrid(models=models).fit(TRAIN).weights_ == {"a": 0.5, "b": 0.5}


def test_prefit_models_are_taken_as_they_are():
    fitted = {"a": Fixed(table=WRONG).fit(TRAIN), "b": Fixed(table=RIGHT).fit(TRAIN)}
    blend = Hybrid(models=fitted, prefit=True).fit(TRAIN, VALIDATION)
    assert not hasattr(blend, "models_")
    assert not fitted["a"].fitted_with_validation_
    assert blend.weights_["b"] == 1.0


def test_prefit_must_be_fitted_and_fit():
    with pytest.raises(ValueError, match=r"a .*not fitted yet"):
        Hybrid(models={"a": Fixed(table=RIGHT)}, prefit=True).fit(TRAIN)
    other = Fixed(table=RIGHT).fit(log([(0, 0)], n_items=7))
    with pytest.raises(ValueError, match="7 items"):
        Hybrid(models={"a": other}, prefit=True).fit(TRAIN)


def test_the_models_given_stay_unfitted():
    model = Fixed(table=RIGHT)
    Hybrid(models={"a": model}).fit(TRAIN)
    assert not hasattr(model, "popularity_")


def test_a_user_nobody_knows_gets_what_is_popular():
    history = log([(0, 3)])
    blend = Hybrid(models={"a": Fixed(table=RIGHT), "b": Fixed(table=WRONG)}).fit(TRAIN)
    np.testing.assert_array_equal(blend.score([1], history)[0], [2, 1, 0, 0, 0])
    one = Fixed(table=RIGHT, knows_all=True)
    blend = Hybrid(models={"a": Fixed(table=WRONG), "b": one}, weights={"b": 1}).fit(TRAIN)
    np.testing.assert_allclose(blend.score([1], history)[0], standardise(RIGHT)[1])


def test_clone_keeps_parameters():
    blend = Hybrid(models={"a": Fixed(table=RIGHT)}, weights={"a": 1.0}, steps=7)
    again = clone(blend)
    assert again.steps == 7
    assert again.weights == {"a": 1.0}
    assert again.fit(TRAIN).recommend([0], TRAIN, 1).tolist() == [[2]]


def bad(match, **parameters):
    defaults = {"models": {"a": Fixed(table=RIGHT)}}
    with pytest.raises(ValueError, match=match):
        Hybrid(**(defaults | parameters)).fit(TRAIN, VALIDATION)


def test_hybrid_refuses_bad_parameters():
    bad("models must be a dict", models={})
    bad("models must be a dict", models=[Fixed(table=RIGHT)])
    bad("a must be a Recommender, got int", models={"a": 3})
    bad("'b'", weights={"a": 1, "b": 1})
    bad("not all 0", weights={"a": 0})
    bad("at least 0", weights={"a": -1})
    bad("steps", steps=0)
    bad("steps", steps=True)


def test_validation_without_anything_to_find():
    with pytest.raises(ValueError, match="nothing to find"):
        Hybrid(models={"a": Fixed(table=RIGHT)}).fit(TRAIN, log([(0, 0)]))


SEEN = np.array([[True, True, True, False, False, False]])
KNOWN_FIRST = np.array([[3.0, 2, 1, 9, 9, 9]])  # of the known: 0, 1, 2
NEW_FIRST = np.array([[9.0, 9, 9, 3, 2, 1]])  # of the new: 3, 4, 5


@pytest.mark.parametrize(
    ("share", "order"),
    [
        (0.0, [3, 4, 5, 0, 1, 2]),
        (1 / 4, [3, 4, 0, 5, 1, 2]),  # new at 4/3, 8/3, 4; known at 4, 8, 12: known first at 4
        (1 / 3, [3, 0, 4, 5, 1, 2]),  # new at 1.5, 3, 4.5; known at 3, 6, 9
        (0.5, [0, 3, 1, 4, 2, 5]),
        (2 / 3, [0, 1, 3, 2, 4, 5]),  # known at 1.5, 3, 4.5; new at 3, 6, 9
        (1.0, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_places_by_hand(share, order):
    scores = mixed_scores(KNOWN_FIRST, NEW_FIRST, SEEN, share)
    assert np.argsort(-scores[0], kind="stable").tolist() == order
    assert len(set(scores[0])) == 6


@given(st.integers(1, 9), st.integers(10, 30))
def test_every_beginning_of_the_list_has_nearly_its_share(tenths, k):
    share, m = tenths / 10, 60
    seen = np.arange(m)[None] < m / 2
    scores = mixed_scores(np.zeros((1, m)), np.zeros((1, m)), seen, share)
    first = np.argsort(-scores[0], kind="stable")[:k]
    assert abs(seen[0, first].sum() - share * k) < 1


def test_mixed_scores_refuses():
    with pytest.raises(ValueError, match="one shape"):
        mixed_scores(KNOWN_FIRST, NEW_FIRST[:, :2], SEEN, 0.5)
    for share in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="share"):
            mixed_scores(KNOWN_FIRST, NEW_FIRST, SEEN, share)


def mix_of(**parameters):
    return Mix(
        replenish=Fixed(table=[[2, 1, 0, 0, 0]] * 3), discover=Fixed(table=RIGHT), **parameters
    )


def test_mix_fills_up_when_one_kind_runs_out():
    mix = mix_of(share=0.5).fit(TRAIN)
    # user 0 knows item 0 only; new by RIGHT: 2, 3, 4, then 1
    assert mix.recommend([0], TRAIN, 5, exclude_seen=False).tolist() == [[0, 2, 3, 4, 1]]


def test_mix_without_seen_is_the_discover_list():
    mix = mix_of(share=0.7).fit(TRAIN)
    expected = Fixed(table=RIGHT).fit(TRAIN).recommend(np.arange(3), TRAIN, 4)
    np.testing.assert_array_equal(mix.recommend(np.arange(3), TRAIN, 4), expected)


def test_shorter_lists_begin_the_longer_one():
    mix = mix_of(share=0.4).fit(TRAIN)
    five = mix.recommend(np.arange(3), TRAIN, 5, exclude_seen=False)
    for k in range(1, 5):
        some = mix.recommend(np.arange(3), TRAIN, k, exclude_seen=False)
        np.testing.assert_array_equal(some, five[:, :k])


def share_learned(bought, worth, *, known=range(30), new=range(30, 60)):
    """The share that one household's purchases teach; known and new products come best first."""
    table = np.zeros((1, len(known) + len(new)))
    for products in (known, new):
        table[0, products] = -np.arange(len(products))
    train, validation = (log([(0, i) for i in some], 1, table.size) for some in (known, bought))
    mix = Mix(replenish=Fixed(table=table), discover=Fixed(table=table), worth=worth)
    return mix.fit(train, validation).share_


def test_share_is_learned_from_what_the_places_bring():
    # 6 repeats and 4 new ones can be found: 6 places of 10 for the known find all of them.
    assert share_learned([*range(6), *range(30, 34)], 1.0) == 0.6


def test_share_follows_the_worth_of_a_first_purchase():
    for worth, share in ((1.0, 1.0), (7.0, 0.4), (5.9, 1.0), (0.0, 1.0)):
        assert share_learned([*range(10), 35], worth) == share, worth  # the new one stands 6th


@pytest.mark.parametrize(
    ("bought", "worth", "share"),
    [
        ((3, 0), 2.0, 0.0),  # the third known one, or the new one in the eighth place: not both
        ((3, 0), 0.5, 0.3),
        ((2, 0), 1.0, 0.2),  # two known and eight new ones have room
        ((1, 12), 0.5, 0.1),  # the first known one, or the tenth new one
    ],
)
def test_share_where_known_products_run_out(bought, worth, share):
    """Three known products, and eleven new ones, of which product 0 is the eighth."""
    new = [4, 5, 6, 7, 8, 9, 10, 0, 11, 12, 13]
    assert share_learned(bought, worth, known=[1, 2, 3], new=new) == share


def test_share_without_validation_is_a_half():
    assert mix_of().fit(TRAIN).share_ == 0.5


def test_mix_for_a_user_without_history():
    mix = mix_of(share=0.5).fit(TRAIN)
    popular = mix.recommend([1], log([(0, 3)]), 3, exclude_seen=False)
    assert popular.tolist() == [[0, 1, 2]]


def test_mix_prefit():
    fitted = Fixed(table=RIGHT).fit(TRAIN)
    mix = Mix(replenish=fitted, discover=fitted, share=0.5, prefit=True).fit(TRAIN)
    assert not hasattr(mix, "discover_")
    with pytest.raises(ValueError, match=r"replenish .*not fitted"):
        Mix(replenish=Fixed(table=RIGHT), discover=fitted, prefit=True).fit(TRAIN)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"share": 1.5}, "share"),
        ({"share": np.nan}, "share"),
        ({"worth": -1}, "worth"),
        ({"worth": np.inf}, "worth"),
    ],
)
def test_mix_refuses_bad_parameters(parameters, match):
    with pytest.raises(ValueError, match=match):
        mix_of(**parameters).fit(TRAIN)
    with pytest.raises(ValueError, match="Recommender"):
        Mix(replenish=3, discover=Fixed(table=RIGHT)).fit(TRAIN)
