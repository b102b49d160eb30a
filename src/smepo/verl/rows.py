"""Rows in verl's schema.

| column | what it holds |
|---|---|
| `prompt` | messages: with guidance if it is the same at every step, else the bare question |
| `data_source`, `ability` | `smepo/<domain>`; the domain |
| `reward_model` | `style` "rule" and `ground_truth`, the target as the verifier takes it |
| `extra_info` | `index`, `split`, `id`, `domain` and `verifier` (what judges the row) |
| `agent_name`, `smepo` | only where prompts change: the loop to use, and what it decides from |
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from smepo.evaluation import refuse_guidance
from smepo.guidance import Example, Masked
from smepo.masking import REPAIRED
from smepo.training.config import RunConfig
from smepo.training.rows import columns_of
from smepo.types import Row
from smepo.verl.guide import COLUMN, TRAIN, VALIDATION, Guide, online

_TEXT = pa.string()
_MESSAGES = pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))
_EXTRA = pa.struct(
    [("index", pa.int64()), *((name, _TEXT) for name in ("split", "id", "domain", "verifier"))]
)
_SEEN = ("id", "question", "trace", "guidance", "guidance_blanks", "guidance_status")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: rows, how many prompts carry guidance, and why the others do not."""

    rows: int
    guided: int
    cut: int
    none: Mapping[str, int]


def write_training(
    config: RunConfig, examples: Sequence[Example], guide: Guide, path: Path, agent: str | None
) -> Exported:
    """Write the training rows. ``agent``: the loop of rows whose prompt changes with the step."""
    rows, counts = [], Counter[str]()
    for index, example in enumerate(examples):
        row = _row(config, example.id, example.target, index, TRAIN)
        if online(config):
            prompt = guide.bare(example.id, example.question)
            seen = columns_of(example)
            if not _needs_trace(guide):
                seen["trace"] = None
            row |= {"agent_name": agent, COLUMN: {name: seen[name] for name in _SEEN}}
        else:
            prompt, shown = guide.fixed(example)
            counts["guided"] += shown.guidance is not None
            counts["cut"] += shown.cut
            if reason := shown.reason or shown.dropped:
                counts[f"none:{reason}"] += 1
        rows.append({"prompt": prompt, **row})
    _write(rows, config, TRAIN, path)
    none = {name[5:]: n for name, n in sorted(counts.items()) if name.startswith("none:")}
    return Exported(len(rows), counts["guided"], counts["cut"], none)


def write_validation(config: RunConfig, held_out: Sequence[Row], guide: Guide, path: Path) -> int:
    """Write the validation rows: the bare questions, whatever the run shows (law 2).

    Raises InputError for rows with guidance, QuestionTooLongError for one over the budget.
    """
    refuse_guidance(held_out)
    rows = []
    for index, row in enumerate(held_out):
        prompt = guide.bare(row.id, row.asked)
        rows.append({"prompt": prompt, **_row(config, row.id, row.target, index, VALIDATION)})
    _write(rows, config, VALIDATION, path)
    return len(rows)


def _row(config: RunConfig, id: str, target: Any, index: int, split: str) -> dict[str, Any]:
    return {
        "data_source": f"smepo/{config.domain}",
        "ability": config.domain,
        "reward_model": {"style": "rule", "ground_truth": ground_truth(target)},
        "extra_info": {
            "index": index,
            "split": split,
            "id": id,
            "domain": config.domain,
            "verifier": config.judge,
        },
    }


def ground_truth(target: Any) -> Any:
    """A target as a column of one type: text and lists of text stay, tables become JSON."""
    if isinstance(target, Mapping):
        return json.dumps(target, ensure_ascii=False)
    return list(target) if isinstance(target, list | tuple) else str(target)


def _needs_trace(guide: Guide) -> bool:
    transform = guide.guidance.transform
    return not (isinstance(transform, Masked) and transform.mode in REPAIRED)


def _write(rows: Sequence[dict[str, Any]], config: RunConfig, split: str, path: Path) -> None:
    """One row group a thousand rows; equal rows make equal bytes."""
    fields = [("prompt", _MESSAGES), ("data_source", _TEXT), ("ability", _TEXT)]
    several = any(isinstance(row["reward_model"]["ground_truth"], list) for row in rows)
    if several:
        for row in rows:
            truth = row["reward_model"]["ground_truth"]
            row["reward_model"]["ground_truth"] = truth if isinstance(truth, list) else [truth]
    truth_type = pa.list_(_TEXT) if several else _TEXT
    fields += [
        ("reward_model", pa.struct([("style", _TEXT), ("ground_truth", truth_type)])),
        ("extra_info", _EXTRA),
    ]
    if rows and COLUMN in rows[0]:
        fields += [("agent_name", _TEXT), (COLUMN, pa.struct([(name, _TEXT) for name in _SEEN]))]
    note = {
        "split": split,
        "domain": config.domain,
        "guidance": config.guidance.model_dump(mode="json") if split == TRAIN else None,
    }
    schema = pa.schema(fields, metadata={"smepo": json.dumps(note, sort_keys=True)})
    table = pa.Table.from_pylist(list(rows), schema=schema)
    pq.write_table(table, path, row_group_size=1000, compression="zstd")
