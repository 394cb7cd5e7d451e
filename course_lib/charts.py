"""The course's figures: one look, labelled axes, colours that colour-blind readers tell apart.

Every function takes arrays, a Series or a DataFrame, and an optional `ax` to draw on; it returns
the Matplotlib Axes. What cannot be drawn is a ValueError that names the value: nothing at all,
words or dates in place of numbers, infinite numbers. Colours are those of Okabe & Ito 2008, Color
Universal Design.
"""

import contextlib
import warnings
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from matplotlib import patheffects
from matplotlib.figure import Figure

from course_lib import look
from course_lib.alt_text import describe
from course_lib.calibration import reliability_table
from course_lib.drawable import numbers_of, places_of
from course_lib.look import FAINT, INK, PALETTE


def use_style():
    """Set the course's look for every figure of this notebook, and give each a text to read.

    The text (`alt_text.describe`) stands in for the picture where none can be shown. In a kernel
    figures appear below their cell whatever MPLBACKEND says. Chinese and other names that the
    usual font cannot write are drawn with another one; where none is installed, a line says so.
    """
    notebook = get_ipython()
    if notebook is not None:
        if hasattr(notebook, "kernel"):
            notebook.enable_matplotlib("inline")
        plt.switch_backend(plt.get_backend())  # starting later, it would undo the next lines
        hint = cache(lambda: print(look.HINT))

        def show(figure, printer, _cycle):
            printer.text(describe(figure))
            with contextlib.suppress(Exception):  # a hint must not take the picture away
                if look.missing_signs(figure):
                    hint()

        notebook.display_formatter.formatters["text/plain"].for_type(Figure, show)
    warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from font")  # the hint says it
    plt.rcParams.update(look.style())


def arrows(vectors, labels, *, ax=None):
    """2-D vectors as arrows from the origin, each with its label at the tip.

    vectors: (n, 2); labels: n texts. Both axes have the same scale, so angles are true.
    """
    vectors = numbers_of(vectors, "vectors")
    if vectors.ndim != 2 or vectors.shape[1] != 2:
        raise ValueError(f"vectors must be (n, 2), got shape {vectors.shape}")
    if len(vectors) != len(labels):
        raise ValueError(f"labels must be {len(vectors)}, one a vector, got {len(labels)}")
    ax = _axes(ax)
    for i, ((x, y), label) in enumerate(zip(vectors, labels, strict=True)):
        colour = PALETTE[i % len(PALETTE)]
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (x, y), (0, 0), arrowprops=arrow)
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
    for guide in (ax.axhline, ax.axvline):
        guide(0, color=FAINT, lw=1, zorder=0)
    return ax


def heatmap(matrix, rows, columns, *, ax=None, digits=2):
    """A matrix as coloured, annotated cells; blue below zero, orange above, white at zero.

    matrix: (n, m); rows: n names; columns: m names; NaN cells stay empty.
    """
    matrix = numbers_of(matrix, "matrix", gaps=True)
    if matrix.shape != (len(rows), len(columns)):
        raise ValueError(
            f"matrix must be ({len(rows)}, {len(columns)}) to fit its names, got {matrix.shape}"
        )
    ax = _axes(ax)
    most = np.nanmax(np.abs(matrix), initial=0) or 1.0
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

    values: Series, index = names, NaN without a bar; low, high: the interval's ends in the same
    order, both or neither; highlight: a name (or several) drawn in the accent colour.
    """
    series = pd.Series(values)
    names, values = series.index, numbers_of(series, "values", gaps=True)
    if any(isinstance(end, pd.Series) and not end.index.equals(names) for end in (low, high)):
        raise ValueError("low and high must have the index of values, in the same order")
    has_interval = low is not None or high is not None
    if has_interval:
        low = numbers_of(low, "low", gaps=True, shape=values.shape)
        high = numbers_of(high, "high", gaps=True, shape=values.shape)
    ax = _axes(ax)
    places = np.arange(len(values))[::-1]
    highlight = [highlight] if isinstance(highlight, str) else highlight
    colours = [
        PALETTE[1] if highlight is not None and name in highlight else PALETTE[0] for name in names
    ]
    ax.barh(places, values, color=colours, height=0.65)
    ends = np.nan_to_num(values)
    if has_interval:
        ax.hlines(places, low, high, color=INK, lw=1.5)
        ends = np.fmax(ends, high)
    room = 0.01 * (max(ends.max(), 0) - min(ends.min(), 0) or 1)
    for place, value, end in zip(places, values, ends, strict=True):
        ax.text(max(end, 0) + room, place, f"{value:.{digits}f}", va="center", color=INK)
    ax.set_yticks(places, names)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.12)
    ax.set_xlabel(xlabel)
    return ax


def lines(frame, *, xlabel="", ylabel="", ax=None, logx=False, logy=False):
    """One line a column, its name written at its end; index = x.

    frame: DataFrame (or Series) of numbers; its index holds numbers, times or periods, and
    whatever else is taken for words, in their order. NaN and infinite values are left out, and a
    column without a value has no line.
    """
    if np.isscalar(frame):
        raise ValueError(f"frame must be a DataFrame, a Series or an array, got {frame!r}")
    frame = pd.DataFrame(frame)
    numbers = numbers_of(frame, "frame", gaps=True, infinite=True)
    x = places_of(frame.index)
    if logx and x.dtype.kind not in "biuf":
        raise ValueError(f"logx needs an index of numbers, got {frame.index[0]!r}")
    ax = _axes(ax)
    if logx:
        ax.set_xscale("log")
    if logy:
        ax.set_yscale("log")
    if x.dtype == object:
        ax.xaxis.update_units(x)  # words stand in the index's order, also where a line has gaps
    ends = []
    for i, name in enumerate(frame.columns):
        seen = np.isfinite(numbers[:, i]) & ~pd.isna(x)
        (line,) = ax.plot(x[seen], numbers[seen, i], color=PALETTE[i % len(PALETTE)])
        if seen.any():
            place, height = line.get_xydata()[-1]
            ends.append((height, place, name, line.get_color()))
    ax.margins(x=0.02)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    look.label_ends(ax, ends)
    return ax


def surface(function, xlim, ylim, *, paths=None, ax=None, xlabel="", ylabel="", label="loss"):
    """A function of two numbers as filled contours, darker is lower, with walks drawn on it.

    function(X, Y) takes two (100, 100) grids; xlim, ylim: (low, high); paths: {name: (steps, 2)}.
    """
    grid_x, grid_y = np.meshgrid(np.linspace(*xlim, 100), np.linspace(*ylim, 100))
    heights = numbers_of(function(grid_x, grid_y), "the function's values", gaps=True)
    if heights.shape not in ((), grid_x.shape):
        raise ValueError(f"function must return {grid_x.shape} values, got {heights.shape}")
    heights = np.broadcast_to(heights, grid_x.shape)
    paths = {
        name: numbers_of(path, f"path {name!r}", shape=(len(path), 2))
        for name, path in (paths or {}).items()
    }
    ax = _axes(ax)
    contours = ax.contourf(grid_x, grid_y, heights, levels=20, cmap="Blues_r")
    ax.figure.colorbar(contours, ax=ax, label=label, shrink=0.9)
    bright = [PALETTE[1], PALETTE[4], PALETTE[2], PALETTE[3], PALETTE[6]]
    for i, (name, path) in enumerate(paths.items()):
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

    The numbers are those of `calibration.reliability_table`. Points on the diagonal keep their
    promise.
    """
    points = reliability_table(predicted, observed, bins=bins)
    ax = _axes(ax)
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


def histogram(values, *, bins=30, xlabel="", ax=None, label=None):
    """How often each size of value occurs; of numbers or times, missing ones left out."""
    values = np.ravel(values)
    if values.dtype.kind == "M":
        values = values[~np.isnat(values)]
    else:
        values = numbers_of(values, "values", gaps=True)
        values = values[~np.isnan(values)]
    if not values.size:
        raise ValueError("values must hold at least one that is not missing, got none")
    ax = _axes(ax)
    ax.hist(values, bins=bins, color=PALETTE[0], label=label)
    ax.set(xlabel=xlabel, ylabel="how many")
    return ax


def _axes(ax):
    return plt.subplots()[1] if ax is None else ax


def _long(names):
    return len(names) > 1 and max(len(str(name)) for name in names) * len(names) > 60
