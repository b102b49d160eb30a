"""A hook of mkdocs: the page `commands.md`, out of the command line itself."""

from __future__ import annotations

from typing import Any

import typer
from mkdocs.structure.files import File, Files

from smepo.cli import build


def on_files(files: Files, *, config: Any) -> Files:
    """Add the page."""
    files.append(File.generated(config, "commands.md", content=page()))
    return files


def page() -> str:
    """Every command with its arguments and options, as Markdown."""
    group: Any = typer.main.get_command(build())
    parts = [
        "# Commands\n",
        f"{group.help}\n",
        "`smepo --install-completion` completes in a shell.\n",
    ]
    for name, command in group.commands.items():
        parts += _command(f"smepo {name}", command)
    return "\n".join(parts)


def _command(name: str, command: Any) -> list[str]:
    if hasattr(command, "commands"):
        inner = [_command(f"{name} {sub}", one) for sub, one in command.commands.items()]
        return [
            f"## {name}\n",
            f"{command.help or ''}\n",
            *(line for lines in inner for line in lines),
        ]
    said = [f"## {name}\n", f"{command.help or ''}\n", "| | |", "|---|---|"]
    for one in command.params:
        if one.hidden or one.name == "help":
            continue
        argument = one.param_type_name == "argument"
        plain = (one.metavar or one.name.upper()) if argument else ""
        names = plain or ", ".join([*one.opts, *one.secondary_opts])
        default = "" if one.default in (None, False, ()) or callable(one.default) else one.default
        words = " ".join((one.help or "").split())
        shown = f" Default: {default}." if str(default) else ""
        said.append("| `{}` | {}{} |".format(*(_cell(x) for x in (names, words, shown))))
    return [*said, ""]


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("<", "&lt;")
