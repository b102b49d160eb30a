"""``smepo.mask``: mask a trace, audit it, and mask what the audit finds (law 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from smepo.auditing import audit as run_audit
from smepo.auditing import omission, repair
from smepo.errors import InputError, SmepoError
from smepo.masking import DOMAINS, REPAIRED, Context, Passages, detect, family, mask_trace
from smepo.pipeline.messages import join, name_messages
from smepo.types import AuditReport, MaskedTrace, Span, Status, Verifier

ROUNDS = 4  # of masking what the audit finds; what leaks after them is not shown

Placeholders = Literal["indexed", "plain"] | None


def mask(
    trace: str | list[dict[str, Any]],
    *,
    domain: str | Callable[..., list[Span]],
    question: str = "",
    target: Any = None,
    aliases: Sequence[str] = (),
    context: str | None = None,
    mode: str = "critical-path",
    level: str = "block",
    placeholders: Placeholders = None,
    passages: Passages = "whole",
    verifier: Verifier | None = None,
    audit: bool = True,
    seed: int = 0,
) -> MaskedTrace:
    """Mask one trace so that nothing in it scores.

    Args:
        trace: the expert's solution; a list of messages is masked as one text, and its blanks
            name the message.
        domain: ``"math"``, ``"code"``, ``"search"``, ``"module:function"``, or a detector.
        question: what it solves. What the question states stays visible.
        target: what the verifier compares with; without it there is no audit.
        aliases: other names of the answer (search).
        context: text that the prompt shows beside the question; what it states stays visible too.
        mode: ``critical-path``; ``expressions`` for rewards that accept ``6*7``; ``paper`` and
            ``random`` are controls, measured, never repaired.
        level: of code: ``block``, or ``skeleton``, which keeps the shape of Python.
        placeholders: ``indexed`` (``[NUMBER_2]``) or ``plain``; None for the mode's own.
        passages: observations (search) are hidden ``whole``, or their values ``inside`` them.
        verifier: the reward that the run will use; None for the domain's own.
        audit: False to skip the audit.
        seed: of the ``random`` mode.

    Returns:
        The masked trace. ``status`` says what the audit made of it, ``reason`` why.

    Raises:
        ConfigError: for an unknown domain, mode, level or placeholder style.
        InputError: if the trace is neither a text nor a list of messages.
    """
    masked, _ = mask_and_audit(
        trace,
        domain=domain,
        question=question,
        target=target,
        aliases=aliases,
        context=context,
        mode=mode,
        level=level,
        placeholders=placeholders,
        passages=passages,
        verifier=verifier,
        audit=audit,
        seed=seed,
    )
    return masked


def mask_and_audit(
    trace: Any,
    *,
    domain: str | Callable[..., list[Span]],
    question: str = "",
    target: Any = None,
    aliases: Sequence[str] = (),
    context: str | None = None,
    mode: str = "critical-path",
    level: str = "block",
    placeholders: Placeholders = None,
    passages: Passages = "whole",
    verifier: Verifier | None = None,
    audit: bool = True,
    seed: int = 0,
) -> tuple[MaskedTrace, AuditReport | None]:
    """``mask``, and the audit's last report; None where there was no audit."""
    joined = join(trace) if isinstance(trace, list) else None
    if joined is not None:
        trace = joined.text
    if not isinstance(trace, str):
        raise InputError(
            f"trace: a text or a list of messages is needed, not a {type(trace).__name__}"
        )

    stated = question if context is None else f"{question}\n\n{context}"

    def masking(extra: Sequence[Span]) -> MaskedTrace:
        masked = mask_trace(
            trace,
            domain=domain,
            question=stated,
            mode=mode,
            level=level,
            placeholders=placeholders,
            seed=seed,
            aliases=aliases,
            target=target,
            passages=passages,
            turns=() if joined is None else joined.turns,
            extra=extra,
        )
        if context is not None:
            masked = replace(masked, question=question)
        return masked if joined is None else name_messages(masked, joined)

    def detected() -> list[Span]:
        """What the detector alone makes of the trace, where it does not see the target."""
        unseen = family(domain) != "search"
        return detect(trace, domain, Context(stated), level) if unseen else []

    masked = masking(())
    if target is None or not audit:
        return _unaudited(masked, "no target" if audit else "the audit is switched off"), None
    if verifier is None:
        try:
            verifier = _own_verifier(domain)
        except SmepoError as error:
            return _unaudited(masked, str(error)), None
    return _repaired(masking, detected, masked, verifier, stated)


def _unaudited(masked: MaskedTrace, reason: str) -> MaskedTrace:
    return replace(masked, status=Status.UNAUDITED, reason=reason)


def _own_verifier(domain: str | Callable[..., list[Span]]) -> Verifier:
    from smepo.verifiers import verifier

    name = family(domain)
    if name not in DOMAINS:
        raise SmepoError("a domain of your own has no verifier: pass one as `verifier`")
    return verifier(name)


def _repaired(
    masking: Callable[[Sequence[Span]], MaskedTrace],
    detected: Callable[[], list[Span]],
    masked: MaskedTrace,
    verifier: Verifier,
    stated: str,
) -> tuple[MaskedTrace, AuditReport]:
    """Audit, hide what scores, audit again; at most ``ROUNDS`` times."""
    control = masked.mode not in REPAIRED
    whole = masked.mode == "expressions"  # unevaluated arithmetic counts as an answer
    report = run_audit(masked, verifier=verifier, question=stated)
    extra: dict[Span, None] = {}
    for _ in range(ROUNDS):
        leaks = (*report.leaks, *report.expression_leaks) if whole else report.leaks
        if control or not leaks:
            break
        extra |= dict.fromkeys(repair.spans(masked, leaks))
        masked = masking(tuple(extra))
        report = run_audit(masked, verifier=verifier, question=stated)
    status, reason = _verdict(masked, report, len(extra), control)
    if status is Status.REPAIRED and (said := _pointing(masked, tuple(extra), detected())):
        status, reason = Status.LEAKS, said
    return replace(masked, status=status, reason=reason), report


def _pointing(masked: MaskedTrace, extra: Sequence[Span], detected: Sequence[Span]) -> str:
    """How what the audit hid tells the answer (law 4); empty if it does not."""
    points = repair.pointing(extra, detected)
    if points is not None:
        given = masked.trace[points.start : points.end]
        return f"to hide {given!r}, which the question implies, would point"
    guess = omission.told(masked) if masked.domain == "math" else None
    return f"what the audit hid is told by the guess {guess}" if guess else ""


def _verdict(
    masked: MaskedTrace, report: AuditReport, hidden: int, control: bool
) -> tuple[Status, str]:
    if control:
        return Status.CONTROL, f"{len(report.leaks)} leaks" if report.leaks else ""
    leaks = report.leaks
    if masked.mode == "expressions":
        leaks += report.expression_leaks
    if leaks:
        first = leaks[0]
        return Status.LEAKS, f"{first.attack} {first.candidate!r} still scores"
    if report.undecided and not report.candidates:
        return Status.ERROR, report.detail
    if report.undecided:
        said = f"the verifier could not decide on {report.undecided} candidates"
        return Status.ERROR, f"{said}: {report.detail}" if report.detail else said
    if hidden:
        return Status.REPAIRED, f"the audit hid {hidden} more"
    return Status.CLEAN, ""
