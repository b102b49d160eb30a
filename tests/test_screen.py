"""The hard rows of a data set: which they are, and the file they are written to."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from smepo.data import iter_rows
from smepo.errors import InputError
from smepo.evaluation import ProblemRecord
from smepo.evaluation.results import collect
from smepo.evaluation.screen import check_path, screen, write
from smepo.types import Row, VerdictStatus

RIGHT, WRONG, LATE = VerdictStatus.CORRECT, VerdictStatus.WRONG, VerdictStatus.TIMEOUT


def row(name: str) -> Row:
    columns = {"id": name, "question": "q?", "target": "4", "trace": "so 4", "extra": {"a": [1]}}
    return Row(name, "q?", "4", ("so 4",), columns)


def record(name: str, *statuses: VerdictStatus) -> ProblemRecord:
    scores = tuple(float(s is RIGHT) for s in statuses)
    return ProblemRecord(name, "q?", "4", ("",) * len(statuses), statuses, scores)


RECORDS = [
    record("never", WRONG, WRONG, WRONG, WRONG),
    record("half", RIGHT, RIGHT, WRONG, WRONG),
    record("late", LATE, LATE, LATE, LATE),
    record("once", RIGHT, WRONG, WRONG, LATE),
]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_hard_rows_keep_their_columns_and_say_how_hard_they_are(
    tmp_path: Path, suffix: str
) -> None:
    result = collect(RECORDS, k=4, seed=0, seconds=0.0, truncated=0, settings={})
    found = screen([row(r.id) for r in RECORDS], result, below=0.4)
    assert found.summary() == {"below": 0.4, "k": 4, "hard": 2, "solved": 1, "undecided": 1}
    path = tmp_path / f"hard.{suffix}"
    write(found, path)
    held = (
        pq.read_table(path).to_pylist()
        if suffix == "parquet"
        else [json.loads(line) for line in path.read_text().splitlines()]
    )
    assert [(r["id"], r["base_pass_rate"]) for r in held] == [("never", 0.0), ("once", 1 / 3)]
    assert all(r["extra"] == {"a": [1]} and r["trace"] == "so 4" for r in held)
    again = [one for one in iter_rows(str(path)) if isinstance(one, Row)]
    assert [one.traces for one in again] == [("so 4",)] * 2


def test_a_rate_at_the_bound_is_not_below_it() -> None:
    result = collect(RECORDS[1:2], k=4, seed=0, seconds=0.0, truncated=0, settings={})
    assert screen([row("half")], result, below=0.5).rows == ()


def test_a_file_that_cannot_be_written_is_refused_before_the_work() -> None:
    with pytest.raises(InputError, match=r"give \.parquet, \.jsonl"):
        check_path(Path("hard.csv"))


@pytest.mark.trainer
def test_the_command_writes_what_smepo_train_can_read(tmp_path: Path) -> None:
    import typer

    from smepo.cli import eval as command

    app = typer.Typer()
    command.register(app)
    hard = tmp_path / "hard.jsonl"
    options = [f"--option={pair}" for pair in ("split=train", "level=hardest", "n=8")]
    sizes = ["--k", "2", "--max-new-tokens", "80", "--below", "0.6"]
    done = CliRunner().invoke(
        app, ["testbed:math", "testbed:math", *options, *sizes, "--screen", str(hard), "--json"]
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)["screen"]
    rows = [one for one in iter_rows(str(hard)) if isinstance(one, Row)]
    assert len(rows) == said["hard"] > 0
    assert all(one.traces[0].startswith("Step 1") for one in rows)
    assert all(one.columns["base_pass_rate"] < 0.6 for one in rows)
