"""The README's commands run as they stand, on small rows in a folder of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smepo.testbed import problems

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _rows(path: Path, split: str, n: int) -> None:
    made = [problem.row() for problem in problems("math", split=split, level="hard", n=n)]
    values = [{"problem": r.question, "answer": r.target, "solution": r.traces[0]} for r in made]
    pq.write_table(pa.Table.from_pylist(values), path)


@pytest.mark.trainer
def test_the_page_of_commands(tmp_path: Path) -> None:
    """All of them, in one shell that stops at the first that fails."""
    (block,) = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    _rows(tmp_path / "rows.parquet", "train", 16)
    _rows(tmp_path / "heldout.parquet", "heldout", 8)
    command = tmp_path / "bin" / "smepo"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m smepo "$@"\n')
    command.chmod(0o755)
    quiet = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        ["sh", "-e", "-x", "-c", block],
        cwd=tmp_path,
        env={**os.environ, **quiet, "PATH": f"{command.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("masked.html", "flipped.html", "run.html", "runs/compared/report.html"):
        assert "<h2" in (tmp_path / page).read_text(encoding="utf-8"), page
    assert "avg@2" in done.stdout
