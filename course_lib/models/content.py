"""More of what one's purchases say: items whose words resemble the words of one's history."""

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from course_lib.models.base import Recommender

TIE = 1e-6  # weight of popularity among items with the same words


class Content(Recommender):
    """An item is worth the cosine between its text and the user's profile, the sum of own texts.

    Each title becomes a TF-IDF vector v_i of length 1: words that few titles have weigh most
    (scikit-learn's TfidfVectorizer: term count × (1 + ln((1 + n) / (1 + titles with the word)))).
    profile = Σ_i count_i^power · v_i over the user's items, score_j = cos(profile, v_j). Pazzani &
    Billsus 2007, Content-Based Recommendation Systems. Equal texts get equal scores; among those
    popularity in train decides, with a weight of 10⁻⁶ (1 for the most popular).

    titles: a text for each item, in the order of the log's item indices. power: 0 counts an item
    of the history once, 1 as often as it was bought. words: 1 takes single words, 2 also pairs of
    neighbouring words.

    No other user's events are used (popularity apart), so an item that nobody has bought yet can
    be listed. A user whose items have no words, or without a history, gets the most popular items.

    >>> from course_lib.datasets import load_tiny_shop
    >>> shop = load_tiny_shop()  # chen bought the tennis ball and racket, dia the sport towel
    >>> model = Content(titles=shop.items["title"].tolist()).fit(shop.interactions)
    >>> shop.items["title"][model.recommend([5], shop.interactions, 1)[0]].tolist()  # fay: racket
    ['Tennis ball']
    """

    def __init__(self, *, titles, power=0.0, words=1):
        self.titles = titles
        self.power = power
        self.words = words

    def _fit(self, train, validation):
        if len(self.titles) != train.n_items:
            raise ValueError(
                f"titles must have a text for each of {train.n_items} items, got {len(self.titles)}"
            )
        if self.words not in (1, 2):
            raise ValueError(f"words must be 1 or 2, got {self.words}")
        if not self.power >= 0:
            raise ValueError(f"power must be at least 0, got {self.power}")
        texts = [str(title) for title in self.titles]
        reader = TfidfVectorizer(
            token_pattern=r"\w+", ngram_range=(1, int(self.words)), dtype=np.float64
        )
        try:
            self.vectors_ = sparse.csr_array(reader.fit_transform(texts))
        except ValueError:  # scikit-learn's word for: no title has a word
            self.vectors_ = sparse.csr_array((train.n_items, 1))

    def _score(self, users, history):
        profiles = normalize(self._profiles(users, history))
        likeness = (profiles @ self.vectors_.T).toarray()
        # Rounded: what is equal on paper is equal on every processor, and popularity decides.
        return likeness.round(9) + TIE * self.popularity_ / self.popularity_.max()

    def _knows(self, users, history):
        return self._profiles(users, history).sum(axis=1) > 0

    def _profiles(self, users, history):
        rows = history.rows(users)
        rows.data **= self.power
        return rows @ self.vectors_
