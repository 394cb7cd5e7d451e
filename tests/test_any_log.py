"""Strangers' logs through the whole course: from a table to lists and their worth, for every model.

The same events in other clothes (ids of any type, times of any kind, any dtype wide enough) or
with their rows in another order must lead to the same lists and the same table. What cannot be
answered is refused by us: a ValueError raised in the library, never somebody else's trace.
"""

import traceback
import warnings
from pathlib import Path

import logs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_models import MODELS

from course_lib.evaluation import evaluate
from course_lib.interactions import Interactions
from course_lib.models.base import Recommender
from course_lib.models.content import Content
from course_lib.models.ease import EASE
from course_lib.models.repurchase import Repurchase
from course_lib.new_users import new_users
from course_lib.split import Split, leave_last_out

NETWORKS = {"BERT4Rec", "Caser", "GRU4Rec", "GenerativeRetrieval", "MultVAE", "NeuralCF", "SASRec"}
NETWORKS |= {"RelativeSASRec", "TwoTower"}
CLASSIC = sorted(set(MODELS) - NETWORKS)
SMALL = {"dimensions": 4, "epochs": 1, "iterations": 2, "steps": 3, "length": 4, "codes": 2}


def build(name, log):
    """The model with sizes for a few events; texts and parts where it needs some."""
    titles = [f"word{item % 3}" for item in range(log.n_items)]
    needs = {
        "Content": {"titles": titles},
        "GenerativeRetrieval": {"item_vectors": np.eye(log.n_items)},
        "Hybrid": {"models": {"content": Content(titles=titles), "EASE": EASE()}},
        "Mix": {"replenish": Repurchase(), "discover": EASE()},
        "Reranker": {"first": EASE()},
    }
    model = MODELS[name](**needs.get(name, {}))
    known = model.get_params(deep=False)
    return model.set_params(**{key: size for key, size in SMALL.items() if key in known})


def all_of_it(log):
    """Fit on all there is, look for all of it."""
    return Split(log, log.select(np.zeros(len(log), dtype=bool)), log)


def answers(name, log, task, cut=leave_last_out):
    """What each station says, or "refused": fit, lists, candidates, worth, and a guest."""
    split = refused_or(lambda: cut(log))
    if split == "refused":  # nobody has three events
        split = all_of_it(log)
    model = refused_or(lambda: build(name, log).fit(split.train))
    if not isinstance(model, Recommender):
        return [model]
    everyone = np.arange(log.n_users)
    guest = new_users([log.item_ids[:1]], like=log)
    return [
        refused_or(answer)
        for answer in (
            lambda: model.recommend(everyone, split.before_test, 4, exclude_seen=task).tolist(),
            lambda: model.recommend(everyone, split.before_test, 9, items=[0]).tolist(),
            lambda: worth(model, split, task),
            lambda: model.recommend(0, guest, 3).tolist(),
        )
    ]


def worth(model, split, task):
    table = evaluate(model, split.test, history=split.before_test, k=3, exclude_seen=task)
    return table.reset_index().to_numpy().round(9).tolist()


def refused_or(ask):
    """The answer, or "refused" where the library's own code raised a ValueError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return ask()
    except ValueError as error:
        where = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        assert "course_lib" in where.parts, f"{where}: {error}"
        return "refused"


@pytest.mark.parametrize("name", CLASSIC)
@settings(deadline=None, max_examples=10)
@given(events=logs.events(max_size=24), clothes=logs.clothes())
def test_clothes_change_nothing(name, events, clothes):
    plain = Interactions.from_frame(logs.dressed(events), value="value")
    other = Interactions.from_frame(logs.dressed(events, **clothes), value="value")
    assert answers(name, other, True) == answers(name, plain, True)


@pytest.mark.parametrize("name", CLASSIC)
@settings(deadline=None, max_examples=10)
@given(events=logs.events(max_size=24), distinct=st.booleans())
def test_the_order_of_rows_changes_nothing(name, events, distinct):
    """Of equal times the last is the last row, so where some are equal nothing is cut off."""
    if distinct:
        events = [(*event[:2], time, event[3]) for time, event in enumerate(events)]
    cut = leave_last_out if distinct else all_of_it
    plain = Interactions.from_frame(logs.dressed(events), value="value")
    turned = Interactions.from_frame(logs.dressed(events[::-1]), value="value")
    turned = turned.reindex(plain.user_ids, plain.item_ids)
    assert answers(name, turned, False, cut) == answers(name, plain, False, cut)


@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.usefixtures("without_graphs")
def test_networks_see_the_same_log_in_any_clothes_and_order(name):
    """One log each, since a network takes seconds: ids of text, times in pandas' own type."""
    rng = np.random.default_rng(0)
    times = rng.integers(0, 12, 40)  # so that there are baskets: lines at one time
    columns = rng.integers(0, 6, 40), rng.integers(0, 8, 40), times, np.ones(40, int)
    events = list(zip(*columns, strict=True))
    plain = Interactions.from_frame(logs.dressed(events), value="value")
    frame = logs.dressed(events[::-1], user="text", item="big", time="ISO", value="Arrow")
    other = Interactions.from_frame(frame, value="value")
    by_id = logs.dressed(events, user="text", item="big")
    first = Interactions.from_frame(by_id)
    other = other.reindex(first.user_ids, first.item_ids)
    assert answers(name, other, False, all_of_it) == answers(name, plain, False, all_of_it)


@settings(deadline=None, max_examples=25)
@given(frame=logs.wild_frames())
def test_a_wild_table_is_read_or_refused_by_us(frame):
    log = refused_or(lambda: Interactions.from_frame(frame, value="value"))
    if isinstance(log, Interactions):
        assert answers("Popularity", log, True)
