"""The alphabet of the scanner: folded characters, tokens, and what LaTeX commands do."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

LONGEST: Final = 240  # characters of a candidate: longer ones are no answers that anybody writes
DEEPEST: Final = 48  # open brackets that are followed; deeper ones only separate


@cache
def _folding() -> dict[int, str]:
    table = {
        code: str(unicodedata.decimal(chr(code)))
        for code in range(0x80, 0x1FBFA)
        if unicodedata.category(chr(code)) == "Nd"
    }
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in table}
    table |= dict.fromkeys(map(ord, "\u2212\u2010\u2011\ufe63"), "-")
    table |= dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " ")
    return table | {ord("⁄"): "/", ord("∕"): "/", ord("、"): ",", ord("。"): "."}


_SPECIAL: Final = re.compile(r"[^\x00-\x7f]")
_FEW: Final = 32  # characters that are replaced one by one


def fold(text: str) -> str:
    """The text with other digits, signs and spaces as ASCII, character for character."""
    if text.isascii():
        return text
    table = _folding()
    special = [c for c in set(_SPECIAL.findall(text)) if ord(c) in table]
    if len(special) > _FEW:
        return text.translate(table)
    for character in special:  # translate() is slow outside ASCII
        text = text.replace(character, table[ord(character)])
    return text


# Each way starts with a set of characters, by which it is passed over fast, and ends with an empty
# group, which tells it: ``match.lastindex``.
TOKEN: Final = re.compile(
    r"[A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ]+()"  # 1 word
    r"|[A-Za-zΑ-Ωα-ωℝℤℕℚ∅∞π¼-¾⅐-⅞]()"  # 2 letter
    r"|\d(?:\d{0,2}(?:(?:,|\{,\}|,\\!|\\,)\d{3})+(?:\.\d+)?(?!\d)|\d*(?:\.\d+)?)()"  # 3 number
    r"|\.\d+()"  # 4 number without a whole part
    r"|\\[A-Za-z]+\*?()"  # 5 command
    r"|\\(?:[^A-Za-z]|\Z)()"  # 6 escape
    r"|[=<>≤≥≈≠∈→⇒≡∼≅](?:(?<=<)<|(?<=>)>|[=<>≤≥≈≠∈→⇒≡∼≅]*)()"  # 7 relation
    r"|[-+±∓]()"  # 8 sign
    r"|[*/^%°×÷·⋅∙√!'|²³¹⁰⁴⁵⁶⁷⁸⁹]()"  # 9 operator
    r"|_()"  # 10 subscript
    r"|[({\[]()"  # 11 open
    r"|[)}\]]()"  # 12 close
    r"|\n[ \t\r]*\n()"  # 13 paragraph
    r"|[\n,;:$&.?~\"“”‘’`#@]()"  # 14 separator
    r"|(?:[\ue000-\uf8ff]+|\S)()"  # 15 walls and anything else
)
COMMAND: Final = 5

RELATIONS: Final = frozenset(
    "approx le leq leqslant ge geq geqslant lt gt ne neq equiv in sim simeq cong propto to mapsto "
    "rightarrow Rightarrow implies iff Leftrightarrow longrightarrow Longrightarrow leftarrow "
    "notin ni subset subseteq supset therefore because coloneqq doteq Longleftrightarrow".split()
)
BREAKS: Final = frozenset(
    "quad qquad newline par item hfill hline cr displaystyle textstyle".split()
)
SILENT: Final = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr limits nolimits mathstrut , middle".split()
)
OPERATIONS: Final = frozenset(
    "times cdot div circ ast star bmod mod cup cap setminus land lor".split()
)
SIGNS: Final = frozenset(("pm", "mp"))
ARGUMENTS: Final = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom"), 2),
    **dict.fromkeys(("sqrt", "overline", "bar", "mathbf", "mathit", "mathrm", "vec", "hat"), 1),
}
TEXTS: Final = frozenset(
    "text textbf textit textrm mbox emph underline textsc texttt textnormal".split()
)
BOXES: Final = frozenset(("boxed", "fbox", "framebox"))
SLOTS: Final = frozenset(
    "begin end label tag ref eqref cite vspace hspace includegraphics textcolor color "
    "phantom hphantom vphantom pageref".split()
)
CLOSES: Final = {")": "([", "]": "[(", "}": "{"}
POSTFIX: Final = frozenset("%°!'²³¹⁰⁴⁵⁶⁷⁸⁹")
# An underscore that opens no subscript: of ___, between spaces, and of _9_ in Markdown.
NO_INDEX: Final = re.compile(
    r"(?<=_)_|_(?:_|\Z)|(?<!\S)_(?=\s)(?![ ]*\{)|(?<![\w})\]$^])_[\d.,/]+_(?!\w)"
)


class Piece:
    """A piece of the text; ``slot`` is true if it stands where structure stands."""

    __slots__ = ("attack", "end", "slot", "start")

    def __init__(self, start: int, end: int, attack: str, slot: bool = False) -> None:
        self.start, self.end, self.attack, self.slot = start, end, attack, slot


class Frame:
    """What is open between two brackets: where its term, side, run and list began."""

    __slots__ = (
        "attack",
        "broken",
        "command",
        "end",
        "join",
        "listed",
        "number",
        "number_end",
        "opener",
        "operand",
        "owed",
        "run",
        "side",
        "sign",
        "slot",
        "start",
        "subscript",
        "term",
        "text",
    )

    def __init__(self, start: int, opener: str, slot: bool = False, text: bool = False) -> None:
        self.start, self.opener, self.slot, self.text = start, opener, slot, text
        self.term = self.side = self.run = self.listed = -1
        self.end = self.command = self.sign = -1
        self.owed = 0  # arguments that the command at ``command`` still waits for
        self.operand = self.broken = self.subscript = False
        self.attack = ""  # boxed or text: the content is a candidate whatever it holds
        self.number = self.number_end = -1  # the number before
        self.join = ""  # what stands after it
