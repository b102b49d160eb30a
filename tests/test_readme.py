"""The README's commands run as they stand, on small rows, in an environment of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smepo.testbed import problems

ROOT = Path(__file__).resolve().parent.parent
PIP = re.compile(r"^(pip install .*)$", re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _rows(path: Path, split: str, n: int) -> None:
    made = [problem.row() for problem in problems("math", split=split, level="hard", n=n)]
    values = [{"problem": r.question, "answer": r.target, "solution": r.traces[0]} for r in made]
    pq.write_table(pa.Table.from_pylist(values), path)


def _wheel(folder: Path) -> None:
    """The wheel, plain Python: compiling takes a minute and is tested where it is used.

    It is made from the sdist: a plain build in the checkout clears the modules compiled there.
    """
    command = [sys.executable, "-m", "build", "--no-isolation", "-o", str(folder)]
    subprocess.run(
        [*command, str(ROOT)],
        env={**os.environ, "SMEPO_PURE": "1"},
        capture_output=True,
        check=True,
    )


def test_the_lines_of_python_give_the_guidance_on_top() -> None:
    """The block that calls `smepo.mask` runs, and its text is the guidance that the page shows."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(one for one in PYTHON.findall(page) if "smepo.mask(" in one)
    said: dict[str, Any] = {}
    exec(block, said)
    shown = dict(re.findall(r"^(question|trace|guidance) {2,}(.+)$", page, re.MULTILINE))
    assert said["question"] == shown["question"]
    assert said["trace"].split() == shown["trace"].split()
    assert said["masked"].text.split() == shown["guidance"].split()
    assert said["report"].leaks == ()


@pytest.mark.trainer
def test_the_page_of_commands(tmp_path: Path) -> None:
    """All of them, in one shell that stops at the first that fails.

    pip installs the wheel alone, from an index that is not asked. The dependencies are those of
    this environment: behind the line of pip they are put on the path of the empty one.
    """
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    (block,) = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    _rows(tmp_path / "rows.parquet", "train", 16)
    _rows(tmp_path / "heldout.parquet", "heldout", 8)
    _wheel(tmp_path / "dist")
    (tmp_path / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    block, installs = PIP.subn(r"\1\ncp dependencies.pth fresh/lib/python3.*/site-packages/", block)
    assert installs == 1
    block += 'python -c "import smepo; print(smepo.__file__)"\n'
    settings = {
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    outside = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        ["sh", "-e", "-x", "-c", block],
        cwd=tmp_path,
        env={**outside, **settings},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("masked.html", "flipped.html", "run.html", "runs/compared/report.html"):
        assert "<h2" in (tmp_path / page).read_text(encoding="utf-8"), page
    assert "avg@2" in done.stdout
    where = Path(done.stdout.split()[-1])
    assert where.is_relative_to(tmp_path / "fresh"), "what ran is the wheel"
