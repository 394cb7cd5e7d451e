"""Another model's best products in a new order, by a judge who reads what they are called."""

from typing import ClassVar

import numpy as np
from sklearn.base import clone

from course_lib.models.base import Recommender
from course_lib.models.parts import check_models, check_prefit
from course_lib.parameters import Truth, Whole, check_numbers
from course_lib.similarity import top_k

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SAID = "A shopper often buys: {}."
ASKED = " Which of these next?"


class Reranker(Recommender):
    """The best new products of another model, in the order in which a judge likes them.

    `first` scores all products. Of those that the user has not taken, its `depth` best go to the
    judge, with the `length` products that the user took most often. Their scores are dealt out
    anew among them, the highest to the product that the judge likes best: so nothing else moves,
    and the judge cannot bring in a product that `first` did not list. Products taken before keep
    their scores. Ties of the judge keep the order of `first`.

    first: a Recommender, cloned and fitted on train; with prefit=True taken as it is. judge:
    called with (item numbers taken, item numbers of candidates), returns a number for each
    candidate, higher is better: `Pointwise`, `Pairwise`, `Listwise`, or any function. None: the
    order stays. A judge that reads with a language model takes seconds for each user. A model with
    a judge cannot be saved; save `first`.

    Learned: first_ (not with prefit). Users with an empty history are not judged. Raises
    ValueError for a judge whose answer is not one number a candidate.
    """

    _rules: ClassVar[dict] = {"depth": Whole(1), "length": Whole(1), "prefit": Truth()}

    def __init__(self, *, first, judge=None, depth=10, length=10, prefit=False):
        self.first = first
        self.judge = judge
        self.depth = depth
        self.length = length
        self.prefit = prefit

    def _fit(self, train, validation):
        check_models("first", {"first": self.first})
        if self.judge is not None and not callable(self.judge):
            raise ValueError(f"judge must be callable or None, got {self.judge!r}")
        if self.prefit:
            check_prefit("first", self.first, train)
        else:
            self.first_ = clone(self.first).fit(train, validation)

    def _score(self, users, history):
        scores = np.array(self._model().score(users, history), dtype=np.float64)
        if self.judge is None:
            return scores
        counts = history.rows(users).toarray()
        new = np.where(counts > 0, -np.inf, scores)
        listed = top_k(new, min(self.depth, self.n_items_))
        often = top_k(counts, min(self.length, self.n_items_))
        for row in np.flatnonzero(counts.any(axis=1)):
            candidates = listed[row][new[row, listed[row]] > -np.inf]
            taken = often[row][counts[row, often[row]] > 0]
            if candidates.size > 1:
                liked = _answer(self.judge(taken, candidates), candidates.size)
                order = candidates[np.argsort(-liked, kind="stable")]
                scores[row, order] = _apart(scores[row, candidates])
        return scores

    def _knows(self, users, history):
        return self._model()._known(users, history)

    def _model(self):
        return self.first if self.prefit else self.first_


class Pointwise:
    """A product is worth how likely its title is after what the shopper often buys.

    The sum of log-probabilities of its tokens; with compared=True minus the same without the
    shopper: then a title does not win because it is short, or common in what the model has read.
    (Pointwise mutual information: Holtzman et al. 2021, Surface Form Competition.)

    language: a `LanguageModel`, or what has its `read` and `log_probabilities`; titles: (n_items,)
    texts.
    """

    def __init__(self, language, titles, *, compared=True):
        self.language, self.titles, self.compared = language, list(titles), compared
        self._alone = {}

    def __call__(self, taken, candidates):
        texts = [f" {self.titles[item]}." for item in candidates]
        after = self.language.read(said(self.titles, taken) + " Next:")
        found = self.language.log_probabilities(texts, after)
        if not self.compared:
            return found
        missing = [text for text in dict.fromkeys(texts) if text not in self._alone]
        if missing:
            nobody = self.language.read("A shopper. Next:")
            alone = self.language.log_probabilities(missing, nobody)
            self._alone |= dict(zip(missing, alone, strict=True))
        return found - np.array([self._alone[text] for text in texts])


class Pairwise:
    """A product is worth how clearly it is chosen from pairs, each pair shown in both orders.

    Of two products A and B the model says a letter; its lead is the logit of A minus that of B.
    The same pair is shown the other way round, and half the difference of the two leads counts:
    what the model gives to a place, and not to a product, falls out. A product's score is the mean
    over all others. m candidates take m · (m − 1) readings, those with the same first product side
    by side. Qin et al. 2024, Large Language Models are Effective Text Rankers with Pairwise Ranking
    Prompting (there a sign, here a number).
    """

    def __init__(self, language, titles):
        self.language, self.titles = language, list(titles)

    def __call__(self, taken, candidates):
        start, m = self.language.read(said(self.titles, taken)), len(candidates)
        letters = _letters(self.language, 2)
        lead = np.zeros((m, m))  # of the row's product, shown first, over the column's
        for i, one in enumerate(candidates):
            others = [j for j in range(m) if j != i]
            texts = [f"\nB: {self.titles[candidates[j]]}\nAnswer:" for j in others]
            after = self.language.read(f"{ASKED}\nA: {self.titles[one]}", start)
            logits = self.language.logits_after(texts, after)[:, letters].astype(np.float64)
            lead[i, others] = logits[:, 0] - logits[:, 1]
        return 0.5 * (lead - lead.T).sum(axis=1) / max(m - 1, 1)


class Listwise:
    """A product is worth the logit of its letter in one list, averaged over places.

    rotations: how often the list is shown, each time begun further down: with as many as there are
    candidates each stands at each place once, and what a place is worth alone falls out. 1 shows
    the list once, as the retriever ordered it. At most 26 candidates.
    """

    def __init__(self, language, titles, *, rotations=1):
        self.language, self.titles = language, list(titles)
        self.rotations = Whole(1).check("rotations", rotations)

    def __call__(self, taken, candidates):
        after = self.language.read(said(self.titles, taken))
        m = len(candidates)
        total, shown = np.zeros(m), min(self.rotations, m)
        for turn in range(shown):
            order = np.roll(np.arange(m), -(turn * m // shown))
            titles = [self.titles[candidates[place]] for place in order]
            logits = letter_logits(self.language, titles, after)
            total[order] += logits - logits.mean()
        return total / shown


def said(titles, taken):
    """The sentence in which a model is told what a shopper often buys.

    >>> said(["tea", "mug"], [1, 0])
    'A shopper often buys: mug, tea.'
    """
    return SAID.format(", ".join(titles[item] for item in taken))


def letter_logits(language, titles, after):
    """(m,) logits of the letters A, B, … as the answer to which of these the shopper takes next.

    titles: m texts; after: a Reading of what the shopper often buys. Raises ValueError for more
    titles than letters.

    The score of a list without rotations is this, place by place; whatever the titles are, some
    places get more.
    """
    Whole(1, len(LETTERS)).check("the number of titles", len(titles))
    letters = LETTERS[: len(titles)]
    lines = [f"\n{letter}: {title}" for letter, title in zip(letters, titles, strict=True)]
    reading = language.read(ASKED + "".join(lines) + "\nAnswer:", after)
    return np.asarray(reading.logits, dtype=np.float64)[_letters(language, len(titles))]


def _letters(language, n):
    return [language.tokens.encode(f" {letter}")[0] for letter in LETTERS[:n]]


def _answer(liked, n):
    liked = check_numbers("the judge's answer", liked)
    if liked.shape != (n,):
        raise ValueError(f"the judge must answer with {n} numbers, got shape {liked.shape}")
    return liked


def _apart(scores):
    """The scores of a list, best first; equal ones so little apart that they keep the new order."""
    ordered = np.sort(scores)[::-1]
    least = -np.inf  # upwards, so that the list stays above what is equal and not on it
    for place in range(len(ordered) - 1, -1, -1):
        ordered[place] = least = np.nextafter(max(ordered[place], least), np.inf)
    return ordered
