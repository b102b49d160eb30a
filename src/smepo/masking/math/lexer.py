"""Tokens of a mathematical text: prose, plain notation and LaTeX in one flat list.

One regular expression, one pass, no nesting: linear in the text. White space makes no token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smepo.numerals import CJK_NUMERALS

# Token types. Strings, because they read well in the rules; compared by identity in CPython.
NEWLINE, NUM, CMD, NAME, WORD, CJK, VULGAR = "nl", "num", "cmd", "name", "word", "cjk", "vulgar"
EQ, ORDER, IMPLIES, OP, OPEN, CLOSE, COMMA, STOP = (
    "eq", "order", "implies", "op", "open", "close", "comma", "stop",
)  # fmt: skip
SUB, POW, DOLLAR, AMP, PERCENT, BANG, STAR2, ANN, COLON, OTHER = (
    "sub", "pow", "dollar", "amp", "percent", "bang", "star2", "ann", "colon", "other",
)  # fmt: skip

_THIN = "\u2009\u202f\u00a0"
_TOKEN = re.compile(
    rf"""
      (?P<nl>\n)
    | (?P<num>(?<![(\[^_])(?<!\(-)\d{{1,3}}(?:(?:,|\{{,\}}|\\,|[ {_THIN}])\d{{3}})+(?!\d)(?:\.\d+)?
             |\d+(?:\.\d+)?(?:[eE][+\-]?\d+(?![\w.]))?|(?<![.\d])\.\d+)
    | (?P<cmd>\\(?:[A-Za-z]+\*?|.))
    | (?P<vulgar>[¼-¾⅐-⅞])
    | (?P<pow>[⁰¹²³⁴-⁹⁺⁻]+)
    | (?P<cjk>[{CJK_NUMERALS}]+)
    | (?P<name>[A-Za-z]+\d\w*)
    | (?P<word>[^\W\d_¼-¾⅐-⅞⁰¹²³⁴-⁹{CJK_NUMERALS}]+(?:['’][^\W\d_]+)*)
    | (?P<ann><<|>>)
    | (?P<implies>⇒|⟹|→|[=-]>|<?=+>)
    | (?P<order><=|>=|!=|[<>≤≥≠∈∣])
    | (?P<eq>:=|[=≈≡＝≅≃])
    | (?P<star2>\*\*+|__+)
    | (?P<op>[+\-−–*/×÷·∙⋅⁄∕±√^])
    | (?P<open>[(\[{{])
    | (?P<close>[)\]}}])
    | (?P<comma>[,，、])
    | (?P<stop>[.。;；?？])
    | (?P<colon>[:：])
    | (?P<bang>!)
    | (?P<sub>_)
    | (?P<percent>[%％°])
    | (?P<dollar>\$\$?)
    | (?P<amp>&)
    | (?P<other>\S)
    """,
    re.VERBOSE,
)

_CMD_TYPES = {
    **dict.fromkeys(("approx", "equiv", "cong", "simeq", "coloneqq", "doteq"), EQ),
    **dict.fromkeys(
        ("le", "leq", "leqslant", "ge", "geq", "geqslant", "lt", "gt", "ne", "neq", "in", "notin",
         "mid", "nmid", "subset", "subseteq", "parallel", "perp", "sim", "propto", "ll", "gg"),
        ORDER,
    ),
    **dict.fromkeys(
        ("implies", "Rightarrow", "Longrightarrow", "to", "rightarrow", "longrightarrow", "iff",
         "Leftrightarrow", "therefore", "mapsto", "Longleftrightarrow", "because"),
        IMPLIES,
    ),
    **dict.fromkeys(("cdot", "times", "div", "pm", "mp", "ast", "star", "circ", "cup", "cap",
                     "setminus", "bmod", "pmod"), OP),
    "%": PERCENT,
    "{": OPEN,
    "}": CLOSE,
    "(": DOLLAR, ")": DOLLAR, "[": DOLLAR, "]": DOLLAR, "$": DOLLAR,
    "\\": AMP,
}  # fmt: skip

# Commands that take part in no value: spacing, sizes, fonts.
INVISIBLE = frozenset(
    (", ; : ! quad qquad left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle "
     "limits nolimits thinspace enspace hfill noindent , hspace vspace phantom").split()
) | {" ", "~"}  # fmt: skip
FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan log ln lg exp gcd lcm max min mod det deg dim "
    "sum prod int lim binom dbinom tbinom frac dfrac tfrac cfrac sqrt lfloor rfloor lceil rceil "
    "overline underline vec hat bar angle triangle infty ldots dots cdots vdots ddots".split()
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Parallel lists: ``types[i]``, ``starts[i]``, ``ends[i]``, and ``close[i]`` of a brace ``{``.

    ``close[i]`` is the index of the matching ``}``, or -1. ``math[i]`` tells whether token ``i``
    stands between paired dollars or LaTeX math delimiters.
    """

    text: str
    types: list[str]
    starts: list[int]
    ends: list[int]
    close: list[int]
    math: list[bool]

    def at(self, i: int) -> str:
        """The text of token ``i``."""
        return self.text[self.starts[i] : self.ends[i]]

    def command(self, i: int) -> str:
        """The name of the LaTeX command at ``i``, without its backslash; empty if it is none."""
        return self.text[self.starts[i] + 1 : self.ends[i]] if self.types[i] == CMD else ""

    def __len__(self) -> int:
        return len(self.types)


def tokenize(text: str) -> Tokens:
    """All tokens of ``text``. O(n)."""
    types: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or OTHER
        start, end = match.span()
        if kind == CMD:
            kind = _CMD_TYPES.get(text[start + 1 : end], CMD)
        types.append(kind)
        starts.append(start)
        ends.append(end)
    return Tokens(
        text, types, starts, ends, _braces(text, types, starts), _math(text, types, starts)
    )


def _braces(text: str, types: list[str], starts: list[int]) -> list[int]:
    close = [-1] * len(types)
    stack: list[int] = []
    for i, kind in enumerate(types):
        if kind == OPEN and text[starts[i]] == "{":
            stack.append(i)
        elif kind == CLOSE and stack and text[starts[i]] == "}":
            close[stack.pop()] = i
    return close


_PROSE = re.compile(r"<<|(?<![\\A-Za-z])[a-z]{2,} +[A-Za-z]{2,}")


def _math(text: str, types: list[str], starts: list[int]) -> list[bool]:
    """Pairs the dollars of a line; one before prose is money. LaTeX delimiters pair themselves."""
    flags = [False] * len(types)
    opened = -1
    dollars = [
        i
        for i, kind in enumerate(types)
        if kind == NEWLINE or (kind == DOLLAR and text[starts[i]] == "$")
    ]
    for i in dollars:
        if types[i] == NEWLINE:
            if opened >= 0 and text[starts[opened] : starts[opened] + 2] != "$$":
                opened = -1
        elif opened < 0 or _PROSE.search(text, starts[opened] + 1, starts[i]):
            opened = i
        else:
            flags[opened : i + 1] = [True] * (i + 1 - opened)
            opened = -1
    depth = 0
    for i, kind in enumerate(types):
        if kind == DOLLAR and text[starts[i]] == "\\":
            mark = text[starts[i] + 1]
            depth = 1 if mark in "([" else 0 if mark in ")]" else depth
        elif depth:
            flags[i] = True
    return flags
