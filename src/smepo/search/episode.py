"""What a policy may do in an episode: search and read, within limits, and what came of it.

Nothing that a policy or a passage says raises: every fault becomes text that the policy reads, and
a count. Passages are untrusted (law 9): control strings in them are broken, so that no passage ends
a turn or speaks as a tool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from smepo.errors import ConfigError
from smepo.prompting.neutralise import Specials, neutralise, special_tokens
from smepo.search.index import Found
from smepo.search.remote import RetrieverError


class Retriever(Protocol):
    """An `Index`, a `Remote`, or one of your own."""

    def search(self, query: str, k: int = 5) -> list[Found]: ...

    def read(self, title: str) -> Found | None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """``calls`` of tools an episode, ``k`` passages a search at most, ``characters`` of a passage,
    and of a query."""

    calls: int = 8
    k: int = 3
    characters: int = 1200
    query: int = 400

    def __post_init__(self) -> None:
        for name in ("calls", "k", "characters", "query"):
            if getattr(self, name) < 1:
                raise ConfigError(f"search.{name}: {getattr(self, name)} is not positive")


@dataclass(slots=True)
class Record:
    """What happened in an episode. ``titles`` are those of all passages shown, in order."""

    calls: int = 0
    titles: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Tools:
    """The two tools over a retriever, with the record of one episode.

    ``specials`` are the control strings of the policy's tokenizer (`special_tokens`); without them
    those of common families are broken.
    """

    def __init__(
        self, retriever: Retriever, limits: Limits | None = None, specials: Specials | None = None
    ) -> None:
        self.retriever = retriever
        self.limits = limits or Limits()
        self.specials = specials or special_tokens()
        self.record = Record()

    def search(self, query: str, k: int = 3) -> str:
        """
        Search the corpus for passages.

        Args:
            query: What to look for, in a few words.
            k: How many passages to return.

        Returns:
            The best passages, each with its title.
        """
        if not isinstance(query, str) or not query.strip():
            return self._fault("empty_query", "Give some words to search for.")
        wanted = k if isinstance(k, int) and not isinstance(k, bool) and k > 0 else self.limits.k
        number = min(wanted, self.limits.k)
        return self._call(lambda: self.retriever.search(query[: self.limits.query], number))

    def read(self, title: str) -> str:
        """
        Read the passage with a title.

        Args:
            title: The exact title of a passage.

        Returns:
            The passage.
        """
        if not isinstance(title, str) or not title.strip():
            return self._fault("empty_query", "Give the title of a passage.")

        def one() -> list[Found]:
            found = self.retriever.read(title[: self.limits.query])
            return [found] if found is not None else []

        return self._call(one)

    def _call(self, ask: Callable[[], list[Found]]) -> str:
        if self.record.calls >= self.limits.calls:
            return self._fault("over_limit", "No more searches are allowed. Give the answer.")
        self.record.calls += 1
        try:
            found = ask()
        except RetrieverError as error:
            return self._fault(error.kind, f"The search failed ({error.kind}).")
        if not found:
            return self._fault("nothing_found", "Nothing was found.")
        self.record.titles += [one.title for one in found]
        return "\n\n".join(self._shown(one) for one in found)

    def _shown(self, found: Found) -> str:
        text = found.text
        if len(text) > self.limits.characters:
            self.record.counts["cut"] += 1
            text = text[: self.limits.characters].rsplit(" ", 1)[0] + " ..."
        safe = neutralise(f"{found.title}: {text}", self.specials)
        if safe.count:
            self.record.counts["neutralised"] += safe.count
        return safe.text

    def _fault(self, kind: str, said: str) -> str:
        self.record.counts[kind] += 1
        return said


class Episode(Tools):
    """`Tools` as an environment of TRL: one instance a rollout, emptied by `reset`."""

    def reset(self, **row: Any) -> None:
        """Begin a new episode; the prompt of the row is the question."""
        self.record = Record()


def environment(
    retriever: Retriever, limits: Limits | None = None, specials: Specials | None = None
) -> Callable[[], Episode]:
    """TRL's ``environment_factory``: `GRPOTrainer(..., environment_factory=environment(index))`."""
    return lambda: Episode(retriever, limits, specials)
