"""The testbed's math family: seeded, exact, split without overlap, and masked as intended."""

import re

import pytest

from smepo.errors import ConfigError
from smepo.testbed import FAMILIES, policy_path, problems
from smepo.testbed.family import collect, split_of
from smepo.testbed.math import LEVELS, RARE_WORDS, WORDS
from smepo.training.checks import check_domain

MODULUS = 11
STATED = re.compile(r"Start with (\d+): (.*)\. Give the last three values\.")


def answer(question: str) -> str:
    """The target by another way: tables of all results, looked up clause by clause."""
    cubes = {x: pow(x, 3, MODULUS) for x in range(10, 21)}
    sevenths = {x: pow(x, 7, MODULUS) for x in range(10, 21)}
    tables = {
        r"\star": {(x, k): 10 + (k * cubes[x] + 1) % MODULUS for x in cubes for k in (2, 3, 4)},
        r"\diamond": {(x, k): 10 + (cubes[x] + 5 * k) % MODULUS for x in cubes for k in (2, 3, 4)},
        r"\circ": {(x, k): 10 + (k * sevenths[x] + 3) % MODULUS for x in cubes for k in (2, 3, 4)},
    }
    stated = STATED.fullmatch(question)
    assert stated
    x, values = int(stated[1]), []
    for clause in stated[2].split(", "):
        _, word, operand = clause.split()
        k, operator = int(operand), WORDS[word]
        x = x + k if operator == "+" else x - k if operator == "-" else tables[operator][x, k]
        values.append(x)
    return "({}, {}, {})".format(*values[-3:])


@pytest.mark.parametrize("level", LEVELS)
def test_targets_are_exact(level: str) -> None:
    for problem in problems(level=level, n=200):
        assert problem.target == answer(problem.question)
        assert problem.trace.endswith(rf"\boxed{{{problem.target}}}.")


def test_equal_arguments_give_equal_problems() -> None:
    assert problems(n=1)[0].id == "math-hard-e5f7ee7f78e0"  # published results name their problems
    assert problems(n=50, seed=3) == problems(n=50, seed=3)
    assert problems(n=50, seed=3) != problems(n=50, seed=4)
    assert problems(n=50, seed=3)[:20] == problems(n=20, seed=3)


def test_splits_share_no_problem() -> None:
    train = {p.question for p in problems(split="train", level="easy", n=1500)}
    heldout = {p.question for p in problems(split="heldout", level="easy", n=300)}
    assert not train & heldout
    assert all(split_of(q) == "train" for q in train)


@pytest.mark.parametrize("level", LEVELS)
def test_levels_have_their_steps_and_rare_words(level: str) -> None:
    for problem in problems(level=level, n=100):
        words = re.findall(r"\d\) ([a-z]+)", problem.question)
        assert len(words) == LEVELS[level].steps
        assert sum(word in RARE_WORDS for word in words) == LEVELS[level].rare


def test_no_result_stands_in_the_question() -> None:
    for problem in problems(level="hardest", n=300):
        given = set(map(int, re.findall(r"\d+", problem.question)))
        results = list(map(int, re.findall(r"= (\d+)", problem.trace)))
        assert len(set(results)) == len(results)
        assert max(given) < 10 <= min(results)
        assert max(results) <= 20


def test_no_target_is_likely() -> None:
    targets = [p.target for p in problems(n=3000)]
    assert max(map(targets.count, set(targets))) / len(targets) < 0.02


def test_a_problem_is_a_row() -> None:
    problem = problems(n=1)[0]
    row = problem.row()
    assert (row.id, row.question, row.target) == (problem.id, problem.question, problem.target)
    assert row.traces == (problem.trace,)
    assert row.columns["level"] == "hard"


@pytest.mark.parametrize("bad", [{"family": "chess"}, {"split": "dev"}, {"level": "odd"}])
def test_unknown_names_are_refused(bad: dict[str, str]) -> None:
    [field] = bad
    with pytest.raises(ConfigError, match=field):
        problems(**bad)


def test_an_unknown_family_has_no_policy() -> None:
    with pytest.raises(ConfigError, match="chess"):
        policy_path("chess")


def test_more_problems_than_there_are_is_refused() -> None:
    few = problems(n=3)
    with pytest.raises(ConfigError, match="n: 4 problems"):
        collect(lambda rng: rng.choice(few), "train", 4, "seed")


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_whole(name: str) -> None:
    family = FAMILIES[name]
    assert family.name == name
    for level in family.levels:
        made = problems(name, split="heldout", level=level, n=20)
        assert len({p.id for p in made}) == len({p.question for p in made}) == 20
        assert {p.level for p in made} == {level}
        assert all(split_of(p.question) == "heldout" for p in made)


@pytest.mark.parametrize("chosen", [("code", "math"), ("math", "search")])
def test_another_domain_than_the_family_s_is_refused(chosen: tuple[str, str]) -> None:
    check_domain("testbed:math", "own:detector", "own:judge")
    check_domain(["rows.jsonl"], *chosen)
    with pytest.raises(ConfigError, match="testbed:math needs 'math'"):
        check_domain("testbed:math", *chosen)
