"""What can be cut out of prose: number words, numerals of other scripts, choices, quoted text,
last lines, and runs of words as long as the target."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smepo.auditing.tokens import LONGEST, Piece
from smepo.numerals import CARDINAL_WORDS, CJK_NUMERALS, COLLECTIVES, FRACTION_WORDS

_CARDINAL = "|".join(sorted(CARDINAL_WORDS, key=len, reverse=True))
_FRACTION = "|".join(sorted(FRACTION_WORDS, key=len, reverse=True))
_PARTS = f"{_FRACTION}|{'|'.join(COLLECTIVES)}"
_COUNT = rf"(?:{_CARDINAL})(?:(?:[ \t]+|-)(?:and[ \t]+)?(?:{_CARDINAL})\b){{0,11}}"
NUMBER_WORD = re.compile(
    rf"\b(?:(?:minus|negative)[ \t]+)?(?:"
    rf"(?:{_COUNT}|an?)(?:[ \t]+|-)(?:and[ \t]+(?:an?|one)[ \t]+)?(?:{_PARTS})"
    rf"|an?[ \t]+(?:hundred|thousand|million)(?:[ \t]+(?:and[ \t]+)?{_COUNT})?"
    rf"|{_COUNT}|half|dozen|quarter)\b",
    re.IGNORECASE,
)
_ALPHA = re.compile(r"(?<!\w)[A-Za-z]+")
_OPENS = CARDINAL_WORDS | {"a", "an", "minus", "negative", "half", "dozen", "quarter"}
CJK_NUMBER = re.compile(f"[{CJK_NUMERALS}]{{1,30}}")
ROMAN = re.compile(r"(?<![A-Za-z\\])[MDCLXVI]{2,15}(?![A-Za-z])")
ROMAN_SINGLE = re.compile(r"(?i:\bnumeral(?:[ \t]+(?:is|for))?[ \t:]+)([MDCLXVI])(?![A-Za-z])")
_NUMERAL = re.compile(r"(?i:\b(?:roman|numerals?)\b)")
CHOICE = re.compile(
    r"(?P<bracket>[(\[][A-Ja-j][)\]])"
    r"|(?i:\b(?:option|choice|answer|letter)s?(?:[ \t]+(?:is|are|was|must be|:))?:?)"
    r"[ \t]*[*_$({\[\\]{0,4}(?P<named>[A-J])(?![A-Za-z'’])"
    r"|(?P<only>^[ \t]*[*_$(]{0,3}[A-J][)*_$.]{0,3}[ \t]*$)"
    r"|\*\*\(?(?P<bold>[A-J])[).]?(?=\*\*|[ \t])",
    re.MULTILINE,
)
QUOTED = re.compile(
    r"\*\*(?P<bold>[^*\n]{1,120})\*\*"
    r"|(?<![\w*])\*(?P<star>[^*\n]{1,120})\*(?![\w*])"
    r"|\"(?P<double>[^\"\n]{1,120})\""
    r"|“(?P<curly>[^“”\n]{1,120})”"
    r"|(?<!\w)['‘](?P<single>[^'‘’\n]{1,60})['’](?!\w)"
    r"|`(?P<code>[^`\n]{1,120})`"
)
ANNOUNCED = re.compile(
    r"####[ \t]*(?P<hash>[^\n]{1,240})"
    r"|(?i:\banswer(?:[ \t]+is)?[ \t]*:?)[ \t]*(?P<answer>[^\n.]{1,120})"
    r"|</?answer>(?P<tag>[^<\n]{1,240})<"
)
_ANNOUNCES = re.compile(r"(?:\b(?:is|are|equals|gives|be)\b|[:=])[ \t]*")
_COUNTS = re.compile(
    r"(?i:\b(?:is|are|be|gives|equals|makes|leaves|exactly|only|answer|remains?|left)\b|[=:])[\s$*]*\Z"
)
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_TARGET_COMMAND = re.compile(r"\\(?:text|textbf|mathrm|mbox|textrm|operatorname)\b|[{}$]")
_POINTS = re.compile(r"(?i:\b(?:this|that|the|which|each|any|every|no|other|last)\b)[ \t]+\Z")
# Words, with the marks and numbers that names and dates hold: no operators, no products like 3x.
_WORDED = re.compile(r"(?=.*[^\W\d_]{2})(?!.*\d[A-Za-z](?![a-z]))[\w\s,.;:'’\"&()!?–-]+\Z")
_JOINED = re.compile(r"(?:[\W\d_]|(?<![^\W\d_])(?:and|or|[A-Za-z])(?![^\W\d_]))+\Z")  # 9 and -7
MAX_GRAM = 8


def number_words(text: str) -> Iterator[re.Match[str]]:
    """Runs of number words: ``twenty-seven``, ``two thirds``, ``half``."""
    last = 0
    for word in _ALPHA.finditer(text):
        if word.start() >= last and word.group().lower() in _OPENS:
            match = NUMBER_WORD.match(text, word.start())
            if match is not None:
                last = match.end()
                yield match


def _groups(pattern: re.Pattern[str], text: str, attack: str) -> Iterator[Piece]:
    for match in pattern.finditer(text):
        name = match.lastgroup
        yield Piece(*(match.span(name) if name else match.span()), attack)


def prose(text: str, wall: str) -> Iterator[Piece]:
    """Candidates of folded text that the mathematical scanner does not see."""
    for match in number_words(text):
        yield Piece(*match.span(), "word", _pronoun(text, match))
    if _NUMERAL.search(text):  # elsewhere CD is a line and XI a pair of points
        yield from _groups(ROMAN, text, "roman")
        for match in ROMAN_SINGLE.finditer(text):
            yield Piece(*match.span(1), "roman")
    if not text.isascii():
        yield from _groups(CJK_NUMBER, text, "word")
    for piece in _groups(CHOICE, text, "choice"):
        yield piece
        inner = re.search(r"[A-Ja-j]", text[piece.start : piece.end])
        if inner and piece.end - piece.start > 1:
            yield Piece(piece.start + inner.start(), piece.start + inner.end(), "choice")
    yield from _groups(QUOTED, text, "quoted")
    yield from _groups(ANNOUNCED, text, "announced")
    yield from last_line(text, wall)


def _pronoun(text: str, match: re.Match[str]) -> bool:
    """True for "one" that counts nothing: no announcement before it, no end of a sentence after."""
    if match.group().lower() != "one":
        return False
    before = text[max(0, match.start() - 30) : match.start()]
    ends = text[match.end() : match.end() + 1] in (".", "!")
    return not (_COUNTS.search(before) or ends) or _POINTS.search(before) is not None


def last_line(text: str, wall: str) -> Iterator[Piece]:
    """The last line that holds anything, whole and what stands after its last verb or colon."""
    end = len(text.rstrip())
    start = max(text.rfind("\n", 0, end) + 1, end - LONGEST)
    walled = text.rfind(wall, start, end) + 1
    if walled:  # what follows a placeholder is an operator and no sign
        start = end - len(text[walled:end].lstrip(" +-*/"))
    if start >= end:
        return
    end = start + len(text[start:end].rstrip(".!。 "))
    yield Piece(start, end, "last_line")
    for match in list(_ANNOUNCES.finditer(text, start, end))[-3:]:
        yield Piece(match.end(), end, "last_line")


def shape(target: object) -> int:
    """How many words a worded target has; 0 for one that is mathematics."""
    accepted = target if isinstance(target, (list, tuple)) else (target,)
    longest = 0
    for text in accepted:
        bare = _TARGET_COMMAND.sub(" ", text).strip() if isinstance(text, str) else ""
        if _WORDED.match(bare) and not _JOINED.match(bare):
            longest = max(longest, len(_WORD.findall(bare)))
    return min(longest, MAX_GRAM)


def grams(text: str, wall: str, longest: int) -> Iterator[Piece]:
    """Every run of up to ``longest`` words that crosses no wall."""
    if not longest:
        return
    spans = [match.span() for match in _WORD.finditer(text)]
    for at, (start, _) in enumerate(spans):
        for _, end in spans[at : at + longest]:
            if end - start > LONGEST or wall in text[start:end] or "\n" in text[start:end]:
                break
            yield Piece(start, end, "ngram")
