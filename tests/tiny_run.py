"""A folder with a tiny policy, rows, a reward and a configuration: a run of seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tiny_policy

REWARD = '''
import time


def parity(completion, target):
    """Differs within a group; slow enough that a test can kill the run."""
    time.sleep({pause})
    return float(len(completion) % 2)
'''


def question(a: int) -> str:
    return f"What is {a} plus {a + 2} ?"


def row(a: int) -> dict[str, Any]:
    """An addition with its worked solution."""
    total = 2 * a + 2
    trace = f"Add {a} + {a + 2} = {total}. So the answer is {total}."
    return {"id": f"r{a}", "question": question(a), "target": str(total), "trace": trace}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_reward(folder: Path, pause: float = 0.0) -> None:
    (folder / "tiny_reward.py").write_text(REWARD.format(pause=pause), encoding="utf-8")


def make(folder: Path, *, pause: float = 0.0, chat: bool = True) -> Path:
    """Model, data, reward module and the folder's own verifier, all in ``folder``."""
    tokenizer = tiny_policy.tokenizer(chat=chat)
    tokenizer.save_pretrained(folder / "model")
    tiny_policy.model(len(tokenizer)).save_pretrained(folder / "model")
    write_reward(folder, pause)
    write_rows(folder / "train.jsonl", [row(a) for a in range(1, 9)])
    held_out = [row(a) for a in range(21, 25)]
    write_rows(folder / "eval.jsonl", [{k: r[k] for k in r if k != "trace"} for r in held_out])
    return folder


def config(folder: Path, **over: Any) -> dict[str, Any]:
    """Rounds of two steps, two rounds an epoch; the rewards differ, so the weights move."""
    columns = {"question": "question", "target": "target", "id": "id"}
    base: dict[str, Any] = {
        "model": str(folder / "model"),
        "output_dir": str(folder / "out"),
        "steps": 4,
        "data": {"path": str(folder / "train.jsonl"), "trace": "trace", **columns},
        "verifier": {"name": "tiny_reward:parity"},
        "prompt": {"budget": 200},
        "sampling": {"num_generations": 2, "max_completion_length": 8},
        "batch": {
            "per_device_train_batch_size": 2,
            "gradient_accumulation_steps": 2,
            "steps_per_generation": 4,
        },
        "optimizer": {"learning_rate": 1e-2},
        "guidance": {"audit": False},
    }
    return {**base, **over}


def toml(values: dict[str, Any], prefix: str = "") -> str:
    """Enough TOML for the configurations of these tests."""
    flat = [f"{k} = {json.dumps(v)}" for k, v in values.items() if not isinstance(v, dict)]
    lines = [f"[{prefix}]", *flat] if prefix else flat
    for key, value in values.items():
        if isinstance(value, dict):
            lines.append(toml(value, f"{prefix}.{key}" if prefix else key))
    return "\n".join(lines)
