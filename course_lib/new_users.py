"""People whom no log knows yet: a history to recommend from, and nothing learned about them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from course_lib.interactions import Interactions, check_log
from course_lib.parameters import plain


@dataclass(frozen=True, eq=False)
class NewUsers(Interactions):
    """Interactions of people who are nobody in train, though their items are train's.

    A recommender takes it as `history` (see `new_users`) and never takes one of its users for one
    of train.
    """


def new_users(histories, *, like):
    """People with a history and no past in `like`, to recommend for: NewUsers.

    histories: {a person's id: item ids, oldest first}, a Series of such lists whose labels are the
    ids (`frame.groupby("user")["item"].agg(list)`), or a list of them, whose ids are then 0, 1, …;
    a history may be empty. like: Interactions with the items. Events of a person lie a second
    apart, the last at the end of `like`, as if all had just happened.

    Models that read histories serve such a person as any other; those that learned a vector for
    each user id know nothing and recommend what is popular. Raises ValueError for no person, an
    item that `like` does not have, and a history without an order, such as a set.

    >>> from course_lib.datasets import load_tiny_shop
    >>> from course_lib.models.neighbours import ItemNeighbours
    >>> log = load_tiny_shop().interactions
    >>> history = new_users({"zoe": ["mug"]}, like=log)  # mug: ada and bo, who drink tea
    >>> ItemNeighbours().fit(log).recommend_ids("zoe", history, 1)
    array([['tea']], dtype=object)
    """
    check_log("like", like)
    if isinstance(histories, Mapping | pd.Series):
        people, histories = list(histories.keys()), [items for _, items in histories.items()]
    else:
        histories = list(histories)
        people = range(len(histories))
    if not histories:
        raise ValueError("histories must have at least 1 person, got 0")
    for person, items in zip(people, histories, strict=True):
        if not isinstance(items, list | tuple | np.ndarray | pd.Series | pd.Index):
            raise ValueError(
                f"the history of {plain(person)} must be a list of item ids, got {items!r}"
            )
    lengths = [len(items) for items in histories]
    bought = [item for items in histories for item in items]
    items = find_ids("item", bought, like.item_ids)
    ago = np.concatenate([np.arange(n)[::-1] for n in lengths]).astype("timedelta64[s]")
    now = like.timestamps.max() if len(like) else np.datetime64(0, "s")
    ids = np.fromiter(people, dtype=object, count=len(histories))
    users = np.repeat(np.arange(len(ids)), lengths)
    columns = users, items, now - ago, np.ones(len(items))
    return NewUsers(*columns, ids, like.item_ids, order_only=like.order_only)


def find_ids(kind, wanted, ids):
    """Where each id stands among `ids`: (len(wanted),) indices; ValueError for one that does not.

    wanted: ids, or a single one.

    >>> find_ids("item", ["mug"], np.array(["tea", "mug"]))
    array([1])
    """
    wanted = [wanted] if isinstance(wanted, str) or np.ndim(wanted) == 0 else wanted
    found = pd.Index(ids).get_indexer(pd.Index(list(wanted), dtype=object))
    if (found < 0).any():
        unknown = list(wanted)[int(np.argmin(found))]
        raise ValueError(f"no {kind} has the id {plain(unknown)}")
    return found.astype(np.int64)
