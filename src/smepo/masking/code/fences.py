"""Fence lines: what opens a block, what closes it, and where the content starts."""

from __future__ import annotations

import re
from typing import NamedTuple

from smepo.masking.code import looks

# Patterns that are searched for start with characters: that search is fast.
_BACKTICKS = re.compile(r"```+")
_TILDES = re.compile(r"~~~+")
_PREFIX = re.compile(r"[ \t>]*")
LANGUAGE = re.compile(
    r"(?:python\d?|py\d?|pycon|ipython|java|javascript|js|jsx|typescript|ts|tsx|c|cpp|cc|cxx|c\+\+|cs|c#"
    r"|csharp|objc|go|golang|rust|rs|ruby|rb|php|perl|pl|swift|kotlin|kt|scala|haskell|hs|ocaml|fsharp"
    r"|f#|lua|julia|jl|r|matlab|octave|sql|mysql|psql|sqlite|bash|sh|shell|zsh|console|powershell|ps1|bat"
    r"|html|xml|css|scss|json|jsonc|yaml|yml|toml|ini|md|markdown|mdx|text|txt|plaintext|plain|tex|latex"
    r"|diff|makefile|make|cmake|dockerfile|asm|nasm|wasm|verilog|vhdl|prolog|lisp|scheme|clojure|clj"
    r"|elixir|ex|erlang|erl|dart|groovy|zig|nim|d|pascal|fortran|f90|cobol|ada|racket|code|pseudocode"
    r"|output|graphql|solidity|cuda|proto|vim|awk|sed|tcl|apl)(?=$|[\s:{,])",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[A-Z][\w']*,? +\w")
NESTS = ("md", "markdown", "mdx", "rmd", "qmd", "text", "txt", "rst")
_GROUPED = re.compile(r"\{[^}\n]*\}|\"[^\"]*\"|'[^']*'")
_ATTRIBUTE = re.compile(r"[\w.-]+=[\w./-]*|[:,]?[\w./:-]+\.\w{1,5}")


class Fence(NamedTuple):
    """A line that starts with a fence: where it starts and ends, its run and what follows it."""

    start: int  # of the line
    run: int  # where the fence itself starts
    end: int  # of the line, without the line break
    size: int
    character: str
    info: str
    quotes: int


def find(text: str) -> list[Fence]:
    """All lines of ``text`` that start with a fence."""
    found: list[Fence] = []
    end = -1  # of the line that was looked at last
    runs = [match.span() for match in _BACKTICKS.finditer(text)]
    if "~~~" in text:
        runs = sorted(runs + [match.span() for match in _TILDES.finditer(text)])
    for at, after in runs:
        if at <= end:
            continue
        start = text.rfind("\n", end + 1, at) + 1 or end + 1
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if _PREFIX.fullmatch(text, start, at):
            quotes = text.count(">", start, at)
            info = text[after : min(end, after + 200)].strip()
            found.append(Fence(start, at, end, after - at, text[at], info, quotes))
    return found


def content_start(text: str, at: int, info: str, line_end: int) -> int | None:
    """Where the content after a fence that ends at ``at`` starts; None if it is in a sentence."""
    next_line = line_end + 1
    if not info or _attributes(info) or re.fullmatch(r"[\w+#.-]+", info):
        return next_line
    while text[at] in " \t":
        at += 1
    if language := LANGUAGE.match(text, at, line_end):
        rest = text[language.end() : line_end].strip()
        if not rest or _attributes(rest) or _attributes_and_words(rest):
            return next_line
        if looks.neighbours(rest) and not looks.statement(rest):
            return next_line  # a title in words
        at = language.end()
        while text[at] in " \t":
            at += 1
        return at
    if looks.neighbours(info) or looks.wordy(info):
        return None
    return at if re.search(r"[=()\[\];]", info) else next_line


def _attributes(info: str) -> bool:
    """True for ``{.python .numberLines}``, ``title="a b"``, ``file.py`` and several of them."""
    words = _GROUPED.sub("", info).split() if len(info) < 300 else [info]
    return all(_ATTRIBUTE.fullmatch(word) for word in words)


def _attributes_and_words(rest: str) -> bool:
    """True for ``title="a b" linenos``: bare words are attributes beside one that is no word."""
    words = [word for word in rest.split() if not word.isidentifier()]
    return bool(words) and len(rest) < 300 and _attributes(" ".join(words))


def before_break(text: str, start: int, end: int) -> int:
    """``end`` without the line break before it."""
    if end > start and text[end - 1] == "\n":
        end -= 1
        if end > start and text[end - 1] == "\r":
            end -= 1
    return end
