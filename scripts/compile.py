"""Build hook: compiles the modules listed in ``pyproject.toml`` with mypyc.

The compiled modules do the same as their sources, several times faster. Where no C compiler is at
hand, or with ``SMEPO_PURE=1``, the package is built as plain Python and says so; with
``SMEPO_COMPILED=1`` a failure ends the build. By hand, in place: ``python scripts/compile.py``.

``compiled.json`` beside the package's modules holds the digests of the sources that were compiled,
so that the tests notice a stale build.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
RECORD = "smepo/compiled.json"
_INLINES = () if os.name == "nt" else ("-fno-semantic-interposition",)  # calls among the modules
_HOOK = ("tool", "hatch", "build", "targets", "wheel", "hooks", "custom")


def modules() -> list[str]:
    """The modules to compile, relative to ``src``."""
    table: Any = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for name in _HOOK:
        table = table[name]
    return list(table["modules"])


def clear() -> None:
    """Remove what an earlier build left in ``src``."""
    for left in (*SOURCES.rglob("*.so"), *SOURCES.rglob("*.pyd"), SOURCES / RECORD):
        left.unlink(missing_ok=True)


def compile_in_place() -> list[Path]:
    """Compile into ``src`` and return what was built; raises whatever the tools raise."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    clear()
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(SOURCES)
        os.environ["MYPYPATH"] = str(SOURCES)
        try:
            extensions = mypycify(
                ["--config-file=", "--no-site-packages", "--follow-imports=silent",
                 "--ignore-missing-imports", "--disable-error-code=unused-ignore",
                 f"--cache-dir={scratch}/cache", *modules()],
                opt_level=os.environ.get("SMEPO_OPT", "3"),
                debug_level="0",
                group_name="smepo",
                target_dir=scratch,
            )  # fmt: skip
            for extension in extensions:
                extension.extra_compile_args += _INLINES
            command = build_ext(Distribution({"name": "smepo", "ext_modules": extensions}))
            command.inplace = True
            command.parallel = os.cpu_count()
            command.build_temp = scratch
            command.ensure_finalized()
            command.run()
        finally:
            os.chdir(here)
            shutil.rmtree(SOURCES / "build", ignore_errors=True)
    built = sorted(SOURCES.rglob("*.so")) + sorted(SOURCES.rglob("*.pyd"))
    (SOURCES / RECORD).write_text(json.dumps(digests(), indent=1) + "\n", "utf-8")
    return [*built, SOURCES / RECORD]


def digests() -> dict[str, str]:
    """The SHA-256 of each source that is to be compiled."""
    return {m: hashlib.sha256((SOURCES / m).read_bytes()).hexdigest() for m in modules()}


def stale() -> bool:
    """True if ``src`` holds compiled modules that were made from other sources."""
    record = SOURCES / RECORD
    return record.exists() and json.loads(record.read_text("utf-8")) != digests()


def attempt() -> list[Path]:
    """As ``compile_in_place``, or nothing where that fails or is not wanted."""
    if os.environ.get("SMEPO_PURE"):
        clear()
        return []
    try:
        return compile_in_place()
    except (Exception, SystemExit) as error:  # no compiler, no headers, an unknown platform
        clear()
        if os.environ.get("SMEPO_COMPILED"):
            raise
        print(f"smepo: built as plain Python, slower: {error}", file=sys.stderr)
        return []


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # by hand, outside a build
    pass
else:

    class Compile(BuildHookInterface):  # type: ignore[misc]
        """What hatchling calls for wheels and editable installs."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            built = attempt()
            if not built:
                return
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            if version == "standard":
                build_data["force_include"].update(
                    {str(path): str(path.relative_to(SOURCES)) for path in built}
                )


if __name__ == "__main__":
    if "--stale" in sys.argv:
        if not (SOURCES / RECORD).exists():
            print("smepo: plain Python, slower; `python scripts/compile.py` compiles it")
        sys.exit(not stale())
    for path in compile_in_place():
        print(path.relative_to(ROOT))
