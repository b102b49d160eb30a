"""A nested configuration as hydra reads it: a YAML file, or overrides on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from smepo.verl.settings import flat

HEAD = """\
# Written by `smepo export verl`: verl's own configuration with what the run decides put in.
# verl looks for `ppo_trainer` in its own package.
"""
NEW = ("smepo", "reward.custom_reward_function.reward_kwargs")  # not in verl's configuration
_INTERPOLATION = re.compile(r"(\\*)\$\{")


def yaml_of(table: Mapping[str, Any]) -> str:
    """A primary configuration on top of verl's `ppo_trainer`. JSON's scalars are YAML's."""
    head = {
        "hydra": {"searchpath": ["pkg://verl.trainer.config"]},
        "defaults": ["ppo_trainer", "_self_"],
    }
    return HEAD + "\n".join(_lines(head)) + "\n\n" + "\n".join(_lines(table)) + "\n"


def _lines(table: Mapping[str, Any], depth: int = 0) -> list[str]:
    lines = []
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            lines += ["  " * depth + f"{key}:", *_lines(value, depth + 1)]
        else:
            lines.append("  " * depth + f"{key}: {_scalar(value)}")
    return lines


def _scalar(value: Any) -> str:
    """JSON, with what OmegaConf would take for an interpolation escaped."""
    if isinstance(value, str):
        return json.dumps(_literal(value), ensure_ascii=False)
    if isinstance(value, float) and "e" in repr(value):  # YAML 1.1 reads 1e-6 as a string
        return f"{value:.20f}".rstrip("0")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_scalar(held)}" for key, held in value.items()) + "}"
    return json.dumps(value)


def _literal(text: str) -> str:
    """``${`` interpolates unless a backslash stands before it; backslashes there double."""
    return _INTERPOLATION.sub(lambda found: found[1] * 2 + "\\${", text)


def overrides_of(table: Mapping[str, Any]) -> list[str]:
    """The same as arguments of ``python -m verl.trainer.main_ppo``, one a field, unquoted."""
    return [
        f"{'++' if name.startswith(NEW) else ''}{name}={_grammar(value)}"
        for name, value in flat(table)
    ]


def _grammar(value: Any) -> str:
    """A value in hydra's override grammar."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return _quoted(_literal(value))
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_grammar, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_grammar(held)}" for key, held in value.items()) + "}"
    return json.dumps(value)


def _quoted(text: str) -> str:
    """In single quotes; quotes are escaped, and backslashes before one or at the end."""
    escaped = re.sub(r"(\\*)'", lambda found: found[1] * 2 + "\\'", text)
    return "'" + re.sub(r"(\\+)$", lambda found: found[1] * 2, escaped) + "'"
