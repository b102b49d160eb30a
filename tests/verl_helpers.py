"""A run that exports to verl, and verl's own way of reading a configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import tiny_run
from smepo.training import RunConfig, parse
from smepo.verl.settings import Cluster

ONE_GPU = Cluster(gpus=1)


def config(folder: Path, **over: Any) -> RunConfig:
    """The tiny run with what verl needs beside: rows to validate on, a schedule it has."""
    tiny_run.make(folder)
    held_out = {name: name for name in ("question", "target", "id")}
    base: dict[str, Any] = {
        "optimizer": {"lr_scheduler_type": "cosine", "warmup_ratio": 0.1},
        "evaluation": {"data": {"path": str(folder / "eval.jsonl"), **held_out}, "k": 2},
        "verifier": {},
        "guidance": {},
        "batch": {
            "per_device_train_batch_size": 4,
            "gradient_accumulation_steps": 1,
            "steps_per_generation": 2,
        },
    }
    return parse(tiny_run.config(folder, **{**base, **over}))


def loaded(monkeypatch: Any, *arguments: str) -> Any:
    """The configuration that verl's `main_ppo` would train with, composed and checked by it."""
    from verl.trainer import main_ppo

    seen: list[Any] = []
    monkeypatch.setattr(main_ppo, "run_ppo", lambda config, task_runner_class: seen.append(config))
    monkeypatch.setattr(
        sys, "argv", ["main_ppo", *arguments, "hydra.run.dir=.", "hydra.output_subdir=null"]
    )
    main_ppo.main()
    return seen[0]


def from_yaml(monkeypatch: Any, out: Path, *more: str) -> Any:
    """As launch.sh starts it."""
    return loaded(monkeypatch, f"--config-path={out}", "--config-name=verl", *more)
