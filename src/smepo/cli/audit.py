"""`smepo audit IN`: what in a masked data set still scores."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.data.metadata import read_metadata
from smepo.data.output import GUIDANCE
from smepo.data.scan import choose_columns
from smepo.data.source import Source, find
from smepo.errors import GateError, InputError
from smepo.pipeline.judge import JudgeOptions, audit_source
from smepo.pipeline.pool import usable_cores
from smepo.pipeline.prepare import MaskOptions, verifier_of
from smepo.pipeline.tally import Tally
from smepo.types import Status


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    source: Annotated[str, typer.Argument(metavar="IN", help="File, folder or glob of rows.")],
    domain: Annotated[
        str | None,
        typer.Option(help="math, code, search or module:function. Default: as noted in IN."),
    ] = None,
    guidance: Annotated[
        str,
        typer.Option(help="Column with masked traces or hints.", rich_help_panel="Columns"),
    ] = GUIDANCE,
    question: dataset.Question = None,
    target: dataset.Target = None,
    target_after: dataset.TargetAfter = None,
    trace: dataset.Traces = None,
    id: dataset.Id = None,
    verifier: dataset.VerifierPath = None,
    timeout: dataset.Timeout = 5.0,
    final_form: dataset.FinalForm = True,
    workers: dataset.Workers = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if anything leaks.")] = False,
    as_json: dataset.AsJson = False,
    report_json: dataset.ReportFile = None,
) -> None:
    """Audit a masked data set as it stands: the output of `smepo mask`, or hints of any tool.

    Every candidate that can be cut out of a row's guidance is put to the verifier. With the
    original trace, the table also says what the mask kept of its structure.
    """
    began = time.monotonic()
    rows = find(source)
    columns = choose_columns(
        rows,
        question=question,
        target=target,
        traces=tuple(trace or ()),
        id=id,
        target_after=target_after,
        others=(guidance,),
        need_traces=False,
    )
    masking = _options(rows, domain, verifier, timeout, final_form)
    dataset.find_own_modules(masking.verifier)
    verifier_of(masking)  # an unknown one is refused before the work
    options = JudgeOptions(masking, guidance)
    with dataset.progress_bar() as progress:
        tally = audit_source(rows, columns, options, workers=workers, progress=progress)
    seconds = time.monotonic() - began
    report = {
        "input": source,
        "guidance": guidance,
        "rows": tally.counts["rows"],
        "columns": columns.as_json(),
        "wall_seconds": seconds,
        **tally.report(),
    }
    if report_json is not None:
        dataset.write_report(report_json, report)
    if as_json:
        print(json.dumps(report))
    else:
        _show(tally, source, seconds, workers or usable_cores())
    leaking, undecided = tally.counts["leaking"], tally.statuses[Status.ERROR]
    if strict and (leaking or undecided or tally.counts["quarantined"]):
        raise GateError(
            f"--strict: {leaking:,} rows leak, {undecided:,} could not be decided, "
            f"{tally.counts['quarantined']:,} could not be read"
        )


def _options(
    rows: Source, domain: str | None, verifier: str | None, timeout: float, final_form: bool
) -> MaskOptions:
    """The options of the run that made the input, overridden by the flags."""
    noted: dict[str, Any] = (read_metadata(rows) or {}).get("options", {})
    chosen = domain or noted.get("domain")
    if chosen is None:
        raise InputError(
            f"{rows.name}: holds no note of `smepo mask`; say what it is: --domain math"
        )
    judge = verifier or noted.get("verifier")
    if ":" in chosen and judge is None:
        raise InputError(
            f"{rows.name}: the domain {chosen} finds spans and judges nothing; say what the reward "
            "is: --verifier module:function"
        )
    return MaskOptions(
        domain=chosen,
        mode=noted.get("mode", "critical-path"),
        verifier=judge,
        timeout=timeout,
        final_form=final_form,
    )


def _show(tally: Tally, source: str, seconds: float, workers: int) -> None:
    counts, rows = tally.counts, tally.counts["rows"]
    console = Console()
    made = dataset.table(f"{rows:,} rows of {source}")
    dataset.add_row(made, "with guidance", counts["guided"], rows)
    if rows - counts["guided"] - counts["quarantined"]:
        missing = rows - counts["guided"] - counts["quarantined"]
        dataset.add_row(made, "without guidance", missing, rows)
    if counts["quarantined"]:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in tally.reasons.most_common(5))
        dataset.add_row(made, "not readable", counts["quarantined"], rows, reasons)
    remark = f"of {counts['candidates']:,} candidates put to the verifier"
    dataset.add_row(made, "leaking", counts["leaking"], counts["audited"], remark)
    undecided = tally.statuses[Status.ERROR]
    if undecided:
        dataset.add_row(made, "undecided", undecided, counts["audited"], "time-outs and errors")
    if counts["expression_leaks"]:
        made.add_row(
            "expression leaks", f"{counts['expression_leaks']:,}", "", "for rewards that take 6*7"
        )
    if counts["incidental"]:
        made.add_row("incidental", f"{counts['incidental']:,}", "", "digits of labels and lists")
    dataset.add_shares(made, tally)
    made.add_row("time", "", "", Text(f"{seconds:.1f} s, {workers} workers"))
    console.print(made)
    if (worst := dataset.worst_leaks(tally)) is not None:
        console.print(worst)
