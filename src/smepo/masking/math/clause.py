"""The clause around a side: which words have passed, and what they announce."""

from __future__ import annotations

from smepo.masking.math import cues, lexicon
from smepo.masking.math.lexicon import Word
from smepo.masking.math.sides import (
    BY_CONCLUDES,
    BY_MAKES,
    BY_NOTHING,
    BY_STATES,
    BY_TELLS,
    BY_YIELDS,
    GIVEN_CUE,
    NO_CUE,
    PLACE_CUE,
    RESULT_CUE,
    Side,
)

_MAX_SUBJECT = 5  # words before a side that say what it counts
_MAX_COMPUTED = 8
_MAX_FILLERS = 4
_SHORTLY = 4  # words
_NONE = -1


class Clause:
    """State of a clause; a sentence end or a new line starts it afresh.

    ``words`` and ``computes`` (words that compute something) grow over the whole text; a clause
    begins at ``begin`` and ``computes_begin`` in them, and a side keeps the range that it saw.
    """

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.computes: list[Word] = []
        self.pending = BY_NOTHING  # what opens the next side
        self.cue = NO_CUE
        self.answer = False  # "answer" was said
        self.rules = False  # "definition" was said
        self.fillers = 0
        self.begin = 0
        self.computes_begin = 0
        self.counted_at = -_SHORTLY  # how many words had passed when the last value stood there

    def start(self, pending: int, cue: int = NO_CUE) -> None:
        """Begin a clause; ``pending`` is what opens its first side."""
        self.pending = pending
        self.cue = cue
        self.answer = False
        self.rules = False
        self.fillers = 0
        self.begin = len(self.words)
        self.computes_begin = len(self.computes)
        self.counted_at = self.begin - _SHORTLY

    def describe(self, side: Side) -> None:
        """Tell a new side what has been said before it."""
        side.rules = self.rules
        side.said = len(self.words)
        side.subject = max(self.begin, side.said - _MAX_SUBJECT)
        side.computes = len(self.computes)
        side.computed = max(self.computes_begin, side.computes - _MAX_COMPUTED)
        side.counted = side.said - self.counted_at < _SHORTLY

    def value(self) -> None:
        """A value has passed."""
        self.counted_at = len(self.words)

    def join(self) -> None:
        """Another quantity comes: what has been counted before is no part of it."""
        self.counted_at = self.begin - _SHORTLY

    def word(self, word: Word) -> None:
        """A word has passed: it may announce what comes next."""
        bits = word.bits
        if bits & lexicon.FOREIGN:
            if cues.CJK_ANSWER in word.lower:
                self.answer = True
            if word.lower.endswith(cues.CJK_RESULT):
                self.pending = BY_CONCLUDES if self.answer else BY_YIELDS
                return
        announced = self.announced(bits)
        if announced != _NONE:
            self.pending = announced
            self.fillers = 0
        elif self.passes(bits):
            self.fillers += 1
        else:
            self.pending = BY_NOTHING
        if bits & lexicon.ANSWER:
            self.answer = True
            if self.last() & lexicon.DEFINES:  # the correct answer 30
                self.pending = BY_TELLS
                self.fillers = _MAX_FILLERS
        if bits & lexicon.SAYS_RESULT:
            self.cue = RESULT_CUE
        elif bits & lexicon.SAYS_GIVEN:
            self.cue = PLACE_CUE if word.lower in cues.PLACES else GIVEN_CUE
        elif bits & lexicon.FINDS and self.last() & lexicon.WE:
            self.cue = RESULT_CUE
        elif bits & lexicon.RULE:
            self.rules = True
        if bits & lexicon.COMPUTES:
            self.computes.append(word)
        if bits & lexicon.JOINS:
            self.join()
        self.words.append(word)

    def last(self) -> int:
        """The bits of the last word of the clause."""
        return self.words[-1].bits if len(self.words) > self.begin else 0

    def relates(self) -> bool:
        """True behind "which": what comes describes."""
        return len(self.words) > self.begin and self.words[-1].lower == "which"

    def announced(self, bits: int) -> int:
        """What a verb announces."""
        if self.answer and bits & lexicon.BE:
            return BY_CONCLUDES
        if bits & lexicon.YIELDS or (bits & lexicon.MAKES and self.last() & lexicon.WE):
            return BY_YIELDS
        if bits & lexicon.STATES:
            return BY_STATES
        if bits & lexicon.HAS and self.cue == RESULT_CUE and not self.relates():
            return BY_TELLS
        return BY_MAKES if bits & lexicon.MAKES else _NONE

    def mark(self) -> None:
        """A colon has passed: it announces what the last word counts."""
        if self.answer:
            self.pending = BY_CONCLUDES
        else:
            self.pending = BY_STATES if self.last() & lexicon.COUNTS else BY_NOTHING
        self.fillers = 0

    def passes(self, bits: int) -> bool:
        """True for a word that may stand between an announcement and its value."""
        if bits & lexicon.OF:
            return self.last() & lexicon.TOTAL != 0
        if bits & lexicon.TOTAL:
            return self.pending != BY_NOTHING
        if bits & lexicon.COUNTS and self.pending == BY_TELLS:  # so it has slope -1/3
            return True
        return bits & lexicon.FILLER != 0 and self.fillers < _MAX_FILLERS
