"""Whose output folder it is: one run has one, and only the same run goes on in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from smepo.errors import ConfigError
from smepo.training.config import RunConfig
from smepo.training.records import environment, write_json, write_text

CONFIG = "config.json"


def refuse_another_run(config: RunConfig, out: Path, resume: bool) -> None:
    """Raise ConfigError if the output folder holds another run, or any where none may be."""
    if not (out / CONFIG).is_file():
        return
    if not resume:
        raise ConfigError(f"output_dir: {out} holds a run; take another folder, or resume it")
    if different := differing_field(config, out):
        raise ConfigError(
            f"output_dir: {out} holds a run with another {different}; take another folder"
        )


def differing_field(config: RunConfig, out: Path) -> str | None:
    """The first field in which the run in folder ``out``, if there is one, differs."""
    file = out / CONFIG
    if not file.is_file():
        return None
    theirs = json.loads(file.read_text(encoding="utf-8"))
    mine = json.loads(config.model_dump_json())
    _drop_later(config, mine, theirs)
    return _difference(theirs, mine)


def _drop_later(table: BaseModel, mine: dict[str, Any], theirs: Mapping[str, Any]) -> None:
    """Take fields out of ``mine`` that the run's version did not have and that say nothing new."""
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if name not in theirs:
            if value == field.get_default(call_default_factory=True):
                del mine[name]
        elif isinstance(value, BaseModel) and isinstance(theirs[name], Mapping):
            _drop_later(value, mine[name], theirs[name])


def claim(config: RunConfig, out: Path, source: str | None) -> None:
    """Make the output folder this run's, and note this start. All checks have passed by now."""
    write_json(out / CONFIG, json.loads(config.model_dump_json()))
    if source is not None:
        write_text(out / "config.toml", source)
    starts = out / "environment.json"
    before = json.loads(starts.read_text(encoding="utf-8")) if starts.is_file() else []
    write_json(starts, [*before, environment()])


def _difference(a: Any, b: Any, prefix: str = "") -> str | None:
    """The first dotted field in which two configurations differ."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in sorted(set(a) | set(b)):
            found = _difference(a.get(key), b.get(key), f"{prefix}.{key}" if prefix else key)
            if found:
                return found
        return None
    return None if a == b else prefix
