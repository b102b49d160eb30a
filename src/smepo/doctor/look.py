"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smepo.doctor import packages, rows, verl
from smepo.doctor.finding import Finding, bad, guarded


def examine(
    *,
    model: str | None = None,
    budget: int = 4096,
    index: str | None = None,
    configuration: Path | None = None,
) -> Iterator[Finding]:
    """Look at everything; the findings come as they are made. Raises nothing.

    ``model``: a folder or a name, for the chat template and the dry runs. ``index``: a folder of
    `smepo index`, or a retriever's URL. ``configuration``: what `smepo export verl` wrote.
    """
    yield from packages.look()
    yield guarded("gpu", packages.gpu, "install torch again: constraints/cpu.txt or gpu.txt")
    yield guarded("sandbox", rows.sandbox, "install bubblewrap (apt install bubblewrap)")
    tokenizer: Any = None
    if model is not None:
        try:
            from smepo.cli.preview import load_tokenizer

            tokenizer = load_tokenizer(model)
        except Exception as error:  # from the hub, a folder, or a library that is not there
            todo = "give a folder with a tokenizer, or the name of a model on the hub"
            yield bad("chat template", str(error), todo)
    if tokenizer is not None:
        todo = "the tokenizer or its template cannot carry a prompt; the message says where"
        yield guarded("chat template", lambda: rows.template(tokenizer, str(model)), todo)
    if index is not None:
        todo = "make one with `smepo index CORPUS FOLDER`, or start the retriever"
        yield guarded("index", lambda: rows.index(index), todo)
    yield from rows.dry_runs(tokenizer, budget)
    yield from verl.look(configuration)
