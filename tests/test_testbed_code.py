"""The testbed's code family: exact, masked as intended, and judged by tests that tell."""

import random
import re

import pytest

import smepo
from conftest import ROOT
from smepo.masking import mask_trace
from smepo.prompting import compose
from smepo.testbed import Problem, problems
from smepo.testbed.code import (
    LEVELS,
    RARE,
    RARE_WORDS,
    WORDS,
    Chain,
    calls,
    mutants,
    program,
    question,
)
from smepo.types import Status

STEP = re.compile(r"\d\) ([a-z]+) (\d)")


def chain_of(problem: Problem) -> Chain:
    words, operands = zip(*STEP.findall(problem.question), strict=True)
    return Chain(words, tuple(map(int, operands)))


def hidden(problem: Problem) -> str:
    """The trace as its mask must leave it: the program is one blank."""
    return re.sub(r"(?s)(?<=```python\n).*(?=\n```)", "[CODE_1]", problem.trace)


def test_equal_arguments_give_equal_problems() -> None:
    assert (
        problems("code", n=1)[0].id == "code-hard-e2c2ae37fa8c"
    )  # published results name their problems
    assert problems("code", n=20, seed=3) == problems("code", n=20, seed=3)
    assert problems("code", n=20, seed=3) != problems("code", n=20, seed=4)


def test_every_rare_operation_has_five_words() -> None:
    assert len(WORDS) == 66
    assert [list(RARE_WORDS.values()).count(operation) for operation in RARE] == [5] * 12


@pytest.mark.parametrize("level", LEVELS)
def test_levels_have_their_steps_and_rare_words(level: str) -> None:
    for problem in problems("code", level=level, n=30):
        chain = chain_of(problem)
        assert question(chain) == problem.question
        assert len(chain.words) == LEVELS[level].steps
        assert sum(word in RARE_WORDS for word in chain.words) == LEVELS[level].rare


@pytest.mark.parametrize("level", LEVELS)
def test_the_trace_passes_its_tests_and_the_mask_hides_the_program_alone(level: str) -> None:
    chosen = problems("code", level=level, n=25)
    verdicts = smepo.verifier("code").many([(p.trace, p.target) for p in chosen])
    assert all(verdict.score == 1.0 for verdict in verdicts)
    for problem in chosen:
        masked = mask_trace(problem.trace, domain="code", question=problem.question)
        assert masked.text == hidden(problem)


def test_the_audit_finds_nothing_in_the_mask() -> None:
    for problem in problems("code", split="heldout", n=8):
        masked = smepo.mask(
            problem.trace, domain="code", question=problem.question, target=problem.target
        )
        assert masked.status is Status.CLEAN
        assert masked.text == hidden(problem)


def test_the_tests_fail_every_program_with_one_wrong_step() -> None:
    """By the sandbox, with programs as a policy writes them."""
    [problem] = problems("code", level="hardest", n=1, seed=5)
    chain = chain_of(problem)
    lines = [operation.code for operation in chain.operations]
    programs = []
    for i, (line, k) in enumerate(zip(lines, chain.operands, strict=True)):
        for other, operand in mutants(line, k):
            changed = [*lines[:i], other, *lines[i + 1 :]]
            operands = [*chain.operands[:i], operand, *chain.operands[i + 1 :]]
            programs.append(f"```python\n{program(changed, operands)}\n```")
    assert len(programs) > 5 * 36
    verdicts = smepo.verifier("code").many([(text, problem.target) for text in programs])
    assert {verdict.score for verdict in verdicts} == {0.0}


def test_swapped_steps_fail_unless_they_commute() -> None:
    [problem] = problems("code", n=1, seed=2)
    chain = chain_of(problem)
    lines = [operation.code for operation in chain.operations]
    order = [3, 1, 2, 0]
    swapped = program([lines[i] for i in order], [chain.operands[i] for i in order])
    judge = smepo.verifier("code")
    assert judge(f"```python\n{swapped}\n```", problem.target).score == 0.0


def test_what_no_test_can_tell_is_no_problem() -> None:
    """Of multiples of four, flipping the bits of 3 and setting them is the same."""
    words = {operation.says: word for word, operation in WORDS.items()}
    chain = Chain((words["multiply by {k}"], words["flip the bits of {k}"]), (4, 3))
    assert calls(random.Random(0), chain) is None
    assert calls(random.Random(0), Chain(chain.words, (5, 3))) is not None


@pytest.mark.trainer
@pytest.mark.parametrize("mode", ["none", "critical-path", "random", "full"])
def test_the_tokenizer_knows_every_prompt(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One token a word, phrase or placeholder; code keeps its lines byte by byte."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from base_policy_code import RECIPE
    from base_policy_tokenizer import build

    tokenizer = build(RECIPE.pieces)
    spelled = set(tokenizer.convert_tokens_to_ids(list("eouEXPR_")))
    for problem in problems("code", level="hardest", n=20):
        shown: str | None = problem.trace if mode == "full" else None
        if mode in ("critical-path", "random"):
            shown = mask_trace(
                problem.trace, domain="code", question=problem.question, mode=mode
            ).text
        ids = tokenizer(compose(problem.question, shown)).input_ids
        assert tokenizer.decode(ids) == compose(problem.question, shown)
        answer = tokenizer(problem.trace).input_ids
        assert tokenizer.decode(answer) == problem.trace
        assert 50 < len(answer) < 90
        assert not spelled & set(ids)  # no word falls to pieces
