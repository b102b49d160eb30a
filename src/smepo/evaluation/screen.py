"""The hard rows of a data set, by how often a policy solves them without guidance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smepo.data.output import output_format
from smepo.errors import InputError
from smepo.evaluation.results import EvalResult, ProblemRecord
from smepo.types import Row

COLUMN = "base_pass_rate"


@dataclass(frozen=True, slots=True)
class Screened:
    """Rows whose pass rate lies under ``below``. A row of which nothing could be judged is in
    ``undecided`` and not in the subset: nobody knows whether it is hard."""

    below: float
    k: int
    rows: tuple[Mapping[str, Any], ...]  # the input's columns and `COLUMN`
    solved: int
    undecided: int

    def summary(self) -> dict[str, Any]:
        """Counts, ready for JSON."""
        return {
            "below": self.below,
            "k": self.k,
            "hard": len(self.rows),
            "solved": self.solved,
            "undecided": self.undecided,
        }


def check_path(path: Path) -> None:
    """Raise InputError for a file that the subset cannot be written to; before any work."""
    _, packed = output_format(str(path))
    if packed:
        raise InputError(f"{path}: give .parquet or .jsonl for the subset")


def screen(rows: Sequence[Row], result: EvalResult, below: float) -> Screened:
    """The rows that are solved in less than ``below`` of the judged completions, in their order."""
    records: dict[str, ProblemRecord] = {record.id: record for record in result.records}
    hard = []
    undecided = 0
    for row in rows:
        record = records[row.id]
        if record.judged == 0:
            undecided += 1
        elif (rate := record.correct / record.judged) < below:
            hard.append({**row.columns, COLUMN: rate})
    return Screened(below, result.k, tuple(hard), len(rows) - len(hard) - undecided, undecided)


def write(screened: Screened, path: Path) -> None:
    """Write the subset whole or not at all; every column of the input is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    if output_format(str(path))[0] == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([dict(row) for row in screened.rows]), temporary)
    else:
        lines = (json.dumps(dict(row), ensure_ascii=False) + "\n" for row in screened.rows)
        temporary.write_text("".join(lines), encoding="utf-8")
    temporary.replace(path)
