"""What makes a GPU stop with a device-side assert: NaN weights, ids outside the vocabulary."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tiny_policy
import tiny_run
from smepo.errors import TrainingError
from smepo.training import parse

pytestmark = pytest.mark.trainer
SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "training.py"


def test_attention_is_left_to_other_kernels_than_cudnns(tmp_path: Path) -> None:
    import torch

    from smepo.evaluation.generate import generate
    from smepo.training.assemble import load_model

    cuda: Any = torch.backends.cuda
    tiny_run.make(tmp_path)
    try:
        cuda.enable_cudnn_sdp(True)
        tokenizer = tiny_policy.tokenizer()
        model = tiny_policy.model(len(tokenizer))
        inside: list[bool] = []
        model.register_forward_hook(lambda *_: inside.append(cuda.cudnn_sdp_enabled()))
        generate(model, tokenizer, [[5, 6], [7]], k=1, max_new_tokens=1, temperature=1.0)
        assert inside
        assert not any(inside)
        assert cuda.cudnn_sdp_enabled()  # an evaluation leaves the process as it was
        load_model(parse({**tiny_run.config(tmp_path), "verifier": {}}))
        assert not cuda.cudnn_sdp_enabled()
    finally:
        cuda.enable_cudnn_sdp(True)


def test_a_run_ends_at_the_step_whose_gradients_are_no_numbers(tmp_path: Path) -> None:
    from smepo.training.callbacks import Recorder

    recorder = Recorder(tmp_path, None, every=None)
    state = SimpleNamespace(is_world_process_zero=False, global_step=7)
    told: dict[str, Any] = {"loss": 0.0, "grad_norm": math.nan}
    for norm, fp16 in ((0.5, False), (math.nan, True)):  # a scaler passes over such steps
        recorder.on_log(SimpleNamespace(fp16=fp16), state, None, {**told, "grad_norm": norm})
    recorder.on_log(SimpleNamespace(fp16=False), state, None, {"loss": 0.0})
    with pytest.raises(TrainingError, match="step 7: the norm of the gradients is nan"):
        recorder.on_log(SimpleNamespace(fp16=False), state, None, told)


def test_the_benchmarks_policy_knows_every_id_and_has_room(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPT))
    size = replace(script["BIG"], hidden=28, intermediate=16, layers=1)  # 14 heads of 2
    config = script["configuration"](tmp_path, size, 3)
    tokenizer, model = script["load_tokenizer"](config), script["load_model"](config)
    vocabulary = model.get_input_embeddings().num_embeddings
    assert max(tokenizer.get_vocab().values()) < vocabulary
    for name in ("pad_token_id", "eos_token_id"):
        assert getattr(model.config, name) == getattr(tokenizer, name)
        assert 0 <= getattr(tokenizer, name) < vocabulary
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    longest = config.prompt.budget + config.sampling.max_completion_length
    assert longest <= model.config.max_position_embeddings
    weights = script["BIG"]
    assert weights.hidden % weights.heads == 0
    assert weights.heads % weights.kv_heads == 0
