"""Ideas for the exercises about privacy."""

import hashlib
from collections import Counter

import numpy as np
import pandas as pd

from wrong_answers import right, wrong


def sizes(rows):
    return Counter(map(tuple, rows))


@wrong("23.1", "off by one", "more than k")
def _(rows, k):
    return [sizes(rows)[tuple(row)] > k for row in rows]


@wrong("23.1", "off by one", "k others besides oneself")
def _(rows, k):
    return [sizes(rows)[tuple(row)] - 1 >= k for row in rows]


@wrong("23.1", "collision", "texts run together")
def _(rows, k):
    joined = Counter("".join(row) for row in rows)
    return [joined["".join(row)] >= k for row in rows]


@wrong("23.1", "one of two", "the first column only")
def _(rows, k):
    first = Counter(row[0] for row in rows)
    return [first[row[0]] >= k for row in rows]


@wrong("23.1", "one of two", "each column for itself")
def _(rows, k):
    columns = [Counter(column) for column in zip(*rows, strict=True)]
    return [
        all(count[value] >= k for count, value in zip(columns, row, strict=True)) for row in rows
    ]


@wrong("23.1", "order of rows", "only neighbours make a group")
def _(rows, k):
    answer, start = [], 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or rows[i] != rows[start]:
            answer += [i - start >= k] * (i - start)
            start = i
    return answer


@wrong("23.1", "axis", "the order of the columns does not count")
def _(rows, k):
    count = Counter(frozenset(row) for row in rows)
    return [count[frozenset(row)] >= k for row in rows]


@wrong("23.1", "shapes", "one answer a group")
def _(rows, k):
    return [size >= k for size in sizes(rows).values()]


@wrong("23.1", "mean of what", "one answer for the whole table")
def _(rows, k):
    return [bool(rows) and min(sizes(rows).values()) >= k] * len(rows)


@wrong("23.1", "zero or negative", "not told is always a group of its own")
def _(rows, k):
    return [sizes(rows)[tuple(row)] >= k and "" not in row for row in rows]


@wrong("23.1", "zero or negative", "not told fits everybody")
def _(rows, k):
    def fits(a, b):
        return all("" in (x, y) or x == y for x, y in zip(a, b, strict=True))

    return [sum(fits(row, other) for other in rows) >= k for row in rows]


@wrong("23.1", "sign", "who must not be published")
def _(rows, k):
    return [sizes(rows)[tuple(row)] < k for row in rows]


@wrong("23.1", "neighbouring concept", "the rows that may be published, not one answer a row")
def _(rows, k):
    return [list(row) for row in rows if sizes(rows)[tuple(row)] >= k]


@wrong("23.1", "neighbouring concept", "how many alike, not whether enough")
def _(rows, k):
    return [sizes(rows)[tuple(row)] for row in rows]


@wrong("23.1", "edge", "there must be a row")
def _(rows, k):
    width = len(rows[0])
    return [sizes(rows)[tuple(row)] >= k for row in rows if len(row) == width]


@right("23.1", "pandas")
def _(rows, k):
    frame = pd.Series([repr(tuple(row)) for row in rows], dtype=object)
    return (frame.map(frame.value_counts()) >= k).tolist() if rows else []


@right("23.1", "each held against all")
def _(rows, k):
    return [sum(list(row) == list(other) for other in rows) >= k for row in rows]


def lengths(rows):
    return np.sqrt((rows**2).sum(axis=1, keepdims=True))


def shortened(rows, most, length):
    return np.where(length > most, rows * most / np.where(length > 0, length, 1), rows)


@wrong("23.2", "axis", "columns in place of rows")
def _(rows, most):
    return shortened(rows.T, most, lengths(rows.T)).T


@wrong("23.2", "neighbouring concept", "every row gets that length, short ones too")
def _(rows, most):
    length = lengths(rows)
    return rows * most / np.where(length > 0, length, 1)


@wrong("23.2", "neighbouring concept", "each number cut off at the most")
def _(rows, most):
    return np.clip(rows, -most, most)


@wrong("23.2", "neighbouring concept", "the sum of absolute values as length")
def _(rows, most):
    return shortened(rows, most, np.abs(rows).sum(axis=1, keepdims=True))


@wrong("23.2", "neighbouring concept", "the largest number as length")
def _(rows, most):
    return shortened(rows, most, np.abs(rows).max(axis=1, keepdims=True, initial=0))


@wrong("23.2", "order of steps", "the root forgotten")
def _(rows, most):
    return shortened(rows, most, lengths(rows) ** 2)


@wrong("23.2", "order of steps", "divided by the length, never times the most")
def _(rows, most):
    length = lengths(rows)
    return np.where(length > most, rows / np.where(length > 0, length, 1), rows)


@wrong("23.2", "mean of what", "one factor for the whole table")
def _(rows, most):
    longest = lengths(rows).max(initial=0)
    return rows * (most / max(longest, most))


@wrong("23.2", "mean of what", "the length of the mean row")
def _(rows, most):
    length = np.sqrt((rows**2).mean(axis=1, keepdims=True))
    return shortened(rows, most, length)


@wrong("23.2", "zero or negative", "a division by 0 for a row of zeros")
def _(rows, most):
    with np.errstate(all="ignore"):
        length = lengths(rows)
        return rows / length * np.minimum(length, most)


@wrong("23.2", "sign", "the sign is lost")
def _(rows, most):
    return np.abs(shortened(rows, most, lengths(rows)))


@wrong("23.2", "sign", "short rows are made long")
def _(rows, most):
    length = lengths(rows)
    return np.where(length < most, rows * most / np.where(length > 0, length, 1), rows)


@wrong("23.2", "neighbouring concept", "long rows left out")
def _(rows, most):
    return rows[lengths(rows)[:, 0] <= most]


@wrong("23.2", "one of two", "the most is 1")
def _(rows, most):
    return shortened(rows, 1.0, lengths(rows))


@wrong("23.2", "tolerance", "rounded to a tenth")
def _(rows, most):
    return shortened(rows, most, lengths(rows)).round(1)


@wrong("23.2", "library call", "in place")
def _(rows, most):
    rows *= most / np.maximum(lengths(rows), most)
    return rows


@right("23.2", "a loop over the rows")
def _(rows, most):
    clipped = [row * min(1.0, most / max(np.linalg.norm(row), 1e-300)) for row in rows]
    return np.array(clipped).reshape(rows.shape)


@right("23.2", "the larger of length and most below the fraction")
def _(rows, most):
    return most * rows / np.maximum(np.linalg.norm(rows, axis=1), most)[:, None]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def table(ids):
    return {sha(one): one for one in ids}


@wrong("23.3", "order of rows", "in the order of the ids")
def _(hashes, ids):
    wanted = {code.lower() for code in hashes}
    return [one for one in ids if sha(one) in wanted]


@wrong("23.3", "order of rows", "sorted")
def _(hashes, ids):
    return sorted(table(ids).get(code.lower(), "") for code in hashes)


@wrong("23.3", "zero or negative", "who is not found is left out")
def _(hashes, ids):
    return [table(ids)[code.lower()] for code in hashes if code.lower() in table(ids)]


@wrong("23.3", "edge", "everybody must be found")
def _(hashes, ids):
    return [table(ids)[code.lower()] for code in hashes]


@wrong("23.3", "neighbouring concept", "where the id stands, not the id")
def _(hashes, ids):
    codes = [sha(one) for one in ids]
    return [codes.index(code.lower()) if code.lower() in codes else -1 for code in hashes]


@wrong("23.3", "neighbouring concept", "the hash where nobody is found")
def _(hashes, ids):
    return [table(ids).get(code.lower(), code) for code in hashes]


@wrong("23.3", "shapes", "each shopper once")
def _(hashes, ids):
    return [table(ids).get(code.lower(), "") for code in dict.fromkeys(hashes)]


@wrong("23.3", "library call", "MD5")
def _(hashes, ids):
    codes = {hashlib.md5(one.encode()).hexdigest(): one for one in ids}
    return [codes.get(code.lower(), "") for code in hashes]


@wrong("23.3", "library call", "SHA-1")
def _(hashes, ids):
    codes = {hashlib.sha1(one.encode()).hexdigest(): one for one in ids}
    return [codes.get(code.lower(), "") for code in hashes]


@wrong("23.3", "library call", "the texts as UTF-16")
def _(hashes, ids):
    codes = {hashlib.sha256(one.encode("utf-16")).hexdigest(): one for one in ids}
    return [codes.get(code.lower(), "") for code in hashes]


@wrong("23.3", "library call", "only ASCII survives")
def _(hashes, ids):
    codes = {hashlib.sha256(one.encode("ascii", "replace")).hexdigest(): one for one in ids}
    return [codes.get(code.lower(), "") for code in hashes]


@wrong("23.3", "neighbouring concept", "capital letters are another hash")
def _(hashes, ids):
    return [table(ids).get(code, "") for code in hashes]


@wrong("23.3", "collision", "the first digit of the hash decides")
def _(hashes, ids):
    codes = {sha(one)[:1]: one for one in ids}
    return [codes.get(code.lower()[:1], "") for code in hashes]


@wrong("23.3", "collision", "ids as numbers: 007 is 7")
def _(hashes, ids):
    def plain(one):
        return str(int(one)) if one.isdigit() else one

    codes = {sha(plain(one)): plain(one) for one in ids}
    return [codes.get(code.lower(), "") for code in hashes]


@wrong("23.3", "one of two", "the hash of the ids as a list")
def _(hashes, ids):
    codes = {sha(str([one])): one for one in ids}
    return [codes.get(code.lower(), "") for code in hashes]


@wrong("23.3", "off by one", "the last id is never tried")
def _(hashes, ids):
    return [table(ids[:-1]).get(code.lower(), "") for code in hashes]


@right("23.3", "each hash held against each id")
def _(hashes, ids):
    return [next((one for one in ids if sha(one).upper() == code.upper()), "") for code in hashes]


@right("23.3", "as numbers of 256 bits")
def _(hashes, ids):
    numbers = {int.from_bytes(hashlib.sha256(one.encode()).digest()): one for one in ids}
    return [numbers.get(int(code, 16), "") for code in hashes]
