"""`smepo eval`: JSON alone on stdout, records in a file, refusals as one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import tiny_run
from smepo.cli import eval as command
from smepo.errors import ConfigError, InputError

COLUMNS = ["--question", "question", "--target", "target"]


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made)
    made.callback()(lambda: None)  # keeps the command's name with a single command
    return made


@pytest.mark.trainer
def test_eval_prints_the_summary_and_writes_the_records(app: typer.Typer, tmp_path: Path) -> None:
    tiny_run.make(tmp_path)
    out = tmp_path / "found" / "eval.json"
    arguments = ["eval", str(tmp_path / "model"), str(tmp_path / "eval.jsonl"), *COLUMNS]
    sampling = ["--k", "3", "--max-new-tokens", "5", "--limit", "2", "--json", "--out", str(out)]

    result = CliRunner().invoke(app, [*arguments, *sampling])

    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert (summary["k"], summary["problems"]) == (3, 2)
    assert set(summary["pass_at"]) == {"1", "2", "3"}
    assert sum(summary["statuses"].values()) == 6
    records = [json.loads(line) for line in out.with_suffix(".jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == ["r21", "r22"]
    assert all(len(record["completions"]) == 3 for record in records)


def test_guidance_is_refused_before_the_model_loads(app: typer.Typer, tmp_path: Path) -> None:
    row = {**tiny_run.row(1), "guidance": "Add.", "guidance_status": "clean"}
    data = tiny_run.write_rows(tmp_path / "rows.jsonl", [row])

    result = CliRunner().invoke(app, ["eval", "no/model", str(data), *COLUMNS])

    assert isinstance(result.exception, InputError)
    assert "column guidance" in str(result.exception)


def test_greedy_samples_are_refused(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["eval", "m", "d", "--k", "2", "--temperature", "0"])
    assert isinstance(result.exception, ConfigError)


@pytest.mark.trainer
def test_a_model_that_is_not_there_is_named(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["eval", str(tmp_path / "none"), "testbed:math", "--limit", "1"]
    )

    assert isinstance(result.exception, InputError)
    assert "none: no such folder" in str(result.exception)

    (tmp_path / "none").mkdir()
    result = CliRunner().invoke(
        app, ["eval", str(tmp_path / "none"), "testbed:math", "--limit", "1"]
    )
    assert isinstance(result.exception, InputError)
    assert "none: could not be loaded" in str(result.exception)
