"""Answers on disk: a run that is repeated pays nothing and gives the same masks."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

from smepo.errors import InputError


def key(*parts: str) -> str:
    """A name for what an answer depends on."""
    return sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:40]


def load(folder: Path, name: str) -> dict[str, Any] | None:
    """The answer called ``name``, or None. Raises InputError for a file that is broken."""
    path = _path(folder, name)
    try:
        held = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove it to ask again") from error
    if not isinstance(held, dict):
        raise InputError(f"{path}: holds no answer; remove it to ask again")
    return held


def save(folder: Path, name: str, value: dict[str, Any]) -> None:
    """Keep an answer: whole or not at all, whichever process writes last."""
    path = _path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file)
    Path(temporary).replace(path)


def totals(folder: Path) -> Counter[str]:
    """The sums of all numbers under `counts` in the answers of a folder."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob("??/*.json")):
        held = json.loads(path.read_bytes())
        found["answers"] += 1
        found.update(held.get("counts", {}))
    return found


def _path(folder: Path, name: str) -> Path:
    return folder / name[:2] / f"{name}.json"
