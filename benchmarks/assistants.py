"""What each kind of assistant of lesson 20 does with each message, and what it costs.

    python benchmarks/assistants.py           some minutes on one thread, goes on where it ended
    python benchmarks/assistants.py decide    without the language model: a minute

decide: every way of searching answers every message of both sets, into `decisions.csv` in
datasets/assistant: set, way, case, what was decided, what was found, what came of it, CPU
milliseconds of search and decision. Thresholds for the first set are chosen on four fifths of it
and used on the last, five times; for the second set on all of the first.
phrase: a language model (lesson 18's) says in its own words what the encoder's desk has found, for
25 messages of each set, language and kind of decision, drawn by lot; into `answers.csv`: set, case,
answer, CPU seconds.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib.datasets import load_complete_journey
from course_lib.large import encoders
from course_lib.large.language import LanguageModel
from course_lib.shop.assistant_sets import (
    FOLDER,
    all_messages,
    load_sets,
    outcome,
    own_words,
    searches,
    shelf_text,
)
from course_lib.shop.service import choose_thresholds, decide

DRAWN, FOLDS, EACH = 150, 5, 25
PHRASE = {
    "en": "Answer the customer in one short sentence. Use only what the shop has found.",
    "zh": "用一句简短的中文回答顾客。只用商店找到的内容。",
}
EXAMPLES = {
    "en": (
        "Found: Parking is free for 2 hours.\nCustomer: Where do I leave my car?",
        "You can park for free for 2 hours.",
    ),
    "zh": ("找到：停车2小时免费。\n顾客：车停在哪里？", "您可以免费停车2小时。"),
}
FOUND = {"en": "Found: {}\nCustomer: {}", "zh": "找到：{}\n顾客：{}"}
COLUMNS = ["set", "case", "answer", "seconds"]


def goods():
    """The shop's 852 product types with the texts in which they are searched."""
    items = load_complete_journey(min_households=30).items
    items = items.drop_duplicates("type").reset_index(drop=True)
    texts = [shelf_text(*pair) for pair in zip(items["type"], items["category"], strict=True)]
    return items["type"].tolist(), texts


def messages(types):
    """{set: its messages}."""
    drawn = {"first": DRAWN, "second": 0}
    return {s: all_messages(load_sets(s), types, drawn=n, seed=20) for s, n in drawn.items()}


def thresholds(asked, scores):
    """The pair of thresholds that is best on these messages; handovers are none of its business."""
    use = (asked["group"] != "handover").to_numpy()
    tops = [table[use].max(axis=1) for table in scores]
    succeeds, columns = [], [asked["group"][use], asked["right"][use], *(t[use] for t in scores)]
    for group, right, *rows in zip(*columns, strict=True):
        orders = [np.argsort(-row, kind="stable") for row in rows]
        shown, quoted = set(orders[0][:5]) & set(right), orders[1][0] in right
        service = group == "service"
        succeeds.append([bool(shown) and not service, quoted and service, group == "off-topic"])
    return choose_thresholds(*tops, np.array(succeeds), asked["group"][use])


def decisions(asked, way, limits):
    """A Decision for each message, and CPU milliseconds an answer, one by one."""
    found, took = [], []
    for message, pair in zip(asked["message"], limits, strict=True):
        encoders._vectors.clear()  # a shopper's message is new
        started = time.process_time()
        scores = [search.scores([message]) for search in way]
        found += decide([message], *scores, thresholds=pair)
        took.append(1000 * (time.process_time() - started))
    return found, took


def run_decide(folder):
    types, texts = goods()
    both, rows, chosen = messages(types), [], {}
    ways = searches(texts, load_sets().rules, encoders.encode_texts)
    for name, way in ways.items():
        first = both["first"]
        scores = [search.scores(first["message"].tolist()) for search in way]
        fold = np.random.default_rng(20).permutation(len(first)) % FOLDS
        per_fold = [
            thresholds(first[fold != i].reset_index(drop=True), [t[fold != i] for t in scores])
            for i in range(FOLDS)
        ]
        chosen[name] = thresholds(first, scores)
        for which, asked in both.items():
            limits = (
                [per_fold[i] for i in fold] if which == "first" else [chosen[name]] * len(asked)
            )
            found, took = decisions(asked, way, limits)
            for case, (decision, ms) in enumerate(zip(found, took, strict=True)):
                group, language, right = asked.loc[case, ["group", "language", "right"]]
                shown = " ".join(map(str, decision.found))
                came = outcome(decision, group, right)
                kind = decision.kind
                rows.append([which, name, case, group, language, kind, shown, came, round(ms, 2)])
    columns = ["set", "way", "case", "group", "language", "decision", "found", "outcome", "ms"]
    table = pd.DataFrame(rows, columns=columns)
    table.to_csv(folder / "decisions.csv", index=False, lineterminator="\n")
    limits = pd.DataFrame(chosen, index=["goods", "rules"]).T.rename_axis("way")
    limits.to_csv(folder / "thresholds.csv", lineterminator="\n")


def phrases():
    """What the encoder's desk found and was asked: (set, case, language, what the model reads)."""
    types, _ = goods()
    table = pd.read_csv(FOLDER / "decisions.csv", keep_default_na=False, dtype={"found": str})
    table = table[(table["way"] == "encoder") & table["group"].isin(["other words", "service"])]
    table = table[table["decision"].isin(["goods", "rule"])]
    drawn = table.sample(frac=1, random_state=20)  # any beginning of the list is a fair sample
    drawn = drawn.groupby(["set", "language", "decision"]).head(EACH)
    rules, asked = load_sets().rules, messages(types)
    for _, row in drawn.iterrows():
        which, case, language = row[["set", "case", "language"]]
        said = FOUND[language].format(passage(row, types, rules), asked[which].loc[case, "message"])
        yield which, case, language, said


def passage(row, types, rules):
    """What a decision shows: a rule in the message's language, or the first three goods."""
    places = [int(i) for i in row["found"].split()]
    if row["decision"] == "rule":
        return rules["text" if row["language"] == "en" else "text_zh"].iloc[places[0]]
    return "; ".join(own_words(types[i]) for i in places[:3])


def run_phrase(folder, minutes):
    log = folder / "answers.csv"
    if not log.exists():
        pd.DataFrame(columns=COLUMNS).to_csv(log, index=False, lineterminator="\n")
    done = set(pd.read_csv(log)[COLUMNS[:2]].itertuples(index=False, name=None))
    model, known = LanguageModel(), {}
    for which, case, language, said in phrases():
        if (which, case) in done:
            continue
        if time.process_time() > minutes * 60:
            raise SystemExit("time is up: call again to go on")
        started = time.process_time()
        ids = model.chat(*EXAMPLES[language], said, system=PHRASE[language])
        if language not in known:  # the beginning that all share is read once
            other = model.chat(*EXAMPLES[language], "", system=PHRASE[language])
            same = next(n for n, (a, b) in enumerate(zip(ids, other, strict=False)) if a != b)
            known[language] = same, model.read(ids[:same])
        same, reading = known[language]
        answer = model.complete(model.read(ids[same:], reading), most=48, stop=["\n"])
        row = [which, case, answer, round(time.process_time() - started, 3)]
        with log.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = ("decide", "phrase")
    parser.add_argument("tasks", nargs="*", default=[], metavar="TASK", help=", ".join(names))
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after, CPU time")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the tables go")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(names):
        parser.error(f"TASK must be one of {', '.join(names)}, got {', '.join(sorted(unknown))}")
    tasks = options.tasks or names
    if "decide" in tasks:
        run_decide(options.folder)
    if "phrase" in tasks:
        run_phrase(options.folder, options.minutes)


if __name__ == "__main__":
    main()
