"""verl's own agent loops, with the prompt of a training row rewritten before each rollout.

Rows choose them by the column ``agent_name``. Rows of validation have no such column and go through
the default loop: verl's own, and where the run searches, the same with what `turns.py` adds.
"""

from __future__ import annotations

import json
from collections import Counter
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
    TURNS,
    Guide,
    learns,
    refuse_validation,
    run_config,
    step_of,
)
from smepo.verl.note import Note
from smepo.verl.state import KEEPER, keeper
from smepo.verl.turns import BAD_CALL, COUNTS, Told, last_said

# Rendering is milliseconds of tokenizing, off the event loop; one thread, as a guide has state.
_RENDER = ThreadPoolExecutor(1, thread_name_prefix="smepo-render")


class _Whole(AgentLoopBase):  # type: ignore[misc]
    """No prompt is cut."""

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


class _Guided(_Whole):
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


class _Turns(_Whole, ToolAgentLoop):  # type: ignore[misc]
    """Turns with tool calls: a turn has its limit, calls are counted, the last words are kept."""

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> Any:
        """As the stock loop."""
        self._counts: Counter[str] = Counter()
        output = await super().run(sampling_params, **kwargs)
        if self._plan() is not None:
            said = self.tokenizer.decode(
                last_said(output.response_ids, output.response_mask), skip_special_tokens=True
            )
            output.extra_fields.update(Told(said, dict(self._counts)).as_fields())
        return output

    async def _handle_generating_state(
        self, agent_data: Any, sampling_params: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        turn = (self._plan() or {}).get("turn_tokens")
        if turn is not None:
            left = self.response_length - len(agent_data.response_mask)
            sampling_params = {**sampling_params, "max_tokens": min(turn, left)}
        return await super()._handle_generating_state(agent_data, sampling_params, *args, **kwargs)

    async def _call_tool(self, *args: Any, **kwargs: Any) -> Any:
        response, reward, metrics = await super()._call_tool(*args, **kwargs)
        self._counts.update(metrics.get(COUNTS, {BAD_CALL: 1}))
        return response, reward, metrics

    def _plan(self) -> Any:
        """The table ``search`` of the run, None where its tools are a file of the user's."""
        return self.config.smepo.run.search


@register(SINGLE_TURN)
class GuidedSingleTurnAgentLoop(_Guided, SingleTurnAgentLoop):  # type: ignore[misc]
    """One completion from a guided prompt."""


@register(TURNS)
class TurnsAgentLoop(_Turns):
    """Turns with tool calls, from the prompt as it is in the file."""


@register(TOOL)
class GuidedToolAgentLoop(_Guided, _Turns):
    """Turns with tool calls from a guided prompt; the tools' schemas count against the budget."""
