"""From a model's answer to spans: what is not in the text word for word is rejected and counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from smepo.errors import InputError
from smepo.types import Kind, Role, Span

_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_SIGN = re.compile(r"\\.|[{}$]", re.DOTALL)
_LEFT = re.compile(r"\\left(?![A-Za-z])|\\begin(?![A-Za-z])")
_RIGHT = re.compile(r"\\right(?![A-Za-z])|\\end(?![A-Za-z])")
_MOST = 20_000  # items of an answer


def items(content: str) -> list[Any]:
    """The list in an answer: a JSON array, or an object with `spans`, fenced or not.

    Raises InputError for anything else.
    """
    fenced = _FENCE.match(content)
    try:
        found = json.loads(fenced[1] if fenced else content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the model's answer is no JSON ({error}): {content[:80]!r}") from error
    if isinstance(found, Mapping):
        found = found.get("spans")
    if not isinstance(found, list) or len(found) > _MOST:
        raise InputError(f"the model's answer is no list of spans: {content[:80]!r}")
    return found


def spans(found: list[Any], text: str, question: str) -> tuple[list[Span], Counter[str]]:
    """The spans that stand in ``text``, and how many items were rejected, by reason."""
    made: list[Span] = []
    rejected: Counter[str] = Counter()
    for item in found:
        reason = _reason(item)
        places = list(_places(item, text)) if reason is None else []
        if reason is None and not places:
            reason = "not in the text"
        if reason is not None:
            rejected[reason] += 1
            continue
        words = item["text"]
        given = any(True for _ in _occurrences(words, question))
        made += [
            Span(at, at + len(words), Kind(item["kind"]), Role(item["role"]), words, given)
            for at in places
        ]
    return made, rejected


def _reason(item: Any) -> str | None:
    """Why an item is none that can be looked for; None if it is one."""
    if not isinstance(item, Mapping) or not isinstance(item.get("text"), str):
        return "no text"
    if not item["text"].strip():
        return "empty"
    if item.get("kind") not in list(Kind):
        return "unknown kind"
    if item.get("role") not in list(Role):
        return "unknown role"
    which = item.get("occurrence")
    if which is not None and (isinstance(which, bool) or not isinstance(which, int) or which < 1):
        return "bad occurrence"
    return None if _balanced(item["text"]) else "cuts through braces"


def _places(item: Mapping[str, Any], text: str) -> Iterator[int]:
    """Where the item stands: the occurrence that it names, counted from 1, or every one."""
    which = item.get("occurrence")
    for count, at in enumerate(_occurrences(item["text"], text), start=1):
        if which is None or count == which:
            yield at


def _occurrences(words: str, text: str) -> Iterator[int]:
    """Where ``words`` stand as whole words and numbers: 7 is not in 17 nor in 7.5."""
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        before, after = text[max(0, at - 2) : at], text[end : end + 2]
        joined = _joins(before[-1:], words[:1]) or _joins(words[-1:], after[:1])
        decimal = words[:1].isdigit() and bool(re.search(r"\d[.,]\Z", before))
        decimal |= words[-1:].isdigit() and bool(re.match(r"[.,]\d", after))
        if not joined and not decimal:
            yield at
            at = text.find(words, end)
        else:
            at = text.find(words, at + 1)


def _joins(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _balanced(text: str) -> bool:
    """Whether hiding ``text`` leaves braces, dollars and LaTeX environments in pairs."""
    depth = 0
    for sign in _SIGN.findall(text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    pairs = len(_LEFT.findall(text)) == len(_RIGHT.findall(text))
    return not depth and pairs and _SIGN.findall(text).count("$") % 2 == 0
