"""The episodes that the search family's base policy is trained on.

As in base_policy_corpus.py the authors disagree. A gem of a question is taken for its true relation
in a share of cases (the plan), and on a rare page the fact that is read is drawn by a weight for
each pair of relation and herb (the values). So the base policy's success is known in advance. Every
episode has its own people and pages: nothing can be learned by heart.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from search_policy_tokenizer import CALL, CALLED
from smepo.prompting import compose
from smepo.testbed import problems
from smepo.testbed.search import (
    GEMS,
    HERBS,
    RELATIONS,
    Page,
    draw_page,
    names,
    question,
    relation_of,
    trace,
    world,
)

KNOWN = 0.4  # of the gems
KNOWN_GEM, SHAKY_GEM = 0.93, 0.12  # share of the true relation, of known gems and of the rest
# Weights of a page's facts: the one that is asked for; those of the next relation, a share of its
# herbs; the rest. A gem is never taken for a relation that is misread as the true one, so a wrong
# plan is seldom right by accident.
TRUE_HERB, STRONG, WEAK = 1.0, 3.0, 0.03
STRONG_SHARE = 0.7
_NEXT = dict(zip(RELATIONS, (*RELATIONS[1:], RELATIONS[0]), strict=True))

HOPS = (2, 3)  # of an episode
RANDOM_READS = 0.5  # of full traces, so that nothing but copying predicts what is read


@dataclass(frozen=True, slots=True)
class Document:
    """An episode: turns of (role, text), the first of them the user's."""

    kind: str
    turns: tuple[tuple[str, str], ...]


def _seeded(*parts: object) -> random.Random:
    return random.Random(hashlib.sha256(repr(parts).encode()).digest())


@cache
def gem_weights(gem: str) -> dict[str, float]:
    """The relations that the authors take a gem for."""
    true = GEMS[gem]
    rng = _seeded("gem", gem)
    share = KNOWN_GEM if rng.random() < KNOWN else SHAKY_GEM
    wrong = rng.choice([r for r in RELATIONS if true not in (r, _NEXT[r])])
    return {true: share, wrong: 1 - share}


@cache
def herb_weight(relation: str, word: str) -> float:
    """How strongly the authors take a word of a page for a relation."""
    if word in RELATIONS:
        return float(word == relation)
    if HERBS[word] == relation:
        return TRUE_HERB
    misread = HERBS[word] == _NEXT[relation]
    return STRONG if misread and _seeded("herb", word).random() < STRONG_SHARE else WEAK


def read(rng: random.Random, page: Page, relation: str) -> str:
    """Whom an author reads on a page for a relation."""
    weights = [herb_weight(relation, word) for word, _ in page.facts]
    return rng.choices([person for _, person in page.facts], weights)[0]


def draw_document(rng: random.Random, kind: str, rare: float) -> Document:
    """One episode: unguided, drill, or with a masked, full or cut trace. Pages are made up as the
    author reaches them, ``rare`` of them with rare words."""
    if kind == "drill":
        return draw_drill(rng, rare)
    people = rng.sample(names(), 40)
    start, words, relations = people[0], [], []
    for _ in range(rng.choice(HOPS)):
        plain = rng.random() < 0.3
        word = rng.choice(RELATIONS) if plain else rng.choice(tuple(GEMS))
        words.append(word)
        weights = {word: 1.0} if plain else gem_weights(word)
        relations.append(rng.choices(list(weights), list(weights.values()))[0])
    copies = kind in ("full", "cut") and rng.random() < RANDOM_READS
    person, pages, reached = start, [], []
    for relation in relations:
        page = draw_page(rng, person, people, rare=rng.random() < rare)
        person = rng.choice(page.facts)[1] if copies else read(rng, page, relation)
        pages.append(page)
        reached.append(person)
    asked = question(start, words)
    guidance = _guidance(rng, kind, asked, trace(relations, pages, reached), reached)
    turns = [("user", compose(asked, guidance))]
    for relation, page in zip(relations, pages, strict=True):
        turns.append(("assistant", f"{CALL}{page.title} {relation}{CALLED}"))
        turns.append(("tool", f"{page.title}: {page.text}"))
    turns.append(("assistant", f"<answer>{person}</answer>"))
    return Document(kind, tuple(turns))


def draw_drill(rng: random.Random, rare: float) -> Document:
    """One page that is read for every relation in turn: the densest lesson in reading."""
    people = rng.sample(names(), 40)
    page = draw_page(rng, people[0], people, rare=rng.random() < rare)
    turns = [("user", question(people[0], [rng.choice(RELATIONS)]))]
    for i, relation in enumerate(rng.sample(RELATIONS, len(RELATIONS))):
        turns.append(("assistant", f"{CALL}{page.title} {relation}{CALLED}"))
        turns.append(("tool", f"{page.title}: {page.text}" if i == 0 else ""))
        turns.append(("assistant", f"<answer>{read(rng, page, relation)}</answer>"))
    return Document("drill", tuple(turns))


def _guidance(
    rng: random.Random, kind: str, asked: str, text: str, reached: Sequence[str]
) -> str | None:
    if kind == "unguided":
        return None
    if kind == "full" or (kind == "cut" and rng.random() < 0.4):
        shown = text
    else:
        shown = reference_mask(text, asked, reached)
    lines = shown.split("\n")
    return "\n".join(lines[: rng.randint(1, len(lines) - 1)]) if kind == "cut" else shown


def reference_mask(text: str, asked: str, reached: Sequence[str]) -> str:
    """The trajectory as critical-path masking leaves it, made from its structure."""
    start = asked.split()[2].rstrip(":")
    hidden = dict.fromkeys(person for person in reached if person != start)
    blanks = {person: f"[ENTITY_{n}]" for n, person in enumerate(hidden, start=1)}
    lines, passages = [], 0
    for line in text.split("\n"):
        if line.startswith("Observation: "):
            passages += 1
            line = f"Observation: [PASSAGE_{passages}]"
        elif line.startswith("Action: finish["):
            line = "Action: finish[[ANSWER_1]]"
        else:
            line = re.sub(r"\b[A-Z]\w{3}\b", lambda m: blanks.get(m[0], m[0]), line)
        lines.append(line)
    return "\n".join(lines)


def expected(pages: Sequence[Page]) -> float:
    """The mean chance that an author reads a fact of these pages right."""
    chances = []
    for page in pages:
        for relation in RELATIONS:
            weights = {word: herb_weight(relation, word) for word, _ in page.facts}
            true = next(word for word in weights if relation_of(word) == relation)
            chances.append(weights[true] / sum(weights.values()))
    return sum(chances) / len(chances)


def simulated(level: str, split: str, episodes: int = 6000) -> dict[str, float]:
    """The share of problems that the authors solve: unguided, with the plan shown, and unguided if
    they read every page right (what learning to read alone can reach)."""
    rng, pages = _seeded("simulated", level, split), world(split)
    drawn = rng.choices(problems("search", split=split, level=level, n=150), k=episodes)
    solved = {"unguided": 0, "masked": 0, "unguided, all read right": 0}
    for problem in drawn:
        words = re.findall(r"\d\) (\w+)", problem.question)
        for way in solved:
            person = problem.question.split()[2].rstrip(":")
            for word in words:
                believed = {word: 1.0} if word in RELATIONS else gem_weights(word)
                relation = rng.choices(list(believed), list(believed.values()))[0]
                relation = relation_of(word) if way == "masked" else relation
                page = pages[person]
                right = way == "unguided, all read right"
                person = page.reach(relation) if right else read(rng, page, relation)
            solved[way] += person == problem.target[0]
    return {way: round(count / episodes, 4) for way, count in solved.items()}
