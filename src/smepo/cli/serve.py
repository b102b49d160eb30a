"""`smepo serve INDEX`: an index for other machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from smepo.cli import dataset


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    index: Annotated[Path, typer.Argument(metavar="INDEX", help="A folder of `smepo index`.")],
    host: Annotated[str, typer.Option(help="0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    as_json: dataset.AsJson = False,
) -> None:
    """Answer searches over HTTP, in Search-R1's form, until interrupted.

    Training and evaluation on other machines name it as their index:
    http://HOST:8000/retrieve. There is no password: keep it inside your network. With --json the
    address is said on one line as soon as it answers.
    """
    from smepo.search import Index
    from smepo.search.server import PATH, server

    held = Index.open(index)
    with server(held, host, port) as running:
        bound = f"http://{host}:{running.server_port}{PATH}"
        if as_json:
            print(json.dumps({"passages": len(held), "url": bound}), flush=True)
        else:
            Console(stderr=True, highlight=False).print(f"{len(held):,} passages at {bound}")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            return
