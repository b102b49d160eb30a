"""The JSON export of `smepo audit`: totals, then every leak, written without holding them all."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from smepo.pipeline.audit import Audited


class LeakList:
    """Leaks on their way into the report: kept in a file, as there may be many."""

    def __init__(self, spool: IO[str]) -> None:
        self.spool = spool
        self.count = 0

    def add(self, leak: Mapping[str, Any]) -> None:
        """Take one more."""
        self.spool.write(json.dumps(leak) + "\n")
        self.count += 1

    def lines(self) -> Iterator[str]:
        """One JSON object a leak, in order."""
        self.spool.seek(0)
        return (line.rstrip("\n") for line in self.spool)


def report_of(found: Sequence[Audited], *, side_by_side: bool) -> dict[str, Any]:
    """The totals of one audit, or those of each mode under ``modes``."""
    totals = {one.mode: _totals(one) for one in found}
    return {"modes": totals} if side_by_side else totals[found[0].mode]


def _totals(one: Audited) -> dict[str, Any]:
    return {**one.tally.report(), "omission": _plain(one.omission.as_json())}


def _plain(value: Any) -> Any:
    """JSON has no nan."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def write_report(path: Path, report: Mapping[str, Any], leaks: LeakList) -> None:
    """Write the report with its leaks at the end, whole; to stdout if ``path`` is ``-``."""
    if str(path) == "-":
        _write(sys.stdout, report, leaks)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8") as file:
        _write(file, report, leaks)
    temporary.replace(path)


def _write(file: IO[str], report: Mapping[str, Any], leaks: LeakList) -> None:
    file.write(json.dumps(dict(report), indent=1).removesuffix("\n}") + ',\n "leaks": [')
    for index, line in enumerate(leaks.lines()):
        file.write(("," if index else "") + "\n  " + line)
    file.write("\n ]\n}\n")
