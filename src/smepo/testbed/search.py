"""The search family: a fictional world, its pages, and questions that take several searches.

    Start at Bako: 1) agate, 2) coral. Whom do you reach?

    Thought: First the mentor, then the rival.
    Action: search[Bako mentor]
    Observation: Bako: aloe Zelu, basil Tiro, clover Nemi, fern Rado, moss Gupa.
    Thought: The mentor of Bako is Tiro.
    Action: search[Tiro rival]
    Observation: Tiro: ...
    Thought: The rival of Tiro is Vemo.
    Action: finish[Vemo]

A solver has to know two things that no text says: the *plan*, which relation a gem stands for, and
the *values*, which herb on a page states a relation. Masking hides what is read and shows the
plan. On plain pages and in easy questions the relations stand under their own names.

Who is whose mentor is drawn: nothing of it can be known before it is searched for. The training and
the held-out questions are about two worlds that share no person, so they share no question, no page
and no fact.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from smepo.testbed.family import Family, Problem, collect, name_of

RELATIONS = ("mentor", "rival", "ally", "maker", "heir")

_GEMS: Mapping[str, str] = {
    "mentor": "agate amber beryl onyx opal pearl topaz zircon",
    "rival": "coral cobalt copper flint garnet jade jasper lapis",
    "ally": "iron ivory kyanite lead marble mica nickel obsidian",
    "maker": "quartz ruby rutile silver slate spinel steel sulfur",
    "heir": "talc tin tungsten umber zinc bronze brass chalk",
}
_HERBS: Mapping[str, str] = {
    "mentor": "basil borage burdock caraway catnip chervil chicory clover",
    "rival": "aloe anise arnica comfrey cumin dill fennel fern",
    "ally": "ginger hemlock henna hops hyssop ivy laurel lovage",
    "maker": "mallow marjoram mint moss mugwort mustard myrtle nettle",
    "heir": "oregano parsley rosemary rue saffron sage sorrel thyme",
}
GEMS: Mapping[str, str] = {word: name for name, words in _GEMS.items() for word in words.split()}
HERBS: Mapping[str, str] = {word: name for name, words in _HERBS.items() for word in words.split()}

PEOPLE = 160  # of each world
_SEEDS = {"train": 0, "heldout": 1}


@dataclass(frozen=True, slots=True)
class Level:
    """How hard: the number of searches, and of how many of them, the last ones, question and page
    use rare words."""

    hops: int
    rare: int


LEVELS: Mapping[str, Level] = {
    "easy": Level(hops=2, rare=0),
    "medium": Level(hops=2, rare=1),
    "hard": Level(hops=2, rare=2),
    "hardest": Level(hops=3, rare=3),
}


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one person: for every relation a word that states it, and who it is."""

    title: str
    facts: tuple[tuple[str, str], ...]  # (word, person), in the order of the text
    rare: bool

    @property
    def text(self) -> str:
        """The page as it is indexed."""
        return ", ".join(f"{word} {person}" for word, person in self.facts) + "."

    def reach(self, relation: str) -> str:
        """The person whom the page states for a relation."""
        return next(p for word, p in self.facts if relation_of(word) == relation)


def relation_of(word: str) -> str:
    """The relation that a word of a page states, or a word of a question asks for."""
    return word if word in RELATIONS else HERBS.get(word) or GEMS[word]


@cache
def names() -> tuple[str, ...]:
    """The names of all people of both worlds."""
    first = [c + v for c in "BDFGKLMNRT" for v in "aeiou"]
    second = [c + v for c in "bdgkmnprtv" for v in "ao"]
    made = sorted(a + b for a in first for b in second if a[0].lower() != b[0])
    random.Random("search/names").shuffle(made)
    return tuple(made[: 2 * PEOPLE])


@cache
def world(split: str) -> Mapping[str, Page]:
    """The pages of a world by title; the same at every call."""
    people = names()[_SEEDS[split] :: 2]
    rng = random.Random(f"search/world/{split}")
    return {name: draw_page(rng, name, people, rare=i % 2 == 0) for i, name in enumerate(people)}


def draw_page(rng: random.Random, title: str, people: Sequence[str], *, rare: bool) -> Page:
    """A page with one fact a relation, in random order, about different people."""
    chosen = rng.sample([person for person in people if person != title], len(RELATIONS))
    words = [rng.choice(_HERBS[r].split()) if rare else r for r in RELATIONS]
    facts = list(zip(words, chosen, strict=True))
    rng.shuffle(facts)
    return Page(title, tuple(facts), rare)


def corpus() -> list[dict[str, str]]:
    """The pages of both worlds as rows for `smepo index`."""
    pages = [page for split in _SEEDS for page in world(split).values()]
    return [{"title": page.title, "text": page.text} for page in pages]


def question(start: str, words: Sequence[str]) -> str:
    """What the solver is told."""
    steps = ", ".join(f"{i}) {word}" for i, word in enumerate(words, start=1))
    return f"Start at {start}: {steps}. Whom do you reach?"


def trace(relations: Sequence[str], pages: Sequence[Page], reached: Sequence[str]) -> str:
    """An expert's trajectory: the plan, and for every hop a search and what was read."""
    lines = [f"Thought: First the {', then the '.join(relations)}."]
    for relation, page, person in zip(relations, pages, reached, strict=True):
        lines += [
            f"Action: search[{page.title} {relation}]",
            f"Observation: {page.title}: {page.text}",
            f"Thought: The {relation} of {page.title} is {person}.",
        ]
    return "\n".join([*lines, f"Action: finish[{reached[-1]}]"])


def generate(split: str, level: str, n: int, seed: int) -> list[Problem]:
    """``n`` different problems of one world; the same arguments give the same list."""
    pages = world(split)
    return collect(lambda rng: _draw(rng, pages, level), split, n, f"search/{split}/{level}/{seed}")


def _draw(rng: random.Random, pages: Mapping[str, Page], level: str) -> Problem | None:
    """A walk over pages of the wanted kinds that meets nobody twice; None if it leads astray."""
    plan = LEVELS[level]
    person = start = rng.choice(list(pages))
    relations = [rng.choice(RELATIONS) for _ in range(plan.hops)]
    visited: list[Page] = []
    reached: list[str] = []
    for hop, relation in enumerate(relations):
        page = pages[person]
        if page.rare != (hop >= plan.hops - plan.rare):
            return None
        person = page.reach(relation)
        visited.append(page)
        reached.append(person)
    if len({start, *reached}) <= plan.hops:
        return None
    plain = plan.hops - plan.rare
    words = [r if i < plain else rng.choice(_GEMS[r].split()) for i, r in enumerate(relations)]
    asked = question(start, words)
    return Problem(
        id=name_of("search", level, asked),
        question=asked,
        target=[person],
        trace=trace(relations, visited, reached),
        level=level,
        extra={"titles": [page.title for page in visited]},
    )


FAMILY = Family("search", "search", LEVELS, generate)
