"""What every recommender promises of its lists: one function a promise, tried on the board."""

import numpy as np

from course_lib.contract.board import EVERYONE, SIZE, Broken, board, checkerboard, same_lists
from course_lib.new_users import new_users


def withheld_first(trial):
    """The withheld square ranks first."""
    first = trial.fitted.recommend(EVERYONE, checkerboard(), 1)[:, 0]
    wrong = np.flatnonzero(first != EVERYONE)
    if wrong.size:
        user = wrong[0]
        raise Broken(
            f"user {user} has all squares of one colour but {user}, and is shown {first[user]} "
            f"({SIZE - wrong.size} of {SIZE} users are right)"
        )


def batch_is_its_users(trial):
    """A batch equals its users one by one."""
    users, log = np.array([5, 2, 9, 5]), checkerboard()
    together = trial.fitted.score(users, log)
    lists = trial.fitted.recommend(users, log, 3)
    for row, user in enumerate(users):
        alone = trial.fitted.score([user], log)[0]
        if not np.allclose(together[row], alone, rtol=1e-4, atol=1e-5):
            item = int(np.argmax(np.abs(together[row] - alone)))
            raise Broken(
                f"user {user} scores item {item} {alone[item]:.6g} alone, "
                f"{together[row, item]:.6g} among others"
            )
        same_lists(lists[[row]], trial.fitted.recommend([user], log, 3), f"user {user} alone")


def lists_follow_scores(trial):
    """A list follows the scores, best first."""
    log = checkerboard()
    lists = trial.fitted.recommend(EVERYONE, log, SIZE, exclude_seen=False)
    scores = np.take_along_axis(trial.fitted.score(EVERYONE, log), np.maximum(lists, 0), axis=1)
    slack = 1e-4 * np.abs(scores).max()  # networks round differently in other batches
    for user, row in enumerate(scores):
        rise = np.diff(row)
        if (rise > slack).any():
            place = int(np.argmax(rise))
            raise Broken(
                f"user {user} is shown item {lists[user, place]} with score {row[place]:.6g} "
                f"before item {lists[user, place + 1]} with {row[place + 1]:.6g}"
            )


def short_list_begins_long_one(trial):
    """A short list is the beginning of a long one."""
    long = trial.fitted.recommend(EVERYONE, checkerboard(), 5)
    for k in (1, 3):
        same_lists(trial.fitted.recommend(EVERYONE, checkerboard(), k), long[:, :k], "of k = 5")


def seen_is_left_out(trial):
    """Seen items are left out and -1 fills the end."""
    log = checkerboard()
    lists = trial.fitted.recommend(EVERYONE, log, SIZE + 2)
    if lists.shape != (SIZE, SIZE + 2):
        raise Broken(f"lists of k = {SIZE + 2} have the shape {lists.shape}")
    for user, row in enumerate(lists):
        again = set(row.tolist()) & set(log.of(user).tolist())
        if again:
            raise Broken(f"user {user} is shown item {min(again)} of the history")
        unseen = SIZE - len(set(log.of(user).tolist()))
        if (row[unseen:] != -1).any() or len(set(row[:unseen].tolist()) - {-1}) != unseen:
            raise Broken(
                f"user {user} has {unseen} items left, and the list is {row.tolist()}: "
                "each once, then -1"
            )


def seen_may_be_listed(trial):
    """Seen items may be listed when asked."""
    lists = trial.fitted.recommend(EVERYONE, checkerboard(), SIZE, exclude_seen=False)
    for user, row in enumerate(lists):
        if sorted(row.tolist()) != EVERYONE.tolist():
            raise Broken(f"of all {SIZE} items user {user} is shown {row.tolist()}")


def nothing_left(trial):
    """A user who has everything gets only -1."""
    everything = board([EVERYONE] + [[0]] * (SIZE - 1))
    row = trial.fitted.recommend([0], everything, 5)[0]
    if (row != -1).any():
        raise Broken(f"a user who has everything is shown {row.tolist()}")


def only_candidates(trial):
    """Candidates are all that is listed."""
    log, few = checkerboard(), np.array([9, 2, 17, 2, 4])
    for exclude_seen in (True, False):
        whole = trial.fitted.recommend(EVERYONE, log, SIZE, exclude_seen=exclude_seen)
        lists = trial.fitted.recommend(EVERYONE, log, 3, exclude_seen=exclude_seen, items=few)
        expected = np.full(lists.shape, -1)
        for user, row in enumerate(whole):
            left = row[np.isin(row, few)][:3]
            expected[user, : left.size] = left
        same_lists(lists, expected, f"of all items, others struck out (items={few.tolist()})")
    none = trial.fitted.recommend([0], log, 2, items=[])
    same_lists(none, np.full((1, 2), -1), "without candidates")


def cold_user_gets_popular(trial):
    """A user nothing is known of gets the popular items.

    User 0 has no event in train and an empty history; item 7 is the most popular, then 4.
    """
    rest = [[7, 4, 1], [7, 4, 2], [7, 4, 3]] + [[7, item % SIZE] for item in range(8, SIZE + 4)]
    log = board([[], *rest[: SIZE - 1]])
    model = trial.quick().fit(log)
    for users in ([0], [0, 1]):
        row = model.recommend(users, log, 2)[0]
        if row.tolist() != [7, 4]:
            raise Broken(f"7 and 4 are most popular, a user without events gets {row.tolist()}")


def new_people_are_served(trial):
    """New people are served from their history."""
    log = checkerboard()
    history = new_users({"zoe": log.of(3).tolist(), "yan": []}, like=log)
    lists = trial.fitted.recommend([0, 1], history, 3)
    popular = np.argsort(-np.bincount(log.items, minlength=SIZE), kind="stable")[:3]
    same_lists(lists[[1]], popular[None], "of the most popular, for a person without a history")
    if set(lists[0].tolist()) & set(log.of(3).tolist()):
        raise Broken(f"a new person is shown {lists[0].tolist()}, of which some are in the history")


def new_people_have_no_number(trial):
    """What a new person gets does not depend on who else asks."""
    log = checkerboard()
    first, later = (
        new_users([*([[]] * place), log.of(3).tolist()], like=log) for place in (0, SIZE // 2 + 1)
    )
    same_lists(
        trial.fitted.recommend([SIZE // 2 + 1], later, 3),
        trial.fitted.recommend([0], first, 3),
        "of the same person in row 0 (say `_by_id = True` where what is learned of users is kept)",
    )


def no_users(trial):
    """No users give an empty table."""
    shape = trial.fitted.recommend([], checkerboard(), 3).shape
    if shape != (0, 3):
        raise Broken(f"no users give lists of the shape {shape}")
