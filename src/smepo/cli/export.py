"""`smepo export`: a run for another trainer."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from smepo.cli import dataset

Run = Annotated[Path, typer.Argument(metavar="RUN.toml", help="The run's configuration.")]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write into.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="A run for another trainer: data and settings.")
    group.command("verl")(verl)
    group.command("trl")(trl)
    group.command("rows")(rows)
    app.add_typer(group, name="export")


def verl(
    run: Run,
    out: Out,
    nodes: Annotated[int, typer.Option(min=1)] = 1,
    gpus: Annotated[int, typer.Option(min=1, help="A node.")] = 8,
    tensor_parallel: Annotated[
        int, typer.Option(min=1, help="GPUs that share one copy of the sampler.")
    ] = 1,
    sampler: Annotated[Literal["vllm", "sglang"], typer.Option()] = "vllm",
    tools: Annotated[
        Path | None, typer.Option(help="File of @function_tool functions: rollouts in turns.")
    ] = None,
    index: Annotated[
        str | None, typer.Option(help="Search in turns: index folder, or a retriever's URL.")
    ] = None,
    as_json: dataset.AsJson = False,
) -> None:
    """Data, configuration and launch scripts for a stock verl.

    The batch of RUN.toml is taken as the whole batch, over all GPUs.
    """
    from smepo.verl.export import export
    from smepo.verl.settings import Cluster

    cluster = Cluster(nodes, gpus, tensor_parallel, sampler)
    summary = _run(
        run,
        as_json,
        lambda config, listener: export(
            config, out, cluster=cluster, tools=tools, index=index, listener=listener
        ).as_json(),
    )
    if not as_json:
        _tell(summary, f"bash {Path(summary['out']) / 'launch.sh'}")


def trl(run: Run, out: Out, as_json: dataset.AsJson = False) -> None:
    """Rows, arguments and a script for stock TRL; guidance is in the prompts."""
    from smepo.recipes.export import export_trl

    summary = _run(run, as_json, lambda config, listen: export_trl(config, out, listener=listen))
    if not as_json:
        _count(summary)
        Console(highlight=False).print(f"start: accelerate launch {out / 'train.py'}")


def rows(
    run: Run,
    out: Out,
    framework: Annotated[
        str, typer.Option("--for", help="openrlhf, verifiers, prime-rl, skyrl, slime, nemo-rl, trl")
    ],
    as_json: dataset.AsJson = False,
) -> None:
    """Rows of another trainer, JSON lines; docs/recipes.md says how each takes them."""
    from smepo.recipes.export import export

    summary = _run(
        run, as_json, lambda config, listen: export(config, framework, out, listener=listen)
    )
    if not as_json:
        _count(summary)


def _count(summary: dict[str, Any]) -> None:
    rows = summary["rows"]
    aside = f"{rows['unusable']} unusable, {rows['question_over_budget']} over the budget"
    Console(highlight=False, soft_wrap=True).print(
        f"{rows['used']} training rows, {summary['guided']} with guidance; set aside: {aside}; "
        f"{summary['validation']} validation rows, all without guidance: {summary['out']}"
    )


def _run(run: Path, as_json: bool, export: Callable[[Any, Any], dict[str, Any]]) -> dict[str, Any]:
    """Load RUN.toml, export with a progress bar, and print the summary if it is wanted as JSON."""
    from smepo import training

    config = training.load(run)
    dataset.find_own_modules(config.domain, config.verifier.name)
    with contextlib.redirect_stdout(sys.stderr), dataset.progress_bar() as bar:
        summary = export(config, lambda event: bar(event.stage, event.done, event.total))
    if as_json:
        print(json.dumps(summary))
    return summary


def _tell(summary: dict[str, Any], start: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    rows, training = summary["rows"], summary["training"]
    statuses = ", ".join(f"{n} {name}" for name, n in rows["statuses"].items())
    aside = f"{rows['unusable']} unusable, {rows['question_over_budget']} over the budget"
    console.print(f"{rows['used']} training rows ({statuses}); set aside: {aside}")
    if summary["online"]:
        console.print("guidance: decided at every step, by the agent loops of smepo")
    else:
        none = "".join(f", {n} without ({name})" for name, n in training["none"].items())
        console.print(f"guidance: {training['guided']} prompts{none}; {training['cut']} cut to fit")
    console.print(f"{summary['validation']} validation rows, all without guidance")
    if summary["ignored"]:
        console.print(f"not for this trainer, left out: {', '.join(summary['ignored'])}")
    console.print(f"start: {start}")
