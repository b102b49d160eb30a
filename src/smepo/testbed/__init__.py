"""Procedural problems and a tiny base policy, so that everything runs on a laptop's CPU."""

from __future__ import annotations

from pathlib import Path

from smepo.errors import ConfigError
from smepo.testbed import math
from smepo.testbed.math import LEVELS, SPLITS, Problem

__all__ = ["LEVELS", "SPLITS", "Problem", "policy_path", "problems"]


def problems(
    family: str = "math",
    *,
    split: str = "train",
    level: str = "hard",
    n: int = 100,
    seed: int = 0,
) -> list[Problem]:
    """``n`` different problems; equal arguments give equal lists, and the splits share none.

    Raises:
        ConfigError: unknown family, split or level.
    """
    if family != "math":
        raise ConfigError(f"family: {family!r} is not known; the testbed has 'math'")
    return math.generate(split, level, n, seed)


def policy_path(family: str = "math") -> Path:
    """The folder of the tiny base policy: load it with ``AutoModelForCausalLM`` and
    ``AutoTokenizer``.

    Raises:
        ConfigError: no policy ships for this family.
    """
    path = Path(__file__).parent / "policies" / family
    if not (path / "config.json").is_file():
        raise ConfigError(f"family: no base policy ships for {family!r}")
    return path
