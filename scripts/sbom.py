"""What this package needs, with versions and licences, as CycloneDX 1.5: `make sbom`.

    python scripts/sbom.py [EXTRA ...] > sbom.json

Follows the requirements of the installed packages; names what is required here and not installed.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "smepo"


def components(extras: list[str]) -> list[dict[str, Any]]:
    """The packages that ``smepo`` with ``extras`` needs on this machine, by name."""
    seen: dict[str, set[str]] = {}
    found: dict[str, dict[str, Any]] = {}
    waiting = [(ROOT, set(extras))]
    while waiting:
        name, wanted = waiting.pop()
        done = seen.setdefault(name, set())
        if name in found and wanted <= done:
            continue
        done |= wanted
        try:
            held = distribution(name)
        except PackageNotFoundError:
            found[name] = {"type": "library", "name": name, "description": "not installed here"}
            continue
        found[name] = _component(name, held)
        waiting += _needed(held, done)
    return [found[name] for name in sorted(found) if name != ROOT]


def _needed(held: Distribution, extras: set[str]) -> list[tuple[str, set[str]]]:
    found = []
    for line in held.requires or ():
        need = Requirement(line)
        marker = need.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            found.append((canonicalize_name(need.name), set(need.extras)))
    return found


def _component(name: str, held: Distribution) -> dict[str, Any]:
    return {
        "type": "library",
        "name": name,
        "version": held.version,
        "purl": f"pkg:pypi/{name}@{held.version}",
        "licenses": [{"license": {"name": _licence(held)}}],
    }


def _licence(held: Distribution) -> str:
    """The expression, else the classifiers, else the first line of the field, else `unknown`."""
    told = held.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    classes = [c for c in told.get_all("Classifier") or () if c.startswith("License ::")]
    if classes:
        return ", ".join(c.rpartition(" :: ")[2] for c in classes)
    lines = (told.get("License") or "").strip().splitlines()
    return lines[0] if lines else "unknown"


if __name__ == "__main__":
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": ROOT}},
        "components": components(sys.argv[1:]),
    }
    print(json.dumps(bom, indent=2))
