"""vLLM in this process (`pip install smepo[vllm]`, a machine with a GPU).

Written against `vllm.LLM`, `vllm.SamplingParams` and `vllm.inputs.TokensPrompt` of the releases
that TRL accepts, 0.22 to 0.31. It has not been run: see docs/evaluation.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smepo.errors import ConfigError, InputError, MissingExtraError
from smepo.evaluation.backends import Sampling
from smepo.evaluation.generate import Completion

_MISSING = (
    "--backend vllm: vLLM is not installed. Install it where there is a GPU: "
    "pip install 'smepo[vllm]'; or serve the model elsewhere (`vllm serve MODEL`) and ask it with "
    "--url http://HOST:8000/v1"
)


def sampling_arguments(sampling: Sampling, prompt: int) -> dict[str, Any]:
    """The arguments of `vllm.SamplingParams` for prompt number ``prompt``.

    vLLM draws each completion of a request from a seed of its own, ``seed + index``, so prompts
    are ``k`` seeds apart: no two completions of an evaluation share their random numbers. What is
    not named has vLLM's neutral default (no top-k, no min-p, no penalties).
    """
    greedy = sampling.temperature == 0.0
    return {
        "n": sampling.k,
        "temperature": sampling.temperature,
        "top_p": 1.0 if greedy else sampling.top_p,
        "max_tokens": sampling.max_new_tokens,
        "seed": None if greedy else 1_000_003 * sampling.seed + sampling.k * prompt,
        "skip_special_tokens": True,
    }


def completions_of(output: Any) -> list[Completion]:
    """The completions of a `vllm.RequestOutput`, in the order of their index."""
    return [
        Completion(one.text, len(one.token_ids), one.finish_reason == "length")
        for one in sorted(output.outputs, key=lambda one: int(one.index))
    ]


@dataclass(frozen=True, slots=True)
class Vllm:
    """An engine of vLLM; it batches by itself, ``batch_size`` means nothing to it."""

    engine: Any  # vllm.LLM

    @property
    def tokenizer(self) -> Any:
        """The engine's own."""
        return self.engine.get_tokenizer()

    @property
    def context(self) -> int:
        """``max_model_len`` of the engine, which may be less than the model has."""
        return int(self.engine.llm_engine.model_config.max_model_len)

    def complete(
        self,
        prompts: Sequence[Sequence[int]],
        sampling: Sampling,
        progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """All prompts in one call, for the engine to schedule; it shows its own progress."""
        from vllm import SamplingParams
        from vllm.inputs import TokensPrompt

        outputs = self.engine.generate(
            [TokensPrompt(prompt_token_ids=list(ids)) for ids in prompts],
            [SamplingParams(**sampling_arguments(sampling, n)) for n, _ in enumerate(prompts)],
            use_tqdm=sys.stderr.isatty(),
        )
        if progress is not None:
            progress(sampling.k * len(prompts))
        return [completions_of(output) for output in outputs]


def load(model: str, seed: int, options: Mapping[str, Any]) -> Vllm:
    """Start an engine; ``options`` go to `vllm.LLM` as they are.

    Raises:
        MissingExtraError: vLLM is not installed.
        ConfigError: an option that vLLM does not take.
        InputError: the model could not be loaded.
    """
    try:
        import vllm
    except ImportError as error:
        raise MissingExtraError(_MISSING) from error
    try:
        return Vllm(vllm.LLM(model=model, seed=seed, **options))
    except TypeError as error:
        raise ConfigError(f"--engine: {error}") from error
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[:1]
        raise InputError(f"MODEL {model}: vLLM could not load it: {''.join(first)}") from error
