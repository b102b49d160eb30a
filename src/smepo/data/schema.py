"""Which columns hold the question, the target and the traces.

Known schemas are recognised by their columns; any other input names its columns. When several
schemas fit, or none, the input is refused: a wrong guess would train on the wrong text.

    schema            question  target                     traces
    official release  question  reward_model.ground_truth  teacher_ds
    LUFFY             prompt    reward_model.ground_truth  target
    verl              prompt    reward_model.ground_truth  extra_info.answer
    GSM8K             question  answer, after `####`       answer
    Open-R1           problem   answer                     generations, then solution
    MATH              problem   answer                     solution
    smepo             question  target                     trace

Questions and traces may be text or lists of chat messages; the question of a list is what its
`user` messages say.
verl itself defines no column for a trace; its own GSM8K example keeps the worked answer in
`extra_info.answer`, and only data of that form is recognised. LUFFY's columns are those of its
published training set (a verl data set whose `target` is a list with one assistant message).
`smepo convert` writes the last one.
Open-R1 generations that `correctness_math_verify` marks as wrong are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from smepo.errors import InputError
from smepo.prompting.thinking import Part

MISSING = object()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a row keeps what; dotted names reach into structs and into JSON held as text.

    ``target_after``: the target is what stands after the last such marker. ``correct``: a list of
    booleans beside a list of traces, the false ones are passed over. ``part``: of traces with
    `<think>` tags, the thinking, the solution, or both. ``id`` None: the row's position in the
    input. ``schema``: what it was recognised as, for messages.
    """

    question: str
    target: str
    traces: tuple[str, ...] = ()
    id: str | None = None
    target_after: str | None = None
    correct: str | None = None
    part: Part = "both"
    schema: str = "flags"

    @property
    def names(self) -> tuple[str, ...]:
        """All columns named, dotted."""
        optional = [name for name in (self.id, self.correct) if name]
        return (self.question, self.target, *self.traces, *optional)

    def as_json(self) -> dict[str, Any]:
        """For metadata and reports."""
        return {**asdict(self), "traces": list(self.traces)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Columns:
        """The inverse of `as_json`."""
        return Columns(**{**value, "traces": tuple(value["traces"])})


@dataclass(frozen=True, slots=True)
class Known:
    """A known schema: its columns, and a test of the readable sample rows."""

    columns: Columns
    shows: str
    fits: Callable[[Sequence[Mapping[str, Any]]], bool]


def lookup(row: Mapping[str, Any], name: str) -> Any:
    """The value under a dotted name, or MISSING.

    A column whose own name has the dots wins; a number is a place in a list; text that is a JSON
    object or array is read on the way.
    """
    return _lookup(row, name.split("."))


def _lookup(value: Any, path: list[str]) -> Any:
    if not path:
        return value
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return MISSING
    if isinstance(value, Mapping):
        for count in range(len(path), 0, -1):
            key = ".".join(path[:count])
            if key in value:
                return _lookup(value[key], path[count:])
        return MISSING
    if isinstance(value, list) and path[0].isdecimal() and int(path[0]) < len(value):
        return _lookup(value[int(path[0])], path[1:])
    return MISSING


def is_messages(value: Any) -> bool:
    """True for a list of chat messages."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(item, Mapping)
            and "role" in item
            and ("content" in item or "tool_calls" in item)
            for item in value
        )
    )


def detect(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], source: str, *, traces: bool = True
) -> Columns:
    """The known schema that fits the sample ``rows``; ``names`` are all columns, for messages.

    ``traces`` False: the schema need not have a trace, as those of data for evaluation. Raises
    InputError where none or several fit.
    """
    found = [known for known in KNOWN if known.fits(rows)]
    if not found and not traces:
        found = [known for known in WITHOUT_TRACE if known.fits(rows)]
    if len(found) == 1:
        return found[0].columns
    known = "; ".join(f"{item.columns.schema} ({item.shows})" for item in KNOWN)
    if found:
        fits = " and ".join(item.columns.schema for item in found)
        problem = f"the columns fit several known schemas: {fits}"
    else:
        problem = "the columns fit no known schema"
    raise InputError(
        f"{source}: {problem}. Columns found: {', '.join(names)}. Known schemas: {known}. "
        "Say which columns to take: --question COLUMN --target COLUMN --trace COLUMN "
        '[--target-after "####"] [--id COLUMN]; dotted names reach into structs.'
    )


def _any(rows: Sequence[Mapping[str, Any]], name: str, test: Callable[[Any], bool]) -> bool:
    return any(test(lookup(row, name)) for row in rows)


def _there(rows: Sequence[Mapping[str, Any]], *names: str) -> bool:
    return all(_any(rows, name, lambda value: value is not MISSING) for name in names)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _gsm8k(rows: Sequence[Mapping[str, Any]]) -> bool:
    answers = [lookup(row, "answer") for row in rows]
    texts = [answer for answer in answers if isinstance(answer, str) and answer.strip()]
    return _there(rows, "question") and bool(texts) and all("####" in text for text in texts[:8])


def _verl(rows: Sequence[Mapping[str, Any]]) -> bool:
    return (
        _there(rows, "prompt", _TRUTH)
        and _any(rows, "extra_info.answer", _is_text)
        and not _there(rows, "target")
        and not _there(rows, "teacher_ds")
    )


_TRUTH = "reward_model.ground_truth"

KNOWN = (
    Known(
        Columns("question", _TRUTH, ("teacher_ds",), schema="official release"),
        f"question, {_TRUTH}, teacher_ds",
        lambda rows: _there(rows, "question", _TRUTH, "teacher_ds"),
    ),
    Known(
        Columns("prompt", _TRUTH, ("target",), schema="LUFFY"),
        f"prompt, target, {_TRUTH}",
        lambda rows: _there(rows, "prompt", "target", _TRUTH) and not _there(rows, "teacher_ds"),
    ),
    Known(
        Columns("prompt", _TRUTH, ("extra_info.answer",), schema="verl"),
        f"prompt, {_TRUTH}, extra_info.answer",
        _verl,
    ),
    Known(
        Columns("question", "answer", ("answer",), target_after="####", schema="GSM8K"),
        "question, answer with ####",
        _gsm8k,
    ),
    Known(
        Columns(
            "problem",
            "answer",
            ("generations", "solution"),
            correct="correctness_math_verify",
            schema="Open-R1",
        ),
        "problem, answer, generations",
        lambda rows: _there(rows, "problem", "answer", "generations"),
    ),
    Known(
        Columns("problem", "answer", ("solution",), schema="MATH"),
        "problem, solution, answer",
        lambda rows: (
            _there(rows, "problem", "solution", "answer") and not _there(rows, "generations")
        ),
    ),
    Known(
        Columns("question", "target", ("trace",), schema="smepo"),
        "question, target, trace",
        lambda rows: (
            _there(rows, "question", "target", "trace") and not _there(rows, _TRUTH, "teacher_ds")
        ),
    ),
)

WITHOUT_TRACE = (
    Known(
        Columns("question", _TRUTH, schema="official release"),
        f"question, {_TRUTH}",
        lambda rows: _there(rows, "question", _TRUTH),
    ),
    Known(
        Columns("prompt", _TRUTH, schema="verl"),
        f"prompt, {_TRUTH}",
        lambda rows: _there(rows, "prompt", _TRUTH),
    ),
    Known(
        Columns("problem", "answer", schema="MATH"),
        "problem, answer",
        lambda rows: _there(rows, "problem", "answer"),
    ),
    Known(
        Columns("question", "target", schema="smepo"),
        "question, target",
        lambda rows: _there(rows, "question", "target") and not _there(rows, _TRUTH),
    ),
)
