"""One pass over a text that cuts out its mathematics: numbers, atoms, terms, sides, runs, groups.

Written for the attacker and without a look at the masker's detectors: it cuts too much rather than
too little. One regular expression makes tokens, and a stack of open brackets says what belongs
together. Every token is looked at once and every piece is at most ``LONGEST`` characters, so the
work is linear in the length of the text.
"""

from __future__ import annotations

from smepo.auditing.arithmetic import BINDERS, FUNCTIONS
from smepo.auditing.tokens import (
    ARGUMENTS,
    BOXES,
    BREAKS,
    CLOSES,
    COMMAND,
    DEEPEST,
    LONGEST,
    NO_INDEX,
    OPERATIONS,
    POSTFIX,
    RELATIONS,
    SIGNS,
    SILENT,
    SLOTS,
    TEXTS,
    TOKEN,
    Frame,
    Piece,
)


class Scanner:
    """Cuts one text. ``pieces`` holds what was found, in order of discovery."""

    def __init__(self, text: str, wall: str, slots: frozenset[int] = frozenset()) -> None:
        self.text, self.wall, self.slots = text, wall, slots
        self.pieces: list[Piece] = []
        self._seen: set[int] = set()  # start and length of each piece, LONGEST < 256
        self._stack = [Frame(0, "")]
        self._dollar = False

    def emit(self, start: int, end: int, attack: str, slot: bool = False) -> None:
        if start < 0 or end <= start or end - start > LONGEST:
            return
        place = (start << 8) + end - start
        if place in self._seen:
            return
        self._seen.add(place)
        self.pieces.append(Piece(start, end, attack, slot))

    # -- cutting at the four levels: term, side of a relation, run, list ------------------------

    def _cut(self, frame: Frame, level: int) -> None:
        """Close the term (0), side (1), run (2) or list (3) that is open in ``frame``."""
        if frame.end >= 0 and not frame.slot:
            self.emit(frame.term, frame.end, "expression")
            if level >= 1:
                self.emit(frame.side, frame.end, "expression")
            if level >= 2:
                self.emit(frame.run, frame.end, "expression")
            if level >= 3:
                self.emit(frame.listed, frame.end, "expression")
        frame.term = frame.sign = -1
        frame.owed = 0
        frame.number = frame.number_end = -1
        frame.join = ""
        if level >= 1:
            frame.side = -1
        if level >= 2:
            frame.run = -1
        if level >= 3:
            frame.listed = -1
            frame.end = -1
        frame.operand = False

    def _atom(self, frame: Frame, start: int, end: int) -> None:
        if frame.term < 0:
            frame.term = start
        self._begin(frame, start)
        frame.end = end
        frame.operand = True
        frame.sign = -1

    def _begin(self, frame: Frame, start: int) -> None:
        if frame.side < 0:
            frame.side = start
        if frame.run < 0:
            frame.run = start
        if frame.listed < 0:
            frame.listed = start

    # -- tokens -----------------------------------------------------------------------------------

    def scan(self) -> list[Piece]:
        """All pieces of the text."""
        for match in TOKEN.finditer(self.text):
            self._step(match.lastindex or 0, match.start(), match.end())
        self._unwind(0)
        self._cut(self._stack[0], 3)
        return self.pieces

    def _step(self, kind: int, start: int, end: int) -> None:
        """One token; ``kind`` is its group in ``TOKEN``."""
        if kind == 1:
            self._word(start, end)
        elif kind == 2:
            self._letter(start, end)
        elif kind == 3 or kind == 4:
            self._number(start, end)
        elif kind == COMMAND:
            self._command(start, end)
        elif kind == 6:
            self._escape(start, end)
        elif kind == 7:
            self._relation(start, end)
        elif kind == 8:
            self._sign(start, end)
        elif kind == 9:
            self._operator(start, end)
        elif kind == 10:
            self._stack[-1].subscript = NO_INDEX.match(self.text, start) is None
        elif kind == 11:
            self._open(start, end)
        elif kind == 12:
            self._close(start, end)
        elif kind == 13:
            self._paragraph()
        elif kind == 14:
            self._separator(start, end)
        else:
            self._other(start)

    def _unwind(self, depth: int) -> None:
        """Give up brackets that were never closed: what they hold still counts."""
        while len(self._stack) > depth + 1:
            frame = self._stack.pop()
            self._cut(frame, 3)
            self._cut(self._stack[-1], 3)

    def _number(self, start: int, end: int) -> None:
        frame, text = self._stack[-1], self.text
        named = start > 0 and text[start - 1].isalpha() and not self._after_command(start)
        slot = frame.slot or frame.subscript or start in self.slots or self._squares(start, end)
        if named and frame.end == start and not self._dollar:
            slot = True  # x2, A4: a digit in a name
        self.emit(start, end, "number", slot)
        if frame.subscript or slot:
            frame.subscript = False
            if frame.end >= 0:
                frame.end = end
                frame.operand = True
            return
        if frame.owed and text[start:end].isdigit():  # \frac12, \sqrt2
            for at in range(start, min(end, start + frame.owed)):
                self.emit(at, at + 1, "number")
            frame.owed -= min(frame.owed, end - start)
            if not frame.owed:
                used = min(end, start + ARGUMENTS.get(self._name(frame.command), 1))
                self.emit(frame.command, used, "number")
                self._atom(frame, frame.command, used)
        if frame.sign >= 0:
            self.emit(frame.sign, end, "number")
        first = frame.number
        atom = start
        if first >= 0 and frame.join in ("/", ":"):
            self.emit(first, end, "number")
        elif first >= 0 and not frame.join and text[frame.number_end : start].isspace():
            if end - start == 3:
                self.emit(first, end, "number")  # 1 234
            start = first  # the whole part of 1 1/2
        frame.number, frame.number_end, frame.join = start, end, ""
        self._atom(frame, atom, end)

    def _squares(self, start: int, end: int) -> bool:
        """True for the exponents and indices of squares, cubes and their roots: notation."""
        text = self.text
        if end - start != 1 or text[start] not in "23":
            return False
        if text[start - 1] == "^":
            return True
        braced = text[start - 2 : start] == "^{" and text[end : end + 1] == "}"
        return braced or (text[start - 6 : start] == "\\sqrt[" and text[end : end + 1] == "]")

    def _after_command(self, at: int) -> bool:
        start = at
        while start > 0 and at - start < 24 and self.text[start - 1].isalpha():
            start -= 1
        return start > 0 and self.text[start - 1] == "\\"

    def _name(self, at: int) -> str:
        match = TOKEN.match(self.text, at) if at >= 0 else None
        if match is None or match.lastindex != COMMAND:
            return ""
        return self.text[at + 1 : match.end()].rstrip("*")

    def _command(self, start: int, end: int) -> None:
        frame = self._stack[-1]
        name = self.text[start + 1 : end].rstrip("*")
        if name in RELATIONS:
            self._relation(start, end)
        elif name in SILENT:
            return
        elif name in SIGNS:
            self._cut(frame, 0)
        elif name == "circ" and self.text[start - 1] == "^":
            self.emit(frame.number, end, "number")
            frame.end, frame.operand = end, True
        elif name in OPERATIONS:
            frame.operand = False
            frame.number = frame.number_end = -1
            frame.join = ""
        elif name in BREAKS:
            self._cut(frame, 3)
        elif name in SLOTS or name in TEXTS or name in BOXES:
            if name not in SLOTS:
                self._cut(frame, 0 if name in BOXES else 1)
            frame.command, frame.owed = start, 1
        else:
            frame.command, frame.owed = start, ARGUMENTS.get(name, 0)
            if frame.owed:
                self._begin(frame, start)
                return
            self._atom(frame, start, end)
            if name not in FUNCTIONS and name not in BINDERS:
                self.emit(start, end, "expression", frame.slot)

    def _escape(self, start: int, end: int) -> None:
        mark = self.text[start + 1 : end]
        if mark == "{":
            self._open(start, end)
        elif mark == "}":
            self._close(start, end)
        elif mark == "%":
            self._operator(start, end)
        elif mark in "([":
            self._cut(self._stack[-1], 3)
            self._dollar = True
        elif mark in ")]":
            self._cut(self._stack[-1], 3)
            self._dollar = False
        elif mark in "\\\n" or not mark:
            self._cut(self._stack[-1], 2)

    def _word(self, start: int, end: int) -> None:
        frame, text = self._stack[-1], self.text
        word = text[start:end]
        if self._dollar and not frame.text and (end - start < 4 or not word.islower()):
            self._atom(frame, start, end)
            return
        before, after = text[start - 1 : start], text[end : end + 1]
        starred = text.startswith("**", end)
        if (after and after in "+*/^=(_" and not starred) or (
            before and before in "+/^=0123456789"
        ):
            self._atom(frame, start, end)
            return
        if end - start >= 4:
            self._dollar = False
        self._cut(frame, 2 if word in ("and", "or") else 3)
        frame.broken = True
        frame.operand = text[end : end + 3] == " - "

    def _letter(self, start: int, end: int) -> None:
        frame = self._stack[-1]
        self._atom(frame, start, end)
        if self._dollar or not self.text[start].isascii():
            self.emit(start, end, "expression", frame.slot or frame.subscript)
        frame.subscript = False

    def _relation(self, start: int, end: int) -> None:
        frame = self._stack[-1]
        if self.text[start:end] in ("<<", ">>"):
            self._cut(frame, 3)
            return
        self._cut(frame, 1)

    def _sign(self, start: int, end: int) -> None:
        frame = self._stack[-1]
        if frame.operand:
            self._cut(frame, 0)
        elif self.text[start] in "-+":
            frame.sign = start
            if frame.term < 0:
                frame.term = start
                self._begin(frame, start)

    def _operator(self, start: int, end: int) -> None:
        frame, mark = self._stack[-1], self.text[end - 1]
        if mark in POSTFIX:
            if frame.operand:
                if mark in "%°" and frame.number_end >= 0:
                    self.emit(frame.number, end, "number")
                frame.end = end
            return
        if mark == "√" and frame.term < 0:
            frame.term = start
            self._begin(frame, start)
        if mark in "/^" and frame.number_end >= 0:
            frame.join = mark
        else:
            frame.number = frame.number_end = -1
            frame.join = ""
        frame.operand = mark == "|" and frame.operand

    # -- brackets ---------------------------------------------------------------------------------

    def _open(self, start: int, end: int) -> None:
        if len(self._stack) > DEEPEST:
            return
        frame = self._stack[-1]
        slot, text = frame.slot or frame.subscript, frame.text
        inner = Frame(end, self.text[end - 1], slot, text)
        if frame.owed:
            name = self._name(frame.command)
            inner.slot = inner.slot or name in SLOTS
            inner.text = text or name in TEXTS
            inner.attack = "boxed" if name in BOXES else "text" if name in TEXTS else ""
        frame.subscript = False
        self._stack.append(inner)

    def _close(self, start: int, end: int) -> None:
        mark = self.text[end - 1]
        for up in range(len(self._stack) - 1, max(0, len(self._stack) - 6), -1):
            if self._stack[up].opener in CLOSES[mark] and self._stack[up].opener:
                break
        else:
            self._cut(self._stack[-1], 3)
            return
        self._unwind(up)
        inner = self._stack.pop()
        self._cut(inner, 3)
        self._join(self._stack[-1], inner, start, end)

    def _join(self, frame: Frame, inner: Frame, start: int, end: int) -> None:
        """A group is closed: it is an argument, a subscript, or an atom of what is around it."""
        walled = self.wall in self.text[inner.start : min(start, inner.start + LONGEST)]
        if inner.attack and not walled:
            self.emit(inner.start, start, inner.attack)
        if inner.slot and not frame.slot:
            frame.owed = 0
            if frame.end >= 0:
                frame.end = end
            return
        if walled or start - inner.start > LONGEST:
            self._cut(frame, 3)
            frame.operand = frame.broken = True
            return
        if frame.owed:
            if inner.opener == "[":  # \sqrt[3]{x}
                return
            frame.owed -= 1
            if not frame.owed:
                self._atom(frame, frame.command, end)
                if inner.attack != "boxed":
                    self.emit(frame.command, end, "expression", frame.slot)
            return
        opened = inner.start - (2 if self.text[inner.start - 2 : inner.start - 1] == "\\" else 1)
        if inner.broken:
            self._cut(frame, 3)
            frame.operand = True
            return
        if inner.opener != "{" or self.text[opened] == "\\":
            self.emit(opened, end, "expression", frame.slot or inner.start in self.slots)
        self._atom(frame, opened, end)

    # -- what ends an expression ------------------------------------------------------------------

    def _paragraph(self) -> None:
        self._unwind(0)
        self._cut(self._stack[0], 3)
        self._dollar = False

    def _separator(self, start: int, end: int) -> None:
        frame, mark = self._stack[-1], self.text[start]
        if mark == "$":
            self._cut(frame, 3)
            if self.text[start - 1 : start] != "$":
                self._dollar = not self._dollar
        elif mark == ":" and frame.number_end == start and self.text[end : end + 1].isdigit():
            frame.join = ":"
            frame.operand = False
        elif mark in ",;&":
            self._cut(frame, 2)
        else:
            self._cut(frame, 3)

    def _other(self, start: int) -> None:
        frame = self._stack[-1]
        self._cut(frame, 3)
        if self.text[start] == self.wall:
            frame.broken = frame.operand = True


def scan(text: str, wall: str, slots: frozenset[int] = frozenset()) -> list[Piece]:
    """The mathematics of a folded text, cut out; pieces may still hold ``wall``."""
    return Scanner(text, wall, slots).scan()
