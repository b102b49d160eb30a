"""Search trajectories as text or messages, built from hops: what is needed, read and found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

Style = Literal["react", "messages"]

_NEXT = (
    "Now I need {need}.",
    "Next I need {need}.",
    "The next step is to find {need}.",
    "Now I can look for {need}.",
    "Then I still need {need}.",
)
_LEADS = ("", "", "Good. ", "The passage tells it. ", "That settles this step. ")


@dataclass(frozen=True, slots=True)
class Hop:
    """One search. ``need`` completes "I need ..."; ``finding`` is a sentence."""

    need: str
    query: str
    passage: str
    finding: str


@dataclass(frozen=True, slots=True)
class Step:
    """A thought and an action; ``observation`` is None for the last one, ``finish``."""

    thought: str
    action: Literal["search", "finish"]
    argument: str
    observation: str | None = None


def pick(options: Sequence[str], *keys: object) -> str:
    """One of ``options``: the same keys give the same one, on every machine."""
    seed = "\x1f".join(map(str, keys)).encode("utf-8", "surrogatepass")
    return options[int.from_bytes(blake2b(seed, digest_size=4).digest(), "big") % len(options)]


def steps(key: str, opening: str, hops: Sequence[Hop], closing: str, answer: str) -> list[Step]:
    """The steps of a trajectory: each thought says what was found and what is needed next.

    ``key`` (the row's id) picks the wording. ``closing`` follows the last finding.
    """
    made = []
    thought = opening
    for index, hop in enumerate(hops):
        made.append(Step(thought, "search", _line(hop.query), _line(hop.passage)))
        found = pick(_LEADS, key, "lead", index) + _sentence(hop.finding)
        after = closing
        if index + 1 < len(hops):
            after = pick(_NEXT, key, "next", index).format(need=hops[index + 1].need)
        thought = f"{found} {after}"
    return [*made, Step(thought, "finish", _line(answer))]


def react(made: Sequence[Step]) -> str:
    """ReAct text: ``Thought:``, ``Action: search[...]``, ``Observation:``, one a line."""
    lines = []
    for step in made:
        lines += [f"Thought: {step.thought}", f"Action: {step.action}[{step.argument}]"]
        if step.observation is not None:
            lines.append(f"Observation: {step.observation}")
    return "\n".join(lines)


def messages(question: str, made: Sequence[Step]) -> list[dict[str, str]]:
    """The same as a conversation, in the form of FireAct: observations come from the user."""
    said = [{"role": "user", "content": question}]
    for step in made:
        text = f"Thought: {step.thought}\nAction: {step.action}[{step.argument}]"
        said.append({"role": "assistant", "content": text})
        if step.observation is not None:
            said.append({"role": "user", "content": f"Observation: {step.observation}"})
    return said


def trace(question: str, made: Sequence[Step], style: Style) -> str | list[dict[str, str]]:
    """The trajectory in one of the styles."""
    return messages(question, made) if style == "messages" else react(made)


def names(question: str, found: Iterable[str]) -> list[str]:
    """The names in ``found`` that ``question`` does not have, in order, with and without bracket.

    ``Get Low (song)`` is also ``Get Low``; a question that has the one has both.
    """
    made: dict[str, None] = {}
    for name in found:
        if not states(question, name):
            made |= dict.fromkeys((name.strip(), without_bracket(name)))
    return [name for name in made if name]


def states(question: str, name: str) -> bool:
    """True if the question has the name, with or without what stands in brackets behind it."""
    bare = re.escape(without_bracket(name).casefold())
    return bool(bare) and bool(re.search(rf"(?<!\w){bare}(?!\w)", question.casefold()))


def without_bracket(name: str) -> str:
    """A title without what tells it from others of the same name."""
    return re.sub(r"\s*\([^()]*\)\s*$", "", name).strip()


def _line(text: str) -> str:
    """One line without square brackets, which end an action."""
    return " ".join(text.split()).replace("[", "(").replace("]", ")")


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text[-1:] in (".", "!", "?") else f"{text}."
