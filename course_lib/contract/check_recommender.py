"""Hold a model of your own against what every recommender of the course promises."""

import inspect

from course_lib.contract import learning, lists
from course_lib.contract.board import Broken, Trial
from course_lib.models.base import Recommender

PROMISES = (
    learning.fresh_copy_learns,
    lists.withheld_first,
    lists.batch_is_its_users,
    lists.lists_follow_scores,
    lists.short_list_begins_long_one,
    lists.seen_is_left_out,
    lists.seen_may_be_listed,
    lists.nothing_left,
    lists.only_candidates,
    lists.cold_user_gets_popular,
    lists.new_people_are_served,
    lists.new_people_have_no_number,
    lists.no_users,
    learning.same_seed_same_list,
    learning.nothing_else_changes,
    learning.validation_is_accepted,
    learning.hostile_logs,
    learning.misuse_is_named,
    learning.saved_is_the_same,
    learning.log_is_not_kept,
)
PERSONAL = (lists.withheld_first, lists.new_people_have_no_number)


def check_recommender(model, *, personal=True):
    """Hold a model of your own against what every recommender of the course promises.

    model: a Recommender with parameters that suit the board: `SIZE` items, whose texts are
    `TITLES` (course_lib.contract.board). It is cloned, never changed. personal=False: what it
    lists does not follow from a user's history, or is no new product, so the promises in PERSONAL
    are not asked of it. Networks (models with a parameter `epochs`) train two epochs where it does
    not matter how good they get.

    Returns the promises kept, a list of sentences. Raises ValueError for the first one broken,
    with what was found.

    >>> from course_lib.models.ease import EASE
    >>> check_recommender(EASE())[:2]
    ['A fresh copy learns and scores.', 'The withheld square ranks first.']
    """
    if not isinstance(model, Recommender):
        what = f"the class {model.__name__}" if isinstance(model, type) else repr(model)
        raise ValueError(f"model must be a Recommender object, got {what}")
    trial = Trial(model)
    asked = [check for check in PROMISES if personal or check not in PERSONAL]
    for check in asked:
        hold(check, trial)
    return [promise(check) for check in asked]


def hold(check, trial):
    """Try one promise; ValueError naming model, promise and what was found, if it is broken."""
    try:
        check(trial)
    except Exception as error:
        found = error if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
        message = f"{trial.name} breaks a promise. {promise(check)} Found: {found}"
        raise ValueError(message) from (None if isinstance(error, Broken) else error)


def promise(check):
    """The sentence that a function of `PROMISES` tries: the first line of its docstring."""
    return inspect.getdoc(check).split("\n")[0]
