"""`smepo eval MODEL DATA`: accuracy without guidance, with intervals."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from smepo.cli import dataset
from smepo.cli.eval_more import REFERENCE
from smepo.errors import ConfigError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smepo.evaluation import EvalResult
    from smepo.evaluation.episodes import Episode
    from smepo.types import Row

EPISODES = "Episodes"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("eval")(evaluate)


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Folder or hub name; `reference:` judges the solutions that DATA holds.",
        ),
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="File, folder, or testbed:math.")],
    domain: Annotated[
        str | None,
        typer.Option(
            help="math, code, search or module:function. Default: that of a known benchmark or "
            "family, else math."
        ),
    ] = None,
    k: Annotated[int, typer.Option(min=1, help="Completions a problem.")] = 1,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 is greedy.")] = 1.0,
    top_p: Annotated[float, typer.Option(min=0.0, max=1.0)] = 1.0,
    max_new_tokens: Annotated[int, typer.Option(min=1)] = 1024,
    batch_size: Annotated[int, typer.Option(min=1, help="Completions at a time.")] = 64,
    seed: Annotated[int, typer.Option()] = 0,
    budget: Annotated[int | None, typer.Option(min=1, help="Tokens of the prompt.")] = None,
    system: Annotated[str | None, typer.Option(help="System message.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Problems, from the start.")] = None,
    question: dataset.Question = None,
    target: dataset.Target = None,
    target_after: dataset.TargetAfter = None,
    id: dataset.Id = None,
    option: Annotated[
        list[str] | None, typer.Option(help="Of the testbed, such as level=hard, n=200.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="Default: cuda if there is one.")] = None,
    backend: Annotated[
        Literal["transformers", "vllm"], typer.Option(help="What runs the model in this process.")
    ] = "transformers",
    engine: Annotated[
        list[str] | None,
        typer.Option(help="Of vllm.LLM, such as tensor_parallel_size=2 or max_model_len=8192."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the summary here, and the records beside it (.jsonl)."),
    ] = None,
    screen: Annotated[
        Path | None,
        typer.Option(help="Write the hard rows here (.parquet, .jsonl), with base_pass_rate."),
    ] = None,
    below: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Hard is a pass rate under this.")
    ] = 0.1,
    url: Annotated[
        str | None,
        typer.Option(help="Ask MODEL of this OpenAI-compatible API (.../v1) instead; needs --out."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at a time (--url).")] = 8,
    rate: Annotated[float | None, typer.Option(help="Requests a minute (--url).")] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="MODEL and DATA are two results of --out: compare them."),
    ] = False,
    train: Annotated[
        str | None, typer.Option(help="Training rows: say which problems they share.")
    ] = None,
    index: Annotated[
        str | None,
        typer.Option(
            help="May search first: a folder of `smepo index`, a retrieval server's address or "
            "testbed:search. With --url by OpenAI's tool calls.",
            rich_help_panel=EPISODES,
        ),
    ] = None,
    calls: Annotated[
        int, typer.Option(min=1, help="Searches an episode.", rich_help_panel=EPISODES)
    ] = 4,
    passages: Annotated[
        int, typer.Option(min=1, help="Passages a search.", rich_help_panel=EPISODES)
    ] = 3,
    as_json: dataset.AsJson = False,
) -> None:
    """Sample k completions a problem, without any guidance, and judge them.

    Prints avg@k and pass@k with 95 % intervals. Time-outs and errors of the verifier are counted
    apart from wrong answers. Rows that carry guidance are refused. With --screen, the rows that the
    policy solves in less than --below of its completions are written with all their columns.

    Known benchmarks (docs/evaluation.md) need neither columns nor a domain. With --url the answers
    are kept beside --out and a killed run goes on; the key of the API is read from SMEPO_EVAL_KEY.
    """
    from smepo.cli import eval_more
    from smepo.evaluation import screen as screening

    if compare:
        eval_more.compare(model, data, as_json)
        return
    if url is not None and out is None:
        raise ConfigError("--url: give --out, beside which the answers are kept")
    eval_more.check_backend(model, url, index, backend, bool(engine), k)
    if screen is not None:
        screening.check_path(screen)
    if k > 1 and temperature == 0.0:
        raise ConfigError("--k: greedy completions are all equal; use --k 1 or a temperature")
    dataset.find_own_modules(domain)
    dataset.check_writable(out)
    table = {
        "path": data,
        "question": question,
        "target": target,
        "target_after": target_after,
        "id": id,
        "limit": limit,
        "options": _options(option or []),
    }
    sampling = {
        "k": k,
        "temperature": temperature,
        "top_p": top_p,
        "max_new_tokens": max_new_tokens,
        "batch_size": batch_size,
        "seed": seed,
        "budget": budget,
        "system": system,
    }
    search = None if index is None else {"index": index, "calls": calls, "k": passages}
    episodes: Sequence[Episode] = ()
    with contextlib.redirect_stdout(sys.stderr):  # --json owns stdout, and libraries print
        chosen, benchmark = eval_more.domain_of(table, domain)
        rows, unusable = _rows(table, chosen)
        if model == REFERENCE:
            result = eval_more.judge_references(rows, benchmark, chosen, seed)
        elif url is not None and out is not None:
            limits = (concurrency, rate)
            result, episodes = eval_more.ask(
                url, model, rows, chosen, sampling, limits, out, search
            )
        elif backend == "vllm":
            result = eval_more.run_vllm(model, rows, chosen, sampling, _options(engine or []))
        else:
            result, episodes = _run(model, rows, chosen, device, sampling, search)
        about = {"model": model, "data": data, "domain": chosen}
        about |= {"benchmark": benchmark.name} if benchmark else {}
        result = replace(result, settings={**result.settings, **about})
        shared = eval_more.contamination(rows, train, table) if train is not None else None
    if out is not None:
        from smepo.evaluation import write

        write(result, out)
        if episodes:
            from smepo.evaluation.episodes import write_episodes

            write_episodes(episodes, out.with_name(f"episodes-{out.stem}.jsonl"))
    hard = None
    if screen is not None:
        hard = screening.screen(rows, result, below)
        screening.write(hard, screen)
    if as_json:
        said = {"model": model, "data": data, "unusable": unusable, **result.summary()}
        said |= {"screen": hard.summary()} if hard is not None else {}
        said |= {"contamination": eval_more.listed(shared)} if shared is not None else {}
        print(json.dumps(said, default=str))
        return
    _show(result)
    if shared is not None:
        eval_more.show_contamination(shared, len(rows))
    if hard is not None:
        Console(highlight=False).print(
            f"{len(hard.rows)} hard rows in {screen}: solved in under {100 * below:g} % of {k}; "
            f"{hard.solved} are solved more often, {hard.undecided} are undecided"
        )


def _rows(table: dict[str, Any], domain: str) -> tuple[Sequence[Row], int]:
    """The rows, none of which carries guidance, and how many could not be used."""
    from smepo.evaluation import refuse_guidance
    from smepo.training.checks import check_domain
    from smepo.training.config import DataConfig
    from smepo.training.rows import read

    check_domain(table["path"], domain, domain)
    rows, problems = read(DataConfig.model_validate(table), "DATA", traces=False)
    refuse_guidance(rows)  # before the model loads
    for problem in problems:
        Console(stderr=True).print(f"set aside: {problem}", markup=False)
    return rows, len(problems)


def _run(
    name: str,
    rows: Sequence[Row],
    domain: str,
    device: str | None,
    sampling: dict[str, Any],
    search: dict[str, Any] | None,
) -> tuple[EvalResult, Sequence[Episode]]:
    """The result, and the episodes of a policy that searches."""
    from smepo.evaluation import evaluate as run
    from smepo.training.checks import model_path
    from smepo.training.quiet import quiet
    from smepo.training.search import SearchConfig, evaluate_local
    from smepo.verifiers import verifier

    judge = verifier(domain)
    quiet()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        tokenizer = AutoTokenizer.from_pretrained(model_path(name), padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(model_path(name), dtype="auto").to(place)
    except (OSError, ValueError) as error:
        if name.startswith((".", "/", "~")) and not Path(name).exists():
            raise InputError(f"MODEL {name}: no such folder") from error
        first = str(error).strip().splitlines()[0]
        raise InputError(f"MODEL {name}: could not be loaded: {first}") from error
    total, done = len(rows) * sampling["k"], 0
    with dataset.progress_bar() as bar:

        def progress(n: int) -> None:
            nonlocal done
            done += n
            bar("evaluate", done, total)

        if search is None:
            return run(model, tokenizer, rows, judge, progress=progress, **sampling), ()
        plan = SearchConfig.model_validate(search)
        return evaluate_local(model, tokenizer, rows, judge, plan, progress=progress, **sampling)


def _options(pairs: list[str]) -> dict[str, Any]:
    """``key=value`` pairs; values that are JSON (numbers, true, lists) are read as such."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise ConfigError(f"--option or --engine: {pair!r} is not key=value")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def _show(result: EvalResult) -> None:
    console = Console()
    table = Table(title="Accuracy without guidance", title_justify="left", box=None)
    for name in ("", "value", "95 % interval", "problems"):
        table.add_column(name, justify="right")
    for name, estimate in (
        (f"avg@{result.k}", result.avg_at_k),
        *((f"pass@{n}", estimate) for n, estimate in result.pass_at.items()),
        *([(f"maj@{result.k}", result.maj_at_k)] if result.maj_at_k and result.k > 1 else []),
    ):
        interval = f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}"
        table.add_row(name, dataset.percent(estimate.value), interval, str(estimate.problems))
    console.print(table)
    counts = ", ".join(f"{n} {name}" for name, n in result.statuses.items())
    console.print(f"{counts}; {result.truncated} reached the length limit", highlight=False)
    if (played := result.extra.get("episodes")) is not None:
        console.print(", ".join(f"{name} {value}" for name, value in played.items()))
        return
    console.print(f"{result.mean_tokens:.0f} tokens on average, {result.seconds:.1f} s")
