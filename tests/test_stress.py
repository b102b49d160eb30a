"""A small run of `benchmarks/stress.py`: every check is answered as expected, crashes too."""

import re
import subprocess
import sys

from conftest import ROOT


def test_two_thousand_checks_from_32_threads_with_crashes_and_kills():
    script = [sys.executable, ROOT / "benchmarks" / "stress.py"]
    command = [*script, "--checks", "2000", "--every", ".5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2,000 of 2,000 checks answered" in done.stdout
    assert "NOT EXPECTED" not in done.stdout
    rows = re.findall(r"^\| (\w+) \| ([\d,]+) \|", done.stdout, re.MULTILINE)
    assert sum(int(count.replace(",", "")) for _, count in rows) == 2000
    assert len(rows) == 9
