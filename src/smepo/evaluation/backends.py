"""What completes prompts: one small protocol, a model of transformers behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from smepo.evaluation.generate import Completion, generate


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are drawn. ``k`` a prompt; temperature 0 is greedy; ``batch_size`` counts
    completions at a time, for backends that do not batch by themselves."""

    k: int = 1
    max_new_tokens: int = 256
    temperature: float = 1.0
    top_p: float = 1.0
    batch_size: int = 256
    seed: int = 0


class Backend(Protocol):
    """Completes prompts of token ids. ``context`` counts positions, prompt and completion."""

    @property
    def tokenizer(self) -> Any:
        """A tokenizer of transformers, whose chat template renders the prompts."""

    @property
    def context(self) -> int:
        """Positions that the model has."""

    def complete(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """``sampling.k`` completions for each prompt, in order; ``progress`` is told how many
        completions each part of the work made."""


@dataclass(frozen=True, slots=True)
class Transformers:
    """A model of transformers in this process."""

    model: Any
    tokenizer: Any

    @property
    def context(self) -> int:
        """As the model's configuration says."""
        return context_length(self.model)

    def complete(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """See `generate`."""
        return generate(
            self.model,
            self.tokenizer,
            prompts,
            k=sampling.k,
            max_new_tokens=sampling.max_new_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            batch_size=sampling.batch_size,
            seed=sampling.seed,
            progress=progress,
        )


def context_length(model: Any) -> int:
    """Positions that the model has, or a large number if its configuration does not say."""
    return int(getattr(model.config, "max_position_embeddings", None) or 1 << 20)
