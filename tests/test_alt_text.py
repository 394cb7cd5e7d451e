import numpy as np
import pytest
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
