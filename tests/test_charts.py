"""What the figures show: positions, labels and numbers, read back from the Axes."""

import datetime

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from course_lib import charts, look


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


@pytest.mark.parametrize("x", [3, 0, -3])
@pytest.mark.parametrize("y", [2, 0.5, 0, -2])
def test_an_arrows_label_stands_beyond_its_tip_and_within_the_picture(x, y):
    ax = charts.arrows([[x, y]], ["a long label"])
    ax.figure.canvas.draw()
    (label,) = [text for text in ax.texts if text.get_text()]
    box, frame = label.get_window_extent(), ax.get_window_extent()
    tip, origin = ax.transData.transform([(x, y), (0, 0)])
    assert box.x0 > tip[0] if x >= 0 else box.x1 < tip[0]
    assert box.y0 > tip[1] if y >= 0 else box.y1 < tip[1]
    assert (frame.min < tip).all() and (tip < frame.max).all()
    assert (frame.min <= origin).all() and (origin <= frame.max).all()
    guides = [line.get_xydata().tolist() for line in ax.lines]
    assert guides == [[[0, 0], [1, 0]], [[0, 0], [0, 1]]]  # the axes through the origin


def test_heatmap_is_white_at_zero_and_its_numbers_can_be_read():
    ax = charts.heatmap([[-10, 0, 5, 8]], ["a"], [*"wxyz"])
    colours = mpl.colors.to_rgb
    assert [text.get_color() for text in ax.texts] == ["white", look.INK, look.INK, "white"]
    shown = [ax.images[0].to_rgba(value)[:3] for value in (-10, 0, 10)]
    expected = [colours(look.PALETTE[0]), (1, 1, 1), colours(look.PALETTE[1])]
    np.testing.assert_allclose(shown, expected, atol=0.01)
    assert charts.heatmap([[0.0]], ["a"], ["x"]).images[0].get_clim() == (-1, 1)


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


def test_a_bars_number_stands_behind_bar_and_interval():
    for values, high in (([-2.0, -1.0], None), ([4.0, 2.0], [5.0, 2.5]), ([0.0, 0.0], None)):
        ax = charts.bars(values, low=high and values, high=high)
        places = np.array([text.get_position()[0] for text in ax.texts])
        ends = np.maximum(high or values, 0)
        assert (places > ends).all() and (places < ends + 0.06).all()
    for side in ({"low": [1.0]}, {"high": [3.0]}):
        with pytest.raises(ValueError, match="must have the shape"):
            charts.bars([2.0], **side)


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
    assert boxes[0].y1 - 2 <= boxes[1].y0 <= boxes[0].y1 + 5  # pixels
    right, height = ax.transData.transform((10, 1.0))  # where the lower line ends
    assert boxes[0].x0 > right and sum(boxes[0].intervaly) / 2 == pytest.approx(height, abs=2)
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
    marks = [(line.get_marker(), line.get_xydata().tolist()) for line in ax.lines[1:]]
    assert marks == [("o", [[1, 1]]), ("*", [[0, 0]])]  # where it starts and ends
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["SGD"]
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 2), (-1, 1))


def test_reliability_plots_what_its_table_says():
    predicted = np.array([0.1, 0.1, 0.4, 0.4])
    observed = np.array([0, 0, 1, 0])
    ax = charts.reliability(predicted, observed, bins=2, label="model")
    ax = charts.reliability(predicted / 2, observed, bins=2, label="half", ax=ax)
    drawn = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert drawn == [[[0.1, 0], [0.4, 0.5]], [[0.05, 0], [0.2, 0.5]]]
    assert ax.get_xlim() == ax.get_ylim() == (0, 0.525)
    assert (ax.lines[0].get_xy1(), ax.lines[0].get_slope()) == ((0, 0), 1)  # kept promises


def test_equal_predictions_are_one_point_of_the_reliability_diagram():
    ax = charts.reliability([0.02] * 4, [0, 0, 0, 1])
    assert ax.lines[1].get_xydata().tolist() == [[0.02, 0.25]]


def test_histogram_counts():
    ax = charts.histogram([1, 1, 2, 5], bins=[0, 1.5, 3, 6], xlabel="dollars")
    assert [bar.get_height() for bar in ax.patches] == [2, 1, 1]
    assert ax.get_xlabel() == "dollars"
    assert len(charts.histogram(np.arange(100)).patches) == 30


def test_colours_are_seven_and_differ_in_lightness_or_hue():
    assert len(set(charts.PALETTE)) == 7
    charts.use_style()
    assert plt.rcParams["figure.figsize"] == [7, 4]  # fits the width of a notebook's cell
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == charts.PALETTE


DAYS = np.array(["2026-01-01", "2026-01-02", "2026-01-03"], dtype="datetime64[D]")
INDEXES = {
    "days": (DAYS, DAYS),
    "Python's dates": ([datetime.date(2026, 1, day) for day in (1, 2, 3)], DAYS),
    "pandas' times": (pd.date_range("2026-01-01", periods=3), DAYS),
    "times of a zone": (pd.date_range("2026-01-01", periods=3, tz="Asia/Shanghai"), None),
    "periods": (pd.period_range("2026-01-01", periods=3, freq="D"), DAYS),
    "words": (["b", "c", "a"], None),
    "categories": (pd.CategoricalIndex(["b", "c", "a"]), None),
    "intervals": (pd.interval_range(0, 3), None),
    "numbers and words": ([1, "a", 2.5], None),
}


@pytest.mark.parametrize(("index", "days"), INDEXES.values(), ids=INDEXES)
def test_lines_run_over_days_and_words_as_over_numbers(index, days):
    frame = pd.DataFrame({"late": [np.nan, 2.0, 3.0], "all": [1.0, 2.0, 3.0]}, index=index)
    ax = charts.lines(frame)
    ax.figure.draw_without_rendering()
    late, whole = (line.get_xydata() for line in ax.lines)
    assert late[:, 1].tolist() == [2, 3]
    assert (np.diff(whole[:, 0]) > 0).all(), "places follow the index"
    assert late[:, 0].tolist() == whole[1:, 0].tolist()
    if days is not None:
        assert whole[:, 0].tolist() == mpl.dates.date2num(days).tolist()
    ends = {text.get_text(): text.xy for text in ax.texts}
    assert ends == {"late": (whole[-1, 0], 3), "all": (whole[-1, 0], 3)}


def test_lines_leave_out_what_is_no_finite_number_and_draw_a_single_point():
    frame = pd.DataFrame({"a": [1.0, np.inf, 3.0], "empty": np.nan, "b": [np.nan, 5.0, np.nan]})
    ax = charts.lines(frame)
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[0, 1], [2, 3]], [], [[1, 5]]]
    assert sorted(texts(ax)) == ["a", "b"]


def test_columns_of_one_name_are_two_lines():
    ax = charts.lines(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]))
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 3], [2, 4]]


def test_bars_and_heatmaps_leave_gaps_where_nothing_is_known():
    ax = charts.bars(pd.Series({"a": 1.0, "b": np.nan}))
    ax.figure.draw_without_rendering()
    assert texts(ax) == ["1.000", "nan"]
    ax = charts.heatmap([[np.nan]], ["a"], ["b"])
    assert texts(ax) == []


@pytest.mark.parametrize("names", [*(index for index, _ in INDEXES.values())], ids=[*INDEXES])
def test_names_may_be_of_any_kind(names):
    ax = charts.bars(pd.Series([1, 2, 3], index=names))
    ax.figure.draw_without_rendering()
    shown = [label.get_text() for label in ax.get_yticklabels()]
    assert shown == [str(name) for name in pd.Index(names)]


NO_NUMBERS = {
    "words": (["a", "b"], "must be numbers, got 'a'"),
    "days": (DAYS, "must be numbers, got datetime"),
    "Python's dates": ([datetime.date(2026, 1, 1)], "must be numbers, got datetime.date"),
    "times of a zone": (pd.date_range("2026", periods=2, tz="UTC"), "must be numbers, got Timest"),
    "complex": ([1 + 2j, 1], r"must be numbers, got \(1\+2j\)"),
    "nothing": ([], "must hold at least one"),
    "infinite": ([1, np.inf], "must be finite, got inf|must be probabilities, 0 to 1, got inf"),
}
CHARTS = {
    "arrows": lambda values: charts.arrows(np.column_stack([values, values]), ["a"] * len(values)),
    "heatmap": lambda values: charts.heatmap([values], ["a"], range(len(values))),
    "bars": charts.bars,
    "bars' intervals": lambda values: charts.bars([1] * len(values), low=values, high=values),
    "lines": charts.lines,
    "surface": lambda values: charts.surface(lambda x, y: values, (0, 1), (0, 1)),
    "surface's paths": lambda values: charts.surface(
        lambda x, y: x, (0, 1), (0, 1), paths={"a": np.column_stack([values, values])}
    ),
    "reliability": lambda values: charts.reliability(values, np.zeros(len(values))),
    "histogram": charts.histogram,
}


@pytest.mark.parametrize(("values", "message"), NO_NUMBERS.values(), ids=NO_NUMBERS)
@pytest.mark.parametrize("chart", CHARTS)
def test_what_cannot_be_drawn_is_told_by_value_and_leaves_no_empty_figure(chart, values, message):
    if (chart, len(values)) == ("histogram", 3):
        assert len(charts.histogram(values, bins=3).patches) == 3  # of days there is one
        return
    if chart == "lines" and message.startswith("must be finite"):
        assert charts.lines(values).lines[0].get_xydata().tolist() == [[0, 1]]
        return
    before = plt.get_fignums()
    with pytest.raises(ValueError, match=message):
        CHARTS[chart](values)
    assert plt.get_fignums() == before


def test_arguments_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match="labels must be 1, one a vector, got 2"):
        charts.arrows([[1, 2]], ["a", "b"])
    values = pd.Series({"a": 1, "b": 2})
    with pytest.raises(ValueError, match="low and high must have the index of values"):
        charts.bars(values, low=values.iloc[::-1], high=values)
    with pytest.raises(ValueError, match=r"low must have the shape \(2,\), got \(1,\)"):
        charts.bars(values, low=[1], high=[2, 3])
    with pytest.raises(ValueError, match="logx needs an index of numbers, got 'a'"):
        charts.lines(values, logx=True)
    with pytest.raises(ValueError, match="frame must be a DataFrame, a Series or an array, got 3"):
        charts.lines(3)
    with pytest.raises(ValueError, match=r"must return \(100, 100\) values, got \(3, 100\)"):
        charts.surface(lambda x, y: x[:3], (0, 1), (0, 1))


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series([True, False]),
        pd.Series([1, 2], index=["a", "b"]),
        pd.DataFrame({"a": [1.0, 2.0]}),
        np.ma.array([1.0, 2.0], mask=[False, True]),
    ],
    ids=["nullable", "truths", "labelled", "frame", "masked"],
)
def test_pandas_and_numpy_objects_are_drawn(values):
    for chart in (charts.histogram, charts.lines):
        chart(values).figure.draw_without_rendering()


def test_fonts_that_know_chinese_follow_the_own_one_if_installed(monkeypatch):
    monkeypatch.setattr(look.font_manager, "get_font_names", lambda: ["SimHei", "Arial"])
    assert look.families() == ["DejaVu Sans", "SimHei"]
    monkeypatch.setattr(look.font_manager, "get_font_names", list)
    assert look.families() == ["DejaVu Sans"]


def test_signs_without_a_font_are_found_in_titles_ticks_and_labels():
    with mpl.rc_context({"font.family": ["DejaVu Sans"]}):
        ax = charts.bars(pd.Series({"tea": 1.0, "茶": 2.0}), xlabel="价")
        ax.set_title("σ × −")
        assert look.missing_signs(ax.figure) == "价茶"


LESSON = """
from course_lib import charts, look
look.families = lambda: ["DejaVu Sans"]  # as where no other is installed
charts.use_style()
"""


@pytest.fixture(scope="module", params=["agg", "svg", "module://matplotlib_inline.backend_inline"])
def run_under(request, tmp_path_factory):
    """What a kernel shows, a list of outputs a cell, whatever MPLBACKEND says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", request.param)
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("profile")))
        chinese = 'ax = charts.bars({"茶": 1.0, "mug": 2.0}, xlabel="dollars")'
        cells = [LESSON, chinese, chinese, 'ax = charts.lines({"tea": [1, 2]})']
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        NotebookClient(notebook, timeout=120).execute()
    return [cell.outputs for cell in notebook.cells]


def test_figures_appear_below_their_cell_whatever_mplbackend_says(run_under):
    for outputs in run_under[1:]:
        (figure,) = [output for output in outputs if output.output_type == "display_data"]
        assert "image/png" in figure.data
        assert figure.data["text/plain"].startswith("Figure\n  Axes")


def test_a_name_that_no_font_can_write_is_a_hint_once_and_nothing_red(run_under):
    printed = [[output.text for output in cell if "text" in output] for cell in run_under]
    assert printed == [[], [look.HINT + "\n"], [], []]
    streams = {output.name for cell in run_under for output in cell if "name" in output}
    assert streams == {"stdout"}
