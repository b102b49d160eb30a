"""A run that is killed goes on to the same weights, bit for bit (law 11)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import tiny_run
from smepo.errors import ConfigError
from smepo.training import parse, train
from smepo.training.folder import differing_field
from smepo.training.records import METRICS, append_line, last_checkpoint, read_lines, rewind

STEPS, SAVE = 16, 6  # an epoch has 4 steps: step 6 is in the middle of the second one


def start(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    """`smepo train` in a process of its own."""
    values = tiny_run.config(
        folder,
        output_dir=str(out),
        steps=STEPS,
        checkpoints={"save_steps": SAVE},
        evaluation={
            "every": 5,
            "k": 2,
            "data": {
                "path": str(folder / "eval.jsonl"),
                "question": "question",
                "target": "target",
            },
        },
    )
    file = folder / f"{out.name}.toml"
    file.write_text(tiny_run.toml(values), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-c", "from smepo.cli import main; main()", "train", str(file), "--json"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    return json.loads(out)  # type: ignore[no-any-return]


def without_times(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {k: v for k, v in line.items() if "time" not in k and "seconds" not in k} for line in lines
    ]


@pytest.mark.trainer
def test_killed_in_the_middle_and_resumed_gives_the_same_weights(tmp_path: Path) -> None:
    folder = tiny_run.make(tmp_path, pause=0.01)
    out = tmp_path / "killed"
    whole, process = start(folder, tmp_path / "whole"), start(folder, out)
    deadline = time.monotonic() + 60
    while len(read_lines(out / "metrics.jsonl")) < SAVE + 2:  # past the first checkpoint
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / "result.json").exists()
    assert finish(whole)["resumed_from"] is None

    result = finish(start(folder, out))

    assert result["resumed_from"] in (6, 12)
    weights = [
        (tmp_path / name / "final" / "model.safetensors").read_bytes()
        for name in ("whole", "killed")
    ]
    assert weights[0] == weights[1]
    assert weights[0] != (folder / "model" / "model.safetensors").read_bytes()
    metrics = [read_lines(tmp_path / name / "metrics.jsonl") for name in ("whole", "killed")]
    assert [line["step"] for line in metrics[1]] == list(range(1, STEPS + 1))
    assert without_times(metrics[0]) == without_times(metrics[1])
    evaluations = [
        read_lines(tmp_path / name / "evaluations.jsonl") for name in ("whole", "killed")
    ]
    assert [line["step"] for line in evaluations[1]] == [0, 5, 10, 15, 16]
    assert without_times(evaluations[0]) == without_times(evaluations[1])


@pytest.mark.trainer
def test_killed_after_the_last_step_trains_no_step_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_run.make(tmp_path)
    monkeypatch.syspath_prepend(folder)
    schedule = {"learning_rate": 1e-2, "lr_scheduler_type": "constant"}
    values = tiny_run.config(folder, steps=6, checkpoints={"save_steps": 2}, optimizer=schedule)
    train(parse(values))
    out = folder / "out"
    before = (out / "final" / "model.safetensors").read_bytes()
    shutil.rmtree(out / "final")
    (out / "result.json").unlink()

    result = train(parse(values))

    assert result.resumed_from == 6
    assert (out / "final" / "model.safetensors").read_bytes() == before
    assert [line["step"] for line in read_lines(out / "metrics.jsonl")] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(ConfigError, match=r"another optimizer\.learning_rate; take another folder"):
        train(
            parse({**values, "optimizer": {"learning_rate": 1.0, "lr_scheduler_type": "constant"}})
        )
    with pytest.raises(ConfigError, match="holds a run"):
        train(parse(values), resume=False)


@pytest.mark.trainer
def test_schedules_that_learn_resume_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_run.make(tmp_path)
    monkeypatch.syspath_prepend(folder)
    plan = {"schedule": [{"name": "handover", "rate": 0.3}, "target", "ladder"], "audit": False}
    values = tiny_run.config(folder, steps=12, checkpoints={"save_steps": 6}, guidance=plan)
    train(parse(values))
    out = folder / "out"
    state = json.loads((out / "checkpoints/checkpoint-6/smepo_state.json").read_text())["guidance"]
    handover, target, ladder = state["state"]["parts"]
    assert handover["passed"] > 0.0
    assert len(target["rows"]) == len(ladder["rows"]) == 8
    whole, metrics = (out / "final/model.safetensors").read_bytes(), read_lines(out / METRICS)
    shown = [line["guidance/level"] for line in metrics[6:] if "guidance/level" in line]
    assert len(set(shown)) > 1, "the schedules decide"
    shutil.rmtree(out / "checkpoints/checkpoint-12")
    shutil.rmtree(out / "final")
    (out / "result.json").unlink()

    assert train(parse(values)).resumed_from == 6

    assert (out / "final/model.safetensors").read_bytes() == whole
    assert without_times(read_lines(out / METRICS)) == without_times(metrics)


def test_a_run_from_before_a_field_goes_on_unless_the_field_says_something(tmp_path: Path) -> None:
    values = tiny_run.config(tmp_path)
    earlier = json.loads(parse(values).model_dump_json())
    del earlier["guidance"]["level"]
    del earlier["monitors"]
    (tmp_path / "config.json").write_text(json.dumps(earlier))

    assert differing_field(parse(values), tmp_path) is None
    other = parse({**values, "guidance": {"audit": False, "level": "skeleton"}, "domain": "code"})
    assert differing_field(other, tmp_path) == "domain"
    other = parse({**values, "guidance": {"audit": False, "ratio": 0.5, "transform": "prefix"}})
    assert differing_field(other, tmp_path) == "guidance.ratio"


def test_a_checkpoint_without_its_last_file_is_not_used_and_removed(tmp_path: Path) -> None:
    for step in (2, 10, 4):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (2, 4):
        (tmp_path / f"checkpoint-{step}" / "smepo_state.json").write_text("{}")

    found = last_checkpoint(tmp_path, "smepo_state.json")

    assert found == tmp_path / "checkpoint-4"
    assert not (tmp_path / "checkpoint-10").exists()
    assert last_checkpoint(tmp_path / "none", "smepo_state.json") is None


def test_rewind_drops_later_steps_and_a_torn_line(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    for step in (1, 2, 3):
        append_line(file, {"step": step})
    with file.open("a") as stream:
        stream.write('{"step": 4, "rew')

    assert [line["step"] for line in rewind(file, 2)] == [1, 2]
    assert file.read_text() == '{"step": 1}\n{"step": 2}\n'
