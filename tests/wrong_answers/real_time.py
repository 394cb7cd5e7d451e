"""Ideas for the exercises about streams, rates and queues."""

from collections import Counter, deque

from wrong_answers import right, wrong


def of_lists(idea):
    """An idea about (place, {item: times}), as the exercise asks: place, a list of times, batch."""

    def answer(place, counts, batch):
        state = place, {item: times for item, times in enumerate(counts) if times}
        place, found = idea(state, batch)
        return place, [found.get(item, 0) for item in range(len(counts))]

    return answer


def walk(state, batch, *, known=lambda at, place: at <= place, wait=True, step=None):
    """The counter with one thing changed."""
    place, counts = state
    counts = dict(counts)
    for at, item in batch:
        if known(at, place):
            continue
        if wait and at != place + 1:
            break
        counts[item] = counts.get(item, 0) + 1
        place = at if step is None else step(place, at)
    return place, counts


@wrong("22.1", "order of steps", "counts what comes, whatever is counted already")
@of_lists
def _(state, batch):
    return walk(state, batch, known=lambda at, place: False, wait=False)


@wrong("22.1", "off by one", "the event at the place itself counts again")
@of_lists
def _(state, batch):
    return walk(state, batch, known=lambda at, place: at < place, wait=False)


@wrong("22.1", "off by one", "the first new event is taken for known")
@of_lists
def _(state, batch):
    return walk(state, batch, known=lambda at, place: at <= place + 1, wait=False)


@wrong("22.1", "edge", "goes on beyond a place that has not come")
@of_lists
def _(state, batch):
    return walk(state, batch, wait=False)


@wrong("22.1", "one of two", "the counts are right, the place stays")
@of_lists
def _(state, batch):
    return state[0], walk(state, batch)[1]


@wrong("22.1", "one of two", "the place is right, nothing is counted")
@of_lists
def _(state, batch):
    return walk(state, batch)[0], dict(state[1])


@wrong("22.1", "edge", "the place of the batch's end, wherever it was before")
@of_lists
def _(state, batch):
    place, counts = walk(state, batch)
    return (batch[-1][0] if batch else place), counts


@wrong("22.1", "mean of what", "each item once, not each event")
@of_lists
def _(state, batch):
    place, counts = walk(state, batch)
    before = state[1]
    return place, {item: min(n, before.get(item, 0) + 1) for item, n in counts.items()}


@wrong("22.1", "collision", "an item that was seen before is a copy")
@of_lists
def _(state, batch):
    place, counts = state
    counts = dict(counts)
    for at, item in batch:
        if at != place + 1:
            continue
        place = at
        counts.setdefault(item, 1)
    return place, counts


@wrong("22.1", "neighbouring concept", "places are counted, not read")
@of_lists
def _(state, batch):
    place, counts = walk(state, batch)
    new = sum(counts.values()) - sum(state[1].values())
    return place if not new else len(batch), counts


@wrong("22.1", "zero or negative", "nothing is counted, so the batch is new, gaps and all")
@of_lists
def _(state, batch):
    return walk(state, batch, wait=bool(state[0]))


@wrong("22.1", "order of steps", "counts a whole batch or none of it, by its first place")
@of_lists
def _(state, batch):
    place, counts = state
    if not batch or batch[0][0] != place + 1:
        return place, dict(counts)
    return walk(state, batch)


@wrong("22.1", "edge", "a gap throws the whole batch away")
@of_lists
def _(state, batch):
    place, counts = state
    left = [at for at, _ in batch if at > place]
    if left != list(range(place + 1, place + 1 + len(left))):
        return place, dict(counts)
    return walk(state, batch)


@wrong("22.1", "neighbouring concept", "the batch alone, without what was there before")
@of_lists
def _(state, batch):
    place, counts = walk(state, batch)
    old = Counter(state[1])
    return place, dict(Counter(counts) - old)


@wrong("22.1", "order of rows", "the counts changed in place, and so the caller's")
def _(place, counts, batch):
    for at, item in batch:
        if at > place + 1:
            break
        if at == place + 1:
            counts[item] += 1
            place = at
    return place, counts


@right("22.1", "slices, and a counter")
@of_lists
def _(state, batch):
    place, counts = state
    counts = Counter(counts)
    there = dict(batch)
    while place + 1 in there:
        place += 1
        counts[there[place]] += 1
    return place, dict(counts)


@right("22.1", "one loop that stops")
@of_lists
def _(state, batch):
    place, before = state
    counts = {**before}
    for at, item in sorted(batch):
        if at > place + 1:
            return place, counts
        if at == place + 1:
            counts[item] = 1 + counts.get(item, 0)
            place += 1
    return place, counts


def bucket(times, rate, burst, *, start=None, cap=True, whole=1.0, paid=False, fill=None):
    """The token bucket with one thing changed."""
    left, last, answers = float(burst if start is None else start), None, []
    for time in times:
        if last is not None:
            left += (time - last) * rate if fill is None else fill(time - last, rate)
            left = min(float(burst), left) if cap else left
        last = time
        ok = left >= whole
        answers.append(ok)
        if ok or paid:
            left -= 1
    return answers


@wrong("22.2", "edge", "the bucket begins empty")
def _(times, rate, burst):
    return bucket(times, rate, burst, start=0)


@wrong("22.2", "edge", "the bucket begins with one token")
def _(times, rate, burst):
    return bucket(times, rate, burst, start=1)


@wrong("22.2", "zero or negative", "no upper end: a long wait saves tokens without limit")
def _(times, rate, burst):
    return bucket(times, rate, burst, cap=False)


@wrong("22.2", "zero or negative", "who is refused pays as well")
def _(times, rate, burst):
    return bucket(times, rate, burst, paid=True)


@wrong("22.2", "ties", "more than a whole token is needed")
def _(times, rate, burst):
    return bucket(times, rate, burst, whole=1.0 + 1e-9)


@wrong("22.2", "tolerance", "a part of a token is enough")
def _(times, rate, burst):
    return bucket(times, rate, burst, whole=1e-9)


@wrong("22.2", "tolerance", "only whole seconds bring tokens")
def _(times, rate, burst):
    return bucket(times, rate, burst, fill=lambda wait, rate: int(wait) * rate)


@wrong("22.2", "tolerance", "only whole tokens come in")
def _(times, rate, burst):
    return bucket(times, rate, burst, fill=lambda wait, rate: int(wait * rate))


@wrong("22.2", "one of two", "one token a second, whatever the rate")
def _(times, rate, burst):
    return bucket(times, 1.0, burst)


@wrong("22.2", "neighbouring concept", "the rate taken for seconds a token")
def _(times, rate, burst):
    return bucket(times, 1 / rate, burst)


@wrong("22.2", "order of steps", "full again whenever somebody was refused")
def _(times, rate, burst):
    left, last, answers = float(burst), None, []
    for time in times:
        if last is not None:
            left = min(float(burst), left + (time - last) * rate)
        last = time
        answers.append(left >= 1)
        left = left - 1 if left >= 1 else float(burst)
    return answers


@wrong("22.2", "order of steps", "time counts from the last one let through")
def _(times, rate, burst):
    left, last, answers = float(burst), None, []
    for time in times:
        now = left if last is None else min(float(burst), left + (time - last) * rate)
        answers.append(now >= 1)
        if now >= 1:
            left, last = now - 1, time
        else:
            left = now  # and the same wait is added again
    return answers


@wrong("22.2", "neighbouring concept", "at most burst in each second, counted from the clock")
def _(times, rate, burst):
    seen, answers = Counter(), []
    for time in times:
        answers.append(seen[int(time)] < burst)
        seen[int(time)] += answers[-1]
    return answers


@wrong("22.2", "neighbouring concept", "at most rate + burst in all the time so far")
def _(times, rate, burst):
    answers, through = [], 0
    for time in times:
        answers.append(through < burst + (time - times[0]) * rate)
        through += answers[-1]
    return answers


@right("22.2", "the moment at which a bucket would be full, instead of what is in it")
def _(times, rate, burst):
    full, answers = None, []
    for time in times:
        full = time if full is None else max(full, time)
        ok = (full - time) * rate <= burst - 1
        answers.append(ok)
        full += ok / rate
    return answers


@right("22.2", "a generator")
def _(times, rate, burst):
    def run():
        left = burst
        for before, now in zip([None, *times], times, strict=False):
            left = left if before is None else min(burst, left + rate * (now - before))
            yield left >= 1
            left -= left >= 1

    return [bool(answer) for answer in run()]


def desk(due, work, places, *, gone=lambda end, time: end <= time, count=None, late=None):
    """The queue with one thing changed."""
    ends, answers = [], []
    for time in due:
        inside = [end for end in ends if not gone(end, time)]
        if (count(inside) if count else len(inside)) >= places:
            answers.append(None)
            continue
        start = max(time, inside[-1]) if inside else time
        ends.append(start + work)
        answers.append(late(time, start, work) if late else ends[-1] - time)
    return answers


@wrong("22.3", "zero or negative", "nobody is refused")
def _(due, work, places):
    return desk(due, work, float("inf"))


@wrong("22.3", "off by one", "the one at work does not count")
def _(due, work, places):
    return desk(due, work, places + 1)


@wrong("22.3", "off by one", "one place fewer")
def _(due, work, places):
    return desk(due, work, places, count=lambda inside: len(inside) + 1 if inside else 0)


@wrong("22.3", "ties", "who is done at this moment still has the place")
def _(due, work, places):
    return desk(due, work, places, gone=lambda end, time: end < time)


@wrong("22.3", "mean of what", "the wait, without the work")
def _(due, work, places):
    return desk(due, work, places, late=lambda time, start, work: start - time)


@wrong("22.3", "mean of what", "the work, without the wait")
def _(due, work, places):
    return desk(due, work, places, late=lambda time, start, work: work)


@wrong("22.3", "mean of what", "when it is done, not how late")
def _(due, work, places):
    return desk(due, work, places, late=lambda time, start, work: start + work)


@wrong("22.3", "neighbouring concept", "all at once: nobody waits for another")
def _(due, work, places):
    ends, answers = [], []
    for time in due:
        inside = [end for end in ends if end > time]
        answers.append(None if len(inside) >= places else work)
        if answers[-1] is not None:
            ends.append(time + work)
    return answers


@wrong("22.3", "order of steps", "who is refused takes time as well")
def _(due, work, places):
    ends, answers = [], []
    for time in due:
        inside = [end for end in ends if end > time]
        end = max(time, inside[-1] if inside else time) + work
        ends.append(end)
        answers.append(None if len(inside) >= places else end - time)
    return answers


@wrong("22.3", "zero or negative", "0 for who is refused")
def _(due, work, places):
    return [0 if late is None else late for late in desk(due, work, places)]


@wrong("22.3", "edge", "who is refused is left out")
def _(due, work, places):
    return [late for late in desk(due, work, places) if late is not None]


@wrong("22.3", "order of steps", "once full, full for ever")
def _(due, work, places):
    answers = desk(due, work, places)
    if None in answers:
        first = answers.index(None)
        answers[first:] = [None] * (len(answers) - first)
    return answers


@wrong("22.3", "neighbouring concept", "the length of the queue, not the time in it")
def _(due, work, places):
    ends, answers = [], []
    for time in due:
        inside = [end for end in ends if end > time]
        if len(inside) >= places:
            answers.append(None)
        else:
            answers.append((len(inside) + 1) * work)
            ends.append(max(time, inside[-1] if inside else time) + work)
    return answers


@right("22.3", "a queue of the moments at which each is done")
def _(due, work, places):
    inside, answers = deque(), []
    for time in due:
        while inside and inside[0] <= time:
            inside.popleft()
        if len(inside) == places:
            answers.append(None)
        else:
            inside.append(max([time, *list(inside)[-1:]]) + work)
            answers.append(inside[-1] - time)
    return answers


@right("22.3", "only the moment at which all is done: all work takes the same time")
def _(due, work, places):
    free, answers = float("-inf"), []
    for time in due:
        waiting = max(free - time, 0)
        inside = -(-waiting // work)
        if inside >= places:
            answers.append(None)
        else:
            free = max(free, time) + work
            answers.append(free - time)
    return answers
