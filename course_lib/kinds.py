"""A log of what products belong to in place of the products: types, categories, departments."""

import numpy as np
import pandas as pd

from course_lib.interactions import Interactions
from course_lib.parameters import check_whole


def grouped(shop, column, *, min_users=1):
    """The shop's log with groups of products for items: of which type, which category.

    column: a column of `shop.items`; item ids of the new log are its values in alphabetical
    order. Products without a value there are dropped, and so are groups that fewer than
    `min_users` users bought, over the whole log. Users keep their numbers.

    >>> from course_lib.datasets import load_tiny_shop
    >>> grouped(load_tiny_shop(), "department", min_users=3).item_ids.tolist()
    ['kitchen', 'sport']
    """
    check_whole("min_users", min_users)
    log = shop.interactions
    groups, names = pd.factorize(shop.items[column], sort=True)
    groups = groups[log.items]  # -1: without a value
    buyers = pd.Series(log.users).groupby(groups).nunique().reindex(range(len(names)), fill_value=0)
    kept = buyers.to_numpy() >= min_users
    number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    items = number[groups]
    mine = items >= 0
    columns = (log.users[mine], items[mine], log.timestamps[mine], log.values[mine])
    return Interactions(*columns, log.user_ids, names[kept], order_only=log.order_only)
