"""The table ``guidance`` of a run: a preset by name, or a transform and a schedule.

[guidance]
preset = "ghpo"

[guidance]
transform = "masked"
schedule = { name = "fade", end = 300, by = "groups" }   # a list of them multiplies
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from smepo.errors import ConfigError
from smepo.guidance import (
    Always,
    Fade,
    Gate,
    Handover,
    Ladder,
    Mix,
    Product,
    Sample,
    Schedule,
    Target,
    preset_of,
)
from smepo.training.tables import Table

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class AlwaysConfig(Table):
    """See `smepo.guidance.Always`; the others of this file likewise name their schedule."""

    name: Literal["always"] = "always"

    def build(self) -> Schedule:
        return Always()


class FadeConfig(Table):
    name: Literal["fade"]
    end: int = Field(ge=0)
    start: int = Field(default=0, ge=0)
    first: Share = 1.0
    last: Share = 0.0
    shape: Literal["linear", "cosine", "sigmoid"] = "linear"
    by: Literal["amount", "groups"] = "amount"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end: {self.end} is before start = {self.start}")
        return self

    def build(self) -> Schedule:
        return Fade(**_fields(self))


class MixConfig(Table):
    name: Literal["mix"]
    unguided: Share = 0.5

    def build(self) -> Schedule:
        return Mix(**_fields(self))


class SampleConfig(Table):
    name: Literal["sample"]
    low: Share = 0.0

    def build(self) -> Schedule:
        return Sample(**_fields(self))


class HandoverConfig(Table):
    name: Literal["handover"]
    most: Share = 0.9
    rate: Share = 0.03

    def build(self) -> Schedule:
        return Handover(**_fields(self))


class GateConfig(Table):
    name: Literal["gate"]
    threshold: Share = 0.125
    rate: Share = 0.5

    def build(self) -> Schedule:
        return Gate(**_fields(self))


class LadderConfig(Table):
    name: Literal["ladder"]
    rungs: tuple[Share, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    solved: Share = 1.0

    @field_validator("rungs")
    @classmethod
    def _rise(cls, rungs: tuple[float, ...]) -> tuple[float, ...]:
        if not rungs or list(rungs) != sorted(set(rungs)):
            raise ValueError("the rungs must rise")
        return rungs

    def build(self) -> Schedule:
        return Ladder(**_fields(self))


class TargetConfig(Table):
    name: Literal["target"]
    wanted: float = Field(default=0.5, gt=0.0, lt=1.0)
    rate: float = Field(default=2.0, gt=0.0)

    def build(self) -> Schedule:
        return Target(**_fields(self))


ScheduleConfig = Annotated[
    AlwaysConfig
    | FadeConfig
    | MixConfig
    | SampleConfig
    | HandoverConfig
    | GateConfig
    | LadderConfig
    | TargetConfig,
    Field(discriminator="name"),
]


class GuidanceConfig(Table):
    """What the prompt carries beside the question. ``transform = "none"`` is plain GRPO.

    ``preset`` stands for a transform with its options and a schedule (`smepo.guidance.PRESETS`);
    options that are given beside it take the place of its own.
    """

    preset: str | None = None
    transform: Literal["none", "full", "prefix", "random", "masked", "levels", "another-row"] = (
        "masked"
    )
    schedule: tuple[ScheduleConfig, ...] = (AlwaysConfig(),)
    mode: Literal["critical-path", "expressions", "paper", "random"] = "critical-path"
    level: Literal["block", "skeleton"] = "block"  # of code: what `smepo mask --level` hides
    another: Literal["full", "masked"] = "full"  # of `another-row`: its trace, or its guidance
    ratio: Share | None = None  # of `prefix`: share shown
    share: Share | None = None  # of `random`: share hidden
    placeholders: Literal["indexed", "plain"] | None = None
    audit: bool = True

    @property
    def on(self) -> bool:
        """True if prompts may carry guidance."""
        return self.transform != "none"

    @model_validator(mode="before")
    @classmethod
    def _of_preset(cls, data: Any) -> Any:
        name = data.get("preset") if isinstance(data, Mapping) else None
        if name is None:
            return data
        try:
            preset = preset_of(name)
        except ConfigError as error:
            raise ValueError(f"preset: {str(error).removeprefix('guidance: ')}") from error
        if data.get("transform", preset.transform) != preset.transform:
            raise ValueError(
                f"transform: preset = {name!r} is {preset.transform!r}; leave one of them out"
            )
        if _named(data.get("schedule", "always")) != [{"name": "always"}]:
            raise ValueError(f"schedule: preset = {name!r} has its own; leave one of them out")
        return {**preset.options, **data, "transform": preset.transform}

    @field_validator("schedule", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return _named(value)

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        if self.ratio is not None and self.transform != "prefix":
            raise ValueError('guidance.ratio: belongs to transform = "prefix"')
        if self.share is not None and self.transform != "random":
            raise ValueError('guidance.share: belongs to transform = "random"')
        if self.mode != "critical-path" and self.transform != "masked":
            raise ValueError('guidance.mode: belongs to transform = "masked"')
        if self.level != "block" and (self.transform == "none" or self.mode == "paper"):
            raise ValueError("guidance.level: needs a transform, and mode = 'paper' has none")
        if self.another != "full" and self.transform != "another-row":
            raise ValueError('guidance.another: belongs to transform = "another-row"')
        if not self.schedule:
            raise ValueError('guidance.schedule: names nothing; "always" guides every group')
        if self.transform == "none" and self.schedule != (AlwaysConfig(),):
            raise ValueError('guidance.schedule: transform = "none" has nothing to schedule')
        return self

    def build_schedule(self, steps: int) -> Schedule:
        """The schedule of a run of ``steps`` optimiser steps."""
        if self.preset is not None:
            return preset_of(self.preset).schedule(steps)
        parts = tuple(one.build() for one in self.schedule)
        return parts[0] if len(parts) == 1 else Product(parts)


def _named(value: Any) -> list[Any]:
    """Schedules as a list of tables; a bare name is a table without options."""
    several = value if isinstance(value, list | tuple) else [value]
    return [{"name": one} if isinstance(one, str) else one for one in several]


def _fields(table: Table) -> dict[str, Any]:
    """The fields of a schedule's table, which are those of the schedule."""
    return table.model_dump(exclude={"name"})
