"""Backends: vLLM without vLLM (what is handed to it, what is read from it), and what to do where
it is missing; the same protocol as a model of transformers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import tiny_policy
from smepo.cli import eval as command
from smepo.errors import ConfigError, InputError, MissingExtraError
from smepo.evaluation import Sampling, evaluate_backend
from smepo.evaluation.backends import Backend, Transformers
from smepo.evaluation.engine import Vllm, completions_of, load, sampling_arguments
from smepo.types import Row
from smepo.verifiers import verifier

# the fields of vllm.SamplingParams that are set (vllm/sampling_params.py), and their types
FIELDS = {"n", "temperature", "top_p", "max_tokens", "seed", "skip_special_tokens"}
ROWS = [Row(str(n), f"What is {n} + 1?", str(n + 1), ()) for n in range(3)]


def test_settings_map_to_sampling_params() -> None:
    drawn = Sampling(k=4, max_new_tokens=64, temperature=0.7, top_p=0.9, seed=3)
    assert sampling_arguments(drawn, 2) == {
        "n": 4,
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 64,
        "seed": 3_000_009 + 8,
        "skip_special_tokens": True,
    }
    greedy = sampling_arguments(Sampling(temperature=0.0, top_p=0.5), 2)
    assert (greedy["temperature"], greedy["top_p"], greedy["seed"]) == (0.0, 1.0, None)


def test_no_two_completions_share_a_seed() -> None:
    """vLLM adds the completion's index to the seed of its request."""
    for k in (1, 3, 8):
        seeds = [
            sampling_arguments(Sampling(k=k, seed=seed), prompt)["seed"] + index
            for seed in (0, 1)
            for prompt in range(50)
            for index in range(k)
        ]
        assert len(set(seeds)) == len(seeds)


@dataclass
class Output:
    """What `vllm.CompletionOutput` has and is read."""

    index: int
    text: str
    token_ids: tuple[int, ...]
    finish_reason: str


def test_completions_are_read_in_the_order_of_their_index() -> None:
    outputs = [Output(1, "b", (1, 2, 3), "length"), Output(0, "a", (1,), "stop")]
    found = completions_of(SimpleNamespace(outputs=outputs))
    assert [(c.text, c.tokens, c.truncated) for c in found] == [("a", 1, False), ("b", 3, True)]


class Engine:
    """Stands for `vllm.LLM`: answers the first question right, and notes what it was asked."""

    def __init__(self, model: str = "", seed: int = 0, **options: Any) -> None:
        if unknown := set(options) - {"max_model_len", "tensor_parallel_size"}:
            raise TypeError(f"EngineArgs got an unexpected keyword argument {unknown}")
        if model == "broken":
            raise ValueError("no such model\nand more")
        config = SimpleNamespace(max_model_len=options.get("max_model_len", 256))
        self.llm_engine = SimpleNamespace(model_config=config)
        self.asked: list[Any] = []

    def get_tokenizer(self) -> Any:
        return tiny_policy.tokenizer(chat=True)

    def generate(self, prompts: Any, params: Any, *, use_tqdm: bool) -> list[Any]:
        self.asked = list(zip(prompts, params, strict=True))
        answers = ["The answer is 1.", *["The answer is 7."] * (len(prompts) - 1)]
        return [
            SimpleNamespace(outputs=[Output(i, text, (1, 2), "stop") for i in range(one.n)])
            for text, one in zip(answers, params, strict=True)
        ]


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules with the names that are imported; nothing of vLLM itself is run here."""

    class SamplingParams(SimpleNamespace):
        def __init__(self, **fields: Any) -> None:
            assert set(fields) == FIELDS
            super().__init__(**fields)

    class TokensPrompt(dict[str, Any]):
        def __init__(self, *, prompt_token_ids: list[int]) -> None:
            super().__init__(prompt_token_ids=prompt_token_ids)

    for name, held in (
        ("vllm", {"LLM": Engine, "SamplingParams": SamplingParams}),
        ("vllm.inputs", {"TokensPrompt": TokensPrompt}),
    ):
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.trainer
def test_an_engine_is_asked_with_the_same_prompts_as_a_model(vllm: None) -> None:
    engine = Engine()
    done: list[int] = []
    result = evaluate_backend(
        Vllm(engine), ROWS, verifier("math"), Sampling(k=2, max_new_tokens=16), progress=done.append
    )
    assert (result.k, result.statuses, done) == (2, {"correct": 2, "wrong": 4}, [6])
    assert result.settings["budget"] == 256 - 16

    seen: list[list[int]] = []

    class Watched(Transformers):
        def complete(self, prompts: Any, sampling: Sampling, progress: Any = None) -> Any:
            seen.extend(prompts)
            return super().complete(prompts, sampling, progress)

    tokenizer = tiny_policy.tokenizer(chat=True)
    local: Backend = Watched(tiny_policy.model(len(tokenizer)), tokenizer)
    evaluate_backend(local, ROWS, verifier("math"), Sampling(max_new_tokens=2), budget=240)
    assert [list(ids["prompt_token_ids"]) for ids, _ in engine.asked] == [list(p) for p in seen]


def test_options_of_the_engine_and_a_model_that_does_not_load(vllm: None) -> None:
    assert load("m", 0, {"max_model_len": 512}).context == 512
    with pytest.raises(ConfigError, match=r"--engine: .*typo"):
        load("m", 0, {"typo": 1})
    with pytest.raises(InputError, match=r"MODEL broken: vLLM could not load it: no such model$"):
        load("broken", 0, {})


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made)
    made.callback()(lambda: None)
    return made


def test_where_vllm_is_missing_the_error_says_what_to_do(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)  # as if it were not installed
    path = tmp_path / "rows.jsonl"
    path.write_text('{"question": "q", "target": "1"}\n')
    ran = CliRunner().invoke(app, ["eval", "m", str(path), "--backend", "vllm"])
    assert isinstance(ran.exception, MissingExtraError)
    assert "pip install 'smepo[vllm]'" in str(ran.exception)
    assert "--url" in str(ran.exception)


@pytest.mark.parametrize(
    "flags",
    [
        ["--backend", "vllm", "--index", "testbed:search"],
        ["--backend", "vllm", "--url", "http://x/v1", "--out", "o.json"],
        ["--engine", "max_model_len=5"],
    ],
)
def test_flags_of_different_backends_are_refused(app: typer.Typer, flags: list[str]) -> None:
    ran = CliRunner().invoke(app, ["eval", "m", "d.jsonl", *flags])
    assert isinstance(ran.exception, ConfigError)
