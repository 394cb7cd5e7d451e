"""Ideas for the exercises about handing in a model."""

import hashlib

import numpy as np

from wrong_answers import right, wrong


def both(scores, times, items, past):
    return scores(times, items), scores(times[past], items[past])


@wrong("25.1", "off by one", "what happens at `now` belongs to the past")
def _(scores, times, items, now):
    return not np.allclose(*both(scores, times, items, times <= now), rtol=0, atol=1e-6)


@wrong("25.1", "order of rows", "the past is the beginning of the table")
def _(scores, times, items, now):
    first = np.arange(len(times)) < (times < now).sum()
    return not np.allclose(*both(scores, times, items, first), rtol=0, atol=1e-6)


@wrong("25.1", "tolerance", "every bit must be the same")
def _(scores, times, items, now):
    whole, past = both(scores, times, items, times < now)
    return bool((whole != past).any())


@wrong("25.1", "tolerance", "a hundredth is rounding")
def _(scores, times, items, now):
    return not np.allclose(*both(scores, times, items, times < now), atol=0.01)


@wrong("25.1", "mean of what", "the sums of the scores are compared")
def _(scores, times, items, now):
    whole, past = both(scores, times, items, times < now)
    return not bool(np.isclose(whole.sum(), past.sum()))


@wrong("25.1", "mean of what", "only the largest score is compared")
def _(scores, times, items, now):
    whole, past = both(scores, times, items, times < now)
    return not bool(np.isclose(whole.max(), past.max()))


@wrong("25.1", "neighbouring concept", "only the order of the products is compared")
def _(scores, times, items, now):
    whole, past = both(scores, times, items, times < now)
    return np.argsort(-whole, kind="stable").tolist() != np.argsort(-past, kind="stable").tolist()


@wrong("25.1", "neighbouring concept", "whoever is given a future looks at it")
def _(scores, times, items, now):
    return bool((times >= now).any())


@wrong("25.1", "sign", "true where nothing changes")
def _(scores, times, items, now):
    return np.allclose(*both(scores, times, items, times < now), rtol=0, atol=1e-6)


@wrong("25.1", "axis", "the past is taken away, not the future")
def _(scores, times, items, now):
    return not np.allclose(*both(scores, times, items, times >= now), rtol=0, atol=1e-6)


@wrong("25.1", "one of two", "the times of the future change, its products stay")
def _(scores, times, items, now):
    later = np.where(times >= now, times + 100, times)
    return not np.allclose(scores(times, items), scores(later, items), rtol=0, atol=1e-6)


@wrong("25.1", "one of two", "only the latest row is taken away")
def _(scores, times, items, now):
    left = np.ones(len(times), dtype=bool)
    left[np.argmax(times)] = times.max() < now
    return not np.allclose(*both(scores, times, items, left), rtol=0, atol=1e-6)


@wrong("25.1", "library call", "np.array_equal of rounded scores, to whole numbers")
def _(scores, times, items, now):
    whole, past = both(scores, times, items, times < now)
    return not np.array_equal(np.round(whole), np.round(past))


@right("25.1", "the future's products are exchanged and taken away")
def _(scores, times, items, now):
    later = times >= now
    other = np.where(later, (items + 1) % 4, items)
    cases = [scores(times, items), scores(times, other), scores(times[~later], items[~later])]
    return bool(np.ptp(cases, axis=0).max() > 1e-6)


@right("25.1", "a list of rows")
def _(scores, times, items, now):
    rows = [i for i, time in enumerate(times.tolist()) if time < now]
    whole, past = scores(times, items), scores(times[rows], items[rows])
    return any(abs(a - b) > 1e-6 for a, b in zip(whole, past, strict=True))


def interval(means, low=0.025, high=0.975):
    low, high = np.quantile(means, [low, high])
    return int(low > 1e-12) - int(high < -1e-12)


@wrong("25.2", "sign", "theirs minus mine")
def _(mine, theirs, draws):
    return interval((theirs - mine)[draws].mean(axis=1))


@wrong("25.2", "axis", "the mean over draws, not within each")
def _(mine, theirs, draws):
    return interval((mine - theirs)[draws].mean(axis=0))


@wrong("25.2", "neighbouring concept", "the larger mean wins")
def _(mine, theirs, draws):
    return int(np.sign(np.round((mine - theirs).mean(), 12)))


@wrong("25.2", "neighbouring concept", "two intervals that must not overlap")
def _(mine, theirs, draws):
    a, b = (np.quantile(x[draws].mean(axis=1), [0.025, 0.975]) for x in (mine, theirs))
    return int(a[0] > b[1]) - int(a[1] < b[0])


@wrong("25.2", "neighbouring concept", "the share of households that gain")
def _(mine, theirs, draws):
    return interval((np.sign(np.round(mine - theirs, 12)))[draws].mean(axis=1))


@wrong("25.2", "one of two", "my interval against their mean")
def _(mine, theirs, draws):
    return interval(mine[draws].mean(axis=1) - theirs.mean())


@wrong("25.2", "order of rows", "the pairs are torn: theirs sorted")
def _(mine, theirs, draws):
    return interval((np.sort(mine)[::-1] - np.sort(theirs))[draws].mean(axis=1))


@wrong("25.2", "zero or negative", "an interval that begins at 0 is above 0")
def _(mine, theirs, draws):
    low, high = np.quantile((mine - theirs)[draws].mean(axis=1), [0.025, 0.975])
    return int(low > -1e-12) - int(high < 1e-12)


@wrong("25.2", "tolerance", "from the smallest to the largest mean")
def _(mine, theirs, draws):
    return interval((mine - theirs)[draws].mean(axis=1), 0, 1)


@wrong("25.2", "tolerance", "5 % on each side")
def _(mine, theirs, draws):
    return interval((mine - theirs)[draws].mean(axis=1), 0.05, 0.95)


@wrong("25.2", "mean of what", "the quantiles of the households, not of the means")
def _(mine, theirs, draws):
    return interval(mine - theirs)


@wrong("25.2", "mean of what", "the median of each draw")
def _(mine, theirs, draws):
    return interval(np.median((mine - theirs)[draws], axis=1))


@wrong("25.2", "library call", "1.96 spreads of the differences")
def _(mine, theirs, draws):
    difference = mine - theirs
    return interval(difference.mean() + 1.96 * np.array([-1, 1]) * difference.std(), 0, 1)


@wrong("25.2", "order of steps", "quantiles first, then the difference")
def _(mine, theirs, draws):
    a, b = (np.quantile(x[draws].mean(axis=1), [0.025, 0.975]) for x in (mine, theirs))
    return int(a[0] > b[0] and a[1] > b[1]) - int(a[0] < b[0] and a[1] < b[1])


@right("25.2", "a loop over draws")
def _(mine, theirs, draws):
    means = [np.mean([mine[i] - theirs[i] for i in draw]) for draw in draws]
    return interval(means)


@right("25.2", "means of both, draw by draw")
def _(mine, theirs, draws):
    means = mine[draws].mean(axis=1) - theirs[draws].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return 1 if low > 1e-12 else -1 if high < -1e-12 else 0


def text(seed, events, *, between="\n", end="", order=sorted):
    return between.join([str(seed), *order(f"{u},{i},{d}" for u, i, d in events)]) + end


def digest(content, kind=hashlib.sha256):
    return kind(content.encode() if isinstance(content, str) else content).hexdigest()


@wrong("25.3", "library call", "MD5")
def _(seed, events):
    return digest(text(seed, events), hashlib.md5)


@wrong("25.3", "library call", "SHA-1")
def _(seed, events):
    return digest(text(seed, events), hashlib.sha1)


@wrong("25.3", "library call", "SHA-3 of 256 bits")
def _(seed, events):
    return digest(text(seed, events), hashlib.sha3_256)


@wrong("25.3", "library call", "Python's own hash")
def _(seed, events):
    return f"{hash(text(seed, events)) % 2**256:064x}"


@wrong("25.3", "shapes", "bytes, not hexadecimal digits")
def _(seed, events):
    return str(hashlib.sha256(text(seed, events).encode()).digest())


@wrong("25.3", "order of rows", "the events in the order given")
def _(seed, events):
    return digest(text(seed, events, order=list))


@wrong("25.3", "order of rows", "sorted by user, item and the day as a number")
def _(seed, events):
    return digest("\n".join([str(seed), *(f"{u},{i},{d}" for u, i, d in sorted(events))]))


@wrong("25.3", "order of steps", "the seed is sorted among the events")
def _(seed, events):
    return digest("\n".join(sorted(text(seed, events).split("\n"))))


@wrong("25.3", "collision", "nothing between the lines")
def _(seed, events):
    return digest(text(seed, events, between=""))


@wrong("25.3", "collision", "each event once")
def _(seed, events):
    return digest(text(seed, set(events)))


@wrong("25.3", "off by one", "a line's end after the last line")
def _(seed, events):
    return digest(text(seed, events, end="\n"))


@wrong("25.3", "one of two", "without the seed")
def _(seed, events):
    return digest("\n".join(text(seed, events).split("\n")[1:]))


@wrong("25.3", "neighbouring concept", "the list as Python writes it")
def _(seed, events):
    return digest(f"{seed}\n{sorted(events)}")


@wrong("25.3", "edge", "ASCII, other letters left out")
def _(seed, events):
    return digest(text(seed, events).encode("ascii", errors="ignore"))


@right("25.3", "line by line into the hash")
def _(seed, events):
    state = hashlib.sha256(str(seed).encode())
    for user, item, day in sorted(events, key=lambda event: ",".join(map(str, event))):
        state.update(f"\n{user},{item},{day}".encode())
    return state.hexdigest()


@right("25.3", "one text")
def _(seed, events):
    return digest(text(seed, events))
