"""Expert search trajectories out of public multi-hop data sets: one file a data set.

    smepo convert twowiki train.json trajectories.jsonl

Each converter is a pure function of one record. The rows have the columns `id`, `question`,
`target`, `aliases`, `trace`, `type`, `titles`, which `smepo mask --domain search` knows.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smepo.data.convert.record import Converted, UnusableError
from smepo.data.convert.trajectory import Style
from smepo.data.convert.write import writer
from smepo.data.readers import batches
from smepo.data.records import Problem, Record, raw_text, records
from smepo.data.source import QUARANTINE_SUFFIX, Source, find
from smepo.errors import ConfigError, InputError

__all__ = ["FORMATS", "Converted", "Summary", "UnusableError", "convert", "converter"]

FORMATS = ("twowiki", "musique", "hotpotqa", "fireact")

Converter = Callable[[Mapping[str, Any], Style], Converted]


@dataclass(slots=True)
class Summary:
    """What a conversion did. ``reasons``: why records gave no row; ``notes``: what was missing in
    records that gave one; ``types``: rows by the data set's own type of question."""

    output: str
    rows: int = 0
    converted: int = 0
    quarantine: str | None = None
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "output": self.output,
            "quarantine": self.quarantine,
            "rows": self.rows,
            "converted": self.converted,
            "reasons": dict(self.reasons),
            "notes": dict(self.notes),
            "types": dict(self.types),
        }


def converter(name: str) -> Converter:
    """The converter of a data set; raises ConfigError for an unknown one."""
    if name not in FORMATS:
        raise ConfigError(f"format: {name!r} is unknown; use one of {', '.join(FORMATS)}")
    found: Converter = importlib.import_module(f"smepo.data.convert.{name}").convert
    return found


def convert(name: str, source: str | Path, output: str | Path, style: Style = "react") -> Summary:
    """Write the records of ``source`` as rows with trajectories to ``output``.

    Records that give no row go to ``output``.quarantine.jsonl, with the reason. Both files are in
    place whole or not at all. Raises ConfigError for an unknown format, InputError if the input
    cannot be read or no record gives a row.
    """
    one = converter(name)
    path = Path(output)
    aside = path.with_name(path.name + QUARANTINE_SUFFIX)
    summary = Summary(str(path))
    problems: list[str] = []
    with writer(path, style) as write:
        for item in _rows(find(source), one, style, summary):
            if isinstance(item, Problem):
                problems.append(item.as_json() + "\n")
            else:
                write(item.as_json())
        if not summary.rows:
            raise InputError(f"{source}: holds no records")
        if not summary.converted:
            raise InputError(f"{source}: no record could be converted as {name}: {_why(summary)}")
    aside.unlink(missing_ok=True)
    if problems:
        summary.quarantine = str(aside)
        temporary = path.with_name(f".{aside.name}.part")
        temporary.write_text("".join(problems), encoding="utf-8")
        temporary.replace(aside)
    return summary


def _rows(source: Source, one: Converter, style: Style, summary: Summary) -> Iterator[Any]:
    """A row, or a Problem, of every record; counted."""
    for batch in batches(source):
        for record in records(batch):
            summary.rows += 1
            item = record if isinstance(record, Problem) else _one(record, one, style)
            if isinstance(item, Problem):
                reason = item.reason.split(": ")[0] if item.column is None else item.reason
                summary.reasons[f"{item.column}: {reason}" if item.column else reason] += 1
            else:
                summary.converted += 1
                summary.types[item.type] += 1
                if item.note is not None:
                    summary.notes[item.note] += 1
            yield item


def _one(record: Record, one: Converter, style: Style) -> Converted | Problem:
    try:
        return one(record.value, style)
    except UnusableError as error:
        return Problem(record.location, error.column, error.reason, raw_text(record))


def _why(summary: Summary) -> str:
    return ", ".join(f"{reason} ({count:,})" for reason, count in summary.reasons.most_common(3))
