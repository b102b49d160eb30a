"""What a file says about itself: how smepo made it, and what Hugging Face `datasets` needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smepo.data.source import SIDECAR_SUFFIX, Source
from smepo.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

KEY = b"smepo"
_HUGGINGFACE = b"huggingface"


def read_metadata(source: Source) -> dict[str, Any] | None:
    """The note that `smepo mask` left with its output, or None: in the schema of a parquet file,
    beside a jsonl file (`OUT.smepo.json`). Raises InputError for a note that is not JSON."""
    from smepo.data.readers import arrow_schema

    file = source.files[0]
    if file.format in ("parquet", "arrow"):
        held = (arrow_schema(file).metadata or {}).get(KEY)
    else:
        beside = Path(file.path + SIDECAR_SUFFIX)
        held = beside.read_bytes() if beside.is_file() else None
    if held is None:
        return None
    try:
        note = json.loads(held)
    except ValueError as error:
        raise InputError(
            f"{file.path}: the note of `smepo mask` (in a parquet file, or in "
            f"{file.path}{SIDECAR_SUFFIX}) is not JSON; remove it, or mask the rows again"
        ) from error
    return note if isinstance(note, dict) and "columns" in note else None


def with_note(schema: pa.Schema, note: Mapping[str, Any], types: Mapping[str, str]) -> pa.Schema:
    """``schema`` with the note of this run; the features that `datasets` keeps in a parquet file
    get the new columns too (``types``: column to `datasets` type name)."""
    metadata = dict(schema.metadata or {})
    metadata[KEY] = json.dumps(note).encode()
    if _HUGGINGFACE in metadata:
        held = json.loads(metadata[_HUGGINGFACE])
        features = held.get("info", {}).get("features")
        if isinstance(features, dict):
            features.update(
                {name: {"dtype": kind, "_type": "Value"} for name, kind in types.items()}
            )
            metadata[_HUGGINGFACE] = json.dumps(held).encode()
    return schema.with_metadata(metadata)


def write_sidecar(path: Path, note: Mapping[str, Any]) -> None:
    """The note beside a jsonl file, which has no place for it."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)
