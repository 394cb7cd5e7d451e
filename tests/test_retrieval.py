"""Search: BM25 as in the paper, letters as in scikit-learn, silence where nothing speaks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from course_lib.checks import CASES, agrees
from course_lib.shop import retrieval
from course_lib.shop.keywords import FILLERS, AllWords, Patterns
from course_lib.shop.retrieval import (
    Either,
    Letters,
    Meaning,
    Mix,
    Words,
    best,
    bm25,
    letters,
    words,
)

DOCUMENTS = [["tea", "green", "tea"], ["tea", "bag"], ["cup"], ["cup", "and", "pot", "and"]]
SIGNS = st.text(alphabet="ab 茶杯\u0000\u202eé,", max_size=12)


def asked(query, documents, *settings):
    """BM25 of a list of words for lists of words."""
    counts = [[document.count(word) for word in query] for document in documents]
    lengths = [len(document) for document in documents]
    return bm25(np.reshape(counts, (len(documents), len(query))), lengths, *settings)


def encode(texts):
    """A vector of two numbers: has the text an a, has it a b? Rows of length 1, or 0."""
    rows = np.array([[float("a" in text), float("b" in text)] for text in texts]).reshape(-1, 2)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1)


def test_bm25_by_hand():
    """Lengths 3, 2, 1, 4, mean 2.5; tea in two of four documents: idf = ln(5 / 2.5) = ln 2."""
    norm = 1.2 * (0.25 + 0.75 * np.array([3, 2]) / 2.5)
    expected = [math.log(2) * 2 / (2 + norm[0]), math.log(2) * 1 / (1 + norm[1]), 0, 0]
    np.testing.assert_allclose(asked(["tea"], DOCUMENTS), expected)


def test_bm25_has_the_saturation_of_the_paper_literally():
    """Robertson & Zaragoza 2009, eq. 3.15: tf' / (k1 + tf'), tf' = tf / ((1 − b) + b dl / avdl)."""
    k1, b, lengths = 0.9, 0.4, np.array([3, 2, 1, 4])
    tf = np.array([2, 1, 0, 0]) / ((1 - b) + b * lengths / lengths.mean())
    weight = tf / (k1 + tf)
    found = asked(["tea"], DOCUMENTS, k1, b)
    np.testing.assert_allclose(found[0] / found[1], weight[0] / weight[1])


def test_the_rarest_word_weighs_most_and_none_weighs_less_than_nothing():
    everywhere = [["tea"], ["tea"], ["tea", "cup"]]
    assert (asked(["tea"], everywhere) > 0).all()
    assert asked(["cup"], everywhere)[2] > asked(["tea"], everywhere)[2]


def test_a_word_asked_twice_counts_twice():
    np.testing.assert_allclose(asked(["tea", "tea"], DOCUMENTS), 2 * asked(["tea"], DOCUMENTS))


def test_without_saturation_or_length_nothing_else_counts():
    assert asked(["tea"], DOCUMENTS, 0.0)[0] == asked(["tea"], DOCUMENTS, 0.0)[1]  # k1 = 0
    long = [["tea"], ["tea", *["x"] * 99]]
    assert np.ptp(asked(["tea"], long, 1.2, 0.0)) == 0  # b = 0
    assert (
        asked(["tea"], [["tea"], []], 1.2, 1.0)[1] == 0
    )  # an empty one has no length to divide by


@pytest.mark.parametrize("case", CASES["shop.retrieval.bm25"], ids=lambda case: case.why)
def test_bm25_answers_its_cases(case):
    assert agrees(bm25(*case.arguments), case.expected, case.tolerance)


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=6), min_size=1, max_size=6))
def test_the_fast_way_agrees_with_the_plain_one(documents):
    if not any(documents):
        documents = [*documents, ["a"]]
    fast = Words([" ".join(document) for document in documents])
    for query in ("a", "b c", "d d a", "z", ""):
        np.testing.assert_allclose(fast.scores([query])[0], asked(query.split(), documents))


def test_chinese_is_cut_into_pairs_and_plurals_lose_their_s():
    assert words("婴儿尿布 茶") == ["婴儿", "儿尿", "尿布", "茶"]
    assert words("Cherries, grapes, glass, bus, peas") == ["cherry", "grape", "glass", "bus", "pea"]
    assert words("trees  potatoes shoes") == ["tree", "potatoe", "shoe"]  # Harman's third rule
    assert words("Ｔｅａ①!?") == ["tea1"]  # full width, circled
    assert words("") == words("… 🍞 \u202e") == []


def test_letters_stay_within_words():
    assert letters("ab c", 3, 3) == [" ab", "ab ", " c "]
    assert letters("茶", 3, 5) == [" 茶 "]
    with pytest.raises(ValueError, match="longest must be a whole number of at least 3, got 2"):
        letters("tea", 3, 2)


def test_letters_weigh_as_in_scikit_learn():
    texts, asked = ["green tea bags", "tea towel", "paper towels towel"], ["tee towl", "papier"]
    peer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit(texts)
    expected = (peer.transform(asked) @ peer.transform(texts).T).toarray()
    np.testing.assert_allclose(Letters(texts).scores(asked), expected, atol=1e-12)


def test_meaning_and_mix_by_hand():
    meaning = Meaning(["a", "b", "ab"], encode)
    np.testing.assert_allclose(meaning.scores(["a"]), [[1, 0, math.sqrt(0.5)]])
    mix = Mix([meaning, Words(["a", "b", "ab"])], [2.0, 1.0])
    expected = 2 * meaning.scores(["b"]) + Words(["a", "b", "ab"]).scores(["b"])
    np.testing.assert_allclose(mix.scores(["b"]), expected)


def test_of_two_languages_the_better_score_counts():
    english, chinese = Words(["tea cup", "cup"]), Words(["茶杯", "杯子"])
    both = Either([english, chinese]).scores(["tea", "茶杯"])
    np.testing.assert_allclose(both[0], english.scores(["tea"])[0])
    np.testing.assert_allclose(both[1], chinese.scores(["茶杯"])[0])


def test_a_cosine_below_zero_speaks_for_nothing():
    against = Meaning(["a"], lambda texts: np.array([[1.0, 0]] if texts == ["a"] else [[-1.0, 0]]))
    assert against.scores(["x"]) == [[0.0]]


@pytest.mark.parametrize("make", [Words, Letters, lambda texts: Meaning(texts, encode)])
@given(st.lists(SIGNS, min_size=1, max_size=4))
@settings(max_examples=30)
def test_whatever_is_typed_gets_finite_scores_of_the_right_shape(make, queries):
    scores = make(["a b", "", "茶杯"]).scores(queries)
    assert scores.shape == (len(queries), 3)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


@pytest.mark.parametrize("make", [Words, Letters])
def test_what_is_missing_is_empty_and_what_is_no_text_is_refused(make):
    way = make(["tea", None, float("nan")])
    assert way.scores([None, "tea"])[0].tolist() == [0, 0, 0]
    for wrong, shown in (("tea", "'tea'"), (3, "3")):
        with pytest.raises(ValueError, match=f"queries must be a list of strings, got {shown}"):
            way.scores(wrong)
    with pytest.raises(ValueError, match="queries must be strings, got b'tea'"):
        way.scores([b"tea"])
    assert way.scores([]).shape == (0, 3)


def test_a_very_long_query_is_cut():
    way = Words(["tea", "cup"])
    long = "tea " * retrieval.LONGEST
    assert way.scores([long])[0, 0] <= way.scores(["tea "])[0, 0] * retrieval.LONGEST / 4


def test_texts_without_words_and_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="texts must have at least one word, got none"):
        Words(["", "!"])
    with pytest.raises(ValueError, match="not all lengths 0"):
        bm25([[0], [0]], [0, 0])
    with pytest.raises(ValueError, match=r"counts must be \(n, m\) and lengths \(n,\), got"):
        bm25([[1], [0]], [1])
    with pytest.raises(ValueError, match="b must be at least 0 and at most 1, got 2"):
        Words(["tea"], b=2)
    with pytest.raises(ValueError, match="k1 must be at least 0, got -1"):
        bm25([[1]], [1], -1)
    with pytest.raises(ValueError, match="weights must have one number for each of the 1 ways"):
        Mix([Words(["tea"])], [1, 2])
    with pytest.raises(ValueError, match="a weight must be at least 0, got -1"):
        Mix([Words(["tea"])], [-1])


def test_ties_keep_the_texts_order_and_nothing_is_found_where_nothing_speaks():
    assert best(np.array([[0.5, 0.9, 0.5], [0, 0, 0]]), 4).tolist() == [[1, 0, 2, -1], [-1] * 4]


def test_all_words_must_stand_in_the_text_fillers_aside():
    way = AllWords(["potato chips", "sweet potato chips", "tea"])
    assert way.scores(["Do you have some potato chips?"]).tolist() == [[1 / 2, 1 / 3, 0]]
    assert way.scores(["potatoe chips", "do you have", None]).tolist() == [[0, 0, 0]] * 3
    assert "tea" not in FILLERS


def test_patterns_need_all_parts_and_count_them():
    way = Patterns(["deliver+free", "送货+钱|card"])
    assert way.scores(["Free DELIVERY?", "free", "送货要多少钱", "", None]).tolist() == [
        [2, 0], [0, 0], [0, 2], [0, 0], [0, 0]
    ]  # fmt: skip
    for pattern in ("", "card|", "a+ +b"):
        with pytest.raises(ValueError, match="each part of a pattern must have a letter"):
            Patterns([pattern])
