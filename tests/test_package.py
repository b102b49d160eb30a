"""What is built is whole: the sdist, the wheel made from it, the core that runs from the wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = """
import sys
for name in "torch transformers tokenizers trl datasets accelerate ray tantivy fsspec".split():
    sys.modules[name] = None  # an import of it fails
import smepo
assert smepo.__file__.startswith(sys.argv.pop()), smepo.__file__
from smepo.cli import main
main()
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both, plain Python: compiling takes a minute and is tested where it is used."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "-o", str(out), str(ROOT)],
        env={**os.environ, "SMEPO_PURE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def sources() -> set[str]:
    """The files of the package, without what is made from them."""
    package = ROOT / "src" / "smepo"
    made = {".so", ".pyc"}
    found = (file.relative_to(ROOT / "src") for file in package.rglob("*") if file.is_file())
    return {str(file) for file in found if file.suffix not in made and file.name != "compiled.json"}


def test_the_sdist_holds_sources_tests_and_documentation(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as held:
        names = {name.split("/", 1)[1] for name in held.getnames() if "/" in name}
    assert {f"src/{name}" for name in sources()} <= names
    needed = "README.md LICENSE Makefile pyproject.toml scripts/compile.py tests/conftest.py"
    assert {*needed.split(), "docs/index.md", "examples/run.toml", "constraints/cpu.txt"} <= names
    assert not [name for name in names if name.endswith((".so", "compiled.json"))]


def test_the_core_masks_and_reports_from_the_wheel_alone(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as held:
        held.extractall(site)
        names = {name for name in held.namelist() if name.startswith("smepo/")}
    assert names == sources()
    (info,) = site.glob("*.dist-info")
    entries = (info / "entry_points.txt").read_text(encoding="utf-8")
    assert "smepo = smepo.cli:main" in entries
    assert "smepo = smepo.verl.plugin" in entries
    said = (info / "METADATA").read_text(encoding="utf-8")
    assert "Provides-Extra: trl" in said
    assert not [line for line in said.splitlines() if line == "Requires-Dist: torch"]

    row = {"question": "What is 6*7?", "answer": "So 6*7 = <<6*7=42>>42.\n#### 42"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    for command in (
        "mask rows.jsonl masked.parquet --domain math --workers 1",
        "audit masked.parquet --strict",
        "preview masked.parquet --row 0",
        "report masked.parquet",
    ):
        done = subprocess.run(
            [sys.executable, "-c", CORE, *command.split(), str(site)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "1 of 1 rows" in (tmp_path / "masked.parquet.html").read_text("utf-8")
