"""The candidates of the copy attack: everything that can be cut out of a masked trace.

Two cutters that know nothing of the masker do the work: ``scan`` (mathematics) and ``words``
(prose). Placeholders are walls: no candidate crosses one. A candidate stands once for each text,
with all the places where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, NamedTuple

from smepo.auditing.scan import scan
from smepo.auditing.slots import settings, slots
from smepo.auditing.tokens import LONGEST, Piece, fold
from smepo.auditing.words import grams, prose, reach, shape
from smepo.numerals import parse, parse_roman, plain

_EMPTY: Final = re.compile(r"[^\w\x80-\U0010ffff]+\Z")  # marks that say nothing
_DIGITS: Final = re.compile(r"\d+")
_MATRIX: Final = re.compile(r"\\(begin|end)\{([A-Za-z]+\*?)\}")


class Candidate(NamedTuple):
    """A text that an attacker can cut out, and where: offsets in the masked text.

    ``places`` are where it stands free; ``slot_places`` where it stands in a structural slot.
    """

    text: str
    attack: str
    places: tuple[tuple[int, int], ...]
    slot_places: tuple[tuple[int, int], ...] = ()


def cut(
    text: str,
    walls: Sequence[tuple[int, int]] = (),
    target: Any = None,
    *,
    short_answer: bool = False,
) -> list[Candidate]:
    """Every candidate of ``text``, in order of first appearance.

    Args:
        text: a masked text, or a question.
        walls: where its placeholders stand.
        target: only its shape is looked at: runs of words are cut up to its number of words.
        short_answer: the target is a short answer of any kind, as in search, and runs of words are
            cut whatever it looks like.
    """
    wall = _wall(text)
    folded = fold(_walled(text, walls, wall))
    numbered = slots(folded)
    if short_answer:
        numbered |= settings(folded)
    pieces = scan(folded, wall, numbered)
    for piece in prose(folded, wall):
        piece.slot = piece.slot or _labelled(folded, numbered, piece)
        pieces.append(piece)
    _matrices(folded, pieces)
    for piece in grams(folded, wall, reach(target) if short_answer else shape(target)):
        piece.slot = _labelled(folded, numbered, piece)
        pieces.append(piece)
    return _merge(text, folded, wall, pieces)


def _wall(text: str) -> str:
    """A character that the text does not hold: of private use, of which there are 137,000."""
    code = 0xE000
    while chr(code) in text:
        code = code + 1 if code != 0xF8FF else 0xF0000
    return chr(code)


def _walled(text: str, walls: Sequence[tuple[int, int]], wall: str) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in walls:
        pieces += [text[at:start], wall * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


def _labelled(text: str, numbered: frozenset[int], piece: Piece) -> bool:
    """Prose whose only digits are those of a label is structure: ``**Case 1:**``."""
    held = False
    for digits in _DIGITS.finditer(text, piece.start, min(piece.end, piece.start + LONGEST)):
        if digits.start() not in numbered:
            return False
        held = True
    return held


def _matrices(text: str, found: list[Piece]) -> None:
    """Whole environments: a matrix is one answer."""
    opened: list[tuple[str, int]] = []
    for match in _MATRIX.finditer(text):
        if match.group(1) == "begin":
            opened.append((match.group(2), match.start()))
        elif opened and opened[-1][0] == match.group(2):
            found.append(Piece(opened.pop()[1], match.end(), "expression"))


class _Places:
    """Where one text stands, free and in slots; dicts, as they keep the order."""

    def __init__(self, attack: str) -> None:
        self.attack = attack
        self.free: dict[tuple[int, int], None] = {}
        self.slot: dict[tuple[int, int], None] = {}


def _merge(text: str, folded: str, wall: str, pieces: list[Piece]) -> list[Candidate]:
    found: dict[str, _Places] = {}
    for piece in pieces:
        start, end = piece.start, piece.end
        if end - start > LONGEST or folded.find(wall, start, end) >= 0:
            continue
        cut_out = text[start:end]
        bare = cut_out.strip()
        if not bare or (not bare[0].isalnum() and _EMPTY.match(bare)):
            continue
        if len(bare) < end - start:
            start += len(cut_out) - len(cut_out.lstrip())
        places = found.get(bare)
        if places is None:
            places = found[bare] = _Places(piece.attack)
        elif piece.attack == "roman":
            places.attack = "roman"  # a name anywhere else
        (places.slot if piece.slot else places.free)[start, start + len(bare)] = None
    return [Candidate(t, p.attack, tuple(p.free), tuple(p.slot)) for t, p in found.items()]


_PLAIN: Final = re.compile(r"[-+]?(?:\d[\d,]*)?(?:\.\d+)?\Z")
_RATIO: Final = re.compile(
    r"([-+]?)(?:\\[dtc]?frac(?:\{(\d+)\}|(\d))(?:\{(\d+)\}|(\d))|(\d+)/(\d+))\Z"
)
_NOISE: Final = re.compile(r"\\(?:left|right|displaystyle|,|;|!|:| )|[\s$~]|\{,\}(?=\d{3})")


_ROOT: Final = re.compile(r"√(\d+(?!\w)|[A-Za-z](?!\w))")
_SINGLE: Final = re.compile(r"\{(\w)\}")
_SQRT: Final = re.compile(r"\\?sqrt\(([^(){}]*)\)")
_OVER: Final = re.compile(r"\\frac(?:\{([^{}]+)\}|(\w))(?:\{([^{}]+)\}|(\w))")


@lru_cache(maxsize=1 << 14)
def form(text: str) -> str:
    """What makes two candidates the same: spaces and dress gone, but not the kind of number.

    Whole numbers are the same in digits and in words, fractions too; ``50%``, ``0.5`` and ``1/2``
    are three forms.
    """
    bare = _unbracketed(_NOISE.sub("", fold(text)).replace("\\%", "%"))
    if _PLAIN.match(bare) and any(c.isdigit() for c in bare):
        return _decimal(bare)
    match = _RATIO.match(bare)
    if match is not None:
        sign, *parts = match.groups()
        top, bottom = (int(part) for part in parts if part is not None)
        return f"{'-' if sign == '-' else ''}{top}/{bottom}"
    if not any(c.isdigit() for c in bare) and len(text) <= 80:
        value = parse(fold(text))
        if value is not None:
            return str(value)
    return _dressed(bare).casefold()


def _dressed(text: str) -> str:
    """One way to write powers, roots and fractions: ``x^{2}``, ``x²``; ``√5``, ``\\sqrt{5}``;
    ``\\dfrac{x}{y}``, ``x/y``."""
    text = plain(text)
    if "√" in text:
        text = _ROOT.sub(r"\\sqrt{\1}", text).replace("√", "\\sqrt")
    if "sqrt(" in text:
        text = _SQRT.sub(r"\\sqrt{\1}", text)
    if "{" in text:
        text = _SINGLE.sub(r"\1", text)
    if "frac" in text:
        text = _OVER.sub(_over, text)
    return text


def _over(match: re.Match[str]) -> str:
    parts = [part for part in match.groups() if part is not None]
    top, bottom = (part if len(part) == 1 else f"({part})" for part in parts)
    return f"{top}/{bottom}"


def _unbracketed(text: str) -> str:
    """``(32)`` and ``{32}`` are 32; ``(1, 2)`` and ``(a)(b)`` keep their brackets."""
    while len(text) > 2 and text[0] + text[-1] in ("()", "{}"):
        inner = text[1:-1]
        if any(c in inner for c in ",(){}"):
            break
        text = inner
    return text


def _decimal(text: str) -> str:
    value = text.replace(",", "").lstrip("+")
    sign = "-" if value.startswith("-") else ""
    whole, _, part = value.lstrip("-").partition(".")
    part = part.rstrip("0")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' + part if part else ''}"


def spelled(text: str, attack: str) -> str | None:
    """A numeral in words or another script, as the digits that an attacker would write for it."""
    if any("0" <= c <= "9" for c in text) or len(text) > 80:
        return None
    value: Fraction | int | None = parse(fold(text))
    if value is None and attack == "roman":
        value = parse_roman(text)
    return None if value is None else str(value)
