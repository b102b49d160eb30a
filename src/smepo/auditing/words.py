"""What can be cut out of prose: number words, numerals of other scripts, choices, quoted text,
last lines, and runs of words as long as the target."""

from __future__ import annotations

import re
from typing import Final

from smepo.auditing.tokens import LONGEST, Piece
from smepo.numerals import CARDINAL_WORDS, CJK_NUMERALS, COLLECTIVES, FRACTION_WORDS

_CARDINAL = "|".join(sorted(CARDINAL_WORDS, key=len, reverse=True))
_FRACTION = "|".join(sorted(FRACTION_WORDS, key=len, reverse=True))
_PARTS = f"{_FRACTION}|{'|'.join(COLLECTIVES)}"
_COUNT = rf"(?:{_CARDINAL})(?:(?:[ \t]+|-)(?:and[ \t]+)?(?:{_CARDINAL})\b){{0,11}}"
NUMBER_WORD: Final = re.compile(
    rf"\b(?:(?:minus|negative)[ \t]+)?(?:"
    rf"(?:{_COUNT}|an?)(?:[ \t]+|-)(?:and[ \t]+(?:an?|one)[ \t]+)?(?:{_PARTS})"
    rf"|an?[ \t]+(?:hundred|thousand|million)(?:[ \t]+(?:and[ \t]+)?{_COUNT})?"
    rf"|{_COUNT}|half|dozen|quarter)\b",
    re.IGNORECASE,
)
_OPENS: Final = CARDINAL_WORDS | {"a", "an", "minus", "negative", "half", "dozen", "quarter"}
_LONGEST_WORD: Final = max(map(len, _OPENS))
CJK_NUMBER: Final = re.compile(f"[{CJK_NUMERALS}][{CJK_NUMERALS}]{{0,29}}")
ROMAN: Final = re.compile(r"(?<![A-Za-z\\])[MDCLXVI]{2,15}(?![A-Za-z])")
ROMAN_SINGLE: Final = re.compile(
    r"(?i:\bnumeral(?:[ \t]+(?:is|for))?[ \t:]+)([MDCLXVI])(?![A-Za-z])"
)
_NUMERAL: Final = re.compile(r"(?i:\b(?:roman|numerals?)\b)")
# These three start with a set of characters, which is searched for fast, and look back at it. The
# text starts with a line break that is not its own.
CHOICE: Final = re.compile(
    r"[(\[*acloACLO\n](?:"
    r"(?<=[(\[])(?P<bracket>[A-Ja-j])[)\]]"
    r"|(?<!\w.)(?i:ption(?<=option)|hoice(?<=choice)|nswer(?<=answer)|etter(?<=letter))"
    r"(?i:s?(?:[ \t]+(?:is|are|was|must be|:))?:?)"
    r"[ \t]*[*_$({\[\\]{0,4}(?P<named>[A-J])(?![A-Za-z'’])"
    r"|(?<=\n)(?P<only>[ \t]*[*_$(]{0,3}[A-J][)*_$.]{0,3}[ \t]*$)"
    r"|(?<=\*)\*\(?(?P<bold>[A-J])[).]?(?=\*\*|[ \t]))",
    re.MULTILINE | re.DOTALL,
)
QUOTED: Final = re.compile(
    r"[*\"“'‘`](?:"
    r"(?<=\*)\*(?P<bold>[^*\n]{1,120})\*\*"
    r"|(?<=\*)(?<![\w*].)(?P<star>[^*\n]{1,120})\*(?![\w*])"
    r"|(?<=\")(?P<double>[^\"\n]{1,120})\""
    r"|(?<=“)(?P<curly>[^“”\n]{1,120})”"
    r"|(?<=['‘])(?<!\w.)(?P<single>[^'‘’\n]{1,60})['’](?!\w)"
    r"|(?<=`)(?P<code>[^`\n]{1,120})`)",
    re.DOTALL,
)
ANNOUNCED: Final = re.compile(
    r"[#aA<](?:"
    r"(?<=#)###[ \t]*(?P<hash>[^\n]{1,240})"
    r"|(?<=[aA])(?<!\w.)(?i:nswer(?:[ \t]+is)?[ \t]*:?)[ \t]*(?P<answer>[^\n.]{1,120})"
    r"|(?<=<)/?answer>(?P<tag>[^<\n]{1,240})<)",
    re.DOTALL,
)
_ANNOUNCES: Final = re.compile(r"(?:\b(?:is|are|equals|gives|be)\b|[:=])[ \t]*")
_COUNTS: Final = re.compile(
    r"(?i:\b(?:is|are|be|gives|equals|makes|leaves|exactly|only|answer|remains?|left)\b|[=:])[\s$*]*\Z"
)
_WORD: Final = re.compile(r"\w+(?:['’-]\w+)*")
_TARGET_COMMAND: Final = re.compile(r"\\(?:text|textbf|mathrm|mbox|textrm|operatorname)\b|[{}$]")
_LETTER: Final = re.compile(r"[A-Ja-j]")
_POINTS: Final = re.compile(
    r"(?i:\b(?:this|that|the|which|each|any|every|no|other|last)\b)[ \t]+\Z"
)
# Words, with the marks and numbers that names and dates hold: no operators, no products like 3x.
_WORDED: Final = re.compile(r"(?=.*[^\W\d_]{2})(?!.*\d[A-Za-z](?![a-z]))[\w\s,.;:'’\"&()!?–-]+\Z")
_JOINED: Final = re.compile(
    r"(?:[\W\d_]|(?<![^\W\d_])(?:and|or|[A-Za-z])(?![^\W\d_]))+\Z"
)  # 9 and -7
_PART: Final = re.compile(r"[^\W_]+")
MAX_GRAM: Final = 8  # words
MAX_REACH: Final = 32


def number_words(text: str) -> list[re.Match[str]]:
    """Runs of number words: ``twenty-seven``, ``two thirds``, ``half``."""
    found: list[re.Match[str]] = []
    last = at = 0
    size = len(text)
    while at < size:
        if not _letter(text, at):
            at += 1
            continue
        start = at
        while at < size and _letter(text, at):
            at += 1
        if start < last or at - start > _LONGEST_WORD or text[start:at].lower() not in _OPENS:
            continue
        if start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
            continue
        match = NUMBER_WORD.match(text, start)
        if match is not None:
            last = match.end()
            found.append(match)
    return found


def _letter(text: str, at: int) -> bool:
    code = ord(text[at])
    return 97 <= code <= 122 or 65 <= code <= 90


def _groups(pattern: re.Pattern[str], text: str, attack: str, found: list[Piece]) -> None:
    for match in pattern.finditer(text):
        start, end = match.span(match.lastindex or 0)
        found.append(Piece(start, end, attack))


def prose(text: str, wall: str) -> list[Piece]:
    """Candidates of folded text that the mathematical scanner does not see."""
    found: list[Piece] = []
    for match in number_words(text):
        start, end = match.span()
        found.append(Piece(start, end, "word", _pronoun(text, start, end)))
    low = text.lower()
    if ("roman" in low or "numeral" in low) and _NUMERAL.search(
        text
    ):  # elsewhere CD is a line and XI a pair of points
        _groups(ROMAN, text, "roman", found)
        _groups(ROMAN_SINGLE, text, "roman", found)
    if not text.isascii():
        _groups(CJK_NUMBER, text, "word", found)
    for match in CHOICE.finditer("\n" + text):
        start, end = match.span(0 if match.lastgroup == "bracket" else match.lastindex or 0)
        start, end = start - 1, end - 1
        found.append(Piece(start, end, "choice"))
        inner = _LETTER.search(text, start, end)
        if inner is not None and end - start > 1:
            found.append(Piece(inner.start(), inner.end(), "choice"))
    _groups(QUOTED, text, "quoted", found)
    _groups(ANNOUNCED, text, "announced", found)
    _last_line(text, wall, found)
    return found


def _pronoun(text: str, start: int, end: int) -> bool:
    """True for "one" that counts nothing: no announcement before it, no end of a sentence after."""
    if text[start:end].lower() != "one":
        return False
    before = text[max(0, start - 30) : start]
    ends = text[end : end + 1] in (".", "!")
    return not (_COUNTS.search(before) or ends) or _POINTS.search(before) is not None


def _last_line(text: str, wall: str, found: list[Piece]) -> None:
    """The last line that holds anything, whole and what stands after its last verb or colon."""
    end = len(text.rstrip())
    start = max(text.rfind("\n", 0, end) + 1, end - LONGEST)
    walled = text.rfind(wall, start, end) + 1
    if walled:  # what follows a placeholder is an operator and no sign
        start = end - len(text[walled:end].lstrip(" +-*/"))
    if start >= end:
        return
    end = start + len(text[start:end].rstrip(".!。 "))
    found.append(Piece(start, end, "last_line"))
    announced = list(_ANNOUNCES.finditer(text, start, end))[-3:]
    found += [Piece(match.end(), end, "last_line") for match in announced]


def shape(target: object) -> int:
    """How many words a worded target has; 0 for one that is mathematics."""
    longest = 0
    for text in _texts(target):
        bare = _TARGET_COMMAND.sub(" ", text).strip()
        if _WORDED.match(bare) and not _JOINED.match(bare):
            longest = max(longest, len(_WORD.findall(bare)))
    return min(longest, MAX_GRAM)


def reach(target: object) -> int:
    """How many words a run may have that is paid for a short answer, whatever the answer is.

    Exact match drops articles, and word overlap (F1) of four fifths allows half as many words
    besides: ``the Duke of the Port`` for ``Duke of Port``.
    """
    longest = max([len(_PART.findall(text)) for text in _texts(target)], default=0)
    return min(longest + longest // 2 + 1, MAX_REACH)


def _texts(target: object) -> list[str]:
    accepted = target if isinstance(target, (list, tuple)) else (target,)
    return [text for text in accepted if isinstance(text, str)]


def grams(text: str, wall: str, longest: int) -> list[Piece]:
    """Every run of up to ``longest`` words that crosses no wall."""
    found: list[Piece] = []
    if not longest:
        return found
    spans = [match.span() for match in _WORD.finditer(text)]
    for at in range(len(spans)):
        start = spans[at][0]
        for upto in range(at, min(at + longest, len(spans))):
            end = spans[upto][1]
            if end - start > LONGEST or wall in text[start:end] or "\n\n" in text[start:end]:
                break
            found.append(Piece(start, end, "ngram"))
    return found
