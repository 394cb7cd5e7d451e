"""What a figure shows, in words and numbers: for readers who cannot see it, and for the tests.

Pictures cannot be compared from one machine to the next, texts can. In a notebook every figure
carries this text, so a strict check of the outputs checks the numbers behind the figures too.
"""

import warnings
from collections import Counter

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PathCollection
from matplotlib.contour import ContourSet
from matplotlib.legend import Legend
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import Rectangle, Wedge
from matplotlib.spines import Spine
from matplotlib.text import Text

# Whiskers, bands, shaded spans and labels: beside other data they go without saying.
_COMPANIONS = (LineCollection, FillBetweenPolyCollection, Rectangle, Text, Line2D)


def describe(figure):
    """One line for each Axes of a Matplotlib figure: title, labels, and what is drawn.

    Numbers have two significant digits: enough to notice another result, and few enough to be
    the same on another processor. What is too small to be seen, below a thousandth of the axis, is
    0. An Axes that `approximate` has marked shows no numbers. On an axis of words or dates these
    stand in place of numbers. What is none of the usual kinds is told by its kind alone
    ("1 Quiver"), and "no data" is said of an empty Axes only. Never raises.

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
    shown += [child for ax in shown for child in ax.child_axes if isinstance(child, Axes)]
    with warnings.catch_warnings(action="ignore"):  # infinite data have no mean
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
    parts = _parts(ax)
    if "approximate" in (ax.get_gid(), ax.figure.get_gid()):
        parts = [part.split(",")[0] for part in parts]
    return f"{head}: {'; '.join(parts) or 'no data'}"


def _parts(ax):
    """What is drawn, a text each: the usual kinds first, then the others by their kind."""
    groups = [group for group in map(_bars, ax.containers) if group]
    in_bars = {bar for bars, _ in groups for bar in bars}
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    wedges = [patch for patch in ax.patches if isinstance(patch, Wedge)]
    lines = [line for line in ax.lines if _shows_data(line, ax)]
    told = [text for _, text in groups]
    told += [_told(_line, line) for line in lines]
    told += [_told(_arrows, arrows)] if arrows else []
    told += [_told(_wedges, wedges)] if wedges else []
    told += [_told(_image, image) for image in ax.images]
    usual = {*in_bars, *arrows, *wedges, *lines, *ax.images}
    others = [drawn for drawn in _drawn(ax) if drawn not in usual]
    large = [drawn for drawn in others if not isinstance(drawn, _COMPANIONS)]
    told += [_told(_collection, drawn) for drawn in large if _has_values(drawn)]
    counts = Counter(type(drawn).__name__ for drawn in large if not _has_values(drawn))
    told += [f"{count} {kind}" for kind, count in counts.items()]
    return told or [_told(_companion, drawn) for drawn in others]


def _told(describe_one, drawn):
    try:
        return describe_one(drawn)
    except Exception:  # whatever a learner draws: a text must not take the picture away
        return f"1 {type(drawn).__name__}"


def _drawn(ax):
    """What was drawn in an Axes, without the parts that every Axes has."""
    frame = (Spine, Axis, Legend)
    scales = [child for child in ax.child_axes if not isinstance(child, Axes)]
    texts = set(ax.texts)
    for child in ax.get_children():
        is_title = isinstance(child, Text) and child not in texts
        if not (isinstance(child, frame) or child in [ax.patch, *scales] or is_title):
            yield child


def _shows_data(line, ax):
    # A guide across the whole Axes (axhline, axvline, axline) is drawn in other coordinates.
    in_data = line.get_transform().contains_branch_seperately(ax.transData)
    return all(in_data) and not isinstance(line, AxLine)


def _has_values(drawn):
    if isinstance(drawn, PathCollection | ContourSet):
        return True
    values = getattr(drawn, "get_array", lambda: None)()
    return values is not None and np.size(values) > 0


def _arrows(texts):
    ax = texts[0].axes
    x = np.array([ax.xaxis.convert_units(text.xy[0]) for text in texts], float)
    y = np.array([ax.yaxis.convert_units(text.xy[1]) for text in texts], float)
    return f"{len(texts)} arrows, to {_place(x, y, ax)}"


def _line(line):
    if hasattr(line, "get_data_3d"):
        x, y, z = (np.asarray(values, float) for values in line.get_data_3d())
        return f"line of {len(x)} points, x {_range(x)}, y {_range(y)}, z {_range(z)}"
    x, y = np.asarray(line.get_xdata(orig=False)), np.asarray(line.get_ydata(orig=False))
    ax = line.axes
    return f"line of {len(x)} points, {_place(_seen(x, ax.xaxis), _seen(y, ax.yaxis), ax)}"


def _bars(bars):
    """The bars of a container and their text; None for a container of anything else."""
    patches = list(getattr(bars, "patches", None) or [])
    if not patches or not all(isinstance(bar, Rectangle) for bar in patches):
        return None
    sideways = getattr(bars, "orientation", "vertical") == "horizontal"
    sizes = [bar.get_width() if sideways else bar.get_height() for bar in patches]
    return patches, _told(lambda sizes: f"{len(sizes)} bars, {_spread(sizes)}", sizes)


def _wedges(wedges):
    shares = [abs(wedge.theta2 - wedge.theta1) / 360 for wedge in wedges]
    return f"{len(wedges)} wedges, {_range(_floats(shares))}"


def _image(image):
    values = _floats(image.get_array())
    return f"{' × '.join(map(str, values.shape))} cells, {_spread(values)}"


def _collection(drawn):
    if isinstance(drawn, ContourSet):
        return f"contours, {_range(np.array([drawn.zmin, drawn.zmax]))}"
    if not isinstance(drawn, PathCollection):
        values = _floats(drawn.get_array())
        return f"1 {type(drawn).__name__}, {values.size} values, {_spread(values)}"
    if hasattr(drawn, "set_3d_properties"):  # its offsets are those on the paper
        return f"{len(drawn.get_offsets())} points"
    x, y = _floats(drawn.get_offsets()).T
    ax = drawn.axes
    return f"{len(x)} points, {_place(_seen(x, ax.xaxis), _seen(y, ax.yaxis), ax)}"


def _companion(drawn):
    if not isinstance(drawn, LineCollection | FillBetweenPolyCollection):
        return f"1 {type(drawn).__name__}"
    x, y = np.concatenate([path.vertices for path in drawn.get_paths()]).T
    kind = "lines" if isinstance(drawn, LineCollection) else "area"
    count = f"{len(drawn.get_paths())} " if kind == "lines" else ""
    ax = drawn.axes
    return f"{count}{kind}, x {_range(x, ax.xaxis)}, y {_range(y, ax.yaxis)}"


def _floats(values):
    return np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)


def _seen(values, axis):
    if axis.get_scale() != "linear":
        return values
    return np.where(np.abs(values) < 1e-3 * np.ptp(axis.get_view_interval()), 0.0, values)


def _place(x, y, ax):
    mean = f", mean {_number(_mean(y), y)}" if _names(ax.yaxis) is None else ""
    return f"x {_range(x, ax.xaxis)}, y {_range(y, ax.yaxis)}{mean}"


def _spread(values):
    values = _floats(values)
    return f"{_range(values)}, mean {_number(_mean(values), values)}"


def _names(axis):
    """How an axis of words or dates names its places; None for an axis of numbers."""
    formatter, locator = axis.get_major_formatter(), axis.get_major_locator()
    if isinstance(formatter, StrCategoryFormatter):
        return lambda place: formatter.format_ticks([place])[0]
    if isinstance(locator, dates.DateLocator) or isinstance(
        formatter, dates.DateFormatter | dates.AutoDateFormatter
    ):
        return lambda place: f"{dates.num2date(place):%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    # What pandas itself draws over days or months stands at the numbers of periods.
    if getattr(formatter, "freq", None) is not None:
        return lambda place: str(pd.Period(ordinal=int(place), freq=formatter.freq))
    return None


def _range(values, axis=None):
    if np.isnan(values).all():
        return "nothing"
    low, high = np.nanmin(values), np.nanmax(values)
    names = None if axis is None else _names(axis)
    if names is not None and np.isfinite([low, high]).all():
        return f"{names(low)} to {names(high)}"
    return f"{_number(low, values)} to {_number(high, values)}"


def _mean(values):
    return np.nan if np.isnan(values).all() else np.nanmean(values)


def _number(value, among):
    """Two significant digits; rounding noise around zero is zero, an exact half rounds away."""
    among = np.abs(among)
    largest = np.max(among, where=np.isfinite(among), initial=0.0)
    if abs(value) <= 1e-9 * largest:
        return "0"
    return f"{value * (1 + 1e-9):.2g}"
