"""Pictures with knobs, and a chat, for JupyterLab; elsewhere a line of text stands in."""

import html
import io

import ipywidgets
from matplotlib.figure import Figure


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


class Conversation(ipywidgets.VBox):
    """A field to type in and what was said above it; a saved notebook shows one line of text."""

    def __init__(self, answer, opening):
        self.answer, self.said = answer, [("shop", opening)]
        self.page = ipywidgets.HTML()
        self.field = ipywidgets.Text(
            placeholder="type, and press Enter", continuous_update=False, layout={"width": "600px"}
        )
        self.field.observe(self._send, names="value")
        self._show()
        super().__init__([self.page, self.field])

    def _send(self, change):
        message = change["new"].strip()
        if message:  # the field is emptied below, which is a change, too
            self.said += [("you", message), ("shop", self.answer(message))]
            self._show()
            self.field.value = ""

    def _show(self):
        # Escaped: what a shopper types or a seller writes is text, never a part of the page.
        rows = (f"<b>{who}</b>: {html.escape(text)}" for who, text in self.said)
        self.page.value = "<br>".join(rows)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = f"[run this cell for a chat] {self.said[0][1]}"
        return bundle


def conversation(answer, *, opening):
    """A chat: answer(message) gives the reply to each message that is typed.

    opening: what the shop says first, which is also all that a saved notebook shows.
    """
    return Conversation(answer, opening)
