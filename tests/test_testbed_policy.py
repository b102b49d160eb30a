"""The tiny base policies that ship: each loads, is small, is that of its card, behaves like it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import smepo
from smepo.masking import mask_trace
from smepo.prompting import compose
from smepo.testbed import FAMILIES, Family, Problem, policy_path, problems
from smepo.testbed.math import LEVELS
from smepo.verifiers.rewards import many

pytestmark = pytest.mark.trainer

STEP = re.compile(r"(Step \d: )(\d+)( \S+ \d+ = )(\d+)")


SHIPPED = [name for name in ("math", "code") if FAMILIES[name].policy]


@pytest.fixture(scope="module", params=SHIPPED)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def card(family: Family) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((policy_path(family.name) / "card.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tokenizer_of("math")


def tokenizer_of(family: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(policy_path(family))


@pytest.fixture(scope="module")
def policy(family: Family) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(policy_path(family.name)).eval()


def masked(problem: Problem) -> str:
    return mask_trace(problem.trace, domain="math", question=problem.question).text


def expected_mask(problem: Problem) -> str:
    """What must be hidden, from the structure of a trace: its values and the answer."""
    names: dict[str, str] = {}
    for step in STEP.finditer(problem.trace):
        names.setdefault(step[4], f"[NUMBER_{len(names) + 1}]")
    hidden = STEP.sub(
        lambda step: step[1] + names.get(step[2], step[2]) + step[3] + names[step[4]], problem.trace
    )
    return re.sub(r"boxed\{.*\}", r"boxed{[EXPR_1]}", hidden)


@pytest.mark.parametrize("level", LEVELS)
def test_the_real_masker_hides_values_and_answer_and_nothing_else(level: str) -> None:
    for problem in problems(level=level, n=50):
        assert masked(problem) == expected_mask(problem)


def test_the_card_names_the_file(family: Family, card: dict[str, Any]) -> None:
    assert card["family"] == family.name
    weights: Path = policy_path(family.name) / "model.safetensors"
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == card["sha256"]
    assert weights.stat().st_size == card["bytes"] <= 8_000_000


def test_the_policy_is_tiny_and_stock(policy: Any, card: dict[str, Any]) -> None:
    assert type(policy).__name__ == card["architecture"] == "LlamaForCausalLM"
    assert policy.num_parameters() == card["parameters"] <= 3_000_000


@pytest.mark.parametrize("level", LEVELS)
def test_the_tokenizer_loses_nothing_and_knows_every_piece(tokenizer: Any, level: str) -> None:
    for problem in problems(level=level, n=20):
        for guidance in (None, masked(problem), problem.trace):
            text = compose(problem.question, guidance) + problem.trace
            ids = tokenizer(text).input_ids
            assert tokenizer.decode(ids) == text
            assert len(ids) < 0.6 * len(re.findall(r"\w+|\W", text))


@pytest.mark.parametrize(
    "text", ["", " two  spaces ", "naïve 中文 🙂", "x^2 = 144\n\n\t", "[ABC] <b>"]
)
def test_any_text_round_trips(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_the_chat_template_opens_a_fresh_assistant_turn(tokenizer: Any) -> None:
    user = {"role": "user", "content": "Start with 7."}
    text = tokenizer.apply_chat_template([user], tokenize=False, add_generation_prompt=True)
    assert text == "<|user|>Start with 7.<|end|><|assistant|>"
    both = [user, {"role": "assistant", "content": "Step 1: 7"}]
    assert tokenizer.apply_chat_template(both, tokenize=False).startswith(text)
    assert tokenizer.padding_side == "left"


def accuracy(policy: Any, family: Family, level: str, guide: str, n: int) -> float:
    """Share of completions, one a problem at temperature 1, that the verifier accepts."""
    import torch

    tokenizer = tokenizer_of(family.name)
    items = problems(family.name, split="heldout", level=level, n=n, seed=1)
    shown = {
        "none": lambda p: None,
        "masked": lambda p: mask_trace(p.trace, domain=family.domain, question=p.question).text,
        "full": lambda p: p.trace,
    }[guide]
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": compose(p.question, shown(p))}],
            tokenize=False,
            add_generation_prompt=True,
        )
        for p in items
    ]
    batch = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
    torch.manual_seed(0)
    output = policy.generate(**batch, max_new_tokens=80, do_sample=True, top_k=0)
    texts = tokenizer.batch_decode(output[:, batch.input_ids.shape[1] :], skip_special_tokens=True)
    pairs = [(text, p.target) for text, p in zip(texts, items, strict=True)]
    return sum(verdict.score for verdict in many(smepo.verifier(family.domain), pairs)) / n


@pytest.mark.parametrize(
    ("level", "guide", "low", "high"),
    [
        ("easy", "none", 0.95, 1.0),
        ("hard", "none", 0.0, 0.05),
        ("hard", "masked", 0.01, 0.45),
        ("hard", "full", 0.6, 1.0),
    ],
)
def test_it_behaves_like_a_base_model_and_like_its_card(
    policy: Any,
    family: Family,
    card: dict[str, Any],
    level: str,
    guide: str,
    low: float,
    high: float,
) -> None:
    n = 256
    found = accuracy(policy, family, level, guide, n)
    assert low <= found <= high
    stated = card["accuracy"]["by_level"][level][guide]
    noise = (0.02 + stated * (1 - stated)) * (1 / n + 1 / card["accuracy"]["problems"])
    assert abs(found - stated) < 4 * noise**0.5
