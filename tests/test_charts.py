"""What the figures show: positions, labels and numbers, read back from the Axes."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib import charts


@pytest.fixture(autouse=True)
def close_figures():
    mpl.use("Agg")
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_arrows_start_at_the_origin_and_end_at_the_vector():
    ax = charts.arrows([[1, 2], [-3, 1]], ["Ada", "Bo"])
    heads = [a for a in ax.texts if getattr(a, "arrow_patch", None) is not None]
    assert [(a.xy, a.get_position()) for a in heads] == [((1, 2), (0, 0)), ((-3, 1), (0, 0))]
    assert texts(ax) == ["Ada", "Bo"]
    assert ax.get_aspect() == 1  # angles are true
    assert ax.get_xlim()[0] < -3
    with pytest.raises(ValueError, match=r"vectors must be \(n, 2\), got shape \(1, 3\)"):
        charts.arrows([[1, 2, 3]], ["x"])


def test_heatmap_writes_every_number_and_leaves_gaps_empty():
    ax = charts.heatmap([[1.0, -0.5], [np.nan, 0.25]], ["a", "b"], ["x", "y"])
    assert texts(ax) == ["1.00", "-0.50", "0.25"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.images[0].get_clim() == (-1, 1)  # white is zero
    with pytest.raises(ValueError, match=r"matrix must be \(1, 2\) to fit its names"):
        charts.heatmap([[1.0]], ["a"], ["x", "y"])


def test_bars_stand_in_the_given_order_with_their_intervals():
    ax = charts.bars(
        pd.Series({"own": 0.4, "random": 0.1}),
        low=[0.3, 0.05],
        high=[0.5, 0.2],
        xlabel="recall",
        highlight="own",
    )
    assert [bar.get_width() for bar in ax.patches] == [0.4, 0.1]
    heights = [bar.get_y() for bar in ax.patches]
    assert heights[0] > heights[1]
    whiskers = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert whiskers == [[0.3, 0.5], [0.05, 0.2]]
    assert texts(ax) == ["0.400", "0.100"]
    assert ax.get_xlabel() == "recall"
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()


def test_bars_highlight_every_name_given():
    values = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0})
    ax = charts.bars(values, highlight=values.index[:2])
    first, second, third = (bar.get_facecolor() for bar in ax.patches)
    assert first == second != third


def test_lines_are_named_at_their_ends_without_overlap():
    frame = pd.DataFrame({"train": [3.0, 1.0], "validation": [3.0, 1.001]}, index=[1, 10])
    ax = charts.lines(frame, xlabel="epoch", ylabel="loss", logx=True)
    assert sorted(texts(ax)) == ["train", "validation"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("epoch", "loss", "log")
    ax.figure.draw_without_rendering()
    boxes = sorted((a.get_window_extent() for a in ax.texts), key=lambda box: box.y0)
    assert boxes[1].y0 >= boxes[0].y1 - 2  # pixels
    assert ax.lines[0].get_ydata().tolist() == [3, 1]


def test_a_name_stands_at_the_last_point_of_its_line():
    frame = pd.DataFrame({"short": [1.0, 2.0, np.nan], "long": [5.0, 6.0, 7.0]}, index=[1, 2, 3])
    ax = charts.lines(frame)
    assert {a.get_text(): a.xy for a in ax.texts} == {"short": (2, 2.0), "long": (3, 7.0)}
    assert [line.get_color() for line in ax.lines] == charts.PALETTE[:2]


def test_long_column_names_are_turned_and_short_ones_are_not():
    wide = charts.heatmap(np.eye(4), list("abcd"), ["a rather long product name"] * 4)
    assert wide.get_xticklabels()[0].get_rotation() == 30
    narrow = charts.heatmap(np.eye(2), list("ab"), ["tea", "mug"])
    assert narrow.get_xticklabels()[0].get_rotation() == 0
    single = charts.heatmap(
        [[1.0]], ["a"], ["one name so long that several of it would not fit here"]
    )
    assert single.get_xticklabels()[0].get_rotation() == 0


def test_surface_draws_the_function_and_each_walk():
    walk = [[1, 1], [0.5, 0.25], [0, 0]]
    ax = charts.surface(lambda x, y: x**2 + y**2, (-1, 2), (-1, 1), paths={"SGD": walk})
    assert ax.lines[0].get_xydata().tolist() == walk
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["SGD"]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 2), (-1, 1))


def test_reliability_plots_what_its_table_says():
    predicted = np.array([0.1, 0.1, 0.4, 0.4])
    observed = np.array([0, 0, 1, 0])
    table = charts.reliability_table(predicted, observed, bins=2)
    assert table["predicted"].tolist() == [0.1, 0.4]
    assert table["observed"].tolist() == [0, 0.5]
    assert table["cases"].tolist() == [2, 2]
    ax = charts.reliability(predicted, observed, bins=2, label="model")
    ax = charts.reliability(predicted / 2, observed, bins=2, label="half", ax=ax)
    drawn = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert drawn == [[[0.1, 0], [0.4, 0.5]], [[0.05, 0], [0.2, 0.5]]]
    assert ax.get_xlim() == ax.get_ylim() == (0, 0.525)
    with pytest.raises(ValueError, match=r"must be \(n,\), got \(4,\) and \(3,\)"):
        charts.reliability([1, 1, 0, 0], [1, 0, 1])


def test_histogram_counts():
    ax = charts.histogram([1, 1, 2, 5], bins=[0, 1.5, 3, 6], xlabel="dollars")
    assert [bar.get_height() for bar in ax.patches] == [2, 1, 1]
    assert ax.get_xlabel() == "dollars"
    assert len(charts.histogram(np.arange(100)).patches) == 30


def test_explorer_redraws_when_a_slider_moves_and_reads_as_text_when_saved():
    drawn = []

    def draw(ax, angle):
        drawn.append(angle)
        ax.plot([0, angle], [0, 1])

    box = charts.explorer(draw, angle=(0, 180, 45))
    before = box.picture.value
    assert box.sliders["angle"].step == 1.8  # a hundred steps from end to end
    box.sliders["angle"].value = 90
    assert drawn == [45, 90]
    assert box.picture.value != before
    assert bytes(box.picture.value[:4]) == b"\x89PNG"
    text = box._repr_mimebundle_()["text/plain"]
    assert text == "[run this cell for sliders: angle 0 to 180]"
    with pytest.raises(ValueError, match=r"angle must start within 0..180, got 200"):
        charts.explorer(draw, angle=(0, 180, 200))


def test_colours_are_seven_and_differ_in_lightness_or_hue():
    assert len(set(charts.PALETTE)) == 7
    charts.use_style()
    assert plt.rcParams["figure.figsize"] == [7, 4]  # fits the width of a notebook's cell
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == charts.PALETTE
