"""Blocks of code: fences, HTML, LaTeX listings and their like. One pass from the left.

Fences follow CommonMark where it is clear and the habits of language models where it is not: text
after an opening fence, a closing fence glued to the last line, a fence in the middle of a sentence,
fences inside string literals, fences that nobody closes. A fence that opens nothing is prose: it
must not turn what follows inside out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from smepo.masking.code import fences, looks
from smepo.masking.code.expressions import hides
from smepo.masking.code.fences import LANGUAGE, NESTS, SENTENCE, before_break
from smepo.masking.code.literals import Literals
from smepo.masking.code.signs import Marks

Range = tuple[int, int]

PREFIX = re.compile(r"(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_OPENER = re.compile(
    r"`{3,}|~{3,}"
    r"|<(?P<tag>pre|code|script|xmp|samp|kbd|tt)\b[^<>]*>"
    r"|\\begin\{(?P<env>(?:lstlisting|[bBlL]?[vV]erbatim|spverbatim|minted|alltt|algorithmic|code"
    r"|pycode|python|tcblisting|semiverbatim)\*?)\}(?:\[[^\]\n]{0,200}\]|\{[^}\n]{0,200}\})*"
    r"|\[(?P<bb>code)(?:=[\w+#-]*)?\]"
    r"|#\+(?P<org>begin_src|begin_example)\b[^\n]*"
    r"|\{%-?[ ]*(?P<liquid>highlight|raw)\b[^%\n]*%\}",
    re.MULTILINE | re.IGNORECASE,
)
_MARKS = ("```", "~~~", "<", "\\begin", "[code", "[CODE", "#+", "{%")  # a fast look-out
_TICKS = re.compile(r"`+")
_GLUED = re.compile(r"(?<=[^\s`])[ \t]*(`{3,})[ \t\r]*$", re.MULTILINE)
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_UNQUOTED = re.compile(r"^(?![ \t]*>)", re.MULTILINE)
_TAG_LINE = re.compile(
    r"</(?:answer|think|thinking|solution|response|reasoning|final|output|result)>\s*$"
)
_NESTED_CODE = re.compile(r"\s*<code\b[^<>]*>", re.IGNORECASE)
_NESTED_END = re.compile(r"</code\s*>\s*$", re.IGNORECASE)


class Blocks(NamedTuple):
    """Content to hide, where its opener starts, and all that blocks occupy; each in order."""

    content: list[Range]
    openers: list[int]
    occupied: list[Range]


def find(text: str) -> Blocks:
    """All blocks of code in ``text``; contents never overlap. Linear in ``len(text)``."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks a text once. The state is what keeps the walk linear: positions known already."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.content: list[Range] = []
        self.openers: list[int] = []
        self.occupied: list[Range] = []
        self._fences = fences.find(text) if "```" in text or "~~~" in text else []
        self._starts = [fence.start for fence in self._fences]
        self._line = (0, -1, 0)  # start, end and end of the prefix of the current line
        self._literals = Literals(text)
        self._unclosed: set[str] = set()
        self._unquoted = -1

    def scan(self) -> Blocks:
        marks = Marks(self.text, _MARKS)
        at = 0
        while (mark := marks.next(at)) >= 0:
            opener = self._opener(mark)
            if opener is None:
                at = mark + 1
                continue
            fence = opener[0][0] in "`~"
            at = self._at_fence(opener) if fence else self._at_markup(opener)
        return Blocks(self.content, self.openers, self.occupied)

    def _opener(self, mark: int) -> re.Match[str] | None:
        if self.text[mark] == "<":
            name = self.text[mark + 1 : mark + 2]
            if not (name.isascii() and name.isalpha()):
                return None
        return _OPENER.match(self.text, mark)

    # --- markup: everything with a named closer

    def _at_markup(self, opener: re.Match[str]) -> int:
        tag, env, before = opener["tag"], opener["env"], self.text[max(opener.start() - 1, 0)]
        if before in "`'\"":
            return opener.end()
        if tag:
            closer = rf"</{tag}\s*>"
        elif env:
            closer = rf"\\end\{{{re.escape(env)}\}}"
        elif opener["bb"]:
            closer = r"\[/code\]"
        elif opener["org"]:
            closer = r"^[ \t]*#\+end_(?:src|example)\b"
        else:
            closer = rf"\{{%-?[ ]*end{opener['liquid']}\b"
        close = self._closer(closer, opener.end())
        block = not tag or tag.lower() in ("pre", "script", "xmp")
        if close is None:
            if not block or not (env or opener.start() == 0 or before == "\n"):
                return opener.end()
            end = code_end(self.text, opener.end(), len(self.text))
            self._hide(opener.start(), opener.end(), end, end)
            return max(end, opener.end())
        start, end = opener.end(), close.start()
        if tag and tag.lower() == "pre" and (inner := _NESTED_CODE.match(self.text, start, end)):
            start = inner.end()
            last = _NESTED_END.search(self.text, max(start, end - 40), end)
            end = last.start() if last else end
        if not block and "\n" not in self.text[start:end] and not hides(self.text[start:end]):
            self.occupied.append((opener.start(), close.end()))
            return close.end()
        self._hide(opener.start(), start, before_break(self.text, start, end), close.end())
        return close.end()

    def _closer(self, pattern: str, at: int) -> re.Match[str] | None:
        if pattern in self._unclosed:
            return None
        match = re.compile(pattern, re.IGNORECASE | re.MULTILINE).search(self.text, at)
        if match is None:
            self._unclosed.add(pattern)
        return match

    # --- fences

    def _at_fence(self, opener: re.Match[str]) -> int:
        start, end, prefix_end = self._line_of(opener.start())
        if opener.start() == prefix_end:
            info = self.text[opener.end() : end].strip()
            if opener[0][0] == "~" and info.endswith(opener[0]) and info.strip("~"):
                last = self.text.rindex(opener[0], opener.end(), end)
                self._inline(opener.start(), opener.end(), last, last + len(opener[0]))
                return end
            if not (opener[0][0] == "`" and "`" in info):
                return self._open(opener, info, start, end)
            return self._same_line(opener.start(), end)
        if opener[0][0] == "~":
            return opener.end()
        return self._same_line(opener.start(), end)

    def _line_of(self, at: int) -> tuple[int, int, int]:
        if at > self._line[1]:
            start = self.text.rfind("\n", max(self._line[1], 0), at) + 1
            start = start or (0 if self._line[1] < 0 else self._line[1])
            end = self.text.find("\n", at)
            end = len(self.text) if end < 0 else end
            prefix = PREFIX.match(self.text, start, end)
            self._line = (start, end, prefix.end() if prefix else start)
        return self._line

    def _same_line(self, at: int, line_end: int) -> int:
        """Fences inside one line: pairs are inline code; a last lone one may open a block."""
        runs = list(_TICKS.finditer(self.text, at, line_end))
        partner: dict[int, int] = {}
        follows = [-1] * len(runs)
        for i in range(len(runs) - 1, -1, -1):
            size = len(runs[i][0])
            follows[i] = partner.get(size, -1)
            partner[size] = i
        i = 0
        while i < len(runs):
            if follows[i] < 0:
                i += 1
                continue
            first, last = runs[i], runs[follows[i]]
            if len(first[0]) >= 3:
                self._inline(first.start(), first.end(), last.start(), last.end())
            i = follows[i] + 1
        lone = runs[-1]
        if len(lone[0]) >= 3 and follows[-1] < 0 and len(runs) - 1 not in follows:
            info = self.text[lone.end() : line_end].strip()
            if not info or LANGUAGE.fullmatch(info):
                return self._open(lone, info, lone.start(), line_end)
        return line_end

    def _inline(self, start: int, inner: int, inner_end: int, end: int) -> None:
        language = LANGUAGE.match(self.text, inner, inner_end)
        if language and self.text[language.end() : inner_end].strip():
            inner = language.end()
        while inner < inner_end and self.text[inner] in " \t":
            inner += 1
        if hides(self.text[inner:inner_end]):
            self._hide(start, inner, inner_end, end)
        else:
            self.occupied.append((start, end))

    def _open(self, opener: re.Match[str], info: str, line_start: int, line_end: int) -> int:
        content = fences.content_start(self.text, opener.end(), info, line_end)
        if content is None:
            return line_end
        size, quotes = len(opener[0]), self.text[line_start : opener.start()].count(">")
        after_line = min(line_end + 1, len(self.text))
        close, close_end, closed = self._close(opener[0][0], size, quotes, info, after_line)
        inside = self.text[after_line : min(close, after_line + 6000)]
        stray = not info and (
            (looks.prosy(inside) and (not closed or self._inverts(close_end, opener[0][0])))
            or (not closed and not inside.strip())
        )
        if stray or (line_start == opener.start() != self._line[0] and not info and not closed):
            return line_end
        if not closed:
            trimmed = code_end(self.text, after_line, close)
            if trimmed > after_line or content < line_end:
                close = close_end = max(trimmed, min(content, close))
        indent = opener.start() - line_start
        first = self._skip_prefix(content, quotes, indent) if content > line_end else content
        self._hide(line_start, first, close, close_end)
        return max(close_end, line_end)

    def _skip_prefix(self, at: int, quotes: int, indent: int) -> int:
        for _ in range(quotes):
            if step := _QUOTE.match(self.text, at):
                at = step.end()
        limit = at + (indent if not quotes else 0)
        while at < min(limit, len(self.text)) and self.text[at] in " \t":
            at += 1
        return at

    def _close(
        self, character: str, size: int, quotes: int, info: str, at: int
    ) -> tuple[int, int, bool]:
        """Where the content ends, where its delimiter ends, and whether it is closed at all."""
        limit = self._quote_end(at) if quotes else len(self.text)
        nests = info.split(" ")[0].lower() in NESTS
        depth, last_bare, literal, lexed = 0, None, "", at
        for i in range(bisect_left(self._starts, at), len(self._fences)):
            fence = self._fences[i]
            if fence.start >= limit:
                break
            if fence.character != character or fence.size < size or fence.quotes != quotes:
                continue
            literal, lexed = self._literals.open_at(literal, lexed, fence.start)
            if literal and self._literal_ends_inside(literal, i, character, size):
                continue
            literal = ""
            if not fence.info:
                if not depth:
                    glued = self._glued(at, fence.start, size, character)
                    return glued or (before_break(self.text, at, fence.start), fence.end, True)
                depth, last_bare = depth - 1, fence
            elif nests:
                depth += 1
            elif LANGUAGE.match(fence.info):
                limit = fence.start
                break
            elif _text_after(fence.info):
                return before_break(self.text, at, fence.start), fence.run + fence.size, True
        if nests and last_bare:
            return before_break(self.text, at, last_bare.start), last_bare.end, True
        glued = self._glued(at, limit, size, character, always=True)
        return glued or (before_break(self.text, at, limit), limit, False)

    def _quote_end(self, at: int) -> int:
        """Where the quotation that ``at`` stands in ends."""
        if self._unquoted < at:
            outside = _UNQUOTED.search(self.text, at)
            self._unquoted = outside.start() if outside else len(self.text)
        return self._unquoted

    def _glued(
        self, start: int, end: int, size: int, character: str, *, always: bool = False
    ) -> tuple[int, int, bool] | None:
        """A closing fence at the end of a line of code, if what follows it is prose."""
        if character != "`" or self.text.find("`" * size, start, end) < 0:
            return None
        match = _GLUED.search(self.text, start, end)
        if match is None or len(match[1]) < size:
            return None
        if always or looks.prosy(self.text[match.end() : min(end, match.end() + 6000)]):
            return match.start(), match.end(), True
        return None

    def _inverts(self, at: int, character: str) -> bool:
        """True if code follows the fence that closes at ``at``: then it opens, not closes."""
        i = bisect_left(self._starts, at)
        end = self._fences[i].start if i < len(self._fences) else len(self.text)
        after = self.text[at : min(end, at + 6000)]
        return (
            looks.codey(after)
            and not looks.prosy(after)
            and not any(looks.prose(s) for s in after.split("\n")[:60])
        )

    def _literal_ends_inside(self, quote: str, i: int, character: str, size: int) -> bool:
        """True if the literal ends and a closing fence follows before any other block opens."""
        end = self._literals.next(quote, self._fences[i].end)
        if end >= len(self.text):
            return False
        first = bisect_left(self._starts, end)
        for fence in self._fences[first : first + 20]:
            if fence.character == character and fence.size >= size:
                return not fence.info
        return False

    def _hide(self, start: int, content: int, content_end: int, end: int) -> None:
        if self.text[content : content + 2] == "\r\n":
            content += 2
        elif self.text[content : content + 1] == "\n":
            content += 1
        self.occupied.append((start, max(end, start)))
        if content < content_end and not self.text[content:content_end].isspace():
            self.content.append((content, content_end))
            self.openers.append(start)


def _text_after(info: str) -> bool:
    """True if what follows a fence is no label: the fence closes, and a text or a tag follows."""
    return bool(SENTENCE.match(info) or _TAG_LINE.match(info) or looks.neighbours(info))


def code_end(text: str, start: int, end: int) -> int:
    """Where code that nobody closed ends: before the prose at the end of ``text[start:end]``."""
    cut = at = end
    while at > start:
        line = max(text.rfind("\n", start, at - 1) + 1, start)
        if text[line:at].strip():
            tag = _TAG_LINE.match(text, line, at)
            if not tag and (text[line] in " \t" or not looks.prose(text[line:at])):
                break
            cut = line
        at = line
    while cut > start and text[cut - 1] in "\r\n" and cut < end:
        cut -= 1
    return cut if cut > start else end
