"""Ideas for the exercises about item texts."""

from itertools import pairwise

import numpy as np
from scipy.spatial.distance import cdist

from wrong_answers import right, wrong


def replaced(ids, pair, new):
    merged, i = [], 0
    while i < len(ids):
        here = tuple(ids[i : i + 2]) == tuple(pair)
        merged.append(new if here else ids[i])
        i += 2 if here else 1
    return merged


@wrong("16.1", "order of steps", "the pair learned last goes first")
def _(ids, merges):
    ranks = {pair: 256 + m for m, pair in enumerate(merges)}
    while known := [pair for pair in pairwise(ids) if pair in ranks]:
        pair = max(known, key=ranks.get)
        ids = replaced(ids, pair, ranks[pair])
    return list(ids)


@wrong("16.1", "order of steps", "the pair that stands furthest left goes first")
def _(ids, merges):
    ranks = {pair: 256 + m for m, pair in enumerate(merges)}
    while known := [pair for pair in pairwise(ids) if pair in ranks]:
        ids = replaced(ids, known[0], ranks[known[0]])
    return list(ids)


@wrong("16.1", "neighbouring concept", "the longest token from the left")
def _(ids, merges):
    tokens = {i: (i,) for i in range(256)}
    for m, (a, b) in enumerate(merges):
        tokens[256 + m] = tokens[a] + tokens[b]
    found, i = [], 0
    while i < len(ids):
        fits = [t for t, word in tokens.items() if tuple(ids[i : i + len(word)]) == word]
        found.append(max(fits, key=lambda t: len(tokens[t])))
        i += len(tokens[found[-1]])
    return found


@wrong("16.1", "neighbouring concept", "the pair that is most frequent here goes first")
def _(ids, merges):
    ranks = {pair: 256 + m for m, pair in enumerate(merges)}
    while known := [pair for pair in pairwise(ids) if pair in ranks]:
        pair = max(known, key=known.count)
        ids = replaced(ids, pair, ranks[pair])
    return list(ids)


@wrong("16.1", "one of two", "only the first place where the pair stands")
def _(ids, merges):
    ids = list(ids)
    for m, pair in enumerate(merges):
        for i in range(len(ids) - 1):
            if (ids[i], ids[i + 1]) == pair:
                ids[i : i + 2] = [256 + m]
                break
    return ids


@wrong("16.1", "one of two", "the pair in either order")
def _(ids, merges):
    ids = list(ids)
    for m, pair in enumerate(merges):
        i = 0
        while i < len(ids) - 1:
            if sorted(ids[i : i + 2]) == sorted(pair):
                ids[i : i + 2] = [256 + m]
            i += 1
    return ids


@wrong("16.1", "one of two", "only the first merge")
def _(ids, merges):
    return replaced(ids, merges[0], 256) if merges else list(ids)


@wrong("16.1", "collision", "a place is used twice")
def _(ids, merges):
    ids = list(ids)
    for m, pair in enumerate(merges):
        marks = [(a, b) == pair for a, b in pairwise(ids)]
        ids = [256 + m if here else i for here, i in zip([*marks, False], ids, strict=True)]
        ids = [i for k, i in enumerate(ids) if not (k and marks[k - 1] and i < 256 + m)]
        if any(marks) and all(marks):
            ids = [256 + m] * len(marks)
    return ids


@wrong("16.1", "order of rows", "from right to left")
def _(ids, merges):
    ids = list(ids)
    for m, pair in enumerate(merges):
        ids = replaced(ids[::-1], pair[::-1], 256 + m)[::-1]
    return ids


@wrong("16.1", "off by one", "new ids from 257 on")
def _(ids, merges):
    for m, pair in enumerate(merges, 1):
        ids = replaced(ids, pair, 256 + m)
    return list(ids)


@wrong("16.1", "off by one", "the last two ids are not looked at")
def _(ids, merges):
    ids = list(ids)
    for m, pair in enumerate(merges):
        ids = replaced(ids[:-1], pair, 256 + m) + ids[-1:]
    return ids


@wrong("16.1", "edge", "the first id is asked for before there is one")
def _(ids, merges):
    found = [ids[0]]
    for m, pair in enumerate(merges):
        found = replaced(found if m else ids, pair, 256 + m)
    return found


@wrong("16.1", "edge", "what an earlier merge made is not merged again")
def _(ids, merges):
    for m, pair in enumerate(merges):
        if max(pair) < 256:
            ids = replaced(ids, pair, 256 + m)
    return list(ids)


@wrong("16.1", "shapes", "the tokens that were made, without the bytes that are left")
def _(ids, merges):
    for m, pair in enumerate(merges):
        ids = replaced(ids, pair, 256 + m)
    return [i for i in ids if i >= 256]


@right("16.1", "the pair learned first among those that are there, again and again")
def _(ids, merges):
    ranks = {pair: m for m, pair in enumerate(merges)}
    while known := [pair for pair in pairwise(ids) if pair in ranks]:
        pair = min(known, key=ranks.get)
        ids = replaced(ids, pair, 256 + ranks[pair])
    return list(ids)


@right("16.1", "as text: each id a character")
def _(ids, merges):
    text = "".join(map(chr, ids))
    for m, (a, b) in enumerate(merges):
        text = text.replace(chr(a) + chr(b), chr(256 + m))
    return [ord(character) for character in text]


def nearest(left, centres):
    return int(np.argmin(((centres - left) ** 2).sum(axis=1)))


@wrong("16.2", "order of steps", "nothing is taken off")
def _(vector, codebooks):
    return [nearest(vector, centres) for centres in codebooks]


@wrong("16.2", "order of steps", "always taken off the vector itself")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres))
        left = vector - centres[codes[-1]]
    return codes


@wrong("16.2", "order of steps", "the last level first")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks[::-1]:
        codes.append(nearest(left, centres))
        left = left - centres[codes[-1]]
    return codes[::-1]


@wrong("16.2", "sign", "the centre is added")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres))
        left = left + centres[codes[-1]]
    return codes


@wrong("16.2", "sign", "the centre minus the vector is left")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres))
        left = centres[codes[-1]] - left
    return codes


@wrong("16.2", "sign", "the amount of what is left")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres))
        left = np.abs(left - centres[codes[-1]])
    return codes


@wrong("16.2", "sign", "the farthest centre")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(int(np.argmax(((centres - left) ** 2).sum(axis=1))))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "neighbouring concept", "the largest dot product")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(int(np.argmax(centres @ left)))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "neighbouring concept", "the largest cosine")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        lengths = np.maximum(np.linalg.norm(centres, axis=1), 1e-12)
        codes.append(int(np.argmax(centres @ left / lengths)))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "library call", "distances along the axes (city block)")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(int(cdist(left[None], centres, "cityblock").argmin()))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "axis", "the nearest in its first number")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(int(np.argmin(np.abs(centres[:, 0] - left[0]))))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "ties", "of equally near centres the last")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        far = ((centres - left) ** 2).sum(axis=1)
        codes.append(int(np.flatnonzero(far == far.min())[-1]))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "off by one", "codes from 1 on")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres) + 1)
        left = left - centres[codes[-1] - 1]
    return codes


@wrong("16.2", "off by one", "without the last level")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks[:-1]:
        codes.append(nearest(left, centres))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "shapes", "all levels have as many codes as the first")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres[: len(codebooks[0])]))
        left = left - centres[codes[-1]]
    return codes


@wrong("16.2", "tolerance", "what is left rounded to whole numbers")
def _(vector, codebooks):
    left, codes = vector, []
    for centres in codebooks:
        codes.append(nearest(left, centres))
        left = np.round(left - centres[codes[-1]])
    return codes


@wrong("16.2", "edge", "there is always a first level")
def _(vector, codebooks):
    codes = [nearest(vector, codebooks[0])]
    left = vector - codebooks[0][codes[0]]
    for centres in codebooks[1:]:
        codes.append(nearest(left, centres))
        left = left - centres[codes[-1]]
    return codes


@right("16.2", "scipy's distances")
def _(vector, codebooks):
    left, codes = np.array(vector, dtype=float)[None], []
    for centres in codebooks:
        codes.append(cdist(left, centres).argmin())
        left -= centres[codes[-1]]
    return codes


@right("16.2", "plain loops")
def _(vector, codebooks):
    left, codes = [float(x) for x in vector], []
    for centres in codebooks:
        far = [sum((a - b) ** 2 for a, b in zip(left, row, strict=True)) for row in centres]
        codes.append(far.index(min(far)))
        left = [a - b for a, b in zip(left, centres[codes[-1]], strict=True)]
    return codes
