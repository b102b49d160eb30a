"""Units behind an answer: ``52\\%``, ``60^\\circ``, ``3\\text{ cm}``, ``5 apples``."""

from __future__ import annotations

import re

# abbreviation or word -> one name; two known names that differ make two answers differ
_NAMES = {
    "%": "% percent pct percentage",
    "deg": "\\degree degree degrees deg",
    "rad": "radian radians rad",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "cm": "cm cms centimeter centimeters centimetre centimetres",
    "m": "m meter meters metre metres",
    "km": "km kms kilometer kilometers kilometre kilometres",
    "in": "in inch inches",
    "ft": "ft foot feet",
    "yd": "yd yard yards",
    "mi": "mile miles",
    "mg": "mg milligram milligrams",
    "g": "g gm gram grams",
    "kg": "kg kgs kilogram kilograms",
    "lb": "lb lbs pound pounds",
    "oz": "oz ounce ounces",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years yr yrs",
    "ml": "ml milliliter milliliters millilitre millilitres",
    "l": "l liter liters litre litres",
    "dollar": "dollar dollars usd",
    "cent": "cent cents",
    "am": "am a.m",
    "pm": "pm p.m",
    "mph": "mph",
    "kmh": "kmh kph",
}
KNOWN = {word: name for name, words in _NAMES.items() for word in words.split()}
_SHORT = "|".join(
    re.escape(word)
    for word in sorted(KNOWN, key=len, reverse=True)
    if 1 < len(word) <= 3 and word[0].isalpha()
)
_POWER = r"(?:\s?\^\s?(?:\{\s?(-?\d)\s?\}|(-?\d)))?"
_TEXT = re.compile(r"(?:\s?/\s?)?\\text\{([^{}]*)\}" + _POWER + r"\s?\Z")
_WORD = re.compile(r"(?<=[\d)}\]])(?:\s?/\s?|\s)([A-Za-z]{3,}(?: [A-Za-z]+)*)\Z")
_ABBREVIATION = re.compile(r"(?<=[\d)}\]])\s?(?:/\s?)?(" + _SHORT + r")" + _POWER + r"\Z", re.I)
# several values or several units are no unit
_UNIT = re.compile(r"(?!.*\b(?:or|and)\b)[^\d,;=]{0,40}\Z")
_FUNCTIONS = {"sin", "cos", "tan", "log", "exp", "sqrt", "mod"}


def split_unit(text: str) -> tuple[str, str]:
    """The text without what decorates its end, and the unit's name ("" if none or unknown).

    The text is normalised. A text that is nothing but words is left alone.
    """
    names: list[str] = []
    while True:
        rest, word, power = _last(text)
        if rest is None or not rest.strip():
            break
        if not _UNIT.match(word):
            break
        name = KNOWN.get(word.lower().strip().rstrip("."), "")
        if name and power and power != "1":
            name += power
        names.append(name)
        text = rest.strip()
    return text, "/".join(n for n in reversed(names) if n)


def _last(text: str) -> tuple[str | None, str, str]:
    if text.endswith("%"):
        return text[:-1], "%", ""
    if text.endswith("\\degree"):
        return text[: -len("\\degree")], "\\degree", ""
    match = _TEXT.search(text)
    if match:
        return text[: match.start()], match.group(1), match.group(2) or match.group(3) or ""
    match = _ABBREVIATION.search(text)
    if match:
        return text[: match.start()], match.group(1), match.group(2) or match.group(3) or ""
    match = _WORD.search(text)
    if match and match.group(1).lower() not in _FUNCTIONS:
        return text[: match.start()], match.group(1), ""
    return None, "", ""
