"""What an attacker may guess from the pattern of blanks: one small function a guess.

Each takes what can be seen, the question and the masked trace, and returns the guesses that it
likes best, all alike; none where its pattern does not occur. Values are written as fractions in
lowest terms (``"5"``, ``"1/2"``), choices as capital letters.

That a value which is shown is not the target follows from the copy attack alone, whatever is
hidden: to rule such values out is no guess here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from smepo.auditing.tokens import fold
from smepo.auditing.words import number_words
from smepo.numerals import parse

SMALL = tuple(map(str, range(21)))
LETTERS = tuple("ABCDE")
_MOST = 8  # votes that one neighbour gives: keeps the count linear
_IMPLIED = {
    **{f"1/{n}": str(n) for n in (2, 3, 4, 5)},
    **dict.fromkeys("halve twice double doubled pair couple both".split(), "2"),
    **dict.fromkeys("third triple thrice tripled".split(), "3"),
    **dict.fromkeys("quarter quadruple".split(), "4"),
    **dict.fromkeys("dozen dozens".split(), "12"),
    **dict.fromkeys(("%", "percent"), "100"),
}
_ANNOUNCES = frozenset(("\\boxed", "\\fbox", "answer"))
_PIECE = re.compile(
    r"\[(?P<blank>NUMBER|EXPR|CHOICE|CODE|ENTITY|DATE|PASSAGE|ANSWER)(?:_\d+)?\]"
    r"|(?P<choice>\([A-E]\)|(?<![A-Za-z\\])[A-E](?=[):.]))"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"|(?P<word>\\?[A-Za-z]+(?:['’][a-z]+)?)"
    r"|(?P<mark>[^\s\w])"
)


class Piece(NamedTuple):
    """A blank, number, choice, word or mark: ``kind`` is the first letter, ``text`` its value."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the attacker has. ``givens`` are the distinct values of the question, in order;
    ``visible`` counts values and letters of the masked trace."""

    question: Sequence[Piece]
    trace: Sequence[Piece]
    givens: Sequence[str]
    letters: Sequence[str]
    visible: Mapping[str, int]


Guess = Callable[[Seen], Sequence[str]]


def seen(question: str, masked: str) -> Seen:
    """Read both texts. O(n)."""
    asked, trace = _asked(question), pieces(masked)
    letters = sorted({piece.text for piece in asked if piece.kind == "c"})
    return Seen(
        asked,
        trace,
        tuple(dict.fromkeys(piece.text for piece in asked if piece.kind == "n")),
        tuple(letters) if len(letters) > 1 else LETTERS,
        Counter(piece.text for piece in trace if piece.kind in "nc"),
    )


@lru_cache(maxsize=64)
def _asked(question: str) -> tuple[Piece, ...]:
    return tuple(pieces(question))


def pieces(text: str) -> list[Piece]:
    """The text cut into pieces; number words count as numbers."""
    text = fold(text)
    worded = {match.start(): match for match in number_words(text)}
    found: list[Piece] = []
    until = 0
    for match in _PIECE.finditer(text):
        if match.start() < until:
            continue
        words = worded.get(match.start())
        if words is not None and (value := parse(words.group())) is not None:
            found.append(Piece("n", str(value)))
            until = words.end()
            continue
        kind, held = match.lastgroup or "", match.group()
        if kind == "number":
            held = str(parse(held))  # 5.0 is 5
        elif kind == "choice":
            held = held.strip("()")
        elif kind == "word":
            held = _stem(held)
        found.append(Piece(kind[0], held))
    return found


def _stem(word: str) -> str:
    return word.lower().removesuffix("s")


def unseen_given(seen: Seen) -> Sequence[str]:
    """The givens that the trace shows nowhere."""
    return [given for given in seen.givens if not seen.visible.get(given)]


def rare_given(seen: Seen) -> Sequence[str]:
    """The givens that the trace shows least."""
    return _extreme(seen.givens, seen.visible, min)


def _extreme(
    among: Sequence[str], counts: Mapping[str, int], which: Callable[[list[int]], int]
) -> list[str]:
    if not among:
        return []
    best = which([counts.get(one, 0) for one in among])
    return [one for one in among if counts.get(one, 0) == best]


def restated_given(seen: Seen) -> Sequence[str]:
    """The given whose neighbours in the question surround most blanks: ``[N] apples``."""
    return _restated(seen.question, seen.trace, _blanks(seen))


def concluding_given(seen: Seen) -> Sequence[str]:
    """The same, of the blank that concludes and its namesakes."""
    return _restated(seen.question, seen.trace, _concluding(seen))


def restated_value(seen: Seen) -> Sequence[str]:
    """The value that the trace shows between the neighbours of most blanks."""
    return _restated(seen.trace, seen.trace, _blanks(seen))


def _blanks(seen: Seen) -> list[int]:
    return [i for i, piece in enumerate(seen.trace) if piece.kind == "b"]


def _concluding(seen: Seen) -> list[int]:
    """The blank that is announced as the answer, else the last, and all of its name.

    What is written alike has one name, so blanks of other names do not hide that value as it is
    written there.
    """
    blanks = _blanks(seen)
    if not blanks:
        return []
    told = max((i for i, one in enumerate(seen.trace) if one.text in _ANNOUNCES), default=-1)
    last = next((i for i in blanks if i > told >= 0), blanks[-1])
    return [i for i in blanks if seen.trace[i] == seen.trace[last]]


def _restated(said: Sequence[Piece], row: Sequence[Piece], places: Sequence[int]) -> list[str]:
    around: dict[tuple[int, str], list[str]] = {}
    for i, piece in enumerate(said):
        if piece.kind in "nc":
            for key in _neighbours(said, i):
                around.setdefault(key, []).append(piece.text)
    votes: Counter[str] = Counter()
    for i in places:
        for key in _neighbours(row, i):
            votes.update(around.get(key, ())[:_MOST])
    return _extreme(list(votes), votes, max)


def _neighbours(row: Sequence[Piece], at: int) -> list[tuple[int, str]]:
    """The words on both sides; on the right also the second next."""
    return [
        (step, row[at + step].text)
        for step in (-1, 1, 2)
        if 0 <= at + step < len(row) and row[at + step].kind == "w"
    ]


def implied_given(seen: Seen) -> Sequence[str]:
    """What words of the question imply and the trace shows nowhere: 2 of "half", 100 of "%"."""
    implied = {_IMPLIED[piece.text] for piece in seen.question if piece.text in _IMPLIED}
    return sorted(one for one in implied if not seen.visible.get(one) and one not in seen.givens)


def missing_small(seen: Seen) -> Sequence[str]:
    """The small integers that are shown nowhere while both their neighbours are."""
    shown = seen.visible
    return [
        SMALL[n]
        for n in range(1, 20)
        if not shown.get(SMALL[n]) and shown.get(SMALL[n - 1]) and shown.get(SMALL[n + 1])
    ]


def list_gap(seen: Seen) -> Sequence[str]:
    """What continues a list around a blank: ``1, 2, [N], 4`` or ``A, [C], C``."""
    votes: Counter[str] = Counter()
    row = seen.trace
    for i in range(2, len(row) - 2):
        if row[i].kind != "b" or row[i - 1] != row[i + 1] or row[i - 1].text not in ",;&":
            continue
        before, after = _rank(row[i - 2]), _rank(row[i + 2])
        if before is not None and after is not None and after - before == 2:
            letter = row[i - 2].kind == "c"
            votes[LETTERS[before + 1] if letter else str(before + 1)] += 1
    return _extreme(list(votes), votes, max)


def _rank(piece: Piece) -> int | None:
    if piece.kind == "c":
        return LETTERS.index(piece.text)
    return int(piece.text) if piece.kind == "n" and piece.text.isdecimal() else None


_CUSTOMARY = {"^": "2", "\\frac": "1", "\\sqrt": "2", "\\binom": "2", "/": "2"}


def customary_constant(seen: Seen) -> Sequence[str]:
    """What commonly stands where the blank that concludes does: ``x^[N]`` hides a 2."""
    votes: Counter[str] = Counter()
    row = seen.trace
    for i in _concluding(seen):
        if i == 0:
            continue
        before = row[i - 2] if row[i - 1].text in "{(" and i > 1 else row[i - 1]
        if before.text in _CUSTOMARY:
            votes[_CUSTOMARY[before.text]] += 1
    return _extreme(list(votes), votes, max)


def unseen_choice(seen: Seen) -> Sequence[str]:
    """The choices that the trace shows nowhere, where it shows others."""
    hidden = [letter for letter in seen.letters if not seen.visible.get(letter)]
    return hidden if len(hidden) < len(seen.letters) else []


def rare_choice(seen: Seen) -> Sequence[str]:
    """The choices that the trace shows least."""
    return _extreme(seen.letters, seen.visible, min)


PREDICTORS: Mapping[str, Guess] = {
    guess.__name__: guess
    for guess in (
        unseen_given,
        rare_given,
        restated_given,
        concluding_given,
        restated_value,
        implied_given,
        missing_small,
        list_gap,
        customary_constant,
        unseen_choice,
        rare_choice,
    )
}
