"""Procedural problems and tiny base policies, so that everything runs on a laptop's CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smepo.errors import ConfigError
from smepo.testbed import code, math, search
from smepo.testbed.family import SPLITS, Family, Problem

__all__ = ["FAMILIES", "SPLITS", "Family", "Problem", "find_family", "policy_path", "problems"]

FAMILIES: Mapping[str, Family] = {
    "math": math.FAMILY,
    "code": code.FAMILY,
    "search": search.FAMILY,
}


def find_family(name: str) -> Family:
    """The family of that name. Raises ConfigError for one that there is not."""
    if name not in FAMILIES:
        raise ConfigError(f"family: {name!r} is not known; the testbed has {', '.join(FAMILIES)}")
    return FAMILIES[name]


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
        ConfigError: unknown family, split or level, or fewer than ``n`` problems.
    """
    chosen = find_family(family)
    for field, value, known in (("split", split, SPLITS), ("level", level, chosen.levels)):
        if value not in known:
            raise ConfigError(f"{field}: {value!r} is not one of {', '.join(known)}")
    return chosen.generate(split, level, n, seed)


def policy_path(family: str = "math") -> Path:
    """The folder of the tiny base policy: load it with ``AutoModelForCausalLM`` and
    ``AutoTokenizer``.

    Raises:
        ConfigError: unknown family, or one without a policy.
    """
    path = find_family(family).policy
    if path is None:
        raise ConfigError(f"family: no base policy ships for {family!r}")
    return path
