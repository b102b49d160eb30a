"""The prompt of a row at a step of verl: decided and rendered as the TRL adapter does it.

Nothing here imports verl. `smepo export verl` writes the settings, the agent loops read them back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from smepo.errors import ConfigError, InputError, MissingExtraError
from smepo.guidance import Always, Example, Schedule
from smepo.guidance.schedules import Stateless
from smepo.training.checks import model_path
from smepo.training.config import RunConfig, parse
from smepo.training.monitors import Shown
from smepo.training.plan import guidance
from smepo.training.prompts import Prompts
from smepo.training.rows import columns_of

COLUMN = "smepo"  # of training rows whose prompt is rewritten at every step
TRAIN = "train"
VALIDATION = "validation"
SINGLE_TURN = "smepo_single_turn_agent"  # the names of our agent loops
TOOL = "smepo_tool_agent"
TURNS = "smepo_turns_agent"  # without guidance: episodes of search in validation, or from the file


def online(config: RunConfig) -> bool:
    """True if prompts change from step to step, so that an agent loop of ours must rewrite them."""
    return config.guidance.on and not isinstance(_schedule(config), Always)


def learns(config: RunConfig) -> bool:
    """True if the schedule learns from rewards, so that its state must be kept for all workers."""
    return online(config) and not isinstance(_schedule(config), Stateless)


def _schedule(config: RunConfig) -> Schedule:
    return config.guidance.build_schedule(config.steps)


def optimiser_steps(config: RunConfig) -> int:
    """Optimiser steps in one step of verl: the mini-batches of a round of generation."""
    return config.generate_every // config.batch.gradient_accumulation_steps


def our_step(config: RunConfig, step: int) -> int:
    """The optimiser step at which step ``step`` of verl, which counts from 1, begins.

    Schedules count what `smepo train` counts: optimiser steps that are done.
    """
    return (step - 1) * optimiser_steps(config)


class Guide:
    """Rewrites prompts for one run. Give it the tokenizer and the template arguments of verl.

    ``rows``: see `smepo.training.plan.guidance`.
    """

    def __init__(
        self,
        config: RunConfig,
        tokenizer: Any,
        *,
        budget: int,
        template: Mapping[str, Any] | None = None,
        rows: Sequence[Example] = (),
    ) -> None:
        self.config = config
        self.guidance = guidance(config, rows)
        self.prompts = Prompts(
            tokenizer, budget=budget, system=config.prompt.system, template=template
        )
        self._state_of: int | None = None  # the step whose state is loaded

    def prompt(
        self,
        row: Mapping[str, Any],
        messages: Sequence[Mapping[str, Any]],
        step: int,
        state: Mapping[str, Any] | None = None,
    ) -> tuple[list[dict[str, Any]], Shown]:
        """The messages of ``row`` (the column COLUMN) at a step of verl, and what they show.

        ``messages`` is the unguided prompt, ``state`` what the schedule knew when the step began.
        Raises QuestionTooLongError if the question alone is over the budget (law 7).
        """
        if state is not None and self._state_of != step:
            self.guidance.load_state_dict(state)
            self._state_of = step
        unguided = [dict(message) for message in messages]
        held = {"target": None, **row, "prompt": unguided}
        request, shown = self.prompts.guided(held, self.guidance, our_step(self.config, step))
        if shown.guidance is None:  # a guided prompt has been measured already
            self.prompts.render(held["id"], unguided[-1]["content"])
        return [dict(message) for message in request], shown

    def fixed(self, example: Example) -> tuple[list[dict[str, str]], Shown]:
        """The prompt of a row whose guidance is the same at every step, and what it shows."""
        bare = self.bare(example.id, example.question)
        held = {**columns_of(example), "prompt": bare}
        return self.prompts.guided(held, self.guidance, 0)

    def bare(self, row_id: str, question: str) -> list[dict[str, str]]:
        """The prompt without guidance. Raises QuestionTooLongError."""
        messages = self.prompts.render(row_id, question).messages
        assert messages is not None  # see `chat_tokenizer`
        return messages


def chat_tokenizer(config: RunConfig) -> Any:
    """The tokenizer of the run's model. Raises ConfigError if it has no chat template."""
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("the export counts tokens: pip install 'smepo[hf]'") from error
    tokenizer = AutoTokenizer.from_pretrained(model_path(config.model))
    if getattr(tokenizer, "chat_template", None) is None:
        raise ConfigError(
            f"model: the tokenizer of {config.model} has no chat template, and other trainers "
            "render every prompt with one; put a chat_template.jinja beside the tokenizer"
        )
    return tokenizer


@lru_cache(maxsize=8)
def run_config(settings: str) -> RunConfig:
    """The run in the JSON text of verl's configuration table ``smepo.run``."""
    return parse(json.loads(settings), origin="smepo.run")


def settings_of(config: RunConfig) -> dict[str, Any]:
    """What goes into verl's configuration: the run without the table of another trainer."""
    return config.model_copy(update={"trl": {}}).model_dump(mode="json")


def step_of(columns: Mapping[str, Any]) -> int:
    """The step in what verl hands to an agent loop. Raises ConfigError without one."""
    if "global_steps" not in columns:
        raise ConfigError(
            "trainer.use_v1: this trainer of verl tells agent loops no step, so guidance cannot "
            "change with it; set trainer.use_v1=True, or guidance.schedule = 'always'"
        )
    return int(columns["global_steps"])


def refuse_validation(columns: Mapping[str, Any]) -> None:
    """Raise InputError for a row that is no training row: evaluation sees no guidance (law 2)."""
    split = (columns.get("extra_info") or {}).get("split")
    if split != TRAIN or COLUMN not in columns:
        raise InputError(
            f"agent_name: a row of split {split!r} asks for guidance; only rows that `smepo export "
            "verl` wrote for training may, point data.val_files at its validation.parquet"
        )
