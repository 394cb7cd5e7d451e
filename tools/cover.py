"""Draw the book's cover from the course's own data: receipts, the list made from them, its worth.

    python tools/cover.py    docs/cover_light.png and docs/cover_dark.png

The household is one whose list does as well as the mean list does, and no better.
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
INKS = {"light": ("#1d2733", "#66727f", "#0072B2"), "dark": ("#e8edf2", "#9aa7b4", "#56B4E9")}
ORANGE = "#E69F00"
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
    chosen = typical[np.argmin(np.abs(lines[typical] - np.median(lines)))]
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
    return chosen.groupby("model")["ndcg"].mean().sort_values(ascending=False)


def draw(titles, bought, hit, scores, theme):
    """The cover for light or dark pages, as a Matplotlib figure without a ground."""
    ink, quiet, blue = INKS[theme]
    colours = {f"{what}.color": ink for what in ("text", "xtick", "ytick")}
    with plt.rc_context({**style(), **colours, "axes.edgecolor": quiet, "font.size": 9.5}):
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), width_ratios=[2.1, 1])
        start = pd.Timestamp(TEST_START)
        seen = bought["day"] < start
        left.scatter(bought["day"][seen], bought["place"][seen], 16, blue, alpha=0.75, lw=0)
        left.scatter(bought["day"][~seen], bought["place"][~seen], 34, ORANGE, lw=0)
        left.axvline(start, color=quiet, lw=1, ls="--")
        left.set_yticks(range(10), [f"{title}  {i + 1}" for i, title in enumerate(titles)])
        left.set_ylim(9.6, -0.6)
        left.xaxis.set_major_formatter(dates.DateFormatter("%b"))
        left.set_title("a year of receipts → a list of ten → what was bought next", color=ink)
        for label, found in zip(left.get_yticklabels(), hit, strict=True):
            label.set_color(ORANGE if found else ink)
        places = np.arange(len(scores))
        kinds = [quiet if name in ("random", "popularity") else blue for name in scores.index]
        right.barh(places, scores, color=kinds, height=0.7)
        right.set_yticks(places, scores.index)
        right.invert_yaxis()
        right.set_title("how good such lists are (NDCG@10)", color=ink)
        for ax in (left, right):
            ax.tick_params(length=0)
            ax.grid(False)
            ax.patch.set_alpha(0)
            ax.spines["left"].set_visible(False)
        figure.patch.set_alpha(0)
        file = io.BytesIO()
        figure.savefig(file, dpi=170, transparent=True, metadata={"Software": None})
        plt.close(figure)
    return Image.open(file)


if __name__ == "__main__":
    drawn = (*example(), board())
    for theme in INKS:
        picture = draw(*drawn, theme)
        picture.quantize(128, method=Image.Quantize.FASTOCTREE).save(
            ROOT / "docs" / f"cover_{theme}.png", optimize=True
        )
