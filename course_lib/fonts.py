"""Fonts for names that the figures' own font cannot write: Chinese, and whatever else a log has."""

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
