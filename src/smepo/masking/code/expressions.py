"""Expressions of code inside prose: where they end, and whether they are more than a name.

No grammar of one language: operands, brackets and operators as most languages write them, and
LaTeX beside. Every expression stays inside its line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from smepo.masking.code import looks

_OPERAND = re.compile(
    r"[ \t]*(?:(?:[-+!~*&]|(?:not|new|await|return)\b)[ \t]*){0,8}+"
    r"(?:(?P<number>\d+(?:\.\d+)?\w*)|(?P<string>\"[^\"\n]*\"|'[^'\n]*')"
    r"|(?P<name>\\?[^\W\d]\w*(?:(?:\.|::|->)[^\W\d]\w*)*!?)|\\?(?P<open>[(\[{]))"
)
_OPERATOR = re.compile(
    r"[ \t]*(?:\\(?:cdot|times|div|[bp]?mod|oplus|lor|land|wedge|vee|leq?|geq?|lt|gt|neq?)\b"
    r"|(?<![ \t])\*{1,2}+(?![ \t])|(?<=[ \t])\*{1,2}+(?=[ \t])|//|<<|>>|&&|\|\||[=!<>]=|\?\?"
    r"|(?P<dash>(?<=[ \t])-(?=[ \t]))|&(?!\w{2,5};)|[-+/%|^<>×·÷−⊕∧∨≤≥≠?@]"
    r"|(?P<word>(?<=[ \t])(?:and|or|not in|in|is|if|else|mod|div|xor)\b))"
    r"|(?<=[)\]}])(?=[\w(])"  # a product without a sign
    r"|[ \t]*(?=\\(?:frac|left|sum|prod|min|max|sqrt|binom|log|gcd)\b)"
)
_TRAILER = re.compile(r"[ \t]*\\?[_^]?\\?(?:left)?([(\[{])|[_^]\w|\.[^\W\d]\w*|\+\+|--")
_ASSIGNS = re.compile(r"[ \t]*(?:[-+*/%&|^]|//|\*\*)?=(?!=)")
_NEXT_WORD = re.compile(r"[ \t]+([^\W\d]\w*)")
_CLAUSE_ENDS = re.compile(r"[ \t\r]*(?:[.,;!?)](?![\w=])|\Z)")
_NAMED = re.compile(r"([^\W\d](?<!\w.)\w*+)(?:[ \t]*(?:[-+*/%&|^]|//|\*\*)?[=<>]|[(\[`])")
_ROW = re.compile(r"[ \t]*\|")  # of a table in Markdown
_BRACKET = re.compile(r"\\?[()\[\]{}]")
_PARTNER = {")": "(", "]": "[", "}": "{"}
_JOINS = frozenset(("and", "or", "in", "not", "else", "if", "for"))


class Expression(NamedTuple):
    """An expression found in a text: where it lies and what it is made of."""

    start: int
    end: int
    operators: int
    symbols: int  # operators that are no words
    groups: int  # calls, subscripts and bracketed parts


class Line:
    """One line of a text, with its brackets paired. Pairing is done once, on the first use."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self.is_row = bool(_ROW.match(text, start, end))
        self._pairs: dict[int, int] | None = None

    def partner(self, at: int) -> int | None:
        """The closing bracket of the one that opens at ``at``."""
        if self._pairs is None:
            self._pairs = self._paired()
        return self._pairs.get(at)

    def _paired(self) -> dict[int, int]:
        pairs: dict[int, int] = {}
        stack: list[int] = []
        for match in _BRACKET.finditer(self.text, self.start, self.end):
            at = match.end() - 1
            character = self.text[at]
            if match[0][0] == "\\" and character not in "{}":
                stack.clear()  # \( \) \[ \] delimit formulas
            elif character in "([{":
                stack.append(at)
            else:
                opener = _PARTNER[character]
                for depth in (1, 2):
                    if len(stack) >= depth and self.text[stack[-depth]] == opener:
                        pairs[stack[-depth]] = at
                        del stack[-depth:]
                        break
        return pairs

    def expression(self, at: int) -> Expression | None:
        """The longest expression that starts at ``at``, or None."""
        first = self._operand(at)
        if first is None:
            return None
        end, groups, _ = first
        start = at
        while self.text[start] in " \t":
            start += 1
        operators, symbols, undo = 0, 0, None
        while operator := _OPERATOR.match(self.text, end, self.end):
            following = self._operand(operator.end())
            if following is None or (self.is_row and operator[0].strip() == "|"):
                break
            word = operator["word"] or ""
            chooses = word == "else" and undo is not None and symbols > 0  # ``a if a > b else b``
            if not chooses and self._is_prose(operator, following):
                break
            symbols += bool(operator[0].strip()) and not word
            if word == "if":
                undo = (end, operators, groups)
            elif word == "else":
                undo = None
            end, operators, groups = following[0], operators + 1, groups + following[1]
        if undo:
            end, operators, groups = undo
        return Expression(start, end, operators, symbols, groups)

    def _operand(self, at: int) -> tuple[int, int, str] | None:
        """End, number of bracket groups and bare name (if it is nothing else) of an operand."""
        match = _OPERAND.match(self.text, at, self.end)
        if match is None:
            return None
        end, groups, name = match.end(), 0, match["name"] or ""
        formula = name.startswith("\\")
        if match["open"]:
            close = self.partner(end - 1)
            if close is None:
                return None
            end, groups = close + 1, 1
        while not match["string"] and (trailer := _TRAILER.match(self.text, end, self.end)):
            if self.text[end] in " \t" and not formula:
                break
            if trailer[1]:
                close = self.partner(trailer.end() - 1)
                if close is None:
                    break
                end, groups = close + 1, groups + 1
            else:
                end = trailer.end()
            name = name if formula else ""
        return end, groups, name

    def _is_prose(self, operator: re.Match[str], operand: tuple[int, int, str]) -> bool:
        """True if what looks like an operator joins parts of a sentence: ``a[i] and then ...``."""
        end, _, name = operand
        if operator["word"] and _ASSIGNS.match(self.text, end, self.end):
            return True
        if operator["word"] == "is" and _NEXT_WORD.match(self.text, operator.end(), self.end):
            return name not in ("None", "True", "False")
        if not name:
            return False
        if name.lower() in looks.PROSE_WORDS or name in looks.KEYWORDS:
            return True
        if not (operator["word"] or operator["dash"]):
            return False
        if following := _NEXT_WORD.match(self.text, end, self.end):
            return following[1] not in _JOINS
        return (
            operator["word"] in ("and", "or")
            and len(name) > 1
            and name.isalpha()
            and name.islower()
            and _CLAUSE_ENDS.match(self.text, end, self.end) is not None
            and name not in _names(self.text)
        )


@lru_cache(maxsize=1)
def _names(text: str) -> frozenset[str]:
    """The words of ``text`` that are assigned, compared, called, indexed or set in backticks."""
    return frozenset(_NAMED.findall(text))


_INDEX = r"(?:\[(?:-?\w+|\"[^\"]*\"|'[^']*')\])"
_NAME = rf"[@$#]?[^\W\d][\w$]*(?:(?:\.|::|->)[\w$]+|{_INDEX})*"
_LITERAL = r"(?:[-+]?\d[\w.,]*%?|\"[^\"]*\"|'[^']*')"
_ITEM = rf"(?:{_NAME}|{_LITERAL})"
_TYPE = r"(?:None|int|str|float|bool|bytes|list|dict|tuple|set|[A-Z]\w+)(?:\[[\w\[\], ]*\])?"
_CLAUSE = "if|elif|else|for|while|do|try|except|catch|finally|switch|case|with|break|continue"
_STAYS = re.compile(
    rf"{_NAME}(?:\(\))?"  # a name, also a dotted or an indexed one
    rf"|{_LITERAL}"
    r"|--?[A-Za-z][\w-]*(?:=\w+)?|\*{1,2}\w+"  # flags, *args
    r"|(?:[\w.~-]*/)*[\w-]+\.[A-Za-z]\w{0,5}|[.~]{0,2}/[\w./-]*|https?://\S+"  # files
    r"|[A-Za-z]:\\[\w.\\~-]*"
    rf"|[\[({{]\s*(?:{_ITEM}(?:\s*[,:]\s*{_ITEM})*,?)?\s*[\])}}]"  # a list of names and literals
    rf"|{_ITEM}(?:,\s*{_ITEM})+"
    r"|(?:\w+:\s*|->\s*)?[\w.:]+(?:\[[\w\[\], .]*\]|<[\w\[\], .:*&<>?]*>)?[*&?\[\]]*"  # types
    rf"|{_TYPE}(?:\s*\|\s*{_TYPE})+"
    r"|</?[\w-]+\s*/?>|[^\w\s]+|\\\w|&(?:mut\s+)?(?:str|self)"  # tags, operators, escapes
    r"|(?:(?:un)?signed|long|short|int|char|double|const)(?:\s+(?:long|short|int|char|double))+"
    rf"|(?:{_CLAUSE})(?:[-/](?:{_CLAUSE}))+"
)
_DOTTED_CALL = re.compile(r"\w+(?:\.\w+)+\(\)")
_NOUN = re.compile(
    r"\w+[ -](?:loop|loops|statement|clause|block|expression|keyword|method|function)s?"
)
_CODE = re.compile(r"[=(){}\[\];<>+*/%&|^@\\!:#]|[\w)\]]\s*-\s*[\w(]|--|~[a-zA-Z]")


def hides(code: str) -> bool:
    """True if inline ``code`` is a statement or an expression.

    Names, types, complexities, literals and file names are none.
    """
    return not code.isidentifier() and _hides(" ".join(code[: looks.JUDGED].split()))


@lru_cache(maxsize=4096)
def _hides(code: str) -> bool:
    if not code or _STAYS.fullmatch(code):
        return bool(_DOTTED_CALL.fullmatch(code)) or code.startswith("lambda:")
    if looks.COMPLEXITY.match(code):
        return not code.endswith(")") and "=" in code
    if _NOUN.fullmatch(code):
        return False
    if _CODE.search(code):
        return looks.neighbours(code) < 3 or bool(re.search(r"[=({\[;]|&&|\|\|", code))
    words = code.split()
    if len(words) == 1 or all(w.isupper() and w in looks.KEYWORDS for w in words):
        return False  # ``GROUP BY`` is a name
    if looks.query(code):
        return True
    return looks.neighbours(code) == 0 and any(w in looks.KEYWORDS for w in words)
