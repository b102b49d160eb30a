"""The data model: immutable records and enumerations, nothing else; every room imports it.

Spans and blanks are named tuples, as a trace has hundreds of them; all else is a frozen dataclass.

    row (question, target, trace) -> spans -> blanks -> masked trace -> audit -> guidance -> prompt

Offsets are indices into Python strings (code points), half open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Kind(StrEnum):
    """What a span is."""

    NUMBER = "number"
    EXPRESSION = "expression"
    CHOICE = "choice"
    CODE = "code"
    ENTITY = "entity"
    DATE = "date"
    PASSAGE = "passage"
    ANSWER = "answer"


class Role(StrEnum):
    """What a span does in its trace. Belongs to the occurrence and is read from syntax alone."""

    STRUCTURAL = "structural"  # labels, list numbers, references, subscripts, general formulas
    OPERAND = "operand"  # goes into a computation or a statement
    RESULT = "result"  # what a step yields
    CONCLUSION = "conclusion"  # announces the answer


class Status(StrEnum):
    """What became of a row's guidance. Only ``SHOWN`` statuses may reach a prompt."""

    CLEAN = "clean"  # audited: nothing scores
    REPAIRED = "repaired"  # audited: something scored and is masked now
    UNAUDITED = "unaudited"  # masked without an audit (no target, or audit=False)
    CONTROL = "control"  # a control mode: measured, never repaired
    LEAKS = "leaks"  # still scores, or hiding it would point: not shown, the row trains unguided
    NO_TRACE = "no_trace"  # the row has no trace
    BROKEN = "broken"  # the trace cannot be read (not text, only blank space)
    ERROR = "error"  # the audit could not decide (verifier error or time-out)

    @property
    def shown(self) -> bool:
        """True if the guidance may be put into a prompt."""
        return self in (Status.CLEAN, Status.REPAIRED, Status.UNAUDITED, Status.CONTROL)


PLACEHOLDER_NAMES: Mapping[Kind, str] = {
    Kind.NUMBER: "NUMBER",
    Kind.EXPRESSION: "EXPR",
    Kind.CHOICE: "CHOICE",
    Kind.CODE: "CODE",
    Kind.ENTITY: "ENTITY",
    Kind.DATE: "DATE",
    Kind.PASSAGE: "PASSAGE",
    Kind.ANSWER: "ANSWER",
}


class Span(NamedTuple):
    """A piece of a trace.

    ``key`` names the thing: hidden spans with one key share one indexed placeholder. ``given`` is
    true if the question states the thing, in any form. ``quote`` is put on both sides of the
    placeholder: where a bare value of JSON stood, only a string is valid.
    """

    start: int
    end: int
    kind: Kind
    role: Role
    key: str | None = None
    given: bool = False
    quote: str = ""


class Blank(NamedTuple):
    """A hidden span: ``trace[start:end] == text`` is replaced by ``placeholder``."""

    kind: Kind
    role: Role
    start: int
    end: int
    text: str
    placeholder: str
    message: int | None = None  # index of the message, where the trace is a list of messages
    audit: bool = False  # True if the audit added it


@dataclass(frozen=True, slots=True)
class MaskedTrace:
    """A trace with blanks. ``text`` equals ``trace`` outside the blanks, which are in order."""

    trace: str
    text: str
    blanks: tuple[Blank, ...]
    domain: str
    mode: str
    status: Status
    question: str = ""
    target: Any = None
    reason: str = ""  # why a status other than clean

    def _repr_html_(self) -> str:
        """For notebooks."""
        from smepo.report.notebook import html_of

        return html_of(self)


class VerdictStatus(StrEnum):
    """How a check ended. Only ``CORRECT`` and ``WRONG`` are judgements of the answer."""

    CORRECT = "correct"
    WRONG = "wrong"
    UNPARSED = "unparsed"  # no answer found, or one that cannot be read
    TIMEOUT = "timeout"
    ERROR = "error"
    EMPTY = "empty"  # an empty completion


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one check. ``score`` is 0.0 or 1.0 unless partial credit was asked for."""

    score: float
    status: VerdictStatus
    extracted: str | None = None
    seconds: float = 0.0
    detail: str = ""


@runtime_checkable
class Verifier(Protocol):
    """Judges a completion against a target. The same object serves audit, reward and evaluation."""

    def __call__(self, completion: str, target: Any) -> Verdict: ...

    def wrap(self, candidate: str) -> str:
        """Turn a bare candidate into a completion that announces it as the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Leak:
    """A candidate that can be cut out of a masked trace and scores."""

    candidate: str
    attack: str  # number, word, expression, boxed, choice, last_line, ngram, code, own ...
    start: int  # in the masked text
    end: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What could still be copied from one masked trace, and what the mask did to its structure.

    ``metrics`` holds counts and shares by name; shares are in [0, 1]. ``undecided`` counts
    candidates on which the verifier timed out or failed: they are never taken for safe.
    """

    leaks: tuple[Leak, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    incidental: int = 0
    expression_leaks: tuple[Leak, ...] = ()
    candidates: int = 0
    undecided: int = 0
    detail: str = ""  # why the first of the undecided is


@dataclass(frozen=True, slots=True)
class Location:
    """Where a row stands: the file and the zero-based row in it."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Row:
    """One problem. ``columns`` holds every column of the input, also those that are mapped.

    ``form`` is what an evaluation says behind the question: code to start from, how to answer.
    """

    id: str
    question: str
    target: Any
    traces: tuple[Any, ...]  # each a string or a list of messages, as the file has it
    columns: Mapping[str, Any] = field(default_factory=dict)
    location: Location | None = None
    form: str = ""

    @property
    def asked(self) -> str:
        """What an evaluation asks: the question and its form."""
        return f"{self.question}\n\n{self.form}" if self.form else self.question


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row after masking and audit: what ``smepo mask`` writes."""

    row: Row
    status: Status
    guidance: str | None  # the masked trace, or None unless ``status.shown``
    blanks: tuple[Blank, ...] = ()
    trace_index: int | None = None  # which of the row's traces was taken
    reason: str = ""
    report: AuditReport | None = None
