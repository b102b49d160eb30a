"""The lexicon: what is known of a piece of text wherever it stands, worked out once.

A trace repeats its words, numerals and commands; each distinct one is looked at when it is first
met, and every later occurrence costs one look into a dictionary.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from smepo import numerals
from smepo.masking.math import cues, values
from smepo.masking.math.kinds import (
    AMP,
    BAR,
    BRACE_END,
    CIRC,
    CJK,
    CMD,
    DELIMITER,
    EQ,
    IMPLIES,
    NAME,
    NUM,
    ORDER,
    OTHER_OP,
    PERCENT,
    PLUSMINUS,
    SET,
    SET_END,
    TIMES,
    UNION,
    VULGAR,
    WORD,
)

# What a word says about what comes next: see ``cues``.
YIELDS: Final = 1 << 0
STATES: Final = 1 << 1
MAKES: Final = 1 << 2
FILLER: Final = 1 << 3
TOTAL: Final = 1 << 4
SAYS_RESULT: Final = 1 << 5
SAYS_GIVEN: Final = 1 << 6
COUNTS: Final = 1 << 7
JOINS: Final = 1 << 8
COMPUTES: Final = 1 << 9
ANSWER: Final = 1 << 10
BE: Final = 1 << 11  # is, are, was, equals
OF: Final = 1 << 12
WE: Final = 1 << 13
# What a word may be a piece of.
NUMBER_WORD: Final = 1 << 14
CARDINAL: Final = 1 << 15
ARTICLE: Final = 1 << 16
NEGATIVE: Final = 1 << 17
PART: Final = 1 << 18  # third, quarter, hundred: what "a" makes a value of
AND: Final = 1 << 19
MULTIPLE: Final = 1 << 51  # half, twice, dozen: states a value besides
ORDINAL: Final = 1 << 52  # first, third, twentieth
DOZEN: Final = 1 << 53
ORDINAL_END: Final = 1 << 20  # the "nd" of "2nd"
FOREIGN: Final = 1 << 21  # not ASCII
# How a word looks.
LETTER: Final = 1 << 22  # one ASCII letter
WORDLIKE: Final = 1 << 23  # a, A, I
UNIT: Final = 1 << 24
POINTS: Final = 1 << 25  # ABC
SHORT: Final = 1 << 26  # at most three letters, and no function
LOWER: Final = 1 << 27  # two ASCII letters or more, lower case
LETTERS: Final = 1 << 28  # begins with two ASCII letters
DECIMAL: Final = 1 << 29  # a numeral with more than digits
# What another rule wants to look at.
LABEL: Final = 1 << 30  # "step", "equation": a number after it is its name
TAG: Final = 1 << 31  # \tag, \ref: what is in the braces is structure
BOX: Final = 1 << 32
OPTION: Final = 1 << 33  # option, choice, answer
ANSWERED: Final = 1 << 34  # answer, 答案
TRUTH: Final = 1 << 35  # yes, no, true, false
RIGHT: Final = 1 << 36  # correct, right, answer, true
TEXT: Final = 1 << 37  # \text, \textbf, \mathrm
ROMAN: Final = 1 << 38
SIZE: Final = 1 << 39  # \left, \big
NOTED: Final = BOX | OPTION | ANSWERED | TRUTH | RIGHT | TEXT | ROMAN
# What a command does.
FRACTION: Final = 1 << 40
SQRT: Final = 1 << 41
ENVIRONMENT: Final = 1 << 42  # \begin, \end
INVISIBLE: Final = 1 << 43  # spacing, sizes, fonts
PROSE: Final = 1 << 44  # \text{...}
PI: Final = 1 << 45
SYMBOL: Final = 1 << 46  # \alpha
# What a function makes of its side.
FUNCTION: Final = 1 << 47
DOTS: Final = 1 << 48
EVALUABLE: Final = 1 << 49  # gcd, sum: could be worked out
PLAIN: Final = 1 << 50  # sqrt, angle: says nothing by itself
CALLS: Final = 1 << 54  # sin, log: nothing without its argument
MODULUS: Final = 1 << 55  # \\pmod: what it is about has ended
HAS: Final = 1 << 56  # has, contains: see ``cues``
DEFINES: Final = 1 << 57  # the, correct: before "answer"
BINOMIAL: Final = 1 << 59
RULE: Final = 1 << 60  # definition: see ``cues``
OPERATES: Final = 1 << 61  # divided: what stands before it is no result
FINDS: Final = 1 << 58  # behind "we": see ``cues``
CUES: Final = (ORDINAL_END << 1) - 1 | MULTIPLE | ORDINAL | DOZEN | HAS  # what no unit is


_KINDS = {
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
    **dict.fromkeys(("div", "ast", "star", "bmod"), OTHER_OP),
    **dict.fromkeys(("cup", "cap", "setminus"), UNION),
    "cdot": TIMES, "times": TIMES, "pm": PLUSMINUS, "mp": PLUSMINUS, "circ": CIRC,
    "%": PERCENT,
    "{": SET, "}": SET_END, "lbrace": SET, "rbrace": SET_END, "langle": SET, "rangle": SET_END,
    "lvert": BAR, "rvert": BAR, "vert": BAR,
    "(": DELIMITER, ")": DELIMITER, "[": DELIMITER, "]": DELIMITER, "$": DELIMITER,
    "\\": AMP,
}  # fmt: skip

_FUNCTIONS = {
    **dict.fromkeys("dots ldots cdots infty vdots ddots".split(), DOTS),
    **dict.fromkeys("gcd lcm max min mod sum prod int lfloor lceil det".split(), EVALUABLE),
    **dict.fromkeys("binom dbinom tbinom".split(), EVALUABLE | BINOMIAL),
    **dict.fromkeys("frac dfrac tfrac cfrac".split(), FRACTION),
    **dict.fromkeys("sqrt angle triangle vec overline hat bar".split(), PLAIN),
    **dict.fromkeys(
        "sin cos tan cot sec csc arcsin arccos arctan log ln lg exp deg dim lim".split(), CALLS
    ),
    **dict.fromkeys("rfloor rceil underline".split(), 0),
}

_COMMANDS = {
    "begin": ENVIRONMENT | TAG,
    "end": ENVIRONMENT,
    "pi": PI,
    **dict.fromkeys(("pmod", "mod", "pod"), MODULUS),
    "sqrt": SQRT,
    **dict.fromkeys("tag ref eqref label cite setcounter item".split(), TAG),
    **dict.fromkeys("boxed fbox framebox".split(), BOX),
    **dict.fromkeys((" ", "~", ",", ";", ":", "!"), INVISIBLE),
    **dict.fromkeys("quad qquad thinspace enspace hfill noindent phantom".split(), INVISIBLE),
    **dict.fromkeys("right bigr Bigr biggr Biggr".split(), INVISIBLE),
    **dict.fromkeys("displaystyle textstyle limits nolimits".split(), INVISIBLE),
    **dict.fromkeys("left big bigg Bigg bigl Bigl biggl Biggl Big".split(), INVISIBLE | SIZE),
    **dict.fromkeys("hspace vspace".split(), INVISIBLE | TAG),
    **dict.fromkeys("mbox textit operatorname textrm emph".split(), PROSE),
    **dict.fromkeys("text textbf mathrm".split(), PROSE | TEXT),
    **dict.fromkeys("bf it rm".split(), 0),
}

_WORDS: tuple[tuple[frozenset[str], int], ...] = (
    (cues.YIELDS, YIELDS),
    (cues.STATES, STATES),
    (cues.MAKES, MAKES),
    (cues.HAS, HAS),
    (cues.FILLERS, FILLER),
    (cues.TOTALS, TOTAL),
    (cues.RESULT_CUES, SAYS_RESULT),
    (cues.GIVEN_CUES, SAYS_GIVEN),
    (cues.FINDS, FINDS),
    (cues.RULES, RULE),
    (cues.OPERATES, OPERATES),
    (cues.COUNTS, COUNTS),
    (cues.JOINS, JOINS),
    (cues.COMPUTES, COMPUTES),
    (cues.ANSWER, ANSWER),
    (cues.LABELS, LABEL),
    (frozenset(cues.MULTIPLES), MULTIPLE),
    (numerals.CARDINAL_WORDS | numerals.FRACTION_WORDS, NUMBER_WORD),
    (numerals.CARDINAL_WORDS, CARDINAL),
    (frozenset(numerals.ORDINALS) | frozenset(numerals.SCALES) | {"hundred", "dozen"}, PART),
    (frozenset(("dozen", "dozens")), DOZEN),
    (frozenset(("first", "second")) | frozenset(numerals.ORDINALS), ORDINAL),
    (frozenset(("is", "are", "was", "equals")), BE),
    (frozenset(("of",)), OF),
    (frozenset(("the", "correct", "final", "right", "expected")), DEFINES),
    (frozenset(("we", "you")), WE),
    (frozenset(("a", "an")), ARTICLE),
    (frozenset(("minus", "negative")), NEGATIVE),
    (frozenset(("and",)), AND),
    (frozenset(("option", "options", "choice", "choices")), OPTION),
    (frozenset(("answer", "answers")), OPTION | RIGHT),
    (frozenset(("yes", "no")), TRUTH),
    (frozenset(("true", "false")), TRUTH | RIGHT),
    (frozenset(("correct", "right")), RIGHT),
)
_GREEK = "αβγδεζηθικλμνξρστφχψωϕΔΓΘΛΦΨΩ"
_UNITS = frozenset("g m l L s h N J W V C F K A".split())
_NO_POINTS = frozenset("I A OK US UK AM PM TV PC CD DVD USD".split())
_LOWER = re.compile(r"[a-z]{2,}\Z")
_MEMO = 1 << 16
_LONGEST = 64  # longer pieces are not kept


class Word:
    """One piece of text: a word, a name, a numeral or a LaTeX command."""

    def __init__(self, text: str, kind: int) -> None:
        self.text = text
        self.kind = kind
        self.lower = ""
        self.stem = ""
        self.value = ""  # the name of a numeral's value
        self.bits = 0
        if kind == NUM:
            self.value = values.read(text)
            self.bits = 0 if text.isdecimal() else DECIMAL
        elif kind == VULGAR:
            self.value = values.name(numerals.parse(unicodedata.normalize("NFKC", text)))  # ¹⁄₁₂
        elif kind == CJK:
            self.value = values.name(numerals.parse_cjk(text))
        elif kind == CMD:
            self.lower = text[1:].lower()
            self.kind = _KINDS.get(text[1:], CMD)
            self.bits = _command(text[1:])
        elif kind in (WORD, NAME):
            self.lower = text.lower()
            self.stem = stem(self.lower)
            self.bits = _name(self.lower) if kind == NAME else _word(text, self.lower)


def _command(name: str) -> int:
    bits = _COMMANDS.get(name, 0) | (LABEL if name.lower() in cues.LABELS else 0)
    if name in _FUNCTIONS:
        bits |= FUNCTION | _FUNCTIONS[name]
    lowered = name.lower()
    bits |= OPTION if lowered in ("option", "choice", "answer") else 0
    bits |= ANSWERED if lowered.startswith("answer") else 0
    known = name in _COMMANDS or name in _FUNCTIONS or name.startswith("math")
    return bits if known or not name.isalpha() else bits | SYMBOL


def _name(lower: str) -> int:
    return LABEL if lower.rstrip("0123456789") in cues.LABELS else 0


def _word(text: str, lower: str) -> int:
    bits = 0
    for words, bit in _WORDS:
        if lower in words:
            bits |= bit
    if lower in _FUNCTIONS:
        bits |= FUNCTION | _FUNCTIONS[lower]
    bits |= ANSWERED if lower.startswith("answer") or cues.CJK_ANSWER in lower else 0
    bits |= ORDINAL_END if text in ("st", "nd", "rd", "th") else 0
    bits |= ROMAN if len(text) > 1 and numerals.parse_roman(text) is not None else 0
    if text in ("π", "pi"):
        return bits | PI
    if len(text) == 1 and text in _GREEK:
        return bits | LETTER
    if not text.isascii():
        return bits | FOREIGN
    bits |= LOWER if _LOWER.match(text) else 0
    bits |= LETTERS if text[:2].isalpha() and len(text) > 1 else 0
    if len(text) == 1:
        bits |= LETTER | (WORDLIKE if text in "aAI" else 0) | (UNIT if text in _UNITS else 0)
    elif len(text) <= 3 and lower not in _FUNCTIONS:
        bits |= SHORT | (POINTS if text.isupper() and text not in _NO_POINTS else 0)
    return bits


def stem(word: str) -> str:
    """A crude stem, enough to match "apples" with "apple"."""
    return word.removesuffix("'s").removesuffix("es").removesuffix("s")


NOTHING: Final = Word("", BRACE_END)  # what stands for a token that has no word
_known: dict[str, Word] = {}


def look_up(text: str, kind: int) -> Word:
    """The word ``text``. Its kind is a matter of its text alone."""
    word = _known.get(text)
    if word is None:
        word = Word(text, kind)
        if len(text) <= _LONGEST:
            if len(_known) >= _MEMO:
                _known.clear()
            _known[text] = word
    return word
