"""Shared fixtures. Public data beside the checkout is used when present and skipped when absent."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from hypothesis import HealthCheck, settings
from typer.testing import CliRunner

import smepo.cli.audit
import smepo.cli.compare
import smepo.cli.convert
import smepo.cli.mask

# A property is a property on a slow machine too. In CI every run draws the same examples, so that a
# change is judged by what it changes; elsewhere each run looks at new ones.
settings.register_profile(
    "smepo",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("smepo")

# Policies of these tests are tiny, and several processes share the cores: more threads only wait.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a name that is no folder is no download either

ROOT = Path(__file__).resolve().parent.parent


def pytest_sessionstart() -> None:
    """Compiled modules of other sources would be tested in place of what the files say."""
    script = ROOT / "scripts" / "compile.py"
    if subprocess.run([sys.executable, script, "--stale"], check=False).returncode == 0:
        pytest.exit("compiled modules are older than their sources: run `make compile`", 2)


PUBLIC = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def public() -> Path:
    """The folder with public data sets; a test that asks for it is skipped where it is absent."""
    if not PUBLIC.is_dir():
        pytest.skip("public data is not beside this checkout")
    return PUBLIC


@pytest.fixture
def smepo_run() -> Callable[..., Result]:
    """Call a command; errors of smepo are raised, as the entry point turns them into one line."""
    app = typer.Typer()
    for command in (smepo.cli.mask, smepo.cli.audit, smepo.cli.convert, smepo.cli.compare):
        command.register(app)

    def call(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call
