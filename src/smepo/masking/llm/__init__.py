"""Spans from a language model: any OpenAI-compatible endpoint as a detector of one's own.

    export SMEPO_LLM_URL=http://localhost:8000/v1 SMEPO_LLM_MODEL=qwen SMEPO_LLM_KEY=...
    smepo mask IN OUT --domain smepo.masking.llm:spans

The model is shown the question and the trace, never the target (law 4). What it names must stand in
the trace word for word; anything else is rejected and counted. Its spans come on top of those of a
domain (`SMEPO_LLM_DOMAIN`), whose verifier judges the result like any other mask.

Answers are kept on disk by model, prompt, question and trace (`SMEPO_LLM_CACHE`), so that a run can
be continued without paying twice, and gives the same masks.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from smepo.endpoint import Endpoint, EndpointError, ask
from smepo.errors import ConfigError, InputError
from smepo.masking.detector import Context
from smepo.masking.llm import answer, store
from smepo.types import Span

__all__ = ["Endpoint", "EndpointError", "LlmDetector", "configured", "detector", "spans"]

LONGEST = 100_000  # characters of a trace
PROMPT = """\
You mark the parts of an expert's solution that must be hidden before a student reads it, so that
the student still sees the plan but can copy no value that leads to the answer.

Reply with a JSON array and nothing else. Each item is
{"text": "...", "kind": "...", "role": "...", "occurrence": 1}
- text: copied from the solution character by character, as short as it can be: a number, a formula,
  a name, a date, a piece of code. Never a word of the plan, an operator, a label or a step number.
- kind: one of number, expression, choice, code, entity, date, passage, answer.
- role: result (what a step yields), conclusion (what announces the answer), operand (a value that
  goes into a step), structural (a label or a number of a step).
- occurrence: which occurrence of the text it is, counted from 1; leave it out for every one.
An empty array means that nothing has to be hidden."""


@dataclass(frozen=True, slots=True)
class LlmDetector:
    """A detector (see `smepo.masking.detector`): the spans of ``domain``, and those of a model.

    ``domain``: "math", "code", "search", `module:function`, or None for the model alone.
    """

    endpoint: Endpoint
    domain: str | None
    cache: Path

    def __call__(self, text: str, context: Context) -> list[Span]:
        """Raises EndpointError and ConfigError if the endpoint does not answer, InputError for an
        answer that is no list of spans, or a trace that is too long to ask about."""
        from smepo.masking import detector as find

        own = find(self.domain)(text, context) if self.domain is not None else []
        if not text.strip():
            return own
        found, _ = answer.spans(self._items(text, context.question), text, context.question)
        return own + found

    @property
    def base(self) -> str | None:
        """The domain that it adds to, which also judges (see `smepo.masking.family`)."""
        return self.domain

    @property
    def folder(self) -> Path:
        """Where the answers of this model to this prompt are kept."""
        return self.cache / store.key(self.endpoint.model, PROMPT)

    def _items(self, text: str, question: str) -> list[object]:
        name = store.key(question, text)
        held = store.load(self.folder, name)
        if held is None:
            if len(text) > LONGEST:
                raise InputError(f"a trace of {len(text)} characters; at most {LONGEST} are sent")
            found = answer.items(ask(self.endpoint, PROMPT, _shown(question, text)))
            made, rejected = answer.spans(found, text, question)
            counts = {"spans": len(made), **{f"rejected: {k}": n for k, n in rejected.items()}}
            held = {"model": self.endpoint.model, "items": found, "counts": counts}
            store.save(self.folder, name, held)
        return list(held["items"])

    def report(self) -> Counter[str]:
        """Over all answers of this model: how many, their spans, and what was rejected and why."""
        return store.totals(self.folder)


def _shown(question: str, text: str) -> str:
    return f"Question:\n{question}\n\nSolution:\n{text}"


def detector(
    url: str,
    model: str,
    *,
    key: str = "",
    domain: str | None = "math",
    cache: str | Path | None = None,
    timeout: float = 60.0,
    tries: int = 5,
) -> LlmDetector:
    """A detector that asks ``model`` at ``url`` (which ends before `/chat/completions`).

    ``cache``: the folder of its answers, `~/.cache/smepo/llm` by default; ``timeout`` in seconds.
    Raises ConfigError for an address that is none.
    """
    folder = Path(cache) if cache is not None else Path.home() / ".cache" / "smepo" / "llm"
    return LlmDetector(Endpoint(url, model, key, timeout, tries), domain, folder)


class _FromEnvironment:
    """The detector that the environment configures, for ``--domain smepo.masking.llm:spans``."""

    def __call__(self, text: str, context: Context) -> list[Span]:
        return configured()(text, context)

    @property
    def base(self) -> str | None:
        """The domain that it adds to."""
        return configured().base

    def report(self) -> Counter[str]:
        """What it has counted."""
        return configured().report()


spans = _FromEnvironment()


@functools.cache
def configured() -> LlmDetector:
    """From SMEPO_LLM_URL, _MODEL, _KEY, _DOMAIN (default math; "none"), _CACHE, _TIMEOUT, _TRIES.

    Raises ConfigError for one that is missing or no number.
    """
    held = {
        name: os.environ.get(f"SMEPO_LLM_{name}", "")
        for name in ("URL", "MODEL", "KEY", "DOMAIN", "CACHE", "TIMEOUT", "TRIES")
    }
    missing = [f"SMEPO_LLM_{name}" for name in ("URL", "MODEL") if not held[name]]
    if missing:
        raise ConfigError(f"{' and '.join(missing)}: not set; the detector asks an endpoint there")
    try:
        timeout, tries = float(held["TIMEOUT"] or 60), int(held["TRIES"] or 5)
    except ValueError as error:
        raise ConfigError(f"SMEPO_LLM_TIMEOUT, SMEPO_LLM_TRIES: {error}") from error
    domain = held["DOMAIN"] or "math"
    return detector(
        held["URL"],
        held["MODEL"],
        key=held["KEY"],
        domain=None if domain == "none" else domain,
        cache=held["CACHE"] or None,
        timeout=timeout,
        tries=tries,
    )
