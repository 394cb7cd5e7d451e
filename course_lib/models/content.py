"""More of what one's purchases say: items whose words resemble the words of one's history."""

from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from course_lib.models.base import Recommender
from course_lib.models.neighbours import powered
from course_lib.models.vectors import by_label, in_catalogue_order
from course_lib.parameters import Number, Whole

TIE = 1e-6  # weight of popularity among items with the same words


class Content(Recommender):
    """An item is worth the cosine between its text and the user's profile, the sum of own texts.

    Each title becomes a TF-IDF vector v_i of length 1: words that few titles have weigh most
    (scikit-learn's TfidfVectorizer: term count × (1 + ln((1 + n) / (1 + titles with the word)))).
    profile = Σ_i count_i^power · v_i over the user's items, score_j = cos(profile, v_j). Pazzani &
    Billsus 2007, Content-Based Recommendation Systems. Equal texts get equal scores; among those
    popularity in train decides, with a weight of 10⁻⁶ (1 for the most popular).

    Vectors from elsewhere (of pictures, of a language model) take the place of the titles': each is
    brought to length 1, and the rest is the same.

    titles: a text for each item, in the order of the log's item indices; what is missing (None,
    NaN) has no words. vectors: (n_items, d) finite numbers in that order. One of the two is given.
    A Series of titles or a DataFrame of vectors must have the log's item ids as its index, in any
    order. power: 0 counts an item of the history once, 1 as often as it was bought. words: 1 takes
    single words of the titles, 2 also pairs of neighbouring words.

    Learned: vectors_, (n_items, d) of length 1, sparse for titles.

    No other user's events are used (popularity apart), so an item that nobody has bought yet can
    be listed. A user whose items have no words (or vectors of 0), or without a history, gets the
    most popular items.

    >>> from course_lib.datasets import load_tiny_shop
    >>> shop = load_tiny_shop()  # chen bought the tennis ball and racket, dia the sport towel
    >>> model = Content(titles=shop.items["title"].tolist()).fit(shop.interactions)
    >>> shop.items["title"][model.recommend([5], shop.interactions, 1)[0]].tolist()  # fay: racket
    ['Tennis ball']
    """

    _rules: ClassVar[dict] = {"power": Number(least=0), "words": Whole(1, 2)}

    def __init__(self, *, titles=None, vectors=None, power=0.0, words=1):
        self.titles = titles
        self.vectors = vectors
        self.power = power
        self.words = words

    def _fit(self, train, validation):
        if (self.titles is None) == (self.vectors is None):
            given = "none" if self.titles is None else "both"
            raise ValueError(f"one of titles and vectors must be given, got {given}")
        if self.titles is None:
            self.vectors_ = normalize(in_catalogue_order("vectors", self.vectors, train.item_ids))
        else:
            self.vectors_ = tfidf(_texts(self.titles, train.item_ids), words=self.words)

    def _score(self, users, history):
        profiles = normalize(powered(history.rows(users), self.power) @ self.vectors_)
        likeness = profiles @ self.vectors_.T
        if sparse.issparse(likeness):
            likeness = likeness.toarray()
        # Rounded: what is equal on paper is equal on every processor, and popularity decides.
        return likeness.round(9) + TIE * self.popularity_ / self.popularity_.max()

    def _knows(self, users, history):
        described = abs(self.vectors_).sum(axis=1) > 0
        return history.rows(users) @ described > 0


def tfidf(texts, *, words=1):
    """The vectors of texts, as in `Content`: (n, d) sparse, rows of length 1, or 0 without words.

    >>> tfidf(["tea", "tea", "mug", ""]).toarray()
    array([[0., 1.],
           [0., 1.],
           [1., 0.],
           [0., 0.]])
    """
    reader = TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, int(words)), dtype=np.float64)
    try:
        return sparse.csr_array(reader.fit_transform(texts))
    except ValueError:  # scikit-learn's word for: no text has a word
        return sparse.csr_array((len(texts), 1))


def _texts(titles, ids):
    if isinstance(titles, pd.Series):
        titles = by_label("titles", titles, pd.Index(ids))
    if isinstance(titles, str) or not hasattr(titles, "__len__"):
        raise ValueError(f"titles must be a list of texts, got {type(titles).__name__}")
    if len(titles) != len(ids):
        raise ValueError(f"titles must have a text for each of {len(ids)} items, got {len(titles)}")
    return ["" if pd.isna(title) else str(title) for title in titles]
