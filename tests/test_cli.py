"""The command line as a whole: bad input is one line and a status, bars are quiet in CI."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from rich.console import Console
from rich.progress import Progress

import smepo
from smepo.cli import COMMANDS, build, main
from smepo.terminal import Rate, quiet

ROW = {"problem": "What is 6*7?", "answer": "42", "solution": "So 6*7 = 42. It is \\boxed{42}."}
COLUMNS = "--question problem --target answer --trace solution"
NOWHERE = "/proc/nowhere"  # no folder can be made there, not even by root


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pq.write_table(pa.Table.from_pylist([ROW]), tmp_path / "rows.parquet")
    pq.write_table(
        pa.Table.from_pylist([{"problem": "6*7?", "answer": "42"}]), tmp_path / "held.parquet"
    )
    (tmp_path / "broken.parquet").write_bytes((tmp_path / "rows.parquet").read_bytes()[:300])
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "bad.jsonl").write_text("{bad\n")
    (tmp_path / "bad.toml").write_text("[data\n")
    (tmp_path / "thin.toml").write_text('model = "testbed:math"\n')
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


BAD = [
    ("mask nothere.jsonl o.jsonl --domain math", "nothere.jsonl: no such file"),
    ("mask empty.jsonl o.jsonl --domain math", "empty.jsonl: holds no rows"),
    ("mask bad.jsonl o.jsonl --domain math", "bad.jsonl: row 0: not JSON"),
    (f"mask broken.parquet o.jsonl --domain math {COLUMNS}", "cannot be read as parquet"),
    ("mask rows.parquet o.jsonl --domain math --question nope", "no column 'nope'"),
    ("mask rows.parquet o.csv --domain math", "o.csv: cannot write that kind"),
    (f"mask rows.parquet {NOWHERE}/o.jsonl --domain math", "o.jsonl: cannot be written"),
    (f"mask rows.parquet o.jsonl --domain math --report-json {NOWHERE}/r", "r: cannot be written"),
    ("mask rows.parquet o.jsonl --domain math --report-json folder", "folder: is a folder"),
    ("mask rows.parquet o.jsonl --domain maths", "'maths' is unknown; use one of math"),
    ("audit rows.parquet", "no column 'guidance'"),
    (f"audit rows.parquet --html {NOWHERE}/a.html", "a.html: cannot be written"),
    ("preview rows.parquet --row 99", "--row 99 is not there; rows go from 0 to 0"),
    ("train nothere.toml", "nothere.toml: no such file"),
    ("train bad.toml", "bad.toml: not TOML"),
    ("train folder", "folder: is a folder"),
    ("train thin.toml", "thin.toml: data: Field required"),
    (f"eval testbed:math held.parquet --out {NOWHERE}/e.json", "e.json: cannot be written"),
    ("eval --compare a.json b.json", "a.jsonl: no such file"),
    ("eval testbed:math held.parquet", "1,024 leave no room for a prompt"),
    ("eval ./nomodel held.parquet", "MODEL ./nomodel: no such folder"),
    ("compare bad.toml", "bad.toml: not TOML"),
    ("compare", "give a COMPARE.toml"),
    (f"compare --from x --page {NOWHERE}/c.html", "c.html: cannot be written"),
    ("report nothere", "nothere: no such file"),
    ("report folder", "folder: holds no data file"),
    ("convert nosuch a b", "'nosuch' is unknown; use one of twowiki"),
    ("convert twowiki empty.jsonl o.jsonl", "empty.jsonl: holds no records"),
    ("export verl nothere.toml out", "nothere.toml: no such file"),
    ("doctor --verl nothere.yaml", "nothere.yaml: no such file"),
    ("demo --steps 2 --quick", "give one of --steps"),
    (f"demo --quick --out {NOWHERE}/demo", f"{NOWHERE}: No such file or directory"),
    ("trace rows.parquet t.jsonl --url nonsense --model m", "'nonsense' is no http(s) address"),
]


@pytest.mark.parametrize(("command", "message"), BAD, ids=[one for one, _ in BAD])
def test_bad_input_is_one_line_and_status_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, command: str, message: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["smepo", *command.split()])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    assert stop.value.code == 2, said.err
    assert message in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1, "one line, however long"
    assert said.out == ""


def test_a_mask_of_nothing_but_unusable_rows_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (folder / "numbers.jsonl").write_text('{"question": 1, "target": "2", "trace": "3"}\n' * 2)
    command = "mask numbers.jsonl numbers.parquet --domain math --json"
    monkeypatch.setattr(sys, "argv", ["smepo", *command.split()])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    assert stop.value.code == 2
    assert "numbers.jsonl: none of 2 rows can be used (question: " in said.err
    assert json.loads(said.out)["counts"] == {"rows": 2, "quarantined": 2}


def test_requests_that_fail_fail_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    command = "trace rows.parquet t.jsonl --url http://127.0.0.1:9/v1 --model m --tries 1 --k 1"
    monkeypatch.setattr(sys, "argv", ["smepo", *command.split(), "--json"])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    assert stop.value.code == 1
    assert json.loads(said.out)["asked"] == {"failed": 1}
    assert "gate failed: 1 requests failed; the same command asks them again" in said.err


def test_every_command_has_json_and_words() -> None:
    group: Any = typer.main.get_command(build())
    assert len(group.commands) == len(COMMANDS)
    for name, command in group.commands.items():
        for one in getattr(command, "commands", {name: command}).values():
            assert any("--json" in param.opts for param in one.params), name
            assert one.help, name


def test_the_shell_completes_commands_and_options() -> None:
    code = "import sys; sys.argv[0] = 'smepo'; from smepo.cli import main; main()"
    for words, wanted in (("smepo ma", "mask"), ("smepo audit --ht", "--html")):
        asked = {"_SMEPO_COMPLETE": "complete_bash", "COMP_WORDS": words}
        asked["COMP_CWORD"] = str(len(words.split()) - 1)
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **asked},
            capture_output=True,
            text=True,
        )
        assert done.stdout.split() == [wanted], done.stderr


def test_the_version_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys, "argv", ["smepo", "--version"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"smepo {smepo.__version__}\n"


def test_a_bar_shows_on_a_terminal_and_not_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(writer, "w") as terminal, os.fdopen(reader):
        monkeypatch.delenv("CI", raising=False)
        assert not quiet(Console(file=terminal))
        monkeypatch.setenv("CI", "true")
        assert quiet(Console(file=terminal))
    monkeypatch.delenv("CI")
    with Path(os.devnull).open("w") as nothing:
        assert quiet(Console(file=nothing))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.001, "1,000/s"), (1.0, "1/s"), (4.0, "4.0 s each")]
)
def test_the_rate_of_slow_steps_is_told_too(seconds: float, said: str) -> None:
    now = 0.0
    with Progress(Rate(), disable=True, get_time=lambda: now) as bars:
        task = bars.add_task("train", total=10)
        for _ in range(4):
            now += seconds
            bars.advance(task)
        assert Rate().render(bars.tasks[0]).plain == said
