"""`smepo mask IN OUT`: add guidance to a data set."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from smepo.cli import dataset
from smepo.data.scan import choose_columns
from smepo.data.source import find
from smepo.errors import GateError, InputError
from smepo.pipeline.audit import accepts_arithmetic
from smepo.pipeline.local import Summary, run
from smepo.pipeline.prepare import MaskOptions
from smepo.pipeline.shards import is_folder, run_shards
from smepo.types import Status

_MEANING = {
    Status.CLEAN: "nothing scores",
    Status.REPAIRED: "something scored and is masked now",
    Status.UNAUDITED: "masked without an audit",
    Status.CONTROL: "control mode, measured only",
    Status.LEAKS: "scores, or points when hidden: not shown",
    Status.NO_TRACE: "no trace: trains unguided",
    Status.BROKEN: "the trace cannot be read: trains unguided",
    Status.ERROR: "the audit could not decide: not shown, trains unguided",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mask")(mask)


def mask(
    source: Annotated[str, typer.Argument(metavar="IN", help="File, folder or glob of rows.")],
    output: Annotated[
        str, typer.Argument(metavar="OUT", help=".parquet, .jsonl, .jsonl.gz, or FOLDER/")
    ],
    domain: Annotated[str, typer.Option(help="math, code, search or module:function")],
    mode: Annotated[
        str, typer.Option(help="critical-path, expressions, paper or random")
    ] = "critical-path",
    level: Annotated[str, typer.Option(help="Of code: block or skeleton")] = "block",
    placeholders: Annotated[
        Literal["indexed", "plain"] | None, typer.Option(help="Default: that of the mode.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random mode.")] = 0,
    question: dataset.Question = None,
    target: dataset.Target = None,
    target_after: dataset.TargetAfter = None,
    trace: dataset.Traces = None,
    trace_part: dataset.TracePart = None,
    id: dataset.Id = None,
    aliases: Annotated[
        str | None,
        typer.Option(help="Column with other names of the target.", rich_help_panel="Columns"),
    ] = None,
    passages: dataset.Passages = "whole",
    verifier: dataset.VerifierPath = None,
    audit: Annotated[bool, typer.Option(help="Prove that nothing in the guidance scores.")] = True,
    timeout: dataset.Timeout = 5.0,
    final_form: dataset.FinalForm = True,
    workers: dataset.Workers = None,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="ray: on the cluster that Ray finds.")
    ] = "local",
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first bad row; fail if anything leaks.")
    ] = False,
    overwrite_columns: Annotated[
        bool, typer.Option("--overwrite-columns", help="Replace guidance columns of the input.")
    ] = False,
    as_json: dataset.AsJson = False,
    report_json: dataset.ReportFile = None,
) -> None:
    """Mask and audit the traces of a data set.

    Keeps all columns and adds guidance, guidance_blanks (JSON) and guidance_status. Known schemas
    need no column flags: the official release, GSM8K, Open-R1, MATH, verl, LUFFY. Rows that cannot
    be used go to OUT.quarantine.jsonl. A run that was killed continues when it is started again.
    """
    dataset.find_own_modules(domain, verifier)
    dataset.check_writable(report_json)
    names: dict[str, Any] = {
        "question": question,
        "target": target,
        "traces": tuple(trace or ()),
        "id": id,
        "target_after": target_after,
        "part": trace_part,
    }
    options = MaskOptions(
        domain=domain,
        mode=mode,
        level=level,
        placeholders=placeholders,
        seed=seed,
        verifier=verifier,
        audit=audit,
        timeout=timeout,
        final_form=final_form,
        aliases=aliases,
        passages=passages,
    )
    with dataset.progress_bar() as progress:
        more: dict[str, Any] = {
            "workers": workers,
            "engine": engine,
            "strict": strict,
            "overwrite": overwrite_columns,
            "progress": progress,
        }
        if is_folder(output):
            summary = run_shards(source, output, options, names, **more)
        else:
            rows = find(source)
            summary = run(rows, output, choose_columns(rows, **names), options, **more)
    report = _report(summary)
    if report_json is not None:
        dataset.write_report(report_json, report)
    if as_json:
        print(json.dumps(report))
    else:
        _show(summary)
        if mode == "critical-path" and audit and accepts_arithmetic(options):
            Console().print(dataset.ARITHMETIC, soft_wrap=True)
    _refuse_nothing(source, summary)
    if strict:
        _gate(summary)


def _refuse_nothing(source: str, summary: Summary) -> None:
    """Raise InputError if not one row could be used: a wrong column, most of the time."""
    tally = summary.tally
    if not tally.counts["usable"] and tally.counts["quarantined"]:
        reason, _ = tally.reasons.most_common(1)[0]
        raise InputError(
            f"{source}: none of {tally.counts['quarantined']:,} rows can be used ({reason}); they "
            f"stand in {summary.quarantine}; name other columns (--question, --target, --trace)"
        )


def _report(summary: Summary) -> dict[str, Any]:
    return {
        "output": summary.output,
        "quarantine": summary.quarantine,
        "rows": summary.tally.counts["rows"],
        "columns": summary.columns.as_json(),
        "options": summary.options.as_json(),
        "workers": summary.workers,
        "wall_seconds": summary.seconds,
        "scan_seconds": summary.scan_seconds,
        "resumed": summary.resumed,
        "detector": _counted(summary),
        **summary.tally.report(),
    }


def _counted(summary: Summary) -> dict[str, int]:
    """What a detector says of its own work, such as the answers of a model that it asked."""
    from smepo.masking import detector

    own = getattr(detector(summary.options.domain), "report", None)
    return dict(own()) if own is not None else {}


def _show(summary: Summary) -> None:
    tally = summary.tally
    counts, rows = tally.counts, tally.counts["rows"]
    console = Console()
    made = dataset.table(f"{rows:,} rows, columns by {summary.columns.schema}")
    for status in Status:
        if tally.statuses[status]:
            dataset.add_row(made, status, tally.statuses[status], rows, _MEANING[status])
    if counts["quarantined"]:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in tally.reasons.most_common(5))
        dataset.add_row(made, "quarantined", counts["quarantined"], rows, reasons)
    dataset.add_row(made, "with guidance", counts["guided"], rows)
    if counts["audited"]:
        remark = f"of {counts['candidates']:,} candidates put to the verifier"
        dataset.add_row(made, "guidance that scores", counts["leaking_shown"], rows, remark)
    if counts["expression_leaks"]:
        made.add_row(
            "expression leaks", f"{counts['expression_leaks']:,}", "", "for rewards that take 6*7"
        )
    if counts["no_skeleton"]:
        remark = "code that is no Python or cannot be read hides whole"
        dataset.add_row(made, "without skeleton", counts["no_skeleton"], rows, remark)
    if counts["repaired_text"]:
        dataset.add_row(made, "text repaired", counts["repaired_text"], rows, "lone surrogates")
    for name, count in _counted(summary).items():
        made.add_row("detector", f"{count:,}", "", Text(name))
    dataset.add_shares(made, tally)
    done = rows - summary.resumed
    speed = f", {done / summary.seconds:,.0f} rows/s" if done and summary.seconds else ""
    kept = f", {summary.resumed:,} rows were done before" if summary.resumed else ""
    workers = f"{summary.workers} workers" if summary.workers else "all cores of Ray"
    made.add_row("time", "", "", f"{summary.seconds:.1f} s, {workers}{speed}{kept}")
    made.add_row("output", "", "", Text(summary.output))
    if summary.quarantine:
        made.add_row("quarantine", "", "", Text(summary.quarantine))
    if summary.stale:
        made.add_row("note", "", "", "unfinished work of another run of this output was dropped")
    console.print(made)
    if (worst := dataset.worst_leaks(tally)) is not None:
        console.print(worst)


def _gate(summary: Summary) -> None:
    """Raise GateError if a row leaks, or was not decided or not audited."""
    tally = summary.tally
    wrong = {
        "leak": tally.statuses[Status.LEAKS] + tally.counts["leaking_shown"],
        "could not be decided": tally.statuses[Status.ERROR],
    }
    if summary.options.audit:
        wrong["were not audited for want of a verifier"] = tally.statuses[Status.UNAUDITED]
    if any(wrong.values()):
        said = ", ".join(f"{count:,} rows {what}" for what, count in wrong.items() if count)
        raise GateError(f"--strict: {said}; {summary.output} stands")
