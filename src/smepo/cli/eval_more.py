"""What `smepo eval` does beside a model of transformers: endpoints, vLLM, reference solutions, two
results, contamination; and which domain a file has."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smepo.cli import dataset
from smepo.errors import ConfigError

if TYPE_CHECKING:
    from smepo.evaluation import EvalResult
    from smepo.evaluation.benchmarks import Benchmark
    from smepo.evaluation.contamination import Overlap
    from smepo.evaluation.episodes import Episode
    from smepo.types import Row

REFERENCE = "reference:"  # as MODEL: the solutions that DATA holds
SHOWN = 10  # of each list in the terminal


def check_backend(
    model: str, url: str | None, index: str | None, backend: str, engine: bool, k: int
) -> None:
    """Raise ConfigError for flags that belong to different ways of getting completions."""
    if index is not None and backend != "transformers":
        raise ConfigError(
            "--index: episodes are played by a model of transformers in this process or behind an "
            "endpoint (--url); leave --backend out"
        )
    if url is not None and backend != "transformers":
        raise ConfigError("--url: the endpoint runs the model; leave --backend out")
    if engine and backend != "vllm":
        raise ConfigError("--engine: these are options of vLLM; add --backend vllm")
    if model == REFERENCE and (url or index or backend != "transformers" or k != 1):
        raise ConfigError(
            f"{REFERENCE} the solutions of DATA are judged, one a row, and no model is asked; "
            "leave --url, --index, --backend and --k out"
        )


def domain_of(table: dict[str, Any], asked: str | None) -> tuple[str, Benchmark | None]:
    """The domain of DATA: as asked for, else of the benchmark or family that it is, else math.

    Raises ConfigError where the benchmark is judged otherwise, InputError for unknown columns.
    """
    from smepo.testbed import find_family
    from smepo.training.checks import TESTBED, check_benchmark
    from smepo.training.config import DataConfig
    from smepo.training.rows import benchmark_of

    path = str(table["path"])
    benchmark = benchmark_of(DataConfig.model_validate(table), path)
    if benchmark is not None:
        check_benchmark(path, benchmark.name, benchmark.domain, asked or benchmark.domain)
        said = f"{path} is read as {benchmark.name} ({asked or benchmark.domain})"
        Console(stderr=True, highlight=False).print(said, markup=False, soft_wrap=True)
        return asked or benchmark.domain, benchmark
    if asked is None and path.startswith(TESTBED):
        return find_family(path.removeprefix(TESTBED)).domain, None
    return asked or "math", None


def judge_references(
    rows: Sequence[Row], benchmark: Benchmark | None, domain: str, seed: int
) -> EvalResult:
    """Whether the reference solutions of a file are judged right here."""
    from smepo.evaluation.given import evaluate_given, references
    from smepo.verifiers import verifier

    held, completions = references(rows, benchmark)
    if without := len(rows) - len(held):
        Console(stderr=True).print(f"set aside: {without} rows without a reference solution")
    return evaluate_given(held, completions, verifier(domain), seed=seed)


def run_vllm(
    model: str,
    rows: Sequence[Row],
    domain: str,
    sampling: dict[str, Any],
    options: dict[str, Any],
) -> EvalResult:
    """Evaluate a model that vLLM runs in this process."""
    from smepo.evaluation import Sampling, evaluate_backend
    from smepo.evaluation.engine import load
    from smepo.training.checks import model_path
    from smepo.verifiers import verifier

    judge = verifier(domain)
    engine = load(model_path(model), sampling["seed"], options)
    drawn = {k: v for k, v in sampling.items() if k not in ("budget", "system")}
    prompt = {"budget": sampling["budget"], "system": sampling["system"]}
    return evaluate_backend(engine, rows, judge, Sampling(**drawn), **prompt)


def ask(
    url: str,
    model: str,
    rows: Sequence[Row],
    domain: str,
    sampling: dict[str, Any],
    limits: tuple[int, float | None],
    out: Path,
    search: dict[str, Any] | None,
) -> tuple[EvalResult, Sequence[Episode]]:
    """Evaluate a model behind an endpoint; its answers are kept beside ``out``. ``search`` lets it
    call tools, and then there are episodes."""
    from smepo.asking import Plan
    from smepo.endpoint import Endpoint
    from smepo.evaluation.remote import evaluate_endpoint
    from smepo.evaluation.remote_episodes import evaluate_endpoint_episodes
    from smepo.training.search import SearchConfig, retriever
    from smepo.training.search import limits as limits_of
    from smepo.verifiers import verifier

    settings = {
        "temperature": sampling["temperature"],
        "top_p": sampling["top_p"],
        "max_tokens": sampling["max_new_tokens"],
    }
    endpoint = Endpoint(url, model, os.environ.get("SMEPO_EVAL_KEY", ""), timeout=600.0)
    plan = Plan(sampling["k"], settings, *limits, seed=sampling["seed"])
    journal, judge = out.with_name(out.name + ".journal.jsonl"), verifier(domain)
    with dataset.progress_bar() as bar:
        if search is None:
            result = evaluate_endpoint(
                endpoint,
                rows,
                judge,
                plan,
                journal,
                system=sampling["system"],
                progress=lambda done, total: bar("evaluate", done, total),
            )
            return result, ()
        table = SearchConfig.model_validate(search)
        result, episodes = evaluate_endpoint_episodes(
            endpoint,
            rows,
            judge,
            retriever(table),
            plan,
            journal,
            limits=limits_of(table),
            system=sampling["system"],
            progress=lambda turn, done, total: bar(f"turn {turn}", done, total),
        )
        return replace(result, settings={**result.settings, "search": search}), episodes


def compare(a: str, b: str, as_json: bool) -> None:
    """Print what differs between two results."""
    from smepo.evaluation.flips import compare as run

    found = run(a, b)
    if as_json:
        print(json.dumps(found.as_json()))
        return
    console = Console(highlight=False)
    table = Table(title=f"{found.problems} problems in both", title_justify="left", box=None)
    for name in ("", "accuracy"):
        table.add_column(name, justify="right")
    table.add_row(Text(a), dataset.percent(found.a))
    table.add_row(Text(b), dataset.percent(found.b))
    console.print(table)
    p = "" if found.p is None else f"; McNemar p = {found.p:.3g}"
    console.print(
        f"difference {100 * found.difference:+.1f} points "
        f"({100 * found.low:+.1f} to {100 * found.high:+.1f}){p}"
    )
    for name, flips in (("gained", found.gained), ("lost", found.lost)):
        console.print(f"{len(flips)} {name}")
        for flip in flips[:SHOWN]:
            console.print(Text(f"  {flip.id}: {flip.a:.2f} to {flip.b:.2f}"))
    aside = (found.only_a, found.only_b, found.left_out)
    if any(aside):
        console.print(
            f"{aside[0]} only in the first, {aside[1]} only in the second, "
            f"{aside[2]} with nothing judged on one side"
        )


def contamination(rows: Sequence[Row], train: str, table: dict[str, Any]) -> list[Overlap]:
    """The rows that the training file shares; its columns are named as those of DATA."""
    from smepo.evaluation.contamination import overlaps
    from smepo.training.config import DataConfig
    from smepo.training.rows import read

    same = {name: table[name] for name in ("question", "target", "target_after", "id")}
    training, _ = read(DataConfig.model_validate({"path": train, **same}), "--train", traces=False)
    return overlaps(rows, training)


def listed(shared: Sequence[Overlap]) -> list[dict[str, Any]]:
    """For JSON."""
    return [{"id": o.id, "train_id": o.train_id, "whole": o.whole} for o in shared]


def show_contamination(shared: Sequence[Overlap], rows: int) -> None:
    """One line, and the first problems."""
    console = Console(highlight=False)
    whole = sum(one.whole for one in shared)
    console.print(
        f"{len(shared)} of {rows} problems overlap the training rows, {whole} of them whole"
    )
    for one in shared[:SHOWN]:
        console.print(Text(f"  {one.id}: training row {one.train_id}"))
