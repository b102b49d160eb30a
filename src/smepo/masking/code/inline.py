"""Code inside sentences: backticks, LaTeX typewriter, recurrences, assignments, one-line functions.

A name, a type or a complexity belongs to the plan and stays; a statement or an expression does not.
Of an assignment or a recurrence in prose the right-hand side hides.
"""

from __future__ import annotations

import re
from typing import Final

from smepo.masking.code import delimited, looks
from smepo.masking.code.expressions import Expression, Line, hides
from smepo.masking.code.signs import positions

Range = tuple[int, int]

# The signs that assignments, calls and subscripts have; others are such between operands.
_SIGNS: Final = "=([←"
_SPACED: Final = "*+&^"
_CLOSE: Final = "/%<>!"
_OPERATOR = re.compile(
    r"[*+/%&^<>!](?:(?<=[\w)\]] [*+/%&^])[/*]?(?= )|(?<=\w[/%])/?(?=\w)"
    r"|(?<=<)<(?=[ \w])|(?<=>)>(?=[ \w])|(?<=!)=)"
)
# Words that open one-line functions.
_WORD = re.compile(
    r"[dlfwiRrGgYy](?:ef(?<=def)|ambda(?<=lambda)|or(?<=for)|hile(?<=while)|mport(?<=import)"
    r"|rom(?<=from)|eturn(?<=[Rr]eturn)(?:s|ed|ing)?|ive(?<=[Gg]ive)s?|ield(?<=[Yy]ield)s?)"
    r"(?=[ \t])"
)
_STEMS: Final = (  # of these words, and the letters before: to find them takes half of the time
    *((word, 0) for word in ("def", "lambda", "for", "while", "import", "from")),
    *((stem, 1) for stem in ("eturn", "ive", "ield")),
)
_OPERATES = frozenset("/*<>-+%&|^@")  # what stands before the sign of a compound assignment
_COMPOUND = re.compile(r"(?://|\*\*|<<|>>|[-+*/%&|^@])=")
_AFTER_NUMBERS: Final = frozenset("\0\n\r;:)]}\"'$#~`")  # nothing goes on with these
_TUPLE = re.compile(r"[\w\])],[ ]*[\w.\[\]+-]+[ \t]*$")
_BOUND = re.compile(r"(?<!\w)[OΘΩΘ]\(")
_NEXT_WORD = re.compile(r"[ \t]+[^\W\d]")
_TARGET_END = re.compile(r"[\w)\]}'*_]")
_ALIGN = re.compile(r"[ \t]*&?[ \t]*")
_LETTER = re.compile(r"[^\W\d]")
_LONGEST_NAME = 81
_NOT_CODE = frozenset("O o Θ Ω Θ T log ln lg exp sqrt Theta Omega s es".split())
_BUILTINS = frozenset("abs all any divmod len max min pow reversed round set sorted sum".split())
_MODULES = frozenset(
    "bisect collections functools heapq itertools math numpy operator random re statistics string"
    " sys typing".split()
)
_PRINTS = frozenset("print printf println puts echo".split())
_CODE_ONLY = re.compile(r"//|%|<<|>>|&|\^|\*\*")  # operators that sentences do not have
_INNER = re.compile(r"[^\W\d]\w*[(\[]")
_INNER_OPERATOR = re.compile(r"[\w)\]][ \t]*[-+*/%<>&|^][ \t]*[\w(\[]")
_SIZE = re.compile(
    r"[ ](?:[a-z]+[ ])?(?:pairs|triples|subarrays|substrings|subsets|states|edges|cells|entries"
    r"|comparisons|swaps|operations|iterations|steps)\b"
)
_CLOSED = re.compile(r"(?:[a-zA-Z](?![a-zA-Z])|[\d ()+*/^-])+")  # of one-letter names
_SIGNATURE = re.compile(r"def[ \t]+\w+[ \t]*\(")
_ANNOTATION = re.compile(r"[ \t]*(?:->[ \t]*[\w.\[\], ]+)?:[ \t]*(?:return\b)?")
_PARAMETERS = re.compile(r"lambda[ \t]+[\w, \t*=]{0,60}:")
_LOOP = re.compile(r"(?:for[ \t]+\w+(?:,[ \t]*\w+)*[ \t]+in|while)[ \t]+")
_IMPORT = re.compile(
    r"from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\*|\w+(?:[ \t]+as[ \t]+\w+)?(?:,[ ]?\w+(?=,|[ \t]*$))*)"
    r"|import[ \t]+(?P<module>\w+)(?P<more>(?:\.\w+)*(?:[ \t]+as[ \t]+\w+)?)"
)
_STATED = re.compile(r"[^\W\d]{2,}(?:-[^\W\d]{2,})+|(?i:true/false|yes/no)|[\W\d]+")
_FUNCTION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_BODY = re.compile(r":[ \t]+(?:return\b[ \t]*)?")
_ASSIGNS = re.compile(r"[ \t]*(?:[-+*/%&|^]|//|\*\*)?=(?!=)")


def find(text: str, start: int, end: int) -> list[Range]:
    """Statements and expressions inside the prose ``text[start:end]``, in order."""
    found: list[Range] = []
    anchors = _signs(text, start, end)
    anchors += _words(text, start, end)
    anchors.sort()
    anchors.append((end, end))
    i, at, done = 0, start, start
    line = Line(text, start, start)
    for outer, inner in [*delimited.find(text, start, end), ((end, end), (end, end))]:
        while anchors[i][0] < outer[0]:
            first, last = anchors[i]
            i += 1
            if first < at:
                continue
            at = last
            if not line.start < at <= line.end:
                line = _line_at(text, at, line, start, end)
            piece = _at_anchor(line, first, text[first:last])
            if isinstance(piece, int):
                at = max(at, piece)
            elif piece is not None:
                at = min(piece[1], outer[0])
                if at > piece[0]:
                    found.append((piece[0], at))
        if outer[0] >= done:
            if inner[0] < inner[1] and hides(text[inner[0] : inner[1]]):
                found.append(inner)
            at, done = max(at, outer[1]), outer[1]
    return found


def _signs(text: str, start: int, end: int) -> list[Range]:
    """The signs of assignments, calls and subscripts, and operators between operands."""
    operators = [at for at in positions(text, _SPACED, start, end) if text[at - 1] == " "]
    operators += positions(text, _CLOSE, start, end)
    found: list[Range] = []
    for at in operators:
        match = _OPERATOR.match(text, at, end)
        if match is not None:
            found.append(match.span())
    unequal = {last for first, last in found if text[first] == "!"}
    found += [(at, at + 1) for at in positions(text, _SIGNS, start, end) if at + 1 not in unequal]
    return found


def _words(text: str, start: int, end: int) -> list[Range]:
    """Where ``_WORD`` matches, word by word."""
    found: list[Range] = []
    for stem, before in _STEMS:
        at = text.find(stem, start + before, end)
        while at >= 0:
            after = at + len(stem)
            if after < end and (before or ord(text[after]) == 32 or ord(text[after]) == 9):
                match = _WORD.match(text, at - before, end)
                if match is not None:
                    found.append(match.span())
            at = text.find(stem, after, end)
    return found


def _line_at(text: str, at: int, last: Line, start: int, end: int) -> Line:
    line_end = text.find("\n", at, end)
    line_start = text.rfind("\n", last.end, at) + 1 or max(last.end, start)
    return Line(text, line_start, end if line_end < 0 else line_end)


def _at_anchor(line: Line, at: int, anchor: str) -> Range | int | None:
    """What to hide at an anchor, or how far to skip, or None."""
    before = line.text[at - 1] if at > line.start else ""
    if anchor[0] in "*+/%&^<>!":
        return _operation(line, anchor, at)
    if anchor in "([":
        return _group(line, at) if before.isalnum() or before == "_" else None
    if len(anchor) > 1:
        return None if before.isalnum() or before in ("_", ".") else _word(line, anchor, at)
    if before in "<>!=~" and before and line.text[at - 2 : at] not in ("<<", ">>"):
        return None
    following = line.text[at + 1 : at + 2]
    if following in ("=", ">"):
        return _operation(line, "==", at) if following == "=" else None
    return _right_hand_side(line, at)


def _right_hand_side(line: Line, at: int) -> Range | None:
    """What is assigned at the ``=`` (or arrow) that stands at ``at``."""
    text, before = line.text, at - 1
    if text[before] not in _OPERATES and _is_number(text, at + 1, line.end):
        return None
    compound = False
    for size in (3, 2) if text[before] in _OPERATES else ():
        start = at + 1 - size
        if start > line.start and _COMPOUND.fullmatch(text, start, at + 1):
            compound, before = True, start - 1
            break
    if not compound and text[before] == ":":
        before -= 1
    while before > line.start and text[before] in " \t&":
        before -= 1
    if before < line.start or not _TARGET_END.match(text[before]):
        return None
    align = _ALIGN.match(text, at + 1, line.end)
    value = line.expression(align.end() if align else at + 1)
    if value is None or looks.COMPLEXITY.match(text, value.start):
        return None
    value_end, operators, groups = value.end, value.operators, value.groups
    listed = text[value_end : value_end + 1] == ","
    paired = listed and _TUPLE.search(text[max(line.start, at - 60) : at])
    second = line.expression(value_end + 1) if paired else None
    if second and not _goes_on(text, second):  # a[i], a[j] = a[j], a[i]
        value_end, operators = second.end, operators + 1
    shown = text[value.start : min(value_end, value.start + looks.JUDGED)]
    if "\\" in shown and shown.count("\\left") != shown.count("\\right"):
        shown = shown[: shown.find("\\left")].rstrip()
    if not shown:
        return None
    end = value.start + len(shown) if len(shown) < looks.JUDGED else value_end
    if compound:
        return value.start, end
    if not _LETTER.search(shown) or _BOUND.search(shown):
        return None
    if value_end == value.end and (shown in _BUILTINS or _FUNCTION.fullmatch(shown)):
        return value.start, end  # another name for a function is a program
    if operators or (groups and (shown[0] not in "([{" or hides(shown))):
        return value.start, end
    return None


def _goes_on(text: str, after: Expression) -> bool:
    """True if a sentence goes on behind the comma, not a tuple: ``..., since one of them is``."""
    word = text[after.start : after.end]
    return len(word) > 1 and word.isalpha() and _NEXT_WORD.match(text, after.end) is not None


def _is_number(text: str, at: int, end: int) -> bool:
    """True if digits are all that is assigned at ``at``: to tell costs less than to read them.

    False where it takes a closer look.
    """
    start = at
    while at < end and 48 <= ord(text[at]) <= 57:
        at += 1
    if at == start:
        return False
    if at == end or text[at] in _AFTER_NUMBERS:
        return True
    return text[at] == "=" and (at + 1 == end or text[at + 1] != "=")


def _past(value: Expression) -> int | None:
    """Where to go on after an expression that does not hide.

    Nobody reads a long one again from each of its operators: that takes quadratic time.
    """
    return value.end if value.end - value.start > looks.JUDGED else None


def _run_before(text: str, start: int, at: int) -> int:
    """Where the run of letters, digits and dots begins that ends at ``at``; a long one is cut."""
    start = max(start, at - _LONGEST_NAME - 1)
    while at > start and (text[at - 1].isalnum() or text[at - 1] in "_."):
        at -= 1
    return at


def _begins_name(character: str) -> bool:
    return character == "_" or (character.isalnum() and not character.isdecimal())


def _operation(line: Line, anchor: str, at: int) -> Range | int | None:
    """An expression in prose that starts with a name: ``n * (n + 1) // 2``, ``x % 2 == 0``."""
    text = line.text
    stop = at - 1 if at > line.start and text[at - 1] == " " else at
    run = _run_before(text, line.start, stop)
    if run == stop or not _begins_name(text[run]) or (run > line.start and text[run - 1] in "^\\{"):
        return None
    value = line.expression(run) if stop - run <= _LONGEST_NAME else None
    if value is None or value.end <= at + len(anchor) or not value.symbols:
        return None
    shown = line.text[value.start : min(value.end, value.start + looks.JUDGED)]
    if "\\" in shown or _BOUND.search(shown) or looks.wordy(shown) or _counts(text, value):
        return _past(value)
    if value.groups or _CODE_ONLY.search(shown):
        return value.start, value.end
    return value.end  # no part of it has either


def _counts(text: str, value: Expression) -> bool:
    """True for the size of what is looked at: ``n(n + 1)/2 pairs``, a complexity in words."""
    if text[value.end : value.end + 1] != " " or _SIZE.match(text, value.end) is None:
        return False
    return _CLOSED.fullmatch(text, value.start, value.end) is not None


def _group(line: Line, at: int) -> Range | int | None:
    """A call or a subscript in prose; hides with operators around it or calls inside it."""
    text = line.text
    close = line.partner(at)
    if close is None:
        return None
    start = _run_before(text, max(line.start, at - _LONGEST_NAME), at)
    while start < at and not _begins_name(text[start]):
        start += 1
    if start == at:
        return None
    name = text[start:at]
    if (name in _NOT_CODE and text[at] == "(") or (start and text[start - 1] == "\\"):
        return close
    value = line.expression(start)
    if value is None:
        return None
    if value.symbols and _counts(text, value):
        return value.end
    if value.symbols or name in _PRINTS:
        return value.start, value.end
    if value.groups > 1 and text[at] == "(" and value.end > close + 1:  # sorted(a)[0]
        return value.start, value.end
    inside = text[at + 1 : min(close, at + looks.JUDGED)]
    if text[at] == "[" or looks.neighbours(inside) or looks.wordy(inside):
        return _past(value)
    nested = _INNER.search(inside)
    if (nested and nested[0][:-1] not in _NOT_CODE) or (
        "," in inside and _INNER_OPERATOR.search(inside)
    ):
        return value.start, value.end
    return _past(value)


def _word(line: Line, word: str, at: int) -> Range | int | None:
    """``def f(x): return ...``, ``lambda x: ...``, ``return a + b`` and loops on one line."""
    text, body = line.text, None
    if word == "def":
        signature = _SIGNATURE.match(text, at, line.end)
        close = line.partner(signature.end() - 1) if signature else None
        body = _ANNOTATION.match(text, close + 1, line.end) if close is not None else None
    elif word == "lambda":
        body = _PARAMETERS.match(text, at, line.end)
    elif word in ("import", "from"):
        return _imported(line, at)
    elif word not in ("for", "while"):
        value = line.expression(at + len(word))
        return _if_operates(line, value, word)
    elif loop := _LOOP.match(text, at, line.end):
        over = line.expression(loop.end())
        body = _BODY.match(text, over.end, line.end) if over else None
    if body is None:
        return None
    value = line.expression(body.end())
    if value is None or (word == "def" and _goes_on(text, value)):
        return (at, at + len(text[at : body.end()].rstrip())) if word == "def" else None
    if assigned := _ASSIGNS.match(text, value.end, line.end):
        right = line.expression(assigned.end())
        return at, right.end if right else assigned.end()
    if word in ("for", "while") and not value.groups:
        return None
    return at, value.end


def _imported(line: Line, at: int) -> Range | None:
    """An import in a sentence. ``import`` and one name hides if the name is that of a module."""
    found = _IMPORT.match(line.text, at, line.end)
    if found is None or looks.wordy(found[0]):
        return None
    module = found["module"]
    return found.span() if not module or found["more"] or module in _MODULES else None


def _if_operates(line: Line, value: Expression | None, word: str) -> Range | int | None:
    """What is returned, if it computes; after words that sentences have too, less counts."""
    if value is None:
        return None
    if not (value.symbols or value.groups):
        return _past(value)
    shown = line.text[value.start : min(value.end, value.start + looks.JUDGED)]
    calls = "(" in shown and shown[0] not in "([{" and not looks.COMPLEXITY.match(shown)
    if not (value.symbols or calls) or looks.neighbours(shown) or looks.wordy(shown):
        return _past(value)
    if word != "return" and (_BOUND.search(shown) or _STATED.fullmatch(shown)):
        return _past(value)
    if word[0] in "gGyY" and not value.symbols:
        return _past(value)
    return value.start, value.end
