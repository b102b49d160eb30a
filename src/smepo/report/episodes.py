"""Transcripts out of files: `episodes.jsonl` of multi-turn evaluation.

One JSON object a line: ``id``, ``question``, ``target``, ``messages`` (as chat templates take
them), ``reward``, ``status``, ``turns``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from smepo.errors import InputError
from smepo.report.collect import target_text
from smepo.report.data import Episode, Turn
from smepo.report.runs import parse_lines

FILES = "episodes*.jsonl"
PLACES = (".", "eval")  # folders of a run that may hold them


def episodes_of(folder: Path, source: str = "") -> Iterator[Episode]:
    """The transcripts of a run, of its last file by name. Raises InputError for a broken line."""
    if found := _files(folder):
        yield from read_episodes(found[-1], source)


def first_and_last(folder: Path) -> list[list[Episode]]:
    """The transcripts of a run's first and last evaluation, each called by its step."""
    found = _files(folder)
    return [
        list(read_episodes(file, f"step {int(number)}" if number.isdecimal() else file.stem))
        for file in dict.fromkeys((*found[:1], *found[-1:]))
        for number in [file.stem.rpartition("-")[2]]
    ]


def _files(folder: Path) -> list[Path]:
    return sorted(file for place in PLACES for file in (folder / place).glob(FILES))


def read_episodes(path: Path, source: str = "") -> Iterator[Episode]:
    """The transcripts in a file. A torn last line is left out. Raises InputError for a line that
    is none."""
    with path.open(encoding="utf-8") as lines:
        whole = (line for line in lines if line.endswith("\n"))
        for number, line in enumerate(whole, start=1):
            for record in parse_lines(path, [line]):
                yield _episode(record, f"{path}, line {number}", source)


def is_transcripts(path: Path) -> bool:
    """True for a file whose first line has the fields of a transcript."""
    if not (path.is_file() and path.name.endswith(".jsonl")):
        return False
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = next(islice(lines, 1), "")
    try:
        record = json.loads(first)
    except ValueError:
        return False
    return isinstance(record, dict) and {"messages", "reward", "status"} <= record.keys()


def _episode(record: Mapping[str, Any], where: str, source: str) -> Episode:
    try:
        turns = tuple(turn for message in record["messages"] for turn in _turns(message))
        return Episode(
            id=str(record["id"]),
            question=str(record["question"]),
            target=target_text(record["target"]),
            turns=turns,
            status=str(record["status"]),
            reward=None if record["reward"] is None else float(record["reward"]),
            count=int(record["turns"]),
            source=source,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{where}: no transcript: {error!r}") from error


def _turns(message: Mapping[str, Any]) -> Iterator[Turn]:
    """What a message says, and each call of a tool in it."""
    role = str(message["role"])
    kind = role if role in ("system", "user", "assistant", "tool") else "tool"
    text = _text(message.get("content"))
    name = message.get("name")
    if text or not message.get("tool_calls"):
        yield Turn(f"{role}: {name}" if name else role, text, kind)
    for call in message.get("tool_calls") or ():
        called = call.get("function", call)
        arguments = called.get("arguments", "")
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        yield Turn(f"{role} calls {called.get('name', 'a tool')}", arguments, "call")


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, Sequence):
        parts = [part.get("text", "") for part in content if isinstance(part, Mapping)]
        return "".join(str(part) for part in parts)
    return json.dumps(content, ensure_ascii=False)
