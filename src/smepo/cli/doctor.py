"""`smepo doctor`: is everything here that a run needs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.errors import GateError, InputError

_STYLES = {"ok": "green", "absent": "yellow", "bad": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    model: Annotated[
        str | None, typer.Option(help="Folder, name or testbed:math: its template and tokens.")
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens of a prompt.")] = 4096,
    index: Annotated[
        str | None, typer.Option(help="Of search: a folder, or a retriever's URL.")
    ] = None,
    verl: Annotated[
        Path | None, typer.Option(help="verl.yaml of an export: is it accepted?")
    ] = None,
    as_json: dataset.AsJson = False,
) -> None:
    """Look at versions, sandbox, GPU, verl's plugin, and run a sample row of each domain.

    Every line that is not green says what to do. Exit status 1 if something does not work; what is
    only absent, such as an extra, is no error.
    """
    from smepo.doctor import examine

    if verl is not None and not verl.is_file():
        raise InputError(f"{verl}: no such file; `smepo export verl` writes it")
    console = Console(highlight=False, soft_wrap=True)
    findings = []
    for one in examine(model=model, budget=budget, index=index, configuration=verl):
        findings.append(one)
        if not as_json:
            state = (f"{one.state.value:<7}", _STYLES[one.state.value])
            console.print(Text.assemble(state, f" {one.name}: {one.found}"))
            if one.todo:
                console.print(Text(f"        {one.todo}", style="dim"))
    counts = Counter(one.state.value for one in findings)
    if as_json:
        print(json.dumps({"findings": [one.as_json() for one in findings], **counts}))
    if counts["bad"]:
        names = ", ".join(one.name for one in findings if one.state == "bad")
        raise GateError(f"{counts['bad']} of {len(findings)} do not work: {names}")
