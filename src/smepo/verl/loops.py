"""verl's own agent loops, with the prompt of a training row rewritten before each rollout.

Rows choose them by the column ``agent_name``. Rows of validation have no such column and go through
verl's default loop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from omegaconf import OmegaConf
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, register
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop
from verl.experimental.agent_loop.tool_agent_loop import ToolAgentLoop

from smepo.errors import QuestionTooLongError
from smepo.verl.guide import (
    COLUMN,
    SINGLE_TURN,
    TOOL,
    Guide,
    learns,
    refuse_validation,
    run_config,
    step_of,
)
from smepo.verl.note import Note
from smepo.verl.state import KEEPER, keeper

# Rendering is milliseconds of tokenizing, off the event loop; one thread, as a guide has state.
_RENDER = ThreadPoolExecutor(1, thread_name_prefix="smepo-render")


class _Guided(AgentLoopBase):  # type: ignore[misc]
    """The part that both loops share. An instance lives for one rollout."""

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> Any:
        """As the stock loop, from a prompt with the guidance of this step.

        Raises InputError for a row that is no training row.
        """
        refuse_validation(kwargs)
        row, step = dict(kwargs[COLUMN]), step_of(kwargs)
        guide = self._guide()
        kept = learns(guide.config)
        state = await keeper().state.remote(step) if kept else None
        messages, shown = await self.loop.run_in_executor(
            _RENDER, guide.prompt, row, kwargs["raw_prompt"], step, state
        )
        output = await super().run(sampling_params, **{**kwargs, "raw_prompt": messages})
        note = Note(
            row_id=row["id"],
            step=step,
            session=int(kwargs.get("session_id", 0)),
            keeper=KEEPER if kept else "",
            guided=shown.guidance is not None,
            cut=shown.cut,
            reason=shown.reason or shown.dropped or "",
        )
        output.extra_fields.update(note.as_fields())
        return output

    def _guide(self) -> Guide:
        held = OmegaConf.to_container(self.config.smepo.run, resolve=True)
        template = {**self.apply_chat_template_kwargs}
        if schemas := getattr(self, "tool_schemas", None):
            template["tools"] = schemas
        return _guide_of(
            json.dumps(held, sort_keys=True),
            self.rollout_config.prompt_length,
            json.dumps(template, sort_keys=True),
            _Held(self.tokenizer),
        )

    def _cap_text_prompt_length(self, prompt_ids: list[int]) -> list[int]:
        """Refuse where the stock loop cuts the prompt from the left, and the question with it."""
        limit = self.rollout_config.prompt_length
        if len(prompt_ids) > limit:
            raise QuestionTooLongError(
                f"actor_rollout_ref.rollout.prompt_length: the prompt has {len(prompt_ids)} "
                f"tokens, the limit is {limit}; verl renders it otherwise than smepo measured it: "
                "check data.apply_chat_template_kwargs and the chat template"
            )
        return prompt_ids


class _Held:
    """A tokenizer as a key of a cache: the same while it is the same object."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def __hash__(self) -> int:
        return id(self.tokenizer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.tokenizer is self.tokenizer


@lru_cache(maxsize=4)
def _guide_of(settings: str, budget: int, template: str, held: _Held) -> Guide:
    """One guide a worker: it remembers the prompts that a group asks for again."""
    arguments: Mapping[str, Any] = json.loads(template)
    return Guide(run_config(settings), held.tokenizer, budget=budget, template=arguments)


@register(SINGLE_TURN)
class GuidedSingleTurnAgentLoop(_Guided, SingleTurnAgentLoop):  # type: ignore[misc]
    """One completion from a guided prompt."""


@register(TOOL)
class GuidedToolAgentLoop(_Guided, ToolAgentLoop):  # type: ignore[misc]
    """Turns with tool calls from a guided prompt; the tools' schemas count against the budget."""
