"""From a training row and the guidance of this step to the prompt that the policy reads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smepo.errors import InputError, QuestionTooLongError
from smepo.guidance import Example
from smepo.prompting import WORDING, Prompt, Wording, render
from smepo.training.monitors import Shown
from smepo.training.rows import Loaded, example_of

if TYPE_CHECKING:
    from smepo.guidance import Guidance

CACHE = 4096  # prompts; a group asks for the same one many times, and so do later epochs


class Prompts:
    """Renders prompts within a budget, and remembers the latest ones."""

    def __init__(
        self,
        tokenizer: Any,
        *,
        budget: int | None,
        system: str | None = None,
        wording: Wording = WORDING,
        template: Mapping[str, Any] | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.budget = budget
        self.system = system
        self.wording = wording
        self.template = template
        self._cache: OrderedDict[tuple[str | None, ...], Prompt] = OrderedDict()

    def render(
        self,
        row_id: str,
        question: str,
        guidance: str | None = None,
        *,
        system: str | None = None,
    ) -> Prompt:
        """As `smepo.prompting.render`, which says what it raises."""
        system = system if system is not None else self.system
        key = (row_id, question, guidance, system)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        prompt = render(
            self.tokenizer,
            question,
            guidance,
            budget=self.budget,
            system=system,
            wording=self.wording,
            row_id=row_id,
            template=self.template,
        )
        self._cache[key] = prompt
        if len(self._cache) > CACHE:
            self._cache.popitem(last=False)
        return prompt

    def guided(self, row: Mapping[str, Any], guidance: Guidance, step: int) -> tuple[Any, Shown]:
        """The prompt of a row at a step, as TRL takes it, and what it shows.

        A row without guidance at this step keeps the prompt that it came with.
        """
        example = example_of(row)
        decision = guidance.decide(example, step)
        text = decision.text
        if text is None:
            return row["prompt"], Shown(reason=decision.reason)
        unguided = row["prompt"]
        if isinstance(unguided, str):
            prompt = self.render(example.id, example.question, text)
            request: Any = prompt.text
        else:
            system, question = _turns(example.id, unguided)
            prompt = self.render(example.id, question, text, system=system)
            request = prompt.request
        if prompt.guidance is None:
            return unguided, Shown(dropped=prompt.dropped)
        return request, Shown(prompt.guidance, prompt.cut, level=decision.level)


def within_budget(data: Loaded, prompts: Prompts, *, strict: bool) -> Loaded:
    """The rows whose question fits the budget; the others are counted, none is cut (law 7).

    Raises:
        QuestionTooLongError: ``strict``, and a question is over the budget.
    """
    fitting: list[Example] = []
    too_long: list[str] = []
    for example in data.examples:
        try:
            prompts.render(example.id, example.question)
        except QuestionTooLongError as error:
            if strict:
                raise
            too_long.append(str(error))
        else:
            fitting.append(example)
    return replace(data, examples=tuple(fitting), too_long=tuple(too_long))


def _turns(row_id: str, messages: Sequence[Mapping[str, Any]]) -> tuple[str | None, str]:
    """The system message and the user's words of a prompt that guidance can go into."""
    roles = [message["role"] for message in messages]
    if roles not in (["user"], ["system", "user"]):
        raise InputError(
            f"row {row_id}, column prompt: guidance goes into one user message, perhaps after a "
            f"system message; found {', '.join(roles)}"
        )
    system = messages[0]["content"] if len(messages) == 2 else None
    return system, messages[-1]["content"]
