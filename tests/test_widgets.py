"""Pictures with knobs."""

import pytest

from course_lib import widgets


def test_explorer_redraws_when_a_slider_moves_and_reads_as_text_when_saved():
    drawn = []

    def draw(ax, angle):
        drawn.append(angle)
        ax.plot([0, angle], [0, 1])

    box = widgets.explorer(draw, angle=(10, 190, 10))
    before = box.picture.value
    assert box.sliders["angle"].step == 1.8  # a hundred steps from end to end
    box.sliders["angle"].value = 90
    assert drawn == [10, 90]
    assert box.picture.value != before
    assert bytes(box.picture.value[:4]) == b"\x89PNG"
    text = box._repr_mimebundle_()["text/plain"]
    assert text == "[run this cell for sliders: angle 10 to 190]"
    with pytest.raises(ValueError, match=r"angle must start within 10..190, got 200"):
        widgets.explorer(draw, angle=(10, 190, 200))
