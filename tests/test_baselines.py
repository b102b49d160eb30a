"""Baselines that train on traces: their losses by hand, their configuration, their records."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

import tiny_policy
import tiny_run
from smepo.errors import ConfigError
from smepo.guidance import Example
from smepo.training import parse, train
from smepo.training.baselines.stages import stages
from smepo.training.records import read_lines

LONG = 64  # tokens: room for the traces of the tiny rows


def configured(folder: Path, **over: Any) -> dict[str, Any]:
    values = tiny_run.config(
        folder,
        verifier={"name": "math"},
        objective={"loss_type": "grpo"},
        sampling={"num_generations": 2, "max_completion_length": LONG},
        batch={"per_device_train_batch_size": 4},
    )
    del values["guidance"]
    return {**values, **over}


def run(values: dict[str, Any]) -> Any:
    return train(parse(tomllib.loads(tiny_run.toml(values))))


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"baseline": "luffy", "guidance": {"transform": "full"}}, "baseline: it trains on traces"),
        ({"baseline": "luffy", "objective": {"loss_type": "dapo"}}, "objective.loss_type: LUFFY"),
        ({"baseline": "luffy", "trl": {"use_vllm": True}}, "trl.use_vllm"),
        ({"baseline": "lufy"}, "baseline.method"),
        ({"baseline": {"method": "luffy", "gamma": 0.0}}, "baseline.gamma"),
    ],
)
def test_what_does_not_fit_a_baseline_is_refused(
    tmp_path: Path, over: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        parse(configured(tmp_path, **over))
    assert message in str(error.value)


def test_stages_share_the_steps_and_end_at_an_evaluation(tmp_path: Path) -> None:
    evaluation = {"every": 4, "data": {"path": "x"}}
    values = configured(tmp_path, steps=16, baseline="sft+grpo", evaluation=evaluation)
    first, second = stages(parse(values))
    assert (first.steps, second.steps) == (8, 8)
    assert first.baseline is not None
    assert first.baseline.method == "sft"
    assert second.baseline is None
    assert not second.guidance.on
    assert second.evaluation is not None
    assert not second.evaluation.before, "the step between the stages is judged once"
    uneven = {"method": "sft+grpo", "sft_steps": 6}
    with pytest.raises(ConfigError, match=r"no multiple of evaluation\.every = 4"):
        stages(parse({**values, "baseline": uneven}))


def luffy(folder: Path, loss_type: str) -> Any:
    from trl import GRPOConfig

    from smepo.training.assemble import as_dataset, defaults
    from smepo.training.baselines.luffy import LuffyTrainer
    from smepo.training.prompts import Prompts

    def score(completions: list[Any], **columns: Any) -> list[float]:
        return [float(i % 4 == 3) for i in range(len(completions))]  # the trace alone is right

    tokenizer = tiny_policy.tokenizer()
    rows = [Example(r["id"], r["question"], r["target"], r["trace"]) for r in ROWS]
    args = GRPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=LONG,
        loss_type=loss_type,
        temperature=0.7,
        max_steps=1,
        save_strategy="no",
        **defaults(),
    )
    return LuffyTrainer(
        tiny_policy.model(len(tokenizer)),
        score,
        args=args,
        train_dataset=as_dataset(rows, Prompts(tokenizer, budget=200)),
        processing_class=tokenizer,
        gamma=0.1,
    )


ROWS = [tiny_run.row(3), {**tiny_run.row(4), "trace": None}]


def by_hand(trainer: Any, inputs: dict[str, Any], loss_type: str) -> Any:
    """The loss written out, rollout by rollout and token by token."""
    import torch

    prompts, completions = inputs["prompt_ids"], inputs["completion_ids"]
    attention = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], dim=1)
    logits = trainer.model(
        torch.cat([prompts, completions], dim=1), attention_mask=attention
    ).logits[:, prompts.size(1) - 1 : -1]
    logps = torch.log_softmax(logits / 0.7, dim=-1)
    total = torch.zeros(())
    for i in range(len(prompts)):
        advantage, terms = inputs["advantages"][i], []
        for t in range(int(inputs["completion_mask"][i].sum())):
            logp = logps[i, t, completions[i, t]]
            if inputs["off_policy"][i]:
                terms.append(-advantage * logp.exp() / (logp.exp() + 0.1))
            else:
                terms.append(-advantage * (logp - logp.detach()).exp())
        length = len(terms) if loss_type == "grpo" else LONG
        total = total + torch.stack(terms).sum() / length / len(prompts)
    return total


@pytest.mark.trainer
@pytest.mark.parametrize("loss_type", ["grpo", "dr_grpo"])
def test_luffys_loss_and_gradient_are_those_by_hand(tmp_path: Path, loss_type: str) -> None:
    import torch

    trainer = luffy(tmp_path, loss_type)
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    batch = [dict(trainer.train_dataset[i]) for i in (0, 0, 0, 0, 1, 1, 1, 1)]
    inputs = trainer._generate_and_score_completions(batch)
    assert inputs["off_policy"].tolist() == [False, False, False, True] + [False] * 4
    written = inputs["completion_ids"][3][inputs["completion_mask"][3].bool()]
    tokenizer = trainer.processing_class
    assert written.tolist() == [*tokenizer(ROWS[0]["trace"])["input_ids"], tokenizer.eos_token_id]
    assert inputs["advantages"][3] > 0 > inputs["advantages"][0]
    assert trainer._metrics["train"]["luffy/traces"] == [0.5], "the second row has no trace"

    losses, gradients = [], []
    for compute in (
        lambda: trainer._compute_loss(trainer.model, inputs),
        lambda: by_hand(trainer, inputs, loss_type),
    ):
        trainer.model.zero_grad()
        loss = compute()
        loss.backward()
        losses.append(loss.item())
        grads = [p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None]
        gradients.append(torch.cat(grads))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-7)
    assert gradients[0].abs().max() > 1e-4


@pytest.mark.trainer
def test_sft_learns_the_traces_and_the_second_stage_goes_on(tmp_path: Path) -> None:
    folder = tiny_run.make(tmp_path)
    plan = {"path": str(folder / "eval.jsonl"), "question": "question", "target": "target"}
    values = configured(
        folder,
        steps=8,
        baseline="sft+grpo",
        evaluation={"every": 2, "k": 1, "data": plan},
        checkpoints={"save_steps": 2},
    )
    result = run(values)
    out = Path(values["output_dir"])
    metrics = read_lines(out / "metrics.jsonl")
    assert [line["step"] for line in metrics] == list(range(1, 9))
    assert [line["step"] for line in result.evaluations] == [0, 2, 4, 6, 8]
    assert metrics[3]["loss"] < 0.9 * metrics[0]["loss"], "cross-entropy falls"
    assert "reward" in metrics[4], "the second stage is GRPO"
    seconds = [line["seconds"] for line in metrics]
    assert seconds == sorted(seconds)
    assert metrics[4]["num_tokens"] > metrics[3]["num_tokens"]
    assert (out / "final" / "model.safetensors").is_file()
    assert (out / "eval" / "step-000006.jsonl").is_file()
    assert not (out / "sft").exists()
    assert math.isfinite(result.seconds)
    assert run(values).steps == 8, "done is done"
