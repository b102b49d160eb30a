"""math-verify, as the children of the pool run it. Nothing else imports sympy."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_EXAMPLES = (
    ("x+1", "1+x"),
    (r"\sqrt{3+2\sqrt{2}}", r"1+\sqrt{2}"),
    (r"\frac{3^{n+1}+a}{2}", r"\frac{3\cdot 3^n+a}{2}"),
    (r"\sin^2(2x)+\cos^2(2x)", "1"),
)


def compare(targets: Sequence[str], answer: str, digits: int) -> str:
    """Whether ``answer`` equals one of ``targets``: ``equal``, ``different`` or ``unparsed``.

    All are LaTeX without delimiters. ``digits`` is the number of decimals to which floats are
    compared (math-verify's own default is 6). Its alarms are off: the parent holds the clock.
    Raises ValueError if no target can be read.
    """
    return _verdict(targets, _parse(answer), digits)


def judge(targets: Sequence[str], completion: str, digits: int) -> str:
    """As ``compare``, where math-verify finds the answer in the whole completion too."""
    from math_verify import parse

    return _verdict(targets, parse(completion, parsing_timeout=None), digits)


def _verdict(targets: Sequence[str], parsed: list[Any], digits: int) -> str:
    from math_verify import verify

    golds = [gold for gold in map(_parse, targets) if gold]
    if not golds:
        raise ValueError(f"math-verify cannot read the target {targets[0][:100]!r}")
    if not parsed:
        return "unparsed"
    same = any(verify(g, parsed, float_rounding=digits, timeout_seconds=None) for g in golds)
    return "equal" if same else "different"


@lru_cache(maxsize=4096)
def _parse(text: str) -> list[Any]:
    from math_verify import parse

    found: list[Any] = parse("\\boxed{" + text + "}", parsing_timeout=None)
    return found


def warm() -> None:
    """Import, and compare once of each kind: a child that replaces a killed one is warm, too."""
    logging.disable(logging.CRITICAL)  # it warns that its time-outs are off, which is on purpose
    for target, answer in _EXAMPLES:
        compare([target], answer, 6)
