"""What `smepo eval` does beside a model of its own: endpoints, two results, contamination."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smepo.cli import dataset

if TYPE_CHECKING:
    from smepo.evaluation import EvalResult
    from smepo.evaluation.contamination import Overlap
    from smepo.types import Row

SHOWN = 10  # of each list in the terminal


def ask(
    url: str,
    model: str,
    rows: Sequence[Row],
    domain: str,
    sampling: dict[str, Any],
    limits: tuple[int, float | None],
    out: Path,
) -> EvalResult:
    """Evaluate a model behind an endpoint; its answers are kept beside ``out``."""
    from smepo.asking import Plan
    from smepo.endpoint import Endpoint
    from smepo.evaluation.remote import evaluate_endpoint
    from smepo.verifiers import verifier

    settings = {
        "temperature": sampling["temperature"],
        "top_p": sampling["top_p"],
        "max_tokens": sampling["max_new_tokens"],
    }
    with dataset.progress_bar() as bar:
        return evaluate_endpoint(
            Endpoint(url, model, os.environ.get("SMEPO_EVAL_KEY", ""), timeout=600.0),
            rows,
            verifier(domain),
            Plan(sampling["k"], settings, *limits, seed=sampling["seed"]),
            out.with_name(out.name + ".journal.jsonl"),
            system=sampling["system"],
            progress=lambda done, total: bar("evaluate", done, total),
        )


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
