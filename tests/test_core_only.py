"""The core works where no extra is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

EXTRAS = "torch transformers tokenizers trl datasets accelerate ray tantivy verl peft matplotlib"

BARE = f"""
import sys
for name in {EXTRAS!r}.split():
    sys.modules[name] = None  # an import of it fails
from smepo.cli import main
main()
"""


def bare(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BARE, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_mask_audit_and_report_need_no_extra(tmp_path: Path) -> None:
    row = {"question": "What is 6*7?", "answer": "So 6*7 = <<6*7=42>>42.\n#### 42"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    for command in (
        ["mask", "rows.jsonl", "masked.parquet", "--domain", "math", "--workers", "1"],
        ["audit", "masked.parquet"],
        ["report", "masked.parquet"],
    ):
        done = bare(tmp_path, *command)
        assert done.returncode == 0, done.stderr
    (page,) = tmp_path.glob("*.html")
    assert "1 of 1 rows" in page.read_text("utf-8")


def test_what_needs_an_extra_says_which(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"title": "Elbe", "text": "A river."}\n')
    (tmp_path / "run.toml").write_text(
        'model = "testbed:math"\noutput_dir = "out"\nsteps = 1\n[data]\npath = "testbed:math"\n'
    )
    for command, extra in (
        (["index", "c.jsonl", "out.index"], "smepo[search]"),
        (["train", "run.toml"], "smepo[trl]"),
    ):
        done = bare(tmp_path, *command)
        assert done.returncode == 2
        assert extra in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
