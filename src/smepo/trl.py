"""TRL: what a training script of your own needs. Importing it imports torch and TRL.

trainer = GuidedGRPOTrainer(
    model,
    reward("math"),
    args=GRPOConfig(...),
    train_dataset=guided_dataset("masked.parquet", tokenizer, budget=4096),
    guidance=Guidance(Masked()),
    budget=4096,
    processing_class=tokenizer,
)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smepo.errors import InputError, MissingExtraError

try:
    import trl as _trl  # noqa: F401
except ImportError as error:
    raise MissingExtraError("training needs TRL: pip install 'smepo[trl]'") from error

from datasets import Dataset

from smepo.guidance import (
    Always,
    Fade,
    Full,
    Gate,
    Guidance,
    Handover,
    Ladder,
    Levels,
    Masked,
    Mix,
    NoGuidance,
    Prefix,
    Product,
    RandomMask,
    Sample,
    Target,
)
from smepo.training.assemble import as_dataset
from smepo.training.config import DataConfig
from smepo.training.prompts import Prompts
from smepo.training.rows import example_without_masking, read
from smepo.training.trainer import GuidedGRPOTrainer
from smepo.verifiers import reward

__all__ = [
    "Always",
    "Fade",
    "Full",
    "Gate",
    "Guidance",
    "GuidedGRPOTrainer",
    "Handover",
    "Ladder",
    "Levels",
    "Masked",
    "Mix",
    "NoGuidance",
    "Prefix",
    "Product",
    "RandomMask",
    "Sample",
    "Target",
    "guided_dataset",
    "reward",
]


def guided_dataset(
    path: str | Path,
    tokenizer: Any,
    *,
    budget: int | None = None,
    system: str | None = None,
    **columns: Any,
) -> Dataset:
    """The output of `smepo mask` as a training set: unguided ``prompt``, target, guidance columns.

    ``columns`` name columns as in `DataConfig` (``question``, ``target``, ``trace``, ``id``) where
    the file does not say itself. Give trainer and data set the same ``budget`` and ``system``.

    Raises:
        InputError: the file cannot be read or was not masked, or a row of it cannot be used.
        QuestionTooLongError: a question that is over the budget even alone (law 7).
    """
    rows, _ = read(DataConfig(path=str(path), strict=True, **columns), "data")
    if not any("guidance_status" in row.columns for row in rows):
        raise InputError(
            f"{path}: no column guidance_status, so nothing of it could be shown; "
            "run `smepo mask` on it first"
        )
    examples = [example_without_masking(row) for row in rows]
    return as_dataset(examples, Prompts(tokenizer, budget=budget, system=system))
