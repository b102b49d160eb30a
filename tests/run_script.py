"""Scripts of the repository, run as `python SCRIPT ARGUMENTS` runs them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest


def run(
    script: Path,
    *arguments: str,
    folder: Path,
    patch: pytest.MonkeyPatch,
    capture: pytest.CaptureFixture[str],
) -> str:
    """What ``script`` prints, run in ``folder`` and in this process, which has torch and TRL
    imported already: five seconds of every start."""
    patch.setattr(sys, "argv", [str(script), *arguments])
    patch.chdir(folder)
    capture.readouterr()
    runpy.run_path(str(script), run_name="__main__")
    return capture.readouterr().out
