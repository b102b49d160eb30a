"""The script behind the table of `docs/experiments.md`."""

import subprocess
import sys

import pytest

from conftest import ROOT


@pytest.mark.data
def test_a_few_rows_give_a_table_that_is_written_between_the_markers(public, tmp_path):
    page, kept = tmp_path / "page.md", tmp_path / "kept.json"
    page.write_text("a\n<!-- table of measure_all.py -->\nold\n<!-- end of the table -->\nz\n")
    for name in ("2Wiki", "GSM8K train"):
        command = [sys.executable, ROOT / "scripts/measure_all.py", public, "--rows", "3"]
        command += ["--only", name, "--keep", kept, "--write", page, "--workers", "1"]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    text = page.read_text()
    assert text.startswith("a\n<!--")
    assert text.endswith("-->\nz\n")
    assert "old" not in text
    assert "| | want | GSM8K train | 2Wiki |" in text
    assert "| rows |  | 3 | 3 |" in text
    assert "| rows whose guidance scores | 0 | 0 (0 %) | 0 (0 %) |" in text
