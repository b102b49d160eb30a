"""A run that exports to verl, and verl's own way of reading a configuration."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tiny_policy
import tiny_run
import tiny_tokenizers
from smepo.training import RunConfig, parse
from smepo.verl.settings import Cluster

ONE_GPU = Cluster(gpus=1)


def config(folder: Path, **over: Any) -> RunConfig:
    """The tiny run with what verl needs beside: rows to validate on, a schedule it has."""
    tiny_run.make(folder)
    held_out = {name: name for name in ("question", "target", "id")}
    base: dict[str, Any] = {
        "optimizer": {"lr_scheduler_type": "cosine", "warmup_ratio": 0.1},
        "evaluation": {"data": {"path": str(folder / "eval.jsonl"), **held_out}, "k": 2},
        "verifier": {},
        "guidance": {},
        "batch": {
            "per_device_train_batch_size": 4,
            "gradient_accumulation_steps": 1,
            "steps_per_generation": 2,
        },
    }
    return parse(tiny_run.config(folder, **{**base, **over}))


def loaded(monkeypatch: Any, *arguments: str) -> Any:
    """The configuration that verl's `main_ppo` would train with, composed and checked by it."""
    from verl.trainer import main_ppo

    seen: list[Any] = []
    monkeypatch.setattr(main_ppo, "run_ppo", lambda config, task_runner_class: seen.append(config))
    monkeypatch.setattr(
        sys, "argv", ["main_ppo", *arguments, "hydra.run.dir=.", "hydra.output_subdir=null"]
    )
    main_ppo.main()
    return seen[0]


def from_yaml(monkeypatch: Any, out: Path, *more: str) -> Any:
    """As launch.sh starts it."""
    return loaded(monkeypatch, f"--config-path={out}", "--config-name=verl", *more)


TURN = "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
CHATML_TOOLS = (
    "{% if tools %}<|im_start|>system\n{% for t in tools %}{{ t | tojson }}\n{% endfor %}"
    "<|im_end|>\n{% endif %}{% for m in messages %}" + TURN + "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def chatml_policy(folder: Path) -> None:
    """A model as verl's Qwen builder wants it: ChatML, with room for tools, 2,048 positions."""
    tokenizer = tiny_tokenizers.build(template=CHATML_TOOLS)
    tokenizer.save_pretrained(folder / "model")
    tiny_policy.model(len(tokenizer), positions=2048).save_pretrained(folder / "model")


class StubServer:
    """What answers in place of vLLM: the next of ``answers``; it remembers what it was asked."""

    def __init__(self, tokenizer: Any, answers: Sequence[str]) -> None:
        self.tokenizer = tokenizer
        self.answers = list(answers)
        self.asked: list[list[int]] = []
        self.limits: list[int | None] = []  # tokens of an answer, where the loop says so

    async def generate(
        self, *, prompt_ids: list[int], sampling_params: dict[str, Any], **more: Any
    ) -> Any:
        from verl.workers.rollout.replica import TokenOutput

        self.asked.append(list(prompt_ids))
        self.limits.append(sampling_params.pop("max_tokens", None))  # as the real servers do
        text = self.answers[(len(self.asked) - 1) % len(self.answers)]
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return TokenOutput(token_ids=ids, log_probs=[0.0] * len(ids), stop_reason="completed")


def worker(config: Any, answers: Sequence[str], handles: Any = None) -> tuple[Any, StubServer]:
    """verl's own agent loop worker in this process, in front of a stub server."""
    from verl.experimental.agent_loop.agent_loop import AgentLoopWorker

    made = AgentLoopWorker(config, llm_client=None, reward_loop_worker_handles=handles)
    made.llm_client = StubServer(made.tokenizer, answers)
    return made, made.llm_client


def rows_of(config: Any, tokenizer: Any, files: str) -> list[dict[str, Any]]:
    """A file's rows as verl's data set hands them out."""
    from verl.utils.dataset.rl_dataset import RLHFDataset

    held = RLHFDataset(files, tokenizer, config.data)
    return [held[n] for n in range(len(held))]


async def roll(worker: Any, row: dict[str, Any], *, step: int = 1, session: int = 0) -> Any:
    """One rollout, called as verl's trainer does for a row at a step."""
    columns = {name: value for name, value in row.items() if name != "dummy_tensor"}
    loop = columns.pop("agent_name", worker.rollout_config.agent.default_agent_loop)
    trajectory = {"step": step, "sample_index": 0, "rollout_n": session, "validate": False}
    told = {"global_steps": step, "session_id": session, "uid": "u"}
    return await worker._run_agent_loop({}, trajectory, agent_name=loop, **told, **columns)
