"""`smepo trace IN OUT`: verified traces from an expert behind an endpoint."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.errors import ConfigError, GateError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("trace")(trace)


def trace(
    source: Annotated[str, typer.Argument(metavar="IN", help="Rows with question and target.")],
    output: Annotated[str, typer.Argument(metavar="OUT", help=".parquet or .jsonl")],
    url: Annotated[str, typer.Option(help="Of an OpenAI-compatible API, as .../v1.")],
    model: Annotated[str, typer.Option(help="The expert's name there.")],
    domain: Annotated[str, typer.Option(help="math, code, search or module:function")] = "math",
    k: Annotated[int, typer.Option(min=1, help="Samples a question.")] = 4,
    keep: Annotated[
        Literal["shortest", "first", "all"], typer.Option(help="Which of the right ones.")
    ] = "shortest",
    until_solved: Annotated[
        bool, typer.Option("--until-solved", help="Stop at a row's first right sample.")
    ] = False,
    temperature: Annotated[float, typer.Option(min=0.0)] = 0.7,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of one answer.")] = 4096,
    seed: Annotated[int | None, typer.Option(help="Sample n asks with seed + n.")] = None,
    system: Annotated[str | None, typer.Option(help="What the expert is told.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at a time.")] = 8,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Requests a minute.")] = None,
    budget: Annotated[int | None, typer.Option(min=1, help="Tokens; then stop asking.")] = None,
    prices: Annotated[
        tuple[float, float] | None,
        typer.Option(help="Of a million prompt and completion tokens.", metavar="P C"),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds an attempt.")] = 300.0,
    tries: Annotated[int, typer.Option(min=1)] = 5,
    limit: Annotated[int | None, typer.Option(min=1, help="Rows, from the start.")] = None,
    question: dataset.Question = None,
    target: dataset.Target = None,
    target_after: dataset.TargetAfter = None,
    id: dataset.Id = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if a row has no right trace.")
    ] = False,
    as_json: dataset.AsJson = False,
) -> None:
    """Ask an expert for traces, keep those that the domain's verifier finds right.

    The key of the API is read from SMEPO_EXPERT_KEY. Every answer is kept in OUT.journal.jsonl as
    it comes: the same command goes on after an interrupt and pays for nothing twice.
    """
    from smepo.asking import Plan
    from smepo.endpoint import Endpoint
    from smepo.tracing import SYSTEMS, Prices
    from smepo.tracing import trace as run
    from smepo.training.config import DataConfig
    from smepo.training.rows import read
    from smepo.verifiers import verifier

    dataset.find_own_modules(domain)
    told = system if system is not None else SYSTEMS.get(domain)
    if told is None:
        raise ConfigError(f"--system: the domain {domain!r} has no words of its own; give some")
    table: dict[str, Any] = {
        "path": source,
        "question": question,
        "target": target,
        "target_after": target_after,
        "id": id,
        "limit": limit,
    }
    rows, problems = read(DataConfig.model_validate(table), "IN", traces=False)
    console = Console(stderr=True)
    for problem in problems:
        console.print(Text(f"set aside: {problem}"))
    sampling = {"temperature": temperature, "max_tokens": max_tokens}
    with dataset.progress_bar() as bar:
        found = run(
            rows,
            output,
            Endpoint(url, model, os.environ.get("SMEPO_EXPERT_KEY", ""), timeout, tries),
            verifier(domain),
            Plan(k, sampling, concurrency, rate, budget, seed),
            system=told,
            keep=keep,
            until_solved=until_solved,
            prices=Prices(*prices) if prices is not None else None,
            progress=lambda done, total: bar("ask", done, total),
        )
    if as_json:
        print(json.dumps({**found.as_json(), "unusable": len(problems)}))
    else:
        made = dataset.table(f"{found.rows:,} rows")
        dataset.add_row(made, "with a right trace", found.solved, found.rows)
        for name, count in sorted(found.statuses.items()):
            dataset.add_row(made, f"  samples {name}", count, found.samples)
        for name, count in sorted(found.asked.items()):
            made.add_row(f"  {name.replace('_', ' ')}", f"{count:,}", "", "")
        made.add_row(
            "tokens",
            f"{found.prompt_tokens:,} + {found.completion_tokens:,}",
            "",
            "prompt + answer",
        )
        if found.cost is not None:
            made.add_row("cost", f"{found.cost:,.4f}", "", "")
        made.add_row("output", "", "", Text(found.output))
        Console().print(made)
        for failure in found.failures:
            console.print(Text(f"failed: {failure}"))
    if unanswered := found.asked["failed"]:
        raise GateError(f"{unanswered:,} requests failed; the same command asks them again")
    if strict and found.solved < found.rows:
        raise GateError(f"--strict: {found.rows - found.solved:,} rows have no right trace")
