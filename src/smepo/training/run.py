"""One training run, from a configuration to a trained model and its records.

    result = train(load("run.toml"))

Run it again after a crash: it goes on from the last whole checkpoint to the same weights.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smepo.errors import MissingExtraError
from smepo.evaluation import EvalResult, evaluate
from smepo.evaluation.episodes import write_episodes
from smepo.training.checks import check_context, check_rounds, check_whole_weights
from smepo.training.config import RunConfig
from smepo.training.events import Event, Listener, silent
from smepo.training.folder import claim, refuse_another_run
from smepo.training.plan import guidance
from smepo.training.records import (
    EVALUATIONS,
    METRICS,
    last_checkpoint,
    read_lines,
    write_json,
)
from smepo.training.rows import Loaded, evaluation_rows, training_rows
from smepo.training.search import EpisodeReward, evaluate_local, factory, limit_turns
from smepo.types import Row, Verifier

if TYPE_CHECKING:
    from smepo.training.callbacks import Recorder
    from smepo.training.prompts import Prompts

CHECKPOINTS = "checkpoints"
FINAL = "final"
RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to. ``evaluations`` are the lines of evaluations.jsonl, by step."""

    output_dir: Path
    model: Path
    steps: int
    seconds: float  # in training steps, evaluation left out
    resumed_from: int | None  # the step that this start began at, None from the beginning
    rows: Mapping[str, Any]  # how many rows were read, set aside, and of each guidance status
    evaluations: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """For result.json and ``--json``."""
        values = asdict(self)
        return {**values, "output_dir": str(self.output_dir), "model": str(self.model)}


def train(
    config: RunConfig,
    *,
    resume: bool = True,
    source: str | None = None,
    listener: Listener = silent,
) -> RunResult:
    """Train as ``config`` says; ``source`` is the text of its file, kept beside the results.

    With ``resume``, a run that was interrupted in ``output_dir`` goes on, and one that is done is
    not run again; without, an output folder that holds a run is refused.

    Raises:
        ConfigError: names the field that cannot work with the data, the model or the folder.
        InputError: rows that cannot be read, or evaluation rows that carry guidance.
        QuestionTooLongError: an evaluation question is over the budget (a training row that is
            gets set aside and counted).
    """
    out = config.output_dir
    refuse_another_run(config, out, resume)
    if (out / RESULT).is_file():
        return _finished(out)
    if config.baseline is not None and config.baseline.method == "sft+grpo":
        return _staged(config, source, listener)
    check_context(config)
    checkpoint = last_checkpoint(out / CHECKPOINTS, _marker(), clean=_is_main())
    reached = _step_of(checkpoint)
    trained = str(checkpoint) if reached >= config.steps else None  # only the end was cut off
    held_out = evaluation_rows(config)
    data = training_rows(config, listener)
    data, trainer, recorder = _build(config, data, held_out, listener, trained)
    if _is_main():
        claim(config, out, source)
    if config.evaluation is not None and config.evaluation.before and checkpoint is None:
        recorder.evaluate(0)
    if trained is None:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if config.evaluation is not None and config.evaluation.after:
        recorder.evaluate(config.steps)
    result = _finish(config, data, checkpoint, trainer)
    listener(Event("done", config.steps, config.steps))
    return result


def _staged(config: RunConfig, source: str | None, listener: Listener) -> RunResult:
    """SFT, then GRPO: two runs inside this one's folder, told as one."""
    from smepo.training.baselines import stages

    out = config.output_dir
    stages.stages(config)
    claim(config, out, source)
    rows = stages.run(config, train, listener)
    result = _result(config, rows, None)
    write_json(out / RESULT, result.as_json())
    for stage in (stages.SFT, stages.GRPO):
        shutil.rmtree(out / stage)
    return result


def check(config: RunConfig, listener: Listener = silent) -> dict[str, Any]:
    """Read and prepare the data and check all that can be checked without loading the model.

    Returns the counts of the rows. Raises as `train` does.
    """
    from smepo.verifiers import verifier

    check_context(config)
    verifier(config.judge, **config.verifier.options)
    data = training_rows(config, listener)
    check_rounds(config, len(data.examples), _world_size())
    return {**data.summary(), "evaluation": len(evaluation_rows(config))}


def _build(
    config: RunConfig,
    data: Loaded,
    held_out: Sequence[Row],
    listener: Listener,
    trained: str | None,
) -> tuple[Loaded, Any, Any]:
    """The rows that fit, the trainer with everything in it, and the recorder that listens to it.

    ``trained`` is the folder of the weights where training is over already.
    """
    _need_trl()
    from transformers.trainer_callback import PrinterCallback

    from smepo.search.schemas import schemas
    from smepo.training import assemble
    from smepo.training.callbacks import Recorder
    from smepo.training.probe import ProbeCallback
    from smepo.training.prompts import Prompts, within_budget
    from smepo.verifiers import reward

    listener(Event("load", 0, 1))
    scores: Any = reward(config.judge, **config.verifier.options)
    tokenizer = assemble.load_tokenizer(config)
    prompts = Prompts(
        tokenizer,
        budget=config.prompt.budget,
        system=config.prompt.system,
        template=None if config.search is None else {"tools": schemas()},
    )
    if config.search is not None:
        scores = EpisodeReward(scores)
    data = within_budget(data, prompts, strict=config.data.strict)
    check_rounds(config, len(data.examples), _world_size())
    for row in held_out:  # a question over the budget is refused now, not at step 500
        prompts.render(row.id, row.asked)
    model = assemble.load_model(config, trained)
    check_context(config, model)
    recorder = Recorder(
        config.output_dir,
        None
        if config.evaluation is None
        else lambda step: _evaluate(config, trainer, held_out, scores.verifier, listener, step),
        every=config.evaluation.every if config.evaluation is not None else None,
        listener=listener,
    )
    trainer = _trainer(config, data, model, scores, tokenizer, prompts, recorder)
    if config.monitors.probe_every is not None and config.baseline is None:
        shown = trainer.guidance
        trainer.add_callback(
            ProbeCallback(
                config, data.examples, shown, prompts, scores.verifier, recorder, listener
            )
        )
    trainer.remove_callback(PrinterCallback)
    check_whole_weights(config, trainer.accelerator.state)
    recorder.trainer = trainer
    if config.search is not None:
        limit_turns(trainer, config.search)
    listener(Event("load", 1, 1))
    return data, trainer, recorder


def _trainer(
    config: RunConfig,
    data: Loaded,
    model: Any,
    scores: Any,
    tokenizer: Any,
    prompts: Prompts,
    recorder: Recorder,
) -> Any:
    """The trainer of the run: ours, or that of a baseline."""
    from smepo.training import assemble
    from smepo.training.baselines import luffy, sft
    from smepo.training.difficulty import Difficulty
    from smepo.training.trainer import GuidedGRPOTrainer

    plan = config.baseline
    if plan is not None and plan.method == "sft":
        return sft.build(config, model, tokenizer, data.examples, prompts, [recorder])
    make: Callable[..., Any] = GuidedGRPOTrainer
    if plan is not None:
        make = partial(luffy.LuffyTrainer, gamma=plan.gamma)
    return make(
        model,
        scores,
        args=assemble.arguments(config),
        train_dataset=assemble.as_dataset(data.examples, prompts),
        processing_class=tokenizer,
        callbacks=[recorder],
        peft_config=assemble.adapter(config),
        guidance=guidance(config, data.examples) if config.guidance.on else None,
        budget=config.prompt.budget,
        system=config.prompt.system,
        domain=config.domain,
        difficulty=Difficulty(data.difficulty),
        environment_factory=None if config.search is None else factory(config.search, tokenizer),
    )


def _evaluate(
    config: RunConfig,
    trainer: Any,
    rows: Sequence[Row],
    judge: Verifier,
    listener: Listener,
    step: int,
) -> EvalResult:
    plan = config.evaluation
    assert plan is not None
    total, done = len(rows) * plan.k, 0

    def progress(n: int) -> None:
        nonlocal done
        done += n
        listener(Event("evaluate", done, total))

    temperature = plan.temperature
    arguments: dict[str, Any] = {
        "k": plan.k,
        "max_new_tokens": plan.max_new_tokens or config.sampling.max_completion_length,
        "temperature": config.sampling.temperature if temperature is None else temperature,
        "top_p": config.sampling.top_p,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "budget": config.prompt.budget,
        "system": config.prompt.system,
        "progress": progress,
    }
    model = trainer.accelerator.unwrap_model(trainer.model)
    tokenizer = trainer.processing_class
    if config.search is None:
        return evaluate(model, tokenizer, rows, judge, **arguments)
    result, episodes = evaluate_local(model, tokenizer, rows, judge, config.search, **arguments)
    write_episodes(episodes, config.output_dir / "eval" / f"episodes-{step:06d}.jsonl")
    return result


def _finish(config: RunConfig, data: Loaded, checkpoint: Path | None, trainer: Any) -> RunResult:
    """Write the model, then the result: who finds result.json finds everything."""
    out = config.output_dir
    temporary = out / f"{FINAL}.tmp"
    trainer.save_model(str(temporary))
    if trainer.accelerator.is_main_process:
        shutil.rmtree(out / FINAL, ignore_errors=True)
        temporary.replace(out / FINAL)
    result = _result(config, data.summary(), _step_of(checkpoint) or None)
    if trainer.accelerator.is_main_process:
        write_json(out / RESULT, result.as_json())
    trainer.accelerator.wait_for_everyone()
    return result


def _result(config: RunConfig, rows: Mapping[str, Any], resumed_from: int | None) -> RunResult:
    """What the records of a trained run say."""
    out = config.output_dir
    lines = read_lines(out / METRICS)
    return RunResult(
        output_dir=out,
        model=out / FINAL,
        steps=config.steps,
        seconds=float(lines[-1]["seconds"]) if lines else math.nan,
        resumed_from=resumed_from,
        rows=rows,
        evaluations=tuple(read_lines(out / EVALUATIONS)),
    )


def _finished(out: Path) -> RunResult:
    """The result of a run that was done before."""
    values = json.loads((out / RESULT).read_text(encoding="utf-8"))
    return RunResult(
        **{**values, "output_dir": out, "model": Path(values["model"])},
    )


def _step_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def _marker() -> str:
    from smepo.training.trainer import STATE_FILE

    return STATE_FILE


def _need_trl() -> None:
    try:
        import trl  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training needs TRL: pip install 'smepo[trl]'") from error


def _is_main() -> bool:
    return os.environ.get("RANK", "0") == "0"


def _world_size() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))
