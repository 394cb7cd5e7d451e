"""Judges by hand, on a language that only counts letters and loves the first place."""

import numpy as np
import pytest
from sklearn.base import clone

from course_lib.contract.board import TITLES, Trial, checkerboard
from course_lib.contract.check_recommender import PROMISES, check_recommender, promise
from course_lib.contract.learning import saved_is_the_same
from course_lib.datasets import load_tiny_shop
from course_lib.models.ease import EASE
from course_lib.models.popularity import Popularity
from course_lib.models.reranker import Listwise, Pairwise, Pointwise, Reranker, letter_logits, said

TEAS = ["tea", "mug", "teapot", "ball"]
WORTH = {"tea": 1.0, "mug": 3.0, "teapot": 2.0, "ball": 0.0}
PLACE = np.array([5.0, 0.0, 0.0, 4.0])  # what a letter gets wherever it is: A and D


class Language:
    """Gives each letter the worth of its title plus that of its place; counts its readings."""

    class tokens:
        encode = staticmethod(lambda text: [ord(text[-1]) - ord("A")])

    def __init__(self, place=PLACE):
        self.place, self.readings = place, 0

    def read(self, text, after=None):
        self.readings += 1
        text = getattr(after, "text", "") + text
        lines = [line[3:] for line in text.split("\n") if line[1:3] == ": "]
        logits = np.full(26, -9.0)
        logits[: len(lines)] = [WORTH[line] for line in lines] + self.place[: len(lines)]
        return type("Reading", (), {"logits": logits, "text": text})

    def logits_after(self, texts, after):
        return np.array([self.read(text, after).logits for text in texts]).reshape(-1, 26)

    def log_probabilities(self, texts, after):
        """A title costs its length; one that the shopper buys, nothing."""
        return np.array([0.0 if text[1:-1] in after.text else -len(text) for text in texts])


def test_a_sentence_names_what_is_often_bought_in_order():
    assert said(TEAS, np.array([2, 0])) == "A shopper often buys: teapot, tea."


def test_letters_carry_the_bias_of_their_places():
    found = letter_logits(Language(), TEAS, None)
    assert found.tolist() == [1 + 5, 3, 2, 0 + 4]


def test_one_list_is_fooled_by_places_and_all_rotations_are_not():
    """By hand: with each title once at each place, every one gets (5 + 4) / 4 beside its worth."""
    once = Listwise(Language(), TEAS)([1], np.arange(4))
    assert np.argsort(-once).tolist() == [0, 3, 1, 2]
    turned = Listwise(Language(), TEAS, rotations=4)([1], np.arange(4))
    np.testing.assert_allclose(turned, np.array([1, 3, 2, 0]) - 1.5)


def test_rotations_beyond_the_candidates_show_nothing_twice():
    language = Language()
    Listwise(language, TEAS, rotations=9)([1], np.array([0, 2]))
    assert language.readings == 1 + 2


def test_fewer_rotations_are_spread_over_the_places():
    """Turns by 0 and by 2 of 4: tea stands first and third, ball fourth and second."""
    found = Listwise(Language(), TEAS, rotations=2)([1], np.arange(4))
    means = np.array([1 + 2.5, 3 + 2.0, 2 + 2.5, 0 + 2.0])
    np.testing.assert_allclose(found, means - 1.5 - 9 / 4)


def test_pairs_in_both_orders_forget_the_places():
    """Worth 1, 3, 2, 0: the mean lead over the three others, by hand."""
    found = Pairwise(Language(), TEAS)([1], np.arange(4))
    np.testing.assert_allclose(found, np.array([1 - 5 / 3, 3 - 3 / 3, 2 - 4 / 3, 0 - 6 / 3]))


def test_a_pair_takes_two_readings_after_that_of_its_first_product():
    language = Language()
    Pairwise(language, TEAS)([1], np.arange(4))
    assert language.readings == 1 + 4 + 2 * 6


def test_one_candidate_needs_no_pair():
    assert Pairwise(Language(), TEAS)([1], np.array([3])).tolist() == [0.0]


def test_short_titles_win_unless_they_are_compared_with_nobody():
    plain = Pointwise(Language(), TEAS, compared=False)([1], np.array([0, 1, 2]))
    assert plain.tolist() == [-5, 0, -8]  # tea with a space and a full stop; the mug is known
    compared = Pointwise(Language(), TEAS)([1], np.array([0, 1, 2]))
    assert compared.tolist() == [0, 5, 0]


def test_what_titles_are_worth_alone_is_read_once():
    language = Language()
    judge = Pointwise(language, TEAS)
    judge([1], np.array([0, 1]))
    judge([1], np.array([1, 0]))
    assert language.readings == 2 + 1


def test_more_titles_than_letters_are_refused():
    with pytest.raises(ValueError, match=r"number of titles must be .* at most 26, got 27"):
        letter_logits(Language(), ["tea"] * 27, None)


@pytest.fixture
def shop():
    return load_tiny_shop().interactions


def test_a_judge_orders_the_new_products_and_moves_nothing_else(shop):
    def judge(taken, candidates):
        seen.append((taken.tolist(), candidates.tolist()))
        return -np.arange(len(candidates))[::-1].astype(float)  # the last one first

    seen = []
    first = Popularity().fit(shop)
    before = first.recommend([0], shop, 8)[0]
    model = Reranker(first=Popularity(), judge=judge, depth=3, length=2).fit(shop)
    after = model.recommend([0], shop, 8)[0]
    assert after[:3].tolist() == before[:3][::-1].tolist()
    assert after[3:].tolist() == before[3:].tolist()
    taken, candidates = seen[0]
    assert candidates == before[:3].tolist()
    assert taken == [0, 1]  # Ada: tea twice, the mug once


def test_known_products_keep_their_scores(shop):
    model = Reranker(first=Popularity(), judge=lambda taken, some: some % 3).fit(shop)
    own = shop.rows([0]).indices
    np.testing.assert_array_equal(
        model.score([0], shop)[0, own], Popularity().fit(shop).score([0], shop)[0, own]
    )


def test_a_judge_that_does_not_care_changes_no_list(shop):
    indifferent = Reranker(first=Popularity(), judge=lambda taken, some: np.zeros(len(some)))
    for user in range(shop.n_users):
        lists = [m.fit(shop).recommend([user], shop, 8)[0] for m in (indifferent, Popularity())]
        assert lists[0].tolist() == lists[1].tolist()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda taken, some: [1.0], r"answer with \d numbers, got shape \(1,\)"),
        (lambda taken, some: np.full(len(some), np.nan), "answer must be finite, got nan"),
        (lambda taken, some: ["A"] * len(some), "answer must be numbers, got 'A'"),
    ],
)
def test_an_answer_that_is_no_number_a_candidate_is_refused(shop, answer, message):
    model = Reranker(first=Popularity(), judge=answer).fit(shop)
    with pytest.raises(ValueError, match=message):
        model.score([0], shop)


def test_what_is_no_judge_or_no_model_is_refused(shop):
    with pytest.raises(ValueError, match="judge must be callable or None, got 'A'"):
        Reranker(first=Popularity(), judge="A").fit(shop)
    with pytest.raises(ValueError, match="first must be a Recommender, got str"):
        Reranker(first="popularity").fit(shop)


def test_a_judge_who_reads_titles_keeps_all_promises_but_that_of_saving():
    """The judge prefers squares of the colour that he reads most: right on the checkerboard."""

    def judge(taken, candidates):
        often = np.mean([TITLES[item] == "white square" for item in taken]) > 0.5
        return np.array([float((TITLES[item] == "white square") == often) for item in candidates])

    model = Reranker(first=EASE(), judge=judge)
    for check in PROMISES:
        if check is not saved_is_the_same:
            check(Trial(model))


def test_without_a_judge_it_keeps_all_promises():
    assert check_recommender(Reranker(first=EASE())) == [promise(check) for check in PROMISES]


def test_a_fitted_model_is_taken_as_it_is(shop):
    first = Popularity().fit(shop)
    model = Reranker(first=first, prefit=True).fit(shop)
    assert not hasattr(model, "first_")
    np.testing.assert_array_equal(model.score([0], shop), first.score([0], shop))


def test_clone_keeps_the_judge_usable():
    model = clone(Reranker(first=EASE(), judge=lambda taken, some: some * 0.0))
    model.fit(checkerboard()).recommend([0], checkerboard(), 3)
