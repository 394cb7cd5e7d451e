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


def test_a_chat_answers_each_message_once_and_shows_signs_as_text():
    asked = []

    def answer(message):
        asked.append(message)
        return f"<i>{message}</i>"

    box = widgets.conversation(answer, opening="Hello & welcome")
    box.field.value = "  "
    assert asked == []
    box.field.value = "<script>alert(1)</script>"
    assert asked == ["<script>alert(1)</script>"]
    assert box.field.value == ""
    assert "<script>" not in box.page.value
    assert "&lt;i&gt;&lt;script&gt;" in box.page.value
    assert "Hello &amp; welcome" in box.page.value
    box.field.value = "<script>alert(1)</script>"  # the same once more is a message of its own
    assert len(asked) == 2
    text = box._repr_mimebundle_()["text/plain"]
    assert text == "[run this cell for a chat] Hello & welcome"
