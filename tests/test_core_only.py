"""What needs an extra says which, where none is installed; test_package.py runs the core so."""

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
