"""Masking as a function of one row, for `datasets.Dataset.map` and for loops of one's own.

dataset.map(smepo.masker("math", question="problem", target="answer", trace="solution"))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from smepo import __version__
from smepo.data.output import ADDED, COLUMN_TYPES
from smepo.data.records import Problem, Record
from smepo.data.rows import to_row
from smepo.data.schema import Columns
from smepo.errors import ConfigError, InputError
from smepo.masking import DOMAINS, Passages, family
from smepo.pipeline.mask import Placeholders
from smepo.pipeline.prepare import MaskOptions, check, prepare
from smepo.pipeline.work import added_columns
from smepo.prompting.thinking import Part
from smepo.types import Location, Row


@dataclass(frozen=True, slots=True)
class Masker:
    """What `masker` gives. Picklable, and equal in every process, so that `datasets` finds what it
    has in its cache; ``version`` is there so that another smepo does not take it for its own."""

    columns: Columns
    options: MaskOptions
    version: str = __version__

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that `smepo mask` adds, of one row: ``guidance`` (None where nothing may be
        shown), ``guidance_blanks`` (JSON), ``guidance_status`` and ``guidance_trace`` (which of the
        row's traces it is).

        Raises InputError for a row without a question or a target.
        """
        return added_columns(prepare(self._row(dict(row)), self.options))

    def batch(self, rows: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
        """The same of a batch of columns: ``dataset.map(masker(...).batch, batched=True)``."""
        names = list(rows)
        made = [
            self(dict(zip(names, values, strict=True)))
            for values in zip(*(rows[name] for name in names), strict=True)
        ]
        return {name: [one[name] for one in made] for name in ADDED}

    def features(self, before: Mapping[str, Any]) -> Any:
        """``before`` (`dataset.features`) with the columns that are added, for ``map(features=)``:
        without it `datasets` takes a column whose first thousand rows are null for one of nulls."""
        from datasets import Features, Value

        return Features({**before, **{name: Value(COLUMN_TYPES[name]) for name in ADDED}})

    def _row(self, value: Mapping[str, Any]) -> Row:
        row = to_row(Record(Location("", -1), 0, value), self.columns)
        if isinstance(row, Problem):
            raise InputError(
                f"column {row.column}: {row.reason}, in the row {row.raw[:200]}; leave such rows "
                "out with `dataset.filter`; with batched=True give `masker(...).batch`"
            )
        # Its place in the data set is not told: messages name it by its question.
        return replace(row, id=repr(row.question[:60]), location=None)


def masker(
    domain: str | Callable[..., Any],
    *,
    question: str = "question",
    target: str = "target",
    trace: str | Sequence[str] = "trace",
    target_after: str | None = None,
    trace_part: Part = "both",
    mode: str = "critical-path",
    level: str = "block",
    placeholders: Placeholders = None,
    seed: int = 0,
    aliases: str | None = None,
    passages: Passages = "whole",
    verifier: str | None = None,
    audit: bool = True,
    timeout: float = 5.0,
    final_form: bool = True,
) -> Masker:
    """A function that masks and audits one row: `smepo mask`, for `datasets.Dataset.map`.

    Args:
        domain: ``"math"``, ``"code"``, ``"search"``, ``"module:function"``, or a detector.
        question, target, trace: columns; dotted names reach into structs. Several traces, or a
            column with a list of them, are tried in order.
        target_after: the target is what stands behind the last such marker, such as ``"####"``.
        trace_part: of traces with ``<think>`` tags: ``both``, ``thinking`` or ``solution``.
        mode, level, placeholders, seed, passages: as in `smepo.mask`.
        aliases: a column with other names of the target (search).
        verifier: the reward that the run will use, ``"module:function"``; None for the domain's.
        audit: True: what scores is masked too, and what still leaks is not shown. False: nothing
            is judged, and ``guidance_status`` says ``unaudited``.
        timeout: seconds for one check.
        final_form: whether the reward rejects unevaluated arithmetic such as ``6*7`` (math).

    Raises:
        ConfigError: for an unknown domain, mode, level or verifier, and for an audit of a domain
            of one's own without a verifier.
    """
    traces = (trace,) if isinstance(trace, str) else tuple(trace)
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
    if audit and verifier is None and family(domain) not in DOMAINS:
        raise ConfigError(
            "verifier: a domain of your own has none, so nothing can be audited; "
            "give verifier='module:function', or audit=False"
        )
    check(options)
    return Masker(
        Columns(question, target, traces, target_after=target_after, part=trace_part), options
    )
