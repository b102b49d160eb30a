"""Guidance: which text a prompt carries beside its question, when, and how much of it.

guidance = Guidance(Masked(), Always(), seed=0)
prompt = compose(example.question, guidance.text(example, step))
"""

from smepo.guidance.draws import draw, uniform
from smepo.guidance.example import Example
from smepo.guidance.guide import (
    EMPTY,
    NOT_PREPARED,
    OFF,
    PRESETS,
    SCHEDULE,
    Decision,
    Guidance,
)
from smepo.guidance.schedules import Always, Schedule
from smepo.guidance.transforms import (
    TRANSFORMS,
    Full,
    Masked,
    NoGuidance,
    Prefix,
    RandomMask,
    Transform,
    prefix,
)

__all__ = [
    "EMPTY",
    "NOT_PREPARED",
    "OFF",
    "PRESETS",
    "SCHEDULE",
    "TRANSFORMS",
    "Always",
    "Decision",
    "Example",
    "Full",
    "Guidance",
    "Masked",
    "NoGuidance",
    "Prefix",
    "RandomMask",
    "Schedule",
    "Transform",
    "draw",
    "prefix",
    "uniform",
]
