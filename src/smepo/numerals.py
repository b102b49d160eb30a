"""Numerals in every dress, as exact values. Imports nothing of the package.

``parse`` reads one closed numeral: digits (ASCII, full-width, any Unicode decimal), thousands
marks, decimals, repeating decimals, fractions, mixed numbers, vulgar fractions, percent, scientific
notation, number words in English, and Chinese numerals. It is exact: values are ``Fraction``.
Unevaluated arithmetic (``6*7``, ``5!``) is no numeral. Linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache

MAX_LENGTH = 200  # longer texts are no numerals that anybody writes as an answer
MAX_EXPONENT = 300

UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
} | {"fourty": 40}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ORDINALS = {
    word: value
    for value, word in enumerate(
        "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split(),
        3,
    )
} | {
    "half": 2,
    "quarter": 4,
    "twentieth": 20,
    "thirtieth": 30,
    "fortieth": 40,
    "fiftieth": 50,
    "hundredth": 100,
    "thousandth": 1000,
}
COLLECTIVES = {"dozen": 12, "score": 20, "gross": 144, "dozens": 12}

# Words that make up an English cardinal: used by scanners to find runs of them.
CARDINAL_WORDS = frozenset(UNITS) | frozenset(TENS) | frozenset(SCALES) | {"hundred"}
FRACTION_WORDS = frozenset(ORDINALS) | frozenset(f"{w}s" for w in ORDINALS) | {"halves"}

CJK_DIGITS = {c: v for v, c in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "两": 2,
    "兩": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "肆": 4,
    "伍": 5,
    "陆": 6,
    "柒": 7,
    "捌": 8,
    "玖": 9,
}
CJK_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
CJK_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
CJK_NUMERALS = "".join({**CJK_DIGITS, **CJK_SCALES, **CJK_MYRIADS})
CJK_SHARE = "分之"  # 二分之一: one of two shares
CJK_POINT = "点"

_SIGNS = {"+": 1, "-": -1, "−": -1, "﹣": -1, "－": -1, "–": -1}
_SPACES = re.compile(r"\\[,;:! ]|[\s~\u2009\u202f\u00a0]+")
_DECIMAL = re.compile(r"(\d*)(?:\.(\d*))?\Z")
_REPEATING = re.compile(r"(\d*)\.(\d*)(?:\\overline\{?(\d+)\}?|\((\d+)\))\Z")
_GROUPED = re.compile(
    r"\d{1,3}(?:(,\\!|,|\{,\}|_|'|\u2019|\\,|\\ |[ \u2009\u202f\u00a0~])\d{3})(?:\1\d{3})*(?=\.|\Z)"
)
_SCIENTIFIC = re.compile(
    r"(.+?)(?:[eE]|\s*(?:\\times|\\cdot|[×·*xX])\s*10\s*\^)\s*\{?([+\-−]?\d{1,4})\}?\Z"
)
_LATEX_FRACTION = re.compile(r"\\[dtc]?frac\s*(\{[^{}]*\}|\d)\s*(\{[^{}]*\}|\d)\Z")
_PLAIN_FRACTION = re.compile(r"(\(?[^/()]+\)?)\s*[/⁄∕]\s*([^/]+)\Z")
_MIXED = re.compile(r"(\d+)(?:\s+|\s*[-+]?\s*(?=\\[dtc]?frac)|(?=[¼-¾⅐-⅞]))(.+)\Z")


RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_DRESSED_FRACTION = re.compile(r"\\[dtc]frac(?![A-Za-z])")


def plain(text: str) -> str:
    """``text`` with one way to write powers and fractions: ``^2`` for ``²``, ``\\frac`` for
    ``\\dfrac``."""
    if not text.isascii():
        text = _RAISED_RUN.sub(lambda run: "^" + run[0].translate(RAISED), text)
    return _DRESSED_FRACTION.sub(r"\\frac", text) if "frac" in text else text


@lru_cache(maxsize=1 << 14)
def parse(text: str) -> Fraction | None:
    """The exact value of one closed numeral, or ``None`` if ``text`` is anything else."""
    if len(text) > MAX_LENGTH:
        return None
    text = text.strip().strip("$").strip()
    if not text:
        return None
    sign = 1
    if text[0] in _SIGNS:
        sign = _SIGNS[text[0]]
        text = text[1:].lstrip()
    text = text.removeprefix("\\$").lstrip("$€£¥ ")
    scale = Fraction(1)
    for mark in ("\\%", "%", "％", " percent"):
        if text.endswith(mark):
            text, scale = text[: -len(mark)].rstrip(), Fraction(1, 100)
            break
    value = _unsigned(text)
    return None if value is None else sign * scale * value


def _unsigned(text: str) -> Fraction | None:
    if not text:
        return None
    if text.isdecimal():
        return Fraction(int(text))
    if text[0].isdecimal() or text[0] in ".\\({":
        return _written(text)
    value = _vulgar(text)
    if value is None:
        value = parse_words(text)
    if value is None:
        value = parse_cjk(text)
    return value


def _written(text: str) -> Fraction | None:
    for rule in (_plain_decimal, _latex_fraction, _mixed, _plain_fraction, _scientific, _braced):
        value = rule(text)
        if value is not None:
            return value
    return None


def ungroup(text: str) -> str:
    """Drop thousands marks: ``1,234``, ``1{,}234``, ``1\\,234``, ``1 234`` become ``1234``."""
    match = _GROUPED.match(text)
    if match is None:
        return text
    return re.sub(r"\D", "", match.group()) + text[match.end() :]


def _plain_decimal(text: str) -> Fraction | None:
    text = ungroup(text)
    match = _DECIMAL.match(text)
    if match is not None:
        whole, part = match.group(1), match.group(2)
        if not whole and not part:
            return None
        digits = _ascii(whole + (part or ""))
        return Fraction(int(digits or "0"), 10 ** len(part or ""))
    match = _REPEATING.match(text)
    if match is None:
        return None
    whole, head, cycle = match.group(1), match.group(2), match.group(3) or match.group(4)
    fixed = Fraction(int(_ascii(whole + head) or "0"), 10 ** len(head))
    return fixed + Fraction(int(_ascii(cycle)), (10 ** len(cycle) - 1) * 10 ** len(head))


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(unicodedata.decimal(c)) for c in digits)


def _latex_fraction(text: str) -> Fraction | None:
    match = _LATEX_FRACTION.match(text)
    return None if match is None else _ratio(match.group(1).strip("{}"), match.group(2).strip("{}"))


def _plain_fraction(text: str) -> Fraction | None:
    match = _PLAIN_FRACTION.match(text)
    return None if match is None else _ratio(match.group(1).strip("()"), match.group(2).strip("()"))


def _ratio(top: str, bottom: str) -> Fraction | None:
    above, below = _signed_decimal(top.strip()), _signed_decimal(bottom.strip())
    return None if above is None or not below else above / below


def _signed_decimal(text: str) -> Fraction | None:
    if text and text[0] in _SIGNS:
        value = _plain_decimal(text[1:].strip())
        return None if value is None else _SIGNS[text[0]] * value
    return _plain_decimal(text)


def _mixed(text: str) -> Fraction | None:
    match = _MIXED.match(text)
    if match is None:
        return None
    rest = match.group(2).strip()
    part = _vulgar(rest)
    if part is None:
        part = _latex_fraction(rest)
    if part is None and "/" in rest:
        part = _plain_fraction(rest)
    if part is None or not 0 < part < 1:
        return None
    return int(_ascii(match.group(1))) + part


def _vulgar(text: str) -> Fraction | None:
    if len(text) != 1 or unicodedata.category(text) != "No":
        return None
    return Fraction(unicodedata.numeric(text)).limit_denominator(1000)


def _scientific(text: str) -> Fraction | None:
    match = _SCIENTIFIC.match(text)
    if match is None:
        return None
    base, exponent = _signed_decimal(match.group(1).strip()), int(match.group(2).replace("−", "-"))
    if base is None or abs(exponent) > MAX_EXPONENT:
        return None
    return base * Fraction(10) ** exponent


def _braced(text: str) -> Fraction | None:
    if len(text) > 2 and (text[0], text[-1]) in (("{", "}"), ("(", ")")):
        return parse(text[1:-1])
    compact = _SPACES.sub("", text)
    return _plain_decimal(compact) if "\\" in text and compact != text else None


def parse_words(text: str) -> Fraction | None:
    """English number words: cardinals to trillions, fractions, ``a dozen``, ``one and a half``."""
    words = re.sub(r"[-\u2010\u2011\u2013]", " ", text.lower()).split()
    if not words or len(words) > 16:
        return None
    if words[0] in ("minus", "negative") and len(words) > 1:
        value = _words(words[1:])
        return None if value is None else -value
    return _words(words)


def _words(words: list[str]) -> Fraction | None:
    if len(words) > 2 and "and" in words:
        at = len(words) - 1 - words[::-1].index("and")
        part = _word_fraction(words[at + 1 :])
        whole = _cardinal(words[:at])
        if part is not None and whole is not None:
            return whole + part
    value = _word_fraction(words)
    if value is not None:
        return value
    if words[-1] in COLLECTIVES and len(words) <= 3:
        count = _cardinal(words[:-1]) if words[:-1] not in ([], ["a"]) else Fraction(1)
        return None if count is None else count * COLLECTIVES[words[-1]]
    return _cardinal(words)


def _word_fraction(words: list[str]) -> Fraction | None:
    if not words:
        return None
    bottom = words[-1]
    bottom = "half" if bottom == "halves" else bottom
    below = ORDINALS.get(bottom) or ORDINALS.get(bottom.removesuffix("s"))
    if below is None:
        return None
    top = words[:-1]
    if not top:
        return Fraction(1, 2) if bottom == "half" else None
    above = Fraction(1) if top in (["a"], ["an"]) else _cardinal(top)
    return None if above is None else above / below


def _cardinal(words: list[str]) -> Fraction | None:
    total = current = 0
    seen = False
    for at, word in enumerate(words):
        if word == "and" and seen and at + 1 < len(words):
            continue
        scaled = len(words) > 1 and (words[1] in SCALES or words[1] == "hundred")
        if word == "a" and at == 0 and scaled:
            current, seen = 1, True
        elif word in UNITS:
            room = 10 if UNITS[word] < 10 and current % 100 >= 20 else 100
            if seen and (current % room or word == "zero"):
                return None
            current += UNITS[word]
            seen = True
        elif word in TENS:
            if current % 100:
                return None
            current += TENS[word]
            seen = True
        elif word == "hundred" and current < 100:
            current = max(current, 1) * 100
            seen = True
        elif word in SCALES:
            total += max(current, 1) * SCALES[word]
            current, seen = 0, True
        else:
            return None
    return Fraction(total + current) if seen else None


def parse_cjk(text: str) -> Fraction | None:
    """Chinese numerals: ``四十二`` is 42, ``二分之一`` is 1/2, ``零点五`` is 0.5."""
    if len(text) > MAX_LENGTH:
        return None
    bottom, share, top = text.partition(CJK_SHARE)
    if share:
        above, below = parse_cjk(top), parse_cjk(bottom)
        return None if above is None or not below else above / below
    whole, point, part = text.partition(CJK_POINT)
    value = _cjk_whole(whole)
    if value is None or not point:
        return value
    if not part or any(c not in CJK_DIGITS for c in part):
        return None
    return value + Fraction(int("".join(str(CJK_DIGITS[c]) for c in part)), 10 ** len(part))


def _cjk_whole(text: str) -> Fraction | None:
    if not text or any(c not in CJK_NUMERALS for c in text):
        return None
    if len(text) > 1 and all(c in CJK_DIGITS for c in text):
        return Fraction(int("".join(str(CJK_DIGITS[c]) for c in text)))
    total = section = digit = 0
    for c in text:
        if c in CJK_DIGITS:
            digit = CJK_DIGITS[c]
        elif c in CJK_SCALES:
            section += (digit or 1) * CJK_SCALES[c]
            digit = 0
        else:
            total = (total + section + digit) * CJK_MYRIADS[c]
            section = digit = 0
    return Fraction(total + section + digit)


_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\Z")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def parse_roman(text: str) -> int | None:
    """A well-formed upper-case roman numeral up to 3999, or ``None``."""
    if not text or len(text) > 15 or _ROMAN.match(text) is None:
        return None
    values = [_ROMAN_VALUES[c] for c in text]
    return sum(
        -v if any(w > v for w in values[at + 1 : at + 2]) else v for at, v in enumerate(values)
    )
