"""No row that evaluation reads may show guidance (law 2): the files themselves are looked at.

A run of verl may name any file to validate on: the training file, also after another tool wrote it
again without our note, a masked file, prompts that were guided by hand. Needs no verl to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from smepo.data import find
from smepo.data.readers import batches
from smepo.data.records import Record, records
from smepo.errors import InputError
from smepo.evaluation.evaluate import GUIDANCE_COLUMNS
from smepo.prompting import PLACEHOLDER, WORDING
from smepo.verl.guide import COLUMN, SINGLE_TURN, TOOL, TRAIN

FORMATS = (".parquet", ".json", ".jsonl")  # that verl reads


def refuse_guided(path: Path, name: str, key: str) -> None:
    """Raise InputError if a file is none to validate on.

    ``name`` is what the configuration calls it, ``key`` the column of the prompts. A file that is
    missing or of another format is left to verl, which says so.
    """
    if path.suffix not in FORMATS or not path.is_file():
        return
    for number, row in enumerate(_rows(path)):
        if found := _shows(row, key):
            raise InputError(
                f"data.val_files: {name} {found} (row {number}); evaluation never sees guidance, "
                "take the validation.parquet of the export"
            )


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    for batch in batches(find(path)):
        for record in records(batch):
            if isinstance(record, Record):
                yield record.value


def _shows(row: Mapping[str, Any], key: str) -> str:
    """How a row could show guidance, "" if it cannot."""
    for column in (COLUMN, *GUIDANCE_COLUMNS):
        if row.get(column) is not None:
            return f"carries guidance: column {column}"
    if (row.get("extra_info") or {}).get("split") == TRAIN:
        return "holds training rows, which may carry guidance"
    if row.get("agent_name") in (SINGLE_TURN, TOOL):
        return "asks for guidance: column agent_name"
    said = row.get(key)
    for text in [said] if isinstance(said, str) else [one.get("content") for one in said or ()]:
        if isinstance(text, str) and (WORDING.example in text or PLACEHOLDER.search(text)):
            return f"shows guidance: column {key}"
    return ""
