"""The documentation builds from the repository alone; the list of dependencies is whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from smepo.cli import build

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


STARTS = r"python (?:scripts|benchmarks)/|pytest tests/|make |smepo [a-z]+ |accelerate launch "
COMMAND = re.compile(rf"(?:^|`|&& )((?:{STARTS})[^`\n#]*)", re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[tuple[str, str]]:
    """The commands that README and docs name, with the page of each."""
    found = []
    for page in PAGES:
        text = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8"))
        found += [(page.name, " ".join(hit[1].split())) for hit in COMMAND.finditer(text)]
    return found


def test_every_command_that_is_named_is_there() -> None:
    """Scripts, tests, targets and options of the command line: numbers have to be reproducible."""
    group: Any = typer.main.get_command(build())
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    missing, seen = [], 0
    for page, command in commands():
        seen += 1
        words = command.replace('"', " ").split()
        files = [word for word in words if word.startswith(("scripts/", "benchmarks/", "tests/"))]
        files += [word for word in words if word.startswith("examples/")]
        gone = [f for f in files if not list(ROOT.glob(f.split("::")[0]))]
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        if words[0] == "smepo":
            one = group.commands.get(words[1])
            one = getattr(one, "commands", {}).get(words[2], one) if one and words[2:] else one
            known = [o for p in getattr(one, "params", []) for o in (*p.opts, *p.secondary_opts)]
            gone += [o for o in options if o not in known] + ([words[1]] if one is None else [])
        elif words[0] == "make":
            gone += [w for w in words[1:2] if not re.search(rf"^{w}:", targets, re.MULTILINE)]
        elif words[0] == "python" and not gone:
            text = (ROOT / files[0]).read_text(encoding="utf-8")
            gone += [o for o in options if f'"{o}"' not in text]
        missing += [f"{page}: {command}: {name}" for name in gone]
    assert seen > 100
    assert missing == []
