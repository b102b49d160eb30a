"""One row prepared: mask its traces in order, audit, take the first that may be shown.

A pure function of (row, options); every engine runs it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from smepo.data.records import name_of
from smepo.data.rows import names
from smepo.data.schema import is_messages
from smepo.errors import ConfigError, InputError
from smepo.pipeline.aliases import aliases_of
from smepo.types import AuditReport, MaskedTrace, Prepared, Row, Status, Verifier

# What a row without guidance is said to have: the most telling of what its traces had.
_TELLING = (Status.LEAKS, Status.ERROR, Status.BROKEN, Status.NO_TRACE)


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """How to mask and audit. Picklable: it travels to the workers.

    ``domain``: "math", "code", "search", "module:function" or a function of a module. ``level``:
    "block" or "skeleton" (code). ``verifier``: "module:function" of the reward that the run will
    use, None for the domain's own; ``timeout`` is the limit of one check in seconds and
    ``final_form`` an option of the math verifier. ``aliases``: a further column with other
    names of the target (search); ``passages``: how observations are hidden there.
    """

    domain: str | Callable[..., Any] = "math"
    mode: str = "critical-path"
    level: str = "block"
    placeholders: Literal["indexed", "plain"] | None = None
    seed: int = 0
    verifier: str | None = None
    audit: bool = True
    timeout: float = 5.0
    final_form: bool = True
    aliases: str | None = None
    passages: Literal["whole", "inside"] = "whole"

    def as_json(self) -> dict[str, Any]:
        """For metadata, reports and the fingerprint of a run."""
        domain = self.domain
        if callable(domain):
            domain = f"{domain.__module__}:{domain.__qualname__}"
        return {**asdict(self), "domain": domain}


def check(options: MaskOptions) -> None:
    """Raise ConfigError for a mode, level, domain or verifier that is not there."""
    from smepo import masking

    masking.check(options.mode, options.level)
    if options.mode == "expressions" and options.domain != "math":
        raise ConfigError("mode: 'expressions' is for the domain 'math'; use critical-path")
    masking.detector(options.domain, options.level)
    verifier_of(options)


def warm(options: MaskOptions) -> None:
    """Import what the work needs, before it comes."""
    import smepo.pipeline.mask  # noqa: F401

    check(options)


def prepare(row: Row, options: MaskOptions) -> Prepared:
    """Mask the row's traces in order and take the first whose guidance may be shown.

    Without one the row keeps its place with a status that says why, and trains unguided.
    """
    tried: list[Prepared] = []
    for index, trace in enumerate(row.traces):
        done = _one(row, trace, options)
        done = Prepared(
            row, done.status, done.guidance, done.blanks, index, done.reason, done.report
        )
        if done.status.shown:
            return done
        tried.append(done)
    tried.append(Prepared(row, Status.NO_TRACE, None, reason="the row has no trace"))
    return min(tried, key=lambda one: _TELLING.index(one.status))


def _one(row: Row, trace: Any, options: MaskOptions) -> Prepared:
    if trace is None or trace == "":
        return Prepared(row, Status.NO_TRACE, None, reason="the trace is empty")
    if isinstance(trace, str) and not trace.strip():
        return Prepared(row, Status.BROKEN, None, reason="the trace is blank space")
    if not isinstance(trace, str) and not is_messages(trace):
        reason = f"the trace is neither text nor messages but {name_of(trace)}"
        return Prepared(row, Status.BROKEN, None, reason=reason)
    try:
        masked, report = _mask(row, trace, options)
    except InputError as error:  # a message that cannot be read
        return Prepared(row, Status.BROKEN, None, reason=str(error))
    except ConfigError as error:  # a detector or a reward of one's own
        raise ConfigError(f"{place(row)}, {error}") from error
    shown = masked.status.shown
    return Prepared(
        row,
        masked.status,
        masked.text if shown else None,
        masked.blanks if shown else (),
        reason=masked.reason,
        report=report,
    )


def place(row: Row) -> str:
    """Where a row stands, for messages."""
    return f"{row.location.file}: row {row.location.row}" if row.location else f"row {row.id}"


def _mask(row: Row, trace: Any, options: MaskOptions) -> tuple[MaskedTrace, AuditReport | None]:
    from smepo.pipeline.mask import mask_and_audit

    return mask_and_audit(
        trace,
        domain=options.domain,
        question=row.question,
        target=row.target,
        mode=options.mode,
        level=options.level,
        placeholders=options.placeholders,
        seed=options.seed,
        aliases=_aliases(row, options),
        passages=options.passages,
        verifier=verifier_of(options) if options.audit else None,
        audit=options.audit,
    )


def _aliases(row: Row, options: MaskOptions) -> tuple[str, ...]:
    told = names(row.columns, options.aliases)
    return (*told, *aliases_of(row)) if _family(options) == "search" else told


def _family(options: MaskOptions) -> str:
    from smepo.masking import family

    return family(options.domain)


def verifier_of(options: MaskOptions) -> Verifier | None:
    """The verifier of the options, one a process; None: that of the domain, if it has one."""
    if options.verifier is not None:
        if ":" not in options.verifier:
            return _verifier(options.verifier)
        return _verifier(options.verifier, timeout=options.timeout, workers=1)
    name = _family(options)
    if name == "math":
        return _verifier("math", timeout=options.timeout, final_form=options.final_form, workers=1)
    if name == "code":
        return _verifier("code", timeout=options.timeout, workers=1)
    return None


@functools.cache
def _verifier(path: str, **options: Any) -> Verifier:
    from smepo.verifiers import verifier

    return verifier(path, **options)
