"""Conclusions by form: boxes, ``####`` lines, choices, words that answer. Hidden whole."""

from __future__ import annotations

import re

from smepo import numerals
from smepo.masking.math.givens import squeeze
from smepo.masking.math.lexer import CLOSE, CMD, OPEN, Tokens
from smepo.types import Kind, Role, Span

_CHOICE = re.compile(
    r"\s*(?:\\(?:text|textbf|mathrm|mathbf|mathsf)\s*\{)?\s*\(?[A-J]\)?\.?\s*\}?\s*\Z"
)
_NO_WORD = re.compile(r"\\(?:text|mathrm|textbf|mbox)\s*\{")
_WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_MATHS = re.compile(r"[\d=^+*/<>\\]|(?<![A-Za-z])[b-zB-HJ-Z](?![A-Za-z])")

_HASHES = re.compile(r"^[ \t]*#{4}[ \t]*(\S[^\n]*?)[ \t]*$", re.M)
# A letter that is called the answer: "option (C)", "the answer is C", "(B) is correct".
_LETTERED = re.compile(
    r"(?i:\b(?:options?|choices?|answers?)\b)"
    r"(?i:[ \t]*(?:is|are|:|must be|would be|should be|=))?[ \t]*(?:\n[ \t]*)?"
    r"(?:\*\*|\$|\\text(?:bf)?\{|\\mathrm\{|\\mathbf\{|\\\()*[ \t]*"
    r"(\([A-J]\)|[A-J](?![A-Za-z'’\d]))"
    r"|(?<![A-Za-z\d(])(\([A-J]\))(?=(?:\*\*|\$)?[ \t]+is[ \t]+(?:the[ \t]+)?"
    r"(?:correct|right|answer|true))"
)
_YES_NO = re.compile(
    r"(?i:\b(?:so|thus|hence|therefore|answer(?:[ \t]+is)?|answer:)[ \t,:*]*)"
    r"(?P<a>(?i:yes|no|true|false))(?=[ \t]*(?:\*\*)?[.,;!\n]|[ \t]*\Z)"
    r"|(?m:^[ \t*]*)(?P<b>Yes|No|True|False)(?=\*{0,2}[.,;!]|[ \t]*$)"
)
_ANSWER_WORDS = re.compile(
    r"(?i:\banswer(?:[ \t]+is)?[ \t]*(?::|\bis\b|=)|答案(?:是|为|：|:))"
    r"(?:[ \t*]|\\text(?:bf)?\{|\n)*(?i:the[ \t]+|an?[ \t]+)?"
    r"(?P<words>[^\W\d_][^\s.,;:!?。，！？$*{}\\\d=]*(?:[ \t]+[^\s.,;:!?$*{}\\\d=]+){0,4})"
    r"(?=[ \t]*(?:\*\*|\}|[.!](?:\s|\Z)|[。！]|\n|\Z))"
)
_TEXT_RESULT = re.compile(
    r"(?:\b(?:is|are)\b|=)[ \t]*\$?\\(?:text|textbf|mathrm)\{(?P<text>[^{}\n\d]{1,60})\}"
    r"(?=\$?[ \t]*(?:[.!\n]|\Z))"
)
_FIGURE = re.compile(
    r"\[asy\].*?(?:\[/asy\]|\Z)|\\begin\{tikzpicture\}.*?(?:\\end\{tikzpicture\}|\Z)", re.S
)
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.M | re.S)


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
    text = tokens.text
    i, size = 0, len(tokens)
    while i < size:
        if tokens.types[i] != CMD or tokens.command(i) not in ("boxed", "fbox", "framebox"):
            i += 1
            continue
        j = i + 1
        if j >= size:
            break
        if tokens.types[j] == OPEN and tokens.at(j) == "{":
            close = tokens.close[j]
            if close > 0:
                start, end, after = tokens.ends[j], tokens.starts[close], close + 1
            else:
                newline = text.find("\n", tokens.ends[j])
                start, end = tokens.ends[j], newline if newline >= 0 else len(text)
                after = j + 1
                while after < size and tokens.starts[after] < end:
                    after += 1
        elif tokens.types[j] == CLOSE:
            start, end, after = tokens.ends[i], tokens.ends[i], j
        else:
            start, end, after = tokens.starts[j], tokens.ends[j], j + 1
        found.append((i, after, answer_span(text, start, end)))
        i = after
    return found


def marked(text: str) -> list[Span]:
    """Conclusions that a mark announces: ``####``, choices, yes or no, words after "answer"."""
    found: list[Span] = []
    for match in _HASHES.finditer(text):
        if not _is_heading(match.group(1)):
            found += _spans(text, *match.span(1))
    for match in _LETTERED.finditer(text):
        group = 1 if match.group(1) else 2
        start, end = match.span(group)
        letter = match.group(group).strip("()")
        found.append(Span(start, end, Kind.CHOICE, Role.CONCLUSION, key=letter))
    for match in _YES_NO.finditer(text):
        name = "a" if match.group("a") else "b"
        start, end = match.span(name)
        key = match.group(name).lower()
        found.append(Span(start, end, Kind.ANSWER, Role.CONCLUSION, key=key))
    for match in _TEXT_RESULT.finditer(text):
        span = answer_span(text, *match.span("text"))
        found += [] if span is None else [span]
    for match in _ANSWER_WORDS.finditer(text):
        words = match.group("words")
        if numerals.parse(words) is None and not _CHOICE.match(words):
            start, end = match.span("words")
            found.append(Span(start, end, Kind.ANSWER, Role.CONCLUSION, key=words.lower()))
    return found


def _spans(text: str, start: int, end: int) -> list[Span]:
    if text[start] == "$" and numerals.parse(text[start:end]) is not None:
        start += 1
    span = answer_span(text, start, end)
    return [] if span is None else [span]


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
    found = [
        Span(m.start(), m.end(), Kind.CODE, Role.RESULT, key=str(m.start()))
        for m in _FIGURE.finditer(text)
    ]
    for match in _FENCE.finditer(text):
        start, end = match.span(2)
        if text[start:end].strip():
            body = end - 1 if text[end - 1] == "\n" else end
            found.append(Span(start, body, Kind.CODE, Role.RESULT, key=str(start)))
    return found
