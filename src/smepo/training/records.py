"""What a run leaves behind, and how an interrupted one continues without a seam.

config.toml        the file as it was given
config.json        the configuration with every field, which a resumed run must match
environment.json   versions, commit, command; one entry a start
metrics.jsonl      one line an optimiser step
probe.jsonl        one line a probe (a monitor, on training problems); alarms.jsonl what it rang
evaluations.jsonl  one line an unguided evaluation; records in eval/step-*.jsonl
checkpoints/       as TRL writes them
final/             the trained model and its tokenizer
result.json        written last
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

METRICS = "metrics.jsonl"
EVALUATIONS = "evaluations.jsonl"
PACKAGES = ("smepo", "torch", "transformers", "trl", "accelerate", "datasets", "math-verify")


def write_json(path: Path, value: Any) -> None:
    """Write a file whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def append_line(path: Path, record: Mapping[str, Any]) -> None:
    """Add one JSON line. A kill in the middle leaves a torn last line, which `rewind` drops."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of records; a torn last line is left out."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]  # the last piece has no newline


def rewind(path: Path, step: int) -> list[dict[str, Any]]:
    """Drop what a killed run wrote after ``step``, so that no step is there twice."""
    kept = [record for record in read_lines(path) if record["step"] <= step]
    if path.is_file():
        write_text(path, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept))
    return kept


def last_checkpoint(folder: Path, marker: str, *, clean: bool = True) -> Path | None:
    """The newest whole checkpoint. ``clean`` removes torn ones (without ``marker``)."""
    whole = []
    for path in folder.glob("checkpoint-*"):
        if (path / marker).is_file():
            whole.append(path)
        elif clean:
            shutil.rmtree(path)
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def environment() -> dict[str, Any]:
    """Versions, commit (where there is one), command and machine of this start."""
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": sys.argv,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "commit": _commit(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout that this package runs from; None for an installed wheel."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
