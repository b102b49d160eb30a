"""Completions from a transformers model: batched, left-padded, seeded, and nothing else touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from smepo.evaluation.attention import without_cudnn_attention


@dataclass(frozen=True, slots=True)
class Completion:
    """Generated text, its length in tokens, and whether the length limit ended it."""

    text: str
    tokens: int
    truncated: bool


def generate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    k: int,
    max_new_tokens: int,
    temperature: float,
    top_p: float = 1.0,
    batch_size: int = 256,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[list[Completion]]:
    """``k`` completions for each prompt (a list of token ids), in the order of ``prompts``.

    ``batch_size`` counts completions; prompts of like length share a batch. Temperature 0 is
    greedy. Equal arguments give equal completions on one machine; another ``batch_size`` draws
    other ones. The caller's random state, the model's mode and its settings are left as they were.
    """
    import torch

    per_batch = max(1, batch_size // k)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    results: list[list[Completion]] = [[] for _ in prompts]
    settings = _settings(model, tokenizer, max_new_tokens, temperature, top_p)
    with _undisturbed(model, seed), without_cudnn_attention(), torch.inference_mode():
        for start in range(0, len(order), per_batch):
            rows = order[start : start + per_batch]
            repeated = [prompts[i] for i in rows for _ in range(k)]
            completions = _batch(model, tokenizer, repeated, settings)
            for n, i in enumerate(rows):
                results[i] = completions[n * k : (n + 1) * k]
            if progress is not None:
                progress(len(repeated))
    return results


def _settings(
    model: Any, tokenizer: Any, max_new_tokens: int, temperature: float, top_p: float
) -> Any:
    from transformers import GenerationConfig

    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    sampling: dict[str, Any] = {"do_sample": False}
    if temperature > 0:
        sampling = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
    return GenerationConfig(
        max_new_tokens=max_new_tokens,
        pad_token_id=pad,
        eos_token_id=end_tokens(model, tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        disable_compile=True,
        **sampling,
    )


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Every id that ends a completion: the tokenizer's and all that the model declares."""
    declared = model.generation_config.eos_token_id
    ids = [] if declared is None else [declared] if isinstance(declared, int) else list(declared)
    if tokenizer.eos_token_id is not None and tokenizer.eos_token_id not in ids:
        ids.insert(0, tokenizer.eos_token_id)
    return ids


@contextmanager
def _undisturbed(model: Any, seed: int) -> Iterator[None]:
    """Seeded randomness and evaluation mode inside; everything as before outside."""
    import torch

    devices = [model.device] if model.device.type == "cuda" else []
    training, cache = model.training, model.config.use_cache
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        model.eval()
        model.config.use_cache = True
        try:
            yield
        finally:
            model.config.use_cache = cache
            model.train(training)


def _batch(
    model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], settings: Any
) -> list[Completion]:
    import torch

    width = max(len(ids) for ids in prompts)
    pad = settings.pad_token_id
    ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=model.device)
    mask = torch.tensor(
        [[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=model.device
    )
    out = model.generate(input_ids=ids, attention_mask=mask, generation_config=settings)
    ends = set(settings.eos_token_id)
    rows = [_cut(row, ends) for row in out[:, width:].tolist()]
    texts = tokenizer.batch_decode([tokens for tokens, _ in rows], skip_special_tokens=True)
    return [
        Completion(text, len(tokens), truncated)
        for text, (tokens, truncated) in zip(texts, rows, strict=True)
    ]


def _cut(tokens: list[int], ends: set[int]) -> tuple[list[int], bool]:
    """The tokens up to the first end token, that one included."""
    for i, token in enumerate(tokens):
        if token in ends:
            return tokens[: i + 1], False
    return tokens, True
