"""Checks that need more than the configuration file: the model's context, the number of rows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from smepo.data import find
from smepo.data.metadata import read_metadata
from smepo.errors import ConfigError
from smepo.masking import REPAIRED
from smepo.training.config import RunConfig
from smepo.types import Row

TESTBED = "testbed:"


def model_path(name: str) -> str:
    """The folder of a testbed policy (``testbed:math``), or ``name`` as it is."""
    if not name.startswith(TESTBED):
        return name
    from smepo.testbed import policy_path

    return str(policy_path(name.removeprefix(TESTBED)))


def check_domain(path: str | Sequence[str], domain: str, judge: str) -> None:
    """A family of the testbed is masked and judged in its own domain, or as a module of one's own
    says.

    Raises:
        ConfigError: the domain or the judge is that of other problems.
    """
    from smepo.testbed import find_family

    for name in [path] if isinstance(path, str) else path:
        if not name.startswith(TESTBED):
            continue
        wanted = find_family(name.removeprefix(TESTBED)).domain
        for chosen in (domain, judge):
            if chosen != wanted and ":" not in chosen:
                raise ConfigError(f"domain: {name} needs {wanted!r}, the run has {chosen!r}")


def check_benchmark(path: str, name: str, domain: str, judge: str) -> None:
    """A known benchmark is judged in its own domain, or as a module of one's own says.

    Raises:
        ConfigError: the judge is that of other problems.
    """
    if judge != domain and ":" not in judge:
        raise ConfigError(
            f"domain: {path} is {name}, which needs {domain!r}, not {judge!r}; name its columns "
            "(question and target) if it is something else"
        )


def check_context(config: RunConfig, model: Any = None) -> None:
    """Prompt and completion together must fit the model's positions.

    Without ``model``, reads the config.json of a model in a folder; a name on the hub is checked
    once the model is loaded.
    """
    positions = _positions(config.model) if model is None else _declared(model.config.to_dict())
    if positions is None:
        return
    completion = config.sampling.max_completion_length
    if config.prompt.budget + completion > positions:
        raise ConfigError(
            f"prompt.budget: {config.prompt.budget} tokens of prompt and "
            f"sampling.max_completion_length = {completion} exceed the model's {positions} "
            f"positions; take a budget of at most {positions - completion}"
        )
    plan = config.evaluation
    longest = (plan.max_new_tokens or completion) if plan is not None else completion
    if config.prompt.budget + longest > positions:
        raise ConfigError(
            f"evaluation.max_new_tokens: {longest} and prompt.budget = {config.prompt.budget} "
            f"exceed the model's {positions} positions"
        )


def _positions(name: str) -> int | None:
    file = Path(model_path(name)) / "config.json"
    return _declared(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def _declared(settings: dict[str, Any]) -> int | None:
    value = settings.get("max_position_embeddings")
    return int(value) if value else None


AUDITED_OPTIONS = frozenset(["timeout", "final_form", "workers", "memory"])


def check_audit(config: RunConfig) -> None:
    """What was audited must be what is rewarded: the same judge with the same options (law 3)."""
    if not config.guidance.on or not config.guidance.audit:
        return
    if unknown := sorted(set(config.verifier.options) - AUDITED_OPTIONS):
        raise ConfigError(
            f"verifier.options.{unknown[0]}: the audit cannot judge with it, so it could not find "
            "what scores; leave it out, or set guidance.audit = false and accept leaks"
        )
    final_form = config.verifier.options.get("final_form", True)
    mine = {"domain": config.domain, "verifier": config.verifier.name, "final_form": final_form}
    paths = [config.data.path] if isinstance(config.data.path, str) else config.data.path
    for path in (path for path in paths if not path.startswith(TESTBED)):
        note = read_metadata(find(path))
        if note is None or "options" not in note:
            continue
        theirs = note["options"]
        for field, value in mine.items():
            if theirs.get(field) != value:
                raise ConfigError(
                    f"verifier: {path} was masked and audited with {field} = "
                    f"{theirs.get(field)!r}, the run rewards with {value!r}; mask it again with "
                    "the run's verifier"
                )
        if theirs.get("audit") is False:
            raise ConfigError(
                f"guidance.audit: {path} was masked with --no-audit; mask it again with the audit, "
                "or set guidance.audit = false and accept leaks"
            )
        if config.guidance.mode in REPAIRED and theirs.get("mode") != config.guidance.mode:
            raise ConfigError(
                f"guidance.mode: {path} was masked in mode {theirs.get('mode')!r}; mask it again, "
                f"or set guidance.mode = {theirs.get('mode')!r}"
            )
        if (hidden := theirs.get("level", "block")) != config.guidance.level:
            raise ConfigError(
                f"guidance.level: {path} was masked at level {hidden!r}; mask it again, or set "
                f"guidance.level = {hidden!r}"
            )
        wanted = config.guidance.placeholders
        if wanted is not None and theirs.get("placeholders") != wanted:
            raise ConfigError(
                f"guidance.placeholders: {path} was masked with {theirs.get('placeholders')!r}; "
                f"mask it again with --placeholders {wanted}, or leave the field out"
            )


def check_origin(config: RunConfig, rows: Sequence[Row]) -> None:
    """Guidance of unknown origin is no audited guidance: nothing says which judge looked at it."""
    if not config.guidance.on or not config.guidance.audit:
        return
    paths = [config.data.path] if isinstance(config.data.path, str) else config.data.path
    for path in (path for path in paths if not path.startswith(TESTBED)):
        note = read_metadata(find(path))
        if note is not None and "options" in note:
            continue
        if any("guidance_status" in row.columns for row in rows):
            raise ConfigError(
                f"guidance.audit: {path} has guidance columns but no note of `smepo mask` that "
                "says how they were audited (beside jsonl it is OUT.smepo.json); mask it again, or "
                "set guidance.audit = false and accept leaks"
            )


def check_whole_weights(config: RunConfig, state: Any) -> None:
    """Evaluation inside a run generates on the main process, which must hold all weights.

    ``state`` is accelerate's `AcceleratorState`.
    """
    deepspeed = getattr(state, "deepspeed_plugin", None)
    split = deepspeed is not None and deepspeed.zero_stage == 3
    if config.evaluation is not None and (split or state.distributed_type == "FSDP"):
        raise ConfigError(
            "evaluation: the weights are split over the processes (ZeRO-3 or FSDP), and evaluation "
            "generates on one; use ZeRO-2, or drop the table and run `smepo eval` on the result"
        )


def check_rounds(config: RunConfig, rows: int, processes: int) -> None:
    """The rows must fill a round of generation, and no checkpoint may fall inside one.

    The epoch's end can shift the rounds against the optimiser steps, so with the number of rows
    known each checkpoint is checked; without it, `RunConfig` checks the rule of one epoch.
    """
    batch, group = config.batch, config.sampling.num_generations
    completions = batch.per_device_train_batch_size * processes * config.steps_per_generation
    prompts = completions // group
    if rows < prompts:
        raise ConfigError(
            f"batch.per_device_train_batch_size: a round of generation takes {prompts} prompts, "
            f"the data have {rows} rows"
        )
    step = first_cut(config, rows // prompts * config.generate_every)
    if step is not None:
        raise ConfigError(
            f"checkpoints.save_steps: with {rows} rows the checkpoint of step {step} would cut a "
            "round of generation in two; take another number, or batch.gradient_accumulation_steps "
            "= batch.steps_per_generation"
        )


def first_cut(config: RunConfig, micro_batches: int) -> int | None:
    """The first step whose checkpoint falls inside a round, if there is one.

    ``micro_batches`` is the length of an epoch. The trainer counts micro-batches from the start of
    the epoch, and the last step of an epoch takes what is left.
    """
    accumulate = config.batch.gradient_accumulation_steps
    every, save = config.generate_every, config.checkpoints.save_steps
    if save is None or accumulate % every == 0:
        return None
    updates = max(1, math.ceil(micro_batches / accumulate))
    for step in range(save, config.steps, save):
        if step % updates * accumulate % every:
            return step
    return None
