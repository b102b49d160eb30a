"""verl: is the plugin loaded in the driver and in Ray workers, does a configuration start.

verl catches whatever its plugins raise and logs it at DEBUG. So it is asked what it has registered,
in a new process as `main_ppo` is one, and in workers of a real Ray.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from smepo.doctor.finding import Finding, absent, bad, guarded, ok

TIMEOUT = 300  # seconds; importing verl takes ten on an idle machine
_ERROR = re.compile(r"[\w.]+(Error|Exception)\b")
_INSTALL = "pip install 'smepo[verl]'"
_TODO = "pip install 'smepo[verl]' again, on every node; the message is what verl hides"


def look(configuration: Path | None) -> Iterator[Finding]:
    """Plugin and configuration. Raises nothing."""
    names = {"driver": "verl plugin, driver", "worker": "verl plugin, worker"}
    if find_spec("verl") is None:
        for name in names.values():
            yield absent(name, "verl is not installed", _INSTALL)
        if configuration is not None:  # it was asked for, so silence would read as a yes
            found = f"{configuration} was not read: verl is not installed"
            yield bad("verl configuration", found, _INSTALL)
        return
    yield guarded(names["driver"], lambda: _asked(names["driver"], _TODO, "driver"), _TODO)
    yield guarded(names["worker"], lambda: _asked(names["worker"], _TODO, "worker"), _TODO)
    if configuration is not None:
        todo = "export the run again with `smepo export verl`"
        ask = ("configuration", str(configuration))
        yield guarded(ask[0], lambda: _asked(f"verl {ask[0]}", todo, *ask), todo)


def _asked(name: str, todo: str, *question: str) -> Finding:
    """What a process of its own answers."""
    command = [sys.executable, "-m", "smepo.doctor.probe", *question]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"ok"')]
    if not lines:
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        errors = [line for line in said if _ERROR.match(line)]
        return bad(name, (errors or said)[-1], todo)
    answer = json.loads(lines[-1])
    return ok(name, answer["found"]) if answer["ok"] else bad(name, answer["found"], todo)
