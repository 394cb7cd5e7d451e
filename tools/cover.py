"""Draw the book's cover from the course's own data: receipts, the list made from them, its worth.

    python tools/cover.py    docs/cover_list_light.png, …_dark.png, docs/cover_board_light.png, …

The household buys much, and its list does as well as the mean list does, and no better.
"""

import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import dates
from PIL import Image

from course_lib.datasets import load_complete_journey
from course_lib.look import style
from course_lib.metrics import hits
from course_lib.models.ease import EASE
from course_lib.split import split_by_time

ROOT = Path(__file__).parents[1]
INKS = {  # text, what is quiet, what was known, what came true, that as text
    "light": ("#1d2733", "#66727f", "#0072B2", "#E69F00", "#8F5F00"),
    "dark": ("#e8edf2", "#9aa7b4", "#56B4E9", "#E69F00", "#E69F00"),
}
TEST_START = "2017-11-01"


def example():
    """(titles of its ten, their purchases as day and place, which of the ten it then bought)."""
    shop = load_complete_journey(min_households=50)
    split = split_by_time(shop.interactions, "2017-10-01", TEST_START)
    known = split.before_test
    users = np.unique(split.test.users)
    lists = EASE().fit(known).recommend(users, known, 10, exclude_seen=False)
    hit, _ = hits(lists, split.test.matrix()[users], 10)
    counts, lines = hit.sum(axis=1), np.bincount(known.users, minlength=known.n_users)[users]
    typical = np.flatnonzero(counts == round(counts.mean()))
    chosen = typical[np.argmin(np.abs(lines[typical] - np.quantile(lines, 0.9)))]
    log = shop.interactions
    theirs = (log.users == users[chosen]) & np.isin(log.items, lists[chosen])
    places = {item: place for place, item in enumerate(lists[chosen])}
    days = pd.to_datetime(log.timestamps[theirs], unit="s")
    bought = pd.DataFrame({"day": days, "place": [places[i] for i in log.items[theirs]]})
    titles = shop.items.set_index("item_id").loc[log.item_ids[lists[chosen]], "title"]
    return [_short(title) for title in titles], bought, hit[chosen]


def _short(title):
    return title.split(",")[0].split("(")[0].strip().capitalize()


def board():
    """NDCG@10 on held-out weeks, all purchases, mean over seeds; best first."""
    seeds = pd.read_csv(ROOT / "datasets" / "leaderboard" / "seeds.csv")
    chosen = seeds[seeds["task"] == "replenish"]
    return chosen.groupby("model")["ndcg"].mean().sort_values(ascending=False, kind="stable")


def draw_list(ax, inks, titles, bought, hit):
    """When each product of the list was bought, before the list was made and after."""
    ink, quiet, blue, orange, orange_text = inks
    start = pd.Timestamp(TEST_START)
    seen = bought["day"] < start
    ax.scatter(bought["day"][seen], bought["place"][seen], 16, blue, alpha=0.75, lw=0)
    ax.scatter(bought["day"][~seen], bought["place"][~seen], 34, orange, lw=0)
    ax.axvline(start, color=quiet, lw=1, ls="--")
    ax.set_yticks(range(10), [f"{title}  {place}" for place, title in enumerate(titles, 1)])
    ax.set_ylim(9.6, -0.6)
    ax.xaxis.set_major_formatter(dates.DateFormatter("%b"))
    for label, found in zip(ax.get_yticklabels(), hit, strict=True):
        label.set_color(orange_text if found else ink)


def draw_board(ax, inks, scores):
    """How good the lists of each model are; what learns nothing about a shopper is grey."""
    _, quiet, blue, *_ = inks
    places = np.arange(len(scores))
    kinds = [quiet if name in ("random", "popularity") else blue for name in scores.index]
    bars = ax.barh(places, scores, color=kinds, height=0.72)
    ax.bar_label(bars, fmt="%.2f", padding=3, color=quiet, fontsize=8)
    ax.set_yticks(places, scores.index)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.invert_yaxis()


def picture(drawn, what, height, theme):
    """One picture for light or dark pages, without a ground."""
    inks = INKS[theme]
    colours = {f"{part}.color": inks[0] for part in ("text", "xtick", "ytick")}
    with plt.rc_context({**style(), **colours, "axes.edgecolor": inks[1], "font.size": 9}):
        figure, ax = plt.subplots(figsize=(5.6, height))
        drawn(ax, inks, *what)
        ax.tick_params(length=0)
        ax.grid(False)
        ax.spines["left"].set_visible(False)
        file = io.BytesIO()
        figure.savefig(file, dpi=240, transparent=True)
        plt.close(figure)
    return Image.open(file).quantize(64, method=Image.Quantize.FASTOCTREE)


if __name__ == "__main__":
    pictures = {"list": (draw_list, example(), 3.0), "board": (draw_board, (board(),), 3.4)}
    for name, (drawn, what, height) in pictures.items():
        for theme in INKS:
            path = ROOT / "docs" / f"cover_{name}_{theme}.png"
            picture(drawn, what, height, theme).save(path, optimize=True)
