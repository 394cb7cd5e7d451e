"""The course's figures: one look, labelled axes, colours that colour-blind readers tell apart.

Every function takes arrays, a Series or a DataFrame, and an optional `ax` to draw on; it returns
the Matplotlib Axes. Colours are those of Okabe & Ito 2008, Color Universal Design.
"""

import io

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from matplotlib import patheffects
from matplotlib.figure import Figure

from course_lib.alt_text import describe

PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
INK, FAINT = "#333333", "#B0B0B0"


def use_style():
    """Set the course's look for every figure of this notebook, and give each a text to read.

    The text (`alt_text.describe`) stands in for the picture where none can be shown.
    """
    notebook = get_ipython()
    if notebook is not None:
        plt.switch_backend(plt.get_backend())  # starting later, it would undo the next lines
        texts = notebook.display_formatter.formatters["text/plain"]
        texts.for_type(Figure, lambda figure, printer, cycle: printer.text(describe(figure)))
    plt.rcParams.update(
        {
            "figure.figsize": (7, 4),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=PALETTE),
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
        }
    )


def arrows(vectors, labels, *, ax=None):
    """2-D vectors as arrows from the origin, each with its label at the tip.

    vectors: (n, 2); labels: n texts. Both axes have the same scale, so angles are true.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or vectors.shape[1] != 2:
        raise ValueError(f"vectors must be (n, 2), got shape {vectors.shape}")
    ax = _axes(ax)
    for i, ((x, y), label) in enumerate(zip(vectors, labels, strict=True)):
        colour = PALETTE[i % len(PALETTE)]
        ax.annotate(
            "",
            (x, y),
            (0, 0),
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "lw": 2.5,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        ax.annotate(
            label,
            (x, y),
            xytext=(6 if x >= 0 else -6, 6 if y >= 0 else -6),
            textcoords="offset points",
            color=colour,
            ha="left" if x >= 0 else "right",
            va="bottom" if y >= 0 else "top",
            path_effects=[patheffects.withStroke(linewidth=3, foreground="white")],
        )
    low = np.minimum(vectors.min(axis=0), 0)
    high = np.maximum(vectors.max(axis=0), 0)
    room = 0.15 * max((high - low).max(), 1e-9)
    left = 3 * room if low[0] < 0 else room  # a label stands beyond its tip
    ax.set(xlim=(low[0] - left, high[0] + 3 * room), ylim=(low[1] - room, high[1] + 2 * room))
    ax.set_aspect("equal")
    ax.axhline(0, color=FAINT, lw=1, zorder=0)
    ax.axvline(0, color=FAINT, lw=1, zorder=0)
    return ax


def heatmap(matrix, rows, columns, *, ax=None, digits=2):
    """A matrix as coloured, annotated cells; blue below zero, orange above, white at zero.

    matrix: (n, m); rows: n names; columns: m names; NaN cells stay empty.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.shape != (len(rows), len(columns)):
        raise ValueError(
            f"matrix must be ({len(rows)}, {len(columns)}) to fit its names, got {matrix.shape}"
        )
    ax = _axes(ax)
    most = np.nanmax(np.abs(matrix)) or 1.0
    colours = plt.matplotlib.colors.LinearSegmentedColormap.from_list(
        "course", [PALETTE[0], "white", PALETTE[1]]
    )
    ax.imshow(matrix, cmap=colours, vmin=-most, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(matrix):
        if not np.isnan(value):
            dark = abs(value) > 0.7 * most
            text = f"{value:.{digits}f}"
            ax.text(column, row, text, ha="center", va="center", color="white" if dark else INK)
    ax.set_xticks(range(len(columns)), columns, rotation=30 if _long(columns) else 0)
    if _long(columns):
        plt.setp(ax.get_xticklabels(), ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def bars(values, *, low=None, high=None, xlabel="", ax=None, digits=3, highlight=None):
    """Horizontal bars, first on top, each with its number and, where given, its interval.

    values: Series, index = names; low, high: the interval's ends in the same order; highlight:
    a name (or several) drawn in the accent colour.
    """
    values = pd.Series(values)
    ax = _axes(ax)
    places = np.arange(len(values))[::-1]
    highlight = [highlight] if isinstance(highlight, str) else highlight
    colours = [
        PALETTE[1] if highlight is not None and name in highlight else PALETTE[0]
        for name in values.index
    ]
    ax.barh(places, values, color=colours, height=0.65)
    ends = values.to_numpy()
    if low is not None:
        low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
        ax.hlines(places, low, high, color=INK, lw=1.5)
        ends = np.maximum(ends, high)
    room = 0.01 * (max(ends.max(), 0) - min(ends.min(), 0) or 1)
    for place, value, end in zip(places, values, ends, strict=True):
        ax.text(max(end, 0) + room, place, f"{value:.{digits}f}", va="center", color=INK)
    ax.set_yticks(places, values.index)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.12)
    ax.set_xlabel(xlabel)
    return ax


def lines(frame, *, xlabel="", ylabel="", ax=None, logx=False, logy=False):
    """One line a column, its name written at its end; index = x.

    frame: DataFrame (or Series) of numbers with a numeric index.
    """
    frame = pd.DataFrame(frame)
    ax = _axes(ax)
    if logx:
        ax.set_xscale("log")
    if logy:
        ax.set_yscale("log")
    ends = []
    for i, name in enumerate(frame.columns):
        column = frame[name].dropna()
        (line,) = ax.plot(column.index, column, color=PALETTE[i % len(PALETTE)])
        ends.append((column.iloc[-1], column.index[-1], name, line.get_color()))
    ax.margins(x=0.02)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    _label_ends(ax, ends)
    return ax


def surface(function, xlim, ylim, *, paths=None, ax=None, xlabel="", ylabel="", label="loss"):
    """A function of two numbers as filled contours, darker is lower, with walks drawn on it.

    function(X, Y) takes two (100, 100) grids; xlim, ylim: (low, high); paths: {name: (steps, 2)}.
    """
    ax = _axes(ax)
    grid_x, grid_y = np.meshgrid(np.linspace(*xlim, 100), np.linspace(*ylim, 100))
    heights = np.asarray(function(grid_x, grid_y))
    contours = ax.contourf(grid_x, grid_y, heights, levels=20, cmap="Blues_r")
    ax.figure.colorbar(contours, ax=ax, label=label, shrink=0.9)
    bright = [PALETTE[1], PALETTE[4], PALETTE[2], PALETTE[3], PALETTE[6]]
    for i, (name, path) in enumerate((paths or {}).items()):
        path = np.asarray(path)
        colour = bright[i % len(bright)]
        halo = [patheffects.withStroke(linewidth=2.5, foreground="white")]
        ax.plot(*path.T, color=colour, lw=1.8, marker=".", ms=3, label=name, path_effects=halo)
        ax.plot(*path[0], marker="o", ms=8, mfc="white", mec=colour)
        ax.plot(*path[-1], marker="*", ms=14, mfc=colour, mec="white")
    if paths:
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.15), ncols=4)
    ax.set(xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel)
    return ax


def reliability(predicted, observed, *, bins=10, ax=None, label=None):
    """Calibration: in each bin of equally many cases, predicted probability against what happened.

    predicted: (n,) probabilities; observed: (n,) 0 or 1. Points on the diagonal keep their promise.
    Bins are quantiles of the prediction; equal predictions may share one. Murphy & Winkler 1977.
    """
    ax = _axes(ax)
    points = reliability_table(predicted, observed, bins=bins)
    if not ax.lines:
        ax.axline((0, 0), slope=1, color=FAINT, lw=1.5, ls="--", zorder=0)
    ax.plot(points["predicted"], points["observed"], marker="o", label=label)
    curves = [line.get_xydata() for line in ax.lines if line.get_marker() == "o"]
    high = max(0.01, 1.05 * np.concatenate(curves).max())
    ax.set(xlim=(0, high), ylim=(0, high), aspect="equal")
    ax.set(xlabel="predicted probability", ylabel="share that happened")
    if label:
        ax.legend()
    return ax


def reliability_table(predicted, observed, *, bins=10):
    """The numbers behind `reliability`: a row a bin with mean predicted, share observed, cases.

    >>> reliability_table([0.1, 0.1, 0.9, 0.9], [0, 0, 1, 0], bins=2)
       predicted  observed  cases
    0        0.1       0.0      2
    1        0.9       0.5      2
    """
    predicted, observed = np.asarray(predicted, float), np.asarray(observed, float)
    if predicted.shape != observed.shape or predicted.ndim != 1:
        raise ValueError(
            f"predicted and observed must be (n,), got {predicted.shape} and {observed.shape}"
        )
    bin_of = pd.qcut(predicted, bins, labels=False, duplicates="drop")
    table = pd.DataFrame({"predicted": predicted, "observed": observed}).groupby(bin_of)
    return table.mean().assign(cases=table.size()).reset_index(drop=True)


def histogram(values, *, bins=30, xlabel="", ax=None, label=None):
    """How often each size of value occurs."""
    ax = _axes(ax)
    ax.hist(np.asarray(values), bins=bins, color=PALETTE[0], label=label)
    ax.set(xlabel=xlabel, ylabel="how many")
    return ax


class Explorer(ipywidgets.VBox):
    """Sliders over a picture that follows them; a saved notebook shows one line of text."""

    def __init__(self, draw, sliders, figsize):
        self.draw = draw
        self.figsize = figsize
        self.sliders = {
            name: ipywidgets.FloatSlider(
                value=start,
                min=low,
                max=high,
                step=(high - low) / 100,
                description=name.replace("_", " "),
                style={"description_width": "initial"},
                layout={"width": "420px"},
            )
            for name, (low, high, start) in sliders.items()
        }
        self.picture = ipywidgets.Image(format="png", layout={"align_self": "flex-start"})
        for slider in self.sliders.values():
            slider.observe(self._redraw, names="value")
        self._redraw()
        super().__init__([*self.sliders.values(), self.picture])

    def _redraw(self, _change=None):
        figure = Figure(figsize=self.figsize, layout="constrained")
        self.draw(figure.subplots(), **{name: s.value for name, s in self.sliders.items()})
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        self.picture.value = buffer.getvalue()

    def _repr_mimebundle_(self, **kwargs):
        names = ", ".join(
            f"{name.replace('_', ' ')} {slider.min:g} to {slider.max:g}"
            for name, slider in self.sliders.items()
        )
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = f"[run this cell for sliders: {names}]"
        return bundle


def explorer(draw, *, figsize=(6, 4), **sliders):
    """A picture with knobs: draw(ax, **values) runs again whenever a slider moves.

    sliders: name = (low, high, start). Returns an ipywidgets box; where no widget can be shown,
    as in a saved notebook, one line of text says what it would offer.
    """
    for name, (low, high, start) in sliders.items():
        if not low <= start <= high or low == high:
            raise ValueError(f"{name} must start within {low}..{high}, got {start}")
    return Explorer(draw, sliders, figsize)


def _axes(ax):
    return plt.subplots()[1] if ax is None else ax


def _long(names):
    return len(names) > 1 and max(len(str(name)) for name in names) * len(names) > 60


def _label_ends(ax, ends):
    """Write each line's name at its end, pushed apart so that no two overlap."""
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
