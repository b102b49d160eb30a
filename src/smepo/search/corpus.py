"""Passages out of corpora as they are published.

A record may be

- one passage: ``title`` with ``text`` (or paragraph_text, contents, passage, body), ``aliases`` if
  there are any; Search-R1's ``contents`` hold the title as their first line;
- a question with its passages: ``context`` of HotpotQA and 2WikiMultihopQA, ``paragraphs`` of
  MuSiQue;
- a map from titles to texts or to lists of sentences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smepo.data.convert.record import UnusableError, passages
from smepo.data.readers import batches
from smepo.data.records import Problem, raw_text, records
from smepo.data.source import Source

TEXTS = ("text", "paragraph_text", "contents", "passage", "body")


@dataclass(frozen=True, slots=True)
class Passage:
    """What is found: a title, a text, and other names of what the title names."""

    title: str
    text: str
    aliases: tuple[str, ...] = ()


def read(source: Source) -> Iterator[Passage | Problem]:
    """Every passage of ``source`` in order, a Problem for each record that gives none."""
    for file in source.files:
        whole = _map_of(Path(file.path)) if file.format == "json" else None
        if whole is not None:
            yield from of_record(whole)
        else:
            yield from _records(replace(source, files=(file,)))


def _map_of(path: Path) -> dict[str, Any] | None:
    """The one object that a JSON file is, None if it is an array or one object a line."""
    with path.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return None
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return None  # one object a line, or broken: the reader of rows says where
    return found if isinstance(found, dict) else None


def _records(source: Source) -> Iterator[Passage | Problem]:
    for batch in batches(source):
        for record in records(batch):
            if isinstance(record, Problem):
                yield record
                continue
            try:
                yield from of_record(record.value)
            except UnusableError as error:
                yield Problem(record.location, error.column, error.reason, raw_text(record))


def of_record(record: Mapping[str, Any]) -> list[Passage]:
    """The passages of a record; raises UnusableError if it has no known form."""
    if any(isinstance(record.get(name), str) for name in TEXTS):
        return [_passage(record)]
    if isinstance(record.get("paragraphs"), list):
        return [_passage(one) for one in record["paragraphs"] if isinstance(one, Mapping)]
    if "context" in record:
        return [Passage(title, text) for title, text in passages(record).items()]
    if record and all(_is_text(value) for value in record.values()):
        return [Passage(title, _joined(value)) for title, value in record.items()]
    raise UnusableError(
        "text",
        "no passage here: give title and text, a context or paragraphs, or a map from titles to "
        "texts",
    )


def _passage(record: Mapping[str, Any]) -> Passage:
    name = next((n for n in TEXTS if isinstance(record.get(n), str)), None)
    if name is None:
        raise UnusableError("text", f"none of {', '.join(TEXTS)} holds text")
    text = record[name].strip()
    title = record.get("title")
    if not isinstance(title, str):
        title, _, text = text.partition("\n")
        title = title.strip().strip('"')
    if not title.strip() or not text.strip():
        raise UnusableError(name, "a passage needs a title and a text")
    named = record.get("aliases")
    names = [one for one in named if isinstance(one, str)] if isinstance(named, list) else []
    return Passage(title.strip(), text.strip(), tuple(names))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)
    )


def _joined(value: str | Sequence[str]) -> str:
    return value.strip() if isinstance(value, str) else " ".join(one.strip() for one in value)
