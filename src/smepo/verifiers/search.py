"""Is a search answer right: exact match after the usual answer normalisation (SQuAD, HotpotQA)."""

from __future__ import annotations

import re
import string
import time
import unicodedata
from collections import Counter, deque
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from smepo import numerals
from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.dates import parse_date

_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
_FINISH = re.compile(r"\bfinish\[([^\[\]]*)\]", re.IGNORECASE)
_SAID = re.compile(r"\banswer(?: is)?[ *]{0,4}[:=]?[ *]{1,4}(?=[^\n])", re.IGNORECASE)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)
_CHOICE = re.compile(r"\b(?:or|not|neither|nor|either)\b|[/;|]", re.IGNORECASE)
MAX_ANSWER = 1000  # characters
_APOSTROPHES = str.maketrans(dict.fromkeys("'\u2019`\u00b4", ""))


class SearchVerifier:
    """Compares a completion's answer with a target string or a list of accepted strings.

    ``metric``: "em" (default) scores exact match 0 or 1; "f1" scores the overlap of words, partial
    credit in [0, 1]. Yes/no, dates and numbers are compared as such, never word by word. An answer
    that only contains the target, or lists several answers, is not a match; one that offers a
    choice ("Paris or London") or denies ("not Paris") has no partial credit either.
    """

    domain = "search"

    def __init__(self, *, metric: Literal["em", "f1"] = "em") -> None:
        self.metric = metric

    def __call__(self, completion: str, target: Any) -> Verdict:
        """Judge one completion."""
        began = time.perf_counter()
        verdict = self._judge(completion, _targets(target))
        seconds = time.perf_counter() - began
        return Verdict(verdict.score, verdict.status, verdict.extracted, seconds, verdict.detail)

    def many(self, pairs: Sequence[tuple[str, Any]]) -> list[Verdict]:
        """Judge pairs in order."""
        return [self(completion, target) for completion, target in pairs]

    def wrap(self, candidate: str) -> str:
        """A completion that announces ``candidate`` as its answer."""
        return f"<answer>{re.sub('</?answer>', ' ', candidate, flags=re.IGNORECASE)}</answer>"

    def _judge(self, completion: str, targets: list[str]) -> Verdict:
        if not completion.strip():
            return Verdict(0.0, VerdictStatus.EMPTY, detail="empty completion")
        if not targets:
            return Verdict(0.0, VerdictStatus.ERROR, detail="the target is empty")
        answer = extract(completion)
        if answer is None or not answer.strip():
            return Verdict(0.0, VerdictStatus.UNPARSED, answer, detail="no answer found")
        if len(answer) > MAX_ANSWER:
            detail = f"the answer has {len(answer)} characters; at most {MAX_ANSWER} are read"
            return Verdict(0.0, VerdictStatus.UNPARSED, answer[:100], detail=detail)
        if any(exact_match(answer, t) for t in targets):
            return Verdict(1.0, VerdictStatus.CORRECT, answer)
        score = max(f1(answer, t) for t in targets) if self.metric == "f1" else 0.0
        return Verdict(score, VerdictStatus.WRONG, answer)


def extract(completion: str) -> str | None:
    """The last ``<answer>``, else the last ``finish[...]``, else "answer is ...", else one line."""
    tagged = _tagged(completion)
    if tagged is not None:
        return tagged
    finished = _FINISH.findall(completion)
    if finished:
        return str(finished[-1]).strip()
    said = deque(_SAID.finditer(completion), maxlen=1)
    if said:
        return completion[said[0].end() :].partition("\n")[0].strip().strip("*").strip()
    line = completion.strip()
    return line if "\n" not in line and len(line.split()) <= 12 else None


def _tagged(completion: str) -> str | None:
    start, last = -1, None
    for tag in _TAG.finditer(completion):
        if not tag.group(1):
            start = tag.end()
        elif start >= 0:
            last, start = completion[start : tag.start()].strip(), -1
    return last


def normalise(text: str, mark: str = " ") -> str:
    """Lower case without articles, punctuation, accents and extra space.

    ``mark`` is what a punctuation mark becomes: a space ("Saint-Denis" is "Saint Denis"), or
    nothing, as in SQuAD's own script ("U.S." is "US").
    """
    text = unicodedata.normalize("NFKD", text).lower()
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = text.translate(_APOSTROPHES)
    if not text.isalnum():
        text = "".join(mark if _is_mark(c) else c for c in text)
    return " ".join(_ARTICLES.sub(" ", text).split())


def _is_mark(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character).startswith("P")


def exact_match(answer: str, target: str) -> bool:
    """Whether two answers are the same date, number, or normalised text."""
    for read in (parse_date, _number):
        value = read(target)
        if value is not None:
            other = read(answer)
            return other is not None and bool(value == other)
    if not normalise(target):  # "A", "!!!": nothing but what is dropped elsewhere
        return answer.strip().casefold() == target.strip().casefold()
    return any(normalise(answer, mark) == normalise(target, mark) for mark in (" ", ""))


def _number(text: str) -> Fraction | None:
    text = text.strip().rstrip(".")
    figure, _, word = text.rpartition(" ")
    scale = numerals.SCALES.get(word.lower()) if figure[-1:].isdigit() else None
    if scale is None:
        return numerals.parse(text)
    value = numerals.parse(figure)
    return None if value is None else value * scale


def f1(answer: str, target: str) -> float:
    """Word overlap in [0, 1]; 0 or 1 for yes/no, dates and numbers, which have no half matches."""
    words, gold = normalise(answer).split(), normalise(target).split()
    atomic = {"yes", "no", "noanswer"}
    special = any(len(w) == 1 and w[0] in atomic for w in (words, gold))
    if special or parse_date(target) is not None or _number(target) is not None:
        return float(exact_match(answer, target))
    if _offers(answer) and not _offers(target):
        return float(exact_match(answer, target))
    common = sum((Counter(words) & Counter(gold)).values())
    return 2 * common / (len(words) + len(gold)) if common else 0.0


def _offers(text: str) -> bool:
    """Whether a text names a choice of answers, or what the answer is not."""
    return _CHOICE.search(text) is not None


def _targets(target: Any) -> list[str]:
    if isinstance(target, str):
        return [target] if target.strip() else []
    if hasattr(target, "tolist"):
        target = target.tolist()
    if isinstance(target, list | tuple):
        return [text for each in target for text in _targets(each)]
    return [] if target is None else [str(target)]
