"""Guidance: which text a prompt carries beside its question, when, and how much of it.

guidance = Guidance(Masked(), Always(), seed=0)
prompt = compose(example.question, guidance.text(example, step))
"""

from smepo.guidance.adaptive import Gate, Handover, Ladder, Target
from smepo.guidance.draws import draw, uniform
from smepo.guidance.example import Example
from smepo.guidance.guide import (
    EMPTY,
    NOT_PREPARED,
    OFF,
    SCHEDULE,
    Decision,
    Guidance,
)
from smepo.guidance.more import AnotherRow, Levels
from smepo.guidance.presets import PRESETS, Preset, preset_of
from smepo.guidance.schedules import Always, Fade, Mix, Product, Sample, Schedule
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
    "AnotherRow",
    "Decision",
    "Example",
    "Fade",
    "Full",
    "Gate",
    "Guidance",
    "Handover",
    "Ladder",
    "Levels",
    "Masked",
    "Mix",
    "NoGuidance",
    "Prefix",
    "Preset",
    "Product",
    "RandomMask",
    "Sample",
    "Schedule",
    "Target",
    "Transform",
    "draw",
    "prefix",
    "preset_of",
    "uniform",
]
