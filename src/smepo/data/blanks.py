"""Blanks as the JSON text of the column `guidance_blanks`, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from smepo.errors import InputError
from smepo.types import Blank, Kind, Role


def blanks_to_json(blanks: Iterable[Blank]) -> str:
    """A JSON list; offsets count code points of the original trace."""
    return json.dumps([_entry(blank) for blank in blanks], ensure_ascii=False)


def _entry(blank: Blank) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": str(blank.kind),
        "role": str(blank.role),
        "start": blank.start,
        "end": blank.end,
        "text": blank.text,
        "placeholder": blank.placeholder,
    }
    if blank.message is not None:
        entry["message"] = blank.message
    if blank.audit:
        entry["audit"] = True
    return entry


def blanks_from_json(text: str) -> tuple[Blank, ...]:
    """The inverse of `blanks_to_json`. Raises InputError for other text."""
    try:
        return tuple(
            Blank(**{**entry, "kind": Kind(entry["kind"]), "role": Role(entry["role"])})
            for entry in json.loads(text)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"column guidance_blanks: not as `smepo mask` writes it ({error}): {text[:60]!r}; "
            "mask the rows again"
        ) from error
