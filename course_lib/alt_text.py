"""What a figure shows, in words and numbers: for readers who cannot see it, and for the tests.

Pictures cannot be compared from one machine to the next, texts can. In a notebook every figure
carries this text, so a strict check of the outputs checks the numbers behind the figures too.
"""

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.contour import ContourSet
from matplotlib.lines import AxLine


def describe(figure):
    """One line for each Axes of a Matplotlib figure: title, labels, and what is drawn.

    Numbers have two significant digits: enough to notice another result, and few enough to be
    the same on another processor. What is too small to be seen, below a thousandth of the axis, is
    0. An Axes that `approximate` has marked shows no numbers.

    >>> from matplotlib.figure import Figure
    >>> figure = Figure()
    >>> ax = figure.subplots()
    >>> line = ax.plot([0, 10], [1, 3])
    >>> title = ax.set(title="Sales", xlabel="day", ylabel="dollars")
    >>> print(describe(figure))
    Figure
      Sales (day; dollars): line of 2 points, x 0 to 10, y 1 to 3, mean 2
    """
    shown = [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]
    return "\n".join(["Figure", *(f"  {_axes(ax)}" for ax in shown)])


def approximate(drawn):
    """Mark an Axes, or a whole figure, whose numbers differ from machine to machine; returns it.

    Training's do. Its description then says only what kind of things are drawn. Print the numbers
    that matter beside the figure, rounded to what survives.
    """
    drawn.set_gid("approximate")
    return drawn


def _axes(ax):
    title = " ".join(ax.get_title(loc=place) for place in ("left", "center", "right")).strip()
    labels = "; ".join(filter(None, (ax.get_xlabel(), ax.get_ylabel())))
    head = f"{title or 'Axes'}{f' ({labels})' if labels else ''}".replace("\n", " ")
    lines = [line for line in ax.lines if _shows_data(line, ax)]
    parts = [*_bars(ax), *map(_line, lines), *_arrows(ax), *map(_image, ax.images)]
    parts += [_collection(drawn) for drawn in ax.collections]
    if "approximate" in (ax.get_gid(), ax.figure.get_gid()):
        parts = [part.split(",")[0] for part in parts]
    return f"{head}: {'; '.join(filter(None, parts)) or 'no data'}"


def _shows_data(line, ax):
    # A guide across the whole Axes (axhline, axvline, axline) is drawn in other coordinates.
    in_data = line.get_transform().contains_branch_seperately(ax.transData)
    return all(in_data) and not isinstance(line, AxLine)


def _arrows(ax):
    tips = [text.xy for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    if tips:
        x, y = np.asarray(tips, float).T
        yield f"{len(tips)} arrows, to x {_range(x)}, y {_range(y)}, mean {_number(_mean(y), y)}"


def _line(line):
    x = _seen(np.asarray(line.get_xdata(), float), line.axes.xaxis)
    y = _seen(np.asarray(line.get_ydata(), float), line.axes.yaxis)
    name = f"line of {len(x)} points"
    return f"{name}, x {_range(x)}, y {_range(y)}, mean {_number(_mean(y), y)}"


def _bars(ax):
    for bars in ax.containers:
        patches = getattr(bars, "patches", None)
        if patches:
            sideways = getattr(bars, "orientation", "vertical") == "horizontal"
            sizes = [bar.get_width() if sideways else bar.get_height() for bar in patches]
            sizes = np.asarray(sizes, float)
            yield f"{len(sizes)} bars, {_range(sizes)}, mean {_number(_mean(sizes), sizes)}"


def _image(image):
    values = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
    shape = " × ".join(map(str, values.shape))
    return f"{shape} cells, {_range(values)}, mean {_number(_mean(values), values)}"


def _collection(drawn):
    if isinstance(drawn, PathCollection):
        x, y = np.ma.filled(np.ma.asarray(drawn.get_offsets(), dtype=float), np.nan).T
        x, y = _seen(x, drawn.axes.xaxis), _seen(y, drawn.axes.yaxis)
        return f"{len(x)} points, x {_range(x)}, y {_range(y)}, mean {_number(_mean(y), y)}"
    if isinstance(drawn, ContourSet):
        return f"contours, {_range(drawn.zmin, drawn.zmax)}"
    return ""


def _seen(values, axis):
    if axis.get_scale() != "linear":
        return values
    return np.where(np.abs(values) < 1e-3 * np.ptp(axis.get_view_interval()), 0.0, values)


def _range(*values):
    values = np.concatenate([np.ravel(value) for value in values])
    if not np.isfinite(values).any():
        return "nothing"
    low, high = np.nanmin(values), np.nanmax(values)
    return f"{_number(low, values)} to {_number(high, values)}"


def _mean(values):
    return np.nanmean(values) if np.isfinite(values).any() else np.nan


def _number(value, among):
    """Two significant digits; rounding noise around zero is zero, an exact half rounds away."""
    largest = np.nanmax(np.abs(among), initial=0.0)
    if abs(value) <= 1e-9 * largest:
        return "0"
    return f"{value * (1 + 1e-9):.2g}"
