"""`smepo audit IN`: what in a masked data set still scores, and what the mask cost."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from smepo.cli import dataset
from smepo.cli.audit_json import LeakList, report_of, write_report
from smepo.cli.audit_table import show_modes, show_one
from smepo.data.metadata import read_metadata
from smepo.data.output import GUIDANCE
from smepo.data.scan import choose_columns
from smepo.data.source import Source, find
from smepo.errors import GateError, InputError
from smepo.masking import DOMAINS, family
from smepo.pipeline.audit import AS_IT_STANDS, CONTROLS, Audited, accepts_arithmetic, audit_source
from smepo.pipeline.judge import JudgeOptions
from smepo.pipeline.pool import fitting
from smepo.pipeline.prepare import MaskOptions, verifier_of
from smepo.types import Status

_MODES = (
    "Mask the traces in these modes and audit all: critical-path, expressions, paper, random, "
    "prefix, full; block, skeleton (code); guidance (the column as it stands)."
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    source: Annotated[str, typer.Argument(metavar="IN", help="File, folder or glob of rows.")],
    domain: Annotated[
        str | None,
        typer.Option(help="math, code, search or module:function. Default: as noted in IN."),
    ] = None,
    modes: Annotated[str | None, typer.Option(metavar="MODE,MODE,...", help=_MODES)] = None,
    guidance: Annotated[
        str,
        typer.Option(help="Column with masked traces or hints.", rich_help_panel="Columns"),
    ] = GUIDANCE,
    question: dataset.Question = None,
    target: dataset.Target = None,
    target_after: dataset.TargetAfter = None,
    trace: dataset.Traces = None,
    trace_part: dataset.TracePart = None,
    id: dataset.Id = None,
    verifier: dataset.VerifierPath = None,
    timeout: dataset.Timeout = 5.0,
    final_form: dataset.FinalForm = True,
    seed: Annotated[int, typer.Option(help="Of the random mode.")] = 0,
    workers: dataset.Workers = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if anything leaks.")] = False,
    as_json: dataset.AsJson = False,
    report_json: dataset.ReportFile = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with a line a mode.")] = None,
) -> None:
    """Audit a masked data set as it stands: the output of `smepo mask`, or hints of any tool.

    Every candidate that can be cut out of a row's guidance is put to the verifier, and the pattern
    of the blanks is asked for the target. With the original trace, the table also says what the
    mask kept of its structure. With --modes the traces are masked here, in each mode.
    """
    began = time.monotonic()
    dataset.check_writable(report_json, html)
    chosen = tuple(name.strip() for name in modes.split(",")) if modes else (AS_IT_STANDS,)
    held = AS_IT_STANDS in chosen
    rows = find(source)
    workers = workers or fitting(rows.size)
    columns = choose_columns(
        rows,
        question=question,
        target=target,
        traces=tuple(trace or ()),
        id=id,
        target_after=target_after,
        part=trace_part,
        others=(guidance,) if held else (),
        need_traces=chosen != (AS_IT_STANDS,),
    )
    masking = _options(rows, domain, verifier, timeout, final_form, seed)
    verifier_of(masking)  # an unknown one is refused before the work
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        leaks = LeakList(spool)
        with dataset.progress_bar() as progress:
            found = audit_source(
                rows,
                columns,
                JudgeOptions(masking, guidance),
                modes=chosen,
                workers=workers,
                progress=progress,
                leaks=leaks.add if as_json or report_json is not None else None,
            )
        seconds = time.monotonic() - began
        report = {
            "input": source,
            "guidance": guidance if held else None,
            "rows": found[0].tally.counts["rows"],
            "columns": columns.as_json(),
            "options": masking.as_json(),
            "workers": workers,
            "wall_seconds": seconds,
            **report_of(found, side_by_side=modes is not None),
        }
        if report_json is not None:
            write_report(report_json, report, leaks)
        if as_json:
            write_report(Path("-"), report, leaks)
    if html is not None:
        _write_page(html, found, source, str(masking.as_json()["domain"]), seconds)
    if not as_json:
        console = Console()
        if modes is None:
            show_one(console, found[0], source, seconds, workers)
        else:
            show_modes(console, found, source, seconds, workers)
        hidden = "expressions" in (*chosen, masking.mode)
        if not hidden and accepts_arithmetic(masking):
            console.print(dataset.ARITHMETIC, soft_wrap=True)
    if strict:
        _gate(found)


def _options(
    rows: Source,
    domain: str | None,
    verifier: str | None,
    timeout: float,
    final_form: bool,
    seed: int,
) -> MaskOptions:
    """The options of the run that made the input, overridden by the flags."""
    noted: dict[str, Any] = (read_metadata(rows) or {}).get("options", {})
    chosen = domain or noted.get("domain")
    if chosen is None:
        raise InputError(
            f"{rows.name}: holds no note of `smepo mask`; say what it is: --domain math"
        )
    judge = verifier or noted.get("verifier")
    dataset.find_own_modules(chosen, judge)
    if judge is None and family(chosen) not in DOMAINS:
        raise InputError(
            f"{rows.name}: the domain {chosen} finds spans and judges nothing; say what the reward "
            "is: --verifier module:function"
        )
    same = {**noted, "domain": chosen, "verifier": judge, "seed": seed}
    return MaskOptions(**{**same, "timeout": timeout, "final_form": final_form})


def _write_page(path: Path, found: list[Audited], source: str, domain: str, seconds: float) -> None:
    from smepo.report import build
    from smepo.report.modes import modes_report

    command = shlex.join(["smepo", *sys.argv[1:]])
    page = modes_report(
        found, name=Path(source).name, domain=domain, command=command, seconds=seconds
    )
    build(page, path)


def _gate(found: list[Audited]) -> None:
    """Raise GateError if guidance that is no control leaks, or a row was not decided or read."""
    gated = [one.tally for one in found if one.mode not in CONTROLS]
    leaking = sum(tally.counts["leaking"] for tally in gated)
    undecided = sum(tally.statuses[Status.ERROR] for tally in gated)
    unread = found[0].tally.counts["quarantined"]
    if leaking or undecided or unread:
        raise GateError(
            f"--strict: {leaking:,} rows leak, {undecided:,} could not be decided, "
            f"{unread:,} could not be read"
        )
