"""The table ``baseline`` of a run; ``baseline = "luffy"`` is short for its method alone."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smepo.training.tables import Table


class BaselineConfig(Table):
    """What trains in place of GRPO with guidance in the prompt.

    sft        cross-entropy on the traces; every optimiser step takes as many traces as a step of
               GRPO takes completions
    sft+grpo   the first ``sft_steps`` steps so (half of all by default), the others GRPO
    luffy      GRPO with the trace as one completion of each group
    """

    method: Literal["sft", "sft+grpo", "luffy"]
    gamma: float = Field(default=0.1, gt=0.0)  # of luffy's policy shaping
    sft_steps: int | None = Field(default=None, gt=0)  # of sft+grpo
    sft_learning_rate: float | None = Field(default=None, gt=0.0)  # default: the run's
