"""Blanks as the JSON text of the column `guidance_blanks`, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable

from smepo.errors import InputError
from smepo.types import Blank, Kind, Role

_quoted = json.encoder.encode_basestring  # a JSON string that keeps what is not ASCII


def blanks_to_json(blanks: Iterable[Blank]) -> str:
    """A JSON list, as `json.dumps` writes it; offsets count code points of the original trace."""
    return f"[{', '.join([_entry(blank) for blank in blanks])}]"


def _entry(blank: Blank) -> str:
    # half the work of `smepo mask` would be to make an object a blank for `json.dumps`
    kind, role, start, end, text, placeholder, message, audit = blank
    place = "" if message is None else f', "message": {message}'
    mark = ', "audit": true' if audit else ""
    return (
        f'{{"kind": "{kind}", "role": "{role}", "start": {start}, "end": {end}, '
        f'"text": {_quoted(text)}, "placeholder": {_quoted(placeholder)}{place}{mark}}}'
    )


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
