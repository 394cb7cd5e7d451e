"""Ideas for the exercises about a language model."""

import re

import numpy as np
import pandas as pd

from wrong_answers import right, wrong


def kept(probabilities, chosen):
    found = np.where(chosen, probabilities, 0.0)
    return found / found.sum()


def before(probabilities):
    """The order, and what the likelier tokens have together."""
    order = np.argsort(-probabilities, kind="stable")
    total = np.cumsum(probabilities[order])
    return order, total - probabilities[order]


def places(probabilities, order, chosen):
    mask = np.zeros(len(probabilities), dtype=bool)
    mask[order[chosen]] = True
    return mask


@wrong("18.1", "off by one", "the token that reaches p is left out")
def _(probabilities, p):
    order, lower = before(probabilities)
    chosen = lower + probabilities[order] <= p + 1e-12
    chosen[0] = True
    return kept(probabilities, places(probabilities, order, chosen))


@wrong("18.1", "off by one", "one token more than needed")
def _(probabilities, p):
    order, lower = before(probabilities)
    chosen = np.concatenate([[True], lower[:-1] < p - 1e-12])
    return kept(probabilities, places(probabilities, order, chosen))


@wrong("18.1", "ties", "a sum that is exactly p is not enough")
def _(probabilities, p):
    order, lower = before(probabilities)
    return kept(probabilities, places(probabilities, order, lower <= p + 1e-12))


@wrong("18.1", "ties", "of equal tokens the last")
def _(probabilities, p):
    found = np.array(probabilities[::-1])
    order, lower = before(found)
    return kept(found, places(found, order, lower < p - 1e-12))[::-1].copy()


@wrong("18.1", "order of rows", "tokens are thought to come sorted")
def _(probabilities, p):
    lower = np.cumsum(probabilities) - probabilities
    return kept(probabilities, lower < p - 1e-12)


@wrong("18.1", "order of rows", "the answer stays sorted")
def _(probabilities, p):
    order, lower = before(probabilities)
    return kept(probabilities[order], lower < p - 1e-12)


@wrong("18.1", "order of steps", "not scaled at all")
def _(probabilities, p):
    order, lower = before(probabilities)
    return np.where(places(probabilities, order, lower < p - 1e-12), probabilities, 0.0)


@wrong("18.1", "order of steps", "divided by p, not by what stayed")
def _(probabilities, p):
    order, lower = before(probabilities)
    return np.where(places(probabilities, order, lower < p - 1e-12), probabilities, 0.0) / p


@wrong("18.1", "sign", "the least likely tokens")
def _(probabilities, p):
    order = np.argsort(probabilities, kind="stable")
    total = np.cumsum(probabilities[order])
    lower = total - probabilities[order]
    return kept(probabilities, places(probabilities, order, lower < p - 1e-12))


@wrong("18.1", "neighbouring concept", "tokens with a probability of at least 1 − p")
def _(probabilities, p):
    chosen = probabilities >= 1 - p
    chosen[np.argmax(probabilities)] = True
    return kept(probabilities, chosen)


@wrong("18.1", "neighbouring concept", "a share p of the tokens")
def _(probabilities, p):
    order, _ = before(probabilities)
    chosen = np.arange(len(order)) < max(1, round(p * len(order)))
    return kept(probabilities, places(probabilities, order, chosen))


@wrong("18.1", "neighbouring concept", "softmax once more")
def _(probabilities, p):
    order, lower = before(probabilities)
    mask = places(probabilities, order, lower < p - 1e-12)
    return kept(np.exp(probabilities), mask)


@wrong("18.1", "tolerance", "rounded to two digits")
def _(probabilities, p):
    order, lower = before(probabilities)
    return kept(probabilities, places(probabilities, order, lower < p - 1e-12)).round(2)


@right("18.1", "a loop that stops")
def _(probabilities, p):
    found, total = np.zeros(len(probabilities)), 0.0
    for token in np.argsort(-probabilities, kind="stable"):
        if total >= p - 1e-12:
            break
        found[token] = probabilities[token]
        total += probabilities[token]
    return found / total


@right("18.1", "sorted as a Series")
def _(probabilities, p):
    ranked = pd.Series(probabilities).sort_values(ascending=False, kind="stable")
    stays = ranked[(ranked.cumsum() - ranked).to_numpy() < p - 1e-12]
    return (stays / stays.sum()).reindex(range(len(probabilities)), fill_value=0.0).to_numpy()


def centred(logits):
    return logits - logits.mean(axis=1, keepdims=True)


@wrong("18.2", "order of rows", "places are taken for candidates")
def _(logits, order):
    return centred(logits).mean(axis=0)


@wrong("18.2", "axis", "the order read the other way: where each candidate stands")
def _(logits, order):
    found = np.zeros(logits.shape)
    for row, (values, shown) in enumerate(zip(centred(logits), order, strict=True)):
        found[row] = values[shown]
    return found.mean(axis=0)


@wrong("18.2", "axis", "each place's mean taken off, not each showing's")
def _(logits, order):
    values = logits - logits.mean(axis=0, keepdims=True)
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, values, axis=1)
    return found.mean(axis=0)


@wrong("18.2", "order of steps", "no mean taken off")
def _(logits, order):
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, logits, axis=1)
    return found.mean(axis=0)


@wrong("18.2", "mean of what", "one mean of all showings taken off")
def _(logits, order):
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, logits - logits[0].mean(), axis=1)
    return found.mean(axis=0)


@wrong("18.2", "mean of what", "sums in place of means")
def _(logits, order):
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, centred(logits), axis=1)
    return found.sum(axis=0)


@wrong("18.2", "mean of what", "the middle value, not the mean, taken off")
def _(logits, order):
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, logits - np.median(logits, axis=1, keepdims=True), axis=1)
    return found.mean(axis=0)


@wrong("18.2", "off by one", "the first showing only")
def _(logits, order):
    found = np.zeros(logits.shape[1])
    found[order[0]] = centred(logits)[0]
    return found


@wrong("18.2", "off by one", "the last showing only")
def _(logits, order):
    found = np.zeros(logits.shape[1])
    for values, shown in zip(centred(logits), order, strict=True):
        found[shown] = values
    return found


@wrong("18.2", "collision", "`+=` with an array of all showings adds each candidate once")
def _(logits, order):
    found = np.zeros(logits.shape[1])
    found[order.ravel()] += centred(logits).ravel()
    return found / len(order)


@wrong("18.2", "neighbouring concept", "how often a candidate was first")
def _(logits, order):
    winners = np.take_along_axis(order, logits.argmax(axis=1)[:, None], axis=1)
    return np.bincount(winners.ravel(), minlength=logits.shape[1]) / len(order)


@wrong("18.2", "neighbouring concept", "probabilities in place of logits")
def _(logits, order):
    parts = np.exp(logits - logits.max(axis=1, keepdims=True))
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, parts / parts.sum(axis=1, keepdims=True), axis=1)
    return found.mean(axis=0)


@wrong("18.2", "sign", "the mean less the logit")
def _(logits, order):
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, -centred(logits), axis=1)
    return found.mean(axis=0)


@wrong("18.2", "shapes", "divided by the number of candidates")
def _(logits, order):
    found = np.zeros(logits.shape)
    np.put_along_axis(found, order, centred(logits), axis=1)
    return found.sum(axis=0) / logits.shape[1]


@right("18.2", "np.add.at")
def _(logits, order):
    found = np.zeros(logits.shape[1])
    np.add.at(found, order, centred(logits))
    return found / len(order)


@right("18.2", "weights of a count")
def _(logits, order):
    values = centred(logits).ravel()
    return np.bincount(order.ravel(), weights=values, minlength=logits.shape[1]) / len(order)


def numbers(text):
    return [int(part) for part in re.findall(r"[0-9]+", text)]


@wrong("18.3", "neighbouring concept", "words that are numbers: those with a sign are missed")
def _(text, facts):
    return sorted({int(word) for word in text.split() if word.isdigit()} - set(facts))


@wrong("18.3", "neighbouring concept", "facts that the answer does not name")
def _(text, facts):
    return sorted(set(facts) - set(numbers(text)))


@wrong("18.3", "neighbouring concept", "all numbers of the answer")
def _(text, facts):
    return sorted(set(numbers(text)))


@wrong("18.3", "neighbouring concept", "whether, not which")
def _(text, facts):
    return [1] if set(numbers(text)) - set(facts) else []


@wrong("18.3", "library call", "digits one by one")
def _(text, facts):
    return sorted({int(digit) for digit in re.findall(r"\d", text)} - set(facts))


@wrong("18.3", "library call", "a word boundary on both sides")
def _(text, facts):
    return sorted({int(part) for part in re.findall(r"\b\d+\b", text)} - set(facts))


@wrong("18.3", "sign", "a hyphen read as a minus, the facts too")
def _(text, facts):
    found = {int(part) for part in re.findall(r"-?\d+", text.replace("2-", "-2 "))}
    return sorted(found - set(facts))


@wrong("18.3", "order of rows", "in the order of the text")
def _(text, facts):
    return list(dict.fromkeys(part for part in numbers(text) if part not in facts))


@wrong("18.3", "order of rows", "sorted as letters")
def _(text, facts):
    return [int(part) for part in sorted({str(n) for n in numbers(text)} - {str(f) for f in facts})]


@wrong("18.3", "collision", "a number that stands inside a fact counts as one")
def _(text, facts):
    return sorted({n for n in numbers(text) if not any(str(n) in str(fact) for fact in facts)})


@wrong("18.3", "collision", "a number that begins with a fact counts as one")
def _(text, facts):
    known = tuple(str(fact) for fact in facts)
    return sorted({n for n in numbers(text) if not known or not str(n).startswith(known)})


@wrong("18.3", "mean of what", "as often as they stand there")
def _(text, facts):
    return sorted(part for part in numbers(text) if part not in facts)


@wrong("18.3", "zero or negative", "0 is no number")
def _(text, facts):
    return sorted({part for part in numbers(text) if part} - set(facts))


@wrong("18.3", "shapes", "as texts")
def _(text, facts):
    return sorted({part for part in re.findall(r"\d+", text) if int(part) not in facts})


@right("18.3", "letters gathered one after the other")
def _(text, facts):
    found, digits = set(), ""
    for letter in text + " ":
        if letter in "0123456789":
            digits += letter
        elif digits:
            found.add(int(digits))
            digits = ""
    return sorted(found.difference(facts))


@right("18.3", "everything else made a space")
def _(text, facts):
    only = "".join(letter if letter.isdigit() else " " for letter in text)
    return sorted({int(part) for part in only.split()} - set(facts))
