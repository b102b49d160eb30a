"""From a configuration to its guidance. Needs no trainer, so that every adapter can use it."""

from __future__ import annotations

from collections.abc import Sequence

from smepo.guidance import (
    AnotherRow,
    Example,
    Full,
    Guidance,
    Levels,
    Masked,
    NoGuidance,
    Prefix,
    RandomMask,
    Transform,
)
from smepo.training.config import RunConfig


def guidance(config: RunConfig, rows: Sequence[Example] = ()) -> Guidance:
    """The transform and the schedule of the run.

    ``rows`` are those of the run, for the transform that shows another row. Raises ConfigError
    where it is chosen and there are none.
    """
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
            transform = Masked(plan.mode, config.domain, plan.level)
        case "levels":
            transform = Levels()
        case "another-row":
            transform = AnotherRow(tuple(rows), masked=plan.another == "masked")
    return Guidance(transform, plan.build_schedule(config.steps), config.seed)
