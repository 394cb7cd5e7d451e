"""Why was this recommended? Answers for any recommender, each of which can be put to the test.

What is explained is the score of one item for one user. A *product* here is an item of the user's
history, with all events of it: to take a product away means that the user never bought it.
"""

import numpy as np
import pandas as pd

from course_lib.columns import check_index
from course_lib.interactions import Interactions
from course_lib.models.base import Recommender
from course_lib.models.ease import EASE
from course_lib.models.neighbours import powered
from course_lib.new_users import NewUsers
from course_lib.parameters import Truth, Whole, check_numbers, check_whole

PLAYERS = 16  # 2 ** 16 coalitions are asked at most
TOGETHER = 512  # variants of a history that are scored in one go


def contributions(model, user, item, history):
    """What each product of the user's history adds to the score of `item`: a Series by product.

    user, item: dense indices; history: Interactions. The value of a product is the item's score
    minus the score without that product. The index holds the products in catalogue order. Where
    a score is a sum over products, as in `EASE` (read off its weights, exactly), the values add up
    to the score. Elsewhere they need not: two products that stand in for each other both get 0.

    A model that knows users by their number and not by their history gives 0 for all. Without any
    product most models fall back on popularity, in another unit: that is counted as 0 here.

    Raises ValueError for what is no fitted Recommender, a user or item out of range, and a user
    with an empty history.

    >>> from course_lib.datasets import load_tiny_shop
    >>> from course_lib.models.neighbours import ItemNeighbours
    >>> log = load_tiny_shop().interactions
    >>> model = ItemNeighbours(shrinkage=0.0).fit(log)  # score = sum of similarities
    >>> parts = contributions(model, 0, 0, log)
    >>> bool(np.isclose(parts.sum(), model.score([0], log)[0, 0]))
    True
    """
    user, item = _asked(model, user, item, history)
    own = _own(user, history)
    products = np.unique(own.items)
    if isinstance(model, EASE):
        counts = powered(own.rows([user]), model.power).toarray()[0, products]
        return pd.Series(counts * model.weights_[products, item], index=products)
    kept = np.vstack([np.ones(len(products), dtype=bool), ~np.eye(len(products), dtype=bool)])
    scores = _variants(model, user, item, own, products, kept)
    return pd.Series(scores[0] - scores[1:], index=products)


def deletion_curve(model, users, items, history, orders, steps, *, k=10, exclude_seen=True):
    """Is the item still in the user's list when the first products of an order are gone?

    users, items: (n,) dense indices, one explained item a user; orders: n lists of the user's
    products, the strongest reason first; steps: numbers of products to take away, such as
    [0, 5, 10]. Returns (n, len(steps)) booleans: is the item among the k best? A user with fewer
    products than a step loses them all, and is then recommended what is popular.

    A good explanation makes the item vanish early: compare with a random order. What the user
    really bought stays off the list also when it is taken away (exclude_seen), or the deleted
    products themselves would push the item out. After DeYoung et al. 2020, ERASER
    (*comprehensiveness*), with a place in the list for a class probability.

    Raises ValueError as `contributions` does, for users named twice, orders that hold something
    else than products of the user or one twice, and steps below 0.
    """
    _check_model(model)
    users = model._check_users(users, history)
    items = check_index("items", np.atleast_1d(items), history.n_items)
    if not len(users) == len(items) == len(orders):
        raise ValueError(
            f"users, items and orders must be equally many, got {len(users)}, {len(items)} and "
            f"{len(orders)}"
        )
    if len(np.unique(users)) < len(users):
        raise ValueError("users must be named once each: every user has one changed history")
    steps = [check_whole("each of steps", step, 0) for step in steps]
    k, exclude_seen = check_whole("k", k), Truth().check("exclude_seen", exclude_seen)
    asked = np.zeros(history.n_users, dtype=bool)
    asked[users] = True
    history = history.select(asked[history.users])
    place = np.full((history.n_users, history.n_items), np.iinfo(np.int32).max, dtype=np.int32)
    for user, order in zip(users, orders, strict=True):
        order = _products_of(user, order, history)
        place[user, order] = np.arange(len(order))
    event = place[history.users, history.items]
    hidden = history.rows(users).toarray() > 0 if exclude_seen else None
    left = np.empty((len(users), len(steps)), dtype=bool)
    for column, step in enumerate(steps):
        scores = model.score(users, history.select(event >= step))
        left[:, column] = _ranks(scores, items, hidden) < k
    return left


def counterfactual(model, user, item, history, *, k=10, exclude_seen=True):
    """Products without which the item would not have been in the list: an array, in order of going.

    Greedy: take away the product with the largest contribution, ask again, until the item is no
    longer among the k best; then put back, first to last, whatever is not needed. So no product of
    the answer is superfluous, but a smaller set may exist: to find the smallest for sure all sets
    would have to be tried. What was bought stays off the list, as in `deletion_curve`.

    Empty where the item is not in the list to begin with. None where it stays whatever goes, such
    as a best-seller for somebody whose history is empty by then. Raises ValueError as
    `contributions` does. Wachter, Mittelstadt & Russell 2018, Counterfactual Explanations without
    Opening the Black Box, for the idea.
    """
    user, item = _asked(model, user, item, history)
    k, exclude_seen = check_whole("k", k), Truth().check("exclude_seen", exclude_seen)
    own = _own(user, history)
    hidden = own.rows([user]).toarray() > 0 if exclude_seen else None

    def listed(gone):
        scores = model.score([user], own.select(~np.isin(own.items, gone)))
        return _ranks(scores, np.array([item]), hidden)[0] < k

    gone, products = [], np.unique(own.items)
    while listed(gone):
        if len(gone) == len(products):
            return None
        parts = contributions(model, user, item, own.select(~np.isin(own.items, gone)))
        gone.append(int(parts.index[np.argmax(parts)]))
    for product in list(gone):
        fewer = [other for other in gone if other != product]
        if not listed(fewer):
            gone = fewer
    return np.array(gone, dtype=np.int64)


def shapley(value, players):
    """What each player is worth: the mean, over all orders of arrival, of what it adds: (players,).

    value: a function that takes (m, players) booleans, one coalition a row, and returns (m,)
    numbers; it is called once, with all 2^players coalitions, the empty one first. players: 1 to
    16. The values add up to value(all) − value(none); players that add the same everywhere get the
    same; who never adds anything gets 0. Shapley 1953, A Value for n-Person Games, eq. 12:
    φ_i = Σ_S |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S)), over the coalitions S without i.

    Raises ValueError for a number of players out of range and for values that are not (2^players,)
    finite numbers.

    >>> together = lambda coalitions: 6.0 * coalitions.all(axis=1)  # 6 if both come, else nothing
    >>> shapley(together, 2)
    array([3., 3.])
    """
    n = Whole(1, PLAYERS).check("players", players)
    numbers = np.arange(2**n)
    coalitions = (numbers[:, None] >> np.arange(n)) & 1 == 1
    values = check_numbers("value(coalitions)", value(coalitions.copy()))
    if values.shape != numbers.shape:
        raise ValueError(
            f"value must return {len(numbers)} numbers, one a coalition, got shape {values.shape}"
        )
    weights = _weights(n)
    size = coalitions.sum(axis=1)
    worth = np.empty(n)
    for i in range(n):
        without = numbers[~coalitions[:, i]]
        worth[i] = weights[size[without]] @ (values[without + 2**i] - values[without])
    return worth


def coalition_scores(model, user, item, history, groups):
    """A game for `shapley`: the players are groups of products, the value is the item's score.

    groups: lists of products of the user's history, a player each; a product in no group is never
    taken away. Returns a function from (m, len(groups)) booleans to (m,) scores, where False means
    that the group's products are gone. An empty history is worth 0, as in `contributions`.

    Raises ValueError as `contributions` does, and for groups that hold something else than products
    of the user, or one twice.
    """
    user, item = _asked(model, user, item, history)
    own = _own(user, history)
    products = np.unique(own.items)
    members = [np.atleast_1d(np.asarray(group)) for group in groups]
    if not members:
        raise ValueError("groups must have at least 1 group, got 0")
    _products_of(user, np.concatenate(members), own)
    player = np.array([np.isin(products, group) for group in members])

    def value(coalitions):
        here = np.asarray(coalitions, dtype=bool)
        if here.ndim != 2 or here.shape[1] != len(members):
            raise ValueError(f"coalitions must be (m, {len(members)}), got shape {here.shape}")
        gone = (~here).astype(int) @ player.astype(int) > 0
        return _variants(model, user, item, own, products, ~gone)

    return value


def _weights(n):
    """(n,) weights |S|! (n − |S| − 1)! / n! of a coalition of each size: Π j / (n − j) / n."""
    weights = np.full(n, 1 / n)
    for size in range(1, n):
        weights[size] = weights[size - 1] * size / (n - size)
    return weights


def _variants(model, user, item, own, products, kept):
    """(m,) scores of the item when the user's products are those of each row of `kept`."""
    place = np.searchsorted(products, own.items)
    pair = _crowd(own, place, np.ones((2, len(products)), dtype=bool))
    together = model.score([0, 1], pair)[:, item]
    alike = np.allclose(together, model.score([user], own)[0, item], rtol=1e-4, atol=1e-7)
    if alike:
        starts = range(TOGETHER, len(kept), TOGETHER)
        crowds = [_crowd(own, place, some) for some in np.array_split(kept, starts)]
        asked = [(np.arange(crowd.n_users), crowd) for crowd in crowds]
    else:  # it knows users by number: one log a variant
        asked = [([user], own.select(row[place])) for row in kept]
    return np.concatenate([_known_scores(model, users, log)[:, item] for users, log in asked])


def _known_scores(model, users, history):
    """The model's scores; 0 where it knows nothing and would fall back on popularity."""
    known = model._known(np.asarray(users), history)
    return np.where(known[:, None], model.score(users, history), 0.0)


def _crowd(own, place, kept):
    """NewUsers, one a row of `kept`, each with the events whose products the row keeps."""
    who, event = np.nonzero(kept[:, place])
    columns = own.items[event], own.timestamps[event], own.values[event]
    ids = np.arange(len(kept))
    return NewUsers(who, *columns, ids, own.item_ids, order_only=own.order_only)


def _ranks(scores, items, hidden):
    """(n,) places, 0 the first, of one item a row; equal scores keep the catalogue's order."""
    mine = scores[np.arange(len(items)), items][:, None]
    before = (scores > mine) | ((scores == mine) & (np.arange(scores.shape[1]) < items[:, None]))
    if hidden is not None:
        before &= ~hidden
    return before.sum(axis=1)


def _own(user, history):
    own = history.select(history.users == user)
    if not len(own):
        raise ValueError(f"user {user} has an empty history: there is nothing to explain with")
    return own


def _products_of(user, products, history):
    """The products as an array, each one of the user's, none twice."""
    products = check_index("products", np.atleast_1d(np.asarray(products)), history.n_items)
    other = np.setdiff1d(products, history.items[history.users == user])
    if other.size:
        raise ValueError(f"user {user} never bought product {other[0]}")
    if len(np.unique(products)) < len(products):
        raise ValueError(f"products of user {user} must be named once each")
    return products


def _check_model(model):
    if not isinstance(model, Recommender):
        raise ValueError(f"model must be a Recommender, got {type(model).__name__}")


def _asked(model, user, item, history):
    """The checked user and item; the model is fitted and the history one of its users."""
    _check_model(model)
    if not isinstance(history, Interactions):
        raise ValueError(f"history must be Interactions, got {type(history).__name__}")
    model._check_fitted()
    user = Whole(0, history.n_users - 1).check("user", user)
    model._check_users([user], history)
    return user, Whole(0, history.n_items - 1).check("item", item)
