"""Explanations: values by hand, by the formula of a paper, or by trying everything."""

from itertools import combinations, permutations

import logs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.explanations import (
    coalition_scores,
    contributions,
    counterfactual,
    deletion_curve,
    shapley,
)
from course_lib.models.base import Recommender
from course_lib.models.chance import Chance
from course_lib.models.ease import EASE
from course_lib.models.factorization import BPR
from course_lib.models.neighbours import ItemNeighbours
from course_lib.models.popularity import Popularity
from course_lib.models.repurchase import Repurchase

LOG = logs.log_of([[0, 1, 3, 0], [1, 2], [0, 2, 4], [2, 3, 4, 5], [5, 0, 1], []], 6)


class Additive(Recommender):
    """The score of each item is the sum of WEIGHTS of the products, and PAIR if 0 and 1 are in."""

    def __init__(self, *, pair=0.0):
        self.pair = pair

    def _fit(self, train, validation):
        """Nothing to learn."""

    def _score(self, users, history):
        bought = history.rows(users).toarray() > 0
        both = self.pair * (bought[:, 0] & bought[:, 1])
        scores = bought @ WEIGHTS
        scores[:, 5] += both
        return scores


WEIGHTS = np.zeros((6, 6))
WEIGHTS[:, 5] = [4.0, 2.0, 1.0, -1.0, 0.5, 0.0]
WEIGHTS[:, 4] = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def ease():
    return EASE(regularisation=2.0, power=0.5).fit(LOG)


def test_contributions_of_ease_are_its_weights_times_the_history(ease):
    parts = contributions(ease, 0, 4, LOG)
    assert parts.index.tolist() == [0, 1, 3]
    expected = [np.sqrt(2) * ease.weights_[0, 4], ease.weights_[1, 4], ease.weights_[3, 4]]
    assert parts.tolist() == expected  # exactly: no difference of two scores
    assert parts.sum() == pytest.approx(ease.score([0], LOG)[0, 4], abs=1e-6)


def test_the_way_of_deletion_agrees_with_the_weights(ease):
    class Hidden(Recommender):  # an EASE that does not look like one
        def _fit(self, train, validation):
            """Learned already."""

        def _score(self, users, history):
            return ease._score(users, history)

    for user, item in ((0, 4), (3, 0), (4, 2)):
        by_deletion = contributions(Hidden().fit(LOG), user, item, LOG)
        np.testing.assert_allclose(by_deletion, contributions(ease, user, item, LOG), atol=1e-6)


def test_contributions_of_a_sum_are_its_terms():
    parts = contributions(Additive().fit(LOG), 3, 5, LOG)
    assert parts.to_dict() == {2: 1.0, 3: -1.0, 4: 0.5, 5: 0.0}


def test_two_products_that_need_each_other_are_both_credited_with_the_pair():
    parts = contributions(Additive(pair=10.0).fit(LOG), 0, 5, LOG)
    assert parts.to_dict() == {0: 14.0, 1: 12.0, 3: -1.0}
    assert parts.sum() != Additive(pair=10.0).fit(LOG).score([0], LOG)[0, 5]


@pytest.mark.parametrize(
    "model", [Chance(), Popularity(), BPR(dimensions=2, epochs=1)], ids=lambda m: type(m).__name__
)
def test_a_model_that_does_not_look_at_the_history_has_no_reasons(model):
    model.fit(LOG)
    assert (contributions(model, 0, 4, LOG) == 0).all()


def test_popularity_has_no_reason_in_a_single_product_either():
    one = LOG.select((LOG.users == 1) & (LOG.items == 2))
    assert contributions(Popularity().fit(LOG), 1, 4, one).to_dict() == {2: 0.0}


def test_a_single_product_carries_the_whole_score_not_popularity():
    model = ItemNeighbours(shrinkage=0.0).fit(LOG)
    one = LOG.select((LOG.users == 1) & (LOG.items == 2))
    assert contributions(model, 1, 4, one).to_dict() == pytest.approx(
        {2: model.score([1], one)[0, 4]}
    )


def test_own_counts_are_explained_by_the_product_itself():
    parts = contributions(Repurchase().fit(LOG), 0, 0, LOG)
    np.testing.assert_allclose(parts, [2.0, 0.0, 0.0], atol=1e-6)
    assert parts.index.tolist() == [0, 1, 3]


def test_deletion_asks_again_without_the_first_products_of_the_order():
    model = Additive().fit(LOG)  # user 0 has 0, 1, 3: item 5 has 4 + 2 − 1, item 4 has 3
    left = deletion_curve(model, [0], [5], LOG, [[0, 1, 3]], [0, 1, 2, 3], k=1, exclude_seen=True)
    # 5 : 3, then 1 : 2 without product 0
    assert left.tolist()[0][:3] == [True, False, False]
    backwards = deletion_curve(model, [0], [5], LOG, [[3, 1, 0]], [0, 1, 2], k=1)
    assert backwards.tolist() == [[True, True, True]]  # 5 : 3, 6 : 2, 4 : 1


def test_a_step_beyond_the_order_takes_the_order_away_and_no_more():
    model = Additive().fit(LOG)
    left = deletion_curve(model, [0, 3], [5, 1], LOG, [[3], []], [0, 9], k=1)
    assert left.tolist() == [[True, True], [False, False]]  # user 3: 0 and 1 tie, 0 stands first


def test_a_deleted_product_does_not_come_back_as_a_rival():
    """Popularity lists 0 first: off the list for who bought it, also when it is deleted."""
    model = Popularity().fit(LOG)  # users: 0, 1, 2 have 3; 3, 4, 5 have 2
    asked = (model, [0], [2], LOG, [[0, 1, 3]], [0, 3])
    assert deletion_curve(*asked, k=1).all()
    assert not deletion_curve(*asked, k=1, exclude_seen=False).any()


def test_users_are_told_apart_in_one_deletion_curve(ease):
    users, items, steps = np.array([3, 0, 4]), [1, 4, 3], [0, 1, 2]
    orders = [np.unique(LOG.items[LOG.users == user]) for user in users]
    together = deletion_curve(ease, users, items, LOG, orders, steps, k=2)
    for row, user in enumerate(users):
        alone = deletion_curve(
            ease, [user], items[row : row + 1], LOG, orders[row : row + 1], steps, k=2
        )
        np.testing.assert_array_equal(together[row], alone[0])


def test_a_counterfactual_of_a_sum_by_hand():
    """Item 5 leads 5 : 3 for user 0; without product 0 it is 1 : 2."""
    assert counterfactual(Additive().fit(LOG), 0, 5, LOG, k=1).tolist() == [0]


def test_a_product_that_turns_out_superfluous_is_put_back():
    class Model(Additive):
        def _score(self, users, history):
            bought = history.rows(users).toarray() > 0
            scores = np.zeros(bought.shape)
            scores[:, 5] = bought @ [3.0, 2.5, 0, 2.0, 0, 0] + 0.5
            scores[:, 4] = 9.0 * ~(bought[:, 1] & bought[:, 3])
            return scores

    # the largest part is product 0, which does not help; without product 1 item 4 leads
    assert counterfactual(Model().fit(LOG), 0, 5, LOG, k=1).tolist() == [1]


def test_a_counterfactual_works_and_none_of_it_can_be_spared(ease):
    for user, item in ((0, 2), (0, 4), (3, 0), (4, 2), (2, 1)):
        gone = counterfactual(ease, user, item, LOG, k=1)
        listed = _top(ease, user, LOG, []) == item
        if not listed:
            assert gone.tolist() == []
        elif gone is None:
            assert _top(ease, user, LOG, LOG.items[LOG.users == user]) == item
        else:
            assert _top(ease, user, LOG, gone) != item
            for size in range(len(gone)):
                for fewer in combinations(gone, size):
                    if size == len(gone) - 1:
                        assert _top(ease, user, LOG, fewer) == item


def _top(model, user, log, gone):
    """The best item that the user had not bought, by plain comparison."""
    scores = model.score([user], log.select(~np.isin(log.items, gone) | (log.users != user)))[0]
    free = [i for i in range(log.n_items) if i not in log.items[log.users == user]]
    return max(free, key=lambda i: (scores[i], -i))


def test_what_stays_whatever_goes_has_no_counterfactual():
    assert counterfactual(Popularity().fit(LOG), 0, 2, LOG, k=1) is None


def test_what_is_not_listed_needs_no_deletion():
    assert counterfactual(Popularity().fit(LOG), 0, 5, LOG, k=1).tolist() == []


# Shapley values


def additive_and_pairs(weights, pairs):
    """v(S) = Σ w_i + Σ u_ij over pairs in S, and its closed form φ_i = w_i + ½ Σ_j u_ij."""
    upper = np.triu(pairs, 1)

    def value(coalitions):
        inside = coalitions.astype(float)
        return inside @ weights + np.einsum("mi,ij,mj->m", inside, upper, inside)

    return value, weights + (upper + upper.T).sum(axis=1) / 2


@pytest.mark.parametrize("players", [1, 2, 5, 9])
def test_shapley_is_the_weight_of_an_additive_game_and_half_of_each_interaction(players):
    rng = np.random.default_rng(players)
    weights, pairs = rng.normal(size=players), rng.normal(size=(players, players))
    for strength in (0.0, 3.0):
        value, closed = additive_and_pairs(weights, strength * pairs)
        np.testing.assert_allclose(shapley(value, players), closed, atol=1e-12)


def test_shapley_of_the_glove_game():
    """One left glove, two right ones; a pair is worth 1: 2/3, 1/6, 1/6 (Shapley 1953's formula)."""

    def pair(coalitions):
        return coalitions[:, 0] & (coalitions[:, 1] | coalitions[:, 2])

    np.testing.assert_allclose(shapley(pair, 3), [2 / 3, 1 / 6, 1 / 6])


@given(st.lists(st.integers(-9, 9), min_size=16, max_size=16))
@settings(max_examples=25)
def test_shapley_is_the_mean_over_all_orders_of_arrival(table):
    def value(coalitions):
        return np.array(table)[coalitions @ [1, 2, 4, 8]]

    totals = np.zeros(4)
    for order in permutations(range(4)):
        here = 0
        for player in order:
            totals[player] += table[here | 1 << player] - table[here]
            here |= 1 << player
    np.testing.assert_allclose(shapley(value, 4), totals / 24, atol=1e-12)


def test_coalitions_are_all_subsets_the_empty_one_first():
    seen = []
    shapley(lambda coalitions: seen.append(coalitions) or np.zeros(len(coalitions)), 3)
    assert len(seen) == 1
    assert not seen[0][0].any()
    assert len({tuple(row) for row in seen[0].tolist()}) == 8


def test_shapley_of_ease_is_its_contributions_and_of_groups_their_sums(ease):
    parts = contributions(ease, 3, 0, LOG)
    single = coalition_scores(ease, 3, 0, LOG, [[2], [3], [4], [5]])
    np.testing.assert_allclose(shapley(single, 4), parts, atol=1e-6)
    groups = coalition_scores(ease, 3, 0, LOG, [[5, 2], [4]])
    np.testing.assert_allclose(shapley(groups, 2), [parts[5] + parts[2], parts[4]], atol=1e-6)


def test_shapley_shares_a_pair_and_adds_up_where_deletion_does_not():
    model = Additive(pair=10.0).fit(LOG)
    worth = shapley(coalition_scores(model, 0, 5, LOG, [[0], [1], [3]]), 3)
    np.testing.assert_allclose(worth, [4 + 5, 2 + 5, -1])
    assert worth.sum() == pytest.approx(model.score([0], LOG)[0, 5])


def test_products_in_no_group_stay():
    model = Additive(pair=10.0).fit(LOG)  # with product 1 always there, 0 brings 4 + 10
    game = coalition_scores(model, 0, 5, LOG, [[0]])
    np.testing.assert_allclose(game(np.array([[False], [True]])), [1.0, 15.0])


# Hostile input


@pytest.mark.parametrize("ask", [contributions, counterfactual])
def test_strangers_are_refused(ease, ask):
    with pytest.raises(ValueError, match=r"user must be a whole number .*, got 6"):
        ask(ease, 6, 0, LOG)
    with pytest.raises(ValueError, match=r"item must be a whole number .*, got -1"):
        ask(ease, 0, -1, LOG)
    with pytest.raises(ValueError, match=r"user must be a whole number .*, got 0\.5"):
        ask(ease, 0.5, 0, LOG)
    with pytest.raises(ValueError, match="user 5 has an empty history"):
        ask(ease, 5, 0, LOG)
    with pytest.raises(ValueError, match="model must be a Recommender, got str"):
        ask("EASE", 0, 0, LOG)
    with pytest.raises(ValueError, match="EASE is not fitted yet"):
        ask(EASE(), 0, 0, LOG)
    with pytest.raises(ValueError, match="history must be Interactions, got ndarray"):
        ask(ease, 0, 0, LOG.items)
    with pytest.raises(ValueError, match="history must have the 6 users"):
        ask(ease, 0, 0, logs.log_of([[0], [1]], 6))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"users": [0, 0]}, "users must be named once each"),
        ({"users": [0, 9]}, r"users must lie in 0\.\.5, got 9"),
        ({"items": [5, 6]}, r"items must lie in 0\.\.5, got 6"),
        ({"items": [5]}, "must be equally many, got 2, 1 and 2"),
        ({"orders": [[0, 0], []]}, "products of user 0 must be named once each"),
        ({"orders": [[2], []]}, "user 0 never bought product 2"),
        ({"orders": [[0.5], []]}, "products must be whole numbers, got float64"),
        ({"steps": [-1]}, "each of steps must be a whole number of at least 0, got -1"),
        ({"k": 0}, "k must be a whole number of at least 1, got 0"),
        ({"exclude_seen": 1}, "exclude_seen must be True or False, got 1"),
        ({"model": None}, "model must be a Recommender, got NoneType"),
    ],
)
def test_a_deletion_curve_says_what_it_cannot_use(ease, changes, message):
    asked = {"model": ease, "users": [0, 3], "items": [5, 0], "history": LOG}
    asked |= {"orders": [[0], [2]], "steps": [1]} | changes
    with pytest.raises(ValueError, match=message):
        deletion_curve(**asked)


def test_no_users_and_no_steps_are_an_empty_curve(ease):
    assert deletion_curve(ease, [], [], LOG, [], [1]).shape == (0, 1)
    assert deletion_curve(ease, [0], [5], LOG, [[]], []).shape == (1, 0)


@pytest.mark.parametrize("players", [0, 17, 2.0, True, None])
def test_players_are_one_to_sixteen(players):
    with pytest.raises(ValueError, match="players must be a whole number of at least 1 and at mo"):
        shapley(lambda coalitions: np.zeros(len(coalitions)), players)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(3), r"must return 4 numbers, one a coalition, got shape \(3,\)"),
        (0.0, r"must return 4 numbers, one a coalition, got shape \(\)"),
        ([0, 1, np.nan, 0], "must be finite, got nan"),
        (["a"] * 4, "must be numbers, got 'a'"),
    ],
)
def test_values_of_a_game_are_numbers(values, message):
    with pytest.raises(ValueError, match=message):
        shapley(lambda coalitions: values, 2)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([], "groups must have at least 1 group, got 0"),
        ([[0], [0]], "products of user 0 must be named once each"),
        ([[2]], "user 0 never bought product 2"),
        ([[6]], r"products must lie in 0\.\.5, got 6"),
    ],
)
def test_groups_are_products_of_the_user(ease, groups, message):
    with pytest.raises(ValueError, match=message):
        coalition_scores(ease, 0, 5, LOG, groups)


@pytest.mark.parametrize("coalitions", [[], True, [True, False], [[True]], [[True, False, True]]])
def test_a_game_asks_for_a_column_a_group(ease, coalitions):
    game = coalition_scores(ease, 0, 5, LOG, [[0], [1]])
    with pytest.raises(ValueError, match=r"coalitions must be \(m, 2\), got shape"):
        game(coalitions)
    assert game(np.zeros((0, 2), dtype=bool)).shape == (0,)
