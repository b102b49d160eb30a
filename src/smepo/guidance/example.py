"""One training row as guidance sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smepo.data.blanks import blanks_from_json
from smepo.errors import InputError
from smepo.types import Blank, MaskedTrace, Prepared, Row, Status


@dataclass(frozen=True, slots=True)
class Example:
    """A row with its prepared guidance.

    ``id`` is stable over runs: draws depend on it. ``trace`` is text or a list of messages;
    ``guidance`` is the masked trace, with its ``blanks`` and ``status``. A row that was never
    masked has no guidance and the status "unaudited".
    """

    id: str
    question: str
    target: Any = None
    trace: Any = None
    guidance: str | None = None
    blanks: tuple[Blank, ...] = ()
    status: Status = Status.UNAUDITED

    @staticmethod
    def from_masked(id: str, masked: MaskedTrace) -> Example:
        """From what `smepo.mask` returns; the text is left out unless its status is a shown one."""
        shown = masked.text if masked.status.shown else None
        blanks = masked.blanks if masked.status.shown else ()
        return Example(
            id, masked.question, masked.target, masked.trace, shown, blanks, masked.status
        )

    @staticmethod
    def from_prepared(prepared: Prepared) -> Example:
        """From what `smepo.pipeline.prepare.prepare` returns."""
        row = prepared.row
        return Example(
            row.id,
            row.question,
            row.target,
            _trace(row, prepared.trace_index),
            prepared.guidance,
            prepared.blanks,
            prepared.status,
        )

    @staticmethod
    def from_row(row: Row) -> Example:
        """From a row of a file that `smepo mask` wrote: its columns hold guidance and status.

        Raises InputError for a status or blanks that it does not write.
        """
        held = row.columns
        try:
            blanks = blanks_from_json(held.get("guidance_blanks") or "[]")
        except InputError as error:
            raise InputError(f"{_place(row)}, {error}") from error
        return Example(
            row.id,
            row.question,
            row.target,
            _trace(row, held.get("guidance_trace") or 0),
            held.get("guidance"),
            blanks,
            _status(row),
        )

    @property
    def trace_text(self) -> str | None:
        """The trace as one text: the contents of its messages, an empty line between them."""
        if self.trace is None or isinstance(self.trace, str):
            return self.trace
        return "\n\n".join(str(message["content"]) for message in self.trace)


def _status(row: Row) -> Status:
    noted = row.columns["guidance_status"]
    if noted not in tuple(Status):
        raise InputError(
            f"{_place(row)}, column guidance_status: {noted!r} is none of {', '.join(Status)}; "
            "mask the rows again"
        )
    return Status(noted)


def _place(row: Row) -> str:
    return f"{row.location.file}, row {row.location.row}" if row.location else f"row {row.id}"


def _trace(row: Row, index: int | None) -> Any:
    return row.traces[index] if index is not None and index < len(row.traces) else None
