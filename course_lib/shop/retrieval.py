"""Which text answers a query? By its words (BM25), by its letters, by its meaning, or by a mix.

Each way is made from the texts once and then asked: `scores(queries)` gives one row a query and
one column a text, higher is better, 0 where nothing speaks for the text. What does not speak at all
for a query stays 0, so a threshold above 0 is a way to keep silent.
"""

import re
import unicodedata
from collections import Counter

import numpy as np
from scipy import sparse

from course_lib.parameters import Number, Whole, check_numbers, plain

LONGEST = 2_000  # characters that are read of a text
CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"
RUN = re.compile(rf"[{CHINESE}]+|[^\W_{CHINESE}]+")


def words(text):
    """The words of a text in order, in small letters and without the s of the plural.

    Chinese does not mark where a word ends: of a run of Chinese characters each pair of neighbours
    is a word, a single one stays alone. The plural goes by the S-stemmer of Harman (1991, How
    Effective Is Suffixing?). Signs are no words; nothing is read behind the first 2,000 characters.

    >>> words("Baby diapers & 纸尿布!")
    ['baby', 'diaper', '纸尿', '尿布']
    """
    found = []
    for run in RUN.findall(_readable(text)):
        if re.match(f"[{CHINESE}]", run):
            found += [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        else:
            found.append(_singular(run))
    return found


def letters(text, shortest=3, longest=5):
    """All runs of `shortest` to `longest` letters within the words of a text, blanks around each.

    >>> letters("tea", 3, 4)
    [' te', 'tea', 'ea ', ' tea', 'tea ']
    """
    shortest = Whole(1).check("shortest", shortest)
    longest = Whole(shortest).check("longest", longest)
    padded = [f" {run} " for run in RUN.findall(_readable(text))]
    return [
        run[i : i + n]
        for run in padded
        for n in range(shortest, longest + 1)
        for i in range(len(run) - n + 1)
    ]


def bm25(counts, lengths, k1=1.2, b=0.75):
    """How much each text says about a query: BM25.

    counts: (n, m), how often each text has each word of the query, one that is asked twice in two
    columns; lengths: (n,), how many words each text has, not all 0 → (n,). Each word adds

        idf · tf / (tf + k1 · (1 − b + b · length / mean length)),  idf = ln((n + 1) / (df + ½))

    with tf the count, and df in how many texts the word stands. Robertson & Zaragoza 2009, The
    Probabilistic Relevance Framework: BM25 and Beyond, eq. 3.15; their idf,
    ln((n − df + ½) / (df + ½)), falls below 0 for a word that stands in more than half of all
    texts, so 1 is added inside the logarithm, as Lucene does.

    >>> bm25([[1], [0]], [2, 2]).round(3)  # ln(3 / 1.5) / (1 + 1.2)
    array([0.315, 0.   ])
    """
    _check_saturation(k1, b)
    counts, lengths = check_numbers("counts", counts), check_numbers("lengths", lengths)
    if counts.ndim != 2 or lengths.shape != counts.shape[:1]:
        raise ValueError(
            f"counts must be (n, m) and lengths (n,), got {counts.shape} and {lengths.shape}"
        )
    if (counts < 0).any() or (lengths < 0).any() or not lengths.any():
        raise ValueError("counts and lengths must be at least 0, and not all lengths 0")
    has = counts > 0
    idf = np.log((len(counts) + 1) / (has.sum(axis=0) + 0.5))
    norm = np.broadcast_to((1 - b + b * lengths / lengths.mean())[:, None], counts.shape)
    scores = np.zeros(counts.shape)
    scores[has] = counts[has] / (counts[has] + k1 * norm[has])
    return (idf * scores).sum(axis=1)


class Words:
    """BM25 over many texts: `bm25` with the weight of each word and text worked out beforehand."""

    def __init__(self, texts, *, k1=1.2, b=0.75):
        _check_saturation(k1, b)
        counts, self._columns = _counts(map(words, _texts("texts", texts)))
        lengths = counts.sum(axis=1)
        if not lengths.any():
            raise ValueError("texts must have at least one word, got none")
        df = np.bincount(counts.indices, minlength=counts.shape[1])
        norm = 1 - b + b * lengths / lengths.mean()
        row = np.repeat(np.arange(len(lengths)), np.diff(counts.indptr))
        idf = np.log((len(lengths) + 1) / (df + 0.5))
        counts.data = idf[counts.indices] * counts.data / (counts.data + k1 * norm[row])
        self._weights = counts.T.tocsr()

    def scores(self, queries):
        asked, _ = _counts(map(words, _texts("queries", queries)), self._columns)
        return (asked @ self._weights).toarray()


class Letters:
    """TF-IDF of runs of letters, compared by cosine: what is spelt alike is near, slips included.

    A run weighs (1 + ln count) · (1 + ln((1 + n) / (1 + df))), and rows have length 1, as in
    scikit-learn's TfidfVectorizer with `sublinear_tf`.
    """

    def __init__(self, texts, *, shortest=3, longest=5):
        self._range = (shortest, longest)
        counts, self._columns = _counts(self._cut(_texts("texts", texts)))
        df = np.bincount(counts.indices, minlength=counts.shape[1])
        self._idf = 1 + np.log((1 + counts.shape[0]) / (1 + df))
        self._table = self._weighted(counts).T.tocsr()

    def scores(self, queries):
        asked, _ = _counts(self._cut(_texts("queries", queries)), self._columns)
        return (self._weighted(asked) @ self._table).toarray()

    def _cut(self, texts):
        return (letters(text, *self._range) for text in texts)

    def _weighted(self, counts):
        counts = counts.copy()
        counts.data = (1 + np.log(counts.data)) * self._idf[counts.indices]
        norm = np.sqrt((counts**2).sum(axis=1))
        row = np.repeat(np.arange(len(norm)), np.diff(counts.indptr))
        counts.data /= norm[row]
        return counts


class Meaning:
    """Cosines of sentence vectors.

    encode: takes n texts and returns (n, d) rows of length 1, such as `encode_texts` of lesson 16.
    A cosine below 0 speaks for nothing and counts 0.
    """

    def __init__(self, texts, encode):
        self._encode = encode
        self._table = encode(_texts("texts", texts)).T

    def scores(self, queries):
        return np.maximum(self._encode(_texts("queries", queries)) @ self._table, 0.0)


class Mix:
    """The weighted sum of what several ways say.

    ways: a list of ways over the same texts; weights: one for each, none below 0.
    """

    def __init__(self, ways, weights):
        self.ways, self.weights = list(ways), check_numbers("weights", weights)
        if self.weights.shape != (len(self.ways),):
            raise ValueError(
                f"weights must have one number for each of the {len(self.ways)} ways, got shape "
                f"{self.weights.shape}"
            )
        for weight in self.weights:
            Number(least=0).check("a weight", weight)

    def scores(self, queries):
        rows = [w * way.scores(queries) for way, w in zip(self.ways, self.weights, strict=True)]
        return np.sum(rows, axis=0)


class Either:
    """Of several ways over the same texts the better score, such as the texts in two languages."""

    def __init__(self, ways):
        self.ways = list(ways)

    def scores(self, queries):
        return np.max([way.scores(queries) for way in self.ways], axis=0)


def best(scores, k):
    """The k best texts of each row, best first, -1 where nothing speaks for a text: (m, k).

    >>> best(np.array([[0.2, 0.0, 0.9]]), 3)
    array([[ 2,  0, -1]])
    """
    k = Whole(1).check("k", k)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]  # ties keep the texts' order
    order = np.where(np.take_along_axis(scores, order, axis=1) > 0, order, -1)
    return np.pad(order, ((0, 0), (0, k - order.shape[1])), constant_values=-1)


def _check_saturation(k1, b):
    Number(least=0).check("k1", k1)
    Number(least=0, most=1).check("b", b)


def _singular(word):
    """Harman's S-stemmer: the first of three rules that fits."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def _readable(text):
    return unicodedata.normalize("NFKC", text[:LONGEST]).casefold()


def _texts(name, texts):
    """A list of str; what is missing is empty."""
    if isinstance(texts, str) or not hasattr(texts, "__len__"):
        raise ValueError(f"{name} must be a list of strings, got {plain(texts)}")
    found = ["" if text is None or text != text else text for text in texts]
    for text in found:
        if not isinstance(text, str):
            raise ValueError(f"{name} must be strings, got {plain(text)}")
    return found


def _counts(texts, columns=None):
    """(n, parts) how often each part stands in each text; known columns: others are left out."""
    new = columns is None
    columns = {} if new else columns
    data, indices, starts = [], [], [0]
    for text in texts:
        for part, count in Counter(text).items():
            place = columns.setdefault(part, len(columns)) if new else columns.get(part)
            if place is not None:
                indices.append(place)
                data.append(float(count))
        starts.append(len(indices))
    shape = (len(starts) - 1, len(columns))
    return sparse.csr_array((data, np.array(indices, dtype=np.int64), starts), shape=shape), columns
