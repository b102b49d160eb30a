"""One prompt: neutralised, composed, cut to the budget, rendered by the tokenizer's template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from smepo.errors import ConfigError, InputError, QuestionTooLongError
from smepo.prompting.budget import fit
from smepo.prompting.neutralise import (
    Neutral,
    Specials,
    neutralise,
    repair,
    special_tokens,
    unblank,
)
from smepo.prompting.wording import WORDING, Wording, compose

OVER_BUDGET = "over_budget"
EMPTY = "empty"
SPECIAL_TOKENS = "special_tokens"
_REPAIRS = 8


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the policy reads, and how it came about. Counts are in tokens.

    ``messages`` is None for a model without a chat template. ``text`` is exact, and ``ids`` are its
    tokens as a trainer makes them: without added special tokens after a chat template, with them
    after the plain one. ``guidance`` is what is finally shown, ``guidance_tokens`` what it costs
    together with the words around it, so that
    ``prompt_tokens == template_tokens + question_tokens + guidance_tokens``.
    """

    messages: list[dict[str, str]] | None
    text: str
    ids: tuple[int, ...]
    prompt_tokens: int
    question_tokens: int
    guidance_tokens: int
    guidance: str | None
    cut: bool  # the guidance shown is shorter than the one given
    dropped: str | None  # why the guidance given is not shown: OVER_BUDGET, EMPTY, SPECIAL_TOKENS
    neutralised: int = 0  # control strings and literal placeholders broken in question and guidance
    budget: int | None = None

    @property
    def template_tokens(self) -> int:
        return self.prompt_tokens - self.question_tokens - self.guidance_tokens

    @property
    def request(self) -> list[dict[str, str]] | str:
        """What a trainer takes: the messages, or the text for a model without a chat template."""
        return self.text if self.messages is None else [dict(turn) for turn in self.messages]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A tokenizer with all that surrounds the user's words."""

    tokenizer: Any
    system: str | None
    wording: Wording
    template: Mapping[str, Any]

    def messages(self, content: str) -> list[dict[str, str]] | None:
        if getattr(self.tokenizer, "chat_template", None) is None:
            return None
        system = [{"role": "system", "content": self.system}] if self.system is not None else []
        return [*system, {"role": "user", "content": content}]

    def text(self, content: str) -> str:
        messages = self.messages(content)
        if messages is None:
            system = self.wording.plain_system.format(system=self.system) if self.system else ""
            return system + self.wording.plain.format(content=content)
        try:
            rendered = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, **self.template
            )
        except Exception as error:  # a template is foreign code and raises what it likes
            raise ConfigError(
                f"the tokenizer's chat template refuses the prompt: {error}"
                + (" (is a system message allowed?)" if self.system is not None else "")
            ) from error
        return str(rendered)

    def ids(self, content: str) -> tuple[int, ...]:
        plain = getattr(self.tokenizer, "chat_template", None) is None
        return self.encode(self.text(content), add_special_tokens=plain)

    def encode(self, text: str, *, add_special_tokens: bool = False) -> tuple[int, ...]:
        encoded = self.tokenizer(text, add_special_tokens=add_special_tokens, verbose=False)
        return tuple(encoded["input_ids"])


def render(
    tokenizer: Any,
    question: str,
    guidance: str | None = None,
    *,
    budget: int | None,
    system: str | None = None,
    wording: Wording = WORDING,
    row_id: str = "",
    template: Mapping[str, Any] | None = None,
) -> Prompt:
    """The exact prompt of a row, within ``budget`` tokens (None: no limit).

    ``tokenizer`` follows the transformers API; its chat template is used where it has one, else the
    plain one of ``wording``. ``template`` holds further arguments of the chat template, such as
    ``{"enable_thinking": False}`` or ``{"tools": [...]}``: give the trainer the same.

    Raises QuestionTooLongError if the question alone is over the budget, ConfigError if the chat
    template refuses the messages, InputError if a special token cannot be kept out.
    """
    frame = _Frame(tokenizer, system, wording, template or {})
    specials = special_tokens(tokenizer)
    literal = unblank(question)
    asked = _harmless(literal.text, tokenizer, specials)
    asked = Neutral(asked.text, asked.count + literal.count)
    ids = frame.ids(asked.text)
    question_tokens = len(frame.encode(asked.text))
    if budget is not None and len(ids) > budget:
        raise QuestionTooLongError(
            f"row {row_id or '?'}: the question alone needs {len(ids)} tokens "
            f"({question_tokens} for its text, {len(ids) - question_tokens} for the template), the "
            f"budget is {budget}: raise the budget or leave the row out"
        )
    unguided = Prompt(
        messages=frame.messages(asked.text),
        text=frame.text(asked.text),
        ids=ids,
        prompt_tokens=len(ids),
        question_tokens=question_tokens,
        guidance_tokens=0,
        guidance=None,
        cut=False,
        dropped=None,
        neutralised=asked.count,
        budget=budget,
    )
    prompt = unguided
    if guidance is not None:
        prompt = _guided(frame, asked.text, guidance, unguided, specials)
    _verify(frame, prompt, specials, row_id)
    return prompt


def _guided(
    frame: _Frame, question: str, guidance: str, unguided: Prompt, specials: Specials
) -> Prompt:
    """``unguided`` with as much of ``guidance`` as fits."""
    guidance = guidance.rstrip()
    if not guidance:
        return replace(unguided, dropped=EMPTY)
    full = neutralise(guidance, specials)
    broken, shown = full.count, full.text

    def content(text: str) -> str:
        return compose(question, text, wording=frame.wording)

    for _ in range(_REPAIRS):
        fitted: str | None = shown
        if unguided.budget is not None:
            fitted = fit(shown, lambda text: len(frame.ids(content(text))), unguided.budget)
        if fitted is None or not fitted.strip():
            return replace(unguided, dropped=OVER_BUDGET)
        repaired = repair(fitted, frame.tokenizer, specials)
        broken += repaired.count
        if not repaired.count:
            break
        shown = repaired.text + shown[len(fitted) :]  # a break costs a token: fit again
    else:
        return replace(unguided, dropped=SPECIAL_TOKENS)
    ids = frame.ids(content(fitted))
    return replace(
        unguided,
        messages=frame.messages(content(fitted)),
        text=frame.text(content(fitted)),
        ids=ids,
        prompt_tokens=len(ids),
        guidance_tokens=len(ids) - unguided.prompt_tokens,
        guidance=fitted,
        cut=len(fitted) < len(shown),
        neutralised=unguided.neutralised + broken,
    )


def _harmless(text: str, tokenizer: Any, specials: Specials) -> Neutral:
    first = neutralise(text, specials)
    second = repair(first.text, tokenizer, specials)
    return Neutral(second.text, first.count + second.count)


def _verify(frame: _Frame, prompt: Prompt, specials: Specials, row_id: str) -> None:
    """The prompt holds exactly the special tokens that its template writes."""
    found = Counter(number for number in prompt.ids if number in specials.ids)
    wanted = Counter(number for number in frame.ids("x") if number in specials.ids)
    if found != wanted:
        names = [frame.tokenizer.convert_ids_to_tokens(i) for i in (found - wanted) or wanted]
        raise InputError(
            f"row {row_id or '?'}: the data changes the special tokens of the prompt "
            f"({', '.join(map(str, names))}); check the chat template and the wording"
        )
