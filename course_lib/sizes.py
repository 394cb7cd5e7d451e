"""What a package size, written as text, amounts to: grams, millilitres or pieces."""

import math
import re

# Grams, millilitres or pieces in one unit, as US law defines them (NIST Handbook 44, appendix C).
_UNITS = {
    **dict.fromkeys(["OZ", "OZS", "Z"], (28.349523125, "g")),  # Z: cut off in a 10-letter field
    **dict.fromkeys(["LB", "LBS"], (453.59237, "g")),
    **dict.fromkeys(["G", "GM", "GR"], (1.0, "g")),
    "KG": (1000.0, "g"),
    "FLOZ": (29.5735295625, "ml"),
    **dict.fromkeys(["PT", "PINT"], (473.176473, "ml")),
    "QT": (946.352946, "ml"),
    **dict.fromkeys(["GA", "GAL"], (3785.411784, "ml")),
    "ML": (1.0, "ml"),
    **dict.fromkeys(["L", "LT", "LTR", "LITER", "LRT"], (1000.0, "ml")),
    **dict.fromkeys(["PK", "PKS", "PCK", "P"], (1.0, "pack")),
    **dict.fromkeys(["CT", "C", "PC", "PCS", "EA", "STEM", "STEMS", "ROLL", "KIT"], (1.0, "piece")),
    **dict.fromkeys(["DZ", "DZN", "DOZ"], (12.0, "piece")),
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True)).replace("FLOZ", r"FL\s*OZ")
_NUMBER = r"\d+\.\d*|\.?\d+"
# A whole number times a size: 12 X 330 ML, 6 × 1.5 L. Not 8 X 10 IN: inches are no unit of ours.
_SIZE = rf"(?:{_NUMBER})\s*-?\s*(?:{_UNIT})(?![A-Z])"
_TIMES = re.compile(rf"(?<![\d.,/-])(\d+)\s*[X×*]\s*(?={_SIZE})")
_TIMES_AFTER = re.compile(rf"(?<![\d.,/-])({_SIZE})\s*[X×*]\s*(\d+)$")  # 330 ML X 12
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d{1,2})(?![\d.,])")
_PART = re.compile(
    # Not in the middle of a number (1,000 G, 1E3 G), a range (5-7 LB) or a product (8.5 X 11 G).
    r"(?<![\d.,])(?<!\dE)(?<!\d-)(?<!\dX)(?<!\dX )(?<!\d X)(?<!\d X )"
    r"(?:(?P<whole>\d{1,2})[\s-]+(?=1?\d/(?:2|3|4|8|16)\b))?"  # the 10 of 10 3/4 OZ
    rf"(?P<first>{_NUMBER})(?:\s*(?P<sign>[/-])\s*(?P<second>{_NUMBER}))?"
    rf"\s*-?\s*(?P<unit>{_UNIT})(?![A-Z])"
)


def parse_size(text):
    """A package size as (amount, unit): grams ("g"), millilitres ("ml") or pieces ("piece").

    What cannot be read is (nan, ""): no number with a known unit ("18 IN", "LARGE", "CTN", missing
    text), numbers from 10,000 on, article codes glued to the size ("83718713 OZ"), and a comma that
    could mark thousands or decimals ("1,000 CT"). US units; a decimal point may lead (".5 L"), one
    or two decimals may follow a comma ("0,75 L"); fractions ("1/2 GAL", "10 3/4 OZ") and codes
    before the size ("A 13 OZ", "117408 6 PK") are understood; a unit alone is one ("GAL").

    Five decisions that the text leaves open:

    - OZ is weight, only FL OZ is volume. A 12 OZ cola is read as 340 g; for drinks, close to water,
      the slip is 4 %.
    - A pack multiplies: "12 PK/12 OZ", "12/12 OZ", "12-12 OZ", "12 X 12 OZ" and "12 OZ X 12" are
      144 ounces. n/m with n < m and m = 2, 3, 4 or 8 is a fraction instead ("3/4 OZ") unless it can
      be shortened ("2/8 OZ").
    - A measure beside a pack is that of one piece, though it may be the total: "144 OZ/12 PK" of
      cans, "16 OZ/4 PK" of muffins, "40 OZ/10 PK" and "12 OZ/8 PK" come out 12, 4, 10 and 8 times
      too heavy. By their product types some 58 of the 524 such products of the Complete Journey
      are totals. To divide where the count divides the measure would mend 31 of them and break 68
      others ("12 PK/48 OZ" of yogurt, but "6 PK/12 OZ" of beer).
    - A count beside a weight is the content of that weight ("16 CT/26 OZ" buns: 26 ounces); a count
      beside a volume is the number of pieces ("20 CT/13 GAL" bags).
    - Two counts or two pounds ("48-54 CT", "5-7 LB") are a range, not an amount: not read.

    >>> parse_size("2 LB"), parse_size("6 PK"), parse_size("18 IN")
    ((907.18474, 'g'), (6.0, 'piece'), (nan, ''))
    """
    text = str(text).upper().strip().replace("HALF GAL", "1/2 GAL")
    text, products = _TIMES_AFTER.sub(r"\2 PK \1", _DECIMAL_COMMA.sub(r"\1.\2", text)), 1
    while products:  # from the right: 6 X 4 X 10 G, 6 X 4 PK 10 G, 6 PK 4 PK 10 G
        text, products = _TIMES.subn(r"\1 PK ", text)
    if text in _UNITS:
        text = f"1 {text}"
    packs, pieces, measures = 1.0, None, []
    for part in _PART.finditer(text):
        name = re.sub(r"\s", "", part["unit"])
        size, unit = _UNITS[name]
        amount = _amount(part, may_be_packs=unit in ("g", "ml") and name not in ("LB", "LBS"))
        if not 0 < amount < 10_000:
            return math.nan, ""
        if unit == "pack":
            packs *= amount
        elif unit == "piece":
            pieces = (pieces or 1.0) * amount * size
        else:
            measures.append((amount * size, unit, name))
    if measures and not (pieces and measures[0][1] == "ml"):
        amount, unit, _ = measures[0]
        if [name for *_, name in measures] == ["LB", "OZ"]:  # 1 LB 8 OZ
            amount += measures[1][0]
        return packs * amount, unit
    if pieces or packs != 1.0 or text == "1 PK":
        return packs * (pieces or 1.0), "piece"
    return math.nan, ""


def _amount(part, *, may_be_packs):
    """The number that one part of a size stands for; NaN for a range such as 5-7 LB."""
    first, second = float(part["first"]), part["second"]
    if second is None:
        return first
    n, m = first, float(second)
    fraction = part["whole"] or (
        m in (2, 3, 4, 8) and n.is_integer() and math.gcd(int(n), int(m)) == 1
    )
    if part["sign"] == "/" and 0 < n < m and fraction:
        return int(part["whole"] or 0) + n / m
    return n * m if may_be_packs else math.nan
