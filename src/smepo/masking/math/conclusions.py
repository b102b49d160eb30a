"""Conclusions by form: boxes, ``####`` lines, choices, words that answer. Hidden whole."""

from __future__ import annotations

import re
from bisect import bisect_left

from smepo import numerals
from smepo.masking.math.choices import choices, verdict
from smepo.masking.math.givens import squeeze
from smepo.masking.math.kinds import BRACE, CLOSE_FIRST, CLOSE_LAST, DOLLAR, EQ
from smepo.masking.math.lexicon import ANSWERED, BOX, OPTION, RIGHT, TEXT, TRUTH
from smepo.masking.math.tokens import Tokens
from smepo.types import Kind, Role, Span

_CHOICE = re.compile(
    r"\s*(?:\\(?:text|textbf|mathrm|mathbf|mathsf)\s*\{)?\s*\(?[A-J]\)?\.?\s*\}?\s*\Z"
)
_NO_WORD = re.compile(r"\\(?:text|mathrm|textbf|mbox)\s*\{")
_WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_MATHS = re.compile(r"[\d=^+*/<>\\]|(?<![A-Za-z])[b-zB-HJ-Z](?![A-Za-z])")

_UNPAIRED = re.compile(r"(?![ \t])[^$]+(?<![ \t])")
_HASHES = re.compile(r"^[ \t]*#{4}[ \t]*(\S[^\n]*?)[ \t]*$", re.M)
# A letter that is called the answer: "option (C)", "the answer is C", "(B) is correct".
_LETTERED = re.compile(
    r"(?i:(?:options?|choices?|answers?)\b)"
    r"(?i:[ \t]*(?:is|are|:|must be|would be|should be|=))?[ \t]*(?:\n[ \t]*)?"
    r"(?:\*\*|\$|\\text(?:bf)?\{|\\mathrm\{|\\mathbf\{|\\\()*[ \t]*"
    r"(\([A-Ja-j]\)|[A-J](?![A-Za-z'’\d])|[b-j](?=(?:\*\*|\$)?\.?[ \t]*(?:\n|\Z)))"
)
_CORRECT = re.compile(
    r"(\([A-Ja-j]\))(?<![A-Za-z\d(]...)(?=(?:\*\*|\$)?[ \t]+is[ \t]+(?:the[ \t]+)?"
    r"(?:correct|right|answer|true))"
)
# The value beside the letter, which tells it: "the answer is (C) 16."
_OPTION_VALUE = re.compile(
    r"(?:[)}*$: \t~]|\\[ ,;:]){1,12}\$?(-?(?:\\[dt]?frac\{\d+\}\{\d+\}|\d[\d,.]*\d|\d)(?:/\d+)?)"
    r"(?=[)}*$]{0,6}[.!]?(?:\s|\Z))"
)
# A truth value that something announces, or that opens a line.
_ANNOUNCED = re.compile(
    r"(?i:\b(?:so|thus|hence|therefore|answer(?:[ \t]+is)?|answer:)[ \t,:*]{0,8})\Z"
)
_CONCLUDED = re.compile(
    r"\b(?i:so|thus|hence|therefore)\b[^.!?\n]*(?:\b(?:is|are)|['’]s)[ \t]+(?:\*\*)?\Z"
)
_TAIL = 16  # characters behind the last word, none of which is a letter
_ENDS = re.compile(r"[ \t]*(?:\*\*)?[.,;!\n]|[ \t]*\Z")
_OPENS = re.compile(r"(?:Yes|No|True|False|YES|NO|TRUE|FALSE)(?=\*{0,2}[.,;!]|[ \t]*$)")
_ANSWER_WORDS = re.compile(
    r"(?i:answer(?:[ \t]+is)?[ \t]*(?::|\bis\b|=)|答案(?:是|为|：|:))"
    r"(?:[ \t*]|\\text(?:bf)?\{|\n)*(?:(?<=\s)[\"“'])?(?i:the[ \t]+|an?[ \t]+)?"
    r"(?P<words>[^\W\d_][^\s.,;:!?。，！？$*{}\\\d=\"”]*(?:[ \t]+[^\s.,;:!?$*{}\\\d=\"”]+){0,4})"
    r"(?=[ \t]*(?:\*\*|[\"”}]|[.!](?:\s|\Z)|[。！]|\n|\Z|(?P<comma>,)\s))"
)
_TEXT_RESULT = re.compile(
    r"\\(?:text|textbf|mathrm)\{(?P<text>[^{}\n\d]{1,60})\}(?=\$?[ \t]*(?:[.!\n]|\Z))"
)
_FIGURE = re.compile(
    r"\[asy\].*?(?:\[/asy\]|\Z)|\\begin\{tikzpicture\}.*?(?:\\end\{tikzpicture\}|\Z)", re.S
)
_FENCE = re.compile(r"^[ \t]*(`{3,}+|~{3,}+)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.M | re.S)


def answer_span(text: str, start: int, end: int, role: Role = Role.CONCLUSION) -> Span | None:
    """The span of an announced answer, white space trimmed, with the kind that its form shows."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return None
    content = text[start:end]
    value = numerals.parse(content)
    if value is not None:
        return Span(start, end, Kind.NUMBER, role, key=str(value))
    if _CHOICE.match(content):
        letter = re.sub(r"\\[a-z]+|[^A-J]", "", content)
        return Span(start, end, Kind.CHOICE, role, key=letter)
    worded = _NO_WORD.match(content) or (_WORDS.search(content) and not _MATHS.search(content))
    kind = Kind.ANSWER if worded else Kind.EXPRESSION
    return Span(start, end, kind, role, key=squeeze(content))


def boxes(tokens: Tokens) -> list[tuple[int, int, Span | None]]:
    """Every ``\\boxed`` and ``\\fbox``: its token range and the span of what stands in it.

    A box without braces holds the next token; one that is never closed holds the rest of its line.
    """
    found: list[tuple[int, int, Span | None]] = []
    after = 0
    for i in tokens.notes:
        if i < after or not tokens.words[i].bits & BOX or i + 1 >= tokens.size:
            continue
        start, end, after = _inside(tokens, i)
        found.append((i, after, answer_span(tokens.text, start, end)))
    return found


def _inside(tokens: Tokens, i: int) -> tuple[int, int, int]:
    """Where the content of the box at token ``i`` starts and ends, and the token after the box."""
    j = i + 1
    kind = tokens.kinds[j]
    if kind == BRACE and tokens.close[j] > 0:
        close = tokens.close[j]
        return tokens.ends[j], tokens.starts[close], close + 1
    if kind == BRACE:
        newline = tokens.text.find("\n", tokens.ends[j])
        end = newline if newline >= 0 else len(tokens.text)
        return tokens.ends[j], end, bisect_left(tokens.starts, end)
    if CLOSE_FIRST <= kind <= CLOSE_LAST:
        return tokens.ends[i], tokens.ends[i], j
    return tokens.starts[j], tokens.ends[j], j + 1


def marked(tokens: Tokens) -> list[Span]:
    """Conclusions that a mark announces: ``####``, choices, yes or no, words after "answer"."""
    text = tokens.text
    found = choices(text)
    if not tokens.seen & BOX:
        found += verdict(text)
    if "####" in text:
        for match in _HASHES.finditer(text):
            if not _is_heading(match.group(1)):
                found += _spans(text, *match.span(1))
    if tokens.seen & RIGHT:
        found += [_letter(match) for match in _CORRECT.finditer(text)]
    lettered = worded = 0  # where the last finds end
    for i in tokens.notes:
        bits, start = tokens.words[i].bits, tokens.starts[i]
        if bits & OPTION and start >= lettered:
            lettering = _LETTERED.match(text, start)
            if lettering is not None:
                found.append(_letter(lettering))
                lettered = lettering.end()
                valued = _OPTION_VALUE.match(text, lettered)
                span = None if valued is None else answer_span(text, *valued.span(1))
                found += [] if span is None else [span]
        if bits & ANSWERED and start >= worded:
            wording = _ANSWER_WORDS.match(text, start)
            if wording is not None:
                found += _answer_words(wording)
                worded = wording.end()
        if bits & TRUTH and _is_announced(tokens, i):
            key = tokens.words[i].lower
            found.append(Span(start, tokens.ends[i], Kind.ANSWER, Role.CONCLUSION, key=key))
        if bits & TEXT and _is_stated(tokens, i):
            result = _TEXT_RESULT.match(text, start)
            span = None if result is None else answer_span(text, *result.span("text"))
            found += [] if span is None else [span]
    return found


def _letter(match: re.Match[str]) -> Span:
    start, end = match.span(1)
    key = match.group(1).strip("()")
    return Span(start, end, Kind.CHOICE, Role.CONCLUSION, key=key)


def _answer_words(match: re.Match[str]) -> list[Span]:
    words = match.group("words")
    if numerals.parse(words) is not None or _CHOICE.match(words):
        return []
    if match.group("comma") and not words[0].isupper():  # "the answer is simple, as ..."
        return []
    roman = numerals.parse_roman(words) if len(words) > 1 else None
    if roman is not None:
        return [Span(*match.span("words"), Kind.NUMBER, Role.CONCLUSION, key=str(roman))]
    start, end = match.span("words")
    return [Span(start, end, Kind.ANSWER, Role.CONCLUSION, key=words.lower())]


def _is_announced(tokens: Tokens, i: int) -> bool:
    """True for "so no.", "so it is true.", and for a line or a last sentence "No."."""
    text, start = tokens.text, tokens.starts[i]
    if _ENDS.match(text, tokens.ends[i]):
        if _ANNOUNCED.search(text, max(0, start - 24), start):
            return True
        if tokens.words[i].bits & RIGHT and _CONCLUDED.search(text, max(0, start - 96), start):
            return True
    if not _OPENS.match(text, start):
        return False
    while start > 0 and text[start - 1] in " \t*":
        start -= 1
    if start == 0 or text[start - 1] == "\n":
        return True
    if text[start - 1] not in ".!?" or len(text) - tokens.ends[i] > _TAIL:
        return False
    return not any(c.isalnum() for c in text[tokens.ends[i] :])


def _is_stated(tokens: Tokens, i: int) -> bool:
    """True right of "is", "are" or an equals sign."""
    j = i - 1
    if j >= 0 and tokens.kinds[j] == DOLLAR:
        j -= 1
    return j >= 0 and (tokens.kinds[j] == EQ or tokens.words[j].text in ("is", "are"))


def _spans(text: str, start: int, end: int) -> list[Span]:
    if text[start] == "$" and numerals.parse(text[start:end]) is not None:
        start += 1
    if text.count("$", start, end) % 2 == 0:
        span = answer_span(text, start, end)
        return [] if span is None else [span]
    found: list[Span] = []
    for piece in _UNPAIRED.finditer(text, start, end):  # dollars without partner stay
        first, last = piece.span()
        span = answer_span(text, first, last) if any(c.isalnum() for c in piece[0]) else None
        found += [] if span is None else [span]
    return found


def _is_heading(content: str) -> bool:
    """``#### 72`` answers; ``#### Step 2`` and ``#### 3. Solve it`` are headings."""
    words = _WORDS.findall(content)
    return (
        content.endswith(":")
        or len(words) > 3
        or bool(
            re.match(
                r"(?:\**)(?:Step|Case|Part|Method|Solution|Final|Answer|Conclusion|\d+[.)]\s)",
                content,
            )
        )
    )


def pictures(text: str) -> list[Span]:
    """Figures and fenced code inside a mathematical trace: hidden as code, whole."""
    found: list[Span] = []
    if "[asy]" in text or "{tikzpicture}" in text:
        for match in _FIGURE.finditer(text):
            key = str(match.start())
            found.append(Span(match.start(), match.end(), Kind.CODE, Role.RESULT, key=key))
    if "```" not in text and "~~~" not in text:
        return found
    for match in _FENCE.finditer(text):
        start, end = match.span(2)
        if text[start:end].strip():
            body = end - 1 if text[end - 1] == "\n" else end
            found.append(Span(start, body, Kind.CODE, Role.RESULT, key=str(start)))
    return found
