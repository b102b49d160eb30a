"""Published ways to guide, each by its name: a transform and a schedule.

Only what a method puts into the prompt is here. What it does beyond the prompt (other losses, other
models, other sampling) is in ``beyond``; a run of the preset is the method without that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from smepo.errors import ConfigError
from smepo.guidance.adaptive import Gate, Handover, Ladder, Target
from smepo.guidance.schedules import Always, Fade, Mix, Product, Sample, Schedule


def _always(steps: int | None) -> Schedule:
    return Always()


@dataclass(frozen=True, slots=True)
class Preset:
    """``schedule`` takes the number of optimiser steps of the run."""

    transform: str
    options: Mapping[str, Any] = field(default_factory=dict)
    schedule: Callable[[int | None], Schedule] = _always
    paper: str = ""
    beyond: str = ""


def _share(name: str, steps: int | None, share: float) -> int:
    """That share of the run, in steps."""
    if steps is None:
        raise ConfigError(f"guidance {name}: depends on the length of the run; give `steps`")
    return round(share * steps)


def _questa(steps: int | None) -> Schedule:
    half = _share("questa", steps, 0.5)
    return Fade(start=half, end=half, first=0.5, last=0.25)


def _uft(steps: int | None) -> Schedule:
    return Fade(end=_share("uft", steps, 0.6), shape="cosine")


def _smepo_fade(steps: int | None) -> Schedule:
    return Fade(end=_share("smepo+fade", steps, 0.6), by="groups")


def _scaf(steps: int | None) -> Schedule:
    exempt = _share("scaf", steps, 0.15)
    ladder = Ladder(rungs=(0.0, 1 / 3, 2 / 3, 1.0))
    return Product((Fade(start=exempt, end=exempt, first=0.0, last=1.0), ladder))


def _ruscarl(steps: int | None) -> Schedule:
    return Fade(end=_share("ruscarl", steps, 0.5), shape="sigmoid")


PRESETS: Mapping[str, Preset] = {
    "grpo": Preset("none", paper="GRPO: DeepSeekMath, arXiv 2402.03300"),
    "full": Preset("full", paper="the control of SMEPO, arXiv 2605.25198"),
    "prefix": Preset("prefix", paper="the control of SMEPO, arXiv 2605.25198"),
    "random": Preset("random", paper="the control of SMEPO, arXiv 2605.25198"),
    "smepo": Preset(
        "masked",
        paper="SMEPO: Hide to Guide, arXiv 2605.25198",
        beyond="Nothing. Masks go by role here; the paper's own rule is mode = 'paper'.",
    ),
    "smepo+gate": Preset(
        "masked",
        schedule=lambda steps: Gate(),
        paper="SMEPO with GHPO's difficulty gate, arXiv 2605.25198",
        beyond="The gate looks at a row's earlier groups, not at rollouts of the same step.",
    ),
    "smepo+mix": Preset("masked", schedule=lambda steps: Mix(0.5), paper="ours"),
    "smepo+sample": Preset("masked", schedule=lambda steps: Sample(), paper="ours"),
    "smepo+fade": Preset("masked", schedule=_smepo_fade, paper="ours"),
    "smepo+handover": Preset("masked", schedule=lambda steps: Handover(), paper="ours"),
    "ghpo": Preset(
        "prefix",
        {"ratio": 1.0},
        lambda steps: Ladder(rungs=(0.0, 0.25, 0.5, 0.75)),
        "GHPO: Adaptive Guidance for Stable and Efficient LLM RL, arXiv 2507.10628",
        "It detects difficulty from unguided rollouts of the same step and samples again with a "
        "hint; here a row's next visit carries it.",
    ),
    "questa": Preset(
        "prefix",
        {"ratio": 1.0},
        _questa,
        "QuestA: Expanding Reasoning Capacity via Question Augmentation, arXiv 2507.13266",
        "It trains on the hard subset of its data; screen yours with `smepo eval --screen`.",
    ),
    "uft": Preset(
        "prefix",
        {"ratio": 1.0},
        _uft,
        "UFT: Unifying Supervised and Reinforcement Fine-Tuning, arXiv 2505.16984",
        "It adds the log-likelihood of the hint to the objective, and draws the length of the hint "
        "around the annealed value; here it is the value.",
    ),
    "seele": Preset(
        "prefix",
        {"ratio": 1.0},
        lambda steps: Target(wanted=0.5),
        "SEELE: Staying in the Sweet Spot, arXiv 2509.06923",
        "It samples in several rounds a step and fits a three-parameter model to each problem's "
        "rounds; here a logistic model learns over visits.",
    ),
    "scaf": Preset(
        "levels",
        {},
        _scaf,
        "Scaf-GRPO: Scaffolded Group Relative Policy Optimization, arXiv 2510.19807",
        "Its hints of three kinds (knowledge, plan, solution) are written by a stronger model, and "
        "successful guided rollouts replace failed ones in the group; here more of the trace is "
        "uncovered, on the next visit.",
    ),
    "ruscarl": Preset(
        "masked",
        {},
        _ruscarl,
        "RuscaRL: Rubric-Scaffolded Reinforcement Learning, arXiv 2508.16949",
        "Its scaffold is a rubric, which also scores, and rollouts of one group see different "
        "amounts of it; here all rollouts of a group share the prompt (law 6).",
    ),
}


def preset_of(name: str) -> Preset:
    """The preset of a name. Raises ConfigError for an unknown one."""
    if name not in PRESETS:
        raise ConfigError(f"guidance: {name!r} is none of {', '.join(PRESETS)}")
    return PRESETS[name]
