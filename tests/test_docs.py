"""The documentation builds from the repository alone; the list of dependencies is whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="smepo[docs] is not installed")
    pytest.importorskip("mkdocstrings", reason="smepo[docs] is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--until-solved" in (tmp_path / "commands" / "index.html").read_text(encoding="utf-8")
    assert "smepo.pipeline.mask.mask" in (tmp_path / "api" / "index.html").read_text("utf-8")
    loads = re.compile(
        r'(?:src="|<link[^>]*rel="(?:stylesheet|preconnect)"[^>]*href=")(?:https?:)?//'
    )
    for page in tmp_path.rglob("*.html"):
        assert not loads.search(page.read_text(encoding="utf-8")), page


def test_every_dependency_that_is_here_has_a_version_and_a_licence() -> None:
    pytest.importorskip("packaging")
    done = subprocess.run(
        [sys.executable, "scripts/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {one["name"]: one for one in json.loads(done.stdout)["components"]}
    assert {"pyarrow", "typer", "sympy"} <= found.keys()  # sympy: of math-verify
    assert "torch" not in found  # the core needs none
    for one in found.values():
        assert one["version"]
        assert one["licenses"][0]["license"]["name"] != "unknown", one
