"""SFT then GRPO: two runs, one after the other, whose records become one.

Each stage resumes on its own in a folder inside the run's. Steps, seconds and tokens of the second
count on from the first. The optimiser and its schedule start anew with the second stage.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError
from smepo.training.baselines.config import BaselineConfig
from smepo.training.config import RunConfig
from smepo.training.events import Event, Listener
from smepo.training.records import EVALUATIONS, METRICS, read_lines, write_json, write_text

SFT, GRPO = "sft", "grpo"  # folders of the stages
ENVIRONMENT = "environment.json"
COUNTED_ON = ("step", "seconds", "cpu_seconds", "num_tokens")

Train = Callable[..., Any]


def stages(config: RunConfig) -> tuple[RunConfig, RunConfig]:
    """The configurations of both stages.

    Raises ConfigError if no step is left for a stage, or if the first would end between two
    evaluations: all arms of a comparison are judged at the same steps.
    """
    plan, evaluation = config.baseline, config.evaluation
    assert plan is not None
    first = plan.sft_steps or config.steps // 2
    if not 0 < first < config.steps:
        raise ConfigError(f"baseline.sft_steps: {first} of {config.steps} leaves a stage no step")
    if evaluation is not None and evaluation.every and first % evaluation.every:
        raise ConfigError(
            f"baseline.sft_steps: {first} is no multiple of evaluation.every = {evaluation.every}"
        )
    out = config.output_dir
    late = None if evaluation is None else evaluation.model_copy(update={"before": False})
    return (
        config.model_copy(
            update={
                "steps": first,
                "output_dir": out / SFT,
                "baseline": BaselineConfig(method="sft", sft_learning_rate=plan.sft_learning_rate),
            }
        ),
        config.model_copy(
            update={
                "steps": config.steps - first,
                "output_dir": out / GRPO,
                "model": str(out / SFT / "final"),
                "baseline": None,
                "evaluation": late,
            }
        ),
    )


def run(config: RunConfig, train: Train, listener: Listener) -> dict[str, Any]:
    """Train both stages, make their records one, and return the rows' counts.

    ``train`` is `smepo.training.train`.
    """
    first, second = stages(config)

    def onward(event: Event) -> None:
        done = event.done + (first.steps if event.stage == "train" else 0)
        listener(replace(event, done=done))

    train(first, listener=lambda event: listener(event))
    result = train(second, listener=onward)
    join(config.output_dir, first.steps)
    return dict(result.rows)


def join(out: Path, steps: int) -> None:
    """The records of both stages as those of one run; ``steps`` is the length of the first."""
    sft, grpo = read_lines(out / SFT / METRICS), read_lines(out / GRPO / METRICS)
    spent = sft[-1]
    later = [
        {**line, **{k: line[k] + spent.get(k, 0) for k in COUNTED_ON if k in line}} for line in grpo
    ]
    _write(out / METRICS, [*sft, *later])
    judged = read_lines(out / GRPO / EVALUATIONS)
    _write(
        out / EVALUATIONS,
        [*read_lines(out / SFT / EVALUATIONS), *({**e, "step": e["step"] + steps} for e in judged)],
    )
    for stage, offset in ((SFT, 0), (GRPO, steps)):
        for file in (out / stage / "eval").glob("step-*"):
            step = int(file.stem.removeprefix("step-")) + offset
            text = file.read_text(encoding="utf-8")
            write_text(out / "eval" / f"step-{step:06d}{file.suffix}", text)
    starts = [json.loads((out / s / ENVIRONMENT).read_text(encoding="utf-8")) for s in (SFT, GRPO)]
    write_json(out / ENVIRONMENT, [*starts[0], *starts[1]])
    shutil.rmtree(out / "final", ignore_errors=True)
    shutil.copytree(out / GRPO / "final", out / "final")


def _write(path: Path, lines: list[dict[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
