"""How the course's figures look: colours, lines, and fonts for names in any script."""

import numpy as np
from cycler import cycler
from matplotlib import font_manager, rcParams
from matplotlib.text import Text

OWN = "DejaVu Sans"  # comes with Matplotlib
FALLBACKS = [
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "Noto Sans CJK JP", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback",
    "PingFang SC", "Hiragino Sans GB", "Heiti SC", "Heiti TC", "STHeiti", "Arial Unicode MS",
    "Microsoft YaHei", "Microsoft JhengHei", "SimHei", "SimSun",
]  # fmt: skip
HINT = (
    "Boxes in a figure stand for signs that no font of the figures has. For Chinese, Japanese and "
    "Korean install one, such as Noto Sans CJK (fonts-noto-cjk), and restart the kernel."
)


PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
INK, FAINT = "#333333", "#B0B0B0"


def style():
    """Matplotlib's settings for the course's look."""
    return {
        "figure.figsize": (7, 4),
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "axes.prop_cycle": cycler(color=PALETTE),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.titlesize": 12,
        "axes.titlelocation": "left",
        "axes.labelsize": 11,
        "axes.axisbelow": True,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "lines.linewidth": 2,
        "font.size": 10.5,
        "font.family": families(),
    }


def families():
    """The figures' own font, and behind it those installed here that know Chinese.

    Only installed ones: of each font that is not there Matplotlib writes a warning.
    """
    installed = set(font_manager.get_font_names())
    return [OWN, *(name for name in FALLBACKS if name in installed)]


def missing_signs(figure):
    """The characters of a figure's texts that none of its fonts can draw, each once, sorted."""
    texts = figure.findobj(Text)
    for ax in figure.axes:  # ticks get their texts only when asked
        texts += [*ax.get_xticklabels(), *ax.get_yticklabels()]
    signs = sorted({sign for text in texts for sign in text.get_text() if not sign.isspace()})
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in rcParams["font.family"]]
    known = {sign for sign in signs if any(font.get_char_index(ord(sign)) for font in fonts)}
    return "".join(sign for sign in signs if sign not in known)


def label_ends(ax, ends):
    """Write each line's name at its end, pushed apart so that no two overlap.

    ends: (y, x, name, colour) of each line, in data coordinates.
    """
    ax.autoscale_view()  # or the heights below are those of an empty figure
    to_pixels = ax.transData.transform
    ordered = sorted(ends, key=lambda end: to_pixels((end[1], end[0]))[1])
    last = -np.inf
    for y, x, name, colour in ordered:
        height = to_pixels((x, y))[1]
        placed = max(height, last + 16)
        last = placed
        ax.annotate(
            str(name),
            (x, y),
            xytext=(8, (placed - height) * 72 / ax.figure.dpi),
            textcoords="offset points",
            va="center",
            color=colour,
            annotation_clip=False,
        )
