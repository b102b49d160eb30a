"""One spelling for the many ways to write the same answer in LaTeX, plain text and Unicode."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CHARACTERS = str.maketrans(
    {
        "−": "-", "–": "-", "﹣": "-", "－": "-", "‐": "-", "‑": "-", "＋": "+",
        "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "⁄": "/", "∕": "/",
        "∞": "\\infty ", "π": "\\pi ", "θ": "\\theta ", "√": "\\sqrt ", "°": "^\\circ ",
        "≤": "\\leq ", "≥": "\\geq ", "≠": "\\neq ", "∪": "\\cup ", "∈": "\\in ",
        "≈": "=", "±": "\\pm ", "∅": "\\emptyset ", "²": "^2 ", "³": "^3 ", "％": "%", "，": ",",
        "（": "(", "）": ")", "；": ";", "：": ":", "．": ".", "！": "!", "、": ",",
        "\u00a0": "~", "\u2009": "\\,", "\u202f": "\\,", "\u200b": "",
        "“": "", "”": "", "‘": "", "’": "",
    }
)  # fmt: skip
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\[", "\\]"), ("\\(", "\\)"), ("**", "**"), ("`", "`"))

# (what a text must hold for it, one of them; pattern, replacement), in this order
_RULES = [
    (tuple(needles.split()), re.compile(pattern), replacement)
    for needles, pattern, replacement in (
        ("left right big Big", r"\\(?:left|right|[bB]igg?[lrm]?)\s*\.", ""),
        ("left right middle big Big", r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])\s*", ""),
        ("style limits \\rm \\bf \\it \\cal",
         r"\\(?:displaystyle|textstyle|limits|nolimits|rm|bf|it|cal)(?![A-Za-z])", " "),
        ("frac", r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        ("binom", r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
        (
            "text math box operatorname emph boldsymbol",
            r"\\(?:textbf|textrm|textit|textsf|texttt|textnormal|mathrm|mathbf|mathit|mathsf|mbox"
            r"|hbox|operatorname\*?|mathop|emph|boldsymbol)(?![A-Za-z])\s*",
            r"\\text",
        ),
        ("box", r"\\(?:boxed|fbox)(?=\s*\{)", ""),
        ("underline \\bm \\pmb color",
         r"\\(?:underline|bm|pmb|(?:text)?color\s*\{[^{}]*\})(?=\s*\{)", ""),
        ("approx simeq doteq", r"\\(?:approx|simeq|doteq)(?![A-Za-z])", "="),
        ("{,}", r"\{,\}", ","),
        ("\\!", r",\s*\\!\s*(?=\d{3})", ","),
        ("\\", r"(?<=\d)\\[,;: ](?=\d{3}(?!\d))", ""),
        ("\\ ~", r"(?<!\\)\\[,;:!> ]|\\q?quad(?![A-Za-z])|~", " "),
        ("\\le", r"\\(?:le|leqslant)(?![A-Za-z])", r"\\leq"),
        ("\\ge", r"\\(?:ge|geqslant)(?![A-Za-z])", r"\\geq"),
        ("\\ne", r"\\ne(?![A-Za-z])", r"\\neq"),
        ("\\lt", r"\\lt(?![A-Za-z])", "<"),
        ("\\gt", r"\\gt(?![A-Za-z])", ">"),
        ("brace", r"\\l?brace(?![A-Za-z])|\\lbrace(?![A-Za-z])", r"\\{"),
        ("brace", r"\\rbrace(?![A-Za-z])", r"\\}"),
        ("brack", r"\\lbrack(?![A-Za-z])", "["),
        ("brack", r"\\rbrack(?![A-Za-z])", "]"),
        ("vert", r"\\[lr]vert(?![A-Za-z])", "|"),
        ("cdot times ast", r"\\(?:cdot|times|ast)(?![A-Za-z])", "*"),
        ("\\div", r"\\div(?![A-Za-z])", "/"),
        ("varnothing \\O", r"\\(?:varnothing|O)(?![A-Za-z])", r"\\emptyset"),
        ("deg", r"\\degree(?![A-Za-z])|\\(?:textdegree|deg)(?![A-Za-z])", r"^\\circ "),
        ("circ", r"\^\s*(?:\{\s*\\circ\s*\}|\\circ(?![A-Za-z]))", r"\\degree "),
        ("text", r"\\text\{\s*\}", " "),
        ("text", r"\\text\{([\d.,]*\d)\}", r"{\1}"),
        ("$ € £ ¥", r"\\?[$€£¥]", " "),
        ("%", r"\\(?=%)", ""),
        ("frac", r"(?<![A-Za-z\\])[dtc]?frac\s*(?=\{)", r"\\frac"),
        ("frac", r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
        ("frac", r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
        ("sqrt pi", r"(?<![A-Za-z\\])(sqrt|pi)(?![A-Za-z])", r"\\\1 "),
        ("**", r"\*\*", "^"),
    )
]  # fmt: skip
_SPACES = re.compile(r"[ \t\r\n]+")


@lru_cache(maxsize=1 << 14)
def normalise(text: str) -> str:
    """The text without delimiters, spacing commands and font commands; linear in its length."""
    if not text.isascii():
        text = text.translate(_CHARACTERS)
        text = "".join(_ascii(c) for c in text)
    text = unwrap(text)
    for needles, pattern, replacement in _RULES:
        for needle in needles:
            if needle in text:
                text = pattern.sub(replacement, text)
                break
    text = _SPACES.sub(" ", text)
    return text.strip().rstrip(".,;: ").removeprefix("=").strip()


def _ascii(c: str) -> str:
    if c.isdecimal():
        return str(unicodedata.decimal(c))
    if unicodedata.category(c) == "No" and "fraction" in unicodedata.name(c, "").lower():
        return unicodedata.normalize("NFKC", c).join(("\\frac{", "}")).replace("⁄", "}{")
    return unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c


def unwrap(text: str) -> str:
    """Strip math delimiters, emphasis and a closing full stop around the whole text."""
    while True:
        before = text
        text = text.strip()
        box = _BOX.match(text)
        if box and _closes(text, box.end()) == len(text) - 1:
            text = text[box.end() : -1]
        if text.endswith((".", ",")) and len(text) > 1 and text[-2] != "\\":
            text = text[:-1].rstrip()
        for start, end in _WRAPPERS:
            inner = text[len(start) : -len(end)]
            if (
                len(text) > len(start) + len(end)
                and text.startswith(start)
                and text.endswith(end)
                and start not in inner
                and end not in inner
            ):
                text = inner
        if text == before:
            return text


def _closes(text: str, at: int) -> int:
    """Where the brace that was opened before ``at`` closes; -1 if nowhere."""
    depth = 1
    for token in re.finditer(r"\\.|[{}]", text[at:]):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return at + token.start()
    return -1


def split(text: str, separators: str) -> list[str]:
    """Split at top-level occurrences of single characters, outside brackets of every kind."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        c = text[at]
        if c == "\\" and at + 1 < len(text) and text[at + 1] in "{}\\":
            depth += {"{": 1, "}": -1}.get(text[at + 1], 0)
            at += 2
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif depth == 0 and c in separators:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    parts.append(text[start:])
    return parts
