import datetime

import numpy as np
import pandas as pd
import pytest
from matplotlib import patches
from matplotlib.figure import Figure

from course_lib import charts
from course_lib.alt_text import approximate, describe


@pytest.fixture
def ax():
    return Figure().subplots()


def text(ax):
    return describe(ax.figure).splitlines()[1].strip()


def test_lines_tell_their_range_and_mean(ax):
    ax.plot([1, 2, 3], [0.123456, 0.5, 10])
    assert text(ax) == "Axes: line of 3 points, x 1 to 3, y 0.12 to 10, mean 3.5"


def test_bars_tell_their_lengths_whichever_way_they_lie(ax):
    ax.barh([0, 1], [0.25, 0.75])
    assert text(ax) == "Axes: 2 bars, 0.25 to 0.75, mean 0.5"
    upright = Figure().subplots()
    upright.bar([0, 1], [2, 4])
    assert text(upright) == "Axes: 2 bars, 2 to 4, mean 3"


def test_images_points_and_contours(ax):
    ax.imshow([[1.0, np.nan], [3.0, 5.0]])
    assert text(ax) == "Axes: 2 × 2 cells, 1 to 5, mean 3"
    points = Figure().subplots()
    points.scatter([1, 2], [3, 5])
    assert text(points) == "Axes: 2 points, x 1 to 2, y 3 to 5, mean 4"
    hills = Figure().subplots()
    hills.contourf([[0.0, 1.0], [2.0, 7.0]])
    assert text(hills) == "Axes: contours, 0 to 7"


def test_arrows_tell_where_they_point_and_guides_and_colour_bars_are_left_out():
    ax = charts.arrows([[1, 2], [3, 1]], ["a", "b"], ax=Figure().subplots())
    ax.axline((0, 0), slope=1)
    assert text(ax) == "Axes: 2 arrows, to x 1 to 3, y 1 to 2, mean 1.5"
    hills = charts.surface(lambda x, y: x, (0, 1), (0, 2), ax=Figure().subplots())
    assert describe(hills.figure) == "Figure\n  Axes: contours, 0 to 1"


def test_a_title_on_either_side_and_labels_stand_in_front(ax):
    ax.set_title("Left", loc="left")
    ax.set_ylabel("dollars")
    assert text(ax) == "Left (dollars): no data"


def test_another_result_reads_differently_and_rounding_noise_does_not(ax):
    y = np.linspace(0, 1, 11)
    ax.plot(y)
    noisy, other = Figure().subplots(), Figure().subplots()
    noisy.plot(y * (1 + 1e-12) - 1e-14)
    other.plot(y * 1.1)
    assert text(noisy) == text(ax)
    assert text(other) != text(ax)


def test_what_is_too_small_to_be_seen_is_zero_unless_the_axis_is_logarithmic(ax):
    ax.plot([0, 1], [1e-3, 100])
    assert "y 0 to 1e+02" in text(ax)
    ax.set_ylim(0, 0.1)
    assert "y 0.001 to 1e+02" in text(ax)
    logarithmic = Figure().subplots()
    logarithmic.semilogy([0, 1], [1e-4, 1e4])
    assert "y 0.0001 to 1e+04" in text(logarithmic)
    alone = Figure().subplots()
    alone.plot([0, 1], [1e-12, 2e-12])
    assert "y 1e-12 to 2e-12" in text(alone)


def test_an_exact_half_rounds_alike_with_and_without_noise():
    texts = set()
    for noise in (-1e-13, 0, 1e-13):
        ax = Figure().subplots()
        ax.plot([0.125 + noise, 0.125 + noise])
        texts.add(text(ax))
    assert texts == {"Axes: line of 2 points, x 0 to 1, y 0.13 to 0.13, mean 0.13"}


def test_an_approximate_axes_keeps_its_numbers_to_itself(ax):
    ax.plot([1, 2, 3])
    ax.bar([0, 1], [2, 4])
    assert approximate(ax) is ax
    assert text(ax) == "Axes: 2 bars; line of 3 points"


def test_a_whole_figure_can_be_approximate(ax):
    ax.plot([1, 2, 3])
    assert approximate(ax.figure) is ax.figure
    assert text(ax) == "Axes: line of 3 points"


def test_empty_data_is_told(ax):
    ax.plot([np.nan, np.nan])
    assert text(ax) == "Axes: line of 2 points, x 0 to 1, y nothing, mean nan"


def test_every_axes_has_its_line():
    figure = Figure()
    figure.subplots(1, 3)
    assert describe(figure).count("\n") == 3


DAYS = np.array(["2026-01-01", "2026-01-03"], dtype="datetime64[D]")
GRID = np.arange(6.0).reshape(2, 3)
NAN, INF = np.nan, np.inf
MASKED = np.ma.array([1.0, 2.0, 9.0], mask=[False, False, True])
KINDS = {
    "words": (lambda ax: ax.plot(["a", "b"], [1, 2]), "line of 2 points, x a to b, y 1 to 2, mean"),
    "words upwards": (
        lambda ax: ax.plot([1, 2], ["a", "b"]),
        "line of 2 points, x 1 to 2, y a to b",
    ),
    "points at words": (lambda ax: ax.scatter(["a", "b"], [1, 2]), "2 points, x a to b, y 1 to 2"),
    "bars at words": (lambda ax: ax.bar(["a", "b"], [1, 2]), "2 bars, 1 to 2, mean 1.5"),
    "days": (lambda ax: ax.plot(DAYS, [1, 2]), "line of 2 points, x 2026-01-01 to 2026-01-03, y 1"),
    "days upwards": (lambda ax: ax.plot([1, 2], DAYS), "x 1 to 2, y 2026-01-01 to 2026-01-03"),
    "Python's dates": (
        lambda ax: ax.plot([datetime.date(2026, 1, 1)], [1]),
        "line of 1 points, x 2026-01-01 to 2026-01-01, y 1 to 1, mean 1",
    ),
    "pandas' times": (
        lambda ax: ax.plot(pd.date_range("2026-01-01 12:30", periods=2), [1, 2]),
        "x 2026-01-01 12:30 to 2026-01-02 12:30",
    ),
    "points at days": (lambda ax: ax.scatter(DAYS, [1, 2]), "2 points, x 2026-01-01 to 2026-01-03"),
    "bars at days": (lambda ax: ax.bar(DAYS, [1, 2]), "2 bars, 1 to 2, mean 1.5"),
    "an arrow between days": (
        lambda ax: (
            ax.plot(DAYS, [1, 2]),
            ax.annotate("", (DAYS[1], 2), (DAYS[0], 1), arrowprops={}),
        ),
        "1 arrows, to x 2026-01-03 to 2026-01-03, y 2 to 2",
    ),
    "area": (lambda ax: ax.fill_between([1, 2], [3, 4]), "area, x 1 to 2, y 0 to 4"),
    "area over days": (
        lambda ax: ax.fill_between(DAYS, [3, 4]),
        "area, x 2026-01-01 to 2026-01-03",
    ),
    "stack": (
        lambda ax: ax.stackplot([1, 2], [1, 1], [2, 3]),
        "area, x 1 to 2, y 0 to 1; area, x 1 to 2, y 1 to 4",
    ),
    "pie": (lambda ax: ax.pie([1, 3], labels=["a", "b"]), "2 wedges, 0.25 to 0.75"),
    "hexagons": (
        lambda ax: ax.hexbin([0, 0, 1], [0, 0, 1], gridsize=2, mincnt=1),
        "1 PolyCollection, 2 values, 1 to 2, mean 1.5",
    ),
    "cells": (lambda ax: ax.pcolormesh(GRID), "1 QuadMesh, 6 values, 0 to 5, mean 2.5"),
    "histogram in the plane": (
        lambda ax: ax.hist2d([1, 2], [1, 2], bins=2),
        "1 QuadMesh, 4 values",
    ),
    "violins": (
        lambda ax: ax.violinplot([[1, 2, 3], [2, 3, 4]]),
        "area, x 0.75 to 1.3, y 1 to 3; ",
    ),
    "boxes": (lambda ax: ax.boxplot([[1, 2, 3]]), "line of 5 points, x 0.93 to 1.1, y 1.5 to 2.5"),
    "filled boxes": (lambda ax: ax.boxplot([[1, 2]], patch_artist=True), "1 PathPatch"),
    "field of arrows": (lambda ax: ax.quiver([0, 1], [0, 1], [1, 1], [2, 2]), "1 Quiver"),
    "barbs": (lambda ax: ax.barbs([0, 1], [0, 1], [1, 1], [2, 2]), "1 Barbs"),
    "errors": (
        lambda ax: ax.errorbar([1, 2], [3, 4], yerr=1),
        "line of 2 points, x 1 to 2, y 3 to 4",
    ),
    "errors alone": (
        lambda ax: ax.errorbar([1, 2], [3, 4], yerr=1, fmt="none"),
        "2 lines, x 1 to 2",
    ),
    "steps": (lambda ax: ax.stairs([1, 2, 3]), "1 StepPatch"),
    "outline of a histogram": (lambda ax: ax.hist([1, 2], histtype="step"), "1 Polygon"),
    "strokes": (lambda ax: ax.hlines([1, 2], 0, 3), "2 lines, x 0 to 3, y 1 to 2"),
    "events": (lambda ax: ax.eventplot([1, 2, 3]), "3 lines, x 1 to 3"),
    "spans": (lambda ax: ax.broken_barh([(1, 2)], (0, 1)), "1 PolyCollection"),
    "shaded span": (lambda ax: ax.axvspan(0, 1), "1 Rectangle"),
    "guide": (lambda ax: ax.axhline(0), "1 Line2D"),
    "table": (lambda ax: ax.table([["a"]]), "1 Table"),
    "a text": (lambda ax: ax.text(0, 0, "none left"), "1 Text"),
    "circle": (lambda ax: ax.add_patch(patches.Circle((0, 0), 1)), "1 Circle"),
    "colours": (lambda ax: ax.imshow(np.ones((4, 5, 3))), "4 × 5 × 3 cells, 1 to 1, mean 1"),
    "truths": (lambda ax: ax.imshow(np.eye(2, dtype=bool)), "2 × 2 cells, 0 to 1, mean 0.5"),
    "empty picture": (lambda ax: ax.imshow(np.full((2, 2), NAN)), "2 × 2 cells, nothing, mean nan"),
    "infinite line": (
        lambda ax: ax.plot([1, 2], [1, INF]),
        "line of 2 points, x 1 to 2, y 1 to inf, mean inf",
    ),
    "infinite both ways": (
        lambda ax: ax.plot([-INF, 2], [3, 4]),
        "x -inf to 2, y 3 to 4, mean 3.5",
    ),
    "gap in a line": (lambda ax: ax.plot([1, 2], [NAN, 2]), "y 2 to 2, mean 2"),
    "infinite bar": (lambda ax: ax.bar([1, 2], [1, INF]), "2 bars, 1 to inf, mean inf"),
    "masked line": (lambda ax: ax.plot(MASKED, MASKED), "line of 3 points, x 1 to 2, y 1 to 2"),
    "masked points": (lambda ax: ax.scatter(MASKED, MASKED), "3 points, x 1 to 2, y 1 to 2"),
    "None in a line": (lambda ax: ax.plot([1, None, 3]), "line of 3 points, x 0 to 2, y 1 to 3"),
    "no points": (lambda ax: ax.plot([], []), "line of 0 points, x nothing, y nothing, mean nan"),
    "no dots": (lambda ax: ax.scatter([], []), "0 points, x nothing, y nothing, mean nan"),
    "second scale": (
        lambda ax: (ax.plot([1, 2]), ax.secondary_xaxis("top")),
        "line of 2 points, x 0 to 1, y 1 to 2, mean 1.5",
    ),
    "nothing": (lambda ax: None, "no data"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # Matplotlib's, of infinite bars
@pytest.mark.parametrize(("draw", "expected"), KINDS.values(), ids=KINDS)
def test_whatever_is_drawn_is_told(ax, draw, expected):
    draw(ax)
    assert expected in text(ax)
    assert ("no data" in text(ax)) == (expected == "no data")
    ax.figure.draw_without_rendering()
    assert expected in text(ax), "the same after drawing"


SPACE = {
    "line": (lambda ax: ax.plot([0, 1], [1, 2], [3, 4]), "x 0 to 1, y 1 to 2, z 3 to 4"),
    "points": (lambda ax: ax.scatter([0, 1], [1, 2], [3, 4]), "2 points"),
    "surface": (lambda ax: ax.plot_surface(GRID, GRID, GRID), "1 Poly3DCollection"),
    "bars": (lambda ax: ax.bar3d([0], [0], 0, 1, 1, 1), "1 Poly3DCollection"),
}


@pytest.mark.parametrize(("draw", "expected"), SPACE.values(), ids=SPACE)
def test_in_three_dimensions_too(draw, expected):
    ax = Figure().subplots(subplot_kw={"projection": "3d"})
    draw(ax)
    assert expected in text(ax)
    ax.figure.draw_without_rendering()
    assert expected in text(ax)


def test_polar_axes_read_as_others():
    ax = Figure().subplots(subplot_kw={"projection": "polar"})
    ax.plot([0, 1], [1, 2])
    assert text(ax) == "Axes: line of 2 points, x 0 to 1, y 1 to 2, mean 1.5"


def test_twins_insets_and_subfigures_have_lines_of_their_own(ax):
    ax.plot([1, 2])
    ax.twinx().bar([0], [5])
    ax.inset_axes([0, 0, 0.5, 0.5]).scatter([1], [7])
    assert describe(ax.figure).splitlines()[2:] == [
        "  Axes: 1 bars, 5 to 5, mean 5",
        "  Axes: 1 points, x 1 to 1, y 7 to 7, mean 7",
    ]
    figure = Figure()
    for part in figure.subfigures(1, 2):
        part.subplots().plot([1, 2])
    assert describe(figure).count("line of 2 points") == 2
    assert describe(Figure()) == "Figure"


def test_a_text_never_takes_the_picture_away(ax, monkeypatch):
    (line,) = ax.plot([1, 2])
    monkeypatch.setattr(line, "get_xdata", lambda orig: 1 / 0)
    assert text(ax) == "Axes: 1 Line2D"


def test_bands_and_whiskers_beside_other_data_go_without_saying(ax):
    ax.plot([1, 2])
    ax.fill_between([0, 1], [0, 1], [2, 3])
    ax.vlines([0, 1], 0, 1)
    ax.axvspan(0, 1)
    ax.text(0, 1, "here")
    assert text(ax) == "Axes: line of 2 points, x 0 to 1, y 1 to 2, mean 1.5"


@pytest.mark.parametrize(
    ("index", "span"),
    [
        (pd.date_range("2026-01-05", periods=2), "x 2026-01-05 to 2026-01-06"),
        (pd.date_range("2026-01-05 10:00", periods=2, freq="h"), "x 2026-01-05 10:00 to 2026"),
        (pd.date_range("2026", periods=2, freq="MS"), "x 2026-01 to 2026-02"),
        (pd.period_range("2026", periods=2, freq="Q"), "x 2026Q1 to 2026Q2"),
    ],
)
def test_days_that_pandas_draws_are_days(index, span):
    ax = Figure().subplots()
    pd.Series([1, 2], index=index).plot(ax=ax)
    assert f"line of 2 points, {span}" in describe(ax.figure)
