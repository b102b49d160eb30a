"""From a configuration to its guidance. Needs no trainer, so that every adapter can use it."""

from __future__ import annotations

from smepo.guidance import (
    Always,
    Full,
    Guidance,
    Masked,
    NoGuidance,
    Prefix,
    RandomMask,
    Transform,
)
from smepo.training.config import RunConfig


def guidance(config: RunConfig) -> Guidance:
    """The transform and the schedule of the run."""
    plan = config.guidance
    transform: Transform = NoGuidance()
    match plan.transform:
        case "full":
            transform = Full()
        case "prefix":
            transform = Prefix() if plan.ratio is None else Prefix(plan.ratio)
        case "random":
            transform = RandomMask(plan.share, indexed=plan.placeholders != "plain")
        case "masked":
            transform = Masked(plan.mode, config.domain)
    return Guidance(transform, Always(), config.seed)
