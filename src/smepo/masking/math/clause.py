"""The clause around a side: which words have passed, and what they announce."""

from __future__ import annotations

from smepo.masking.math import cues
from smepo.masking.math.sides import Opened

_MAX_SUBJECT = 5  # words before a side that say what it counts
_MAX_COMPUTED = 8
_MAX_FILLERS = 4
_SHORTLY = 4  # words


class Clause:
    """State of a clause; a sentence end or a new line starts it afresh."""

    def __init__(self) -> None:
        self.start(Opened.START)

    def start(self, pending: Opened, cue: str = "") -> None:
        """Begin a clause; ``pending`` is what opens its first side."""
        self.pending = pending
        self.cue = cue  # "result" or "given": the latest
        self.answer = False  # "answer" was said
        self.fillers = 0
        self.words: list[str] = []
        self.computes: list[str] = []  # words that compute something
        self.counted_at = -_SHORTLY  # how many words had passed when the last value stood there

    @property
    def subject(self) -> tuple[str, ...]:
        """The last words."""
        return tuple(self.words[-_MAX_SUBJECT:])

    @property
    def computed(self) -> tuple[str, ...]:
        """The last words that compute something: "half of", "the sum of"."""
        return tuple(self.computes[-_MAX_COMPUTED:])

    @property
    def counted(self) -> bool:
        """True if a value stands shortly before."""
        return len(self.words) - self.counted_at < _SHORTLY

    def value(self) -> None:
        """A value has passed."""
        self.counted_at = len(self.words)

    def word(self, text: str) -> None:
        """A word has passed: it may announce what comes next."""
        word = text.lower()
        if not word.isascii():
            if cues.CJK_ANSWER in word:
                self.answer = True
            if word.endswith(cues.CJK_RESULT):
                self.pending = Opened.CONCLUDES if self.answer else Opened.YIELDS
                return
        announced = self.announced(word)
        if announced is not None:
            self.pending = announced
            self.fillers = 0
        elif self.passes(word):
            self.fillers += 1
        else:
            self.pending = Opened.START
        self.answer |= word in cues.ANSWER
        if word in cues.RESULT_CUES:
            self.cue = "result"
        elif word in cues.GIVEN_CUES:
            self.cue = "given"
        if word in cues.COMPUTES:
            self.computes.append(word)
        if word in cues.JOINS:
            self.counted_at = -_SHORTLY
        self.words.append(word)

    def announced(self, word: str) -> Opened | None:
        """What a verb announces, or None for any other word."""
        if self.answer and word in ("is", "are", "was", "equals"):
            return Opened.CONCLUDES
        if word in cues.YIELDS or (word in cues.MAKES and self.words[-1:] in (["we"], ["you"])):
            return Opened.YIELDS
        if word in cues.STATES:
            return Opened.STATES
        return Opened.MAKES if word in cues.MAKES else None

    def mark(self) -> None:
        """A colon has passed: it announces what the last word counts."""
        if self.answer:
            self.pending = Opened.CONCLUDES
        else:
            counts = bool(self.words) and self.words[-1] in cues.COUNTS
            self.pending = Opened.STATES if counts else Opened.START
        self.fillers = 0

    def passes(self, word: str) -> bool:
        """True for a word that may stand between an announcement and its value."""
        if word == "of":
            return bool(self.words) and self.words[-1] in cues.TOTALS
        if word in cues.TOTALS:
            return self.pending is not Opened.START
        return word in cues.FILLERS and self.fillers < _MAX_FILLERS
